"""Edits of a snapshot in AWS's terms: add or remove routes, rules and resources, set policies. The result is a patch.

>>> from reachsim.edits import what_if
>>> what_if.__name__
'what_if'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from reachsim.edits.draft import Draft
from reachsim.edits.removing import remove as remove_component
from reachsim.errors import QuestionError
from reachsim.model.network import Network
from reachsim.patch import Patch

__all__ = ["Draft", "Rule", "remove_component", "what_if"]

Route = tuple[str, str, str]
"""(route table, destination, target)."""
Rule = tuple[str, str, str, int | tuple[int, int] | None, str]
"""(security group, ingress or egress, protocol, port or (first, last) or None, peer)."""
One = TypeVar("One", bound=tuple[Any, ...] | str)


def what_if(
    network: Network, *, add_route: Route | Sequence[Route] = (), remove_route: Sequence[str] = (),
    add_rule: Rule | Sequence[Rule] = (), remove_rule: str | Sequence[str] = (),
    set_policy: tuple[str, Mapping[str, Any] | None] | Sequence[Any] = (), remove: str | Sequence[str] = (),
) -> Patch:  # fmt: skip
    """The patch that makes these edits, each one or several, in the order of the parameters.

    Args:
        network: The snapshot to edit.
        add_route: (route table, destination, target); replaces a route with that destination.
        remove_route: (route table, destination).
        add_rule: (security group, ingress or egress, protocol, port or (first, last) or None, peer).
        remove_rule: ``sgr-…``, ``acl-…/inbound/100`` or ``sg-…/ingress/tcp 443 10.0.0.0/16``.
        set_policy: (``vpce-…``, ``s3:BUCKET`` or ``ecr:REPOSITORY``, document or None).
        remove: Components to delete, with what goes with them.

    Raises:
        QuestionError: Something to edit is not there, or the edit makes no sense.
    """
    draft = Draft(network)
    for table, destination, target in _several("add_route", add_route, ("route table", "destination", "target")):
        draft.add_route(table, destination, target)
    for table, destination in _several("remove_route", remove_route, ("route table", "destination")):
        draft.remove_route(table, destination)
    for group, direction, protocol, ports, peer in _several("add_rule", add_rule, _RULE):
        span = (ports, ports) if isinstance(ports, int) else ports
        draft.add_rule(group, direction, protocol, span, peer)
    for rule in _names("remove_rule", remove_rule):
        draft.remove_rule(rule)
    for component, document in _several("set_policy", set_policy, ("component", "document")):
        draft.set_policy(component, document)
    for component in _names("remove", remove):
        remove_component(draft, component)
    return draft.patch()


_RULE: Final = ("group", "direction", "protocol", "ports", "peer")


def _several(name: str, given: Any, parts: Sequence[str]) -> Sequence[Any]:
    """One tuple, or several: as several. Raises QuestionError for what is neither."""
    is_one = isinstance(given, list | tuple) and len(given) > 0 and isinstance(given[0], str)
    found = (given,) if is_one else given
    if not isinstance(found, list | tuple) or not all(
        isinstance(one, list | tuple) and len(one) == len(parts) and isinstance(one[0], str) for one in found
    ):
        raise QuestionError(f"{name} takes ({', '.join(parts)}), or a list of such, not {given!r}", "BAD_EDIT")
    return found


def _names(name: str, given: Any) -> Sequence[str]:
    found = [given] if isinstance(given, str) else given
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise QuestionError(f"{name} takes a name, or a list of names, not {given!r}", "BAD_EDIT")
    return found
