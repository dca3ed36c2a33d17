"""What users report, with a second fault beside the first: both are told, each by its own cause (symptoms.md).

The second fault is one that the traffic meets before, at or after the first: the build's group without any rule for
what leaves, or the network ACL of its subnet that takes no replies.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scenarios.lan import ANY, WEB, Lan, ask, causes, codes
from tests.scenarios.test_symptoms import endpoint, project

GITHUB = "host:github.com"
Made = tuple[Lan, str]


def public_subnet() -> Made:
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
    return net, GITHUB


def no_endpoint() -> Made:
    return Lan(), "ecr.api"


def private_dns_off() -> Made:
    net = Lan()
    endpoint(net, "ecr.dkr", private_dns=False)
    return net, "ecr.dkr"


def table_not_associated() -> Made:
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.tb])
    return net, "s3"


def other_region() -> Made:
    net = Lan()
    net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    return net, "host:mine.s3.eu-west-1.amazonaws.com"


def endpoint_admits_nobody() -> Made:
    net = Lan()
    endpoint(net, "logs", groups=[net.group(net.vpc_id, [("tcp", 443, 443, "10.9.0.0/16")], [ANY])])
    return net, "logs"


def endpoint_subnet_takes_no_request() -> Made:
    net = Lan()
    endpoint(net, "logs")
    net.use_acl(net.b, net.acl(net.vpc_id, [(100, "out", "allow", "-1", None, "0.0.0.0/0")], name="first"))
    return net, "logs"


def api_endpoint_only() -> Made:
    net = Lan()
    endpoint(net, "codecommit")
    return net, "git-codecommit"


def checked_nat_instance() -> Made:
    net = Lan()
    net.route(net.tb, "0.0.0.0/0", net.igw(net.vpc_id))
    net.route(net.ta, "0.0.0.0/0", net.interface(net.b, "10.0.2.9", [net.open], "203.0.113.9"))
    return net, GITHUB


SYMPTOMS: dict[str, tuple[Callable[[], Made], str, str | None]] = {
    "S01": (public_subnet, "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP"),
    "S03": (no_endpoint, "NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE"),
    "S04": (private_dns_off, "NO_ROUTE_TO_DESTINATION", "DNS_PRIVATE_DNS_DISABLED"),
    "S05": (table_not_associated, "NO_ROUTE_TO_DESTINATION", "VPCE_ROUTE_TABLE_NOT_ASSOCIATED"),
    "S19": (other_region, "CROSS_REGION_NOT_VIA_ENDPOINT", None),
    "S20": (endpoint_subnet_takes_no_request, "SUBNET_ACL_RESTRICTION", None),
    "S22": (endpoint_admits_nobody, "ENI_SG_RULES_MISMATCH", None),
    "S34": (api_endpoint_only, "NO_ROUTE_TO_DESTINATION", "VPCE_MISSING_FOR_SERVICE"),
    "S37": (checked_nat_instance, "ENI_SOURCE_DEST_CHECK_RESTRICTION", None),
}


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_a_group_that_lets_nothing_out_is_told_beside_it(symptom: str) -> None:
    made, code, cause = SYMPTOMS[symptom]
    net, target = made()
    project(net, groups=(net.group(net.vpc_id, [WEB], [], name="build"),))
    verdict = ask(net, "codebuild:app", target)
    assert verdict.outcome == "blocked"
    assert {code, "SG_HAS_NO_RULES"} <= codes(verdict)
    assert cause in causes(verdict)


@pytest.mark.parametrize("symptom", ["S01", "S20", "S22"])
def test_a_network_acl_that_takes_no_replies_is_told_beside_it(symptom: str) -> None:
    """Where the walk gets to the reply at all: a missing route ends it."""
    made, code, cause = SYMPTOMS[symptom]
    net, target = made()
    project(net)
    acl = net.acl(net.vpc_id, [(100, "out", "allow", "-1", None, "0.0.0.0/0")], name="build")
    net.use_acl(net.a, acl)
    verdict = ask(net, "codebuild:app", target)
    assert verdict.outcome == "blocked"
    told = {(one.code, one.component, one.cause) for one in verdict.blocked_by}
    assert ("SUBNET_ACL_RESTRICTION", acl, "RETURN_ACL_EPHEMERAL") in told
    assert any(one[0] == code and one[1] != acl for one in told)
    assert cause in causes(verdict)


@pytest.mark.parametrize("symptom", SYMPTOMS)
def test_alone_it_is_the_only_one(symptom: str) -> None:
    made, code, cause = SYMPTOMS[symptom]
    net, target = made()
    project(net)
    verdict = ask(net, "codebuild:app", target)
    assert verdict.outcome == "blocked"
    assert codes(verdict) <= {code, "NO_ROUTE_TO_DESTINATION"}
    assert cause in causes(verdict)
