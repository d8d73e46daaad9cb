"""The public contract of a model: what goes in, what comes out, what is refused and how."""

from __future__ import annotations

import json
import shutil
from collections import ChainMap, UserDict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scorer
from scorer.saved import digest

FACTS = {
    "age": 39,
    "workclass": "State-gov",
    "fnlwgt": 77516,
    "education": "Bachelors",
    "education-num": 13,
    "marital-status": "Never-married",
    "occupation": "Adm-clerical",
    "relationship": "Not-in-family",
    "race": "White",
    "sex": "Male",
    "capital-gain": 2174,
    "capital-loss": 0,
    "hours-per-week": 40,
    "native-country": "United-States",
}
MAIN = ["rawPrediction", "probability", "prediction"]


@pytest.fixture(scope="module")
def find(goldens):
    """Give the golden case of a name."""
    return lambda name: next(g for g in goldens if g.folder.name == name)


@pytest.fixture(scope="module")
def census(find):
    """The census pipeline, loaded without a schema."""
    return scorer.load(find("census_lr-4.3").model_path)


@pytest.fixture(scope="module")
def people(find):
    """A thousand census rows."""
    return find("census_lr-4.3").whole_input.drop_columns(["_row"]).slice(0, 1000)


@pytest.fixture(scope="module")
def skipping(find):
    """A small pipeline that drops rows with an unseen town."""
    return scorer.load(find("pipeline_skip-4.3").model_path)


@pytest.fixture(scope="module")
def scaler(find):
    """One stage that takes a vector of three slots."""
    return scorer.load(find("standard_scaler_mean_std-4.3").model_path)


# -- a row ---------------------------------------------------------------------------------------------------------


def test_a_row_is_a_dict_of_outputs(census):
    """`row` gives prediction, probability and rawPrediction, vectors as lists of floats."""
    row = census.row(FACTS)
    assert list(row) == MAIN
    assert [type(x) for x in row["probability"]] == [float, float]
    assert sum(row["probability"]) == pytest.approx(1.0)
    assert row["rawPrediction"][0] == -row["rawPrediction"][1]
    assert row["prediction"] in (0.0, 1.0)


@pytest.mark.parametrize("kind", [dict, UserDict, MappingProxyType, ChainMap])
def test_any_mapping_is_a_row(census, kind):
    """A row may be any mapping, and is left as it was."""
    facts = dict(FACTS)
    assert census.row(kind(facts)) == census.row(FACTS)
    assert facts == FACTS


@pytest.mark.parametrize("facts", [None, 3, "age", [("age", 39)], [39], object()])
def test_what_is_no_mapping_is_a_type_error(census, skipping, facts):
    """A row that is no mapping is a TypeError that says so, on fused and unfused models."""
    for model in (census, skipping):
        with pytest.raises(TypeError, match="mapping"):
            model.row(facts)


def test_a_missing_key_is_null(census, skipping):
    """A missing key is a null, whatever a stage then does with it."""
    for name in FACTS:
        without = {n: v for n, v in FACTS.items() if n != name}
        answers = []
        for facts in (without, without | {name: None}):
            with pytest.raises(scorer.RowError) as caught:
                census.row(facts)
            answers.append(str(caught.value))
        assert answers[0] == answers[1]
        assert f"`{name}`" in answers[0]
    assert skipping.row({"x": 1.0, "y": 3}) is None


def test_keys_that_nobody_reads_are_ignored(census):
    """A row may hold more than the model reads, of any type."""
    assert census.row({**FACTS, "other": object(), 3: 4}) == census.row(FACTS)


def test_a_dropped_row_is_none(skipping):
    """A row that `handleInvalid="skip"` drops is None."""
    assert skipping.row({"town": "nowhere", "x": 1.0, "y": 3}) is None
    assert skipping.row({"town": "Oslo", "x": 1.0, "y": 3}) is not None


def test_a_refused_row_says_where_and_why(census):
    """RowError holds stage, column, value and reason, is a ScorerError, and hides no traceback of ours behind it."""
    with pytest.raises(scorer.RowError) as caught:
        census.row(FACTS | {"workclass": "Astronaut"})
    error = caught.value
    assert isinstance(error, scorer.ScorerError)
    assert error.stage.startswith("StringIndexer")
    assert (error.column, error.value, error.row) == ("workclass", "Astronaut", None)
    assert "unseen" in error.reason
    assert "handleInvalid" in error.reason
    assert error.stage in str(error)
    assert error.__cause__ is None


@pytest.mark.parametrize(
    "number",
    [39, 39.0, np.int64(39), np.int8(39), np.uint16(39), np.float64(39), np.float32(39), Decimal(39)],
    ids=repr,
)
def test_numbers_of_any_type_are_numbers(census, number):
    """A number is a number: of Python, of NumPy, or decimal."""
    assert census.row(FACTS | {"age": number}) == census.row(FACTS)


def test_texts_of_numpy_are_texts(census):
    """A text may be NumPy's."""
    assert census.row(FACTS | {"workclass": np.str_("State-gov")}) == census.row(FACTS)


@pytest.mark.parametrize("value", ["39", {}, b"39", object(), 1 + 2j], ids=lambda v: type(v).__name__)
def test_a_value_of_another_type_is_a_row_error(census, value):
    """A value that is no number where one is needed is a RowError that names the column, never another exception."""
    with pytest.raises(scorer.RowError) as caught:
        census.row(FACTS | {"age": value})
    assert caught.value.column == "age" or caught.value.stage.startswith("LogisticRegression")


@pytest.mark.parametrize(
    "vector",
    [
        [1.0, -2.0, 0.5],
        (1, -2, 0.5),
        np.array([1.0, -2.0, 0.5]),
        np.array([1.0, -2.0, 0.5], dtype=np.float32),
        {"type": 1, "size": None, "indices": None, "values": [1.0, -2.0, 0.5]},
        {"type": 0, "size": 3, "indices": [0, 1, 2], "values": [1.0, -2.0, 0.5]},
    ],
    ids=["list", "tuple", "array", "single", "dense struct", "sparse struct"],
)
def test_a_vector_is_a_sequence_or_sparks_struct(scaler, vector):
    """A vector of a row is any sequence of numbers, or Spark's own struct as a dict."""
    assert scaler.row({"v": vector}) == scaler.row({"v": [1.0, -2.0, 0.5]})


@pytest.mark.parametrize(
    "value",
    [
        3,
        "abc",
        ["a"],
        [None],
        [[1.0]],
        {"type": 1},
        {"type": 0, "size": 3, "indices": [5], "values": [1.0]},
        {"type": 0, "size": 3, "indices": [1, 0], "values": [1.0, 2.0]},
        {"type": 0, "size": 2**40, "indices": [], "values": []},
        {"type": 0, "size": -1, "indices": [], "values": []},
        {"type": 0, "size": None, "indices": None, "values": [1.0]},
        {},
    ],
    ids=repr,
)
def test_what_is_no_vector_is_a_row_error(scaler, value):
    """A value that is no vector, or whose sizes do not agree, is a RowError that names the column."""
    with pytest.raises(scorer.RowError) as caught:
        scaler.row({"v": value})
    assert caught.value.column == "v"


# -- a batch -------------------------------------------------------------------------------------------------------


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


# -- columns -------------------------------------------------------------------------------------------------------


def test_any_column_that_the_pipeline_makes_may_be_named(census, people):
    """`columns=` and `select` give intermediate columns, in the order named, alike in row and batch."""
    names = ["workclass_vec", "prediction", "sex_index"]
    row = census.row(FACTS, columns=names)
    assert list(row) == names
    assert census.select(names).row(FACTS) == row
    made = census.batch(people, columns=names)
    assert made.column_names == [*people.column_names, *names]
    assert (
        made.slice(0, 1).select(names).to_pylist()[0]["workclass_vec"]
        == census.row(people.slice(0, 1).to_pylist()[0], columns=names)["workclass_vec"]
    )
    assert census.try_batch(people, columns=names)[0].equals(made)
    assert census.select(names).outputs.names == names


def test_a_selection_is_compiled_once(census):
    """The same columns give the same model, which knows source and version."""
    chosen = census.select(["prediction"])
    assert census.select(["prediction"]) is chosen
    assert (chosen.version, chosen.source) == (census.version, census.source)


def test_a_selection_needs_only_its_inputs(census):
    """The inputs of a selection are those that its columns need, and no other is asked for."""
    chosen = census.select(["sex_vec"])
    assert chosen.inputs.names == ["sex"]
    assert chosen.row({"sex": "Male"}) == {"sex_vec": [1.0]}
    assert set(census.inputs.names) == set(FACTS)


def test_a_column_that_nobody_makes_is_refused_with_a_hint(census):
    """A column that the pipeline does not make is refused, with the nearest that it does."""
    for ask in (census.select, lambda names: census.row(FACTS, columns=names)):
        with pytest.raises(scorer.ColumnError, match="did you mean `probability`"):
            ask(["probabilty"])


@pytest.mark.parametrize("names", ["probability", b"x", 3, None, [3], [None]])
def test_columns_that_are_no_list_of_names_are_refused(census, names):
    """A selection is a list of names; one text is not taken letter by letter."""
    with pytest.raises((TypeError, scorer.ColumnError)) as caught:
        census.select(names)
    assert "column" in str(caught.value)


def test_a_label_whose_column_is_absent_is_skipped(census, people):
    """An indexer that only makes the label runs where its column is present, and is no input of the model."""
    assert "Salary" not in census.inputs.names
    assert "label" not in census.row(FACTS)
    assert census.row(FACTS | {"Salary": "<=50K"})["label"] == 0.0
    assert "label" in census.batch(people).column_names
    assert "label" not in census.batch(people.drop_columns(["Salary"])).column_names


def test_inputs_and_outputs_are_what_is_scored(case):
    """A table of the model's inputs gives the columns and types of its outputs, for every golden model.

    An output that a statement only passes on stands in the table already.
    """
    try:
        model = case.model
    except scorer.ColumnError:
        pytest.skip("the types of its columns are refused at load")
    table = case.input.slice(0, 20).select([n for n in model.inputs.names if n in case.input.column_names])
    if set(model.inputs.names) - set(table.column_names):
        pytest.skip("its label is absent")
    made, _ = model.try_batch(table)
    assert made.column_names == [
        *table.column_names,
        *(n for n in model.outputs.names if n not in table.column_names),
    ]
    for field in model.outputs:
        assert made.schema.field(field.name).type == field.type, field.name


# -- one number ----------------------------------------------------------------------------------------------------


def test_an_output_is_one_number(census, people):
    """`output` binds one slot to positions; a row and a batch give what `row` gives."""
    output = census.output("probability[1]")
    names = list(reversed(output.inputs.names))
    bound = output.bind(names)
    assert bound(*(FACTS[n] for n in names)) == census.row(FACTS)["probability"][1]
    numbers, causes = output.batch(people)
    assert numbers.dtype == np.float64
    assert causes == [None] * 1000
    assert numbers.tolist() == [p[1] for p in census.batch(people).column("probability").to_pylist()]
    assert (
        census.output("prediction").bind(names)(*(FACTS[n] for n in names)) == census.row(FACTS)["prediction"]
    )
    assert output.version == census.version


def test_an_output_is_bound_among_names_that_it_does_not_need(census):
    """A bound function takes all values by position and reads its own."""
    names = ["other", *FACTS, "more"]
    bound = census.output("probability[0]").bind(names)
    assert bound(object(), *FACTS.values(), None) == census.row(FACTS)["probability"][0]
    with pytest.raises(scorer.ColumnError, match="age"):
        census.output("probability[0]").bind([n for n in FACTS if n != "age"])


def test_an_output_knows_its_class(census, find):
    """The label of a slot is the class that it stands for, where the pipeline's indexer tells."""
    assert census.output("probability[0]").label == "<=50K"
    assert census.output("probability[1]").label == ">50K"
    assert census.output("prediction").label is None
    assert scorer.load(find("logistic-4.3").model_path).output("probability[1]").label is None


def test_an_output_tells_dropped_and_refused_rows(skipping, census):
    """A bound output is None for a dropped row and raises for a refused one; a batch gives NaN and the cause."""
    output = skipping.output("probability[1]")
    bound = output.bind(["town", "x", "y"])
    assert bound("nowhere", 1.0, 3) is None
    numbers, causes = output.batch(pa.table({"town": ["Oslo", "nowhere"], "x": [1.0, 1.0], "y": [3, 3]}))
    assert numbers[0] == bound("Oslo", 1.0, 3)
    assert np.isnan(numbers[1])
    assert causes == [None, "dropped"]
    with pytest.raises(scorer.RowError):
        census.output("probability[1]").bind(list(FACTS))(*(FACTS | {"race": None}).values())
    table = pa.Table.from_pylist([FACTS, FACTS | {"race": None}])
    numbers, causes = census.output("probability[1]").batch(table)
    assert causes[0] is None
    assert "race" in causes[1]
    assert np.isnan(numbers[1])


@pytest.mark.parametrize(
    "name",
    [
        "probability",
        "probability[2]",
        "probability[x]",
        "probability[-1]",
        "prediction[0]",
        "nothing",
        "",
        "[1]",
        "probability[1",
        "probability[1][0]",
        "probability[99999999]",
    ],
)
def test_what_is_no_number_is_refused(census, name):
    """An output that is a vector, a slot too far or no column at all is refused when it is asked for."""
    with pytest.raises(scorer.ColumnError):
        census.output(name)


# -- loading -------------------------------------------------------------------------------------------------------


def test_a_schema_settles_the_types(find):
    """With a schema, types are the schema's, in `inputs` and in what a row's value means."""
    path = find("string_indexer_double-4.3").model_path
    name = scorer.load(path).inputs.names[0]
    model = scorer.load(path, schema=pa.schema([(name, pa.float64())]))
    assert model.inputs.field(name).type == pa.float64()
    assert model.row({name: 1}) == model.row({name: 1.0})


def test_a_schema_that_does_not_fit_is_refused_at_load(find):
    """A schema that gives text where numbers are needed is refused with stage and column."""
    with pytest.raises(scorer.ColumnError, match="age"):
        scorer.load(find("census_lr-4.3").model_path, schema=pa.schema([("age", pa.string())]))


def test_a_column_is_cast_to_the_schema(find, people):
    """A table of another numeric type is cast to the schema; what cannot be cast is refused by name."""
    case = find("census_lr-4.3")
    model = scorer.load(case.model_path, schema=people.schema)
    wide = people.set_column(0, "age", people.column("age").cast(pa.float64()))
    assert model.batch(wide).select(MAIN).equals(model.batch(people).select(MAIN))
    with pytest.raises(scorer.ColumnError, match="age"):
        model.batch(people.set_column(0, "age", pa.array([39.5] * 1000)))


@pytest.mark.parametrize("schema", [{"age": "int"}, [("age", pa.int64())], "age", 3])
def test_a_schema_is_arrows(find, schema):
    """A schema that is none is a TypeError that says what is expected."""
    with pytest.raises(TypeError, match=r"pyarrow\.Schema"):
        scorer.load(find("census_lr-4.3").model_path, schema=schema)


@pytest.mark.parametrize("as_of", ["banana", "", "4", "x.y", ".5"])
def test_a_version_that_is_none_is_refused(find, as_of):
    """`as_of` is a Spark version with a minor number."""
    with pytest.raises(scorer.ScorerError, match="as_of"):
        scorer.load(find("census_lr-4.3").model_path, as_of=as_of)


@pytest.mark.parametrize("as_of", [3.5, 4, (3, 5)])
def test_a_version_is_text(find, as_of):
    """A version that is a number is a TypeError: 4.10 is not 4.1."""
    with pytest.raises(TypeError, match="as_of"):
        scorer.load(find("census_lr-4.3").model_path, as_of=as_of)


@pytest.mark.parametrize("path", [None, 3, [], object()])
def test_a_path_is_a_path(path):
    """A path that is none is a TypeError."""
    with pytest.raises(TypeError):
        scorer.load(path)


def test_a_path_may_be_text_bytes_a_path_or_a_uri(find, monkeypatch):
    """A model loads from a text, bytes, a Path, a relative path, and a file URI, as the same model."""
    path = find("pipeline_skip-4.3").model_path
    monkeypatch.chdir(path.parent)
    forms = (str(path), path, str(path) + "/", "model", Path("model"), f"file://{path}", str(path).encode())
    assert len({scorer.load(form).version for form in forms}) == 1


def fitted(model: Path) -> list[tuple[str, bytes]]:
    """Return the values of every table of a save."""
    found = sorted(model.rglob("*.parquet"))
    return [(str(p.parent.relative_to(model)), digest(pq.read_table(p))) for p in found]


def test_behaviour_follows_the_version_that_is_told(goldens, missing_classes, compare):
    """A save of one Spark version scored `as_of` another answers as that other version answered on the same rows."""
    by_name = {g.folder.name: g for g in goldens if not missing_classes(g.model_path)}
    told = 0
    for name, case in by_name.items():
        stem, _, version = name.rpartition("-")
        other = by_name.get(f"{stem}-4.3")
        if (
            version != "3.5"
            or other is None
            or case.facts["tolerance"] != "exact"
            or case.input.num_rows > 1000
        ):
            continue
        if not case.input.equals(other.input) or set(other.status) == {"error"}:
            continue
        if fitted(case.model_path) != fitted(other.model_path):
            continue  # what ties are broken by while fitting is another matter
        model = scorer.load(case.model_path, schema=case.input.schema, as_of="4.3")
        model = model.select(other.columns) if set(other.columns) <= set(model._plan.produced) else model
        made, status = model.try_batch(other.input)
        assert [s if s in ("ok", "dropped") else "error" for s in status.to_pylist()] == other.status, name
        kept = made.filter(pa.array([s == "ok" for s in other.status]))
        for column in other.columns:
            assert compare(other.expected.column(column), kept.column(column), 1e-12, 1.0) == [], (
                name,
                column,
            )
        told += case.status != other.status
    assert told


# -- version, threads ----------------------------------------------------------------------------------------------


def test_a_version_is_a_hash_of_what_decides(find, tmp_path):
    """The version does not depend on the place, names of part files, times or hidden files, and says its algorithm."""
    source = find("pipeline_skip-4.3").model_path
    version = scorer.load(source).version
    assert version.startswith("sha256:")
    assert len(version) == len("sha256:") + 64
    copy = Path(shutil.copytree(source, tmp_path / "elsewhere"))
    for number, path in enumerate(sorted(copy.rglob("part-*"), reverse=True)):
        if path.suffix == ".txt":
            path.write_text(json.dumps(json.loads(path.read_text()) | {"timestamp": number}, indent=None))
        path.rename(path.with_name(f"part-0000{number % 7}{path.suffix}"))
    (copy / "metadata" / "_SUCCESS").write_text("")
    assert scorer.load(copy).version == version


def test_any_content_changes_the_version(find, tmp_path):
    """A changed parameter, label or coefficient, in any stage, is another version."""
    source = find("pipeline_skip-4.3").model_path
    seen = {scorer.load(source).version}
    for number, part in enumerate(sorted(source.rglob("part-*"))):
        copy = Path(shutil.copytree(source, tmp_path / str(number)))
        path = copy / part.relative_to(source)
        if path.suffix == ".txt":
            meta = json.loads(path.read_text())
            path.write_text(json.dumps(meta | {"paramMap": {**meta["paramMap"], "added": 1}}))
        else:
            table = pq.read_table(path)
            pq.write_table(table.append_column("added", pa.array([1] * table.num_rows)), path)
        seen.add(scorer.load(copy).version)
    assert len(seen) == 1 + len(list(source.rglob("part-*")))


def test_a_nudged_coefficient_changes_the_version(find, tmp_path):
    """The last bit of one coefficient is another model."""
    source = find("pipeline_skip-4.3").model_path
    copy = Path(shutil.copytree(source, tmp_path / "model"))
    path = next((copy / "stages" / "6_LogisticRegression_000000000001" / "data").glob("part-*"))
    table = pq.read_table(path)
    row = table.to_pylist()[0]
    numbers = row["coefficientMatrix"]["values"]
    numbers[0] = float(np.nextafter(numbers[0], 9.0))
    pq.write_table(pa.Table.from_pylist([row], table.schema), path)
    assert scorer.load(copy).version != scorer.load(source).version


@pytest.mark.parametrize("name", ["census_lr-4.3", "census_gbt-4.3"])
def test_threads_get_the_same_answers(find, people, name):
    """Eight threads that share one model, rows and batches mixed, get what one thread gets."""
    model = scorer.load(find(name).model_path)
    rows, table = people.slice(0, 100).to_pylist(), people.slice(0, 300)
    expected = [model.row(facts) for facts in rows], model.batch(table)

    def work(number):
        fresh = model.select(["probability", "prediction"]) if number % 2 else model
        fresh.row(rows[0])
        return [model.row(facts) for facts in rows], model.batch(table)

    with ThreadPoolExecutor(8) as pool:
        for some, batch in pool.map(work, range(16)):
            assert some == expected[0]
            assert batch.equals(expected[1])


def test_a_model_shows_what_it_is(census):
    """The text of a model names its outputs."""
    assert "probability" in repr(census)
    assert "Model" in repr(census)


def test_an_infinite_score_leaves_what_its_version_leaves(find):
    """Beside an infinite score stand zeros as Spark 3.1.3 gave, and NaN as 3.2.4 and all later ones give."""
    case, row = find("pipeline_skip-4.3"), {"town": "Lima", "x": float("inf"), "y": 3}
    for version, others in (("2.4", 0.0), ("3.1", 0.0), ("3.2", float("nan")), ("4.3", float("nan"))):
        model = scorer.load(case.model_path, schema=case.input.schema, as_of=version).select(["probability"])
        whole = model.batch(pa.table({name: [value] for name, value in row.items()}))[
            "probability"
        ].to_pylist()
        for found in (model.row(row)["probability"], whole[0]):
            assert max(x for x in found if x == x) == 1.0
            assert [str(x) for x in found].count(str(others)) == 2
