"""How `check` finds its one word: leaking, exposed, undecided, failing, working, in this order (DESIGN, "check")."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reachsim import load_files
from reachsim.verdict import Check
from tests.build import Build
from tests.scenarios.pipelines import (
    ANYWHERE,
    BUILD,
    BUILD_ROLE,
    CLIENT,
    HTTPS,
    REGION,
    Checked,
    Pipeline,
    statement,
)  # fmt: skip


def without(net: Build, *operations: str) -> Check:
    """The check of the network's snapshot without some files."""
    files = net.files()
    gone = [name for name in files if any(f"/{operation}.json" in name for operation in operations)]
    assert gone
    return load_files({name: data for name, data in files.items() if name not in gone}).check()


def exits(check: Check) -> set[tuple[str, str, str]]:
    return {(one.id, one.severity, one.component) for one in check.findings if one.id == "PUBLIC_EGRESS_POSSIBLE"}


def public_client(net: Pipeline, *, egress: bool) -> None:
    """The client reachable from the internet on port 22."""
    net.route("rtb-client", "0.0.0.0/0", net.igw("vpc-1", name="1"))
    association = {"PublicIp": "203.0.113.5", "IpOwnerId": "amazon"}
    net["eni-1-eth0"]["Association"] = association
    net["eni-1-eth0"]["PrivateIpAddresses"][0]["Association"] = association
    net["sg-client"]["IpPermissions"] = [net._permission(("tcp", 22, 22, "0.0.0.0/0"))]
    if not egress:
        net["sg-client"]["IpPermissionsEgress"] = [net._permission(("tcp", 443, 443, "10.10.0.0/16"))]


def test_one_of_two_subnets_with_a_way_out_is_a_leak() -> None:
    net = Pipeline()
    table = net.table("vpc-1", name="c")
    net["rtb-build"]["Associations"] = [
        one for one in net["rtb-build"]["Associations"] if one.get("SubnetId") != net.build_c
    ]
    net._associate(table, {"Main": False, "SubnetId": net.build_c})
    net.route(table, "pl-1", "vpce-s3")
    net.with_nat([table])
    found = Checked(net)
    assert found.overall == "leaking"
    assert found.fate("internet") == ("intermittent", "internet")
    assert exits(found.check) == {("PUBLIC_EGRESS_POSSIBLE", "medium", "nat-1")}


def test_one_project_outside_is_enough() -> None:
    net = Pipeline()
    net.project("p2", serviceRole=f"arn:aws:iam::{net.account}:role/build")
    found = Checked(net)
    assert found.overall == "leaking"
    assert found.fate("internet") == ("blocked", "none")
    assert found.fate("internet", "codebuild:p2") == ("allowed", "internet")


def test_a_way_out_for_one_port_and_one_block_is_a_leak() -> None:
    net = Pipeline()
    net["sg-build"]["IpPermissionsEgress"] = [
        net._permission(one) for one in (("udp", 53, 53, "198.51.100.53/32"), ("tcp", 443, 443, "10.10.0.0/16"))
    ]
    net.with_nat()
    found = Checked(net)
    assert found.overall == "leaking"
    verdict = found.cell("internet").verdict
    assert verdict is not None
    assert verdict.paths[0].traffic[0].destination == ("198.51.100.53",)


def test_a_way_to_s3_s_public_addresses_is_a_leak_though_a_policy_refuses_the_build_s_own_requests() -> None:
    """The group admits S3's prefix list, and no endpoint is in the table: whoever brings other credentials, or none,
    gets out by the NAT gateway."""
    refused = statement("s3:*", effect="Deny", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-s3"}})
    bucket = ("S3", "app-source/source.zip")
    net = Pipeline(build_role=[*BUILD_ROLE, refused], s3_tables=("client",), source=bucket)
    net.put("s3api/get-bucket-policy/app-source", {"Error": {"Code": "NoSuchBucketPolicy"}}, region="global")
    net["p1"]["source"]["buildspec"] = "version: 0.2\nphases:\n  build:\n    commands: [make]\n"
    net.with_nat()
    (s3,) = (one["PrefixListId"] for one in net._lists["ec2/describe-prefix-lists"])
    net["sg-build"]["IpPermissionsEgress"] = [net._permission(one) for one in (HTTPS, ("tcp", 443, 443, s3))]
    found = Checked(net)
    assert found.fate("internet")[0] == "blocked"
    assert (found.step("source").outcome, found.overall) == ("blocked", "leaking")
    assert found.findings()["PUBLIC_EGRESS_POSSIBLE"] == "high"
    (told,) = (one for one in found.check.findings if one.id == "PUBLIC_EGRESS_POSSIBLE")
    assert "s3: the network lets it through aws-public, though a policy refuses these requests" in told.evidence[0]


def test_ipv6_by_an_egress_only_gateway_is_a_leak() -> None:
    net = Pipeline()
    net["vpc-1"]["Ipv6CidrBlockAssociationSet"] = [
        {"Ipv6CidrBlock": "2600:1f10:0:100::/56", "Ipv6CidrBlockState": {"State": "associated"}}
    ]
    net[net.build_a]["Ipv6CidrBlockAssociationSet"] = [
        {"Ipv6CidrBlock": "2600:1f10:0:101::/64", "Ipv6CidrBlockState": {"State": "associated"}}
    ]
    net[net.build_a]["AssignIpv6AddressOnCreation"] = True
    net["sg-build"]["IpPermissionsEgress"].append(net._permission(("-1", None, None, "::/0")))
    net.route("rtb-build", "::/0", net.eigw("vpc-1"))
    assert Checked(net).overall == "leaking"


def test_a_private_gateway_that_nobody_listed_is_a_leak() -> None:
    net = Pipeline()
    net.route("rtb-build", "192.168.0.0/16", net.vgw("vpc-1"))
    found = Checked(net)
    assert found.overall == "leaking"
    assert exits(found.check) == {("PUBLIC_EGRESS_POSSIBLE", "medium", "vgw-1")}


@pytest.mark.parametrize(
    "target",
    [
        {"LocalGatewayId": "lgw-1"},
        {"CarrierGatewayId": "cagw-1"},
        {"CoreNetworkArn": "arn:aws:networkmanager::111111111111:core-network/core-network-1"},
        {"OdbNetworkArn": "arn:aws:odb:us-east-1:111111111111:odb-network/odbnet-1"},
    ],
)
def test_what_lies_behind_a_target_that_is_not_modelled_is_not_known(target: dict[str, str]) -> None:
    net = Pipeline()
    route = {"DestinationCidrBlock": "10.0.0.0/8", "State": "active", "Origin": "CreateRoute", **target}
    net["rtb-build"]["Routes"].append(route)
    found = Checked(net)
    assert (found.overall, found.check.exit_code) == ("undecided", 3)
    assert any(one.code == "UNMODELLED_COMPONENT" for one in found.check.assumptions)


@pytest.mark.parametrize(("admits", "overall"), [(True, "undecided"), (False, "private-and-working")])
def test_an_appliance_may_lead_to_a_private_network(admits: bool, overall: str) -> None:
    net = Pipeline()
    group = net.group("vpc-1", ingress=[ANYWHERE] if admits else [], egress=[ANYWHERE])
    appliance = net.interface(net.client_a, "10.10.21.77", [group], source_dest_check=False)
    net["rtb-build"]["Routes"].append(
        {"DestinationCidrBlock": "10.0.0.0/8", "NetworkInterfaceId": appliance, "State": "active",
         "Origin": "CreateRoute"}
    )  # fmt: skip
    assert Checked(net).overall == overall


def test_exposed_without_a_way_out() -> None:
    net = Pipeline()
    public_client(net, egress=False)
    found = Checked(net)
    assert found.overall == "exposed"
    assert found.fate(CLIENT, "internet") == ("allowed", "internet")
    assert found.findings()["INTERFACE_EXPOSED"] == "high"


def two_ways(net: Pipeline) -> None:
    """A NAT gateway for builds of the second subnet, one in a state that nobody knows for those of the first."""
    nat = net.with_nat([])
    net.table("vpc-1", [("0.0.0.0/0", nat)], name="c")
    net["rtb-build"]["Associations"] = [
        one for one in net["rtb-build"]["Associations"] if one.get("SubnetId") != net.build_c
    ]
    net["rtb-c"]["Associations"].append({"RouteTableId": "rtb-c", "SubnetId": net.build_c, "Main": False})
    unsure = net.nat("subnet-pub", "10.10.31.10", "203.0.113.10", name="2")
    net[unsure]["State"] = "wondering"
    net.route("rtb-build", "0.0.0.0/0", unsure)


def test_a_sure_way_out_is_a_leak_whatever_else_is_not_known() -> None:
    """DESIGN, "How overall is found": what is proven of 1 comes before what a file leaves open of it."""
    net = Pipeline()
    two_ways(net)
    endpoint_route = next(one for one in net["rtb-build"]["Routes"] if one.get("GatewayId") == "vpce-s3")
    net["vpce-s3"]["RouteTableIds"].append("rtb-c")
    net["rtb-c"]["Routes"].append(dict(endpoint_route))
    found = Checked(net)
    assert (found.overall, found.fate("internet"), found.fate("s3")) == (
        "leaking", ("unknown", "none"), ("allowed", "private")
    )  # fmt: skip
    (leak,) = [one for one in found.check.findings if one.id == "PUBLIC_EGRESS_POSSIBLE"]
    assert leak.component == "nat-1"
    assert "codebuild:p1 → internet: some of it gets through internet, what becomes of the rest is not known" in (
        leak.evidence
    )
    assert found.check.exit_code == 1


def test_leaking_comes_before_exposed() -> None:
    net = Pipeline()
    public_client(net, egress=True)
    found = Checked(net)
    assert found.overall == "leaking"
    assert found.findings()["INTERFACE_EXPOSED"] == "high"


def nat_unseen(net: Pipeline) -> Check:
    net.with_nat()
    return without(net, "describe-nat-gateways")


def gateway_unseen(net: Pipeline) -> Check:
    net.with_nat()
    return without(net, "describe-internet-gateways")


def transit_unseen(net: Pipeline) -> Check:
    net.route("rtb-build", "0.0.0.0/0", "tgw-1")
    return without(net, "describe-transit-gateways", "describe-transit-gateway-vpc-attachments")


def acls_unseen(net: Pipeline) -> Check:
    net.with_nat()
    return without(net, "describe-network-acls")


def projects_unseen(net: Pipeline) -> Check:
    return without(net, "batch-get-projects")


def tables_unseen(net: Pipeline) -> Check:
    return without(net, "describe-route-tables")


@pytest.mark.parametrize(
    "unseen", [nat_unseen, gateway_unseen, transit_unseen, acls_unseen, projects_unseen, tables_unseen]
)
def test_what_is_missing_leaves_it_undecided_and_is_named(unseen: Callable[[Pipeline], Check]) -> None:
    check = unseen(Pipeline())
    assert check.overall == "undecided"
    assert check.missing
    assert check.exit_code == 3


@pytest.mark.parametrize(
    "operation",
    [
        "describe-nat-gateways",
        "describe-vpn-gateways",
        "describe-internet-gateways",
    ],
)
def test_what_cannot_matter_is_not_asked_for(operation: str) -> None:
    check = without(Pipeline(), operation)
    assert (check.overall, check.missing) == ("private-and-working", ())


def test_a_missing_file_does_not_hide_a_leak() -> None:
    net = Pipeline(in_vpc=False)
    assert without(net, "describe-route-tables").overall == "leaking"


def test_failing_comes_before_a_gap_in_another_step() -> None:
    net = Pipeline(endpoints=["ecr.api", "ecr.dkr", "logs"])
    check = Checked(net).check
    assert (check.overall, check.exit_code) == ("private-but-failing", 1)


def test_a_blocked_cell_that_nothing_needs_is_no_finding() -> None:
    found = Checked(Pipeline())
    assert found.fate("sts") == ("blocked", "none")
    assert not found.cell("sts").needed
    assert found.findings() == {"ENDPOINT_POLICY_LETS_DATA_OUT": "low"}


def test_logs_switched_off_are_not_needed() -> None:
    net = Pipeline(endpoints=["git-codecommit", "ecr.api", "ecr.dkr"], logs="DISABLED")
    found = Checked(net)
    assert found.overall == "private-and-working"
    assert not found.cell("logs").needed


def test_a_source_on_github_needs_the_internet() -> None:
    net = Pipeline(source=("GITHUB", "https://github.com/example/app"))
    found = Checked(net)
    assert found.overall == "private-but-failing"
    assert found.step("source").contacts == ("host:github.com",)
    net.with_nat()
    found = Checked(net)
    assert found.overall == "leaking"
    assert ("PUBLIC_EGRESS_POSSIBLE", "high", "nat-1") in exits(found.check)


def test_rows_with_equal_answers_are_told() -> None:
    net = Pipeline()
    net.project(
        "p2", "vpc-1", [net.build_a, net.build_c], ["sg-build"], serviceRole=f"arn:aws:iam::{net.account}:role/build",
        source=("CODECOMMIT", f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/app"),
    )  # fmt: skip
    found = Checked(net)
    assert found.overall == "private-and-working"
    assert found.check.same_as == {BUILD: ("codebuild:p2",)}


def test_clients_are_the_instances_that_may_use_git() -> None:
    net = Pipeline()
    net.instance(net.client_a, "10.10.21.6", [net.group("vpc-1", [], [ANYWHERE])], name="2")
    assert {one.source for one in Checked(net).check.matrix} == {BUILD, CLIENT, "internet"}
    files = net.files()
    del files[f"{net.account}/global/iam/get-account-authorization-details.json"]
    sources = {one.source for one in load_files(files).check().matrix}
    assert sources == {BUILD, CLIENT, "i-2", "internet"}


def test_a_terminated_instance_pushes_no_more() -> None:
    """AWS lists it for a while, without its interfaces."""
    net = Pipeline()
    rows = net._lists["ec2/describe-network-interfaces"]
    rows.remove(next(one for one in rows if one["NetworkInterfaceId"] == "eni-1-eth0"))
    net["i-1"]["State"]["Name"] = "terminated"
    net["i-1"]["NetworkInterfaces"] = []
    found = Checked(net)
    assert found.overall == "private-and-working"
    assert {one.source for one in found.check.matrix} == {BUILD, "internet"}


def test_chosen_sources_replace_those_found() -> None:
    check = load_files(Pipeline().files()).check([CLIENT])
    assert {one.source for one in check.matrix} == {CLIENT, "internet"}
    assert check.overall == "private-and-working"
