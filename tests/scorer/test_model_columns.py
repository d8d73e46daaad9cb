"""The public contract of a model: which columns are made, and one number of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from census_facts import FACTS

import scorer


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


@pytest.mark.parametrize("name", ["stop_words-4.3", "ngram_2-4.3", "count_vectorizer-4.3", "word2vec-4.3"])
def test_lists_of_numbers_are_no_words(goldens, name):
    """A stage that takes lists of texts refuses a column of lists of numbers when the model is loaded, as Spark does."""
    (case,) = [case for case in goldens if case.folder.name == name]
    (words,) = case.model.inputs.names
    with pytest.raises(scorer.ColumnError, match="lists of texts are needed"):
        scorer.load(case.model_path, schema=pa.schema([(words, pa.list_(pa.int32()))]))
    texts = pa.list_(pa.dictionary(pa.int32(), pa.string()))
    assert scorer.load(case.model_path, schema=pa.schema([(words, texts)])).inputs.names == [words]


@pytest.mark.parametrize("kind", [pa.float32(), pa.bool_(), pa.int64(), pa.decimal128(10, 2)], ids=str)
def test_isotonic_regression_takes_doubles_and_vectors_only(goldens, kind):
    """A column that is known to hold other numbers is refused when the model is loaded, as in Spark."""
    (case,) = [case for case in goldens if case.folder.name == "isotonic-4.3"]
    with pytest.raises(scorer.ColumnError, match="where Spark takes doubles or vectors"):
        scorer.load(case.model_path, schema=pa.schema([("features", kind)]))


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
