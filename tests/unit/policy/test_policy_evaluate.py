"""Every kind of policy that allows, denies or is silent, together: the decision, who blocks, and the reasons told."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from reachsim import policy
from reachsim.policy.evaluate import Compiled, Decider, must_trust
from reachsim.policy.truth import UNKNOWN

KINDS = ("identity", "boundary", "scp", "rcp", "resource", "endpoint")
WORDS = ("allow", "none", "deny")
OTHER = "444455556666"
LINKED = "arn:aws:iam::111122223333:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


def policies(make: Any, words: tuple[str, ...]) -> policy.Policies:
    """A policy of each kind, two levels of SCPs; one that says nothing allows something else."""
    documents = {
        "allow": make.document(Principal={"AWS": make.ann}), "deny": make.document("Deny", Principal={"AWS": make.ann}),
        "none": make.document(Action="iam:*", Principal={"AWS": make.ann}),
    }  # fmt: skip
    identity, boundary, root, below, rcp, resource, endpoint = (documents[word] for word in words)
    return policy.Policies(
        identity=(identity,), boundary=(boundary,), scps=((root,), (below,)), rcps=((rcp,),), resource=resource,
        endpoint=(endpoint,),
    )  # fmt: skip


def joined(words: tuple[str, ...]) -> dict[str, str]:
    """What each kind says; of the levels of SCPs a Deny counts before silence, and that before an Allow."""
    identity, boundary, root, below, *others = words
    scp = max(root, below, key=WORDS.index)
    return dict(zip(KINDS, (identity, boundary, scp, *others), strict=True))


def test_every_combination_in_the_own_account_and_in_another(make: Any) -> None:
    for owner in (make.account, OTHER):
        request = make.request(owner=owner)
        for words in product(WORDS, WORDS, WORDS, WORDS, ("allow", "deny"), WORDS, WORDS):
            said = joined(words)
            silent = {kind for kind, word in said.items() if word == "none"}
            if owner == make.account:  # the bucket's policy need not say anything; where it names ann, it is enough
                silent -= {"identity", "boundary", "resource"} if said["resource"] == "allow" else {"resource"}
            denies = {kind for kind, word in said.items() if word == "deny"}
            expected = "ExplicitlyDenied" if denies else "ImplicitlyDenied" if silent else "Allowed"
            compiled = Compiled(policies(make, words))
            decision = compiled.evaluate(request)
            assert decision.decision == expected, words
            assert compiled.decide(request) == expected, words
            assert decision.blocked_by == tuple(kind for kind in KINDS if kind in denies | silent), words
            told = [one.policy.partition("[")[0] for one in decision.decided_by]
            blocking = set(decision.blocked_by) or {kind for kind, word in said.items() if word == "allow"}
            assert list(dict.fromkeys(told)) == [kind for kind in KINDS if kind in blocking], words


def test_of_the_policies_of_a_level_one_allow_is_told_and_every_deny(make: Any) -> None:
    allowing, denying = make.document(Sid="A"), make.document("Deny", Sid="D")
    everything = (make.document(),)
    allowed = make.decide(make.request(), identity=everything, scps=((allowing, allowing),))
    assert [one.policy for one in allowed.decided_by] == ["identity[0]", "scp[0][0]"]
    denied = make.decide(make.request(), identity=everything, scps=((denying, denying, allowing),))
    assert [(one.policy, one.statement) for one in denied.decided_by] == [("scp[0][0]", "D"), ("scp[0][1]", "D")]


def test_a_public_bucket_that_is_turned_away_hides_no_other_reason(make: Any) -> None:
    stranger = make.request({"type": "Anonymous"}, owner=OTHER)
    public = make.document(Principal="*")
    decision = make.decide(stranger, resource=public, endpoint=(make.document("Deny", Principal="*"),),
                           s3_block_public_access=True)  # fmt: skip
    assert decision.blocked_by == ("resource", "endpoint")
    turned_away, denied = decision.decided_by
    words = (
        "S3 Block Public Access is on and the bucket policy is public: nobody outside the owner's account may use it"
    )
    assert turned_away == Decider("s3-block-public-access", "", "deny", words)
    assert denied.policy == "endpoint[0]"


def test_notes_are_about_what_was_judged(make: Any) -> None:
    everything = (make.document(),)
    key = make.request(action="kms:Decrypt", arn=f"arn:aws:kms:us-east-1:{make.account}:key/k")
    for effect in ("Allow", "Deny"):
        told = make.decide(key, identity=everything, resource=make.document(effect, Principal={"AWS": make.ann})).notes
        assert told == ()
    assert make.decide(key, identity=everything).notes == ("KMS grants are not modelled",)
    service = make.request("logs.amazonaws.com")
    assert make.decide(service, resource=make.document(Principal="*")).notes == (
        'that Principal "*" covers AWS services is an assumption',
    )
    assert make.decide(service, resource=make.document(Principal={"Service": "logs.amazonaws.com"})).notes == ()


def test_an_open_question_is_no_decision(make: Any) -> None:
    wanted = make.document(Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    request = make.request(context={"aws:sourcevpce": UNKNOWN})
    ready = Compiled(policy.Policies(identity=(wanted,)))
    for answer in (ready.decide, ready.evaluate):
        with pytest.raises(ValueError, match=r"\(use judge\): .*aws:SourceVpce"):
            answer(request)


def test_a_service_linked_role_is_told_from_other_roles_whoever_asks_first(make: Any) -> None:
    role = make.request(make.role)
    linked = make.request(LINKED)
    bound = policy.Policies(identity=(make.document(),), scps=((make.document("Deny"),),))
    for requests in ((role, linked, role), (linked, role, linked)):
        deciding, evaluating = Compiled(bound), Compiled(bound)
        expected = ["Allowed" if one is linked else "ExplicitlyDenied" for one in requests]
        assert [deciding.decide(one) for one in requests] == expected
        assert [evaluating.evaluate(one).decision for one in requests] == expected


def test_a_role_must_trust_though_its_path_holds_a_colon(make: Any) -> None:
    arn = f"arn:aws:iam::{make.account}:role/a:b/c"
    assert must_trust(make.request(action="sts:AssumeRole", arn=arn))
    assert not must_trust(make.request(action="sts:AssumeRole", arn=arn.replace("role/", "user/")))


def test_no_root_user_assumes_a_role(make: Any) -> None:
    role = make.request(make.root, "sts:AssumeRole", make.role)
    trusting = make.document(Principal={"AWS": make.root})
    decision = make.decide(role, identity=(make.document(),), resource=trusting)
    assert (decision.decision, decision.blocked_by) == ("ImplicitlyDenied", ("identity",))
    assert decision.decided_by == (Decider("identity", "", "none", "no root user may call sts:AssumeRole"),)


def test_a_public_bucket_turns_away_only_what_its_policy_allows(make: Any) -> None:
    public = make.document(Action="s3:PutObject", Principal="*")
    ready = Compiled(policy.Policies(resource=public, s3_block_public_access=True))
    for action, word in (("s3:GetObject", "ImplicitlyDenied"), ("s3:PutObject", "ExplicitlyDenied")):
        stranger = make.request({"type": "Anonymous"}, action, owner=OTHER)
        assert ready.decide(stranger) == ready.evaluate(stranger).decision == word


def test_an_identity_provider_has_no_identity_side_in_its_own_account(make: Any) -> None:
    decision = make.decide(make.request(f"arn:aws:iam::{make.account}:saml-provider/corp"))
    assert (decision.decision, decision.blocked_by) == ("ImplicitlyDenied", ("resource",))
    assert not must_trust(make.request())


def test_who_allows_is_told_of_each_identity_policy_and_that_there_is_none(make: Any) -> None:
    told = make.decide(make.request(), identity=(make.document(), make.document())).decided_by
    assert [one.policy for one in told] == ["identity[0]", "identity[1]"]
    assert make.decide(make.request()).decided_by == (Decider("identity", "", "none", "no identity policy"),)


def test_notes_under_a_hierarchy_and_on_access_points(make: Any) -> None:
    everything = (make.document(),)
    bound = {"identity": everything, "scps": (everything,)}
    assert make.decide(make.request(make.role), **bound).notes == ()
    assert make.decide(make.request(LINKED), **bound).notes == (
        f"{LINKED} is taken for a service-linked role, which SCPs and RCPs do not bind",
    )
    assert make.decide(make.request(action="sts:AssumeRole", arn=make.role), **bound).notes == ()
    silent = make.document(Action="s3:PutObject", Principal="*")
    assert make.decide(make.request(), identity=everything, rcps=((silent,),)).notes == (
        "AWS's full-access RCP cannot be detached; the input seems to leave it out",
    )
    point = f"arn:aws:s3:us-east-1:{make.account}:accesspoint/a/object/k"
    assert make.decide(make.request(arn=point), identity=everything).notes == (
        "S3 access points are not modelled: the access point and its bucket both have a policy",
    )
    lambdas = make.request(action="s3-object-lambda:GetObject", arn=point.replace(":s3:", ":s3-object-lambda:"))
    assert make.decide(lambdas, identity=everything).notes == ()
    key = make.request(LINKED, "kms:Decrypt", f"arn:aws:kms:us-east-1:{make.account}:key/k")
    assert make.decide(key, identity=everything).notes == ("KMS grants are not modelled",)


def test_what_is_silent_is_told_once_and_alone(make: Any) -> None:
    everything, silent = make.document(Principal="*"), make.document(Action="iam:*")
    abroad = make.decide(make.request(owner=OTHER), identity=(everything,)).decided_by
    assert abroad == (Decider("resource", "", "none", "no resource policy"),)
    below = make.decide(make.request(), identity=(everything,), scps=((everything,), (silent,))).decided_by
    assert {(one.policy[:6], one.effect) for one in below} == {("scp[1]", "none")}
    rcps = make.decide(make.request(), identity=(everything,), rcps=((everything, everything),)).decided_by
    assert [one.policy for one in rcps] == ["identity[0]", "rcp[0][0]"]


def test_notes_are_about_who_calls_and_what_is_asked(make: Any) -> None:
    plain, everything = make.document(), make.document(Principal="*")
    linked = make.decide(make.request(LINKED), identity=(plain,), rcps=((everything,),))
    assert linked.notes == (f"{LINKED} is taken for a service-linked role, which SCPs and RCPs do not bind",)
    keys = f"arn:aws:kms:us-east-1:{make.account}:"
    assert make.decide(make.request(action="kms:Decrypt", arn=f"{keys}key/k"), resource=everything).notes == ()
    alias = make.request(action="kms:CreateAlias", arn=f"{keys}alias/a")
    assert make.decide(alias, identity=(plain,)).notes == ()
