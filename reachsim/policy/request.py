"""One request as AWS sees it: who, which action, on what, with which context keys.

AWS rule (facts 32, 45, 75; IAM User Guide, "Policy evaluation logic", "Condition"): the context holds exactly the
keys that are present; nothing is derived here, not even ``aws:PrincipalArn``. Key names do not depend on case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .glob import Glob
from .principals import Principal
from .variables import Context, ContextValue


@dataclass(frozen=True, slots=True)
class Request:
    """A request to judge.

    ``resource_arn`` may hold ``*`` and ``?`` and is a pattern then: an Allow matches if the two overlap, a Deny only if
    it covers all of it. ``resource_account`` owns the resource (12 digits). A context value is a text, a tuple of texts
    for a multivalued key, or `UNKNOWN`. ``wildcard_only_action``: the action has no resource types, so it is checked
    against the resource ``*`` and only a literal ``*`` matches that (fact 32).

    >>> caller = Principal.parse("arn:aws:iam::111122223333:user/ann")
    >>> Request(caller, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333", {"aws:SourceVpce": "vpce-1"}).keys
    {'aws:sourcevpce': 'vpce-1'}
    """

    principal: Principal
    action: str
    resource_arn: str
    resource_account: str
    context: Mapping[str, ContextValue] = field(default_factory=dict, hash=False)
    wildcard_only_action: bool = False
    keys: Context = field(init=False, repr=False, compare=False)
    folded_action: str = field(init=False, repr=False, compare=False)
    resource_pattern: Glob | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pattern = Glob.parse(self.resource_arn) if "*" in self.resource_arn or "?" in self.resource_arn else None
        object.__setattr__(self, "keys", {key.lower(): value for key, value in self.context.items()})
        object.__setattr__(self, "folded_action", self.action.lower())
        object.__setattr__(self, "resource_pattern", pattern)

    @property
    def service(self) -> str:
        """The service prefix of the action in lower case, such as "s3"."""
        return self.folded_action.partition(":")[0]

    @property
    def same_account(self) -> bool:
        """Whether the caller belongs to the account that owns the resource."""
        return self.principal.has_identity and self.principal.account == self.resource_account
