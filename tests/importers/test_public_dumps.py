"""Questions to networks that others made, beside what Batfish says of them (its tests of the same dumps).

Where the two differ, AWS's documentation decides; the test then says why. Batfish follows the request only and tells
of one packet; here both legs count. Its answers: ``AwsConfiguration…Test`` in batfish/batfish (Apache License 2.0).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from reachsim import Reach, load
from reachsim.importers import import_batfish
from reachsim.verdict import Verdict
from tests.scenarios.lan import assumed, codes, fate

DUMPS = Path(__file__).resolve().parent.parent / "data" / "aws-cli-dumps"
PUBLIC, PRIVATE = "i-094a9e5b545a4fde4", "i-099cf38911942421c"
VGW = "vgw-070087240d6fa2989"


def dump(name: str, tmp_path: Path) -> Reach:
    import_batfish(DUMPS / name, tmp_path / "snapshot")
    return load(tmp_path / "snapshot")


def web(reach: Reach, source: str, destination: str, port: int = 443) -> Verdict:
    return reach.simulate(source, destination, protocol="tcp", port=port)


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        (PRIVATE, "ip:10.0.0.47", "blocked"),  # by the default groups, which admit their own members only
        (PUBLIC, "ip:10.0.1.204", "blocked"),
        ("internet", "ip:13.58.55.60", "blocked"),
        ("ip:19.168.0.1", "ip:10.0.1.204", "blocked"),
        (PUBLIC, "ip:8.8.8.8", "internet"),
        (PUBLIC, "ip:19.168.0.0", "internet"),  # the site's addresses are public ones, and this subnet has no way to it
        (PRIVATE, "ip:19.168.0.0", "on-premises"),
    ],
)
def test_public_and_private_subnet_as_batfish_says(
    source: str, destination: str, expected: str, tmp_path: Path
) -> None:
    verdict = web(dump("public-private-subnet", tmp_path), source, destination)
    if expected == "blocked":
        assert (verdict.outcome, codes(verdict)) == ("blocked", {"ENI_SG_RULES_MISMATCH"})
    else:
        assert fate(verdict) == ("allowed", expected)


@pytest.mark.parametrize("destination", ["ip:13.58.55.60", "ip:8.8.8.8"])
def test_beyond_the_static_routes_of_a_vpn_the_answer_is_open(destination: str, tmp_path: Path) -> None:
    """Batfish: no route at the gateway. The VPN's static routes are known, but Direct Connect could lead there."""
    verdict = web(dump("public-private-subnet", tmp_path), PRIVATE, destination)
    assert fate(verdict) == ("unknown", "none")
    assert ("ON_PREMISES_UNSEEN", VGW) in assumed(verdict)


def test_a_private_address_cannot_be_asked_for_from_the_internet(tmp_path: Path) -> None:
    verdict = web(dump("public-private-subnet", tmp_path), "ip:8.8.8.8", "ip:10.0.1.204")
    assert codes(verdict) == {"IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"}


@pytest.mark.parametrize(
    ("source", "destination", "expected"),
    [
        ("i-01c6c0647fdccc89e", "ip:52.216.237.77", ("allowed", "private")),  # S3, by the gateway endpoint
        ("i-0464d440ca0ee9e34", "ip:52.216.237.77", ("allowed", "private")),  # beside an internet gateway
        ("i-01c6c0647fdccc89e", "ip:54.222.57.1", ("blocked", "none")),  # another of AWS's addresses
        ("i-0464d440ca0ee9e34", "ip:54.222.57.1", ("allowed", "internet")),
        ("i-01c6c0647fdccc89e", "s3", ("allowed", "private")),
        ("i-01c6c0647fdccc89e", "logs", ("blocked", "none")),
        ("i-0464d440ca0ee9e34", "logs", ("allowed", "aws-public")),
    ],
)
def test_gateway_endpoint_as_batfish_says(
    source: str, destination: str, expected: tuple[str, str], tmp_path: Path
) -> None:
    verdict = web(dump("vpc-endpoint-gateway", tmp_path), source, destination)
    assert fate(verdict) == expected
    if expected[0] == "blocked":
        assert codes(verdict) == {"NO_ROUTE_TO_DESTINATION"}


@pytest.mark.parametrize("source", ["i-0eb6eb395a0d09117", "i-0a0fbd0cfa774970f"])
def test_interface_endpoint_as_batfish_says(source: str, tmp_path: Path) -> None:
    reach = dump("vpc-endpoint-interface", tmp_path)
    verdict = web(reach, source, "ip:10.1.101.97")
    assert fate(verdict) == ("allowed", "private")
    crossed = [hop.component for hop in verdict.paths[0].hops if hop.type == "network-acl"]
    assert len(crossed) == (0 if source == "i-0a0fbd0cfa774970f" else 4)  # none within a subnet (N108)
    assert "PROTOCOL_RESTRICTION" in codes(reach.simulate(source, "ip:10.1.101.97", protocol="icmp"))
