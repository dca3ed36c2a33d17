"""Networks of AWS's guides and of other tools, rebuilt from their descriptions: VPCs with hosts open to everything."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reachsim import load_files
from reachsim.forwarding import Ground
from tests.build import Build
from tests.scenarios.lan import ANY, fate

PRIVATE, OUT = ("allowed", "private"), ("allowed", "internet")
SITE, SHUT = ("allowed", "on-premises"), ("blocked", "none")
EVERYWHERE = "0.0.0.0/0"
Row = tuple[str, str, tuple[str, str]]
"""Source, destination, outcome and route."""


def rows(*found: Row) -> pytest.MarkDecorator:
    ids = [f"{source}-{target}" for source, target, _ in found]
    return pytest.mark.parametrize(("source", "target", "expected"), found, ids=ids)


class Guide(Build):
    """Networks of a guide: VPCs by letter, each with hosts that are open to everything."""

    def site(
        self, name: str, block: str, routes: Sequence[tuple[str, str]] = (), *, subnet: str = "", zone: str = "a"
    ) -> None:
        """A VPC, a subnet, its route table and a host ``eni-NAME`` at the subnet's address 5."""
        vpc = self.vpc(block, name=name)
        self.group(vpc, [ANY], [ANY], name=name)
        self.tier(name, name, subnet or block.replace(".0.0/16", ".1.0/24"), routes, zone)

    def tier(self, name: str, vpc: str, block: str, routes: Sequence[tuple[str, str]] = (), zone: str = "a") -> None:
        """A further subnet of a VPC with a route table of its own and a host."""
        table = self.table(f"vpc-{vpc}", routes, name=name)
        self.subnet(f"vpc-{vpc}", block, f"{self.region}{zone}", table=table, name=name)
        self.interface(f"subnet-{name}", block.replace(".0/24", ".5"), [f"sg-{vpc}"], name=name)

    def attach(self, gateway: str, table: str, *names: str) -> None:
        """Attach VPCs by their first subnet, and associate them with a transit gateway route table."""
        for name in names:
            self.associate(table, self.tgw_attachment(gateway, f"vpc-{name}", [f"subnet-{name}"], name=name))

    def propagate(self, table: str, *names: str) -> None:
        for name in names:
            self.tgw_route(table, self[f"vpc-{name}"]["CidrBlock"], f"tgw-attach-{name}", "propagated")

    def hub(self, *names: str) -> tuple[str, str]:
        """VPCs 10.1.0.0/16, 10.2.0.0/16, … that send everything to a transit gateway, and a route table of it."""
        gateway = self.tgw(name="1")
        for number, name in enumerate(names, 1):
            self.site(name, f"10.{number}.0.0/16", [(EVERYWHERE, gateway)])
        return gateway, self.tgw_table(gateway, name="vpcs")


def said(net: Build, source: str, target: str, **appliances: str) -> tuple[str, str]:
    """The fate over HTTPS where these appliances (``eni_fw`` for ``eni-fw``) do what is said."""
    reach = load_files(net.files())
    reach.ground = Ground(reach.network, {name.replace("_", "-"): does for name, does in appliances.items()})
    return fate(reach.simulate(source, target, protocol="tcp", port=443))
