"""The picture of the routes: a line per cell with its style, labels, and what is written where."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reachsim import Reach, load
from reachsim.errors import QuestionError
from reachsim.plot import LEAVING, LONGEST, STYLES, middle_of, plot_routes, save_plot
from reachsim.verdict import Cell, Check, Outcome, RouteWord

ROOT = Path(__file__).resolve().parent.parent.parent
SNAPSHOTS = ["private-pipeline", "leaky-pipeline", "broken-pipeline"]


@pytest.fixture(scope="module", params=SNAPSHOTS)
def reach(request: pytest.FixtureRequest) -> Reach:
    return load(ROOT / "snapshots" / request.param)


def one(outcome: Outcome, route: RouteWord = "none", source: str = "i-1", destination: str = "s3") -> Check:
    return Check("undecided", (Cell(source, destination, outcome, route, False),), (), (), (), ())


def drawn(ax: Axes) -> dict[str, Line2D]:
    """The lines (not their marks) by label."""
    return {str(line.get_label()): line for line in ax.lines if len(line.get_xdata()) > 1}  # type: ignore[arg-type]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_one_line_per_cell(reach: Reach) -> None:
    check = reach.check()
    ax = plot_routes(check, network=reach)
    assert isinstance(ax, Axes)
    assert set(drawn(ax)) == {f"{cell.source} → {cell.destination}: {cell.outcome}" for cell in check.matrix}
    for cell in check.matrix:
        line = drawn(ax)[f"{cell.source} → {cell.destination}: {cell.outcome}"]
        assert line.get_linestyle() == STYLES[cell.outcome][1]
        assert (line.get_linewidth() > 1) == cell.needed
        private = cell.route in ("private", "none")
        assert (line.get_color() == LEAVING) == (cell.outcome == "allowed" and not private)
    assert ax.get_title() == f"overall: {check.overall}"


def test_every_component_is_labelled_by_its_id(reach: Reach) -> None:
    check = reach.check()
    shown = texts(plot_routes(check, network=reach))
    for cell in check.matrix:
        for name in (cell.source, middle_of(cell), cell.destination):
            assert any(text.split(" ")[0] == name or text == name for text in shown), name
    assert all(text.replace("…", "").isascii() and len(text) <= LONGEST for text in shown)


@pytest.mark.parametrize(
    ("outcome", "style", "mark"),
    [("allowed", "-", None), ("blocked", "--", "x"), ("intermittent", "-.", None), ("unknown", ":", "$?$")],
)
def test_outcomes_differ_by_more_than_colour(outcome: Outcome, style: str, mark: str | None) -> None:
    ax = plot_routes(one(outcome))
    (line,) = drawn(ax).values()
    marks = [other.get_marker() for other in ax.lines if other is not line]
    assert line.get_linestyle() == style
    assert marks == ([mark] if mark else [])
    assert len({(STYLES[name][1], STYLES[name][2]) for name in STYLES}) == len(STYLES)


def test_the_legend_explains_every_style() -> None:
    legend = plot_routes(one("allowed")).get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "allowed, private", "allowed, takes a way out", "intermittent", "blocked", "unknown",
        "thick: a step of the pipeline needs it",
    ]  # fmt: skip


def test_no_two_lines_lie_on_one_another(reach: Reach) -> None:
    """Past the gateway, where sources meet: two dashed lines on one another would look solid."""
    check = reach.check()
    lines = drawn(plot_routes(check))
    ends = [
        tuple(float(y) for y in lines[f"{cell.source} → {cell.destination}: {cell.outcome}"].get_ydata()[2:])  # type: ignore[index]
        for cell in check.matrix
    ]
    assert len(set(ends)) == len(check.matrix)


def test_it_draws_on_axes_that_it_is_given() -> None:
    figure = Figure()
    ax = figure.add_subplot()
    assert plot_routes(one("allowed"), ax) is ax
    assert plot_routes(one("allowed")) is not ax


def test_no_state_of_pyplots_is_left(tmp_path: Path) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    save_plot(one("blocked"), tmp_path / "a.svg")
    plot_routes(one("blocked"))
    assert dict(matplotlib.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


def test_an_empty_check_and_a_huge_one_can_be_drawn(tmp_path: Path) -> None:
    save_plot(Check("undecided", (), (), (), (), ()), tmp_path / "empty.png")
    assert "no source to judge" in texts(plot_routes(Check("undecided", (), (), (), (), ())))
    width, height = struct.unpack(">II", (tmp_path / "empty.png").read_bytes()[16:24])
    assert width > height > 100
    cells = tuple(Cell(f"i-{i}", f"host:{i}", "allowed", "private", False) for i in range(1500))
    figure = plot_routes(Check("undecided", cells, (), (), (), ())).get_figure(root=True)
    assert figure is not None
    assert max(figure.get_size_inches()) * 120 < 1 << 16


class Names:
    """What a network says of any id."""

    def __init__(self, name: str) -> None:
        self.name = name

    def label(self, resource_id: str) -> str:
        return f"{resource_id} ({self.name})"


@pytest.mark.parametrize("name", ["東京", "\x1b[31m", "$x^2$ $", "a" * 200, "ünï", "line\nline"])
def test_any_name_can_be_drawn(name: str, tmp_path: Path) -> None:
    ax = plot_routes(one("allowed"), network=Names(name))
    assert all(text.replace("…", "").isprintable() and len(text) <= LONGEST for text in texts(ax))
    assert any(text.startswith("i-1") for text in texts(ax))
    for form in ("png", "svg", "pdf"):
        save_plot(one("allowed"), tmp_path / f"a.{form}", Names(name))


@pytest.mark.parametrize(
    ("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF"), ("PNG", b"\x89PNG")]
)
def test_the_suffix_chooses_the_form_and_the_bytes_are_the_same_each_time(
    suffix: str, magic: bytes, tmp_path: Path
) -> None:
    check = load(ROOT / "snapshots/broken-pipeline").check()
    first, second = tmp_path / f"first.{suffix}", tmp_path / f"second.{suffix}"
    save_plot(check, first)
    save_plot(check, second)
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()


def test_a_picture_is_written_whole_through_a_temporary_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "routes.png"
    renamed: list[tuple[str, bytes, bool]] = []
    replace = Path.replace

    def watched(self: Path, to: Path) -> Path:
        renamed.append((self.name, self.read_bytes()[-8:], target.exists()))
        return replace(self, to)

    monkeypatch.setattr(Path, "replace", watched)
    save_plot(one("blocked"), target)
    ((name, end, there),) = renamed
    assert name != target.name
    assert not there
    assert end == b"IEND\xaeB`\x82"
    assert [path.name for path in tmp_path.iterdir()] == ["routes.png"]


def test_an_existing_picture_is_kept_unless_told(tmp_path: Path) -> None:
    target = tmp_path / "routes.png"
    target.write_bytes(b"precious")
    with pytest.raises(QuestionError):
        save_plot(one("blocked"), target, overwrite=False)
    assert target.read_bytes() == b"precious"
    save_plot(one("blocked"), target)
    assert target.read_bytes() != b"precious"
