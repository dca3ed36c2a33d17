"""What notebooks show and complete, and answers as tables."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas
import pytest

from reachsim import Reach, load, load_files
from reachsim.errors import QuestionError, UnsupportedError
from reachsim.report.frames import TABLES
from reachsim.routemap import lay_out
from reachsim.selections import Selections
from reachsim.verdict import Check
from reachsim.verify import Verification
from tests.unit.report.test_html import EVIL, Names, Page, hostile

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module", params=["private-pipeline", "leaky-pipeline", "broken-pipeline"])
def reach(request: pytest.FixtureRequest) -> Reach:
    return load(ROOT / "snapshots" / request.param)


def sound(html: str, scripts: tuple[str, ...] = ()) -> str:
    """The text of well-formed HTML that fetches nothing and holds no script or style but these."""
    page = Page(html)
    assert page.faults == []
    assert page.stack == []
    assert [tag for tag, _ in page.tags if tag in ("script", "style", "iframe")] == [*scripts]
    assert not any({"src", "id"} & set(values) or any(name.startswith("on") for name in values)
                   for _, values in page.tags)  # fmt: skip
    assert "url(" not in html
    assert "@import" not in html
    return page.text


MAP = ("style", "script")
"""What an interactive map brings along."""


def test_a_snapshot_is_summed_up(reach: Reach) -> None:
    text = sound(reach._repr_html_())
    assert reach.network.snapshot.label in text
    assert "CodeBuild projects" in text
    assert reach.network.snapshot.label in repr(reach)


def test_a_check_shows_its_verdict_matrix_and_findings(reach: Reach) -> None:
    check = reach.check()
    bundle = check._repr_mimebundle_()
    text = sound(bundle["text/html"], MAP)
    assert bundle["text/html"] == check._repr_html_()
    assert f"overall: {check.overall}" in text
    assert bundle["text/plain"].startswith(f"overall: {check.overall}")
    for finding in check.findings:
        assert finding.id in text
        assert finding.title in sound(finding._repr_html_())


def test_a_check_shows_its_map_with_every_line_in_words(reach: Reach) -> None:
    """Names and places are the check's own, so that it needs no snapshot to show them."""
    check = reach.check()
    found = lay_out(check, reach)
    page = Page(check._repr_html_())
    ways = [values for tag, values in page.tags if values.get("class") == "way"]
    assert len(ways) == len(found.lines) > 20
    assert page.text.count("→") > len(ways)
    subnets = [box.lines[0] for box in found.boxes if box.kind == "subnet"]
    assert subnets
    assert all(text in page.text for text in subnets)
    for cell in check.matrix:
        for block in cell.blocked_by:
            assert block.code in page.text
    assert lay_out(check, check.known) == found


def test_an_empty_check_shows_no_map() -> None:
    sound(Check("undecided", (), (), (), (), ())._repr_html_())


def test_a_verdict_shows_its_ladder(reach: Reach) -> None:
    verdict = reach.simulate("codebuild:app-build", "ecr.dkr", protocol="tcp", port=443)
    text = sound(verdict._repr_html_())
    assert "the request" in text
    assert verdict.outcome in text
    for block in verdict.blocked_by:
        assert block.component in text
    assert verdict._repr_mimebundle_()["text/plain"].startswith("codebuild:app-build → ecr.dkr")


def test_names_stay_text_in_notebooks() -> None:
    from reachsim.report.notebook import show

    check = hostile()
    verdict = check.matrix[0].verdict
    assert verdict is not None
    for value in (check, verdict, check.findings[0]):
        html = show(value, Names())
        sound(html, MAP if value is check else ())
        assert "<script>alert" not in html
        assert EVIL.split("\u202e")[0] in Page(html).text


# Selectors by name


def test_selectors_are_found_by_name(reach: Reach) -> None:
    assert reach.codebuild["app-build"] == "codebuild:app-build"
    assert "app-build" in reach.codebuild._ipython_key_completions_()
    client = next(iter(reach.network.instances))
    assert reach.instances[client] == client
    assert reach.network.names[client] in reach.instances
    assert reach.instances[reach.network.names[client]] == client
    assert reach.vpcs["pipeline"].startswith("vpc-")
    assert reach.subnets["endpoint-a"].startswith("subnet-")
    assert set(reach.interfaces.values()) == set(reach.network.network_interfaces)
    assert reach.simulate(reach.codebuild["app-build"], "s3").question.source == "codebuild:app-build"
    assert "app-build" in repr(reach.codebuild)


def test_a_wrong_name_says_which_there_are(reach: Reach) -> None:
    with pytest.raises(QuestionError, match="app-build"):
        reach.codebuild["ap-build"]
    assert "nobody" not in reach.codebuild
    assert reach.codebuild.get("app-build") == "codebuild:app-build"


# Tables


def test_tables_are_data_frames(reach: Reach) -> None:
    check = reach.check()
    frame = check.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == ["source", "destination", "outcome", "route", "needed", "blocked_by"]
    assert len(frame) == len(check.matrix)
    for table in TABLES:
        assert len(check.to_frame(table)) == len(getattr(check, table))
    hops = reach.simulate("codebuild:app-build", "s3", protocol="tcp", port=443).to_frame()
    assert set(hops["leg"]) <= {"request", "response"}
    assert len(hops) > 3
    with pytest.raises(QuestionError, match="matrix"):
        check.to_frame("nonsense")


def test_without_pandas_the_error_says_what_to_install(reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UnsupportedError, match="pip install pandas"):
        reach.check().to_frame()


def test_a_fix_shows_its_changes_and_what_they_do() -> None:
    plan = load(ROOT / "snapshots/broken-pipeline").fix()
    bundle = plan._repr_mimebundle_()
    text = sound(bundle["text/html"], MAP)
    assert f"overall: {plan.before} → {plan.after}" in text
    assert bundle["text/plain"].startswith(f"overall: {plan.before} → {plan.after}")
    assert bundle["text/html"].count("<tr><td>") == len(plan.mends)
    assert "what the changes do" in text
    nothing = load(ROOT / "snapshots/private-pipeline").fix()._repr_html_()
    assert "there is nothing to fix" in sound(nothing)


def test_names_diagnoses_and_verifications_show_what_a_terminal_does(reach: Reach) -> None:
    log = b'Connect timeout on endpoint URL: "https://api.ecr.ap-northeast-1.amazonaws.com/"'
    for value in (reach.names("codebuild:app-build"), reach.diagnose(log, "app-build")):
        bundle = value._repr_mimebundle_()
        assert bundle["text/plain"].strip() == sound(bundle["text/html"]).strip()
        assert len(bundle["text/plain"]) > 80
    bundle = Verification(0, 0, (), {})._repr_mimebundle_()
    assert bundle["text/plain"].strip() == sound(bundle["text/html"]).strip()


def test_print_gives_the_terminals_text_and_a_repr_fits_a_line() -> None:
    reach = load(ROOT / "snapshots" / "leaky-pipeline")
    verdict, check = reach.simulate("codebuild:app-build", "internet"), reach.check(("codebuild:app-build",))
    assert str(verdict).startswith("codebuild:app-build → internet, any protocol, any port\nallowed · route internet\n")
    assert repr(verdict) == "<Verdict codebuild:app-build → internet: allowed, route internet>"
    assert str(check).startswith("overall: leaking\n")
    assert repr(check) == f"<Check leaking: {len(check.steps)} steps, {len(check.findings)} findings>"
    assert (
        str(check.findings[0])
        == f"{check.findings[0].severity.upper()} {check.findings[0].id}: {check.findings[0].title}"
    )
    assert "\x1b" not in str(verdict) + str(check)
    assert repr(check.findings[0]) == f"<Finding {check.findings[0].id}: {check.findings[0].component}>"
    diff = reach.diff(reach.what_if(remove=[*reach.network.nat_gateways]))
    assert repr(diff) == f"<Diff: {len(diff.changes)} changes, {len(diff.cells)} answers changed>"
    plan = load(ROOT / "snapshots" / "broken-pipeline").fix()
    assert repr(plan) == f"<Plan proven: private-but-failing → private-and-working, {len(plan.steps)} steps>"
    assert repr(reach.names("codebuild:app-build")) == "<Names codebuild:app-build: 1 tables>"
    assert repr(reach.diagnose(b"nothing", "app-build")) == "<Diagnosis codebuild:app-build: 1 lines, 0 errors>"
    assert repr(Verification(3, 2, (), {})) == "<Verification: 3 records, 2 agreed, 0 disagreed>"


def test_selections_are_a_table(reach: Reach) -> None:
    text = sound(reach.codebuild._repr_html_())
    assert all(name in text and selector in text for name, selector in reach.codebuild.items())
    assert "none in the snapshot" in sound(load_files({}).codebuild._repr_html_())


def test_names_in_every_display_stay_text() -> None:
    assert "<script>alert" not in Selections(EVIL, {EVIL: EVIL})._repr_html_()
