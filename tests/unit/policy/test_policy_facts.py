"""The rules of policy evaluation whose tests are stated in words; the numbers are those of the facts in the modules."""

from __future__ import annotations

from typing import Any

import pytest

from reachsim import policy

OTHER = "444455556666"


def test_fact_1_root_has_full_access_in_its_account_but_scps_bind_it(make: Any) -> None:
    request = make.request(make.root)
    assert make.decide(request).decision == "Allowed"
    assert make.decide(request, scps=((make.document("Deny"),),)).blocked_by == ("scp",)
    assert make.decide(make.request(make.root, owner=OTHER)).blocked_by == ("resource",)


def test_fact_3_every_blocking_kind_is_listed(make: Any) -> None:
    decision = make.decide(make.request(), scps=((make.document(Action="iam:*"),),), identity=())
    assert decision.decision == "ImplicitlyDenied"
    assert decision.blocked_by == ("identity", "scp")
    assert {decider.policy for decider in decision.decided_by} == {"identity", "scp[0][0]"}


def test_fact_6_other_account_lists_both_sides(make: Any) -> None:
    assert make.decide(make.request(owner=OTHER)).blocked_by == ("identity", "resource")


def test_fact_9_star_with_a_principal_condition_is_a_direct_grant(make: Any) -> None:
    request = make.request(make.session, context={"aws:PrincipalArn": make.role})
    condition = {"ArnEquals": {"aws:PrincipalArn": make.role}}
    resource = make.document(Principal="*", Condition=condition)
    nope = make.document(Action="iam:Nope")
    assert make.decide(request, resource=resource, boundary=(nope,), session=nope).decision == "Allowed"
    assert make.decide(request, resource=resource, boundary=(make.document("Deny"),)).blocked_by == ("boundary",)


def test_fact_13_federated_user_without_session_policy(make: Any) -> None:
    request = make.request(f"arn:aws:sts::{make.account}:federated-user/bob")
    everything = make.document()
    assert make.decide(request, identity=(everything,)).blocked_by == ("session",)
    assert make.decide(request, identity=(everything,), session=everything).decision == "Allowed"


def test_fact_15_role_trust_policy_must_allow(make: Any) -> None:
    request = make.request(action="sts:AssumeRole", arn=make.role)
    everything = make.document()
    by_name = make.document(Principal={"AWS": make.ann})
    by_account = make.document(Principal={"AWS": make.account})
    assert make.decide(request, identity=(everything,)).blocked_by == ("resource",)
    assert make.decide(request, resource=by_name).decision == "Allowed"
    assert make.decide(request, resource=by_account).blocked_by == ("identity",)
    assert make.decide(request, resource=by_account, identity=(everything,)).decision == "Allowed"


def test_fact_18_root_as_a_value_is_only_the_root_user(make: Any) -> None:
    document = make.document(Condition={"ArnEquals": {"aws:PrincipalArn": make.root}})
    assert make.effect(document, make.request(make.role, context={"aws:PrincipalArn": make.role})) == "none"
    assert make.effect(document, make.request(make.root, context={"aws:PrincipalArn": make.root})) == "allow"


def test_fact_20_overlong_endpoint_policy_gets_a_note() -> None:
    text = '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}'
    assert policy.parse(text + " " * (20_480 - len(text))).notes_for("endpoint") == ()
    assert "20481 characters" in policy.parse(text + " " * (20_481 - len(text))).notes_for("endpoint")[0]


@pytest.mark.parametrize("named", ["111122223333", "arn:aws:iam::111122223333:root"])
def test_fact_24_gateway_endpoint_account_is_its_root_user(make: Any, named: str) -> None:
    document = make.document(Principal={"AWS": named})
    assert make.effect(document, make.request(make.session), "endpoint", gateway=True) == "none"
    assert make.effect(document, make.request(make.root), "endpoint", gateway=True) == "allow"
    assert make.effect(document, make.request(make.session), "endpoint") == "allow"
    both = {"identity": (make.document(),), "endpoint": (document,)}
    assert make.decide(make.request(make.session), gateway=True, **both).blocked_by == ("endpoint",)
    assert make.effect(document, make.request(make.session), "resource", gateway=True) == "allow"


def test_fact_25_and_24_are_marked(make: Any) -> None:
    account = make.document(Principal={"AWS": make.account})
    role = make.document(Principal={"AWS": make.role})
    assert "whole account" in account.notes_for("endpoint")[0]
    assert account.notes_for("resource") == ()
    assert role.notes_for("endpoint") == ()
    assert "aws:PrincipalArn" in role.notes_for("endpoint", gateway=True)[0]


def test_fact_26_not_principal_deny_needs_every_level(make: Any) -> None:
    listed = [make.account, make.role, make.session]
    for missing in listed:
        entries = [entry for entry in listed if entry != missing]
        document = make.document("Deny", NotPrincipal={"AWS": entries})
        assert make.effect(document, make.request(make.session), "endpoint") == "deny"
    assert (
        make.effect(make.document("Deny", NotPrincipal={"AWS": listed}), make.request(make.session), "endpoint")
        == "none"
    )


def test_fact_31_default_endpoint_policy_lets_any_bucket_through(make: Any) -> None:
    document = make.document(Principal="*")
    request = make.request(f"arn:aws:iam::{OTHER}:user/eve", "s3:PutObject", "arn:aws:s3:::theirs/x", OTHER)
    assert make.effect(document, request, "endpoint") == "allow"


def test_fact_37_role_with_path_names_the_session_of_the_same_name(make: Any) -> None:
    document = make.document(Principal={"AWS": f"arn:aws:iam::{make.account}:role/service/build"})
    assert make.effect(document, make.request(make.session), "resource") == "allow"
    assert make.effect(document, make.request(make.role), "resource") == "none"


def test_fact_39_not_principal_allow_is_everyone_else(make: Any) -> None:
    document = make.document(NotPrincipal={"AWS": make.ann})
    assert make.effect(document, make.request(), "resource") == "none"
    assert make.effect(document, make.request({"type": "Anonymous"}), "resource") == "allow"


def test_fact_41_not_resource_with_a_variable_without_value_excepts_nothing(make: Any) -> None:
    document = make.document("Deny", NotResource="arn:aws:s3:::b/${aws:username}/*")
    assert make.effect(document, make.request(arn="arn:aws:s3:::b/ann/k")) == "deny"
    named = make.request(arn="arn:aws:s3:::b/ann/k", context={"aws:username": "ann"})
    assert make.effect(document, named) == "none"


def test_fact_40_variables_count_only_after_the_fifth_colon(make: Any) -> None:
    document = make.document(Resource="arn:aws:iam::${aws:PrincipalAccount}:role/x")
    request = make.request(arn="arn:aws:iam::111122223333:role/x", context={"aws:PrincipalAccount": "111122223333"})
    assert make.effect(document, request) == "none"


def test_fact_64_same_address_in_another_vpc(make: Any) -> None:
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1"}, "IpAddress": {"aws:VpcSourceIp": "10.0.0.5"}}
    document = make.document(Condition=condition)
    here = {"aws:SourceVpc": "vpc-1", "aws:VpcSourceIp": "10.0.0.5"}
    assert make.effect(document, make.request(context=here)) == "allow"
    assert make.effect(document, make.request(context={**here, "aws:SourceVpc": "vpc-2"})) == "none"


def test_fact_68_caller_outside_any_organization(make: Any) -> None:
    document = make.document("Deny", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}})
    assert make.effect(document, make.request()) == "deny"


def test_fact_77_one_statement_is_a_list_of_one() -> None:
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"}
    assert policy.parse({"Statement": statement}).statements == policy.parse({"Statement": [statement]}).statements


def test_service_linked_session_is_spared_with_a_note(make: Any) -> None:
    request = make.request(f"arn:aws:sts::{make.account}:assumed-role/AWSServiceRoleForX/s")
    decision = make.decide(request, identity=(make.document(),), scps=((make.document("Deny"),),))
    assert decision.decision == "Allowed"
    assert "service-linked" in decision.notes[0]


def test_empty_is_not_absent(make: Any) -> None:
    everything = (make.document(),)
    assert make.decide(make.request(), identity=everything, boundary=()).blocked_by == ("boundary",)
    assert make.decide(make.request(), identity=everything, endpoint=()).blocked_by == ("endpoint",)
    assert make.decide(make.request(), identity=everything, scps=()).decision == "Allowed"
    assert make.decide(make.request(), identity=everything, scps=((),)).blocked_by == ("scp",)


def test_rcp_level_without_allow_blocks_with_a_note(make: Any) -> None:
    rcp = make.document("Deny", Principal="*", Action="iam:*")
    decision = make.decide(make.request(), identity=(make.document(),), rcps=((rcp,),))
    assert decision.blocked_by == ("rcp",)
    assert "full-access RCP" in decision.notes[-1]


@pytest.mark.parametrize("text", ["*", {"AWS": "*"}])
def test_star_names_services_as_an_assumption(make: Any, text: Any) -> None:
    decision = make.decide(make.request("logs.amazonaws.com"), resource=make.document(Principal=text))
    assert decision.decision == "Allowed"
    assert "assumption" in decision.notes[0]


def test_identity_provider_needs_the_trust_policy(make: Any) -> None:
    request = make.request("accounts.google.com", "sts:AssumeRoleWithWebIdentity", make.role)
    trust = make.document(Principal={"Federated": "accounts.google.com"})
    assert make.decide(request).blocked_by == ("resource",)
    assert make.decide(request, resource=trust).decision == "Allowed"


def test_fact_19_what_is_not_modelled_is_said(make: Any) -> None:
    everything = (make.document(),)
    point = make.request(arn=f"arn:aws:s3:us-east-1:{make.account}:accesspoint/ap/object/k")
    assert "access points are not modelled" in make.decide(point, identity=everything).notes[0]
    key = make.request(action="kms:Decrypt", arn=f"arn:aws:kms:us-east-1:{make.account}:key/k")
    assert "KMS grants are not modelled" in make.decide(key, identity=everything).notes


def test_fact_21_no_policy_and_the_default_policy_decide_alike(make: Any) -> None:
    default = policy.parse({"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]})
    for caller in (make.ann, make.session, make.root, {"type": "Anonymous"}):
        request = make.request(caller)
        for more in ({}, {"identity": (make.document(),)}, {"resource": make.document(Principal="*")}):
            assert make.decide(request, endpoint=(default,), **more).decision == make.decide(request, **more).decision


def test_fact_28_unsigned_requests_pass_only_statements_that_ask_nothing_of_the_caller(make: Any) -> None:
    request = make.request({"type": "Anonymous"}, context={"aws:PrincipalAccount": "anonymous"})
    asking = {"StringEquals": {"aws:PrincipalAccount": make.account}}
    assert make.effect(make.document(Principal="*", Condition=asking), request, "endpoint") == "none"
    negated = {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}
    assert make.effect(make.document(Principal="*", Condition=negated), request, "endpoint") == "allow"
    assert make.effect(make.document(Principal="*"), request, "endpoint") == "allow"


def test_fact_29_a_bucket_demands_its_endpoint_in_the_same_verdict(make: Any) -> None:
    demand = make.document("Deny", Principal="*", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})
    both = {"identity": (make.document(),), "endpoint": (make.document(Principal="*"),), "resource": demand}
    assert make.decide(make.request(context={"aws:SourceVpce": "vpce-1"}), **both).decision == "Allowed"
    assert make.decide(make.request(context={"aws:SourceVpce": "vpce-2"}), **both).blocked_by == ("resource",)


def test_fact_30_git_over_its_endpoint_is_pull_and_push_of_the_repository(make: Any) -> None:
    arn = f"arn:aws:codecommit:us-east-1:{make.account}:app"
    pull = make.document(Principal="*", Action="codecommit:GitPull", Resource=arn)
    assert make.effect(pull, make.request(action="codecommit:GitPull", arn=arn), "endpoint") == "allow"
    assert make.effect(pull, make.request(action="codecommit:GitPush", arn=arn), "endpoint") == "none"


@pytest.mark.parametrize(("value", "effect"), [("QQ==", "allow"), ("Qg==", "none"), ("not base 64", "none")])
def test_fact_57_binary_values_are_compared_as_bytes(make: Any, value: str, effect: str) -> None:
    document = make.document(Condition={"BinaryEquals": {"k:b": "QQ=="}})
    assert make.effect(document, make.request(context={"k:b": value})) == effect


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike"])
def test_fact_60_an_operator_for_one_value_takes_no_set(make: Any, operator: str) -> None:
    document = make.document(Condition={operator: {"aws:TagKeys": "a"}})
    assert make.effect(document, make.request(context={"aws:TagKeys": ("a", "b")})) == "none"


@pytest.mark.parametrize("operator", ["StringIs", "NullIfExists", "ForSomeValues:StringEquals", "stringequals "])
def test_fact_61_an_unknown_operator_is_no_policy(make: Any, operator: str) -> None:
    with pytest.raises(policy.PolicyError, match=r"/Statement/0/Condition/.*unknown condition operator"):
        make.document(Condition={operator: {"aws:username": "ann"}})


def test_fact_69_service_roles_are_no_services(make: Any) -> None:
    only = make.document(Principal="*", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}})
    service = make.request("logs.amazonaws.com", context={"aws:PrincipalIsAWSService": "true"})
    assert make.effect(only, service, "resource") == "allow"
    role = make.request(make.session, context={"aws:PrincipalIsAWSService": "false"})
    assert make.effect(only, role, "resource") == "none"


def test_fact_70_the_owner_s_organization_is_absent_outside_any(make: Any) -> None:
    keeps = make.document(Principal="*", Condition={"StringEquals": {"aws:ResourceOrgID": "o-1"}})
    inside = make.request(context={"aws:ResourceAccount": make.account, "aws:ResourceOrgID": "o-1"})
    outside = make.request(owner=OTHER, context={"aws:ResourceAccount": OTHER})
    assert make.effect(keeps, inside, "endpoint") == "allow"
    assert make.effect(keeps, outside, "endpoint") == "none"


def test_every_identity_provider(make: Any) -> None:
    """Data Perimeter Policy Examples (aws-samples), sts_endpoint_policy: Principal {"Federated": "*"}."""
    held = make.document(Principal={"Federated": "*"}, Action="sts:AssumeRoleWithWebIdentity")
    how = {"action": "sts:AssumeRoleWithWebIdentity", "arn": make.role}
    for who in (
        "accounts.google.com",
        f"arn:aws:iam::{make.account}:oidc-provider/token.actions.githubusercontent.com",
    ):
        assert make.effect(held, make.request(who, **how), "endpoint") == "allow"
    for who in (make.ann, make.session, {"type": "Anonymous"}, "ec2.amazonaws.com"):
        assert make.effect(held, make.request(who, **how), "endpoint") == "none"


def test_an_origin_access_identity_has_no_policies_of_its_own(make: Any) -> None:
    """CloudFront Developer Guide, "Restrict access to an Amazon S3 origin": the bucket policy alone lets it in."""
    identity = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE"
    bucket = make.document(Principal={"AWS": identity}, Action="s3:GetObject", Resource="arn:aws:s3:::b/*")
    assert make.decide(make.request(identity), resource=bucket).decision == "Allowed"
    assert make.decide(make.request(identity + "2"), resource=bucket).decision == "ImplicitlyDenied"
    assert make.decide(make.request(identity, action="s3:PutObject"), resource=bucket).decision == "ImplicitlyDenied"
