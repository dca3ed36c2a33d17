"""``reachsim explain``."""

from __future__ import annotations

import click

from reachsim.cli import options

KINDS = {
    "block": "why traffic is blocked",
    "cause": "the cause behind a block",
    "finding": "a finding of reachsim check",
    "assumption": "something that an answer takes for granted",
    "information": "a note on a hop",
    "diagnosis": "a cause that reachsim diagnose names",
}
ORIGINS = {"aws": "a code of VPC Reachability Analyzer", "reachsim": "a code of reachsim's own"}


@click.command(name="explain")
@click.argument("code", required=False)
@click.option("--list", "everything", is_flag=True, help="List all codes.")
def command(code: str | None, everything: bool) -> None:
    """Say what CODE means and what mends it.

    \b
    Example:
      reachsim explain SUBNET_ACL_RESTRICTION
    """
    from reachsim.codes import CODES, explain
    from reachsim.report.columns import wrap

    if everything or code is None:
        longest = max(map(len, CODES))
        options.emit("\n".join(f"{name:{longest}}  {one.kind}" for name, one in CODES.items()), None, False)
        return
    found = explain(code)
    about = f"{KINDS[found.kind]} · layer: {found.layer} · {ORIGINS[found.origin]}"
    paragraphs = [about, found.text]
    if found.symptom:
        paragraphs.append(f"Usually seen as: {found.symptom}")
    if found.remedy:
        paragraphs.append(f"To mend: {found.remedy}")
    columns = options.columns()
    lines = [found.code, *(line for text in paragraphs for line in (*wrap(text, columns, "  "), ""))]
    options.emit("\n".join([*lines, f"  {found.docs}"] if found.docs else lines), None, False)
