"""A call in the AWS CLI's words as boto3 makes it: options as arguments, pages, values as the AWS CLI prints them.

**Source:** AWS CLI user guide, "Pagination" (the list keys of all pages are put together) and "Output" (times, bytes);
botocore's paginators.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NoReturn

from reachsim.collect.errors import CollectError

# Answers that may be large are asked for in pages; EC2 else sends all that there is in one.
_PAGE_SIZES: Final = dict.fromkeys(
    ("describe-instances", "describe-network-interfaces", "describe-security-group-rules", "describe-security-groups",
     "describe-subnets"), 500,
)  # fmt: skip


def pages(client: Any, operation: str, given: dict[str, Any]) -> tuple[Iterator[dict[str, Any]], tuple[str, ...]]:
    """The pages of an answer, fetched as they are taken, and the keys whose lists go on from page to page.

    Args:
        client: boto3's, of the service.
        operation: In the AWS CLI's words.
        given: Arguments as boto3 takes them.
    """
    method = operation.replace("-", "_")
    if client.can_paginate(method):
        size = _PAGE_SIZES.get(operation)
        paginator = client.get_paginator(method)
        iterator = paginator.paginate(**given, PaginationConfig={"PageSize": size} if size else {})
        tokens = _tokens(paginator._pagination_cfg)
        lists = tuple(one.expression for one in iterator.result_keys)
        each = _going_on(iterator, _words(paginator._pagination_cfg.get("output_token", ())))
        return (plain({key: one for key, one in page.items() if key not in tokens}) for page in each), lists
    model = operation_model(client, operation)
    members = model.input_shape.members if model.input_shape else {}
    token = next((one for one in ("NextToken", "nextToken") if one in members), None)
    if token is None:
        return (plain(getattr(client, method)(**one)) for one in (given,)), ()
    lists = tuple(key for key, one in model.output_shape.members.items() if one.type_name == "list")
    return _by_token(getattr(client, method), token, given), lists


def operation_model(client: Any, operation: str) -> Any:
    """botocore's model of an operation in the AWS CLI's words. Raises CollectError if the installed boto3 has none."""
    name = client.meta.method_to_api_mapping.get(operation.replace("-", "_"))
    if name is None:
        service = client.meta.service_model.service_name
        raise CollectError(f"this boto3 is too old: it does not know {service} {operation}; install a newer one")
    return client.meta.service_model.operation_model(name)


def _tokens(config: Mapping[str, Any]) -> frozenset[str]:
    """Keys of an answer that are about pages, from the paginator's model; JMESPath expressions among them.

    All others are kept, also those that the AWS CLI drops: whether ``AdditionalRoutesAvailable`` decides a verdict.
    """
    expressions = (config.get(one, ()) for one in ("input_token", "output_token", "limit_key"))
    return frozenset({"IsTruncated", *(word for one in expressions for word in _words(one))})


def _words(expressions: str | Sequence[str]) -> list[str]:
    """The keys that one or more JMESPath expressions name."""
    texts = [expressions] if isinstance(expressions, str) else expressions
    return [word for text in texts for word in re.findall(r"\w+", text)]


def _going_on(answers: Iterable[dict[str, Any]], tokens: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Pages as a paginator gives them, which looks no further back than one: tokens that go in a circle have no end.
    Raises PaginationError.
    """
    seen = set()
    for page in answers:
        following = repr([page.get(one) for one in tokens])
        if following in seen and any(page.get(one) for one in tokens):
            _end_not_told()
        seen.add(following)
        yield page


def _end_not_told() -> NoReturn:
    from botocore.exceptions import PaginationError

    raise PaginationError(message="the same token twice: where the answer ends is not told")


def _by_token(method: Callable[..., Any], token: str, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Pages of a call that has a token and that botocore has no paginator for. Raises PaginationError, as one would."""
    seen = set()
    while True:
        page = plain(method(**given))
        following = page.pop(token, None)
        yield page
        if not following:
            return
        if following in seen:
            _end_not_told()
        seen.add(following)
        given = given | {token: following}


def arguments(options: Sequence[str], shape: Any) -> dict[str, Any]:
    """AWS CLI options as boto3 arguments: ``--vpc-id vpc-1`` → ``{"VpcId": "vpc-1"}``.

    Raises CollectError for an option that the installed boto3 is too old to know.
    """
    from botocore import xform_name

    members = {f"--{xform_name(one, '-')}": one for one in (shape.members if shape else ())}
    found: dict[str, Any] = {}
    words = list(options)
    while words:
        option = words.pop(0)
        if option not in members:
            raise CollectError(f"this boto3 is too old: its model of {shape.name} has no {option}; install a newer one")
        name = members[option]
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
