"""The shipped snapshots, and what real users suffer, diagnosed by name (symptoms.md)."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from reachsim import Reach, SnapshotError, load, load_files
from reachsim.cli import group as cli
from reachsim.verdict import Verdict
from tests.build import Build

ROOT = Path(__file__).resolve().parent.parent.parent
ANY = ("-1", None, None, "0.0.0.0/0")


def codes(verdict: Verdict) -> set[tuple[str, str | None]]:
    return {(block.code, block.cause) for block in verdict.blocked_by}


def web(reach: Reach, source: str, destination: str) -> Verdict:
    return reach.simulate(source, destination, protocol="tcp", port=443)


@pytest.mark.parametrize(
    ("name", "overall", "exit_code"),
    [("private", "private-and-working", 0), ("leaky", "leaking", 1), ("broken", "private-but-failing", 1)],
)
def test_shipped_snapshots(name: str, overall: str, exit_code: int) -> None:
    found = load(ROOT / "snapshots" / f"{name}-pipeline").check()
    assert (found.overall, found.exit_code, found.missing) == (overall, exit_code, ())


def test_broken_pipeline_names_each_of_its_faults() -> None:
    found = load(ROOT / "snapshots/broken-pipeline").check()
    ids = {finding.id for finding in found.findings if finding.severity != "info"}
    assert ids == {"ENI_SG_RULES_MISMATCH", "SUBNET_ACL_RESTRICTION", "NO_ROUTE_TO_DESTINATION",
                   "VPCE_POLICY_SERVICE_BUCKET_MISSING", "BAD_STATE_ROUTE"}  # fmt: skip
    text = " ".join(finding.title for finding in found.findings)
    assert "arn:aws:s3:::prod-ap-northeast-1-starport-layer-bucket" in text
    assert "ephemeral ports" in text


def build(**vpc: object) -> tuple[Build, str, str, str]:
    net = Build()
    v = net.vpc("10.0.0.0/16", **vpc)  # type: ignore[arg-type]
    table = net.table(v)
    subnet = net.subnet(v, "10.0.1.0/24", table=table)
    return net, v, subnet, table


def project(net: Build, vpc: str, subnet: str, *egress: tuple[str, int | None, int | None, str]) -> None:
    security = net.group(vpc, ingress=[], egress=list(egress) or [ANY])
    net.project("app", vpc, [subnet], [security])


def reach(net: Build) -> Reach:
    return load_files(net.files())


def test_s01_build_in_a_public_subnet_has_no_internet() -> None:
    net, vpc, subnet, table = build()
    net.route(table, "0.0.0.0/0", net.igw(vpc))
    project(net, vpc, subnet)
    verdict = web(reach(net), "codebuild:app", "host:github.com")
    assert ("IGW_PUBLIC_IP_ASSOCIATION_FOR_EGRESS", "CODEBUILD_PUBLIC_SUBNET_NO_PUBLIC_IP") in codes(verdict)


def test_s05_s3_endpoint_not_in_the_route_table() -> None:
    net, vpc, subnet, _ = build()
    net.gateway_endpoint(vpc, "s3", [net.main_table(vpc)])
    project(net, vpc, subnet)
    assert codes(web(reach(net), "codebuild:app", "s3")) == {
        ("NO_ROUTE_TO_DESTINATION", "VPCE_ROUTE_TABLE_NOT_ASSOCIATED")
    }


def test_s06_security_group_without_the_prefix_list() -> None:
    net, vpc, subnet, table = build()
    net.gateway_endpoint(vpc, "s3", [table])
    project(net, vpc, subnet, ("tcp", 443, 443, "10.0.0.0/16"))
    assert codes(web(reach(net), "codebuild:app", "s3")) == {("ENI_SG_RULES_MISMATCH", None)}


def test_s07_endpoint_policy_forgets_the_layer_bucket() -> None:
    net, vpc, subnet, table = build()
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::mine/*"}
    net.gateway_endpoint(vpc, "s3", [table], policy={"Version": "2012-10-17", "Statement": [allow]})
    project(net, vpc, subnet)
    layer = "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*"
    verdict = reach(net).simulate(
        "codebuild:app", "s3", protocol="tcp", port=443, requests=[{"action": "s3:GetObject", "resource": layer}]
    )
    assert (verdict.outcome, verdict.layers["network"]) == ("blocked", "allowed")
    assert codes(verdict) == {("VPCE_POLICY_SERVICE_BUCKET_MISSING", None)}


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"dns_support": False}, ("DNS_SUPPORT_DISABLED", None)),
        ({"dns_hostnames": False}, ("NO_ROUTE_TO_DESTINATION", "DNS_HOSTNAMES_DISABLED")),
    ],
)
def test_s14_dns_attributes(attributes: dict[str, bool], expected: tuple[str, str | None]) -> None:
    net, vpc, subnet, _ = build(**attributes)
    net.interface_endpoint(vpc, "ecr.api", {subnet: "10.0.1.20"}, [net.group(vpc, ingress=[ANY], egress=[])])
    project(net, vpc, subnet)
    assert codes(web(reach(net), "codebuild:app", "ecr.api")) == {expected}


def test_s18_global_sts_name_is_not_covered() -> None:
    net, vpc, subnet, _ = build()
    net.interface_endpoint(vpc, "sts", {subnet: "10.0.1.20"}, [net.group(vpc, ingress=[ANY], egress=[])])
    project(net, vpc, subnet)
    ready = reach(net)
    assert web(ready, "codebuild:app", "sts").route == "private"
    assert ("DNS_NAME_NOT_COVERED_BY_ENDPOINT", None) in codes(web(ready, "codebuild:app", "host:sts.amazonaws.com"))


def test_s12_private_dns_off_goes_out_by_nat() -> None:
    net, vpc, subnet, table = build()
    public = net.subnet(vpc, "10.0.2.0/24", table=net.table(vpc, [("0.0.0.0/0", net.igw(vpc))]))
    net.route(table, "0.0.0.0/0", net.nat(public, "10.0.2.9", public="203.0.113.9"))
    security = net.group(vpc, ingress=[ANY], egress=[])
    net.interface_endpoint(vpc, "s3", {subnet: "10.0.1.20"}, [security], private_dns=False)
    project(net, vpc, subnet)
    verdict = web(reach(net), "codebuild:app", "s3")
    assert (verdict.outcome, verdict.route) == ("allowed", "aws-public")
    assert verdict.names[0].rule == "DNS_RESOLVES_TO_PUBLIC_ADDRESS"


def test_s20_network_acl_for_the_vpc_only() -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16")
    table = net.table(vpc)
    acl = net.acl(
        vpc, [(100, "in", "allow", "-1", None, "10.0.0.0/16"), (100, "out", "allow", "-1", None, "10.0.0.0/16")]
    )
    subnet = net.subnet(vpc, "10.0.1.0/24", table=table, acl=acl)
    net.gateway_endpoint(vpc, "s3", [table])
    project(net, vpc, subnet)
    found = {(block.code, block.cause, block.leg) for block in web(reach(net), "codebuild:app", "s3").blocked_by}
    assert found == {
        ("SUBNET_ACL_RESTRICTION", None, "request"),
        ("SUBNET_ACL_RESTRICTION", "RETURN_ACL_EPHEMERAL", "response"),
    }


def test_a_missing_file_is_unknown_by_name_and_never_flips_a_blocked_path() -> None:
    net, vpc, subnet, table = build()
    net.gateway_endpoint(vpc, "s3", [table])
    project(net, vpc, subnet)
    files = net.files()
    acls = next(path for path in files if path.endswith("describe-network-acls.json"))
    del files[acls]
    verdict = web(load_files(files), "codebuild:app", "s3")
    assert (verdict.outcome, verdict.missing) == ("unknown", (acls,))


@pytest.mark.parametrize(
    "content", [b"", b'{"Vpcs": [', b'{"Vpcs": 3}', b"[]", b'{"Vpcs": [{"VpcId": 7}]}', b"\xff\xfe", b"{}"]
)
def test_bad_files_are_one_clear_line(content: bytes, tmp_path: Path) -> None:  # noqa: ARG001
    net, *_ = build()
    files = net.files()
    path = next(name for name in files if name.endswith("describe-vpcs.json"))
    files[path] = content
    with pytest.raises(SnapshotError) as error:
        load_files(files)
    assert str(error.value).startswith(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["../evil.json", "/evil.json", "a/../../evil.json", "c:\\evil.json"])
def test_hostile_names_in_a_zip(name: str, tmp_path: Path) -> None:
    place = tmp_path / "snapshot.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.writestr(name, "{}")
    with pytest.raises(SnapshotError):
        load(place)


def test_a_bad_line_does_not_stop_the_others() -> None:
    lines = 'oops\n{"id": 2, "source": "codebuild:nobody", "destination": "s3"}\n{"id": 3, "source": "codebuild:app-build", "destination": "s3", "protocol": "tcp", "port": 443}\n'  # noqa: E501
    run = CliRunner().invoke(cli, ["query", str(ROOT / "snapshots/private-pipeline")], input=lines)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.exit_code == 2
    assert ["error" in one for one in answers] == [True, True, False]
    assert answers[1]["id"] == 2


def test_an_empty_snapshot_is_undecided(tmp_path: Path) -> None:
    assert load(tmp_path).check().exit_code == 3


def test_the_graph_holds_the_hops_of_the_walk() -> None:
    graph = load(ROOT / "snapshots/private-pipeline").graph
    assert any(name.startswith("vpce-") for name in graph.nodes)
    assert graph.number_of_edges() > 10
