"""Whole accounts that look closed from the internet, and what leads in all the same.

Expected is what AWS's pages say: "Preserve client IP addresses in AWS Global Accelerator" (an interface of the type
global_accelerator_managed in the subnet of each endpoint; endpoints need no public address), "Restrict access with VPC
origins" (CloudFront's interfaces carry the tag that AWSCloudFrontVPCOriginServiceRolePolicy asks for).
"""

from __future__ import annotations

import json
import re

import pytest

from reachsim import load_files
from tests.balancers import listener, load_balancer, target_group
from tests.build import Record
from tests.scenarios.lan import Lan, ask, assumed, codes, fate


def accelerated(subnet: str = "subnet-a") -> Lan:
    """A private instance ``i-1`` in subnet a, an internet gateway, and Global Accelerator's interface in a subnet."""
    net = Lan()
    net.igw(net.vpc_id, name="1")
    net.instance(net.a, "10.0.1.8", [net.open], name="1")
    group = net.group(net.vpc_id, name="GlobalAccelerator")
    net.interface(subnet, "10.0.1.9" if subnet == "subnet-a" else "10.0.2.9", [group], name="ga")
    net["eni-ga"]["InterfaceType"] = "global_accelerator_managed"
    return net


def test_an_instance_beside_global_accelerator_is_not_surely_closed() -> None:
    verdict = ask(accelerated(), "internet", "i-1")
    assert (fate(verdict), assumed(verdict)) == (("unknown", "none"), {("UNMODELLED_COMPONENT", "eni-ga")})


def test_nor_is_one_beside_an_interface_of_cloudfronts() -> None:
    net = accelerated()
    net["eni-ga"]["InterfaceType"] = "interface"
    assert codes(ask(net, "internet", "i-1")) == {"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}
    net["eni-ga"]["TagSet"] = [{"Key": "aws.cloudfront.vpcorigin", "Value": "enabled"}]
    verdict = ask(net, "internet", "i-1")
    assert (fate(verdict), assumed(verdict)) == (("unknown", "none"), {("UNMODELLED_COMPONENT", "eni-ga")})


@pytest.mark.parametrize("target", ["i-1", "eni-client"])
def test_elsewhere_it_leads_nobody_in(target: str) -> None:
    """In another subnet, and to an interface that is no instance's."""
    net = accelerated("subnet-b") if target == "i-1" else accelerated()
    assert codes(ask(net, "internet", target)) == {"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}


def test_an_internal_load_balancer_beside_it_is_not_surely_closed() -> None:
    net = accelerated()
    balancer = load_balancer(net, "lb", {net.a: "10.0.1.200"}, [net.open])
    listener(net, balancer, 443, [target_group(net, "t", ["i-1"], "HTTP")], "HTTP")
    assert ask(net, "internet", "eni-lb-a").outcome == "unknown"


def test_a_pipeline_whose_client_it_may_lead_to_is_undecided() -> None:
    net = accelerated()
    check = load_files(net.files()).check(sources=["i-1"])
    assert check.overall == "undecided"
    cell = next(one for one in check.matrix if (one.source, one.destination) == ("internet", "i-1"))
    assert cell.outcome == "unknown"


def fronted(scheme: str = "HTTPS", admits: str = "sg-open") -> Lan:
    """A private instance ``i-1`` that an internet-facing load balancer forwards to."""
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.igw(net.vpc_id))
    net.instance(net.a, "10.0.1.8", [net.open if admits == "sg-open" else net.group(net.vpc_id, name="shut")], name="1")
    kind = "application" if scheme == "HTTPS" else "network"
    balancer = load_balancer(net, "lb", {net.a: ("10.0.1.200", "203.0.113.200")}, [net.open], kind, cross_zone=True)
    listener(net, balancer, 443, [target_group(net, "t", ["i-1"], "HTTP" if kind == "application" else "TCP")], scheme)
    return net


def inward(files: dict[str, bytes]) -> tuple[str, list[str], tuple[str, ...]]:
    check = load_files(files).check(sources=["i-1"])
    titles = [one.title for one in check.findings if (one.id, one.severity) == ("INTERFACE_EXPOSED", "high")]
    return check.overall, titles, check.missing


@pytest.mark.parametrize("scheme", ["HTTPS", "TCP"])
def test_a_client_behind_an_internet_facing_load_balancer_is_exposed(scheme: str) -> None:
    net = fronted(scheme)
    assert ask(net, "internet", "i-1").outcome == "blocked"  # it has no address of its own there
    assert inward(net.files()) == ("exposed", ["the internet reaches i-1"], ())


def by_a_rule(**gone: str) -> dict[str, bytes]:
    """`fronted`, whose listener answers by itself, but for what a rule sends on."""
    net = fronted()
    (group,) = net._lists["elbv2/describe-target-groups"]
    group["LoadBalancerArns"] = [net._lists["elbv2/describe-load-balancers"][0]["LoadBalancerArn"]]
    (path,) = [path for path in net._more if "/describe-listeners/" in path]
    net._more[path]["Listeners"][0]["DefaultActions"] = [{"Type": "fixed-response"}]
    return {path: data for path, data in net.files().items() if not any(one in path for one in gone.values())}


def test_a_client_behind_a_rule_of_a_listener_is_exposed() -> None:
    """API reference, "TargetGroup": LoadBalancerArns names the load balancer "that routes traffic" to it."""
    assert inward(by_a_rule()) == ("exposed", ["the internet reaches i-1"], ())
    files = by_a_rule()
    path = next(one for one in files if one.endswith("/describe-target-groups.json"))
    files[path] = files[path].replace(b'"LoadBalancerArns"', b'"Others"')
    assert inward(files)[0] == "private-but-failing"
    overall, titles, missing = inward(by_a_rule(gone="describe-target-health"))
    assert (overall, titles, len(missing)) == ("undecided", [], 1)


def test_a_load_balancer_sends_to_the_targets_of_its_rules() -> None:
    net = load_files(by_a_rule())
    (node,) = [name for name, kind in net.network.interfaces.kinds.items() if kind == "load-balancer"]
    assert net.simulate(node, "i-1", protocol="tcp", port=8080).outcome == "allowed"
    assert net.simulate(node, "i-1", protocol="tcp", port=22).outcome == "blocked"


def ruled(default: str, *rules: tuple[str, list[Record]]) -> dict[str, bytes]:
    """`fronted` by a listener with this default action and these rules, by priority: "t" forwards to the client."""
    net = fronted()
    (group,) = net._lists["elbv2/describe-target-groups"]
    group["LoadBalancerArns"] = [net._lists["elbv2/describe-load-balancers"][0]["LoadBalancerArn"]]
    (path,) = [path for path in net._more if "/describe-listeners/" in path]
    (held,) = net._more[path]["Listeners"]
    actions = {"t": {"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}, "403": {"Type": "fixed-response"}}
    held["DefaultActions"] = [actions[default]]
    records = [
        {"RuleArn": f"rule-{number}", "Priority": str(number), "Conditions": conditions, "Actions": [actions[action]]}
        for number, (action, conditions) in enumerate(rules, 1)
    ]
    records.append({"RuleArn": "rule-0", "Priority": "default", "Conditions": [], "Actions": [actions[default]]})
    net.put(f"elbv2/describe-rules/{held['ListenerArn'].replace('/', '%2F')}", {"Rules": records[::-1]})
    return net.files()


def at(*blocks: str) -> Record:
    return {"Field": "source-ip", "SourceIpConfig": {"Values": list(blocks)}}


def on(path: str) -> Record:
    return {"Field": "path-pattern", "Values": [path], "PathPatternConfig": {"Values": [path]}}


OUTSIDE = "203.0.113.0/24"
EVERYBODY = ("0.0.0.0/0", "::/0")


@pytest.mark.parametrize(("default", "rules", "overall"), [
    ("403", [("t", [on("/api/*")])], "exposed"),
    ("403", [("t", [at("10.0.0.0/8", "192.168.0.0/16")])], "private-but-failing"),
    ("403", [("t", [at("10.0.0.0/8"), on("/api/*")])], "private-but-failing"),
    ("403", [("t", [at("10.0.0.0/8", OUTSIDE)])], "exposed"),
    ("403", [("403", [at(*EVERYBODY)]), ("t", [on("/api/*")])], "private-but-failing"),
    ("403", [("403", [at(*EVERYBODY), on("/admin/*")]), ("t", [on("/api/*")])], "exposed"),
    ("403", [("t", [on("/api/*")]), ("403", [at(*EVERYBODY)])], "exposed"),
    ("403", [("403", [on("/*")]), ("t", [on("/api/*")])], "private-but-failing"),
    ("t", [("403", [at(*EVERYBODY)])], "private-but-failing"),
    ("t", [("403", [at("0.0.0.0/0")])], "private-but-failing"),
    ("t", [("403", [at("0.0.0.0/1")])], "exposed"),
    ("t", [("t", [at("10.0.0.0/8")]), ("403", [at(*EVERYBODY)])], "private-but-failing"),
    ("t", [("403", [at(OUTSIDE)])], "exposed"),
    ("t", [("403", [{"Field": "http-header"}])], "exposed"),
    ("403", [("t", [{"Field": "of-tomorrow"}, at("10.0.0.0/8")])], "private-but-failing"),
])  # fmt: skip
def test_rules_by_the_address_of_the_source_keep_the_internet_from_a_client(
    default: str, rules: list[tuple[str, list[Record]]], overall: str
) -> None:
    """User Guide for Application Load Balancers, "Condition types for listener rules" (source-ip: the address of the
    connection, X-Forwarded-For does not count; each condition has to be met) and "Listener rules" (priorities)."""
    assert inward(ruled(default, *rules))[0] == overall


def test_of_a_load_balancer_with_ipv6_clients_rules_for_ipv4_alone_do_not_tell() -> None:
    net_files = ruled("t", ("403", [at("0.0.0.0/0")]))
    path = next(one for one in net_files if one.endswith("/describe-network-interfaces.json"))
    held = json.loads(net_files[path])
    (node,) = [one for one in held["NetworkInterfaces"] if one["NetworkInterfaceId"] == "eni-lb-a"]
    node["Ipv6Addresses"] = [{"Ipv6Address": "2001:db8::200"}]
    assert inward(net_files | {path: json.dumps(held).encode()})[0] == "exposed"


def test_one_that_its_groups_shut_is_not() -> None:
    assert inward(fronted(admits="nobody").files()) == ("private-but-failing", [], ())


@pytest.mark.parametrize(("lacking", "named"), [
    ("describe-target-health/t", r"describe-target-health/arn:.*targetgroup%2Ft%2F\w+\.json"),
    ("describe-load-balancers", r"describe-load-balancers\.json"),
])  # fmt: skip
def test_what_a_load_balancer_forwards_to_has_to_be_known(lacking: str, named: str) -> None:
    files = {name: data for name, data in fronted().files().items() if f"/{lacking}.json" not in name}
    overall, titles, missing = inward(files)
    assert (overall, titles) == ("undecided", [])
    (file,) = missing
    assert re.fullmatch(named, file.partition("/elbv2/")[2])


def test_nor_does_it_matter_where_the_groups_shut_its_nodes_out() -> None:
    files = {name: data for name, data in fronted(admits="nobody").files().items() if "/elbv2/" not in name}
    assert inward(files)[0] == "private-but-failing"
