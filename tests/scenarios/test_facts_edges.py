"""Fact N195 where AWS tells: Local Zones, Wavelength Zones, Outposts. Engine, reference and matrix agree."""

from __future__ import annotations

import json
import random

import pytest

from reachsim import load_files
from reachsim.answers import Answers
from tests.property.comparison import compare, world_of
from tests.property.test_matrix import compare as compare_matrix
from tests.scenarios.lan import Lan, ask, assumed, codes, fate
from tests.scenarios.test_accounts_egress import RegionalNat
from tests.scenarios.test_facts_transit import Hub

BOSTON, NEW_YORK, LOS_ANGELES = "us-east-1-wl1-bos-wlz-1", "us-east-1-wl1-nyc-wlz-1", "us-west-2-lax-1a"
POST = "arn:aws:outposts:us-east-1:111111111111:outpost/op-{}"


def at(**places: str) -> Lan:
    """The network with its subnets at edges: a zone's name or an Outpost's ARN each."""
    net = Lan()
    for name, place in places.items():
        key = "OutpostArn" if place.startswith("arn:") else "AvailabilityZone"
        net[f"subnet-{name}"].pop("AvailabilityZoneId", None)
        net[f"subnet-{name}"][key] = place
    return net


def agree(net: Lan, source: str, destination: str) -> None:
    """The reference interpreter says the same, and so does the matrix."""
    files = net.files()
    reach = load_files(files)
    for scenario in reach.scenarios(source, destination):
        assert compare(world_of(files), scenario, random.Random(0))
    compare_matrix(reach, 6, 443)


@pytest.mark.parametrize(("a", "b", "outcome"), [
    (BOSTON, NEW_YORK, "blocked"),
    (BOSTON, BOSTON, "allowed"),
    (BOSTON, "us-east-1b", "allowed"),
    (POST.format("1"), POST.format("2"), "blocked"),
    (POST.format("1"), POST.format("1"), "allowed"),
    (POST.format("1"), "us-east-1b", "allowed"),
    (LOS_ANGELES, "us-west-2-phx-2a", "allowed"),
])  # fmt: skip
def test_n195_the_local_route_joins_no_two_wavelength_zones_and_no_two_outposts(a: str, b: str, outcome: str) -> None:
    net = at(a=a, b=b)
    verdict = ask(net, net.client, net.server)
    assert verdict.outcome == outcome
    if outcome == "blocked":
        assert {(one.code, one.component, one.at) for one in verdict.blocked_by} == {
            ("NO_POSSIBLE_DESTINATION", net.b, net.a), ("NO_POSSIBLE_DESTINATION", net.a, net.b),
        }  # fmt: skip
        assert all(place in verdict.blocked_by[0].detail for place in (a, b))
    agree(net, net.client, net.server)


@pytest.mark.parametrize(("place", "outcome"), [
    ("us-east-1a", "allowed"), (LOS_ANGELES, "unknown"), (BOSTON, "unknown"), (POST.format("1"), "unknown"),
])  # fmt: skip
def test_n195_whether_a_regional_nat_gateway_serves_an_edge_is_not_documented(place: str, outcome: str) -> None:
    net = RegionalNat("us-east-1a")
    net["subnet-a"]["OutpostArn" if place.startswith("arn:") else "AvailabilityZone"] = place
    net["subnet-a"].pop("AvailabilityZoneId", None)
    verdict = ask(net, "eni-client", "ip:198.51.100.7")
    assert verdict.outcome == outcome
    if outcome == "unknown":
        (told,) = [one for one in verdict.assumptions if one.code == "UNMODELLED_COMPONENT"]
        assert place in told.detail
    agree(net, "eni-client", "ip:198.51.100.7")


def test_n183_a_wavelength_zone_uses_the_attachment_of_its_parent_zone() -> None:
    net = Hub()
    net["subnet-x"].update(AvailabilityZone=BOSTON, AvailabilityZoneId="use1-wl1-bos-wlz1")
    row = {"ZoneName": BOSTON, "ZoneId": "use1-wl1-bos-wlz1", "ZoneType": "wavelength-zone",
           "ParentZoneName": "us-east-1a", "ParentZoneId": "id-us-east-1a"}  # fmt: skip
    net.put("ec2/describe-availability-zones", {"AvailabilityZones": [row]})
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")
    row.update(ParentZoneName="us-east-1b", ParentZoneId="id-us-east-1b")
    assert codes(ask(net, "eni-x", "eni-y")) == {"TGW_ROUTE_AZ_RESTRICTION"}
    agree(net, "eni-x", "eni-y")


@pytest.mark.parametrize("subnet", ["subnet-x", "subnet-y"])
def test_n89_whether_groups_are_told_of_at_an_edge_is_not_known(subnet: str) -> None:
    net = Hub((True, True, True))
    net["sg-y"]["IpPermissions"] = []
    net.permit("sg-y", "in", ("tcp", 443, 443, "sg-x"))
    assert fate(ask(net, "eni-x", "eni-y")) == ("allowed", "private")
    net[subnet]["OutpostArn"] = POST.format("1")
    verdict = ask(net, "eni-x", "eni-y")
    assert fate(verdict) == ("unknown", "none")
    assert ("UNMODELLED_COMPONENT", subnet) in assumed(verdict)
    agree(net, "eni-x", "eni-y")


def test_what_tells_interfaces_apart_there_is_no_shared_answer() -> None:
    """Two Outposts, two settings of instance metadata, an association that is being made: each is asked by itself."""
    net = Lan()
    for name, key, value in (
        ("p", "OutpostArn", POST.format("1")), ("q", "OutpostArn", POST.format("2")), ("r", "", ""), ("s", "", ""),
    ):  # fmt: skip
        net.subnet(net.vpc_id, f"10.0.{ord(name)}.0/24", table=net.ta, name=name)
        if key:
            net[f"subnet-{name}"][key] = value
        for host in (5, 6):
            instance = net.instance(f"subnet-{name}", f"10.0.{ord(name)}.{host}", [net.open], name=f"{name}{host}")
            net[instance]["MetadataOptions"] = {"HttpEndpoint": "disabled" if host == 6 else "enabled"}
    net[net.ta]["Associations"][-1]["AssociationState"] = {"State": "associating"}
    reach = load_files(net.files())
    answers = Answers(reach)
    for source in sorted(reach.network.instances):
        for target in (*sorted(reach.network.instances), "ip:169.254.169.254"):
            if source != target:
                asked = {"protocol": "tcp", "port": 80}
                alone = json.dumps(reach.simulate(source, target, **asked).to_json("1"), ensure_ascii=False,
                                   separators=(",", ":"))  # type: ignore[arg-type]  # fmt: skip
                assert answers.answer("1", source, target, asked) == alone


@pytest.mark.parametrize(("listed", "outcome"), [(True, "allowed"), (False, "unknown")])
def test_a_local_zone_that_is_known_by_its_id_alone(listed: bool, outcome: str) -> None:
    """As a plan has it that gives availability_zone_id; the parent zone is in describe-availability-zones alone."""
    net = Hub()
    vpc = net["subnet-x"]["VpcId"]
    planned = net.subnet(vpc, "10.0.77.0/24", name="new")
    net.interface(planned, "10.0.77.5", [net["eni-x"]["Groups"][0]["GroupId"]], name="new")
    net.route(net.main_table(vpc), "10.0.0.0/8", net.tgw_id)
    del net[planned]["AvailabilityZone"]
    net[planned]["AvailabilityZoneId"] = "use1-bos1-az1"
    zone = {"ZoneName": "us-east-1-bos-1a", "ZoneId": "use1-bos1-az1", "ZoneType": "local-zone",
            "ParentZoneName": "us-east-1a", "ParentZoneId": "id-us-east-1a"}  # fmt: skip
    if listed:
        net.put("ec2/describe-availability-zones", {"AvailabilityZones": [zone]})
    assert ask(net, "eni-new", "eni-y").outcome == outcome
