"""The files of a snapshot: which there are, what their state is, and how they are read."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from reachsim.errors import SnapshotError
from reachsim.snapshot import ERROR_SIZE, Snapshot, open_snapshot

HOME = "111111111111/us-east-1"
VPCS = f"{HOME}/ec2/describe-vpcs.json"
REPOSITORY = f"{HOME}/ecr/get-repository-policy/app.json"
BUCKET = "111111111111/global/s3api/get-bucket-policy/mine.json"
ORGANIZATION = "111111111111/global/organizations/describe-organization.json"


def error(code: object) -> bytes:
    return json.dumps({"Error": {"Code": code}}).encode()


def status(path: str, data: bytes) -> str:
    return Snapshot.of({path: data}).status(path)


# --- known, absent, refused, missing --------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b'{"Vpcs": []}', b"{", b"", b'{"Vpcs": [], "Errors": {"Code": "NoSuchVpc"}}'])
def test_a_file_without_an_error_is_an_answer(data: bytes) -> None:
    assert status(VPCS, data) == "ok"


def test_no_file_is_missing() -> None:
    assert Snapshot.of({}).status(VPCS) == "missing"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (BUCKET, "NoSuchBucketPolicy"),
        (BUCKET, "NoSuchBucket"),
        (REPOSITORY, "RepositoryPolicyNotFoundException"),
        (REPOSITORY, "RepositoryNotFoundException"),
        (f"{HOME}/ecr/get-registry-policy.json", "RegistryPolicyNotFoundException"),
        ("111111111111/global/s3control/get-public-access-block.json", "NoSuchPublicAccessBlockConfiguration"),
        ("111111111111/global/route53/get-hosted-zone/Z1.json", "NoSuchHostedZone"),
        (f"{HOME}/ec2/describe-vpc-attribute/vpc-1.enableDnsSupport.json", "InvalidVpcID.NotFound"),
        (f"{HOME}/ecs/list-services/main.json", "ClusterNotFoundException"),
        (f"{HOME}/network-firewall/describe-firewall/fw.json", "ResourceNotFoundException"),
        (ORGANIZATION, "AWSOrganizationsNotInUseException"),
    ],
)
def test_there_is_none_of_a_call_about_one_thing_is_known(path: str, code: str) -> None:
    snapshot = Snapshot.of({path: error(code)})
    assert (snapshot.status(path), snapshot.known(path)) == ("absent", True)


@pytest.mark.parametrize(
    "code",
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Throttling", "ThrottlingException",
     "RequestLimitExceeded", "InvalidInputException", "InvalidParameterException", "ValidationError",
     "UnknownOperationException", "InvalidAction", "UnrecognizedClientException", "InvalidClientTokenId",
     "ExpiredTokenException", "AuthFailure", "OptInRequired", "InternalFailure", "ServiceUnavailable",
     "MalformedPolicyDocument", "InvalidVpcID.Malformed", "NotCollected", "SomethingNew", "", "nosuchbucketpolicy",
     "NotFoundMaybe", 404, None],
)  # fmt: skip
@pytest.mark.parametrize("path", [VPCS, REPOSITORY, ORGANIZATION])
def test_any_other_code_leaves_the_question_open(path: str, code: object) -> None:
    snapshot = Snapshot.of({path: error(code)})
    assert (snapshot.status(path), snapshot.known(path)) == ("refused", False)


@pytest.mark.parametrize("code", ["NoSuchVpc", "InvalidVpcID.NotFound", "ResourceNotFoundException"])
def test_a_list_is_never_known_to_be_absent(code: str) -> None:
    assert status(VPCS, error(code)) == "refused"


@pytest.mark.parametrize("held", ["AccessDenied", None, [], 7, {"Code": {"x": 1}}])
def test_an_error_of_an_odd_form_is_a_refusal(held: object) -> None:
    assert status(REPOSITORY, json.dumps({"Error": held}).encode()) == "refused"


def test_an_error_with_a_long_message_is_still_an_error() -> None:
    data = json.dumps({"Error": {"Code": "AccessDenied", "Message": "x" * 20_000}}).encode()
    assert status(VPCS, data) == "refused"


@pytest.mark.parametrize("data", [b'{"Vpcs": []}', error("AccessDenied")])
def test_a_file_is_read_once_for_its_state_and_content(data: bytes) -> None:
    reads: list[str] = []

    def reader() -> bytes:
        reads.append(VPCS)
        return data

    asked, decoded = (Snapshot("made", {VPCS: reader}) for _ in range(2))
    assert (asked.status(VPCS), asked.read(VPCS)) == (decoded.read(VPCS) and decoded.status(VPCS), data)
    assert len(reads) == 2


def test_a_large_file_is_read_once_for_its_state_and_content() -> None:
    reads = []

    def read() -> bytes:
        reads.append(1)
        return b" " * ERROR_SIZE + b"{}"

    snapshot = Snapshot("s", {VPCS: read})
    snapshot.read(VPCS)
    assert (snapshot.status(VPCS), len(reads)) == ("ok", 1)


# --- names ----------------------------------------------------------------------------------------------------------

NAMES = {
    VPCS: True,
    BUCKET: True,
    f"{HOME}/ecr/get-repository-policy/team%2Fapp.json": True,
    "snapshot.json": False,
    "README.md": False,
    "code/app/buildspec.yml": False,
    "11111111111/us-east-1/ec2/describe-vpcs.json": False,
    "111111111111/us-east-1/describe-vpcs.json": False,
    f"{HOME}/ec2/describe-vpcs.json.bak": False,
    f"{HOME}/ec2/a/b/c.json": False,
    "x/111111111111/us-east-1/ec2/describe-vpcs.json": False,
}


@pytest.mark.parametrize(("path", "named"), NAMES.items())
def test_which_files_the_format_names(path: str, named: bool) -> None:
    assert [name for name, _ in Snapshot.of({path: b"{}"}).named()] == ([path] if named else [])


def test_files_that_the_format_does_not_name_are_still_listed() -> None:
    assert list(Snapshot.of(dict.fromkeys(NAMES, b"{}")).paths) == sorted(NAMES)


def test_homes_are_accounts_and_regions_without_global() -> None:
    snapshot = Snapshot.of(dict.fromkeys([VPCS, BUCKET, "222222222222/eu-west-1/ec2/describe-vpcs.json"], b"{}"))
    assert snapshot.homes() == (("111111111111", "us-east-1"), ("222222222222", "eu-west-1"))
    assert snapshot.accounts() == ("111111111111", "222222222222")


def test_names_of_per_resource_files_come_back_as_aws_writes_them() -> None:
    paths = [f"{HOME}/ecr/get-repository-policy/{name}.json" for name in ("app", "team%2Fapp")]
    snapshot = Snapshot.of(dict.fromkeys([*paths, VPCS], b"{}"))
    found = snapshot.children("111111111111", "us-east-1", "ecr", "get-repository-policy")
    assert list(found) == [("app", paths[0]), ("team/app", paths[1])]


# --- reading --------------------------------------------------------------------------------------------------------


def test_reading_what_is_not_there_names_it() -> None:
    with pytest.raises(SnapshotError, match=rf"^{VPCS}: expected a file, found none$"):
        Snapshot.of({}).read(VPCS)


def test_a_reader_with_a_key_error_of_its_own_is_not_taken_for_a_missing_file() -> None:
    def broken() -> bytes:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        Snapshot("s", {VPCS: broken}).read(VPCS)


def test_a_byte_order_mark_is_taken_off() -> None:
    assert Snapshot.of({VPCS: b"\xef\xbb\xbf{}"}).read(VPCS) == b"{}"


def test_holds_tells_whether_there_is_a_file() -> None:
    snapshot = Snapshot.of({VPCS: error("AccessDenied")})
    assert (snapshot.holds(VPCS), snapshot.holds(BUCKET)) == (True, False)


@pytest.mark.parametrize(
    ("data", "assumed"),
    [(None, False), (b"{}", False), (b'{"assumeDefaults": true}', True), (b'{"formatVersion": 1, "new": []}', False)],
)
def test_the_manifest(data: bytes | None, assumed: bool) -> None:
    files = {} if data is None else {"snapshot.json": data}
    assert Snapshot.of(files).manifest.assume_defaults is assumed


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"formatVersion": 2}', r"snapshot\.json#/formatVersion: expected format version 1, found 2"),
        (b"[]", r"snapshot\.json: expected a reachsim manifest"),
        (b"\xff", r"snapshot\.json: expected a reachsim manifest"),
    ],
)
def test_a_manifest_that_we_cannot_read(data: bytes, expected: str) -> None:
    with pytest.raises(SnapshotError, match=expected):
        Snapshot.of({"snapshot.json": data})


def test_a_folder_and_a_zip_of_it_hold_the_same(tmp_path: Path) -> None:
    files = {VPCS: b'{"Vpcs": []}', BUCKET: b"{}", "code/app/Dockerfile": b"FROM scratch"}
    for name, data in files.items():
        path = tmp_path / "s" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for prefix in ("", "s/"):
        with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
            for name, data in files.items():
                archive.writestr(prefix + name, data)
        for place in ("s", "s.zip"):
            snapshot = open_snapshot(tmp_path / place)
            assert {path: snapshot.read(path) for path in snapshot.paths} == files


@pytest.mark.parametrize(
    ("held", "found"),
    [
        (("README.md", "ap-northeast-1/ec2/describe-vpcs.json"), "found no file with such a name"),
        ((f"prod/{VPCS}", f"prod/{BUCKET}", f"old/test/{VPCS}"), "found snapshots below it: old/test, prod"),
        (tuple(f"{name}/{VPCS}" for name in "abcd"), "found snapshots below it: a, b, c, …"),
    ],
    ids=["an account's folder", "a folder of snapshots", "many"],
)
def test_a_folder_or_zip_of_other_files_is_no_snapshot(tmp_path: Path, held: tuple[str, ...], found: str) -> None:
    """It was taken for one that lacks everything: `validate` found no fault, and `plot` drew an empty page."""
    (tmp_path / "s").mkdir()
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr("beside.txt", b"")
        for name in held:
            path = tmp_path / "s" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"{}")
            archive.writestr(name, b"{}")
    for place in ("s", "s.zip"):
        with pytest.raises(SnapshotError) as error:
            open_snapshot(tmp_path / place)
        expected = "expected a snapshot: files named ACCOUNT/REGION/SERVICE/CALL.json"
        assert str(error.value) == f"{tmp_path / place}: {expected}, {found}"


def test_a_capture_of_which_nothing_but_the_manifest_is_there_is_a_snapshot(tmp_path: Path) -> None:
    (tmp_path / "snapshot.json").write_bytes(b'{"complete": false}')
    assert not open_snapshot(tmp_path).manifest.complete


def test_an_account_alone_in_a_zip_is_not_taken_for_the_snapshots_own_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr(VPCS, b"{}")
    assert list(open_snapshot(tmp_path / "s.zip").paths) == [VPCS]


def test_opening_reads_no_file_but_the_manifest(tmp_path: Path) -> None:
    path = tmp_path / VPCS
    path.parent.mkdir(parents=True)
    path.symlink_to("nowhere")
    snapshot = open_snapshot(tmp_path)
    assert list(snapshot.paths) == [VPCS]
    with pytest.raises(SnapshotError, match="expected a readable file"):
        snapshot.read(VPCS)
