"""``--endpoint-policies``: for every endpoint that the pipeline uses the narrowest policy under which its steps pass.

**Source:** `reachsim.policy.symbolic.narrowest`; ECR User Guide, "Amazon ECR interface VPC endpoints" (layer downloads
are signed by an account of ECR's own, so their statement names nobody).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from reachsim import policy
from reachsim.config import Config
from reachsim.errors import QuestionError
from reachsim.fix.edited import Edits
from reachsim.fix.faults import needed_ways
from reachsim.fix.records import Mend, Plan
from reachsim.fix.search import finish
from reachsim.fix.steps import SetEndpointPolicy, Step
from reachsim.forwarding import Ground
from reachsim.policy.symbolic import narrowest
from reachsim.policy_layers.asked import bucket_of
from reachsim.policy_layers.identities import role_of
from reachsim.simulate import ask


def narrow(ground: Ground, config: Config | None = None, chosen: Sequence[str] = ()) -> Plan:
    """A plan that narrows endpoint policies and nothing else; proven like any other.

    Raises QuestionError if the pipeline uses no endpoint.
    """
    config = config or Config()
    edits = Edits(ground, config, chosen)
    ground = edits.ground
    first = edits.judged(ground)
    asked: dict[str, list[policy.Request]] = {}
    users: dict[str, dict[str, None]] = {}
    for source in first.sources:
        for destination, verdict, requests in needed_ways(ground, config, source):
            ends = {path.terminal for path in verdict.paths} & ground.network.vpc_endpoints.keys()
            role = _role(ground, source, destination)
            for endpoint in sorted(ends):
                for request in requests:
                    asked.setdefault(endpoint, []).append(_request(ground, endpoint, role, request))
                    users.setdefault(endpoint, {})[f"{source} → {destination}"] = None
    if not asked:
        raise QuestionError(
            "no step of the pipeline goes by an endpoint, so there is no policy to narrow", "NO_ENDPOINT"
        )
    steps: dict[str, Step] = {}
    for endpoint, wanted in sorted(asked.items()):
        gateway = ground.network.vpc_endpoints[endpoint].vpc_endpoint_type == "Gateway"
        steps[endpoint] = SetEndpointPolicy(endpoint, json.dumps(narrowest(wanted, gateway=gateway)))
    edited, patch = edits.by(steps.values())
    mends = [Mend((step,), tuple(users[endpoint]), 0) for endpoint, step in steps.items()]
    return finish(ground, edited, config, patch, mends, first, edits.judged(edited))


def _role(ground: Ground, source: str, destination: str) -> str | None:
    scenarios = ask(ground, source, destination, protocol="tcp", port=443)
    return role_of(ground.network, scenarios[0]) if scenarios else None


def _request(ground: Ground, endpoint: str, role: str | None, given: object) -> policy.Request:
    assert isinstance(given, dict)
    resource = str(given.get("resource", "*"))
    account = ground.network.home_of(endpoint)[0]
    layers = "starport-layer-bucket" in bucket_of(resource)
    who = policy.Principal.parse({"type": "Anonymous"} if layers or role is None else role)
    return policy.Request(who, str(given["action"]), resource, account, {}, resource == "*")
