"""Facts that bound the model (N18, N26, N95, N96, N112, N121, N131, N152, N203): what AWS would refuse or does not
support, what a verdict says nothing about, and how records are read.
"""

from __future__ import annotations

import json

from reachsim import load_files
from tests.scenarios.lan import Lan, ask, assumed, codes, crossed, fate
from tests.scenarios.pipelines import Pipeline
from tests.scenarios.test_facts_transit import Hub
from tests.scenarios.test_middleboxes import HTTPS, Edge

WORLD = "ip:198.51.100.7"


def test_n18_a_prefix_list_route_to_a_middlebox_is_one_that_aws_would_refuse() -> None:
    net = Edge(edge=False)
    reach = net.reach(vpce_fw="forward")
    assert "PREFIX_LIST_ROUTE_TO_MIDDLEBOX" not in {
        one.code for one in reach.simulate("eni-client", WORLD, **HTTPS).assumptions
    }
    net.route(net.table_c, net.prefix_list(["198.51.100.0/24"]), net.endpoint)
    verdict = net.reach(vpce_fw="forward").simulate("eni-client", WORLD, **HTTPS)
    assert ("PREFIX_LIST_ROUTE_TO_MIDDLEBOX", net.table_c) in assumed(verdict)


def test_n26_what_a_transit_gateway_brings_into_a_subnet_takes_no_middlebox_within_it() -> None:
    net = Hub()
    box = net.interface("subnet-y", "10.1.1.99", ["sg-y"], source_dest_check=False, name="box")
    table = net.table("vpc-y", [("10.1.1.0/24", box), ("10.0.0.0/16", net.tgw_id)], name="loop")
    for record in net._lists["ec2/describe-route-tables"]:
        record["Associations"] = [one for one in record["Associations"] if one.get("SubnetId") != "subnet-yt"]
    net._associate(table, {"Main": False, "SubnetId": "subnet-yt"})
    net._lists["ec2/describe-transit-gateway-vpc-attachments"][1]["SubnetIds"] = ["subnet-y"]
    verdict = ask(net, "eni-x", "eni-y")
    assert fate(verdict) == ("allowed", "private")
    assert box not in crossed(verdict)


def test_n95_a_removed_rule_ends_new_flows() -> None:
    net = Lan()
    assert ask(net, net.client, net.server).outcome == "allowed"
    net[net.server]["Groups"] = [{"GroupId": net.group(net.vpc_id, [])}]
    assert codes(ask(net, net.client, net.server)) == {"SG_HAS_NO_RULES"}


def test_n96_replies_of_other_protocols_pass_too() -> None:
    net = Lan()
    server = net.group(net.vpc_id, [("47", None, None, "10.0.1.0/24")], [], name="server")
    client = net.group(net.vpc_id, [], [("47", None, None, "10.0.2.0/24")], name="client-out")
    for interface, group in ((net.client, client), (net.server, server)):
        net[interface]["Groups"] = [{"GroupId": group, "GroupName": group}]
    assert fate(ask(net, net.client, net.server, 47, None)) == ("allowed", "private")
    assert codes(ask(net, net.client, net.server, 50, None)) == {"ENI_SG_RULES_MISMATCH"}


def test_n112_blocks_of_an_entry_are_canonical() -> None:
    net = Lan()
    entries = [(100, way, "allow", "-1", None, "10.0.1.77/24") for way in ("in", "out")]
    acl = net.acl(net.vpc_id, entries, name="x")
    net.use_acl(net.b, acl)
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")
    net[acl]["Entries"][0]["CidrBlock"] = "10.0.2.77/24"
    assert codes(ask(net, net.client, net.server)) == {"SUBNET_ACL_RESTRICTION"}


def test_n121_path_mtu_messages_do_not_decide() -> None:
    net = Lan()
    entries = [(100, way, "allow", "tcp", (0, 65535), "0.0.0.0/0") for way in ("in", "out")]
    net.use_acl(net.b, net.acl(net.vpc_id, entries, name="tcp-only"))
    assert fate(ask(net, net.client, net.server)) == ("allowed", "private")
    assert codes(ask(net, net.client, net.server, "icmp", 3)) == {"SUBNET_ACL_RESTRICTION"}


def test_n131_an_endpoints_interfaces_are_those_that_it_lists_and_its_policy_is_a_text() -> None:
    net = Lan()
    deny = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "logs:*", "Resource": "*"}]}
    endpoint = net.interface_endpoint(net.vpc_id, "logs", {net.b: "10.0.2.20"}, [net.open], policy=deny, name="e")
    assert isinstance(net[endpoint]["PolicyDocument"], str)
    assert json.loads(net[endpoint]["PolicyDocument"]) == deny
    put = [{"action": "logs:PutLogEvents", "resource": "arn:aws:logs:us-east-1:111111111111:log-group:/x:*"}]
    verdict = ask(net, net.client, endpoint, requests=put, layers=["network", "endpoint-policy"])
    assert [(one.code, one.component) for one in verdict.blocked_by] == [("VPCE_POLICY_EXPLICIT_DENY", endpoint)]
    (listed,) = net[endpoint]["NetworkInterfaceIds"]
    net[listed]["NetworkInterfaceId"] = "eni-0moved"
    net[endpoint]["NetworkInterfaceIds"] = ["eni-0moved"]
    assert "eni-0moved" in crossed(ask(net, net.client, endpoint))


def test_n152_codebuild_does_not_build_in_a_vpc_that_another_account_shares() -> None:
    net = Pipeline()
    working = next(one for one in load_files(net.files()).check().steps if one.step == "provisioning")
    assert working.outcome == "allowed"
    net["vpc-1"]["OwnerId"] = "999988887777"
    step = next(one for one in load_files(net.files()).check().steps if one.step == "provisioning")
    assert step.outcome == "blocked"
    assert [(one.code, one.component) for one in step.blocked_by if one.component == "vpc-1"] == [
        ("CODEBUILD_SHARED_VPC", "vpc-1")
    ]


def test_n203_a_verdict_says_nothing_of_sizes_and_counts() -> None:
    """Not of health, ports in use, or fragments: what is allowed is so by configuration."""
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.with_nat())
    verdict = ask(net, net.client, WORLD)
    assert fate(verdict) == ("allowed", "internet")
    words = json.dumps([hop.detail for path in verdict.paths for hop in path.hops]).lower()
    assert not any(word in words for word in ("mtu", "exhaust", "fragment", "bandwidth", "health"))
