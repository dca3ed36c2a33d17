"""Tasks and pipelines of templates and plans with all that a deployment and an artifact store need.

**Source:** Terraform provider, "aws_ecs_task_definition", "aws_codepipeline"; CloudFormation, "AWS::ECS::TaskDefinition
ContainerDefinition", "AWS::CodePipeline::Pipeline ArtifactStore", "ArtifactStoreMap".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reachsim.importers import import_terraform
from reachsim.importers.cloudformation import import_cloudformation
from tests.plans import PlanJson

REGION, ACCOUNT = "eu-west-1", "111111111111"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:hub-AbCdEf"
FILE = "arn:aws:s3:::settings/app.env"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k-1"
TOKEN = {"name": "splunk-token", "valueFrom": SECRET}
CONTAINER = {
    "name": "web",
    "image": "team/web:1",
    "environmentFiles": [{"type": "s3", "value": FILE}],
    "repositoryCredentials": {"credentialsParameter": SECRET},
    "logConfiguration": {"logDriver": "splunk", "options": {}, "secretOptions": [TOKEN]},
}
SOURCE = {"category": "Source", "owner": "AWS", "provider": "CodeCommit", "version": "1"}
ROLE = "arn:aws:iam::222222222222:role/source"


def upper(value: Any) -> Any:
    """CloudFormation's words for the API's."""
    if isinstance(value, dict):
        return {key[:1].upper() + key[1:]: upper(one) for key, one in value.items()}
    return [upper(one) for one in value] if isinstance(value, list) else value


def planned(tmp_path: Path) -> Path:
    plan = PlanJson(REGION, ACCOUNT)
    plan.add("aws_ecs_task_definition.web", family="web", container_definitions=json.dumps([CONTAINER]))
    action = {"name": "Src", **SOURCE, "output_artifacts": ["src"], "role_arn": ROLE,
              "configuration": {"RepositoryName": "app", "OutputArtifactFormat": "CODEBUILD_CLONE_REF"}}  # fmt: skip
    store = {"location": "store", "type": "S3", "encryption_key": [{"id": KEY, "type": "KMS"}]}
    plan.add("aws_codepipeline.rel", name="rel", artifact_store=[store], stage=[{"name": "Source", "action": [action]}])
    import_terraform(plan.write(tmp_path / "plan.json"), tmp_path / "out")
    return tmp_path / "out"


def templated(tmp_path: Path) -> Path:
    action = {"Name": "Src", "ActionTypeId": upper(SOURCE), "OutputArtifacts": [{"Name": "src"}], "RoleArn": ROLE,
              "Configuration": {"RepositoryName": "app", "OutputArtifactFormat": "CODEBUILD_CLONE_REF"}}  # fmt: skip
    store = {"Location": "store", "Type": "S3", "EncryptionKey": {"Id": KEY, "Type": "KMS"}}
    resources = {
        "Web": ("AWS::ECS::TaskDefinition", {"Family": "web", "ContainerDefinitions": [upper(CONTAINER)]}),
        "Rel": ("AWS::CodePipeline::Pipeline",
                {"Name": "rel", "ArtifactStores": [{"Region": REGION, "ArtifactStore": store}],
                 "Stages": [{"Name": "Source", "Actions": [action]}]}),
    }  # fmt: skip
    made = {name: {"Type": kind, "Properties": values} for name, (kind, values) in resources.items()}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": made}), encoding="utf-8")
    import_cloudformation(tmp_path / "t.json", tmp_path / "out", region=REGION, account=ACCOUNT)
    return tmp_path / "out"


def held(folder: Path, call: str) -> Any:
    (path,) = (folder / ACCOUNT / REGION).glob(f"{call}/*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_containers_keep_what_they_fetch_before_they_run(tmp_path: Path) -> None:
    for name, make in (("plan", planned), ("template", templated)):
        (tmp_path / name).mkdir()
        (found,) = held(make(tmp_path / name), "ecs/describe-task-definition")["taskDefinition"]["containerDefinitions"]
        assert found["environmentFiles"] == CONTAINER["environmentFiles"], name
        assert found["repositoryCredentials"] == CONTAINER["repositoryCredentials"], name
        assert found["logConfiguration"]["secretOptions"] == [TOKEN], name


def test_pipelines_keep_the_key_of_their_store_and_whose_repository_they_read(tmp_path: Path) -> None:
    for name, make in (("plan", planned), ("template", templated)):
        (tmp_path / name).mkdir()
        pipeline = held(make(tmp_path / name), "codepipeline/get-pipeline")["pipeline"]
        store = pipeline["artifactStore"] if name == "plan" else pipeline["artifactStores"][REGION]
        assert (store["location"], store["encryptionKey"]["id"]) == ("store", KEY), name
        assert pipeline["stages"][0]["actions"][0]["roleArn"] == ROLE, name


def test_a_project_keeps_no_plain_value(tmp_path: Path) -> None:
    variables = [{"Name": "REPO", "Value": {"Fn::GetAtt": ["Images", "RepositoryUri"]}},
                 {"Name": "PASSWORD", "Value": "planted"}]  # fmt: skip
    resources = {
        "Images": {"Type": "AWS::ECR::Repository", "Properties": {"RepositoryName": "app"}},
        "Build": {"Type": "AWS::CodeBuild::Project",
                  "Properties": {"Name": "img", "Environment": {"EnvironmentVariables": variables}}},
    }  # fmt: skip
    (tmp_path / "t.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    import_cloudformation(tmp_path / "t.json", tmp_path / "out", region=REGION, account=ACCOUNT)
    made = json.loads((tmp_path / "out" / ACCOUNT / REGION / "codebuild/batch-get-projects.json").read_text("utf-8"))
    values = [one["value"] for one in made["projects"][0]["environment"]["environmentVariables"]]
    assert values == ["", ""]


def handed_over(text: Any, tmp_path: Path, **unknown: Any) -> dict[str, str]:
    """The configuration of a build's action; ``unknown``: what of it is known only after apply."""
    plan = PlanJson(REGION, ACCOUNT)
    plan.add("aws_ecr_repository.app", name="app")
    configuration = {"ProjectName": "img"} | ({"EnvironmentVariables": text} if text else {})
    action = {"name": "B", "category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1",
              "configuration": configuration}  # fmt: skip
    plan.add("aws_codepipeline.rel", name="rel", stage=[{"name": "B", "action": [action]}])
    path = plan.write(tmp_path / "plan.json")
    made = json.loads(path.read_text(encoding="utf-8"))
    if unknown:
        (one,) = [one for one in made["resource_changes"] if one["type"] == "aws_codepipeline"]
        one["change"]["after_unknown"]["stage"] = [{"action": [{"configuration": unknown}]}]
        (one,) = [one for one in made["configuration"]["root_module"]["resources"] if one["type"] == "aws_codepipeline"]
        named = ["aws_ecr_repository.app.repository_url", "aws_ecr_repository.app"]
        one["expressions"]["stage"][0]["action"][0]["configuration"] = {"references": named}
        path.write_text(json.dumps(made), encoding="utf-8")
    import_terraform(path, tmp_path / "out")
    found: dict[str, str] = held(tmp_path / "out", "codepipeline/get-pipeline")["pipeline"]["stages"][0]["actions"][0][
        "configuration"
    ]
    return found


def test_secrets_that_an_action_hands_over_are_named(tmp_path: Path) -> None:
    secret = {"name": "T", "value": "/app/t", "type": "PARAMETER_STORE"}
    plain = {"name": "P", "value": "planted", "type": "PLAINTEXT"}
    found = handed_over(json.dumps([secret, plain]), tmp_path)
    assert json.loads(found["EnvironmentVariables"]) == [secret, plain | {"value": ""}]


def test_what_is_known_of_an_actions_configuration_stays_beside_what_is_not(tmp_path: Path) -> None:
    assert handed_over(None, tmp_path, EnvironmentVariables=True) == {"ProjectName": "img", "EnvironmentVariables": ""}


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [("CodeStarConnections", "codestar-connections"), ("CodeConnections", "codeconnections")],
)
def test_an_action_keeps_what_is_known_beside_a_connection_of_the_template_or_of_none(
    kind: str, prefix: str, tmp_path: Path
) -> None:
    for number, (arn, expected) in enumerate((
        ({"Ref": "Con"}, f"arn:aws:{prefix}:{REGION}:{ACCOUNT}:connection/Con"),
        ({"Fn::ImportValue": "elsewhere"}, None),
    )):  # fmt: skip
        configuration = {"ConnectionArn": arn, "FullRepositoryId": "a/b", "OutputArtifactFormat": "CODEBUILD_CLONE_REF"}
        action = {"Name": "Src", "ActionTypeId": upper(SOURCE | {"provider": "CodeStarSourceConnection"}),
                  "Configuration": configuration}  # fmt: skip
        resources = {
            "Con": {"Type": f"AWS::{kind}::Connection", "Properties": {"ConnectionName": "hub"}},
            "Rel": {"Type": "AWS::CodePipeline::Pipeline",
                    "Properties": {"Name": "rel", "Stages": [{"Name": "Source", "Actions": [action]}]}},
        }  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "t.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
        import_cloudformation(folder / "t.json", folder / "out", region=REGION, account=ACCOUNT)
        (stage,) = held(folder / "out", "codepipeline/get-pipeline")["pipeline"]["stages"]
        made = stage["actions"][0]["configuration"]
        assert made.pop("ConnectionArn", None) == expected
        assert made == {"FullRepositoryId": "a/b", "OutputArtifactFormat": "CODEBUILD_CLONE_REF"}


def test_variables_of_an_action_that_a_template_does_not_tell_are_not_left_out(tmp_path: Path) -> None:
    elsewhere = {"Fn::ImportValue": "elsewhere"}
    action = {"Name": "B", "ActionTypeId": upper(SOURCE | {"category": "Build", "provider": "CodeBuild"}),
              "Configuration": {"ProjectName": "img", "EnvironmentVariables": elsewhere}}  # fmt: skip
    resources = {"Rel": {"Type": "AWS::CodePipeline::Pipeline",
                         "Properties": {"Name": "rel", "Stages": [{"Name": "B", "Actions": [action]}]}}}  # fmt: skip
    (tmp_path / "t.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    import_cloudformation(tmp_path / "t.json", tmp_path / "out", region=REGION, account=ACCOUNT)
    (stage,) = held(tmp_path / "out", "codepipeline/get-pipeline")["pipeline"]["stages"]
    assert stage["actions"][0]["configuration"] == {"ProjectName": "img", "EnvironmentVariables": ""}


def test_what_makes_a_projects_builds_runners_is_kept(tmp_path: Path) -> None:
    event = {"type": "EVENT", "pattern": "WORKFLOW_JOB_QUEUED"}
    (tmp_path / "plan").mkdir()
    plan = PlanJson(REGION, ACCOUNT)
    plan.add("aws_codebuild_project.img", name="img", source=[{"type": "GITHUB"}])
    plan.add("aws_codebuild_webhook.img", project_name="img", build_type="BUILD", filter_group=[{"filter": [event]}])
    import_terraform(plan.write(tmp_path / "plan" / "plan.json"), tmp_path / "plan" / "out")
    triggers = {"Webhook": True, "BuildType": "BUILD", "FilterGroups": [[upper(event)]]}
    resources = {"Build": {"Type": "AWS::CodeBuild::Project", "Properties": {"Name": "img", "Triggers": triggers}}}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": resources}), encoding="utf-8")
    import_cloudformation(tmp_path / "t.json", tmp_path / "out", region=REGION, account=ACCOUNT)
    for folder in (tmp_path, tmp_path / "plan"):
        path = folder / "out" / ACCOUNT / REGION / "codebuild/batch-get-projects.json"
        (made,) = json.loads(path.read_text(encoding="utf-8"))["projects"]
        assert made["webhook"] == {"filterGroups": [[event]], "buildType": "BUILD"}
