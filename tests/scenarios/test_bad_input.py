"""Bad input, through the command line: one clear line and exit code 2, or an honest "unknown"; never a traceback."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import socket
import stat
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reachsim import load, load_files
from reachsim.cli import group as cli
from reachsim.errors import ReachsimError
from reachsim.report.text import render_check
from reachsim.snapshot import open_snapshot
from tests.build import Build

ROOT = Path(__file__).resolve().parent.parent.parent
PIPELINE = ROOT / "snapshots/private-pipeline"
HOME = "111111111111/ap-northeast-1"
VPCS = f"{HOME}/ec2/describe-vpcs.json"
SUBNETS = f"{HOME}/ec2/describe-subnets.json"
ROUTE_TABLES = f"{HOME}/ec2/describe-route-tables.json"
ENDPOINTS = f"{HOME}/ec2/describe-vpc-endpoints.json"
PROJECTS = f"{HOME}/codebuild/batch-get-projects.json"
QUESTION = {"id": "q", "source": "codebuild:app-build", "destination": "ecr.api", "protocol": "tcp", "port": 443}


@dataclass(frozen=True)
class Run:
    exit_code: int
    stdout: str
    stderr: str


def run(*arguments: str, lines: bytes | str = b"") -> Run:
    """One command; fails the test if it ends in a traceback."""
    result = CliRunner().invoke(cli, [*arguments], input=lines)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.stderr
    return Run(result.exit_code, result.stdout, result.stderr)


def commands(place: Path) -> list[Run]:
    """``check``, ``trace`` and ``query`` of one snapshot."""
    return [
        run("check", str(place)),
        run("trace", str(place), "--from", "codebuild:app-build", "--to", "ecr.api"),
        run("query", str(place), lines=json.dumps(QUESTION)),
    ]


def refused(place: Path, *words: str) -> None:
    """Every command says in one line what is wrong, and ends with 2."""
    for one in commands(place):
        assert (one.exit_code, one.stdout) == (2, "")
        assert one.stderr.startswith("reachsim: error: ")
        assert one.stderr.count("\n") == 1
        assert one.stderr.rstrip("\n").isprintable()
        for word in words:
            assert word in one.stderr


def undecided(place: Path, *files: str) -> None:
    """Every command says "unknown" and names the files that would decide."""
    check, trace, query = commands(place)
    assert (check.exit_code, trace.exit_code, query.exit_code) == (3, 3, 0)
    answer = json.loads(query.stdout)
    assert answer["outcome"] == "unknown"
    for file in files:
        assert file in answer["missing"]
        assert file in trace.stdout
        assert file in check.stdout


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    """A private copy of the private pipeline, which is private and works."""
    return Path(shutil.copytree(PIPELINE, tmp_path / "pipeline"))


def change(place: Path, file: str, edit: Callable[[Any], Any]) -> None:
    path = place / file
    held = json.loads(path.read_text(encoding="utf-8"))
    edited = edit(held)
    path.write_text(json.dumps(held if edited is None else edited), encoding="utf-8")


def write(net: Build, folder: Path) -> Path:
    return net.write(folder / "net")


def test_the_pipeline_is_fine_before_anything_is_broken(pipeline: Path) -> None:
    assert [one.exit_code for one in commands(pipeline)] == [0, 0, 0]


# --- files that are no JSON -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "truncated"),
        (b'{"Vpcs": [{"VpcId": "vpc-1"', "truncated"),
        (b"Unable to locate credentials", "malformed"),
        (b'{"Vpcs": []} {"Vpcs": []}', "trailing characters"),
        (b'{"Vpcs": [{"VpcId": "vpc-\xff"}]}', "0xff"),
        (b'{"Vpcs": [{"VpcId": "vpc-1", "Weight": NaN}]}', "malformed"),
        (b'{"Vpcs": [{"VpcId": "vpc-1", "Weight": -Infinity}]}', "malformed"),
        ('{"Vpcs": []}'.encode("utf-16"), "UTF-16"),
        (b'{"Vpcs": [], "Deep": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", "nested too deeply"),
        (b'{"Deep": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}", "nested too deeply"),
        (b"[" * 10_000, "found array"),
        (b"\x00" * 64, "malformed"),
    ],
    ids=lambda value: ascii(value)[:30] if isinstance(value, bytes) else None,
)
def test_a_file_that_is_no_json(pipeline: Path, content: bytes, found: str) -> None:
    (pipeline / VPCS).write_bytes(content)
    refused(pipeline, VPCS, found)


def test_a_byte_order_mark_is_no_fault(pipeline: Path) -> None:
    path = pipeline / VPCS
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert [one.exit_code for one in commands(pipeline)] == [0, 0, 0]


def test_every_faulty_file_is_named(pipeline: Path) -> None:
    for file in (VPCS, SUBNETS):
        (pipeline / file).write_bytes(b"{")
    lines = run("check", str(pipeline)).stderr.splitlines()
    assert [line.split(": ")[2] for line in lines] == [VPCS, SUBNETS]


# --- wrong types ----------------------------------------------------------------------------------------------------


def put(value: Any, *keys: str | int) -> Callable[[Any], None]:
    """An edit that sets one value deep inside a document."""

    def edit(held: Any) -> None:
        for key in keys[:-1]:
            held = held[key]
        held[keys[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("file", "keys", "value", "expected", "found"),
    [
        (VPCS, ("Vpcs",), None, "array", "null"),
        (VPCS, ("Vpcs",), "vpc-1", "array", "str"),
        (VPCS, ("Vpcs",), {"VpcId": "vpc-1"}, "array", "object"),
        (VPCS, ("Vpcs", 0), None, "object", "null"),
        (VPCS, ("Vpcs", 0, "VpcId"), 7, "str", "int"),
        (VPCS, ("Vpcs", 0, "CidrBlock"), "10.0.0.0/99", "a CIDR block", "'10.0.0.0/99'"),
        (VPCS, ("Vpcs", 0, "CidrBlock"), ["10.0.0.0/16"], "a CIDR block", "array"),
        (VPCS, ("Vpcs", 0, "CidrBlockAssociationSet", 0, "CidrBlockState", "State"), {}, "str", "object"),
        (ROUTE_TABLES, ("RouteTables", 0, "Routes"), {}, "array", "object"),
        (ROUTE_TABLES, ("RouteTables", 0, "Routes", 0, "DestinationCidrBlock"), "all", "a CIDR block", "'all'"),
        (ROUTE_TABLES, ("RouteTables", 0, "Associations", 0, "Main"), "true", "bool", "str"),
        (ENDPOINTS, ("VpcEndpoints", 0, "SubnetIds"), "subnet-1", "array", "str"),
        (ENDPOINTS, ("VpcEndpoints", 0, "PrivateDnsEnabled"), 1, "bool", "int"),
        (f"{HOME}/ec2/describe-security-groups.json", ("SecurityGroups", 1, "IpPermissionsEgress", 0, "FromPort"),
         "443", "int", "str"),
        (f"{HOME}/ec2/describe-security-groups.json", ("SecurityGroups", 1, "IpPermissionsEgress", 0, "FromPort"),
         4.5, "int", "float"),
        (f"{HOME}/ec2/describe-network-acls.json", ("NetworkAcls", 0, "Entries", 0, "Egress"), None, "bool", "null"),
        (f"{HOME}/ec2/describe-network-interfaces.json", ("NetworkInterfaces", 0, "PrivateIpAddresses", 0,
         "PrivateIpAddress"), "10.0.0.300", "an IP address", "'10.0.0.300'"),
        (PROJECTS, ("projects", 0, "vpcConfig"), [], "object", "array"),
        (PROJECTS, ("projects", 0, "vpcConfig", "subnets"), "subnet-1", "array", "str"),
        (f"{HOME}/ec2/describe-dhcp-options.json", ("DhcpOptions", 0, "DhcpConfigurations", 0, "Values", 0), "x",
         "object", "str"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_type(
    pipeline: Path, file: str, keys: tuple[str | int, ...], value: object, expected: str, found: str
) -> None:
    change(pipeline, file, put(value, *keys))
    pointer = "".join(f"/{key}" for key in keys)
    refused(pipeline, f"{file}#{pointer}: expected {expected}", f"found {found}")


def test_a_record_without_its_id(pipeline: Path) -> None:
    change(pipeline, SUBNETS, lambda held: held["Subnets"][1].pop("SubnetId") and None)
    refused(pipeline, f"{SUBNETS}#/Subnets/1: expected the key SubnetId, found none")


@pytest.mark.parametrize("held", [{}, {"vpcs": []}, {"Message": "rate exceeded"}])
def test_an_answer_without_its_key(pipeline: Path, held: object) -> None:
    change(pipeline, VPCS, lambda _: held)
    refused(pipeline, f"{VPCS}: expected an object with the key Vpcs")


def test_transit_gateway_routes_without_their_key_are_not_an_empty_table(tmp_path: Path) -> None:
    net, *_ = transit()
    net.put("ec2/search-transit-gateway-routes/tgw-rtb-1", {})
    refused(write(net, tmp_path), "search-transit-gateway-routes/tgw-rtb-1.json: expected the key Routes, found none")


VALUES: list[object] = [
    None, True, 0, -1, 10**30, 1.5, "", "x", "\x1b[2J", "10.0.0.0/8", "::/0", "10.0.0.1", [], [None], ["x"], {},
    {"x": 1}, "*", "active", "failed", "deleted", "-1", "300", 65536,
]  # fmt: skip


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a document, as keys from the top."""
    if at:
        yield at
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in pairs:
        yield from places(below, (*at, key))


@pytest.mark.parametrize("seed", range(4))
def test_no_value_anywhere_makes_a_traceback(seed: int) -> None:
    """Values of all kinds put at places all over the snapshot: an answer, or one of our errors."""
    rng = random.Random(seed)
    files = {one.relative_to(PIPELINE).as_posix(): one.read_bytes() for one in PIPELINE.rglob("*") if one.is_file()}
    documents = {name: json.loads(data) for name, data in files.items() if name.endswith(".json")}
    for _ in range(25):
        name = rng.choice([name for name, held in documents.items() if any(places(held))])
        held = json.loads(files[name])
        put(rng.choice(VALUES), *rng.choice(list(places(held))))(held)
        with contextlib.suppress(ReachsimError):
            reach = load_files(files | {name: json.dumps(held).encode()})
            render_check(reach.check(), reach)
            for target in ("ecr.api", "s3:app-artifacts-111111111111-ap-northeast-1/x"):
                reach.simulate("codebuild:app-build", target, protocol="tcp", port=443)


POLICIES = [
    "111111111111/global/organizations/describe-organization.json",
    f"{HOME}/ecr/get-repository-policy/app.json",
]


@pytest.mark.parametrize("file", POLICIES)
@pytest.mark.parametrize("content", [b"", b"{", b'{"Deep": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"])
def test_a_policy_file_that_is_no_json(pipeline: Path, file: str, content: bytes) -> None:
    (pipeline / file).write_bytes(content)
    image = {"action": "ecr:BatchGetImage", "resource": "arn:aws:ecr:ap-northeast-1:111111111111:repository/app"}
    found = run("query", str(pipeline), lines=json.dumps(QUESTION | {"requests": [image]}))
    assert found.exit_code == 2
    assert json.loads(found.stdout)["error"]["message"].startswith(f"{file}: expected ")


# --- files that are not there, or hold an error ---------------------------------------------------------------------

NEEDED = [
    *(f"{HOME}/ec2/describe-{what}.json"
      for what in ("subnets", "route-tables", "network-acls", "security-groups", "network-interfaces", "vpc-endpoints",
                   "dhcp-options")),
    f"{HOME}/route53resolver/list-resolver-rules.json",
    "111111111111/global/route53/list-hosted-zones.json",
]  # fmt: skip
REFUSALS = [
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "ThrottlingException", "RequestLimitExceeded",
    "InvalidInputException", "InvalidParameterValue", "ValidationException", "UnknownOperationException",
    "InvalidAction", "UnrecognizedClientException", "ExpiredToken", "AuthFailure", "OptInRequired", "InternalError",
    "NotCollected", "BrandNewCode", "", "NoSuchVpc", "InvalidVpcID.NotFound", "ResourceNotFoundException",
]  # fmt: skip


@pytest.mark.parametrize("file", NEEDED)
def test_a_missing_file_is_named(pipeline: Path, file: str) -> None:
    (pipeline / file).unlink()
    undecided(pipeline, file)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_list_that_was_refused_is_never_an_empty_list(pipeline: Path, code: str) -> None:
    change(pipeline, ROUTE_TABLES, lambda _: {"Error": {"Code": code, "Message": "x"}})
    undecided(pipeline, ROUTE_TABLES)


@pytest.mark.parametrize("error", ["AccessDenied", None, {}, {"Code": 5}, {"Code": None}, {"Message": "x" * 5000}])
def test_an_error_of_an_odd_form_is_a_refusal(pipeline: Path, error: object) -> None:
    change(pipeline, ROUTE_TABLES, lambda _: {"Error": error})
    undecided(pipeline, ROUTE_TABLES)


def test_no_single_file_that_is_lost_turns_the_answer_round(pipeline: Path) -> None:
    """Whatever file is missing or refused: private-and-working stays so, or becomes undecided."""
    held = {one.relative_to(pipeline).as_posix(): one.read_bytes() for one in pipeline.rglob("*") if one.is_file()}
    for file in held:
        for content in (None, b'{"Error": {"Code": "InvalidInputException"}}'):
            files = {name: data for name, data in held.items() if name != file}
            if content is not None and not file.startswith("code/"):
                files[file] = content
            assert load_files(files).check().exit_code in (0, 3), file


@pytest.mark.parametrize("make", ["nothing", "account", "region"])
def test_an_empty_snapshot_is_undecided(tmp_path: Path, make: str) -> None:
    folder = {"nothing": ".", "account": "111111111111", "region": "111111111111/us-east-1/ec2"}[make]
    (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    check, trace, query = commands(tmp_path)
    assert (check.exit_code, trace.exit_code, query.exit_code) == (3, 3, 0)
    assert json.loads(query.stdout)["outcome"] == "unknown"


def test_a_folder_of_snapshots_is_none(tmp_path: Path, pipeline: Path) -> None:
    shutil.copytree(pipeline, tmp_path / "all" / "prod")
    refused(tmp_path / "all", "all: expected a snapshot: files named ACCOUNT/REGION/SERVICE/CALL.json", "prod")


def test_a_file_where_a_folder_should_be_is_the_same_as_no_folder(pipeline: Path) -> None:
    shutil.rmtree(pipeline / HOME / "route53resolver")
    (pipeline / HOME / "route53resolver").write_text("{}")
    undecided(pipeline, f"{HOME}/route53resolver/list-firewall-rule-group-associations.json")


def test_a_folder_where_a_file_should_be_is_the_same_as_no_file(pipeline: Path) -> None:
    (pipeline / ROUTE_TABLES).unlink()
    (pipeline / ROUTE_TABLES).mkdir()
    undecided(pipeline, ROUTE_TABLES)


@pytest.mark.parametrize("name", ["nowhere", "file.json", "file.zip"])
def test_a_snapshot_that_is_none(tmp_path: Path, name: str) -> None:
    if name != "nowhere":
        (tmp_path / name).write_bytes(b"{}")
    refused(tmp_path / name, name, "expected a snapshot directory or .zip file")


def test_a_file_that_cannot_be_read_is_named(pipeline: Path) -> None:
    (pipeline / VPCS).unlink()
    (pipeline / VPCS).symlink_to("/proc/self/mem" if Path("/proc/self/mem").exists() else "/dev/full")
    refused(pipeline, VPCS, "expected a readable file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_in_the_place_of_a_file_does_not_hang(pipeline: Path) -> None:
    (pipeline / VPCS).unlink()
    os.mkfifo(pipeline / VPCS)
    refused(pipeline, VPCS, "a pipe, socket or device")


def test_an_endless_device_in_the_place_of_a_file_is_not_read(pipeline: Path) -> None:
    (pipeline / VPCS).unlink()
    (pipeline / VPCS).symlink_to("/dev/zero")
    refused(pipeline, VPCS, "a symbolic link that leaves the snapshot")


def test_a_dangling_link_is_named(pipeline: Path) -> None:
    (pipeline / VPCS).unlink()
    (pipeline / VPCS).symlink_to("nowhere.json")
    refused(pipeline, VPCS, "No such file")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no such sockets here")
def test_a_socket_as_the_snapshot_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("snapshot.zip")
        refused(Path("snapshot.zip"), "snapshot.zip", "expected a snapshot directory or .zip file")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"formatVersion": 2}', b'{"formatVersion": "1"}', b"\xff", b"NaN"])
def test_a_bad_manifest(pipeline: Path, content: bytes) -> None:
    (pipeline / "snapshot.json").write_bytes(content)
    refused(pipeline, "snapshot.json")


# --- one id twice ---------------------------------------------------------------------------------------------------

LISTS = [
    (VPCS, "Vpcs", "CidrBlock", "10.9.0.0/16"),
    (SUBNETS, "Subnets", "CidrBlock", "10.9.0.0/24"),
    (f"{HOME}/ec2/describe-network-interfaces.json", "NetworkInterfaces", "PrivateIpAddresses", []),
    (f"{HOME}/ec2/describe-security-groups.json", "SecurityGroups", "GroupName", "other"),
    (ROUTE_TABLES, "RouteTables", "Routes", []),
    (PROJECTS, "projects", "vpcConfig", None),
]


@pytest.mark.parametrize(("file", "key"), [(one[0], one[1]) for one in LISTS])
def test_the_same_record_twice_is_a_merged_page(pipeline: Path, file: str, key: str) -> None:
    change(pipeline, file, lambda held: held[key].append(held[key][0]))
    assert [one.exit_code for one in commands(pipeline)] == [0, 0, 0]


@pytest.mark.parametrize(("file", "key", "attribute", "value"), LISTS)
def test_another_record_under_the_same_id_is_refused(
    pipeline: Path, file: str, key: str, attribute: str, value: object
) -> None:
    change(pipeline, file, lambda held: held[key].append(held[key][0] | {attribute: value}))
    count = len(json.loads((pipeline / file).read_text(encoding="utf-8"))[key])
    refused(pipeline, f"{file}#/{key}/{count - 1}: expected an id of its own", f"{file}#/{key}/0")


@pytest.mark.parametrize(("attribute", "value"), [("CidrBlock", "10.0.2.0/24"), ("MapPublicIpOnLaunch", True)])
def test_one_id_in_two_regions_of_an_account_has_one_content(tmp_path: Path, attribute: str, value: object) -> None:
    net, vpc, subnet = simple()
    other = Build(region="us-west-2", tag="w-")
    other.put("ec2/describe-subnets", {"Subnets": [net[subnet] | {attribute: value}]})
    place = write(net, tmp_path)
    other.write(place)
    refused(place, "us-west-2/ec2/describe-subnets.json#/Subnets/0", f"{subnet} again")
    assert vpc == "vpc-1"


def test_a_shared_subnet_may_be_listed_by_both_accounts_with_other_tags(tmp_path: Path) -> None:
    net, _, subnet = simple()
    other = Build(account="222222222222", tag="b-")
    other.put("ec2/describe-subnets", {"Subnets": [net[subnet] | {"Tags": [{"Key": "Name", "Value": "theirs"}]}]})
    place = write(net, tmp_path)
    other.write(place)
    assert run("trace", str(place), "--from", "codebuild:app-build", "--to", "internet").exit_code == 1


def test_a_shared_subnet_with_another_block_is_refused(tmp_path: Path) -> None:
    net, _, subnet = simple()
    other = Build(account="222222222222", tag="b-")
    other.put("ec2/describe-subnets", {"Subnets": [net[subnet] | {"CidrBlock": "10.0.2.0/24"}]})
    place = write(net, tmp_path)
    other.write(place)
    refused(place, "222222222222/us-east-1/ec2/describe-subnets.json#/Subnets/0", f"{subnet} again")


# --- networks that AWS would not make, and references to nothing ----------------------------------------------------


def simple() -> tuple[Build, str, str]:
    """A VPC with a subnet and a project in it: network, VPC, subnet."""
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    subnet = net.subnet(vpc, "10.0.1.0/24", table=net.table(vpc, name="app"))
    net.project("app-build", vpc, [subnet], [net.group(vpc)])
    return net, vpc, subnet


def trace(place: Path, target: str, *more: str) -> dict[str, Any]:
    found = run("trace", str(place), "--from", "codebuild:app-build", "--to", target, "--format", "json", *more)
    answer: dict[str, Any] = json.loads(found.stdout)
    assert found.exit_code == {"allowed": 0, "blocked": 1, "intermittent": 1, "unknown": 3}[answer["outcome"]]
    return answer


def test_subnets_of_one_vpc_that_overlap_are_refused(tmp_path: Path) -> None:
    net, vpc, _ = simple()
    net.subnet(vpc, "10.0.1.128/25")
    refused(write(net, tmp_path), "describe-subnets.json#/Subnets/1", "overlapping subnet-1 in vpc-1")


def test_a_subnet_with_two_route_tables_is_refused(tmp_path: Path) -> None:
    net, _, subnet = simple()
    net["rtb-1-main"]["Associations"].append({"SubnetId": subnet, "Main": False})
    refused(write(net, tmp_path), "describe-route-tables.json#/RouteTables/1", f"{subnet} associated with rtb-1-main")


def test_a_vpc_with_two_main_route_tables_is_refused(tmp_path: Path) -> None:
    """ "Subnet route tables": a VPC has one; which of two came first in the file decided, and nobody was told."""
    net, vpc, _ = simple()
    own = net.table(vpc)
    net[own]["Associations"] = [{"Main": True, "AssociationState": {"State": "disassociating"}}]
    load(write(net, tmp_path / "moved"))
    net[own]["Associations"] = [{"Main": True, "AssociationState": {"State": "associated"}}]
    refused(write(net, tmp_path), "describe-route-tables.json#/RouteTables/", f"{vpc} whose main one is")


def test_a_subnet_with_two_network_acls_is_refused(tmp_path: Path) -> None:
    net, vpc, subnet = simple()
    own = net.acl(vpc, [])
    net[own]["Associations"].append({"SubnetId": subnet})
    refused(write(net, tmp_path), "describe-network-acls.json#/NetworkAcls/0", f"{subnet} associated with {own}")


def test_peers_that_overlap_reach_their_own_side_only(tmp_path: Path) -> None:
    """AWS makes no such peering; if a snapshot has one, the VPC's own addresses still win (N4)."""
    net, vpc, subnet = simple()
    other = net.vpc("10.0.0.0/8")
    table = net.table(other)
    far = net.subnet(other, "10.0.1.0/24", table=table)
    peering = net.peering(vpc, other)
    net.route("rtb-app", "10.0.0.0/8", peering)
    net.route(table, "10.0.0.0/16", peering)
    net.instance(far, "10.0.1.9", [net.group(other, ingress=[("-1", None, None, "0.0.0.0/0")])])
    net.interface(subnet, "10.0.1.9", [net.group(vpc, ingress=[("-1", None, None, "0.0.0.0/0")], name="near")])
    answer = trace(write(net, tmp_path), "ip:10.0.1.9", "--protocol", "tcp", "--port", "443")
    components = {hop["component"] for path in answer["paths"] for hop in path["hops"]}
    assert answer["outcome"] == "allowed"
    assert peering not in components
    assert "i-1" not in components


@pytest.mark.parametrize("target", ["igw", "nat", "pcx", "tgw", "vpce", "eni", "vgw"])
def test_a_route_to_what_does_not_exist_is_blocked_or_unknown(tmp_path: Path, target: str) -> None:
    net, *_ = simple()
    net.route("rtb-app", "0.0.0.0/0", f"{target}-gone")
    answer = trace(write(net, tmp_path), "ip:198.51.100.7", "--protocol", "tcp", "--port", "443")
    assert answer["outcome"] in ("blocked", "unknown")
    assert f"{target}-gone" in json.dumps([answer["blocked_by"], answer["missing"], answer["assumptions"]])


@pytest.mark.parametrize("field", [{"GatewayId": "xyz-1"}, {"HolographicGatewayId": "hgw-1"}, {}])
def test_a_route_to_an_unknown_kind_of_resource_is_unknown(tmp_path: Path, field: dict[str, str]) -> None:
    net, *_ = simple()
    net["rtb-app"]["Routes"].append({"DestinationCidrBlock": "0.0.0.0/0", "State": "active", **field})
    answer = trace(write(net, tmp_path), "ip:198.51.100.7", "--protocol", "tcp", "--port", "443")
    assert answer["outcome"] == "unknown"
    assert [one["code"] for one in answer["assumptions"]] == ["UNMODELLED_COMPONENT"]


def test_a_route_by_a_prefix_list_without_entries_is_unknown_by_name(tmp_path: Path) -> None:
    net, vpc, _ = simple()
    net.route("rtb-app", "pl-gone", net.igw(vpc))
    answer = trace(write(net, tmp_path), "ip:198.51.100.7", "--protocol", "tcp", "--port", "443")
    assert answer["outcome"] == "unknown"
    assert answer["missing"] == ["111111111111/us-east-1/ec2/get-managed-prefix-list-entries/pl-gone.json"]


@pytest.mark.parametrize("what", ["subnets", "groups"])
def test_a_project_in_what_does_not_exist_is_not_called_private(tmp_path: Path, what: str) -> None:
    net, vpc, subnet = simple()
    net.interface(subnet, "10.0.1.9", [net.group(vpc, ingress=[("-1", None, None, "0.0.0.0/0")])])
    config = net["app-build"]["vpcConfig"]
    config["subnets" if what == "subnets" else "securityGroupIds"] = ["subnet-gone" if what == "subnets" else "sg-gone"]
    place = write(net, tmp_path)
    found = run("trace", str(place), "--from", "codebuild:app-build", "--to", "ip:10.0.1.9")
    assert found.exit_code in (2, 3)
    assert "-gone" in found.stdout + found.stderr


def transit() -> tuple[Build, Build, str, str]:
    """VPC A, transit gateway 1, peering, transit gateway 2, whose default route leads back."""
    near, far = Build(), Build(region="us-west-2", tag="w-")
    vpc = near.vpc("10.0.0.0/16")
    subnet = near.subnet(vpc, "10.0.1.0/24", table=near.table(vpc, name="app"))
    near.project("app-build", vpc, [subnet], [near.group(vpc)])
    one, two = near.tgw(), far.tgw()
    home = near.tgw_attachment(one, vpc, [subnet])
    peering = near.tgw_peering(one, two, far)
    near_table, far_table = near.tgw_table(one), far.tgw_table(two)
    near.associate(near_table, home)
    near.associate(near_table, peering)
    far.associate(far_table, peering)
    near.tgw_route(near_table, "0.0.0.0/0", peering)
    far.tgw_route(far_table, "0.0.0.0/0", peering)
    near.route("rtb-app", "0.0.0.0/0", one)
    return near, far, one, two


def test_a_loop_through_transit_gateways_ends(tmp_path: Path) -> None:
    near, far, _, two = transit()
    place = write(near, tmp_path)
    far.write(place)
    answer = trace(place, "ip:198.51.100.7", "--protocol", "tcp", "--port", "443")
    assert answer["outcome"] == "blocked"
    assert [one["component"] for one in answer["blocked_by"]] == [two]
    assert "the routes form a loop" in answer["blocked_by"][0]["detail"]


# --- text that would steer a terminal -------------------------------------------------------------------------------

HOSTILE = "\x1b[2J\x1b]0;pwned\x07\x9b31m\u202e\r\n"


def plain(text: str) -> None:
    assert all(line.isprintable() for line in text.split("\n")), ascii(text)


@pytest.mark.parametrize("key", ["VpcId", "OwnerId"])
def test_an_id_with_control_characters(pipeline: Path, key: str) -> None:
    change(pipeline, VPCS, put(f"vpc-{HOSTILE}", "Vpcs", 0, key))
    for one in commands(pipeline):
        assert one.exit_code in (0, 1, 2, 3)
        plain(one.stdout)
        plain(one.stderr)


def test_the_fault_of_a_hostile_id_is_one_plain_line(pipeline: Path) -> None:
    change(pipeline, SUBNETS, put(f"subnet-{HOSTILE}", "Subnets", 0, "SubnetId"))
    refused(pipeline, f"{SUBNETS}#/Subnets/0: expected a plain id", r"subnet-\u001b[2J")


def test_control_characters_in_what_a_verdict_cites_do_not_reach_the_terminal(tmp_path: Path) -> None:
    net, *_ = simple()
    net["rtb-app"]["Routes"].append({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": f"igw-{HOSTILE}"})
    net["vpc-1"]["Tags"] = [{"Key": "Name", "Value": HOSTILE}]
    place = write(net, tmp_path)
    for form in ("text", "json"):
        found = run("trace", str(place), "--from", "codebuild:app-build", "--to", "internet", "--format", form)
        plain(found.stdout)
        assert "igw-" in found.stdout
    plain(run("query", str(place), lines=json.dumps(QUESTION | {"destination": "internet"})).stdout)
    plain(run("check", str(place)).stdout)


def test_json_output_keeps_what_it_spells_out(tmp_path: Path) -> None:
    net, *_ = simple()
    net["rtb-app"]["Routes"].append({"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": f"igw-{HOSTILE}"})
    answer = trace(write(net, tmp_path), "internet")
    assert f"igw-{HOSTILE}" in {one["component"] for one in [*answer["blocked_by"], *answer["assumptions"]]}


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are Unicode there")
def test_a_file_name_that_is_no_unicode_is_ignored(pipeline: Path) -> None:
    Path(os.fsdecode(os.fsencode(pipeline / HOME / "ec2") + b"/bad-\xff\x1b.json")).write_bytes(b"{")
    assert [one.exit_code for one in commands(pipeline)] == [0, 0, 0]


# --- zip files ------------------------------------------------------------------------------------------------------


def zipped(place: Path, members: Iterable[tuple[str | zipfile.ZipInfo, bytes]]) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of names that stand twice
        for name, data in members:
            archive.writestr(name, data)
    return place


def pipeline_members(prefix: str = "") -> list[tuple[str | zipfile.ZipInfo, bytes]]:
    files = (one for one in PIPELINE.rglob("*") if one.is_file())
    return [(prefix + one.relative_to(PIPELINE).as_posix(), one.read_bytes()) for one in files]


@pytest.mark.parametrize("prefix", ["", "private-pipeline/"])
def test_a_zip_is_as_good_as_the_folder(tmp_path: Path, prefix: str) -> None:
    place = zipped(tmp_path / "s.zip", pipeline_members(prefix))
    assert [one.exit_code for one in commands(place)] == [0, 0, 0]


@pytest.mark.parametrize(
    "name",
    ["../evil.json", "/evil.json", "a/../../evil.json", "a/..", "c:/evil.json", "a\\..\\evil.json", "\\\\host\\evil"],
)
def test_a_name_that_leaves_the_zip(tmp_path: Path, name: str) -> None:
    place = zipped(tmp_path / "s.zip", [*pipeline_members(), (name, b"{}")])
    refused(place, "s.zip: expected names inside the zip that stay in it", ascii(name))


def test_a_name_twice_in_a_zip(tmp_path: Path) -> None:
    place = zipped(tmp_path / "s.zip", [*pipeline_members(), (VPCS, b'{"Vpcs": []}')])
    refused(place, "s.zip: expected each name once in the zip", f"'{VPCS}' twice")


def test_names_that_are_one_to_other_systems_are_apart_in_a_zip(tmp_path: Path) -> None:
    """Nothing is unpacked: no letters' case, no form of Unicode and no device's name makes one member another."""
    twins = [VPCS.replace("describe-vpcs", "Describe-VPCs"), VPCS.replace("vpcs.json", "vpcs.JSON"),
             VPCS.replace("/ec2/", "//ec2/"), VPCS.replace("/ec2/", "/./ec2/"), VPCS + " ", VPCS + ".",
             "caf\u00e9.json", "cafe\u0301.json", "CON", "nul.json", "aux/x.json"]  # fmt: skip
    held = open_snapshot(zipped(tmp_path / "s.zip", [*pipeline_members(), *((one, b"{}") for one in twins)]))
    whole = {str(name): data for name, data in pipeline_members()}
    assert held.read(VPCS) == whole[VPCS]
    assert load(tmp_path / "s.zip").check().overall == load_files(whole).check().overall
    assert set(held.paths) == {*whole, *twins}
    assert [one.name for one in tmp_path.iterdir()] == ["s.zip"]


def test_a_symbolic_link_in_a_zip(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("111111111111/ap-northeast-1/ec2/describe-link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    place = zipped(tmp_path / "s.zip", [*pipeline_members(), (link, b"/etc/passwd")])
    refused(place, "s.zip: expected plain files in the zip", "describe-link.json")


def test_a_zip_that_says_it_unpacks_to_five_gigabytes(tmp_path: Path) -> None:
    place = declare(zipped(tmp_path / "s.zip", [(VPCS, b'{"Vpcs": []}'), (SUBNETS, b"{}")]), size=(5 << 29) + 1)
    refused(place, "s.zip: expected a zip that unpacks to at most 4 GiB")


@pytest.mark.parametrize("size", [10, 1 << 20, (1 << 31) - 1])
def test_a_zip_member_that_lies_about_its_size(tmp_path: Path, size: int) -> None:
    place = declare(zipped(tmp_path / "s.zip", [(VPCS, b'{"Vpcs": [' + b" " * 5_000_000 + b"]}")]), size=size)
    refused(place, f"{VPCS}: expected a readable member of the zip")


def declare(place: Path, size: int) -> Path:
    """Overwrite the unpacked size that the central directory declares, for every member."""
    data = bytearray(place.read_bytes())
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 24 : at + 28] = size.to_bytes(4, "little")
        at = data.find(b"PK\x01\x02", at + 4)
    place.write_bytes(data)
    return place


def test_a_zip_cut_off_at_the_end(tmp_path: Path) -> None:
    place = zipped(tmp_path / "s.zip", pipeline_members())
    place.write_bytes(place.read_bytes()[:-40])
    refused(place, "s.zip: expected a snapshot directory or .zip file, found a file that is no zip")


def test_a_zip_with_a_damaged_member(tmp_path: Path) -> None:
    place = zipped(tmp_path / "s.zip", [(VPCS, os.urandom(4000))])
    data = bytearray(place.read_bytes())
    data[200:1200] = bytes(1000)
    place.write_bytes(data)
    refused(place, f"{VPCS}: expected a readable member of the zip")


@pytest.mark.parametrize(("flag", "method"), [(1, 8), (0, 99)], ids=["encrypted", "unknown method"])
def test_a_zip_that_cannot_be_unpacked(tmp_path: Path, flag: int, method: int) -> None:
    place = zipped(tmp_path / "s.zip", [(VPCS, b'{"Vpcs": []}')])
    data = bytearray(place.read_bytes())
    for at, shift in ((data.find(b"PK\x03\x04"), 6), (data.find(b"PK\x01\x02"), 8)):
        data[at + shift] |= flag
        data[at + shift + 2] = method
    place.write_bytes(data)
    refused(place, f"{VPCS}: expected a readable member of the zip")


def test_a_zip_without_files_is_an_empty_snapshot(tmp_path: Path) -> None:
    assert run("check", str(zipped(tmp_path / "s.zip", []))).exit_code == 3


# --- large files ----------------------------------------------------------------------------------------------------


def large(place: Path, megabytes: int) -> Path:
    """Give the pipeline as many security groups as fill a file of that size."""
    path = place / HOME / "ec2/describe-security-groups.json"
    held = json.loads(path.read_text(encoding="utf-8"))
    rules = [
        {
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            "IpRanges": [{"CidrIp": f"10.0.{port}.0/24", "Description": "x" * 40}],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
            "UserIdGroupPairs": [],
        }
        for port in range(60)
    ]
    one = {"GroupName": "big", "VpcId": "vpc-09ed60a9387753c86", "OwnerId": "111111111111", "IpPermissions": rules}
    text = json.dumps(one)[1:]
    count = megabytes * 1_000_000 // (len(text) + 40)
    with path.open("w", encoding="utf-8") as out:
        out.write('{"SecurityGroups": [')
        out.writelines(f'{{"GroupId": "sg-big{number:08}", {text},\n' for number in range(count))
        out.write(",".join(map(json.dumps, held["SecurityGroups"])) + "]}")
    return path


def test_a_file_of_30_megabytes(pipeline: Path) -> None:
    assert large(pipeline, 30).stat().st_size > 29_000_000
    assert run("query", str(pipeline), lines=json.dumps(QUESTION)).exit_code == 0


@pytest.mark.slow
def test_a_file_of_300_megabytes(pipeline: Path) -> None:
    assert large(pipeline, 300).stat().st_size > 290_000_000
    assert [one.exit_code for one in commands(pipeline)] == [0, 0, 0]


def test_a_large_file_cut_off_in_the_middle_is_named(pipeline: Path) -> None:
    path = large(pipeline, 3)
    os.truncate(path, 2_000_000)
    refused(pipeline, f"{HOME}/ec2/describe-security-groups.json: expected complete JSON", "truncated")


# --- questions ------------------------------------------------------------------------------------------------------


def error_of(line: bytes | str) -> dict[str, str]:
    found = run("query", str(PIPELINE), lines=line)
    assert found.exit_code == 2
    assert found.stdout.count("\n") == 1
    plain(found.stdout)
    answer = json.loads(found.stdout)
    assert set(answer) == {"id", "error"}
    assert set(answer["error"]) == {"code", "message"}
    error: dict[str, str] = answer["error"]
    return error


@pytest.mark.parametrize(
    "line",
    [b'{"id": 1', b"[]", b"3", b"null", b'"x"', b"oops", b"\xff\xfe", b'{"id": NaN}', b'{"port": Infinity}',
     b"[" * 100_000, b'{"port": ' + b"9" * 5000 + b"}", b'{"id": 1} {"id": 2}'],
    ids=lambda line: ascii(line)[:24],
)  # fmt: skip
def test_a_line_that_is_no_json_object(line: bytes) -> None:
    assert error_of(line)["code"] == "BAD_JSON"


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"source": None}, "BAD_QUESTION", "source"),
        ({"destination": 5}, "BAD_QUESTION", "destination"),
        ({"port": "443"}, "BAD_QUESTION", "port"),
        ({"port": 443.0}, "BAD_QUESTION", "port"),
        ({"port": True}, "BAD_QUESTION", "port"),
        ({"port": 65536}, "BAD_PORT", "65536"),
        ({"port": -1}, "BAD_PORT", "-1"),
        ({"port": 10**30}, "BAD_PORT", "65535"),
        ({"protocol": "sctpp"}, "BAD_PROTOCOL", "sctpp"),
        ({"protocol": 256}, "BAD_PROTOCOL", "256"),
        ({"protocol": []}, "BAD_QUESTION", "protocol"),
        ({"family": "ipv5"}, "BAD_FAMILY", "ipv5"),
        ({"layers": "network"}, "BAD_QUESTION", "layers"),
        ({"layers": [1]}, "BAD_QUESTION", "layers"),
        ({"layers": ["nope"]}, "BAD_LAYER", "nope"),
        ({"requests": {}}, "BAD_QUESTION", "requests"),
        ({"requests": [1]}, "BAD_QUESTION", "requests"),
        ({"requests": [{}]}, "BAD_REQUEST", "action"),
        ({"requests": [{"action": "s3:GetObject", "resource": 7}]}, "BAD_REQUEST", "resource"),
        ({"requests": [{"action": "s3:GetObject", "resource": "*", "principal": 7}]}, "BAD_REQUEST", "principal"),
        ({"requests": [{"action": "s3:GetObject", "resource": "*", "context": 7}]}, "BAD_REQUEST", "context"),
        ({"source": "nope"}, "UNKNOWN_SERVICE", "nope"),
        ({"source": "nope:x"}, "BAD_SELECTOR", "nope:x"),
        ({"source": "host:example.com"}, "BAD_SOURCE", "host:example.com"),
        ({"source": ""}, "BAD_SELECTOR", "selector"),
        ({"source": "ip:300.0.0.1"}, "BAD_SELECTOR", "300.0.0.1"),
        ({"source": "i-nobody"}, "NO_SOURCE_OR_DESTINATION", "i-nobody"),
        ({"source": "codebuild:nobody"}, "NO_SOURCE_OR_DESTINATION", "nobody"),
        ({"source": HOSTILE}, "BAD_SELECTOR", "selector"),
        ({"prt": 443}, "BAD_QUESTION", "port is one"),
        ({"Protocol": "udp"}, "BAD_QUESTION", "protocol is one"),
        ({"proto": "udp"}, "BAD_QUESTION", "protocol is one"),
        ({"IpProtocol": "udp"}, "BAD_QUESTION", "protocol is one"),
        ({"destination_port": 53}, "BAD_QUESTION", "port is one"),
        ({"ToPort": 53}, "BAD_QUESTION", "port is one"),
        ({"ip-version": "ipv6"}, "BAD_QUESTION", "family is one"),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, dict) else None,
)
def test_a_question_that_cannot_be_asked(change: dict[str, object], code: str, word: str) -> None:
    error = error_of(json.dumps(QUESTION | change))
    assert error["code"] == code
    assert word in error["message"]


def test_keys_of_the_asker_are_left_alone() -> None:
    found = run("query", str(PIPELINE), lines=json.dumps(QUESTION | {"comment": "why", "owner": 7}))
    assert found.exit_code == 0
    assert json.loads(found.stdout)["outcome"] == "allowed"


def test_an_id_of_any_json_comes_back_as_it_was() -> None:
    line = r'{"id": ["\ud800", "\u009b", {"a": 1e400}], "source": "nope", "destination": "s3"}'
    found = run("query", str(PIPELINE), lines=line.replace("1e400", "1e4"))
    plain(found.stdout)
    assert json.loads(found.stdout)["id"] == ["\ud800", "\x9b", {"a": 1e4}]


def test_the_input_file_must_be_there(tmp_path: Path) -> None:
    found = run("query", str(PIPELINE), "--input", str(tmp_path / "none.jsonl"))
    assert found.exit_code == 2
    assert "none.jsonl" in found.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "nope", "--to", "s3"),
        ("--from", "codebuild:app-build", "--to", "ip:1.2.3"),
        ("--from", "codebuild:app-build", "--to", HOSTILE),
        ("--from", "codebuild:app-build", "--to", "s3", "--protocol", "sctpp"),
        ("--from", "codebuild:app-build", "--to", "s3", "--protocol", "300"),
    ],
)
def test_a_trace_that_cannot_be_asked(arguments: tuple[str, ...]) -> None:
    found = run("trace", str(PIPELINE), *arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith("reachsim: error: ")
    assert found.stderr.count("\n") == 1
    plain(found.stderr)


@pytest.mark.parametrize("port", ["65536", "-1", "x"])
def test_a_port_that_is_none_is_bad_usage(port: str) -> None:
    found = run("trace", str(PIPELINE), "--from", "codebuild:app-build", "--to", "s3", "--port", port)
    assert found.exit_code == 2
    assert "--port" in found.stderr


def test_a_check_of_a_source_that_is_none() -> None:
    found = run("check", str(PIPELINE), "--from", "codebuild:nobody")
    assert found.exit_code == 2
    assert "nobody" in found.stderr
