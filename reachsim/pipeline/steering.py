"""What steers later commands elsewhere, and is set by only some runs: a registry or an index that a branch configures.

What such a branch sets is taken back at its end and kept as a fork: commands behind it are read both ways.
**Source:** npm, pip, uv and Go documentation: environment variables and files that name another registry or index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from msgspec import Struct

from reachsim.pipeline.records import Confidence

if TYPE_CHECKING:
    from reachsim.pipeline.shell.scope import Scope

_SETTINGS: Final = ("npm.", "pip.", "twine.", "nuget.", "conda.", "git.")
_FILES: Final = (
    r"(?i)(?:^|/)(?:\.npmrc|npmrc|\.yarnrc(?:\.yml)?|bunfig\.toml|pip\.(?:conf|ini)|uv\.toml|\.pypirc|settings\.xml|\.condarc"
    r"|nuget\.config|\.cargo/config(?:\.toml)?|sources\.list|\.gitconfig)$"
)
_VARIABLES: Final = (
    r"(?i)(?:PIP_(?:EXTRA_)?INDEX_URL|PIP_CONFIG_FILE|UV_(?:EXTRA_|DEFAULT_)?INDEX(?:_URL)?|npm_config_registry"
    r"|YARN_(?:NPM_REGISTRY_SERVER|REGISTRY)|GOPROXY|GONOPROXY|GOPRIVATE|GOFLAGS|HF_ENDPOINT|TWINE_REPOSITORY_URL)"
)
MAX_FORKS: Final = 12

_Where = Literal["setting", "file", "variable"]
_T = TypeVar("_T")
Values = dict[tuple[_Where, str], str | None]


class Fork(Struct, frozen=True):
    """What a branch sets: each value, with the one that stands there otherwise, and how sure what is contacted
    otherwise is.
    """

    changes: tuple[tuple[tuple[_Where, str], str | None, str | None], ...]
    otherwise: Confidence

    def against(self, other: Fork) -> Fork:
        """This fork where the other one's values stand: one of the two is always taken."""
        new = {key: value for key, _, value in other.changes}
        mine = {key: value for key, _, value in self.changes}
        old = {key: value for key, value, _ in (*other.changes, *self.changes)}
        keys = tuple((key, new.get(key, old[key]), mine.get(key, old[key])) for key in old)
        return Fork(keys, "possible")


def values(scope: Scope) -> Values:
    """Everything that steers, as it stands."""
    found: Values = {
        ("setting", name): one for name, one in scope.machine.settings.items() if name.startswith(_SETTINGS)
    }
    found |= {("file", name): one for name, one in scope.machine.written.items() if re.search(_FILES, name)}
    return found | {("variable", name): one for name, one in scope.variables.items() if re.fullmatch(_VARIABLES, name)}


def put(scope: Scope, changes: Iterable[tuple[tuple[_Where, str], str | None]]) -> None:
    """Set values as they stood, None where there was none."""
    for (where, name), value in changes:
        if where == "setting":
            _set(scope.machine.settings, name, value)
        elif where == "variable":
            _set(scope.variables, name, value)
        elif value is None:
            scope.machine.written.pop(name, None)
        else:
            scope.machine.written[name] = value


def keep(scope: Scope, before: Values, otherwise: Confidence) -> Fork | None:
    """Take back what a branch has set, and keep it as a fork; with too many of them the branch's values stay."""
    after = values(scope)
    keys = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if not keys or len(scope.machine.forks) >= MAX_FORKS:
        return None
    put(scope, ((key, before.get(key)) for key in keys))
    made = Fork(tuple((key, before.get(key), after.get(key)) for key in keys), otherwise)
    scope.machine.forks.append(made)
    return made


def settle(scope: Scope, forks: Sequence[Fork | None]) -> None:
    """Let the last of these forks stand: every run takes one of them, unless one has set nothing."""
    made = [one for one in forks if one is not None]
    if not made or len(made) < len(forks):
        return
    last = made[-1]
    put(scope, ((key, new) for key, _, new in last.changes))
    for one in made:
        scope.machine.forks.remove(one)
    scope.machine.forks += [one.against(last) for one in made[:-1]]


def as_if(scope: Scope, one: Fork, read: Callable[[], _T]) -> _T | None:
    """What ``read`` gives while a fork's values stand; None where something has set them anew since. Nothing that it
    sets stays.
    """
    now = values(scope)
    open_ = [(key, new) for key, old, new in one.changes if now.get(key) == old]
    if not open_:
        return None
    machine = scope.machine
    kept = dict(machine.settings), dict(machine.written), dict(scope.variables)
    put(scope, open_)
    try:
        return read()
    finally:
        machine.settings, machine.written, scope.variables = kept


def _set(values_: dict[str, str], name: str, value: str | None) -> None:
    if value is None:
        values_.pop(name, None)
    else:
        values_[name] = value
