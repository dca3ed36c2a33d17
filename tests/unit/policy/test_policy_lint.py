"""What `policy lint` finds, each with its pointer; and the command with its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from reachsim.cli import group
from reachsim.policy.lint import Issue, guess, lint
from tests.patience import within

S3 = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
OPEN = {**S3, "Principal": "*"}
AT = "/Statement/0"


def document(statement: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{**statement, **fields}]}


def found(given: object, kind: str | None = None) -> set[tuple[str, str, str]]:
    issues = lint(given, kind)
    assert not [one for one in issues if "fact" in one.source]  # a page of AWS's, not a number of our own
    return {(one.severity, one.rule, one.pointer) for one in issues}


def condition(operator: str, key: str, value: Any, **fields: Any) -> dict[str, Any]:
    return document(OPEN, Condition={operator: {key: value}}, **fields)


def test_clean_policies() -> None:
    assert found(document({**S3, "Resource": "arn:aws:s3:::b/*"}), "identity") == set()
    assert found(document(OPEN), "endpoint") == set()
    assert found(document({**OPEN, "Resource": "arn:aws:s3:::b/*"}), "resource") == set()


@pytest.mark.parametrize(("operator", "value", "told"), [
    ("StringEquals", ["home/ann", "home/*"], f"{AT}/Condition/StringEquals/s3:prefix/1"),
    ("StringNotEqualsIgnoreCaseIfExists", "a?c", f"{AT}/Condition/StringNotEqualsIgnoreCaseIfExists/s3:prefix"),
    ("ForAnyValue:StringEquals", "*", f"{AT}/Condition/ForAnyValue:StringEquals/s3:prefix"),
    ("StringEquals", "a${*}b${aws:PrincipalTag/a, 'x?'}", None), ("StringLike", "prefix-*", None),
    ("ArnEquals", "arn:aws:iam::*:role/x", None),
])  # fmt: skip
def test_a_wildcard_in_a_comparison_of_whole_texts(operator: str, value: Any, told: str | None) -> None:
    """IAM User Guide, "Condition operators": only StringLike and StringNotLike take wildcards."""
    given = condition(operator, "s3:prefix", value)
    wildcards = {one for one in found(given, "resource") if one[1] == "LITERAL_WILDCARD"}
    assert wildcards == ({("warning", "LITERAL_WILDCARD", told)} if told else set())


@pytest.mark.parametrize(
    ("given", "kind", "rule", "pointer"),
    [
        ([], "identity", "WRONG_TYPE", ""),
        ({}, "identity", "NO_STATEMENT", ""),
        ({"Version": "2020-01-01", "Statement": S3}, "identity", "UNKNOWN_VERSION", "/Version"),
        ({"Statement": S3, "statement": []}, "identity", "UNKNOWN_ELEMENT", "/statement"),
        ({"Statement": {**S3, "effect": "Allow"}}, "identity", "UNKNOWN_ELEMENT", "/Statement/effect"),
        ({"Statement": [1]}, "identity", "WRONG_TYPE", AT),
        ({"Statement": {"Action": "*", "Resource": "*"}}, "identity", "NO_EFFECT", "/Statement"),
        (document(S3, Effect="allow"), "identity", "NO_EFFECT", f"{AT}/Effect"),
        (document({"Effect": "Allow", "Resource": "*"}), "identity", "NO_ACTION", AT),
        (document({"Effect": "Allow", "Action": "*"}), "identity", "NO_RESOURCE", AT),
        (document(S3), "endpoint", "NO_PRINCIPAL", AT),
        (document(S3), "resource", "NO_PRINCIPAL", AT),
        (document(S3, NotAction="s3:*"), "identity", "BOTH_ELEMENTS", f"{AT}/NotAction"),
        (document(S3, NotResource="*"), "identity", "BOTH_ELEMENTS", f"{AT}/NotResource"),
        (document(OPEN), "identity", "MISPLACED_PRINCIPAL", f"{AT}/Principal"),
        (document(S3, Action=[]), "identity", "EMPTY_ELEMENT", f"{AT}/Action"),
        (document(S3, Action=["s3:*", 1]), "identity", "WRONG_TYPE", f"{AT}/Action/1"),
        (document(S3, Action="GetObject"), "identity", "NO_ACTION_NAME", f"{AT}/Action"),
        (document(S3, Resource=["*", "bucket"]), "identity", "NO_ARN", f"{AT}/Resource/1"),
        (document(S3, Resource="arn:aws:s*:::b"), "identity", "WILDCARD_SERVICE", f"{AT}/Resource"),
        (document(S3, Sid="a b"), "identity", "SID_CHARACTERS", f"{AT}/Sid"),
        (document(S3, Principal="x"), "resource", "PRINCIPAL_TEXT", f"{AT}/Principal"),
        (document(S3, Principal=["*"]), "resource", "WRONG_TYPE", f"{AT}/Principal"),
        (document(S3, Principal={"User": "x"}), "resource", "PRINCIPAL_TYPE", f"{AT}/Principal/User"),
        (
            document(S3, Principal={"AWS": ["*", "arn:aws:iam::111122223333:user/*"]}),
            "resource",
            "PRINCIPAL_WILDCARD",
            f"{AT}/Principal/AWS/1",
        ),
        (document(S3, Principal={"AWS": "ann"}), "resource", "NO_PRINCIPAL_NAME", f"{AT}/Principal/AWS"),
        (condition("StringEqual", "k", "x"), "endpoint", "UNKNOWN_OPERATOR", f"{AT}/Condition/StringEqual"),
        (condition("NullIfExists", "k", "true"), "endpoint", "UNKNOWN_OPERATOR", f"{AT}/Condition/NullIfExists"),
        (condition("StringEquals", "a/b", None), "endpoint", "WRONG_TYPE", f"{AT}/Condition/StringEquals/a~1b"),
        (condition("NumericEquals", "k", ["1", "x"]), "endpoint", "WRONG_VALUE", f"{AT}/Condition/NumericEquals/k/1"),
        (condition("IpAddress", "k", "10.0.0.0/33"), "endpoint", "WRONG_VALUE", f"{AT}/Condition/IpAddress/k"),
        (document(OPEN, Condition=[]), "endpoint", "WRONG_TYPE", f"{AT}/Condition"),
        (document(OPEN), "rcp", "RCP_ALLOW", f"{AT}/Effect"),
        (document(S3, Effect="Deny", Principal={"AWS": "111122223333"}), "rcp", "RCP_PRINCIPAL", f"{AT}/Principal"),
    ],
)
def test_fact_76_faults(given: object, kind: str, rule: str, pointer: str) -> None:
    assert ("fault", rule, pointer) in found(given, kind)


@pytest.mark.parametrize(
    ("account", "rules"),
    [
        ("12345678910", {"NO_ACCOUNT"}),
        ("ACCOUNT_B", {"NO_ACCOUNT"}),
        ("111122223333", set()),
        ("*", set()),
        ("${aws:PrincipalAccount}", set()),
        ("aws", set()),
        ("", set()),
    ],
)
def test_an_account_has_twelve_digits(account: str, rules: set[str]) -> None:
    arn = f"arn:aws:kms:us-east-1:{account}:key/k"
    statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": arn}
    assert {rule for _, rule, _ in found(document(statement), "identity")} & {"NO_ACCOUNT"} == rules
    if account.isdigit():
        source = condition("StringEquals", "aws:SourceAccount", account)
        assert {rule for _, rule, _ in found(source, "resource")} & {"NO_ACCOUNT"} == rules


def test_faults_that_only_the_text_shows() -> None:
    assert found("{", "identity") == {("fault", "NOT_JSON", "")}
    assert found("[" * 100_000, "identity") == {("fault", "NOT_JSON", "")}
    twice = '{"Statement": {"Effect": "Allow", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}, "Version": %s}'
    twice %= '"2012-10-17"'
    assert found(twice, "identity") == {("fault", "REPEATED_KEY", "/Statement/Effect")}
    put = {**S3, "Action": "s3:PutObject"}
    sids = json.dumps({"Version": "2012-10-17", "Statement": [{**S3, "Sid": "A"}, {**put, "Sid": "A"}]})
    assert found(sids, "identity") == {("fault", "REPEATED_SID", "/Statement/1/Sid")}


def test_fact_20_length_of_an_endpoint_policy() -> None:
    text = json.dumps(document(OPEN))
    assert found(text + " " * (20_480 - len(text)), "endpoint") == set()
    assert found(text + " " * (20_481 - len(text)), "endpoint") == {("fault", "TOO_LONG", "")}
    assert found(text + " " * 30_000, "resource") == set()


@pytest.mark.parametrize(
    ("kind", "action", "most", "usual"),
    [
        ("identity", "s3:GetObject", 10_240, 6_144),
        ("boundary", "s3:GetObject", 6_144, None),
        ("session", "s3:GetObject", 2_048, None),
        ("trust", "sts:AssumeRole", 4_096, 2_048),
        ("scp", "s3:GetObject", 5_120, None),
        ("resource", "s3:GetObject", 20_480, None),
        ("resource", "ecr:BatchGetImage", 10_240, None),
        ("resource", "kms:Decrypt", 32_768, None),
    ],
)
def test_length_of_a_policy(kind: str, action: str, most: int, usual: int | None) -> None:
    """IAM and AWS STS quotas; Quotas and service limits for AWS Organizations; the quotas of the services."""
    statement = {"Effect": "Allow", "Action": action, **({} if kind == "trust" else {"Resource": "*"})}
    if kind in ("trust", "resource"):
        statement["Principal"] = "*"

    def sizes(length: int, spaces: str = "") -> set[str]:
        statement["Sid"] = ""
        given = {"Version": "2012-10-17", "Statement": [statement]}
        statement["Sid"] = "A" * (length - len(json.dumps(given, separators=(",", ":"))))
        text = json.dumps(given, separators=(",", ":")) + spaces
        return {rule for _, rule, _ in found(text, kind)} & {"TOO_LONG", "LONG"}

    assert sizes(most + 1) == {"TOO_LONG"}
    assert sizes(most) == (set() if usual is None else {"LONG"})
    assert sizes(usual or most) == set()
    assert sizes(most, "  \n") == ({"TOO_LONG"} if kind in ("session", "scp") else set() if usual is None else {"LONG"})


def test_characters_that_iam_does_not_take() -> None:
    text = document({**S3, "Resource": "arn:aws:s3:::b/日本*"})
    assert ("fault", "CHARACTERS", "") in found(text, "identity")
    assert ("fault", "CHARACTERS", "") in found(json.dumps(text, ensure_ascii=False), "boundary")
    assert found(text, "scp") == set()
    assert found(document({**S3, "Resource": "arn:aws:s3:::b/é*"}), "identity") == set()


def test_policies_of_log_groups_are_for_services() -> None:
    """Amazon CloudWatch Logs API Reference, PutResourcePolicy: not enforced where users, roles or accounts call."""
    group = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/codebuild/app:*"
    put = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": group}
    service = {**put, "Principal": {"Service": "route53.amazonaws.com"}}
    service["Condition"] = {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    account = {**put, "Principal": {"AWS": "111122223333"}}
    assert found(document(service), "resource") == set()
    assert found(document(account), "resource") == {("finding", "NOT_ENFORCED", f"{AT}/Principal/AWS")}
    filters = {"Action": "logs:PutSubscriptionFilter", "Resource": group.replace("log-group", "destination")}
    assert "NOT_ENFORCED" not in {rule for _, rule, _ in found(document({**account, **filters}), "resource")}


def test_many_resources_take_little_time() -> None:
    statement = {**OPEN, "Action": "s3:Get*", "Resource": [f"arn:aws:s3:::b{i}/*" for i in range(20_000)]}
    with within(4):
        assert found(document(statement), "resource") == {("fault", "TOO_LONG", "")}


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (S3, "identity"),
        (OPEN, "endpoint"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "codebuild.amazonaws.com"}}, "trust"),
        ({"Effect": "Allow", "Action": "ecr:BatchGetImage", "Principal": "*"}, "resource"),
    ],
)
def test_what_a_document_is_taken_for(statement: dict[str, Any], kind: str) -> None:
    assert guess(document(statement)) == kind


@pytest.mark.parametrize(
    ("operator", "key", "value", "rule"),
    [
        ("StringLike", "aws:SourceVpc", "vpc-*", "WILDCARD_ID"),
        ("StringLike", "AWS:sourcevpce", ["vpce-0123456789abcdef?"], "WILDCARD_ID"),
        ("StringNotLike", "aws:PrincipalOrgID", "o-*", "WILDCARD_ID"),
        ("NumericEquals", "aws:PrincipalAccount", "111122223333", "NUMERIC_ID"),
        ("StringLike", "aws:PrincipalTag/team", "ab*cd", "SHORT_WILDCARD"),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::11112222*:role/x", "PARTIAL_ACCOUNT"),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", "SOURCE_IP_AT_ENDPOINT"),
        ("StringEquals", "aws:PrincipalOrgPaths", "o-1/r-1/", "NO_SET_OPERATOR"),
        ("ForAllValues:StringEquals", "aws:TagKeys", "team", "FOR_ALL_VALUES_ALLOW"),
        ("StringEquals", "aws:PrincipalTag/team", "${aws:TagKeys}", "MULTIVALUED_VARIABLE"),
    ],
)
def test_fact_23_and_friends(operator: str, key: str, value: Any, rule: str) -> None:
    pointer = f"{AT}/Condition/{operator}/{key.replace('/', '~1')}" + ("/0" if isinstance(value, list) else "")
    assert ("finding", rule, pointer) in found(condition(operator, key, value), "endpoint")


def test_fact_23_long_runs_and_exact_ids_are_fine() -> None:
    assert not {
        rule
        for operator, key, value in [
            ("StringLike", "aws:PrincipalTag/team", "abcdef*"),
            ("StringEquals", "aws:SourceVpc", "vpc-0123456789abcdef0"),
            ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x"),
        ]
        for _, rule, _ in found(condition(operator, key, value), "endpoint")
    } - {"ECR_LAYERS"}


@pytest.mark.parametrize(
    ("kind", "entry", "severity"),
    [
        ("gateway-endpoint", "111122223333", "finding"),
        ("gateway-endpoint", "arn:aws:iam::111122223333:root", "finding"),
        ("gateway-endpoint", "arn:aws:iam::111122223333:role/build", "finding"),
        ("endpoint", "111122223333", "finding"),
        ("endpoint", "arn:aws:iam::111122223333:role/build", "warning"),
        ("interface-endpoint", "111122223333", None),
        ("resource", "111122223333", None),
    ],
)
def test_fact_24_principals_at_a_gateway_endpoint(kind: str, entry: str, severity: str | None) -> None:
    rules = {(one[0], one[2]) for one in found(document(S3, Principal={"AWS": entry}), kind) if "GATEWAY" in one[1]}
    assert rules == ({(severity, f"{AT}/Principal/AWS")} if severity else set())


def test_fact_24_only_services_that_have_gateway_endpoints() -> None:
    given = document(S3, Action="ecr:BatchGetImage", Principal={"AWS": "111122223333"})
    assert found(given, "endpoint") == set()


@pytest.mark.parametrize(
    ("action", "resource", "severity", "rule"),
    [
        (
            "ecr:GetAuthorizationToken",
            "arn:aws:ecr:us-east-1:111122223333:repository/x",
            "finding",
            "NEEDS_RESOURCE_STAR",
        ),
        ("sts:GetCallerIdentity", "arn:aws:iam::111122223333:role/x", "finding", "NEEDS_RESOURCE_STAR"),
        ("ecr:*", "arn:aws:ecr:us-east-1:111122223333:repository/x", "warning", "PARTLY_NEEDS_RESOURCE_STAR"),
        ("s3:GetObjects", "*", "warning", "NO_SUCH_ACTION"),
        ("ecr:GetAuthorizationToken", "*", None, None),
        ("nosuchservice:Do", "arn:aws:ecr:us-east-1:111122223333:repository/x", "warning", "NO_SUCH_ACTION"),
    ],
)
def test_fact_32(action: str, resource: str, severity: str | None, rule: str | None) -> None:
    expected = {(severity, rule, f"{AT}/Action")} if rule else set()
    assert found(document(S3, Action=action, Resource=resource), "identity") == expected


BUCKET, OBJECTS = "arn:aws:s3:::b", "arn:aws:s3:::b/*"
LOG_GROUP = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/codebuild/app"
ALIAS = "arn:aws:kms:us-east-1:111122223333:alias/app"


@pytest.mark.parametrize(
    ("actions", "resources", "places"),
    [
        ("s3:GetObject", BUCKET, ["Action"]),
        ("s3:ListBucket", OBJECTS, ["Action"]),
        (["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECTS], []),
        (["s3:GetObject", "s3:PutObject"], [BUCKET, OBJECTS], ["Resource/0"]),
        ("s3:*", BUCKET, []),
        ("s3:GetObject", "arn:aws:s3:::b*", []),
        ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/bucket}", []),
        ("s3:GetObject", "arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/*", []),
        ("s3:GetObject", "arn:aws:s3*", []),
        ("s3:GetObject", ["*", BUCKET], []),
        ("kms:Decrypt", ALIAS, ["Action"]),
        ("kms:Decrypt", "arn:*:kms:*:111122223333:key/*", []),
        ("logs:PutLogEvents", LOG_GROUP, ["Action"]),
        ("logs:PutLogEvents", f"{LOG_GROUP}:*", []),
        (["logs:CreateLogGroup", "logs:PutLogEvents"], [LOG_GROUP, f"{LOG_GROUP}:*"], []),
        ("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:111122223333:app", ["Action"]),
        ("codecommit:GitPull", "arn:aws:codecommit:us-east-1:111122223333:app", []),
        (["nosuchservice:Do", "s3:GetObject"], [OBJECTS, "arn:aws:nosuchservice:::x"], []),
    ],
)
def test_actions_and_resources_that_never_meet(actions: Any, resources: Any, places: list[str]) -> None:
    given = found(document(S3, Action=actions, Resource=resources), "identity")
    wanted = {("finding", "RESOURCE_MISMATCH", f"{AT}/{place}") for place in places}
    assert {one for one in given if one[1] == "RESOURCE_MISMATCH"} == wanted


@pytest.mark.parametrize(
    ("key", "action", "rule"),
    [
        ("aws:SourceVpcs", "s3:GetObject", "NO_SUCH_KEY"),
        ("s3:prefixes", "s3:ListBucket", "NO_SUCH_KEY"),
        ("kms:ViaService", "s3:GetObject", "KEY_OF_ANOTHER_SERVICE"),
        ("kms:ViaService", ["s3:GetObject", "kms:Decrypt"], None),
        ("kms:EncryptionContext:app", "kms:Decrypt", None),
        ("s3:ExistingObjectTag/team", "s3:GetObject", None),
        ("aws:PrincipalTag/team", "s3:GetObject", None),
        ("codebuild:ProjectArn", "s3:GetObject", None),
        ("token.actions.githubusercontent.com:sub", "sts:AssumeRoleWithWebIdentity", None),
        ("nosuchservice:Key", "s3:GetObject", None),
        ("kms:ViaService", "*", None),
    ],
)
def test_keys_that_no_request_has(key: str, action: Any, rule: str | None) -> None:
    given = found(condition("StringEquals", key, "x", Action=action, Resource="*"), "identity")
    wanted = {("warning", rule, f"{AT}/Condition/StringEquals/{key.replace('/', '~1')}")} if rule else set()
    assert {one for one in given if "KEY" in one[1]} == wanted


def test_a_key_without_a_prefix() -> None:
    given = found(condition("StringEquals", "SourceVpc", "vpc-1"), "identity")
    assert ("finding", "NO_SUCH_KEY", f"{AT}/Condition/StringEquals/SourceVpc") in given


def test_other_risks() -> None:
    layers = found(condition("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5"), "gateway-endpoint")
    assert layers == {("warning", "ECR_LAYERS", "")}
    for arn in (
        "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*",
        "arn:aws-cn:s3:::prod-cn-north-1-starport-layer-bucket/*",
        "arn:aws:s3:::prod-*-starport-layer-bucket/*",
    ):
        own = {**S3, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}
        bucket = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": arn}
        both = {"Version": "2012-10-17", "Statement": [own, bucket]}
        assert "ECR_LAYERS" not in {one[1] for one in found(both, "gateway-endpoint")}
    spared = document({**S3, "Effect": "Deny"}, NotPrincipal={"AWS": "arn:aws:iam::111122223333:user/ann"})
    assert ("finding", "NOT_PRINCIPAL_LEVELS", f"{AT}/NotPrincipal/AWS") in found(spared, "resource")
    everyone = document(S3, NotPrincipal={"AWS": "111122223333"})
    assert ("finding", "NOT_PRINCIPAL_ALLOW", f"{AT}/NotPrincipal") in found(everyone, "resource")
    old = {"Statement": {**S3, "Resource": "arn:aws:s3:::b/${aws:username}"}}
    assert ("finding", "VARIABLE_AS_TEXT", "/Statement/Resource") in found(old, "identity")
    early = document(S3, Resource="arn:aws:s3:::${aws:username}/x")
    assert found(early, "identity") == set()
    early = document(S3, Resource="arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:q")
    assert ("finding", "VARIABLE_TOO_EARLY", f"{AT}/Resource") in found(early, "identity")
    logs = condition("StringEquals", "aws:VpceOrgID", "o-1", Action="logs:PutLogEvents")
    assert ("finding", "KEY_NOT_SUPPLIED", f"{AT}/Condition/StringEquals/aws:VpceOrgID") in found(logs, "endpoint")
    alone = condition("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8")
    assert ("warning", "VPC_SOURCE_IP_ALONE", f"{AT}/Condition/IpAddress/aws:VpcSourceIp") in found(alone, "resource")


def test_null_guards_for_all_values() -> None:
    guarded = {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}}
    tagging = {**S3, "Action": "s3:TagResource"}
    assert found(document(tagging, Condition=guarded), "identity") == set()
    assert (
        found(document({**S3, "Effect": "Deny"}, Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "a"}}))
        == set()
    )


def test_kind_is_guessed_or_refused() -> None:
    assert found(document(OPEN, Principal={"AWS": "111122223333"}))
    assert not found(document(S3))
    with pytest.raises(ValueError, match="linted as one of"):
        lint({}, "bucket")


def test_every_issue_names_its_source() -> None:
    issues = lint(condition("StringLike", "aws:SourceVpc", "vpc-*"))
    assert all(isinstance(one, Issue) and one.message and one.source for one in issues)


def run(tmp_path: Path, given: object, *arguments: str) -> Result:
    file = tmp_path / "p.json"
    file.write_text(given if isinstance(given, str) else json.dumps(given), encoding="utf-8")
    return CliRunner().invoke(group, ["policy", "lint", str(file), *arguments])


@pytest.mark.parametrize(
    ("given", "code", "last"),
    [
        (document(S3), 0, "clean"),
        (document(S3, Action="s3:Nothing"), 0, "1 warning"),
        (document(S3, Action="ecr:GetAuthorizationToken", Resource="arn:aws:ecr:::x"), 1, "1 finding"),
        (document(S3, Effect="allow"), 2, "1 fault"),
        ("nonsense", 2, "1 fault"),
        ({"Policy": json.dumps(document(S3, Action="s3"))}, 2, "1 fault, 1 warning"),
        ({"PolicyDocument": document(S3)}, 0, "clean"),
    ],
)
def test_command(tmp_path: Path, given: object, code: int, last: str) -> None:
    result = run(tmp_path, given)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (code, last)


def test_command_finds_the_document_in_an_answer_of_aws(tmp_path: Path) -> None:
    trust = document({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    assert run(tmp_path, {"Role": {"RoleName": "r", "AssumeRolePolicyDocument": trust}}).stdout == "clean\n"
    scp = {"Policy": {"PolicySummary": {"Id": "p-1"}, "Content": json.dumps(document(S3))}}
    assert run(tmp_path, scp, "--kind", "scp").stdout == "clean\n"
    version = {"PolicyVersion": {"Document": document(S3), "VersionId": "v1"}}
    assert run(tmp_path, version, "--kind", "boundary").stdout == "clean\n"
    several = run(tmp_path, {"VpcEndpoints": [{"PolicyDocument": json.dumps(document(OPEN))}] * 2})
    assert several.exit_code == 2
    assert "2 of them, at /VpcEndpoints/0/PolicyDocument, /VpcEndpoints/1/PolicyDocument" in several.stderr


def test_command_as_json(tmp_path: Path) -> None:
    result = run(tmp_path, document(S3, Action="s3"), "--kind", "scp", "--format", "json")
    held = json.loads(result.stdout)
    assert (held["kind"], held["issues"][0]["pointer"], held["issues"][0]["severity"]) == (
        "scp",
        f"{AT}/Action",
        "fault",
    )
    assert json.loads(run(tmp_path, "{", "--format", "json").stdout)["issues"][0]["rule"] == "NOT_JSON"


def test_command_reads_only_text(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(b"\xff\xfe")
    assert CliRunner().invoke(group, ["policy", "lint", str(tmp_path / "p.json")]).exit_code == 2
    assert CliRunner().invoke(group, ["policy", "lint", str(tmp_path / "none.json")]).exit_code == 2


def test_an_origin_access_identity_is_a_principal() -> None:
    identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"
    statement = {"Effect": "Allow", "Principal": {"AWS": identity}, "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::b/*"}  # fmt: skip
    assert lint({"Version": "2012-10-17", "Statement": statement}, "resource") == ()


def test_a_trust_policy_has_no_resource() -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    assert lint({"Version": "2012-10-17", "Statement": trust}, "trust") == ()
    found = lint({"Version": "2012-10-17", "Statement": [{**trust, "Resource": "*"}]}, "trust")
    assert [(one.rule, one.pointer) for one in found] == [("MISPLACED_RESOURCE", "/Statement/0/Resource")]


GITHUB = {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}
SAML = {"Federated": "arn:aws:iam::111122223333:saml-provider/idp"}
SUB = "token.actions.githubusercontent.com:sub"


def trusted(principal: Any, action: Any, **conditions: Any) -> set[str]:
    more = {"Condition": conditions} if conditions else {}
    given = document({"Effect": "Allow", "Principal": principal, "Action": action, **more})
    return {one.rule for one in lint(given, "trust")}


@pytest.mark.parametrize(
    ("principal", "action", "never"),
    [
        (SAML, "sts:AssumeRole", True), (SAML, "sts:AssumeRoleWithWebIdentity", True),
        (SAML, ["sts:AssumeRoleWithSAML", "sts:TagSession"], False), (SAML, "sts:*", False),
        ({"Federated": "cognito-identity.amazonaws.com"}, "sts:AssumeRole", True),
        ({"Federated": "cognito-identity.amazonaws.com"}, "sts:assumerolewithwebidentity", False),
        ({"Service": "codebuild.amazonaws.com"}, "sts:AssumeRoleWithWebIdentity", True),
        ({"AWS": "111122223333"}, "sts:TagSession", True), ({"AWS": "111122223333"}, "sts:AssumeRole", False),
    ],
)  # fmt: skip
def test_whom_a_trust_policy_names_asks_for_one_action(principal: Any, action: Any, never: bool) -> None:
    """AWS Security Token Service API Reference: a provider's users never call AssumeRole."""
    assert ("TRUST_ACTION" in trusted(principal, action)) is never


@pytest.mark.parametrize(
    ("conditions", "open_"),
    [
        ({}, True),
        ({"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}, True),
        ({"StringEquals": {SUB: "repo:acme/app:ref:refs/heads/main"}}, False),
        ({"StringLike": {SUB: "repo:acme/*"}}, False), ({"StringLike": {SUB: "repo:acme*"}}, True),
        ({"StringLike": {SUB: "repo:acme*/app:*"}}, True), ({"StringLike": {SUB: ["repo:acme/a:*", "*"]}}, True),
        ({"StringNotEquals": {SUB: "repo:acme/app:*"}}, True), ({"StringLikeIfExists": {SUB: "repo:acme/*"}}, True),
        ({"StringEquals": {"token.actions.githubusercontent.com:repository_owner_id": "1"}}, False),
    ],
)  # fmt: skip
def test_a_provider_that_everybody_uses_is_bound_to_ones_own(conditions: Any, open_: bool) -> None:
    """IAM User Guide, "Identity-provider controls for shared OIDC providers"."""
    assert ("PROVIDER_OPEN" in trusted(GITHUB, "sts:AssumeRoleWithWebIdentity", **conditions)) is open_


def test_names_of_services_in_principals() -> None:
    for name, wrong in (("codebuild", True), ("codebuild.aws.amazon.com", True), ("codebuild.amazonaws.com", False),
                        ("logs.cn-north-1.amazonaws.com.cn", False)):  # fmt: skip
        assert ("NO_SERVICE_NAME" in trusted({"Service": name}, "sts:AssumeRole")) is wrong


@pytest.mark.parametrize(
    ("operator", "value", "rule"),
    [
        ("IpAddress", "10.0.0.0/8", "PRIVATE_ADDRESS"), ("NotIpAddress", ["203.0.113.0/24", "192.168.1.5"],
                                                        "PRIVATE_ADDRESS"),
        ("IpAddress", "fd00::/8", "PRIVATE_ADDRESS"), ("IpAddress", "203.0.113.0/24", None),
        ("IpAddress", "0.0.0.0/0", None), ("IpAddress", "2001:db8::/32", None),
        ("StringEquals", "203.0.113.0/24", "ADDRESS_AS_TEXT"), ("StringEquals", "203.0.113.7", None),
    ],
)  # fmt: skip
def test_addresses_in_conditions(operator: str, value: Any, rule: str | None) -> None:
    """IAM User Guide, "AWS global condition context keys" (aws:SourceIp), "Condition operators" (IpAddress)."""
    given = document(S3, Condition={operator: {"aws:SourceIp": value}})
    assert {one.rule for one in lint(given, "identity")} == ({rule} if rule else set())
