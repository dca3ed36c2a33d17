"""Whether a test (``[ … ]``, ``test``) holds, as far as the files tell.

**Source:** POSIX, test; Bash Reference Manual, "Conditional Expressions".
"""

from __future__ import annotations

import fnmatch
import re
from typing import Any, Final

from reachsim.pipeline.shell.scope import Scope, absolute
from reachsim.pipeline.variables import OPEN, is_known


def judge(words: list[str], scope: Scope) -> bool | None:
    """Whether a test (``[ … ]``, ``test``) holds; None where the files do not tell.

    Only comparisons of values that are known, and whether a file of the context is there, are judged.
    """
    if not words:
        return None
    for operator, both in (("||", any), ("-o", any), ("&&", all), ("-a", all)):
        if operator in words[1:-1]:
            at = words.index(operator)
            sides: list[Any] = [judge(words[:at], scope), judge(words[at + 1 :], scope)]
            decisive = both is any
            return decisive if decisive in sides else None if None in sides else not decisive
    if words[0] == "!":
        inner = judge(words[1:], scope)
        return None if inner is None else not inner
    if words[0] == "(" and words[-1] == ")":
        return judge(words[1:-1], scope)
    if len(words) == 2:
        return _unary(words[0], words[1], scope)
    if len(words) == 3:
        return _binary(words[0], words[1], words[2])
    return None


def _unary(operator: str, operand: str, scope: Scope) -> bool | None:
    if operator in ("-z", "-n"):
        empty = operand == ""
        if not empty and not is_known(operand) and not operand.replace(OPEN, "").strip("\ue001"):
            return None
        if not is_known(operand):
            return None
        return empty if operator == "-z" else not empty
    path = absolute(operand, scope.directory)
    if operator in ("-f", "-e", "-s", "-r", "-x") and is_known(operand) and scope.machine.exists(path):
        return True
    if operator == "-d" and is_known(operand) and scope.machine.has_folder(path):
        return True
    return None


_NUMERIC: Final = {"-eq": "==", "-ne": "!=", "-lt": "<", "-gt": ">", "-le": "<=", "-ge": ">="}


def _binary(left: str, operator: str, right: str) -> bool | None:
    if not is_known(left) or not is_known(right):
        return None
    if operator in ("=", "=="):
        return fnmatch.fnmatchcase(left, right) if any(one in right for one in "*?") else left == right
    if operator == "!=":
        return left != right
    if operator in _NUMERIC and re.fullmatch(r"-?\d{1,9}", left) and re.fullmatch(r"-?\d{1,9}", right):
        one, other = int(left), int(right)
        return {"==": one == other, "!=": one != other, "<": one < other, ">": one > other, "<=": one <= other,
                ">=": one >= other}[_NUMERIC[operator]]  # fmt: skip
    return None
