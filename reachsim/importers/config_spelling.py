"""The spelling of AWS Config's records, turned into the API's.

Types that Config has recorded for long stand in the members of the Java SDK: the API's with a small first letter,
null for what is absent. Differences beyond that:

- ``ipRanges`` and, in old records, ``prefixListIds`` are bare strings; the API's ranges stand in ``ipv4Ranges``.
- Enumerations may be wrapped: ``{"value": "available"}``.
- Policy documents of IAM are URL-encoded; as the console shows them they are lists of one document.
- Times may be milliseconds since 1970.
- Maps (rule variables of firewalls, environment variables) have names of the user's for keys, which stay as they are.

**Source:** AWS Config Developer Guide, "Example configuration snapshot"; awslabs/aws-config-resource-schema,
"AWS::EC2::SecurityGroup", "AWS::EC2::NatGateway",
"AWS::ElasticLoadBalancing::LoadBalancer", "AWS::Lambda::Function".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import unquote

import msgspec

Record = dict[str, Any]

_RANGES: Final = {"ipv4Ranges": "IpRanges", "ipv6Ranges": "Ipv6Ranges"}
_STRINGS: Final = {"ipRanges": "CidrIp", "prefixListIds": "PrefixListId"}
"""Lists that hold bare strings where the API has objects with this one member."""
_DOCUMENTS: Final = frozenset({"assumeRolePolicyDocument", "policyDocument", "document"})
_MAPS: Final = frozenset({"iPSets", "portSets", "iPSetReferences", "variables"})
_ODD: Final = {
    "awsaccountId": "AWSAccountId", "dnsname": "DNSName", "kmsMasterKeyID": "KMSMasterKeyID", "kmskeyArn": "KMSKeyArn",
    "lbcookieStickinessPolicies": "LBCookieStickinessPolicies", "sseAlgorithm": "SSEAlgorithm",
    "sslcertificateId": "SSLCertificateId", "vpcid": "VPCId",
}  # fmt: skip
_TIME: Final = re.compile(r"(?:time|timestamp|date|created|updated|modified)$", re.IGNORECASE)
"""How keys of times end."""
_MILLISECONDS: Final = range(10**11, 10**14)
"""Times since 1973 in milliseconds; in seconds these numbers are dates that nobody writes."""


def decoded(value: Any) -> Record:
    """An object that may stand in a string, as advanced queries and histories have it; {} if it is neither."""
    value = opened(value)
    return value if isinstance(value, dict) else {}


def opened(value: Any) -> Any:
    """What stands in a string of JSON; any other value as it is."""
    if isinstance(value, str):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return value
    return value


def objects(value: Any) -> list[Record]:
    """The objects of a list; none of what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def api(value: Any) -> Any:
    """A value in the API's spelling.

    >>> api({"groupId": "sg-1", "vpcId": None, "ipPermissions": [{"ipRanges": ["0.0.0.0/0"]}]})
    {'GroupId': 'sg-1', 'IpPermissions': [{'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}]}
    >>> api({"state": {"value": "available"}, "ruleVariables": {"iPSets": {"home": {"definition": ["10.0.0.0/8"]}}}})
    {'State': 'available', 'RuleVariables': {'IPSets': {'home': {'Definition': ['10.0.0.0/8']}}}}
    """
    match value:
        case {"value": inner} if len(value) == 1:
            return api(inner)
        case dict():
            return members(value)
        case list():
            return [api(one) for one in value]
    return value


def members(record: Mapping[str, Any]) -> Record:
    """A record in the API's spelling, without what is null."""
    return {
        _name(key): _member(key, held)
        for key, held in record.items()
        if held is not None and not (key == "ipRanges" and "ipv4Ranges" in record)
    }


def without_null(value: Any) -> Any:
    """A value without the members that are null, and with times as text."""
    match value:
        case dict():
            return {key: without_null(_as_time(key, held)) for key, held in value.items() if held is not None}
        case list():
            return [without_null(one) for one in value]
    return value


def _name(key: str) -> str:
    return _RANGES.get(key) or _ODD.get(key) or key[:1].upper() + key[1:]


def _as_time(key: str, held: Any) -> Any:
    if isinstance(held, int) and held in _MILLISECONDS and _TIME.search(key):
        return datetime.fromtimestamp(held / 1000, UTC).isoformat()
    return held


def _member(key: str, held: Any) -> Any:
    held = _as_time(key, held)
    if key in _DOCUMENTS:
        return _document(held)
    if key == "policyVariables" and isinstance(held, dict):
        return {_name(name): _by_name(one) for name, one in held.items()}
    if key in _MAPS:
        return _by_name(held)
    if key in _STRINGS and isinstance(held, list):
        return [{_STRINGS[key]: one} if isinstance(one, str) else api(one) for one in held]
    return api(held)


def _by_name(held: Any) -> Any:
    return {name: api(one) for name, one in held.items()} if isinstance(held, dict) else api(held)


def _document(value: Any) -> Any:
    """A policy document as the AWS CLI prints it: IAM's are URL-encoded here."""
    match value:
        case str() if value.startswith("%7B"):
            return decoded(unquote(value)) or value
        case [dict() as only]:
            return only
    return value
