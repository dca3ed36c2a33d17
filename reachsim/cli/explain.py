"""``reachsim explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from reachsim.codes import Code
    from reachsim.report.languages import Lang

KINDS = {
    "block": "why traffic is blocked",
    "cause": "the cause behind a block",
    "finding": "a finding of reachsim check",
    "assumption": "something that an answer takes for granted",
    "information": "a note on a hop",
    "diagnosis": "a cause that reachsim diagnose names",
}
KINDS_JA = {
    "block": "通信がブロックされる理由",
    "cause": "ブロックの背後にある原因",
    "finding": "reachsim check の検出結果",
    "assumption": "答えが前提としていること",
    "information": "ホップについての注記",
    "diagnosis": "reachsim diagnose が挙げる原因",
}
ORIGINS_JA = {"aws": "VPC Reachability Analyzer のコード", "reachsim": "reachsim 独自のコード"}
ORIGINS = {"aws": "a code of VPC Reachability Analyzer", "reachsim": "a code of reachsim's own"}


@click.command(name="explain")
@click.argument("code", required=False)
@click.option("--list", "everything", is_flag=True, help="List all codes.")
@click.option("--assumptions", is_flag=True, help="List what reachsim assumes, as Markdown, by what it can hide.")
@click.option("--lang", type=click.Choice(["en", "ja"]), default="en", show_default=True, help="Language of the text.")
def command(code: str | None, everything: bool, assumptions: bool, lang: Lang) -> None:
    """Say what CODE means and what mends it.

    \b
    Example:
      reachsim explain SUBNET_ACL_RESTRICTION
      reachsim explain SUBNET_ACL_RESTRICTION --lang ja
      reachsim explain --assumptions
    """
    from reachsim.codes import CODES, explain
    from reachsim.report.columns import wrap, wrap_japanese

    if assumptions:
        from reachsim.report.assumptions import render_assumptions

        options.emit(render_assumptions(lang), None, False)
        return
    if everything or code is None:
        longest = max(map(len, CODES))
        options.emit("\n".join(f"{name:{longest}}  {one.kind}" for name, one in CODES.items()), None, False)
        return
    found = explain(code)
    paragraphs = _japanese(found) if lang == "ja" else _english(found)
    columns = options.columns()
    fold = wrap_japanese if lang == "ja" else wrap
    lines = [found.code, *(line for text in paragraphs for line in (*fold(text, columns, "  "), ""))]
    options.emit("\n".join([*lines, f"  {found.docs}"] if found.docs else lines), None, False)


def _english(found: Code) -> list[str]:
    from reachsim.codes import NO_BLOCK_HERE

    about = f"{KINDS[found.kind]} · layer: {found.layer} · {ORIGINS[found.origin]}"
    seen = [f"Usually seen as: {found.symptom}"] if found.symptom else []
    never = [f"No verdict of reachsim holds it: {NO_BLOCK_HERE[found.code]}."] if found.code in NO_BLOCK_HERE else []
    return [
        about,
        found.text,
        *never,
        *seen,
        *_hides(found, "en"),
        *([f"To mend: {found.remedy}"] if found.remedy else []),
    ]


def _japanese(found: Code) -> list[str]:
    from reachsim.codes import NO_BLOCK_HERE
    from reachsim.report.languages import TEXTS, japanese

    texts = japanese()[found.code]
    about = f"{KINDS_JA[found.kind]} · レイヤー: {found.layer} · {ORIGINS_JA[found.origin]}"
    seen = [f"見え方: {TEXTS['ja'][f'symptom {found.symptom}']}"] if found.symptom else []
    mend = [f"直し方: {texts['remedy']}"] if texts["remedy"] else []
    never = ["reachsim の答えにはこのコードは現れません。"] if found.code in NO_BLOCK_HERE else []
    return [about, texts["text"], *never, *seen, *_hides(found, "ja"), *mend]


def _hides(found: Code, lang: Lang) -> list[str]:
    from reachsim.report.assumptions import HIDES

    if found.can_hide is None:
        return []
    hides = HIDES[lang][found.can_hide]
    return [f"誤りの場合: {hides}" if lang == "ja" else f"If it is wrong, it {hides}."]
