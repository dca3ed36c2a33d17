"""Prepares the statements that a symbolic question is about, and tells which hold for given context keys.

Statements that say the same count once. What the asker fixes is filled in for variables. Besides, it knows by which
accounts and organizations the statements can tell callers and owners apart (facts 62-72).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .conditions import Condition, Value
from .glob import Literal as Text
from .judge import View
from .principals import Principal
from .statements import Document, Statement
from .symbolic_cells import CallerClass, Group, Masks, OwnerClass, Zone
from .symbolic_text import Pattern, Step, literal, of_glob
from .symbolic_ties import ACCOUNT_KEYS, ORGANIZATION_KEYS, account_globs, is_tied, open_templates, tied_keys
from .symbolic_values import KeyValue, bounds, text_patterns, values_for
from .variables import Template, Variable

DIGITS: Final[Pattern] = (Step("digit"),) * 12
SOME: Final[Pattern] = (Step("any"), Step("any", True))


class Asked:
    """The statements of some documents of one kind, each once, and which of them hold for context keys.

    ``groups`` has one `Group` for each document. What ``fixed`` settles is replaced in the statements.
    """

    def __init__(
        self, documents: Sequence[Document], zone: Zone, view: View, fixed: Mapping[str, KeyValue] | None = None
    ) -> None:
        self.zone = zone
        self.view = view
        self.fixed = {key.lower(): value for key, value in (fixed or {}).items()}
        self.statements: list[Statement] = []
        self.groups: list[Group] = []
        bits: dict[object, int] = {}
        for document in documents:
            allow = deny = 0
            mine: dict[object, int] = {}
            for statement in document.statements:
                bit = bits.get(_meaning(statement))
                if bit is None:
                    bit = mine[_meaning(statement)] = 1 << len(self.statements)
                    self.statements.append(self._with_fixed(statement))
                allow, deny = (allow | bit, deny) if statement.effect == "Allow" else (allow, deny | bit)
            bits |= mine  # what another document says too is the same statement, and as true
            self.groups.append(Group(allow, deny))
        self.all = (1 << len(self.statements)) - 1
        self.tied = tied_keys(self.statements)
        self.names_users = any("aws:username" in _variables_of(one) for one in self.statements)
        self.templates = [one for statement in self.statements for one in open_templates(statement)]

    def conditions(self, *lookups: str) -> list[Condition]:
        return [one for statement in self.statements for one in statement.conditions if one.lookup in lookups]

    def key_masks(self, keys: Mapping[str, KeyValue]) -> Masks:
        """Which statements' conditions on these keys hold; the other keys are left out of account."""
        context = {key: value for key, value in keys.items() if value is not None}
        may = must = self.all
        for i, statement in enumerate(self.statements):
            for condition in statement.conditions:
                if condition.lookup in keys and not is_tied(condition):
                    truth = bounds(condition, context)
                    may &= ~(0 if truth.may else 1 << i)
                    must &= ~(0 if truth.must else 1 << i)
        return Masks(may, must)

    # --- who and whose ---------------------------------------------------------------------------------------------

    def named(self) -> list[Principal]:
        texts = sorted({name for one in self.statements for element in one.principals for name in element.names})
        return [Principal.parse(text) for text in texts]

    def account_patterns(self, of: CallerClass | OwnerClass) -> list[Pattern]:
        if of == "own account":
            return [literal(self.zone.account)]
        return [DIGITS]

    def tied_accounts(self) -> list[Pattern]:
        """What tells accounts apart on either side, where a variable ties the accounts of callers and owners."""
        if self.tied.isdisjoint(ACCOUNT_KEYS):
            return []
        return [*text_patterns(self.conditions(*ACCOUNT_KEYS)), *map(of_glob, account_globs(self.statements))]

    def belongs(self, account: str, of: CallerClass | OwnerClass) -> bool:
        """Whether an account can be one of a class; of an organization only some accounts may be known."""
        if of == "own account" or account == self.zone.account:
            return of == "own account" and account == self.zone.account
        if of == "own organization":
            return account in self.zone.accounts or (bool(account) and self.zone.organization is not None)
        return bool(account) and account not in self.zone.accounts

    def organizations(self, of: CallerClass | OwnerClass, key: str) -> list[KeyValue]:
        own = self.zone.organization
        if own is not None and of in ("own account", "own organization"):
            return [own]
        tied = not self.tied.isdisjoint(ORGANIZATION_KEYS)
        asked = self.conditions(*ORGANIZATION_KEYS) if tied else self.conditions(key)
        found = [value for value in values_for(asked, False).values if value != own and value != ""]
        if not tied:
            return found if asked else [None]
        again = [other for value in found if (other := _like(value, asked)) is not None and other != own]
        return list(dict.fromkeys([None, *found, *again]))

    # --- what is fixed ---------------------------------------------------------------------------------------------

    def _with_fixed(self, statement: Statement) -> Statement:
        """The statement with the variables that fixed keys settle replaced, and conditions on fixed keys left in."""
        if not self.fixed:
            return statement
        conditions = tuple(self._filled(condition) for condition in statement.conditions)
        return Statement(
            statement.index, statement.sid, statement.effect, principals=statement.principals,
            actions=statement.actions, resources=statement.resources, conditions=conditions,
        )  # fmt: skip

    def _filled(self, condition: Condition) -> Condition:
        values = []
        for value in condition.values:
            parts = tuple(self._fill(part) for part in value.template.parts)
            template = Template(value.template.text, parts)  # type: ignore[arg-type]
            test = value.test
            if template.fixed is not None and value.template.fixed is None:
                test = condition.operator.compile(template.fixed)
            values.append(Value(template, test))
        return condition._replace(values=tuple(values), quick=None)

    def _fill(self, part: object) -> object:
        if isinstance(part, Variable) and part.key in self.fixed:
            value = self.fixed[part.key]
            if isinstance(value, str):
                return Text(value)
        return part


def _variables_of(statement: Statement) -> set[str]:
    """The keys that variables of a statement stand for."""
    templates = [*open_templates(statement), *(value.template for c in statement.conditions for value in c.values)]
    return {part.key for one in templates for part in one.parts if isinstance(part, Variable)}


def _meaning(statement: Statement) -> object:
    """The same for statements that say the same, whatever their names."""
    elements = tuple(
        (one.name, tuple(pattern.template for pattern in one.patterns))
        for one in (*statement.actions, *statement.resources)
    )
    conditions = tuple(
        (one.written, one.lookup, tuple(value.template for value in one.values)) for one in statement.conditions
    )
    return statement.effect, statement.principals, elements, conditions


def _like(value: KeyValue, conditions: Sequence[Condition]) -> str | None:
    """Another organization that the conditions take for the same."""
    if not isinstance(value, str):
        return None
    for other in (f"{value}0", f"{value}1", f"0{value}"):
        if all(bounds(one, {one.lookup: value}) == bounds(one, {one.lookup: other}) for one in conditions):
            return other
    return None
