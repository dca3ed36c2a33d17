"""Hosts that are no public names: addresses, the client itself, single words, private domains; and addresses that
nobody on the internet has.

**Source:** RFC 6761, RFC 6762 (appendix G), RFC 8375, RFC 9476; IANA's registries of special-purpose addresses.
"""

from __future__ import annotations

import pytest

from reachsim import load_files
from tests.build import Build
from tests.resolvers import forward_rule
from tests.scenarios.lan import Lan, ask, assumed, blocks, codes, fate, natted, public


@pytest.mark.parametrize("host", ["10.0.2.5", "[2600:1f10:0:102::5]", "2600:1f10:0:102::5"])
def test_a_host_that_is_an_address_is_that_address(host: str) -> None:
    net = Lan(ipv6="2600:1f10:0:100::/56")
    assert fate(ask(net, net.client, f"host:{host}")) == ("allowed", "private")


def test_a_private_address_in_a_url_is_no_way_to_the_internet() -> None:
    verdict = ask(natted(), "eni-client", "host:10.99.0.1")
    assert codes(verdict) == {"IGW_DESTINATION_ADDRESS_NOT_IN_RFC1918_EGRESS"}


@pytest.mark.parametrize("host", ["db", "localhost", "app.localhost", "host.docker.internal", "db.x.svc.cluster.local"])
def test_what_depends_on_the_client_is_unknown(host: str) -> None:
    verdict = ask(natted(), "eni-client", f"host:{host}")
    assert (fate(verdict), assumed(verdict)) == (("unknown", "none"), {("UNKNOWN_DESTINATION", host)})


PRIVATE = [
    "db.internal",
    "db.corp.internal",
    "printer.local",
    "db.lan",
    "x.test",
    "x.invalid",
    "x.onion",
    "x.home.arpa",
]


@pytest.mark.parametrize(
    "name", [*PRIVATE, "a..example.com", "two words.example.com", "*.example.com", "x" * 64 + ".com"]
)
def test_public_dns_has_no_such_name_whatever_the_way_out(name: str) -> None:
    for net in (natted(), Lan()):
        verdict = ask(net, net.client, f"host:{name}")
        assert blocks(verdict) == {("DNS_NO_SUCH_NAME", name, None, None, "request", "egress")}
        assert {one.symptom for one in verdict.blocked_by} == {"name-not-found"}


def test_zones_rules_and_declarations_go_before() -> None:
    net = Lan()
    net.zone("corp.internal", [net.vpc_id], [("db.corp.internal", "A", ["10.0.2.5"])])
    forward_rule(net, net.vpc_id, "lan", ["192.168.0.53"])
    assert fate(ask(net, net.client, "host:db.corp.internal")) == ("allowed", "private")
    assert ask(net, net.client, "host:db.lan").outcome == "unknown"
    reach = load_files(net.files())
    reach.pins = {"db.local": reach.network.interfaces["eni-server"].addresses}
    assert reach.simulate(net.client, "host:db.local", protocol="tcp", port=443).outcome == "allowed"


def test_the_zone_of_another_vpc_is_the_cause_even_with_a_way_out() -> None:
    """S16: the detour would be silent if the name were public; this one is not."""
    net, other = natted(), Build("222222222222", tag="o")
    zone = other.zone("corp.internal", [("vpc-elsewhere", "us-east-1")], [("db.corp.internal", "A", ["10.0.2.5"])])
    verdict = ask(net.files() | other.files(), net.client, "host:db.corp.internal")
    assert blocks(verdict) == {("DNS_ZONE_NOT_ASSOCIATED", zone, None, net.vpc_id, "request", "egress")}


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.251", "255.255.255.255"])
def test_nobody_on_the_internet_has_these_addresses(address: str) -> None:
    for net in (natted(), public()):
        assert codes(ask(net, net.client, f"ip:{address}")) == {"NO_POSSIBLE_DESTINATION"}


@pytest.mark.parametrize("address", ["::1", "fe80::1", "ff02::1", "64:ff9b::1", "fd00::1"])
def test_nor_these_of_ipv6(address: str) -> None:
    net = public(ipv6="2600:1f10:0:100::/56")
    assert codes(ask(net, net.client, f"ip:{address}")) == {"NO_POSSIBLE_DESTINATION"}
    assert fate(ask(net, net.client, "ip:2001:db8::7")) == ("allowed", "internet")
