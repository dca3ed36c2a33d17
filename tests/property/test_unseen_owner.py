"""What the files of whoever shares a transit gateway tell never turns round what was said without them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reachsim import Reach, load_files
from reachsim.addresses import format_address
from tests.property.between import OWNER
from tests.property.draft import Draft
from tests.property.networks import network

ASKED = (("tcp", 443), ("udp", 53), ("icmp", 8))
FEWEST = 1000


def shared(seeds: range) -> Iterator[Draft]:
    """Random networks on a transit gateway whose owner's files are there."""
    made = (network("foreign hub", seed) for seed in seeds)
    return (draft for draft in made if any(net.account == OWNER for net in draft.builds))


def questions(draft: Draft, reach: Reach) -> list[tuple[str, str]]:
    """Between the interfaces of the others and with the addresses of the owner's."""
    mine = [eni for site in draft.sites if site.net.account != OWNER for eni in site.interfaces]
    held = [eni for site in draft.sites if site.net.account == OWNER for eni in site.interfaces]
    theirs = [f"ip:{format_address(reach.network.interfaces[eni].addresses.first)}" for eni in held]
    found = [(one, other) for one in mine for other in (*mine, *theirs) if one != other]
    return found + [(one, other) for one in ("internet", "ip:192.168.7.1", *theirs) for other in mine]


@pytest.mark.parametrize("first", [0, 20])
def test_an_owners_files_turn_no_verdict_round(first: int) -> None:
    """What was blocked without them is; what got through does, but for addresses that were taken to be on premises."""
    compared = 0
    for draft in shared(range(first, first + 20)):
        files = draft.files()
        whole = load_files(files)
        part = load_files({path: data for path, data in files.items() if not path.startswith(OWNER)})
        for source, target in questions(draft, whole):
            for protocol, port in ASKED:
                said = part.simulate(source, target, protocol=protocol, port=port).outcome
                known = whole.simulate(source, target, protocol=protocol, port=port).outcome
                if said == "blocked":
                    assert known in ("blocked", "unknown"), (source, target, protocol)
                elif said != "unknown" and not source.startswith("ip:"):
                    assert known in (said, "unknown"), (source, target, protocol)
                compared += 1
    assert compared > FEWEST
