"""VPC Flow Logs as Apache Parquet, the way Amazon S3 gets them: columns are the fields, ``_`` in place of ``-``.

**Source:** "Flow log files" and "Flow log records" (VPC User Guide): the Parquet data type of each field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from reachsim.errors import Fault, SnapshotError, UnsupportedError
from reachsim.verify.forms import table_line

ROWS_AT_ONCE = 1 << 14


def parquet_lines(opened: Any, label: str, field: Callable[[str], str]) -> Iterator[str]:
    """The records as lines of text below a header line; a value that is not there is ``-``.

    Args:
        opened: The file, open for reading bytes; it is read batch by batch.
        label: What the file is called.
        field: Gives the flow log field that a column is, or ""; columns that are none are left out.

    Raises:
        SnapshotError: The file is no Parquet file, or has none of the fields.
        UnsupportedError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UnsupportedError(f"{label}: flow logs as Parquet need pyarrow: pip install 'reachsim[tables]'") from error
    try:
        file = pq.ParquetFile(opened)
        columns = [name for name in file.schema_arrow.names if field(name)]
        if not columns:
            raise SnapshotError(Fault(label, "", "columns that are fields of VPC Flow Logs", "others"))
        yield " ".join(columns)
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=columns):
            yield from map(table_line, zip(*(batch[name].to_pylist() for name in columns), strict=True))
    except pa.ArrowException as error:
        raise SnapshotError(Fault(label, "", "a readable Parquet file", " ".join(str(error).split())[:200])) from error
