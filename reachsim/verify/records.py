"""What a comparison with reality finds: plain values, rendered elsewhere."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from reachsim.shown import Shown
from reachsim.verdict import Verdict

Hides = Literal["leak", "block"]

REASONS = {
    "no-data": "no traffic, or none recorded, in the interval (NODATA, SKIPDATA)",
    "fields-lack": "the record, or the format of its flow log, lacks an address, the port, the protocol or the action",
    "interface-unseen": "of a network interface not in the snapshot; a build's own is gone when the build ends",
    "direction-untold": "the record does not tell which way the packet went",
    "own-address-unseen": "the interface has no address of that family in the snapshot",
    "reply-stands": "of a reply, or behind a connection that was closed: rules do not decide these",
    "group-members-unseen": "a rule names a security group, and whether the peer is a member is not in the snapshot",
    "reason-of-its-own": "rejected for a reason (reject-reason) that is neither a filter nor Block Public Access",
    "snapshot-lacks": "the snapshot lacks what decides it",
    "no-filters": "of an interface of AWS's own, whose filters are not documented",
    "not-finished": "the analysis failed, or still runs",
    "ends-untold": "the file holds neither the analysis's path nor a whole path that it found",
    "ends-not-asked": "the path begins or ends at a kind of component that reachsim takes no questions about",
    "filters-not-asked": "the path is narrowed in a way that reachsim takes no questions about",
    "one-way": "the analysis leaves the way back out, and there reachsim says that it stops",
    "not-seen-by-analyzer": "AWS's analyzer does not know, support or look into a component on the way",
    "findings-untold": "the analysis found paths, and the file of its findings is not given",
    "scope-untold": "the analysis found no path, and what it looked for is not given: "
    "get-network-insights-access-scope-content, describe-network-insights-access-scope-analyses",
}
"""Why something that was recorded is not compared."""


class Disagreement(msgspec.Struct, frozen=True):
    """Something that was recorded and that reachsim says cannot be, with reachsim's own trace.

    ``hides`` tells what the verdict would have hidden: a leak where reality let through what reachsim blocks.
    """

    what: str
    recorded: str
    said: str
    hides: Hides
    why: tuple[str, ...]
    records: int
    place: str
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        found = {key: getattr(self, key) for key in ("what", "recorded", "said", "hides", "records", "place")}
        return {**found, "why": list(self.why), "trace": self.verdict.to_json()}


class Verification(Shown, frozen=True):
    """Records compared with the verdicts on the same packets. Times are seconds since 1970 (UTC)."""

    records: int
    agreed: int
    disagreements: tuple[Disagreement, ...]
    not_compared: dict[str, int]
    first: int | None = None
    last: int | None = None

    def __repr__(self) -> str:
        return f"<Verification: {self.records} records, {self.agreed} agreed, {self.disagreed} disagreed>"

    @property
    def disagreed(self) -> int:
        return sum(one.records for one in self.disagreements)

    @property
    def exit_code(self) -> int:
        """0 all that can be compared agree, 1 something disagrees, 3 nothing could be compared."""
        return 1 if self.disagreements else 0 if self.agreed else 3

    def to_json(self) -> dict[str, Any]:
        """The object that ``reachsim verify --format json`` prints."""
        return {
            "records": self.records,
            "agreed": self.agreed,
            "disagreed": self.disagreed,
            "not_compared": [
                {"reason": reason, "records": count, "text": REASONS[reason]}
                for reason, count in self.not_compared.items()
            ],
            "first": self.first,
            "last": self.last,
            "disagreements": [one.to_json() for one in self.disagreements],
        }
