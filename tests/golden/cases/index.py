"""StringIndexer, IndexToString, OneHotEncoder: labels, their numbers, their slots."""

from __future__ import annotations

from decimal import Decimal

from case import ALL, FOUR, case
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.feature import (
    Binarizer,
    Bucketizer,
    IndexToString,
    OneHotEncoder,
    OneHotEncoderModel,
    StringIndexer,
    StringIndexerModel,
)
from session import Session

NAN, INF = float("nan"), float("inf")
TOWNS = [["Oslo"], ["Oslo"], ["Oslo"], ["Rome"], ["Rome"], [""], ["Ærø"], [" Rome"]]
PROBES = [["Oslo"], ["Rome"], [""], ["Ærø"], [" Rome"], ["rome"], ["Lima"], [None], ["\x00"]]

for mode in ("error", "skip", "keep"):

    @case(
        f"string_indexer_{mode}",
        f"One text column under handleInvalid={mode}: null, empty and unseen texts.",
        "town:string",
        PROBES,
        versions=ALL,
    )
    def _one(s: Session, mode: str = mode) -> StringIndexerModel:
        indexer = StringIndexer(inputCol="town", outputCol="town_i", handleInvalid=mode)
        return indexer.fit(s.frame("town:string", TOWNS))

    @case(
        f"string_indexer_many_{mode}",
        f"Two columns in one indexer under handleInvalid={mode}: a row goes when either is invalid.",
        "a:string b:string",
        [
            ["x", "p"],
            ["x", "new"],
            ["new", "p"],
            [None, "q"],
            ["y", None],
            [None, None],
            ["", "q"],
            ["y", "q"],
            ["new", "new"],
        ],
    )
    def _many(s: Session, mode: str = mode) -> StringIndexerModel:
        indexer = StringIndexer(
            inputCols=["a", "b"], outputCols=["ai", "bi"], handleInvalid=mode, stringOrderType="alphabetDesc"
        )
        return indexer.fit(
            s.frame("a:string b:string", [["x", "p"], ["y", "q"], ["y", "q"], ["z", "r"], ["", ""]])
        )


def _numeric(kind: str, values: list[object], probes: list[object]) -> None:
    name = kind.partition("(")[0]

    @case(
        f"string_indexer_{name}",
        f"A {kind} column is indexed by the text that Spark's cast gives.",
        f"x:{kind}",
        [[v] for v in [*values, *probes, None]],
    )
    def _fit(s: Session) -> StringIndexerModel:
        indexer = StringIndexer(
            inputCol="x", outputCol="xi", handleInvalid="keep", stringOrderType="alphabetAsc"
        )
        return indexer.fit(s.frame(f"x:{kind}", [[v] for v in values]))


_numeric("int", [0, 1, -1, 2147483647, -2147483648], [7])
_numeric("bigint", [0, 9007199254740993, -9223372036854775808], [9007199254740992])
_numeric("smallint", [0, 300, -5], [301])
_numeric("tinyint", [0, 127, -128], [3])
_numeric(
    "decimal(10,2)",
    [Decimal("1.50"), Decimal("0.00"), Decimal("-3.10"), Decimal("12345678.90")],
    [Decimal("1.51")],
)
_numeric(
    "double",
    [
        0.0,
        -0.0,
        NAN,
        INF,
        -INF,
        1e10,
        1e-5,
        1.0,
        0.1,
        1e7,
        9999999.0,
        1e-3,
        0.00099,
        1.5e300,
        5e-324,
        2.0e-3,
        1 / 3,
        123456789.125,
        1e22,
        2.2250738585072014e-308,
    ],
    [1.5, 2e-5, 1e11],
)
_numeric(
    "float",
    [
        0.0,
        -0.0,
        NAN,
        INF,
        0.10000000149011612,
        1e10,
        16777216.0,
        3.4028234663852886e38,
        1.401298464324817e-45,
    ],
    [0.5],
)


@case(
    "string_indexer_absent_label",
    "An indexer whose input column is absent is skipped: scoring needs no label.",
    "town:string",
    [["Oslo"], ["Lima"]],
)
def _absent(s: Session) -> object:
    stages = [
        StringIndexer(inputCol="town", outputCol="ti", handleInvalid="keep"),
        StringIndexer(inputCol="label", outputCol="li"),
    ]
    return Pipeline(stages=stages).fit(
        s.frame("town:string label:string", [["Oslo", "yes"], ["Rome", "no"], ["Oslo", "no"]])
    )


@case(
    "string_indexer_from_labels",
    "A model made from labels alone scores as a fitted one.",
    "a:string",
    [["c"], ["a"], [None], ["z"]],
)
def _labels(_: Session) -> StringIndexerModel:
    return StringIndexerModel.from_labels(["c", "a", "b"], inputCol="a", outputCol="ai", handleInvalid="keep")


@case(
    "string_indexer_boolean",
    "A boolean column is refused by its type, at scoring too.",
    "a:boolean",
    [[True], [None]],
)
def _boolean(_: Session) -> StringIndexerModel:
    return StringIndexerModel.from_labels(
        ["false", "true"], inputCol="a", outputCol="ai", handleInvalid="keep"
    )


INDICES = [[0.0], [1.0], [2.0], [1.5], [0.999], [-0.5], [-0.0], [NAN], [3.0], [-1.0], [INF], [1e300], [None]]


@case(
    "index_to_string_labels",
    "The labels param names the index, cut to an integer; outside it raises.",
    "i:double",
    INDICES,
    versions=FOUR,
)
def _its(_: Session) -> IndexToString:
    return IndexToString(inputCol="i", outputCol="name", labels=["zero", "one", "two"])


@case(
    "index_to_string_int",
    "An integer index column serves as a double one does.",
    "i:int",
    [[0], [1], [None], [2], [-1]],
)
def _its_int(_: Session) -> IndexToString:
    return IndexToString(inputCol="i", outputCol="name", labels=["zero", "one"])


@case(
    "index_to_string_attributes",
    "Without labels the names come from the column's nominal attribute; the bucket of invalid values is named too.",
    "town:string",
    [["Oslo"], ["Rome"], [""], ["Lima"], [None]],
)
def _its_attrs(s: Session) -> object:
    stages = [
        StringIndexer(inputCol="town", outputCol="i", handleInvalid="keep"),
        IndexToString(inputCol="i", outputCol="name"),
    ]
    return Pipeline(stages=stages).fit(s.frame("town:string", TOWNS))


SIZES = [[0.0, 0.0], [1.0, 1.0], [2.0, 1.0]]
CODES = [
    [0.0, 0.0],
    [1.0, 1.0],
    [2.0, 0.0],
    [1.5, 0.0],
    [2.9, 0.0],
    [3.0, 0.0],
    [0.0, 2.0],
    [99.0, 0.0],
    [NAN, 0.0],
    [-1.0, 0.0],
    [-0.5, 0.0],
    [-0.0, 0.0],
    [INF, 0.0],
    [-INF, 0.0],
    [None, 0.0],
    [None, None],
]

for drop in (True, False):
    for mode in ("error", "keep"):

        @case(
            f"one_hot_{mode}_{'drop' if drop else 'all'}",
            f"Two columns, dropLast={drop}, handleInvalid={mode}: fractions, negatives, NaN, too large, null.",
            "a:double b:double",
            CODES,
            versions=ALL,
        )
        def _ohe(s: Session, mode: str = mode, drop: bool = drop) -> OneHotEncoderModel:
            encoder = OneHotEncoder(
                inputCols=["a", "b"], outputCols=["av", "bv"], dropLast=drop, handleInvalid=mode
            )
            return encoder.fit(s.frame("a:double b:double", SIZES))


@case(
    "one_hot_single",
    "inputCol and outputCol serve one column; an integer column is cast.",
    "a:int",
    [[0], [1], [2], [3], [None], [-1]],
)
def _ohe_one(s: Session) -> OneHotEncoderModel:
    encoder = OneHotEncoder(inputCol="a", outputCol="av", handleInvalid="keep", dropLast=False)
    return encoder.fit(s.frame("a:int", [[0], [1], [2]]))


@case(
    "one_hot_one_category",
    "A category alone under dropLast leaves a vector of size zero.",
    "a:double",
    [[0.0], [None]],
)
def _ohe_none(s: Session) -> OneHotEncoderModel:
    return OneHotEncoder(inputCols=["a"], outputCols=["av"]).fit(s.frame("a:double", [[0.0]]))


@case(
    "one_hot_of_other_labels",
    "Labels that the encoder was not fitted to are refused.",
    "a:string",
    [["x"], ["z"]],
)
def _ohe_labels(s: Session) -> PipelineModel:
    indexer = StringIndexer(inputCol="a", outputCol="i").fit(s.frame("a:string", [["x"], ["y"], ["z"]]))
    encoder = OneHotEncoder(inputCols=["i"], outputCols=["v"], handleInvalid="keep")
    return PipelineModel([indexer, encoder.fit(s.frame("i:double", [[0.0], [1.0]]))])


@case(
    "one_hot_of_a_flag",
    "What is 0 or 1 has two categories, be more known or fewer.",
    "x:double",
    [[0.0], [1.0]],
)
def _ohe_flag(s: Session) -> PipelineModel:
    flag = Binarizer(inputCol="x", outputCol="b", threshold=0.5)
    encoder = OneHotEncoder(inputCols=["b"], outputCols=["v"])
    return PipelineModel([flag, encoder.fit(s.frame("b:double", [[0.0], [1.0], [2.0]]))])


for drop in (True, False):

    @case(
        f"one_hot_transformer_{'drop' if drop else 'all'}",
        f"The one-hot transformer of Spark 2, dropLast={drop}, on labels, on buckets and on what is 0 or 1.",
        "town:string x:double",
        [
            ["Oslo", 0.5],
            ["Rome", -3.0],
            ["Lima", 1.5],
            ["Bonn", NAN],
            ["Oslo", None],
            [None, 0.0],
            ["Rome", INF],
            ["", 1.0],
            ["Oslo", -0.0],
        ],
        versions=("2.4",),
    )
    def _transformer(s: Session, drop: bool = drop) -> object:
        stages = [
            StringIndexer(inputCol="town", outputCol="ti", handleInvalid="keep"),
            Bucketizer(inputCol="x", outputCol="b", splits=[-INF, 0.0, 1.0, INF], handleInvalid="keep"),
            Binarizer(inputCol="x", outputCol="n", threshold=0.5),
            *[OneHotEncoder(inputCol=c, outputCol=f"{c}v", dropLast=drop) for c in ("ti", "b", "n")],
        ]
        rows = [["Oslo", 1.0], ["Rome", 2.0], ["Oslo", 0.0], ["Lima", -1.0]]
        return Pipeline(stages=stages).fit(s.frame("town:string x:double", rows))
