"""Texts of which a part may be unknown, and the variables that fill them in.

A build's files name most destinations by variables. A value is an ordinary ``str``; a part that the files do not tell
stands in it as a mark that carries the variable's name, so that such values can be joined, split at ``/`` and compared
like any other. Marks are written ``{NAME}`` when they leave this package.

**Source:** CodeBuild User Guide, "Environment variables in build environments"; Docker, "Dockerfile reference,
Environment replacement" (the forms of `expand`).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from typing import Final

MAX_VALUE: Final = 1 << 16
MAX_TEXT: Final = 1 << 20
"""Characters that a variable and a text (a file, a here-document) may grow to; beyond that they count as unknown."""
MAX_TRIMMED: Final = 1000
OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
OTHERWISE: Final = "\ue004"
"""Parts the name in a mark from the values that it may have (`alternatives`)."""
_MARK: Final = f"{OPEN}([^{OPEN}{CLOSE}{OTHERWISE}]*)(?:{OTHERWISE}[^{OPEN}{CLOSE}]*)?{CLOSE}"

ACCOUNT_NAMES: Final = frozenset({"AWS_ACCOUNT_ID", "AWS_ACCOUNT", "ACCOUNT_ID", "AWSACCOUNTID", "AWS_ACCOUNT_NUMBER",
                                  "CDK_DEFAULT_ACCOUNT"})  # fmt: skip
"""Variables that hold the build's own account by convention: AWS's own samples have the project set AWS_ACCOUNT_ID."""


def unknown(name: str) -> str:
    """The mark of an unknown value.

    >>> shown(unknown("BUCKET") + ".example.com")
    '{BUCKET}.example.com'
    """
    return f"{OPEN}{name}{CLOSE}"


def is_known(text: str) -> bool:
    return OPEN not in text


def nothing_known(text: str) -> bool:
    """Whether no letter or digit of the text is known.

    >>> nothing_known(unknown("REGISTRY") + "/" + unknown("NAME"))
    True
    """
    return not any(map(str.isalnum, replaced(text, "")))


def unknown_names(text: str) -> list[str]:
    """The names of what is unknown in a text, in order, without ``account`` and ``region`` of the build itself."""
    if is_known(text):
        return []
    names = re.findall(_MARK, text)
    return list(dict.fromkeys(name.split("~")[-1] for name in names if name not in ("account", "region")))


def shown(text: str) -> str:
    """The text with its marks as ``{NAME}``."""
    if is_known(text):
        return text
    return re.sub(_MARK, lambda match: "{" + match[1].split("~")[0].lstrip("!") + "}", text)


def replaced(text: str, by: str) -> str:
    """The text with a plain text in place of each mark.

    >>> replaced("arn:aws:s3:::" + unknown("BUCKET") + "/*", "*")
    'arn:aws:s3:::*/*'
    """
    return text if is_known(text) else re.sub(_MARK, by, text)


def starred(text: str) -> str:
    """The text with its marks as ``*``: a pattern for an ARN."""
    return replaced(text, "*")


def look_up(name: str, variables: Mapping[str, str]) -> str:
    """A variable's value; what nothing sets is unknown under its name, for the project may set it."""
    found = variables.get(name)
    if found is not None:
        return found
    if name.upper() in ACCOUNT_NAMES:
        account = variables.get("codebuild:account")
        return account if account is not None else unknown(f"account~{name}")
    return unknown(name)


_REFERENCE: Final = (
    r"\\\$|\$(?:\{(?P<braced>\w++)(?P<operator>:?[-+?=]|##?|%%?|//?)?(?P<rest>[^{}]*+(?:\{[^{}]*+\}[^{}]*+)*+)\}|"
    r"(?P<plain>\w++))"
)


def expand(text: str, variables: Mapping[str, str], depth: int = 0) -> str:
    """Fill in ``$NAME``, ``${NAME}``, ``${NAME:-default}`` and ``${NAME:+other}`` as Docker does.

    >>> expand("${BASE:-golang}:$TAG", {"TAG": "1.22", "BASE": ""})
    'golang:1.22'
    """

    def value_of(match: re.Match[str]) -> str:
        if match[0] == "\\$":
            return "$"
        name = match["braced"] or match["plain"]
        if not match["operator"]:
            return look_up(name, variables)
        rest = expand(match["rest"], variables, depth + 1) if depth < 8 else match["rest"]
        return modified(name, match["operator"], rest, variables)

    if "$" not in text and len(text) <= MAX_TEXT:
        return text
    found = filled(_REFERENCE, value_of, text) if len(text) <= MAX_TEXT else None
    return unknown("value") if found is None else found


def filled(pattern: str | re.Pattern[str], value_of: Callable[[re.Match[str]], str], text: str) -> str | None:
    """The text with each match replaced; None as soon as that is longer than `MAX_TEXT`."""
    parts, size, at = list[str](), 0, 0
    for match in re.finditer(pattern, text):
        parts += [text[at : match.start()], value_of(match)]
        at = match.end()
        size += len(parts[-2]) + len(parts[-1])
        if size > MAX_TEXT:
            return None
    return "".join([*parts, text[at:]]) if size + len(text) - at <= MAX_TEXT else None


def modified(name: str, operator: str, rest: str, variables: Mapping[str, str]) -> str:
    """The value of ``${NAME<operator>rest}``, the rest already filled in."""
    value = variables.get(name)
    if operator in (":-", ":=", "-", "="):
        if operator.startswith(":"):
            return value if value else rest
        return value if value is not None else rest
    if operator in (":+", "+"):
        empty = not value if operator == ":+" else value is None
        return "" if empty else rest
    if operator in (":?", "?"):
        return look_up(name, variables)
    value = look_up(name, variables)
    if not is_known(value) or not is_known(rest):
        return value
    return _trimmed(value, operator, rest)


def _trimmed(value: str, operator: str, pattern: str) -> str:
    if operator[0] == "/":
        old, _, new = pattern.partition("/")
        return value.replace(old, new, -1 if operator == "//" else 1) if old else value
    if len(value) > MAX_TRIMMED:
        return unknown("value")
    fits = re.compile(fnmatch.translate(pattern)).match
    if operator[0] == "#":
        cuts = [i for i in range(len(value) + 1) if fits(value[:i])]
        return value[(max(cuts) if operator == "##" else min(cuts)) :] if cuts else value
    cuts = [i for i in range(len(value) + 1) if fits(value[i:])]
    return value[: (min(cuts) if operator == "%%" else max(cuts))] if cuts else value


def codebuild_variables(region: str | None, account: str | None, project: str | None) -> dict[str, str]:
    """The variables that CodeBuild itself sets, and ``codebuild:account``, which no build can name."""
    here, owner = region or unknown("region"), account or unknown("account")
    name = project or unknown("project")
    found = {
        "AWS_REGION": here,
        "AWS_DEFAULT_REGION": here,
        "CODEBUILD_BUILD_ARN": f"arn:aws:codebuild:{here}:{owner}:build/{name}:{unknown('CODEBUILD_BUILD_UUID')}",
        "CODEBUILD_PROJECT_ARN": f"arn:aws:codebuild:{here}:{owner}:project/{name}",
        "CODEBUILD_BUILD_ID": f"{name}:{unknown('CODEBUILD_BUILD_UUID')}",
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_CI": "true",
        "CI": "true",
        "CODEBUILD_SRC_DIR": ROOT,
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": unknown("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        "HOME": "/root",
    }
    return found | ({"codebuild:account": account} if account else {})


ROOT: Final = "/codebuild/src"
"""Where the source lies in the build's machine, as far as this package is concerned (CODEBUILD_SRC_DIR)."""
