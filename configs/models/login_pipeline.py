"""The Spark pipeline of the login bot detector, its training, and how well it is calibrated."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import Bucketizer, Imputer, OneHotEncoder, StringIndexer, VectorAssembler
from pyspark.ml.functions import vector_to_array
from pyspark.sql import DataFrame
from pyspark.sql.functions import col

CATEGORIES = ["ip_reputation", "country", "device_type", "browser", "os"]
SWITCHES = ["browser_mismatch", "new_device", "new_country"]
MAY_LACK = ["roundTrip", "browser_versions_behind", "hour"]
INF = float("inf")
COUNTS = [-INF, 1, 2, 3, 5, 8, 13, 21, INF]
STEPS: dict[str, list[float]] = {
    "failedLogins": [-INF, 1, 2, 3, 5, 8, 13, INF],
    "logins_ip_1h": COUNTS,
    "users_ip_1h": COUNTS,
    "roundTrip": [-INF, 25, 50, 100, 150, 200, 300, 500, INF],
    "browser_versions_behind": [-INF, 1, 2, 3, 4, 6, 10, INF],
    "hour": [-INF, 6, 9, 12, 15, 18, 21, INF],
}
"""Intervals [a, b) of each number, with one weight each: the effect need not be monotone or linear."""

BANDS = {"allow": 0.0, "challenge": 0.4, "sms": 0.6, "agent": 0.75, "block": 0.9}
"""Those of `login.yaml`, to report how often each is used."""


def train(rows: DataFrame) -> PipelineModel:
    """Fit the pipeline. A category with fewer than two values in `rows` tells nothing and is left out."""
    categories = [name for name in CATEGORIES if rows.select(name).na.drop().distinct().limit(2).count() == 2]
    return Pipeline(stages=stages(categories)).fit(rows)


def stages(categories: list[str]) -> list[object]:
    """Return the pipeline's stages, over the given categories and all numbers and switches.

    The label's indexer stays in: it tells a reader of the model that `probability[1]` means `bot`, and
    Spark skips it when the column `bot` is absent, as it is at scoring time.
    """
    filled = {name: f"{name}_filled" if name in MAY_LACK else name for name in STEPS}
    indexed = [f"{name}_index" for name in categories]
    steps = [f"{name}_step" for name in STEPS]
    slots = [f"{name}_slots" for name in [*categories, *STEPS]]
    return [
        StringIndexer(inputCol="bot", outputCol="label", stringOrderType="alphabetDesc"),  # human 0, bot 1
        StringIndexer(inputCols=categories, outputCols=indexed, handleInvalid="keep"),
        Imputer(inputCols=MAY_LACK, outputCols=[filled[name] for name in MAY_LACK], strategy="median"),
        Bucketizer(inputCols=list(filled.values()), outputCols=steps, splitsArray=list(STEPS.values())),
        OneHotEncoder(inputCols=[*indexed, *steps], outputCols=slots, dropLast=False, handleInvalid="keep"),
        VectorAssembler(inputCols=[*slots, *SWITCHES], outputCol="features", handleInvalid="keep"),
        LogisticRegression(maxIter=200, regParam=2e-4, tol=1e-8),
    ]


def probabilities(model: PipelineModel, rows: DataFrame) -> pa.Table:
    """Score `rows`; return `bot` (is it one) and `p` (the probability of it), as Spark computes them."""
    scored = model.transform(rows).select("bot", vector_to_array(col("probability"))[1].alias("p"))
    table = scored.toArrow()
    return pa.table({"bot": pc.equal(table["bot"], "bot"), "p": table["p"]})


def report(scored: pa.Table) -> str:
    """Return as text how often each band is used, and in each tenth the mean probability beside the truth."""
    p, bot = scored["p"].to_numpy(), scored["bot"].to_numpy().astype(bool)
    first = f"{len(p)} rows held back, {bot.mean():.2%} of them bots"
    return "\n".join([first, _errors(p, bot), "", *_bands(p, bot), "", *_reliability(p, bot), ""])


def _errors(p: np.ndarray, bot: np.ndarray) -> str:
    ranks = np.empty(len(p))
    ranks[np.argsort(p, kind="stable")] = np.arange(1, len(p) + 1)
    bots = int(bot.sum())
    area = (ranks[bot].sum() - bots * (bots + 1) / 2) / (bots * (len(p) - bots))
    return f"area under ROC {area:.4f}, Brier score {np.mean((p - bot) ** 2):.4f}"


def _bands(p: np.ndarray, bot: np.ndarray) -> list[str]:
    band = np.searchsorted(list(BANDS.values()), p, side="right") - 1
    lines = ["band             of all    bots in it   of people    of bots"]
    for i, name in enumerate(BANDS):
        inside = band == i
        share = bot[inside].mean() if inside.any() else float("nan")
        people, bots = inside[~bot].mean(), inside[bot].mean()
        lines.append(f"{name:12} {inside.mean():10.2%} {share:13.2%} {people:11.2%} {bots:10.2%}")
    return lines


def _reliability(p: np.ndarray, bot: np.ndarray) -> list[str]:
    lines = ["probability        rows   mean p   observed"]
    tenth = np.minimum((p * 10).astype(int), 9)
    for i in np.unique(tenth):
        inside = tenth == i
        interval = f"[{i / 10:.1f}, {(i + 1) / 10:.1f}{']' if i == 9 else ')'}"
        means = f"{p[inside].mean():8.4f} {bot[inside].mean():10.4f}"
        lines.append(f"{interval} {inside.sum():11d} {means}")
    return lines
