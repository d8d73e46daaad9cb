"""The public contract of a model: a table goes in, and what is refused and how."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from census_facts import MAIN

import scorer


def test_a_batch_is_the_input_and_the_outputs(census, people):
    """`batch` gives the input's columns, untouched, and then the outputs of the promised types."""
    made = census.batch(people)
    assert (
        made.column_names == [*people.column_names, "label", *MAIN]
        or made.column_names[: people.num_columns] == people.column_names
    )
    assert made.select(people.column_names).equals(people)
    for field in census.outputs:
        assert made.schema.field(field.name).type == field.type
    rows = [census.row(facts) for facts in people.to_pylist()[::100]]
    assert [{n: r[n] for n in MAIN} for r in made.select(MAIN).to_pylist()[::100]] == [
        {n: r[n] for n in MAIN} for r in rows
    ]


def test_a_record_batch_is_a_table(census, people):
    """A RecordBatch is taken as a Table of one."""
    assert census.batch(people.combine_chunks().to_batches()[0]).equals(census.batch(people))


@pytest.mark.parametrize("chunks", [1, 7, 333, 1000])
def test_chunks_mean_nothing(census, people, chunks):
    """The chunks of a table change no answer."""
    cut = pa.concat_tables([people.slice(i, chunks) for i in range(0, people.num_rows, chunks)])
    assert census.batch(cut).equals(census.batch(people))
    ragged = pa.table(
        {
            n: pa.chunked_array(
                [people.column(n).combine_chunks().slice(0, k), people.column(n).combine_chunks().slice(k)]
            )
            for k, n in enumerate(people.column_names)
        }
    )
    assert census.batch(ragged).equals(census.batch(people))


def test_a_long_table_is_scored_in_pieces_alike(census, people, monkeypatch):
    """Where the scorer cuts a table is not seen: values, row numbers of errors, dropped rows."""
    whole = census.batch(people)
    bad = people.set_column(0, "age", pa.array([None if i == 777 else 30 for i in range(1000)], pa.float64()))
    with pytest.raises(scorer.RowError) as one:
        census.batch(bad)
    monkeypatch.setattr("scorer.tables.CHUNK", 64)
    assert census.batch(people).equals(whole)
    with pytest.raises(scorer.RowError) as other:
        census.batch(bad)
    assert one.value.row == other.value.row == 777
    assert census.try_batch(bad)[1].to_pylist()[777].startswith("row 777, ")


@pytest.mark.parametrize(
    "name", ["census_lr-4.3", "census_gbt-4.3", "pipeline_skip-4.3", "standard_scaler_mean_std-4.3"]
)
def test_a_table_of_no_rows_has_the_outputs(find, name):
    """A table without rows, or without chunks, gives no rows and every column."""
    model = scorer.load(find(name).model_path)
    for table in (
        model.inputs.empty_table(),
        pa.table({f.name: pa.chunked_array([], f.type) for f in model.inputs}),
    ):
        made = model.batch(table)
        assert made.num_rows == 0
        assert set(model.outputs.names) <= set(made.column_names)
        aligned, status = model.try_batch(table)
        assert (aligned.num_rows, len(status)) == (0, 0)


def test_dropped_rows_are_left_out_of_a_batch(skipping):
    """`batch` drops the rows that Spark drops, of the input's columns too, and keeps the order."""
    table = pa.table(
        {
            "town": ["Oslo", "nowhere", None, "Oslo"],
            "x": [1.0, 1.0, 1.0, 2.0],
            "y": [3, 3, 3, 3],
            "n": [0, 1, 2, 3],
        }
    )
    made = skipping.batch(table)
    assert made.column("n").to_pylist() == [0, 3]
    aligned, status = skipping.try_batch(table)
    assert aligned.num_rows == 4
    assert status.to_pylist() == ["ok", "dropped", "dropped", "ok"]
    assert aligned.column("prediction").to_pylist()[1:3] == [None, None]


def test_a_table_whose_rows_are_all_dropped_is_empty(skipping):
    """Dropping every row leaves the columns."""
    made = skipping.batch(pa.table({"town": ["nowhere"] * 3, "x": [1.0] * 3, "y": [3] * 3}))
    assert made.num_rows == 0
    assert "prediction" in made.column_names


def test_no_row_stops_the_others(census, people):
    """`try_batch` answers every other row as if the refused ones were not there."""
    texts = people.column("workclass").to_pylist()
    texts[5] = texts[700] = "Astronaut"
    table = people.set_column(people.schema.get_field_index("workclass"), "workclass", pa.array(texts))
    made, status = census.try_batch(table)
    bad = [i for i, s in enumerate(status.to_pylist()) if s != "ok"]
    assert bad == [5, 700]
    assert made.column("probability")[5].as_py() is None
    keep = pa.array([i not in bad for i in range(1000)])
    assert made.select(MAIN).filter(keep).equals(census.batch(people).select(MAIN).filter(keep))
    with pytest.raises(scorer.RowError) as caught:
        census.batch(table)
    assert (caught.value.row, caught.value.column, caught.value.value) == (5, "workclass", "Astronaut")


def is_number(kind):
    return not pa.types.is_string(kind)


FORMS = {
    "large_string": (pa.types.is_string, pa.large_string()),
    "dictionary": (pa.types.is_string, pa.dictionary(pa.int32(), pa.string())),
    "small dictionary": (pa.types.is_string, pa.dictionary(pa.int8(), pa.large_string())),
    "double": (is_number, pa.float64()),
    "float": (is_number, pa.float32()),
    "long": (is_number, pa.int64()),
    "unsigned": (is_number, pa.uint32()),
    "decimal": (is_number, pa.decimal128(12, 2)),
    "number dictionary": (is_number, pa.dictionary(pa.int32(), pa.int32())),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("model_name", ["census_lr-4.3", "census_gbt-4.3"])
def test_the_physical_form_of_a_column_means_nothing(find, people, form, model_name):
    """Text in any Arrow form, and whole numbers in any numeric type, give the same answers."""
    model = scorer.load(find(model_name).model_path)
    test, kind = FORMS[form]
    few = people.slice(0, 200)
    other = pa.table(
        {
            n: c.combine_chunks().cast(kind if test(c.type) else c.type)
            if not pa.types.is_dictionary(kind) or not test(c.type)
            else c.combine_chunks().dictionary_encode().cast(kind)
            for n, c in zip(few.column_names, few.columns, strict=True)
        }
    )
    assert model.batch(other).select(MAIN).equals(model.batch(few).select(MAIN))


def test_small_integers_are_numbers(find):
    """int8, int16 and their unsigned kin are numbers."""
    model = scorer.load(find("bucketizer_many_keep-4.3").model_path)
    names = model.inputs.names
    plain = pa.table({n: pa.array([0, 1, 1, None], pa.int64()) for n in names})
    made = model.outputs.names
    for kind in (pa.int8(), pa.int16(), pa.uint8(), pa.uint16(), pa.uint64(), pa.float16()):
        other = pa.table(
            {
                n: pa.array(
                    np.array([0, 1, 1, 0], kind.to_pandas_dtype()),
                    kind,
                    mask=np.array([False, False, False, True]),
                )
                for n in names
            }
        )
        assert model.batch(other).select(made).equals(model.batch(plain).select(made))


VECTORS = [[1.0, -2.0, 0.5], [0.0, 0.0, 0.0], None, [3.0, 1.0, -1.0]]


@pytest.mark.parametrize(
    "kind",
    [
        pa.list_(pa.float64()),
        pa.large_list(pa.float64()),
        pa.list_(pa.float32()),
        pa.list_(pa.float64(), 3),
        pa.list_(pa.int64()),
        "struct",
    ],
    ids=str,
)
def test_vectors_come_as_lists_or_as_sparks_struct(scaler, kind):
    """A vector column is any list of numbers, a fixed_size_list, or Spark's struct; sliced or not."""
    plain, status = scaler.try_batch(pa.table({"v": pa.array(VECTORS, pa.list_(pa.float64()))}))
    assert status.to_pylist()[2].startswith("row 2, ")
    if kind == "struct":
        struct = pa.struct(
            [
                ("type", pa.int8()),
                ("size", pa.int32()),
                ("indices", pa.list_(pa.int32())),
                ("values", pa.list_(pa.float64())),
            ]
        )
        column = pa.array(
            [
                None
                if v is None
                else {"type": 1, "values": v}
                if i % 2
                else {"type": 0, "size": 3, "indices": [0, 1, 2], "values": v}
                for i, v in enumerate(VECTORS)
            ],
            struct,
        )
    else:
        values = [v and [int(x) for x in v] for v in VECTORS] if kind == pa.list_(pa.int64()) else VECTORS
        column = pa.array(values, kind)
        if kind == pa.list_(pa.int64()):
            plain, status = scaler.try_batch(pa.table({"v": pa.array(values, pa.list_(pa.float64()))}))
    output = scaler.outputs.names[0]
    made, same = scaler.try_batch(pa.table({"v": column}))
    assert same.to_pylist() == status.to_pylist()
    assert made.column(output).to_pylist() == plain.column(output).to_pylist()
    assert (
        scaler.try_batch(pa.table({"v": column}).slice(1, 3))[0].column(output).to_pylist()
        == plain.column(output).to_pylist()[1:]
    )
    assert made.schema.field(output).type == pa.list_(pa.float64())


def test_vectors_of_different_sizes_are_decided_row_by_row(scaler):
    """A row whose vector has another size, or is none, stops no other row of its table."""
    values = [[1.0, -2.0, 0.5], [1.0], [1.0] * 5, None, [1.0, None, 2.0], [], [0.0, 0.0, 0.0]]
    made, status = scaler.try_batch(pa.table({"v": pa.array(values, pa.list_(pa.float64()))}))
    for value, said, answer in zip(
        values, status.to_pylist(), made.column(scaler.outputs.names[0]).to_pylist(), strict=True
    ):
        try:
            row = scaler.row({"v": value})
        except scorer.RowError as e:
            assert said.endswith(e.reason)
            assert answer is None
        else:
            assert (said, answer) == ("ok", next(iter(row.values())))


def test_a_column_of_nulls_without_a_type_is_nulls(census, people):
    """A column of Arrow's null type is a column of nulls."""
    for name in ("age", "workclass"):
        table = people.set_column(people.schema.get_field_index(name), name, pa.nulls(1000))
        _, status = census.try_batch(table)
        assert all(f"`{name}`" in s for s in status.to_pylist())


@pytest.mark.parametrize("value", [None, 3, "table", {"age": [1]}, [[1]]])
def test_what_is_no_table_is_a_type_error(census, value):
    """A batch of anything but a Table or RecordBatch is a TypeError that says what came."""
    for method in (census.batch, census.try_batch):
        with pytest.raises(TypeError, match="Table or RecordBatch"):
            method(value)


def test_a_missing_column_is_named(census, people):
    """A table without some columns is refused with all their names."""
    with pytest.raises(scorer.ColumnError) as caught:
        census.batch(people.drop_columns(["age", "race"]))
    assert "`age`" in str(caught.value)
    assert "`race`" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("age", pa.array(["39"] * 1000)),
        ("age", pa.array([[1.0, 2.0]] * 1000)),
        ("age", pa.array([b"x"] * 1000)),
        ("age", pa.array([0] * 1000, pa.timestamp("us"))),
        ("age", pa.array(["a"] * 1000).dictionary_encode()),
        ("workclass", pa.array([[1.0]] * 1000)),
        ("workclass", pa.array([True] * 1000)),
    ],
    ids=lambda v: str(getattr(v, "type", v)),
)
def test_a_column_of_another_type_is_refused_by_name(census, people, name, column):
    """A column whose type does not fit is a ScorerError that names it, never another exception."""
    table = people.set_column(people.schema.get_field_index(name), name, column)
    with pytest.raises(scorer.ScorerError) as caught:
        census.batch(table)
    assert f"`{name}`" in str(caught.value) or "LogisticRegression" in str(caught.value)


def test_a_doubled_column_is_refused(census, people):
    """A table that holds an input column twice is refused by its name."""
    with pytest.raises(scorer.ColumnError, match="age"):
        census.batch(people.append_column("age", people.column("age")))
