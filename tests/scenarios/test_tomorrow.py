"""Words that AWS did not have when this was written: what they mean is not known, so no answer rests on a guess.

DESIGN, "Snapshot format": unknown enum values are kept. Which words there are today: the enumerations of botocore's
service models.
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from reachsim.verdict import Verdict
from tests.balancers import listener, load_balancer, target_group
from tests.build import Build
from tests.property.test_matrix import compare
from tests.property.test_walk_regressions import host, hub
from tests.resolvers import firewall, forward_rule
from tests.scenarios.lan import ANY, Lan, ask, assumed, codes, fate, natted, public
from tests.scenarios.pipelines import Pipeline
from tests.scenarios.test_accounts_egress import SITE, central
from tests.scenarios.test_described_networks import direct_connect
from tests.scenarios.test_facts_dns import EC2_PUBLIC, served_in_public
from tests.scenarios.test_facts_network_acls import OUT, fenced
from tests.scenarios.test_facts_transit import Hub
from tests.scenarios.test_middleboxes import Edge, five_tuple

NEW = "zzz-new"
WORLD = "ip:198.51.100.7"


def balanced(kind: str = "network", protocol: str = "TCP") -> tuple[Lan, str, str]:
    """A load balancer in front of an instance: the network, its ARN, and the target group's."""
    net = Lan()
    target = net.instance(net.a, "10.0.1.8", [net.open], name="t")
    balancer = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open], kind, False)
    group = target_group(net, "t", [target], protocol)
    listener(net, balancer, 443, [group], protocol)
    return net, balancer, group


def only_listener(net: Lan) -> dict[str, Any]:
    (held,) = net._more[f"{net.account}/{net.region}/elbv2/describe-listeners/lb.json"]["Listeners"]
    return held


def of_the_balancer(net: Lan) -> tuple[Verdict, Verdict]:
    """To the load balancer, and from it to its target."""
    return ask(net, net.client, "eni-lb-a"), ask(net, "eni-lb-a", "eni-t-eth0", port=8080)


@pytest.mark.parametrize(("kind", "protocol"), [("network", "TCP"), ("application", "HTTPS")])
def test_a_listeners_protocol(kind: str, protocol: str) -> None:
    net, _, _ = balanced(kind, protocol)
    assert {one.outcome for one in of_the_balancer(net)} == {"allowed"}
    only_listener(net)["Protocol"] = NEW
    assert {one.outcome for one in of_the_balancer(net)} == {"unknown"}
    assert ask(net, net.client, "eni-lb-a", port=444).outcome == "blocked"


def test_the_action_of_a_listener() -> None:
    net, _, _ = balanced("application", "HTTPS")
    only_listener(net)["DefaultActions"] = [{"Type": NEW}]
    assert {one.outcome for one in of_the_balancer(net)} == {"unknown"}


def test_a_target_groups_protocol() -> None:
    net, _, group = balanced()
    net[group]["Protocol"] = NEW
    assert {one.outcome for one in of_the_balancer(net)} == {"unknown"}


@pytest.mark.parametrize("states", [True, False])
def test_a_mode_of_block_public_access(states: bool) -> None:
    net = public()
    net.bpa("block-ingress", states=states)
    assert codes(ask(net, net.client, WORLD)) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}
    files = {path: data.replace(b"block-ingress", NEW.encode()) for path, data in net.files().items()}
    assert ask(files, net.client, WORLD).outcome == "unknown"
    assert (
        load_files(files, assume_defaults=True).simulate(net.client, WORLD, protocol=6, port=443).outcome == "unknown"
    )


def test_a_mode_that_only_the_subnet_has() -> None:
    net = public()
    net.bpa("off", states=False)
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")
    net.bpa("off")
    path = f"{net.account}/{net.region}/ec2/describe-subnets.json"
    files = net.files()
    files[path] = files[path].replace(
        b'"InternetGatewayBlockMode": "off"', f'"InternetGatewayBlockMode": "{NEW}"'.encode()
    )
    assert ask(files, net.client, WORLD).outcome == "unknown"


@pytest.mark.parametrize("key", ["InternetGatewayExclusionMode", "State"])
def test_an_exclusion_from_block_public_access(key: str) -> None:
    net = natted()
    net.bpa("block-bidirectional", {net.n: "allow-egress"}, states=False)
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")
    net["vpcbpa-exclude-1"][key] = NEW
    assert ask(net, net.client, WORLD).outcome == "unknown"


@pytest.mark.parametrize("word", [NEW, ""])
def test_the_action_of_a_dns_firewall_rule(word: str) -> None:
    net = natted()
    group = firewall(net, net.vpc_id, {"Action": "ALLOW", "domains": ("github.com",)})
    assert fate(ask(net, net.client, "host:github.com")) == ("allowed", "internet")
    files = {path: data.replace(b'"ALLOW"', f'"{word}"'.encode()) for path, data in net.files().items()}
    verdict = ask(files, net.client, "host:github.com")
    assert (verdict.outcome, assumed(verdict)) == ("unknown", {("UNMODELLED_COMPONENT", group)})


def test_what_a_dns_firewall_rule_does_with_redirections() -> None:
    net = natted()
    rule = {"Action": "ALLOW", "domains": ("github.com",), "FirewallDomainRedirectionAction": NEW}
    firewall(net, net.vpc_id, rule)
    assert ask(net, net.client, "host:github.com").outcome == "unknown"


@pytest.mark.parametrize(("kind", "outcome"), [(None, "allowed"), ("efa-only", "allowed"), ("branch", "allowed"),
                                               ("quicksight", "unknown"), (NEW, "unknown")])  # fmt: skip
def test_the_type_of_an_interface(kind: str | None, outcome: str) -> None:
    """EC2 API, NetworkInterfaceType: what asks an interface of AWS's own, nobody documents."""
    net = Lan()
    net[net.server]["InterfaceType"] = kind
    assert ask(net, net.client, net.server).outcome == outcome


def test_the_private_names_of_an_endpoint_of_a_new_type() -> None:
    net = natted()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    assert fate(ask(net, net.client, "logs")) == ("allowed", "private")
    net[endpoint]["VpcEndpointType"] = NEW
    assert ask(net, net.client, "logs").outcome == "unknown"
    net[endpoint]["PrivateDnsEnabled"] = False
    assert fate(ask(net, net.client, "logs")) == ("allowed", "aws-public")


@pytest.mark.parametrize("key", ["effect", "defaultBehavior"])
def test_the_proxy_of_a_fleet(key: str) -> None:
    """P66: rules in order, then the default."""
    net = Pipeline(in_vpc=False)
    arn = f"arn:aws:codebuild:{net.region}:{net.account}:fleet/f:1"
    rule = {"type": "IP", "effect": "DENY", "entities": ["198.51.100.0/24"]}
    proxy = {"defaultBehavior": "ALLOW_ALL", "orderedProxyRules": [rule]}
    net["p1"]["environment"]["fleet"] = {"fleetArn": arn}
    fleet = {"arn": arn, "name": "f", "overflowBehavior": "QUEUE", "proxyConfiguration": proxy}
    net._lists["codebuild/batch-get-fleets"].append(fleet)
    far = "ip:203.0.113.9" if key == "defaultBehavior" else WORLD
    before = {"effect": "blocked", "defaultBehavior": "allowed"}[key]
    assert ask(net, "codebuild:p1", far).outcome == before
    held = rule if key == "effect" else proxy
    held[key] = NEW
    assert ask(net, "codebuild:p1", far).outcome == "unknown"
    if key == "defaultBehavior":
        del proxy[key]
        assert ask(net, "codebuild:p1", far).outcome == "unknown"
        assert ask(net, "codebuild:p1", WORLD).outcome == "blocked"


@pytest.mark.parametrize(
    ("project", "step"),
    [
        ({"environment": {"environmentVariables": [{"name": "A", "value": "a", "type": NEW}]}}, "environment"),
        ({"artifacts": {"type": NEW}}, "artifacts"),
        ({"secondaryArtifacts": [{"type": NEW}]}, "artifacts"),
        ({"cache": {"type": NEW}}, "cache"),
        ({"webhook": {"buildType": NEW}}, "run"),
        ({"logsConfig": {"cloudWatchLogs": {"status": "ENABLED"}, "s3Logs": {"status": NEW}}}, "logs"),
    ],
)
def test_what_a_project_has(project: dict[str, Any], step: str) -> None:
    net = Pipeline()
    assert load_files(net.files()).check().overall == "private-and-working"
    for key, value in project.items():
        net["p1"][key] = net["p1"][key] | value if key == "environment" else value
    check = load_files(net.files()).check()
    assert check.overall == "undecided"
    assert step in {one.step for one in check.steps if one.outcome == "unknown"}


def test_the_state_of_a_virtual_private_gateways_attachment_and_none_told() -> None:
    """ "How AWS Site-to-Site VPN works": what leads in by it was said to be blocked, while the way out was open."""
    net = Lan()
    vgw = net.vgw(net.vpc_id, name="1")
    net.route(net.ta, "192.168.0.0/16", vgw)
    out, back = ("ip:192.168.7.7", net.client), (net.client, "ip:192.168.7.7")
    assert [fate(ask(net, *one)) for one in (out, back)] == [("allowed", "on-premises")] * 2
    net[vgw]["VpcAttachments"][0]["State"] = NEW
    assert [ask(net, *one).outcome for one in (out, back)] == ["unknown"] * 2
    del net[vgw]["VpcAttachments"]
    assert [ask(net, *one).outcome for one in (out, back)] == ["unknown"] * 2


def test_an_internet_gateway_that_does_not_tell_its_attachments() -> None:
    net = public()
    assert ask(net, "igw-1", net.client).outcome == "allowed"
    del net["igw-1"]["Attachments"]
    assert ask(net, "igw-1", net.client).outcome == "unknown"
    assert ask(net, net.client, "igw-1").outcome == "unknown"
    net["igw-1"]["Attachments"] = []
    assert ask(net, "igw-1", net.client).outcome == "blocked"


def inspected(action: str = "PASS", direction: str = "FORWARD", **policy: Any) -> str:
    """What becomes of HTTPS that a firewall with one rule and this policy sees."""
    net = Edge()
    rule = five_tuple(action)
    rule["Header"]["Direction"] = direction
    group = net.rules("f", {"StatefulRules": [rule]})
    net.firewall(StatefulRuleGroupReferences=[group], **policy)
    return net.out().outcome


def test_what_a_network_firewall_does() -> None:
    assert inspected() == "allowed"
    assert inspected(action="DROP") == "blocked"
    assert inspected(action=NEW) == "unknown"
    assert inspected(action="DROP", direction=NEW) == "unknown"
    assert inspected(StatefulEngineOptions={"RuleOrder": "DEFAULT_ACTION_ORDER"}) == "allowed"
    assert inspected(StatefulEngineOptions={"RuleOrder": NEW}) == "unknown"
    assert inspected(StatelessDefaultActions=["aws:pass"]) == "allowed"
    assert inspected(StatelessDefaultActions=[f"aws:{NEW}"]) == "unknown"


@pytest.mark.parametrize(("action", "outcome"), [("aws:pass", "allowed"), ("aws:drop", "blocked"),
                                                  (f"aws:{NEW}", "unknown")])  # fmt: skip
def test_the_action_of_a_stateless_rule(action: str, outcome: str) -> None:
    net = Edge()
    rule = {"Priority": 1, "RuleDefinition": {"MatchAttributes": {}, "Actions": [action]}}
    source = {"StatelessRulesAndCustomActions": {"StatelessRules": [rule]}}
    group = net.rules("s", source, "stateless") | {"Priority": 1}
    net.firewall(StatelessRuleGroupReferences=[group])
    assert net.out().outcome == outcome


@pytest.mark.parametrize("key", ["Scheme", "IpAddressType", "Type"])
def test_a_load_balancer_by_its_name(key: str) -> None:
    net, balancer, _ = balanced("application", "HTTPS")
    name = f"host:{net[balancer]['DNSName']}"
    assert fate(ask(net, net.client, name)) == ("allowed", "private")
    net[balancer][key] = NEW
    assert ask(net, net.client, name).outcome == "unknown"


@pytest.mark.parametrize(("kind", "outcome"), [("application", "allowed"), ("network", "unknown")])
def test_a_load_balancer_that_does_not_tell_its_scheme(kind: str, outcome: str) -> None:
    """ "Application Load Balancers", "DNS name" and "Network Load Balancers", "DNS name": internal- stands before the
    name of an internal Application Load Balancer."""
    net, balancer, _ = balanced(kind, "HTTPS" if kind == "application" else "TCP")
    name = f"host:{net[balancer]['DNSName']}"
    del net[balancer]["Scheme"]
    assert ask(net, net.client, name).outcome == outcome


@pytest.mark.parametrize("target", ["internet", WORLD])
def test_what_ones_own_premises_send_by_an_attachment(target: str) -> None:
    """Central egress: in by a transit gateway, out by a NAT gateway in a VPC."""
    assert ask(central("client-vpn"), SITE, target).outcome == "allowed"
    assert ask(central("connect"), SITE, target).outcome == "unknown"
    assert ask(central(NEW), SITE, target).outcome == "unknown"


@pytest.mark.parametrize("entries", [True, False])
def test_an_endpoint_of_a_new_type_for_a_partner(entries: bool) -> None:
    net = natted()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    net[endpoint].update({"VpcEndpointType": NEW, "ServiceName": "", "PrivateDnsEnabled": True, "DnsEntries": []})
    if entries:
        net[endpoint]["DnsEntries"] = [{"DnsName": "db.partner.example", "HostedZoneId": "Z1"}]
    assert ask(net, net.client, "host:db.partner.example").outcome == "unknown"
    assert ask(net, net.client, "host:other.example").outcome == ("allowed" if entries else "unknown")


def test_the_names_behind_a_route_to_an_endpoint_of_a_new_type() -> None:
    net = natted()
    endpoint = net.gateway_endpoint(net.vpc_id, "s3", [net.ta])
    [row, *_] = load_files(net.files()).names(net.client, ["s3"]).tables[0].rows
    assert row.outcome == "gateway"
    net[endpoint]["VpcEndpointType"] = NEW
    [row, *_] = load_files(net.files()).names(net.client, ["s3"]).tables[0].rows
    assert row.outcome == "unknown"
    assert ask(net, net.client, "s3").outcome == "unknown"


def test_an_attachment_whose_type_one_file_alone_knows() -> None:
    net = direct_connect()
    source, target = "ip:10.10.0.1", "eni-v"
    assert ask(net, source, target).outcome == "allowed"
    for one in net._lists["ec2/describe-transit-gateway-attachments"]:
        one["ResourceType"] = NEW if one["ResourceType"] == "direct-connect-gateway" else one["ResourceType"]
    assert ask(net, source, target).outcome == "unknown"


def test_the_type_of_targets() -> None:
    net, _, group = balanced()
    net[group]["TargetType"] = NEW
    assert {one.outcome for one in of_the_balancer(net)} == {"unknown"}


def test_a_kind_of_ipv6_space() -> None:
    net = public(ipv6="2600:1f18:1234:1a00::/56")
    six = "ip:2001:4860:4860::8888"
    assert fate(ask(net, net.client, six)) == ("allowed", "internet")
    net[net.vpc_id]["Ipv6CidrBlockAssociationSet"][0]["Ipv6AddressAttribute"] = NEW
    assert ask(net, net.client, six).outcome == "unknown"
    assert ask(net, six, net.client).outcome == "unknown"


def test_a_mode_of_block_public_access_at_a_firewall() -> None:
    """N70: exclusions do not help what passes a Network Firewall, so there the account's mode decides."""
    net = Edge()
    net.firewall()
    net.bpa("block-bidirectional", {net.sub_f: "allow-bidirectional", net.sub_c: "allow-bidirectional"}, states=False)
    assert net.out().outcome == "blocked"
    path = f"{net.account}/{net.region}/ec2/describe-vpc-block-public-access-options.json"
    files = net.files()
    files[path] = files[path].replace(b"block-bidirectional", NEW.encode())
    assert load_files(files).simulate(net.client, "host:github.com", protocol="tcp", port=443).outcome == "unknown"


def test_how_a_bucket_is_encrypted() -> None:
    net = Pipeline()
    asked = {"action": "s3:GetObject", "resource": "arn:aws:s3:::data/k"}
    for algorithm, told in (("AES256", False), (NEW, True)):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        document = {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}
        net.put("s3api/get-bucket-encryption/data", document, region="global")
        verdict = ask(net, "codebuild:p1", "s3", requests=[asked])
        assert (("UNKNOWN_RESOURCE", "data") in assumed(verdict)) is told


@pytest.mark.parametrize("word", [NEW, None])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_whether_a_transit_gateway_tells_of_security_groups(place: int, word: str | None) -> None:
    """Answers of the AWS CLI had no word for it before there was any."""
    net = Hub((True, True, True))
    server = net.group("vpc-y", [("tcp", 443, 443, "sg-x")], name="s")
    net["eni-y"]["Groups"] = [{"GroupId": server, "GroupName": server}]
    assert ask(net, "eni-x", "eni-y").outcome == "allowed"
    one = (net.tgw_id, "tgw-attach-x", "tgw-attach-y")[place]
    for call in ("describe-transit-gateways", "describe-transit-gateway-vpc-attachments"):
        for record in net._lists[f"ec2/{call}"]:
            if one in (record.get("TransitGatewayAttachmentId"), call == "describe-transit-gateways" and net.tgw_id):
                record["Options"]["SecurityGroupReferencingSupport"] = word
    verdict = ask(net, "eni-x", "eni-y")
    assert verdict.outcome == "unknown"
    assert ("UNMODELLED_COMPONENT", one) in assumed(verdict)
    assert sum(compare(load_files(net.files()), 6, 443).values()) > 0


@pytest.mark.parametrize(("key", "family"), [("Ipv6Support", "ipv6"), ("ApplianceModeSupport", "ipv4")])
def test_what_an_attachment_of_a_transit_gateway_does(key: str, family: str) -> None:
    net = Build()
    source, server = host(net, 0), host(net, 1)
    tgw, _ = hub(net, 0, 1)
    for block in ("0.0.0.0/0", "::/0"):
        net.route("rtb-1-main", block, tgw)
    assert ask(net, source, server, family=family).outcome == "allowed"
    for record in net._lists["ec2/describe-transit-gateway-vpc-attachments"]:
        record["Options"][key] = NEW
    several = any(len(one["SubnetIds"]) > 1 for one in net._lists["ec2/describe-transit-gateway-vpc-attachments"])
    expected = "unknown" if key == "Ipv6Support" or several else "allowed"
    assert ask(net, source, server, family=family).outcome == expected


def test_the_origin_of_a_route() -> None:
    """N7, N14: which of two routes for one block goes first depends on it."""
    net = Lan()
    net.give_public(net.client, "203.0.113.5")
    net.route(net.ta, "198.51.100.0/24", net.igw(net.vpc_id))
    net.route(net.ta, "198.51.100.0/24", net.vgw(net.vpc_id), origin="EnableVgwRoutePropagation")
    assert fate(ask(net, net.client, WORLD)) == ("allowed", "internet")
    net[net.ta]["Routes"][-1]["Origin"] = NEW
    assert ask(net, net.client, WORLD).outcome == "unknown"
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")


def test_what_a_dns_firewall_rule_answers() -> None:
    net = natted()
    firewall(net, net.vpc_id, {"Action": "BLOCK", "BlockResponse": NEW, "domains": ("github.com",)})
    assert ask(net, net.client, "host:github.com").outcome == "unknown"


def test_the_type_of_a_resolver_rule() -> None:
    net = natted()
    rule = forward_rule(net, net.vpc_id, "github.com", kind=NEW)
    verdict = ask(net, net.client, "host:github.com")
    assert verdict.outcome == "unknown"
    assert ("UNMODELLED_COMPONENT", rule) in assumed(verdict)
    assert fate(ask(net, net.client, "host:example.com")) == ("allowed", "internet")


def test_the_addresses_of_an_endpoints_names() -> None:
    net = Lan()
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open])
    assert fate(ask(net, net.client, "logs")) == ("allowed", "private")
    net[endpoint]["DnsOptions"] = {"DnsRecordIpType": NEW}
    assert ask(net, net.client, "logs").outcome == "unknown"


def test_a_peering_connection_by_which_names_are_private() -> None:
    net = served_in_public()
    other = net.vpc("172.20.0.0/16", name="p")
    table = net.table(other, [("0.0.0.0/0", net.igw(other, name="p"))])
    subnet = net.subnet(other, "172.20.1.0/24", table=table)
    net.interface(subnet, "172.20.1.5", [net.group(other, [ANY], [ANY])], "203.0.113.20", name="peer")
    connection = net.peering(other, net.vpc_id)
    for end in ("RequesterVpcInfo", "AccepterVpcInfo"):
        net[connection][end]["PeeringOptions"] = {"AllowDnsResolutionFromRemoteVpc": True}
    net[connection]["Status"]["Code"] = NEW
    assert ask(net, "eni-peer", f"host:{EC2_PUBLIC}").outcome == "unknown"


@pytest.mark.parametrize(("platform", "outcome"), [("windows", "allowed"), (NEW, "intermittent")])
def test_the_platform_of_an_instance(platform: str, outcome: str) -> None:
    net, _ = fenced(OUT, (100, "in", "allow", "tcp", (49152, 65535), "0.0.0.0/0"), subnet="a")
    client = net.instance(net.a, "10.0.1.7", [net.open])
    net[client]["Platform"] = platform
    assert ask(net, client, net.server).outcome == outcome


def test_the_metadata_of_an_instance() -> None:
    net = Lan()
    instance = net.instance(net.a, "10.0.1.9", [net.open])
    net[instance]["MetadataOptions"] = {"HttpEndpoint": "enabled"}
    assert ask(net, instance, "ip:169.254.169.254", port=80).outcome == "allowed"
    net[instance]["MetadataOptions"] = {"HttpEndpoint": NEW}
    assert ask(net, instance, "ip:169.254.169.254", port=80).outcome == "unknown"


def test_what_a_fleet_does_with_builds_that_overflow() -> None:
    """API_Fleet, overflowBehavior: builds may run outside the fleet's VPC. The project was said to be private
    and to work.
    """
    net = Pipeline(in_vpc=False)
    arn = f"arn:aws:codebuild:{net.region}:{net.account}:fleet/f:1"
    config = {"vpcId": "vpc-1", "subnets": [net.build_a, net.build_c], "securityGroupIds": ["sg-build"]}
    net["p1"]["environment"]["fleet"] = {"fleetArn": arn}
    fleet = {"arn": arn, "name": "f", "overflowBehavior": "QUEUE", "vpcConfig": config}
    net._lists["codebuild/batch-get-fleets"].append(fleet)
    assert load_files(net.files()).check().overall == "private-and-working"
    for behaviour in ("ON_DEMAND", NEW):
        fleet["overflowBehavior"] = behaviour
        assert load_files(net.files()).check().overall == "leaking"
