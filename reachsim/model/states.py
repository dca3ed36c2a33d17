"""States of resources, as AWS writes them and as AWS's models do: ``Available`` and ``available`` are one.

**Source:** the EC2 API's enumerations (VpnState, NatGatewayState, AttachmentStatus, TransitGatewayAttachmentState,
VpcPeeringConnectionStateReasonCode, VpcEndpoint State, SubnetCidrBlockStateCode, RouteTableAssociationStateCode).
"""

from __future__ import annotations

from typing import Final, Literal

Standing = Literal["works", "does-not", "unknown"]

_IN_CHANGE: Final = frozenset({
    "associating", "attaching", "deleting", "detaching", "disassociating", "failing", "initiating", "pending",
    "provisioning", "rejecting", "rolling-back", "rollingback",
})  # fmt: skip
_DOES_NOT: Final = _IN_CHANGE | {
    "deleted", "detached", "disassociated", "expired", "failed", "initiating-request", "initiatingrequest",
    "pending-acceptance", "pendingacceptance", "rejected",
}  # fmt: skip
_GONE: Final = frozenset({"disassociated", "disassociating", "failed", "failing"})


class State(str):
    """A state, in small letters.

    >>> State("Available") == "available"
    True
    """

    __slots__ = ()

    def __new__(cls, text: str) -> State:
        return super().__new__(cls, text.lower())

    def standing(self, *working: str) -> Standing:
        """Whether something in this state works; a state that AWS did not have when this was written tells nothing.

        >>> State("deleting").standing("available"), State("hibernating").standing("available")
        ('does-not', 'unknown')
        """
        return "works" if self in working else "does-not" if self in _DOES_NOT else "unknown"

    @property
    def changing(self) -> bool:
        """Whether it ends by itself: what does not work yet will, or what no longer should work may still do so."""
        return self in _IN_CHANGE

    @property
    def gone(self) -> bool:
        """Whether an association in this state has ended, or never came to be."""
        return self in _GONE
