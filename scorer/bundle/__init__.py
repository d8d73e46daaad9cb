"""A whole model in one JSON file: what Spark's directories hold, as far as it decides.

    {"format": "scoregate-model", "version": 1, "run_id": TEXT, "inputs": INPUTS, "model": NODE}
            `run_id`, of the MLflow run that logged the model, and `inputs` (see `inputtypes`) may be absent
    NODE    {"metadata": Spark's own JSON object, "table": TABLE, "children": {name: NODE}}   each may be absent
    TABLE   {"columns": {name: ARRAY}}
    ARRAY   {"type": "double", "values": [0.5, null, "NaN"]}      likewise float, int8 … int64, string, bool
            {"type": "list", "lengths": [2, null], "items": ARRAY}
            {"type": "map", "lengths": [1], "keys": ARRAY, "items": ARRAY}
            {"type": "struct", "fields": {name: ARRAY}, "valid": [true, false]}   `valid` only if there are nulls

The children are named as Spark's folders. Numbers are the shortest text that reads back as the same bits; what
JSON has no number for is "NaN", "Infinity" or "-Infinity". A bundle is data from outside, like a folder.
"""

from scorer.bundle.reading import Bundle
from scorer.bundle.recording import Recording, Source

__all__ = ["Bundle", "Recording", "Source"]
