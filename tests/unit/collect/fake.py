"""An AWS in memory: answers every call of the table with made-up names, and notes what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from reachsim.calls import CALLS, NAMES
from reachsim.collect.aws import Answer
from reachsim.collect.capture import Account, capture
from reachsim.collect.failures import FailedCall
from reachsim.collect.manifest import Record
from reachsim.collect.outcome import Outcome, of_error
from reachsim.collect.plan import Scope

ACCOUNT, REGION = "111111111111", "ap-northeast-1"
Asked = tuple[str, str, tuple[str, ...], str]


def name(kind: str) -> str:
    own = {"policy-type": "SERVICE_CONTROL_POLICY", "organization-target": "r-root", "log-group": "/aws/codebuild/p"}
    return own.get(kind, f"{kind}-1")


def listing(service: str, operation: str) -> dict[str, Any]:
    """An answer that holds one name of every kind that is listed by this call."""
    answer: dict[str, Any] = {}
    for kind, source in NAMES.items():
        if (source.service, source.operation) != (service, operation):
            continue
        key, _, field = source.query.partition("[")
        field = field.partition("]")[2].removeprefix(".")
        record = {field: name(kind), "Config": {"PrivateZone": True}} if field else name(kind)
        answer[key] = [record]
    return answer


MORE: Mapping[str, dict[str, Any]] = {
    "codebuild/batch-get-projects": {"projects": [{"serviceRole": "arn:aws:iam::111111111111:role/service-role/b"}]},
    "lambda/list-functions": {"Functions": [{"Role": "arn:aws:iam::111111111111:role/f"}]},
    "ecs/describe-services": {"services": [{"taskDefinition": "task-definition-1"}]},
    "ec2/describe-instances": {
        "Reservations": [{"Instances": [{"IamInstanceProfile": {"Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/p"}}]}]
    },
    "iam/get-instance-profile": {"InstanceProfile": {"Roles": [{"RoleName": "i"}]}},
    "iam/list-role-policies": {"PolicyNames": ["inline"]},
    "iam/list-attached-role-policies": {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/A"}]},
    "iam/get-policy": {"Policy": {"DefaultVersionId": "v3"}},
}  # fmt: skip


class Fake:
    """Answers from `MORE`, from ``answers``, or with names; ``errors`` maps a call to (HTTP status, code, message)."""

    def __init__(
        self,
        answers: Mapping[str, Any] | None = None,
        errors: Mapping[str, tuple[int, str, str]] | None = None,
        before: Callable[[Asked], None] = lambda _: None,
    ) -> None:
        self.answers = answers or {}
        self.errors = errors or {}
        self.before = before
        self.asked: list[Asked] = []
        self._lock = threading.Lock()

    def ask(self, service: str, operation: str, options: Sequence[str], region: str, path: str) -> Answer:
        asked = (service, operation, tuple(options), region)
        with self._lock:
            self.asked.append(asked)
        self.before(asked)
        call = f"{service}/{operation}"
        for key in (f"{region}/{call}", call, f"{region}/*"):
            if key in self.errors:
                raise FailedCall(of_error(path, *self.errors[key]))
        answer = self.answers.get(call) or MORE.get(call) or listing(service, operation)
        key = next((one.key for one in CALLS if (one.service, one.operation) == (service, operation)), "")
        return Answer(iter([answer]), (key,) if isinstance(answer.get(key), list) else ())

    @property
    def calls(self) -> set[str]:
        return {f"{service} {operation}" for service, operation, _, _ in self.asked}


def run(out: Path, api: Fake, *, regions: Sequence[str] = (REGION,), scope: Scope | None = None, **more: Any) -> Record:
    refused: Outcome | None = more.pop("refused", None)
    accounts = [Account(ACCOUNT, tuple(regions), api, refused)]
    return capture(out, accounts, scope=scope or Scope(), **more)
