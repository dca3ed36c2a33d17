"""The IAM policy language: what a policy document says about a request, and what all policies together decide.

Stand-alone: it imports nothing but the standard library and knows nothing of networks.

>>> from reachsim import policy
>>> caller = policy.Principal.parse("arn:aws:iam::111122223333:user/ann")
>>> request = policy.Request(caller, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333", {"aws:SourceVpce": "vpce-1"})
>>> allow = policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}})
>>> policy.evaluate(request, policy.Policies(identity=(allow,))).decision
'Allowed'
>>> policy.judge(allow, request, "endpoint").effect
'allow'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .document import PolicyError, parse
from .evaluate import Compiled, Decider, Decision, evaluate
from .judge import Judgement, judge, may_allow
from .layers import Policies
from .principals import Principal, is_account
from .request import Request
from .statements import Document, Statement
from .truth import PRESENT, UNKNOWN, Begun, NotBefore, Unknown

if TYPE_CHECKING:
    from .contract import evaluate_json, read_policies, read_request
    from .public import is_public

__all__ = [
    "PRESENT",
    "UNKNOWN",
    "Begun",
    "Compiled",
    "Decider",
    "Decision",
    "Document",
    "Judgement",
    "NotBefore",
    "Policies",
    "PolicyError",
    "Principal",
    "Request",
    "Statement",
    "Unknown",
    "evaluate",
    "evaluate_json",
    "is_account",
    "is_public",
    "judge",
    "may_allow",
    "parse",
    "read_policies",
    "read_request",
]

_LATER = {"evaluate_json": "contract", "read_policies": "contract", "read_request": "contract", "is_public": "public"}
"""The modules of what few programs use; each is imported when it is asked for."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
