"""The least that a capture needs to be allowed: one IAM policy, from the same rows that make the calls.

**Source:** `reachsim.calls`, `reachsim.collect.identities`; AWS's Service Authorization Reference (the actions, and
that most of them take no resource, so the resource is ``*``).
"""

from __future__ import annotations

import json
from typing import Any, Final

from reachsim.calls import CALLS
from reachsim.collect.identities import SETUP
from reachsim.role_calls import FALLBACK

VERSION: Final = "2012-10-17"


def actions() -> tuple[str, ...]:
    """Every IAM action that a capture uses, sorted. ``sts:GetCallerIdentity`` needs no permission and is listed all
    the same, so that the list is the list of calls; assuming roles needs ``sts:AssumeRole`` on these roles besides.
    """
    return tuple(sorted({call.iam for call in (*CALLS, *FALLBACK, *SETUP)}))


def document() -> dict[str, Any]:
    """The policy: one statement per service.

    >>> document()["Statement"][0]["Sid"]
    'Codebuild'
    """
    services: dict[str, list[str]] = {}
    for action in actions():
        services.setdefault(action.split(":")[0], []).append(action)
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "".join(word.capitalize() for word in service.split("-")),
                "Effect": "Allow",
                "Action": found,
                "Resource": "*",
            }
            for service, found in services.items()
        ],
    }


def as_json() -> str:
    """The policy document, as IAM's console and AWS CLI take it."""
    return json.dumps(document(), indent=2)


def as_terraform() -> str:
    """A data source and a managed policy in Terraform's language."""
    lines = ['data "aws_iam_policy_document" "reachsim" {']
    for statement in document()["Statement"]:
        lines += [
            "  statement {",
            f'    sid    = "{statement["Sid"]}"',
            '    effect = "Allow"',
            "    actions = [",
        ]
        lines += [f'      "{action}",' for action in statement["Action"]]
        lines += ["    ]", '    resources = ["*"]', "  }", ""]
    lines[-1] = "}"
    return "\n".join(
        (*lines, "", 'resource "aws_iam_policy" "reachsim" {', '  name   = "reachsim-snapshot"',
         "  policy = data.aws_iam_policy_document.reachsim.json", "}")
    )  # fmt: skip


def as_cloudformation() -> str:
    """A CloudFormation template with a managed policy."""
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "What reachsim snapshot may read",
        "Resources": {
            "ReachsimSnapshot": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"Description": "Read-only calls of reachsim snapshot", "PolicyDocument": document()},
            }
        },
    }
    return json.dumps(template, indent=2)
