"""What AWS stores but what does not do what it seems to, or is risky.

AWS rules: facts 23, 24, 26, 27, 31, 39, 40, 44, 50, 52, 60, 62, 64, 66 (IAM User Guide, the pages of the elements, "AWS
global condition context keys", "Single-valued vs. multivalued context keys"; AWS PrivateLink Guide, "Control access to
VPC endpoints using endpoint policies").
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from . import reference
from .conditions import Quantifier, read_operator
from .document import PolicyError, parse
from .glob import Glob
from .judge import judge
from .lint import Issue, Place, Severity, Subject
from .principals import Principal, is_account
from .request import Request
from .stand_ins import ECR_ACCOUNT, ECR_ORGANIZATION, ECR_SIGNER

_SYSTEM_IDS: Final = {
    f"aws:{name}".lower(): name
    for name in (
        "PrincipalAccount", "PrincipalOrgID", "ResourceAccount", "ResourceOrgID", "SourceAccount", "SourceOrgID",
        "SourceVpc", "SourceVpce", "VpceAccount", "VpceOrgID",
    )
}  # fmt: skip
_ACCOUNT_KEYS: Final = frozenset({f"aws:{whose}account" for whose in ("principal", "resource", "source", "vpce")}
                                 | {"s3:resourceaccount", "kms:calleraccount"})  # fmt: skip
_VPCE_KEYS: Final = ("aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:sourcevpcarn")
_NO_VPCE_KEYS: Final = ("logs", "codecommit", "codebuild", "sts")
_FIXED_RUN: Final = 6
_PRIVATE: Final = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"))
)
_LAYERS: Final = re.compile(r"arn:(aws[a-z-]*):s3:::prod-([a-z]{2}(?:-[a-z]+)+-\d+)-starport-layer-bucket")
_DEPUTY_KEYS: Final = frozenset(
    {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner"}
)
_DEPUTY: Final = "IAM User Guide, The confused deputy problem; IAM Access Analyzer, Policy check reference"
_PASS: Final = "IAM User Guide, Grant a user permissions to pass a role to an AWS service"
_PRIVATELINK: Final = "AWS PrivateLink Guide, Control access to VPC endpoints using endpoint policies"
_KEYS: Final = "IAM User Guide, AWS global condition context keys"
_OPERATORS: Final = "IAM User Guide, Condition operators"
_SETS: Final = "IAM User Guide, Single-valued vs. multivalued context keys"


def _issue(severity: Severity, rule: str, pointer: str, message: str, source: str) -> Issue:
    return Issue(severity, rule, pointer, message, source)


def on_statement(subject: Subject) -> Iterator[Issue]:
    """The risks of one statement."""
    for written, key, values in subject.conditions():
        yield from _system_ids(written, key, values)
        yield from _account_parts(key, values)
        yield from _sets(subject, written, key, values)
        yield from _literal_wildcards(written, key, values)
        yield from _endpoint_keys(subject, written, key, values)
        yield from _addresses(subject, written, key, values)
        if subject.endpoint:
            yield from _short_runs(written, key, values)
    yield from _variables(subject)
    yield from _principals(subject)


def on_document(top: object, kind: str) -> Iterator[Issue]:
    """The risks that only the whole document shows."""
    if "endpoint" not in kind or not isinstance(top, dict):
        return
    try:
        document = parse(top)
    except PolicyError:
        return
    signer = Principal(ECR_SIGNER, "role", ECR_ACCOUNT, "ecr")
    foreign = {
        "aws:PrincipalOrgID": ECR_ORGANIZATION, "aws:ResourceOrgID": ECR_ORGANIZATION,
        "aws:PrincipalAccount": ECR_ACCOUNT,
    }  # fmt: skip
    places = _LAYERS.findall(str(top)) or [("aws", "us-east-1")]  # the Regions that it names, else any one
    layers = (f"arn:{partition}:s3:::prod-{region}-starport-layer-bucket/0" for partition, region in places)
    asked = (Request(signer, "s3:GetObject", arn, ECR_ACCOUNT, foreign) for arn in layers)
    allows_s3 = any(one.statement.resources for one in document.relevant("s3:getobject").allows)
    if allows_s3 and all(judge(document, one, "endpoint").effect != "allow" for one in asked):
        message = (
            "image layers of ECR are fetched from prod-REGION-starport-layer-bucket with requests signed by ECR's own "
            "account, and no statement lets these through: docker pull fails. Allow s3:GetObject on "
            "arn:aws:s3:::prod-REGION-starport-layer-bucket/* without a condition on the principal"
        )
        yield _issue("warning", "ECR_LAYERS", "", message, "Amazon ECR User Guide, interface VPC endpoints")


def _system_ids(written: str, key: str, values: Place) -> Iterator[Issue]:
    """Fact 23: neither wildcards nor numeric operators with ids that the system made."""
    name = _SYSTEM_IDS.get(key.lower())
    if name is None:
        return
    found = read_operator(written)
    if found is not None and found[0].name.startswith(("Numeric", "Date")):
        message = f"{written} compares numbers, and aws:{name} is an id"
        yield _issue("finding", "NUMERIC_ID", values.pointer, message, _PRIVATELINK)
    if found is not None and "Like" not in found[0].name:
        return
    for one in values.texts():
        if "*" in one.value or "?" in one.value:
            message = (
                f"aws:{name} holds an id that the system made; a wildcard in {one.value!r} lets ids of strangers in"
            )
            yield _issue("finding", "WILDCARD_ID", one.pointer, message, _PRIVATELINK)


def _short_runs(written: str, key: str, values: Place) -> Iterator[Issue]:
    """Fact 23: at least six characters in a row before or after each wildcard."""
    found = read_operator(written)
    if found is None or not found[0].name.startswith("String") or "Like" not in found[0].name:
        return
    if key.lower() in _SYSTEM_IDS:
        return
    for one in values.texts():
        runs = re.split(r"[*?]+", one.value)
        for before, after in pairwise(runs):
            if max(len(before), len(after)) < _FIXED_RUN:
                message = f"{one.value!r} has fewer than {_FIXED_RUN} characters in a row before or after a wildcard"
                yield _issue("finding", "SHORT_WILDCARD", one.pointer, message, _PRIVATELINK)
                break


def _literal_wildcards(written: str, key: str, values: Place) -> Iterator[Issue]:
    """Fact 52: an operator that compares whole texts takes a wildcard for the character that it is."""
    found = read_operator(written)
    if found is None or not found[0].name.startswith("String") or "Like" in found[0].name:
        return
    like = re.sub("Equals(IgnoreCase)?", "Like", found[0].name)
    for one in values.texts():
        if re.search(r"[*?]", re.sub(r"\$\{[^{}]*\}", "", one.value)):
            message = f"{written} compares {one.value!r} letter by letter with {key}; wildcards count in {like}"
            yield _issue("warning", "LITERAL_WILDCARD", one.pointer, message, _OPERATORS)


def _account_parts(key: str, values: Place) -> Iterator[Issue]:
    """Fact 23: the account in an ARN is an id or a wildcard, no mixture; an id has 12 digits."""
    for one in values.texts():
        if key.lower() in _ACCOUNT_KEYS and one.value.isdigit() and not is_account(one.value):
            message = f"{one.value!r} is no account, which has 12 digits, so no request has it as its {key}"
            yield _issue("finding", "NO_ACCOUNT", one.pointer, message, _KEYS)
        parts = one.value.split(":", 5)
        if len(parts) == 6 and parts[0] == "arn" and re.search(r"\d", parts[4]) and re.search(r"[*?]", parts[4]):
            message = f"the account {parts[4]!r} mixes digits and wildcards; {key} would match accounts of strangers"
            yield _issue("finding", "PARTIAL_ACCOUNT", one.pointer, message, _PRIVATELINK)


def _sets(subject: Subject, written: str, key: str, values: Place) -> Iterator[Issue]:
    found = read_operator(written)
    if found is None:
        return
    operator, quantifier, _ = found
    sort = reference.key_sort(key)
    many = (sort or "").startswith("Array")
    if operator.name == "Null":
        if quantifier is not Quantifier.ONE:
            yield _issue("warning", "SET_OPERATOR_NULL", values.pointer, f"{written}: Null looks at no values", _SETS)
        return
    if quantifier is Quantifier.ONE and many:
        message = f"{key} can have several values and {written} takes one; use ForAnyValue: or ForAllValues:"
        yield _issue("finding", "NO_SET_OPERATOR", values.pointer, message, _SETS)
    elif quantifier is not Quantifier.ONE and sort is not None and not many:
        message = f"{key} has one value at most, and {written.split(':')[0]} is for keys with several"
        yield _issue("warning", "SET_OPERATOR", values.pointer, message, _SETS)
    if quantifier is Quantifier.ALL and subject.fields.get("Effect") == "Allow" and not _asks_presence(subject, key):
        message = f'{written} holds for every request without {key}; add "Null": {{"{key}": "false"}} to ask for it'
        yield _issue("finding", "FOR_ALL_VALUES_ALLOW", values.pointer, message, _SETS)


def _asks_presence(subject: Subject, key: str) -> bool:
    return any(
        written.lower() == "null" and other.lower() == key.lower() and str(values.value).lower() == "false"
        for written, other, values in subject.conditions()
    )


def _endpoint_keys(subject: Subject, written: str, key: str, values: Place) -> Iterator[Issue]:
    folded = key.lower()
    if subject.endpoint and folded == "aws:sourceip":
        message = "requests through an endpoint have no aws:SourceIp; use aws:VpcSourceIp"
        yield _issue("finding", "SOURCE_IP_AT_ENDPOINT", values.pointer, message, _KEYS)
    if folded == "aws:vpcsourceip" and not any(
        other.lower() in ("aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn") for _, other, _ in subject.conditions()
    ):
        message = "private addresses repeat in every VPC; ask for aws:SourceVpc or aws:SourceVpce as well"
        yield _issue("warning", "VPC_SOURCE_IP_ALONE", values.pointer, message, _KEYS)
    if folded in _VPCE_KEYS:
        services = sorted({one.value.lower().partition(":")[0] for one in subject.texts("Action")})
        without = [one for one in services if one in _NO_VPCE_KEYS]
        if without:
            what = "denies all of it" if subject.fields.get("Effect") == "Deny" else "never matches"
            message = f"{' and '.join(without)} has no {key} in its requests, so {written} {what} or says nothing there"
            yield _issue("finding", "KEY_NOT_SUPPLIED", values.pointer, message, _KEYS)


def _addresses(subject: Subject, written: str, key: str, values: Place) -> Iterator[Issue]:
    """aws:SourceIp is a public address, and blocks are for IpAddress."""
    found = read_operator(written)
    if found is None or (reference.key_sort(key) or "") != "IPAddress":
        return
    for one in values.texts():
        if found[0].name.startswith("String") and "/" in one.value:
            message = f"{written} compares {one.value!r} letter by letter; a block of addresses is for IpAddress"
            yield _issue("finding", "ADDRESS_AS_TEXT", one.pointer, message, _OPERATORS)
        elif key.lower() == "aws:sourceip" and not subject.endpoint and _is_private(one.value):
            message = f"no request has a private address such as {one.value} as its aws:SourceIp; use aws:VpcSourceIp"
            yield _issue("warning", "PRIVATE_ADDRESS", one.pointer, message, _KEYS)


def _is_private(text: str) -> bool:
    """Whether a block holds private addresses alone."""
    try:
        block = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return any(block.version == one.version and block.subnet_of(one) for one in _PRIVATE)  # type: ignore[arg-type]


def _variables(subject: Subject) -> Iterator[Issue]:
    variable = re.compile(r"\$\{([^{}]*)\}")
    source = "IAM User Guide, Variables and tags"
    resources = [(one, True) for one in subject.texts("Resource", "NotResource")]
    values = [(one, False) for _, _, place in subject.conditions() for one in place.texts()]
    for one, in_resource in resources + values:
        names = [found[1] for found in variable.finditer(one.value) if found[1] not in ("*", "?", "$")]
        if names and subject.version != "2012-10-17":
            message = f"without Version 2012-10-17 {one.value!r} is plain text, not a variable"
            yield _issue("finding", "VARIABLE_AS_TEXT", one.pointer, message, source)
        elif in_resource and any(one.value.count(":", 0, found.start()) < 5 for found in variable.finditer(one.value)):
            message = "a variable counts only in the resource part of an ARN, after the fifth colon"
            yield _issue("finding", "VARIABLE_TOO_EARLY", one.pointer, message, source)
        if subject.version == "2012-10-17" and (odd := _odd_variable(one.value)):
            message = (
                f"{odd!r} in {one.value!r} is no variable, so it is plain text: write ${{key}} or ${{key, 'default'}}"
            )
            yield _issue("finding", "VARIABLE_FORM", one.pointer, message, source)
        for name in names:
            key = name.split(",")[0].strip()
            if key.lower().startswith("aws:") and " " not in key.partition("/")[0] and reference.key_sort(key) is None:
                message = f"AWS has no condition key {key}, so the variable has no value"
                yield _issue("warning", "NO_SUCH_KEY", one.pointer, message, _KEYS)
            if (reference.key_sort(name.split(",")[0].strip()) or "").startswith("Array"):
                message = f"{name} can have several values, and such a key has none as a variable"
                yield _issue("finding", "MULTIVALUED_VARIABLE", one.pointer, message, source.replace("40", "44"))


def _odd_variable(text: str) -> str:
    """What begins like a variable and is none; "" if nothing does."""
    for found in re.finditer(r"\$\{[^{}]{0,200}\}?", text):
        inside = found[0][2:].removesuffix("}")
        whole = re.fullmatch(r"[\w.:/@+=-]+(?:/[^,'{}]*)?(?:\s*,\s*'[^']*')?", inside)
        if not found[0].endswith("}") or not (inside in ("*", "?", "$") or whole):
            return found[0]
    return ""


def _principals(subject: Subject) -> Iterator[Issue]:
    if subject.kind == "resource":
        yield from _of_log_groups(subject)
    if subject.endpoint in ("endpoint", "gateway-endpoint"):
        yield from _gateway_principals(subject)
    if subject.fields.get("Effect") == "Allow":
        yield from _services(subject)
        yield from _passed_roles(subject)
    for element in subject.under("NotPrincipal"):
        if subject.fields.get("Effect") == "Allow":
            message = "NotPrincipal with Allow lets in everyone else, anonymous callers too"
            yield _issue("finding", "NOT_PRINCIPAL_ALLOW", element.pointer, message, "IAM User Guide, NotPrincipal")
        elif isinstance(element.value, dict) and "AWS" in element.value:
            yield from _unlisted_levels(element.child("AWS"))


def _services(subject: Subject) -> Iterator[Issue]:
    """Services that act for whoever asks them, where nothing says for whom (IAM User Guide, "The confused deputy
    problem"). Whom a role is handed to, ``iam:PassRole`` says."""
    asked = {key.lower() for _, key, _ in subject.conditions()}
    if subject.kind != "resource" or subject.trust or asked & _DEPUTY_KEYS:
        return
    for element in subject.under("Principal"):
        if isinstance(element.value, dict) and "Service" in element.value:
            for one in element.child("Service").texts():
                message = f"{one.value} acts for whoever asks it: say for whom, by aws:SourceArn or aws:SourceAccount"
                yield _issue("warning", "SERVICE_FOR_ANYBODY", one.pointer, message, _DEPUTY)


def _passed_roles(subject: Subject) -> Iterator[Issue]:
    """Any role handed to any service: whoever may start something with it gets what the role may do."""
    wide = "NotResource" in subject.fields or any(one.value == "*" for one in subject.texts("Resource"))
    if not wide or any(key.lower() == "iam:passedtoservice" for _, key, _ in subject.conditions()):
        return
    for one in subject.texts("Action"):
        if one.value.lower().startswith("iam:") and Glob.parse(one.value.lower()).matches("iam:passrole"):
            message = "any role may be passed to any service: name the roles, or ask for iam:PassedToService"
            yield _issue("warning", "ANY_ROLE_PASSED", one.pointer, message, _PASS)


def _of_log_groups(subject: Subject) -> Iterator[Issue]:
    """The resource policies of log groups count where AWS services call, and for nobody else."""
    actions = [one.value.lower() for one in subject.texts("Action")]
    groups = [one.value.split(":", 5)[-1].startswith("log-group:") for one in subject.texts("Resource")]
    if not actions or not groups or not all(groups) or not all(one.startswith("logs:") for one in actions):
        return
    for element in subject.under("Principal"):
        if isinstance(element.value, dict) and "AWS" in element.value:
            message = "the policy of a log group binds AWS services alone: this neither allows nor denies anything"
            source = "Amazon CloudWatch Logs API Reference, PutResourcePolicy"
            yield _issue("finding", "NOT_ENFORCED", element.child("AWS").pointer, message, source)


def _gateway_principals(subject: Subject) -> Iterator[Issue]:
    """Fact 24: at a gateway endpoint the Principal must be "*"; an account there is its root user alone."""
    for one in subject.texts("Action") if subject.endpoint == "gateway-endpoint" else ():
        if not _gateway_service(one.value):
            message = f"gateway endpoints are those of Amazon S3 and DynamoDB, so no request is {one.value}"
            yield _issue("finding", "ACTION_OF_ANOTHER_SERVICE", one.pointer, message, _PRIVATELINK)
    if not any(_gateway_service(one.value) for one in subject.texts("Action")) and "NotAction" not in subject.fields:
        return
    for element in subject.under("Principal"):
        if element.value == "*" or not isinstance(element.value, dict) or "AWS" not in element.value:
            continue
        for one in element.child("AWS").texts():
            if one.value == "*":
                continue
            account = is_account(one.value) or one.value.endswith(":root")
            means = "lets only the root user of that account through" if account else "is not documented to match"
            at = "a gateway endpoint (S3, DynamoDB)"
            message = f'at {at} {one.value!r} {means}: write Principal "*" and a condition on aws:PrincipalArn'
            sure = subject.endpoint == "gateway-endpoint" or account
            severity: Severity = "finding" if sure else "warning"
            yield _issue(severity, "GATEWAY_PRINCIPAL", one.pointer, message, _PRIVATELINK)


def _gateway_service(action: str) -> bool:
    prefix = action.lower().partition(":")[0]
    return "*" in prefix or prefix in ("s3", "s3express", "dynamodb")


def _unlisted_levels(entries: Place) -> Iterator[Issue]:
    """Fact 26: a Deny with NotPrincipal spares only whom it lists with the account and, for sessions, the role."""
    listed = {one.value for one in entries.texts()}
    accounts = {text if is_account(text) else text.split(":")[4] for text in listed if _is_account_entry(text)}
    for one in entries.texts():
        parts = one.value.split(":", 5)
        if len(parts) == 6 and not _is_account_entry(one.value) and parts[4] not in accounts:
            message = f"the Deny hits {one.value} all the same, since its account {parts[4]} is not listed"
            yield _issue("finding", "NOT_PRINCIPAL_LEVELS", one.pointer, message, "IAM User Guide, NotPrincipal")


def _is_account_entry(text: str) -> bool:
    return is_account(text) or (text.endswith(":root") and text.count(":") == 5)
