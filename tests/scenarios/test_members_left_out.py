"""Members that AWS prints in every record and that a record written by hand may lack: none of them decides in silence.

What a record without one means is told by another record, is unknown, or is an error that names it ("Correctness first"
in DESIGN). Which members are required: botocore's service models.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim import load_files
from reachsim.errors import ReachsimError
from tests.balancers import listener, load_balancer, target_group
from tests.build import Build
from tests.property.test_walk_regressions import host, hub
from tests.resolvers import firewall, forward_rule, profile
from tests.scenarios.lan import ANY, Lan, ask, assumed, codes, fate, natted, public
from tests.scenarios.test_facts_transit import Hub
from tests.scenarios.test_middleboxes import Edge, five_tuple


def refused(net: Lan) -> str:
    with pytest.raises(ReachsimError) as caught:
        load_files(net.files()).simulate(net.client, net.server, protocol="tcp", port=443)
    return str(caught.value)


@pytest.mark.parametrize("listed", [True, False])
def test_the_region_of_a_peering_connections_end_is_its_vpcs(listed: bool) -> None:
    """Security groups may be named within one Region (N88)."""
    net = Lan()
    other = net.vpc("172.20.0.0/16", name="p")
    pcx = net.peering(other, net.vpc_id, name="1")
    if not listed:
        for side in ("RequesterVpcInfo", "AccepterVpcInfo"):
            net[pcx][side].pop("Region", None)
    subnet = net.subnet(other, "172.20.1.0/24", table=net.table(other, [("10.0.0.0/16", pcx)], name="p"))
    for table in (net.ta, net.tb):
        net.route(table, "172.20.0.0/16", pcx)
    group = net.group(other, [], [ANY], name="peer")
    net.interface(subnet, "172.20.1.5", [group], name="peer")
    net[net.server]["Groups"] = [{"GroupId": net.group(net.vpc_id, [("tcp", 443, 443, group)], name="named")}]
    assert fate(ask(net, "eni-peer", net.server)) == ("allowed", "private")


def test_what_a_peer_without_blocks_has_is_not_known() -> None:
    net, far = Lan(), Build("222222222222", tag="far")
    pcx = net.peering(net.vpc_id, far.vpc("172.20.0.0/16"), name="1", peer=far)
    for key in ("CidrBlock", "CidrBlockSet", "Ipv6CidrBlockSet"):
        net[pcx]["AccepterVpcInfo"].pop(key, None)
    net.route(net.ta, "172.20.0.0/16", pcx)
    verdict = ask(net, net.client, "ip:172.20.1.5")
    assert (verdict.outcome, assumed(verdict)) == ("unknown", {("PEER_ACCOUNT_UNSEEN", pcx)})


def test_a_load_balancers_type_is_in_its_arn() -> None:
    net = Lan()
    target = net.instance(net.b, "10.0.2.8", [net.open], name="t")
    balancer = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open], "network", False)
    listener(net, balancer, 443, [target_group(net, "t", [target], "TCP")], "TCP")
    outcome = ask(net, net.client, "eni-lb-a").outcome
    del net[balancer]["Type"]
    assert ask(net, net.client, "eni-lb-a").outcome == outcome == "blocked"


def test_a_nat_gateway_without_its_vpc_is_in_that_of_its_subnet() -> None:
    net = natted()
    before = fate(ask(net, net.client, "internet"))
    del net["nat-main"]["VpcId"]
    assert fate(ask(net, net.client, "internet")) == before == ("allowed", "internet")
    del net["nat-main"]["SubnetId"]
    assert "expected a NAT gateway with VpcId or SubnetId, found one without" in refused(net)


def test_an_endpoint_with_interfaces_for_a_service_of_aws_is_an_interface_endpoint() -> None:
    net = Lan()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    before = fate(ask(net, net.client, "logs"))
    del net[endpoint]["VpcEndpointType"]
    assert fate(ask(net, net.client, "logs")) == before == ("allowed", "private")
    net[endpoint]["ServiceName"] = "com.amazonaws.vpce.ap-northeast-1.vpce-svc-0123456789abcdef0"
    assert "expected an endpoint with VpcEndpointType, found one without" in refused(net)


def test_an_instance_that_neither_record_attaches_has_the_interface_with_its_address() -> None:
    net = Lan()
    net.interface(net.a, "10.0.1.7", [net.group(net.vpc_id, [], [], name="shut")], name="other")
    instance = net.instance(net.a, "10.0.1.6", [net.open], name="c")
    before = ask(net, instance, net.server)
    del net[instance]["NetworkInterfaces"], net["eni-c-eth0"]["Attachment"]
    assert ask(net, instance, net.server) == before
    assert fate(before) == ("allowed", "private")
    net[instance]["PrivateIpAddress"] = "10.0.1.66"
    assert ask(net, instance, net.server).outcome == "unknown"


@pytest.mark.parametrize("told", ["instance", "address", "second address"])
def test_a_public_address_that_the_interface_does_not_tell_is_had_all_the_same(told: str) -> None:
    net = public(address=None)
    instance = net.instance(net.a, "10.0.1.6", [net.open], name="c")
    interface = "eni-c-eth0"
    assert ask(net, "internet", instance).outcome == "blocked"
    files = net.files()
    if told == "instance":
        net[instance]["PublicIpAddress"] = "203.0.113.7"
        files = net.files()
    else:
        private = "10.0.1.6"
        if told == "second address":
            private = "10.0.1.77"
            net[interface]["PrivateIpAddresses"].append({"PrivateIpAddress": private, "Primary": False})
        address = {"PublicIp": "203.0.113.7", "AllocationId": "eipalloc-1", "AssociationId": "eipassoc-1",
                   "NetworkInterfaceId": interface, "PrivateIpAddress": private}  # fmt: skip
        files = net.files() | {f"{net.account}/us-east-1/ec2/describe-addresses.json":
                               json.dumps({"Addresses": [address]}).encode()}  # fmt: skip
    reach = load_files(files)
    assert reach.simulate("internet", instance, protocol="tcp", port=443).outcome == "allowed"
    assert reach.simulate("internet", "ip:203.0.113.7", protocol="tcp", port=443).outcome == "allowed"
    assert reach.simulate(instance, "internet", protocol="tcp", port=443).outcome == "allowed"
    if told != "instance":
        after = reach.what_if(remove=["eipalloc-1"])
        assert after.simulate("internet", instance, protocol="tcp", port=443).outcome == "blocked"


def test_an_endpoint_of_the_days_of_gateway_endpoints_is_one() -> None:
    net = natted()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    del net[endpoint]["VpcEndpointType"]
    assert fate(ask(net, net.client, "s3")) == ("allowed", "private")


def test_a_hosted_zone_that_does_not_tell_whether_it_is_private_is_told_by_its_vpcs() -> None:
    net = Lan()
    zone = net.zone("internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    for one in net._zones:
        one.pop("Config", None)
    assert fate(ask(net, net.client, "host:db.internal.example")) == ("allowed", "private")
    files = {path: data for path, data in net.files().items() if "get-hosted-zone" not in path}
    verdict = load_files(files).simulate(net.client, "host:db.internal.example", protocol="tcp", port=443)
    assert verdict.outcome == "unknown"
    assert verdict.missing == (f"{net.account}/global/route53/get-hosted-zone/{zone}.json",)


def test_a_load_balancers_zones_are_those_of_its_interfaces() -> None:
    net = Lan()
    target = net.instance(net.b, "10.0.2.8", [net.open], name="t")
    balancer = load_balancer(net, "lb", {net.a: "10.0.1.200", net.b: "10.0.2.200"}, [net.open], "application", True)
    listener(net, balancer, 443, [target_group(net, "t", [target], "HTTP")], "HTTP")
    assert ask(net, net.client, "eni-lb-a").outcome == "allowed"
    net[balancer]["AvailabilityZones"] = []
    assert ask(net, net.client, "eni-lb-a").outcome == "allowed"


def test_a_firewall_policy_without_stateless_default_actions_is_refused_by_name() -> None:
    net = Edge()
    net.firewall()
    files = net.files()
    (path,) = [one for one in files if "describe-firewall-policy" in one]
    policy = json.loads(files[path])
    del policy["FirewallPolicy"]["StatelessDefaultActions"]
    with pytest.raises(ReachsimError, match="expected the key StatelessDefaultActions, found none"):
        load_files({**files, path: json.dumps(policy).encode()}).simulate(net.client, "internet")


DENIED = {"Targets": ["github.com"], "TargetTypes": ["TLS_SNI"], "GeneratedRulesType": "DENYLIST"}


@pytest.mark.parametrize("lacking", [*DENIED, "RulesSourceList", ""])
def test_a_stateful_rule_group_that_does_not_tell_its_rules_leaves_it_open(lacking: str) -> None:
    net = Edge()
    held = {key: value for key, value in DENIED.items() if key != lacking}
    source: dict[str, Any] = {"RulesSourceList": held} if lacking != "RulesSourceList" else {}
    net.firewall(StatefulRuleGroupReferences=[net.rules("r", source)])
    verdict = net.out()
    assert verdict.outcome == ("unknown" if lacking else "blocked")
    assert ("FIREWALL_RULE_NOT_READ" in {code for code, _ in assumed(verdict)}) is bool(lacking)


def test_a_stateless_rule_group_that_does_not_tell_its_rules_leaves_it_open() -> None:
    net = Edge()
    group = net.rules("r", {"StatefulRules": [five_tuple("DROP")]}, "stateless") | {"Priority": 1}
    net.firewall(StatelessRuleGroupReferences=[group])
    assert net.out().outcome == "unknown"
    assert codes(net.out()) == set()


def test_a_route_of_a_transit_gateway_that_does_not_tell_its_destination_leaves_it_open() -> None:
    """The transit gateway was said to have no route."""
    files = Hub().files()
    assert fate(ask(files, "eni-x", "eni-y")) == ("allowed", "private")
    for path in [one for one in files if "search-transit-gateway-routes" in one]:
        document = json.loads(files[path])
        for record in document["Routes"]:
            del record["DestinationCidrBlock"]
        files[path] = json.dumps(document).encode()
    verdict = ask(files, "eni-x", "eni-y")
    assert verdict.outcome == "unknown"
    assert "TGW_RTB_ROUTES_ARE_UNKNOWN" in {one for one, _ in assumed(verdict)}


def test_an_attachment_that_does_not_tell_whether_it_carries_ipv6() -> None:
    """API_CreateTransitGatewayVpcAttachmentRequestOptions: Ipv6Support is "disable" by default."""
    net = Build()
    source, server = host(net, 0), host(net, 1)
    tgw, _ = hub(net, 0, 1)
    for block in ("0.0.0.0/0", "::/0"):
        net.route("rtb-1-main", block, tgw)
    assert ask(net, source, server, family="ipv6").outcome == "allowed"
    for record in net._lists["ec2/describe-transit-gateway-vpc-attachments"]:
        del record["Options"]["Ipv6Support"]
    assert ask(net, source, server, family="ipv6").outcome == "unknown"
    assert ask(net, source, server, family="ipv4").outcome == "allowed"


@pytest.mark.parametrize("key", ["Port", "Protocol", "DefaultActions", "TargetGroups"])
def test_what_a_listener_tells_in_every_answer(key: str) -> None:
    net = Lan()
    target = net.instance(net.b, "10.0.2.8", [net.open], name="t")
    balancer = load_balancer(net, "lb", {net.b: "10.0.2.200"}, [net.open], "network", False)
    listener(net, balancer, 443, [target_group(net, "t", [target], "TCP")], "TCP")
    assert ask(net, net.client, "eni-lb-b").outcome == "allowed"
    (held,) = net._more[f"{net.account}/{net.region}/elbv2/describe-listeners/lb.json"]["Listeners"]
    del (held["DefaultActions"][0]["ForwardConfig"] if key == "TargetGroups" else held)[key]
    verdict = ask(net, net.client, "eni-lb-b")
    assert (verdict.outcome, [one.rsplit("/", 1)[-1] for one in verdict.missing]) == ("unknown", ["lb.json"])


@pytest.mark.parametrize("side", ["RequesterVpcInfo", "AccepterVpcInfo"])
def test_which_vpcs_a_peering_connection_connects(side: str) -> None:
    net = Lan()
    other = net.vpc("172.20.0.0/16", name="p")
    pcx = net.peering(other, net.vpc_id, name="1")
    subnet = net.subnet(other, "172.20.1.0/24", table=net.table(other, [("10.0.0.0/16", pcx)], name="p"))
    net.interface(subnet, "172.20.1.5", [net.group(other, [ANY], [ANY], name="peer")], name="peer")
    net.route(net.ta, "172.20.0.0/16", pcx)
    assert fate(ask(net, net.client, "eni-peer")) == ("allowed", "private")
    del net[pcx][side]["VpcId"]
    assert ask(net, net.client, "eni-peer").outcome == "unknown"


def test_whom_an_exclusion_from_block_public_access_is_for() -> None:
    net = natted()
    net.bpa("block-bidirectional", {net.n: "allow-egress"}, states=False)
    assert fate(ask(net, net.client, "ip:198.51.100.7")) == ("allowed", "internet")
    path = f"{net.account}/{net.region}/ec2/describe-vpc-block-public-access-exclusions.json"
    files = net.files()
    document = json.loads(files[path])
    del document["VpcBlockPublicAccessExclusions"][0]["ResourceArn"]
    files[path] = json.dumps(document).encode()
    assert ask(files, net.client, "ip:198.51.100.7").outcome == "unknown"


def test_a_group_of_stateless_rules_without_the_list() -> None:
    net = Edge()
    group = net.rules("s", {"StatelessRulesAndCustomActions": {}}, "stateless") | {"Priority": 1}
    net.firewall(StatelessRuleGroupReferences=[group])
    assert net.out().outcome == "unknown"


@pytest.mark.parametrize("key", ["DomainName", "VPCId"])
def test_what_a_resolver_rule_is_for(key: str) -> None:
    net = natted()
    forward_rule(net, net.vpc_id, "corp.example", ["10.9.9.9"])
    call = "list-resolver-rules" if key == "DomainName" else "list-resolver-rule-associations"
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")
    for one in net._lists[f"route53resolver/{call}"]:
        del one[key]
    assert ask(net, net.client, "host:github.com").outcome == "unknown"


# --- Members that AWS prints in every record -------------------------------------------------------------------------


def without(net: Build, kind: str, key: str, at: tuple[str | int, ...] = ()) -> str:
    """What loading and asking says once the first record of a kind, or a part of it, lacks a member."""
    files = net.files()
    path = next(path for path in files if f"/{kind}" in path)
    document = json.loads(files[path])
    (records,) = [value for value in document.values() if isinstance(value, list)][:1]
    held: Any = records[0]
    for step in at:
        held = held[step]
    del held[key]
    with pytest.raises(ReachsimError) as caught:
        load_files(files | {path: json.dumps(document).encode()}).simulate("eni-client", "ip:198.51.100.7", port=443)
    return str(caught.value)


def test_an_entry_of_a_network_acl_for_tcp_or_udp_has_ports() -> None:
    """EC2 API Reference, CreateNetworkAclEntry: PortRange is "Required if specifying protocol 6 (TCP) or 17 (UDP)"."""
    net = Lan()
    net.use_acl(net.a, net.acl(net.vpc_id, [(100, "out", "allow", "6", (443, 443), "0.0.0.0/0")], name="x"))
    for entry in net["acl-x"]["Entries"]:
        entry.pop("PortRange", None)
    assert "expected an entry for TCP or UDP with PortRange" in refused(net)


def test_an_interface_of_a_service_tells_whose_it_is() -> None:
    """A load balancer's was taken for one that nothing stands behind, and said to be blocked."""
    net = Lan()
    balancer = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open])
    listener(
        net, balancer, 443, [target_group(net, "t", [net.instance(net.a, "10.0.1.8", [net.open])], "HTTP")], "HTTP"
    )
    assert fate(ask(net, net.client, "eni-lb-a")) == ("allowed", "private")
    del net["eni-lb-a"]["Description"]
    assert "expected an interface of an AWS service with Description" in refused(net)


@pytest.mark.parametrize(("kind", "key", "said"), [
    ("describe-prefix-lists.json", "PrefixListName", "PrefixListName"),
    ("describe-route-tables.json", "VpcId", "expected a route table with VpcId"),
])  # fmt: skip
def test_a_record_without_what_tells_what_it_is_for_is_none(kind: str, key: str, said: str) -> None:
    net = Lan()
    net.prefix_list(["52.216.0.0/15"], aws_name="com.amazonaws.us-east-1.s3", name="s3")
    net.route(net.ta, "pl-s3", net.igw(net.vpc_id, name="1"))
    assert said in without(net, kind, key)


@pytest.mark.parametrize(("kind", "said"), [
    ("describe-transit-gateway-attachments.json", "an attachment with TransitGatewayId"),
    ("describe-transit-gateway-route-tables.json", "a route table with TransitGatewayId"),
])  # fmt: skip
def test_what_belongs_to_a_transit_gateway_tells_to_which(kind: str, said: str) -> None:
    net = Hub()
    files = net.files()
    path = next(path for path in files if kind in path)
    document = json.loads(files[path])
    for record in next(iter(document.values())):
        del record["TransitGatewayId"]
    with pytest.raises(ReachsimError, match=said):
        load_files(files | {path: json.dumps(document).encode()}).simulate("eni-x", "eni-y", port=443)


@pytest.mark.parametrize("key", ["Key", "Value"])
def test_an_attribute_of_a_load_balancer_has_a_key_and_a_value(key: str) -> None:
    """It was read as one that is off."""
    net = Lan()
    one = net.instance(net.b, "10.0.2.8", [net.open], name="t")
    balancer = load_balancer(net, "lb", {net.a: "10.0.1.200", net.b: "10.0.2.200"}, [net.open], "network", True)
    listener(net, balancer, 443, [target_group(net, "t", [one])], "TCP")
    assert fate(ask(net, net.client, "eni-lb-a")) == ("allowed", "private")
    path = next(path for path in net._more if "describe-load-balancer-attributes/" in path)
    for row in net._more[path]["Attributes"]:
        del row[key]
    with pytest.raises(ReachsimError, match=key):
        ask(net, net.client, "eni-lb-a")


def test_a_load_balancer_has_zones() -> None:
    net = Lan()
    balancer = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open], "network")
    listener(net, balancer, 443, [target_group(net, "t", [net.instance(net.a, "10.0.1.8", [net.open])])])
    del net[balancer]["AvailabilityZones"]
    with pytest.raises(ReachsimError, match="expected a load balancer with AvailabilityZones"):
        ask(net, net.client, "eni-lb-a")


def test_an_interface_endpoint_tells_whether_it_has_private_names() -> None:
    net = Lan()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    del net[endpoint]["PrivateDnsEnabled"]
    with pytest.raises(ReachsimError, match="expected an interface endpoint with PrivateDnsEnabled"):
        ask(net, net.client, "logs")


def test_the_blocks_of_a_vpc_hold_those_of_its_subnets() -> None:
    """DescribeVpcs leaves out the list of IPv6 blocks where there is none; subnets' blocks lie in those of VPCs."""
    net = Lan(ipv6="2600:1f14:0:100::/56")
    assert fate(ask(net, net.client, net.server, family="ipv6")) == ("allowed", "private")
    for key in ("Ipv6CidrBlockAssociationSet", "CidrBlockAssociationSet"):
        net[net.vpc_id].pop(key, None)
    assert fate(ask(net, net.client, net.server, family="ipv6")) == ("allowed", "private")
    other = Lan()
    far = other.subnet(other.vpc_id, "100.64.1.0/24", table=other.tb, name="far")
    other.interface(far, "100.64.1.5", [other.open], name="far")
    other[other.vpc_id].pop("CidrBlockAssociationSet", None)
    assert fate(ask(other, other.client, "eni-far")) == ("allowed", "private")


@pytest.mark.parametrize("key", ["Routes", "DestinationCidrBlock"])
def test_a_gateways_table_that_is_not_whole_leaves_open_what_it_sends_elsewhere(key: str) -> None:
    """Traffic that comes in was said to go straight to its destination, past the middlebox of the table."""
    net = public()
    shut = net.interface(net.b, "10.0.2.9", [net.group(net.vpc_id, [], [], name="shut")], name="box")
    edge = net.table(net.vpc_id, [("10.0.1.0/24", shut)], name="edge")
    net.edge_table(edge, "igw-1")
    assert ask(net, "internet", net.client).outcome == "blocked"
    if key == "Routes":
        del net[edge]["Routes"]
    else:
        for one in net[edge]["Routes"]:
            one.pop("DestinationCidrBlock", None)
    assert ask(net, "internet", net.client).outcome == "unknown"


def test_a_route_table_tells_its_subnets() -> None:
    """Without them the subnet would have the main table, and lose its way out. By hand an empty list is left out."""
    net = public()
    spare = net.table(net.vpc_id, [], name="spare")
    assert net[spare]["Associations"] == []
    assert fate(ask(net, net.client, "internet")) == ("allowed", "internet")
    del net[net.ta]["Associations"]
    assert "expected Associations, which the file's other records have, found none" in refused(net)
    net = public()
    del net[net.table(net.vpc_id, [], name="spare")]["Associations"]
    assert fate(ask(net, net.client, "internet")) == ("allowed", "internet")


def test_where_a_vpc_has_ipv6_its_subnets_tell_whether_they_have() -> None:
    net = public(ipv6="2600:1f18:aa:bb00::/56")
    net[net.b]["Ipv6CidrBlockAssociationSet"] = []
    del net[net.a]["Ipv6CidrBlockAssociationSet"]
    said = refused(net)
    assert "describe-subnets.json" in said
    assert "expected Ipv6CidrBlockAssociationSet, which the file's other records have" in said
    del net[net.b]["Ipv6CidrBlockAssociationSet"]
    assert fate(ask(net, net.client, "internet")) == ("allowed", "internet")


def test_where_a_subnet_has_ipv6_it_tells_whether_it_has_dns64() -> None:
    """The resolver was said to make no addresses up, and clients of IPv6 alone to be blocked."""
    net = public(ipv6="2600:1f18:aa:bb00::/56")
    del net[net.a]["EnableDns64"]
    assert "expected EnableDns64, which the file's other records have" in refused(net)
    net[net.b]["EnableDns64"] = True  # a file that tells it only where it is so
    assert fate(ask(net, net.client, "internet")) == ("allowed", "internet")


def test_where_a_subnet_has_ipv6_its_interfaces_tell_whether_they_have() -> None:
    """An interface was taken for one without, and the internet said not to reach it."""
    net = public(ipv6="2600:1f18:aa:bb00::/56", address=None)
    net[net.server]["Ipv6Addresses"] = []
    del net[net.client]["Ipv6Addresses"]
    said = refused(net)
    assert "describe-network-interfaces.json" in said
    assert "expected Ipv6Addresses, which the file's other records have" in said
    net = public()
    del net[net.client]["Ipv6Addresses"]
    assert fate(ask(net, net.client, "internet")) == ("allowed", "internet")


@pytest.mark.parametrize("key", ["TransitGatewayId", "VpcId", "SubnetIds"])
def test_an_attachment_of_a_vpc_tells_who_is_attached_to_what(key: str) -> None:
    """What came in by it was said to be nobody."""
    net = Hub()
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")
    del net._lists["ec2/describe-transit-gateway-vpc-attachments"][0][key]
    with pytest.raises(ReachsimError, match="an attachment with TransitGatewayId, VpcId and SubnetIds, found one"):
        ask(net, "eni-x", "eni-y")


def test_a_transit_gateway_without_an_owner_is_its_snapshots() -> None:
    net = Hub()
    del net[net.tgw_id]["OwnerId"]
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")


def test_an_internet_gateway_that_does_not_tell_its_vpc_stands_in_for_no_other() -> None:
    """A VPC has one at most ("Internet gateway basics"): replies were said to leave by another than requests came."""
    net = public()
    other = net.vpc("172.20.0.0/16", name="o")
    first = net.igw(other, name="0")
    assert fate(ask(net, "internet", net.client)) == ("allowed", "internet")
    del net[first]["Attachments"][0]["VpcId"]
    assert fate(ask(net, "internet", net.client)) == ("allowed", "internet")
    assert fate(ask(net, net.client, "internet")) == ("allowed", "internet")


@pytest.mark.parametrize("key", ["ResourceType", "ResourceId"])
def test_an_attachment_tells_what_is_attached(key: str) -> None:
    """What came by it from another account was said to be nobody's."""
    net = Hub()
    del net._lists["ec2/describe-transit-gateway-attachments"][0][key]
    with pytest.raises(ReachsimError, match=f"an attachment with {key}, found one without"):
        ask(net, "eni-x", "eni-y")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("Action", "the key Action"), ("Priority", "the key Priority"),
        ("BlockOverrideDomain", "OVERRIDE with BlockOverrideDomain"),
        ("BlockResponse", "OVERRIDE with BlockOverrideDomain"),
    ],
)  # fmt: skip
def test_what_a_rule_of_dns_firewall_tells(key: str, said: str) -> None:
    """What it blocks, before which others, and what it answers instead."""
    net = Lan()
    rule = {"Action": "BLOCK", "BlockResponse": "OVERRIDE", "BlockOverrideDomain": "else.example", "domains": ["*."]}
    firewall(net, net.vpc_id, rule)
    (path,) = [one for one in net._more if "list-firewall-rules" in one]
    del net._more[path]["FirewallRules"][0][key]
    with pytest.raises(ReachsimError, match=f"expected {said}"):
        ask(net, net.client, "host:db.example")


def test_a_group_of_dns_firewall_tells_its_place_in_the_order() -> None:
    net = Lan()
    profile(net, net.vpc_id, (f"arn:aws:route53resolver:us-east-1:{net.account}:firewall-rule-group/rslvr-frg-1", 9))
    (path,) = [one for one in net._more if "list-profile-resource-associations" in one]
    del net._more[path]["ProfileResourceAssociations"][0]["ResourceProperties"]
    with pytest.raises(ReachsimError, match="expected a rule group with ResourceProperties"):
        ask(net, net.client, "host:db.example")


def test_a_record_of_several_for_a_name_tells_by_which_policy() -> None:
    """A latency record without its Region was said to answer by chance."""
    net = Lan()
    zone = net.zone("internal.example", [net.vpc_id], [("db.internal.example", "A", ["10.0.2.5"])])
    path = f"{net.account}/global/route53/list-resource-record-sets/{zone}.json"
    record = net._more[path]["ResourceRecordSets"][0]
    record["SetIdentifier"] = "here"
    with pytest.raises(ReachsimError, match="expected a record set with SetIdentifier and a routing policy"):
        ask(net, net.client, "host:db.internal.example")
    record["MultiValueAnswer"] = True
    assert ask(net, net.client, "host:db.internal.example").outcome == "allowed"
    del record["ResourceRecords"][0]["Value"]
    with pytest.raises(ReachsimError, match="expected the key Value"):
        ask(net, net.client, "host:db.internal.example")


@pytest.mark.parametrize("key", ["SubnetIds", "SecurityGroupIds"])
def test_a_function_tells_its_subnets_and_groups(key: str) -> None:
    """Without subnets it was taken for one of no VPC, which gets to the internet; without groups, for an open one."""
    net = Lan()
    config = {"SubnetIds": [net.a], "SecurityGroupIds": [net.open], "VpcId": net.vpc_id}
    net._lists["lambda/list-functions"].append({"FunctionName": "f", "VpcConfig": config})
    assert ask(net, "lambda:f", "internet").outcome == "blocked"
    del config[key]
    with pytest.raises(ReachsimError, match="a VpcConfig with SubnetIds and SecurityGroupIds, found one without"):
        ask(net, "lambda:f", "internet")
