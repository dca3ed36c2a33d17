"""The steps of the pipeline in their order, each with what it needs and whether it gets it.

**Source:** DESIGN, "check": ``steps``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from reachsim import policy
from reachsim.check.needs import Need
from reachsim.check.outcome import THROUGH
from reachsim.check.service_plane import pull_refused
from reachsim.evidence import Block
from reachsim.forwarding import Ground
from reachsim.model.network import Network
from reachsim.policy_layers import identity_of
from reachsim.selectors import parse_selector
from reachsim.verdict import Outcome, PipelineStep, RouteWord, Verdict
from reachsim.workloads import find_project

ORDER: Final = (
    "git-push", "environment", "source", "login", "pull", "run", "push", "logs", "artifacts", "cache", "reports",
    "deploy",
)  # fmt: skip
UNTIL_LATE: Final = ("git-push", "logs")
"""Steps that no earlier one keeps from being tried."""
ENI_ACTIONS: Final = (
    "ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface",
    "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)  # fmt: skip
"""What a build in a VPC needs of its service role before it starts (fact N215, P47)."""


def steps_of(
    ground: Ground, source: str, needs: Sequence[Need], verdicts: Mapping[tuple[str, str, int], Verdict]
) -> list[PipelineStep]:
    """The steps of a source. ``verdicts``: what was answered for each destination, protocol and port."""
    who = parse_selector(source)
    name = who.value if who.kind == "codebuild" else source
    made: list[PipelineStep] = []
    stuck = False
    if who.kind == "codebuild" and find_project(ground.network, who.value) is not None:
        first = provisioning(ground.network, who.value)
        made.append(first)
        stuck = first.outcome == "blocked"
    for step in ORDER:
        mine = [need for need in needs if need.step == step]
        if mine:
            not_reached = stuck and step not in UNTIL_LATE
            made.append(_step(name, step, mine, verdicts, not_reached=not_reached))
            stuck = stuck or (made[-1].outcome == "blocked" and step != "logs")
    return made


def _step(
    name: str, step: str, needs: Sequence[Need], verdicts: Mapping[tuple[str, str, int], Verdict], *, not_reached: bool
) -> PipelineStep:
    answers = [(need, verdicts.get(need.asked)) for need in needs]
    outcome = settled(answers)
    routes = {verdict.route for _, verdict in answers if verdict is not None and verdict.outcome in THROUGH}
    route: RouteWord = "none"
    if outcome in THROUGH:
        route = routes.pop() if len(routes) == 1 else "mixed"
    blocked_by: tuple[Block, ...] = ()
    if outcome != "allowed":
        blocked_by = tuple(dict.fromkeys(block for _, one in answers if one is not None for block in one.blocked_by))
    contacts = tuple(dict.fromkeys(contact_of(need) for need in needs))
    return PipelineStep(name, step, outcome, route, False, not_reached, blocked_by, contacts)


def settled(answers: Sequence[tuple[Need, Verdict | None]]) -> Outcome:
    """What becomes of a step: all that every run needs has to get through, and one of each set of alternatives."""
    found: list[Outcome] = []
    choices: dict[str, list[Outcome]] = {}
    for need, verdict in answers:
        outcome: Outcome = verdict.outcome if verdict is not None else "unknown"
        if need.instead:
            choices.setdefault(need.instead, []).append(outcome)
        else:
            found.append(outcome)
    best: tuple[Outcome, ...] = ("allowed", "intermittent", "unknown", "blocked")
    found += [next(one for one in best if one in outcomes) for outcomes in choices.values()]
    worst: tuple[Outcome, ...] = ("blocked", "unknown", "intermittent", "allowed")
    return next(one for one in worst if one in found)


def really_needed(need: Need, needs: Sequence[Need], verdicts: Mapping[tuple[str, str, int], Verdict]) -> bool:
    """Whether a need counts: of alternatives those that get through, or all of them if none surely does."""
    if not need.instead:
        return True
    others = [verdicts.get(one.asked) for one in needs if (one.step, one.instead) == (need.step, need.instead)]
    mine = verdicts.get(need.asked)
    through = mine is not None and mine.outcome in THROUGH
    return through or not any(one is not None and one.outcome == "allowed" for one in others)


def contact_of(need: Need) -> str:
    """A need as ``steps[].contacts`` lists it."""
    if not need.destination:
        return f"unknown ({need.place})"
    port = "" if (need.protocol, need.port) == ("tcp", 443) else f" {need.protocol}/{need.port}"
    return f"{need.destination}{port}" + (f" ({need.place})" if need.place else "")


def provisioning(network: Network, name: str) -> PipelineStep:
    """Starting the build is the service's own work, but policies can stop it: the pull of the environment's image, and
    in a VPC the making of interfaces by the service role (S24).
    """
    found = find_project(network, name)
    fine = PipelineStep(name, "provisioning", "allowed", "none", service_side=True)
    if found is None:
        return fine
    home, project = found
    refused = pull_refused(network, home, project)
    if refused is not None:
        return PipelineStep(name, "provisioning", "blocked", "none", service_side=True, blocked_by=(refused,))
    if project.vpc_config is None or not project.vpc_config.subnets or not project.service_role:
        return fine
    account = home[0]
    role, _ = identity_of(network, account, project.service_role)
    if role is None:
        return fine
    lacking = [action for action in ENI_ACTIONS if not _may(role.documents, role.arn, account, action)]
    if role.unseen or not lacking:
        return fine
    detail = f"{role.arn} may not {', '.join(lacking)}, so no build of {name} starts in its VPC"
    block = Block("ROLE_CANNOT_CREATE_ENI", role.arn, None, None, "request", "egress", "403", detail)
    return PipelineStep(name, "provisioning", "blocked", "none", service_side=True, blocked_by=(block,))


def _may(documents: Sequence[policy.Document], role: str, account: str, action: str) -> bool:
    """Whether some policy allows an action on some resource (conditions that are not known count as met)."""
    resource = f"arn:aws:ec2:*:{account}:network-interface/*" if "NetworkInterface" in action else "*"
    if action.startswith("ec2:Describe"):
        resource = "*"
    keys = ("ec2:Subnet", "ec2:AuthorizedService", "ec2:Vpc", "ec2:Region", "aws:RequestedRegion")
    context = dict.fromkeys(keys, policy.UNKNOWN)
    request = policy.Request(policy.Principal.parse(role), action, resource, account, dict(context))
    effects = [policy.judge(document, request, "identity").effect for document in documents]
    return "deny" not in effects and any(effect in ("allow", "unknown") for effect in effects)
