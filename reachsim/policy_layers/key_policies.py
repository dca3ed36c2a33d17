"""What KMS says to a service that uses a key for a request: the key's policy, its grants, and whether it is enabled.

AWS rules (fact 15; KMS Developer Guide, "Key policies in AWS KMS", "Determining access to AWS KMS keys", "Grants in AWS
KMS", "Key states of AWS KMS keys", "AWS KMS condition keys", "AWS managed keys"):

- The policy of a key must allow, in its own account too; where it names the account, identity policies decide. A grant
  to the caller will do instead. Any Deny of either ends it.
- A service that asks for its caller fills in ``kms:ViaService``, ``kms:CallerAccount`` and the encryption context; the
  keys of the VPC are gone (fact 71).
- Everybody of its account may use a key that AWS manages, through the service that it is for; nobody else may.
- A key that is disabled, or about to be deleted, is of no use to anybody.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from reachsim import policy, services
from reachsim.evidence import Assumption
from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.model.places import Home
from reachsim.policy.evaluate import excused
from reachsim.policy.principals import Via
from reachsim.policy.request import FOLDED_VPC_KEYS
from reachsim.policy_layers import said
from reachsim.policy_layers.asked import Asked
from reachsim.policy_layers.encryption import KeyUse, keys_of_a_session
from reachsim.policy_layers.held import document
from reachsim.policy_layers.said import Said, not_known, organization_policies, resource_said

_USABLE: Final = frozenset({"Enabled", "Updating"})
_UNUSABLE: Final = frozenset({
    "Creating", "Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion", "Unavailable",
})  # fmt: skip
_CRYPTOGRAPHIC: Final = ("kms:decrypt", "kms:encrypt", "kms:generatedatakey", "kms:reencrypt", "kms:sign", "kms:verify",
                         "kms:generatemac", "kms:derivesharedsecret")  # fmt: skip
"""How the actions begin, in lower case, for which a key has to be enabled ("Key states", the table there)."""
_MOMENTS: Final = ("aws:CurrentTime", "aws:EpochTime")


class KeySays(msgspec.Struct, frozen=True):
    """What is said to the use of a key: by its policy, grants and RCPs, and by the caller's own policies."""

    resource: list[Said]
    identity: list[Said]


class _Key(Struct, frozen=True):
    """A key with its ARN; ``managed``: by AWS for the service of this name."""

    arn: str
    home: Home
    id: str
    managed: str = ""


def judge_use(network: Network, asked: Asked, use: KeyUse) -> KeySays:
    """What KMS says to the use of a key for a request. Raises SnapshotError for a policy that cannot be judged."""
    key = _find(network, use)
    if isinstance(key, Said):
        return KeySays([key], [])
    state = _state(network, key, use)
    if state.effect == "deny" and use.signer == "service":
        state = not_known("resource", key.arn, f"{state.why}; whether log events are refused then AWS does not say")
    if use.signer == "grant" or state.effect == "deny":
        return KeySays([state], [])
    question = _question(asked, key, use)
    mine = said.identity(network, question) if use.signer == "caller" else []
    theirs = _policy(network, question, key, use)
    if theirs.effect == "none" and use.signer == "service":
        why = f"{theirs.why}; whether log events are refused then AWS does not say"
        theirs = not_known("resource", key.arn, why)
    if use.signer == "caller" and _may_need_a_grant(theirs, mine):
        theirs, mine = _with_grants(network, question, key, theirs, mine, whole=use.whole)
    if state.effect == "unknown" and theirs.effect == "allow":
        theirs = state
    theirs = msgspec.structs.replace(theirs, assumptions=(*theirs.assumptions, *state.assumptions))
    rcp = organization_policies(network, question, "rcp") if not key.managed else None
    return KeySays([theirs, rcp] if rcp else [theirs], mine)


def customer_key(network: Network, use: KeyUse) -> str | None:
    """The ARN of the key that is used; None for one that AWS manages, and where it is not known which it is."""
    key = _find(network, use)
    return None if isinstance(key, Said) or key.managed else key.arn


def asked_itself(network: Network, asked: Asked) -> Said:
    """What a key's policy, grants and state say to a request that is made of KMS itself."""
    arn = asked.request.resource_arn
    _, _, _, region, account, rest = arn.split(":", 5)
    use = KeyUse(arn, (account, region), asked.request.action, "kms")
    key = _Key(arn, (account, region), rest.removeprefix("key/"))
    if asked.request.folded_action.startswith(_CRYPTOGRAPHIC):
        state = _state(network, key, use)
        if state.effect != "allow":
            return state
    theirs = _policy(network, asked, key, use)
    mine = said.identity(network, asked)
    if not _may_need_a_grant(theirs, mine):
        return theirs
    answer, own = _with_grants(network, asked, key, theirs, mine, whole=False)
    unsure = next((one for one, before in zip(own, mine, strict=True) if one is not before), None)
    return answer if unsure is None else not_known("resource", arn, unsure.why, *unsure.missing)


# --- the key ----------------------------------------------------------------------------------------------------------


def _find(network: Network, use: KeyUse) -> _Key | Said:
    """The key that is meant, or why it is not known; nobody may use one that there is not."""
    text, home = use.key, use.home
    parts = text.split(":", 5)
    if len(parts) == 6:
        home, text = (parts[4], parts[3]), parts[5]
    head = f"arn:{services.partition_of(home[1])}:kms:{home[1]}:{home[0]}"
    text = text.removeprefix("key/")
    if text.startswith("alias/aws/"):
        return _Key(f"{head}:{text}", home, text, text.removeprefix("alias/aws/"))
    if not text.startswith("alias/"):
        return _Key(f"{head}:key/{text}", home, text)
    path = network.path(home, "kms", "list-aliases")
    if network.unknown(path):
        return not_known("resource", text, f"which key {text} stands for is not in the snapshot", path)
    for one in network.read_collection(path, "Aliases", aws.KeyAlias):
        if one.alias_name == text and one.target_key_id:
            return _Key(f"{head}:key/{one.target_key_id}", home, one.target_key_id)
    why = f"account {home[0]} has no key {text} in {home[1]}"
    return Said("resource", "none", "RESOURCE_POLICY_DENY", text, None, why)


def _state(network: Network, key: _Key, use: KeyUse) -> Said:
    """Whether the key can be used; one whose state is not in the snapshot is taken to be enabled."""
    if key.managed:
        return Said("resource", "allow")
    path = network.path(key.home, "kms", "describe-key", key.id)
    answer = network.read(path, aws.DescribeKey)
    state = answer.key_metadata.key_state if answer is not None else None
    if state is None:
        detail = f"whether {key.arn} is enabled is not in the snapshot ({path}); taken to be"
        return Said("resource", "allow", assumptions=(Assumption("UNKNOWN_RESOURCE", key.arn, detail, "block"),))
    if state in _USABLE:
        return Said("resource", "allow")
    if state not in _UNUSABLE:
        why = f"{key.arn} is in state {state}, whose meaning is not known"
        return not_known("resource", key.arn, why)
    why = f"{key.arn}, which {use.service} needs for the request, is {state}"
    return Said("resource", "deny", "KMS_KEY_UNUSABLE", key.arn, None, why)


# --- policies ---------------------------------------------------------------------------------------------------------


def _question(asked: Asked, key: _Key, use: KeyUse) -> Asked:
    """The request that KMS gets."""
    region = key.home[1]
    suffix = services.dns_suffix(region)
    context: dict[str, Any] = {"aws:SecureTransport": "true", "aws:RequestedRegion": region,
                               "aws:ResourceAccount": key.home[0]}  # fmt: skip
    context |= {name: asked.request.keys.get(name.lower(), policy.PRESENT) for name in _MOMENTS}
    context |= {f"kms:EncryptionContext:{name}": value for name, value in use.context.items()}
    context["kms:EncryptionContextKeys"] = tuple(use.context) or (() if use.whole else policy.PRESENT)
    caller, role, absent = asked.request.principal, asked.role, FOLDED_VPC_KEYS
    if use.signer == "service":
        caller, role = policy.Principal.parse(f"{use.service}.{region}.{suffix}"), None
        context |= {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": caller.text,
                    "aws:ViaAWSService": "false"}  # fmt: skip
        absent |= {"aws:principalarn", "aws:principalorgid", "aws:username", "kms:viaservice"}
    else:
        held, lacking = keys_of_a_session(asked)
        context |= held | {"aws:ViaAWSService": "true", "kms:CallerAccount": caller.account,
                           "kms:ViaService": f"{use.service}.{region}.{suffix}"}  # fmt: skip
        absent |= lacking
    request = policy.Request(caller, use.action, key.arn, key.home[0], context, absent=absent)
    return Asked(request, role)


def _policy(network: Network, question: Asked, key: _Key, use: KeyUse) -> Said:
    held = _document(network, key, use)
    if isinstance(held, Said):
        return held
    wanted = f"{question.request.action}, which {use.service} needs"
    found, _ = resource_said(network, held, question, key.arn, f"the policy of {key.arn}", wanted)
    nobody = question.role is None and question.request.principal.has_identity
    return not_known("resource", key.arn, found.why) if found.effect == "none" and nobody else found


def _document(network: Network, key: _Key, use: KeyUse) -> policy.Document | Said:
    if key.managed:
        return _managed(key, key.managed)
    path = network.path(key.home, "kms", "get-key-policy", key.id)
    status = network.snapshot.status(path)
    if status == "ok":
        held = network.read(path, aws.ResourcePolicy)
        if held is None or held.text is None:
            network.snapshot.fail(path, "/Policy", "a policy document as a string", "none")
        return document(held.text, path)
    if status == "absent":
        why = f"account {key.home[0]} has no key {key.id}"
        return Said("resource", "none", "RESOURCE_POLICY_DENY", key.arn, None, why)
    told = network.read(network.path(key.home, "kms", "describe-key", key.id), aws.DescribeKey)
    if told is not None and told.key_metadata.key_manager == "AWS":
        return _managed(key, use.service)
    return not_known("resource", key.arn, f"the policy of {key.arn} is not in the snapshot", path)


def _managed(key: _Key, service: str) -> policy.Document:
    """The policy that AWS gives the keys that it manages in an account."""
    account, region = key.home
    through = {"kms:CallerAccount": account, "kms:ViaService": f"{service}.{region}.{services.dns_suffix(region)}"}
    actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant",
               "kms:DescribeKey"]  # fmt: skip
    return policy.parse({
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": actions, "Resource": "*",
                      "Condition": {"StringEquals": through}},
    })  # fmt: skip


# --- grants -----------------------------------------------------------------------------------------------------------


def _may_need_a_grant(theirs: Said, mine: list[Said]) -> bool:
    silent = theirs.effect == "none" or any(one.kind == "identity" and one.effect == "none" for one in mine)
    return silent and theirs.effect in ("none", "allow") and "identity" not in excused(theirs.grants)


def _with_grants(
    network: Network, question: Asked, key: _Key, theirs: Said, mine: list[Said], *, whole: bool
) -> tuple[Said, list[Said]]:
    """The key's word and the caller's, where a grant to the caller makes up for the silence of either."""
    if key.managed:
        return theirs, mine
    from reachsim.policy_layers.key_grants import granted

    path = network.path(key.home, "kms", "list-grants", key.id)
    given = granted(network, question, path, whole=whole)
    if given is True and theirs.unsure:
        return not_known("resource", key.arn, theirs.unsure), mine
    if given is True:
        return Said("resource", "allow", component=key.arn, grants=frozenset({Via.SESSION})), mine
    if given is False:
        return theirs, mine
    why = f"whether a grant of {key.arn} lets the caller {question.request.action} is not known"
    missing = network.unknown(path)
    if theirs.effect == "none":
        return not_known("resource", key.arn, f"{theirs.why}; {why}", *missing), mine
    unsure = not_known("identity", key.arn, why, *missing)
    return theirs, [unsure if one.kind == "identity" and one.effect == "none" else one for one in mine]
