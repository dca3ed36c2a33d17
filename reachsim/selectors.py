"""Selectors: the words for who sends and who is asked.

`reachsim.sources` and `reachsim.destinations` say what they stand for. **Source:** DESIGN, "Selectors".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from reachsim import services
from reachsim.addresses import parse_address, parse_block
from reachsim.errors import QuestionError
from reachsim.intervals import IntervalSet
from reachsim.model.network import Network

RESOURCE_PREFIXES: Final = ("i", "eni", "subnet", "vpc", "vpce", "igw", "nat")
WORD_KINDS: Final = ("codebuild", "ecs", "lambda", "ip", "host", "ecr", "s3", "codecommit", "logs")


class Selector(msgspec.Struct, frozen=True):
    """A selector taken apart: its kind and what stands behind the colon (or the whole word)."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}" if self.kind in WORD_KINDS else self.value


def parse_selector(text: str) -> Selector:
    """Read a selector. Raises QuestionError for what is none."""
    if not isinstance(text, str) or not text.strip():
        raise QuestionError(
            "a selector is a word like codebuild:NAME, i-…, ip:10.0.0.0/8, internet or ecr.dkr", "BAD_SELECTOR"
        )
    return _parsed(text.strip())


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Selector:
    kind, colon, value = text.partition(":")
    if colon and kind in WORD_KINDS:
        if not value:
            raise QuestionError(f"selector {text!r} names nothing behind the colon", "BAD_SELECTOR")
        if kind == "ip":
            block_of(value)
        literal = _literal(value) if kind == "host" else None
        return Selector("ip", literal) if literal is not None else Selector(kind, value)
    if text == "internet":
        return Selector("internet", text)
    match = re.fullmatch(r"([a-z]+)-[0-9A-Za-z-]+", text)
    if match and match[1] in RESOURCE_PREFIXES:
        return Selector(match[1], text)
    if not colon and re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", text):
        return Selector("service", text)
    forms = "codebuild:NAME, i-…, ip:ADDRESS, internet, host:NAME, ecr.dkr, …"
    raise QuestionError(f"{text!r} is no selector ({forms}){_meant(text)}", "BAD_SELECTOR", text)


def _meant(text: str) -> str:
    """What to write for an address, a URL or a name of DNS that stands there as it is."""
    url = re.fullmatch(r"[a-z]+://([^/:?#\s]+)(?:[/:?#]\S*)?", text)
    if url is None:
        try:
            parse_block(text)
        except ValueError:
            pass
        else:
            return f"; addresses are asked for by ip:{text}"
    host = url[1] if url else text
    return f"; a name is asked for by host:{host}" if re.fullmatch(r"[\w-]+(\.[\w-]+)+", host) else ""


def _literal(host: str) -> str | None:
    """The address that a host is written as, as in a URL; None for a name."""
    text = host.removeprefix("[").removesuffix("]")
    try:
        parse_address(text)
    except ValueError:
        return None
    return text


def block_of(value: str) -> IntervalSet:
    """The addresses of ``ip:VALUE``. Raises QuestionError."""
    try:
        return parse_block(value)
    except ValueError as error:
        raise QuestionError(f"ip:{value} is no address or CIDR block: {error}", "BAD_SELECTOR") from error


def check_named(text: str, *networks: Network) -> Selector:
    """The selector, read. Raises QuestionError for what is none, and for a service that no one knows."""
    selector = parse_selector(text)
    if selector.kind == "service" and not services.is_known(selector.value):
        offered = (services.suffix_of_service_name(one.service_name) for network in networks
                   for one in network.vpc_endpoints.values())  # fmt: skip
        if selector.value not in {one[0] for one in offered if one is not None}:
            why = "no AWS service that reachsim knows or the snapshot has an endpoint for"
            named = next((one for network in networks for one in _load_balancers_named(network, selector.value)), "")
            why += f"; the load balancer of that name is asked for by host:{named}" if named else _meant(selector.value)
            raise QuestionError(f"{selector.value!r} is no selector, and {why}", "UNKNOWN_SERVICE", selector.value)
    return selector


def _load_balancers_named(network: Network, name: str) -> list[str]:
    """The DNS names of the load balancers that bear a name."""
    found = [one.dns_name for one in network.load_balancers.values() if one.load_balancer_name == name]
    return found + [one.dns_name for one in network.classic_load_balancers.values() if one.load_balancer_name == name]
