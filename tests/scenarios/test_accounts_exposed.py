"""Whole accounts that look closed from the internet, and what leads in all the same.

Expected is what AWS's pages say: "Preserve client IP addresses in AWS Global Accelerator" (an interface of the type
global_accelerator_managed in the subnet of each endpoint; endpoints need no public address), "Restrict access with VPC
origins" (CloudFront's interfaces carry the tag that AWSCloudFrontVPCOriginServiceRolePolicy asks for).
"""

from __future__ import annotations

import pytest

from reachsim import load_files
from tests.balancers import listener, load_balancer, target_group
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
