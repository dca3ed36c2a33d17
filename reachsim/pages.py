"""Whether an answer of AWS goes on in another one.

Annotations are types here, and no texts: every list of a snapshot is decoded into a record that begins with these.
**Source:** botocore's paginators; AWS CLI, "Using the pagination options".
"""

import msgspec


class PageEnd(msgspec.Struct, frozen=True):
    """What AWS, or the AWS CLI, puts into an answer that goes on in another one."""

    next_token: str | None = msgspec.field(default=None, name="NextToken")
    next_token_lower: str | None = msgspec.field(default=None, name="nextToken")
    next_marker: str | None = msgspec.field(default=None, name="NextMarker")
    is_truncated: bool = msgspec.field(default=False, name="IsTruncated")

    @property
    def goes_on(self) -> bool:
        return bool(self.next_token or self.next_token_lower or self.next_marker or self.is_truncated)
