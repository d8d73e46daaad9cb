"""What a few bytes claim: sizes, counts and settings that nothing stored stands behind are refused at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from saves import ENCODER, LINEAR, SCALER, edit, edit_params, part, refused, rewrite

import scorer

GOLDEN = Path(__file__).parents[2] / "golden" / "spark"
WIDE = {"type": 0, "size": 60_000_000, "indices": [0], "values": [1.0]}
MATRIX = {
    "type": 0,
    "numRows": 1,
    "numCols": 60_000_000,
    "colPtrs": [0, 1],
    "rowIndices": [0],
    "values": [1.0],
    "isTransposed": True,
}


def copied(tmp_path, name):
    return Path(shutil.copytree(GOLDEN / name / "model", tmp_path / "model"))


@pytest.mark.parametrize(
    ("stage", "change"), [(SCALER, {"std": WIDE}), (LINEAR, {"coefficientMatrix": MATRIX})]
)
def test_zeros_that_are_only_claimed_are_counted(model, stage, change):
    """A sparse vector or matrix may be so much larger than what is stored of it, and no larger."""
    rewrite(model / "stages" / stage / "data", lambda rows: [rows[0] | change])
    refused(model, stage.partition("_")[2], "claims", "more than a model of its size may hold")


def test_categories_that_no_label_names_are_not_described(model):
    """An encoder of millions of categories is loaded without a name for each, and encodes as a small one does."""
    rewrite(model / "stages" / ENCODER / "data", lambda rows: [{"categorySizes": [1 << 22]}])
    loaded = scorer.load(model / "stages" / ENCODER)
    assert max(len(field.slots or ()) for field in loaded.plan.fields) < 100
    (step,) = loaded.plan.steps
    hot = step.stage.row()(1.0)
    assert (hot.size, list(hot.indices), list(hot.values)) == (
        loaded.plan.fields[step.outputs[0]].size,
        [1],
        [1.0],
    )


def test_metadata_of_countless_values_are_refused(model):
    """A list of lists takes two bytes in JSON and sixty in memory: so many are counted before one is made."""
    path = part(model / "metadata")
    text = path.read_text().strip()
    path.write_text(f'{text[:-1]},"x":[{"[]," * 5_000_000}0]}}')
    refused(model, "metadata", "more than 4,194,304 values")


@pytest.mark.parametrize(
    ("name", "param", "value", "words"),
    [
        ("hashing_tf_16-4.3", "numFeatures", 2**31 - 1, "numFeatures should be from 1"),
        ("hashing_tf_16-4.3", "numFeatures", 1e300, "numFeatures should be from 1"),
        ("feature_hasher-4.3", "numFeatures", -1, "numFeatures should be from 1"),
        ("vector_size_hint_error-4.3", "size", 2**40, "size should be from 0"),
        ("vector_size_hint_skip-4.3", "size", -1, "size should be from 0"),
        ("isotonic_vector-4.3", "featureIndex", -1, "featureIndex should be 0 or more"),
        ("projection_lsh-4.3", "bucketLength", 0, "bucketLength should be above 0"),
        ("projection_lsh-4.3", "bucketLength", "NaN", "bucketLength should be above 0"),
        ("logistic-4.3", "threshold", 2.0, "threshold should be from 0 to 1"),
        ("logistic-4.3", "threshold", "NaN", "threshold should be from 0 to 1"),
        ("logistic-4.3", "thresholds", [-1.0, 0.5], "thresholds should be 0 or more"),
        ("multinomial-4.3", "thresholds", [0.0, 0.0, 1.0], "at most one of them 0"),
        ("tree_classifier_alone-4.3", "thresholds", ["NaN", 1.0], "thresholds should be 0 or more"),
    ],
)
def test_settings_that_spark_itself_refuses_are_refused(tmp_path, name, param, value, words):
    """A parameter outside the range that Spark holds it to is refused, and named."""
    model = copied(tmp_path, name)
    stages = sorted(model.glob("stages/*")) or [model]
    (stage,) = [one for one in stages if f'"{param}"' in part(one / "metadata").read_text()][-1:] or stages
    edit_params(stage, **{param: value})
    refused(model, words)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("logistic-4.3", {"numClasses": 3}, "numClasses is 3"),
        ("logistic-4.3", {"numFeatures": 99}, "numFeatures is 99"),
        ("multinomial-4.3", {"numClasses": 2}, "numClasses is 2"),
        (
            "linear_svc-4.3",
            {"coefficients": {"type": 7, "size": 3, "indices": [], "values": []}},
            "type is 7",
        ),
    ],
)
def test_counts_that_are_not_those_of_the_values_are_refused(tmp_path, name, change, words):
    """A number of classes or features is that of the coefficients, and a vector is dense or sparse."""
    model = copied(tmp_path, name)
    rewrite(model / "data", lambda rows: [rows[0] | change])
    refused(model, words)


def test_classes_that_have_no_model_are_refused(tmp_path):
    """One against the rest holds a model for each class that it says it has."""
    model = copied(tmp_path, "deciding_rest_logistic_alone-4.3")
    edit(model, numClasses=99)
    refused(model, "numClasses as 99")


def test_trees_of_countless_features_are_refused(tmp_path):
    """A tree has as many features as a vector may have slots."""
    model = copied(tmp_path, "tree_classifier_alone-4.3")
    edit(model, numFeatures=2**31 - 1)
    refused(model, "numFeatures as 2147483647")


def test_a_slot_map_of_countless_slots_is_refused(tmp_path):
    """An indexer of vectors has as many slots as a vector may have."""
    model = copied(tmp_path, "vector_indexer_error-4.3")
    rewrite(model / "data", lambda rows: [rows[0] | {"numFeatures": 2**31 - 1}])
    refused(model, "numFeatures should be from 0")


def test_a_missing_column_or_folder_is_named(tmp_path):
    """What a save lacks is said in its own words, not in those of a library."""
    model = copied(tmp_path, "gbt_classifier_alone-4.3")
    shutil.rmtree(model / "treesMetadata")
    refused(model, "treesMetadata", "there is no such folder")
