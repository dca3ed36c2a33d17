"""Small makers for requests and documents."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import policy

ACCOUNT = "111122223333"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"


class Maker:
    """Builds requests and one-statement documents with few words."""

    ann = ANN
    account = ACCOUNT
    role = f"arn:aws:iam::{ACCOUNT}:role/build"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/build/run1"
    root = f"arn:aws:iam::{ACCOUNT}:root"

    def request(
        self,
        principal: Any = ANN,
        action: str = "s3:GetObject",
        arn: str = "arn:aws:s3:::b/k",
        owner: str = ACCOUNT,
        context: dict[str, Any] | None = None,
        wildcard_only: bool = False,
    ) -> policy.Request:
        return policy.Request(policy.Principal.parse(principal), action, arn, owner, context or {}, wildcard_only)

    def document(self, effect: str = "Allow", version: str = "2012-10-17", **fields: Any) -> policy.Document:
        statement = {"Effect": effect, "Action": "*", "Resource": "*", **fields}
        for name in ("Action", "Resource"):
            if f"Not{name}" in fields:
                del statement[name]
        return policy.parse({"Version": version, "Statement": [statement]})

    def decide(self, request: policy.Request, gateway: bool = False, **policies: Any) -> policy.Decision:
        return policy.evaluate(request, policy.Policies(**policies), gateway=gateway)

    def effect(self, document: policy.Document, request: policy.Request, kind: Any = "identity", **how: Any) -> str:
        return policy.judge(document, request, kind, **how).effect


@pytest.fixture
def make() -> Maker:
    return Maker()
