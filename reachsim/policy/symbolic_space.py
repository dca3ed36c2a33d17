"""Cuts the space of all requests into cells in which no statement of some documents changes its mind.

A request has a caller (`symbolic_callers`), a target (`symbolic_targets`) and context keys. Each of the three is cut on
its own: for each a few values stand for all (`symbolic_text`, `symbolic_values`), with the masks of the statements that
may and must match (`symbolic_cells`). Joining values is joining masks; equal masks are kept once, with the request that
first led there. So every cell comes with a concrete request, and the cells are complete.

What the asker fixes is fixed (facts 62-72, 75). All keys but the caller's and the owner's are free, present or absent,
but that no request has aws:SourceIp and a key of its VPC (facts 62, 63), and none at an endpoint the former; the
organization paths are cut off from the organization's id although AWS ties them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

from . import reference
from .conditions import Quantifier, holds
from .glob import Glob
from .judge import View
from .request import FOLDED_VPC_KEYS, Request
from .statements import Document, Statement
from .symbolic_asked import Asked
from .symbolic_callers import Callers
from .symbolic_cells import (
    CALLER_KEYS,
    OWNER_KEYS,
    SIGNED_KEYS,
    Caller,
    CallerClass,
    Cell,
    Masks,
    OwnerClass,
    Target,
    Zone,
)  # fmt: skip
from .symbolic_open import Open
from .symbolic_targets import Targets
from .symbolic_text import TooComplex
from .symbolic_ties import ORGANIZATION_KEYS, Pair, is_tied, of_pair, open_templates
from .symbolic_values import KeyValue, has_variables, values_for
from .variables import ContextValue, Variable

_ALWAYS: Final = frozenset({"aws:securetransport", "aws:requestedregion", "aws:currenttime", "aws:epochtime"})
_MOST_CELLS: Final = 5_000
_MOST_KEYS: Final = 200
_ADDRESS: Final = "aws:sourceip"
_Way = Literal["", "internet", "endpoint"]
_Same = tuple[Masks, int, bool, _Way]
_Reached = dict[_Same, tuple[Caller, Target, dict[str, KeyValue]]]


class Space:
    """The requests about which some documents of one kind are asked."""

    def __init__(
        self, documents: Sequence[Document], zone: Zone, view: View, *,
        fixed: Mapping[str, KeyValue] | None = None, services: Iterable[str] = (), resources: Iterable[str] = (),
    ) -> None:  # fmt: skip
        self._asked = Asked(documents, zone, view, fixed)
        self._callers = Callers(self._asked)
        self.view = view
        self.fixed = self._asked.fixed
        self.statements = self._asked.statements
        self.groups = self._asked.groups
        self.resources = tuple(resources)
        self.exact = True
        there = [_way_of(key) for key, value in self.fixed.items() if value is not None]
        self._way: _Way = "endpoint" if view.kind == "endpoint" else next(filter(None, there), "")
        self._written = {key.lower(): key for key in fixed or {}}
        self._targets = Targets(self._asked, self._callers, services, self.resources)
        self._settled = self._asked.key_masks(self.fixed)
        self._free = self._free_keys()
        self.open = Open(self.statements, self._has_several, self.fixed)
        """Which statements match together, where variables leave several open."""

    def cells(
        self, callers: Iterable[CallerClass], owners: Iterable[OwnerClass], *, by_taken: bool = False
    ) -> Iterator[Cell]:
        """All cells of some callers and owners, each once for each way in which the statements match.

        ``by_taken``: cells also differ by the statements that take their targets, whatever conditions say.
        """
        owners = list(owners)
        for of in callers:
            reached: _Reached = {
                same: (caller, target, {}) for same, (caller, target) in self._joined(of, owners, by_taken).items()
            }
            for key, choices in self._free.items():
                absent_only = of in ("anonymous", "AWS service") and key.startswith(SIGNED_KEYS)
                after: _Reached = {}
                for (masks, taken, named, way), (caller, target, keys) in reached.items():
                    for theirs, value in choices:
                        via = way if value is None else _way_of(key) or way
                        if (value is None or not absent_only) and (not way or via == way):
                            same = (masks & theirs, taken, named, via)
                            after.setdefault(same, (caller, target, {**keys, key: value}))
                    if len(after) > _MOST_CELLS:
                        raise TooComplex(f"more than {_MOST_CELLS} ways in which {len(self.statements)} statements fit")
                reached = after
            once = {same[:3]: found for same, found in reversed(reached.items())}
            for (masks, taken, _), (caller, target, keys) in reversed(once.items()):
                cell = self._without_values(Cell(masks, caller, target, keys, taken))
                if self.open.ways(cell.masks) != ():
                    yield cell

    def _joined(
        self, of: CallerClass, owners: Sequence[OwnerClass], by_taken: bool
    ) -> dict[_Same, tuple[Caller, Target]]:
        """Callers with targets, each once for each way in which the statements match and, if asked for, are taken."""
        found: dict[_Same, tuple[Caller, Target]] = {}
        for mine, caller in self._callers.of(of):
            for owner in owners:
                for theirs, taken, target in self._targets.of(owner):
                    if target.wildcard_only and target.of != _owner_like(of):
                        continue
                    masks = mine & theirs & self._settled
                    if (self._asked.tied or self._asked.templates) and masks.may:
                        if self._impossible(caller, target):
                            continue
                        masks &= self._pair_masks(caller, target)
                    same = (masks, taken if by_taken else 0, self._callers.has_name(caller), self._way)
                    if same not in found or (target.suits and not found[same][1].suits):
                        found[same] = caller, target
        return found

    def request(self, cell: Cell) -> Request:
        """The concrete request that stands for a cell."""
        context: dict[str, ContextValue] = {}
        for source in (cell.caller.keys, cell.target.keys, cell.keys, self.fixed):
            for key, value in source.items():
                if value is not None:
                    context[self._written.get(key, _spelled(key))] = value
        target = cell.target
        owner = cell.caller.principal.account if target.wildcard_only else target.owner
        return Request(
            cell.caller.principal, target.action, target.resource, owner or target.owner, context, target.wildcard_only
        )

    def within(self, resource: str) -> bool:
        """Whether a resource is one of those that the asker asks about."""
        return not self.resources or any(Glob.parse(text).matches(resource) for text in self.resources)

    def _free_keys(self) -> dict[str, tuple[tuple[Masks, KeyValue], ...]]:
        """Of every key that is neither the caller's, the owner's nor fixed: its values, each once for its masks."""
        lookups = {
            condition.lookup: condition.key for statement in self.statements for condition in statement.conditions
        }
        if len(lookups) > _MOST_KEYS:
            raise TooComplex(f"conditions on more than {_MOST_KEYS} keys")
        found = {}
        for lookup in sorted(lookups):
            if lookup in self.fixed or lookup in CALLER_KEYS or lookup in OWNER_KEYS:
                continue
            self._written[lookup] = lookups[lookup]
            choices = values_for(self._asked.conditions(lookup), self._has_several(lookup), lookup in _ALWAYS)
            self.exact = self.exact and choices.exact
            masks: dict[tuple[Masks, bool], KeyValue] = {}
            for value in choices.values:
                tells = value is not None and _way_of(lookup) != ""
                masks.setdefault((self._asked.key_masks({lookup: value}), tells), value)
            found[lookup] = tuple((one, value) for (one, _), value in masks.items())
        return found

    def _has_several(self, lookup: str) -> bool:
        """Whether requests may have several values of a key: AWS says so, or a condition asks for that."""
        asked = self._asked.conditions(lookup)
        array = (reference.key_sort(lookup) or "").startswith("Array")
        return array or any(one.quantifier is not Quantifier.ONE for one in asked)

    def _impossible(self, caller: Caller, target: Target) -> bool:
        """An account is in one organization, whether it calls or owns; what is on no resource is the caller's own."""
        same = caller.keys.get("aws:principalaccount") == target.owner
        if target.wildcard_only and caller.principal.account and not same:
            return True
        mine, theirs = caller.keys.get("aws:principalorgid"), target.keys.get("aws:resourceorgid")
        return same and not self._asked.tied.isdisjoint(ORGANIZATION_KEYS) and mine != theirs

    def _pair_masks(self, caller: Caller, target: Target) -> Masks:
        """What pairs of callers and targets tell besides (`symbolic_ties`)."""
        nobody = caller.of in ("anonymous", "AWS service")
        known = self._asked.zone.organization is not None
        sole: set[str] = set(self.fixed)
        if nobody or caller.of == "own account":
            sole |= CALLER_KEYS - {"aws:principalarn", "aws:principaltype", "aws:principalservicename"}
            sole -= set() if known or nobody else {"aws:principalorgid"}
        if target.of == "own account":
            sole |= OWNER_KEYS - (set() if known else {"aws:resourceorgid"})
        keys = {**caller.keys, **target.keys, **self.fixed}
        resource = None if target.wildcard_only else target.resource
        absent = SIGNED_KEYS if nobody else () if caller.principal.kind == "user" else ("aws:username",)
        return Masks(*of_pair(self.statements, Pair(keys, absent, frozenset(sole), resource)))

    def _without_values(self, cell: Cell) -> Cell:
        """The cell with what is settled since its callers have none of the keys that variables stand for."""
        masks = cell.masks
        if masks.may == masks.must:
            return cell
        keys = {**cell.caller.keys, **cell.target.keys, **cell.keys, **self.fixed}
        context = {key: value for key, value in keys.items() if value is not None}
        may, must = masks
        for i, statement in enumerate(self.statements):
            if (may & ~must) >> i & 1 and _lacks_all(statement, cell.caller, self.fixed):
                if all(holds(one, context) for one in statement.conditions):
                    must |= 1 << i
                else:
                    may &= ~(1 << i)
        return cell._replace(masks=Masks(may, must))


def _way_of(key: str) -> _Way:
    """The way of requests that have a key (in lower case), "" if it tells of none."""
    return "internet" if key == _ADDRESS else "endpoint" if key in FOLDED_VPC_KEYS else ""


def _lacks_all(statement: Statement, caller: Caller, fixed: Mapping[str, KeyValue]) -> bool:
    """Whether no caller of a cell has any of the keys that the statement's variables stand for.

    Not where two conditions on one key have variables, since cells do not tell them apart.
    """
    open_ = [one for one in statement.conditions if not is_tied(one) and has_variables(one)]
    if not open_ or len({one.lookup for one in open_}) < len(open_):
        return False
    templates = [*open_templates(statement), *(value.template for one in open_ for value in one.values)]
    variables = [part for one in templates for part in one.parts if isinstance(part, Variable)]
    if any(one.default is not None or fixed.get(one.key) is not None for one in variables):
        return False
    if caller.of in ("anonymous", "AWS service"):
        return all(one.key.startswith(SIGNED_KEYS) for one in variables)
    return caller.principal.kind != "user" and all(one.key == "aws:username" for one in variables)


def _owner_like(of: CallerClass) -> OwnerClass:
    return "own account" if of in ("own account", "anonymous", "AWS service") else of  # type: ignore[return-value]


def _spelled(key: str) -> str:
    """A key as AWS writes it, where it is known."""
    prefix, _, name = key.partition(":")
    if prefix == "aws":
        return next((f"aws:{one}" for one in reference.GLOBAL_KEYS if one.lower() == name), key)
    return "s3:ResourceAccount" if key == "s3:resourceaccount" else key
