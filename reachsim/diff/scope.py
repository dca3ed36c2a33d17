"""Which questions about the pipeline to put to both snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reachsim.changes import Change
from reachsim.changes.tree import Atom, described_only
from reachsim.check import STARTERS, Need, needs_of, pipeline_sources
from reachsim.check.code import contacts_of_project
from reachsim.check.needs import SERVICES
from reachsim.config import Config
from reachsim.diff.cells import Asked
from reachsim.model.network import Network
from reachsim.selectors import parse_selector

_LABELS = frozenset({"Tags", "TagSet", "tags", "Description", "description"})
_NAMED = ("service", "host", "ecr", "s3", "codecommit", "logs")


class Everyone(NamedTuple):
    """The sources of both snapshots, files without which the newer one may have more than the older one shows, and
    files that both lack.
    """

    sources: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()


def sources_of(before: Network, after: Network, chosen: Sequence[str]) -> Everyone:
    """Who is compared: the chosen ones, or else everyone who takes part in a pipeline."""
    if chosen:
        return Everyone(tuple(dict.fromkeys(chosen)))
    older, unseen = pipeline_sources(before)
    newer, lacking = pipeline_sources(after)
    return Everyone(
        tuple(dict.fromkeys((*newer, *older))), tuple(one for one in lacking if one not in unseen),
        tuple(one for one in lacking if one in unseen),
    )  # fmt: skip


def questions(
    before: Network, after: Network, source: str, targets: Sequence[str], config: Config
) -> tuple[tuple[Asked, bool], ...]:
    """(question, whether a step of the pipeline needs it), of a source: check's, or those to the chosen targets.

    The configuration tells where the files of builds are; those that the snapshots hold count besides.
    """
    needs = [need for network in (before, after) for need in _needs(network, source, config) if need.destination]
    wanted: list[tuple[str, str | None, int | None]] = [(target, "tcp", 443) for target in SERVICES]
    wanted += [*(need.asked for need in needs), ("internet", None, None)]
    if targets:
        named = [target for target in targets if parse_selector(target).kind in _NAMED]
        wanted = [(target, "tcp", 443) if target in named else (target, None, None) for target in targets]
    found: list[tuple[Asked, bool]] = []
    for target, protocol, port in dict.fromkeys(wanted):
        mine = [need for need in needs if need.asked == (target, protocol, port)]
        requests = {str(request): request for need in mine for request in need.requests}
        found.append((Asked(source, target, protocol, port, tuple(requests.values())), bool(mine)))
    if not targets and source != "internet":
        found.append((Asked("internet", source), False))
    return tuple(found)


def _needs(network: Network, source: str, config: Config) -> tuple[Need, ...]:
    selector = parse_selector(source)
    folders = {name: config.folder / place for name, place in config.code.items()}
    contacts = contacts_of_project(network, selector.value, folders, config) if selector.kind == "codebuild" else None
    return needs_of(network, source, contacts) if selector.kind in STARTERS else ()


def matters_not(change: Change) -> bool:
    """Whether a change is one of names and descriptions only. A caller's tags are in its requests, and the description
    of a network interface tells whose it is.
    """
    if change.kind in ("iam-role", "iam-user", "network-interface"):
        return False
    return all(_LABELS & set(atom.path) or _is_description(atom) for atom in change.atoms)


def _is_description(atom: Atom) -> bool:
    return atom.path[-2:-1] in (("IpPermissions",), ("IpPermissionsEgress",)) and described_only(
        atom.before, atom.after
    )
