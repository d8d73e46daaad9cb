"""How exact each Spark class is here: the table of `scorer/README.md` as data, held equal by a test.

A class that is not named below is bit-equal to Spark.
"""

from __future__ import annotations

EQUAL, SUMMED = 0.0, 1e-12  # the largest relative difference

_ML = "org.apache.spark.ml."
SUMS = frozenset(
    f"{_ML}{name}"
    for name in (
        "classification.FMClassificationModel",
        "classification.GBTClassificationModel",
        "classification.LinearSVCModel",
        "classification.LogisticRegressionModel",
        "classification.MultilayerPerceptronClassificationModel",
        "classification.NaiveBayesModel",
        "classification.OneVsRestModel",
        "clustering.GaussianMixtureModel",
        "clustering.LocalLDAModel",
        "feature.BucketedRandomProjectionLSHModel",
        "feature.Normalizer",
        "feature.PCAModel",
        "feature.RFormulaModel",
        "feature.SQLTransformer",
        "feature.TargetEncoderModel",
        "feature.Word2VecModel",
        "regression.AFTSurvivalRegressionModel",
        "regression.FMRegressionModel",
        "regression.GBTRegressionModel",
        "regression.GeneralizedLinearRegressionModel",
        "regression.IsotonicRegressionModel",
        "regression.LinearRegressionModel",
    )
)
UNORDERED = frozenset({f"{_ML}fpm.FPGrowthModel"})  # its lists are sets: Spark's order means nothing


# Spark starts from a random draw each time it loads the model; its own answers differ by as much.
RANDOM = {f"{_ML}clustering.DistributedLDAModel": 5e-3}


def tolerance(spark: str) -> float:
    """Return how far the answers of a class may be from Spark's, relative to the larger of both, or to 1."""
    return RANDOM.get(spark, SUMMED if spark in SUMS else EQUAL)
