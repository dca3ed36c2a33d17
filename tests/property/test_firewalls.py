"""The networks of the topic "inspection" meet firewalls of all kinds: some flows pass, some are dropped or unknown."""

from __future__ import annotations

import collections

from reachsim import load_files
from tests.property.networks import network

NETWORKS = 30


def test_firewalls_pass_drop_and_leave_unknown() -> None:
    found: collections.Counter[str] = collections.Counter()
    for seed in range(NETWORKS):
        draft = network("inspection", seed)
        reach = load_files(draft.files())
        for source in draft.interfaces:
            for flow in reach.scenarios(source, "ip:0.0.0.0/0")[0].flows:
                if any(hop.component in reach.ground.firewalls for hop in flow.hops):
                    found[flow.outcome] += 1
                    found.update({block.code for block in flow.blocks} | {gap.code for gap in flow.gaps})
    for outcome in ("allowed", "unknown", "FIREWALL_RULES_RESTRICTION", "FIREWALL_RULE_NOT_READ",
                    "FIREWALL_DOMAIN_UNKNOWN", "MIDDLEBOX_ASYMMETRIC"):  # fmt: skip
        assert found[outcome] > NETWORKS, found
