"""``reachsim policy``: the IAM policy language by itself, without a network."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import click

from reachsim.cli import options
from reachsim.cli.policy_documents import no_number, read, unwrapped
from reachsim.cli.policy_questions import allows, compare, narrow

KINDS = (
    "identity", "boundary", "session", "scp", "rcp", "resource", "trust", "endpoint", "gateway-endpoint",
    "interface-endpoint",
)  # fmt: skip
_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.group(name="policy")
def command() -> None:
    """Judge and check IAM policies by themselves.

    \b
    Examples:
      reachsim policy evaluate < cases.jsonl
      reachsim policy lint endpoint-policy.json
      reachsim policy allows endpoint-policy.json --account 111122223333 --service s3
      reachsim policy compare new.json old.json --account 111122223333
      reachsim policy narrow --gateway < needed.jsonl
    """


@command.command(short_help="Decide requests: JSON lines in and out.")
@click.option(
    "--input", "source", type=click.File("rb"), default="-", metavar="FILE", help="Read FILE instead of standard input."
)
def evaluate(source: BinaryIO) -> None:
    """Decide JSON lines from standard input, in order: one request and its policies each.

    Exit code: 0 all answered, 2 bad input or some line answered by an error.

    \b
    A line (all but request may be left out):
      {"name": "n", "request": {"principal": "arn:aws:iam::111122223333:role/build", "action": "s3:GetObject",
       "resource": {"arn": "arn:aws:s3:::b/k", "accountId": "111122223333"}, "context": {}},
       "identityPolicies": [], "boundary": null, "sessionPolicy": null, "scps": [], "rcps": [],
       "resourcePolicy": null, "vpcEndpointPolicies": null, "s3BlockPublicAccess": null}
    """
    failed = False
    for line in source:
        if line.strip():
            found = answered(line)
            failed = failed or "error" in found
            click.echo(options.harmless(json.dumps(found, ensure_ascii=False)))
    sys.exit(2 if failed else 0)


def answered(line: bytes) -> dict[str, object]:
    """The answer to one line."""
    from reachsim.policy import evaluate_json

    repeated: dict[str, None] = {}

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated.update((key, None) for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return found

    try:
        case = json.loads(line, parse_constant=no_number, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:  # ValueError: no JSON, no UTF-8, a number of thousands of digits
        return {"name": None, "error": f"not a line of JSON: {error}"}
    answer = evaluate_json(case)
    notes = answer.get("notes")
    if isinstance(notes, list):
        notes += [f"the key {key!r} stands more than once in one object; only the last one counts" for key in repeated]
    return answer


@command.command(short_help="What is wrong or risky in a policy.")
@click.argument("file", type=_FILE)
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    help="What the policy is used as. Else its elements tell: with Principal and Resource it is taken for an "
    "endpoint's, with Principal alone for a role's trust policy (or, where its actions are no sts:, a resource's), "
    "without Principal for an identity policy.",
)
@options.output_format
def lint(file: Path, kind: str | None, form: str) -> None:
    """List what is wrong or risky in the policy in FILE, each with its place.

    Exit code: 0 clean (warnings allowed), 1 findings, 2 faults: AWS would not store it, or it cannot be judged.

    FILE holds a policy document, or an answer of AWS that holds one. "-" is standard input.

    \b
    Example:
      reachsim policy lint endpoint-policy.json --kind gateway-endpoint
    """
    from reachsim.policy.lint import guess, lint

    document = unwrapped(read(file), file)
    issues = lint(document, kind)
    found = {issue.severity for issue in issues}
    if form == "json":
        rows = [issue._asdict() for issue in issues]
        top = json.loads(document) if not any(issue.rule == "NOT_JSON" for issue in issues) else {}
        answer = {"file": str(file), "kind": kind or guess(top), "issues": rows}
        click.echo(options.harmless(json.dumps(answer, ensure_ascii=False, indent=2)))
    else:
        for issue in issues:
            place = issue.pointer or "/"
            click.echo(options.harmless(f"{issue.severity:8}{place}: {issue.message} [{issue.rule}; {issue.source}]"))
        click.echo(_summary(issues))
    sys.exit(2 if "fault" in found else 1 if "finding" in found else 0)


def _summary(issues: Iterable[Any]) -> str:
    words = [issue.severity for issue in issues]
    counts = [(words.count(word), word) for word in ("fault", "finding", "warning") if word in words]
    return ", ".join(f"{n} {word}{'s' if n > 1 else ''}" for n, word in counts) or "clean"


for one in (allows, compare, narrow):
    command.add_command(one)
