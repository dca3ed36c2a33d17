"""What reachsim assumes, as Markdown: every assumption of the table of codes, by what it can hide if it is wrong."""

from __future__ import annotations

from typing import Final

from reachsim.codes import CODES, CanHide, Code
from reachsim.report.languages import Lang, japanese

HIDES: Final[dict[Lang, dict[CanHide, str]]] = {
    "en": {
        "leak": "can hide a leak",
        "block": "can hide a block",
        "either": "can hide a leak or a block",
        "neither": "hides nothing: whatever is true has been considered",
        "undecided": "hides nothing: the answer is unknown because of it",
    },
    "ja": {
        "leak": "漏れを隠す可能性がある",
        "block": "ブロックを隠す可能性がある",
        "either": "漏れまたはブロックを隠す可能性がある",
        "neither": "何も隠さない(どちらの場合も考慮済み)",
        "undecided": "何も隠さない(このために答えは unknown になる)",
    },
}
COLUMNS: Final[dict[Lang, str]] = {
    "en": "| code | what is taken for granted, or left open | to do without it |",
    "ja": "| コード | 前提としていること、または未確定のこと | 前提をなくすには |",
}


def own_assumptions() -> list[Code]:
    """The assumptions that reachsim itself makes, by code."""
    return [one for one in CODES.values() if one.kind == "assumption" and one.origin == "reachsim"]


def render_assumptions(lang: Lang = "en") -> str:
    """One foldable table for each thing that a wrong assumption can hide."""
    texts = japanese() if lang == "ja" else {}
    lines: list[str] = []
    for word, hides in HIDES[lang].items():
        rows = [one for one in own_assumptions() if one.can_hide == word]
        title = hides[0].upper() + hides[1:]
        lines += [
            "<details>",
            f"<summary><b>{title}</b> ({len(rows)})</summary>",
            "",
            COLUMNS[lang],
            "| --- | --- | --- |",
        ]
        for one in rows:
            text, remedy = (texts[one.code][key] for key in ("text", "remedy")) if texts else (one.text, one.remedy)
            lines.append(f"| `{one.code}` | {text} | {remedy or '–'} |")
        lines += ["", "</details>", ""]
    return "\n".join(lines).rstrip("\n")
