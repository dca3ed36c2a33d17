"""Credentials and clients: the only place where boto3 makes a request.

Profiles, SSO, ``AWS_ENDPOINT_URL`` and whatever else says who asks and where are boto3's business. How a call is made
is told by `paging`, what happens if it fails by `failures`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from reachsim.collect.clients import Clients
from reachsim.collect.errors import AccountError, CollectError, ExpiredError
from reachsim.collect.failures import FailedCall, expired, failures, no_answer_at_all, patience
from reachsim.collect.outcome import DENIED, EXPIRED, NOT_ACCEPTED, NOT_COLLECTED, Outcome
from reachsim.collect.paging import arguments, operation_model, pages
from reachsim.collect.shapes import SDK_NAMES
from reachsim.services import partition_of

WORKERS: Final = 12
"""Calls made side by side."""
_TO_ASSUME: Final = (
    "sts:AssumeRole and a trust policy that names the caller (where it asks for an external id or MFA: a profile of "
    "the AWS CLI with role_arn, external_id, mfa_serial, and --profile)"
)
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")


class Answer(NamedTuple):
    """An answer in pages, and the keys whose lists go on from page to page."""

    pages: Iterator[dict[str, Any]]
    lists: tuple[str, ...]


class Aws:
    """One set of credentials, and what can be asked with it. Made by `connect` or `Aws.assume`."""

    def __init__(self, session: Any, region: str, who: str, role: str = "", clients: Clients | None = None) -> None:
        self.session = session
        self.region = region
        self.who = who
        self.role = role
        self._clients = clients or Clients()

    def identity(self) -> tuple[str, str]:
        """(account, partition) of the credentials.

        Raises:
            AccountError: the role cannot be assumed.
            ExpiredError: the credentials that would assume it have expired.
            CollectError: there are no credentials, AWS does not accept them, or nobody answers.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        self._get_credentials()
        try:
            found = self._client("sts", self.region).get_caller_identity()
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code in EXPIRED:
                raise ExpiredError(expired(self.who)) from error
            if code not in NOT_ACCEPTED:
                raise CollectError(f"sts get-caller-identity was answered by {code} ({self.who})") from error
            raise CollectError(
                f"AWS does not accept the credentials ({self.who}): {code}; sign in anew, or name a Region that is "
                "enabled for the account first"
            ) from error
        except BotoCoreError as error:
            raise CollectError(f"no answer from AWS ({self.who}): {error}") from error
        return found["Account"], found["Arn"].split(":")[1]

    def _get_credentials(self) -> None:
        """Have boto3 find or fetch them; whatever goes wrong here is no answer of the services that are asked later."""
        from botocore.exceptions import BotoCoreError, ClientError

        code, why = "", ""
        try:
            credentials = self.session.get_credentials()
            if credentials is not None:
                credentials.get_frozen_credentials()
                return
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            why = f": {code} from {error.operation_name}"
        except (BotoCoreError, OSError) as error:
            why = f": {error}".rstrip(" .:")
        except EOFError:  # boto3 asks for it where a profile has an mfa_serial
            why = ": the role needs an MFA code, and there is no terminal to ask for it"
        if code in EXPIRED:
            raise ExpiredError(expired(self.who))
        if self.role:
            needs = f", which needs {_TO_ASSUME}" if code in DENIED else ""
            raise AccountError(f"cannot assume the role ({self.who}){why}{needs}", code, "sts:AssumeRole")
        raise CollectError(no_credentials(self.who, why))

    def enabled_regions(self) -> tuple[str, ...]:
        """Every Region that is enabled for the account. Raises CollectError."""
        answer = self._setup("ec2", "describe-regions", "ec2:DescribeRegions", "--all-regions")
        return tuple(sorted(one["RegionName"] for page in answer.pages for one in page["Regions"]))

    def organization_accounts(self) -> tuple[str, ...]:
        """Every active account of the organization. Raises CollectError."""
        answer = self._setup("organizations", "list-accounts", "organizations:ListAccounts", "--org")
        found = (one for page in answer.pages for one in page["Accounts"])
        return tuple(sorted(one["Id"] for one in found if one.get("State", one.get("Status")) == "ACTIVE"))

    def assume(self, role_arn: str) -> Aws:
        """The same with a role's credentials, which are renewed by themselves as long as these here are good."""
        import boto3
        import botocore.session
        from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

        mine = self.session._session
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=partial(self._new_client, region=self.region),
            source_credentials=mine.get_credentials(),
            role_arn=role_arn,
            extra_args={"RoleSessionName": "reachsim"},
        )
        inner = botocore.session.Session(profile=mine.profile)  # its endpoints, proxies and certificates hold here too
        inner.register_component("data_loader", mine.get_component("data_loader"))  # service models are large
        inner._credentials = DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
        return Aws(
            boto3.Session(botocore_session=inner, region_name=self.region),
            self.region,
            f"role {role_arn}, {self.who}",
            role_arn,
            self._clients,
        )

    def ask(self, service: str, operation: str, options: Sequence[str], region: str, path: str) -> Answer:
        """Make a call, in the AWS CLI's words.

        Args:
            service, operation: ``ec2``, ``describe-vpcs``.
            options: ``--vpc-id vpc-…`` as separate words; ``--region`` overrides ``region``.
            region: Where to ask.
            path: The answer's file, which tells what an error means.

        Returns: The answer. Its pages are fetched as they are taken, so taking one may raise, too.

        Raises:
            FailedCall: no answer.
            ExpiredError: the credentials are.
        """
        options = list(options)
        if "--region" in options:
            at = options.index("--region")
            region = options[at + 1]
            del options[at : at + 2]
            self._check_partition(region)
        with failures(path, self.who):
            client = self._client(SDK_NAMES.get(service, service), region)
            found, lists = pages(client, operation, arguments(options, operation_model(client, operation).input_shape))
        return Answer(_caught(found, path, self.who), lists)

    def _check_partition(self, region: str) -> None:
        """Raise FailedCall for a Region in another partition, where nobody knows these credentials: ECR Public is in
        us-east-1 alone.
        """
        if partition_of(region) != partition_of(self.region):
            raise FailedCall(Outcome("not-collected", NOT_COLLECTED))

    def _setup(self, service: str, operation: str, permission: str, option: str) -> Answer:
        try:
            answer = self.ask(service, operation, (), self.region, "")
            return Answer(iter(list(answer.pages)), answer.lists)
        except FailedCall as failed:
            code = failed.outcome.code
            told = f"{option} needs {permission}, which was answered by {code} ({self.who})"
            raise AccountError(told, code, permission) from failed

    def _client(self, service: str, region: str) -> Any:
        return self._clients.get((self.role, service, region), partial(self._new_client, service, region))

    def _new_client(self, service: str, region: str, **credentials: str) -> Any:
        from botocore.config import Config

        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": 2},
            max_pool_connections=WORKERS,
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="reachsim",
        )
        client = self.session.client(service, region_name=region, config=config, **credentials)
        client.meta.events.register_last("needs-retry", patience)
        client.meta.events.register_first("before-parse", no_answer_at_all)
        return client


def connect(profile: str | None, region: str | None) -> Aws:
    """The caller's own credentials and Region, found as boto3 and the AWS CLI find them.

    Raises: CollectError, if there is no such profile or no Region.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    named = profile or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or "default"
    asked = region or os.environ.get("AWS_REGION")
    try:
        session = boto3.Session(profile_name=profile, region_name=asked)  # in which a profile's role is assumed, too
        found = session.region_name
    except BotoCoreError as error:
        who = f"profile {named}, Region {asked}" if asked else f"profile {named}"
        raise CollectError(no_credentials(who, f": {error}")) from error
    who = f"profile {session.profile_name}"
    if not found:
        raise CollectError(f"no Region ({who}): give --region, or set AWS_REGION")
    check_region(found)
    return Aws(session, found, f"{who}, Region {found}")


def no_credentials(who: str, why: str = "") -> str:
    """What to tell somebody whose credentials cannot be had."""
    return (
        f"no AWS credentials ({who}){why}: sign in (aws configure, aws sso login), or work offline from files: "
        "reachsim import, or reachsim permissions --format sh, a script for the AWS CLI"
    )


def check_region(region: str) -> None:
    """Raise CollectError unless the text has the form of a Region's name; it becomes part of a host and of a path."""
    if not _REGION.fullmatch(region):
        raise CollectError(f"{region[:60]!r} is no Region, such as eu-west-1")


def _caught(pages: Iterator[dict[str, Any]], path: str, who: str) -> Iterator[dict[str, Any]]:
    with failures(path, who):
        yield from pages
