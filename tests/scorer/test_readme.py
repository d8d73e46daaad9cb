"""The table of Spark classes in scorer/README.md."""

from __future__ import annotations

import re
from pathlib import Path

import scorer

README = Path(scorer.__file__).parent / "README.md"
GOLDENS = Path(__file__).parents[1] / "golden" / "spark"
HOLDERS = {  # they answer for the stages that they hold
    "org.apache.spark.ml.PipelineModel",
    "org.apache.spark.ml.tuning.CrossValidatorModel",
    "org.apache.spark.ml.tuning.TrainValidationSplitModel",
}


def test_the_table_lists_exactly_what_loads():
    """The table names every Spark class that loads, and no other."""
    listed = re.findall(
        r"^\| `(org\.apache\.spark[\w.]+)` \| (equal|sums|random) \|", README.read_text(), re.MULTILINE
    )
    assert sorted(name for name, _ in listed) == scorer.supported()


def parity():
    """Return the parity table: for each class the cell of each column."""
    text = README.read_text("utf-8").partition("<!-- parity: made by `make parity` -->")[2]
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    head, *body = rows
    return {row[0]: dict(zip(head[1:], row[1:], strict=True)) for row in body}


def test_the_parity_table_has_every_class_and_every_version():
    """`make parity` has a line for each class that loads, and a column for each Spark version of the goldens."""
    table = parity()
    assert list(table) == scorer.supported(), "run `make parity`"
    versions = {path.name.rpartition("-")[2] for path in GOLDENS.iterdir()}
    assert {column for row in table.values() for column in row} == {*versions, "row and batch"}


def test_differences_are_within_what_the_classes_promise():
    """A class that is said to be equal differs nowhere, one that adds by at most 1e-12, from Spark and its twin."""
    promised = dict(
        re.findall(
            r"^\| `(org\.apache\.spark[\w.]+)` \| (equal|sums|random) \|",
            README.read_text("utf-8"),
            re.MULTILINE,
        )
    )
    limits = {"equal": 0.0, "sums": 1e-12, "random": 5e-3}
    for name, row in parity().items():
        limit = 1e-12 if name in HOLDERS else limits.get(promised.get(name, ""), 1.0)
        assert [cell for cell in row.values() if cell != "–" and not float(cell) <= limit] == [], name


def test_classes_are_held_by_two_spark_versions():
    """Each class has goldens of two Spark versions; the transformer of Spark 2 has saves of others alone."""
    for name, row in parity().items():
        counted = [version for version, cell in row.items() if cell != "–" and version != "row and batch"]
        assert len(counted) >= 2 or name.endswith(".OneHotEncoder"), name
