"""Random small networks, made with `tests.build`: each topic makes some of AWS's features frequent, the rest rare.

Networks are biased towards traffic that passes, so that the classes of one network differ; a topic and a seed always
make the same one. Addresses: VPC v has 10.v.0.0/16 and 2600:1f18:0:v00::/56, its subnet s 10.v.s.0/24 and
2600:1f18:0:v0s::/64; on-premises is 192.168.0.0/16.
"""

from __future__ import annotations

import random

from tests.build import Build
from tests.property.between import peering, transit
from tests.property.central import central
from tests.property.detours import (
    advertised,
    block_public_access,
    edge,
    inspected,
    inspection,
    local_zones,
    odd_routes,
)
from tests.property.draft import LISTS, Draft
from tests.property.sites import of_aws, rules, shared, site
from tests.property.ways_out import endpoints, internet, vpn

FEATURES = frozenset(
    ("ipv6", "internet", "nat", "endpoints", "peering", "transit", "vpn", "block", "lists", "references", "filters",
     "regional", "edge", "advertised", "local zones", "inspection", "ipv6 only", "hubs", "central", "overlap")
)  # fmt: skip
TOPICS: dict[str, frozenset[str]] = {
    "gateways": frozenset(("internet", "nat", "endpoints", "peering", "filters")),
    "ipv6": frozenset(("ipv6", "ipv6 only", "internet", "peering", "filters", "endpoints")),
    "transit": frozenset(("transit", "nat", "internet", "local zones")),
    "hubs": frozenset(("transit", "hubs", "vpn", "lists", "references")),
    "regions": frozenset(("transit", "regions", "ipv6", "hubs", "peering")),
    "accounts": frozenset(("accounts", "peering", "references", "transit")),
    "vpn": frozenset(("vpn", "internet", "transit", "services")),
    "block": frozenset(("block", "internet", "nat", "ipv6")),
    "lists": frozenset(("lists", "internet", "nat", "peering", "vpn", "transit")),
    "references": frozenset(("references", "peering", "transit")),
    "filters": frozenset(("filters", "ipv6", "internet", "nat")),
    "translation": frozenset(("regional", "nat", "internet", "ipv6", "ipv6 only", "peering", "transit")),
    "edge": frozenset(("edge", "internet", "vpn", "advertised", "ipv6")),
    "inspection": frozenset(("inspection", "internet", "nat", "transit", "ipv6")),
    "central": frozenset(("central", "transit", "references", "ipv6")),
    "overlap": frozenset(("overlap", "transit", "nat", "vpn")),
    "foreign hub": frozenset(("foreign hub", "transit", "vpn", "accounts", "references")),
    "everything": FEATURES - {"central"},
}


def network(topic: str, seed: int) -> Draft:
    """The network of a topic and a seed."""
    features = TOPICS[topic]
    draft = Draft(random.Random(f"{topic}/{seed}"), features, [Build()])
    if draft.has("lists"):
        draft.lists = [draft.builds[0].prefix_list(blocks) for blocks in draft.rng.sample(LISTS, 3)]
    alone = not features & {"peering", "transit", "references"}
    for index in range(draft.rng.randint(1, 2) if alone else draft.rng.choice((2, 2, 3))):
        draft.sites.append(site(draft, draft.builds[0], index))
    if features & {"regions", "accounts"}:
        far = "regions" in features
        draft.builds.append(Build(region="us-west-2", tag="w-") if far else Build("222222222222", tag="w-"))
        draft.sites.append(site(draft, draft.builds[1], 5))
    if "accounts" in features and draft.chance(0.5):
        shared(draft, draft.sites[0], draft.builds[1])
    for one in draft.sites:
        rules(draft, one)
        internet(draft, one)
        if draft.has("endpoints"):
            endpoints(draft, one)
        if draft.has("vpn"):
            vpn(draft, one)
    if draft.has("peering"):
        peering(draft)
    if "central" in features:
        central(draft)
    elif draft.has("transit"):
        transit(draft)
    for one in draft.sites:
        odd_routes(draft, one)
        if draft.has("edge"):
            edge(draft, one)
        if draft.has("advertised"):
            advertised(draft, one)
    if draft.chance(0.5):
        one = draft.sites[0]
        subnets = [place.id for place in draft.rng.sample(one.places, draft.rng.randint(1, len(one.places)))]
        one.net.project("app", one.id, subnets, one.groups[:1])
    if draft.has("block"):
        block_public_access(draft)
    inspected(draft)
    if draft.has("local zones"):
        local_zones(draft)
    for one in draft.sites:
        if draft.has("inspection"):
            inspection(draft, one)
    if "services" in features and draft.chance(0.4):
        of_aws(draft, draft.rng.choice(draft.sites))
    return draft
