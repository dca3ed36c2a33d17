"""A second evaluator of IAM policies, written from the fact sheet alone, on plain JSON and without any of the first's
code: slow, without explanations, one request at a time. The two are compared on random cases.

Left out, because the random cases hold none of it: Block Public Access, request resources that are patterns, dates,
binary values, and the exemptions of single actions.
"""

from __future__ import annotations

import binascii
import calendar
import ipaddress
import re
from collections.abc import Iterable
from typing import Any

Case = dict[str, Any]
Statement = dict[str, Any]


def decide(case: Case) -> str:
    """ "Allowed", "ImplicitlyDenied" or "ExplicitlyDenied" (facts 1 to 17)."""
    request = case["request"]
    who = caller(request["principal"])
    bound = case.get("boundary") is not None
    levels: list[tuple[str, list[Any]]] = []
    if who["account"]:
        if who["kind"] != "root":
            levels.append(("identity", case.get("identityPolicies") or []))
        if bound:
            levels.append(("boundary", case["boundary"]))
        if case.get("sessionPolicy") is not None:
            levels.append(("session", [case["sessionPolicy"]]))
        elif who["kind"] == "federated-user":
            levels.append(("session", []))
    if not who["linked"]:
        if who["account"]:
            levels += [("scp", level) for level in case.get("scps") or []]
        levels += [("rcp", level) for level in case.get("rcps") or []]
    if case.get("vpcEndpointPolicies") is not None:
        levels.append(("endpoint", case["vpcEndpointPolicies"]))
    resource = [case["resourcePolicy"]] if case.get("resourcePolicy") is not None else []
    effects = [
        (kind, matching(documents, request, who, kind, bound)) for kind, documents in [*levels, ("resource", resource)]
    ]
    if any(one["Effect"] == "Deny" for _, found in effects for one in found):
        return "ExplicitlyDenied"
    silent = {kind for kind, found in effects if not found}
    granting = dict(effects)["resource"]
    own = who["account"] == request["resource"]["accountId"]
    must = {"identity", "boundary", "session", "scp", "rcp", "endpoint"}
    if not own:
        must.add("resource")
    elif granting:
        for one in granting:
            must -= spared(one, who)
    elif trusting(request):
        must.add("resource")
    return "ImplicitlyDenied" if silent & must else "Allowed"


def trusting(request: dict[str, Any]) -> bool:
    service, last = request["action"].split(":")[0].lower(), request["resource"]["arn"].split(":", 5)[-1]
    return (service == "kms" and last.startswith("key/")) or (service == "sts" and last.startswith("role/"))


def spared(statement: Statement, who: dict[str, str]) -> set[str]:
    """Facts 5, 7, 8, 9: whose silence a grant of the resource policy makes good."""
    if "NotPrincipal" in statement or "Principal" not in statement:
        return {"identity", "boundary", "session"}
    listed = entries(statement["Principal"], "AWS")
    if who["arn"] in listed:
        return {"user": {"identity", "boundary"}, "role": {"identity"}}.get(
            who["kind"], {"identity", "boundary", "session"} if who["kind"] != "root" else set()
        )
    if "*" in listed:
        return {"identity", "boundary", "session"}
    return {"identity"} if who["kind"] == "session" and any(is_role(one, who) for one in listed) else set()


def caller(given: Any) -> dict[str, Any]:
    if not isinstance(given, str):
        return {"kind": "anonymous", "arn": "", "account": "", "name": "", "linked": False}
    if not given.startswith("arn:") or "-provider/" in given:
        kind = "service" if given.endswith(".amazonaws.com") else "provider"
        return {"kind": kind, "arn": given, "account": "", "name": "", "linked": False}
    _, _, service, _, account, rest = given.split(":", 5)
    words = rest.split("/")
    kind = "root" if rest == "root" else {"assumed-role": "session"}.get(words[0], words[0])
    name = words[1] if service == "sts" else words[-1]
    linked = "role/aws-service-role/" in rest or (kind == "session" and name.startswith("AWSServiceRoleFor"))
    return {"kind": kind, "arn": given, "account": account, "name": name, "linked": linked}


def matching(
    documents: Iterable[Any], request: dict[str, Any], who: dict[str, Any], kind: str, bound: bool
) -> list[Statement]:
    found = []
    for document in documents:
        statements = document["Statement"]
        for one in statements if isinstance(statements, list) else [statements]:
            if statement_matches(one, document.get("Version"), request, who, kind, bound):
                found.append(one)
    return found


def statement_matches(
    one: Statement, version: str | None, request: dict[str, Any], who: dict[str, Any], kind: str, bound: bool
) -> bool:
    context = {key.lower(): value for key, value in request["context"].items()}
    if kind in ("resource", "rcp", "endpoint") and not names(one, who, bound):
        return False
    action = request["action"].lower()
    acts = listed(one.get("Action", one.get("NotAction")))
    if any(like(pattern.lower(), action) for pattern in acts) is ("NotAction" in one):
        return False
    if not resource_matches(one, version, request, context):
        return False
    return all(
        condition(operator, context.get(key.lower()), listed(values), context, version)
        for operator, keys in one.get("Condition", {}).items()
        for key, values in keys.items()
    )


def resource_matches(one: Statement, version: str | None, request: dict[str, Any], context: dict[str, Any]) -> bool:
    arns = listed(one.get("Resource", one.get("NotResource", "*")))
    if request.get("wildcardOnlyAction"):
        return ("*" in arns) is not ("NotResource" in one)
    hit = False
    for arn in arns:
        parts = arn.split(":", 5)
        last = filled(parts[5], context, version) if len(parts) == 6 else ""
        if last is not None:
            pattern = regex(":".join(parts[:5]) + ":") + last if len(parts) == 6 else regex(arn)
            hit = hit or re.fullmatch(pattern, request["resource"]["arn"], re.DOTALL) is not None
    return hit is not ("NotResource" in one)


def names(one: Statement, who: dict[str, Any], bound: bool) -> bool:
    if "Principal" in one:
        return is_named(one["Principal"], who)
    if "NotPrincipal" not in one:
        return True
    given = one["NotPrincipal"]
    if one["Effect"] == "Allow":
        return not is_named(given, who)
    aws = entries(given, "AWS")
    if bound and who["account"] and who["kind"] != "root":
        return True
    if "*" in aws or not who["account"]:
        return not is_named(given, who)
    account = any(one == who["account"] or one.endswith(f"::{who['account']}:root") for one in aws)
    itself = who["kind"] == "root" or who["arn"] in aws
    role = who["kind"] != "session" or any(is_role(one, who) for one in aws)
    return not (account and itself and role)


def is_named(given: Any, who: dict[str, Any]) -> bool:
    aws = entries(given, "AWS")
    if "*" in aws or (who["arn"] and who["arn"] in aws):
        return True
    if who["kind"] == "service":
        return who["arn"] in entries(given, "Service")
    if who["kind"] == "provider":
        return bool({who["arn"], "*"} & set(entries(given, "Federated")))
    if not who["account"]:
        return False
    if who["kind"] == "session" and any(is_role(one, who) for one in aws):
        return True
    return who["account"] in aws or f"arn:aws:iam::{who['account']}:root" in aws


def is_role(arn: str, who: dict[str, Any]) -> bool:
    return arn.startswith(f"arn:aws:iam::{who['account']}:role/") and arn.split("/")[-1] == who["name"]


def entries(given: Any, kind: str) -> list[str]:
    if isinstance(given, str):
        return [given] if kind == "AWS" else []
    return listed(given.get(kind, []))


def listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given]


# --- texts ----------------------------------------------------------------------------------------------------------


def regex(pattern: str) -> str:
    return "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)


def like(pattern: str, text: str) -> bool:
    return re.fullmatch(regex(pattern), text, re.DOTALL) is not None


def filled(text: str, context: dict[str, Any], version: str | None, wild: bool = True) -> str | None:
    """A regular expression for a text with its variables replaced; None if one has no value (facts 40 to 44)."""
    quote = regex if wild else re.escape
    if version != "2012-10-17":
        return quote(text)
    out = ""
    for part in re.split(r"(\$\{[^{}]*\})", text):
        inside = part[2:-1] if part.startswith("${") and part.endswith("}") else None
        if inside is None:
            out += quote(part)
        elif inside in ("*", "?", "$"):
            out += re.escape(inside)
        else:
            key, _, default = (piece.strip() for piece in inside.partition(","))
            value = context.get(key.lower())
            if isinstance(value, list):
                value = value[0] if len(value) == 1 else None
            if value is None:
                value = default[1:-1] if default else None
            if value is None:
                return None
            out += re.escape(value)
    return out


# --- conditions -----------------------------------------------------------------------------------------------------


def condition(operator: str, value: Any, wanted: list[Any], context: dict[str, Any], version: str | None) -> bool:
    """Facts 46 to 60."""
    quantifier, _, name = operator.rpartition(":")
    if name == "Null":
        absent = value is None or value == []
        return any(str(one).lower() == str(absent).lower() for one in wanted)
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = "Not" in name
    name = name.replace("Not", "")
    values = [] if value is None else listed(value)
    if quantifier:
        values = [one for one in values if one != ""]
    if not values:
        return optional or quantifier == "ForAllValues" or (negated and not quantifier)
    if not quantifier and len(values) > 1:
        return False
    truths = [any(fits(name, one, str(given), context, version) for one in wanted) is not negated for given in values]
    return any(truths) if quantifier == "ForAnyValue" else all(truths)


def fits(name: str, wanted: Any, given: str, context: dict[str, Any], version: str | None) -> bool:
    wanted = str(wanted).lower() if isinstance(wanted, bool) else str(wanted)
    if name.startswith("String"):
        pattern = filled(wanted, context, version, wild=name == "StringLike")
        flags = re.DOTALL | (re.IGNORECASE if "IgnoreCase" in name else 0)
        return pattern is not None and re.fullmatch(pattern, given, flags) is not None
    if name.startswith("Arn"):
        mine, theirs = wanted.split(":", 5), given.split(":", 5)
        if len(mine) < 6 or len(theirs) < 6:
            return False
        patterns = [filled(one, context, version) for one in mine]
        return all(
            pattern is not None and re.fullmatch(pattern, part, re.DOTALL) is not None
            for pattern, part in zip(patterns, theirs, strict=True)
        )
    if name == "Bool":
        pattern = filled(wanted, context, version, wild=False)
        return pattern is not None and re.fullmatch(pattern, given, re.IGNORECASE) is not None
    if name == "IpAddress":
        block, address = ipaddress.ip_network(wanted, strict=False), ipaddress.ip_address(given)
        return block.version == address.version and address in block
    if name == "BinaryEquals":
        return binascii.a2b_base64(wanted) == binascii.a2b_base64(given)
    read = float if name.startswith("Numeric") else seconds
    left, right = read(given), read(wanted)
    return {
        "Equals": left == right, "LessThan": left < right, "LessThanEquals": left <= right,
        "GreaterThan": left > right, "GreaterThanEquals": left >= right,
    }[name.removeprefix("Numeric").removeprefix("Date")]  # fmt: skip


def seconds(text: str) -> float:
    """Fact 55: a date, a date and time with a zone, or seconds since 1970."""
    found = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(Z|[+-]\d\d:\d\d))?", text)
    if found is None:
        return float(text)
    year, month, day, hour, minute, second, zone = found.groups(default="0")
    ahead = 0 if len(zone) < 6 else int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[4:]))
    moment = (int(year), int(month), int(day), int(hour), int(minute) - ahead, int(second))
    return float(calendar.timegm(moment))
