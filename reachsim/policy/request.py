"""One request as AWS sees it: who, which action, on what, with which context keys.

AWS rule (facts 32, 45, 75; IAM User Guide, "Policy evaluation logic", "Condition"): the context holds exactly the
keys that are present; nothing is derived here, not even ``aws:PrincipalArn``. Key names do not depend on case.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .glob import Glob
from .principals import Principal
from .truth import UNKNOWN
from .variables import Context, ContextValue

VPC_KEYS: Final = ("aws:SourceVpce", "aws:SourceVpc", "aws:SourceVpcArn", "aws:VpcSourceIp", "aws:VpceAccount",
                   "aws:VpceOrgID", "aws:VpceOrgPaths")  # fmt: skip
"""The keys that tell of the VPC endpoint by which a request came, which others lack (facts 62, 63, 65, 66)."""
FOLDED_VPC_KEYS: Final = frozenset(map(str.lower, VPC_KEYS))


class OpenContext(dict[str, ContextValue]):
    """A context of which not all is known: what it does not hold is `UNKNOWN`, unless it is known to be absent."""

    __slots__ = ("absent",)

    def __init__(self, keys: Context, absent: frozenset[str]) -> None:
        super().__init__(keys)
        self.absent = absent

    def get(self, key: str, _default: object = None) -> ContextValue | None:  # type: ignore[override]
        """The value of a key in lower case; None if it is absent."""
        if key in self:
            return self[key]
        group, slash, _ = key.partition("/")
        return None if key in self.absent or (slash and group + slash in self.absent) else UNKNOWN


class Request:
    """A request to judge; nobody changes it.

    ``resource_arn`` may hold ``*`` and ``?`` and is a pattern then: an Allow matches if the two overlap, a Deny only if
    it covers all of it. ``resource_account`` owns the resource (12 digits). A context value is a text, a tuple of texts
    for a multivalued key, or `UNKNOWN`. ``wildcard_only_action``: the action has no resource types, so it is checked
    against the resource ``*`` and only a literal ``*`` matches that (fact 32). ``absent``: None if the context holds
    all keys; else those that are known to be absent (``aws:PrincipalTag/`` stands for all that begin so), and the
    others that it does not hold are `UNKNOWN`.

    Worked out once are ``keys``, the context by keys in lower case, ``folded_action`` in lower case, and
    ``resource_pattern``, None if the resource is a plain ARN.

    >>> caller = Principal.parse("arn:aws:iam::111122223333:user/ann")
    >>> Request(caller, "s3:GetObject", "arn:aws:s3:::b/k", "111122223333", {"aws:SourceVpce": "vpce-1"}).keys
    {'aws:sourcevpce': 'vpce-1'}
    """

    __slots__ = (
        "action",
        "context",
        "folded_action",
        "keys",
        "principal",
        "resource_account",
        "resource_arn",
        "resource_pattern",
        "wildcard_only_action",
    )

    def __init__(
        self,
        principal: Principal,
        action: str,
        resource_arn: str,
        resource_account: str,
        context: Mapping[str, ContextValue] | None = None,
        wildcard_only_action: bool = False,
        absent: frozenset[str] | None = None,
    ) -> None:
        self.principal = principal
        self.action = action
        self.resource_arn = resource_arn
        self.resource_account = resource_account
        self.context: Mapping[str, ContextValue] = context or {}
        self.wildcard_only_action = wildcard_only_action
        keys: Context = {key.lower(): value for key, value in self.context.items()}
        self.keys = keys if absent is None else OpenContext(keys, frozenset(key.lower() for key in absent))
        self.folded_action = action.lower()
        self.resource_pattern = Glob.parse(resource_arn) if "*" in resource_arn or "?" in resource_arn else None

    def __repr__(self) -> str:
        return f"Request({self.principal.text}, {self.action}, {self.resource_arn}, {dict(self.context)})"

    @property
    def service(self) -> str:
        """The service prefix of the action in lower case, such as "s3"."""
        return self.folded_action.partition(":")[0]

    @property
    def same_account(self) -> bool:
        """Whether the caller belongs to the account that owns the resource."""
        return self.principal.has_identity and self.principal.account == self.resource_account
