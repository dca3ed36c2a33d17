"""Edge route tables, appliances, Network Firewall, NAT64: what a packet meets between its subnet and the gateway."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import Reach, load_files
from reachsim.classes import Classes
from reachsim.forwarding import Ground
from reachsim.slices.matrix import OUTCOMES, Matrix
from reachsim.verdict import Verdict
from tests.build import ANYWHERE, Build
from tests.resolvers import resolver_endpoint
from tests.scenarios.lan import public

ARN = "arn:aws:network-firewall:us-east-1:111111111111:{}"
HTTPS = {"protocol": "tcp", "port": 443}


class Edge(Build):
    """A client with a public address behind a firewall endpoint: client subnet, firewall subnet, internet gateway."""

    def __init__(self, *, edge: bool = True, back: bool = True) -> None:
        super().__init__()
        self.net = self.vpc("10.0.0.0/16")
        self.gateway = self.igw(self.net)
        self.table_c, self.table_f = self.table(self.net, name="c"), self.table(self.net, name="f")
        self.sub_c = self.subnet(self.net, "10.0.1.0/24", table=self.table_c, name="c")
        self.sub_f = self.subnet(self.net, "10.0.9.0/24", table=self.table_f, name="f")
        self.open = self.group(self.net, ingress=ANYWHERE, egress=ANYWHERE, name="open")
        self.client = self.interface(self.sub_c, "10.0.1.5", [self.open], public="203.0.113.5", name="client")
        self.endpoint = self._endpoint(
            "vpce-fw", "GatewayLoadBalancer", self.net, "com.amazonaws.vpce.us-east-1.vpce-svc-1", None
        )
        self[self.endpoint]["SubnetIds"] = [self.sub_f]
        self.route(self.table_c, "0.0.0.0/0", self.endpoint if back else self.gateway)
        self.route(self.table_f, "0.0.0.0/0", self.gateway)
        if edge:
            self.edge_table(self.table(self.net, [("10.0.1.0/24", self.endpoint)], name="edge"), self.gateway)

    def firewall(self, status: str = "READY", **policy: Any) -> None:
        """A Network Firewall behind the endpoint; ``policy``: keys of its FirewallPolicy."""
        arns = {kind: ARN.format(f"{kind}/f") for kind in ("firewall", "firewall-policy")}
        self.put(f"network-firewall/describe-firewall/{arns['firewall'].replace('/', '%2F')}", {
            "Firewall": {"FirewallName": "f", "FirewallArn": arns["firewall"], "VpcId": self.net,
                         "FirewallPolicyArn": arns["firewall-policy"], "SubnetMappings": [{"SubnetId": self.sub_f}]},
            "FirewallStatus": {"Status": "READY", "SyncStates": {
                "us-east-1a": {"Attachment": {"SubnetId": self.sub_f, "EndpointId": self.endpoint, "Status": status}}}},
        })  # fmt: skip
        full = {"StatelessDefaultActions": ["aws:forward_to_sfe"],
                "StatelessFragmentDefaultActions": ["aws:forward_to_sfe"]} | policy  # fmt: skip
        path = f"network-firewall/describe-firewall-policy/{arns['firewall-policy'].replace('/', '%2F')}"
        self.put(path, {"FirewallPolicy": full})

    def rules(self, name: str, source: dict[str, Any], kind: str = "stateful", **more: Any) -> dict[str, Any]:
        """A rule group; returns the reference to it."""
        arn = ARN.format(f"{kind}-rulegroup/{name}")
        path = f"network-firewall/describe-rule-group/{arn.replace('/', '%2F')}"
        self.put(path, {"RuleGroup": {"RulesSource": source} | more})
        return {"ResourceArn": arn}

    def reach(self, **appliances: str) -> Reach:
        reach = load_files(self.files())
        reach.ground = Ground(reach.network, {key.replace("_", "-"): does for key, does in appliances.items()})
        return reach

    def out(self, host: str = "github.com", **question: Any) -> Verdict:
        return self.reach().simulate(self.client, f"host:{host}", **(HTTPS | question))


def five_tuple(action: str, protocol: str = "TCP", port: str = "ANY", destination: str = "ANY", **more: Any) -> Any:
    header = {"Protocol": protocol, "Source": "ANY", "SourcePort": "ANY", "Direction": "FORWARD",
              "Destination": destination, "DestinationPort": port}  # fmt: skip
    return {"Action": action, "Header": header, "RuleOptions": [{"Keyword": "sid", "Settings": ["1"]}]} | more


def codes(verdict: Verdict) -> set[str]:
    return {block.code for block in verdict.blocked_by}


# --- what appliances do -----------------------------------------------------------------------------------------------


def test_n149_what_appliances_let_through_is_not_known() -> None:
    verdict = Edge().out()
    assert (verdict.outcome, verdict.route) == ("unknown", "none")
    assert ("INSPECTED_BY_APPLIANCE", "vpce-fw") in {(one.code, one.component) for one in verdict.assumptions}


def test_n149_appliances_that_are_said_to_forward_let_the_path_go_on() -> None:
    verdict = Edge().reach(vpce_fw="forward").simulate("eni-client", "host:github.com", **HTTPS)
    assert (verdict.outcome, verdict.route) == ("allowed", "internet")
    assert "APPLIANCE_AS_SAID" in {one.code for one in verdict.assumptions}


def test_n21_edge_table_leads_what_comes_in_to_the_middlebox() -> None:
    verdict = Edge().reach(vpce_fw="forward").simulate("internet", "eni-client", **HTTPS)
    assert (verdict.outcome, verdict.route) == ("allowed", "internet")
    way = [hop.component for hop in verdict.paths[0].hops]
    assert way.index("vpce-fw") < way.index("eni-client")
    assert way.count("vpce-fw") == 2  # there and back


def test_n23_reply_past_the_middlebox_of_the_request() -> None:
    net = Edge(back=False)
    verdict = net.reach(vpce_fw="forward").simulate("internet", "eni-client", **HTTPS)
    assert verdict.outcome == "blocked"
    assert codes(verdict) == {"INGRESS_RTB_TRAFFIC_REDIRECTION"}


def test_n23_request_past_the_middlebox_of_the_reply() -> None:
    net = Edge(edge=False)
    verdict = net.reach(vpce_fw="forward").simulate("eni-client", "host:github.com", **HTTPS)
    assert codes(verdict) == {"MIDDLEBOX_ASYMMETRIC"}


def test_n23_before_and_behind_a_nat_gateway_are_different_flows() -> None:
    """The request passes the firewall behind the NAT gateway, the reply before it: once each, but not the same flow."""
    net = Edge(edge=False)
    net.firewall()
    ways = [("0.0.0.0/0", net.endpoint), ("10.0.1.0/24", net.endpoint)]
    public = net.subnet(net.net, "10.0.8.0/24", table=net.table(net.net, ways))
    net.route(net.table_c, "0.0.0.0/0", net.nat(public, "10.0.8.9", "203.0.113.99"))
    assert codes(net.out()) == {"MIDDLEBOX_ASYMMETRIC"}


def test_n22_edge_target_without_public_address() -> None:
    net = Edge(edge=False, back=False)
    net.interface(net.sub_f, "10.0.9.9", [net.open], source_dest_check=False, name="box")
    net.edge_table(net.table(net.net, [("10.0.1.0/24", "eni-box")], name="edge"), net.gateway)
    verdict = net.reach(eni_box="forward").simulate("internet", "eni-client", **HTTPS)
    assert "INGRESS_RTB_NO_PUBLIC_IP" in codes(verdict)


@pytest.mark.parametrize(
    ("space", "outcome"), [("public", "allowed"), ("private", "blocked"), ("none", "blocked")]
)  # fmt: skip
def test_n22_for_ipv6_an_ipv6_address_is_the_public_one(space: str, outcome: str) -> None:
    """ "Gateway route tables": IPv6 blocks of subnets may lead to an interface; its IPv6 address is public."""
    net = public(ipv6="2600:1f18:aa:bb00::/56")
    six = "2600:1f18:aa:bb02::9"
    if space == "private":
        more = {"Ipv6CidrBlock": "fd00:10::/56", "Ipv6CidrBlockState": {"State": "associated"}}
        net[net.vpc_id]["Ipv6CidrBlockAssociationSet"].append(more | {"Ipv6AddressAttribute": "private"})
        six = "fd00:10::9"
    box = net.interface(net.b, "10.0.2.9", [net.open], ipv6=six if space != "none" else (), source_dest_check=False)
    net.edge_table(net.table(net.vpc_id, [("2600:1f18:aa:bb01::/64", box)], name="edge"), "igw-1")
    net[net.ta]["Routes"] = [one for one in net[net.ta]["Routes"] if one.get("DestinationIpv6CidrBlock") != "::/0"]
    net.route(net.ta, "::/0", box)
    net.route(net.tb, "::/0", "igw-1")
    reach = load_files(net.files())
    reach.ground = Ground(reach.network, {box: "forward"})
    verdict = reach.simulate("internet", net.client, family="ipv6", **HTTPS)
    assert verdict.outcome == outcome
    assert ("INGRESS_RTB_NO_PUBLIC_IP" in codes(verdict)) is (outcome == "blocked")


def test_n24_edge_target_that_checks_its_addresses() -> None:
    net = Edge(edge=False, back=False)
    net.interface(net.sub_f, "10.0.9.9", [net.open], "203.0.113.9", name="box")
    net.edge_table(net.table(net.net, [("10.0.1.0/24", "eni-box")], name="edge"), net.gateway)
    assert codes(net.reach().simulate("internet", "eni-client", **HTTPS)) == {"ENI_SOURCE_DEST_CHECK_RESTRICTION"}


def test_n25_nat_instance_is_possible_and_as_said_allowed() -> None:
    net = Edge(edge=False, back=False)
    net.interface(net.sub_f, "10.0.9.9", [net.open], "203.0.113.9", source_dest_check=False, name="nat")
    table = net.table(net.net, [("0.0.0.0/0", "eni-nat")], name="p")
    net.interface(net.subnet(net.net, "10.0.2.0/24", table=table, name="p"), "10.0.2.5", [net.open], name="private")
    assert net.reach().simulate("eni-private", "host:github.com", **HTTPS).outcome == "unknown"
    verdict = net.reach(eni_nat="nat").simulate("eni-private", "host:github.com", **HTTPS)
    assert (verdict.outcome, verdict.route) == ("allowed", "internet")


def test_n87_groups_are_not_known_behind_a_middlebox() -> None:
    net = Edge(edge=False)
    inside = net.group(net.net, ingress=[("tcp", 443, 443, net.open)], egress=ANYWHERE, name="inside")
    table_b = net.table(net.net, [("10.0.1.0/24", net.endpoint)], name="b")
    net.interface(net.subnet(net.net, "10.0.2.0/24", table=table_b, name="b"), "10.0.2.5", [inside], name="server")
    net.route(net.table_c, "10.0.2.0/24", net.endpoint)
    verdict = net.reach(vpce_fw="forward").simulate("eni-client", "eni-server", **HTTPS)
    assert codes(verdict) == {"SG_REFERENCES_NOT_PRESERVED"}
    net.permit(inside, "in", ("tcp", 443, 443, "10.0.1.0/24"))
    assert net.reach(vpce_fw="forward").simulate("eni-client", "eni-server", **HTTPS).outcome == "allowed"


# --- Network Firewall -------------------------------------------------------------------------------------------------


def test_n194_firewall_of_the_endpoint_passes_by_default() -> None:
    net = Edge()
    net.firewall()
    verdict = net.out()
    assert (verdict.outcome, verdict.route) == ("allowed", "internet")
    assert any("firewall f" in hop.detail for hop in verdict.paths[0].hops)


def test_policy_that_is_not_in_the_snapshot_is_named() -> None:
    net = Edge()
    net.firewall()
    files = {path: data for path, data in net.files().items() if "describe-firewall-policy" not in path}
    verdict = load_files(files).simulate("eni-client", "host:github.com", **HTTPS)
    assert verdict.outcome == "unknown"
    assert any("describe-firewall-policy" in path for path in verdict.missing)


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        ([five_tuple("DROP", port="443")], "blocked"),
        ([five_tuple("REJECT", port="443")], "blocked"),
        ([five_tuple("ALERT", port="443")], "allowed"),
        ([five_tuple("DROP", port="[80,400:442]")], "allowed"),
        ([five_tuple("DROP", port="!80")], "blocked"),
        ([five_tuple("DROP", port="443"), five_tuple("PASS", port="443")], "allowed"),  # pass is tried first
        ([five_tuple("DROP", protocol="UDP")], "allowed"),
        ([five_tuple("DROP", protocol="IP", destination="10.0.0.0/8")], "blocked"),  # the reply
        ([five_tuple("DROP", protocol="IP", destination="$HOME_NET"), five_tuple("PASS", port="443")], "allowed"),
        ([five_tuple("DROP", protocol="IP", destination="$EXTERNAL_NET")], "blocked"),
        ([five_tuple("DROP", protocol="TLS")], "unknown"),
        ([five_tuple("PASS", RuleOptions=[{"Keyword": "flow", "Settings": ["established"]}])], "unknown"),
    ],
)
def test_n192_default_order_tries_pass_drop_reject(rules: list[Any], outcome: str) -> None:
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[net.rules("r", {"StatefulRules": rules})])
    verdict = net.out()
    assert verdict.outcome == outcome
    assert codes(verdict) == ({"FIREWALL_RULES_RESTRICTION"} if outcome == "blocked" else set())


@pytest.mark.parametrize(
    ("rules", "default", "outcome"),
    [
        ([five_tuple("DROP", port="443"), five_tuple("PASS", port="443")], [], "blocked"),
        ([five_tuple("PASS", port="443"), five_tuple("DROP", port="443")], ["aws:drop_strict"], "allowed"),
        ([], ["aws:drop_strict"], "blocked"),
        ([], ["aws:drop_established", "aws:alert_established"], "blocked"),
        ([], ["aws:alert_strict"], "allowed"),
    ],
)
def test_n192_strict_order_as_they_stand_then_the_default(rules: list[Any], default: list[str], outcome: str) -> None:
    net = Edge()
    group = net.rules("r", {"StatefulRules": rules}) | {"Priority": 1}
    net.firewall(StatefulRuleGroupReferences=[group], StatefulDefaultActions=default,
                 StatefulEngineOptions={"RuleOrder": "STRICT_ORDER"})  # fmt: skip
    assert net.out().outcome == outcome


def dual_stack() -> Edge:
    net = Edge()
    for place, block in ((net.net, "2600:1f18:0:100::/56"), (net.sub_c, "2600:1f18:0:101::/64")):
        state = {"Ipv6CidrBlock": block, "Ipv6CidrBlockState": {"State": "associated"}}
        net[place]["Ipv6CidrBlockAssociationSet"] = [state]
    net[net.client]["Ipv6Addresses"] = [{"Ipv6Address": "2600:1f18:0:101::5"}]
    net.route(net.table_c, "::/0", net.endpoint)
    net.route(net.table_f, "::/0", net.gateway)
    net.route("rtb-edge", "2600:1f18:0:101::/64", net.endpoint)
    return net


SPECIAL = five_tuple("PASS", RuleOptions=[{"Keyword": "flow", "Settings": ["established"]}])


@pytest.mark.parametrize(
    ("protocol", "rule", "outcome"),
    [
        ("icmp", five_tuple("DROP", protocol="ICMP"), "blocked"),
        ("icmpv6", five_tuple("DROP", protocol="ICMP"), "blocked"),  # "icmp" stands for both
        ("icmpv6", five_tuple("DROP", protocol="ICMPV6"), "blocked"),
        ("icmp", five_tuple("DROP", protocol="ICMPV6"), "allowed"),
        ("icmp", five_tuple("DROP", protocol="IP"), "blocked"),
        ("icmp", five_tuple("DROP", protocol="IP", port="443"), "unknown"),  # as Suricata's version has it
        ("icmp", five_tuple("DROP", protocol="ICMP", port="443"), "unknown"),
        ("udp", five_tuple("DROP", protocol="IP", port="443"), "blocked"),
        ("udp", five_tuple("DROP", protocol="IP", port="80"), "allowed"),
    ],
)
def test_n192_protocols_of_a_header(protocol: str, rule: dict[str, Any], outcome: str) -> None:
    net = dual_stack()
    net.firewall(StatefulRuleGroupReferences=[net.rules("r", {"StatefulRules": [rule]})])
    destination = "ip:2001:4860:4860::8888" if protocol == "icmpv6" else "ip:8.8.8.8"
    port = 443 if protocol == "udp" else None
    assert net.reach().simulate(net.client, destination, protocol=protocol, port=port).outcome == outcome


def test_n192_a_rule_that_is_not_read_may_pass_the_flow_and_so_its_replies() -> None:
    back = five_tuple("DROP", protocol="IP", destination="10.0.0.0/8")
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[net.rules("r", {"StatefulRules": [SPECIAL, back]})])
    assert net.out().outcome == "unknown"


def allow_list(net: Edge, *targets: str, kind: str = "ALLOWLIST") -> dict[str, Any]:
    listed = {"Targets": list(targets), "TargetTypes": ["TLS_SNI", "HTTP_HOST"], "GeneratedRulesType": kind}
    return net.rules("domains", {"RulesSourceList": listed})


def test_n192_n193_domain_allow_list() -> None:
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[allow_list(net, ".amazonaws.com", "github.com")])
    assert net.out("github.com").outcome == "allowed"
    assert net.out("api.github.com").outcome == "blocked"
    assert codes(net.out("api.github.com")) == {"FIREWALL_DOMAIN_DENY"}
    assert net.out("s3.us-east-1.amazonaws.com").outcome == "allowed"
    assert net.out("api.github.com", port=22).outcome == "allowed"  # neither TLS nor HTTP


def test_n193_a_name_may_be_claimed() -> None:
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[allow_list(net, "github.com")])
    assert "FIREWALL_NAME_CLAIMED" in {one.code for one in net.out().assumptions}


def test_n192_strict_order_with_domain_list_and_drop_established() -> None:
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[allow_list(net, ".amazonaws.com") | {"Priority": 1}],
                 StatefulDefaultActions=["aws:drop_established"],
                 StatefulEngineOptions={"RuleOrder": "STRICT_ORDER"})  # fmt: skip
    assert net.out("s3.us-east-1.amazonaws.com").outcome == "allowed"
    assert net.out("github.com").outcome == "blocked"


def test_domain_deny_list() -> None:
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[allow_list(net, ".github.com", kind="DENYLIST")])
    assert net.out("api.github.com").outcome == "blocked"
    assert net.out("pypi.org").outcome == "allowed"


def test_domain_list_without_a_name_to_go_by_is_unknown() -> None:
    net = Edge()
    net.firewall(StatefulRuleGroupReferences=[allow_list(net, "github.com")])
    verdict = net.reach().simulate("eni-client", "ip:140.82.112.3", **HTTPS)
    assert verdict.outcome == "unknown"
    assert "FIREWALL_DOMAIN_UNKNOWN" in {one.code for one in verdict.assumptions}


def test_n193_suricata_text_is_unknown_unless_a_pass_rule_comes_first() -> None:
    net = Edge()
    text = net.rules("text", {"RulesString": "drop tls any any -> any any (sid:1;)"})
    net.firewall(StatefulRuleGroupReferences=[text])
    verdict = net.out()
    assert verdict.outcome == "unknown"
    assert "FIREWALL_RULE_NOT_READ" in {one.code for one in verdict.assumptions}
    first = net.rules("r", {"StatefulRules": [five_tuple("PASS", port="443")]})
    net.firewall(StatefulRuleGroupReferences=[text, first])
    assert net.out().outcome == "allowed"


def test_managed_rules_are_an_assumption() -> None:
    net = Edge()
    managed = "arn:aws:network-firewall:us-east-1:aws-managed:stateful-rulegroup/ThreatSignaturesBotnetStrictOrder"
    net.firewall(StatefulRuleGroupReferences=[{"ResourceArn": managed}])
    verdict = net.out()
    assert verdict.outcome == "allowed"
    assert "FIREWALL_MANAGED_RULES" in {one.code for one in verdict.assumptions}


@pytest.mark.parametrize(
    ("rules", "default", "outcome"),
    [
        ([], ["aws:drop"], "blocked"),
        ([], ["aws:pass"], "allowed"),
        ([(1, "aws:drop", 443, None)], ["aws:pass"], "blocked"),
        ([(2, "aws:drop", 443, None), (1, "aws:pass", 443, None)], ["aws:pass"], "allowed"),
        ([(1, "aws:pass", 443, None)], ["aws:drop"], "blocked"),  # the reply goes to another port
        ([(1, "aws:pass", 443, None), (2, "aws:pass", None, 443)], ["aws:drop"], "allowed"),
    ],
)
def test_n192_stateless_rules_see_every_packet(rules: list[Any], default: list[str], outcome: str) -> None:
    net = Edge()

    def ports(one: int | None) -> list[dict[str, int]]:
        return [] if one is None else [{"FromPort": one, "ToPort": one}]

    made = [
        {"Priority": priority, "RuleDefinition": {"Actions": [action], "MatchAttributes": {
            "Protocols": [6], "DestinationPorts": ports(to), "SourcePorts": ports(by)}}}
        for priority, action, to, by in rules
    ]  # fmt: skip
    group = net.rules("s", {"StatelessRulesAndCustomActions": {"StatelessRules": made}}, "stateless") | {"Priority": 1}
    net.firewall(StatelessRuleGroupReferences=[group], StatelessDefaultActions=default)
    assert net.out().outcome == outcome


def test_a_firewall_that_is_crossed_twice_tells_the_two_connections_apart() -> None:
    """To the client's own public address: out by the firewall, where a rule passes it, and in by it again, where no
    rule matches, so that replies are looked at.
    """
    net = Edge()
    passes = five_tuple("PASS", port="443", destination="203.0.113.5/32")
    drops = five_tuple("DROP")
    drops["Header"] |= {"Source": "10.0.1.5/32", "SourcePort": "443"}
    net.firewall(StatefulRuleGroupReferences=[net.rules("r", {"StatefulRules": [passes, drops]})])
    assert net.reach().simulate("eni-client", "ip:203.0.113.5", **HTTPS).outcome == "blocked"
    assert net.reach().simulate("eni-client", "ip:198.51.100.7", **HTTPS).outcome == "allowed"


def test_a_firewall_that_is_listed_and_not_described_is_named_as_missing() -> None:
    net = Edge()
    assert net.out().missing == ()
    arn = ARN.format("firewall/f")
    net._lists["network-firewall/list-firewalls"].append({"FirewallName": "f", "FirewallArn": arn})
    path = f"111111111111/us-east-1/network-firewall/describe-firewall/{arn.replace('/', '%2F')}.json"
    assert (net.out().outcome, net.out().missing) == ("unknown", (path,))
    net.firewall()
    assert (net.out().outcome, net.out().missing) == ("allowed", ())


# --- NAT64 and DNS64 --------------------------------------------------------------------------------------------------


def six(*, dns64: bool = True) -> Build:
    """An IPv6-only client whose way to IPv4 leads through a NAT gateway."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16", ipv6="2600:1f10:0:100::/56")
    gateway = net.igw(vpc)
    public = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", gateway)]))
    nat = net.nat(public, "10.0.1.9", public="203.0.113.9", name="1")
    table = net.table(vpc, [("64:ff9b::/96", nat)])
    subnet = net.subnet(vpc, "10.0.2.0/24", ipv6="2600:1f10:0:102::/64", table=table)
    net[subnet]["EnableDns64"] = dns64
    out = [("-1", None, None, "::/0")]
    net.interface(subnet, "10.0.2.5", [net.group(vpc, [], out)], ipv6="2600:1f10:0:102::5", name="client")
    return net


def test_n57_nat64_translates_the_last_32_bits() -> None:
    verdict = load_files(six().files()).simulate("eni-client", "ip:64:ff9b::8c52:7003", **HTTPS)
    assert (verdict.outcome, verdict.route) == ("allowed", "internet")
    assert any("140.82.112.3" in hop.detail for hop in verdict.paths[0].hops)


def test_n57_group_must_admit_the_prefix() -> None:
    net = six()
    net["eni-client"]["Groups"] = [
        {"GroupId": net.group(net["eni-client"]["VpcId"], [], [("tcp", 443, 443, "::1/128")])}
    ]
    assert load_files(net.files()).simulate("eni-client", "ip:64:ff9b::8c52:7003", **HTTPS).outcome == "blocked"


def test_n58_dns64_makes_up_an_address_for_an_ipv4_name() -> None:
    question = {**HTTPS, "family": "ipv6"}
    verdict = load_files(six().files()).simulate("eni-client", "logs", **question)
    assert (verdict.outcome, verdict.route) == ("allowed", "aws-public")
    assert load_files(six(dns64=False).files()).simulate("eni-client", "logs", **question).outcome == "blocked"


def test_n58_other_name_servers_make_up_nothing() -> None:
    """DNS64 is the VPC's own resolver's; here another VPC's inbound endpoint answers, reached by peering."""
    net = six()
    client = net["eni-client"]["VpcId"]
    there = net.vpc("10.1.0.0/16", name="there")
    subnet = net.subnet(there, "10.1.1.0/24", name="there")
    pcx = net.peering(client, there)
    for table, block in ((net.main_table(there), "10.0.0.0/16"), ("rtb-2", "10.1.0.0/16")):
        net.route(table, block, pcx)
    net["eni-client"]["Groups"] = [{"GroupId": net.group(client, [], [*ANYWHERE, ("-1", None, None, "::/0")])}]
    resolver_endpoint(net, there, {subnet: "10.1.1.53"}, [net.group(there, ANYWHERE)], name="in")
    assert load_files(net.files()).simulate("eni-client", "logs", **HTTPS, family="ipv6").outcome == "allowed"
    net[str(net[client]["DhcpOptionsId"])]["DhcpConfigurations"][0]["Values"] = [{"Value": "10.1.1.53"}]
    assert load_files(net.files()).simulate("eni-client", "logs", **HTTPS, family="ipv6").outcome == "blocked"


# --- Block Public Access at a middlebox -------------------------------------------------------------------------------


def both_ways(net: Edge, **appliances: str) -> tuple[str, str]:
    """(out, in): outcomes between the client and the internet."""
    reach = net.reach(**appliances)
    return (
        reach.simulate("eni-client", "ip:198.51.100.7", **HTTPS).outcome,
        reach.simulate("internet", "eni-client", **HTTPS).outcome,
    )


@pytest.mark.parametrize("states", [True, False])
@pytest.mark.parametrize(("excluded", "outcome"), [("sub_f", "allowed"), ("sub_c", "blocked"), (None, "blocked")])
def test_n69_the_subnet_of_the_middlebox_needs_the_exclusion(excluded: str | None, outcome: str, states: bool) -> None:
    net = Edge()
    net.bpa("block-bidirectional", {getattr(net, excluded): "allow-bidirectional"} if excluded else None, states=states)
    assert both_ways(net, vpce_fw="forward") == (outcome, outcome)


def test_n69_the_block_is_told_at_the_middleboxs_subnet() -> None:
    net = Edge()
    net.bpa("block-bidirectional", {net.sub_c: "allow-bidirectional"})
    verdict = net.reach(vpce_fw="forward").simulate("internet", "eni-client", **HTTPS)
    assert {(one.code, one.at) for one in verdict.blocked_by} == {("VPC_BLOCK_PUBLIC_ACCESS_ENABLED", net.sub_f)}


@pytest.mark.parametrize("mode", ["block-bidirectional", "block-ingress"])
def test_n70_no_exclusion_helps_what_passes_a_network_firewall(mode: str) -> None:
    net = Edge()
    net.firewall()
    assert both_ways(net) == ("allowed", "allowed")
    net.bpa(mode, {net.sub_f: "allow-bidirectional", net.sub_c: "allow-bidirectional"})
    assert both_ways(net) == ("blocked", "blocked")
    verdict = net.out()
    assert codes(verdict) == {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"}
    assert "whatever is excluded" in verdict.blocked_by[0].detail


def test_n70_no_exclusion_helps_before_an_egress_only_gateway() -> None:
    net = dual_stack()
    net.firewall()
    net.route(net.table_f, "::/0", net.eigw(net.net))
    net.bpa("block-bidirectional", {net.sub_f: "allow-bidirectional", net.sub_c: "allow-bidirectional"})
    verdict = net.reach().simulate(net.client, "ip:2001:4860:4860::8888", **HTTPS)
    assert "VPC_BLOCK_PUBLIC_ACCESS_ENABLED" in codes(verdict)
    assert verdict.blocked_by[0].leg == "request"


def test_n70_an_excluded_nat_gateway_behind_the_firewall_talks_to_the_gateway_itself() -> None:
    net = Edge(edge=False)
    net.firewall()
    public = net.subnet(net.net, "10.0.8.0/24", table=net.table(net.net, [("0.0.0.0/0", net.gateway)], name="n"))
    net[net.table_f]["Routes"] = [one for one in net[net.table_f]["Routes"] if one.get("GatewayId") == "local"]
    net.route(net.table_f, "0.0.0.0/0", net.nat(public, "10.0.8.9", "203.0.113.99"))
    net.route("rtb-n", "10.0.1.0/24", net.endpoint)
    net.bpa("block-bidirectional", {public: "allow-egress"})
    assert net.out().outcome == "allowed"
    assert "BPA_NAT_BEHIND_FIREWALL" in {one.code for one in net.out().assumptions}
    net.bpa("off", {})
    assert "BPA_NAT_BEHIND_FIREWALL" not in {one.code for one in net.out().assumptions}


# --- senders that a firewall alone tells apart (N192) -----------------------------------------------------------------


def told_apart_by_a_firewall() -> Reach:
    """Two interfaces that are alike but for their addresses, of which the firewall passes one."""
    net = Edge()
    net.interface(net.sub_c, "10.0.1.77", [net.open], public="203.0.113.6", name="second")
    for host in (80, 81):
        net.interface(net.sub_c, f"10.0.1.{host}", [net.open], name=f"private-{host}")
    rule = five_tuple("PASS")
    rule["Header"]["Source"] = "[10.0.1.5/32, 10.0.1.80/32]"
    net.firewall(
        StatefulRuleGroupReferences=[net.rules("r", {"StatefulRules": [rule]}) | {"Priority": 1}],
        StatefulEngineOptions={"RuleOrder": "STRICT_ORDER"}, StatefulDefaultActions=["aws:drop_strict"],
    )  # fmt: skip
    return net.reach()


def test_a_matrix_keeps_apart_whom_a_firewall_tells_apart() -> None:
    matrix = Matrix(told_apart_by_a_firewall().ground, 6, 443)
    found = {
        matrix.names[member]: OUTCOMES[answers.outcomes[-1]]
        for end, answers in matrix.answers(matrix.sources)
        for member in matrix.members[end]
    }
    assert found == {
        "eni-client": "allowed", "eni-second": "blocked", "eni-private-80": "blocked", "eni-private-81": "blocked",
    }  # fmt: skip


def test_an_answer_is_not_kept_for_whom_a_firewall_tells_apart() -> None:
    reach = told_apart_by_a_firewall()
    classes = Classes(reach.ground)
    one, other = (classes.of(reach.network.interfaces[f"eni-private-{host}"]) for host in (80, 81))
    assert one is not None
    assert one != other


@pytest.mark.parametrize(
    ("rules", "policy", "rule"),
    [
        ([five_tuple("DROP", protocol="IP")], {}, "rule 1"),
        ([five_tuple("REJECT", port="443")], {}, "rule 1"),
        ([five_tuple("PASS", port="80")], {"StatefulDefaultActions": ["aws:drop_established"]}, "default"),
    ],
)
def test_n192_the_replies_of_what_the_stateful_engine_drops_are_no_fault_of_their_own(
    rules: list[Any], policy: dict[str, Any], rule: str
) -> None:
    """Whatever lets the flow pass lets its replies pass: the rule is told once, of the request."""
    net = Edge()
    if policy:
        policy["StatefulEngineOptions"] = {"RuleOrder": "STRICT_ORDER"}
    net.firewall(StatefulRuleGroupReferences=[net.rules("r", {"StatefulRules": rules}) | {"Priority": 1}], **policy)
    verdict = net.out()
    assert [(one.rule, one.leg) for one in verdict.blocked_by] == [(rule, "request")]
    assert codes(verdict) == {"FIREWALL_RULES_RESTRICTION"}


def test_the_table_of_the_endpoints_subnet_touches_whoever_is_routed_there() -> None:
    before, after = Edge(), Edge()
    before.firewall()
    after.firewall()
    after[after.table_f]["Routes"].pop()  # to the internet gateway
    diff = load_files(before.files()).diff(load_files(after.files()), sources=[before.client])
    assert (diff.compared, diff.skipped) == ((before.client,), ())
    assert {(one.before.outcome, one.after.outcome) for one in diff.cells if one.destination == "internet"} == {
        ("allowed", "blocked")
    }
