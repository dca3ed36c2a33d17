"""An anonymized snapshot: the same verdicts under other names, and none of the old ones."""

from __future__ import annotations

import ipaddress
import json
import re
import shutil
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import assume, given
from hypothesis import strategies as st

import reachsim
from reachsim.calls import CALLS, path
from reachsim.cli import group
from reachsim.collect.aliases import _WORDS, Aliases, _turned
from reachsim.collect.anonymize import _CONDITIONS, _KEPT, _Renamer, anonymize
from reachsim.collect.shapes import output_shape
from reachsim.importers import import_batfish
from reachsim.policy import evaluate_json
from reachsim.snapshot import Snapshot, open_snapshot

SHIPPED = ["private-pipeline", "leaky-pipeline", "broken-pipeline"]
DUMPS = sorted((Path(__file__).resolve().parents[2] / "data" / "aws-cli-dumps").glob("*/"))
NAMES = Aliases(b"key")


def outcome(found: dict[str, Any]) -> dict[str, Any]:
    """What a check says, without the names in it."""
    return {
        "overall": found["overall"],
        "matrix": Counter(
            (
                one["destination"] if not re.match("i-|codebuild:", one["destination"]) else "source",
                one["outcome"], one["route"], one["needed"],
                tuple(sorted((why["code"], why.get("cause"), why["symptom"], why["leg"]) for why in one["blocked_by"])),
            )
            for one in found["matrix"]
        ),
        "steps": Counter((one["step"], one["outcome"], one["route"], one["not_reached"]) for one in found["steps"]),
        "findings": Counter((one["id"], one["severity"]) for one in found["findings"]),
        "missing": len(found["missing"]),
        "assumptions": Counter((one["code"], one["can_hide"]) for one in found["assumptions"]),
    }  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_a_check_comes_out_the_same(name: str, snapshots: Path) -> None:
    """As that of the snapshot without its builds' own files, which are free text and left out."""
    snapshot = open_snapshot(snapshots / name)
    before = reachsim.load_files({path: snapshot.read(path) for path in snapshot.paths if not path.startswith("code/")})
    after = reachsim.load_files(anonymize(snapshot, b"key").files)
    assert outcome(after.check().to_json()) == outcome(before.check().to_json())


@pytest.mark.parametrize("dump", DUMPS, ids=lambda path: path.name)
def test_questions_between_interfaces_come_out_the_same(dump: Path, tmp_path: Path) -> None:
    import_batfish(dump, tmp_path / "s")
    before = reachsim.load(tmp_path / "s")
    after = reachsim.load_files(anonymize(open_snapshot(tmp_path / "s"), b"key").files)
    interfaces = sorted(before.network.network_interfaces)[:4]
    for source, destination in product(interfaces, [*interfaces, "internet"]):
        if source != destination:
            one = before.simulate(source, destination, protocol="tcp", port=443)
            other = after.simulate(NAMES.text(source), NAMES.text(destination), protocol="tcp", port=443)
            assert (other.outcome, other.route) == (one.outcome, one.route), (source, destination)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_old_name_is_left(name: str, snapshots: Path) -> None:
    snapshot = open_snapshot(snapshots / name)
    files = anonymize(snapshot, b"key").files
    text = "\n".join([*files, *(data.decode() for data in files.values())])
    old = b"\n".join(snapshot.read(path) for path, _ in snapshot.named()).decode()
    ids = set(re.findall(r"\b[a-z]+(?:-[a-z]+)*-[0-9a-f]{17}\b", old))
    assert len(ids) > 50
    assert not [one for one in ids if one in text]
    for account in snapshot.accounts():
        assert account not in text
    for word in ("app-build", "app-artifacts", "golang", "踏み台", "ビルド", "git-client", "git-push"):
        assert word not in text
    assert not any(path.startswith("code/") for path in files)


OFFICE = {"CidrIp": "52.95.110.7/32", "Description": "acme office"}
RULE = {"IpProtocol": "tcp", "IpRanges": [OFFICE], "Ipv6Ranges": [{"CidrIpv6": "2600:1f14:abcd::/48"}]}
TAGS = [{"Key": "Name", "Value": "acme 東京"}, {"Key": "acme-owner", "Value": "jane@acme.example"}]
CONDITION = {
    "StringLike": {"aws:PrincipalTag/acme": "acme*", "aws:SourceIp": "52.95.110.0/24"},
    "Bool": {"aws:SecureTransport": "true"},
}
STATEMENT = {
    "Sid": "acme",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:role/acme", "Service": "codebuild.amazonaws.com"},
    "Action": "ecr:BatchGetImage",
    "Condition": CONDITION,
}
PROJECT = {
    "name": "acme",
    "source": {"buildspec": "version: 0.2\n# acme\n"},
    "environment": {"image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/go:1.22"},
}
PLANTED: dict[str, Any] = {
    "ec2/describe-vpcs": {"Vpcs": [{"VpcId": "vpc-0123456789abcdef0", "Tags": TAGS, "NewKey": "acme"}]},
    "ec2/describe-security-groups": {
        "SecurityGroups": [{"GroupId": "sg-0123456789abcdef0", "GroupName": "acme", "IpPermissions": [RULE]}]
    },
    "codebuild/batch-get-projects": {"projects": [PROJECT]},
    "codepipeline/get-pipeline/acme": {
        "metadata": {"pipelineArn": "arn:aws:codepipeline:eu-west-1:123456789012:acme/a"}
    },
    "lambda/list-functions": {"Functions": [{"Environment": {"Variables": {"ACME": ""}}}]},
    "ecr/get-repository-policy/acme%2Fbase": {
        "repositoryName": "acme/base",
        "policyText": json.dumps({"Statement": [STATEMENT]}),
    },
}


def planted() -> Snapshot:
    return Snapshot.of(
        {f"123456789012/eu-west-1/{call}.json": json.dumps(one).encode() for call, one in PLANTED.items()}
    )


def test_names_go_wherever_they_stand() -> None:
    files = anonymize(planted(), b"key").files
    text = "\n".join([*files, *(data.decode() for data in files.values())]).lower()
    for word in ("acme", "jane", "東京", "123456789012", "52.95.110", "1f14", "0123456789abcdef0"):
        assert word not in text


def test_what_a_policy_means_stays() -> None:
    files = anonymize(planted(), b"key").files
    file = next(name for name in files if "get-repository-policy" in name)
    (statement,) = json.loads(json.loads(files[file])["policyText"])["Statement"]
    assert statement["Action"] == "ecr:BatchGetImage"
    assert statement["Principal"]["Service"] == "codebuild.amazonaws.com"
    assert statement["Principal"]["AWS"] == NAMES.text("arn:aws:iam::123456789012:role/acme")
    assert statement["Condition"]["Bool"] == {"aws:SecureTransport": "true"}
    (tag,) = (key for key in statement["Condition"]["StringLike"] if key != "aws:SourceIp")
    assert tag == "aws:PrincipalTag/" + NAMES.text("acme")
    assert statement["Condition"]["StringLike"][tag] == NAMES.text("acme") + "*"
    assert file.endswith(f"/{NAMES.text('acme/base').replace('/', '%2F')}.json")


def filled(shape: Any, text: str, seen: tuple[str, ...] = ()) -> Any:
    """An answer with a text wherever AWS's model allows any, keys of maps included (AWS's words and ours too)."""
    match shape.type_name:
        case "structure":
            deep = seen.count(shape.name) > 1
            members = {} if deep else shape.members
            return {name: filled(member, text, (*seen, shape.name)) for name, member in members.items()}
        case "list":
            return [filled(shape.member, text, seen)]
        case "map":
            return {key: filled(shape.value, text, seen) for key in (text, "status", "policy", "Provider", "Tags")}
        case "string" | "character" | "blob":
            return shape.enum[0] if getattr(shape, "enum", None) else text
        case "boolean" | "timestamp":
            return {"boolean": True}.get(shape.type_name, "2026-01-01T00:00:00+00:00")
    return 1


def places_of(found: re.Pattern[str], value: Any, key: str) -> set[str]:
    """The keys (lower case) whose texts hold what is looked for; "key of KEY" where a key does."""
    match value:
        case dict():
            held = {place for one, under in value.items() for place in places_of(found, under, one.lower())}
            return held | {f"key of {key}" for one in value if found.search(one)}
        case list():
            return {place for one in value for place in places_of(found, one, key)}
        case str() if found.search(value):
            return {key}
    return set()


@pytest.mark.parametrize(
    "text",
    [
        "zyxcorp", "zyxcorp-1a2b3c4d", "zyxcorp-pay-0123456789abcdef0", "zyxcorp-20241231", "eu-zyxcorp-1",
        "vpc-zyxcorp", "zyxcorp_us-east-1a", "alias/zyxcorp", "/aws/zyxcorp/x", "/aws/lambda/zyxcorp", "${zyxcorp}",
        "${aws:PrincipalTag/zyxcorp}",
        "AWSServiceRoleForAutoScaling_zyxcorp", "zyxcorp.s3.eu-west-1.amazonaws.com", "com.amazonaws.zyxcorp",
        "arn:aws:iam::444455556666:role/service-role/zyxcorp", "zyxcorp.gcr.io/ZYXCORP", "ops@zyxcorp.example",
        "444455556666.dkr.ecr.eu-west-1.amazonaws.com/a", "34.201.77.99", "2600:1f18:4a3b::7",
        "00:1A:2B:3C:4D:5E", "AROAZYXCORPZYXCORPAB:zyxcorp", "ip-10-1-2-3.zyxcorp.internal",
    ],
)  # fmt: skip
def test_no_field_of_any_answer_keeps_a_name(text: str) -> None:
    """Only keys whose values AWS chooses are kept, whatever stands under them here."""
    old = re.compile(r"zyxcorp|444455556666|34[.-]201|1f18:4a3b|00:1a:2b", re.IGNORECASE)
    files = {
        path("444455556666", "eu-west-1", call.service, call.operation, text if call.per else None): json.dumps(
            filled(output_shape(call.service, call.operation), text)
        ).encode()
        for call in CALLS
    }
    renamed_files = anonymize(Snapshot.of(files), b"key").files
    assert not [file for file in renamed_files if old.search(file)]
    kept = {place for data in renamed_files.values() for place in places_of(old, json.loads(data), "")}
    assert kept <= _KEPT | {"key"}


def test_keys_of_identity_providers_are_renamed_with_them() -> None:
    """``aws:userid``, ARNs with wildcards, and conditions on the claims of somebody's own identity provider."""
    statement = {
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Resource": "arn:aws:s3:::zyxcorp-*/*",
        "Principal": {"Federated": "arn:aws:iam::444455556666:oidc-provider/gitlab.zyxcorp.example"},
        "Condition": {
            "StringEquals": {"gitlab.zyxcorp.example:aud": "https://gitlab.zyxcorp.example"},
            "StringLike": {"aws:userid": "AROAZYXCORPZYXCORPAB:*", "gitlab.zyxcorp.example:sub": "zyxcorp/*"},
            "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/zyxcorp-*"},
            "IpAddress": {"aws:SourceIp": ["34.201.77.0/24", "2600:1f18:4a3b::/48", "10.0.0.0/8"]},
        },
    }  # fmt: skip
    written = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    (found,) = json.loads(_Renamer(NAMES).value(written, None, "policy"))["Statement"]
    host = NAMES.text("gitlab.zyxcorp.example")
    assert found["Principal"]["Federated"].endswith(f":oidc-provider/{host}")
    assert set(found["Condition"]["StringLike"]) == {"aws:userid", f"{host}:sub"}
    assert found["Condition"]["ArnLike"]["aws:PrincipalArn"] == f"arn:aws:iam::*:role/{NAMES.text('zyxcorp')}-*"
    assert found["Condition"]["IpAddress"]["aws:SourceIp"][2] == "10.0.0.0/8"
    assert not re.search(r"zyxcorp|444455556666|34\.201|1f18:4a3b", json.dumps(found), re.IGNORECASE)


NOT_KEPT = {
    'allow when NumericEquals aws:PrincipalTag/t "-1" meets "-1.0"',
    'allow when NumericNotEquals aws:PrincipalTag/t ["5", "6"] meets "6"',
    "F53 StringLike", 'allow if StringLike "h?me" against "home"',
    'allow when StringLike aws:PrincipalTag/t "a*b*c" meets "axxbxxc"',
}  # fmt: skip
CASES = [
    json.loads(line)
    for file in ("cases.jsonl", "documented.jsonl")
    for line in (Path(__file__).resolve().parents[2] / "policy_cases" / file).read_text("utf-8").splitlines()
]


def renamed(value: Any, key: str = "") -> Any:
    """A policy case under other names: requests as a path fills them in, documents as in a snapshot."""
    match value:
        case dict() if "Statement" in value:
            return json.loads(_Renamer(NAMES).value(json.dumps(value), None, "policy"))
        case dict():
            keys = {one: NAMES.condition_key(one) if key == "context" else one for one in value}
            return {keys[one]: renamed(held, one) for one, held in value.items()}
        case list():
            return [renamed(one, key) for one in value]
        case str() if key not in ("action", "type") and key.lower() not in _CONDITIONS:
            return NAMES.text(value)
    return value


def test_policies_decide_as_before() -> None:
    """All cases of the policy language but for patterns inside a word and tags that are compared with numbers."""
    changed = {
        case["name"]
        for case in CASES
        if evaluate_json(renamed(case) | {"name": ""}).get("decision") != evaluate_json(case).get("decision")
    }
    assert changed == NOT_KEPT
    assert len(CASES) > 500


@pytest.mark.parametrize(
    "text",
    [
        "ap-northeast-1a", "apne1-az4", "com.amazonaws.eu-west-1.ecr.dkr", "git-codecommit.eu-west-1.amazonaws.com",
        "*.dkr.ecr.eu-west-1.amazonaws.com", "arn:aws:iam::aws:policy/AWSCodeCommitPowerUser", "10.1.2.3/32",
        "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*", "0.0.0.0/0", "::/0", "fd00::1", "203.0.113.7",
        "172.16.0.0/12", "169.254.169.253", "AmazonProvidedDNS", "local", "${aws:username}", "*", "", "-1", "true",
        "/aws/codebuild/", "aws/codebuild/standard:7.0", "2012-10-17", "alias/aws/secretsmanager",
        "p-FullAWSAccess", "$EXTERNAL_NET", "logs-fips.us-east-1.amazonaws.com", "p-RCPFullAWSAccess",
        "2026-03-02T09:55:11Z", "ip-10-0-0-1.ec2.internal", "52.0.0.0/7", "v12", "2008-10-17", "::1/128",
    ],
)  # fmt: skip
def test_words_of_aws_and_special_addresses_stay(text: str) -> None:
    assert NAMES.text(text) == text


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("vpc-0123456789abcdef0", r"vpc-[0-9a-f]{17}"),
        ("tgw-rtb-01234567", r"tgw-rtb-[0-9a-f]{8}"),
        ("vpce-0123456789abcdef0-a1b2c3d4.s3.eu-west-1.vpce.amazonaws.com",
         r"vpce-[0-9a-f]{17}-[0-9a-z]{8}\.s3\.eu-west-1\.vpce\.amazonaws\.com"),
        ("com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0",
         r"com\.amazonaws\.vpce\.eu-west-1\.vpce-svc-[0-9a-f]{17}"),
        ("arn:aws:codebuild:eu-west-1:123456789012:project/x",
         r"arn:aws:codebuild:eu-west-1:[1-9]\d{11}:project/[a-z]"),
        ("arn:aws:s3:::acme-logs/*", r"arn:aws:s3:::[a-z]{4}-logs/\*"),
        ("acme.s3.eu-west-1.amazonaws.com", r"[a-z]{4}\.s3\.eu-west-1\.amazonaws\.com"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme", r"\d{12}\.dkr\.ecr\.eu-west-1\.amazonaws\.com/[a-z]{4}"),
        ("06:4d:4a:a3:6b:f2", r"06(:[0-9a-f]{2}){5}"),
        ("08c7f884-ca7b-4b83-ad01-1ac5a01968f2", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("AROAEXAMPLEEXAMPLE123", r"AROA[0-9A-F]{17}"),
        ("ec2-52-95-110-7.eu-west-1.compute.amazonaws.com", r"ec2-52-\d+-\d+-\d+\.eu-west-1\.compute\.amazonaws\.com"),
        ("VPC Endpoint Interface vpce-0123456789abcdef0", r"VPC Endpoint Interface vpce-[0-9a-f]{17}"),
        ("ELB app/acme/0123456789abcdef", r"ELB app/[a-z]{4}/[0-9a-z]{16}"),
        ("Route 53 Resolver: rslvr-in-0123456789abcdef0:rni-0123456789abcdef0",
         r"Route 53 Resolver: rslvr-in-[0-9a-f]{17}:rni-[0-9a-f]{17}"),
        ("ELB acme", r"ELB [a-z]{4}"),
        ("p-0abc1def", r"p-[0-9a-z]{8}"),
    ],
)  # fmt: skip
def test_forms_stay(text: str, form: str) -> None:
    other = NAMES.text(text)
    assert re.fullmatch(form, other), other
    assert other != text


@given(st.lists(st.ip_addresses(v=4), min_size=1, max_size=2), st.integers(0, 32))
def test_a_block_holds_what_it_held(addresses: list[ipaddress.IPv4Address], length: int) -> None:
    block = ipaddress.ip_network((addresses[0], length), strict=False)
    other = ipaddress.ip_network(NAMES.text(str(block)))
    assert other.prefixlen == length
    assert (NAMES.address(addresses[-1]) in other) == (addresses[-1] in block)
    assert NAMES.address(addresses[-1]).is_private == addresses[-1].is_private


@given(st.ip_addresses(v=6), st.integers(0, 128), st.integers(0, 2**64))
def test_a_block_of_ipv6_holds_what_it_held(address: ipaddress.IPv6Address, length: int, other: int) -> None:
    block = ipaddress.ip_network((address, length), strict=False)
    inside = ipaddress.IPv6Address(int(block.network_address) | other & int(block.hostmask))
    renamed = ipaddress.ip_network(NAMES.text(str(block)))
    assert NAMES.address(inside) in renamed
    assert NAMES.setting(str(block)) == str(renamed)  # a rule group's list of addresses may hold ports as well


def _turned_into_a_word_that_stays(word: str) -> bool:
    plain = "".join(_turned(one, NAMES._number("word", word[:at].lower())) for at, one in enumerate(word))
    return plain.lower() in _WORDS


def test_no_word_becomes_one_that_stays() -> None:
    """``t`` must not become the ``p`` of ``p-FullAWSAccess`` where there is another ``p``."""
    for key in (b"a", b"b", b"c"):
        letters = "abcdefghijklmnopqrstuvwxyz"
        found = [Aliases(key).text(one) for one in (*letters, *map("".join, product(letters, letters)))]
        assert len(set(found)) == len(found)


words = st.text("abcxyzABC019", min_size=1, max_size=12)


@given(words, words)
def test_words_stay_apart_and_keep_their_beginnings(one: str, other: str) -> None:
    assume(not _turned_into_a_word_that_stays(one))
    a, b = NAMES.word(one), NAMES.word(one + "x" + other)
    assert len(a) == len(one)
    assert b.startswith(a)
    assert (NAMES.word(other) == a) == (one == other)
    assert (NAMES.word(other).lower() == a.lower()) == (one.lower() == other.lower())


@given(st.text("0123456789", min_size=1, max_size=6), st.text("0123456789", max_size=5))  # 12 are an account's id
def test_numbers_in_names_keep_their_beginnings(start: str, rest: str) -> None:
    """``logs-2024*`` in a policy still matches ``logs-20241231``."""
    one, other = NAMES.text(f"logs-{start}*"), NAMES.text(f"logs-{start}{rest}")
    assert other.startswith(one.removesuffix("*"))
    assert len(one) == len(start) + 6


def test_numbers_that_somebody_chose_do_not_stay() -> None:
    """Cost centres, stores, tickets: alone, in names and in what policies compare them with; ports and settings do."""
    tags = [{"Key": "CostCentre", "Value": "4711"}, {"Key": "Name", "Value": "store-0815"}]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::store-0815/*",
             "Condition": {"StringEquals": {"aws:ResourceTag/CostCentre": ["4711"]},
                           "NumericLessThan": {"s3:TlsVersion": "1.2"}}}  # fmt: skip
    rules = {"RuleGroup": {
        "RuleVariables": {"PortSets": {"web_0815": {"Definition": ["8443", "8000:8010"]}}},
        "RulesSource": {"StatefulRules": [{"Header": {"DestinationPort": "8443"}}]}}}  # fmt: skip
    home = "123456789012/eu-west-1"
    given_files = {
        f"{home}/ec2/describe-vpcs.json": {"Vpcs": [{"VpcId": "vpc-0123456789abcdef0", "Tags": tags}]},
        "123456789012/global/s3api/get-bucket-policy/store-0815.json": {"Policy": json.dumps({"Statement": [allow]})},
        f"{home}/network-firewall/describe-rule-group/a.json": rules,
        f"{home}/codebuild/batch-get-projects.json": {
            "projects": [{"name": "a", "source": {"location": "https://git.acme.example:8443/a.git"}}]},
        f"{home}/elbv2/describe-target-group-attributes/a.json": {"Attributes": [
            {"Key": "deregistration_delay.timeout_seconds", "Value": "300"}]},
    }  # fmt: skip
    found = anonymize(Snapshot.of({file: json.dumps(one).encode() for file, one in given_files.items()}), b"key").files
    text = " ".join((*found, *(data.decode() for file, data in found.items() if file != "snapshot.json")))
    assert not re.search(r"4711|0815", text)
    (policy,) = (json.loads(json.loads(data)["Policy"]) for file, data in found.items() if "get-bucket-policy" in file)
    (statement,) = policy["Statement"]
    (vpc,) = json.loads(found[next(file for file in found if "describe-vpcs" in file)])["Vpcs"]
    assert list(statement["Condition"]["StringEquals"].values()) == [[vpc["Tags"][0]["Value"]]]
    assert statement["Condition"]["NumericLessThan"] == {"s3:TlsVersion": "1.2"}
    assert statement["Resource"] == f"arn:aws:s3:::{vpc['Tags'][1]['Value']}/*"
    assert next(file for file in found if "get-bucket-policy" in file).endswith(f"/{vpc['Tags'][1]['Value']}.json")
    assert all(one in text for one in ('"8443"', '"8000:8010"', ":8443/", '"300"'))


def test_the_default_version_of_a_policy_is_found() -> None:
    arn = "arn:aws:iam::123456789012:policy/a"
    held = {"Policy": {"Arn": arn, "DefaultVersionId": "v7"}}
    place = "123456789012/global/iam"
    files = {
        f"{place}/get-policy/{arn.replace('/', '%2F')}.json": held,
        f"{place}/get-policy-version/{arn.replace('/', '%2F')}%2Fv7.json": {"PolicyVersion": {"VersionId": "v7"}},
    }
    found = anonymize(Snapshot.of({file: json.dumps(one).encode() for file, one in files.items()}), b"key").files
    (policy,) = (json.loads(data)["Policy"] for file, data in found.items() if "/get-policy/" in file)
    assert any(file.endswith(f"/{policy['Arn'].replace('/', '%2F')}%2Fv7.json") for file in found)
    assert policy["DefaultVersionId"] == "v7"


def test_patterns_that_may_match_otherwise_are_counted() -> None:
    texts = ["arn:aws:s3:::app-*", "arn:aws:s3:::h?me", "arn:aws:s3:::*prod/*", "arn:aws:iam::*:role/a"]
    document = {"Statement": [{"Effect": "Allow", "Action": "s3:Get?bject", "Principal": "*", "Resource": texts}]}
    answer = {"Policy": json.dumps(document)}
    files = {"123456789012/global/s3api/get-bucket-policy/a.json": json.dumps(answer).encode()}
    assert anonymize(Snapshot.of(files), b"key").patterns == 2


def test_another_key_gives_other_names() -> None:
    assert Aliases(b"a").text("acme") != Aliases(b"b").text("acme")
    assert Aliases(b"a").account("1" * 12) != Aliases(b"b").account("1" * 12)


def test_the_manifest_speaks_of_the_new_files(tmp_path: Path) -> None:
    from reachsim.collect.validate import validate
    from tests.unit.collect.fake import ACCOUNT, Fake, run

    run(tmp_path / "s", Fake(errors={"ec2/describe-vpn-gateways": (403, "UnauthorizedOperation", "")}))
    result = CliRunner().invoke(group, ["anonymize", str(tmp_path / "s"), str(tmp_path / "t"), "--key", "k"])
    assert result.exit_code == 0, result.output
    found = validate(open_snapshot(tmp_path / "t"))
    assert not [one for one in found.problems if "sum" in one.expected or "snapshot.json" in one.file]
    manifest = json.loads((tmp_path / "t/snapshot.json").read_text())
    refused = [one for one in manifest["calls"] if one["outcome"] == "refused"]
    assert [(one["code"], one["file"].split("/", 1)[1]) for one in refused] == [
        ("UnauthorizedOperation", "ap-northeast-1/ec2/describe-vpn-gateways.json")
    ]
    assert ACCOUNT not in (tmp_path / "t/snapshot.json").read_text()


def test_an_existing_folder_is_not_replaced_unasked(tmp_path: Path, snapshots: Path) -> None:
    (tmp_path / "t").mkdir()
    result = CliRunner().invoke(group, ["anonymize", str(snapshots / SHIPPED[0]), str(tmp_path / "t")])
    assert result.exit_code == 2
    assert "--overwrite" in result.stderr


def test_the_command_says_what_it_left_out(tmp_path: Path, snapshots: Path) -> None:
    source = shutil.copytree(snapshots / "leaky-pipeline", tmp_path / "s")
    (source / "notes.txt").write_text("ours")
    code = [path for path in (source / "code").rglob("*") if path.is_file()]
    projects = next(source.rglob("batch-get-projects.json"))
    document = json.loads(projects.read_text(encoding="utf-8"))
    document["projects"][0]["source"]["buildspec"] = "version: 0.2\nphases: {}\n"
    projects.write_text(json.dumps(document), encoding="utf-8")
    result = CliRunner().invoke(group, ["anonymize", str(source), str(tmp_path / "t")])
    assert result.exit_code == 0, result.output
    said = [line for line in result.stdout.splitlines() if line.startswith("left out")]
    assert said[:3] == [
        f"left out: files in code/ ({len(code)})",
        "left out: files that the format does not name (1)",
        "left out: texts of the key buildspec (1)",
    ]
    written = {path.relative_to(tmp_path / "t").parts[0] for path in (tmp_path / "t").rglob("*") if path.is_file()}
    assert not written & {"code", "notes.txt"}
    assert b"phases" not in b"".join(path.read_bytes() for path in (tmp_path / "t").rglob("*.json"))
