"""What a loose file of the AWS CLI holds, before anybody asks which call it answers: answers, a refusal, or nothing.

People redirect what a command prints, so a file may hold several pages one behind the other, a list that ``--query``
has taken out of its answer, a boto3 response with its metadata, an error message, or nothing at all because the
message went to the screen. A refusal and an empty file mean that the call has no answer; neither is an empty answer.

**Source:** AWS CLI user guide, "Controlling command output", "Return codes"; error messages of AWS CLI 1 and 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from reachsim.calls import CALLS
from reachsim.errors import Fault, SnapshotError
from reachsim.importers.dump import Found, in_utf8, kind_of, read_bytes, shown, values_of
from reachsim.role_calls import FALLBACK

Document = dict[str, Any]

_REFUSED: Final = re.compile(r"An error occurred \(([A-Za-z0-9._-]+)\) when calling the (\w+) operation")
_FAILED: Final = re.compile(
    r"\s*(?:aws: |\[ERROR\]|usage: aws|Unable to locate credentials|Could not connect|The config profile|"
    r"You must specify a region|Connect timeout|Read timeout|Connection (?:was|reset)|SSL validation failed|"
    r"Partial credentials|Error |Invalid endpoint|The SSO session|Token has expired|Unknown options|"
    r"Parameter validation failed)"
)
_YAML: Final = re.compile(r"\s*(?:---\s|#[^\n]*\n|- |[A-Za-z][A-Za-z0-9]*:(?:\s|$))")
_EXTRA: Final = ("ResponseMetadata",)
_BY_KEY: Final = {call.key for call in CALLS if call.key}
_STRINGS: Final = frozenset(
    {
        "codebuild/list-fleets", "codebuild/list-projects", "codebuild/list-report-groups", "ecs/list-clusters",
        "ecs/list-services", "iam/list-role-policies", "route53resolver/list-firewall-domains",
    }
)  # fmt: skip
"""Calls whose list holds strings."""
_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "RouteTables": ("RouteTableId", "Routes"),
    "NetworkAcls": ("NetworkAclId", "Entries"),
    "SecurityGroups": ("GroupId", "IpPermissions"),
    "SecurityGroupRules": ("SecurityGroupRuleId", "IsEgress"),
    "Reservations": ("Instances",),
    "NatGateways": ("NatGatewayId", "SubnetId"),
    "InternetGateways": ("InternetGatewayId", "Attachments"),
    "EgressOnlyInternetGateways": ("EgressOnlyInternetGatewayId", "Attachments"),
    "VpcEndpoints": ("VpcEndpointId", "ServiceName"),
    "VpcPeeringConnections": ("VpcPeeringConnectionId", "AccepterVpcInfo"),
    "NetworkInterfaces": ("NetworkInterfaceId", "PrivateIpAddresses"),
    "DhcpOptions": ("DhcpOptionsId", "DhcpConfigurations"),
    "Subnets": ("SubnetId", "CidrBlock"),
    "Vpcs": ("VpcId", "CidrBlock", "DhcpOptionsId"),
    "TransitGatewayVpcAttachments": ("TransitGatewayAttachmentId", "SubnetIds"),
    "TransitGatewayRouteTables": ("TransitGatewayRouteTableId", "TransitGatewayId", "DefaultAssociationRouteTable"),
    "TransitGateways": ("TransitGatewayId", "TransitGatewayArn"),
    "VpnGateways": ("VpnGatewayId", "VpcAttachments"),
    "Addresses": ("AllocationId", "PublicIp", "Domain"),
    "HostedZones": ("Id", "CallerReference"),
    "LoadBalancers": ("LoadBalancerArn", "Scheme"),
    "TargetGroups": ("TargetGroupArn", "TargetType"),
}
"""Key of a list -> members that its records have, by which a list without its key is told."""


class Refusal(NamedTuple):
    """A call without an answer: AWS's error code or ``NotCollected``, the operation if the message names it, why."""

    code: str
    operation: str | None
    why: str

    @property
    def document(self) -> Document:
        return {"Error": {"Code": self.code}}


class Loose(NamedTuple):
    """The contents of a file: answers (or why there is none), and what a person should know."""

    documents: tuple[Document, ...]
    refusal: Refusal | None = None
    ignored: str = ""
    warning: str = ""


def read_loose(file: Found, operation: str | None) -> Loose:
    """What a file holds.

    Args:
        file: The file.
        operation: The AWS CLI's word that its name or folder holds.

    Raises:
        SnapshotError: It cannot be read, or is neither JSON nor a message of the AWS CLI.
    """
    data = read_bytes(file)
    text = _text(data)
    if text is not None and not text.strip("\x00 \t\r\n"):
        return Loose((), Refusal("NotCollected", None, "empty: the call failed, or printed elsewhere"))
    if text is not None and text.lstrip()[:1] not in ("{", "[", '"'):
        return _no_json(file, text, data)
    values = values_of(file.name, data)
    if len(values) == 1 and (refusal := _refusal_in(values[0])):
        return Loose((), refusal)
    found: list[Document] = []
    said = ""
    for value in values:
        documents, why, warning = _documents(file, value, operation)
        if why:
            return Loose((), ignored=why)
        said = said or warning
        found += documents
    return Loose(tuple(found), warning=said)


def _text(data: bytes) -> str | None:
    try:
        return in_utf8(data).decode()
    except UnicodeError:
        return None


def _no_json(file: Found, text: str, data: bytes) -> Loose:
    if found := _REFUSED.search(text):
        return Loose((), Refusal(found[1], found[2], f"says {found[1]}"))
    if _FAILED.match(text):
        said = shown(" ".join(text.split())[:80])
        return Loose((), Refusal("NotCollected", None, f"says: {said}"))
    expected = "the JSON that aws … --output json prints"
    if text.lstrip().startswith(("---\n", "- ")) or (_YAML.match(text) and "\n" in text.strip()):
        raise SnapshotError(Fault(file.name, "", expected, "YAML"))
    if text.lstrip().startswith(("+-", "--", "|")):
        raise SnapshotError(Fault(file.name, "", expected, "a table"))
    if "\t" in text.strip().partition("\n")[0]:
        raise SnapshotError(Fault(file.name, "", expected, "text with tabs (--output text)"))
    values = values_of(file.name, data)  # says what is wrong, or it is a number, true or null
    return Loose((), ignored=f"holds {kind_of(values[0])}, no answer")


def _refusal_in(value: Any) -> Refusal | None:
    """A refusal that was saved as JSON: the message as a string, or as the one member; boto3's; a service's own."""
    if isinstance(value, dict) and isinstance(value.get("Error"), dict) and isinstance(value["Error"].get("Code"), str):
        code = value["Error"]["Code"]
        return Refusal(code, None, f"says {code}")
    if isinstance(value, dict) and isinstance(value.get("__type"), str):
        code = value["__type"].rpartition("#")[2]
        return Refusal(code, None, f"says {code}")
    texts = [value] if isinstance(value, str) else list(value.values()) if isinstance(value, dict) else []
    if len(texts) == 1 and isinstance(texts[0], str):
        if found := _REFUSED.search(texts[0]):
            return Refusal(found[1], found[2], f"says {found[1]}")
        if isinstance(value, str):
            return Refusal("NotCollected", None, f"says: {shown(value[:80])}") if _FAILED.match(value) else None
    return None


def _documents(file: Found, value: Any, operation: str | None) -> tuple[list[Document], str, str]:
    """(answers, why there is none, a warning)."""
    match value:
        case dict():
            return [{key: held for key, held in value.items() if key not in _EXTRA}], "", ""
        case list():
            return _list(file, value, operation)
    return [], f"holds {kind_of(value)}, where the AWS CLI prints an object", ""


def _list(file: Found, value: list[Any], operation: str | None) -> tuple[list[Document], str, str]:
    if value and all(isinstance(one, list) for one in value):
        value = [one for inner in value for one in inner]
    records = [one for one in value if isinstance(one, dict)]
    if value and len(records) == len(value) and all(_is_answer(one, operation) for one in records):
        return [{key: held for key, held in one.items() if key not in _EXTRA} for one in records], "", ""
    plain = bool(value) and all(isinstance(one, str) for one in value)
    if value and not plain and len(records) != len(value):
        return [], "a list of lists or single values, as --query prints: records are needed as a whole", ""
    key = _key_of(value, operation, plain)
    if key is None:
        return [], "a list, where the AWS CLI prints an object: name it after the call", ""
    if key == "Reservations" and value and not plain and "InstanceId" in value[0]:
        value = [{"Instances": value}]
    lacking = [] if plain else [one for one in _MEMBERS.get(key, ())[:1] if any(one not in held for held in value)]
    if lacking:
        return [], f"records without {lacking[0]}, as --query prints: records are needed as a whole", ""
    said = f"{file.name} is a list without its key, as --query prints: it counts as all of {key}"
    return [{key: value}], "", said


def _is_answer(record: Document, operation: str | None) -> bool:
    """Whether an element of a list is a whole answer, as ``jq --slurp`` puts pages together."""
    keys = {call.key for call in (*CALLS, *FALLBACK) if call.operation == operation and call.key}
    if keys:
        return bool(keys & record.keys())
    paging = {"NextToken", "nextToken", "NextMarker", "Marker", "IsTruncated", "MaxItems", *_EXTRA}
    return bool(record.keys() & _BY_KEY) and record.keys() <= _BY_KEY | paging


def _key_of(value: list[Any], operation: str | None, plain: bool) -> str | None:
    named = [call for call in (*CALLS, *FALLBACK) if call.operation == operation and call.key]
    if named:
        fitting = {call.key for call in named if (f"{call.service}/{call.operation}" in _STRINGS) == plain or not value}
        return fitting.pop() if len(fitting) == 1 else None
    if plain or not value:
        return None
    if "InstanceId" in value[0] and "SubnetId" in value[0] and "NatGatewayId" not in value[0]:
        return "Reservations"
    found = [key for key, names in _MEMBERS.items() if all(name in value[0] for name in names)]
    return found[0] if found else None
