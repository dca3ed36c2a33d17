"""Recorded traffic and analyses against verdicts: what agrees, what does not, and what says nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reachsim import load_files
from reachsim.cli import group
from reachsim.codes import CODES
from reachsim.verify import Verification
from reachsim.verify.flow_logs import DEFAULT_FORMAT, read_lines
from reachsim.verify.insights import BLIND, SEARCHED
from reachsim.verify.traffic import verify_flow_logs
from tests.balancers import listener, load_balancer, target_group
from tests.build import Build
from tests.scenarios.pipelines import Pipeline

FIELDS = (
    "interface-id srcaddr dstaddr srcport dstport protocol action tcp-flags flow-direction reject-reason pkt-srcaddr "
    "pkt-dstaddr traffic-path"
)


def account() -> Build:
    """A web server that the internet reaches, an app behind it, a database whose subnet lets no reply out."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    public = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))
    private = net.subnet(vpc, "10.0.2.0/24", table=net.table(vpc))
    deaf = net.subnet(vpc, "10.0.3.0/24", acl=net.acl(vpc, [(100, "in", "allow", "-1", None, "0.0.0.0/0")]))
    web = net.group(vpc, ingress=[("tcp", 443, 443, "0.0.0.0/0"), ("icmp", 8, -1, "0.0.0.0/0")])
    app = net.group(vpc, ingress=[("tcp", 8080, 8080, web), ("tcp", 22, 22, "198.51.100.0/24")])
    net.interface(public, "10.0.1.5", [web], public="203.0.113.5", name="web")
    net.interface(private, "10.0.2.5", [app], name="app")
    net.interface(private, "10.0.2.6", [net.group(vpc, egress=[("tcp", 443, 443, "0.0.0.0/0")])], name="tight")
    net.interface(deaf, "10.0.3.5", [net.group(vpc, ingress=[("-1", None, None, "10.0.0.0/8")])], name="deaf")
    return net


def seen(net: Build, *records: str) -> Verification:
    """Verify records of `FIELDS`; what is left out at the end is not told."""
    wanted = len(FIELDS.split())
    lines = [" ".join([*one.split(), *["-"] * (wanted - len(one.split()))]) for one in records]
    return verify_flow_logs(load_files(net.files()).ground, read_lines([FIELDS, *lines], "log"))


def word(found: Verification) -> str:
    """``agree``, ``leak``, ``block`` or why it is not compared, of one record."""
    assert found.records == 1
    if found.disagreements:
        assert found.exit_code == 1
        return found.disagreements[0].hides
    assert found.exit_code == (0 if found.agreed else 3)
    return "agree" if found.agreed else next(iter(found.not_compared))


RECORDS = [
    # requests at the security group and network ACL of the interface
    ("eni-web 198.51.100.9 10.0.1.5 50000 443 6 ACCEPT", "agree"),
    ("eni-web 198.51.100.9 10.0.1.5 50000 443 6 REJECT 2", "block"),
    ("eni-web 198.51.100.9 10.0.1.5 50000 22 6 REJECT 2", "agree"),
    ("eni-web 198.51.100.9 10.0.1.5 50000 22 6 ACCEPT 2", "leak"),
    ("eni-tight 10.0.2.6 10.0.1.5 50000 443 6 ACCEPT", "agree"),
    ("eni-tight 10.0.2.6 10.0.1.5 50000 80 6 REJECT", "agree"),
    ("eni-tight 10.0.2.6 10.0.1.5 50000 80 6 ACCEPT", "leak"),
    ("eni-tight 10.0.2.6 10.0.1.5 50000 443 6 REJECT 2", "block"),
    # VPC Encryption Controls (EC) are no filter
    ("eni-web 198.51.100.9 10.0.1.5 50000 443 6 REJECT 2 ingress EC", "reason-of-its-own"),
    ("eni-web 198.51.100.9 10.0.1.5 50000 443 6 REJECT 2 ingress -", "block"),
    # a member of the group that a rule names; somebody who may be one; somebody who is none
    ("eni-app 10.0.1.5 10.0.2.5 50000 8080 6 ACCEPT", "agree"),
    ("eni-app 10.0.1.77 10.0.2.5 50000 8080 6 ACCEPT 2", "group-members-unseen"),
    ("eni-app 10.0.2.6 10.0.2.5 50000 8080 6 ACCEPT 2", "leak"),
    ("eni-app 198.51.100.9 10.0.2.5 50000 8080 6 ACCEPT 2", "leak"),
    # the filters let it in, but nothing leads there from the internet
    ("eni-app 198.51.100.9 10.0.2.5 50000 22 6 ACCEPT 2 ingress", "leak"),
    # an egress record says nothing of what comes behind the interface
    ("eni-app 10.0.2.5 198.51.100.9 50000 443 6 ACCEPT", "agree"),
    # the filters at the other side are recorded there, and so is what becomes of the reply
    ("eni-deaf 10.0.2.6 10.0.3.5 50000 443 6 ACCEPT", "agree"),
    ("eni-deaf 10.0.3.5 10.0.2.6 443 50000 6 REJECT", "agree"),
    ("eni-deaf 10.0.3.5 10.0.2.6 443 50000 6 ACCEPT", "leak"),
    # replies: no security group judges them, and one that comes late is refused
    ("eni-web 10.0.1.5 198.51.100.9 443 50000 6 ACCEPT", "agree"),
    ("eni-web 10.0.1.5 198.51.100.9 443 50000 6 REJECT", "reply-stands"),
    ("eni-tight 10.0.1.5 10.0.2.6 443 50000 6 ACCEPT 18", "agree"),
    # ICMP: a record tells no type, so any that passes, or does not, will do
    ("eni-web 198.51.100.9 10.0.1.5 0 0 1 ACCEPT", "agree"),
    ("eni-web 198.51.100.9 10.0.1.5 0 0 1 REJECT", "agree"),
    # who asked is not told: either reading will do, and a REJECT may be of a late reply
    ("eni-web 198.51.100.9 10.0.1.5 5000 8443 6 ACCEPT", "agree"),
    ("eni-web 198.51.100.9 10.0.1.5 5000 8443 6 REJECT", "agree"),
    # what cannot be compared
    ("eni-gone 198.51.100.9 10.0.1.5 50000 443 6 ACCEPT", "interface-unseen"),
    ("eni-web 198.51.100.9 192.0.2.1 50000 443 6 ACCEPT", "direction-untold"),
    ("eni-web 198.51.100.9 192.0.2.1 50000 443 6 ACCEPT - ingress", "agree"),
    ("eni-web 2001:db8::1 2001:db8::2 50000 443 6 ACCEPT - ingress", "own-address-unseen"),
    # the gateway by which AWS says that it left; 1 is another resource of the VPC
    ("eni-web 10.0.1.5 198.51.100.9 50000 443 6 ACCEPT 2 egress - - - 8", "agree"),
    ("eni-web 10.0.1.5 198.51.100.9 50000 443 6 ACCEPT 2 egress - - - 2", "agree"),
    ("eni-web 10.0.1.5 198.51.100.9 50000 443 6 ACCEPT 2 egress - - - 1", "agree"),
    ("eni-web 10.0.1.5 198.51.100.9 50000 443 6 ACCEPT 2 egress - - - 3", "leak"),
    ("eni-web 10.0.1.5 198.51.100.9 50000 443 6 ACCEPT 2 egress - - - 7", "leak"),
    ("eni-app 10.0.2.5 198.51.100.9 50000 443 6 ACCEPT 2 egress - - - 8", "leak"),
    ("eni-app 10.0.2.5 198.51.100.9 22 50000 6 ACCEPT 18 egress - - - 8", "agree"),
    # a packet that goes on from the interface, as at an appliance: nothing need lead to the interface's own address
    ("eni-app 198.51.100.9 10.0.2.5 50000 22 6 ACCEPT 2 ingress - - 192.0.2.9", "agree"),
    ("eni-app 198.51.100.9 10.0.2.5 50000 23 6 ACCEPT 2 ingress - - 192.0.2.9", "leak"),
    # an address or the port is not told
    ("eni-web 198.51.100.9 10.0.1.5 50000 - 6 ACCEPT", "fields-lack"),
    # a client whose address a middlebox replaced: one of the two is what the filters saw
    ("eni-app 10.0.2.6 10.0.2.5 50000 8080 6 ACCEPT - ingress - 10.0.1.5", "agree"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), RECORDS, ids=[record for record, _ in RECORDS])
def test_a_record_agrees_or_not(record: str, expected: str) -> None:
    assert word(seen(account(), record)) == expected


def test_a_rejected_packet_of_a_connection_that_was_accepted_came_late() -> None:
    found = seen(
        account(),
        "eni-web 198.51.100.9 10.0.1.5 50000 443 6 ACCEPT",
        "eni-web 198.51.100.9 10.0.1.5 50001 443 6 REJECT",
    )
    assert (found.agreed, found.not_compared, found.disagreed) == (1, {"reply-stands": 1}, 0)


@pytest.mark.parametrize(("mode", "expected"), [("block-bidirectional", "agree"), ("off", "block")])
def test_block_public_access_is_a_reason_of_its_own(mode: str, expected: str) -> None:
    net = account()
    net.bpa(mode)
    record = "eni-web 198.51.100.9 10.0.1.5 50000 443 6 REJECT 2 ingress BPA"
    assert word(seen(net, record)) == expected


def test_behind_a_load_balancer_that_keeps_addresses_nobody_else_need_lead_there() -> None:
    net = account()
    net[net.interface("subnet-1", "10.0.1.9")]["InterfaceType"] = "network_load_balancer"
    assert word(seen(net, "eni-app 198.51.100.9 10.0.2.5 50000 22 6 ACCEPT 2 ingress")) == "agree"


@pytest.mark.parametrize(("machine", "port", "expected"), [
    ("app", 8443, "agree"), ("app", 22, "leak"), ("other", 8443, "leak"), ("other", 22, "leak"),
])  # fmt: skip
def test_a_load_balancer_that_keeps_addresses_leads_to_its_own_targets(machine: str, port: int, expected: str) -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    public = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]), name="public")
    private = net.subnet(vpc, "10.0.2.0/24", table=net.table(vpc))
    any_port = net.group(vpc, ingress=[("tcp", 0, 65535, "0.0.0.0/0")])
    for number, name in enumerate(("app", "other")):
        net.instance(private, f"10.0.2.{5 + number}", [any_port], name=name)
    lb = load_balancer(net, "lb", {public: ("10.0.1.60", "203.0.113.60")}, kind="network")
    listener(net, lb, 443, [target_group(net, "app", ["i-app"], port=8443, preserve_client_ip=True)])
    own = net[f"eni-{machine}-eth0"]["PrivateIpAddress"]
    assert word(seen(net, f"eni-{machine}-eth0 198.51.100.9 {own} 50000 {port} 6 ACCEPT 2 ingress")) == expected


def test_interfaces_whose_filters_aws_does_not_document_are_left_out() -> None:
    net = account()
    net["eni-web"]["InterfaceType"] = "transit_gateway"
    assert word(seen(net, "eni-web 198.51.100.9 10.0.1.5 50000 443 6 ACCEPT")) == "no-filters"


def test_without_the_file_that_decides_nothing_is_said() -> None:
    files = account().files()
    del files["111111111111/us-east-1/ec2/describe-network-acls.json"]
    lines = [FIELDS, "eni-web 198.51.100.9 10.0.1.5 50000 443 6 ACCEPT 2 ingress - - - -"]
    found = verify_flow_logs(load_files(files).ground, read_lines(lines, "log"))
    assert found.not_compared == {"snapshot-lacks": 1}


def test_without_the_file_that_tells_the_way_nothing_is_said_of_it() -> None:
    files = account().files()
    lines = [FIELDS, "eni-deaf 10.200.0.1 10.0.3.5 50000 22 6 ACCEPT 2 ingress - - - -"]
    assert verify_flow_logs(load_files(files).ground, read_lines(lines, "log")).disagreements[0].hides == "leak"
    told = {path: data for path, data in files.items() if "transit-gateway-vpc-attachments" not in path}
    assert verify_flow_logs(load_files(told).ground, read_lines(lines, "log")).not_compared == {"snapshot-lacks": 1}


def test_what_a_network_acl_stops_is_stopped_whoever_is_member_of_a_group() -> None:
    net = account()
    acl = net.acl("vpc-1", [(100, "in", "allow", "6", (22, 22), "0.0.0.0/0")])
    Pipeline.use_acl(net, acl, net["eni-app"]["SubnetId"])  # type: ignore[arg-type]
    record = "eni-app 10.0.1.77 10.0.2.5 50000 8080 6 ACCEPT 2"
    assert word(seen(net, record)) == "leak"


def test_equal_records_count_together_and_the_worst_stands_first() -> None:
    net = account()
    refused = "eni-web 198.51.100.9 10.0.1.5 {} 443 6 REJECT 2"
    let_in = "eni-web 198.51.100.9 10.0.1.5 50000 22 6 ACCEPT 2"
    found = seen(net, refused.format(50000), refused.format(50001), let_in)
    assert [(one.hides, one.records, one.place) for one in found.disagreements] == [
        ("leak", 1, "log:4"),
        ("block", 2, "log:2"),
    ]
    assert found.disagreed == found.records == 3
    assert found.disagreements[0].verdict.blocked_by[0].code == "ENI_SG_RULES_MISMATCH"
    assert found.disagreements[1].verdict.outcome == "allowed"


def balanced() -> Build:
    """A load balancer in front of a machine that gets out by a NAT gateway, and a machine that forwards."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    public = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]), name="public")
    private = net.subnet(
        vpc, "10.0.2.0/24", table=net.table(vpc, [("0.0.0.0/0", net.nat(public, "10.0.1.220", "203.0.113.8"))])
    )
    to_targets = [("tcp", port, port, "10.0.2.0/24") for port in (50051, 8081)]
    front = net.group(vpc, ingress=[("tcp", 443, 443, "0.0.0.0/0")], egress=to_targets)
    back = net.group(vpc, ingress=[("tcp", 50051, 50051, front)], egress=[("tcp", 443, 443, "0.0.0.0/0")])
    net.instance(private, "10.0.2.5", [back], name="app")
    net.interface(private, "10.0.2.9", [net.group(vpc, ingress=[("-1", None, None, "10.0.0.0/8")])],
                  source_dest_check=False, name="router")  # fmt: skip
    lb = load_balancer(net, "lb", {public: ("10.0.1.50", "203.0.113.50")}, [front])
    listener(net, lb, 443, [target_group(net, "app", ["i-app"], protocol="HTTP", port=50051)], protocol="HTTPS")
    health = net.group(vpc, ingress=[("tcp", 8081, 8081, front)])
    for machine in ("app", "other"):
        eni = net.interface_of(
            net.instance(private, "10.0.2.6", [back], name="other") if machine == "other" else "i-app"
        )
        net[eni]["Groups"].append({"GroupId": health})
    return net


BALANCED = [
    # a reply to a client whose port is lower than Linux's: a load balancer's, or somebody's who is not known
    ("eni-lb-public 10.0.2.5 10.0.1.50 50051 20000 6 ACCEPT", "agree"),
    ("eni-lb-public 10.0.2.5 10.0.1.50 50051 20000 6 ACCEPT 0 ingress", "agree"),
    ("eni-app-eth0 10.0.2.5 10.0.1.50 50051 20000 6 ACCEPT 0 egress", "agree"),
    ("eni-app-eth0 10.0.2.5 198.51.100.9 50051 20000 6 ACCEPT", "agree"),
    # of a machine's port it is told who serves whom, and so it is by the flags
    ("eni-app-eth0 10.0.1.50 10.0.2.5 50000 8080 6 ACCEPT", "leak"),
    ("eni-lb-public 10.0.2.5 10.0.1.50 50051 20000 6 ACCEPT 2 ingress", "leak"),
    # the other way round either end may serve
    ("eni-app-eth0 10.0.1.50 10.0.2.5 20000 50051 6 ACCEPT", "agree"),
    ("eni-app-eth0 10.0.1.50 10.0.2.5 20000 40000 6 REJECT", "agree"),
    # a health check may go to a port of its own, of a registered target
    ("eni-app-eth0 10.0.1.50 10.0.2.5 20000 50051 6 ACCEPT 2 ingress", "agree"),
    ("eni-app-eth0 10.0.1.50 10.0.2.5 20000 8081 6 ACCEPT 2 ingress", "agree"),
    ("eni-other-eth0 10.0.1.50 10.0.2.6 20000 8081 6 ACCEPT 2 ingress", "leak"),
    # without pkt-dstaddr what goes on from a NAT gateway or a router seems to end there
    ("NAT 10.0.2.5 10.0.1.220 39000 443 6 ACCEPT", "agree"),
    ("eni-router 10.0.1.50 10.0.2.9 39000 443 6 ACCEPT", "agree"),
    # a NAT gateway drops what nobody asked for behind its interface, where it is accepted
    ("NAT 198.51.100.9 10.0.1.220 50000 22 6 ACCEPT 2 ingress", "agree"),
    ("NAT 198.51.100.9 10.0.1.220 0 0 1 ACCEPT - ingress", "agree"),
    # packets that arrive after the connection was closed are refused; the first one of a connection is not such a one
    ("eni-lb-public 198.51.100.9 10.0.1.50 50000 443 6 REJECT 0 ingress", "reply-stands"),
    ("eni-lb-public 198.51.100.9 10.0.1.50 50000 443 6 REJECT 4 ingress", "reply-stands"),
    ("eni-lb-public 198.51.100.9 10.0.1.50 50000 443 6 REJECT 5 ingress", "reply-stands"),
    ("eni-lb-public 198.51.100.9 10.0.1.50 50000 443 6 REJECT 2 ingress", "block"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), BALANCED, ids=[record for record, _ in BALANCED])
def test_a_record_of_a_load_balancer_or_of_what_forwards_agrees_or_not(record: str, expected: str) -> None:
    """Network ACLs, "Ephemeral ports"; "Flow log records" (action); re:Post on a NAT gateway's inbound records."""
    net = balanced()
    assert word(seen(net, record.replace("NAT", net.interface_of("nat-1")))) == expected


# --- AWS's own examples ("Flow log record examples", VPC User Guide) --------------------------------------------------


def examples() -> Build:
    """Networks that are as the examples say: who is let in, a network ACL that lets no reply out, a NAT gateway."""
    net = Build()
    vpc = net.vpc("172.31.0.0/16", ipv6="2001:db8:1234:a100::/56")
    subnet = net.subnet(vpc, "172.31.0.0/20", ipv6="2001:db8:1234:a102::/64")
    net.subnet(vpc, "172.31.32.0/20", ipv6="2001:db8:1234:a100::/64")
    mute = net.subnet(vpc, "172.31.16.0/20", acl=net.acl(vpc, [(100, "in", "allow", "-1", None, "0.0.0.0/0")]),
                      table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))  # fmt: skip
    ssh = net.group(vpc, ingress=[("tcp", 22, 22, "172.31.0.0/16"), ("tcp", 22, 22, "2001:db8:1234:a100::/56")],
                    egress=[("-1", None, None, "0.0.0.0/0"), ("-1", None, None, "::/0")])  # fmt: skip
    net.interface(subnet, "172.31.9.12", [ssh], ipv6="2001:db8:1234:a102:3304:8879:34cf:4071", name="ssh")
    net.interface(mute, "172.31.16.21", [ssh], name="in")
    ping = net.group(vpc, ingress=[("icmp", 8, -1, "203.0.113.12/32")])
    net.interface(mute, "172.31.16.139", [ping], public="198.51.100.7", name="ping")
    other = net.vpc("10.0.0.0/16")
    public = net.subnet(other, "10.0.0.0/24", table=net.table(other, [("0.0.0.0/0", net.igw(other))]))
    nat = net.nat(public, "10.0.0.220", "198.51.100.8")
    private = net.subnet(other, "10.0.1.0/24", table=net.table(other, [("0.0.0.0/0", nat)]))
    net.interface(private, "10.0.1.5", [net.group(other)], name="client")
    return net


THROUGH = "interface-id srcaddr dstaddr pkt-srcaddr pkt-dstaddr srcport dstport protocol action tcp-flags traffic-path"
IPV6 = "2001:db8:1234:a100:8d6e:3477:df66:f105 2001:db8:1234:a102:3304:8879:34cf:4071"
EXAMPLES = [
    ("2 123456789010 eni-in 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK", "agree"),
    ("2 123456789010 eni-ssh 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530010 1418530070 REJECT OK", "agree"),
    ("2 123456789010 eni-ssh - - - - - - - 1431280876 1431280934 - NODATA", "no-data"),
    ("2 123456789010 eni-11111111aaaaaaaaa - - - - - - - 1431280876 1431280934 - SKIPDATA", "no-data"),
    ("2 123456789010 eni-ping 203.0.113.12 172.31.16.139 0 0 1 4 336 1432917027 1432917142 ACCEPT OK", "agree"),
    ("2 123456789010 eni-ping 172.31.16.139 203.0.113.12 0 0 1 4 336 1432917094 1432917142 REJECT OK", "agree"),
    (f"2 123456789010 eni-ssh {IPV6} 34892 22 6 54 8855 1477913708 1477913820 ACCEPT OK", "agree"),
    ("NAT 10.0.1.5 10.0.0.220 10.0.1.5 203.0.113.5 39000 443 6 ACCEPT 2 -", "agree"),
    ("NAT 10.0.0.220 203.0.113.5 10.0.0.220 203.0.113.5 2048 443 6 ACCEPT 2 8", "agree"),
    ("NAT 203.0.113.5 10.0.0.220 203.0.113.5 10.0.0.220 443 2048 6 ACCEPT 18 -", "agree"),
    ("NAT 10.0.0.220 10.0.1.5 203.0.113.5 10.0.1.5 443 39000 6 ACCEPT 18 -", "agree"),
    ("eni-client 10.0.1.5 203.0.113.5 10.0.1.5 203.0.113.5 39000 443 6 ACCEPT 2 1", "agree"),
    ("eni-client 203.0.113.5 10.0.1.5 203.0.113.5 10.0.1.5 443 39000 6 ACCEPT 18 -", "agree"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "expected"), EXAMPLES, ids=[record for record, _ in EXAMPLES])
def test_aws_s_examples_in_networks_as_they_tell(record: str, expected: str) -> None:
    net = examples()
    head = " ".join(DEFAULT_FORMAT) if record.startswith("2 ") else THROUGH
    lines = [head, record.replace("NAT", net.interface_of("nat-1"))]
    assert word(verify_flow_logs(load_files(net.files()).ground, read_lines(lines, "log"))) == expected


# --- Reachability Analyzer --------------------------------------------------------------------------------------------


def analysis(found: bool, codes: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "NetworkInsightsAnalysisId": "nia-1", "NetworkInsightsPathId": "nip-1", "Status": "succeeded",
        "NetworkPathFound": found, "Explanations": [{"ExplanationCode": code} for code in codes], **more,
    }  # fmt: skip


def failed() -> dict[str, Any]:
    """As the API tells it: without NetworkPathFound."""
    found = {**analysis(False), "Status": "failed", "StatusMessage": "Source and destination are the same"}
    del found["NetworkPathFound"]
    return found


def detailed(code: str) -> dict[str, Any]:
    return {"Component": {"Id": "eni-web"}, "AdditionalDetails": [{"AdditionalDetailType": code}]}


def entering(port: int) -> dict[str, Any]:
    """An internet gateway at the head of a path, as "Getting started with Reachability Analyzer" shows it."""
    return {
        "SequenceNumber": 1, "Component": {"Id": "igw-1"},
        "OutboundHeader": {"DestinationAddresses": ["10.0.1.5/32"]},
        "InboundHeader": {
            "DestinationAddresses": ["203.0.113.5/32"], "DestinationPortRanges": [{"From": port, "To": port}],
            "Protocol": "6", "SourceAddresses": ["0.0.0.0/5", "11.0.0.0/8"],
            "SourcePortRanges": [{"From": 0, "To": 65535}],
        },
    }  # fmt: skip


def path(source: str, target: str, port: int | None = 443, **more: Any) -> dict[str, Any]:
    found = {"NetworkInsightsPathId": "nip-1", "Source": source, "Destination": target, "Protocol": "tcp", **more}
    return found if port is None else {**found, "DestinationPort": port}


WEB, APP = "arn:aws:ec2:us-east-1:111111111111:network-interface/eni-web", "eni-app"
ANALYSES = [
    (analysis(True), path("igw-1", WEB), "agree"),
    (analysis(False, ("ENI_SG_RULES_MISMATCH",)), path("igw-1", WEB), "block"),
    (analysis(False, ("ENI_SG_RULES_MISMATCH",)), path("igw-1", WEB, 22), "agree"),
    (analysis(True), path("igw-1", WEB, 22), "leak"),
    (analysis(True), path(WEB, APP, 8080), "agree"),
    (analysis(True), path(WEB, APP, None), "agree"),
    (analysis(True), path(WEB, "", 8080, DestinationIp="10.0.2.5"), "agree"),
    (analysis(True), path("igw-1", WEB, SourceIp="198.51.100.9"), "agree"),
    (analysis(True), path(WEB, "igw-1", 443, DestinationIp="192.0.2.7"), "agree"),
    (analysis(True), path(APP, "igw-1"), "leak"),
    (analysis(True), path(WEB, APP, None, FilterAtSource={"DestinationPortRange": {"FromPort": 8080, "ToPort": 8080}}), "agree"),  # noqa: E501
    (analysis(True), path(WEB, APP, None, FilterAtSource={"DestinationPortRange": {"FromPort": 1, "ToPort": 9}}), "filters-not-asked"),  # noqa: E501
    (analysis(True), path(WEB, APP, FilterAtDestination={"SourceAddress": "10.0.1.5"}), "filters-not-asked"),
    (analysis(True), path(WEB, APP, SourceIp="10.0.1.5"), "filters-not-asked"),
    (analysis(True, FilterInArns=["arn:aws:x"]), path(WEB, APP), "filters-not-asked"),
    (analysis(True), path("tgw-0a", APP), "ends-not-asked"),
    (analysis(True), path(WEB, "tgw-0a"), "ends-not-asked"),
    (analysis(True), path("eni-gone", APP), "snapshot-lacks"),
    (analysis(False, ("UNSUPPORTED_COMPONENT",)), path("igw-1", WEB), "not-seen-by-analyzer"),
    (analysis(False, Status="running"), path("igw-1", WEB), "not-finished"),
    (analysis(False, Status="failed", StatusMessage="An internal error"), path("igw-1", WEB), "not-finished"),
    (failed(), path("igw-1", WEB), "not-finished"),
    # analyses over several accounts
    (analysis(False, AdditionalAccounts=["222222222222"], SuggestedAccounts=["333333333333"]), path("igw-1", WEB), "not-seen-by-analyzer"),  # noqa: E501
    (analysis(True, AdditionalAccounts=["222222222222"]), path(WEB, "arn:aws:ec2:us-east-1:222222222222:network-interface/eni-9"), "snapshot-lacks"),  # noqa: E501
    # a path's or an analysis's own filter is what stops it
    (analysis(False, ("FILTER_AT_SOURCE_DESTINATION_PORT_RANGE",)), path("igw-1", WEB), "filters-not-asked"),
    (analysis(False, ("FILTER_AT_SOURCE_PROTOCOL", "ENI_SG_RULES_MISMATCH")), path("igw-1", WEB), "block"),
    # the way back is left out; what lets replies out of this subnet is nothing
    (analysis(True), path(WEB, "eni-deaf"), "leak"),
    (analysis(True, ForwardPathComponents=[detailed("UNIDIRECTIONAL_PATH_ANALYSIS_ONLY")]), path(WEB, "eni-deaf"), "one-way"),  # noqa: E501
    (analysis(True, ForwardPathComponents=[detailed("UNIDIRECTIONAL_PATH_ANALYSIS_ONLY")]), path("igw-1", WEB, 22), "leak"),  # noqa: E501
    (analysis(True, ReturnPathComponents=[detailed("PATH_THROUGH_GWLB_NOT_CHECKED")]), path("igw-1", WEB, 22), "not-seen-by-analyzer"),  # noqa: E501
    (analysis(False), None, "ends-untold"),
    (analysis(True, ForwardPathComponents=[
        {"Component": {"Id": "eni-web"}, "OutboundHeader": {"Protocol": "6", "DestinationPortRanges": [{"From": 8080, "To": 8080}]}},  # noqa: E501
        {"Component": {"Id": "eni-app"}},
    ]), None, "agree"),
    # an internet gateway tells the packet as it comes in
    (analysis(True, ForwardPathComponents=[entering(443), {"Component": {"Id": "eni-web"}}]), None, "agree"),
    (analysis(True, ForwardPathComponents=[entering(22), {"Component": {"Id": "eni-web"}}]), None, "leak"),
    # the components of a path that was not found end where it stops
    (analysis(False, ("ENI_SG_RULES_MISMATCH",), ForwardPathComponents=[{"Component": {"Id": "eni-web"}}, {"Component": {"Id": "eni-app"}}]), None, "ends-untold"),  # noqa: E501
]  # fmt: skip


@pytest.mark.parametrize(("result", "asked", "expected"), ANALYSES)
def test_an_analysis_agrees_or_not(
    result: dict[str, Any], asked: dict[str, Any] | None, expected: str, tmp_path: Path
) -> None:
    files = [tmp_path / "analyses.json", tmp_path / "paths.json"]
    files[0].write_text(json.dumps({"NetworkInsightsAnalyses": [result]}))
    files[1].write_text(json.dumps({"NetworkInsightsPaths": [asked] if asked else []}))
    assert word(load_files(account().files()).verify(insights=files)) == expected


@pytest.mark.parametrize("rule", [None, ("tcp", 22, 22, "0.0.0.0/0")])
@pytest.mark.parametrize("with_path", [True, False])
def test_the_guide_s_two_examples(rule: tuple[str, int, int, str] | None, with_path: bool, tmp_path: Path) -> None:
    """SSH from the internet to an instance: before a rule of its security group allows it, and after.

    **Source:** Reachability Analyzer guide, "Getting started with Reachability Analyzer using the AWS CLI": the path of
    Step 1, and the examples "Not reachable" and "Reachable" of Step 3; the trace names the components of the second.
    """
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    gateway = net.igw(vpc)
    everything = [(100, way, "allow", "-1", None, "0.0.0.0/0") for way in ("in", "out")]
    table, acl = net.table(vpc, [("0.0.0.0/0", gateway)]), net.acl(vpc, everything)
    subnet = net.subnet(vpc, "10.0.2.0/24", table=table, acl=acl)
    group = net.group(vpc, ingress=[("tcp", 443, 443, "0.0.0.0/0"), *([rule] if rule else [])])
    instance = net.instance(subnet, "10.0.2.87", [group], public="34.230.71.227")
    eni = net.interface_of(instance)
    there = [entering(22), *({"Component": {"Id": one}} for one in (acl, group, eni, instance))]
    back = [{"Component": {"Id": one}} for one in (instance, eni, group, acl, table, gateway)]
    result = (analysis(True, ForwardPathComponents=there, ReturnPathComponents=back) if rule
              else analysis(False, ("ENI_SG_RULES_MISMATCH",)))  # fmt: skip
    asked = {
        "NetworkInsightsPathId": "nip-1", "Source": gateway, "Protocol": "tcp",
        "FilterAtSource": {
            "DestinationAddress": "34.230.71.227", "DestinationPortRange": {"FromPort": 22, "ToPort": 22}
        },
    }  # fmt: skip
    file = tmp_path / "insights.json"
    file.write_text(json.dumps({
        "NetworkInsightsAnalyses": [result], "NetworkInsightsPaths": [asked] if with_path else [], "NextToken": "more",
    }))  # fmt: skip
    reach = load_files(net.files())
    assert word(reach.verify(insights=[file])) == ("agree" if with_path or rule else "ends-untold")
    verdict = reach.simulate(gateway, instance, protocol="tcp", port=22)
    if rule is None:
        assert [(block.code, block.component) for block in verdict.blocked_by] == [("ENI_SG_RULES_MISMATCH", group)]
        return
    ways = {leg: [(hop.component, hop.rule) for hop in verdict.paths[0].hops if hop.leg == leg]
            for leg in ("request", "response")}  # fmt: skip
    assert ways["request"] == [(gateway, None), (acl, 100), (group, "tcp/22 0.0.0.0/0"), (eni, None)]
    assert ways["response"] == [(acl, 100), (table, "0.0.0.0/0"), (gateway, None), ("internet", None)]


EVERY = [code for code, row in CODES.items() if row.origin == "aws"]


def test_every_explanation_code_of_aws_is_read(tmp_path: Path) -> None:
    """Where both say that it is blocked they agree; else it is a disagreement or told why not, with the code's name."""
    reach = load_files(account().files())
    blocked, allowed = tmp_path / "blocked.json", tmp_path / "allowed.json"
    assert len(EVERY) > 70
    for file, port in ((blocked, 22), (allowed, 443)):
        results = [{**analysis(False, (code,)), "NetworkInsightsAnalysisId": f"nia-{code}"} for code in EVERY]
        asked = path("igw-1", WEB, port)
        file.write_text(json.dumps({"NetworkInsightsAnalyses": results, "NetworkInsightsPaths": [asked]}))
    assert reach.verify(insights=[blocked]).agreed == len(EVERY)
    found = reach.verify(insights=[allowed])
    told = {one.what.split(":")[0].removeprefix("nia-"): one.why for one in found.disagreements}
    assert all(why == (f"Reachability Analyzer says {code}",) for code, why in told.items())
    assert set(EVERY) - told.keys() == BLIND | {code for code in EVERY if code.startswith(SEARCHED)}


# --- Network Access Analyzer ------------------------------------------------------------------------------------------


def ports(low: int, high: int) -> list[dict[str, int]]:
    return [{"From": low, "To": high}]


def packet(low: int, high: int = -1, **more: Any) -> dict[str, Any]:
    """A header to a range of ports, from any port, as the CLI prints it."""
    return {"Protocol": "6", "DestinationPortRanges": ports(low, low if high < 0 else high),
            "SourcePortRanges": ports(0, 65535), **more}  # fmt: skip


def finding(*components: dict[str, Any]) -> dict[str, Any]:
    numbered = [{"SequenceNumber": number, **one} for number, one in enumerate(components, 1)]
    return {"NetworkInsightsAccessScopeAnalysisId": "nisa-1", "NetworkInsightsAccessScopeId": "nis-1",
            "FindingId": "AnalysisFinding-1", "FindingComponents": numbered[::-1]}  # fmt: skip


def at(name: str, header: dict[str, Any] | None = None, arn: str = "") -> dict[str, Any]:
    return {"Component": {"Id": name, "Arn": arn or f"arn:aws:ec2:us-east-1:111111111111:x/{name}"},
            **({"OutboundHeader": header} if header else {})}  # fmt: skip


def coming(**header: Any) -> dict[str, Any]:
    """An internet gateway at the head of a path."""
    return {"Component": {"Id": "igw-1"}, "OutboundHeader": {"DestinationAddresses": ["10.0.1.5/32"]},
            "InboundHeader": packet(443, **header)}  # fmt: skip


ANYWHERE = {"SourceAddresses": ["0.0.0.0/5", "11.0.0.0/8", "192.0.0.0/9"]}
FIREWALL = at("anfw-1", arn="arn:aws:network-firewall:us-east-1:111111111111:firewall/f")
FINDINGS = [
    (finding(coming(**ANYWHERE), at("acl-1"), at("sg-1"), at("eni-web")), "agree"),
    (finding(coming(SourceAddresses=["198.51.100.0/24"]), at("eni-web")), "agree"),
    (finding({**coming(), "InboundHeader": packet(22, **ANYWHERE)}, at("eni-web")), "leak"),
    (finding({**coming(), "InboundHeader": packet(1, 400, **ANYWHERE)}, at("eni-web")), "leak"),
    (finding({**coming(), "InboundHeader": packet(0, 65535, **ANYWHERE)}, at("eni-web")), "agree"),
    (finding({**coming(), "InboundHeader": {**packet(443), "Protocol": "17"}}, at("eni-web")), "leak"),
    (finding(at("eni-web", packet(8080)), at("eni-app")), "agree"),
    (finding(at("eni-web", packet(8000, 9000)), at("eni-app")), "agree"),
    (finding(at("eni-web", packet(22)), at("eni-app")), "leak"),
    (finding(at("eni-web", packet(0, 65535, DestinationAddresses=["0.0.0.0/5", "8.0.0.0/7"])), at("igw-1")), "agree"),
    (finding(at("eni-app", packet(0, 65535, DestinationAddresses=["8.0.0.0/7"])), at("igw-1")), "leak"),
    # nothing of the header can be asked about: no public address, no port that clients use
    (finding(at("eni-app", packet(443, DestinationAddresses=["0.0.0.0/8"])), at("igw-1")), "filters-not-asked"),
    (finding(at("eni-web", {**packet(22), "SourcePortRanges": ports(1, 9)}), at("eni-app")), "filters-not-asked"),
    # the analyzer does not look at replies, nor at the rules of firewalls, nor behind endpoints of load balancers
    (finding(at("eni-web", packet(443)), at("eni-deaf")), "one-way"),
    (finding(at("eni-web", packet(22)), FIREWALL, at("eni-app")), "not-seen-by-analyzer"),
    (finding(at("eni-web", packet(22)), at("vpce-0a"), at("eni-app")), "not-seen-by-analyzer"),
    (finding(at("eni-web", packet(22)), {**at("elb"), "AdditionalDetails": [
        {"AdditionalDetailType": "MISSING_TARGET_GROUP_ATTRIBUTES"}]}, at("eni-app")), "not-seen-by-analyzer"),
    (finding(at("eni-web", packet(443)), at("tgw-attach-0a")), "ends-not-asked"),
    (finding(at("pcx-0a", packet(443)), at("eni-web")), "ends-not-asked"),
    (finding(at("eni-web", packet(443)), at("eni-gone")), "snapshot-lacks"),
    (finding(at("eni-web", packet(443))), "ends-untold"),
    (finding(), "ends-untold"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "expected"), FINDINGS)
def test_a_finding_of_network_access_analyzer_agrees_or_not(one: dict[str, Any], expected: str, tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    file.write_text(json.dumps({"NetworkInsightsAccessScopeAnalysisId": "nisa-1", "AnalysisStatus": "succeeded",
                                "AnalysisFindings": [one], "NextToken": "more"}))  # fmt: skip
    assert word(load_files(account().files()).verify(insights=[file])) == expected


def test_a_finding_that_disagrees_is_told_with_a_packet_of_its_header_and_the_trace(tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    one = finding({**coming(), "InboundHeader": packet(1, 400, SourceAddresses=["8.0.0.0/7"])}, at("eni-web"))
    file.write_text(json.dumps({"AnalysisFindings": [one]}))
    found = load_files(account().files()).verify(insights=[file]).disagreements[0]
    assert found.what == "nisa-1 AnalysisFinding-1: ip:8.0.0.0 to eni-web, tcp port 1"
    assert (found.recorded, found.said) == ("a path exists", "blocked")
    assert [block.code for block in found.verdict.blocked_by] == ["ENI_SG_RULES_MISMATCH"]


@pytest.mark.parametrize(("port", "expected"), [(80, "agree"), (8080, "leak")])
def test_the_guide_s_finding(port: int, expected: str, tmp_path: Path) -> None:
    """**Source:** "Getting started with Network Access Analyzer using the AWS CLI", Example 3."""
    net = Build()
    vpc = net.vpc("172.31.0.0/16")
    subnet = net.subnet(vpc, "172.31.16.0/20", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))
    group = net.group(vpc, ingress=[("tcp", port, port, "0.0.0.0/0")])
    net.interface(subnet, "172.31.22.225", [group], public="52.2.112.57", name="guide")
    head = {"Component": {"Id": "igw-1"}, "OutboundHeader": {"DestinationAddresses": ["172.31.22.225/32"]},
            "InboundHeader": packet(80, DestinationAddresses=["52.2.112.57/32"],
                                    SourceAddresses=["0.0.0.0/5", "224.0.0.0/3", "8.0.0.0/7"])}  # fmt: skip
    file = tmp_path / "findings.json"
    file.write_text(json.dumps({"AnalysisFindings": [finding(head, at("acl-1"), at(group), at("eni-guide"))]}))
    assert word(load_files(net.files()).verify(insights=[file])) == expected


def scope(source: Any, target: Any, **more: Any) -> dict[str, Any]:
    """What a scope matches: resources by id, or a kind of them."""

    def end(one: Any) -> dict[str, Any]:
        key = "ResourceTypes" if str(one).startswith("AWS::") else "Resources"
        return {"ResourceStatement": {key: [one]}}

    path = {"Source": end(source), "Destination": end(target)}
    return {"NetworkInsightsAccessScopeId": "nis-1", "MatchPaths": [{**path, **more.pop("path", {})}], **more}


def scan(status: str = "succeeded", found: str = "false") -> dict[str, Any]:
    return {"NetworkInsightsAccessScopeAnalysisId": "nisa-1", "NetworkInsightsAccessScopeId": "nis-1", "Status": status,
            "FindingsFound": found}  # fmt: skip


IGW = "AWS::EC2::InternetGateway"
NONE_FOUND = [
    (scan(), scope(IGW, "eni-app"), "agree"),
    (scan(), scope(IGW, "arn:aws:ec2:us-east-1:111111111111:network-interface/eni-web"), "block"),
    (scan(), scope("eni-web", "eni-app"), "block"),
    (scan(), scope("eni-web", "eni-deaf"), "one-way"),
    (scan(), scope("eni-app", IGW), "agree"),
    (scan(), scope("eni-gone", IGW), "snapshot-lacks"),
    (scan(), scope("vpc-1", IGW), "ends-not-asked"),
    (scan(), scope("AWS::EC2::NetworkInterface", IGW), "ends-not-asked"),
    (scan(), scope(IGW, "eni-web", ExcludePaths=[{"Source": {"ResourceStatement": {"Resources": ["eni-app"]}}}]), "filters-not-asked"),  # noqa: E501
    (scan(), scope(IGW, "eni-web", path={"ThroughResources": [{"ResourceStatement": {"Resources": ["nat-1"]}}]}), "filters-not-asked"),  # noqa: E501
    (scan(), scope(IGW, "eni-web", path={"Source": {"PacketHeaderStatement": {"DestinationPorts": ["22"]}}}), "filters-not-asked"),  # noqa: E501
    (scan(), None, "scope-untold"),
    (scan("running"), scope(IGW, "eni-web"), "not-finished"),
    (scan("failed", "unknown"), scope(IGW, "eni-web"), "not-finished"),
    (scan(found="unknown"), scope(IGW, "eni-web"), "not-finished"),
    (scan(found="true"), scope(IGW, "eni-web"), "findings-untold"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "content", "expected"), NONE_FOUND)
@pytest.mark.parametrize("empty", [False, True])
def test_an_analysis_that_found_nothing_agrees_or_not(
    one: dict[str, Any], content: dict[str, Any] | None, expected: str, empty: bool, tmp_path: Path
) -> None:
    """With and without the file that holds no findings, whichever of the files comes first."""
    documents: list[dict[str, Any]] = [{"NetworkInsightsAccessScopeAnalyses": [one]}]
    documents += [{"NetworkInsightsAccessScopeContent": content}] if content else []
    if empty:
        documents.insert(0, {"NetworkInsightsAccessScopeAnalysisId": "nisa-1", "AnalysisFindings": []})
    files = [tmp_path / f"{number}.json" for number in range(len(documents))]
    for file, document in zip(files, documents, strict=True):
        file.write_text(json.dumps(document))
    assert word(load_files(account().files()).verify(insights=files)) == expected


def test_what_starts_an_analysis_is_read_and_what_ended_it_counts(tmp_path: Path) -> None:
    started, ended = tmp_path / "started.json", tmp_path / "ended.json"
    started.write_text(json.dumps({"NetworkInsightsAccessScopeAnalysis": scan("running", "unknown")}))
    ended.write_text(json.dumps({"NetworkInsightsAccessScopeAnalyses": [scan(found="true")]}))
    reach = load_files(account().files())
    assert word(reach.verify(insights=[started])) == "not-finished"
    for files in ([started, ended], [ended, started]):
        assert word(reach.verify(insights=files)) == "findings-untold"
    found = tmp_path / "found.json"
    found.write_text(json.dumps({"AnalysisFindings": [finding(coming(), at("eni-web"))]}))
    assert word(reach.verify(insights=[started, ended, found])) == "agree"


# --- The command ------------------------------------------------------------------------------------------------------


def test_a_way_that_we_do_not_know_is_told_with_its_path() -> None:
    found = seen(account(), "eni-app 10.0.2.5 198.51.100.9 50000 443 6 ACCEPT 2 egress - - - 8").disagreements[0]
    assert (found.recorded, found.said) == ("ACCEPT by traffic-path 8", "no way by an internet gateway")
    assert found.verdict.outcome == "blocked"


def test_the_command_lists_disagreements_with_their_traces(tmp_path: Path) -> None:
    snapshot = account().write(tmp_path / "snapshot")
    log = tmp_path / "flow.log"
    log.write_text(
        "2 1 eni-web 198.51.100.9 10.0.1.5 50000 443 6 1 60 1700000000 1700000060 ACCEPT OK\n"
        "2 1 eni-web 198.51.100.9 10.0.1.5 50000 22 6 1 60 1700000000 1700000060 ACCEPT OK\n"
        "2 1 eni-web - - - - - - - 1700000000 1700000060 - NODATA\n"
    )
    ran = CliRunner().invoke(group, ["verify", str(snapshot), "--flow-logs", str(log)])
    assert ran.exit_code == 1
    assert "3 recorded: 1 agree, 1 disagree, 1 not compared" in ran.stdout
    assert "recorded from 2023-11-14 22:13:20 to 2023-11-14 22:14:20 UTC" in ran.stdout
    assert "ENI_SG_RULES_MISMATCH" in ran.stdout
    ran = CliRunner().invoke(group, ["verify", str(snapshot), "--flow-logs", str(log), "--format", "json"])
    found = json.loads(ran.stdout)
    assert [one["recorded"] for one in found["disagreements"]] == ["ACCEPT"]
    assert found["disagreements"][0]["trace"]["outcome"] == "blocked"
    assert found["not_compared"][0]["reason"] == "no-data"


def test_the_command_shows_how_far_it_is_to_who_watches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty thousand records that differ took half a minute, in which nothing was seen."""
    snapshot, log = account().write(tmp_path / "snapshot"), tmp_path / "flow.log"
    log.write_text("2 111111111111 eni-none 10.0.1.5 10.0.2.5 40000 443 6 10 840 1600000000 1600000060 ACCEPT OK\n")
    arguments = ["verify", str(snapshot), "--flow-logs", str(log)]
    assert CliRunner().invoke(group, arguments).stderr == ""
    monkeypatch.setattr("reachsim.cli.options.quiet", lambda: False)
    assert CliRunner().invoke(group, arguments).stderr.startswith("records")


@pytest.mark.parametrize("arguments", [[], ["--flow-logs", "x", "--insights", "x"]])
def test_the_command_takes_one_of_the_two_kinds(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    given = [str(tmp_path / "x") if one == "x" else one for one in arguments]
    ran = CliRunner().invoke(group, ["verify", str(account().write(tmp_path / "snapshot")), *given])
    assert ran.exit_code == 2
    assert "one of them" in ran.stderr


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"NetworkInsightsAnalyses": 1}',
        '{"NetworkInsightsAnalyses": [{}]}',
        "{",
        '{"NetworkInsightsAccessScopeAnalysisId": "nisa-1"}',
        '{"AnalysisFindings": [1]}',
        '{"AnalysisFindings": [{"FindingComponents": [{"OutboundHeader": {"SourceAddresses": ["x"]}}]}]}',
        '{"NetworkInsightsAccessScopeContent": {}}',
    ],
)
def test_other_json_is_no_analysis(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(text)
    snapshot = account().write(tmp_path / "snapshot")
    ran = CliRunner().invoke(group, ["verify", str(snapshot), "--insights", str(tmp_path / "x.json")])
    assert ran.exit_code == 2
    assert "x.json" in ran.stderr
    assert "Traceback" not in ran.stderr
