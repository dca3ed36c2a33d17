"""Rules of security groups and network ACLs: what they name and how they are called."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import load_files
from reachsim.addresses import EVERYWHERE, Cidr, parse_block
from reachsim.filters import (
    Rule,
    describe_permission,
    entry_services,
    network_acl_rules,
    permission_services,
    protocol_number,
    security_group_rules,
)
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.model.records import IcmpTypeCode, IpPermission, NetworkAclEntry, PortRange
from reachsim.packets import ALL_SERVICES, ICMP, ICMPV6, TCP, UDP, icmp_services, protocol_services
from tests.build import Build


def ports(protocol: int, low: int, high: int) -> IntervalSet:
    return protocol_services(protocol, IntervalSet.span(low, high))


# --- protocols and ports --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [("tcp", 6), ("TCP", 6), ("udp", 17), ("icmp", 1), ("icmpv6", 58), ("-1", -1), ("0", 0), ("50", 50), ("255", 255)],
)
def test_protocols_as_aws_writes_them(text: str, number: int) -> None:
    assert protocol_number(text) == number


@pytest.mark.parametrize("text", ["", "all", "256", "-2", "sctpp", "6.0"])
def test_what_is_no_protocol(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (int() words some of them)
        protocol_number(text)


@pytest.mark.parametrize(
    ("permission", "expected"),
    [
        (IpPermission("-1"), ALL_SERVICES),
        (IpPermission("-1", 443, 443), ALL_SERVICES),
        (IpPermission("tcp", 443, 443), ports(TCP, 443, 443)),
        (IpPermission("6", 443, 443), ports(TCP, 443, 443)),
        (IpPermission("tcp", 1000, 2000), ports(TCP, 1000, 2000)),
        (IpPermission("tcp", 0, 65535), protocol_services(TCP)),
        (IpPermission("tcp", -1, -1), protocol_services(TCP)),
        (IpPermission("udp", 0, 0), ports(UDP, 0, 0)),
        (IpPermission("icmp", -1, -1), protocol_services(ICMP)),
        (IpPermission("icmp", 8, -1), icmp_services(ICMP, 8, -1)),
        (IpPermission("icmp", 3, 4), icmp_services(ICMP, 3, 4)),
        (IpPermission("icmpv6", 128, 0), icmp_services(ICMPV6, 128, 0)),
        (IpPermission("icmp"), protocol_services(ICMP)),
        (IpPermission("50", 443, 443), protocol_services(50)),
        (IpPermission("132"), protocol_services(132)),
    ],
)
def test_services_of_a_security_group_rule(permission: IpPermission, expected: IntervalSet) -> None:
    assert permission_services(permission) == expected


def test_a_range_that_ends_before_it_begins_is_none_of_awss() -> None:
    """EC2 refuses it; taken as it stands it would hold nothing, so that a denial would deny nothing."""
    expected = "Expected a range of ports that ends where it begins or later, got 2000 to 1000"
    with pytest.raises(ValueError, match=expected):
        IpPermission("tcp", 2000, 1000)
    with pytest.raises(ValueError, match=expected):
        entry("17", 2000, 1000)
    assert entry_services(entry("-1", 2000, 1000)) == ALL_SERVICES


def entry(protocol: str, low: int | None = None, high: int = 0, icmp: tuple[int, int] | None = None) -> NetworkAclEntry:
    return NetworkAclEntry(
        100, protocol, "allow", False, Cidr("0.0.0.0/0"),
        port_range=None if low is None else PortRange(low, high),
        icmp_type_code=None if icmp is None else IcmpTypeCode(*icmp),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        (entry("-1"), ALL_SERVICES),
        (entry("-1", 443, 443), ALL_SERVICES),
        (entry("6", 443, 443), ports(TCP, 443, 443)),
        (entry("6", 0, 65535), protocol_services(TCP)),
        (entry("17", 53, 54), ports(UDP, 53, 54)),
        (entry("1", icmp=(-1, -1)), protocol_services(ICMP)),
        (entry("1", icmp=(8, -1)), icmp_services(ICMP, 8, -1)),
        (entry("58", icmp=(128, 0)), icmp_services(ICMPV6, 128, 0)),
        (entry("1"), protocol_services(ICMP)),
        (entry("50", 443, 443), protocol_services(50)),
    ],
)
def test_services_of_a_network_acl_entry(held: NetworkAclEntry, expected: IntervalSet) -> None:
    assert entry_services(held) == expected


@pytest.mark.parametrize(
    ("permission", "text"),
    [
        (IpPermission("-1"), "all traffic"),
        (IpPermission("tcp", 443, 443), "tcp/443"),
        (IpPermission("udp", 1000, 2000), "udp/1000-2000"),
        (IpPermission("tcp", 0, 65535), "tcp"),
        (IpPermission("tcp", -1, -1), "tcp"),
        (IpPermission("icmp", -1, -1), "icmp"),
        (IpPermission("icmp", 8, -1), "icmp type 8"),
        (IpPermission("icmp", 3, 4), "icmp type 3 code 4"),
        (IpPermission("icmp", 0, 0), "icmp type 0 code 0"),
        (IpPermission("tcp", 0, 10), "tcp/0-10"),
        (IpPermission("50"), "protocol 50"),
        (IpPermission("50", 443, 443), "protocol 50"),
    ],
)
def test_a_rule_in_words(permission: IpPermission, text: str) -> None:
    assert describe_permission(permission) == text


# --- security groups ------------------------------------------------------------------------------------------------


def group_rules(net: Build, group: str, egress: bool = False) -> tuple[Rule, ...]:
    network = load_files(net.files()).network
    return security_group_rules(network, network.security_groups[group], "egress" if egress else "ingress")


@pytest.fixture
def net() -> Build:
    made = Build()
    made.vpc("10.0.0.0/16")
    return made


def test_rules_of_one_service_are_those_that_name_it(net: Build) -> None:
    rules = [("tcp", 22, 22, "10.0.0.0/8"), ("tcp", 443, 443, "10.0.0.0/8"), ("udp", 443, 443, "10.0.0.0/8"),
             ("tcp", 400, 500, "10.1.0.0/16"), ("-1", None, None, "10.2.0.0/16")]  # fmt: skip
    group = net.group("vpc-1", ingress=rules)
    network = load_files(net.files()).network
    https = protocol_services(TCP, IntervalSet.single(443)).first
    whole = group_rules(net, group)
    found = security_group_rules(network, network.security_groups[group], "ingress", https)
    assert [whole.index(one) for one in found] == [1, 3, 4]


def test_a_rule_per_peer(net: Build) -> None:
    group = net.group("vpc-1", ingress=[("tcp", 443, 443, "10.0.0.0/8"), ("tcp", 443, 443, "2001:db8::/32")])
    assert [rule.peers for rule in group_rules(net, group)] == [parse_block("10.0.0.0/8"), parse_block("2001:db8::/32")]


def test_directions_are_apart(net: Build) -> None:
    group = net.group("vpc-1", ingress=[("tcp", 22, 22, "10.0.0.0/8")], egress=[("-1", None, None, "0.0.0.0/0")])
    assert [rule.services for rule in group_rules(net, group, egress=True)] == [ALL_SERVICES]


def test_a_rule_that_names_a_group_has_no_addresses_of_its_own(net: Build) -> None:
    other = net.group("vpc-1")
    (rule,) = group_rules(net, net.group("vpc-1", ingress=[("tcp", 443, 443, other)]))
    assert (rule.group, rule.peers) == (other, EMPTY)


def test_a_prefix_lists_rule_has_its_addresses(net: Build) -> None:
    listed = net.prefix_list(["10.1.0.0/16", "10.3.0.0/16"])
    (rule,) = group_rules(net, net.group("vpc-1", ingress=[("tcp", 443, 443, listed)]))
    assert rule.peers == parse_block("10.1.0.0/16") | parse_block("10.3.0.0/16")


def test_an_unknown_prefix_list_is_named_by_its_file(net: Build) -> None:
    (rule,) = group_rules(net, net.group("vpc-1", ingress=[("tcp", 443, 443, "pl-gone")]))
    assert rule.missing == ("111111111111/us-east-1/ec2/get-managed-prefix-list-entries/pl-gone.json",)
    assert rule.peers == EMPTY


def test_a_rule_cites_its_place_in_the_snapshot(net: Build) -> None:
    group = net.group("vpc-1", ingress=[("tcp", 22, 22, "10.0.0.0/8"), ("tcp", 443, 443, "10.0.0.0/8")])
    place = "111111111111/us-east-1/ec2/describe-security-groups.json#/SecurityGroups/1/IpPermissions/1"
    assert group_rules(net, group)[1].source == place


def test_a_rule_of_the_other_direction_cites_its_own_list(net: Build) -> None:
    (rule,) = group_rules(net, net.group("vpc-1", egress=[("tcp", 22, 22, "10.0.0.0/8")]), egress=True)
    place = "111111111111/us-east-1/ec2/describe-security-groups.json#/SecurityGroups/1/IpPermissionsEgress/0"
    assert (rule.source, rule.unread) == (place, "")
    assert rule.text == "tcp/22 to 10.0.0.0/8"


@pytest.mark.parametrize(("egress", "key"), [(False, "IpPermissions"), (True, "IpPermissionsEgress")])
def test_a_group_without_its_list_of_rules_may_let_everything_through(net: Build, egress: bool, key: str) -> None:
    group = net.group("vpc-1")
    del net[group][key]
    (rule,) = group_rules(net, group, egress)
    assert (rule.allow, rule.peers, rule.services) == (True, EVERYWHERE, ALL_SERVICES)
    assert rule.unread == f"{group} has no {key} in the snapshot, not even an empty list"


def test_a_rule_that_names_a_group_says_so(net: Build) -> None:
    other = net.group("vpc-1")
    (rule,) = group_rules(net, net.group("vpc-1", ingress=[("tcp", 443, 443, other)]))
    assert (rule.text, rule.unread) == (f"tcp/443 from {other}", "")


def test_whom_a_rule_names_is_not_known_without_the_group_s_id(net: Build) -> None:
    group = net.group("vpc-1", ingress=[("tcp", 443, 443, net.group("vpc-1"))])
    net[group]["IpPermissions"][0]["UserIdGroupPairs"] = [{"UserId": "111111111111"}]
    name(net, group, IpProtocol="tcp", FromPort=443, ToPort=443)
    (rule,) = group_rules(net, group)
    assert (rule.name, rule.text) == ("sgr-1", "tcp/443 from ")
    assert rule.unread == f"whom the rule tcp/443 of {group} names is not known"


def name(net: Build, group: str, egress: bool = False, **what: Any) -> None:
    """The snapshot has ids of the group's rules: first of one in the other direction, which looks alike."""
    records = [{"SecurityGroupRuleId": f"sgr-{number}", "GroupId": group, "IsEgress": direction, **what}
               for number, direction in ((0, not egress), (1, egress))]  # fmt: skip
    net.put("ec2/describe-security-group-rules", {"SecurityGroupRules": records})


@pytest.mark.parametrize("egress", [False, True])
def test_a_rule_is_called_by_its_id_where_the_snapshot_has_it(net: Build, egress: bool) -> None:
    rules = [("tcp", 443, 443, "10.0.0.0/8"), ("tcp", 443, 443, "10.0.0.0/16")]
    group = net.group("vpc-1", **{"egress" if egress else "ingress": rules})
    name(net, group, egress, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIpv4="10.0.0.0/8")
    assert [rule.name for rule in group_rules(net, group, egress)] == ["sgr-1", "tcp/443 10.0.0.0/16"]


@pytest.mark.parametrize(
    ("peer", "said"),
    [("2001:db8::/32", {"CidrIpv6": "2001:db8::/32"}), ("pl-1", {"PrefixListId": "pl-1"}),
     ("sg-peer", {"ReferencedGroupInfo": {"GroupId": "sg-peer"}})],
)  # fmt: skip
def test_every_kind_of_peer_has_its_rule_s_id(net: Build, peer: str, said: dict[str, Any]) -> None:
    net.prefix_list(["10.1.0.0/16"], name="pl-1")
    net.group("vpc-1", name="sg-peer")
    group = net.group("vpc-1", ingress=[("tcp", 443, 443, peer)])
    name(net, group, IpProtocol="tcp", FromPort=443, ToPort=443, **said)
    assert [rule.name for rule in group_rules(net, group)] == ["sgr-1"]


@pytest.mark.parametrize("said", [{}, {"FromPort": -1, "ToPort": -1}])
@pytest.mark.parametrize("port", [None, -1])
def test_ports_that_are_left_out_are_minus_one(net: Build, said: dict[str, int], port: int | None) -> None:
    group = net.group("vpc-1", ingress=[("-1", port, port, "10.0.0.0/8")])
    name(net, group, IpProtocol="-1", CidrIpv4="10.0.0.0/8", **said)
    assert [rule.name for rule in group_rules(net, group)] == ["sgr-1"]


def test_the_id_of_a_rule_in_the_other_direction_is_not_taken(net: Build) -> None:
    group = net.group("vpc-1", ingress=[("tcp", 443, 443, "10.0.0.0/8")])
    record = {"SecurityGroupRuleId": "sgr-1", "GroupId": group, "IsEgress": True, "IpProtocol": "tcp",
              "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8"}  # fmt: skip
    net.put("ec2/describe-security-group-rules", {"SecurityGroupRules": [record]})
    assert [rule.name for rule in group_rules(net, group)] == ["tcp/443 10.0.0.0/8"]


# --- network ACLs ---------------------------------------------------------------------------------------------------


def acl_rules(net: Build, acl: str) -> tuple[Rule, ...]:
    network = load_files(net.files()).network
    return network_acl_rules(network, network.network_acls[acl], "ingress")


def test_n106_rules_are_read_by_number(net: Build) -> None:
    entries = [(number, "in", "allow", "-1", None, "0.0.0.0/0") for number in (300, 100, 200)]
    assert [rule.name for rule in acl_rules(net, net.acl("vpc-1", entries))][:3] == [100, 200, 300]


def test_n106_the_closing_denials_are_called_32767_in_both_families(net: Build) -> None:
    rules = acl_rules(net, net.acl("vpc-1", []))
    assert [(rule.name, rule.allow) for rule in rules] == [(32767, False)] * 3


def test_a_hand_made_acl_without_closing_denials_is_closed_all_the_same(net: Build) -> None:
    acl = net.acl("vpc-1", [(100, "in", "allow", "6", (443, 443), "0.0.0.0/0")])
    net[acl]["Entries"] = net[acl]["Entries"][:1]
    last = acl_rules(net, acl)[-1]
    assert (last.name, last.allow, last.peers, last.services) == (32767, False, EVERYWHERE, ALL_SERVICES)
    assert last.text == "deny all traffic"


def test_an_entry_of_ipv6_has_its_block(net: Build) -> None:
    acl = net.acl("vpc-1", [(100, "in", "allow", "6", (443, 443), "2001:db8::/32")])
    rule = acl_rules(net, acl)[0]
    assert (rule.peers, rule.text) == (parse_block("2001:db8::/32"), "allow tcp/443 2001:db8::/32")
    assert Rule(acl, 1, EMPTY, EMPTY, True, "").unread == ""


def test_an_entry_cites_its_place_in_the_file_not_in_the_order(net: Build) -> None:
    acl = net.acl("vpc-1", [(200, "in", "allow", "-1", None, "0.0.0.0/0"), (100, "in", "deny", "-1", None, "::/0")])
    assert [rule.source for rule in acl_rules(net, acl)][:2] == [
        f"111111111111/us-east-1/ec2/describe-network-acls.json#/NetworkAcls/1/Entries/{index}" for index in (1, 0)
    ]


@pytest.mark.parametrize(
    ("protocol", "detail", "text"),
    [("6", (443, 443), "allow tcp/443 10.0.0.0/8"), ("17", (1, 9), "allow udp/1-9 10.0.0.0/8"),
     ("6", (0, 65535), "allow tcp 10.0.0.0/8"), ("-1", None, "allow all traffic 10.0.0.0/8"),
     ("50", None, "allow protocol 50 10.0.0.0/8"), ("50", (1, 9), "allow protocol 50 10.0.0.0/8")],
)  # fmt: skip
def test_an_entry_in_words(net: Build, protocol: str, detail: tuple[int, int] | None, text: str) -> None:
    acl = net.acl("vpc-1", [(100, "in", "allow", protocol, detail, "10.0.0.0/8")])
    assert acl_rules(net, acl)[0].text == text


def test_host_bits_of_a_block_do_not_count() -> None:
    assert Cidr("10.0.0.7/8").block == Cidr("10.0.0.0/8").block
