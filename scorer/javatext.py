"""Java's text of a value, which is what Spark's cast to string gives and what StringIndexer looks up.

Source: java.lang.Double.toString. Java before 19 does not always print the shortest digits (JDK-4511638); this
prints the shortest, so the last digit of a rare double may differ.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from scorer.columns import Column, Numbers, Single


def text(value: Any) -> str | None:
    """Write one value as Spark casts it to string; None stays None."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | np.integer):
        return str(int(value))
    if isinstance(value, Single):
        return _digits(_shortest(np.float32(value), np.float32))
    if isinstance(value, float):
        return _digits(_shortest(value, float))
    if isinstance(value, np.floating):
        return _digits(_shortest(value, type(value)))
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def _shortest(value: Any, kind: Any) -> str:
    """Return the shortest digits, but two where one will do: Java writes 4.9E-324 for the least double."""
    shortest = str(value)
    if sum(c.isdigit() and c != "0" for c in shortest.partition("e")[0]) == 1:
        two = f"{float(value):.1e}"
        return two if kind(two) == value else shortest
    return shortest


def _digits(shortest: str) -> str:
    if shortest in ("nan", "inf", "-inf"):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[shortest]
    sign, digits, exponent = Decimal(shortest).as_tuple()
    minus = "-" if sign else ""
    figures = "".join(map(str, digits)).rstrip("0") or "0"
    point = len(digits) + int(exponent)  # figures before the decimal point
    if figures == "0":
        return minus + "0.0"
    if -3 < point <= 7:
        if point <= 0:
            return f"{minus}0.{'0' * -point}{figures}"
        whole = figures[:point].ljust(point, "0")
        return f"{minus}{whole}.{figures[point:] or '0'}"
    return f"{minus}{figures[0]}.{figures[1:] or '0'}E{point - 1}"


def encoded(column: Column) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[str | None]]:
    """Write a batch column as text: codes (rows,) into the distinct texts; null has the code -1."""
    if isinstance(column, Numbers):
        return _encoded_numbers(column)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    codes = column.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return codes, [text(value) for value in column.dictionary.to_pylist()]


def _encoded_numbers(column: Numbers) -> tuple[np.ndarray[Any, np.dtype[np.int64]], list[str | None]]:
    if column.source is not None:
        return encoded(_as_text(column.source))
    bits = column.values.view(np.int64) if column.values.dtype == np.float64 else column.values
    distinct, codes = np.unique(bits, return_inverse=True)
    back = distinct.view(np.float64) if column.values.dtype == np.float64 else distinct
    codes = np.where(column.nulls(), -1, codes).astype(np.int64)
    return codes, [text(value) for value in back.tolist()]


def _as_text(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_float32(kind) or pa.types.is_float16(kind):
        numbers = array.fill_null(0).to_numpy(zero_copy_only=False)
        texts = [text(x) if ok else None for x, ok in zip(numbers, array.is_valid().to_pylist(), strict=True)]
        return pa.array(texts, pa.string())
    return pa.array([text(value) for value in array.to_pylist()], pa.string())
