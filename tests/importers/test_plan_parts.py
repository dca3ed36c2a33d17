"""A plan that deletes a part: Terraform still shows it with what it is a part of.

**Source:** hashicorp/aws: ``ingress``, ``egress``, ``route``, ``entry``, ``route_table_ids``, ``security_groups`` and
the addresses of ``aws_eip`` are read from AWS, so that a refreshed state holds rules, routes and associations that are
resources of their own; HashiCorp, "JSON Output Format" (``planned_values`` repeats them).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import load
from reachsim.importers import import_terraform
from reachsim.snapshot import Snapshot, open_snapshot
from tests.plans import PlanJson

Record = dict[str, Any]
REGION = "eu-west-1"
HTTPS = {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/8"]}
ALL = {"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}
RULE = {"id": "sgr-1", "security_group_id": "sg-1", "ip_protocol": "tcp", "from_port": 443, "to_port": 443,
        "cidr_ipv4": "10.0.0.0/8"}  # fmt: skip
OLDER = {"id": "sgrule-1", "security_group_id": "sg-1", "type": "ingress", **HTTPS}
OUT = {"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}
ASIDE = {"cidr_block": "203.0.113.0/24", "network_interface_id": "eni-2"}
DENY = {"action": "deny", "protocol": "6", "from_port": 1024, "to_port": 65535, "cidr_block": "0.0.0.0/0"}
LET = {"rule_no": 100, "action": "allow", "protocol": "-1", "from_port": 0, "to_port": 0, "cidr_block": "0.0.0.0/0"}
NEW = "create"
PUBLIC = {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}
Gone = list[tuple[str, str, Record]]
"""What else a plan holds: its address, what it does with it, and its attributes."""


def answer(tmp_path: Path, shown: Record, gone: Gone, to: str, port: int = 443, *, live: bool = False) -> str:
    """From eni-1 to somewhere, as a plan would have it whose containers show ``shown``; ``live``: over what stands, and
    new tags for all of it."""
    plan, stands = PlanJson(region=REGION), PlanJson(region=REGION)
    listed: dict[str, Record] = {
        "aws_vpc.v": {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "enable_dns_hostnames": True,
                      "main_route_table_id": "rtb-m", "default_network_acl_id": "acl-d"},
        "aws_subnet.s": {"id": "subnet-1", "vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24",
                         "availability_zone": "eu-west-1a"},
        "aws_internet_gateway.g": {"id": "igw-1", "vpc_id": "vpc-1"},
        "aws_route_table.t": {"id": "rtb-1", "vpc_id": "vpc-1", "route": []},
        "aws_route_table_association.t": {"id": "a-1", "subnet_id": "subnet-1", "route_table_id": "rtb-1"},
        "aws_security_group.g": {"id": "sg-1", "name": "g", "vpc_id": "vpc-1", "ingress": [HTTPS], "egress": [ALL]},
        "aws_network_interface.e": {"id": "eni-1", "subnet_id": "subnet-1", "private_ips": ["10.0.1.5"],
                                    "security_groups": ["sg-1"]},
        "aws_network_interface.f": {"id": "eni-2", "subnet_id": "subnet-1", "private_ips": ["10.0.1.6"],
                                    "security_groups": ["sg-1"]},
        "aws_eip.e": {"id": "eipalloc-1", "allocation_id": "eipalloc-1", "public_ip": "203.0.113.5",
                      "network_interface": "eni-1", "domain": "vpc"},
    }  # fmt: skip
    for address, values in shown.items():
        listed[address] = listed.get(address, {}) | values
    for address, values in listed.items():
        stands.add(address, action="no-op", before=values, more=values)
        tags = {"tags": {"team": "red"}} if live else {}
        plan.add(address, action="update" if live else "no-op", before=values, more=values | tags)
    for address, action, values in gone:
        plan.add(address, action=action, before=None if action == NEW else values, more=values)
        if action != NEW:
            stands.add(address, action="no-op", before=values, more=values)
    stands.write(tmp_path / "state.json")
    plan.write(tmp_path / "plan.json")
    if live:
        import_terraform(tmp_path / "state.json", tmp_path / "live")
    import_terraform(tmp_path / "plan.json", tmp_path / "out", onto=tmp_path / "live" if live else None)
    return load(tmp_path / "out").simulate("eni-1", to, protocol="tcp", port=port).outcome


ENDPOINT = {"id": "vpce-1", "vpc_id": "vpc-1", "service_name": "com.amazonaws.eu-west-1.s3",
            "route_table_ids": ["rtb-1"], "vpc_endpoint_type": "Gateway", "prefix_list_id": "pl-6da54004"}  # fmt: skip
LISTED = {**HTTPS, "cidr_blocks": [], "prefix_list_ids": ["pl-1"]}


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize(("shown", "gone", "to", "expected"), [
    ({}, [], "eni-2", "allowed"),
    ({}, [("aws_vpc_security_group_ingress_rule.r", "delete", RULE)], "eni-2", "blocked"),
    ({}, [("aws_security_group_rule.r", "delete", OLDER)], "eni-2", "blocked"),
    ({}, [("aws_security_group_rule.r", "delete", OLDER), ("aws_vpc_security_group_ingress_rule.r", NEW, RULE)],
     "eni-2", "allowed"),
    ({}, [("aws_vpc_security_group_ingress_rule.r", "delete", RULE), ("aws_security_group_rule.r", NEW, OLDER)],
     "eni-2", "allowed"),
    ({"aws_route_table.t": {"route": [OUT]}}, [], "internet", "allowed"),
    ({"aws_route_table.t": {"route": [OUT]}},
     [("aws_route.r", "delete", {"route_table_id": "rtb-1", "destination_cidr_block": "0.0.0.0/0",
                                 "gateway_id": "igw-1"})], "internet", "blocked"),
    ({"aws_route_table.t": {"route": [OUT, ASIDE]}}, [], "ip:203.0.113.9", "blocked"),
    ({"aws_route_table.t": {"route": [OUT, ASIDE]}},
     [("aws_route.r", "delete", {"route_table_id": "rtb-1", "destination_cidr_block": "203.0.113.0/24",
                                 "network_interface_id": "eni-2"})], "ip:203.0.113.9", "allowed"),
    ({"aws_route_table.t": {"route": [OUT]},
      "aws_network_acl.n": {"id": "acl-1", "vpc_id": "vpc-1", "subnet_ids": ["subnet-1"], "egress": [LET],
                            "ingress": [{**DENY, "rule_no": 50}, LET]}},
     [("aws_network_acl_rule.r", "delete", {"network_acl_id": "acl-1", "rule_number": 50, "egress": False,
                                            "rule_action": "deny", **DENY})], "internet", "allowed"),
    ({"aws_route_table.t": {"route": [{"cidr_block": "0.0.0.0/0", "nat_gateway_id": "nat-1"}]}},
     [("aws_nat_gateway.n", "delete", {"id": "nat-1", "subnet_id": "subnet-1"})], "internet", "blocked"),
    ({"aws_route_table.t": {"route": [OUT]}},
     [("aws_eip_association.a", "delete", {"allocation_id": "eipalloc-1", "network_interface_id": "eni-1"})],
     "internet", "blocked"),
    ({"aws_security_group.g": {"ingress": []}, "aws_network_interface.f": {"security_groups": ["sg-1", "sg-2"]},
      "aws_security_group.h": {"id": "sg-2", "name": "h", "vpc_id": "vpc-1", "ingress": [HTTPS], "egress": []}},
     [("aws_network_interface_sg_attachment.a", "delete", {"security_group_id": "sg-2",
                                                           "network_interface_id": "eni-2"})], "eni-2", "blocked"),
    ({"aws_security_group.g": {"ingress": [LISTED]},
      "aws_ec2_managed_prefix_list.p": {"id": "pl-1", "name": "p", "address_family": "IPv4", "max_entries": 5,
                                        "entry": [{"cidr": "10.0.1.0/24"}]}},
     [("aws_ec2_managed_prefix_list_entry.e", "delete", {"prefix_list_id": "pl-1", "cidr": "10.0.1.0/24"})],
     "eni-2", "blocked"),
    ({"aws_vpc_endpoint.e": ENDPOINT},
     [("aws_vpc_endpoint_route_table_association.a", "delete", {"vpc_endpoint_id": "vpce-1",
                                                                "route_table_id": "rtb-1"})], "s3", "blocked"),
])  # fmt: skip
def test_a_part_that_a_plan_deletes_is_gone_though_the_whole_shows_it(
    shown: Record, gone: Gone, to: str, expected: str, live: bool, tmp_path: Path
) -> None:
    assert answer(tmp_path, shown, gone, to, live=live) == expected


@pytest.mark.parametrize("live", [False, True])
def test_a_part_that_goes_with_the_whole_leaves_nothing_open(live: bool, tmp_path: Path) -> None:
    acl = {"id": "acl-1", "vpc_id": "vpc-1", "subnet_ids": ["subnet-1"], "egress": [LET], "ingress": [LET]}
    rule = {"network_acl_id": "acl-1", "rule_number": 100, "egress": False, "rule_action": "allow", **LET}
    gone = [("aws_network_acl.n", "delete", acl), ("aws_network_acl_rule.r", "delete", rule)]
    assert answer(tmp_path, {"aws_route_table.t": {"route": [OUT]}}, gone, "internet", live=live) == "allowed"


@pytest.mark.parametrize(("port", "expected"), [(443, "blocked"), (8443, "allowed")])
def test_a_rule_that_a_plan_replaces_is_the_new_one_alone(port: int, expected: str, tmp_path: Path) -> None:
    gone = [("aws_security_group_rule.r", "delete", OLDER),
            ("aws_security_group_rule.s", NEW, {**OLDER, "from_port": 8443, "to_port": 8443})]  # fmt: skip
    assert answer(tmp_path, {}, gone, "eni-2", port) == expected


LIVE_LIST = "111111111111/global/s3api/get-bucket-acl/artifacts.json"


def test_a_list_that_terraform_lets_go_of_stays_with_the_bucket(tmp_path: Path) -> None:
    """hashicorp/aws, "aws_s3_bucket_acl": destroying it does not delete the bucket's list. It was said to be empty."""
    live = Snapshot.of({LIVE_LIST: json.dumps({"Owner": {"ID": "a"}, "Grants": [PUBLIC]}).encode()})
    plan = PlanJson(region=REGION)
    plan.add("aws_s3_bucket_acl.a", action="delete", before={"bucket": "artifacts", "acl": "public-read"},
             more={"bucket": "artifacts"})  # fmt: skip
    assert json.loads(over(live, plan, tmp_path).read(LIVE_LIST))["Grants"] == [PUBLIC]


@pytest.mark.parametrize(("kind", "named", "route"), [
    ("aws_vpc_peering_connection_accepter", {"id": "pcx-1", "vpc_peering_connection_id": "pcx-1"},
     {"DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "pcx-1"}),
    ("aws_vpc_endpoint_policy", {"id": "vpce-1", "vpc_endpoint_id": "vpce-1"},
     {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "vpce-1"}),
])  # fmt: skip
def test_routes_to_what_loses_a_part_stay(kind: str, named: Record, route: Record, tmp_path: Path) -> None:
    """A part goes by the id of what it is a part of, and the routes to that became blackholes."""
    tables = f"111111111111/{REGION}/ec2/describe-route-tables.json"
    table = {"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [], "Routes": [{**route, "State": "active"}]}
    plan = PlanJson(region=REGION)
    plan.add(f"{kind}.p", action="delete", before=named, more=named)
    live = Snapshot.of({tables: json.dumps({"RouteTables": [table]}).encode()})
    held = json.loads(over(live, plan, tmp_path).read(tables))["RouteTables"][0]["Routes"]
    assert [one["State"] for one in held] == ["active"]


def over(live: Snapshot, plan: PlanJson, tmp_path: Path) -> Snapshot:
    """What a plan makes of a live snapshot."""
    for path in live.paths:
        (tmp_path / "live" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "live" / path).write_bytes(live.read(path))
    plan.write(tmp_path / "plan.json")
    import_terraform(tmp_path / "plan.json", tmp_path / "out", onto=tmp_path / "live")
    return open_snapshot(tmp_path / "out")
