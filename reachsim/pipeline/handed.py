"""Environment variables that pipelines hand to the builds that they start.

**Source:** CodePipeline User Guide, action structure reference "AWS CodeBuild" (EnvironmentVariables: a JSON list whose
entries have the types of a project's variables and replace those of the same name), "Working with variables".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

UNTOLD: Final = "the variables that a pipeline hands to the build are not told"


class Variable(msgspec.Struct, frozen=True):
    """As a project's: ``value`` names a parameter or a secret where the type says so."""

    name: str = ""
    value: str = ""
    type: str = "PLAINTEXT"


def variables(configuration: Mapping[str, str]) -> tuple[Variable, ...] | None:
    """What an action of a pipeline hands over; None where its text cannot be read.

    >>> variables({"EnvironmentVariables": '[{"name": "A", "value": "/a", "type": "PARAMETER_STORE"}]'})
    (Variable(name='A', value='/a', type='PARAMETER_STORE'),)
    """
    text = configuration.get("EnvironmentVariables")
    if text is None:
        return ()
    try:
        held = msgspec.json.decode(text, type=tuple[Variable, ...])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return tuple(Variable(one.name, "" if "#{" in one.value else one.value, one.type) for one in held)


def environments(
    own: Sequence[Variable], runs: Sequence[tuple[Variable, ...] | None], by_pipelines_alone: bool
) -> list[dict[str, Variable]]:
    """The variables of every run that is known: those of the project, under those that a pipeline hands over."""
    mine = {one.name: one for one in own if one.name}
    handed = [mine | {one.name: one for one in run} for run in runs if run is not None]
    return handed if handed and by_pipelines_alone else [mine, *handed]
