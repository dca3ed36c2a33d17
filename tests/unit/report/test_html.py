"""The report's page: complete, escaped, valid, bounded in size, and the same each time."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim import Reach, load, load_files
from reachsim.address_map import AddressMap, Bar, Group, address_map
from reachsim.addresses import Cidr
from reachsim.cli import group
from reachsim.codes import CODES
from reachsim.errors import QuestionError
from reachsim.evidence import Assumption, Block, Hop
from reachsim.intervals import EMPTY, IntervalSet
from reachsim.report.address_axis import MOST_VPCS
from reachsim.report.address_svg import MOST_ROWS, address_tables
from reachsim.report.facts import age_finding, facts_of, parse_age
from reachsim.report.html import render_report
from reachsim.report.languages import TEXTS, japanese
from reachsim.verdict import Cell, Check, Finding, Question, Traffic, Verdict
from reachsim.verdict import Path as Way
from tests.build import Build

ROOT = Path(__file__).resolve().parents[3]
SNAPSHOTS = ["private-pipeline", "leaky-pipeline", "broken-pipeline"]
VOID = {"meta", "link", "br", "input", "hr", "img"}
EVIL = "<script>alert(1)</script>\"'&\u202e\x1b"


class Page(HTMLParser):
    """A page taken apart; `faults` lists tags that do not nest and attributes that stand twice."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.stack: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"an attribute twice in {tag}")
        values = dict(attrs)
        self.tags.append((tag, values))
        self.ids += [values["id"] or ""] if "id" in values else []
        self.targets += [values["href"] or ""] if tag == "a" else []
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(f"</{tag}> out of place")

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(reach: Reach, lang: str = "en") -> str:
    facts = facts_of(reach.network.snapshot)
    maps = [address_map(reach.network, vpc) for vpc in reach.network.vpcs]
    return render_report(reach.check(), reach, facts, version="0", lang=lang, maps=maps)  # type: ignore[arg-type]


def test_what_the_user_sees_is_told_in_japanese() -> None:
    reach = load(ROOT / "snapshots/broken-pipeline")
    assert "<dt>見え方</dt><dd>タイムアウト</dd>" in page_of(reach, "ja")
    assert "<dt>Seen as</dt><dd>timeout</dd>" in page_of(reach)
    run = CliRunner().invoke(group, ["explain", "SUBNET_ACL_RESTRICTION", "--lang", "ja"])
    assert "見え方: タイムアウト" in run.stdout
    assert all(f"symptom {one.symptom}" in TEXTS["ja"] for one in CODES.values() if one.symptom)


@pytest.fixture(scope="module", params=SNAPSHOTS)
def reach(request: pytest.FixtureRequest) -> Reach:
    return load(ROOT / "snapshots" / request.param)


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_page_is_well_formed_and_every_link_leads_somewhere(reach: Reach, lang: str) -> None:
    page = Page(page_of(reach, lang))
    assert page.faults == []
    assert page.stack == []
    assert len(page.ids) == len(set(page.ids))
    inner = [target[1:] for target in page.targets if target.startswith("#")]
    assert set(inner) <= set(page.ids)
    assert all(target.startswith(("#", "https://docs.aws.amazon.com/")) for target in page.targets)


def test_everything_of_the_check_is_in_it(reach: Reach) -> None:
    check = reach.check()
    page = Page(page_of(reach))
    assert page.text.count(check.overall) >= 2
    for finding in check.findings:
        assert finding.id in page.text
        assert finding.title in page.text
        assert finding.remedy in page.text
    for one in check.assumptions:
        assert one.detail in page.text
    traces = [values for tag, values in page.tags if tag == "details" and str(values.get("id")).startswith("t")]
    assert len(traces) == len(check.matrix)
    for cell in check.matrix:
        for block in cell.blocked_by:
            assert block.component in page.text
    assert "SHA-256 of the manifest" in page.text


def test_nothing_is_fetched_and_nothing_inline_but_what_the_policy_names(reach: Reach) -> None:
    text = page_of(reach)
    page = Page(text)
    policy = next(str(values["content"]) for _, values in page.tags if values.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    for tag, values in page.tags:
        assert tag not in ("img", "iframe", "object", "embed", "base")
        assert "src" not in values
        assert "style" not in values
        assert not any(name.startswith("on") for name in values), values
        if tag == "link":
            assert values["href"] == "data:,"
    assert "url(" not in text
    assert "@import" not in text


def hostile() -> Check:
    hop = Hop(EVIL, EVIL, "request", EVIL, EVIL, EVIL)
    block = Block(EVIL, EVIL, EVIL, EVIL, "request", "egress", EVIL, EVIL, EVIL, EVIL)
    way = Way("blocked", "none", (Traffic(("10.0.0.1",), ("10.0.0.2",), EVIL, (), ()),), (hop,), EVIL, (block,), EVIL)
    question = Question(EVIL, EVIL, EVIL)
    verdict = Verdict(question, "blocked", "none", {"network": "blocked"}, (block,), (way,), (EVIL,), (), (hop,))
    cell = Cell(EVIL, "s3", "blocked", "none", True, (block,), verdict)
    finding = Finding(EVIL, "high", EVIL, EVIL, (EVIL,), EVIL)
    return Check("undecided", (cell,), (), (finding,), (EVIL,), (Assumption(EVIL, EVIL, EVIL, "leak"),))


class Names:
    def label(self, resource_id: str) -> str:
        return f"{resource_id} ({EVIL})"


def test_names_stay_text() -> None:
    facts = facts_of(load_files({}).network.snapshot)
    text = render_report(hostile(), Names(), facts, version=EVIL)
    page = Page(text)
    assert page.faults == []
    assert [tag for tag, _ in page.tags].count("script") == 1
    assert "<script>alert" not in text
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_snapshot_without_anything_has_a_page(lang: str) -> None:
    page = Page(page_of(load_files({}), lang))
    assert page.faults == []
    assert "undecided" in page.text


def test_the_same_snapshot_gives_the_same_page(reach: Reach) -> None:
    assert page_of(reach) == page_of(load(reach.network.snapshot.label))


def test_both_languages_have_the_same_words() -> None:
    assert set(TEXTS["en"]) == set(TEXTS["ja"])
    assert not any(re.search("[ぁ-ん]", text) for text in TEXTS["en"].values())


def test_the_japanese_page_is_japanese() -> None:
    text = page_of(load(ROOT / "snapshots/leaky-pipeline"), "ja")
    assert '<html lang="ja">' in text
    assert "検出結果" in text
    assert "プライベートサブネットを指定した VPC 設定" in text


def test_two_hundred_sources_and_twenty_destinations_stay_below_five_megabytes() -> None:
    some = load(ROOT / "snapshots/leaky-pipeline").check().matrix
    verdict = max((cell for cell in some if cell.verdict), key=lambda cell: len(str(cell.verdict)))
    cells = tuple(
        Cell(f"i-{i:017x}", f"host:service-{k}", verdict.outcome, verdict.route, k == i % 20, verdict.blocked_by,
             verdict.verdict)
        for i in range(200) for k in range(20)
    )  # fmt: skip
    facts = facts_of(load_files({}).network.snapshot)
    text = render_report(Check("leaking", cells, (), (), (), ()), Names(), facts, version="0")
    assert text.count('class="trace item') == 4000
    assert len(text.encode()) < 5_000_000


# The snapshot's age


def manifest(**more: object) -> dict[str, bytes]:
    return {"snapshot.json": json.dumps({"formatVersion": 1, "tool": "reachsim 0.1.0", **more}).encode()}


def test_facts_come_from_the_manifest() -> None:
    facts = facts_of(load_files(manifest(started="2026-11-01T00:00:00Z", finished="2026-11-01T09:30:00+09:00",
                                         complete=True)).network.snapshot)  # fmt: skip
    assert facts.captured == datetime(2026, 11, 1, 0, 30, tzinfo=UTC)
    assert re.fullmatch("[0-9a-f]{64}", facts.sha256)
    assert not facts_of(load_files(manifest(complete=False)).network.snapshot).complete


@pytest.mark.parametrize(("days", "code"), [(6, None), (8, "SNAPSHOT_TOO_OLD")])
def test_an_old_snapshot_is_a_finding(days: int, code: str | None) -> None:
    facts = facts_of(load_files(manifest(finished="2026-11-01T00:00:00Z")).network.snapshot)
    now = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=days)
    found = age_finding(facts, timedelta(days=7), "7d", now)
    assert (found.id if found else None) == code


def test_an_unknown_age_is_a_finding() -> None:
    facts = facts_of(load_files(manifest(finished="yesterday")).network.snapshot)
    found = age_finding(facts, timedelta(days=7), "7d", datetime.now(UTC))
    assert found is not None
    assert found.id == "SNAPSHOT_AGE_UNKNOWN"


@pytest.mark.parametrize(("text", "age"), [("12h", timedelta(hours=12)), ("7D", timedelta(7)), ("2w", timedelta(14))])
def test_ages(text: str, age: timedelta) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1.5d", "999999d", "7 d", "٧d"])
def test_bad_ages(text: str) -> None:
    with pytest.raises(QuestionError):
        parse_age(text)


# The command


def test_the_command_writes_and_does_not_overwrite(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    arguments = ["report", str(ROOT / "snapshots/private-pipeline"), "-o", str(target)]
    first = CliRunner().invoke(group, [*arguments, "--max-age", "7d"])
    assert (first.exit_code, first.stdout) == (0, f"{target}\n"), first.output
    assert "SNAPSHOT_AGE_UNKNOWN" in target.read_text("utf-8")
    again = CliRunner().invoke(group, arguments)
    assert again.exit_code == 2
    assert "SNAPSHOT_AGE_UNKNOWN" in target.read_text("utf-8")
    assert CliRunner().invoke(group, [*arguments, "--overwrite", "--lang", "ja"]).exit_code == 0
    assert "SNAPSHOT_AGE_UNKNOWN" not in target.read_text("utf-8")


@pytest.mark.parametrize("more", [["--max-age", "soon"], ["--lang", "fr"], ["--from", "nonsense"]])
def test_bad_usage_writes_nothing(more: list[str], tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    run = CliRunner().invoke(group, ["report", str(ROOT / "snapshots/private-pipeline"), "-o", str(target), *more])
    assert run.exit_code == 2
    assert not target.exists()


# --- address space --------------------------------------------------------------------------------------------------


def test_every_subnet_has_its_bar_where_it_stands_in_the_vpc(reach: Reach) -> None:
    (vpc,) = reach.network.vpcs
    (table,) = address_tables([address_map(reach.network, vpc)], TEXTS["en"])
    subnets = [row for row in table["groups"][0]["rows"] if "subnet-" in row["text"]]
    assert len(subnets) == len(reach.network.subnets)
    starts = [re.findall(r'class="subnet" x="([\d.]+)"', row["svg"]) for row in subnets]
    assert all(len(one) == 1 for one in starts)
    assert [float(one[0]) for one in starts] == sorted(float(one[0]) for one in starts)
    for subnet in reach.network.subnets:
        assert any(subnet in row["text"] for row in subnets)


def space(vpc: str, bars: int) -> AddressMap:
    block = Cidr("10.0.0.0/16")
    rows = tuple(Bar("allow", f"{EVIL} {i}", IntervalSet.single(block.block.first + i)) for i in range(bars))
    unknown = Bar("route", "", EMPTY, missing=(EVIL,))
    return AddressMap(
        vpc,
        (block,),
        (block.block,),
        (Group(vpc, "table", EVIL, (*rows, unknown), alike=(EVIL,)), Group(vpc, "subnets", "", ())),
    )


def test_the_address_space_speaks_the_language_of_its_page() -> None:
    """Only names, rules as AWS writes them, addresses and the files that are missing stay as they are."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16", ipv6="2600:1f14::/56")
    net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, [("0.0.0.0/0", "nat-1"), ("pl-unseen", "vpce-1")]))
    net.group(vpc, ingress=[("tcp", 80, 80, net.group(vpc, name="empty"))])
    net.group(vpc, ingress=[("tcp", 22, 22, "0.0.0.0/1")])
    (table,) = address_tables([address_map(load_files(net.files()).network, vpc)], TEXTS["ja"])
    english = re.compile("subnet|route table|security group|network ACL|ingress of|all other|most|more|missing|no ")
    texts = [part for group in table["groups"] for part in (group["title"], *(row["beside"] for row in group["rows"]))]
    assert len(texts) > 12
    assert not [text for text in texts if english.search(re.sub(r"\S*-\w+|\(.*?\)", "", text))]


def test_what_a_finding_means_comes_first_in_the_language_of_the_page() -> None:
    reach = load(ROOT / "snapshots/leaky-pipeline")
    check = reach.check()
    text = render_report(check, reach, facts_of(reach.network.snapshot), version="0", lang="ja")
    for finding in check.findings:
        known = japanese()[finding.id]["text"]
        assert f'<p class="title">{escape(known)}</p>\n<p lang="en">' in text


def test_names_in_the_address_space_stay_text() -> None:
    check = Check("undecided", (), (), (), (), ())
    facts = facts_of(load(ROOT / "snapshots/private-pipeline").network.snapshot)
    text = render_report(check, Names(), facts, version="0", maps=[space(EVIL, 3)])
    page = Page(text)
    assert not page.faults
    assert "<script>alert" not in text.replace("&lt;script>", "")
    assert "not known: a file is missing" in page.text
    assert f"{TEXTS['en']['bars none']}" in page.text


def test_a_page_says_what_of_the_address_space_it_leaves_out() -> None:
    groups = tuple(Group("vpc-1", "table", f"group {i}", space("vpc-1", 40).groups[0].bars) for i in range(1000))
    one = space("vpc-1", 1)
    many = AddressMap(one.vpc, one.blocks, one.subnets, groups)
    (table,) = address_tables([many], TEXTS["en"])
    shown = sum(len(group["rows"]) for group in table["groups"])
    assert 0 < shown <= MOST_ROWS
    assert table["hidden"] == len(groups) - len(table["groups"])
    assert len(address_tables([one] * (MOST_VPCS + 5), TEXTS["en"])) == MOST_VPCS


def test_the_map_speaks_the_language_of_its_page() -> None:
    reach = load(ROOT / "snapshots/leaky-pipeline")
    text = Page(page_of(reach, "ja")).text
    assert "どの VPC にも属さない" in text
    assert "outside every VPC" not in "".join(line for line in page_of(reach, "ja").splitlines() if "<tspan" in line)
    assert set(TEXTS["ja"]) == set(TEXTS["en"])
