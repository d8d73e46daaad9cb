"""A maker for each transformer of features: it draws the parameters, and the columns that are there."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from draw import Draw
from pyspark.ml import Pipeline
from pyspark.ml import feature as ft
from pyspark.ml.linalg import Vectors

INF = math.inf
Maker = Callable[[Draw], Any]
FEATURES: dict[str, Maker] = {}
MODES = ["error", "skip", "keep"]


def maker(function: Maker) -> Maker:
    """Register a maker under its name."""
    FEATURES[function.__name__] = function
    return function


def _each(d: Draw, many: int, one: str, several: str, values: Callable[[], Any]) -> dict[str, Any]:
    """Give a parameter of one column, or of each of many; sometimes one value for all."""
    if not many:
        return {one: values()} if d.likely(0.8) else {}
    return {several: [values() for _ in range(many)]} if d.likely(0.7) else {one: values()}


# -- text ----------------------------------------------------------------------------------------------------------


@maker
def tokenizer(d: Draw) -> Any:
    return ft.Tokenizer(inputCol=d.column("text"), outputCol=d.name("tokens"))


@maker
def regex_tokenizer(d: Draw) -> Any:
    more = d.some(
        pattern=["\\s+", "\\W", "[a-z]+", "\\w+", "(?<=a)", "", "[,. ]", "\\p{L}+", "a|b", "\\b"],
        gaps=[True, False],
        toLowercase=[True, False],
        minTokenLength=[0, 1, 2, 3],
    )
    return ft.RegexTokenizer(inputCol=d.column("text"), outputCol=d.name("tokens"), **more)


@maker
def stop_words(d: Draw) -> Any:
    more = d.some(
        stopWords=[["the"], ["The", "CAT"], [], ["ß", "i"]],
        caseSensitive=[True, False],
        locale=["en_US", "tr"],
    )
    return ft.StopWordsRemover(**d.one_or_many("tokens", "tokens")[0], **more)


@maker
def ngram(d: Draw) -> Any:
    return ft.NGram(inputCol=d.column("tokens"), outputCol=d.name("tokens"), **d.some(n=[1, 2, 3]))


@maker
def count_vectorizer(d: Draw) -> Any:
    more = d.some(
        minTF=[1.0, 2.0, 0.3, 0.0], minDF=[1.0, 2.0, 0.1], maxDF=[0.9, 10.0], vocabSize=[2, 10], binary=[True]
    )
    return ft.CountVectorizer(inputCol=d.column("tokens"), outputCol=d.name("vector"), **more)


@maker
def hashing_tf(d: Draw) -> Any:
    more = d.some(numFeatures=[1, 5, 64, 1000], binary=[True, False])
    source = "e" if d.likely(0.2) else d.column("tokens")
    return ft.HashingTF(inputCol=source, outputCol=d.name("vector"), **{"numFeatures": 32, **more})


@maker
def idf(d: Draw) -> Any:
    return ft.IDF(inputCol=d.column("vector"), outputCol=d.name("vector"), **d.some(minDocFreq=[0, 1, 3, 30]))


@maker
def word2vec(d: Draw) -> Any:
    more = d.some(windowSize=[1, 3], maxSentenceLength=[3, 100])
    return ft.Word2Vec(
        inputCol=d.column("tokens"), outputCol=d.name("vector"), vectorSize=d.pick(1, 3), minCount=d.pick(0, 1), seed=7, maxIter=1, **more
    )  # fmt: skip


# -- numbers -------------------------------------------------------------------------------------------------------


@maker
def binarizer(d: Draw) -> Any:
    if d.likely(0.3):
        threshold = d.pick(0.0, -0.5, 1.0, -0.0, INF)
        return ft.Binarizer(inputCol=d.column("vector"), outputCol=d.name("vector"), threshold=threshold)
    columns, many = d.one_or_many("number", "number", "number", "vector")
    more = _each(d, many, "threshold", "thresholds", lambda: d.pick(0.0, -0.0, 1.0, -3.5, 1e300))
    return ft.Binarizer(**columns, **more)


def _splits(d: Draw) -> list[float]:
    inner = sorted({d.pick(-2.0, -0.5, 0.0, 0.5, 1.0, 2.5, 7.0) for _ in range(d.chance.randint(1, 4))})
    low, high = d.pick(-INF, -INF, -5.0), d.pick(INF, INF, 9.0)
    return [low, *inner, high]


@maker
def bucketizer(d: Draw) -> Any:
    columns, many = d.one_or_many("index", "number")
    more = {"splitsArray": [_splits(d) for _ in range(many)]} if many else {"splits": _splits(d)}
    return ft.Bucketizer(**columns, **more, **d.some(handleInvalid=MODES))


@maker
def quantiles(d: Draw) -> Any:
    columns, many = d.one_or_many("index", "number")
    more = _each(d, many, "numBuckets", "numBucketsArray", lambda: d.pick(2, 3, 5))
    return ft.QuantileDiscretizer(**columns, **more, **d.some(handleInvalid=MODES))


@maker
def imputer(d: Draw) -> Any:
    columns, _ = d.one_or_many("number", "number")
    columns = (
        {name: "w" if c == "y" else c for name, c in columns.items()} if "inputCol" in columns else columns
    )
    if "inputCols" in columns and d.likely(0.25):
        d.made["number"] = [name for name in d.made["number"] if name not in columns["outputCols"]]
        columns["outputCols"] = columns["inputCols"]
    more = d.some(strategy=["mean", "median", "mode"], missingValue=[math.nan, 0.0, 1.0, -1.0, 2.0])
    return ft.Imputer(**columns, **more)


@maker
def string_indexer(d: Draw) -> Any:
    columns, _ = d.one_or_many("index", "text", "text", "number", "index")
    order = ["frequencyDesc", "frequencyAsc", "alphabetDesc", "alphabetAsc"]
    return ft.StringIndexer(**columns, **d.some(handleInvalid=MODES, stringOrderType=order))


@maker
def index_to_string(d: Draw) -> Any:
    column, labels = d.column("index", "index", "number"), [["p", "q", "r", "s", "t"], ["only"]]
    more = d.some(labels=labels) if column in d.made["index"] else {"labels": d.pick(*labels)}
    return ft.IndexToString(inputCol=column, outputCol=d.name("text"), **more)


@maker
def one_hot(d: Draw) -> Any:
    columns, _ = d.one_or_many("vector", "index")
    return ft.OneHotEncoder(**columns, **d.some(dropLast=[True, False], handleInvalid=["error", "keep"]))


@maker
def feature_hasher(d: Draw) -> Any:
    columns = d.columns("number", "text", "flag", "number", most=4)
    more = d.some(numFeatures=[1, 8, 64, 1000], categoricalCols=[columns[:1], columns[1:], columns])
    return ft.FeatureHasher(inputCols=columns, outputCol=d.name("vector"), **{"numFeatures": 32, **more})


def target_encoder(d: Draw) -> Any:
    columns, _ = d.one_or_many("number", "index")
    kind = d.pick("binary", "continuous")
    more = d.some(handleInvalid=["error", "keep"], smoothing=[0.0, 0.5, 10.0])
    return ft.TargetEncoder(**columns, labelCol="l2" if kind == "binary" else "ly", targetType=kind, **more)


if hasattr(ft, "TargetEncoder"):  # since Spark 4.0
    maker(target_encoder)


@maker
def r_formula(d: Draw) -> Any:
    terms = d.pick(
        "x + s",
        "x:s",
        "s + t",
        ".",
        "x + n + x:s",
        "s:t",
        "x - 1",
        "c + v",
        "v:s + x",
        "k + f",
        "f:s + m",
        "s:t:c",
        "n + x + n:x - n",
        "m + y + b",
        "v + u",
        "a1 + x".replace("a1", d.column("index")),
        f"{d.column('vector')} + s",
        "x^2" if d.likely(0.1) else "y",
    )
    terms = "x + s + n - s" if terms == "." else terms
    more = d.some(
        handleInvalid=MODES,
        forceIndexLabel=[True, False],
        stringIndexerOrderType=["alphabetDesc", "frequencyAsc"],
    )
    features, label = d.name("vector"), f"lab{d.count}"
    return ft.RFormula(
        formula=f"{d.pick('l2', 'ly', 'ls')} ~ {terms}", featuresCol=features, labelCol=label, **more
    )


# -- vectors -------------------------------------------------------------------------------------------------------


@maker
def assembler(d: Draw) -> Any:
    columns = d.columns("number", "vector", "number", "flag", "index", most=5)
    return ft.VectorAssembler(inputCols=columns, outputCol=d.name("vector"), **d.some(handleInvalid=MODES))


@maker
def size_hint(d: Draw) -> Any:
    more = d.some(handleInvalid=["error", "skip", "optimistic"])
    column = d.pick("v", "u", "z", d.column("vector"))
    return ft.VectorSizeHint(inputCol=column, size=d.pick(3, 3, 4), **more)


@maker
def slicer(d: Draw) -> Any:
    indices = d.chance.sample(range(3), k=d.chance.randint(1, 3))
    return ft.VectorSlicer(inputCol=d.column("vector"), outputCol=d.name("vector"), indices=indices)


@maker
def named_slicer(d: Draw) -> Any:
    """Slots by the names that an assembler gives them."""
    columns = list(dict.fromkeys([*d.columns("number", most=3), *(["z"] if d.likely(0.3) else [])]))
    names = d.chance.sample(columns, k=d.chance.randint(1, len(columns)))
    names = [f"z_{d.pick(0, 2)}" if name == "z" else name for name in names]
    more = {} if d.likely(0.7) else {"indices": [0]} if columns[0] not in names else {}
    whole = d.name("vector")
    stages: list[Any] = [ft.VectorSizeHint(inputCol="z", size=3)] if "z" in columns else []
    stages.append(ft.VectorAssembler(inputCols=columns, outputCol=whole, **d.some(handleInvalid=MODES)))
    between = d.pick("", "", "scaled", "indexed")
    if between:
        before, whole = whole, d.name("vector")
        stages.append(
            ft.MaxAbsScaler(inputCol=before, outputCol=whole)
            if between == "scaled"
            else ft.VectorIndexer(inputCol=before, outputCol=whole, maxCategories=4, handleInvalid="keep")
        )
    stages.append(ft.VectorSlicer(inputCol=whole, outputCol=d.name("vector"), names=names, **more))
    return Pipeline(stages=stages)


@maker
def words_to_vector(d: Draw) -> Any:
    """A text's words, counted and weighted, as most models of texts begin."""
    words, kept, counts, weighted = d.name("tokens"), d.name("tokens"), d.name("vector"), d.name("vector")
    count = d.pick(
        ft.CountVectorizer(inputCol=kept, outputCol=counts, **d.some(binary=[True], vocabSize=[3])),
        ft.HashingTF(inputCol=kept, outputCol=counts, numFeatures=d.pick(16, 1 << 18)),
    )
    return Pipeline(
        stages=[
            ft.RegexTokenizer(inputCol=d.column("text"), outputCol=words, pattern="\\W+"),
            ft.StopWordsRemover(inputCol=words, outputCol=kept),
            count,
            ft.IDF(inputCol=counts, outputCol=weighted, **d.some(minDocFreq=[0, 2])),
        ]
    )


@maker
def categories(d: Draw) -> Any:
    """Texts indexed, encoded and assembled with numbers, as most models of tables begin."""
    texts = [text for text in d.columns("text", most=3) if text != "q"] or ["s"]  # empty texts name no slot
    numbers = d.columns("number", "flag", most=3)
    indexes, codes = d.names("index", len(texts)), d.names("vector", len(texts))
    mode = d.pick(*MODES)
    index = ft.StringIndexer(inputCols=texts, outputCols=indexes, handleInvalid=mode)
    encode = ft.OneHotEncoder(
        inputCols=indexes, outputCols=codes, **d.some(dropLast=[True, False], handleInvalid=["keep", "error"])
    )
    columns = d.chance.sample([*codes, *numbers, *indexes[:1]], k=len(codes) + len(numbers))
    whole = ft.VectorAssembler(inputCols=columns, outputCol=d.name("vector"), **d.some(handleInvalid=MODES))
    return Pipeline(stages=[index, encode, whole])


@maker
def vector_indexer(d: Draw) -> Any:
    more = d.some(handleInvalid=MODES, maxCategories=[2, 3, 5, 20])
    return ft.VectorIndexer(inputCol=d.column("vector"), outputCol=d.name("vector"), **more)


@maker
def interaction(d: Draw) -> Any:
    columns = d.columns("number", "index", "vector" if d.made["vector"] else "number", most=3)
    return ft.Interaction(inputCols=columns, outputCol=d.name("vector"))


@maker
def polynomial(d: Draw) -> Any:
    return ft.PolynomialExpansion(
        inputCol=d.column("vector"), outputCol=d.name("vector"), **d.some(degree=[1, 2, 3])
    )


@maker
def normalizer(d: Draw) -> Any:
    more = d.some(p=[1.0, 2.0, INF, 1.5, 3.0])
    return ft.Normalizer(inputCol=d.column("vector"), outputCol=d.name("vector"), **more)


@maker
def standard_scaler(d: Draw) -> Any:
    more = d.some(withMean=[True, False], withStd=[True, False])
    return ft.StandardScaler(inputCol=d.column("vector"), outputCol=d.name("vector"), **more)


@maker
def min_max_scaler(d: Draw) -> Any:
    more = d.pick({}, {"min": -1.0, "max": 1.0}, {"min": 0.25}, {"max": 1e300})
    return ft.MinMaxScaler(inputCol=d.column("vector"), outputCol=d.name("vector"), **more)


@maker
def max_abs_scaler(d: Draw) -> Any:
    return ft.MaxAbsScaler(inputCol=d.column("vector"), outputCol=d.name("vector"))


@maker
def robust_scaler(d: Draw) -> Any:
    more = d.some(withCentering=[True, False], withScaling=[True, False], lower=[0.1, 0.4], upper=[0.6, 0.9])
    return ft.RobustScaler(inputCol=d.column("vector"), outputCol=d.name("vector"), **more)


@maker
def product(d: Draw) -> Any:
    weights = [d.pick(0.0, -1.5, 2.0, 1e300, -0.0) for _ in range(d.pick(3, 3, 4))]
    vector = d.pick(Vectors.dense(weights), Vectors.sparse(len(weights), [0, 2], weights[:2]))
    return ft.ElementwiseProduct(scalingVec=vector, inputCol=d.column("vector"), outputCol=d.name("vector"))


@maker
def cosine(d: Draw) -> Any:
    return ft.DCT(inputCol=d.column("vector"), outputCol=d.name("vector"), inverse=d.likely(0.5))


@maker
def pca(d: Draw) -> Any:
    return ft.PCA(k=d.pick(1, 2), inputCol=d.column("vector"), outputCol=d.name("vector"))


@maker
def chi_sq(d: Draw) -> Any:
    more = d.some(numTopFeatures=[1, 2], percentile=[0.5], fpr=[0.5], fdr=[0.9], fwe=[0.9])
    kind = d.pick("numTopFeatures", "percentile", "fpr", "fdr", "fwe")
    return ft.ChiSqSelector(
        featuresCol=d.pick("u", "z", d.column("vector")), outputCol=d.name("vector"), labelCol="l2", selectorType=kind, **more
    )  # fmt: skip


@maker
def univariate(d: Draw) -> Any:
    features, label = d.pick(
        ("categorical", "categorical"), ("continuous", "categorical"), ("continuous", "continuous")
    )
    mode, threshold = d.pick(
        ("numTopFeatures", 1), ("numTopFeatures", 2), ("percentile", 0.5), ("fpr", 0.9), ("fwe", 0.9)
    )
    made = ft.UnivariateFeatureSelector(
        featuresCol=d.pick("u", "z", d.column("vector")),
        outputCol=d.name("vector"),
        labelCol="ly" if label == "continuous" else "l3",
        selectionMode=mode,
    )
    return made.setFeatureType(features).setLabelType(label).setSelectionThreshold(threshold)


@maker
def variance(d: Draw) -> Any:
    more = d.some(varianceThreshold=[0.1, 1.0, 2.0])
    return ft.VarianceThresholdSelector(featuresCol=d.column("vector"), outputCol=d.name("vector"), **more)


@maker
def random_projection(d: Draw) -> Any:
    more = d.some(numHashTables=[1, 2, 3])
    length = d.pick(0.5, 2.0, 1e-3)
    d.count += 1
    return ft.BucketedRandomProjectionLSH(
        inputCol=d.column("vector"), outputCol=f"hashes{d.count}", seed=5, bucketLength=length, **more
    )


@maker
def min_hash(d: Draw) -> Any:
    more = d.some(numHashTables=[1, 2, 3])
    d.count += 1
    return ft.MinHashLSH(
        inputCol=d.pick("u", "z", d.column("vector")), outputCol=f"hashes{d.count}", seed=5, **more
    )


@maker
def statement(d: Draw) -> Any:
    number = d.column("number")
    where = d.pick("", "", f" WHERE {number} > 0", " WHERE s IS NOT NULL", f" WHERE NOT isnan({number})")
    if d.likely(0.4):
        return _wide_statement(d, number, where)
    out = d.name("number")
    what = d.pick(
        f"{number} + 1",
        f"{number} * {number}",
        f"abs({number})",
        f"CAST({number} AS DOUBLE)",
        f"coalesce({number}, 0)",
    )
    return ft.SQLTransformer(statement=f"SELECT *, {what} AS {out} FROM __THIS__{where}")


def _wide_statement(d: Draw, number: str, where: str) -> Any:
    """Several columns of several types: what later stages read is made of dates, texts and truths, too."""
    made = {
        "number": d.pick(
            f"{number} - n / 2",
            "datediff(d, DATE'2024-01-10')",
            "hour(ts)",
            "length(q)",
            f"CASE WHEN f THEN {number} ELSE 0 END",
            f"CAST({number} AS DECIMAL(12,3))",
            f"CAST({number} AS FLOAT)",
            f"round({number}, 1)",
            "b * h",
            "k % 3",
        ),
        "index": d.pick("CAST(month(d) - 1 AS DOUBLE)", "ci % 3", "CAST(f AS INT)", "pmod(n, 3)"),
        "text": d.pick("lower(s)", "concat(s, '-', t)", "CAST(ci AS STRING)", "CAST(x AS STRING)", "trim(q)"),
        "flag": d.pick("x > y", "s = 'Oslo'", "f AND x > 0", "n IN (1, 2)", "w IS NULL"),
        "tokens": "split(q, ' ')",
    }
    chosen = [kind for kind in made if d.likely(0.5)] or ["number"]
    listed = ", ".join(f"{made[kind]} AS {d.name(kind)}" for kind in chosen)
    return ft.SQLTransformer(statement=f"SELECT *, {listed} FROM __THIS__{where}")
