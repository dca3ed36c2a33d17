"""A small network to begin with, and what a verdict says in few words, for the tests of facts and scenarios."""

from __future__ import annotations

from typing import Any

from reachsim import load_files
from reachsim.verdict import Verdict
from tests.build import Build

ANY = ("-1", None, None, "0.0.0.0/0")
ANY6 = ("-1", None, None, "::/0")
WEB = ("tcp", 443, 443, "0.0.0.0/0")


class Lan(Build):
    """A VPC 10.0.0.0/16 (or other blocks) with subnets a (10.0.1.0/24) and b (10.0.2.0/24), each with a table of its
    own, a client 10.0.1.5 in a and a server 10.0.2.5 in b, both open to everything.
    """

    def __init__(self, ipv6: str | None = None, acl: str | None = None, zone_b: str = "us-east-1b", **vpc: Any) -> None:
        super().__init__()
        self.vpc_id = self.vpc("10.0.0.0/16", ipv6=ipv6, name="v", **vpc)
        self.ta, self.tb = self.table(self.vpc_id, name="a"), self.table(self.vpc_id, name="b")
        v6 = ipv6.split("::/")[0] if ipv6 else None
        six_a, six_b = (f"{v6[:-2]}01::/64", f"{v6[:-2]}02::/64") if v6 else (None, None)
        self.a = self.subnet(self.vpc_id, "10.0.1.0/24", ipv6=six_a, table=self.ta, acl=acl, name="a")
        self.b = self.subnet(self.vpc_id, "10.0.2.0/24", zone_b, ipv6=six_b, table=self.tb, name="b")
        self.open = self.group(self.vpc_id, [ANY, ANY6], [ANY, ANY6], name="open")
        own_a, own_b = (f"{v6[:-2]}01::5", f"{v6[:-2]}02::5") if v6 else ((), ())
        self.client = self.interface(self.a, "10.0.1.5", [self.open], ipv6=own_a, name="client")
        self.server = self.interface(self.b, "10.0.2.5", [self.open], ipv6=own_b, name="server")

    def give_public(self, interface: str, public: str) -> None:
        """An elastic address for an interface's primary address."""
        association = {"IpOwnerId": self.account, "PublicIp": public}
        self[interface]["Association"] = association
        self[interface]["PrivateIpAddresses"][0]["Association"] = association

    def use_acl(self, subnet: str, acl: str) -> None:
        """Associate a network ACL with a subnet in place of the one it has."""
        for record in self._lists["ec2/describe-network-acls"]:
            record["Associations"] = [one for one in record["Associations"] if one["SubnetId"] != subnet]
        self[acl]["Associations"].append(
            {"NetworkAclAssociationId": f"aclassoc-{subnet}", "NetworkAclId": acl, "SubnetId": subnet}
        )

    def with_nat(self, kind: str = "public") -> str:
        """A NAT gateway 10.0.9.9 in a public subnet of its own, not yet in anybody's route table."""
        self.igw_id = self.igw(self.vpc_id, name="main")
        self.tn = self.table(self.vpc_id, [("0.0.0.0/0", self.igw_id)], name="nat")
        self.n = self.subnet(self.vpc_id, "10.0.9.0/24", table=self.tn, name="nat")
        return self.nat(self.n, "10.0.9.9", "203.0.113.99" if kind == "public" else None, kind, name="main")


def public(*, address: str | None = "203.0.113.5", ipv6: str | None = None) -> Lan:
    """Subnet a routed at an internet gateway; the client has a public address."""
    net = Lan(ipv6=ipv6)
    igw = net.igw(net.vpc_id, name="1")
    net.route(net.ta, "0.0.0.0/0", igw)
    if ipv6:
        net.route(net.ta, "::/0", igw)
    if address:
        net.give_public(net.client, address)
    return net


def natted(kind: str = "public") -> Lan:
    """Subnet a routed at a NAT gateway in a public subnet of its own."""
    net = Lan()
    net.route(net.ta, "0.0.0.0/0", net.with_nat(kind))
    return net


def ask(
    net: Build | dict[str, bytes],
    source: str,
    destination: str,
    protocol: str | int | None = "tcp",
    port: int | None = 443,
    **more: Any,
) -> Verdict:
    """One question to a network; HTTPS unless said otherwise."""
    files = net if isinstance(net, dict) else net.files()
    return load_files(files).simulate(source, destination, protocol=protocol, port=port, **more)


def fate(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome, verdict.route


def blocks(verdict: Verdict) -> set[tuple[object, ...]]:
    """(code, component, rule, at, leg, direction) of everything that stops the traffic."""
    return {(b.code, b.component, b.rule, b.at, b.leg, b.direction) for b in verdict.blocked_by}


def codes(verdict: Verdict) -> set[str]:
    return {block.code for block in verdict.blocked_by}


def causes(verdict: Verdict) -> set[str | None]:
    return {block.cause for block in verdict.blocked_by}


def assumed(verdict: Verdict) -> set[tuple[str, str]]:
    """(code, component) of the assumptions."""
    return {(one.code, one.component) for one in verdict.assumptions}


def crossed(verdict: Verdict, leg: str = "request") -> list[str]:
    """The components of the first path, in order, on one leg; names looked up are no crossing."""
    return [hop.component for hop in verdict.paths[0].hops if hop.leg == leg and hop.type != "dns"]
