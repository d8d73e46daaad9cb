"""What real Spark answered is what the scorer answers: values, nulls, dropped rows and refused rows."""

from __future__ import annotations

import warnings

import pyarrow as pa
import pytest

import scorer

ROWS = 1000  # a case with more rows is scored row by row at every 50th


def loaded(case):
    """Return the model, or None where the types of the columns are refused at load, as Spark refuses every row."""
    try:
        return case.model
    except scorer.ColumnError:
        if set(case.status) != {"error"}:
            raise
        return None


def plain(status):
    return [s if s in ("ok", "dropped") else "error" for s in status.to_pylist()]


def test_a_table_row_for_row_is_answered_as_spark_answers(case, compare):
    """`try_batch` gives each row Spark's status, and the kept rows Spark's values of Spark's types."""
    model = loaded(case)
    if model is None:
        return
    table, status = model.try_batch(case.input)
    assert compare(case.status, plain(status)) == []
    kept = table.filter(pa.array([s == "ok" for s in case.status]))
    assert kept.column("_row").to_pylist() == case.expected.column("_row").to_pylist()
    for name in case.columns:
        assert name in kept.column_names
        assert kept.schema.field(name).type == case.expected.schema.field(name).type, name
        expected, answered = (case.in_order(name, t.column(name)) for t in (case.expected, kept))
        assert compare(expected, answered, case.relative, 1.0) == [], name


def test_a_table_is_answered_as_spark_answers(case, compare):
    """`batch` gives Spark's rows in Spark's order, and refuses a table at the first row that Spark refuses."""
    model = loaded(case)
    if model is None:
        return
    if "error" in case.status:
        with pytest.raises(scorer.RowError) as caught:
            model.batch(case.input)
        assert caught.value.row == case.status.index("error")
    table = model.batch(case.input.filter(pa.array([s != "error" for s in case.status])))
    assert table.column("_row").to_pylist() == case.expected.column("_row").to_pylist()
    for name in case.columns:
        expected, answered = (case.in_order(name, t.column(name)) for t in (case.expected, table))
        assert compare(expected, answered, case.relative, 1.0) == [], name


def test_a_row_is_answered_as_spark_answers(case, compare):
    """`row` gives Spark's values, None for a dropped row, and RowError for a row that Spark refuses."""
    model = loaded(case)
    if model is None:
        return
    answers = iter(case.expected.select(case.columns).to_pylist())
    step = 50 if case.input.num_rows > ROWS else 1
    for number, (facts, status) in enumerate(zip(case.rows(), case.status, strict=True)):
        expected = next(answers) if status == "ok" else None
        if number % step:
            continue
        if status == "error":
            with pytest.raises(scorer.RowError) as caught:
                model.row(facts)
            assert caught.value.row is None
            assert caught.value.reason
            continue
        answer = model.row(facts)
        if expected is None:
            assert answer is None, (number, facts)
            continue
        assert answer is not None, (number, facts)
        answer = facts | answer
        assert set(case.columns) <= set(answer)
        found = [(name, *case.in_order(name, [expected[name], answer[name]])) for name in case.columns]
        assert compare([e for _, e, _ in found], [a for _, _, a in found], case.relative, 1.0) == [], (
            number,
            facts,
        )


def test_every_case_of_all_rows_holds_the_census_within_its_promise(goldens, compare):
    """All 32,561 census rows give Spark's probabilities within 1e-12, in a batch and in every 50th row."""
    whole = [g for g in goldens if "census_lr-" in g.folder.name and g.facts.get("every", 1) == 1]
    assert whole
    for case in whole:
        model = case.model.select(["probability"])
        table = model.batch(case.input)
        assert table.num_rows == 32_561
        assert compare(case.expected.column("probability"), table.column("probability"), 1e-12, 1.0) == []
        some = case.rows()[::50]
        rows = [model.row(facts)["probability"] for facts in some]
        assert compare(table.column("probability").to_pylist()[::50], rows, 1e-15, 1.0) == []


def test_cases_that_wait_for_a_class_are_listed(goldens, missing_classes):
    """Every golden case either runs or waits for a class that is named; at least the core runs."""
    waiting = {g.folder.name: missing_classes(g.model_path) for g in goldens if missing_classes(g.model_path)}
    if waiting:
        names = sorted({c.rpartition(".")[2] for found in waiting.values() for c in found})
        warnings.warn(
            f"{len(waiting)} of {len(goldens)} golden cases wait for {', '.join(names)}", stacklevel=1
        )
    assert len(goldens) - len(waiting) >= 80


def test_what_waits_is_refused_by_name(goldens, missing_classes):
    """A model with a class that has no stage here raises UnsupportedError with that class's name."""
    for model in {g.model_path for g in goldens if missing_classes(g.model_path)}:
        with pytest.raises(scorer.UnsupportedError) as caught:
            scorer.load(model)
        assert any(name in str(caught.value) for name in missing_classes(model))
