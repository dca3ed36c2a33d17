"""What the endpoints of the pipeline's VPCs let out: to other accounts, to third parties.

**Source:** DESIGN, "check" (findings); PrivateLink Guide, "Control access to VPC endpoints using endpoint policies",
"Access VPC resources".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from reachsim import policy, services
from reachsim.check.compared import STRANGER
from reachsim.check.findings import finding_of
from reachsim.check.strangers import named_by_conditions
from reachsim.dns.names import LATTICE_TYPES
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.policy_layers import document as document_of
from reachsim.selectors import parse_selector
from reachsim.verdict import Finding
from reachsim.workloads import project as workload

_WRITES: Final[Mapping[str, tuple[str, str]]] = {
    "s3": ("s3:PutObject", "arn:{partition}:s3:::a-strangers-bucket/key"),
    "ecr.dkr": (services.ECR_WRITE, "arn:{partition}:ecr:{region}:{account}:repository/any"),
    "git-codecommit": ("codecommit:GitPush", "arn:{partition}:codecommit:{region}:{account}:any"),
    "codecommit": ("codecommit:PutFile", "arn:{partition}:codecommit:{region}:{account}:any"),
    "logs": ("logs:PutLogEvents", "arn:{partition}:logs:{region}:{account}:log-group:any:log-stream:any"),
    "dynamodb": ("dynamodb:PutItem", "arn:{partition}:dynamodb:{region}:{account}:table/any"),
    "sqs": ("sqs:SendMessage", "arn:{partition}:sqs:{region}:{account}:any"),
    "sns": ("sns:Publish", "arn:{partition}:sns:{region}:{account}:any"),
    "kinesis-streams": ("kinesis:PutRecord", "arn:{partition}:kinesis:{region}:{account}:stream/any"),
    "lambda": ("lambda:InvokeFunction", "arn:{partition}:lambda:{region}:{account}:function:any"),
    "secretsmanager": ("secretsmanager:PutSecretValue", "arn:{partition}:secretsmanager:{region}:{account}:secret:any"),
    "ssm": ("ssm:PutParameter", "arn:{partition}:ssm:{region}:{account}:parameter/any"),
    "execute-api": ("execute-api:Invoke", "arn:{partition}:execute-api:{region}:{account}:any/stage/POST/path"),
    "events": ("events:PutEvents", "arn:{partition}:events:{region}:{account}:event-bus/any"),
    "kinesis-firehose": ("firehose:PutRecord", "arn:{partition}:firehose:{region}:{account}:deliverystream/any"),
    "states": ("states:StartExecution", "arn:{partition}:states:{region}:{account}:stateMachine:any"),
    "codeartifact.repositories": (
        "codeartifact:PublishPackageVersion",
        "arn:{partition}:codeartifact:{region}:{account}:package/any/any/npm//any",
    ),
}
"""By endpoint service: an action that writes data, and a resource of another account to write to."""
_FURTHER_WRITES: Final[Mapping[str, tuple[str, ...]]] = {
    "s3": ("s3:PutObjectTagging",), "ecr.dkr": ("ecr:UploadLayerPart",),
    "codecommit": ("codecommit:CreateCommit", "codecommit:PostCommentForComparedCommit"),
    "dynamodb": ("dynamodb:UpdateItem",), "ssm": ("ssm:AddTagsToResource",),
    "secretsmanager": ("secretsmanager:UpdateSecret",),
}  # fmt: skip
"""By endpoint service: what else writes to it."""


def endpoint_findings(network: Network, sources: Sequence[str]) -> Iterator[Finding]:
    """Endpoints of the sources' VPCs: to third parties, to resources and service networks of VPC Lattice (PrivateLink
    Guide, "Access VPC resources"), and with policies that let data out to other accounts.
    """
    vpcs = vpcs_of(network, sources)
    for endpoint_id, endpoint in sorted(network.vpc_endpoints.items()):
        if endpoint.vpc_id not in vpcs or endpoint.state not in ("available", "partial"):
            continue
        known = services.suffix_of_service_name(endpoint.service_name)
        label = network.label(endpoint_id)
        if known is None:
            shared = endpoint.resource_configuration_arn or endpoint.service_network_arn
            if endpoint.vpc_endpoint_type in LATTICE_TYPES:
                title = f"{label} leads to {shared or 'what is shared by VPC Lattice'}, which nobody judged"
                yield finding_of("ENDPOINT_TO_THIRD_PARTY", "low", endpoint_id, title, [shared or endpoint_id])
            elif endpoint.vpc_endpoint_type == "Interface":
                title = f"{label} leads to {endpoint.service_name}, which is no AWS service of reachsim's table"
                yield finding_of("ENDPOINT_TO_THIRD_PARTY", "low", endpoint_id, title, [endpoint.service_name])
        elif known[0] in _WRITES:
            lines = _data_out(network, endpoint, *known)
            if lines:
                title = f"the policy of {label} lets data out to other accounts"
                yield finding_of("ENDPOINT_POLICY_LETS_DATA_OUT", "low", endpoint_id, title, lines)


def _data_out(network: Network, endpoint: aws.VpcEndpoint, suffix: str, region: str | None) -> list[str]:
    """What the endpoint's policy lets write in a stranger's account: by the own roles, and with brought credentials."""
    account, home_region = network.home_of(endpoint.vpc_endpoint_id)
    write, template = _WRITES[suffix]
    where = region or home_region
    resource = template.format(partition=services.partition_of(where), region=where, account=STRANGER)
    if not endpoint.policy_document:
        return [f"without a policy of its own (full access), {write} on another account's {resource} passes"]  # N140
    document = policy_of_endpoint(network, endpoint)
    lines = []
    callers = [
        ("a role of the own account", f"arn:aws:iam::{account}:role/any"),
        ("credentials of another account", f"arn:aws:iam::{STRANGER}:role/any"),
    ]
    parsed = [(whose, policy.Principal.parse(arn)) for whose, arn in callers]
    for whose, caller in (*parsed, *_named(document, account)):
        mine = {"aws:PrincipalOrgID": "o-own" if caller.account == account else "o-stranger"}
        found = next((action for action in (write, *_FURTHER_WRITES.get(suffix, ()))
                      if _passes(document, caller, action, resource, mine, endpoint)), "")  # fmt: skip
        if found:
            lines.append(f"{found} on another account's resource passes with {whose}")
    return list(dict.fromkeys(lines))


def _named(document: policy.Document, account: str) -> Iterator[tuple[str, policy.Principal]]:
    """The callers that an endpoint's policy names, of the own account and of others."""
    elements = [element for one in document.statements for element in one.principals]
    callers = [policy.Principal.parse(name) for element in elements for name in sorted(element.names)]
    for one in (*callers, *named_by_conditions(document.statements)):
        if one.account == account:
            yield "a role of the own account", one
        elif one.has_identity:
            yield f"credentials of account {one.account}", one


def _passes(
    document: policy.Document, caller: policy.Principal, action: str, resource: str, mine: Mapping[str, str],
    endpoint: aws.VpcEndpoint,
) -> bool:  # fmt: skip
    """Whether an endpoint's policy lets a request to a stranger's resource through, of an organization or of none."""
    context = {
        "aws:PrincipalAccount": caller.account, "aws:PrincipalArn": caller.text, "aws:ResourceAccount": STRANGER,
        "aws:SecureTransport": "true", "aws:SourceVpce": endpoint.vpc_endpoint_id,
        "aws:SourceVpc": endpoint.vpc_id or "",
    }  # fmt: skip
    gateway = endpoint.vpc_endpoint_type == "Gateway"
    without = mine if mine["aws:PrincipalOrgID"] != "o-stranger" else {}
    asked = (
        policy.Request(caller, action, resource, STRANGER, {**context, **keys})
        for keys in ({"aws:ResourceOrgID": "o-stranger", **mine}, without)
    )
    return any(policy.judge(document, one, "endpoint", gateway=gateway).effect in ("allow", "unknown") for one in asked)


def policy_of_endpoint(network: Network, endpoint: aws.VpcEndpoint) -> policy.Document:
    """An endpoint's own policy, parsed. Raises SnapshotError if it cannot be judged."""
    where = network.source(endpoint.vpc_endpoint_id, "/PolicyDocument") or endpoint.vpc_endpoint_id
    return document_of(endpoint.policy_document or "", where)


def vpcs_of(network: Network, sources: Sequence[str]) -> set[str]:
    """The VPCs that sources stand in."""
    found: set[str] = set()
    for source in sources:
        selector = parse_selector(source)
        if selector.kind == "codebuild":
            build = workload(network, selector.value)
            found |= {one.interface.vpc_id for one in build.placements if one.interface} if build is not None else set()
        else:
            found |= {one.vpc_id for one in network.interfaces_known_as(selector.value)}
    return found
