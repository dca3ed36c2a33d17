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

from .contract import evaluate_json, read_policies, read_request
from .document import PolicyError, parse
from .evaluate import Compiled, Decider, Decision, evaluate
from .judge import Judgement, judge
from .layers import Policies
from .principals import Principal, is_account
from .public import is_public
from .request import Request
from .statements import Document, Statement
from .truth import PRESENT, UNKNOWN, Unknown

__all__ = [
    "PRESENT",
    "UNKNOWN",
    "Compiled",
    "Decider",
    "Decision",
    "Document",
    "Judgement",
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
    "parse",
    "read_policies",
    "read_request",
]
