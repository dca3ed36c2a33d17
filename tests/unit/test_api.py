"""The handle that people hold: every public name, every way to open a snapshot, and what it raises."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import reachsim
from reachsim import QuestionError, Reach, ReachsimError, SnapshotError, load, load_files

ROOT = Path(__file__).resolve().parent.parent.parent
PRIVATE = ROOT / "snapshots/private-pipeline"


def test_public_names_exist_and_others_do_not() -> None:
    for name in reachsim.__all__:
        assert getattr(reachsim, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        reachsim.nonsense  # noqa: B018
    assert issubclass(SnapshotError, ReachsimError)
    assert issubclass(QuestionError, ReachsimError)


def test_importing_is_light() -> None:
    heavy = "{'boto3', 'matplotlib', 'networkx', 'msgspec', 'click'}"
    code = f"import sys, reachsim; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, timeout=60)
    assert found.stdout == b"[]\n"


def test_a_snapshot_is_opened_from_a_folder_a_zip_and_memory(tmp_path: Path) -> None:
    files = {path.relative_to(PRIVATE).as_posix(): path.read_bytes() for path in PRIVATE.rglob("*") if path.is_file()}
    archive = tmp_path / "snapshot.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for path, data in files.items():
            target.writestr(path, data)
    expected = load(PRIVATE).check().to_json()
    for reach in (load(str(PRIVATE)), load(archive), load_files(files)):
        assert isinstance(reach, Reach)
        assert reach.check().to_json() == expected


def test_everything_takes_three_lines() -> None:
    reach = load(PRIVATE)
    verdict = reach.simulate("codebuild:app-build", "ecr.dkr", protocol="tcp", port=443)
    assert (verdict.outcome, verdict.route) == ("allowed", "private")
    assert reach.check(["codebuild:app-build"]).matrix[0].source == "codebuild:app-build"
    assert reach.label("i-08c6c51c9a0f8ac94") == "i-08c6c51c9a0f8ac94 (git-client)"
    assert reach.label("nothing") == "nothing"


def test_scenarios_are_the_walks_behind_a_verdict() -> None:
    reach = load(PRIVATE)
    walks = [flow for one in reach.scenarios("codebuild:app-build", "s3", "tcp", 443) for flow in one.flows]
    assert {flow.outcome for flow in walks} == {"allowed"}
    verdict = reach.simulate("codebuild:app-build", "s3", protocol="tcp", port=443)
    assert len(verdict.paths) == len({flow.hops for flow in walks})


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"source": "codebuild:nobody"}, "NO_SOURCE_OR_DESTINATION"),
        ({"source": "s3"}, "BAD_SOURCE"),
        ({"destination": "nonsense"}, "UNKNOWN_SERVICE"),
        ({"destination": ""}, "BAD_SELECTOR"),
        ({"protocol": "tpc"}, "BAD_PROTOCOL"),
        ({"protocol": 256}, "BAD_PROTOCOL"),
        ({"protocol": "tcp", "port": 65536}, "BAD_PORT"),
        ({"protocol": "icmp", "port": 256}, "BAD_PORT"),
        ({"protocol": 47, "port": 1}, "BAD_PORT"),
        ({"family": "ipv5"}, "BAD_FAMILY"),
        ({"layers": ["nonsense"]}, "BAD_LAYER"),
    ],
)
def test_questions_that_cannot_be_asked(arguments: dict[str, object], code: str) -> None:
    question: dict[str, object] = {"source": "codebuild:app-build", "destination": "s3", **arguments}
    with pytest.raises(QuestionError) as error:
        load(PRIVATE).simulate(**question)  # type: ignore[arg-type]
    assert error.value.code == code
    assert len(str(error.value).splitlines()) == 1


def test_names_of_protocols_are_numbers_too() -> None:
    reach = load(PRIVATE)
    ask = ("codebuild:app-build", "s3")
    first, *others = (reach.simulate(*ask, protocol=one, port=443).paths for one in ("tcp", "TCP", 6, "6"))
    assert all(other == first for other in others)


def test_nothing_there(tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere", ROOT / "README.md"):
        with pytest.raises(SnapshotError) as error:
            load(place)
        assert len(str(error.value).splitlines()) == 1
