"""Every parser as a function of bytes, with seeds. What it raises besides `EXPECTED` is a fault of reachsim."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from click.testing import CliRunner

from reachsim import Reach, ReachsimError, load, load_files, policy
from reachsim.answers import Answers
from reachsim.cli import group
from reachsim.cli.options import harmless
from reachsim.cli.policy import answered
from reachsim.cli.query import answer
from reachsim.config import read_config
from reachsim.importers import (
    import_awscli,
    import_batfish,
    import_cloudformation,
    import_config,
    import_terraform,
)
from reachsim.patch import apply, read_patch
from reachsim.pipeline import buildspec
from reachsim.pipeline.contacts import contacts_of
from reachsim.policy.lint import lint
from reachsim.snapshot import Snapshot, open_snapshot
from tests.importers.test_terraform_twins import plan, state
from tests.unit.test_import_config import ITEMS
from tests.unit.test_import_config_kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
CORPUS = Path(__file__).resolve().parent / "corpus"
EXPECTED = (ReachsimError, policy.PolicyError)
Seed = tuple[str, bytes]
"""What the bytes are (a file's name, say), which is not broken, and the bytes, which are."""


class Target(NamedTuple):
    """``seconds``: what any input may take, since a target does more than parse it: a whole check, say."""

    run: Callable[[str, bytes], object]
    seeds: Callable[[], list[Seed]]
    seconds: float = 1.0


def tree(folder: Path) -> dict[str, bytes]:
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()}


@contextmanager
def written(files: dict[str, bytes]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        for path, data in files.items():
            place = Path(name, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        yield Path(name)


# --- snapshots --------------------------------------------------------------------------------------------------------


@cache
def snapshot() -> dict[str, bytes]:
    return tree(ROOT / "snapshots/broken-pipeline")


def run_snapshot(path: str, data: bytes) -> None:
    reach = load_files({**snapshot(), path: data})
    reach.simulate("codebuild:app-build", "ecr.dkr", protocol="tcp", port=443)
    reach.simulate("codebuild:app-build", "s3", requests=[{"action": "s3:GetObject"}])
    if len(data) % 8 == 0:  # eight times as slow as the rest
        reach.check()


BUILD: Final = "codebuild:app-build"
COMMANDS: Final = (
    ("check", "{}"), ("trace", "{}", "--from", "internet", "--to", BUILD), ("names", "{}", "--from", BUILD),
    ("matrix", "{}", "--blocked"), ("export", "{}"), ("export", "{}", "--of", "matrix", "--format", "csv"),
    ("plot", "{}", "-o", "OUT.svg"), ("report", "{}", "-o", "OUT.html"), ("fix", "{}"), ("validate", "{}"),
    ("whatif", "{}", "--remove", "vpce-0fb6de72b0b3f3043"), ("anonymize", "{}", "OUT", "--key", "k"),
    ("diff", "{}", "WHOLE", "--gate"), ("diff", "WHOLE", "{}", "--format", "html"),
    ("check", "{}", "--format", "sarif"),
)  # fmt: skip
"""What is asked of a snapshot on the command line, besides what `run_snapshot` asks."""


def run_commands(path: str, data: bytes) -> None:
    with written({f"s/{name}": one for name, one in {**snapshot(), path: data}.items()}) as folder:
        named = {"{}": str(folder / "s"), "WHOLE": str(ROOT / "snapshots/broken-pipeline")}
        line = [named.get(one, one.replace("OUT", str(folder / "out"))) for one in COMMANDS[len(data) % len(COMMANDS)]]
        ran = CliRunner().invoke(group, line)
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        odd = {one for one in ran.stderr if not one.isprintable() and one != "\n"}
        assert ran.exit_code in (0, 1, 2, 3), ran.exit_code
        assert not odd, odd
        assert ran.exit_code != 2 or (ran.output and not list(folder.glob("out*"))), "half of an answer"


def run_zip(_: str, data: bytes) -> None:
    with written({"s.zip": data}) as folder:
        found = open_snapshot(folder / "s.zip")
        for path in found.paths:
            found.read(path)


def zips() -> list[Seed]:
    made = []
    for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", kind) as archive:
            for path, data in list(snapshot().items())[:6]:
                archive.writestr(path, data)
        made.append(("", held.getvalue()))
    return made


def run_validate(path: str, data: bytes) -> None:
    from reachsim.collect.validate import validate

    validate(Snapshot.of({path: data}))


# --- questions and settings -------------------------------------------------------------------------------------------


@cache
def reach() -> Reach:
    return load(ROOT / "snapshots/broken-pipeline")


def run_query(_: str, data: bytes) -> None:
    answers = Answers(reach())
    for line in data.splitlines():
        json.loads(answer(answers, line)[0])


def questions() -> list[Seed]:
    base = {"id": 1, "source": "codebuild:app-build", "destination": "s3", "protocol": "tcp", "port": 443}
    more: list[dict[str, Any]] = [
        base,
        {**base, "requests": [{"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "context": {"a": ["b"]}}]},
        {**base, "source": "internet", "destination": "ip:10.0.0.0/8", "protocol": "icmp", "port": 8, "family": "ipv4"},
        {**base, "destination": "host:proxy.golang.org", "layers": ["network"]},
    ]  # fmt: skip
    return [("", json.dumps(one).encode()) for one in more]


def run_config(_: str, data: bytes) -> None:
    with written({"reachsim.toml": data}) as folder:
        read_config(folder / "reachsim.toml")


CONFIG = b"""snapshot = "snapshots/prod"
[pipeline]
projects = ["app-build"]
clients = ["i-1"]
[code]
app-build = "../app"
[hosts]
"mirror.example.com" = ["10.0.3.9"]
[[expect]]
from = "codebuild:app-build"
to = "internet"
outcome = "blocked"
[[accept]]
id = "PUBLIC_EGRESS_POSSIBLE"
component = "nat-1"
reason = "x"
until = 2027-03-31
"""


def run_patch(_: str, data: bytes) -> None:
    apply(Snapshot.of(snapshot()), read_patch(data))


def patches() -> list[Seed]:
    file = next(path for path in snapshot() if path.endswith("describe-route-tables.json"))
    operations = [
        {"op": "remove", "path": "/RouteTables/0/Routes/0"}, {"op": "add", "path": "/RouteTables/-", "value": {}},
        {"op": "replace", "path": "/RouteTables/0/VpcId", "value": "x"},
        {"op": "move", "from": "/RouteTables/0", "path": "/RouteTables/1"},
        {"op": "copy", "from": "/RouteTables/0", "path": "/RouteTables/1"},
        {"op": "test", "path": "/RouteTables/0/VpcId", "value": "x"},
    ]  # fmt: skip
    document = {"format": 1, "why": "x", "edits": [{"file": file, "patch": operations}]}
    return [("", json.dumps(document).encode())]


# --- policies ---------------------------------------------------------------------------------------------------------


def run_policy(_: str, data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    lint(text)
    document = policy.parse(text)
    policy.is_public(document)
    role = policy.Principal.parse("arn:aws:iam::111122223333:role/r")
    request = policy.Request(role, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333", {"aws:SourceVpce": "vpce-1"})
    for kind in ("identity", "resource"):
        policy.judge(document, request, kind)  # type: ignore[arg-type]


def policies() -> list[Seed]:
    lines = (ROOT / "tests/policy_cases/cases.jsonl").read_text(encoding="utf-8").splitlines()
    found = []
    for case in map(json.loads, lines):
        for value in case.values():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict) and "Statement" in one:
                    found.append(("", json.dumps(one).encode()))
    return found


def run_evaluate(_: str, data: bytes) -> None:
    """As the command does line by line; not through a `CliRunner`, each of whose outputs click keeps for ever."""
    for line in io.BytesIO(data):
        if line.strip():
            harmless(json.dumps(answered(line), ensure_ascii=False))


def cases() -> list[Seed]:
    lines = (ROOT / "tests/policy_cases/cases.jsonl").read_bytes().splitlines()
    return [("", line) for line in lines]


# --- builds -----------------------------------------------------------------------------------------------------------


@cache
def builds() -> dict[str, dict[str, bytes]]:
    folder = ROOT / "tests/contacts/cases"
    found = {one.name: tree(one) for one in sorted(folder.iterdir()) if one.is_dir()}
    for files in found.values():
        files.pop("expected.json", None)
    return {name: files for name, files in found.items() if "buildspec.yml" in files}


def run_build(path: str, data: bytes) -> None:
    case, _, name = path.partition("/")
    files = {**builds()[case], name: data}
    contacts_of(files["buildspec.yml"], files)


def part(path: str) -> str:
    """The target that a file of a build belongs to."""
    name = path.rpartition("/")[2]
    return "buildspec" if name == "buildspec.yml" else "dockerfile" if name in DOCKERFILES else "build-files"


DOCKERFILES = ("Dockerfile", "Containerfile", "app.Dockerfile", "base.Dockerfile", "Dockerfile.mirror")


def build_files(wanted: str) -> list[Seed]:
    return [
        (f"{case}/{path}", data) for case, files in builds().items() for path, data in files.items()
        if part(path) == wanted
    ]  # fmt: skip


CALLING = b"version: 0.2\nphases:\n  build:\n    commands:\n      - bash script.sh\n"


def run_shell(_: str, data: bytes) -> None:
    contacts_of(CALLING, {"script.sh": data})


def scripts() -> list[Seed]:
    """The shell scripts of the builds and, one script for each buildspec, their commands."""
    found = [data for files in builds().values() for path, data in files.items() if path.endswith(".sh")]
    for files in builds().values():
        try:
            phases = buildspec.parse(files["buildspec.yml"]).phases
        except ReachsimError:
            continue
        found.append("\n".join(text for phase in phases for text, _ in phase.commands).encode())
    return [("", one) for one in found]


def written_for(kind: str) -> Callable[[], list[Seed]]:
    """The inputs in a folder of their own, which is what no other test has of this kind."""
    return lambda: [("", data) for data in tree(ROOT / "tests/fuzz/seeds" / kind).values()]


def run_powershell(_: str, data: bytes) -> None:
    run_in("powershell.exe", data)


def run_cmd(_: str, data: bytes) -> None:
    run_in("cmd.exe", data)


def run_in(shell: str, data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    spec = {"version": 0.2, "env": {"shell": shell}, "phases": {"build": {"commands": [text]}}}
    contacts_of(json.dumps(spec).encode(), {})


RUNNING: Final = b"version: 0.2\nphases:\n  build:\n    commands:\n      - python script.py\n"


def run_python(_: str, data: bytes) -> None:
    contacts_of(RUNNING, {"script.py": data})


BAKING: Final = b"version: 0.2\nphases:\n  build:\n    commands:\n      - docker buildx bake\n"


def run_bake(_: str, data: bytes) -> None:
    contacts_of(BAKING, {"docker-bake.hcl": data, "Dockerfile": b"FROM golang:1.22\nRUN go build\n"})


def bakes() -> list[Seed]:
    place = ROOT / "tests/contacts/cases/buildx-bake/docker-bake.hcl"
    return [("", place.read_bytes()), *written_for("bake")()]


def run_log(_: str, data: bytes) -> None:
    reach().diagnose(data, source="codebuild:app-build")


# --- imports ----------------------------------------------------------------------------------------------------------


def run_terraform(_: str, data: bytes) -> None:
    with written({"plan.json": data}) as folder:
        import_terraform(folder / "plan.json", folder / "out", region="eu-west-1", account="111122223333")


def plans() -> list[Seed]:
    with tempfile.TemporaryDirectory() as name:
        return [("", make("private-pipeline", Path(name)).read_bytes()) for make in (plan, state)]


def run_cloudformation(name: str, data: bytes) -> None:
    with written({name: data}) as folder:
        import_cloudformation(folder / name, folder / "out", region="eu-west-1", account="111122223333")


def templates() -> list[Seed]:
    folder = ROOT / "tests/data/cloudformation"
    kinds = (".yaml", ".yml", ".json")
    return [(f"t{one.suffix}", one.read_bytes()) for one in sorted(folder.rglob("*")) if one.suffix in kinds]


def run_dump(path: str, data: bytes) -> None:
    with written({path: data}) as folder:
        import_batfish(folder, folder / "out")


def dumps() -> list[Seed]:
    found = tree(ROOT / "tests/data/aws-cli-dumps")
    return [(path.split("/", 1)[1], data) for path, data in found.items() if path.count("/") > 1]


def run_answers(path: str, data: bytes) -> None:
    with written({f"in/{path}": data}) as folder:
        import_awscli(folder / "in", folder / "out")


def answers() -> list[Seed]:
    return [
        (path, data) for path, data in snapshot().items() if path.endswith(".json") and not path.startswith("code/")
    ]


def run_items(_: str, data: bytes) -> None:
    with written({"items.json": data}) as folder:
        import_config(folder / "items.json", folder / "out")


def items() -> list[Seed]:
    return [("", json.dumps({"configurationItems": some}).encode()) for some in (ITEMS, KINDS)]


# --- records of reality -----------------------------------------------------------------------------------------------


def run_flows(_: str, data: bytes) -> None:
    with written({"flows": data}) as folder:
        reach().verify(flow_logs=[folder / "flows"])


def flows() -> list[Seed]:
    eni = next(iter(reach().network.interfaces))
    own = next(iter(reach().network.network_interfaces.values())).private_ip_address
    line = f"2 111111111111 {eni} 10.0.0.1 {own} 40000 443 6 1 1 1 2 ACCEPT OK\n"
    head = "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status tcp-flags\n"  # noqa: E501
    event = {"events": [{"timestamp": 1, "message": line}]}
    fields = {
        "interfaceId": eni,
        "srcAddr": "10.0.0.1",
        "dstAddr": own,
        "dstPort": 443,
        "protocol": 6,
        "action": "ACCEPT",
    }
    by_field = {"results": [[{"field": name, "value": str(value)} for name, value in fields.items()]]}
    table = "\n".join(",".join(f'"{one}"' for one in row) for row in (head.split(), [*line.split(), "2"]))
    texts = [
        line * 3,
        head + line[:-1] + " 18\n",
        table,
        f"@timestamp,@message\n1,{line}",
        f"1970-01-01T00:00:00Z {line}",
    ]
    documents = [event, by_field, [fields], {"message": line}]
    return [("", one.encode()) for one in (*texts, *map(json.dumps, documents))]


def run_insights(_: str, data: bytes) -> None:
    with written({"insights.json": data}) as folder:
        reach().verify(insights=[folder / "insights.json"])


def insights() -> list[Seed]:
    eni = next(iter(reach().network.interfaces))
    path = {"NetworkInsightsPathId": "nip-1", "Source": eni, "Destination": "igw-1", "Protocol": "tcp",
            "FilterAtSource": {"DestinationAddress": "8.8.8.8",
                               "DestinationPortRange": {"FromPort": 1, "ToPort": 1}}}  # fmt: skip
    analysis = {"NetworkInsightsAnalysisId": "nia-1", "NetworkInsightsPathId": "nip-1", "Status": "succeeded",
                "NetworkPathFound": False, "Explanations": [{"ExplanationCode": "NO_PATH"}], "ForwardPathComponents": [
                    {"Component": {"Id": eni}, "OutboundHeader": {"Protocol": "6", "DestinationPortRanges": [
                        {"From": 1, "To": 1}]}}]}  # fmt: skip
    finding = {"FindingId": "f", "FindingComponents": [
        {"SequenceNumber": 1, "Component": {"Id": eni}, "OutboundHeader": {
            "Protocol": "6", "DestinationAddresses": ["8.0.0.0/7"], "DestinationPortRanges": [{"From": 1, "To": 9}],
            "SourcePortRanges": [{"From": 0, "To": 65535}]}},
        {"SequenceNumber": 2, "Component": {"Id": "igw-1"}}]}  # fmt: skip
    scan = {"NetworkInsightsAccessScopeAnalysisId": "nisa-1", "NetworkInsightsAccessScopeId": "nis-1",
            "Status": "succeeded", "FindingsFound": "false"}  # fmt: skip
    end = {"ResourceStatement": {"Resources": [eni], "ResourceTypes": ["AWS::EC2::InternetGateway"]}}
    scope = {"NetworkInsightsAccessScopeId": "nis-1", "MatchPaths": [{"Source": end, "Destination": end}]}
    return [("", json.dumps(one).encode()) for one in (
        {"NetworkInsightsPaths": [path], "NetworkInsightsAnalyses": [analysis]},
        {"AnalysisFindings": [finding], "NetworkInsightsAccessScopeAnalysisId": "nisa-2"},
        {"NetworkInsightsAccessScopeAnalyses": [scan], "NetworkInsightsAccessScopeContent": scope},
    )]  # fmt: skip


TARGETS: dict[str, Target] = {
    "snapshot": Target(run_snapshot, lambda: list(snapshot().items())),
    "commands": Target(run_commands, lambda: list(snapshot().items()), 6.0),
    "zip": Target(run_zip, zips),
    "validate": Target(run_validate, answers),
    "query": Target(run_query, questions),
    "config": Target(run_config, lambda: [("", CONFIG)]),
    "patch": Target(run_patch, patches),
    "policy": Target(run_policy, policies),
    "evaluate": Target(run_evaluate, cases),
    "buildspec": Target(run_build, lambda: build_files("buildspec")),
    "dockerfile": Target(run_build, lambda: build_files("dockerfile")),
    "build-files": Target(run_build, lambda: build_files("build-files")),
    "shell": Target(run_shell, scripts),
    "powershell": Target(run_powershell, written_for("powershell")),
    "cmd": Target(run_cmd, written_for("cmd")),
    "python": Target(run_python, written_for("python")),
    "bake": Target(run_bake, bakes),
    "log": Target(run_log, lambda: [("", data) for data in tree(ROOT / "tests/diagnose/logs").values()]),
    "terraform": Target(run_terraform, plans),
    "cloudformation": Target(run_cloudformation, templates),
    "batfish": Target(run_dump, dumps),
    "awscli": Target(run_answers, answers),
    "aws-config": Target(run_items, items),
    "flow-logs": Target(run_flows, flows),
    "insights": Target(run_insights, insights),
}  # fmt: skip
