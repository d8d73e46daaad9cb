"""A column is taken in whatever Arrow type it comes, or refused by its name before a row is scored."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import scorer

VECTORS = [[1.0, -2.0, 0.5], [0.0, 0.0, 0.0], [3.25, 0.5, -7.75]]
STRUCT = pa.struct(
    [
        ("type", pa.int8()),
        ("size", pa.int32()),
        ("indices", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
    ]
)
SPARSE = [
    {"type": 1, "size": None, "indices": None, "values": VECTORS[0]},
    {"type": 0, "size": 3, "indices": [], "values": []},
    {"type": 0, "size": 3, "indices": [0, 1, 2], "values": VECTORS[2]},
]
VECTOR_ARRAYS = {
    "list<float>": pa.array(VECTORS, pa.list_(pa.float32())),
    "large_list<double>": pa.array(VECTORS, pa.large_list(pa.float64())),
    "large_list<float>": pa.array(VECTORS, pa.large_list(pa.float32())),
    "fixed_size_list<double>": pa.array(VECTORS, pa.list_(pa.float64(), 3)),
    "fixed_size_list<float>": pa.array(VECTORS, pa.list_(pa.float32(), 3)),
    "Spark's struct": pa.array(SPARSE, STRUCT),
}
TOWNS = ["Oslo", "Rome", None]
TEXT_ARRAYS = {
    "large_string": pa.array(TOWNS, pa.large_string()),
    "string_view": pa.array(TOWNS, pa.string_view()),
    "dictionary": pa.array(TOWNS).dictionary_encode(),
    "dictionary of unsigned places": pa.DictionaryArray.from_arrays(
        pa.array([0, 1, None], pa.uint8()), pa.array(TOWNS[:2])
    ),
    "dictionary of large_string": pa.array(TOWNS, pa.large_string()).dictionary_encode(),
    "dictionary of string_view": pa.DictionaryArray.from_arrays(
        pa.array([0, 1, None], pa.int8()), pa.array(TOWNS[:2], pa.string_view())
    ),
}
NUMBERS = [
    pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
    pa.float32(), pa.float64(), pa.decimal128(30, 2),
]  # fmt: skip


@pytest.fixture(scope="module")
def saved(goldens):
    return {
        g.folder.name.removesuffix("-4.3"): g.model_path for g in goldens if g.folder.name.endswith("-4.3")
    }


def answers(path, table, schema):
    """Score a table in a batch and row by row; both must agree."""
    model = scorer.load(path, schema=schema)
    made, status = model.try_batch(table)
    for number, facts in enumerate(table.to_pylist()):
        if status[number].as_py() != "ok":
            with pytest.raises(scorer.RowError):
                model.row(facts)
            continue
        row = model.row(facts)
        assert {name: made.column(name)[number].as_py() for name in row} == row
    return made.select(model.outputs.names).to_pylist(), [s == "ok" for s in status.to_pylist()]


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("kind", VECTOR_ARRAYS)
@pytest.mark.parametrize("name", ["logistic", "standard_scaler_mean_std", "kmeans", "binarizer_vector_zero"])
def test_vectors_of_any_type_are_the_same_vectors(saved, name, kind, typed):
    """Lists of any kind and Spark's struct give the answers of `list<double>`, with a schema and without."""
    (column,) = scorer.load(saved[name]).inputs.names
    plain = pa.table({column: pa.array(VECTORS, pa.list_(pa.float64()))})
    table = pa.table({column: VECTOR_ARRAYS[kind]})
    expected = answers(saved[name], plain, plain.schema)
    assert answers(saved[name], table, table.schema if typed else None) == expected


@pytest.mark.parametrize("kind", TEXT_ARRAYS)
@pytest.mark.parametrize("name", ["string_indexer_keep", "tokenizer"])
def test_texts_of_any_type_are_the_same_texts(saved, name, kind):
    """Large texts, views and dictionaries give the answers of `string`."""
    (column,) = scorer.load(saved[name]).inputs.names
    plain, table = pa.table({column: pa.array(TOWNS)}), pa.table({column: TEXT_ARRAYS[kind]})
    expected = answers(saved[name], plain, plain.schema)
    assert answers(saved[name], table, table.schema) == expected


@pytest.mark.parametrize("kind", TEXT_ARRAYS)
def test_texts_of_any_type_are_the_same_texts_where_stages_are_fused(saved, kind):
    """A fused pipeline takes large texts, views and dictionaries, with a null among them, as `string`."""
    names = scorer.load(saved["census_lr_keep"]).inputs
    plain = {f.name: pa.array([1.0] * 3) if f.type == pa.float64() else TOWNS for f in names}
    texts = {f.name: TEXT_ARRAYS[kind] for f in names if f.type == pa.string()}
    table, other = pa.table(plain), pa.table({**plain, **texts})
    path = saved["census_lr_keep"]
    assert answers(path, other, other.schema) == answers(path, table, table.schema)


def test_a_table_without_rows_has_vectors_of_no_size(saved):
    """A scaler gives no rows for a table that has none, whatever it was fitted to."""
    (column,) = scorer.load(saved["min_max_scaler"]).inputs.names
    table = pa.table({column: pa.array([], pa.list_(pa.float64()))})
    assert scorer.load(saved["min_max_scaler"]).batch(table).num_rows == 0


@pytest.mark.parametrize("kind", NUMBERS, ids=str)
@pytest.mark.parametrize("name", ["bucketizer_open_keep", "index_to_string_labels"])
def test_numbers_of_any_type_are_the_same_numbers(saved, name, kind):
    """Whole numbers of every width, floats and decimals give the answers of their doubles."""
    (column,) = scorer.load(saved[name]).inputs.names
    numbers = pa.array([1, 0, None] if name != "index_to_string_labels" else [1, 0, 2])
    plain, table = pa.table({column: numbers.cast(pa.float64())}), pa.table({column: numbers.cast(kind)})
    assert answers(saved[name], table, table.schema) == answers(saved[name], plain, plain.schema)


@pytest.mark.parametrize("name", ["logistic", "standard_scaler_mean_std", "tree_classifier_alone", "idf"])
def test_a_column_of_nulls_alone_holds_null_vectors(saved, name):
    """A column of Arrow's null type is refused row by row, as a null vector is."""
    (column,) = scorer.load(saved[name]).inputs.names
    table = pa.table({column: pa.nulls(3)})
    assert answers(saved[name], table, table.schema)[1] == [False] * 3


def test_runs_are_read_as_their_values(saved):
    """A run-end encoded column gives what its values give."""
    path = saved["feature_hasher"]
    names = scorer.load(path).inputs.names
    plain = pa.table({name: pa.array([1, 1, 2]) for name in names})
    runs = pa.table({name: pc.run_end_encode(pa.array([1, 1, 2])) for name in names})
    model = scorer.load(path)
    made = [model.batch(table).select(model.outputs.names).to_pylist() for table in (plain, runs)]
    assert made[0] == made[1]


def runs(values):
    """The values twice over, in runs of two, as a slice that begins and ends inside a run."""
    ends = pa.array(range(2, 2 * len(values) + 1, 2), pa.int16())
    return pa.RunEndEncodedArray.from_arrays(ends, values).slice(1, 2 * len(values) - 2)


def twice(values):
    """The same without runs."""
    return values.take(pa.array(np.repeat(np.arange(len(values)), 2)[1:-1]))


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("kind", TEXT_ARRAYS)
@pytest.mark.parametrize("name", ["string_indexer_keep", "tokenizer"])
def test_runs_of_texts_are_the_same_texts(saved, name, kind, typed):
    """Runs of texts, views and dictionaries give the answers of their texts, whether they are declared or not."""
    (column,) = scorer.load(saved[name]).inputs.names
    plain, table = pa.table({column: twice(pa.array(TOWNS))}), pa.table({column: runs(TEXT_ARRAYS[kind])})
    expected = answers(saved[name], plain, plain.schema)
    assert answers(saved[name], table, table.schema if typed else None) == expected


@pytest.mark.parametrize("kind", [*VECTOR_ARRAYS.values(), *NUMBERS], ids=str)
def test_runs_of_numbers_and_vectors_are_their_values(saved, kind):
    """Declared runs of vectors and of numbers of every width give the answers of their values, declared."""
    vectors = isinstance(kind, pa.Array)
    path = saved["standard_scaler_mean_std" if vectors else "bucketizer_open_keep"]
    values = kind if vectors else pa.array([1, 0, None]).cast(kind)
    (column,) = scorer.load(path).inputs.names
    plain, table = pa.table({column: twice(values)}), pa.table({column: runs(values)})
    assert answers(path, table, table.schema) == answers(path, plain, plain.schema)
    assert scorer.load(path, schema=table.schema).inputs == scorer.load(path, schema=plain.schema).inputs


@pytest.mark.parametrize(
    "array",
    [
        pa.array([b"a"]),
        pa.array([[["a"]]]),
        pa.array([{"a": 1}]),
        pa.RunEndEncodedArray.from_arrays(pa.array([1], pa.int32()), pa.array([b"a"])),
    ],
    ids=str,
)
def test_what_fits_no_column_is_refused_by_name(saved, array):
    """A type that a column cannot have is a ColumnError, at load and in a batch."""
    table = pa.table({"town": array})
    with pytest.raises(scorer.ColumnError, match="town"):
        scorer.load(saved["string_indexer_keep"], schema=table.schema)
    with pytest.raises(scorer.ColumnError, match="town"):
        scorer.load(saved["string_indexer_keep"]).batch(table)


@pytest.mark.parametrize("value", ["1", b"1", [1.0], {"a": 1}, True, np.bool_(1), object()], ids=repr)
def test_what_is_no_number_is_not_imputed(saved, value):
    """The imputer passes no value on that is not a number."""
    with pytest.raises(scorer.RowError):
        scorer.load(saved["imputer_mean"]).row({"x": value, "y": 1.0})


def test_the_columns_of_a_batch_stand_as_in_spark(saved):
    """A label that is there is indexed, and its column stands where its stage does."""
    model = scorer.load(saved["pipeline_labels_back"])
    facts = {"town": ["Oslo"], "x": [1.0], "y": [3], "label": ["a"]}
    assert model.batch(pa.table(facts)).column_names[4:] == ["li", *model.outputs.names]


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("name", ["imputer_mean", "imputer_median", "imputer_mode"])
def test_numbers_in_a_dictionary_are_the_same_numbers(saved, goldens, name, typed):
    """A null or NaN is filled with the surrogate of the numbers' own type, though they come in a dictionary."""
    plain = next(g for g in goldens if g.folder.name == f"{name}-4.3").input.select(
        scorer.load(saved[name]).inputs.names
    )
    coded = pa.table({n: plain.column(n).combine_chunks().dictionary_encode() for n in plain.column_names})
    expected = answers(saved[name], plain, plain.schema if typed else None)
    found = answers(saved[name], coded, coded.schema if typed else None)
    np.testing.assert_equal(found, expected)


@pytest.mark.parametrize("text", ["3.²", "³.5", "3.x", "3"])
def test_a_version_of_other_digits_is_refused(saved, text):
    """`as_of` that is no version of Spark is refused with what is expected."""
    with pytest.raises(scorer.ScorerError, match=r"expected major and minor, such as 3\.5"):
        scorer.load(saved["kmeans"], as_of=text)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("bucketizer_keep", True),
        ("bucketizer_keep", False),
        ("bucketizer_float", True),
        ("bucketizer_float", False),
        ("binarizer", False),  # declared, Spark takes doubles only
    ],
)
def test_a_decimal_or_a_long_is_compared_as_the_double_it_is_cast_to(saved, name, typed):
    """A value that equals a split only as a double falls where the double falls, in a row as in a batch."""
    model = scorer.load(saved[name])
    (column,) = model.inputs.names
    splits = {s for one in model._selection.steps for s in getattr(one.stage, "splits", (0.1, 0.5))}
    near = [s for s in splits if abs(s) < 1e6]
    for values in (
        pa.array([Decimal(str(s)) for s in near], pa.decimal128(30, 15)),
        pa.array([int(s) for s in near], pa.int64()),
    ):
        table = pa.table({column: values})
        plain = pa.table({column: values.cast(pa.float64())})
        assert answers(saved[name], table, table.schema if typed else None) == answers(
            saved[name], plain, None
        )


@pytest.mark.parametrize("chosen", [[0, 1, 2], [0, 2], [1, 1], [2, 1]])
@pytest.mark.parametrize("name", ["vector_slicer_short", "variance_selector_short"])
def test_a_short_vector_is_refused_if_it_is_dense_whatever_stands_beside_it(saved, name, chosen):
    """A sparse vector that is too short has zeros, a dense one is refused, in one column of both as alone."""
    short = [
        {"type": 0, "size": 2, "indices": [1], "values": [5.0]},
        {"type": 1, "size": None, "indices": None, "values": [1.0, 2.0]},
        {"type": 0, "size": 2, "indices": [], "values": []},
    ]
    (column,) = scorer.load(saved[name]).inputs.names
    table = pa.table({column: pa.array([short[i] for i in chosen], STRUCT)})
    assert answers(saved[name], table, None)[1] == [i != 1 for i in chosen]
