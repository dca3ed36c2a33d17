"""Fixes of ways that lead nowhere: to shared endpoints of another account, past routes whose target is gone, out of
fleets; each ends private and working, which the reference interpreter confirms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from reachsim import load_files
from reachsim.fix import Plan, awscli, cloudformation, terraform
from reachsim.fix.steps import AddGroupRule, CreateEndpoint, CreateGroup, Step, describe
from tests.build import AclEntry
from tests.scenarios.hub import CENTRAL, shared
from tests.scenarios.pipelines import ACCOUNT, IN, OUT, REGION, Pipeline, for_all, policy
from tests.scenarios.test_fix import Files, assert_interpreted, assert_no_step_is_idle, fixed, steps_of, with_acl

FLEET = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:fleet/f1:1"
HALF = [(100, "in", "allow", "tcp", (443, 443), "10.10.0.0/16"), (100, "out", "allow", "tcp", (443, 443), "0.0.0.0/0")]
OWN_ONLY = for_all("ecr:*", Condition={"StringEquals": {"aws:PrincipalAccount": CENTRAL}})


def stale(destination: str, target: str, **more: Any) -> Files:
    """A route of the build's table whose target is gone."""
    net = Pipeline(**more)
    net.route("rtb-build", destination, target, state="blackhole")
    return net.files()


def endpoint_gone() -> Files:
    net = Pipeline()
    rows = net._lists["ec2/describe-vpc-endpoints"]
    rows[:] = [one for one in rows if one["VpcEndpointId"] != "vpce-s3"]
    for route in (*net["rtb-build"]["Routes"], *net["rtb-client"]["Routes"]):
        if "DestinationPrefixListId" in route:
            route["State"] = "blackhole"
    return net.files()


def on_fleet(**fleet: Any) -> Pipeline:
    net = Pipeline(in_vpc=False)
    net["p1"]["environment"]["fleet"] = {"fleetArn": FLEET}
    net._add("codebuild/batch-get-fleets", FLEET, {"arn": FLEET, "name": "f1"} | fleet)
    return net


def inbound_only(gateway: bool) -> Files:
    """An interface endpoint of S3 whose private names are for inbound resolver endpoints alone."""
    net = Pipeline(s3_tables=["client"])
    names = [f"s3.{REGION}.amazonaws.com", f"*.s3.{REGION}.amazonaws.com"]
    places = {net.ep_a: "10.10.11.40", net.ep_c: "10.10.12.40"}
    net.interface_endpoint("vpc-1", "s3", places, ["sg-ep"], names=names, name="inner")
    net["vpce-inner"]["DnsOptions"]["PrivateDnsOnlyForInboundResolverEndpoint"] = True
    if not gateway:
        rows = net._lists["ec2/describe-vpc-endpoints"]
        rows[:] = [one for one in rows if one["VpcEndpointId"] != "vpce-s3"]
        for table in ("rtb-build", "rtb-client"):
            net[table]["Routes"] = [one for one in net[table]["Routes"] if "DestinationPrefixListId" not in one]
    return net.files()


def dual_stack(*entries: AclEntry) -> Files:
    """Subnets and endpoints with both families, and groups that let both out of the build; ``entries``: a network ACL
    of the endpoints' subnets, whose group then lets in both.
    """
    net = Pipeline()
    net["vpc-1"]["Ipv6CidrBlockAssociationSet"] = [_six("2001:db8:10::/56")]
    for table in ("rtb-build", "rtb-ep", "rtb-client"):
        net.route(table, "2001:db8:10::/56", "local", origin="CreateRouteTable")
    for number, subnet in enumerate((net.build_a, net.build_c, net.ep_a, net.ep_c, net.client_a), 1):
        six = [_six(f"2001:db8:10:{number}::/64")]
        net[subnet].update(Ipv6CidrBlockAssociationSet=six, AssignIpv6AddressOnCreation=True)
    for number, service in enumerate(("git-codecommit", "ecr-api", "ecr-dkr", "logs"), 20):
        net[f"vpce-{service}"].update(IpAddressType="dualstack", DnsOptions={"DnsRecordIpType": "dualstack"})
        for place in (1, 2):
            address = {"Ipv6Address": f"2001:db8:10:{2 + place}::{number}"}
            net[f"eni-vpce-{service}-{place}"].update(Ipv6Addresses=[address], DenyAllIgwTraffic=True)
    for group in ("sg-build", "sg-client"):
        net.permit(group, "out", ("-1", None, None, "::/0"))
    if entries:
        net["sg-ep"]["IpPermissions"] = [net._permission(("tcp", 443, 443, one)) for one in ("sg-build", "sg-client")]
        net.use_acl(net.acl("vpc-1", entries, name="x"), net.ep_a, net.ep_c)
    return net.files()


def _six(block: str) -> dict[str, Any]:
    return {"Ipv6CidrBlock": block, "Ipv6CidrBlockState": {"State": "associated"}}


GROUP = [
    ("sg-proposed-p1", "create security group codebuild-p1 in vpc-1"),
    ("sg-proposed-p1", "add egress rule: tcp 443 to sg-ep"),
    ("sg-proposed-p1", "add egress rule: tcp 443 to pl-1"),
]
PLACE = "run in subnet-build-a, subnet-build-c of vpc-1 with"
IN_VPC = {"vpcId": "vpc-1", "subnets": ["subnet-build-a"], "securityGroupIds": ["sg-build"]}
FAILING: dict[str, tuple[Callable[[], Files], list[tuple[str, str]]]] = {
    "no route back, transit gateway": (lambda: shared(missing=["back"]), [
        ("rtb-ht", "add route 10.10.0.0/16 to tgw-h1")]),
    "no route back, peering": (lambda: shared("pcx", ["back"]), [("rtb-ht", "add route 10.10.0.0/16 to pcx-1")]),
    "no route there": (lambda: shared(missing=["forth"]), [
        ("rtb-build", "add route 10.99.0.0/16 to tgw-h1"), ("rtb-client", "add route 10.99.0.0/16 to tgw-h1")]),
    "neither": (lambda: shared("pcx", ["forth", "back"]), [
        ("rtb-build", "add route 10.99.0.0/16 to pcx-1"), ("rtb-client", "add route 10.99.0.0/16 to pcx-1"),
        ("rtb-ht", "add route 10.10.0.0/16 to pcx-1")]),
    "no route back in the transit gateway": (lambda: shared(missing=["gateway"]), [
        ("tgw-rtb-h1", "add static route 10.10.0.0/16 to tgw-attach-hspoke of vpc-1")]),
    "zones of the central VPC alone": (lambda: shared(missing=["zones"]), [
        (f"Z333{number}", "associate the private hosted zone with vpc-1") for number in (1, 2, 3, 4)]),
    "endpoints' group over a transit gateway": (lambda: shared(admits="10.20.0.0/16"), [
        ("sg-hep", f"add ingress rule: tcp 443 from {block}")
        for block in ("10.10.1.0/24", "10.10.2.0/24", "10.10.21.0/24")]),
    "endpoints' group over a peering connection": (lambda: shared("pcx", admits="10.20.0.0/16"), [
        ("sg-hep", f"add ingress rule: tcp 443 from {group} of {ACCOUNT}") for group in ("sg-build", "sg-client")]),
    "central network ACL": (lambda: shared(acl=HALF), [  # type: ignore[arg-type]
        ("acl-hx", "add inbound rule 110: allow tcp 32768-60999 from 10.99.1.0/24"),
        ("acl-hx", "add outbound rule 110: allow tcp 32768-60999 to 10.10.1.0/24"),
        ("acl-hx", "add outbound rule 120: allow tcp 32768-60999 to 10.10.2.0/24"),
        ("acl-hx", "add outbound rule 130: allow tcp 32768-60999 to 10.10.21.0/24")]),
    "central endpoint policy": (lambda: shared(policies={"ecr.api": policy(OWN_ONLY)}), [
        ("vpce-hecr-api", "add policy statement: Allow ecr:GetAuthorizationToken on * if aws:PrincipalAccount "
         f"StringEquals {ACCOUNT}")]),
    "the S3 endpoint is gone and its route is not": (endpoint_gone, [
        ("rtb-build", "delete route pl-1, which leads to vpce-s3"),
        ("vpce-proposed-s3", "create gateway endpoint for s3 in rtb-build")]),
    "the route of another S3 endpoint that is gone": (lambda: stale("pl-1", "vpce-gone", s3_tables=["client"]), [
        ("rtb-build", "delete route pl-1, which leads to vpce-gone"),
        ("vpce-s3", "associate with route table rtb-build")]),
    "a stale route that hides part of an endpoint's": (lambda: stale("52.216.0.0/16", "nat-gone"), [
        ("rtb-build", "delete route 52.216.0.0/16, which leads to nat-gone")]),
    "a stale route, and no endpoint behind it": (lambda: stale("52.216.0.0/16", "nat-gone", s3_tables=["client"]), [
        ("rtb-build", "delete route 52.216.0.0/16, which leads to nat-gone"),
        ("vpce-s3", "associate with route table rtb-build")]),
    "a stale default route that hides nothing": (lambda: stale("0.0.0.0/0", "nat-gone", s3_tables=["client"]), [
        ("vpce-s3", "associate with route table rtb-build")]),
    "a stale route to the endpoints' subnet": (lambda: stale("10.10.11.0/24", "eni-gone"), [
        ("rtb-build", "delete route 10.10.11.0/24, which leads to eni-gone")]),
    "a fleet without a VPC": (lambda: on_fleet().files(), [*GROUP, (FLEET, f"{PLACE} sg-proposed-p1")]),
    "a fleet without a VPC whose builds may overflow": (lambda: on_fleet(overflowBehavior="ON_DEMAND").files(), [
        *GROUP, (FLEET, f"{PLACE} sg-proposed-p1"), ("codebuild:p1", f"{PLACE} sg-proposed-p1")]),
    "builds that overflow a fleet in a VPC": (
        lambda: on_fleet(overflowBehavior="ON_DEMAND", vpcConfig=IN_VPC).files(), [
        ("codebuild:p1", "run in subnet-build-a of vpc-1 with sg-build")]),
    "private names for resolver endpoints alone": (lambda: inbound_only(gateway=True), [
        ("vpce-s3", "associate with route table rtb-build")]),
    "private names for resolver endpoints alone, no gateway endpoint": (lambda: inbound_only(gateway=False), [
        ("vpce-proposed-s3", "create gateway endpoint for s3 in rtb-build")]),
    "both families, and a group that lets IPv4 in": (dual_stack, [
        ("sg-ep", "add ingress rule: tcp 443 from sg-build")]),
    "both families, and a network ACL that lets IPv4 through": (lambda: dual_stack(IN, OUT), [
        ("acl-x", "add inbound rule 110: allow tcp 443 from 2001:db8:10:1::/64"),
        ("acl-x", "add inbound rule 120: allow tcp 443 from 2001:db8:10:2::/64"),
        ("acl-x", "add outbound rule 110: allow tcp 32768-60999 to 2001:db8:10:1::/64"),
        ("acl-x", "add outbound rule 120: allow tcp 32768-60999 to 2001:db8:10:2::/64")]),
    "the highest number of a network ACL is taken": (
        lambda: with_acl([(32766, "in", "allow", "tcp", (443, 443), "10.10.21.0/24"),
                          (100, "out", "allow", "-1", None, "0.0.0.0/0")], "ep-a", "ep-c").files(), [
        ("acl-x", "add inbound rule 32764: allow tcp 443 from 10.10.1.0/24"),
        ("acl-x", "add inbound rule 32765: allow tcp 443 from 10.10.2.0/24")]),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILING)
def test_a_way_that_leads_nowhere_is_led_where_it_belongs(name: str) -> None:
    make, expected = FAILING[name]
    files = make()
    plan = load_files(files).fix()
    assert sorted(steps_of(plan)) == sorted(expected)
    assert (plan.status, plan.after, plan.left) == ("proven", "private-and-working", ())
    assert plan.diff.gate[0] == "pass"
    reach = fixed(files, plan)
    assert reach.fix().status == "nothing to fix"
    assert_interpreted(reach)
    assert_no_step_is_idle(files, plan)


def test_shared_endpoints_that_serve_need_nothing() -> None:
    for link in ("tgw", "pcx"):
        assert load_files(shared(link)).fix().status == "nothing to fix"


def test_no_endpoint_is_proposed_beside_a_zone_that_answers_its_name() -> None:
    """AWS refuses private DNS where a private hosted zone of that name is associated with the VPC."""
    plan = load_files(shared(missing=["back"])).fix()
    every = [step for mend in plan.mends for steps, _ in mend.alternatives for step in steps]
    assert not any("endpoint for" in describe(step) for step in (*plan.steps, *every))


def test_what_a_route_opens_to_others_of_the_central_vpc_is_told() -> None:
    files = shared("pcx", ["back"])
    path = f"{CENTRAL}/{REGION}/ec2/describe-network-interfaces.json"
    held = json.loads(files[path])
    held["NetworkInterfaces"].append({
        "NetworkInterfaceId": "eni-beside", "SubnetId": "subnet-ha", "VpcId": "vpc-h1", "OwnerId": CENTRAL,
        "InterfaceType": "interface", "Status": "in-use", "SourceDestCheck": True, "PrivateIpAddress": "10.99.1.77",
        "PrivateIpAddresses": [{"PrivateIpAddress": "10.99.1.77", "Primary": True}], "Ipv6Addresses": [],
        "Groups": [{"GroupId": "sg-hep", "GroupName": "sg-hep"}], "AvailabilityZone": f"{REGION}a", "TagSet": [],
    })  # fmt: skip
    files[path] = json.dumps(held).encode()
    group = f"{ACCOUNT}/{REGION}/ec2/describe-security-groups.json"
    groups = json.loads(files[group])
    client = next(one for one in groups["SecurityGroups"] if one["GroupId"] == "sg-client")
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.99.0.0/16"}]}
    client["IpPermissions"] = [ssh | {"PrefixListIds": [], "Ipv6Ranges": [], "UserIdGroupPairs": []}]
    files[group] = json.dumps(groups).encode()
    plan = load_files(files).fix()
    assert "eni-beside" in {one.source for one in plan.also_opens}


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: on_fleet(proxyConfiguration={"defaultBehavior": "ALLOW_ALL"}), "managed proxy"),
        (lambda: _lambda(), "Lambda compute runs outside every VPC"),
    ],
)
def test_what_runs_in_no_vpc_is_said(make: Callable[[], Pipeline], why: str) -> None:
    plan = load_files(make().files()).fix()
    assert (plan.status, plan.steps) == ("partly", ())
    assert all(why in one.why for one in plan.left)


def _lambda() -> Pipeline:
    net = Pipeline(in_vpc=False)
    net["p1"]["environment"]["type"] = "LINUX_LAMBDA_CONTAINER"
    return net


def forms(plan: Plan, files: Files) -> tuple[str, str, str]:
    network = load_files(files).network
    return (awscli.render(network, plan.steps, plan.policies), terraform.render(plan.steps, plan.policies),
            cloudformation.render(plan.steps, plan.policies))  # fmt: skip


def test_forms_of_a_route_back() -> None:
    files = shared(missing=["back", "gateway"])
    commands, blocks, template = forms(load_files(files).fix(), files)
    assert (
        "aws ec2 create-route --route-table-id rtb-ht --destination-cidr-block 10.10.0.0/16 --transit-gateway-id tgw-h1"
        in commands
    )
    assert "aws ec2 create-transit-gateway-route --transit-gateway-route-table-id tgw-rtb-h1" in commands
    assert 'transit_gateway_id     = "tgw-h1"' in blocks
    assert 'resource "aws_ec2_transit_gateway_route"' in blocks
    kinds = {one["Type"] for one in json.loads(template)["Resources"].values()}
    assert kinds == {"AWS::EC2::Route", "AWS::EC2::TransitGatewayRoute"}


def test_forms_of_another_accounts_zone_take_its_leave_first() -> None:
    files = shared(missing=["zones"])
    commands, blocks, _ = forms(load_files(files).fix(), files)
    lines = commands.splitlines()
    for number in (1, 2, 3, 4):
        zone = f"--hosted-zone-id Z333{number} --vpc VPCRegion={REGION},VPCId=vpc-1"
        leave, there = (
            lines.index(f"aws route53 {call} {zone}")
            for call in ("create-vpc-association-authorization", "associate-vpc-with-hosted-zone")
        )
        assert (lines[leave - 1], lines[leave + 1], there) == (f"# in {CENTRAL}:", f"# in {ACCOUNT}:", leave + 2)
    assert blocks.count('resource "aws_route53_vpc_association_authorization"') == 4
    assert blocks.count('resource "aws_route53_zone_association"') == 4


def test_a_stale_route_goes_before_what_takes_its_place() -> None:
    files = endpoint_gone()
    commands, _, _ = forms(load_files(files).fix(), files)
    gone = commands.index("aws ec2 delete-route --route-table-id rtb-build --destination-prefix-list-id pl-1")
    assert gone < commands.index("aws ec2 create-vpc-endpoint")


def test_a_fleet_is_moved_by_its_own_call() -> None:
    files = on_fleet().files()
    assert load_files(files).fix().unjudged == (
        f"whether {FLEET} has a service role that may create network interfaces, which it needs in a VPC",
    )
    commands, blocks, template = forms(load_files(files).fix(), files)
    assert f"aws codebuild update-fleet --arn {FLEET} --vpc-config" in commands
    assert f"# In the aws_codebuild_fleet that is {FLEET}:" in blocks
    assert any(FLEET in one for one in json.loads(template)["Metadata"]["ChangesToExistingResources"])


def two_vpcs() -> Files:
    """A project in each of two VPCs without any endpoint, and one outside of both."""
    net = Pipeline(endpoints=[], s3_tables=[])
    net._lists["ec2/describe-vpc-endpoints"].clear()
    net.vpc("10.40.0.0/16", name="2")
    other = net.subnet("vpc-2", "10.40.1.0/24", f"{REGION}a", table=net.table("vpc-2", name="o"), name="o")
    group = net.group("vpc-2", [], [("-1", None, None, "0.0.0.0/0")], name="o")
    source = ("CODECOMMIT", f"https://git-codecommit.{REGION}.amazonaws.com/v1/repos/app")
    role = f"arn:aws:iam::{ACCOUNT}:role/build"
    net.project("p2", "vpc-2", [other], [group], source=source, serviceRole=role)
    net.project("p3_x", source=source, serviceRole=role)
    return net.files()


def test_what_is_made_in_two_vpcs_has_two_ids_in_every_form() -> None:
    files = two_vpcs()
    plan = load_files(files).fix()
    assert (plan.status, plan.after, plan.left) == ("proven", "private-and-working", ())
    made = [(one.vpc, one.service, one.id) for one in plan.steps if isinstance(one, CreateEndpoint)]
    served = {"git-codecommit", "ecr.api", "ecr.dkr", "logs", "s3"}
    assert {(vpc, service) for vpc, service, _ in made} == {(vpc, one) for vpc in ("vpc-1", "vpc-2") for one in served}
    assert len({one for *_, one in made}) == len(made) == 2 * len(served)
    groups = [one for one in plan.steps if isinstance(one, CreateGroup)]
    assert len({one.id for one in groups}) == len(groups)
    commands, blocks, template = forms(plan, files)
    assert "-proposed-" not in commands
    assert '"$SG_PROPOSED_ENDPOINTS_2"' in commands
    assert not re.search(r'"\$\w+"-', commands)
    names = re.findall(r'^resource "(\w+" "\w+)"', blocks, re.MULTILINE)
    assert len({*names}) == len(names)
    assert "proposed" not in blocks.lower().replace("sg_proposed", "").replace("proposals", "")
    resources = json.loads(template)["Resources"]
    assert len(resources) == len([one for one in plan.steps if cloudformation_makes(one)])
    assert all(name.isalnum() for name in resources)


def cloudformation_makes(step: Step) -> bool:
    return isinstance(step, CreateEndpoint | CreateGroup | AddGroupRule)
