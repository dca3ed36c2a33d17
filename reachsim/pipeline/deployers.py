"""Programs that deploy through AWS's APIs by themselves: cdk, serverless, copilot, eb, eksctl, ecs-cli, amplify.

**Source:** facts/tool-destinations.csv (aws sam/cdk); AWS CDK Developer Guide, "Bootstrapping": roles, bucket,
repository and the version parameter in Parameter Store.
"""

from __future__ import annotations

from typing import Final

from reachsim.pipeline.aws_calls import region_of, service_host
from reachsim.pipeline.call import Call, Outcome, arguments
from reachsim.pipeline.records import Destination, Found, Script


def deployer(call: Call) -> Outcome:
    """What a deployment contacts in the Region."""
    region = region_of(call, arguments(call.words, ["region", "profile", "stack", "stage", "s"]))
    plain = [word for word in call.words if not word.startswith("-")]
    operation = plain[0] if plain else ""
    table = _DEPLOYERS["serverless" if call.program == "sls" else call.program]
    row = next((hosts for words, hosts in table if operation in words), ())
    found: list[Found] = []
    for suffix, sure in row:
        found.append(Destination(service_host(call, suffix, region), 443, "aws",
                                 "certain" if sure == "!" else "likely", "run"))  # fmt: skip
    if call.program == "cdk" and operation in ("deploy", "synth", "diff", "ls", "list", "destroy", "bootstrap"):
        settings = call.json("cdk.json") or {}
        app = settings.get("app")
        if isinstance(app, str) and operation != "bootstrap":
            found.append(Script(app, "cdk.json", 1))
    return Outcome(tuple(found), None)


_Row = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
_DEPLOYERS: Final[dict[str, tuple[_Row, ...]]] = {
    "cdk": (
        (("deploy", "destroy", "import"), (("cloudformation", "!"), ("sts", "!"), ("ssm", "?"), ("s3", "?"))),
        (("bootstrap",), (("cloudformation", "!"), ("sts", "!"))),
        (("diff",), (("cloudformation", "!"), ("sts", "!"))),
    ),
    "serverless": (
        (("deploy", "remove"), (("cloudformation", "!"), ("s3", "!"), ("sts", "?"))),
        (("info", "invoke"), (("cloudformation", "?"),)),
    ),
    "copilot": ((("deploy", "svc", "job", "env", "app"), (("cloudformation", "!"), ("ecr", "?"), ("ssm", "?"))),),
    "eb": ((("deploy", "create", "use"), (("elasticbeanstalk", "!"), ("s3", "?"))),),
    "eksctl": ((("create", "delete", "get", "upgrade"), (("eks", "!"), ("cloudformation", "?"), ("ec2", "?"))),),
    "ecs-cli": ((("compose", "push", "up", "configure"), (("ecs", "!"), ("ecr", "?"))),),
    "amplify": ((("push", "publish", "pull", "init"), (("amplify", "!"), ("cloudformation", "?"), ("s3", "?"))),),
    "ecs-deploy": ((("",), (("ecs", "!"),)),),
}
