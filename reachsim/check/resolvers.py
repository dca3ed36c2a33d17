"""DNS queries as a way out: a VPC's resolver looks up any public name, also where no packet can leave.

**Source:** Route 53 Developer Guide, "How Route 53 Resolver DNS Firewall works": data can leave inside queries.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from reachsim.check.data_out import vpcs_of
from reachsim.check.findings import finding_of
from reachsim.forwarding import Ground
from reachsim.simulate import simulate
from reachsim.verdict import Finding

PROBE: Final = "host:data.leaves-by-dns.example"
"""Stands for any name that nobody has allowed."""


def resolver_findings(ground: Ground, sources: Sequence[str]) -> Iterator[Finding]:
    """One finding per VPC whose resolver asks the public name servers about any name."""
    seen: dict[str, list[str]] = {}
    for source in sources:
        vpcs = vpcs_of(ground.network, [source])
        verdict = simulate(ground, source, PROBE, protocol="tcp", port=443) if vpcs else None
        if verdict is None or not verdict.names:
            continue
        codes = [*(block.code for block in verdict.blocked_by), *(one.code for one in verdict.assumptions)]
        if not any(code.startswith("DNS_") for code in codes):
            for vpc in sorted(vpcs):
                seen.setdefault(vpc, []).append(f"{source}: its queries for public names are answered")
    for vpc, lines in seen.items():
        title = f"the resolver of {ground.network.label(vpc)} looks up any public name, and data can leave in queries"
        yield finding_of("DNS_QUERIES_LEAVE_BY_RESOLVER", "info", vpc, title, lines)
