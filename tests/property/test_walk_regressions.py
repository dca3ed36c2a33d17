"""What the comparison of engine and interpreter on random networks has brought to light, each as a network by hand.

Every question is asked of both: they must agree on each class of packets, and the outcomes are those that the facts
(N… of the network-semantics sheet) tell.
"""

from __future__ import annotations

import random

import pytest

from reachsim import load_files
from tests.build import Build, GroupRule
from tests.deep.differential import disagreement
from tests.property.comparison import assert_partition, compare, world_of

OPEN: tuple[GroupRule, ...] = (("-1", None, None, "0.0.0.0/0"), ("-1", None, None, "::/0"))
V6 = "2600:1f18:0:{}00::/56"
INTERNET, INTERNET_V6 = "ip:203.0.113.7", "ip:2001:db8::7"


def outcomes(net: Build, source: str, destination: str, protocol: str = "tcp", port: int = 443) -> set[str]:
    """The engine's outcomes for a question's classes, after the interpreter has agreed to each of them."""
    files = net.files()
    found = set()
    for scenario in load_files(files).scenarios(source, destination, protocol, port):
        assert_partition(scenario)
        compare(world_of(files), scenario, random.Random(0))
        found |= {flow.outcome for flow in scenario.flows} or {"blocked" if scenario.blocks else "unknown"}
    return found


def codes(net: Build, source: str, destination: str, protocol: str = "tcp", port: int = 443) -> set[str]:
    scenarios = load_files(net.files()).scenarios(source, destination, protocol, port)
    return {block.code for scenario in scenarios for flow in scenario.flows for block in flow.blocks}


def routes(net: Build, source: str, destination: str) -> set[str | None]:
    scenarios = load_files(net.files()).scenarios(source, destination, "tcp", 443)
    return {flow.context.route for scenario in scenarios for flow in scenario.flows}


def host(net: Build, index: int, groups: tuple[str, ...] = (), public: str | None = None) -> str:
    """A VPC ``vpc-INDEX`` of one dual-stack subnet, and its open interface ``eni-INDEX``."""
    vpc = net.vpc(f"10.{index}.0.0/16", V6.format(index), name=str(index))
    subnet = net.subnet(vpc, f"10.{index}.1.0/24", ipv6=f"2600:1f18:0:{index}01::/64", name=str(index))
    groups = groups or (net.group(vpc, OPEN, OPEN, name=f"open-{index}"),)
    return net.interface(
        subnet, f"10.{index}.1.5", groups, public, ipv6=f"2600:1f18:0:{index}01::5", name=str(index)
    )  # fmt: skip


def hub(net: Build, *indices: int) -> tuple[str, str]:
    """A transit gateway that joins the VPCs, everything routed to it from the first; its table."""
    tgw = net.tgw()
    table = net.tgw_table(tgw)
    for index in indices:
        attachment = net.tgw_attachment(tgw, f"vpc-{index}", [f"subnet-{index}"], name=str(index))
        net.associate(table, attachment)
        net.tgw_route(table, f"10.{index}.0.0/16", attachment, "propagated")
        net.tgw_route(table, V6.format(index), attachment, "propagated")
    net.route(f"rtb-{indices[0]}-main", "0.0.0.0/0", tgw)
    net.route(f"rtb-{indices[0]}-main", "::/0", tgw)
    return tgw, table


def test_a_vpn_gateway_takes_nothing_from_another_vpc_with_the_same_block() -> None:
    """VPC Reachability Analyzer, "Explanation codes", VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS: a virtual private gateway
    takes no traffic whose source is no private address of an interface of its VPC."""
    net = Build()
    everyone = [net.vpc("100.64.0.0/16", name=name) for name in ("a", "b")]
    subnets = [net.subnet(vpc, f"100.64.{number}.0/24") for number, vpc in enumerate(everyone)]
    source, _ = (net.interface(subnet, f"100.64.{number}.5", [net.group(vpc, OPEN, OPEN)])
                 for number, (vpc, subnet) in enumerate(zip(everyone, subnets, strict=True)))  # fmt: skip
    tgw = net.tgw()
    table = net.tgw_table(tgw)
    ways = [net.tgw_attachment(tgw, vpc, [subnet]) for vpc, subnet in zip(everyone, subnets, strict=True)]
    for way in ways:
        net.associate(table, way)
    net.tgw_route(table, "203.0.113.0/24", ways[1])
    net.route("rtb-a-main", "203.0.113.0/24", tgw)
    net.route("rtb-b-main", "203.0.113.0/24", net.vgw(everyone[1]))
    assert outcomes(net, source, INTERNET) == {"blocked"}
    assert codes(net, source, INTERNET) == {"VGW_PRIVATE_IP_ASSOCIATION_FOR_EGRESS"}


# --- Repaired in the engine -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one_by_one", [True, False])
def test_a_prefix_list_of_a_transit_gateway_goes_before_what_is_propagated(*, one_by_one: bool) -> None:  # N185
    """AWS shows each entry of the list as a propagated route that names it."""
    net = Build()
    source = host(net, 0)
    host(net, 1)
    _, table = hub(net, 0, 1)
    net.route("rtb-1-main", "10.0.0.0/16", "tgw-1")
    assert outcomes(net, source, "ip:10.1.1.5") == {"allowed"}
    net.tgw_list(table, net.prefix_list(["10.1.0.0/16"]), "blackhole", one_by_one=one_by_one)
    assert outcomes(net, source, "ip:10.1.1.5") == {"blocked"}
    net.tgw_route(table, "10.1.0.0/16", "tgw-attach-1")
    assert outcomes(net, source, "ip:10.1.1.5") == {"allowed"}


def test_a_task_with_ipv6_only_needs_no_unknown_public_address() -> None:  # N36
    """To IPv6 addresses of another VPC, by way of the internet; "a public address" is one of IPv4."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16", V6.format(0), name="0")
    subnet = net.subnet(vpc, None, ipv6="2600:1f18:0:1::/64", name="0")
    net.route("rtb-0-main", "::/0", net.igw(vpc))
    host(net, 1)
    net.route("rtb-1-main", "::/0", net.igw("vpc-1"))
    groups = [net.group(vpc, OPEN, OPEN)]
    awsvpc = {"subnets": [subnet], "securityGroups": groups, "assignPublicIp": "ENABLED"}
    service = {"serviceName": "web", "launchType": "FARGATE", "networkConfiguration": {"awsvpcConfiguration": awsvpc}}
    net.put("ecs/describe-services/main", {"services": [service]})
    net._lists["ecs/list-clusters"].append("arn:aws:ecs:us-east-1:111111111111:cluster/main")
    assert outcomes(net, "ecs:main/web", "ip:2600:1f18:0:101::5") == {"allowed"}
    assert outcomes(net, "ecs:main/web", "ip:2600:1f18:0:101::6") == {"blocked"}


def test_without_route_tables_it_is_not_known_whether_a_core_network_leads_in() -> None:  # N20, N195
    net = Build()
    target = host(net, 0)
    net.route("rtb-0-main", "192.168.0.0/16", "arn:aws:networkmanager::111111111111:core-network/c")
    files = net.files()
    assert load_files(files).simulate("ip:192.168.7.5", target).outcome == "unknown"
    (path,) = (path for path in files if path.endswith("/describe-route-tables.json"))
    del files[path]
    found = load_files(files).simulate("ip:192.168.7.5", target)
    assert (found.outcome, found.missing) == ("unknown", (path,))


def open_firewall(net: Build, vpc: str, endpoint: str) -> None:
    """A Network Firewall behind an endpoint, which passes everything."""
    arn = f"arn:aws:network-firewall:{net.region}:{net.account}:{{}}%2Ff"
    own = {"FirewallName": "f", "FirewallArn": arn.format("firewall").replace("%2F", "/"), "VpcId": vpc,
           "FirewallPolicyArn": arn.format("firewall-policy").replace("%2F", "/")}  # fmt: skip
    status = {"SyncStates": {"us-east-1a": {"Attachment": {"EndpointId": endpoint, "Status": "READY"}}}}
    net.put(f"network-firewall/describe-firewall/{arn.format('firewall')}", {"Firewall": own, "FirewallStatus": status})
    policy = {"StatelessDefaultActions": ["aws:pass"], "StatelessFragmentDefaultActions": ["aws:pass"]}
    net.put(f"network-firewall/describe-firewall-policy/{arn.format('firewall-policy')}", {"FirewallPolicy": policy})


@pytest.mark.parametrize("inspected", [False, True])
def test_answers_over_peering_find_a_nat_gateway_unless_a_middlebox_stands_between(*, inspected: bool) -> None:  # N51
    """The other VPC has no route back."""
    net = Build()
    source = host(net, 0)
    host(net, 1)
    pcx = net.peering("vpc-0", "vpc-1")
    inner, home = net.table("vpc-0", [("10.1.0.0/16", pcx)]), net.table("vpc-0", [("10.1.0.0/16", pcx)])
    nat = net.nat(net.subnet("vpc-0", "10.0.2.0/24", table=home, name="nat"), "10.0.2.9", "198.51.100.9")
    net.route("rtb-0-main", "10.1.0.0/16", nat)
    if inspected:
        endpoint = net.appliance_endpoint("vpc-0", net.subnet("vpc-0", "10.0.3.0/24", table=inner, name="inner"))
        open_firewall(net, "vpc-0", endpoint)
        net.route(home, "10.1.0.0/16", endpoint)
    assert outcomes(net, source, "ip:10.1.1.5") == {"blocked" if inspected else "allowed"}
    assert codes(net, source, "ip:10.1.1.5") == ({"NO_ROUTE_TO_DESTINATION"} if inspected else set())


def test_of_two_prefix_lists_of_a_transit_gateway_either_may_decide() -> None:  # N14
    net = Build()
    source = host(net, 0)
    host(net, 1)
    _, table = hub(net, 0, 1)
    net.route("rtb-1-main", "10.0.0.0/16", "tgw-1")
    for target in ("blackhole", "tgw-attach-1"):
        net.tgw_list(table, net.prefix_list(["10.1.0.0/16"]), target)
    assert outcomes(net, source, "ip:10.1.1.5") == {"allowed", "blocked"}


@pytest.mark.parametrize(
    ("destination", "protocol", "code"),
    [
        (INTERNET, "icmp", "IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"),
        (INTERNET_V6, "icmpv6", "GATEWAY_REJECTS_SPOOFED_TRAFFIC"),
    ],
)
def test_an_internet_gateway_takes_nothing_from_interfaces_of_other_vpcs(
    destination: str, protocol: str, code: str
) -> None:  # N30, N36
    """Not even a message that wants no answer, from a sender with a public address in its own VPC."""
    net = Build()
    source = host(net, 0, public="198.51.100.5")
    net.igw("vpc-0")
    host(net, 1)
    _, table = hub(net, 0, 1)
    igw = net.igw("vpc-1")
    for block in ("0.0.0.0/0", "::/0"):
        net.tgw_route(table, block, "tgw-attach-1")
        net.route("rtb-1-main", block, igw)
    assert outcomes(net, source, destination, protocol, 3) == {"blocked"}
    assert code in codes(net, source, destination, protocol, 3)


@pytest.mark.parametrize("has_internet_gateway", [False, True])
def test_answers_come_back_by_the_egress_only_gateway_that_the_request_left_by(
    has_internet_gateway: bool,
) -> None:  # N37, N67
    net = Build()
    source = host(net, 0)
    net.route("rtb-0-main", "::/0", net.eigw("vpc-0"))
    if has_internet_gateway:
        net.igw("vpc-0")
    server = host(net, 1)
    net.route("rtb-1-main", "::/0", net.igw("vpc-1"))
    net.bpa("block-ingress", {"vpc-1": "allow-bidirectional"})
    assert outcomes(net, source, "ip:2600:1f18:0:101::5") == {"allowed"}
    assert outcomes(net, server, "ip:2600:1f18:0:1::5") == {"blocked"}


def test_nat_gateways_that_route_to_each_other_are_a_loop() -> None:
    net = Build()
    source = host(net, 0)
    tables = [net.table("vpc-0"), net.table("vpc-0")]
    nats = [
        net.nat(net.subnet("vpc-0", f"10.0.{number}.0/24", table=table), f"10.0.{number}.9", f"198.51.100.{number}")
        for number, table in enumerate(tables, start=2)
    ]
    net.route("rtb-0-main", "0.0.0.0/0", nats[0])
    net.route(tables[0], "0.0.0.0/0", nats[1])
    net.route(tables[1], "0.0.0.0/0", nats[0])
    assert outcomes(net, source, INTERNET) == {"blocked"}


@pytest.mark.parametrize(("attachment", "vpn"), [("available", "deleted"), ("deleting", "available")])
def test_a_vpn_of_a_transit_gateway_must_work(attachment: str, vpn: str) -> None:
    net = Build()
    source = host(net, 0)
    tgw, table = hub(net, 0)
    made = net.vpn(tgw, state=vpn)
    net.associate(table, made)
    net.tgw_route(table, "192.168.0.0/16", made)
    net[made]["State"] = attachment
    assert outcomes(net, source, "ip:192.168.1.1") == {"blocked"}
    net["vpn-1"]["State"] = net[made]["State"] = "available"
    assert outcomes(net, source, "ip:192.168.1.1") == {"allowed"}


def test_a_rule_that_names_an_unseen_group_leaves_unknown_only_what_it_could_admit() -> None:  # N90, N91
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    theirs = net.group(vpc, OPEN, [("tcp", 443, 443, "222222222222/sg-theirs")])
    subnet = net.subnet(vpc, "10.0.1.0/24")
    source = net.interface(subnet, "10.0.1.5", [theirs], public="198.51.100.5")
    net.interface(subnet, "10.0.1.6", [theirs])
    net.route(net.main_table(vpc), "0.0.0.0/0", net.igw(vpc))
    assert outcomes(net, source, INTERNET) == {"unknown"}
    assert outcomes(net, source, INTERNET, port=80) == {"blocked"}  # no such rule
    assert outcomes(net, source, "ip:10.0.1.6") == {"blocked"}  # an interface that is known, and not a member


def test_a_group_that_the_account_no_longer_has_has_no_members() -> None:  # N90
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    gone = net.group(vpc, OPEN, [("tcp", 443, 443, "sg-gone")])
    source = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [gone], public="198.51.100.5")
    net.route(net.main_table(vpc), "0.0.0.0/0", net.igw(vpc))
    assert outcomes(net, source, INTERNET) == {"blocked"}


def test_members_in_a_peered_vpc_are_unknown_without_the_interfaces_of_its_account() -> None:  # N88, N91
    net, peer = Build(), Build("222222222222", tag="p-")
    vpc, other = net.vpc("10.0.0.0/16"), peer.vpc("10.1.0.0/16")
    servers = peer.group(other, OPEN)
    peer.interface(peer.subnet(other, "10.1.1.0/24"), "10.1.1.5", [servers])
    clients = net.group(vpc, (), [("tcp", 443, 443, f"222222222222/{servers}")])
    source = net.interface(net.subnet(vpc, "10.0.1.0/24"), "10.0.1.5", [clients])
    pcx = net.peering(vpc, other, peer=peer)
    net.route(net.main_table(vpc), "10.1.0.0/16", pcx)
    peer.route(peer.main_table(other), "10.0.0.0/16", pcx)
    files = {**peer.files(), **net.files()}
    missing = "222222222222/us-east-1/ec2/describe-network-interfaces.json"
    for kept, outcome in ((files, "allowed"), ({path: files[path] for path in files if path != missing}, "unknown")):
        (scenario,) = load_files(kept).scenarios(source, "ip:10.1.1.5", "tcp", 443)
        assert {flow.outcome for flow in scenario.flows} == {outcome}


def test_what_is_answered_by_way_of_the_internet_is_not_private() -> None:
    """An IPv6 answer finds its way over the internet gateways where the way back is routed so."""
    net = Build()
    source = host(net, 0)
    host(net, 1)
    pcx = net.peering("vpc-0", "vpc-1")
    net.igw("vpc-0")
    net.route("rtb-0-main", V6.format(1), pcx)
    net.route("rtb-1-main", "::/0", net.igw("vpc-1"))
    assert outcomes(net, source, "ip:2600:1f18:0:101::5") == {"allowed"}
    assert routes(net, source, "ip:2600:1f18:0:101::5") == {"internet"}
    net.route("rtb-1-main", V6.format(0), pcx)
    assert routes(net, source, "ip:2600:1f18:0:101::5") == {"private"}


# --- Repaired in the interpreter --------------------------------------------------------------------------------------


def test_an_address_of_the_snapshot_is_nobodys_outside() -> None:  # N33
    """From the internet with a source that an interface here holds: the answer would go to that interface."""
    net = Build()
    server = host(net, 0, public="198.51.100.5")
    host(net, 1, public="198.51.100.6")
    for index in (0, 1):
        net.route(f"rtb-{index}-main", "0.0.0.0/0", net.igw(f"vpc-{index}"))
    assert outcomes(net, "internet", server) == {"allowed", "blocked"}


def test_services_of_aws_on_every_host_meet_neither_rules_nor_routes() -> None:  # N10, N94, N114, N160
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", acl=net.acl(vpc, []))
    source = net.interface(subnet, "10.0.1.5", [net.group(vpc, egress=[])])
    for address in ("10.0.0.2", "169.254.169.253"):
        assert outcomes(net, source, f"ip:{address}", "udp", 53) == {"allowed"}
    assert outcomes(net, source, "ip:10.0.0.3", "udp", 53) == {"blocked"}


def test_nobody_on_the_internet_has_a_unique_local_address() -> None:
    net = Build()
    source = host(net, 0)
    net.route("rtb-0-main", "::/0", net.igw("vpc-0"))
    assert outcomes(net, source, "ip:fd12::1") == {"blocked"}
    assert outcomes(net, source, INTERNET_V6) == {"allowed"}


def test_a_nat_gateway_takes_no_ipv6() -> None:  # N45, N57
    net = Build()
    source = host(net, 0)
    nat = net.nat("subnet-0", "10.0.1.9", "198.51.100.9")
    net.route("rtb-0-main", net.prefix_list(["2001:db8::/32"]), nat)
    assert outcomes(net, source, INTERNET_V6) == {"blocked"}


@pytest.mark.parametrize(("keeps", "outcome"), [(False, "blocked"), (True, "allowed")])
def test_the_way_decides_whether_a_group_is_recognised(keeps: bool, outcome: str) -> None:  # N88, N89
    """Two VPCs are peered, but this traffic goes by a transit gateway."""
    net, source, server = server_that_admits_a_group_over_a_hub(keeps)
    net.peering("vpc-0", "vpc-1")
    for row in net._lists["ec2/describe-transit-gateway-vpc-attachments"]:
        row["Options"]["SecurityGroupReferencingSupport"] = "enable"
    assert outcomes(net, source, server) == {outcome}


def server_that_admits_a_group_over_a_hub(keeps: bool) -> tuple[Build, str, str]:
    """(the network, a sender of the group, the server's address); ``keeps``: whether the gateway tells groups on."""
    net = Build()
    source = host(net, 0)
    server = host(net, 1)
    net["sg-open-1"]["IpPermissions"] = []
    net.permit("sg-open-1", "in", ("tcp", 443, 443, "sg-open-0"))
    tgw, _ = hub(net, 0, 1)
    net.route("rtb-1-main", "0.0.0.0/0", tgw)
    net[tgw]["Options"]["SecurityGroupReferencingSupport"] = "enable" if keeps else "disable"
    return net, source, f"ip:{net[server]['PrivateIpAddress']}"


def test_only_what_a_lost_group_would_have_admitted_is_put_down_to_it() -> None:  # N87, N89
    net, source, server = server_that_admits_a_group_over_a_hub(keeps=False)
    (asked,) = load_files(net.files()).scenarios(source, server, "tcp")
    lost = [flow for flow in asked.flows if any(one.code == "SG_REFERENCING_SUPPORT" for one in flow.blocks)]
    assert [flow.box[2].spans for flow in lost] == [(((6 << 16) + 443, (6 << 16) + 443),)]
    assert len(asked.flows) > 1


@pytest.mark.parametrize(("ingress", "outcome"), [(OPEN, "unknown"), ((), "blocked")])
def test_an_appliances_own_groups_filter_what_is_sent_through_it(
    ingress: tuple[GroupRule, ...], outcome: str
) -> None:  # N25, N83
    net = Build()
    source = host(net, 0)
    group = net.group("vpc-0", ingress)
    appliance = net.interface("subnet-0", "10.0.1.9", [group], source_dest_check=False)
    net.route("rtb-0-main", "0.0.0.0/0", appliance)
    assert outcomes(net, source, INTERNET) == {outcome}


def test_an_ipv6_answer_may_take_another_way_than_the_request() -> None:
    """Nothing was translated: out by the internet, back over a transit gateway."""
    net = Build()
    source = host(net, 0)
    host(net, 1)
    tgw, _ = hub(net, 0, 1)
    for index in (0, 1):
        net.route(f"rtb-{index}-main", "::/0", net.igw(f"vpc-{index}"))
    net.route("rtb-1-main", V6.format(0), tgw)
    assert outcomes(net, source, "ip:2600:1f18:0:101::5") == {"allowed"}


def test_private_ipv6_space_is_reached_from_no_internet() -> None:  # N39
    """Not even by a message that wants no answer."""
    net = Build()
    server = host(net, 0)
    net.route("rtb-0-main", "::/0", net.igw("vpc-0"))
    assert outcomes(net, "internet", server, "icmpv6", 3) == {"allowed"}
    net["vpc-0"]["Ipv6CidrBlockAssociationSet"][0]["Ipv6AddressAttribute"] = "private"
    assert outcomes(net, "internet", server, "icmpv6", 3) == {"blocked"}
    assert outcomes(net, server, INTERNET_V6, "icmpv6", 3) == {"blocked"}


def test_an_answer_from_on_premises_may_enter_by_any_subnet_of_the_attachment() -> None:  # N187, N188
    """The request left by the subnet in its own zone; what comes back has no zone."""
    net = Build()
    source = host(net, 0)
    second = net.subnet("vpc-0", "10.0.2.0/24", az="us-east-1b", acl=net.acl("vpc-0", []))
    tgw, table = hub(net, 0)
    net._lists["ec2/describe-transit-gateway-vpc-attachments"][0]["SubnetIds"].append(second)
    vpn = net.vpn(tgw)
    net.associate(table, vpn)
    net.tgw_route(table, "192.168.0.0/16", vpn)
    assert outcomes(net, source, "ip:192.168.1.1") == {"allowed", "blocked"}


def test_equal_routes_are_picked_the_same_when_traffic_comes_by_again() -> None:  # N14
    """Back in by the transit gateway, the same route is taken again: a loop, not another throw of the dice."""
    net = Build()
    source = host(net, 0, public="198.51.100.5")
    tgw, table = hub(net, 0)
    net.tgw_route(table, "203.0.113.0/24", "tgw-attach-0")
    net.route("rtb-0-main", net.prefix_list(["203.0.113.0/24"]), net.igw("vpc-0"))
    net.route("rtb-0-main", net.prefix_list(["203.0.113.0/24"]), tgw)
    assert outcomes(net, source, INTERNET) == {"allowed", "blocked"}


def test_an_answer_at_a_gateway_enters_the_subnet_of_who_asked() -> None:  # N108
    """Also where the request came to the gateway by another subnet, a transit gateway's."""
    net = Build()
    source = host(net, 0)
    acl = net.acl("vpc-0", [(100, "out", "allow", "-1", None, "::/0")])
    net["acl-0-default"]["Associations"].clear()
    net[acl]["Associations"].append({"NetworkAclId": acl, "SubnetId": "subnet-0"})
    routed = net.table("vpc-0", [("::/0", net.eigw("vpc-0"))])
    entry = net.subnet("vpc-0", "10.0.2.0/24", ipv6="2600:1f18:0:2::/64", table=routed)
    _, table = hub(net, 0)
    net._lists["ec2/describe-transit-gateway-vpc-attachments"][0]["SubnetIds"] = [entry]
    net.tgw_route(table, "2001:db8::/32", "tgw-attach-0")
    assert outcomes(net, source, INTERNET_V6) == {"blocked"}
    net[acl]["Entries"] = net["acl-0-default"]["Entries"]
    assert outcomes(net, source, INTERNET_V6) == {"allowed"}


def test_what_answers_a_function_is_no_other_interface() -> None:
    """Some of its subnet's addresses are an endpoint's, whose interface refuses internet gateways: it gets none."""
    net = Build()
    host(net, 0)
    net.route("rtb-0-main", "::/0", net.igw("vpc-0"))
    net.interface_endpoint("vpc-0", "ecr.api", {"subnet-0": "10.0.1.20"}, ["sg-open-0"],
                           ipv6={"subnet-0": "2600:1f18:0:1::14"})  # fmt: skip
    config = {"SubnetIds": ["subnet-0"], "SecurityGroupIds": ["sg-open-0"], "Ipv6AllowedForDualStack": True}
    net._lists["lambda/list-functions"].append({"FunctionName": "f", "VpcConfig": config})
    assert outcomes(net, "lambda:f", INTERNET_V6) == {"allowed"}
    assert load_files(net.files()).simulate("lambda:f", INTERNET_V6, protocol="tcp", port=443).outcome == "allowed"


def test_a_reply_by_the_internet_does_not_get_into_private_ipv6_space() -> None:  # N39
    """The request went by peering, so no gateway has refused its source before."""
    net = Build()
    source = host(net, 0)
    host(net, 1)
    net.route("rtb-0-main", V6.format(1), net.peering("vpc-0", "vpc-1"))
    net.route("rtb-1-main", "::/0", net.igw("vpc-1"))
    net.igw("vpc-0")
    assert outcomes(net, source, "ip:2600:1f18:0:101::5") == {"allowed"}
    net["vpc-0"]["Ipv6CidrBlockAssociationSet"][0]["Ipv6AddressAttribute"] = "private"
    assert outcomes(net, source, "ip:2600:1f18:0:101::5") == {"blocked"}
    assert codes(net, source, "ip:2600:1f18:0:101::5") == {"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}


def test_a_function_keeps_its_ipv6_address_on_a_way_back_into_its_vpc() -> None:
    """Out to a transit gateway, back by the same attachment, and out by the VPC's egress-only gateway."""
    net = Build()
    host(net, 0)
    tgw, table = hub(net, 0)
    net.tgw_route(table, "2001:db8::/32", "tgw-attach-0")
    net.route("rtb-0-main", "2001:db8::/32", tgw)
    routed = net.table("vpc-0", [("::/0", net.eigw("vpc-0"))])
    entry = net.subnet("vpc-0", "10.0.2.0/24", ipv6="2600:1f18:0:2::/64", table=routed)
    net._lists["ec2/describe-transit-gateway-vpc-attachments"][0]["SubnetIds"] = [entry]
    config = {"SubnetIds": ["subnet-0"], "SecurityGroupIds": ["sg-open-0"], "Ipv6AllowedForDualStack": True}
    net._lists["lambda/list-functions"].append({"FunctionName": "f", "VpcConfig": config})
    assert outcomes(net, "lambda:f", INTERNET_V6) == {"allowed"}


def test_what_left_its_vpc_and_came_back_is_not_known_to_be_served_by_its_gateway_endpoint() -> None:
    """Out to a transit gateway and back by the same attachment, to a route to the endpoint (deep run)."""
    net = Build()
    source = host(net, 0)
    _, table = hub(net, 0)
    net.tgw_route(table, "52.216.0.0/15", "tgw-attach-0")
    routed = net.table("vpc-0")
    net.gateway_endpoint("vpc-0", "s3", [routed])
    entry = net.subnet("vpc-0", "10.0.2.0/24", table=routed)
    net._lists["ec2/describe-transit-gateway-vpc-attachments"][0]["SubnetIds"] = [entry]
    assert outcomes(net, source, "ip:52.216.0.9") == {"unknown"}


def test_a_group_reference_is_open_for_ipv6_that_went_by_internet_gateways() -> None:  # N36, N85
    """The gateways leave the member's address as it is; no page says whether its group is still known."""
    net = Build()
    source = host(net, 0)
    host(net, 1, ("sg-1",))
    net.group("vpc-1", [("-1", None, None, "sg-open-0")], OPEN, name="1")
    pcx = net.peering("vpc-0", "vpc-1")
    for index in (0, 1):
        net.route(f"rtb-{index}-main", "::/0", net.igw(f"vpc-{index}"))
    there = "ip:2600:1f18:0:101::5"
    assert outcomes(net, source, there) == {"unknown"}
    verdict = load_files(net.files()).simulate(source, there, protocol="tcp", port=443)
    assert "SG_REFERENCE_OVER_INTERNET" in {one.code for one in verdict.assumptions}
    net.route("rtb-0-main", V6.format(1), pcx)
    net.route("rtb-1-main", V6.format(0), pcx)
    assert outcomes(net, source, there) == {"allowed"}
    assert outcomes(net, source, "ip:2600:1f18:0:101::6") == {"blocked"}


def test_a_nat_gateway_of_another_vpc_with_the_same_address_takes_no_replies() -> None:  # N52, N201
    net = Build()
    for index in (0, 1):
        vpc = net.vpc(f"10.{index}.0.0/16", secondary=["100.64.0.0/16"], name=str(index))
        net.table(vpc, name=f"nat-{index}")
        net.subnet(vpc, f"10.{index}.1.0/24", name=str(index))
        net.subnet(vpc, "100.64.1.0/24", table=f"rtb-nat-{index}", name=f"nat-{index}")
        net.interface(f"subnet-{index}", f"10.{index}.1.5", [net.group(vpc, OPEN, OPEN)], name=str(index))
    tgw, _ = hub(net, 0, 1)
    net["rtb-0-main"]["Routes"].pop()  # of IPv6
    net["rtb-0-main"]["Routes"].pop()
    net.route("rtb-0-main", "10.1.0.0/16", net.nat("subnet-nat-0", "100.64.1.9", kind="private"))
    net.route("rtb-nat-0", "10.1.0.0/16", tgw)
    assert outcomes(net, "eni-0", "ip:10.1.1.5") == {"blocked"}  # the reply goes to nobody in the other VPC
    net.nat("subnet-nat-1", "100.64.1.9", kind="private")
    assert outcomes(net, "eni-0", "ip:10.1.1.5") == {"blocked"}


@pytest.mark.parametrize(
    ("kind", "seed"),
    [
        ("network/everything", 40000531),
        ("network/lists", 40001169),
        ("network/edge", 50000057),  # Block Public Access at a middlebox
        ("network/edge", 50000143),  # appliance mode holds a flow that comes back
        ("network/everything", 50000552),
        ("network/translation", 50000301),
        ("network/transit", 50000212),  # translated after it came in
        ("load-balancers/gateways", 70001944),  # appliance mode holds a load balancer's own connection by itself
        ("network/translation", 70002235),  # a regional NAT gateway's address at a virtual private gateway
        ("workloads/ipv6", 70002478),  # a group's member that sent IPv6 by internet gateways
        ("network/everything", 70002434),  # Block Public Access where the reply leaves by another subnet
        ("network/everything", 70002577),  # a regional NAT gateway replies from the zone that it served in
        ("network/filters", 70003846),  # NAT64: the reply is IPv4 at the network ACL
        ("network/everything", 50000048),  # equal routes of two transit gateways that form a loop
        ("network/overlap", 50000101),  # another VPC's traffic with addresses of one whose gateway it leaves by
        ("network/overlap", 50000355),  # a group's member that only has the address of who sends
        ("network/block", 50000444),  # private IPv6 space behind an appliance at a gateway's edge
        ("load-balancers/transit", 50001087),  # a load balancer's own packets by a gateway with a firewall
        ("load-balancers/transit", 70000092),  # what a load balancer asks is answered past its firewall
        ("network/everything", 60000099),  # HOME_NET leaves a rule open, and what follows does the same
        ("network/inspection", 70000065),
        ("network/everything", 320000330),  # a group at a middlebox, named across a transit gateway
        ("network/translation", 300000356),  # regional NAT gateways behind each other
        ("network/foreign hub", 300000025),  # a group named across transit gateways that are peered
        ("network/hubs", 400000059),  # the same where the reply leaves by another way
        ("network/overlap", 300000255),  # an address that two VPCs have, asked for from an unseen account
        ("network/ipv6", 130000022),  # a reference by a deleted connection behind a middlebox
        ("network/everything", 130000046),  # an endpoint asked from a core network, which is no transit gateway
        ("network/edge", 20000086),  # a delegated IPv6 prefix is public, too, behind a gateway's route table
        ("network/translation", 20000121),  # what had the address of a NAT gateway that failed
        ("network/vpn", 20000164),  # on the host, and beside a transit gateway's interface, whatever the network ACL
        ("network/filters", 20000282),  # on the host: said to be blocked by a network ACL
        ("network/accounts", 140000008),  # from a core network on through a transit gateway that loses groups
    ],
)
def test_networks_about_which_the_deep_run_found_a_disagreement(kind: str, seed: int) -> None:
    assert disagreement(kind, seed, whole=True)[1] is None
