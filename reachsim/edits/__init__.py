"""Edits of a snapshot in AWS's terms: add or remove routes, rules and resources, set policies. The result is a patch.

>>> from reachsim.edits import what_if
>>> what_if.__name__
'what_if'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from reachsim.edits.draft import Draft
from reachsim.edits.removing import remove as remove_component
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
        QuestionError: Something to edit is not there.
    """
    draft = Draft(network)
    for table, destination, target in _several(add_route):
        draft.add_route(table, destination, target)
    for table, destination in _several(remove_route):
        draft.remove_route(table, destination)
    for group, direction, protocol, ports, peer in _several(add_rule):
        span = (ports, ports) if isinstance(ports, int) else ports
        draft.add_rule(group, direction, protocol, span, peer)
    for rule in [remove_rule] if isinstance(remove_rule, str) else remove_rule:
        draft.remove_rule(rule)
    for component, document in _several(set_policy):
        draft.set_policy(component, document)
    for component in [remove] if isinstance(remove, str) else remove:
        remove_component(draft, component)
    return draft.patch()


def _several(given: Any) -> Sequence[Any]:
    """One tuple, or several: as several."""
    return (given,) if given and isinstance(given, tuple) and isinstance(given[0], str) else given
