"""The table of calls, checked against botocore, and the shell loop, run with an ``aws`` of our own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reachsim.calls import CALLS, NAMES, Call, path, shell_loop

ACCOUNT = "111111111111"
SDK_NAMES = {"s3api": "s3"}  # the AWS CLI's word -> botocore's, where they differ

every_call = pytest.mark.parametrize(
    "call", CALLS, ids=[f"{call.service} {call.operation}{call.suffix}" for call in CALLS]
)


@cache
def sdk() -> Any:
    return pytest.importorskip("botocore.session").get_session()


@cache
def operations(service: str) -> dict[str, Any]:
    """AWS CLI operation -> botocore's model of it."""
    from botocore import xform_name

    model = sdk().get_service_model(SDK_NAMES.get(service, service))
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


@every_call
def test_a_call_exists_and_its_key_is_in_the_answer(call: Call) -> None:
    output = operations(call.service)[call.operation].output_shape
    assert call.key == "" or call.key in output.members


@every_call
def test_the_options_are_members_of_the_request_and_the_required_ones_are_there(call: Call) -> None:
    from botocore import xform_name

    shape = operations(call.service)[call.operation].input_shape
    members = {xform_name(name, "-"): name for name in (shape.members if shape else {})}
    given = [option for option in re.findall(r"--([a-z0-9-]+)", call.args) if option != "region"]
    assert [option for option in given if option not in members] == []
    assert {members[option] for option in given} >= set(shape.required_members if shape else ())


@every_call
def test_a_call_only_reads_and_its_action_says_so(call: Call) -> None:
    assert call.operation.startswith(("describe-", "get-", "list-", "batch-get-", "search-"))
    assert re.fullmatch(r"[a-z0-9-]+:(Describe|Get|List|BatchGet|Search)[A-Za-z0-9]+", call.iam)


@every_call
def test_the_names_asked_about_come_from_a_call_of_the_table(call: Call) -> None:
    asks = {"{name}": call.per, "{names}": call.names}
    for placeholder, kind in asks.items():
        assert (placeholder in call.args) == (kind is not None)
        if kind is not None and not NAMES[kind].fixed:
            source = NAMES[kind]
            assert any((other.service, other.operation) == (source.service, source.operation) for other in CALLS)
    assert call.per is None or call.args.endswith("{name}")  # the shell loop appends it
    assert (call.batch > 0) == (call.names is not None)


@every_call
def test_a_query_for_names_begins_at_the_answers_key(call: Call) -> None:
    for source in NAMES.values():
        if (source.service, source.operation) == (call.service, call.operation):
            assert source.query.startswith(call.key + "[")


def test_no_two_rows_make_the_same_file() -> None:
    files = [(call.service, call.operation, call.suffix) for call in CALLS]
    assert len(files) == len(set(files))


def test_a_service_is_in_one_folder() -> None:
    assert {call.service for call in CALLS if call.scope == "global"}.isdisjoint(
        call.service for call in CALLS if call.scope == "region"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("ec2", "describe-vpcs"), "us-east-1/ec2/describe-vpcs.json"),
        (
            ("ec2", "describe-vpc-attribute", "vpc-1.enableDnsSupport"),
            "us-east-1/ec2/describe-vpc-attribute/vpc-1.enableDnsSupport.json",
        ),
        (("ecr", "get-repository-policy", "team/app"), "us-east-1/ecr/get-repository-policy/team%2Fapp.json"),
        (("s3api", "get-bucket-policy", "logs"), "global/s3api/get-bucket-policy/logs.json"),
        (("route53", "list-hosted-zones"), "global/route53/list-hosted-zones.json"),
        (("route53", "get-hosted-zone", "/hostedzone/Z1"), "global/route53/get-hosted-zone/Z1.json"),
        (("route53resolver", "list-resolver-rules"), "us-east-1/route53resolver/list-resolver-rules.json"),
        (("iam", "get-account-authorization-details"), "global/iam/get-account-authorization-details.json"),
        (("organizations", "describe-organization"), "global/organizations/describe-organization.json"),
    ],
)
def test_paths(arguments: tuple[str, ...], expected: str) -> None:
    assert path(ACCOUNT, "us-east-1", *arguments) == f"{ACCOUNT}/{expected}"


# --- the shell loop -------------------------------------------------------------------------------------------------

# Prints canned answers from $FAKE: names/SERVICE.OPERATION for queries, errors/… (a code), answers/… (JSON), each with
# ".LAST-ARGUMENT-BUT-FOUR" tried first; else an answer that repeats the call. "silent" succeeds and prints nothing.
FAKE_AWS = r"""#!/bin/sh
echo "$*" >>"$FAKE/log"
call=$1.$2
[ "$AWS_REGION" = "$AWS_DEFAULT_REGION" ] || exit 1
case " $* " in
  *" --query Account "*) echo 111111111111; exit ;;
  *" --query "*) [ -f "$FAKE/names/$call" ] && cat "$FAKE/names/$call"; exit ;;
  *"configure get"*) exit 1 ;;
esac
one=$call.$(for word; do case $word in --output|json) ;; *) last=$word ;; esac; done; echo "$last" | sed 's|/|_|g')
for file in "$one" "$call"; do
  if [ -f "$FAKE/errors/$file" ]; then
    printf '\nAn error occurred (%s) when calling the Some operation: no\n' "$(cat "$FAKE/errors/$file")" >&2; exit 254
  fi
  [ -f "$FAKE/answers/$file" ] && cat "$FAKE/answers/$file" && exit
done
[ -f "$FAKE/broken/$call" ] && { echo "Could not connect to the endpoint URL" >&2; exit 255; }
[ -f "$FAKE/silent/$call" ] && exit
printf '{"Called": "%s"}\n' "$*"
"""


class Loop:
    """The shell loop in a folder of its own, with an ``aws`` that answers from files."""

    def __init__(self, folder: Path) -> None:
        self.fake = folder / "fake"
        self.out = folder / "snap shot"
        (folder / "bin").mkdir()
        aws = folder / "bin" / "aws"
        aws.write_text(FAKE_AWS)
        aws.chmod(0o755)
        (folder / "capture.sh").write_text(shell_loop())
        self.command = ["sh", str(folder / "capture.sh"), str(self.out)]
        self.environment = {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "FAKE": str(self.fake),
            "AWS_REGION": "us-east-1",
        }
        self.fake.mkdir()

    def given(self, kind: str, call: str, text: str = "") -> None:
        place = self.fake / kind
        place.mkdir(exist_ok=True)
        (place / call).write_text(text)

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command, env=self.environment, capture_output=True, text=True, check=False)

    def files(self) -> set[str]:
        return {str(file.relative_to(self.out)) for file in self.out.rglob("*") if file.is_file()}

    def read(self, file: str) -> Any:
        return json.loads((self.out / ACCOUNT / file).read_text())


@pytest.fixture
def loop(tmp_path: Path) -> Loop:
    if not all(map(shutil.which, ("sh", "awk", "sed", "mktemp"))):
        pytest.skip("needs a POSIX shell")
    return Loop(tmp_path)


def test_every_call_without_names_makes_its_file(loop: Loop) -> None:
    done = loop.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    expected = {
        path(ACCOUNT, "us-east-1", call.service, call.operation)
        for call in CALLS
        if call.per is None and not call.names and call.service not in ("codedeploy", "ecs", "lambda")
    }
    expected.add(path(ACCOUNT, "us-east-1", "ecr", "get-account-setting", "REGISTRY_POLICY_SCOPE"))
    assert loop.files() == expected
    assert loop.read("us-east-1/ec2/describe-vpcs.json") == {"Called": "ec2 describe-vpcs --output json"}
    assert loop.read("us-east-1/ec2/describe-network-interfaces.json") == {
        "Called": "ec2 describe-network-interfaces --include-managed-resources --output json"
    }
    assert loop.read("global/s3control/get-public-access-block.json") == {
        "Called": f"s3control get-public-access-block --account-id {ACCOUNT} --output json"
    }


def test_one_file_per_thing_asked_about(loop: Loop) -> None:
    loop.given("names", "ec2.describe-vpcs", "vpc-1\tvpc-2\n")
    loop.given("names", "ec2.describe-managed-prefix-lists", "pl-1\n")
    loop.given("names", "ec2.describe-transit-gateway-route-tables", "tgw-rtb-1\n")
    loop.given("names", "ecr.describe-repositories", "app\nteam/base\n")
    loop.given("names", "s3api.list-buckets", "artifacts\n")
    loop.given("names", "route53.list-hosted-zones", "/hostedzone/Z1\n")
    loop.given("names", "network-firewall.list-firewalls", "arn:aws:network-firewall:us-east-1:1:firewall/f\n")
    loop.given("names", "route53resolver.list-firewall-domain-lists", "None\n")
    assert loop.run().returncode == 0
    made = {
        file.removeprefix(ACCOUNT + "/").removesuffix(".json") for file in loop.files() if len(file.split("/")) == 5
    }
    assert made == {
        *(
            f"us-east-1/ec2/describe-vpc-attribute/{vpc}.{attribute}"
            for vpc in ("vpc-1", "vpc-2")
            for attribute in ("enableDnsHostnames", "enableDnsSupport")
        ),
        *(
            f"{call}/{vpc}"
            for vpc in ("vpc-1", "vpc-2")
            for call in (
                "us-east-1/ec2/describe-stale-security-groups",
                "us-east-1/route53resolver/get-firewall-config",
                "us-east-1/route53resolver/get-resolver-config",
                "global/route53/list-hosted-zones-by-vpc",
            )
        ),
        "us-east-1/ec2/get-managed-prefix-list-entries/pl-1",
        "us-east-1/ec2/search-transit-gateway-routes/tgw-rtb-1",
        "us-east-1/ec2/get-transit-gateway-route-table-associations/tgw-rtb-1",
        "us-east-1/ec2/get-transit-gateway-route-table-propagations/tgw-rtb-1",
        "us-east-1/ecr/get-repository-policy/app",
        "us-east-1/ecr/get-repository-policy/team%2Fbase",
        "us-east-1/ecr/get-account-setting/REGISTRY_POLICY_SCOPE",
        "us-east-1/network-firewall/describe-firewall/arn:aws:network-firewall:us-east-1:1:firewall%2Ff",
        "global/s3api/get-bucket-policy/artifacts",
        "global/s3api/get-bucket-encryption/artifacts",
        "global/s3api/get-bucket-acl/artifacts",
        "global/s3api/get-bucket-location/artifacts",
        "global/s3api/get-bucket-replication/artifacts",
        "global/s3api/get-public-access-block/artifacts",
        "global/route53/get-hosted-zone/Z1",
        "global/route53/list-resource-record-sets/Z1",
    }
    asked = (loop.fake / "log").read_text().splitlines()
    for line in (
        "ec2 describe-vpc-attribute --attribute enableDnsSupport --vpc-id vpc-2 --output json",
        "ec2 search-transit-gateway-routes --filters Name=state,Values=active,blackhole"
        " --transit-gateway-route-table-id tgw-rtb-1 --output json",
        "ecr get-repository-policy --repository-name team/base --output json",
        "route53 list-hosted-zones-by-vpc --vpc-region us-east-1 --vpc-id vpc-1 --output json",
        "route53 list-resource-record-sets --hosted-zone-id /hostedzone/Z1 --output json",
        "s3api get-bucket-policy --bucket artifacts --output json",
    ):
        assert asked.count(line) == 1


def test_files_are_where_the_path_function_says(loop: Loop) -> None:
    loop.given("names", "ecr.describe-repositories", "team/base\n")
    loop.given("names", "route53.list-hosted-zones", "/hostedzone/Z1\n")
    loop.run()
    assert path(ACCOUNT, "us-east-1", "ecr", "get-repository-policy", "team/base") in loop.files()
    assert path(ACCOUNT, "us-east-1", "route53", "get-hosted-zone", "/hostedzone/Z1") in loop.files()


def test_refusals_and_failures_are_written_down(loop: Loop) -> None:
    loop.given("errors", "ec2.describe-nat-gateways", "UnauthorizedOperation")
    loop.given("names", "s3api.list-buckets", "open\tshut\n")
    loop.given("errors", "s3api.get-bucket-policy.open", "NoSuchBucketPolicy")
    loop.given("answers", "s3api.get-bucket-policy.shut", '{"Policy": "{}"}')
    loop.given("broken", "logs.describe-log-groups")
    loop.given("silent", "ec2.describe-addresses")
    done = loop.run()
    assert done.returncode == 0
    assert done.stderr == "not collected: logs describe-log-groups: Could not connect to the endpoint URL\n"
    assert loop.read("us-east-1/ec2/describe-nat-gateways.json") == {"Error": {"Code": "UnauthorizedOperation"}}
    assert loop.read("global/s3api/get-bucket-policy/open.json") == {"Error": {"Code": "NoSuchBucketPolicy"}}
    assert loop.read("global/s3api/get-bucket-policy/shut.json") == {"Policy": "{}"}
    assert loop.read("us-east-1/logs/describe-log-groups.json") == {"Error": {"Code": "NotCollected"}}
    assert loop.read("us-east-1/ec2/describe-addresses.json") == {}
    assert not any(file.endswith(".tmp") for file in loop.files())


def test_batches_ask_for_all_names_at_once_and_not_for_more_than_fit(loop: Loop) -> None:
    loop.given("names", "codebuild.list-projects", "app\tweb\n")
    loop.given("names", "codecommit.list-repositories", "".join(f"r{number}\n" for number in range(26)))
    loop.run()
    assert loop.read("us-east-1/codebuild/batch-get-projects.json") == {
        "Called": "codebuild batch-get-projects --names app web --output json"
    }
    assert path(ACCOUNT, "us-east-1", "codebuild", "batch-get-fleets") not in loop.files()
    assert path(ACCOUNT, "us-east-1", "codecommit", "batch-get-repositories") not in loop.files()


@pytest.mark.parametrize("order", [("name", "value", "type"), ("type", "value", "name"), ("value", "name", "type")])
def test_secrets_stay_out(loop: Loop, order: tuple[str, ...]) -> None:
    variables = [
        {"name": "NOT_SECRETS_MANAGER", "value": 'planted: "secret",', "type": "PLAINTEXT"},
        {"name": "DB", "value": "app/db", "type": "SECRETS_MANAGER"},
    ]
    project = {
        "name": "app",
        "source": {"type": "GITHUB", "auth": {"type": "OAUTH", "resource": "planted"}, "location": "https://x"},
        "environment": {"environmentVariables": [{key: one[key] for key in order} for one in variables]},
        "serviceRole": "arn:aws:iam::111111111111:role/app",
    }
    tunnel = {"OutsideIpAddress": "203.0.113.1", "PreSharedKey": "planted"}
    vpn = {"VpnConnectionId": "vpn-1", "CustomerGatewayConfiguration": "<x>planted</x>", "Options": [tunnel]}
    loop.given("names", "codebuild.list-projects", "app\n")
    loop.given("answers", "codebuild.batch-get-projects", json.dumps({"projects": [project]}, indent=4))
    loop.given("answers", "ec2.describe-vpn-connections", json.dumps({"VpnConnections": [vpn]}, indent=4))
    loop.run()
    assert not any("planted" in (loop.out / file).read_text() for file in loop.files())
    kept = loop.read("us-east-1/codebuild/batch-get-projects.json")["projects"][0]
    stored = kept["environment"]["environmentVariables"]
    assert [(one["name"], one["type"]) for one in stored] == [
        ("NOT_SECRETS_MANAGER", "PLAINTEXT"),
        ("DB", "SECRETS_MANAGER"),
    ]
    if order.index("type") == order.index("value") + 1:
        assert stored[1]["value"] == "app/db"
    assert kept["serviceRole"] == project["serviceRole"]
    assert loop.read("us-east-1/ec2/describe-vpn-connections.json")["VpnConnections"][0]["VpnConnectionId"] == "vpn-1"


def test_values_elsewhere_are_kept(loop: Loop) -> None:
    answer = {"name": "REGISTRY_POLICY_SCOPE", "value": "V2"}
    loop.given("answers", "ecr.get-account-setting", json.dumps(answer, indent=4))
    loop.run()
    assert loop.read("us-east-1/ecr/get-account-setting/REGISTRY_POLICY_SCOPE.json") == answer


def test_without_a_region_or_a_directory_nothing_is_written(loop: Loop) -> None:
    del loop.environment["AWS_REGION"]
    assert loop.run().returncode == 2
    assert loop.run().stderr == ""
    loop.command.pop()
    assert loop.run().returncode != 0
    assert not loop.out.exists()


def test_the_loop_names_nothing_it_leaves_out() -> None:
    text = shell_loop()
    for word in ("lambda", "ecs ", "get-bucket-policy-status", "list-policies", "vpc-lattice"):
        assert word not in text
