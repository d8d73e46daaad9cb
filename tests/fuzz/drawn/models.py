"""A maker for each estimator that predicts, groups or recommends."""

from __future__ import annotations

from typing import Any

from draw import Draw
from features import FEATURES, Maker
from pyspark.ml import Pipeline
from pyspark.ml import classification as cl
from pyspark.ml import clustering as gr
from pyspark.ml import evaluation as ev
from pyspark.ml import fpm
from pyspark.ml import recommendation as rec
from pyspark.ml import regression as rg
from pyspark.ml import tuning as tn

MODELS: dict[str, Maker] = {}


def maker(function: Maker) -> Maker:
    """Register a maker under its name."""
    MODELS[function.__name__] = function
    return function


def _fresh(d: Draw) -> int:
    d.count += 1
    return d.count


def _predicting(d: Draw, **more: Any) -> dict[str, Any]:
    """Name the columns of features and prediction."""
    out = {"featuresCol": d.column("vector"), "predictionCol": f"p{_fresh(d)}", **more}
    d.made["number"].append(out["predictionCol"])
    if d.likely(0.2):
        out["weightCol"] = "wt"
    return out


def _classes(d: Draw, classes: int, *, thresholds: bool = True) -> dict[str, Any]:
    """Name the columns of a classifier, some of them empty, and draw thresholds."""
    number = _fresh(d)
    out = _predicting(
        d, labelCol={2: d.pick("l2", "l2", "l2", "l2", "one", "zero"), 3: "l3"}.get(classes, "l5")
    )
    out["rawPredictionCol"] = "" if d.likely(0.2) else f"raw{number}"
    out["probabilityCol"] = "" if d.likely(0.2) else f"prob{number}"
    if d.likely(0.1) and (out["rawPredictionCol"] or out["probabilityCol"]):
        out["predictionCol"] = ""
        d.made["number"].pop()
    d.made["vector"] += [name for name in (out["rawPredictionCol"], out["probabilityCol"]) if name]
    if thresholds and d.likely(0.3):
        out["thresholds"] = [d.pick(0.1, 0.5, 1.0, 0.9) for _ in range(classes - 1)] + [d.pick(0.0, 0.5, 0.3)]
    return out


def _made(estimator: type, **params: Any) -> Any:
    """Set all parameters of an estimator, also those that its constructor does not know, such as thresholds."""
    return estimator()._set(**params)


@maker
def logistic(d: Draw) -> Any:
    binary = d.likely(0.6)
    columns = _classes(d, 2 if binary else d.pick(3, 3, 5), thresholds=not binary)
    more = d.some(
        family=["auto", "multinomial"],
        regParam=[0.0, 0.1, 1.0],
        elasticNetParam=[0.0, 0.5, 1.0],
        fitIntercept=[True, False],
        standardization=[False],
    )
    if binary:
        more |= d.pick(
            {},
            {"threshold": d.pick(0.0, 0.2, 0.8, 1.0)},
            {"thresholds": [0.3, 0.6]},
            {"thresholds": [0.0, 0.6]},
        )
    return cl.LogisticRegression(maxIter=4, **columns, **more)


@maker
def svc(d: Draw) -> Any:
    columns = _classes(d, 2, thresholds=False)
    del columns["probabilityCol"]
    more = d.some(threshold=[0.0, 0.5, -1.0, 1e300], regParam=[0.0, 0.1], fitIntercept=[True, False])
    return cl.LinearSVC(maxIter=3, **columns, **more)


@maker
def bayes(d: Draw) -> Any:
    kind = d.pick("multinomial", "complement", "bernoulli", "gaussian")
    features = d.pick("z" if kind == "bernoulli" else "u", d.column("vector"))
    columns = _classes(d, d.pick(2, 3))
    columns["featuresCol"] = features
    return cl.NaiveBayes(modelType=kind, **columns, **d.some(smoothing=[0.0, 0.5, 1.0]))


@maker
def perceptron(d: Draw) -> Any:
    features = d.pick(("v", 3), ("u", 4), ("z", 3))
    columns = _classes(d, 3)
    columns.pop("weightCol", None)
    columns["featuresCol"] = features[0]
    layers = [features[1], *d.pick([], [2], [3, 2]), 3]
    return _made(cl.MultilayerPerceptronClassifier, layers=layers, seed=3, maxIter=4, **columns)


@maker
def factorization_classifier(d: Draw) -> Any:
    columns = _classes(d, 2)
    columns.pop("weightCol", None)
    more = d.some(fitIntercept=[True, False], fitLinear=[True, False])
    return cl.FMClassifier(maxIter=2, seed=3, factorSize=2, **columns, **more)


def _tree(d: Draw) -> dict[str, Any]:
    number = _fresh(d)
    more = d.some(maxDepth=[0, 1, 2, 4], maxBins=[8, 32], minInstancesPerNode=[1, 3])
    return {"seed": 3, **more, **({"leafCol": f"leaf{number}"} if d.likely(0.4) else {})}


@maker
def tree_classifier(d: Draw) -> Any:
    return _made(cl.DecisionTreeClassifier, **_classes(d, d.pick(2, 3)), **_tree(d))


@maker
def forest_classifier(d: Draw) -> Any:
    more = d.some(
        subsamplingRate=[0.5, 1.0],
        featureSubsetStrategy=["all", "sqrt", "onethird"],
        impurity=["gini", "entropy"],
        bootstrap=[False],
    )
    return _made(
        cl.RandomForestClassifier, numTrees=d.pick(1, 3), **_classes(d, d.pick(2, 3)), **_tree(d), **more
    )


@maker
def boosted_classifier(d: Draw) -> Any:
    more = d.some(stepSize=[0.3, 1.0], subsamplingRate=[0.7])
    return _made(cl.GBTClassifier, maxIter=d.pick(1, 2, 5), **_classes(d, 2), **_tree(d), **more)


@maker
def one_vs_rest(d: Draw) -> Any:
    columns = _classes(d, 3, thresholds=False)
    for name in ("probabilityCol", "weightCol"):
        columns.pop(name, None)
    if not columns["predictionCol"]:
        columns["predictionCol"] = f"p{_fresh(d)}"
    inner = d.pick(
        lambda: cl.LogisticRegression(maxIter=2),
        lambda: cl.LinearSVC(maxIter=2),
        lambda: cl.DecisionTreeClassifier(maxDepth=2),
        lambda: cl.NaiveBayes(modelType="gaussian"),
        lambda: cl.RandomForestClassifier(numTrees=2, maxDepth=2, seed=1),
        lambda: cl.GBTClassifier(maxIter=1, maxDepth=1, seed=1),
        lambda: cl.FMClassifier(maxIter=1, factorSize=1, seed=1),
        lambda: cl.MultilayerPerceptronClassifier(layers=[3, 2], maxIter=1, seed=1),
        lambda: _made(cl.LogisticRegression, maxIter=2, threshold=0.3, probabilityCol="inner"),
        lambda: _made(
            cl.LogisticRegression, maxIter=2, family="multinomial", elasticNetParam=1.0, regParam=0.2
        ),
        lambda: _made(cl.DecisionTreeClassifier, maxDepth=2, leafCol="inner", thresholds=[0.9, 0.1]),
    )
    return cl.OneVsRest(classifier=inner(), **columns)


# -- regression ----------------------------------------------------------------------------------------------------


@maker
def linear(d: Draw) -> Any:
    more = d.some(
        regParam=[0.0, 0.1, 1.0],
        elasticNetParam=[0.0, 1.0],
        fitIntercept=[True, False],
        solver=["normal", "l-bfgs"],
    )
    if d.likely(0.2):
        more = {"loss": "huber", "epsilon": d.pick(1.1, 2.0)}
    return rg.LinearRegression(maxIter=4, **_predicting(d, labelCol="ly"), **more)


LINKS = {
    "gaussian": ["identity", "log", "inverse"],
    "binomial": ["logit", "probit", "cloglog"],
    "poisson": ["log", "identity", "sqrt"],
    "gamma": ["inverse", "identity", "log"],
}


@maker
def generalized(d: Draw) -> Any:
    family = d.pick(*LINKS, "tweedie", "tweedie")
    label = {"gaussian": "ly", "binomial": "l2", "poisson": "lp", "gamma": "lu"}.get(family, "lu")
    columns = _predicting(d, labelCol=label, family=family)
    if family == "tweedie":
        columns |= {"variancePower": d.pick(0.0, 1.0, 1.5, 2.0, 3.0)}
        columns |= d.some(linkPower=[0.0, 1.0, -1.0, 0.5, 2.0])
    elif d.likely(0.6):
        columns["link"] = d.pick(*LINKS[family])
    if d.likely(0.3):
        columns["offsetCol"] = "off"
    if d.likely(0.4):
        columns["linkPredictionCol"] = f"link{_fresh(d)}"
    more = d.some(fitIntercept=[True, False], regParam=[0.0, 0.5])
    return rg.GeneralizedLinearRegression(maxIter=3, **columns, **more)


@maker
def survival(d: Draw) -> Any:
    columns = _predicting(d, labelCol="lu", censorCol="cen")
    columns.pop("weightCol", None)
    if d.likely(0.5):
        columns["quantilesCol"] = f"quant{_fresh(d)}"
        columns |= d.some(quantileProbabilities=[[0.5], [0.01, 0.99], [0.1, 0.5, 0.9]])
    return rg.AFTSurvivalRegression(maxIter=3, **columns, **d.some(fitIntercept=[True, False]))


@maker
def isotonic(d: Draw) -> Any:
    number = d.column("number") if d.likely(0.5) else None
    columns = _predicting(d, labelCol="ly")
    columns["featuresCol"] = number or columns["featuresCol"]
    return rg.IsotonicRegression(**columns, **d.some(isotonic=[True, False], featureIndex=[0, 1, 2]))


@maker
def factorization_regressor(d: Draw) -> Any:
    columns = _predicting(d, labelCol="ly")
    columns.pop("weightCol", None)
    more = d.some(fitIntercept=[True, False], fitLinear=[True, False])
    return rg.FMRegressor(maxIter=2, seed=3, factorSize=2, **columns, **more)


@maker
def tree_regressor(d: Draw) -> Any:
    more = {"varianceCol": f"var{_fresh(d)}"} if d.likely(0.4) else {}
    return rg.DecisionTreeRegressor(**_predicting(d, labelCol="ly"), **_tree(d), **more)


@maker
def forest_regressor(d: Draw) -> Any:
    return rg.RandomForestRegressor(numTrees=d.pick(1, 3), **_predicting(d, labelCol="ly"), **_tree(d))


@maker
def boosted_regressor(d: Draw) -> Any:
    more = d.some(lossType=["squared", "absolute"], stepSize=[0.3, 1.0])
    return rg.GBTRegressor(maxIter=d.pick(1, 2, 5), **_predicting(d, labelCol="ly"), **_tree(d), **more)


# -- groups, rankings ----------------------------------------------------------------------------------------------


def _groups(d: Draw, **more: Any) -> dict[str, Any]:
    out = {
        "featuresCol": d.column("vector"),
        "predictionCol": f"p{_fresh(d)}",
        "seed": 3,
        **more,
    }
    d.made["index"].append(out["predictionCol"])
    if d.likely(0.15):
        out["featuresCol"] = d.pick("ad", "af")
    return out


@maker
def k_means(d: Draw) -> Any:
    more = d.some(distanceMeasure=["euclidean", "cosine"], initMode=["random", "k-means||"])
    return gr.KMeans(k=d.pick(2, 2, 3), maxIter=2, **_groups(d), **more)


@maker
def bisecting(d: Draw) -> Any:
    more = d.some(distanceMeasure=["euclidean", "cosine"], minDivisibleClusterSize=[1.0, 5.0])
    return gr.BisectingKMeans(k=d.pick(2, 3, 4), maxIter=2, **_groups(d), **more)


@maker
def mixture(d: Draw) -> Any:
    probability = f"prob{_fresh(d)}" if d.likely(0.8) else ""
    return gr.GaussianMixture(k=d.pick(2, 3), maxIter=2, probabilityCol=probability, **_groups(d))


@maker
def topics(d: Draw) -> Any:
    more = d.some(docConcentration=[[0.5], [1.5]], topicConcentration=[1.2])
    kind = d.pick("online", "em")
    if kind == "em" and "docConcentration" in more:
        more = {"docConcentration": [1.5], "topicConcentration": 1.2}
    made = {
        "topicDistributionCol": f"topics{_fresh(d)}",
        "featuresCol": "u" if d.likely(0.7) else d.column("vector"),
    }
    return gr.LDA(k=d.pick(2, 3), maxIter=2, seed=3, optimizer=kind, **made, **more)


@maker
def als(d: Draw) -> Any:
    more = d.some(
        coldStartStrategy=["nan", "drop"], implicitPrefs=[True, False], nonnegative=[True, False], rank=[1, 3]
    )
    users, items = d.pick("user", "user", "ci", "k", "c", "b"), d.pick("item", "item", "n", "h")
    made = rec.ALS(userCol=users, itemCol=items, ratingCol="rating", maxIter=2, seed=3, **more)
    return made.setPredictionCol(f"p{_fresh(d)}")


@maker
def patterns(d: Draw) -> Any:
    more = d.some(minSupport=[0.1, 0.5], minConfidence=[0.1, 0.8])
    return fpm.FPGrowth(itemsCol=d.pick("sets", "si"), predictionCol=f"p{_fresh(d)}", **more)


@maker
def tuned(d: Draw) -> Any:
    estimator, evaluator = d.pick(
        lambda: (
            rg.LinearRegression(maxIter=1, **_predicting(d, labelCol="ly")),
            ev.RegressionEvaluator(labelCol="ly"),
        ),
        lambda: (
            rg.DecisionTreeRegressor(maxDepth=1, **_predicting(d, labelCol="ly")),
            ev.RegressionEvaluator(labelCol="ly"),
        ),
        lambda: (
            cl.LogisticRegression(maxIter=1, **_classes(d, 2)),
            ev.MulticlassClassificationEvaluator(labelCol="l2"),
        ),
        lambda: (
            cl.OneVsRest(
                classifier=cl.LinearSVC(maxIter=1),
                labelCol="l3",
                featuresCol="z",
                predictionCol=f"p{_fresh(d)}",
                rawPredictionCol=f"raw{d.count}",
            ),
            ev.MulticlassClassificationEvaluator(labelCol="l3"),
        ),
    )()
    evaluator = evaluator.setPredictionCol(estimator.getPredictionCol() or "none")
    if d.likely(0.4):
        estimator = Pipeline(stages=[*([FEATURES["max_abs_scaler"](d)] if d.likely(0.5) else []), estimator])
    made = {"estimator": estimator, "evaluator": evaluator, "estimatorParamMaps": [{}], "seed": 3}
    return d.pick(
        lambda: tn.CrossValidator(numFolds=2, **made), lambda: tn.TrainValidationSplit(trainRatio=0.5, **made)
    )()
