"""Where the way to an interface is not known, and its security groups take the service from nobody: blocked anyway
(DESIGN, "What a verdict needs").
"""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files, scenarios
from reachsim.verdict import Verdict
from tests.build import Build
from tests.property.test_matrix import compare
from tests.scenarios.lan import ANY, Lan, ask, blocks, codes, fate, natted, public

SSH = ("tcp", 22, 22, "0.0.0.0/0")


def inspected(*rules: Any) -> Lan:
    """What comes from the internet to the client passes appliances behind a Gateway Load Balancer endpoint."""
    net = public()
    outer = net.table(net.vpc_id, [("0.0.0.0/0", "igw-1")], name="outer")
    endpoint = net.appliance_endpoint(net.vpc_id, net.subnet(net.vpc_id, "10.0.9.0/28", table=outer, name="outer"))
    net.route(net.ta, "0.0.0.0/0", endpoint)
    net.edge_table(net.table(net.vpc_id, [("10.0.1.0/24", endpoint)], name="edge"), "igw-1")
    net[net.client]["Groups"] = [{"GroupId": net.group(net.vpc_id, rules, name="own")}]
    return net


def test_whatever_appliances_do_a_group_without_rules_lets_nothing_in() -> None:
    verdict = ask(inspected(), "internet", "eni-client", None, None)
    assert fate(verdict) == ("blocked", "none")
    assert blocks(verdict) == {("SG_HAS_NO_RULES", "sg-own", None, "eni-client", "request", "ingress")}
    assert verdict.blocked_by[0].detail == "sg-own (sg-own) has no ingress rule at all"


@pytest.mark.parametrize(("port", "outcome"), [(22, "unknown"), (443, "blocked"), (None, "unknown")])
def test_only_what_no_rule_names_is_sure_to_stay_out(port: int | None, outcome: str) -> None:
    verdict = ask(inspected(SSH), "internet", "eni-client", "tcp", port)
    assert verdict.outcome == outcome
    assert codes(verdict) == ({"ENI_SG_RULES_MISMATCH"} if outcome == "blocked" else set())
    if outcome == "blocked":
        assert verdict.blocked_by[0].detail == "no ingress rule of sg-own (sg-own) admits tcp/443 from anybody"


def test_a_rule_for_a_group_by_a_connection_that_is_gone_admits_nobody() -> None:
    net = inspected()
    net.permit("sg-own", "in", ("tcp", 443, 443, "222222222222/sg-far"))
    assert ask(net, "internet", "eni-client").outcome == "unknown"
    net["sg-own"]["IpPermissions"][0]["UserIdGroupPairs"][0] |= {
        "VpcPeeringConnectionId": "pcx-9",
        "PeeringStatus": "deleted",
    }
    assert ask(net, "internet", "eni-client").outcome == "blocked"


def test_of_two_groups_either_may_let_in_and_one_that_is_not_there_might() -> None:
    net = inspected()
    net[net.client]["Groups"].append({"GroupId": net.group(net.vpc_id, [SSH], name="more")})
    assert ask(net, "internet", "eni-client", port=22).outcome == "unknown"
    assert len(ask(net, "internet", "eni-client", port=23).blocked_by) == 2
    files = net.files()
    del files[f"{net._home}/ec2/describe-security-groups.json"]
    assert ask(files, "internet", "eni-client", port=23).outcome == "unknown"


def test_a_load_balancer_may_be_asked_past_its_groups() -> None:
    net = inspected()
    net[net.client].update({"InterfaceType": "network_load_balancer", "Description": "ELB net/nlb/0123456789abcdef"})
    assert ask(net, "internet", "eni-client").outcome == "unknown"


@pytest.mark.parametrize(("rules", "outcome"), [([ANY], "unknown"), ([SSH], "blocked"), ([], "blocked")])
def test_who_is_behind_a_shared_transit_gateway_makes_no_difference(rules: Any, outcome: str) -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    net.interface(subnet, "10.0.1.5", [net.group(vpc, rules, name="own")], name="target")
    tgw = net.tgw()
    net[tgw]["OwnerId"] = "222222222222"
    net.tgw_attachment(tgw, vpc, [subnet])
    net.route(net.main_table(vpc), "172.16.0.0/12", tgw)
    assert ask(net, "ip:172.20.1.9", "eni-target").outcome == outcome


def test_whether_a_network_on_premises_leads_on_makes_no_difference() -> None:
    net = Lan()
    net.route(net.ta, "10.9.0.0/16", net.vgw(net.vpc_id))
    other = net.vpc("10.9.0.0/16", name="other")
    net.interface(net.subnet(other, "10.9.1.0/24"), "10.9.1.5", [net.group(other, [SSH])], name="far")
    assert ask(net, "eni-client", "eni-far", port=22).outcome == "unknown"
    assert ask(net, "eni-client", "eni-far").outcome == "blocked"


@pytest.mark.parametrize("port", [22, 443])
def test_the_matrix_says_the_same_behind_an_appliance(port: int) -> None:
    net = Lan()
    net.route(net.ta, "10.0.2.0/24", net.appliance_endpoint(net.vpc_id, net.b))
    net[net.server]["Groups"] = [{"GroupId": net.group(net.vpc_id, [SSH], name="own")}]
    reach = load_files(net.files())
    asked = reach.simulate("eni-client", "eni-server", protocol="tcp", port=port).outcome
    assert asked == ("unknown" if port == 22 else "blocked")
    seen = compare(reach, 6, port)
    assert seen[asked]


def test_nor_does_a_service_of_aws_that_may_lead_the_internet_in() -> None:
    """Global Accelerator keeps the client's address, and the instance's groups are asked."""
    net = Lan()
    net.igw(net.vpc_id, name="1")
    net.instance(net.a, "10.0.1.8", [net.open], name="web")
    net.interface(net.a, "10.0.1.77", [], name="ga")
    net["eni-ga"]["InterfaceType"] = "global_accelerator_managed"
    assert ask(net, "internet", "i-web").outcome == "unknown"
    net["eni-web-eth0"]["Groups"] = [{"GroupId": net.group(net.vpc_id, [SSH], name="own")}]
    assert ask(net, "internet", "i-web").outcome == "blocked"
    assert ask(net, "internet", "i-web", port=22).outcome == "unknown"


# --- network ACLs, and what the sender lets out -----------------------------------------------------------------------

IN, OUT = (100, "in", "allow", "-1", None, "0.0.0.0/0"), (100, "out", "allow", "-1", None, "0.0.0.0/0")


def behind_a_hub(own: Any = (), far: Any = (), *, near: bool = False) -> Lan:
    """Subnet a sends all but its own VPC's to a transit gateway that another account shares; subnet b, too, by way of
    appliances. ``near``: the gateway's attachment is in subnet a itself.
    """
    net = Lan()
    tgw = net.tgw(name="1")
    net[tgw]["OwnerId"] = "222222222222"
    at = net.a if near else net.subnet(net.vpc_id, "10.0.8.0/28", table=net.tb, name="tgw")
    net.tgw_attachment(tgw, net.vpc_id, [at])
    net.route(net.ta, "0.0.0.0/0", tgw)
    endpoint = net.appliance_endpoint(net.vpc_id, net.subnet(net.vpc_id, "10.0.9.0/28", table=net.tb, name="gwlb"))
    net.route(net.ta, "10.0.2.0/24", endpoint)
    for subnet, entries in ((net.a, own), (net.b, far)):
        if entries:
            net.use_acl(subnet, net.acl(net.vpc_id, entries, name=subnet))
    return net


@pytest.mark.parametrize(
    ("entries", "outcome"),
    [
        ((IN, OUT), "unknown"),
        ((OUT,), "blocked"),  # lets no answer in
        (((90, "in", "deny", "tcp", (1024, 65535), "0.0.0.0/0"), IN, OUT), "blocked"),
        (((90, "in", "allow", "tcp", (443, 443), "0.0.0.0/0"), OUT), "blocked"),  # and none to the client's ports
        (((90, "in", "deny", "tcp", (1024, 65535), "203.0.113.0/24"), IN, OUT), "unknown"),  # of others
        (((90, "in", "deny", "tcp", (32768, 40000), "0.0.0.0/0"), IN, OUT), "unknown"),  # to some of its ports
    ],
)
def test_no_answer_gets_past_the_senders_own_network_acl(entries: Any, outcome: str) -> None:
    """Network ACLs are stateless (N107): whoever answers, and whatever the way back is, but for the same subnet's."""
    verdict = ask(behind_a_hub(entries), "eni-client", "ip:198.51.100.7")
    assert verdict.outcome == outcome
    if outcome == "blocked":
        (one,) = verdict.blocked_by
        assert (one.code, one.cause, one.at, one.leg) == (
            "SUBNET_ACL_RESTRICTION", "RETURN_ACL_EPHEMERAL", "subnet-a", "response",
        )  # fmt: skip
        assert not verdict.missing
    if IN in entries:  # what the gateway's own interface there hands on crosses no network ACL (N118)
        assert ask(behind_a_hub(entries, near=True), "eni-client", "ip:198.51.100.7").outcome == "unknown"


@pytest.mark.parametrize(
    ("entries", "outcome"),
    [
        ((IN, OUT), "unknown"),
        ((OUT,), "blocked"),
        ((IN,), "blocked"),
        (((90, "in", "deny", "tcp", (443, 443), "0.0.0.0/0"), IN, OUT), "blocked"),
        (((90, "in", "allow", "tcp", (443, 443), "10.0.9.0/28"), OUT), "unknown"),  # appliances may send as themselves
        (((90, "out", "deny", "tcp", (1024, 65535), "0.0.0.0/0"), IN, OUT), "blocked"),
        (((90, "in", "deny", "udp", None, "0.0.0.0/0"), IN, OUT), "unknown"),
    ],
)
def test_what_a_network_acl_lets_through_to_nobody_gets_there_by_no_appliance(entries: Any, outcome: str) -> None:
    net = behind_a_hub(far=entries)
    verdict = ask(net, "eni-client", "eni-server")
    assert verdict.outcome == outcome
    if outcome == "blocked":
        assert {(one.code, one.component, one.at) for one in verdict.blocked_by} == {
            ("SUBNET_ACL_RESTRICTION", "acl-subnet-b", "subnet-b")
        }
    net[net.interface(net.b, "10.0.2.99", [net.open], name="router")]["SourceDestCheck"] = False
    assert ask(net, "eni-client", "eni-server").outcome == "unknown"  # it might hand it on within the subnet


@pytest.mark.parametrize("entries", [(IN, OUT), (OUT,), (IN,), ((90, "in", "deny", "tcp", (32768, 40000), "0.0.0.0/0"),
                                     IN, OUT)])  # fmt: skip
def test_the_matrix_knows_of_those_network_acls(entries: Any) -> None:
    compare(load_files(behind_a_hub(entries, entries).files()), 6, 443)


@pytest.mark.parametrize("drop", ["list-resolver-rules", "describe-dhcp-options"])
@pytest.mark.parametrize("target", ["host:github.com", "git-codecommit", "host:db.corp.example"])
def test_whatever_a_name_stands_for_a_group_without_egress_rules_lets_nothing_out(drop: str, target: str) -> None:
    net = natted()

    def asked() -> Verdict:
        return ask({path: data for path, data in net.files().items() if drop not in path}, net.client, target)

    assert asked().outcome == "unknown"
    net[net.open]["IpPermissionsEgress"] = []
    verdict = asked()
    assert (verdict.outcome, codes(verdict), verdict.missing) == ("blocked", {"SG_HAS_NO_RULES"}, ())
    net.permit(net.open, "out", ("tcp", 443, 443, "10.0.2.0/24"))
    assert asked().outcome == "unknown"  # the name may be the server's
    net.permit(net.open, "out", ("tcp", 22, 22, "0.0.0.0/0"))
    net[net.open]["IpPermissionsEgress"].pop(0)
    assert (asked().outcome, codes(asked())) == ("blocked", {"ENI_SG_RULES_MISMATCH"})


def test_whether_all_is_stopped_is_found_out_by_the_first_part_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a place sends may go to thousands of interfaces: a question of a name that is not known took seconds."""
    net = natted()
    for host in range(100, 200):
        net.interface(net.b, f"10.0.2.{host}", [net.group(net.vpc_id, name=f"g{host}")], name=f"n{host}")
    files = {path: data for path, data in net.files().items() if "list-resolver-rules" not in path}
    found: list[object] = []
    real = scenarios.one_by_one
    monkeypatch.setattr(
        scenarios, "one_by_one", lambda *asked, **how: (found.append(one) or one for one in real(*asked, **how))
    )
    assert ask(files, net.client, "host:github.com").outcome == "unknown"
    assert len(found) < 4
    net[net.open]["IpPermissionsEgress"] = []
    files = {path: data for path, data in net.files().items() if "list-resolver-rules" not in path}
    assert ask(files, net.client, "host:github.com").outcome == "blocked"
    assert len(found) < 20


def test_whatever_a_name_stands_for_no_answer_gets_in() -> None:
    net = natted()
    net.use_acl(net.a, net.acl(net.vpc_id, [OUT, (90, "in", "allow", "udp", None, "0.0.0.0/0")], name="mute"))
    files = {path: data for path, data in net.files().items() if "list-resolver-rules" not in path}
    verdict = ask(files, net.client, "host:github.com")
    assert (verdict.outcome, codes(verdict)) == ("blocked", {"SUBNET_ACL_RESTRICTION"})


def test_an_unknown_interface_is_reached_by_nobody_whose_groups_let_nothing_out() -> None:
    net = Lan()
    net[net.open]["IpPermissionsEgress"] = []
    files = {path: data for path, data in net.files().items() if "describe-instances" not in path}
    assert (ask(files, net.client, "i-gone").outcome, codes(ask(files, net.client, "i-gone"))) == (
        "blocked", {"SG_HAS_NO_RULES"},
    )  # fmt: skip


@pytest.mark.parametrize("drop", ["describe-route-tables", "describe-network-interfaces"])
def test_without_the_files_that_tell_what_is_in_a_subnet_something_there_may_pass_answers_on(drop: str) -> None:
    net = behind_a_hub((OUT,))
    files = {path: data for path, data in net.files().items() if drop not in path}
    if drop == "describe-network-interfaces":
        net.instance(net.a, "10.0.1.8", [net.open], name="1")
        files = {path: data for path, data in net.files().items() if drop not in path}
    source = "eni-client" if drop == "describe-route-tables" else "i-1"
    assert ask(files, source, "ip:198.51.100.7").outcome == "unknown"


def test_what_is_in_a_subnet_its_interfaces_tell() -> None:
    """A NAT gateway has one, whether or not a file describes the gateway."""
    net = natted()
    net.use_acl(net.a, net.acl(net.vpc_id, [OUT], name="mute"))
    files = {path: data for path, data in net.files().items() if "describe-nat-gateways" not in path}
    assert (ask(files, net.client, "ip:198.51.100.7").outcome, codes(ask(files, net.client, "ip:198.51.100.7"))) == (
        "blocked", {"SUBNET_ACL_RESTRICTION"},
    )  # fmt: skip
    near = natted()
    near.nat(near.a, "10.0.1.9", "203.0.113.98", name="near")
    near.use_acl(near.a, near.acl(near.vpc_id, [OUT], name="mute"))
    files = {path: data for path, data in near.files().items() if "describe-nat-gateways" not in path}
    assert ask(files, near.client, "ip:198.51.100.7").outcome == "unknown"


@pytest.mark.parametrize(("mode", "outcome"), [("block-bidirectional", "blocked"), ("block-ingress", "blocked"),
                                               ("off", "unknown")])  # fmt: skip
def test_whatever_an_internet_gateway_is_block_public_access_stops_what_goes_there(mode: str, outcome: str) -> None:
    net = public()
    net.bpa(mode)
    files = {path: data for path, data in net.files().items() if "describe-internet-gateways" not in path}
    verdict = ask(files, net.client, "ip:198.51.100.7")
    assert (verdict.outcome, codes(verdict)) == (
        outcome, {"VPC_BLOCK_PUBLIC_ACCESS_ENABLED"} if outcome == "blocked" else set(),
    )  # fmt: skip


@pytest.mark.parametrize(("public_address", "outcome"), [("203.0.113.5", "unknown"), (None, "blocked")])
def test_whatever_an_internet_gateway_is_nothing_leaves_there_without_a_public_address(
    public_address: str | None, outcome: str
) -> None:
    net = public(address=public_address)
    files = {path: data for path, data in net.files().items() if "describe-internet-gateways" not in path}
    verdict = ask(files, net.client, "ip:198.51.100.7")
    assert (verdict.outcome, codes(verdict)) == (
        outcome, {"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"} if outcome == "blocked" else set(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "out", "outcome"),
    [(8, (0, -1), "unknown"), (8, (8, -1), "blocked"), (3, (8, -1), "unknown")],  # echo, and what asks for no answer
)
def test_answers_to_icmp_are_of_another_type(kind: int, out: tuple[int, int], outcome: str) -> None:
    """An echo request (type 8) is answered by an echo reply (type 0); nothing answers the other types (RFC 792)."""
    net = behind_a_hub(far=(IN, (100, "out", "allow", "icmp", out, "0.0.0.0/0")))
    assert ask(net, "eni-client", "eni-server", "icmp", kind).outcome == outcome
