"""The picture of the routes: a line per cell with its style, labels, and what is written where."""

from __future__ import annotations

import itertools
import struct
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox

from reachsim import Reach, load
from reachsim.cli import group
from reachsim.errors import QuestionError
from reachsim.plot import fonts, plot_ladder, plot_matrix, plot_routes, save_plot
from reachsim.plot.canvas import LEAVING, STYLES
from reachsim.plot.files import description_of
from reachsim.plot.matrix import LETTERS
from reachsim.routemap import LONGEST, columns_of
from reachsim.verdict import Cell, Check, Outcome, Question, RouteWord, Verdict

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


def test_every_cell_has_its_lines(reach: Reach) -> None:
    """One for each place that the source stands in, with the cell's outcome unless that differs from place to place."""
    check = reach.check()
    ax = plot_routes(check, network=reach)
    assert isinstance(ax, Axes)
    for cell in check.matrix:
        mine = [line for line in ax.lines if str(line.get_label()).startswith(f"{cell.source} → {cell.destination}: ")
                and len(line.get_xdata()) > 1]  # type: ignore[arg-type]  # fmt: skip
        assert mine
        for line in mine:
            outcome = str(line.get_label()).rpartition(" ")[2]
            assert outcome == cell.outcome or cell.outcome == "intermittent"
            leaving = line.get_color() == LEAVING
            assert leaving == (outcome == "allowed" and cell.route not in ("private", "none"))
            assert line.get_linestyle() == ("--" if leaving else STYLES[outcome][1])
            assert (line.get_linewidth() > 1) == cell.needed
    assert ax.get_title() == f"overall: {check.overall}"


def test_every_end_is_labelled_by_its_id(reach: Reach) -> None:
    check = reach.check()
    shown = texts(plot_routes(check, network=reach))
    for cell in check.matrix:
        for name in (cell.source, cell.destination):
            assert any(text.split(" ")[0] == name for text in shown), name
    assert all(text.isprintable() and columns_of(text) <= LONGEST + 1 for text in shown)


def boxes_of(ax: Axes) -> list[Bbox]:
    """Where each label of the picture lies, measured."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()  # type: ignore[attr-defined]
    legend = ax.get_legend()
    labels = [*ax.texts, ax.title, *(legend.get_texts() if legend is not None else ())]
    return [text.get_window_extent() for text in labels]


def assert_apart(ax: Axes) -> None:
    boxes = boxes_of(ax)
    figure = ax.get_figure(root=True)
    assert figure is not None
    for a, b in itertools.combinations(boxes, 2):
        inner = Bbox.intersection(a, b)
        assert inner is None or min(inner.width, inner.height) < 1, (a, b)
    for box in boxes:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1


def test_no_label_lies_on_another(reach: Reach) -> None:
    check = reach.check()
    assert_apart(plot_routes(check, network=reach))
    assert_apart(plot_ladder(reach.simulate("codebuild:app-build", "ecr.dkr", port=443), network=reach))
    # turned headings: their boxes overlap, their letters do not
    boxes = boxes_of(plot_matrix(check, network=reach))
    assert all(box.x0 >= -1 and box.y0 >= -1 for box in boxes)


def test_a_matrix_without_sources_has_room_for_its_key() -> None:
    ax = plot_matrix(Check("undecided", (), (), (), (), ()))
    figure = ax.get_figure(root=True)
    assert figure is not None
    assert "no source to judge" in texts(ax)
    assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in boxes_of(ax))


def test_the_matrix_has_a_letter_in_each_cell(reach: Reach) -> None:
    check = reach.check()
    ax = plot_matrix(check, network=reach)
    letters = [text for text in texts(ax) if text.rstrip("*!") in set(LETTERS.values())]
    alike = {source for others in check.same_as.values() for source in others}
    cells = [cell for cell in check.matrix if not {cell.source, cell.destination} & alike]
    assert sorted(text[0] for text in letters) == sorted(LETTERS[cell.outcome] for cell in cells)
    assert sum("*" in text for text in letters) == sum(cell.needed for cell in cells)
    patches = {patch.get_facecolor() for patch in ax.patches}
    assert len(patches) > 1
    figure = Figure()
    ax = figure.add_subplot()
    assert plot_matrix(check, ax) is ax


def test_the_ladder_shows_hops_and_what_stops() -> None:
    reach = load(ROOT / "snapshots/broken-pipeline")
    verdict = reach.simulate("codebuild:app-build", "git-codecommit", protocol="tcp", port=443)
    shown = texts(plot_ladder(verdict, network=reach))
    assert [text for text in shown if text.startswith("the re") and "followed on" in text] == [
        "the request, followed on as if nothing stopped it", "the reply, followed on as if nothing stopped it",
    ]  # fmt: skip
    for block in verdict.paths[0].blocked_by:
        assert any(text.startswith(block.code) for text in shown)
    assert any("rtb-0aa8842f9128a59a0 (build-c)" in text for text in shown)
    figure = Figure()
    ax = figure.add_subplot()
    assert verdict.plot(ax) is ax
    assert isinstance(reach.plot(), Axes)


def test_where_only_some_ways_get_through_the_ladder_shows_one_that_does_and_one_that_does_not() -> None:
    reach = load(ROOT / "snapshots/broken-pipeline")
    verdict = reach.simulate("codebuild:app-build", "s3", protocol="tcp", port=443)
    assert verdict.outcome == "intermittent"
    ax = plot_ladder(verdict, network=reach)
    shown = texts(ax)
    stopped = sum(path.outcome == "blocked" for path in verdict.paths)
    assert f"blocked: one of {stopped} such ways" in shown
    assert f"allowed: one of {len(verdict.paths) - stopped} such ways" in shown
    assert any("NO_ROUTE_TO_DESTINATION" in text for text in shown)
    assert "the reply: none, as the request is stopped" in shown
    assert_apart(ax)


def test_an_answer_without_ways_has_a_ladder() -> None:
    reach = load(ROOT / "snapshots/private-pipeline")
    verdict = reach.simulate("internet", "codebuild:app-build")
    assert not verdict.paths
    assert "the reply: none, as the request is stopped" in texts(plot_ladder(verdict))


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
        "allowed, private", "allowed, takes the internet's way out", "intermittent", "blocked", "unknown",
        "thick: a step of the pipeline needs it", "dashed box: nothing gets there",
    ]  # fmt: skip


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


@pytest.mark.parametrize(
    "name", ["東京", "\x1b[31m", "$x^2$ $", "a" * 200, "ünï", "line\nline", "שלום 🚀 ไทย \U00010380"]
)
def test_any_name_can_be_drawn(name: str, tmp_path: Path) -> None:
    ax = plot_routes(one("allowed"), network=Names(name))
    assert all(text.isprintable() and columns_of(text) <= LONGEST + 1 for text in texts(ax))
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


def test_a_picture_says_in_words_what_it_shows(tmp_path: Path) -> None:
    for suffix in ("png", "svg"):
        target = tmp_path / f"a.{suffix}"
        save_plot(one("blocked", source="i-東"), target)
        assert "i-東 → s3: blocked" in target.read_bytes().decode("utf-8", "ignore")
    ladder = plot_ladder(Verdict(Question("i-1", "s3"), "blocked", "none", {}, (), ()))
    assert description_of(ladder).startswith("i-1 → s3, ")


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


@pytest.mark.parametrize("more", [[], ["--kind", "matrix"], ["--from", "codebuild:app-build", "--to", "s3"]])
def test_the_command_draws_each_kind(more: list[str], tmp_path: Path) -> None:
    target = tmp_path / "a.svg"
    arguments = ["plot", str(ROOT / "snapshots/broken-pipeline"), "-o", str(target), *more]
    run = CliRunner().invoke(group, arguments)
    assert (run.exit_code, run.stdout) == (0, f"{target}\n"), run.output
    assert target.read_bytes().startswith(b"<?xml")


def test_one_question_has_one_source(tmp_path: Path) -> None:
    arguments = ["plot", str(ROOT / "snapshots/broken-pipeline"), "-o", str(tmp_path / "a.svg"), "--to", "s3"]
    assert CliRunner().invoke(group, arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_names_are_written_with_a_font_that_has_their_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one is installed; else their codes are spelled out."""
    monkeypatch.setattr(fonts, "_others", lambda: ("Made Up", "Made Up Too"))
    known = {fonts.LATIN: frozenset("ab"), "Made Up": frozenset("ж"), "Made Up Too": frozenset("東京")}
    monkeypatch.setattr(fonts, "letters", lambda name: known[name])
    assert fonts.families("ab") == [fonts.LATIN]
    assert fonts.families("a東") == [fonts.LATIN, "Made Up Too"]
    assert fonts.families("ж東") == [fonts.LATIN, "Made Up", "Made Up Too"]
    assert fonts.drawable("a東京") == "a東京"
    assert fonts.drawable("a\x1b東\u0e01") == "a?東\\u0e01"


def test_fonts_that_came_after_matplotlibs_own_list_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib import font_manager

    late = next(
        entry for entry in font_manager.fontManager.ttflist if entry.name == "STIXGeneral" and fonts._regular(entry)
    )
    kept = [entry for entry in font_manager.fontManager.ttflist if entry.name != "STIXGeneral"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", kept)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [late.fname])
    fonts._others.cache_clear()
    assert "STIXGeneral" in fonts._others()
    assert all(fonts.letters(name) for name in fonts._others())


def test_a_letter_that_only_the_regular_face_has_is_no_letter_of_the_family() -> None:
    assert "A" in fonts.letters("STIXGeneral")
    assert "\N{HIRAGANA LETTER NO}" not in fonts.letters(
        "STIXGeneral"
    )  # its bold face, as matplotlib ships it, has none
    fonts._others.cache_clear()
