"""The time of each row of a table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from policy.engine.columns import of_every_row
from policy.engine.machine import moment
from policy.spec.values import timestamp

TIME = pa.timestamp("us", "UTC")


def moments(now: Any, table: pa.Table) -> pa.Array | None:
    """A time for each row, from one for all (a datetime, RFC 3339 text), a column's name, or an array.

    Raises ValueError for what is no time, a null included: a rule must not silently not see the time.
    """
    if now is None:
        return None
    if isinstance(now, str) and now in table.column_names:
        now = table.column(now)
    if not isinstance(now, pa.Array | pa.ChunkedArray):
        moment(now)
        return pa.repeat(pa.scalar(timestamp(now), TIME), table.num_rows)
    now = of_every_row(now, "now", table.num_rows)
    array = now.combine_chunks() if isinstance(now, pa.ChunkedArray) else now
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], TIME)
    if array.null_count:
        raise ValueError("`now` must have a time for every row; a null is none")
    if pa.types.is_timestamp(array.type) and array.type.tz is not None:
        return array.cast(TIME, safe=False)
    read = [timestamp(value) for value in array.to_pylist()]
    if None in read:
        raise ValueError("`now` must hold timestamps with a zone, or RFC 3339 text")
    return pa.array(read, TIME)
