"""Who a caller is, by every form of its name."""

from __future__ import annotations

import pytest

from reachsim.policy.principals import Principal, PrincipalElement, Via, is_known_entry

IAM, STS = "arn:aws:iam::111122223333:", "arn:aws:sts::111122223333:"
CALLERS = [
    (f"{IAM}root", "root", ""),
    (f"{IAM}user/ann", "user", "ann"),
    (f"{IAM}user/team/ann", "user", "ann"),
    (f"{IAM}user/a:b", "user", "a:b"),
    (f"{IAM}role/service-role/build", "role", "build"),
    (f"{STS}assumed-role/build/run:1", "session", "build"),
    (f"{STS}assumed-role/build/run/1", "session", "build"),
    (f"{STS}federated-user/bob", "federated-user", "bob"),
    (f"{IAM}oidc-provider/token.actions.githubusercontent.com", "provider", ""),
    (f"{IAM}saml-provider/corp", "provider", ""),
]


@pytest.mark.parametrize(("text", "kind", "name"), CALLERS)
def test_callers_of_an_account(text: str, kind: str, name: str) -> None:
    assert Principal.parse(text) == Principal(text, kind, "111122223333", name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("logs.amazonaws.com", "service"),
        ("accounts.google.com", "provider"),
        ("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1", "service"),
    ],
)
def test_callers_of_no_account(text: str, kind: str) -> None:
    found = Principal.parse(text)
    assert (found.text, found.kind, found.account, found.name) == (text, kind, "", "")


def test_nobody_in_particular() -> None:
    found = Principal.parse({"type": "Anonymous"})
    assert (found.text, found.kind, found.account, found.name) == ("anonymous", "anonymous", "", "")


NOBODY = [
    f"{IAM}user/*", f"{IAM}user/ann?", f"{IAM}role/b*d", f"{IAM}user", f"{IAM}group/g", f"{STS}assumed-role/build",
    f"{STS}user/ann", "arn:aws:iam::1111:user/ann", "arn:aws:iam::*:user/ann", "arn:aws:iam", "111122223333", "",
    "no host",
]  # fmt: skip


@pytest.mark.parametrize("text", NOBODY)
def test_what_names_no_caller(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|wildcards"):
        Principal.parse(text)


HALVES = [
    f"{STS}root", f"{IAM}user/", f"{IAM}oidc-provider", f"{STS}oidc-provider/corp", f"{IAM}assumed-role/build/run",
    f"{STS}federated-user", f"{IAM}federated-user/bob", f"x{IAM}user/ann", f"{STS}role/build",
    "arn:aws:iam::11112222333a:root", "arn:aws:iam::cloudfront:user/*", "arn:aws:iam::cloudfront:role/E1",
    "arn:aws:iam::１１１１２２２２３３３３:root",
]  # fmt: skip


@pytest.mark.parametrize("text", HALVES)
def test_what_is_nearly_a_caller_is_no_entry(text: str) -> None:
    assert not is_known_entry(text)


@pytest.mark.parametrize("text", ["*", "111122223333", *(text for text, _, _ in CALLERS)])
def test_every_caller_is_an_entry(text: str) -> None:
    assert is_known_entry(text)


@pytest.mark.parametrize("given", [{}, {"type": 5}, {"type": "Somebody"}])
def test_an_object_is_nobody_in_particular_or_nothing(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="expected an ARN"):
        Principal.parse(given)


@pytest.mark.parametrize("host", ["ec2.amazonaws.com.cn", "ecs.aws.internal", "ec2.amazonaws.com"])
def test_services_by_every_suffix(host: str) -> None:
    assert Principal.parse(host).kind == "service"


def test_who_belongs_to_an_account() -> None:
    without = [text for text, _, _ in CALLERS if not Principal.parse(text).has_identity]
    assert without == [text for text, kind, _ in CALLERS if kind == "provider"]
    assert not Principal.parse("logs.amazonaws.com").has_identity


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        (f"{IAM}role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", True),
        (f"{IAM}role/AWSServiceRoleForECS", False),
        (f"{STS}assumed-role/AWSServiceRoleForECS/ecs", True),
        (f"{STS}assumed-role/NoAWSServiceRoleFor/ecs", False),
        (f"{IAM}user/AWSServiceRoleForECS", False),
        (f"{IAM}user/aws-service-role/ann", False),
    ],
)
def test_service_linked_roles_are_told_by_path_and_their_sessions_by_name(text: str, linked: bool) -> None:
    assert Principal.parse(text).is_service_linked_role == linked


# --- how an element names a caller ------------------------------------------------------------------------------------

ANN, BUILD, RUN, BOB = (
    f"{IAM}user/ann",
    f"{IAM}role/build",
    f"{STS}assumed-role/build/run",
    f"{STS}federated-user/bob",
)
ROOT, ACCESS_IDENTITY = f"{IAM}root", "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"
PROVIDER = f"{IAM}saml-provider/corp"


@pytest.mark.parametrize(
    ("entries", "caller", "via"),
    [
        ({"AWS": (ANN, "*")}, ANN, Via.USER),
        ({"AWS": (BUILD, "*")}, BUILD, Via.ROLE),
        ({"AWS": (RUN, BUILD)}, RUN, Via.SESSION),
        ({"AWS": (BOB, "*")}, BOB, Via.SESSION),
        ({"AWS": (ACCESS_IDENTITY, "*")}, ACCESS_IDENTITY, Via.SERVICE),
        ({"AWS": (BUILD, "111122223333")}, RUN, Via.ROLE),
        ({"AWS": (f"{IAM}role/path/build",)}, RUN, Via.ROLE),
        ({"AWS": (f"{IAM}user/build",)}, RUN, None),
        ({"AWS": (BUILD,)}, f"{IAM}role/path/build", None),
        ({"AWS": (BUILD,)}, f"{IAM}user/build", None),
        ({"AWS": ("111122223333",)}, ANN, Via.ACCOUNT),
        ({"AWS": (ROOT,)}, BUILD, Via.ACCOUNT),
        ({"AWS": (ROOT,)}, ROOT, Via.ACCOUNT),
        ({"AWS": ("*", "111122223333")}, ANN, Via.EVERYONE),
        ({"AWS": ("444455556666",)}, ANN, None),
        ({"AWS": ("111122223333",)}, PROVIDER, None),
        ({"Service": ("logs.amazonaws.com",)}, "logs.amazonaws.com", Via.SERVICE),
        ({"Service": ("logs.amazonaws.com",)}, "ec2.amazonaws.com", None),
        ({"Federated": (PROVIDER,)}, PROVIDER, Via.SERVICE),
        ({"Federated": (f"{IAM}saml-provider/other",)}, PROVIDER, None),
        ({"Federated": ("*",)}, PROVIDER, Via.SERVICE),
        ({"Federated": ("*",)}, "logs.amazonaws.com", None),
        ({"Federated": ("*",)}, ANN, None),
        ({}, ANN, None),
    ],
)
def test_the_most_direct_way_of_naming_is_told(
    entries: dict[str, tuple[str, ...]], caller: str, via: Via | None
) -> None:
    assert PrincipalElement.of("Principal", entries).closest(Principal.parse(caller)) is via


def test_for_a_gateway_an_account_is_its_root_user() -> None:
    element = PrincipalElement.of("Principal", {"AWS": (ROOT, BUILD)})
    callers = [Principal.parse(text) for text in (ROOT, ANN, BUILD, RUN)]
    assert [element.closest(one, gateway=True) for one in callers] == [Via.ACCOUNT, None, Via.ROLE, Via.ROLE]


@pytest.mark.parametrize(
    ("aws", "caller", "missing"),
    [
        ((), ANN, "account"),
        ((ANN,), ANN, "account"),
        ((ROOT,), ANN, "user"),
        ((ROOT, ANN), ANN, None),
        ((ROOT,), ROOT, None),
        ((ROOT, RUN), RUN, "role"),
        ((ROOT, BUILD), RUN, "session"),
        ((ROOT, BUILD, RUN), RUN, None),
        ((ROOT,), BUILD, "role"),
        (("*",), ANN, None),
        ((), "logs.amazonaws.com", "caller"),
        ((ACCESS_IDENTITY,), ACCESS_IDENTITY, None),
    ],
)
def test_who_is_to_be_spared_is_listed_on_every_level(aws: tuple[str, ...], caller: str, missing: str | None) -> None:
    assert PrincipalElement.of("NotPrincipal", {"AWS": aws}).missing_level(Principal.parse(caller)) == missing


def test_accounts_are_ids_and_root_users_alone() -> None:
    element = PrincipalElement.of("Principal", {"AWS": ("*", ANN, "444455556666", ROOT, "someone")})
    assert element.accounts == {"111122223333", "444455556666"}
    assert (element.names, element.roles) == ({ANN}, frozenset())


def test_canonical_users_stand_apart() -> None:
    element = PrincipalElement.of("Principal", {"CanonicalUser": ("79a59df9", "b1"), "AWS": ("111122223333",)})
    assert (element.canonical, element.accounts) == ({"79a59df9", "b1"}, {"111122223333"})
    assert PrincipalElement.of("Principal", {"AWS": ("111122223333",)}).canonical == frozenset()
