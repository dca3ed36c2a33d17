"""``reachsim policy allows``, ``compare`` and ``narrow``: questions about all requests at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from reachsim.cli import options
from reachsim.cli.policy_documents import no_number, parsed
from reachsim.errors import Fault, SnapshotError

if TYPE_CHECKING:
    from reachsim.policy import Request
    from reachsim.policy.symbolic import Table, Zone

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
_KINDS = ("endpoint", "gateway-endpoint", "interface-endpoint", "resource")
_account = click.option("--account", required=True, metavar="ID", help="The account that is your own.")
_organization = click.option("--organization", metavar="ID", help="Your organization's id, such as o-abc123.")
_member = click.option("--member", "members", multiple=True, metavar="ID", help="Another account of the organization.")
_kind = click.option(
    "--kind",
    type=click.Choice(_KINDS),
    default="endpoint",
    show_default=True,
    help="What the policy is used as.",
)
_service = click.option(
    "--service", "services", multiple=True, metavar="NAME", help="Only actions of NAME, such as s3."
)


@click.command(short_help="All that a policy lets through, with proof.")
@click.argument("file", type=_FILE)
@_account
@_organization
@_member
@_kind
@_service
@click.option("--resource", "resources", multiple=True, metavar="ARN", help="Only this resource of your own account.")
@click.option("--outside", is_flag=True, help="Who can use --resource from outside every VPC?")
@options.output_format
def allows(
    file: Path, account: str, organization: str | None, members: tuple[str, ...], kind: str, services: tuple[str, ...],
    resources: tuple[str, ...], outside: bool, form: str,
) -> None:  # fmt: skip
    """Show all that the policy in FILE lets through: which callers, on whose resources, by which statement.

    Every row comes with a request that proves it. Exit code: 0 the table is complete, 3 rows may be missing (a note
    says why).

    \b
    Example:
      reachsim policy allows s3-endpoint.json --account 111122223333 --organization o-abc123 --service s3
    """
    from reachsim.policy.symbolic import lets_through, reachable_from_outside

    zone = _zone(account, organization, members)
    for one in resources:
        if one.count(":") < 5 or not one.startswith("arn:"):
            raise click.UsageError(f"--resource {one!r} is no ARN, such as arn:aws:s3:::bucket/*")
    document = parsed(file)
    if outside:
        if not resources:
            raise click.UsageError("--outside needs --resource: from outside, who can use what?")
        if services:
            raise click.UsageError("--outside asks about every action on --resource; leave out --service")
        table = reachable_from_outside(document, zone, resources)
    else:
        table = lets_through(
            document, zone, kind="resource" if kind == "resource" else "endpoint",
            gateway=kind == "gateway-endpoint", services=services, resources=resources,
        )  # fmt: skip
    table = table._replace(notes=(*table.notes, *_unknown_services(services)))
    if form == "json":
        rows = [{**row._asdict(), "witness": _request_json(row.witness)} for row in table.rows]
        answer = {"rows": rows, "exact": table.exact, "notes": list(table.notes)}
        click.echo(options.harmless(json.dumps(answer, ensure_ascii=False, indent=2)))
    else:
        _print_table(table)
    sys.exit(0 if table.exact else 3)


def _print_table(table: Table) -> None:
    for row in table.rows:
        by = f"statement {row.statement}" if row.statement else "their own policies, which no Deny here overrules"
        lines = [f"{row.extent}: {', '.join(row.callers)} → resources of {', '.join(row.owners)}, by {by}"]
        lines += [f"  {part}" for part in (row.actions, row.resources, *row.conditions) if row.statement]
        lines.append(f"  such as {_in_words(row.witness)}")
        click.echo(options.harmless("\n".join(lines)))
    if not table.rows and table.exact:
        click.echo("nothing passes")
    for note in table.notes:
        click.echo(options.harmless(note))


@click.command(short_help="Whether a policy allows more than another.")
@click.argument("newer", type=_FILE)
@click.argument("older", type=_FILE)
@_account
@_organization
@_member
@_kind
@_service
@options.output_format
def compare(
    newer: Path, older: Path, account: str, organization: str | None, members: tuple[str, ...], kind: str,
    services: tuple[str, ...], form: str,
) -> None:  # fmt: skip
    """Does the policy in NEWER allow anything that the one in OLDER does not?

    Exit code: 0 no, 1 yes (with a request that proves it), 3 undecided.

    \b
    Example:
      reachsim policy compare new.json old.json --account 111122223333
    """
    from reachsim.policy.symbolic import allows_more

    found = allows_more(
        parsed(newer), parsed(older), _zone(account, organization, members),
        kind="resource" if kind == "resource" else "endpoint", gateway=kind == "gateway-endpoint", services=services,
    )  # fmt: skip
    found = found._replace(notes=(*found.notes, *_unknown_services(services)))
    if form == "json":
        witness = _request_json(found.witness) if found.witness is not None else None
        answer = {"more": found.more, "witness": witness, "notes": list(found.notes)}
        click.echo(options.harmless(json.dumps(answer, ensure_ascii=False, indent=2)))
    else:
        words = {True: "yes, for instance", False: "no", None: "undecided; perhaps"}[found.more]
        tail = f" {_in_words(found.witness)}" if found.witness is not None else ""
        click.echo(options.harmless("\n".join([words + tail, *found.notes])))
    sys.exit({False: 0, True: 1, None: 3}[found.more])


@click.command(short_help="The narrowest endpoint policy for requests.")
@click.option(
    "--input", "source", type=click.File("rb"), default="-", metavar="FILE", help="Read FILE instead of standard input."
)
@click.option("--gateway", is_flag=True, help="For a gateway endpoint (S3, DynamoDB).")
def narrow(source: BinaryIO, gateway: bool) -> None:
    """Print the narrowest endpoint policy under which the requests on standard input pass.

    A line is a case as `policy evaluate` reads it; only its request counts.

    \b
    Example:
      reachsim policy narrow --gateway < needed.jsonl
    """
    from reachsim.policy import PolicyError, read_request
    from reachsim.policy.symbolic import narrowest

    requests = []
    for number, line in enumerate(source, 1):
        if line.strip():
            try:
                requests.append(read_request(json.loads(line, parse_constant=no_number)))
            except (PolicyError, ValueError, RecursionError) as error:
                raise SnapshotError(Fault(f"line {number}", "", "a request", str(error))) from error
    click.echo(options.harmless(json.dumps(narrowest(requests, gateway=gateway), ensure_ascii=False, indent=2)))


def _unknown_services(services: tuple[str, ...]) -> list[str]:
    from reachsim.policy.reference import service

    return [f"no service {one!r} is known here; is its name spelt so?" for one in services if not service(one.lower())]


def _zone(account: str, organization: str | None, members: tuple[str, ...]) -> Zone:
    from reachsim.policy.symbolic import Zone

    for one in (account, *members):
        if not (len(one) == 12 and one.isdigit()):
            raise click.UsageError(f"{one!r} is no account id: twelve digits")
    if organization is not None and not organization.startswith("o-"):
        raise click.UsageError(f"{organization!r} is no organization's id, such as o-abc123")
    return Zone(account, organization, frozenset(members))


def _request_json(request: Request) -> dict[str, object]:
    """A request in the form that `policy evaluate` reads."""
    return {
        "principal": {"type": "Anonymous"} if request.principal.kind == "anonymous" else request.principal.text,
        "action": request.action,
        "resource": {"arn": request.resource_arn, "accountId": request.resource_account},
        "context": dict(request.context),
        "wildcardOnlyAction": request.wildcard_only_action,
    }


def _in_words(request: Request) -> str:
    keys = ", ".join(f"{key}={value}" for key, value in sorted(request.context.items()))
    what = f"{request.action} on {request.resource_arn} of account {request.resource_account}"
    return f"{request.principal.text}: {what}" + (f" with {keys}" if keys else "")
