"""Names in any writing, hostile names, narrow and wide terminals, and what a text says of each answer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from reachsim import Reach, load, load_files
from reachsim.evidence import Assumption, Block, Hop
from reachsim.plot import plot_routes
from reachsim.report.columns import clean, pad, table, width, wrap, wrap_parts
from reachsim.report.commands import command_for
from reachsim.report.paint import Paint
from reachsim.report.text import render_check, render_trace
from reachsim.report.words import addresses, rule_name, traffic, type_name
from reachsim.verdict import Cell, Check, Question, Traffic, Verdict
from reachsim.verdict import Path as Way
from tests.build import Build

ROOT = Path(__file__).resolve().parent.parent.parent.parent
HOSTILE = "evil\x1b[31m\x1b]0;title\x07\r\n\x9b2J\u202ename\u200b"


class Names:
    """What a network knows of names."""

    def __init__(self, **names: str) -> None:
        self.names = {name.replace("_", "-"): text for name, text in names.items()}

    def label(self, resource_id: str) -> str:
        name = self.names.get(resource_id)
        return f"{resource_id} ({name})" if name else resource_id


def tagged(name: str) -> Reach:
    """A client and a build whose resources all bear one name; the client can reach the build."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc))
    everyone = net.group(vpc, ingress=[("-1", None, None, "0.0.0.0/0")])
    client = net.instance(subnet, "10.0.1.5", [everyone], name="client")
    net.project("app", vpc, [subnet], [everyone])
    for resource in (vpc, subnet, everyone, client):
        net[resource]["Tags"] = [{"Key": "Name", "Value": name}]
    return load_files(net.files())


def texts(reach: Reach, **look: int | bool) -> Iterable[str]:
    yield render_check(reach.check(["codebuild:app", "i-client"]), reach, **look)  # type: ignore[arg-type]
    for destination in ("i-client", "s3", "internet"):
        yield render_trace(reach.simulate("codebuild:app", destination), reach, **look)  # type: ignore[arg-type]


# Width


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("abc", 3),
        ("東京", 4),
        ("ﾊﾝｶｸ", 4),
        ("Ａ１", 4),
        ("e\u0301", 1),
        ("が", 2),
        ("か\u3099", 2),
        ("⚠\ufe0f", 1),
        ("", 0),
    ],
)
def test_width_is_what_a_terminal_shows(text: str, columns: int) -> None:
    assert width(text) == columns
    assert width(pad(text, 10)) == 10


def test_tables_with_wide_names_stay_in_line() -> None:
    lines = table([["from"], ["to"]], [[["東京 build"], ["allowed"]], [["a"], ["blocked"]]])
    assert {width(line.split("allowed")[0].split("blocked")[0]) for line in lines[2:]} == {12}
    assert len({width(line) for line in lines[1:2]}) == 1


def test_a_table_is_split_evenly_where_it_does_not_fit() -> None:
    lines = table([["from"], *([str(i) * 8] for i in range(6))], [[["a"], *([["b"]] * 6)]], columns=50)
    blocks = "\n".join(lines).split("\n\n")
    assert [block.splitlines()[0].split() for block in blocks] == [
        ["from", "00000000", "11111111", "22222222"],
        ["from", "33333333", "44444444", "55555555"],
    ]
    assert all(width(line) <= 50 for line in lines)


def test_one_column_that_is_too_wide_stands_alone() -> None:
    assert len(table([["from"], ["x" * 99], ["y"]], [[["a"], ["b"], ["c"]]], columns=30)) == 7


def test_wrapping_keeps_words_and_parts_whole() -> None:
    assert wrap("ab " + "x" * 20 + " cd", 10, "- ") == ["- ab", "  " + "x" * 20, "  cd"]
    assert wrap("東京 大阪 京都", 10) == ["東京 大阪", "京都"]
    assert wrap("", 10, "- ") == ["- "]
    for columns in range(12, 40):
        for line in wrap_parts(["push: works", "logs: FAILS", "run: x"], columns, between=" · "):
            assert width(line) <= max(columns, 13)
            assert line.count(":") == len(re.findall(r"\w+: \w+", line))


@pytest.mark.parametrize("columns", [60, 72, 120, 160])
def test_texts_keep_to_their_columns(columns: int) -> None:
    for snapshot in ("private", "leaky", "broken"):
        reach = load(ROOT / f"snapshots/{snapshot}-pipeline")
        text = render_check(reach.check(), reach, columns=columns)
        text += render_trace(reach.simulate("codebuild:app-build", "ecr.dkr"), reach, columns=columns)
        for line in text.splitlines():
            assert width(line) <= columns or max(map(width, line.split())) > columns - 30, line


# Names from the snapshot


@pytest.mark.parametrize("name", ["ビルド用サブネット", "踏み台（東京）", "한국", "Ünïcödé", "emoji 🚀 build"])
def test_names_in_any_writing_are_shown_and_aligned(name: str) -> None:
    reach = tagged(name)
    check, *_ = texts(reach)
    assert f"({name})" in check
    header = next(line for line in check.splitlines() if line.startswith("from"))
    rows = [line for line in check.splitlines() if line.startswith(("codebuild:app ", "i-client "))]
    assert len(rows) == 2
    for row in rows:
        start = header.index("internet")
        shown = row[: next(i for i in range(len(row) + 1) if width(row[:i]) >= start)]
        assert width(shown) == start
        assert row[len(shown) :].startswith(("allowed", "blocked", "intermittent", "unknown"))


def test_what_a_terminal_would_obey_never_reaches_it() -> None:
    reach = tagged(HOSTILE)
    for text in texts(reach):
        assert all(line.isprintable() for line in text.split("\n"))
        assert "evil" in text
    for text in texts(reach, colour=True):
        plain = re.sub(r"\033\[(?:[012]|3[1-6](?:;1)?)m", "", text)
        assert all(line.isprintable() for line in plain.split("\n"))
    assert clean(HOSTILE) == "evil[31m]0;title  2Jname"


def test_colour_changes_nothing_but_colour() -> None:
    reach = load(ROOT / "snapshots/leaky-pipeline")
    plain, painted = (render_check(reach.check(), reach, colour=colour) for colour in (False, True))
    assert re.sub(r"\033\[[0-9;]*m", "", painted) == plain
    assert Paint(True).outcome("blocked") == "\033[31mblocked\033[0m"
    assert Paint(False).outcome("blocked") == "blocked"


# Phrases


@pytest.mark.parametrize(
    ("blocks", "shown"),
    [
        ([], "an address of AWS's own"),
        (["10.0.0.0/8"], "10.0.0.0/8"),
        (["10.0.0.4/30", "10.0.0.8/29"], "10.0.0.4–10.0.0.15"),
        (["10.0.0.0/25", "10.0.0.128/25"], "10.0.0.0/24"),
        (["0.0.0.0/0", "::/0"], "0.0.0.0/0, ::/0"),
        (["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"], "1.1.1.1, 2.2.2.2, 3.3.3.3, 4.4.4.4"),
        (["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4", "::5"], "1.1.1.1, 2.2.2.2, 3.3.3.3 and 2 more ranges"),
        (["2001:db8::/33"], "2001:db8::/33"),
    ],
)
def test_addresses(blocks: list[str], shown: str) -> None:
    assert addresses(blocks) == shown


def test_traffic() -> None:
    one = Traffic(("10.0.0.1",), ("10.0.0.2",), "tcp", ((443, 443),), ((1024, 65535),))
    any_udp = msgspec.structs.replace(one, protocol="udp", ports=((0, 65535),), client_ports=((0, 65535),))
    ping = msgspec.structs.replace(one, protocol="icmp", ports=((8, 8),), client_ports=())
    assert traffic([one]) == "10.0.0.1 → 10.0.0.2, tcp port 443, from client ports 1024–65535"
    assert traffic([any_udp, ping]) == "10.0.0.1 → 10.0.0.2: udp, any port; icmp type 8"
    for protocol, words in (("any", "any protocol"), ("other", "other protocols"), ("47", "protocol 47")):
        assert words in traffic([msgspec.structs.replace(one, protocol=protocol, ports=(), client_ports=())])


def test_rules_and_types_as_aws_spells_them() -> None:
    assert rule_name("acl-1", 32768) == "rule * (the default deny)"
    assert rule_name("acl-1", 100) == "rule 100"
    assert rule_name("rtb-1", "0.0.0.0/0") == "route 0.0.0.0/0"
    assert rule_name("sg-1", None) == ""
    assert type_name("nat-gateway") == "NAT gateway"
    assert type_name("codebuild-project") == "CodeBuild project"
    assert type_name("vpc-peering-connection") == "VPC peering connection"


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("111111111111/eu-west-1/ec2/describe-vpcs.json", "aws ec2 describe-vpcs --region eu-west-1"),
        (
            "111111111111/global/s3api/get-bucket-policy/my-bucket.json",
            "aws s3api get-bucket-policy --bucket my-bucket",
        ),
        (
            "111111111111/eu-west-1/ecr/get-repository-policy/base%2Fgo.json",
            "aws ecr get-repository-policy --repository-name base/go --region eu-west-1",
        ),
        ("snapshot.json", None),
    ],
)
def test_commands_that_fill_a_gap(file: str, command: str | None) -> None:
    assert command_for(file) == command


def test_a_name_cannot_smuggle_a_command_into_the_hint() -> None:
    command = command_for("111111111111/global/s3api/get-bucket-policy/a; rm -rf $HOME.json")
    assert command == "aws s3api get-bucket-policy --bucket 'a; rm -rf $HOME'"


# What a text says


TCP = Traffic(("10.0.0.1",), ("10.0.0.2",), "tcp", ((443, 443),), ((1024, 65535),))
SG = Block("ENI_SG_RULES_MISMATCH", "sg-1", None, "eni-1", "request", "ingress", "timeout", "no rule of sg-1 admits it")


def verdict(outcome: str, *, blocked: tuple[Block, ...] = (), ways: tuple[Way, ...] = (), **more: object) -> Verdict:
    values = {"question": Question("i-1", "i-2"), "outcome": outcome, "route": "none", "layers": {"network": outcome}}
    return Verdict(**{**values, "blocked_by": blocked, "paths": ways, **more})  # type: ignore[arg-type]


def test_the_answer_comes_first() -> None:
    for outcome in ("allowed", "blocked", "intermittent", "unknown"):
        lines = render_trace(verdict(outcome), Names()).splitlines()
        assert lines[0] == "i-1 → i-2, any protocol, any port"
        assert lines[1].split(" ")[0] == outcome
        assert lines[2].startswith("  ")


def test_every_rule_in_the_way_is_named_with_its_remedy() -> None:
    acl = Block(
        "SUBNET_ACL_RESTRICTION",
        "acl-1",
        32767,
        "subnet-1",
        "response",
        "egress",
        "timeout",
        "why",
        "RETURN_ACL_EPHEMERAL",
    )
    text = render_trace(verdict("blocked", blocked=(SG, acl)), Names(sg_1="web"))
    assert "1. ENI_SG_RULES_MISMATCH\n     where:   security group sg-1 (web), at eni-1\n" in text
    assert "2. SUBNET_ACL_RESTRICTION (RETURN_ACL_EPHEMERAL)\n" in text
    assert "     where:   network ACL acl-1, rule * (the default deny), at subnet-1\n" in text
    assert "     stops:   the reply, egress\n" in text
    assert text.count("to mend: ") == 2


def test_one_rule_at_two_places_is_one_entry() -> None:
    twin = msgspec.structs.replace(SG, at="eni-2", detail="no rule of sg-1 admits that")
    text = render_trace(verdict("blocked", blocked=(SG, twin)), Names())
    assert "at eni-1, eni-2" in text
    assert "  2. " not in text
    assert "     why:     no rule of sg-1 admits it\n              no rule of sg-1 admits that\n" in text


def test_hops_after_a_drop_are_called_hypothetical() -> None:
    hops = (Hop("eni-1", "network-interface", "request", None, "eni-1 sends"), Hop("eni-2", "x", "response", None, ""))
    stopped = Way("blocked", "none", (TCP,), hops, blocked_by=(SG,))
    text = render_trace(verdict("blocked", blocked=(SG,), ways=(stopped,)), Names())
    assert "  the request, followed on as if nothing stopped it\n    ├ network interface  eni-1 sends\n" in text
    assert "    ✗ ENI_SG_RULES_MISMATCH: sg-1 at eni-1\n  the reply\n    └ x  eni-2\n" in text


def test_an_open_way_hides_nothing_of_what_is_closed() -> None:
    passing = Way("allowed", "private", (TCP,), (Hop("eni-2", "network-interface", "request", None, "in"),))
    stopped = Way("blocked", "none", (msgspec.structs.replace(TCP, protocol="udp"),), (), blocked_by=(SG,))
    text = render_trace(verdict("allowed", route="private", ways=(stopped, passing)), Names())
    assert text.index("way 1: allowed · route private") < text.index("what does not get through")
    assert "10.0.0.1 → 10.0.0.2, udp port 443" in text.split("what does not get through")[1]
    assert "✗ ENI_SG_RULES_MISMATCH: sg-1 at eni-1" in text.split("what does not get through")[1]


def test_ways_left_out_are_counted() -> None:
    ways = tuple(Way("blocked", "none", (TCP,), (Hop("a", f"kind{i}", "request", None, ""),)) for i in range(9))
    assert "… and 3 more ways; --format json has all of them\n" in render_trace(verdict("blocked", ways=ways), Names())


def test_what_is_missing_and_what_is_assumed() -> None:
    missing = ("111111111111/eu-west-1/ec2/describe-vpcs.json",)
    told = (
        Assumption("ASSUMED_DEFAULT", "vpc-1", "enableDnsSupport is true", "leak"),
        Assumption("ASSUMED_DEFAULT", "vpc-1", "no resolver rule is associated", "leak"),
        Assumption("INSTANCE_STOPPED", "i-1", "i-1 is stopped; judged as if it ran"),
    )
    text = render_trace(verdict("unknown", missing=missing, assumptions=told), Names())
    assert text.endswith(
        "to decide, add\n  111111111111/eu-west-1/ec2/describe-vpcs.json\n"
        "    aws ec2 describe-vpcs --region eu-west-1\n\n"
        "taken for granted\n  - ASSUMED_DEFAULT vpc-1 (if wrong, the answer may hide a leak):\n"
        "      enableDnsSupport is true\n      no resolver rule is associated\n"
        "  - INSTANCE_STOPPED i-1: is stopped; judged as if it ran\n"
    )


def test_an_unknown_answer_says_what_leaves_it_open_and_how_to_know() -> None:
    question = Question("i-1", "host:git.example", "tcp", 443)
    forwarded = "resolver rule rr-1 forwards git.example. to 10.9.9.9: their answer is not known"
    verdict = Verdict(
        question, "unknown", "none", {"network": "unknown"},
        (Block("DNS_FORWARDED_UNKNOWN", "rr-1", None, None, "request", "egress", "name-not-found", forwarded),), (), (),
        (
            Assumption("DNS_FORWARDED_UNKNOWN", "rr-1", forwarded, "leak"),
            Assumption("TGW_ZONE_RULE", "tgw-attach-1", "AWS's pages differ on this", "block"),
        ),
    )  # fmt: skip
    text = render_trace(verdict, Names())
    assert "blocked by" not in text
    assert "the user sees" not in text
    opened, _, premises = text.partition("what leaves it open\n")[2].partition("\ntaken for granted\n")
    assert opened.startswith(
        "  1. DNS_FORWARDED_UNKNOWN\n     where:   rr-1\n     why:     resolver rule rr-1 forwards"
    )
    assert "to know: Say what they answer in reachsim.toml ([hosts])" in opened
    assert premises.startswith("  - TGW_ZONE_RULE tgw-attach-1: AWS's pages differ on this (if wrong")


def test_what_a_refused_name_would_stand_for_is_said_to_be_that() -> None:
    question = Question("i-1", "host:git.example", "tcp", 443)
    block = Block("DNS_FIREWALL_BLOCK", "rg-1", "r1", "vpc-1", "request", "egress", "name-not-found", "r1 blocks it")
    names = (Hop("git.example", "dns", "request", None, "some public address, not known offline", None),)
    verdict = Verdict(question, "blocked", "none", {"network": "blocked"}, (block,), (), (), (), names)
    assert "\nthe name, if it were answered\n  " in render_trace(verdict, Names())
    assert "\nthe name\n" in render_trace(msgspec.structs.replace(verdict, blocked_by=()), Names())


def test_a_leak_to_a_service_is_marked_as_the_internet_is() -> None:
    cells = (
        Cell("i-1", "s3", "allowed", "aws-public", True),
        Cell("i-1", "logs", "allowed", "private", True),
        Cell("i-1", "internet", "blocked", "none", False),
        Cell("internet", "i-1", "intermittent", "internet", False),
    )
    text = render_check(Check("leaking", cells, (), (), (), ()), Names())
    row = next(line for line in text.splitlines() if line.startswith("i-1"))
    assert row.split() == ["i-1", "blocked", "intermittent!", "allowed*!", "allowed*"]
    assert text.startswith("overall: leaking\n")


def test_rows_are_one_blank_line_apart() -> None:
    """Where all cells of a block were blocked there were two."""
    reach = load(ROOT / "snapshots/broken-pipeline")
    assert "\n\n\n" not in render_check(reach.check(), reach, columns=80).split("\nsteps")[0]


def test_a_long_name_does_not_tear_the_matrix_apart() -> None:
    """A project's name may have 150 characters: each destination stood in a table of its own."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc))
    name = "-".join(["service", *(f"part{i:02}" for i in range(14)), "x" * 44])
    net.project(name, vpc, [subnet], [net.group(vpc)])
    reach = load_files(net.files())
    blocks = render_check(reach.check(), reach).split("\n\nsteps")[0].split("\n\n")[1:-1]
    assert len(blocks) == 2
    for block in blocks:
        assert all(len(line) <= 120 for line in block.splitlines())
        rows = block.split("─\n")[1].splitlines()
        assert "".join(row.split("  ")[0] for row in rows) == f"codebuild:{name}"


def test_sources_with_the_same_answers_share_a_row_and_a_line() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc))
    group = net.group(vpc)
    for i in range(6):
        net.project(f"app{i}", vpc, [subnet], [group])
    reach = load_files(net.files())
    found = reach.check()
    text = render_check(found, reach)
    rows = text.split("─\n")[1].split("\n\n")[0].splitlines()
    assert [row.split("  ")[0] for row in rows] == [
        "codebuild:app0", "= codebuild:app1", "= codebuild:app2", "= codebuild:app3", "= 2 more",
    ]  # fmt: skip
    assert "\n  app0 and 5 more  provisioning: unknown" in text
    assert len({cell["source"] for cell in found.to_json()["matrix"]}) == 7  # JSON has them all
    labels = {one.get_text() for one in plot_routes(found).texts}
    assert "codebuild:app0 and 5 alike" in labels
    assert not any("app1" in one for one in labels)


def test_a_check_without_sources_says_so() -> None:
    text = render_check(Check("undecided", (), (), (), (), ()), Names())
    assert "No source to judge" in text
    assert "─" not in text
