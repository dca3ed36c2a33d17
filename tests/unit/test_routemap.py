"""The route map's layout: nested boxes, nothing on top of anything, stops, and grouping where it is much."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from reachsim import Reach, load
from reachsim.evidence import Block, Hop
from reachsim.routemap import Box, RouteMap, columns_of, cut, lay_out
from reachsim.routemap.grouping import MOST_LINES, grouped
from reachsim.routemap.ways import Way as Line
from reachsim.verdict import Cell, Check, Outcome, Question, Verdict
from reachsim.verdict import Path as Way

ROOT = Path(__file__).resolve().parents[2]
NESTED = ("vpc", "zone", "subnet")


@pytest.fixture(scope="module", params=["private-pipeline", "leaky-pipeline", "broken-pipeline"])
def reach(request: pytest.FixtureRequest) -> Reach:
    return load(ROOT / "snapshots" / request.param)


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def area(box: Box) -> tuple[float, float, float, float]:
    return box.x, box.y, box.width, box.height


def assert_tidy(found: RouteMap) -> None:
    """No label on another, every label in its box, every box on the sheet, no box on another but its own frames."""
    for a, b in itertools.combinations(found.boxes, 2):
        assert not overlap(a.text, b.text), (a.name, b.name)
        if a.kind not in NESTED and b.kind not in NESTED:
            assert not overlap(area(a), area(b)), (a.name, b.name)
    for box in found.boxes:
        x, y, width, height = box.text
        assert box.x <= x, box
        assert x + width <= box.x + box.width + 1, box
        assert box.y <= y + 1, box
        assert y + height <= box.y + box.height + 4, box
        assert 0 <= box.x < box.x + box.width <= found.width
        assert 0 <= box.y < box.y + box.height <= found.height


def test_no_label_lies_on_another(reach: Reach) -> None:
    assert_tidy(lay_out(reach.check(), reach))
    assert_tidy(lay_out(reach.check()))


def test_sources_stand_in_their_subnet_zone_and_vpc(reach: Reach) -> None:
    found = lay_out(reach.check(), reach)
    frames = {box.name: box for box in found.boxes if box.kind in NESTED}
    for number, cell in enumerate(reach.check().matrix):
        for path in cell.verdict.paths if cell.verdict else ():
            place = reach.place(path.origin)
            if place is None or number:
                continue
            for name in place:
                outer = frames[name]
                assert any(
                    outer.x <= box.x and outer.y <= box.y and box.x + box.width <= outer.x + outer.width
                    and box.y + box.height <= outer.y + outer.height
                    for box in found.boxes if box.kind == "source" and box.name == cell.source
                )  # fmt: skip


def test_gateways_stand_on_the_edge_of_their_vpc() -> None:
    reach = load(ROOT / "snapshots/private-pipeline")
    found = lay_out(reach.check(), reach)
    vpc = next(box for box in found.boxes if box.kind == "vpc")
    edge = vpc.x + vpc.width
    gateways = [box for box in found.boxes if box.kind == "gateway"]
    assert len(gateways) >= 7
    assert all(box.x < edge < box.x + box.width for box in gateways)
    stops = [box for box in found.boxes if box.kind == "stop" and box.y < vpc.y + vpc.height]
    assert stops
    assert all(box.x + box.width < edge for box in stops)


def test_a_blocked_way_ends_at_what_blocks_it() -> None:
    reach = load(ROOT / "snapshots/broken-pipeline")
    check = reach.check()
    found = lay_out(check, reach)
    stops = {(box.name, box.lines[1]): box for box in found.boxes if box.kind == "stop"}
    assert ("sg-03576d431ef22e0fb", "ENI_SG_RULES_MISMATCH") in stops
    assert ("acl-006e6f528eb1e367f", "SUBNET_ACL_RESTRICTION") in stops
    for line in found.lines:
        assert line.stopped == (line.outcome == "blocked")
        if line.stopped:
            x, y = line.points[-1]
            assert any(box.x == x and box.y < y < box.y + box.height for box in stops.values())


def test_a_way_that_fails_in_one_subnet_is_seen() -> None:
    """Policies apart, images come through in one zone of the broken pipeline only."""
    reach = load(ROOT / "snapshots/broken-pipeline")
    verdict = reach.simulate("codebuild:app-build", "s3", protocol="tcp", port=443)
    assert verdict.outcome == "intermittent"
    cell = Cell("codebuild:app-build", "s3", verdict.outcome, verdict.route, True, verdict.blocked_by, verdict)
    found = lay_out(Check("undecided", (cell,), (), (), (), ()), reach)
    assert sorted(line.outcome for line in found.lines) == ["allowed", "blocked"]


def test_no_two_lines_share_a_lane(reach: Reach) -> None:
    found = lay_out(reach.check(), reach)
    ends = [line.points[-1] for line in found.lines]
    assert len(set(ends)) == len(ends)
    starts = [line.points[0] for line in found.lines]
    assert len(set(starts)) == len(starts)


def test_the_same_check_gives_the_same_map(reach: Reach) -> None:
    assert lay_out(reach.check(), reach) == lay_out(reach.check(), reach)


# Much at once


class Account:
    """Three VPCs with two zones and four subnets each."""

    def label(self, resource_id: str) -> str:
        return f"{resource_id} (名前 {resource_id[-2:]})"

    def place(self, origin: str) -> tuple[str, str, str] | None:
        if not origin.startswith("i-"):
            return None
        number = int(origin[2:])
        return f"vpc-{number % 3:017x}", f"zone-{number % 2}", f"subnet-{number % 3}{number % 4:016x}"


def many(sources: int, destinations: int, *, alike: bool) -> Check:
    outcomes: tuple[Outcome, ...] = ("allowed", "blocked", "intermittent", "unknown")
    cells = []
    for i, k in itertools.product(range(sources), range(destinations)):
        outcome = outcomes[k % 4] if alike else outcomes[(i * 7 + k * k + i * k) % 4]
        gateway = f"vpce-{k % 9:017x}"
        block = Block("SUBNET_ACL_RESTRICTION", f"acl-{k % 5:017x}", 1, None, "request", "egress", "timeout", "no")
        hops = (Hop(gateway, "vpc-endpoint", "request", None, ""),)
        blocks = (block,) if outcome == "blocked" else ()
        way = Way(outcome, "private", (), hops, "", blocks, f"i-{i}")
        asked = Question(f"i-{i}", f"host:service-{k}.example.com")
        verdict = Verdict(asked, outcome, "private", {"network": outcome}, blocks, (way,))
        cells.append(Cell(asked.source, asked.destination, outcome, "private", k == 0, blocks, verdict))
    return Check("undecided", tuple(cells), (), (), (), ())


@pytest.mark.parametrize("alike", [True, False])
@pytest.mark.parametrize(("sources", "destinations"), [(2, 9), (40, 30), (200, 20), (1000, 3)])
def test_many_sources_and_destinations_are_grouped_and_legible(sources: int, destinations: int, alike: bool) -> None:
    check = many(sources, destinations, alike=alike)
    found = lay_out(check, Account())
    assert_tidy(found)
    assert len(found.lines) <= max(4 * MOST_LINES, 2 * 9 * 2)
    assert found.width < 2500
    assert found.height < 12_000
    if sources * destinations > MOST_LINES:
        assert any(word in line for word in (" more", " alike") for box in found.boxes for line in box.lines) or any(
            box.name.startswith("all ") for box in found.boxes
        )
    outcomes = {cell.outcome for cell in check.matrix}
    assert {line.outcome for line in found.lines} == outcomes, "grouping hides no outcome"


def test_what_stops_by_a_policy_keeps_its_name() -> None:
    """A bucket is nothing of a VPC's; what has an id of AWS's counts by its kind where it is much."""
    outcomes: tuple[Outcome, ...] = ("allowed", "blocked", "intermittent", "unknown")
    ways = [
        Line((number,), None, f"i-{number}", ("vpc-1", "a", "subnet-1"), middle, "", f"host:{number}.example.com",
             outcomes[(number >> two) % 4], leaving=False, needed=False)
        for number in range(MOST_LINES + 1)
        for two, middle in enumerate(("app-artifacts-1", f"sg-{number:017x}"))
    ]  # fmt: skip
    assert {one.middle for one in grouped(ways)[0]} == {"app-artifacts-1", "sg-… of vpc-1"}


def test_the_name_at_the_end_of_an_arn_is_kept() -> None:
    role = "arn:aws:iam::111122223333:role/service-role/codebuild-a-rather-long-name"
    stop = (Block("IDENTITY_POLICY_DENY", role, None, None, "request", "egress", "403", "no"),)
    way = Way("blocked", "none", (), (), "", stop, "i-1")
    verdict = Verdict(Question("i-1", "s3"), "blocked", "none", {"network": "allowed"}, stop, (way,))
    found = lay_out(Check("undecided", (Cell("i-1", "s3", "blocked", "none", False, stop, verdict),), (), (), (), ()))
    assert_tidy(found)
    assert [box.lines[0] for box in found.boxes if box.kind == "stop"] == [f"× …{role[-42:]}"]


def test_sources_that_the_internet_asks_for_are_grouped_too_and_counted() -> None:
    block = Block("SUBNET_ACL_RESTRICTION", "acl-1", 1, None, "request", "egress", "timeout", "no")
    cells = []
    for i in range(40):
        for source, destination in ((f"i-{i:02}", f"host:{k}.example.com") for k in range(9)):
            verdict = Verdict(Question(source, destination), "blocked", "none", {"network": "blocked"}, (block,), ())
            cells.append(Cell(source, destination, "blocked", "none", False, (block,), verdict))
        cells.append(Cell("internet", f"i-{i:02}", "blocked", "none", False, (block,)))
    same_as = {"i-00": ("i-98", "i-99")}
    found = lay_out(Check("undecided", tuple(cells), (), (), (), (), same_as=same_as))
    assert_tidy(found)
    shown = {(box.kind, line) for box in found.boxes for line in box.lines}
    assert {("source", "i-00 and 41 alike"), ("source", "internet")} <= shown
    assert {kind for kind, line in shown if line.endswith("i-00 and 41 more")} == {"destination"}
    assert len(found.lines) == 2


def test_an_empty_check_has_a_map() -> None:
    found = lay_out(Check("undecided", (), (), (), (), ()))
    assert found.lines == found.boxes == found.headings == ()


def test_text_is_cut_by_its_width() -> None:
    assert columns_of(cut("東" * 40, 11)) <= 11
    assert cut("a\nb\x00", 9) == "a b "
