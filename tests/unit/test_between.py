"""Two snapshots as one route map: what is new, gone, changed and unchanged, drawn, as a page and in a notebook."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim import Reach, load
from reachsim.cli import group
from reachsim.diff import Diff
from reachsim.diff import diff as compare
from reachsim.plot import plot_diff
from reachsim.plot.routes import TURNS
from reachsim.report.diff import map_of_diff
from reachsim.report.diff_html import render_diff_html
from reachsim.report.languages import Lang
from reachsim.routemap.between import asked_of, ways_between
from reachsim.verdict import Cell, Question, Side, Traffic, Verdict
from reachsim.verdict import Path as Way
from tests.unit.report.test_html import EVIL, Names, Page
from tests.unit.test_plot import assert_apart, drawn
from tests.unit.test_routemap import assert_tidy

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def older() -> Reach:
    return load(ROOT / "snapshots/private-pipeline")


@pytest.fixture(scope="module")
def newer(older: Reach) -> Reach:
    logs = [one for one in older.network.vpc_endpoints if "(logs)" in older.label(one)]
    return older.what_if(remove=logs)


@pytest.fixture(scope="module")
def found(older: Reach, newer: Reach) -> Diff:
    return older.diff(newer)


def test_an_endpoint_removed_takes_its_ways_along(found: Diff) -> None:
    lines = map_of_diff(found, found.known).lines
    assert {line.destination for line in lines if line.turn == "gone"} == {"logs"}
    assert {line.outcome for line in lines if line.turn == "gone"} == {"allowed"}
    assert {line.destination for line in lines if line.turn == "new"} == {"logs"}
    assert {line.outcome for line in lines if line.turn == "new"} == {"blocked"}
    stays = {line.destination for line in lines if line.turn == "unchanged"}
    assert stays >= {"ecr.api", "s3", "internet"}
    assert "logs" not in stays
    changed = {(cell.source, cell.destination) for cell in found.cells}
    assert {(line.source, line.destination) for line in lines if line.turn != "unchanged"} == changed


def test_every_line_knows_its_cell(found: Diff) -> None:
    for line in map_of_diff(found, found.known).lines:
        side = found.before if line.turn == "gone" else found.after
        cell = side.cells[line.cells[0]]
        assert (cell.source, cell.destination) == (line.source, line.destination)


def test_the_other_way_round_new_is_gone(older: Reach, newer: Reach, found: Diff) -> None:
    back = newer.diff(older)

    def turned(diff: Diff, turn: str) -> set[object]:
        changed = {asked_of(cell) for cell in diff.after.cells}
        ways = ways_between(diff.before, diff.after, changed)
        return {way._replace(cells=(), at=None, turn="") for way in ways if way.turn == turn}

    for here, there in (("new", "gone"), ("gone", "new"), ("unchanged", "unchanged"), ("changed", "changed")):
        assert turned(found, here) == turned(back, there)
    assert turned(found, "new")


def test_the_same_snapshot_twice_has_no_map(older: Reach) -> None:
    diff = older.diff(older)
    assert map_of_diff(diff, diff.known).lines == ()
    assert "nothing changed for any source" in {text.get_text() for text in diff.plot().texts}
    assert Page(diff._repr_html_()).faults == []


def side(*ports: int) -> Side:
    traffic = Traffic(("10.0.0.1",), ("10.0.0.2",), "tcp", tuple((port, port) for port in ports), ())
    way = Way("allowed", "private", (traffic,), (), "", (), "i-1")
    verdict = Verdict(Question("i-1", "s3"), "allowed", "private", {"network": "allowed"}, (), (way,))
    return Side((Cell("i-1", "s3", "allowed", "private", True, (), verdict),))


def test_the_same_way_with_other_packets_is_told_apart() -> None:
    asked = {("i-1", "s3", None, None)}
    turns = [way.turn for way in ways_between(side(443), side(443, 80), asked)]
    assert turns == ["changed"]
    assert [way.turn for way in ways_between(side(443), side(443), set())] == ["unchanged"]
    same = ways_between(side(443), side(443), asked)
    assert [way.turn for way in same] == ["changed"], "the cell differs although no way does: a policy, say"


def test_the_picture_tells_turns_by_more_than_colour(found: Diff) -> None:
    ax = found.plot()
    assert_apart(ax)
    lines = drawn(ax)
    for label, line in lines.items():
        turn = label.rpartition(", ")[2]
        colour, width, sign = TURNS[turn]
        assert (line.get_color(), line.get_linewidth()) == (colour, width)
        marks = {one.get_marker() for one in ax.lines if one.get_label() == label and len(one.get_xdata()) == 1}  # type: ignore[arg-type]
        assert (sign in marks) == bool(sign)
    assert len({(width, sign) for _, width, sign in TURNS.values()}) == len(TURNS)
    assert ax.get_title() == "overall: private-and-working → private-but-failing"


def test_boxes_do_not_overlap(found: Diff) -> None:
    assert_tidy(map_of_diff(found, found.known))
    broken, private = (load(ROOT / f"snapshots/{name}-pipeline") for name in ("broken", "private"))
    other = compare(broken.ground, private.ground, causes=False)
    assert_tidy(map_of_diff(other, other.known))
    assert_apart(plot_diff(other))


def test_a_way_out_that_is_allowed_is_not_green_in_the_table() -> None:
    """It has the colour that the report gives what leaves."""
    leaky = load(ROOT / "snapshots/leaky-pipeline")
    diff = leaky.diff(leaky.what_if(remove=[*leaky.network.nat_gateways]))
    page = render_diff_html(diff, leaky, before="old", after="new", version="0")
    assert '<span class="badge allowed leaving">allowed (internet)</span>' in page
    assert '<span class="badge allowed">allowed (internet)</span>' not in page


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_page_is_well_formed_and_makes_no_request(found: Diff, lang: Lang) -> None:
    text = render_diff_html(found, found.known, before="old", after="new", version="0", lang=lang)
    page = Page(text)
    assert page.faults == []
    assert page.stack == []
    assert all(target.startswith("#") for target in page.targets)
    assert "url(" not in text
    assert all(f'<tr id="{one.change.id}">' in text for one in found.changes)
    assert sum(values.get("class") == "way" for _, values in page.tags) == len(map_of_diff(found, found.known).lines)
    policy = next(str(values["content"]) for _, values in page.tags if values.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_names_stay_text(found: Diff) -> None:
    text = render_diff_html(found, Names(), before=EVIL, after=EVIL, version=EVIL)
    assert Page(text).faults == []
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_a_notebook_shows_it(found: Diff) -> None:
    bundle = found._repr_mimebundle_()
    assert Page(bundle["text/html"]).faults == []
    assert "reachsim-map" in bundle["text/html"]
    assert bundle["text/plain"].startswith("1 change of the configuration")


def test_the_commands(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "snapshots/private-pipeline", tmp_path / "newer")
    (file,) = (tmp_path / "newer").rglob("describe-vpc-endpoints.json")
    held = json.loads(file.read_text("utf-8"))
    held["VpcEndpoints"] = [one for one in held["VpcEndpoints"] if not one["ServiceName"].endswith(".logs")]
    file.write_text(json.dumps(held), "utf-8")
    pair = [str(ROOT / "snapshots/private-pipeline"), str(tmp_path / "newer")]
    picture, page = tmp_path / "a.svg", tmp_path / "a.html"
    some = ["--from", "codebuild:app-build"]
    run = CliRunner().invoke(group, ["plot", pair[0], "--against", pair[1], "-o", str(picture), *some])
    assert (run.exit_code, run.stdout) == (0, f"{picture}\n"), run.output
    assert picture.read_bytes().startswith(b"<?xml")
    run = CliRunner().invoke(group, ["diff", *pair, "--format", "html", "-o", str(page), *some])
    assert run.exit_code == 0, run.output
    assert Page(page.read_text("utf-8")).faults == []
    run = CliRunner().invoke(group, ["plot", pair[0], "--against", pair[1], "-o", str(picture), "--kind", "matrix"])
    assert run.exit_code == 2
