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
        "feature.BucketedRandomProjectionLSHModel",
        "feature.Normalizer",
        "feature.PCAModel",
        "feature.RFormulaModel",
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


RANDOM = dict.fromkeys(  # Spark starts each row from a random draw; its own draws differ by as much
    (f"{_ML}clustering.LocalLDAModel", f"{_ML}clustering.DistributedLDAModel"), 5e-3
)


def tolerance(spark: str) -> float:
    """Return how far the answers of a class may be from Spark's, relative to the larger of both, or to 1."""
    return RANDOM.get(spark, SUMMED if spark in SUMS else EQUAL)
