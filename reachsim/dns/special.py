"""Names that public DNS never answers: the client itself, single words, domains for private use, what is no name.

**Source:** RFC 6761 and RFC 6762, appendix G (special-use names, private top-level domains), RFC 7686 (onion), RFC 8375
(home.arpa), RFC 9476 (alt), and ICANN's reservation of ``internal``. VPC Resolver asks public name servers for what no
zone or rule of the VPC answers (fact N166).
"""

from __future__ import annotations

from typing import Final

from reachsim.dns.resolution import Resolution, below, no_such_name
from reachsim.evidence import Gap

PRIVATE_USE: Final = (
    "alt", "corp", "home", "home.arpa", "internal", "intranet", "invalid", "lan", "local", "localdomain", "onion",
    "private", "test",
)  # fmt: skip
"""Domains that are not in public DNS."""
_IN_NO_NAME: Final = frozenset("/:*?@#\\")


def _could_be_a_name(name: str) -> bool:
    is_one_word = name.split() == [name] and _IN_NO_NAME.isdisjoint(name)
    return is_one_word and all(0 < len(label) < 64 for label in name.split("."))


def special_answer(name: str) -> Resolution | None:
    """The answer for a name that public DNS never has; None for any other.

    >>> special_answer("db.corp").blocks[0].code, special_answer("localhost").gaps[0].code
    ('DNS_NO_SUCH_NAME', 'UNKNOWN_DESTINATION')
    >>> special_answer("github.com") is None
    True
    """
    if below(name, "localhost"):
        detail = f"{name} is the client itself, and the network has no part in it"
        return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail, can_hide="block"),))
    if len(name) > 253 or not _could_be_a_name(name):
        return _none(name, f"{name} is no name that DNS could have")
    if "." not in name or below(name, "docker.internal") or below(name, "cluster.local"):
        detail = f"what {name} means depends on the client: its hosts file, its search domains, its container's network"
        return Resolution(name, gaps=(Gap("UNKNOWN_DESTINATION", name, detail),))
    domain = next((one for one in PRIVATE_USE if below(name, one)), None)
    if domain is None:
        return None
    return _none(name, f"no private zone and no rule of the VPC answers {name}, and public DNS has no {domain}")


def _none(name: str, detail: str) -> Resolution:
    return Resolution(name, blocks=(no_such_name("DNS_NO_SUCH_NAME", name, None, detail),))
