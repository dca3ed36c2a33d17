"""Who a caller is, by every form of its name."""

from __future__ import annotations

import pytest

from reachsim.policy.principals import Principal

IAM, STS = "arn:aws:iam::111122223333:", "arn:aws:sts::111122223333:"
CALLERS = [
    (f"{IAM}root", "root", ""),
    (f"{IAM}user/ann", "user", "ann"),
    (f"{IAM}user/team/ann", "user", "ann"),
    (f"{IAM}user/a:b", "user", "a:b"),
    (f"{IAM}role/service-role/build", "role", "build"),
    (f"{STS}assumed-role/build/run:1", "session", "build"),
    (f"{STS}federated-user/bob", "federated-user", "bob"),
    (f"{IAM}oidc-provider/token.actions.githubusercontent.com", "provider", ""),
    (f"{IAM}saml-provider/corp", "provider", ""),
]


@pytest.mark.parametrize(("text", "kind", "name"), CALLERS)
def test_callers_of_an_account(text: str, kind: str, name: str) -> None:
    assert Principal.parse(text) == Principal(text, kind, "111122223333", name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind"), [("logs.amazonaws.com", "service"), ("accounts.google.com", "provider")]
)  # fmt: skip
def test_callers_of_no_account(text: str, kind: str) -> None:
    found = Principal.parse(text)
    assert (found.text, found.kind, found.account, found.name) == (text, kind, "", "")


def test_nobody_in_particular() -> None:
    found = Principal.parse({"type": "Anonymous"})
    assert (found.kind, found.account, found.name) == ("anonymous", "", "")


NOBODY = [
    f"{IAM}user/*", f"{IAM}user/ann?", f"{IAM}role/b*d", f"{IAM}user", f"{IAM}group/g", f"{STS}assumed-role/build",
    f"{STS}user/ann", "arn:aws:iam::1111:user/ann", "arn:aws:iam::*:user/ann", "arn:aws:iam", "111122223333", "",
    "no host",
]  # fmt: skip


@pytest.mark.parametrize("text", NOBODY)
def test_what_names_no_caller(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|wildcards"):
        Principal.parse(text)
