"""Feature transformers of numbers and vectors: slicing, products, projections, hashing, interactions."""

from __future__ import annotations

from typing import Any

from case import case
from pyspark.ml import Pipeline
from pyspark.ml.feature import (
    DCT, PCA, Bucketizer, ElementwiseProduct, FeatureHasher, IndexToString, Interaction, OneHotEncoder,
    PolynomialExpansion, RFormula, StringIndexer, VarianceThresholdSelector, VectorAssembler, VectorIndexer, VectorSizeHint, VectorSlicer,
)  # fmt: skip
from pyspark.ml.linalg import Vectors
from session import Session
from values import BIG, INF, NAN, cloud, dense, hard, sparse

IO = {"inputCol": "v", "outputCol": "w"}
V = "v:vector"
_WIDTHS = (
    49,
    60,
    64,
    97,
    100,
    128,
    129,
    211,
    256,
    257,
    422,
    512,
    1001,
    1024,
    1031,
    2048,
)  # all kinds of factors

for _inverse in (False, True):

    @case(
        f"dct_{'inverse' if _inverse else 'forward'}",
        "The orthonormal cosine transform of a vector of any length.",
        V,
        [
            *hard(),
            [dense(5.0)],
            [dense(*range(1, 9))],
            [dense()],
            [sparse(0, {})],
            [dense(NAN)],
            [dense(1.0, 1.0)],
            [dense(-0.0, 0.0)],
            [dense(INF, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0)],
            [dense(1.0, 2.0, 3.0, -INF, 4.0, 5.0, 6.0)],
            [sparse(64, {3: 2.5, 40: -1.0})],
            *([dense(*row)] for width in (*range(2, 33), *_WIDTHS) for row in cloud(1, width, 3)),
            *(
                [dense(*(scale * x for x in row))]
                for scale in (1e6, 1e308, 5e-324)
                for row in cloud(1, 40, 4)
            ),
            *([dense(*(BIG,) * width)] for width in (2, 3, 8, 30, 32, 107)),
            *(
                [dense(*(0.5,) * at, -INF, *(0.5,) * (width - at - 1))]
                for width in (14, 64, 422)
                for at in (0, 9)
            ),
            [dense(*[7.5] * 33)],
        ],
    )
    def _dct(_: Session, inverse: bool = _inverse) -> DCT:
        return DCT(inverse=inverse, **IO)


@case(
    "elementwise_product",
    "Each slot times its weight; NaN, zero and infinite weights.",
    V,
    [*hard(4), [sparse(4, {0: 1.0, 3: 2.0})]],
)
def _product(_: Session) -> ElementwiseProduct:
    return ElementwiseProduct(scalingVec=Vectors.dense([2.0, 0.0, -0.5, 1e300]), **IO)


@case("elementwise_product_sparse", "The weights may be sparse.", V, hard())
def _product_sparse(_: Session) -> ElementwiseProduct:
    return ElementwiseProduct(scalingVec=Vectors.sparse(3, [1], [3.0]), **IO)


for _degree in (1, 2, 3):

    @case(
        f"polynomial_expansion_{_degree}",
        f"All products up to degree {_degree}, in Spark's order.",
        V,
        hard(),
        tolerance="sums",
    )
    def _poly(_: Session, degree: int = _degree) -> PolynomialExpansion:
        return PolynomialExpansion(degree=degree, **IO)


@case("pca", "Two principal components, no centring.", V, hard(), tolerance="sums")
def _pca(s: Session) -> Any:
    return PCA(k=2, **IO).fit(
        s.frame(V, [[dense(x, x + 0.1 * y, y - z)] for x, y, z in cloud(30, 3, seed=4)])
    )


@case("vector_slicer_indices", "Indices in the order given.", V, hard())
def _slicer(_: Session) -> VectorSlicer:
    return VectorSlicer(indices=[2, 0], **IO)


SHORT = [
    [dense(1.0, 2.0)],
    [sparse(2, {1: 3.0})],
    [sparse(2, {0: 1.0, 1: 3.0})],
    [sparse(2, {})],
    [sparse(0, {})],
    [dense()],
    [None],
    [dense(1.0, 2.0, 3.0)],
]


@case(
    "vector_slicer_short",
    "A sparse vector that is too short has zeros there; a dense one is refused.",
    V,
    SHORT,
)
def _slicer_short(_: Session) -> VectorSlicer:
    return VectorSlicer(indices=[2, 1], **IO)


@case(
    "variance_selector_short",
    "A selector takes a sparse vector that is too short, as a slicer does.",
    V,
    SHORT,
)
def _selector_short(s: Session) -> Any:
    rows = [[dense(x, 1.0, z)] for x, _, z in cloud(12, 3, seed=4)]
    return VarianceThresholdSelector(featuresCol="v", outputCol="w").fit(s.frame(V, rows))


@case(
    "vector_slicer_names",
    "Names come from the assembler's attributes, after the indices.",
    "a:double b:double c:double",
    [[1.0, 2.0, 3.0], [NAN, 0.0, -0.0]],
)
def _slicer_names(s: Session) -> Any:
    stages = [
        VectorAssembler(inputCols=["a", "b", "c"], outputCol="v", handleInvalid="keep"),
        VectorSlicer(inputCol="v", outputCol="w", indices=[1], names=["c", "a"]),
    ]
    return Pipeline(stages=stages).fit(s.frame("a:double b:double c:double", [[1.0, 2.0, 3.0]]))


@case(
    "vector_slicer_deep_names",
    "Slots of one-hot columns are named column_label.",
    "town:string x:double",
    [["Oslo", 1.0], ["Rome", 2.0], ["Lima", 3.0], [None, 4.0]],
)
def _slicer_deep(s: Session) -> Any:
    stages = [
        StringIndexer(inputCol="town", outputCol="ti", handleInvalid="keep"),
        OneHotEncoder(inputCols=["ti"], outputCols=["tv"], dropLast=False),
        VectorAssembler(inputCols=["tv", "x"], outputCol="v"),
        VectorSlicer(inputCol="v", outputCol="w", names=["x", "tv_Rome", "tv___unknown"]),
    ]
    return Pipeline(stages=stages).fit(
        s.frame("town:string x:double", [["Oslo", 1.0], ["Oslo", 1.0], ["Rome", 2.0]])
    )


for _mode in ("error", "skip", "optimistic"):

    @case(
        f"vector_size_hint_{_mode}",
        f"A vector's size is checked in place under handleInvalid={_mode}.",
        f"{V} x:double",
        [[*r, 1.0] for r in hard()],
    )
    def _hint(s: Session, mode: str = _mode) -> Any:
        stages = [
            VectorSizeHint(inputCol="v", size=3, handleInvalid=mode),
            VectorSlicer(indices=[0, 1], **IO),
        ]
        return Pipeline(stages=stages).fit(s.frame(V, [[dense(1.0, 2.0, 3.0)]]))


@case(
    "interaction",
    "Numbers, vectors and nominal columns multiply out.",
    "x:double v:vector",
    [
        [2.0, dense(1.0, 3.0)],
        [0.0, dense(1.0, 3.0)],
        [-1.0, sparse(2, {1: 4.0})],
        [NAN, dense(0.0, 1.0)],
        [None, dense(0.0, 1.0)],
        [1.0, None],
        [INF, dense(0.0, 1.0)],
        [1.0, sparse(2, {})],
    ],
)
def _interaction(_: Session) -> Interaction:
    return Interaction(inputCols=["x", "v"], outputCol="w")


@case(
    "interaction_nominal",
    "An indexed column is expanded, one slot a label.",
    "town:string v:vector",
    [
        ["Oslo", dense(1.0, 3.0)],
        ["Rome", dense(2.0, NAN)],
        ["Bonn", sparse(2, {0: 1.0})],
        [None, dense(1.0, 1.0)],
    ],
)
def _interaction_nominal(s: Session) -> Any:
    stages = [
        StringIndexer(inputCol="town", outputCol="ti", handleInvalid="keep"),
        Interaction(inputCols=["ti", "v"], outputCol="w"),
    ]
    return Pipeline(stages=stages).fit(
        s.frame("town:string v:vector", [["Oslo", dense(1.0, 2.0)], ["Rome", dense(1.0, 2.0)]])
    )


def _kinds(s: Session, *stages: Any) -> Any:
    """Fit stages on buckets `b` and on an assembled vector `a` whose slots have two values, three and many."""
    front = [
        Bucketizer(inputCol="x", outputCol="b", splits=[-INF, 0.0, 1.0, INF], handleInvalid="keep"),
        VectorAssembler(inputCols=["x", "y"], outputCol="a", handleInvalid="keep"),
        VectorIndexer(inputCol="a", outputCol="i", maxCategories=3, handleInvalid="keep"),
    ]
    rows = [[float(n % 2), float(n % 3)] for n in range(12)]
    return Pipeline(stages=[*front, *stages]).fit(s.frame("x:double y:double", rows))


KIND_PROBES = [[x, y] for x in (0.0, 1.0, 0.5, -3.0, NAN) for y in (0.0, 1.0, 2.0, 7.0)] + [[None, 1.0]]


@case(
    "interaction_of_indexed",
    "An indexed slot of two values is one number, of three as many slots; a value beyond them is refused.",
    "x:double y:double",
    KIND_PROBES,
)
def _interaction_of_indexed(s: Session) -> Any:
    return _kinds(s, Interaction(inputCols=["i", "y"], outputCol="w"))


@case(
    "interaction_of_buckets",
    "The bucket of NaN has no slot; products of products are named slot by slot.",
    "x:double y:double",
    KIND_PROBES,
)
def _interaction_of_buckets(s: Session) -> Any:
    return _kinds(
        s,
        Interaction(inputCols=["b", "y"], outputCol="w"),
        Interaction(inputCols=["w", "a"], outputCol="u"),
        VectorSlicer(inputCol="u", outputCol="z", names=["w_b_0.0, 1.0:y:a_y", "w_b_-Infinity, 0.0:y:a_x"]),
    )


@case(
    "index_to_string_of_buckets",
    "Without labels a bucket is called by its bounds, and that of NaN by none.",
    "x:double y:double",
    KIND_PROBES,
)
def _bounds(s: Session) -> Any:
    return _kinds(s, IndexToString(inputCol="b", outputCol="name"))


@case(
    "r_formula_interaction_names",
    "The slots of a formula's product are called by the formula's columns.",
    "x:double town:string y:double",
    [[1.0, "Oslo", 2.0], [2.0, "Rome", -1.0], [NAN, "Oslo", 0.0], [1.0, "Bonn", 1.0], [None, "Oslo", 1.0]],
)
def _formula_names(s: Session) -> Any:
    formula = RFormula(formula="y ~ x:town + x", featuresCol="f", labelCol="l", handleInvalid="keep")
    named = VectorSlicer(inputCol="f", outputCol="w", names=["x", "x:town_Rome", "x:town_Oslo"])
    rows = [[1.0, "Oslo", 2.0], [2.0, "Rome", 1.0], [3.0, "Oslo", 0.5]]
    return Pipeline(stages=[formula, named]).fit(s.frame("x:double town:string y:double", rows))


@case(
    "interaction_boolean",
    "A boolean column is refused by its type.",
    "a:boolean x:double",
    [[True, 1.0], [None, 2.0]],
)
def _interaction_boolean(_: Session) -> Interaction:
    return Interaction(inputCols=["a", "x"], outputCol="w")


@case(
    "interaction_three",
    "Three vectors.",
    "a:vector b:vector x:int",
    [
        [dense(1.0, 2.0), dense(3.0, 4.0), 5],
        [sparse(2, {0: 1.0}), dense(0.0, -4.0), -1],
        [dense(1.0, 2.0), dense(3.0, 4.0), 0],
    ],
)
def _interaction_three(_: Session) -> Interaction:
    return Interaction(inputCols=["a", "b", "x"], outputCol="w")


HASH_ROWS = [
    [1.5, 3, True, "red", 7], [0.0, 0, False, "", 0], [NAN, -1, None, "blå", -7], [None, None, None, None, None],
    [INF, 2147483647, True, "a long colour name, with = signs", 1], [-0.0, 1, False, "red", 2],
]  # fmt: skip
HASH = "x:double n:int b:boolean c:string k:bigint"
for _name, _params in {
    "": {},
    "_small": {"numFeatures": 4},
    "_categorical": {"numFeatures": 64, "categoricalCols": ["n", "x", "k"]},
}.items():

    @case(
        f"feature_hasher{_name}",
        "Numbers add their value at hash(name), others 1 at hash(name=value); null adds nothing.",
        HASH,
        HASH_ROWS,
    )
    def _hasher(_: Session, params: dict[str, Any] = _params) -> FeatureHasher:
        return FeatureHasher(
            inputCols=["x", "n", "b", "c", "k"], outputCol="v", **{"numFeatures": 1024, **params}
        )


INDEXED = [
    [dense(-1.0, 5.0, 0.0)],
    [dense(0.0, 6.0, 0.5)],
    [dense(2.0, 7.0, 0.0)],
    [sparse(3, {0: 2.0, 1: 8.0})],
    [dense(-1.0, 9.5, 0.5)],
]
PROBES = [
    *INDEXED,
    [dense(-1.0, 100.0, -0.0)],
    [dense(3.0, 1.0, 0.0)],
    [dense(0.0, 1.0, 0.7)],
    [dense(NAN, 1.0, 0.0)],
    [dense(2.0, NAN, 0.5)],
    [sparse(3, {})],
    [sparse(3, {1: 2.0})],
    [dense(-0.0, 1.0, 0.0)],
    [dense(1.0, 2.0)],
    [None],
]
for _mode in ("error", "skip", "keep"):

    @case(
        f"vector_indexer_{_mode}",
        f"Slots of few values become categories; a new value under handleInvalid={_mode}.",
        V,
        PROBES,
    )
    def _indexer(s: Session, mode: str = _mode) -> Any:
        return VectorIndexer(maxCategories=3, handleInvalid=mode, **IO).fit(s.frame(V, INDEXED))
