"""The census pipeline of the MLlib deployment talk, and trees on the same rows."""

from __future__ import annotations

from case import ALL, Case, add
from census import CATEGORICAL, LABEL, NUMERIC, SCHEMA
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.classification import GBTClassifier, LogisticRegression, RandomForestClassifier
from pyspark.ml.feature import OneHotEncoder, StringIndexer, VectorAssembler
from session import Session

ADULT = "adult.parquet"
OUTPUTS = ("rawPrediction", "probability", "prediction")
NAN, INF = float("nan"), float("inf")


def indexers(mode: str, label: str = "error") -> list[StringIndexer]:
    """Give an indexer for each categorical column and one for the label."""
    columns = [StringIndexer(inputCol=c, outputCol=f"{c}_index", handleInvalid=mode) for c in CATEGORICAL]
    return [*columns, StringIndexer(inputCol=LABEL, outputCol="label", handleInvalid=label)]


def one_hot(mode: str, encoder: str = "error") -> list[object]:
    """Index, encode, and assemble the census columns, one stage for each column as in the talk."""
    encoders = [
        OneHotEncoder(inputCols=[f"{c}_index"], outputCols=[f"{c}_vec"], handleInvalid=encoder)
        for c in CATEGORICAL
    ]
    assembler = VectorAssembler(
        inputCols=[*(f"{c}_vec" for c in CATEGORICAL), *NUMERIC],
        outputCol="features",
        handleInvalid="keep" if mode == "keep" else "error",
    )
    return [*indexers(mode), *encoders, assembler]


def _fit(s: Session, stages: list[object]) -> PipelineModel:
    return Pipeline(stages=stages).fit(s.parquet(str(s.data / ADULT)))


def _lr(s: Session) -> PipelineModel:
    return _fit(s, [*one_hot("error"), LogisticRegression(maxIter=30, regParam=0.001)])


def _lr_keep(s: Session) -> PipelineModel:
    return _fit(
        s, [*one_hot("keep", "keep"), LogisticRegression(maxIter=20, regParam=0.01, elasticNetParam=0.5)]
    )


def _lr_skip(s: Session) -> PipelineModel:
    return _fit(s, [*one_hot("skip"), LogisticRegression(maxIter=10, regParam=0.01)])


def _tree_stages() -> list[object]:
    columns = [*(f"{c}_index" for c in CATEGORICAL), *NUMERIC]
    return [*indexers("keep"), VectorAssembler(inputCols=columns, outputCol="features", handleInvalid="keep")]


def _gbt(s: Session) -> PipelineModel:
    model = GBTClassifier(maxIter=100, maxDepth=5, maxBins=64, seed=11, stepSize=0.1, leafCol="leaf")
    return _fit(s, [*_tree_stages(), model])


def _forest(s: Session) -> PipelineModel:
    return _fit(s, [*_tree_stages(), RandomForestClassifier(numTrees=100, maxDepth=8, maxBins=64, seed=11)])


_WHOLE = "All 32,561 census rows"
_SOME = {"3.5": 16, "4.0": 16}
add(
    Case(
        "census_lr",
        f"{_WHOLE} through indexers, one-hot encoders, an assembler and a logistic regression of 100 slots.",
        build=_lr, data=ADULT, versions=ALL, tolerance="sums", keep=OUTPUTS,
    )
)  # fmt: skip
add(
    Case(
        "census_lr_keep",
        "Census rows where indexers, encoders and assembler keep what is invalid, with a sparse elastic net.",
        build=_lr_keep, data=ADULT, tolerance="sums", every={"3.5": 64, "4.3": 16},
        keep=(*OUTPUTS, "workclass_index", "workclass_vec"),
    )
)  # fmt: skip
add(
    Case(
        "census_lr_skip",
        "Census rows where the indexers skip what is invalid.",
        build=_lr_skip, data=ADULT, tolerance="sums", every={"3.5": 128, "4.3": 128}, keep=OUTPUTS,
    )
)  # fmt: skip
add(
    Case(
        "census_gbt",
        f"{_WHOLE} through 100 boosted trees of depth 5, with categorical splits and the leaves reached.",
        build=_gbt, data=ADULT, tolerance="sums", every=_SOME, keep=(*OUTPUTS, "leaf"),
    )
)  # fmt: skip
add(
    Case(
        "census_forest",
        f"{_WHOLE} through a forest of 100 trees of depth 8 with categorical splits.",
        build=_forest, data=ADULT, tolerance="sums", every=_SOME, keep=OUTPUTS,
    )
)  # fmt: skip

_PLAIN = [
    39,
    "State-gov",
    77516,
    "Bachelors",
    13,
    "Never-married",
    "Adm-clerical",
    "Not-in-family",
    "White",
    "Male",
    2174,
    0,
    40,
    "United-States",
    "<=50K",
]


def _changed(**values: object) -> list[object]:
    names = [part.split(":")[0] for part in SCHEMA.split()]
    row = dict(zip(names, _PLAIN, strict=True))
    row.update({name.replace("_", "-"): value for name, value in values.items()})
    return list(row.values())


HARD = [
    _PLAIN,
    _changed(workclass=None),
    _changed(workclass=""),
    _changed(workclass=" State-gov"),
    _changed(workclass="state-gov"),
    _changed(native_country="Norway"),
    _changed(native_country=None, sex=None, race=None),
    _changed(**dict.fromkeys(CATEGORICAL, "never seen")),
    _changed(**dict.fromkeys([*CATEGORICAL, *NUMERIC])),
    _changed(age=None),
    _changed(age=NAN),
    _changed(age=INF),
    _changed(capital_gain=-INF),
    _changed(capital_gain=NAN, hours_per_week=None),
    _changed(fnlwgt=-0.0, age=1e300),
    _changed(Salary=None),
    _changed(Salary="unheard of"),
    _changed(workclass="?", occupation="?", native_country="?"),
    _changed(age=90, fnlwgt=1484705, education="Doctorate", education_num=16, hours_per_week=99),
]
_WIDE = SCHEMA.replace(":int", ":double")
_WIDE_ROWS = [[float(v) if isinstance(v, int) else v for v in row] for row in HARD]

for _of, _law in {
    "census_lr": "Hard census rows where every invalid value raises.",
    "census_lr_keep": "Hard census rows where invalid values are kept.",
    "census_lr_skip": "Hard census rows where the indexers skip and the assembler raises.",
    "census_gbt": "Hard census rows through boosted trees: unseen categories, NaN, null.",
    "census_forest": "Hard census rows through a forest: unseen categories, NaN, null.",
}.items():
    add(Case(f"{_of}_hard", _law, _WIDE, _WIDE_ROWS, model_of=_of, tolerance="sums"))
    _no_label = [
        [v for v, n in zip(row, _WIDE.split(), strict=True) if not n.startswith(LABEL)] for row in _WIDE_ROWS
    ]
    add(
        Case(
            f"{_of}_unlabelled",
            f"{_law[:-1]}, without the label column.",
            " ".join(n for n in _WIDE.split() if not n.startswith(LABEL)),
            _no_label[:9],
            model_of=_of,
            tolerance="sums",
        )
    )
