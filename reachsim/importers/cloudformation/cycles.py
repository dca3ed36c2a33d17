"""Resources of a template that need each other, which CloudFormation refuses.

**Source:** AWS CloudFormation User Guide, "DependsOn attribute"; "Troubleshooting CloudFormation" (dependency error).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from reachsim.errors import Fault, SnapshotError
from reachsim.importers.cloudformation.template import Template, Values


def check_cycles(template: Template, declared: Mapping[str, Values]) -> None:
    """Raise SnapshotError that names a cycle of resources."""
    needs = {logical_id: _needs(held, declared) - {logical_id} for logical_id, held in declared.items()}
    state: dict[str, int] = {}
    for start in needs:
        stack = [(start, iter(sorted(needs[start])))]
        if state.get(start):
            continue
        state[start] = 1
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                stack.pop()
            elif state.get(following) == 1:
                names = [name for name, _ in stack]
                told = " → ".join([*names[names.index(following) :], following])
                raise SnapshotError(Fault(template.file, "/Resources", "no cyclic references", told))
            elif not state.get(following):
                state[following] = 1
                stack.append((following, iter(sorted(needs[following]))))


def _needs(node: Any, declared: Mapping[str, Values]) -> set[str]:
    found: set[str] = set()
    if isinstance(node, list):
        for one in node:
            found |= _needs(one, declared)
    if isinstance(node, dict):
        for key, held in node.items():
            if key == "Ref" and isinstance(held, str) and held in declared:
                found.add(held)
            elif key == "Fn::GetAtt":
                first = held[0] if isinstance(held, list) and held else str(held).split(".")[0]
                if isinstance(first, str) and first in declared:
                    found.add(first)
            elif key == "Fn::Sub":
                text = held[0] if isinstance(held, list) and held else held
                if isinstance(text, str):
                    names = (match.split(".")[0].strip() for match in re.findall(r"\$\{([^!{}][^{}]*)\}", text))
                    found |= {name for name in names if name in declared}
                found |= _needs(held[1:], declared) if isinstance(held, list) else set()
            elif key == "DependsOn":
                listed = held if isinstance(held, list) else [held]
                found |= {one for one in listed if isinstance(one, str) and one in declared}
            else:
                found |= _needs(held, declared)
    return found
