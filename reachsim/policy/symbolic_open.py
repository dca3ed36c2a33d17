"""Which statements can match together, where policy variables leave several of them open.

`symbolic_space` knows of every statement alone whether it may and must match. What two statements say of the same
variable hangs together, though: what lies under ``home/${aws:username}/a*`` lies under ``home/${aws:username}/*`` too,
whoever asks. So the open parts of statements are taken apart into *cores*, each a question about one request: does the
resource fit these patterns, does the one value of this key fit them? Every way of answering the cores is tried, less
those that contradict themselves: a core that holds although all that it takes in is taken in by cores that do not.

That contradiction is found by comparing patterns in which a variable is a letter of its own, standing for the same
text in both. It is sound since putting any text in place of the letter keeps a pattern within another, as long as the
other has no ``?`` that could have taken the letter. Ways that are not shown to be impossible count as possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Final, Literal, NamedTuple

from .conditions import Condition, Quantifier
from .glob import Glob, Piece, Wild, covers
from .glob import Literal as Text
from .operators import NULL
from .statements import Statement
from .symbolic_cells import Group, Masks
from .symbolic_ties import is_tied, open_templates
from .symbolic_values import Bounds, KeyValue, has_variables
from .variables import Template, Variable

_MOST_QUESTIONS: Final = 10
_FIRST_LETTER: Final = 0xE000  # of those that no text of AWS has
_TEXTS: Final = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")

_State = Literal["single", "missing", "several"]


class _Form(NamedTuple):
    """A pattern with letters for its variables. ``needs`` are the keys that must have one value for it to count,
    ``without`` those that must have none, where the default of a variable stands in it."""

    glob: Glob
    needs: frozenset[str]
    without: frozenset[str]


class _Core(NamedTuple):
    """A question: does the resource (``domain`` is "") or the one value of a key fit one of some patterns?

    Cores of one domain are compared, by their patterns as written or, where there are ``forms``, by those. ``star``:
    one of the patterns is ``*``, which alone fits actions without resource types.
    """

    domain: tuple[object, ...]
    texts: frozenset[Template]
    forms: frozenset[_Form] | None = None
    star: bool = False


class _Part(NamedTuple):
    """An open part of a statement: whether a core holds, or does not if it is ``negated``. Of a condition, ``key`` is
    the one whose value is asked for, and ``missing`` the truth where it is missing."""

    core: int
    negated: bool = False
    key: str = ""
    missing: bool = False

    def holds(self, true: frozenset[int], states: Mapping[str, _State]) -> bool:
        """Whether the part matches, given which cores hold and what keys there are."""
        state = states.get(self.key, "single")
        if state == "single":
            return (self.core in true) is not self.negated
        return state == "missing" and self.missing


class Open:
    """The open parts of some statements, and which of these statements can match together.

    Args:
        statements: those of a question; masks have a bit for each.
        has_several: whether requests may have several values of a key in lower case.
        fixed: keys whose values are settled, None for those that are absent.
    """

    def __init__(
        self, statements: Sequence[Statement], has_several: Callable[[str], bool], fixed: Mapping[str, KeyValue]
    ) -> None:
        self._cores: dict[_Core, int] = {}
        self._letters = _letters(statements)
        self._has_several = has_several
        self._parts = [tuple(self._parts_of(one)) for one in statements]
        self._single = [frozenset(_single_keys(one)) for one in statements]
        self._missing = [frozenset(_missing_keys(one)) for one in statements]
        self._fixed = {key: value for key, value in fixed.items() if value is None or isinstance(value, str)}
        self._known: dict[Masks, tuple[int, ...] | None] = {}

    def ways(self, masks: Masks) -> tuple[int, ...] | None:
        """The sets of statements, as bits, each of which may be all that match in a cell; None if they are too many."""
        if masks.may == masks.must:
            return (masks.must,)
        if masks not in self._known:
            self._known[masks] = self._ways(masks)
        return self._known[masks]

    def allows(self, group: Group, masks: Masks) -> Bounds:
        """Whether the documents of a group may allow the requests of a cell, and whether they must."""
        ways = self.ways(masks)
        return group.allows(masks) if ways is None else _bounds(map(group.allows_with, ways))

    def more(self, new: Group, old: Group, masks: Masks) -> Bounds:
        """Whether a group may allow, and whether it must, what another does not, in a cell."""
        ways = self.ways(masks)
        if ways is None:
            mine, theirs = new.allows(masks), old.allows(masks)
            return Bounds(mine.may and not theirs.must, mine.must and not theirs.may)
        return _bounds(new.allows_with(way) and not old.allows_with(way) for way in ways)

    # --- taking statements apart -------------------------------------------------------------------------------------

    def _parts_of(self, statement: Statement) -> Iterator[_Part]:
        for element in statement.resources:
            if not element.fixed:
                templates = [pattern.template for pattern in element.patterns]
                star = any(one.text == "*" for one in templates)
                core = _Core((), frozenset(templates), frozenset(_forms(templates, self._letters, literal=False)), star)
                yield _Part(self._number(core), element.negated)
        for condition in statement.conditions:
            if has_variables(condition) and not is_tied(condition):
                yield self._of_condition(condition)

    def _of_condition(self, condition: Condition) -> _Part:
        templates = frozenset(value.template for value in condition.values)
        name, lookup, negated = condition.operator.name, condition.lookup, condition.operator.negated
        if condition.quantifier is not Quantifier.ONE:
            return _Part(self._number(_Core((lookup, condition.written.lower(), templates), templates)))
        if name in _TEXTS:
            core = _Core(
                (lookup, "text"), frozenset(), frozenset(_forms(templates, self._letters, literal="Equals" in name))
            )
        else:
            core = _Core((lookup, condition.operator.compile), templates)
        return _Part(self._number(core), negated, lookup, condition.if_exists or negated)

    def _number(self, core: _Core) -> int:
        return self._cores.setdefault(core, len(self._cores))

    # --- trying all ways ---------------------------------------------------------------------------------------------

    def _ways(self, masks: Masks) -> tuple[int, ...] | None:
        may = [place for place in range(len(self._parts)) if masks.may >> place & 1]
        asked = [place for place in may if self._parts[place]]
        free = [place for place in may if not self._parts[place] and not masks.must >> place & 1]
        cores = sorted({part.core for place in asked for part in self._parts[place]})
        keys = sorted({part.key for place in asked for part in self._parts[place] if part.key})
        if len(cores) + len(keys) + len(free) > _MOST_QUESTIONS:
            return None
        single = frozenset(key for key, value in self._fixed.items() if value is not None)
        single = single.union(*(self._single[place] for place in may))
        missing = frozenset(key for key, value in self._fixed.items() if value is None)
        missing = missing.union(*(self._missing[place] for place in may))
        settled = masks.must & ~sum(1 << place for place in asked)
        found: dict[int, None] = {}
        for true in self._answers(cores, single, missing):
            for states in product(*(self._states(key, single, missing) for key in keys)):
                known = dict(zip(keys, states, strict=True))
                if not self._fits_states(true, known):
                    continue
                way = sum(1 << place for place in asked if all(part.holds(true, known) for part in self._parts[place]))
                if masks.must & ~settled & ~way == 0:
                    found |= dict.fromkeys(settled | way | some for some in _sums(free))
        return tuple(found)

    def _answers(
        self, cores: Sequence[int], single: frozenset[str], missing: frozenset[str]
    ) -> Iterator[frozenset[int]]:
        """Which cores may be those that hold."""
        listed = list(self._cores)
        for answer in product((False, True), repeat=len(cores)):
            true = frozenset(core for core, holds in zip(cores, answer, strict=True) if holds)
            false = [listed[core] for core in cores if core not in true]
            if not any(_contradicts(listed[core], false, single, missing) for core in true):
                yield true

    def _states(self, key: str, single: frozenset[str], missing: frozenset[str]) -> tuple[_State, ...]:
        if key in single or key in missing:
            return tuple(state for state, keys in (("single", single), ("missing", missing)) if key in keys)  # type: ignore[misc]
        return ("single", "missing", "several") if self._has_several(key) else ("single", "missing")

    def _fits_states(self, true: frozenset[int], states: Mapping[str, _State]) -> bool:
        """What fits patterns is there, once."""
        parts = (part for parts in self._parts for part in parts if part.core in true and part.key in states)
        return all(states[part.key] == "single" for part in parts)


def _contradicts(core: _Core, false: Sequence[_Core], single: frozenset[str], missing: frozenset[str]) -> bool:
    """Whether a core cannot hold if none of some others does."""
    others = [one for one in false if one.domain == core.domain]
    if core.forms is None:
        return core.texts <= frozenset[Template]().union(*(one.texts for one in others))
    if core.star and not any(one.star for one in others):
        return False
    forms = [form for one in others for form in one.forms or ()]
    return all(
        _is_covered(form.glob, frozenset(
            other.glob for other in forms
            if other.needs <= form.needs | single and other.without <= form.without | missing
        ))
        for form in core.forms
        if form.needs.isdisjoint(missing) and form.without.isdisjoint(single)
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _is_covered(glob: Glob, others: frozenset[Glob]) -> bool:
    return glob in others or covers([one for one in others if Wild.ONE not in one.cells], glob)


def _forms(templates: Iterable[Template], letters: Mapping[str, str], literal: bool) -> Iterator[_Form]:
    """The patterns of templates; ``literal``: wildcards are ordinary characters."""
    for template in templates:
        variables = list(dict.fromkeys(part for part in template.parts if isinstance(part, Variable)))
        choices = [(True,) if one.default is None else (True, False) for one in variables]
        for chosen in product(*choices):
            there = dict(zip(variables, chosen, strict=True))
            needs = frozenset(one.key for one in variables if there[one])
            without = frozenset(one.key for one in variables if not there[one])
            if needs.isdisjoint(without):
                yield _Form(Glob.of([_piece(part, there, letters, literal) for part in template.parts]), needs, without)


def _piece(part: Piece | Variable, there: Mapping[Variable, bool], letters: Mapping[str, str], literal: bool) -> Piece:
    if isinstance(part, Variable):
        return Text(letters[part.key] if there[part] else part.default or "")
    return Text(part) if literal and isinstance(part, str) else part


def _letters(statements: Iterable[Statement]) -> dict[str, str]:
    """A letter for each key that variables stand for."""
    templates = [
        template for one in statements
        for template in (*open_templates(one), *(value.template for each in one.conditions for value in each.values))
    ]  # fmt: skip
    keys = sorted({part.key for one in templates for part in one.parts if isinstance(part, Variable)})
    return {key: chr(_FIRST_LETTER + number) for number, key in enumerate(keys)}


def _bounds(truths: Iterable[bool]) -> Bounds:
    found = set(truths)
    return Bounds(True in found, found == {True})


def _sums(places: Sequence[int]) -> Iterator[int]:
    """Every set of places, as bits."""
    for chosen in product((0, 1), repeat=len(places)):
        yield sum(bit << place for bit, place in zip(chosen, places, strict=True))


def _single_keys(statement: Statement) -> Iterator[str]:
    """The keys that have one value in every request that the statement may match."""
    for one in statement.conditions:
        plain = one.quantifier is Quantifier.ONE and not one.if_exists and one.operator is not NULL
        if plain and not one.operator.negated and not has_variables(one):
            yield one.lookup


def _missing_keys(statement: Statement) -> Iterator[str]:
    """The keys that are missing from every request that the statement may match."""
    for one in statement.conditions:
        tests = [value.test for value in one.values if value.test is not None]
        if one.operator is NULL and not any(test("false") for test in tests) and any(test("true") for test in tests):
            yield one.lookup
