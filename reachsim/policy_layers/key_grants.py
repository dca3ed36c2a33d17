"""Whether a grant of a KMS key lets a caller use it: yes, no, or not known.

AWS rules (KMS Developer Guide, "Grants in AWS KMS"; KMS API Reference, "CreateGrant", "GrantConstraints"): a grant lets
its grantee do the operations that it lists. Its constraints count for operations with an encryption context only:
``EncryptionContextSubset`` must be a part of the request's context, ``EncryptionContextEquals`` all of it. The keys of
the pairs are compared without regard to case, the values with.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reachsim.model import records as aws
from reachsim.model.network import Network
from reachsim.policy import UNKNOWN, Begun, NotBefore, Unknown
from reachsim.policy.truth import Truth, either, every
from reachsim.policy_layers.asked import Asked

_Known = str | Unknown | NotBefore | Begun
_PAIR: Final = "kms:encryptioncontext:"
_UNCONSTRAINED: Final = frozenset({"DescribeKey", "RetireGrant", "GetPublicKey", "Sign", "Verify", "GenerateMac",
                                   "VerifyMac", "DeriveSharedSecret"})  # fmt: skip


def granted(network: Network, question: Asked, path: str, *, whole: bool) -> Truth:
    """Whether a grant covers a request to KMS.

    Args:
        network: holds the snapshot.
        question: the request; its context holds the pairs of its encryption context that are known.
        path: the file with the grants of the key.
        whole: the request's encryption context has no other pairs than those.

    Returns:
        None if that is not known.
    """
    if network.unknown(path):
        return None
    request = question.request
    mine = {name for name in (question.role, request.principal.text) if name}
    operation = request.action.partition(":")[2].lower()
    pairs = {
        key.removeprefix(_PAIR): value
        for key, value in request.keys.items()
        if key.startswith(_PAIR) and not isinstance(value, tuple)
    }
    return either(
        _suits(one.constraints, pairs, whole) if one.constraints and _is_constrained(operation) else True
        for one in network.read_collection(path, "Grants", aws.KeyGrant)
        if one.grantee_principal in mine and operation in map(str.lower, one.operations)
    )


def _is_constrained(operation: str) -> bool:
    return operation not in map(str.lower, _UNCONSTRAINED)


def _suits(constraints: aws.GrantConstraints, pairs: Mapping[str, _Known], whole: bool) -> Truth:
    """Whether an encryption context is one that a grant holds for."""
    truths = []
    for wanted in (constraints.encryption_context_subset, constraints.encryption_context_equals):
        truths += [_has(key.lower(), value, pairs, whole) for key, value in (wanted or {}).items()]
    only = {key.lower() for key in constraints.encryption_context_equals or ()}
    surely = {key for key, value in pairs.items() if value is not UNKNOWN}
    if only and not only.issuperset(surely):
        return False
    if only and not (whole and only.issuperset(pairs)):
        truths.append(None)
    return every(truths)


def _has(key: str, value: str, pairs: Mapping[str, _Known], whole: bool) -> Truth:
    found = pairs.get(key)
    if found is None:
        return False if whole else None
    if isinstance(found, Begun):
        return None if value.startswith(found.text) else False
    return None if isinstance(found, Unknown | NotBefore) else found == value
