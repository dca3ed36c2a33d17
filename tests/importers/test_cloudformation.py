"""``reachsim import cloudformation``: functions, conditions, parameters, nested stacks, and input that is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reachsim.api import Reach, load
from reachsim.errors import QuestionError, SnapshotError, UnsupportedError
from reachsim.importers import ImportReport, import_cloudformation
from reachsim.importers.cloudformation.intrinsics import Evaluator, Unknown
from reachsim.importers.cloudformation.template import Template, load_yaml
from tests.build import Build
from tests.patience import within

DATA = Path(__file__).resolve().parent.parent / "data" / "cloudformation"


def run(source: Path | str, tmp_path: Path, **options: Any) -> tuple[Reach, ImportReport]:
    if isinstance(source, str):
        path = tmp_path / "template.yaml"
        path.write_text(source, encoding="utf-8")
        source = path
    options = {"region": "us-east-1", "account": "111111111111"} | options
    report = import_cloudformation(source, tmp_path / "out", overwrite=True, **options)
    return load(tmp_path / "out"), report


def parameters(tmp_path: Path, value: Any) -> Path:
    path = tmp_path / "parameters.json"
    path.write_text(json.dumps(value))
    return path


def test_a_private_pipeline_in_one_template(tmp_path: Path) -> None:
    reach, report = run(DATA / "private.yaml", tmp_path, region="eu-west-1")
    found = reach.check()
    assert found.overall == "private-and-working"
    assert {one.outcome for one in found.steps} == {"allowed"}
    assert report.warnings == ()
    (project,) = reach.network.projects.values()
    assert project.environment.image == "aws/codebuild/amazonlinux-x86_64-standard:5.0"


@pytest.mark.parametrize("form", [
    {"WithNat": "yes"},
    [{"ParameterKey": "WithNat", "ParameterValue": "yes"}],
    {"Parameters": {"WithNat": "yes"}},
    ["WithNat=yes"],
])  # fmt: skip
def test_a_parameter_switches_the_nat_gateway_on(form: Any, tmp_path: Path) -> None:
    reach, _ = run(DATA / "private.yaml", tmp_path, parameters=parameters(tmp_path, form))
    assert reach.check().overall == "leaking"


def test_no_secret_of_a_template_gets_into_the_snapshot(tmp_path: Path) -> None:
    run(DATA / "private.yaml", tmp_path)
    assert not any(b"planted-secret" in one.read_bytes() for one in (tmp_path / "out").rglob("*.json"))


def test_the_manifest_tells_the_line_of_every_resource(tmp_path: Path) -> None:
    reach, _ = run(DATA / "private.yaml", tmp_path)
    declared = reach.network.snapshot.manifest.declared
    line = int(declared["vpc-Vpc"].rpartition(":")[2])
    assert (DATA / "private.yaml").read_text().splitlines()[line - 1].strip() == "Vpc:"


def test_nested_stacks_are_files_beside_the_template(tmp_path: Path) -> None:
    reach, report = run(DATA / "parent.yaml", tmp_path)
    (project,) = reach.network.projects.values()
    assert project.vpc_config is not None
    assert project.vpc_config.vpc_id == "vpc-Network-Vpc"
    assert project.vpc_config.subnets == ("subnet-Network-A", "subnet-Network-B")
    assert report.ignored == ()
    assert reach.simulate("codebuild:nested", "internet").outcome == "blocked"


def test_a_nested_stack_without_its_file_is_undecidable(tmp_path: Path) -> None:
    path = tmp_path / "parent.yaml"
    path.write_bytes((DATA / "parent.yaml").read_bytes())
    _, report = run(path, tmp_path)
    assert any("Network" in one.file and "undecidable" in one.why for one in report.ignored)


def test_a_changed_template_over_a_live_snapshot(tmp_path: Path) -> None:
    net = Build()
    vpc = net.vpc("10.0.0.0/16", name="1")
    subnet = net.subnet(vpc, "10.0.1.0/24", name="a")
    group = net.group(vpc, [("tcp", 22, 22, "0.0.0.0/0")], name="app")
    net.instance(subnet, "10.0.1.5", [group], name="app")
    gone = net.group(vpc, name="gone")
    live = net.write(tmp_path / "live")
    ids = {"Group": ("AWS::EC2::SecurityGroup", group), "Gone": ("AWS::EC2::SecurityGroup", gone)}
    known = tmp_path / "resources.json"
    known.write_text(json.dumps({"StackResources": [
        {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": physical}
        for name, (kind, physical) in ids.items()
    ]}))  # fmt: skip
    text = """
    Resources:
      Group:
        Type: AWS::EC2::SecurityGroup
        Properties:
          GroupDescription: g
          VpcId: vpc-1
          SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}]
    """
    reach, report = run(text, tmp_path, onto=live, stack_resources=known)
    told = f"rules of ingress that {group} has and Group does not declare are taken to go: tcp 22"
    told += " (those of other stacks stay)"
    assert told in report.warnings
    assert any(
        one.detail == told for one in reach.simulate("ip:10.0.1.9", "i-app", protocol="tcp", port=22).assumptions
    )
    rules = reach.network.security_groups[group].ip_permissions
    assert [(one.from_port, str(one.ip_ranges[0].cidr_ip)) for one in rules] == [(443, "10.0.0.0/16")]
    assert gone not in reach.network.security_groups
    assert "i-app" in reach.network.instances


# --- functions --------------------------------------------------------------------------------------------------------


def evaluate(text: str, **values: Any) -> Any:
    node, _ = load_yaml(text, "t")
    template = Template("t", Path(), {"Mappings": {"M": {"a": {"b": "c"}}}, "Conditions": {
        "Yes": {"Fn::Equals": ["1", 1]}, "No": {"Fn::Not": [{"Condition": "Yes"}]},
        "Open": {"Fn::Equals": [{"Fn::ImportValue": "x"}, "1"]},
    }})  # fmt: skip

    def lookup(name: str, attribute: str | None) -> Any:
        return {"R": "id-r"}[name] if attribute is None else f"{name}:{attribute}"

    held = {"AWS::Region": "eu-west-1", "AWS::AccountId": "111111111111", **values}
    return Evaluator(template, held, lookup, Unknown, ()).value(node)


@pytest.mark.parametrize(("text", "expected"), [
    ("!Ref R", "id-r"),
    ("!GetAtt R.Arn", "R:Arn"),
    ("Fn::GetAtt: [R, Arn]", "R:Arn"),
    ("!Sub 'a-${R}-${R.Arn}-${AWS::Region}-${!Literal}'", "a-id-r-R:Arn-eu-west-1-${Literal}"),
    ("!Sub ['${x}-${R}', {x: !Ref 'AWS::AccountId'}]", "111111111111-id-r"),
    ("!Join ['-', [a, !Ref R, 3]]", "a-id-r-3"),
    ("!Select [1, !Split [',', 'a,b,c']]", "b"),
    ("!FindInMap [M, a, b]", "c"),
    ("!FindInMap [M, z, b, {DefaultValue: d}]", "d"),
    ("!If [Yes, 1, 2]", 1),
    ("!If [No, 1, !Ref 'AWS::NoValue']", None),
    ("[a, !If [No, b, !Ref 'AWS::NoValue'], c]", ["a", "c"]),
    ("!Base64 ab", "YWI="),
    ("!Select [0, !GetAZs '']", "eu-west-1a"),
    ("!Select [2, !Cidr [10.0.0.0/16, 4, 8]]", "10.0.2.0/24"),
    ("!Select [0, !Cidr ['2001:db8::/56', 1, 64]]", "2001:db8::/64"),
    ("Fn::Length: [1, 2, 3]", 3),
    ("Fn::ToJsonString: {a: [1], b: c}", '{"a":[1],"b":"c"}'),
    ("2012-10-17", "2012-10-17"),
    ("012345678901", "012345678901"),
    ("{a: true, b: 'true', c: 7, d: '7'}", {"a": True, "b": "true", "c": 7, "d": "7"}),
])  # fmt: skip
def test_a_function_is_worked_out(text: str, expected: Any) -> None:
    found = evaluate(text)
    assert (None if found.__class__.__name__ == "Removed" else found) == expected


@pytest.mark.parametrize("text", [
    "!ImportValue shared", "!Sub ['${x}/a', {x: !ImportValue y}]", "!Join ['', [a, !ImportValue y]]",
    "!If [Open, 1, 2]", "Fn::Transform: {Name: X}",
])  # fmt: skip
def test_what_nothing_tells_is_unknown(text: str) -> None:
    assert isinstance(evaluate(text), Unknown)


def test_vpc_of_another_stack_leaves_its_verdicts_open(tmp_path: Path) -> None:
    text = """
    Resources:
      Project:
        Type: AWS::CodeBuild::Project
        Properties:
          Name: app
          ServiceRole: arn:aws:iam::111111111111:role/r
          Source: {Type: NO_SOURCE}
          Artifacts: {Type: NO_ARTIFACTS}
          Environment: {Type: LINUX_CONTAINER, Image: x, ComputeType: BUILD_GENERAL1_SMALL}
          VpcConfig:
            VpcId: !ImportValue vpc
            Subnets: [!ImportValue subnet-a, !ImportValue subnet-b]
            SecurityGroupIds: [!ImportValue group]
    """
    reach, report = run(text, tmp_path)
    assert reach.simulate("codebuild:app", "internet").outcome == "unknown"
    assert any("vpc_config" in one for one in report.warnings)
    named = [one for one in report.warnings if "(--exports FILE gives it)" in one]
    assert [one.split()[4] for one in named] == ["vpc", "subnet-a", "subnet-b", "group"]


def test_loops_are_unrolled(tmp_path: Path) -> None:
    text = """
    Transform: AWS::LanguageExtensions
    Resources:
      Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
      Fn::ForEach::Subnets:
        - Number
        - ["1", "2"]
        - Subnet${Number}:
            Type: AWS::EC2::Subnet
            Properties: {VpcId: !Ref Vpc, CidrBlock: !Sub "10.0.${Number}.0/24"}
    """
    reach, _ = run(text, tmp_path)
    assert set(reach.network.subnets) == {"subnet-Subnet1", "subnet-Subnet2"}


# --- what is no template ----------------------------------------------------------------------------------------------

GROUP = (
    "{Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: v, "
    "SecurityGroupIngress: [{IpProtocol: tcp, SourceSecurityGroupId: !Ref B}]}}"
)


@pytest.mark.parametrize(("text", "told"), [
    ("", "with Resources, found nothing"),
    ("- 1", "with Resources, found a list"),
    ("Resources: [", "line 1"),
    ('{"Resources": {"A": {"Type": "AWS::EC2::VPC"', "complete YAML or JSON"),
    ("version: 0.2\nphases: {}", "an object with phases, version"),
    ("Resources: {A: 7}", "/Resources/A: expected an object with a Type"),
    ("Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: !Ref Nobody}}}", "/Resources/A: expected a Ref"),
    ("Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: !Reff P}}}", "/Resources/A: expected a function"),
    ("Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: {'Fn::Ref': P}}}}", "found Fn::Ref"),
    ("Resources: {A: {Type: 'AWS::EC2::VPC', DependsOn: [A, B]}}", "/Resources/A/DependsOn: expected a resource"),
    ("Resources: {}", "found Resources that hold nothing"),
    ("Access denied", "found a text"),
    ('{"format_version": "1.2", "planned_values": {}, "resource_changes": []}', "import terraform takes it"),
    ('{"version": 4, "terraform_version": "1.9.0", "resources": []}', "terraform show -json"),
    ('{"ChangeSetId": "arn:aws:cloudformation:::changeSet/c/1", "Changes": []}', "get-template --change-set-name"),
    ("service: app\nprovider: {name: aws}\nresources: {Resources: {}}", "give the template that it makes"),
    ("Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: !FindInMap [M, a, b]}}}", "/Mappings/M"),
    ("Resources: {A: {Type: 'AWS::EC2::VPC', Condition: Nope}}", "the condition Nope"),
    ("Conditions: {A: !Condition B, B: !Condition A}\nResources: {V: {Type: A, Condition: A}}", "a cycle"),
    (f"Resources:\n  A: {GROUP}\n  B: {GROUP.replace('!Ref B', '!GetAtt A.GroupId')}", "found A → B → A"),
    ("Resources: {A: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: !Select [9, [1]]}}}", "arguments of Fn::Select"),
])  # fmt: skip
def test_what_is_no_template_is_told_in_one_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError) as caught:
        run(text, tmp_path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shown", [json.dumps, lambda body: body], ids=["text", "object"])
def test_a_template_as_the_aws_cli_prints_it(shown: Callable[[Any], Any], tmp_path: Path) -> None:
    body = {"Resources": {"V": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.3.0.0/16"}}}}
    reach, _ = run(json.dumps({"TemplateBody": shown(body), "StagesAvailable": ["Processed"]}), tmp_path)
    assert list(reach.network.vpcs) == ["vpc-V"]


def test_parameters_without_a_value_are_all_named_and_not_known(tmp_path: Path) -> None:
    text = (
        "Parameters: {B: {Type: 'AWS::EC2::Subnet::Id'}, A: {Type: 'AWS::EC2::VPC::Id'}, C: {Type: String}}\n"
        "Conditions: {Closed: !Equals [!Ref C, 'yes']}\nResources:\n"
        "  Group: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: g, VpcId: !Ref A,\n"
        "    SecurityGroupEgress: !If [Closed, [{IpProtocol: '-1', CidrIp: 127.0.0.1/32}], !Ref 'AWS::NoValue']}}\n"
        "  Job: {Type: 'AWS::Lambda::Function', Properties: {FunctionName: job,\n"
        "    VpcConfig: {SubnetIds: [!Ref B], SecurityGroupIds: [!Ref Group]}}}\n"
    )
    reach, report = run(text, tmp_path)
    assert "parameters without a value: A, B, C; what rests on them is not known" in report.warnings[0]
    assert reach.simulate("lambda:job", "internet").outcome == "unknown"


STORED = (
    "Parameters: {Open: {Type: 'AWS::SSM::Parameter::Value<String>', Default: 'no'}}\n"
    "Conditions: {Closed: !Not [!Equals [!Ref Open, 'yes']]}\nResources:\n"
    "  Vpc: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}\n"
    "  A: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref Vpc, CidrBlock: 10.0.1.0/24}}\n"
    "  Group: {Type: 'AWS::EC2::SecurityGroup', Properties: {GroupDescription: g, VpcId: !Ref Vpc,\n"
    "    SecurityGroupIngress: [{IpProtocol: tcp, FromPort: 443, ToPort: 443, CidrIp: 10.0.0.0/16}],\n"
    "    SecurityGroupEgress: !If [Closed, [{IpProtocol: '-1', CidrIp: 127.0.0.1/32}], !Ref 'AWS::NoValue']}}\n"
    "  Job: {Type: 'AWS::Lambda::Function', Properties: {FunctionName: job,\n"
    "    VpcConfig: {SubnetIds: [!Ref A], SecurityGroupIds: [!Ref Group]}}}\n"
)


@pytest.mark.parametrize(("given", "outcome"), [
    ({"Open": "/net/open"}, "unknown"),
    ([{"ParameterKey": "Open", "ParameterValue": "no", "UsePreviousValue": False}], "unknown"),
    ([{"ParameterKey": "Open", "ParameterValue": "/net/open", "ResolvedValue": "yes"}], "allowed"),
    ({"Stacks": [{"Parameters": [{"ParameterKey": "Open", "ParameterValue": "x", "ResolvedValue": "no"}]}]}, "blocked"),
])  # fmt: skip
def test_a_key_of_the_parameter_store_is_no_value(given: Any, outcome: str, tmp_path: Path) -> None:
    """CloudFormation user guide, "CloudFormation-supplied parameter types": users specify a Parameter Store key."""
    reach, _ = run(STORED, tmp_path, parameters=parameters(tmp_path, given))
    assert reach.simulate("lambda:job", "subnet-A", protocol="tcp", port=443).outcome == outcome


def test_the_value_that_a_stack_keeps_is_not_known(tmp_path: Path) -> None:
    """``UsePreviousValue``: neither the default nor an empty text."""
    kept = [{"ParameterKey": "Open", "UsePreviousValue": True}]
    text = STORED.replace("AWS::SSM::Parameter::Value<String>", "String")
    reach, report = run(text, tmp_path, parameters=parameters(tmp_path, kept))
    assert reach.simulate("lambda:job", "subnet-A", protocol="tcp", port=443).outcome == "unknown"
    assert "parameters without a value: Open;" in report.warnings[0]


@pytest.mark.parametrize(("words", "outcome"), [
    ("Default: 'yes'}}|Equals [!Ref Open, yes]", "blocked"),  # compares the text yes with true
    ("Default: yes}}|Equals [!Ref Open, 'true']", "allowed"),
    ("Default: On}}|Equals [!Ref Open, yes]", "allowed"),
    ("Default: 'yes'}}|Equals [!Ref Open, 'yes']", "allowed"),
    ("Default: x}}\nMappings: {M: {x: {off: yes}}}|Equals [!FindInMap [M, !Ref Open, off], 'true']", "allowed"),
])  # fmt: skip
def test_words_without_quotes_are_booleans(words: str, outcome: str, tmp_path: Path) -> None:
    """CloudFormation reads YAML 1.1: aws/aws-cli#5257, ASFHyP3/hyp3#2061 (a tag's YES without quotes came out true)."""
    default, _, compared = words.partition("|")
    text = STORED.replace("AWS::SSM::Parameter::Value<String>", "String").replace("Default: 'no'}}", default)
    reach, _ = run(text.replace("Equals [!Ref Open, 'yes']", compared), tmp_path)
    assert reach.simulate("lambda:job", "subnet-A", protocol="tcp", port=443).outcome == outcome


def test_words_of_a_file_of_parameters_stay_texts(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("WithNat: yes\n")
    reach, _ = run(DATA / "private.yaml", tmp_path, parameters=tmp_path / "values.yaml")
    assert reach.check().overall == "leaking"


def test_a_loop_needs_its_parameter(tmp_path: Path) -> None:
    text = (
        "Transform: AWS::LanguageExtensions\nParameters: {N: {Type: CommaDelimitedList}}\n"
        "Resources: {'Fn::ForEach::L': [I, !Ref N, {'V${I}': {Type: 'AWS::EC2::VPC'}}]}"
    )
    with pytest.raises(QuestionError, match="needs parameter N, which has no value"):
        run(text, tmp_path)


def test_a_template_without_a_region_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="--region"):
        run("Resources: {V: {Type: 'AWS::EC2::VPC'}}", tmp_path, region=None)


@pytest.mark.parametrize("transform", [
    "OurMacro", "[AWS::LanguageExtensions, OurMacro]", "{Name: OurMacro, Parameters: {Size: 2}}",
    "[{Name: OurMacro}, AWS::LanguageExtensions]",
])  # fmt: skip
def test_a_macro_runs_in_aws_only(transform: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="the transform OurMacro, which runs in AWS only"):
        run(f"Transform: {transform}\nResources: {{V: {{Type: 'AWS::EC2::VPC'}}}}", tmp_path)


SERVERLESS = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Job:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: job, Handler: a.b, Runtime: python3.12, CodeUri: s3://bucket/key}
"""


def test_serverless_needs_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("samtranslator", *(one for one in sys.modules if one.startswith("samtranslator."))):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UnsupportedError, match=r"reachsim\[cfn\]"):
        run(SERVERLESS, tmp_path)


def test_serverless_is_translated_where_the_extra_is_there(tmp_path: Path) -> None:
    reach, _ = run(SERVERLESS, tmp_path)
    assert {name for _, name in reach.network.functions} == {"job"}


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    lines = ["Resources:", "  A: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  A{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(SnapshotError, match="aliases"):
        run("\n".join(lines), tmp_path)


def test_the_same_template_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        import_cloudformation(DATA / "private.yaml", tmp_path / name, region="us-east-1")
    for one in (tmp_path / "a").rglob("*.json"):
        assert one.read_bytes() == (tmp_path / "b" / one.relative_to(tmp_path / "a")).read_bytes()


@pytest.mark.parametrize(("data", "found"), [
    (b'{"Subnets": [', "truncated"), (b'{"Subnets": [{"SubnetId": "\xa8"}]}', "0xa8"), (b'{"Subnets": 5}', "int"),
    (b'{"Subnets": [{"x": ' + b"[" * 100_000, "nested too deeply"), (b'{"Subnets": null}', "null"),
])  # fmt: skip
def test_a_faulty_file_of_the_live_snapshot_is_named(data: bytes, found: str, tmp_path: Path) -> None:
    live = Build("111122223333", "eu-west-1")
    live.subnet(live.vpc("10.0.0.0/16"), "10.0.0.0/24")
    folder = live.write(tmp_path / "live")
    (folder / "111122223333/eu-west-1/ec2/describe-subnets.json").write_bytes(data)
    with pytest.raises(SnapshotError, match=f"^111122223333/eu-west-1/ec2/describe-subnets.json.*{found}"):
        run("Resources: {V: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.1.0.0/16}}}", tmp_path, onto=folder)


@pytest.mark.parametrize("mark", ["{", "[", "[[ "])
def test_a_template_that_nests_too_deeply_is_refused_at_once(mark: str, tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(mark * 30_000)
    with within(1), pytest.raises(SnapshotError, match="too deep a nesting"):
        import_cloudformation(tmp_path / "t.yaml", tmp_path / "out", region="eu-west-1", account="111122223333")


WEB = """Resources:
  V: {Type: 'AWS::EC2::VPC', Properties: {CidrBlock: 10.0.0.0/16}}
  G: {Type: 'AWS::EC2::InternetGateway'}
  A: {Type: 'AWS::EC2::VPCGatewayAttachment', Properties: {VpcId: !Ref V, InternetGatewayId: !Ref G}}
  S: {Type: 'AWS::EC2::Subnet', Properties: {VpcId: !Ref V, CidrBlock: 10.0.0.0/24, MapPublicIpOnLaunch: true}}
  T: {Type: 'AWS::EC2::RouteTable', Properties: {VpcId: !Ref V}}
  R: {Type: 'AWS::EC2::Route', Properties: {RouteTableId: !Ref T, DestinationCidrBlock: 0.0.0.0/0, GatewayId: !Ref G}}
  B: {Type: 'AWS::EC2::SubnetRouteTableAssociation', Properties: {SubnetId: !Ref S, RouteTableId: !Ref T}}
  I: {Type: 'AWS::EC2::Instance', Properties: {ImageId: ami-1, SubnetId: !Ref S}}
"""
S3 = "  E: {Type: 'AWS::EC2::VPCEndpoint', Properties: {VpcId: !Ref V, ServiceName: com.amazonaws.us-east-1.s3%s}}\n"


def test_blocks_that_stand_for_those_of_s3_are_no_part_of_the_internet(tmp_path: Path) -> None:
    """A template without an endpoint tells no prefix list: its stand-in was said to be newly reached, perhaps."""
    reaches = []
    for number, more in enumerate((S3 % "", "", S3 % ", RouteTableIds: [!Ref T]")):
        folder = tmp_path / str(number)
        folder.mkdir()
        reaches.append(run(WEB + more, folder)[0])
    idle, without, used = reaches
    assert idle.diff(without).gate == without.diff(idle).gate == ("pass", ())
    assert used.diff(without, sources=["i-I"], targets=["s3"]).gate == ("fail", ("i-I → s3 by igw-G",))


@pytest.mark.parametrize(("gone", "physical", "before", "after"), [
    ("R", "rtb-T|0.0.0.0/0", "allowed", "blocked"), ("R", "stack-R-1ABCDEF", "allowed", "unknown"),
    ("B", "rtbassoc-subnet-S", "allowed", "blocked"), ("B", "stack-B-1ABCDEF", "allowed", "unknown"),
    ("C", "aclassoc-subnet-S", "blocked", "allowed"), ("C", "stack-C-1ABCDEF", "blocked", "unknown"),
])  # fmt: skip
def test_a_route_or_association_that_a_stack_loses(
    gone: str, physical: str, before: str, after: str, tmp_path: Path
) -> None:
    """It was said to be still there; what the physical id does not tell is open."""
    lines = [*WEB.splitlines(), *("""
  N: {Type: 'AWS::EC2::NetworkAcl', Properties: {VpcId: !Ref V}}
  C: {Type: 'AWS::EC2::SubnetNetworkAclAssociation', Properties: {SubnetId: !Ref S, NetworkAclId: !Ref N}}
""".splitlines() if gone == "C" else ())]  # fmt: skip
    ids = {"V": ("VPC", "vpc-V"), "G": ("InternetGateway", "igw-G"), "S": ("Subnet", "subnet-S"),
           "I": ("Instance", "i-I"), "T": ("RouteTable", "rtb-T"), "N": ("NetworkAcl", "acl-N"),
           "R": ("Route", "rtb-T|0.0.0.0/0"), "B": ("SubnetRouteTableAssociation", "rtbassoc-subnet-S")}  # fmt: skip
    ids[gone] = ({"C": "SubnetNetworkAclAssociation"}.get(gone) or ids[gone][0], physical)
    known = [{"LogicalResourceId": name, "ResourceType": f"AWS::EC2::{kind}", "PhysicalResourceId": held}
             for name, (kind, held) in ids.items()]  # fmt: skip
    (tmp_path / "resources.json").write_text(json.dumps({"StackResources": known}))
    (tmp_path / "older").mkdir()
    older, _ = run("\n".join(lines), tmp_path / "older")
    kept = "\n".join(line for line in lines if not line.startswith(f"  {gone}:"))
    newer, _ = run(kept, tmp_path, onto=tmp_path / "older" / "out", stack_resources=tmp_path / "resources.json")
    found = [one.simulate("i-I", "internet", protocol="tcp", port=443).outcome for one in (older, newer)]
    assert found == [before, after]
