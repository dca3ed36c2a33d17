"""Snapshots and builds made by somebody who wishes the reader ill: names that steer terminals, run in browsers and
spreadsheets or leave their folder; documents that unpack to more than they are.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import resource
import subprocess
import sys
import warnings
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reachsim import calls
from reachsim.cli import group
from reachsim.collect.anonymize import anonymize
from reachsim.files import write_tree
from reachsim.redact import no_variables
from reachsim.report.markdown import plain
from reachsim.snapshot import Snapshot, open_snapshot
from tests.build import Build
from tests.patience import within

ROOT = Path(__file__).resolve().parents[2]
NASTY = [
    "\x1b[2J\x1b]0;owned\x07", "\x9b31m", "a\r\nb", "\u202egnp.exe", "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'", "javascript:alert(1)", "=cmd|' /C calc'!A0", "@SUM(1)", "</style><script>",
    "${7*7}", "{{7*7}}", "%s%n",
]  # fmt: skip
NAME = " ".join(NASTY)


def poisoned(name: str, folder: Path) -> Path:
    """A shipped snapshot with every Name tag and description replaced, and the project's own name lengthened."""
    source = ROOT / "snapshots" / name
    for path in source.rglob("*.json"):
        target = folder / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        text = re.sub(r'("(?:Value|Description|GroupName)": )"[^"]*"', lambda match: match[1] + json.dumps(NAME), text)
        target.write_text(text, encoding="utf-8")
    return folder


def run(*arguments: object, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(group, [str(one) for one in arguments], input=stdin)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def steering(text: str) -> list[str]:
    return [one for one in text if not one.isprintable() and one != "\n"]


@pytest.mark.parametrize("name", ["leaky-pipeline", "broken-pipeline"])
def test_no_output_steers_a_terminal(name: str, tmp_path: Path) -> None:
    place = poisoned(name, tmp_path / "s")
    question = {"id": NAME, "source": "codebuild:app-build", "destination": "internet"}
    for arguments, stdin in (
        (["check", place], None), (["check", place, "--format", "json"], None), (["validate", place], None),
        (["trace", place, "--from", "codebuild:app-build", "--to", "internet"], None),
        (["trace", place, "--from", NAME, "--to", f"host:{NAME}"], None), (["explain", NAME], None),
        (["query", place], json.dumps(question)), (["names", place, "--from", "codebuild:app-build"], None),
        (["diff", ROOT / "snapshots" / name, place], None), (["whatif", place, "--remove", NAME], None),
        (["diff", ROOT / "snapshots" / name, place, "--format", "markdown"], None),
        (["check", tmp_path / "\x1b[2J"], None),
    ):  # fmt: skip
        result = run(*arguments, stdin=stdin)
        assert steering(result.stdout + result.stderr) == [], arguments[0]


@pytest.mark.parametrize("how", ["always", "error"])
def test_what_python_warns_of_in_a_script_is_no_output_and_changes_none(how: str, tmp_path: Path) -> None:
    """A warning repeats the script's characters, escapes included, and as an error hides what the script does."""
    text = 'import urllib.request\nx = 1if True else 2\ny = "\\\x1b \\d"\nurllib.request.urlopen("https://a.example")\n'
    (tmp_path / "x.py").write_text(text, encoding="utf-8")
    (tmp_path / "buildspec.yml").write_text("version: 0.2\nphases: {build: {commands: [python x.py]}}\n")
    command = [sys.executable, "-W", how, "-m", "reachsim", "contacts", str(tmp_path / "buildspec.yml")]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (ran.stderr, "a.example:443" in ran.stdout) == ("", True)


@pytest.mark.parametrize("how", ["always", "error"])
def test_what_a_reader_of_yaml_warns_of_shows_no_line_of_it(how: str, tmp_path: Path) -> None:
    """ruamel.yaml shows the lines of an anchor that is given twice: of a buildspec with the values of its variables."""
    vpc = "Resources: {V: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}}"
    template = f"A: &a s3cret\u202e\nB: &a y\n{vpc}"
    placed = ("--region", "eu-west-1", "--account", "111122223333")
    (tmp_path / "t.yaml").write_text(template, encoding="utf-8")
    spec = "version: 0.2\nenv:\n  variables:\n    A: &a s3cret\n    B: &a y\n"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter(how)  # type: ignore[arg-type]
        ran = run("import", "cloudformation", tmp_path / "t.yaml", tmp_path / "out", *placed)
        assert "s3cret" not in no_variables(spec)
    assert (ran.exit_code, "s3cret" in ran.output, told) == (0, False, [])


# --- What reads the output besides people ---------------------------------------------------------------------------

CI = ["##vso[task.setvariable variable=PATH]/tmp/evil", "x ##[add-mask]allowed", "##teamcity[buildStop comment='x']",
      "::add-mask::allowed", "  ::set-output name=a::b"]  # fmt: skip


def test_no_name_gives_orders_to_a_ci_system(tmp_path: Path) -> None:
    """Azure Pipelines and GitHub's runner obey commands in the log, the former anywhere in a line."""
    source = ROOT / "snapshots/leaky-pipeline"
    for path in source.rglob("*.json"):
        target = tmp_path / "s" / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        names = itertools.cycle(CI)
        text = path.read_text(encoding="utf-8")
        text = re.sub(r'("Value": )"[^"]*"', lambda match, names=names: match[1] + json.dumps(next(names)), text)
        target.write_text(text, encoding="utf-8")
    build = ["--from", "codebuild:app-build"]
    for arguments in (
        ["check", tmp_path / "s", *build], ["check", tmp_path / "s", *build, "--format", "json"],
        ["trace", tmp_path / "s", *build, "--to", "internet"], *(["trace", source, *build, "--to", one] for one in CI),
        ["check", tmp_path / "s", *build, "--format", "markdown"],
    ):  # fmt: skip
        result = run(*arguments)
        for line in (result.stdout + result.stderr).splitlines():
            assert not re.search(r"##\w*\[", line), line
            assert not re.match(r"\s*::[a-z]", line), line


LIVE = ["&#8238;x", "&rlm;x", "https://evil.example", "www.evil.example", "@evil-team", "~~x~~", "![x](y)", "<b>",
        "\u202ex", "\x1b[31mx", "a|b", "`x`", "*x*", "#1"]  # fmt: skip


@pytest.mark.parametrize("name", LIVE)
def test_markdown_shows_a_name_as_it_is(name: str) -> None:
    """GitHub Flavored Markdown, "Entity and numeric character references", "Autolinks (extension)"."""
    text = plain(name)
    assert text.isprintable()
    assert not re.search(r"&(?!amp;)|(?<!\\)[`*_{}\[\]|#~]|(?<!\\)<(?!!-- -->)|://|www\.|@\w", text)


def test_a_name_makes_no_link_in_a_sarif_log(tmp_path: Path) -> None:
    """SARIF 2.1.0, 3.11.6: a message may hold links, ``[text](target)``."""
    place = poisoned("leaky-pipeline", tmp_path / "s")
    for path in place.rglob("*.json"):
        text = path.read_text(encoding="utf-8").replace("${7*7}", "[pass](https://evil.example)")
        path.write_text(text, encoding="utf-8")
    log = json.loads(run("check", place, "--from", "codebuild:app-build", "--format", "sarif").stdout)
    messages = [one["message"]["text"] for one in log["runs"][0]["results"]]
    assert any("[pass]" in one for one in messages)
    assert not any("](" in one for one in messages)


class Page(HTMLParser):
    """What a browser would make of a page: its elements with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page_of(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    return page


@pytest.mark.parametrize("language", ["en", "ja"])
def test_names_add_no_element_and_no_script_to_the_report(language: str, tmp_path: Path) -> None:
    plain, place = ROOT / "snapshots/leaky-pipeline", poisoned("leaky-pipeline", tmp_path / "s")
    for snapshot, out in ((plain, "plain.html"), (place, "nasty.html")):
        assert run("report", snapshot, "-o", tmp_path / out, "--lang", language).exit_code in (0, 1)
    before, after = (page_of((tmp_path / out).read_text(encoding="utf-8")) for out in ("plain.html", "nasty.html"))
    for tag in ("script", "img", "iframe", "object", "style", "link", "base", "form"):
        assert sum(one == tag for one, _ in after.found) == sum(one == tag for one, _ in before.found), tag
    for tag, attributes in after.found:
        assert not any(key.startswith("on") for key in attributes), (tag, attributes)
        for key in ("href", "src", "xlink:href", "action"):
            value = attributes.get(key)
            assert value is None or value.startswith(("#", "data:,", "data:image/", "https://docs.aws.amazon.com/")), (
                tag,
                value,
            )


def test_names_add_no_element_to_a_plot(tmp_path: Path) -> None:
    place = poisoned("leaky-pipeline", tmp_path / "s")
    assert run("plot", place, "-o", tmp_path / "plot.svg").exit_code == 0
    page = page_of((tmp_path / "plot.svg").read_text(encoding="utf-8"))
    assert not [one for one, attributes in page.found if one in ("script", "img") or "onerror" in attributes]


def test_no_cell_of_a_table_is_a_formula(tmp_path: Path) -> None:
    """What spreadsheets take for one begins with = + - @, a tab or a carriage return."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24")
    for name in ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", 'b"",=1', "a,=1"):
        net.project(name, vpc, [subnet], [net.group(vpc)])
    result = run("export", net.write(tmp_path / "s"), "--of", "matrix", "--format", "csv")
    assert result.exit_code == 0
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert len(rows) > 6
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


# --- Paths ------------------------------------------------------------------------------------------------------------

LEAVING = [
    "../../../etc/passwd",
    "..",
    ".",
    "/etc/passwd",
    "a/../../b",
    "..\\..\\b",
    "C:\\x",
    "a\0b",
    "x" * 300,
    "",
    "~",
    "a/b",
]


@pytest.mark.parametrize("name", LEAVING)
def test_the_path_of_a_resource_stays_in_its_folder(name: str) -> None:
    path = calls.path("111111111111", "global", "s3api", "get-bucket-policy", name)
    assert path.startswith("111111111111/global/s3api/get-bucket-policy/")
    assert path.count("/") == 4
    assert path.endswith(".json")


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/x", "a/..", ".."])
def test_a_tree_is_written_nowhere_else(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="path"):
        write_tree(tmp_path / "out", {name: b"x"}, overwrite=False)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("name", LEAVING)
def test_importing_and_anonymizing_write_inside_their_folder(name: str, tmp_path: Path) -> None:
    shape = {"bucket": name, "policy": "{}"}
    made = {"address": "aws_s3_bucket_policy.p", "mode": "managed", "type": "aws_s3_bucket_policy", "name": "p",
            "values": shape, "provider_name": "registry.terraform.io/hashicorp/aws"}  # fmt: skip
    plan = {"format_version": "1.2", "planned_values": {"root_module": {"resources": [made]}}}
    (tmp_path / "in").mkdir()
    (tmp_path / "in/plan.json").write_text(json.dumps(plan), encoding="utf-8")
    before = sorted(tmp_path.rglob("*"))
    out = tmp_path / "deep/er/out"
    run("import", "terraform", tmp_path / "in/plan.json", out, "--region", "eu-west-1", "--account", "111111111111")
    files = {f"111111111111/eu-west-1/ecr/get-repository-policy/{name.replace('/', '%2F')}.json": b"{}"}
    for path in anonymize(Snapshot.of(files), b"key").files:
        assert ".." not in path.split("/")
    outside = [
        one for one in tmp_path.rglob("*") if one not in before and "deep" not in one.relative_to(tmp_path).parts
    ]
    assert outside == []


def test_a_symbolic_link_that_leaves_a_snapshot_is_no_part_of_it(tmp_path: Path) -> None:
    """A snapshot from somebody else must not make reachsim read, and cite, what lies elsewhere."""
    secret = tmp_path / "secret.json"
    secret.write_text('{"Vpcs": "hunter2"}', encoding="utf-8")
    folder = tmp_path / "s/111111111111/eu-west-1/ec2"
    folder.mkdir(parents=True)
    (folder / "describe-vpcs.json").symlink_to(secret)
    result = run("trace", tmp_path / "s", "--from", "vpc-1", "--to", "internet")
    assert "hunter2" not in result.output
    assert result.exit_code == 2
    assert "symbolic link" in result.output


def test_links_that_lead_round_end(tmp_path: Path) -> None:
    folder = tmp_path / "s/111111111111/eu-west-1/ec2"
    folder.mkdir(parents=True)
    (folder / "describe-vpcs.json").symlink_to("describe-vpcs.json")
    (folder / "describe-subnets.json").symlink_to("describe-nat-gateways.json")
    (folder / "describe-nat-gateways.json").symlink_to("describe-subnets.json")
    (folder / "here").symlink_to(".")
    (folder / "up").symlink_to(tmp_path)
    (tmp_path / "round").symlink_to("round")
    for place in (tmp_path / "s", tmp_path / "round"):
        for command in (["validate"], ["check"], ["anonymize"]):
            ran = within_bounds(command[0], place, *([tmp_path / "out"] if command == ["anonymize"] else []))
            assert ran.exit_code == 2, ran.output
    (tmp_path / "code").mkdir()
    (tmp_path / "code/buildspec.yml").symlink_to("buildspec.yml")
    assert run("contacts", tmp_path / "code/buildspec.yml").exit_code == 2


# --- Bombs ------------------------------------------------------------------------------------------------------------

ANCHORS = "\n".join(
    ["a0: &a0 [x,x,x,x,x,x,x,x,x]"] + [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
)
BUILDSPECS = {
    "aliases": f"version: 0.2\n{ANCHORS}\nphases: {{build: {{commands: *a11}}}}\n",
    "aliases of maps": "version: 0.2\nl0: &l0 {a: b}\n" + "\n".join(
        f"l{n}: &l{n} {{<<: [{','.join([f'*l{n - 1}'] * 9)}]}}" for n in range(1, 10)) + "\n",
    "deep": "version: 0.2\nphases: " + "[" * 20_000,
    "deep maps": "version: 0.2\nphases: " + "{a: " * 20_000,
    "indented": "\n".join(" " * n + "a:" for n in range(3_000)),
    "itself": "version: 0.2\nphases: &p {build: {commands: [*p]}}\n",
    "brackets": "version: 0.2\nphases: {build: {commands: ['" + "$(" * 20_000 + "']}}\n",
    "quotes": "version: 0.2\nphases: {build: {commands: [\"" + "\\\"'`" * 10_000 + "\"]}}\n",
    "variables": "version: 0.2\nenv: {variables: {A: $A$A$A, B: $A$A$A}}\nphases: {build: {commands: ['curl $B$B']}}\n",
    "tag": "version: 0.2\nphases: !!python/object/apply:os.system ['true']\n",
}  # fmt: skip


def within_bounds(*arguments: object, seconds: float = 5) -> Result:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with within(seconds, arguments):
        result = run(*arguments)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "kilobytes"
    return result


@pytest.mark.parametrize("kind", BUILDSPECS)
def test_a_buildspec_that_unfolds(kind: str, tmp_path: Path) -> None:
    place = tmp_path / "buildspec.yml"
    place.write_text(BUILDSPECS[kind], encoding="utf-8")
    result = within_bounds("contacts", place)
    assert result.exit_code in (0, 2)


LONG = "x" * 50_000
ROUNDS = "".join(f"for v{n} in 1 2 3 4 5 6 7 8 9; do\n" for n in range(9)) + "curl https://$v1.example\n" + "done\n" * 9
MERGED = "l0: &l0 {a: b}\n" + "".join(f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 9)}]}}\n" for n in range(1, 10))
BUILDS = {
    "prerequisites": ("make all", "Makefile", f"A = {LONG}\nall: {'$(A)' * 2400}\n\tcurl https://a.example\n"),
    "a call's argument": ("make all", "Makefile", f"define f\n{'$1' * 20_000}\nendef\nall:\n\t$(call f,{LONG})\n"),
    "a call's arguments": ("make all", "Makefile", f"f = {LONG}\nall:\n\t$(call f,{'a,' * 20_000})\n"),
    "templates": ("task all", "Taskfile.yml", "version: '3'\nvars:\n" + "".join(
        f"  {name}: '{('{{.' + follower + '}}') * 1000}'\n" for name, follower in ("AB", "BC", "CD", "DE"))
        + "tasks: {all: {cmds: ['echo {{.A}}']}}\n"),
    "files that include each other": ("docker compose up", "compose.yaml",
        "include: [compose.yaml, compose.yaml, compose.yaml]\nservices: {a: {build: .}}\n"),
    "services that extend each other": ("docker compose up", "compose.yaml", "services:\n  s0: {image: a}\n" + "".join(
        f"  s{n}: {{extends: {{service: s{n - 1}, file: compose.yaml}}}}\n" for n in range(1, 300))),
    "maps that merge each other": ("docker compose up", "compose.yaml",
        f"{MERGED}services: {{a: {{image: x, <<: *l9}}}}\n"),
    "loops within loops": ("bash run.sh", "run.sh", ROUNDS),
    "instructions for later": ("docker build .", "Dockerfile", f"FROM a\n{'ONBUILD ' * 20_000}RUN x\n"),
    "here-documents": ("docker build .", "Dockerfile", "FROM a\n" + "RUN <<A <<B <<C\n" * 5_000 + "A\nB\nC\n"),
}  # fmt: skip
"""What a build's command reads: the command, the file and its text."""


@pytest.mark.parametrize("kind", BUILDS)
def test_a_build_that_unfolds(kind: str, tmp_path: Path) -> None:
    command, name, text = BUILDS[kind]
    (tmp_path / "buildspec.yml").write_text(f"version: 0.2\nphases: {{build: {{commands: ['{command}']}}}}\n")
    (tmp_path / name).write_text(text, encoding="utf-8")
    result = within_bounds("contacts", tmp_path / "buildspec.yml", "--context", tmp_path)
    assert result.exit_code == 0, result.output


def test_a_merged_map_of_a_buildspec_is_no_bomb(tmp_path: Path) -> None:
    place = tmp_path / "buildspec.yml"
    place.write_text(f"version: 0.2\n{MERGED}env: {{variables: {{<<: *l9}}}}\nphases: {{build: {{commands: [ls]}}}}\n")
    result = within_bounds("contacts", place)
    assert result.exit_code == 0, result.output


JSONS = {
    "deep arrays": b"[" * 100_000, "deep objects": b'{"a":' * 100_000,
    "long number": b'{"Vpcs": [' + b"9" * 100_000 + b"]}",
    "exponent": b'{"Vpcs": [1e999999999]}', "no UTF-8": b'{"Vpcs": "\xff\xfe"}', "half a pair": b'{"Vpcs": "\\ud800"}',
    "beyond all numbers": b'{"Vpcs": [1e400, -1e400]}', "no number": b'{"Vpcs": [NaN, Infinity]}',
    "halves of pairs as keys": b'{"\\ud800": 1, "\\udfff": 2, "Vpcs": []}', "whole numbers that overflow":
    b'{"Vpcs": [{"IsDefault": 18446744073709551616}]}', "a text of deep JSON":
    json.dumps({"Vpcs": [{"VpcId": "[" * 100_000}]}).encode(),
    "a key twice": b'{"Vpcs": [], "Vpcs": [{}]}', "wide": b'{"Vpcs": [' + b"{}," * 100_000 + b"{}]}",
}  # fmt: skip


@pytest.mark.parametrize("kind", JSONS)
@pytest.mark.parametrize("operation", ["describe-vpcs", "describe-prefix-lists"])
def test_a_file_of_json_that_hurts(kind: str, operation: str, tmp_path: Path) -> None:
    folder = tmp_path / "111111111111/eu-west-1/ec2"
    folder.mkdir(parents=True)
    (folder / f"{operation}.json").write_bytes(JSONS[kind])
    for command in ("check", "validate"):
        result = within_bounds(command, tmp_path)
        assert result.exit_code in (0, 2, 3)


def zipped(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


VPCS = "111111111111/eu-west-1/ec2/describe-vpcs.json"
ZIPS = {
    "zips in zips": lambda: zipped({"111111111111.zip": zipped({"a.zip": zipped({VPCS: b"[" * 10_000_000})})}),
    "deep names": lambda: zipped({"a/" * 20_000 + "b.json": b"{}"}),
    "a folder and a file of one name": lambda: zipped({VPCS: b"{}", f"{VPCS}/x.json": b"{}"}),
    "many names": lambda: zipped({f"111111111111/eu-west-1/ec2/describe-vpcs/{n}.json": b"" for n in range(20_000)}),
    "much of one letter": lambda: zipped({VPCS: b" " * 60_000_000 + b"{"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ZIPS)
def test_a_zip_that_unfolds(kind: str, tmp_path: Path) -> None:
    """Nothing within is unpacked but what a question reads, and that as far as it says to be."""
    (tmp_path / "s.zip").write_bytes(ZIPS[kind]())
    result = within_bounds("check", tmp_path / "s.zip")
    assert result.exit_code in (2, 3), result.output
    assert [one.name for one in tmp_path.iterdir()] == ["s.zip"]


def test_a_policy_with_a_thousand_stars_is_judged_at_once() -> None:
    star = "s3:" + "a*" * 1_000 + "b"
    policy = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": star, "Resource": "*" * 5_000}]}
    request = {"principal": {"type": "Anonymous"}, "action": "s3:" + "a" * 3_000, "context": {},
               "resource": {"arn": "arn:aws:s3:::b/k", "accountId": "111122223333"}}  # fmt: skip
    asked = json.dumps({"name": "n", "request": request, "resourcePolicy": policy})
    with within(5):
        assert run("policy", "evaluate", stdin=asked).exit_code == 0


def test_a_condition_key_of_fifty_thousand_colons_is_linted_at_once(tmp_path: Path) -> None:
    condition = {"StringEquals": {"s3" + ":" * 50_000: "x"}}
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}]}  # fmt: skip
    (tmp_path / "p.json").write_text(json.dumps(policy), encoding="utf-8")
    result = within_bounds("policy", "lint", tmp_path / "p.json", seconds=1.5)
    assert result.exit_code == 2, result.output[-300:]


def test_a_template_url_of_ten_thousand_folders_is_looked_for_at_once(tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://x/" + "a/" * 10_000 + "t"}}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": {"Nested": nested}}), encoding="utf-8")
    where = ("--region", "eu-west-1", "--account", "111122223333")
    result = within_bounds("import", "cloudformation", tmp_path / "t.json", tmp_path / "out", *where, seconds=2)
    assert result.exit_code == 0, result.output[-300:]


def test_what_a_snapshot_holds_is_opened_by_name_only() -> None:
    """Files that the format does not name are listed, not read."""
    snapshot = open_snapshot(ROOT / "snapshots/private-pipeline")
    assert all(not path.startswith(("/", "..")) for path in snapshot.paths)
