"""The scalers and Normalizer: each slot of a vector on a common scale."""

from __future__ import annotations

from functools import partial
from typing import Any

from case import ALL, case
from pyspark.ml.feature import MaxAbsScaler, MinMaxScaler, Normalizer, RobustScaler, StandardScaler
from session import Session
from values import INF, NAN, cloud, dense, hard, sparse

CLOUD = [[dense(x, 100.0 * y + 7.0, 4.0)] for x, y in cloud(40, 2, seed=3)]
MIXED = [
    [dense(0.0, 0.0, -1.0)],
    [sparse(3, {0: 2.0})],
    [sparse(3, {1: -3.0, 2: 0.0})],
    [dense(1.5, 0.0, 0.0)],
]


def _scaler(name: str, law: str, make: Any, train: list[list[Any]], **options: Any) -> None:
    @case(name, law, "v:vector", hard(), tolerance="sums", **options)
    def _fit(s: Session) -> Any:
        return make().fit(s.frame("v:vector", train))


IO = {"inputCol": "v", "outputCol": "w"}
for _mean in (True, False):
    for _std in (True, False):
        _which = f"{'mean' if _mean else 'nomean'}_{'std' if _std else 'nostd'}"
        _made = partial(StandardScaler, withMean=_mean, withStd=_std, **IO)
        _scaler(
            f"standard_scaler_{_which}",
            f"withMean={_mean}, withStd={_std}; the third slot has no variance.",
            _made,
            CLOUD,
            versions=ALL if _mean and _std else ("3.5", "4.3"),
        )
_scaler(
    "standard_scaler_sparse",
    "Sparse rows keep their zeros without the mean.",
    partial(StandardScaler, withMean=False, **IO),
    MIXED,
)
_scaler(
    "min_max_scaler",
    "A constant slot becomes the middle; NaN stays.",
    partial(MinMaxScaler, **IO),
    CLOUD,
    versions=ALL,
)
_scaler("min_max_scaler_bounds", "Custom min and max.", partial(MinMaxScaler, min=-3.0, max=0.7, **IO), CLOUD)
_scaler("min_max_scaler_sparse", "Sparse rows become dense.", partial(MinMaxScaler, **IO), MIXED)
_scaler(
    "max_abs_scaler", "Each slot over its largest magnitude.", partial(MaxAbsScaler, **IO), [*CLOUD, *MIXED]
)
_scaler(
    "max_abs_scaler_zero",
    "A slot that was always zero stays as it comes.",
    partial(MaxAbsScaler, **IO),
    [[dense(0.0, 2.0, -4.0)], [sparse(3, {1: 1.0})]],
)
_scaler(
    "robust_scaler",
    "The interquartile range; a constant slot becomes zero.",
    partial(RobustScaler, **IO),
    CLOUD,
)
_scaler(
    "robust_scaler_centred",
    "The median is taken away first.",
    partial(RobustScaler, withCentering=True, lower=0.1, upper=0.8, **IO),
    CLOUD,
)
_scaler(
    "robust_scaler_centre_only",
    "The median alone.",
    partial(RobustScaler, withCentering=True, withScaling=False, **IO),
    CLOUD,
)

for _p in (1.0, 2.0, 1.5, 3.0, INF):

    @case(
        f"normalizer_{str(_p).replace('.', '_')}",
        f"Over the {_p}-norm; a zero vector stays.",
        "v:vector",
        [*hard(), [dense(NAN, INF, 1.0)], [dense(3.0, 4.0)]],
        tolerance="sums",
    )
    def _norm(_: Session, p: float = _p) -> Normalizer:
        return Normalizer(p=p, **IO)
