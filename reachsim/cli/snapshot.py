"""``reachsim snapshot``."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reachsim.cli import options

if TYPE_CHECKING:
    from reachsim.collect.aws import Aws
    from reachsim.collect.capture import Account
    from reachsim.collect.manifest import Record

ORGANIZATION_ROLE = "arn:{partition}:iam::{account}:role/OrganizationAccountAccessRole"


@click.command(name="snapshot")
@click.option(
    "-o", "--output", "out", type=click.Path(path_type=Path), required=True, metavar="NAME", help="Folder to make."
)
@click.option("--profile", metavar="PROFILE", help="Profile of the AWS CLI's configuration.")
@click.option("--region", "regions", multiple=True, metavar="REGION", help="Region to capture (repeatable).")
@click.option("--all-regions", is_flag=True, help="Every Region that is enabled for the account.")
@click.option("--role-arn", "roles", multiple=True, metavar="ARN",
              help="Capture this role's account (repeatable); with --org, {account} is each account.")  # fmt: skip
@click.option("--org", is_flag=True, help="Every active account of the organization, by a role in each.")
@click.option("--vpc", "vpcs", multiple=True, metavar="VPC",
              help="This VPC and those connected with it only (repeatable).")  # fmt: skip
@click.option("--services", multiple=True, metavar="NAMES", help="These services only: ec2,codebuild,… (repeatable).")
@click.option(
    "--redact", multiple=True, metavar="PATTERN", help="Leave out values of tags with such keys (repeatable)."
)
@click.option("--strict", is_flag=True, help="Exit with 3 if AWS refused any call.")
@options.overwrite
def command(
    out: Path, profile: str | None, regions: tuple[str, ...], all_regions: bool, roles: tuple[str, ...], org: bool,
    vpcs: tuple[str, ...], services: tuple[str, ...], redact: tuple[str, ...], strict: bool, overwrite: bool,
) -> None:  # fmt: skip
    """Capture an account's configuration from AWS, by read-only calls.

    Files are written into NAME.partial, which becomes NAME when all calls are made. After an interruption the same
    command goes on where it stopped. `reachsim permissions` prints the IAM policy that this needs.

    Exit code: 0 written, 2 no credentials, no Region or nothing written, 3 with --strict some call refused.

    \b
    Example:
      reachsim snapshot -o snapshots/prod --profile audit --region ap-northeast-1
    """
    from reachsim.collect.aws import connect
    from reachsim.collect.capture import capture, check_target
    from reachsim.collect.plan import Scope
    from reachsim.collect.progress import watched

    for vpc in vpcs:
        if not re.fullmatch(r"vpc-[0-9a-f]{8,17}", vpc):
            raise click.UsageError(f"--vpc {vpc[:40]} is no VPC's id, such as vpc-0123456789abcdef0")
    check_target(out, overwrite)
    scope = Scope(frozenset(_services(services)), tuple(dict.fromkeys(vpcs)))
    aws = connect(profile, regions[0] if regions else None)
    accounts = _accounts(aws, regions, all_regions, roles, org)
    progress = watched()
    try:
        record = capture(out, accounts, scope=scope, redact=redact, overwrite=overwrite, progress=progress, told=_tell)
    except KeyboardInterrupt:
        _tell(f"{out}.partial holds what came so far, and every command reads it; the same command goes on from there")
        raise
    finally:
        progress.close()
    lacking = _report(out, record)
    sys.exit(3 if strict and lacking else 0)


def _tell(text: str) -> None:
    click.echo(options.harmless(f"reachsim: {text}"), err=True)


def _services(given: Iterable[str]) -> list[str]:
    from reachsim.calls import CALLS

    known = {call.service for call in CALLS}
    found = [one.strip() for text in given for one in text.split(",")]
    unknown = [one or "''" for one in found if one not in known]
    if unknown:
        raise click.UsageError(f"--services {unknown[0]} is not known; there are: {', '.join(sorted(known))}")
    return found


def _accounts(aws: Aws, regions: Sequence[str], all_regions: bool, roles: Sequence[str], org: bool) -> list[Account]:
    """What to capture with which credentials: the caller's account, or the roles' accounts, or the organization's."""
    from msgspec import structs

    from reachsim.collect.aws import check_region
    from reachsim.collect.capture import Account

    for region in regions:
        check_region(region)
    for role in roles:
        _check_role(role, org)
    own, partition = aws.identity()
    chosen = tuple(dict.fromkeys(regions)) or (aws.region,)

    def reached(one: Aws, account: str) -> Account:
        return Account(account, tuple(dict.fromkeys((*chosen, *one.enabled_regions()))) if all_regions else chosen, one)

    if not roles and not org:
        return [reached(aws, own)]
    found: dict[str, Account] = {}
    if org:
        patterns = roles or (ORGANIZATION_ROLE,)
        found[own] = reached(aws, own)
        others = [account for account in aws.organization_accounts() if account != own]
        wanted = [one.replace("{account}", account).replace("{partition}", partition)
                  for account in others for one in patterns]  # fmt: skip
    else:
        wanted = list(roles)
    for arn in wanted:
        _check_partition(arn, partition, aws.who)
        account = arn.split(":")[4]
        if account not in found or found[account].refused is not None:  # of several roles the first that can be had
            one = _assumed(aws, arn, reached)
            found[account] = structs.replace(one, organization=aws) if org else one
    if not any(one.regions for one in found.values()):
        from reachsim.collect.errors import CollectError

        raise CollectError(f"no account can be captured ({aws.who}): {', '.join(wanted)[:300]}")
    return [found[account] for account in sorted(found)]


def _assumed(aws: Aws, arn: str, reached: Callable[[Aws, str], Account]) -> Account:
    """A role's account; without Regions, and with the reason, if it cannot be captured."""
    from reachsim.collect.capture import Account
    from reachsim.collect.errors import AccountError, CollectError, ExpiredError
    from reachsim.collect.outcome import Outcome

    role = aws.assume(arn)
    account = arn.split(":")[4]
    try:
        role.identity()
        return reached(role, account)
    except ExpiredError:
        raise
    except AccountError as error:
        why = Outcome("refused", error.code, error.permission)
        _tell(f"account {account} is left out: {error}")
    except CollectError as error:
        why = Outcome("not-collected")
        _tell(f"account {account} is left out: {error}")
    return Account(account, (), role, why)


def _check_role(arn: str, org: bool) -> None:
    if "{account}" in arn and not org:
        raise click.UsageError("{account} in --role-arn needs --org")
    if not re.fullmatch(r"arn:(?:aws[a-z-]*|\{partition\}):iam::(?:\d{12}|\{account\}):role/\S+", arn):
        raise click.UsageError(f"--role-arn {arn[:80]} is no role's ARN, such as arn:aws:iam::111111111111:role/audit")


def _check_partition(arn: str, partition: str, who: str) -> None:
    """No role can be assumed from another partition (IAM user guide, "Cross account resource access in IAM")."""
    if arn.split(":")[1] != partition:
        raise click.UsageError(
            f"--role-arn {arn[:80]} is of another partition than the credentials ({who}), which are of {partition}"
        )


def _report(out: Path, record: Record) -> int:
    """Say what was written and what could not be read; returns how many calls brought no answer."""
    lacking = [entry for entry in record.calls if not entry.known]
    known = len(record.calls) - len(lacking)
    _tell(
        f"{out}: {known} answers, accounts {', '.join(record.accounts)}, Regions {', '.join(record.regions)}"
        + (f"; {len(lacking)} could not be read" if lacking else "")
    )
    if lacking:
        from reachsim.cli.lacking import lines

        for line in lines(record.calls):
            click.echo(line, err=True)
    _tell(f"next: reachsim check {out}")
    return len(lacking)
