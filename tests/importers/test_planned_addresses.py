"""Addresses that AWS has yet to pick, where a rule, a route or a network ACL tells addresses of their subnet apart: an
answer has to hold for each of them (VPC User Guide, "Subnet CIDR blocks": AWS picks a free one).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach
from reachsim.slices.matrix import OUTCOMES, Matrix
from tests.importers.test_terraform import endpoint, network, project, run
from tests.plans import PlanJson, Ref

WEB = {"from_port": 443, "to_port": 443, "protocol": "tcp"}


def made(tmp_path: Path, *blocks: str, own: str = "", acl: str = "") -> Reach:
    """Instances ``client`` and ``server`` in one subnet each; the server takes HTTPS from these blocks. ``own``: the
    client's own address; ``acl``: a part of the server's subnet that its network ACL lets nothing into.
    """
    plan = PlanJson()
    network(plan)
    plan.add("aws_security_group.server", name="server", vpc_id=Ref("aws_vpc.main.id"), ingress=[
        {**WEB, "cidr_blocks": list(blocks)},
    ])  # fmt: skip
    fixed = {"private_ip": own} if own else {}
    for number, name in enumerate(("client", "server")):
        group = "build" if name == "client" else name
        plan.add(
            f"aws_instance.{name}", subnet_id=Ref(f"aws_subnet.build[{number}].id"), ami="ami-1",
            instance_type="t3.micro", vpc_security_group_ids=Ref(f"aws_security_group.{group}.id"),
            **(fixed if name == "client" else {}),
        )  # fmt: skip
    if acl:
        entry = {"from_port": 0, "to_port": 0, "icmp_type": 0, "icmp_code": 0, "ipv6_cidr_block": ""}
        open_ = {**entry, "rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"}
        shut = {**entry, "rule_no": 90, "action": "deny", "protocol": "-1", "cidr_block": acl}
        plan.add(
            "aws_network_acl.client", vpc_id=Ref("aws_vpc.main.id"), subnet_ids=Ref("aws_subnet.build[0].id"),
            ingress=[open_], egress=[shut, open_],
        )  # fmt: skip
    return run(plan, tmp_path)[0]


def ask(reach: Reach, source: str = "i-client", target: str = "i-server", **more: Any) -> Any:
    return reach.simulate(source, target, protocol="tcp", port=443, **more)


@pytest.mark.parametrize(
    ("blocks", "outcome"),
    [
        (("10.0.0.0/16",), "allowed"),
        (("10.0.0.0/24",), "allowed"),
        (("10.0.0.0/25", "10.0.0.128/25"), "allowed"),
        (("10.0.0.0/25",), "unknown"),
        (("10.0.0.128/25",), "unknown"),
        (("10.0.0.4/32",), "unknown"),
        (("10.0.0.0/30",), "blocked"),  # the first four are AWS's own
        (("10.0.9.0/24",), "blocked"),
    ],
)
def test_a_rule_for_a_part_of_the_senders_subnet(tmp_path: Path, blocks: tuple[str, ...], outcome: str) -> None:
    verdict = ask(made(tmp_path, *blocks))
    assert verdict.outcome == outcome
    if outcome == "unknown":
        (told,) = [one for one in verdict.assumptions if "answer would be another" in one.detail]
        assert (told.code, "10.0.0." in told.detail) == ("PLANNED_ADDRESS", True)


def test_an_address_of_its_own_decides(tmp_path: Path) -> None:
    assert ask(made(tmp_path, "10.0.0.0/25", own="10.0.0.20")).outcome == "allowed"
    assert ask(made(tmp_path, "10.0.0.0/25", own="10.0.0.200")).outcome == "blocked"


@pytest.mark.parametrize(("part", "outcome"), [("10.0.1.0/24", "blocked"), ("10.0.1.128/25", "unknown"),
                                               ("10.0.1.0/25", "unknown"), ("10.0.9.0/24", "allowed")])  # fmt: skip
def test_a_network_acl_for_a_part_of_the_receivers_subnet(tmp_path: Path, part: str, outcome: str) -> None:
    assert ask(made(tmp_path, "10.0.0.0/16", acl=part)).outcome == outcome


def test_both_ends_may_have_any_address(tmp_path: Path) -> None:
    assert ask(made(tmp_path, "10.0.0.0/25", acl="10.0.1.128/25")).outcome == "unknown"


def test_so_it_is_for_the_interfaces_of_an_endpoint(tmp_path: Path) -> None:
    for part, outcome in (("10.0.0.0/16", "allowed"), ("10.0.1.0/25", "unknown")):
        plan = PlanJson()
        network(plan)
        endpoint(plan, "logs")
        project(plan)
        plan.values[""] = [one for one in plan.values[""] if one["address"] != "aws_security_group.build"]
        plan.changes = [one for one in plan.changes if one["address"] != "aws_security_group.build"]
        plan.add("aws_security_group.build", name="build", vpc_id=Ref("aws_vpc.main.id"), egress=[
            {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["10.0.0.0/24", part]},
        ])  # fmt: skip
        (tmp_path / outcome).mkdir()
        reach, _ = run(plan, tmp_path / outcome)
        assert ask(reach, "codebuild:app", "logs").outcome == outcome


def test_what_is_not_asked_about_makes_no_difference(tmp_path: Path) -> None:
    """A rule for a part of another subnet."""
    reach = made(tmp_path, "10.0.0.0/24", "10.0.1.0/25")
    assert ask(reach).outcome == "allowed"


@pytest.mark.parametrize(("part", "outcome"), [("10.0.9.0/24", "allowed"), ("10.0.9.0/25", "unknown"),
                                               ("10.0.0.0/24", "blocked")])  # fmt: skip
def test_a_nat_gateway_may_have_any_address_of_its_subnet(tmp_path: Path, part: str, outcome: str) -> None:
    """What a peered VPC's server sees is the gateway's address."""
    plan = PlanJson()
    network(plan, 1)
    plan.add("aws_vpc.far", cidr_block="172.20.0.0/16")
    plan.add("aws_subnet.far", vpc_id=Ref("aws_vpc.far.id"), cidr_block="172.20.1.0/24")
    plan.add("aws_security_group.far", name="far", vpc_id=Ref("aws_vpc.far.id"), ingress=[
        {**WEB, "cidr_blocks": [part]},
    ])  # fmt: skip
    plan.add("aws_vpc_peering_connection.far", vpc_id=Ref("aws_vpc.main.id"), peer_vpc_id=Ref("aws_vpc.far.id"),
             auto_accept=True)  # fmt: skip
    plan.add("aws_route_table.nat", vpc_id=Ref("aws_vpc.main.id"), route=[
        {"cidr_block": "172.20.0.0/16", "vpc_peering_connection_id": Ref("aws_vpc_peering_connection.far.id")},
    ])  # fmt: skip
    plan.add("aws_subnet.nat", vpc_id=Ref("aws_vpc.main.id"), cidr_block="10.0.9.0/24")
    plan.add("aws_route_table_association.nat", route_table_id=Ref("aws_route_table.nat.id"),
             subnet_id=Ref("aws_subnet.nat.id"))  # fmt: skip
    plan.add("aws_nat_gateway.main", connectivity_type="private", subnet_id=Ref("aws_subnet.nat.id"))
    plan.add("aws_route.out", route_table_id=Ref("aws_route_table.build.id"), destination_cidr_block="172.20.0.0/16",
             nat_gateway_id=Ref("aws_nat_gateway.main.id"))  # fmt: skip
    for name, subnet, group in (("client", "build[0]", "build"), ("server", "far", "far")):
        plan.add(
            f"aws_instance.{name}", subnet_id=Ref(f"aws_subnet.{subnet}.id"), ami="ami-1", instance_type="t3.micro",
            vpc_security_group_ids=Ref(f"aws_security_group.{group}.id"),
        )  # fmt: skip
    assert ask(run(plan, tmp_path)[0]).outcome == outcome


def test_the_graph_keeps_the_hops_that_an_address_yet_to_be_picked_leaves_open(tmp_path: Path) -> None:
    """What is not connected there is not reachable."""
    whole, part = (made(tmp_path, block).graph for block in ("10.0.0.0/24", "10.0.0.0/25"))
    assert sorted(part.edges(keys=True)) == sorted(whole.edges(keys=True))
    into = ("acl-main-default", "sg-server", "request")
    assert [graph.edges[into]["passes"] for graph in (whole, part)] == [True, False]


@pytest.mark.parametrize("blocks", [("10.0.0.0/24",), ("10.0.0.0/25",), ("10.0.0.0/30",)])
def test_the_matrix_says_the_same(tmp_path: Path, blocks: tuple[str, ...]) -> None:
    reach = made(tmp_path, *blocks)
    matrix = Matrix(reach.ground, 6, 443)
    ends = [matrix.names[members[0]] for members in matrix.members]
    found = {
        (ends[end], other): OUTCOMES[outcome]
        for end, answers in matrix.answers(matrix.sources)
        for other, outcome in zip([*ends, *matrix.columns], answers.outcomes, strict=True)
    }
    assert found == {(one, other): ask(reach, one, other).outcome for one, other in found}
    assert ("unknown" in {outcome for (_, other), outcome in found.items() if other != "internet"}) == (
        blocks == ("10.0.0.0/25",)
    )
