"""An instance whose interfaces only describe-instances tells of: what they send is judged, who else is there is not.

describe-instances prints of each interface its subnet, addresses, groups and source/destination check
(API_InstanceNetworkInterface).
"""

from __future__ import annotations

import pytest

from tests.scenarios.lan import ANY6, Lan, ask, blocks, codes, fate, natted, public

WORLD = "ip:198.51.100.7"
PATH = "111111111111/us-east-1/ec2/describe-network-interfaces.json"


def alone(net: Lan, *, refused: bool = False) -> dict[str, bytes]:
    """The files of a network whose client is ``i-client``, without describe-network-interfaces."""
    record = net[net.client]
    listed = {key: value for key, value in record.items() if key not in ("TagSet", "DenyAllIgwTraffic")}
    listed["Attachment"] = {"AttachmentId": "eni-attach-1", "DeviceIndex": 0, "Status": "attached"}
    instance = {"InstanceId": "i-client", "State": {"Name": "running"}, "VpcId": net.vpc_id, "SubnetId": net.a,
                "NetworkInterfaces": [listed]}  # fmt: skip
    net._lists["ec2/describe-instances"].append({"ReservationId": "r-1", "Instances": [instance]})
    files = net.files()
    del files[PATH]
    return files | ({PATH: b'{"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}'} if refused else {})


@pytest.mark.parametrize("refused", [False, True])
def test_the_way_out_by_a_nat_gateway_is_known(refused: bool) -> None:
    verdict = ask(alone(natted(), refused=refused), "i-client", WORLD)
    assert (fate(verdict), verdict.missing) == (("allowed", "internet"), ())
    pointer = "/Reservations/0/Instances/0/NetworkInterfaces/0"
    assert str(verdict.paths[0].hops[0].source).endswith(f"describe-instances.json#{pointer}")


def test_what_stops_it_is_told() -> None:
    net = Lan()
    net["sg-open"]["IpPermissionsEgress"] = []
    assert codes(ask(alone(net), "i-client", "ip:10.0.2.5")) == {"SG_HAS_NO_RULES"}
    assert blocks(ask(alone(Lan()), "i-client", WORLD)) == {
        ("NO_ROUTE_TO_DESTINATION", "rtb-a", None, None, "request", "egress")
    }


def test_who_has_an_address_beyond_it_is_not_known() -> None:
    verdict = ask(alone(Lan()), "i-client", "ip:10.0.2.5")
    assert (verdict.outcome, verdict.missing) == ("unknown", (PATH,))


def test_the_instance_itself_is_reached() -> None:
    net = public()
    assert fate(ask(alone(net), "internet", "i-client")) == ("allowed", "internet")


def test_its_public_address_and_its_check_of_addresses_are_its_own() -> None:
    verdict = ask(alone(public(address=None)), "i-client", WORLD)
    assert codes(verdict) == {"IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS"}


def test_whether_it_denies_internet_gateways_is_not_listed() -> None:
    """N38: DenyAllIgwTraffic concerns IPv6, and describe-instances does not print it."""
    net = public(ipv6="2600:1f10:0:100::/56")
    net["sg-open"]["IpPermissionsEgress"].append(net._permission(ANY6))
    files = alone(net)
    verdict = ask(files, "i-client", "ip:2001:db8::7")
    assert (verdict.outcome, verdict.missing) == ("unknown", (PATH,))
    verdict = ask(files, "internet", "i-client", family="ipv6")
    assert (verdict.outcome, verdict.missing) == ("unknown", (PATH,))


def test_a_list_of_ids_without_addresses_tells_nothing() -> None:
    net = natted()
    files = alone(net)
    net._lists["ec2/describe-instances"][0]["Instances"][0]["NetworkInterfaces"] = [{"NetworkInterfaceId": net.client}]
    files = net.files()
    del files[PATH]
    verdict = ask(files, "i-client", WORLD)
    assert (verdict.outcome, verdict.missing) == ("unknown", (PATH,))
