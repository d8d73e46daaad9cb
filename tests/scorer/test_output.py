"""One number a row: a slot of whatever vector a model makes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

import scorer


def numbers(output, table):
    """The number of each row and of the batch, with a word for a row that is refused."""
    function, names = output.bind(output.inputs.names), output.inputs.names
    rows = []
    for facts in table.to_pylist():
        try:
            rows.append(function(*(facts[name] for name in names)))
        except scorer.RowError:
            rows.append("refused")
    made, causes = output.batch(table)
    words = {None: None, "dropped": "dropped"}
    batch = [
        float(number) if cause is None else words.get(cause, "refused")
        for number, cause in zip(made, causes, strict=True)
    ]
    return ["dropped" if number is None else number for number in rows], batch


def same(row, other):
    """Whether both are the same word, or floats that are as near as two orders of a sum are."""
    if isinstance(row, str) or isinstance(other, str):
        return row == other
    return type(row) is type(other) is float and bool(np.isclose(row, other, rtol=1e-12, equal_nan=True))


def test_a_slot_of_any_vector_is_one_number(goldens, missing_classes):
    """Whether a vector is dense, sparse, null or short: its slot is a float, in a row as in a batch."""
    asked = 0
    for golden in goldens:
        if not golden.folder.name.endswith("-4.3") or missing_classes(golden.model_path):
            continue
        table = golden.whole_input.slice(0, 12)
        try:
            model = scorer.load(golden.model_path)
        except scorer.ColumnError:
            continue
        for field in model.outputs:
            if not pa.types.is_list(field.type) or field.type.value_type != pa.float64():
                continue
            for slot in (1, 7):
                try:
                    rows, batch = numbers(model.output(f"{field.name}[{slot}]"), table)
                except scorer.ColumnError:  # the vector has fewer slots, or the table another type
                    continue
                for row, other in zip(rows, batch, strict=True):
                    asked += 1
                    assert same(row, other), (golden.folder.name, field.name, row, other)
    assert asked > 500
