"""Calls to AWS: sessions, clients, options, pages and patience. The only place where boto3 makes a request.

Credentials, profiles, ``AWS_ENDPOINT_URL`` and SSO are boto3's business. Retries are botocore's adaptive mode with two
attempts, so that a server which does not know a call is asked twice and no more; throttling and broken connections get
further attempts with growing pauses (`_patience`). **Source:** boto3 guide, "Retries"; AWS CLI user guide, "Pagination"
(what it prints: the list keys of all pages and the few other keys that its paginators name).
"""

from __future__ import annotations

import base64
import os
import random
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, NamedTuple

from reachsim.collect.errors import CollectError, ExpiredError
from reachsim.collect.outcome import EXPIRED, NOT_COLLECTED, THROTTLED, Outcome, of_error

WORKERS: Final = 12
"""Calls made side by side."""
MOST_ATTEMPTS: Final = 12
"""Attempts at a call that is throttled."""
MOST_BROKEN: Final = 6
"""Attempts at a call whose connection breaks, or that brings no answer in time."""
LONGEST_PAUSE: Final = 20.0
"""Seconds between two attempts."""
_SDK_NAMES: Final = {"s3api": "s3"}  # the AWS CLI's word -> boto3's, where they differ
# Answers that may be large are asked for in pages; EC2 else sends all that there is in one.
_PAGE_SIZES: Final = dict.fromkeys(
    ("describe-instances", "describe-network-interfaces", "describe-security-group-rules", "describe-security-groups",
     "describe-subnets"), 500,
)  # fmt: skip
_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}")


class Answer(NamedTuple):
    """An answer in pages, and the keys whose lists go on from page to page."""

    pages: Iterator[dict[str, Any]]
    lists: tuple[str, ...]


class FailedCall(Exception):
    """A call that brought no answer; never leaves `reachsim.collect`. ``retried``: a second attempt was made."""

    def __init__(self, outcome: Outcome, *, retried: bool = True) -> None:
        self.outcome = outcome
        self.retried = retried
        super().__init__(outcome.code)


class Aws:
    """One set of credentials, and what can be asked with it. Made by `connect` or `Aws.assume`."""

    def __init__(self, session: Any, region: str, who: str) -> None:
        self.session = session
        self.region = region
        self.who = who
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()  # clients may be shared between threads, making one may not

    def identity(self) -> tuple[str, str]:
        """(account, partition) of the credentials. Raises CollectError where there are none, or nobody answers."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

        try:
            found = self._client("sts", self.region).get_caller_identity()
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise CollectError(
                f"no AWS credentials ({self.who}): sign in (aws configure, aws sso login), or work offline from files: "
                "reachsim import, or the AWS CLI loop in README.md"
            ) from error
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            raise CollectError(
                f"AWS does not accept the credentials ({self.who}): {code}; sign in anew, or name a Region that is "
                "enabled for the account first"
            ) from error
        except BotoCoreError as error:
            raise CollectError(f"no answer from AWS ({self.who}): {error}") from error
        return found["Account"], found["Arn"].split(":")[1]

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
            client_creator=partial(mine.create_client, region_name=self.region),
            source_credentials=mine.get_credentials(),
            role_arn=role_arn,
            extra_args={"RoleSessionName": "reachsim"},
        )
        inner = botocore.session.get_session()
        inner.register_component("data_loader", mine.get_component("data_loader"))  # service models are large
        inner._credentials = DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
        return Aws(
            boto3.Session(botocore_session=inner, region_name=self.region), self.region, f"role {role_arn}, {self.who}"
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
        with _failures(path, self.who):
            client = self._client(_SDK_NAMES.get(service, service), region)
            name = client.meta.method_to_api_mapping[operation.replace("-", "_")]
            shape = client.meta.service_model.operation_model(name).input_shape
            arguments = _arguments(options, shape)
        pages, lists = _pages(client, operation, name, shape, arguments)
        return Answer(_caught(pages, path, self.who), lists)

    def _setup(self, service: str, operation: str, permission: str, option: str) -> Answer:
        try:
            answer = self.ask(service, operation, (), self.region, "")
            return Answer(iter(list(answer.pages)), answer.lists)
        except FailedCall as failed:
            code = failed.outcome.code
            raise CollectError(f"{option} needs {permission}, which was answered by {code} ({self.who})") from failed

    def _client(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._new_client(service, region)
            return self._clients[service, region]

    def _new_client(self, service: str, region: str) -> Any:
        from botocore.config import Config

        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": 2},
            max_pool_connections=WORKERS,
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="reachsim",
        )
        client = self.session.client(service, region_name=region, config=config)
        client.meta.events.register_last("needs-retry", _patience)
        return client


def connect(profile: str | None, region: str | None) -> Aws:
    """The caller's own credentials and Region, found as boto3 and the AWS CLI find them.

    Raises: CollectError, if there is no such profile or no Region.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        session = boto3.Session(profile_name=profile)
        found = region or os.environ.get("AWS_REGION") or session.region_name
    except BotoCoreError as error:
        raise CollectError(f"profile {profile or 'default'}: {error}") from error
    who = f"profile {session.profile_name}"
    if not found:
        raise CollectError(f"no Region ({who}): give --region, or set AWS_REGION")
    check_region(found)
    return Aws(session, found, f"{who}, Region {found}")


def check_region(region: str) -> None:
    """Raise CollectError unless the text has the form of a Region's name; it becomes part of a host and of a path."""
    if not _REGION.fullmatch(region):
        raise CollectError(f"{region[:60]!r} is no Region, such as eu-west-1")


def plain(value: Any) -> Any:
    """A value as the AWS CLI prints it: times as ISO 8601 text (in UTC), bytes in base64."""
    match value:
        case dict():
            return {key: plain(one) for key, one in value.items() if key != "ResponseMetadata"}
        case list() | tuple():
            return [plain(one) for one in value]
        case datetime():
            return value.astimezone(UTC).isoformat()
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
    return value


# --- pages ----------------------------------------------------------------------------------------------------------


def _pages(
    client: Any, operation: str, name: str, shape: Any, arguments: dict[str, Any]
) -> tuple[Iterator[dict[str, Any]], tuple[str, ...]]:
    method = operation.replace("-", "_")
    if client.can_paginate(method):
        size = _PAGE_SIZES.get(operation)
        paginator = client.get_paginator(method)
        iterator = paginator.paginate(**arguments, PaginationConfig={"PageSize": size} if size else {})
        lists = tuple(one.expression for one in iterator.result_keys)
        tokens = _tokens(paginator._pagination_cfg)
        return (plain({key: one for key, one in page.items() if key not in tokens}) for page in iterator), lists
    token = next((one for one in ("NextToken", "nextToken") if shape is not None and one in shape.members), None)
    if token is None:
        return (plain(getattr(client, method)(**one)) for one in (arguments,)), ()
    output = client.meta.service_model.operation_model(name).output_shape
    lists = tuple(key for key, one in output.members.items() if one.type_name == "list")
    return _by_token(getattr(client, method), token, arguments), lists


def _tokens(config: Mapping[str, Any]) -> frozenset[str]:
    """Keys of an answer that are about pages, from the paginator's model; JMESPath expressions among them.

    All others are kept, also those that the AWS CLI drops: whether ``AdditionalRoutesAvailable`` decides a verdict.
    """
    expressions = (config.get(one, ()) for one in ("input_token", "output_token", "limit_key"))
    texts = (text for one in expressions for text in ([one] if isinstance(one, str) else one))
    return frozenset({"IsTruncated", *(word for text in texts for word in re.findall(r"\w+", text))})


def _by_token(method: Callable[..., Any], token: str, arguments: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Pages of a call that has a token and that botocore has no paginator for."""
    seen = set()
    while True:
        page = plain(method(**arguments))
        following = page.pop(token, None)
        yield page
        if not following or following in seen:
            return
        seen.add(following)
        arguments = arguments | {token: following}


def _arguments(options: Sequence[str], shape: Any) -> dict[str, Any]:
    """AWS CLI options as boto3 arguments: ``--vpc-id vpc-1`` → ``{"VpcId": "vpc-1"}``."""
    from botocore import xform_name

    members = {f"--{xform_name(one, '-')}": one for one in (shape.members if shape else ())}
    found: dict[str, Any] = {}
    words = list(options)
    while words:
        name = members[words.pop(0)]
        values = []
        while words and not words[0].startswith("--"):
            values.append(words.pop(0))
        found[name] = _value(values, shape.members[name])
    return found


def _value(values: list[str], shape: Any) -> Any:
    match shape.type_name:
        case "boolean":
            return True
        case "list" if shape.member.type_name == "structure":
            return [_filter(one) for one in values]
        case "list":
            return values
    return values[0]


def _filter(text: str) -> dict[str, Any]:
    """``Name=state,Values=active,blackhole`` as the API has it."""
    name, values = text.removeprefix("Name=").split(",Values=")
    return {"Name": name, "Values": values.split(",")}


# --- failures and patience ------------------------------------------------------------------------------------------


def _caught(pages: Iterator[dict[str, Any]], path: str, who: str) -> Iterator[dict[str, Any]]:
    with _failures(path, who):
        yield from pages


class _failures:
    """Turns botocore's exceptions into ours."""

    def __init__(self, path: str, who: str) -> None:
        self.path = path
        self.who = who

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from botocore import exceptions
        from botocore.parsers import ResponseParserError

        expired = f"the credentials have expired ({self.who}): sign in anew and give the same command again to go on"
        match error:
            case exceptions.ClientError(response=response):
                code = str(response.get("Error", {}).get("Code", ""))
                if code in EXPIRED:
                    raise ExpiredError(expired) from error
                status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                raise FailedCall(
                    of_error(self.path, status, code, str(response["Error"].get("Message", "")))
                ) from error
            case (
                exceptions.NoCredentialsError()
                | exceptions.CredentialRetrievalError()
                | exceptions.TokenRetrievalError()
                | exceptions.SSOError()
                | exceptions.UnauthorizedSSOTokenError()
            ):
                raise ExpiredError(expired) from error
            case ResponseParserError():  # a page for people, say; botocore itself does not ask again
                raise FailedCall(Outcome("not-collected", NOT_COLLECTED), retried=False) from error
            case exceptions.BotoCoreError():
                raise FailedCall(Outcome("not-collected", NOT_COLLECTED)) from error


def _patience(attempts: int, response: Any = None, caught_exception: Any = None, **_: Any) -> float | None:
    """Seconds to wait before another attempt, once botocore has given up; None = give up as well."""
    from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
    from botocore.exceptions import ConnectionError as AnyConnectionError

    error: Mapping[str, Any] = response[1].get("Error", {}) if response is not None else {}
    match caught_exception:
        case EndpointConnectionError():
            return None  # no such host: the Region lacks the service
        case ConnectionClosedError() | ReadTimeoutError() | AnyConnectionError():
            most = MOST_BROKEN
        case _:
            most = MOST_ATTEMPTS if error.get("Code") in THROTTLED else 0
    return random.uniform(0.5, 1.0) * min(LONGEST_PAUSE, 0.1 * 2.0**attempts) if attempts < most else None
