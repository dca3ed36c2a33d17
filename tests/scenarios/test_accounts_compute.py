"""Whole accounts whose sources are services, functions and builds: which of their faults each of them meets.

Expected is what AWS's pages say: "Amazon ECS task networking options", "Giving Lambda functions access to resources in
an Amazon VPC", "Reserved capacity fleet properties", "Use AWS CodeBuild with a managed proxy server".
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from tests.balancers import listener, load_balancer, target_group
from tests.scenarios.lan import ANY, WEB, Lan, ask, blocks, codes, fate, natted
from tests.scenarios.test_sources import on_fleet, with_function, with_service

WORLD, GITHUB, LOGS = "ip:198.51.100.7", "host:github.com", "logs.us-east-1.amazonaws.com"


class Shop(Lan):
    """Tasks in private subnets a and b behind an internet-facing load balancer in public ones; groups by reference."""

    def __init__(self) -> None:
        super().__init__()
        public = self.table(self.vpc_id, [("0.0.0.0/0", self.igw(self.vpc_id))], name="public")
        nodes = {
            self.subnet(self.vpc_id, f"10.0.1{n}.0/24", f"us-east-1{zone}", table=public, name=f"p{zone}"): (
                f"10.0.1{n}.200", f"203.0.113.20{n}"
            )
            for n, zone in enumerate("ab", start=1)
        }  # fmt: skip
        self.group(self.vpc_id, [WEB], [ANY], name="front")
        self.group(self.vpc_id, [("tcp", 8080, 8080, "sg-front")], [ANY], name="task")
        self.lb = load_balancer(self, "lb", nodes, ["sg-front"])
        addresses = {self.a: "10.0.1.50", self.b: "10.0.2.50"}
        for subnet, address in addresses.items():
            self.interface(subnet, address, ["sg-task"], name=f"task-{subnet[-1]}")
        group = target_group(self, "t", list(addresses.values()), "HTTP", kind="ip")
        listener(self, self.lb, 443, [group], "HTTPS")
        with_service(self, list(addresses), groups=["sg-task"])
        self.name = f"host:{self[self.lb]['DNSName']}"


def test_the_internet_gets_to_tasks_by_the_load_balancer_only() -> None:
    net = Shop()
    assert fate(ask(net, "internet", net.name)) == ("allowed", "internet")
    assert ask(net, "internet", "ecs:main/web", port=8080).outcome == "blocked"
    assert codes(ask(net, net.client, "ecs:main/web", port=8080)) == {"ENI_SG_RULES_MISMATCH"}


def test_a_network_acl_of_one_target_subnet_makes_the_service_intermittent() -> None:
    net = Shop()
    entries = [(100, "in", "allow", "-1", None, "10.0.11.0/24"), (100, "out", "allow", "-1", None, "0.0.0.0/0")]
    acl = net.acl(net.vpc_id, entries)  # type: ignore[arg-type]
    net.use_acl(net.b, acl)
    verdict = ask(net, "internet", net.name)
    assert verdict.outcome == "intermittent"
    assert blocks(verdict) == {("SUBNET_ACL_RESTRICTION", acl, 32767, net.b, "request", "ingress")}


def test_tasks_reach_their_own_public_name_only_with_a_way_out() -> None:
    net = Shop()
    assert codes(ask(net, "ecs:main/web", net.name)) == {"NO_ROUTE_TO_DESTINATION"}
    nat = net.nat("subnet-pa", "10.0.11.9", "203.0.113.99")
    for table in (net.ta, net.tb):
        net.route(table, "0.0.0.0/0", nat)
    assert fate(ask(net, "ecs:main/web", net.name)) == ("allowed", "internet")
    net["sg-front"]["IpPermissions"] = [net._permission(("tcp", 443, 443, "10.0.0.0/16"))]
    assert codes(ask(net, "ecs:main/web", net.name)) == {"ENI_SG_RULES_MISMATCH"}  # it sees the NAT gateway's address


def functions(**more: Any) -> Lan:
    """A function in subnets a and b, and a logs endpoint that admits subnet a."""
    net = with_function(Lan(), ["subnet-a", "subnet-b"], **more)
    group = net.group(net.vpc_id, [("tcp", 443, 443, "10.0.1.0/24")], name="logs")
    net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [group], True, [LOGS], name="logs")
    return net


def test_a_function_meets_the_fault_of_either_subnet() -> None:
    net = functions()
    verdict = ask(net, "lambda:f", "logs")
    assert (verdict.outcome, codes(verdict)) == ("intermittent", {"ENI_SG_RULES_MISMATCH"})
    linux = net.acl(net.vpc_id, [(100, "out", "allow", "-1", None, "0.0.0.0/0"),
                                 (100, "in", "allow", "6", (32768, 65535), "0.0.0.0/0")])  # fmt: skip
    net.use_acl(net.a, linux)  # functions send from any port above 1023 (N113)
    verdict = ask(net, "lambda:f", "logs")
    assert (verdict.outcome, codes(verdict)) == ("intermittent", {"ENI_SG_RULES_MISMATCH", "SUBNET_ACL_RESTRICTION"})


def test_the_interface_of_a_function_takes_no_connections() -> None:
    """A function is invoked through Lambda's API, whatever its groups admit; it sends by the interface all the same."""
    net = Lan()
    function = net.interface(net.b, "10.0.2.30", [net.open], name="function")
    assert fate(ask(net, net.client, function)) == ("allowed", "private")
    net[function]["InterfaceType"] = "lambda"
    assert codes(ask(net, net.client, function)) == {"NO_POSSIBLE_DESTINATION"}
    assert fate(ask(net, function, net.client)) == ("allowed", "private")


@pytest.mark.parametrize("kind", ["transit_gateway", "global_accelerator_managed", "ec2_instance_connect_endpoint"])
def test_what_answers_at_an_interface_of_awss_own_is_not_known(kind: str) -> None:
    net = Lan()
    managed = net.interface(net.b, "10.0.2.30", [net.open], name="managed")
    net[managed]["InterfaceType"] = kind
    assert ask(net, net.client, managed).outcome == "unknown"
    net[managed]["Groups"] = [{"GroupId": net.group(net.vpc_id, [], [ANY])}]
    assert codes(ask(net, net.client, managed)) == {"SG_HAS_NO_RULES"}


def test_a_function_whose_group_is_gone_is_unknown_by_its_name() -> None:
    verdict = ask(functions(SecurityGroupIds=["sg-gone"]), "lambda:f", "logs")
    assert verdict.outcome == "unknown"
    assert "sg-gone" in {one.component for one in verdict.assumptions}


def test_a_function_in_a_public_subnet_has_no_internet_whatever_the_subnet_gives_to_instances() -> None:
    net = with_function(Lan(), ["subnet-a"])
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
    net[net.a]["MapPublicIpOnLaunch"] = True
    assert codes(ask(net, "lambda:f", WORLD)) == {"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}


DENY = {"defaultBehavior": "DENY_ALL", "orderedProxyRules": []}


@pytest.mark.parametrize(
    ("own", "fleet", "more", "outcome"),
    [
        (None, ["subnet-a"], {}, "blocked"),  # the fleet's VPC has no way out
        (None, ["subnet-a"], {"overflowBehavior": "ON_DEMAND"}, "intermittent"),  # overflow runs outside it
        (["subnet-a"], ["subnet-a"], {"overflowBehavior": "ON_DEMAND"}, "blocked"),
        (None, None, {"proxyConfiguration": DENY}, "blocked"),  # the managed proxy
        (None, None, {"proxyConfiguration": DENY, "overflowBehavior": "ON_DEMAND"}, "intermittent"),
        (None, ["subnet-a"], {"proxyConfiguration": DENY}, "blocked"),  # by the VPC: no proxy applies there
        (["subnet-a"], None, {"proxyConfiguration": DENY, "overflowBehavior": "ON_DEMAND"}, "blocked"),
        (None, None, {"vpcConfig": {"vpcId": "", "subnets": [], "securityGroupIds": []}}, "allowed"),
    ],
)
def test_where_a_build_of_a_fleet_runs_decides(own: Any, fleet: Any, more: Any, outcome: str) -> None:
    net = on_fleet(Lan(), own=own, fleet=fleet, **more)
    assert ask(net, "codebuild:app", GITHUB).outcome == outcome


def test_a_fleet_in_a_vpc_is_as_private_as_that_vpc() -> None:
    net = on_fleet(natted(), fleet=["subnet-b"])
    assert load_files(net.files()).check(sources=["codebuild:app"]).overall == "undecided"  # who may assume its role?
    role = {"RoleName": "codebuild-app", "Arn": f"arn:aws:iam::{net.account}:role/codebuild-app"}
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": []}
    net.put("iam/get-account-authorization-details", details, region="global")
    assert load_files(net.files()).check(sources=["codebuild:app"]).overall == "private-but-failing"
    net = on_fleet(natted(), fleet=["subnet-a"])
    assert load_files(net.files()).check(sources=["codebuild:app"]).overall == "leaking"


@pytest.mark.parametrize("kind", ["LINUX_LAMBDA_CONTAINER", "ARM_LAMBDA_CONTAINER"])
def test_lambda_compute_is_outside_whatever_vpc_the_project_names(kind: str) -> None:
    """ "Run builds on AWS Lambda compute", limitations (fact P11)."""
    net = Lan()
    net.project("app", net.vpc_id, [net.a], [net.open], environment={"type": kind, "image": "x"})
    assert fate(ask(net, "codebuild:app", GITHUB)) == ("allowed", "internet")
    assert ask(net, "codebuild:app", net.server).outcome == "blocked"
    assert load_files(net.files()).check().overall == "leaking"
