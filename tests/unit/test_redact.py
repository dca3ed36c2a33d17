"""Secrets planted where AWS's answers can hold them, and what has to stay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reachsim.redact import no_variables, redactor

PLANTED = "planted"
BUILDSPEC = """\
version: 0.2
env:
  shell: bash
  variables:
    PASSWORD: planted   # planted
    LONG: |
      planted
      planted
    QUOTED: "planted"
  parameter-store:
    DB: /app/db
phases:
  build:
    commands:
      - docker build -t app .   # variables
"""


@pytest.mark.parametrize(
    "record",
    [
        {"environment": {"environmentVariables": [{"name": "A", "value": PLANTED, "type": "PLAINTEXT"}]}},
        {"environment": {"environmentVariables": [{"name": "A", "value": PLANTED}]}},
        {"source": {"auth": {"type": "OAUTH", "resource": PLANTED}, "location": "x"}},
        {"secondarySources": [{"location": f"https://user:{PLANTED}@example.com/a.git"}]},
        {"source": {"location": f"https://{PLANTED}@example.com/a.git"}},
        {"source": {"buildspec": BUILDSPEC}},
        {"source": {"buildspec": '{"version": 0.2, "env": {"variables": {"A": "planted"}}}'}},
        {"source": {"buildspec": "env: {variables: {A: planted}}"}},
        {"source": {"buildspec": "env:\n  variables:\n  - planted\n"}},
        {"source": {"buildspec": "env:\n\tvariables: [planted"}},
        {"webhook": {"url": "https://example.com", "secret": PLANTED}},
        {"Functions": [{"Environment": {"Variables": {"A": PLANTED}}}]},
        {"VpnConnections": [{"CustomerGatewayConfiguration": f"<a>{PLANTED}</a>"}]},
        {"Options": {"TunnelOptions": [{"PreSharedKey": PLANTED}]}},
        {"UserData": PLANTED},
        {"LaunchTemplateData": {"UserData": PLANTED}},
        {"configuration": {"OAuthToken": PLANTED}},
        {"configuration": {"UserParameters": PLANTED, "ParameterOverrides": f'{{"Password": "{PLANTED}"}}'}},
        {"configuration": {"EnvironmentVariables": json.dumps([{"name": "A", "value": PLANTED, "type": "PLAINTEXT"}])}},
        {"configuration": {"EnvironmentVariables": f"[{PLANTED}"}},
        {"Tags": [{"Key": "DB_PASSWORD", "Value": PLANTED}]},
        {"tags": [{"key": "api-key", "value": PLANTED}]},
        {"Tags": {"GithubToken": PLANTED}},
        {"TagSet": [{"Key": "my-secret", "Value": PLANTED}]},
        {"MasterAccountEmail": PLANTED},
        {"containerDefinitions": [{"environment": [{"name": "A", "value": PLANTED}]}]},
        {"pipeline": {"variables": [{"name": "A", "defaultValue": PLANTED}]}},
        {"source": {"buildspec": f"phases:\n  build:\n    commands:\n    - export API_TOKEN={PLANTED}\n"}},
        {"source": {"buildspec": f"phases: {{build: {{commands: ['DB_PASSWORD=\"{PLANTED} {PLANTED}\" make']}}}}"}},
        {"Description": f"login with password={PLANTED}"},
        {"source": {"buildspec": f"docker login -u me -p {PLANTED} registry.example"}},
        {"source": {"buildspec": f"docker login -u me --password '{PLANTED} a' registry.example"}},
        {"source": {"buildspec": f"- 'mysql --password {PLANTED} -h db'"}},
        {"source": {"buildspec": f"curl -u me:{PLANTED} https://example.com"}},
        {"source": {"buildspec": f"curl --user 'me:{PLANTED}' https://example.com"}},
        {"source": {"buildspec": f"curl -H 'Authorization: Bearer {PLANTED}' https://example.com"}},
        {"virtualInterfaces": [{"authKey": PLANTED, "bgpPeers": [{"authKey": PLANTED}]}]},
    ],
    ids=lambda record: json.dumps(record)[:50],
)
def test_planted_secrets_go(record: Any) -> None:
    assert PLANTED not in json.dumps(redactor()(record))


@pytest.mark.parametrize(
    "record",
    [
        {"environmentVariables": [{"name": "A", "value": "/app/db", "type": "PARAMETER_STORE"}]},
        {"environmentVariables": [{"name": "A", "value": "app/db:key", "type": "SECRETS_MANAGER"}]},
        {"registryCredential": {"credential": "arn:aws:secretsmanager:eu-west-1:111111111111:secret:hub"}},
        {"source": {"location": "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/app"}},
        {"source": {"location": "ssh://git@example.com/app.git"}},
        {"source": {"buildspec": "buildspec.yml"}},
        {"source": {"buildspec": "version: 0.2\nphases: {build: {commands: [echo $variables]}}\n"}},
        {"Tags": [{"Key": "Name", "Value": "token-service"}]},
        {"DhcpConfigurations": [{"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]}]},
        {"value": "V2", "name": "REGISTRY_POLICY_SCOPE"},
        {"Policy": '{"Statement": [{"Condition": {"StringEquals": {"aws:PrincipalTag/password": "x"}}}]}'},
        {"Version": 3, "Enabled": None, "Ratio": 1.5},
        {"source": {"buildspec": "phases: {build: {commands: ['TOKEN=$(aws ecr get-login-password) make']}}"}},
        {"source": {"buildspec": "phases: {build: {commands: ['docker login --password-stdin $TOKEN', 'A=$SECRET']}}"}},
        {"RoleId": "AROAIOSFODNN7EXAMPLE"},
        {"policyText": '{"Condition": {"StringEquals": {"aws:TokenIssueTime": "2024-01-01T00:00:00Z"}}}'},
        {"DNSName": "token-service-1234567890.elb.eu-west-1.amazonaws.com"},
    ],
    ids=lambda record: json.dumps(record)[:50],
)
def test_what_no_secret_is_stays(record: Any) -> None:
    assert redactor()(record) == record


@pytest.mark.parametrize(
    "token",
    [
        "AKIA" + "IOSFODNN7EXAMPLE", "ghp_" + "a1B2" * 9, "github_pat_" + "a1B2_" * 6, "glpat-" + "a1B2-" * 5,
        "xoxb-" + "1234567890-abc", "npm_" + "a1B2" * 9, "pypi-AgE" + "a1B2-" * 6, "dckr_pat_" + "a1B2-" * 6,
        "sk_live_" + "a1B2" * 6, "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nx==\n-----END RSA PRIVATE KEY-----",
    ],
)  # fmt: skip
def test_what_looks_like_a_token_goes_wherever_it_stands(token: str) -> None:
    record = {"buildspec": f"phases:\n  build:\n    commands:\n    - echo '{token}' | login\n", "Description": token,
              "Tags": [{"Key": "note", "Value": f"see {token}!"}]}  # fmt: skip
    cleaned = redactor()(record)
    assert token not in json.dumps(cleaned).replace("\\n", "\n")
    assert "| login" in cleaned["buildspec"]


def test_names_stay_and_lines_keep_their_numbers() -> None:
    cleaned = no_variables(BUILDSPEC)
    assert PLANTED not in cleaned
    for kept in ("PASSWORD:", "LONG:", "QUOTED:", "DB: /app/db", "- docker build -t app ."):
        assert kept in cleaned
    lines = cleaned.splitlines()
    assert lines.index("  variables:") == BUILDSPEC.splitlines().index("  variables:")


def test_patterns_of_tags_are_added_and_do_not_mind_case() -> None:
    clean = redactor(["Cost*", "owner"])
    tags = [{"Key": "costCentre", "Value": "1"}, {"Key": "OWNER", "Value": "me"}, {"Key": "owners", "Value": "us"}]
    assert [one["Value"] for one in clean({"Tags": tags})["Tags"]] == ["", "", "us"]
    assert [one["Value"] for one in redactor(["*"])({"Tags": tags})["Tags"]] == ["", "", ""]


def test_the_answer_itself_is_not_changed() -> None:
    record = {"Tags": [{"Key": "password", "Value": PLANTED}]}
    redactor()(record)
    assert record["Tags"][0]["Value"] == PLANTED


@pytest.mark.parametrize(
    "command",
    [
        "aws ecr get-login-password | docker login --username AWS --password-stdin 1.dkr.ecr.us-east-1.amazonaws.com",
        "docker login -u $USER -p $PASSWORD registry.example", 'docker login -p "$PASSWORD" registry.example',
        "aws secretsmanager get-secret-value --secret-id prod/db", "ssh-keygen -p -f key", "mkdir -p build/out",
        "docker run -p 8080:80 registry.example", "docker run --user 1000:1000 registry.example",
        "git push -u origin main", "pip install --user -r requirements.txt", "curl -H 'Authorization: Bearer $TOKEN' x",
        "sudo -u postgres psql", "docker build --secret id=npm,src=.npmrc .",
    ],
)  # fmt: skip
def test_commands_without_secrets_stay(command: str) -> None:
    assert redactor()({"buildspec": command}) == {"buildspec": command}


def test_a_command_keeps_its_meaning() -> None:
    found = redactor()({"buildspec": "docker login -u me -p hunter2x registry.example && make"})
    assert found == {"buildspec": "docker login -u me -p REDACTED registry.example && make"}
