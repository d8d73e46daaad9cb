"""Locality-sensitive hashes: BucketedRandomProjectionLSH, MinHashLSH."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from scorer.errors import Invalid
from scorer.fields import HASHES, Field, Kind
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import active

PRIME = 2_038_074_743


@stage(
    "org.apache.spark.ml.feature.BucketedRandomProjectionLSHModel",
    inputs=("inputCol",),
    outputs=("outputCol",),
)
@dataclass(frozen=True, slots=True, eq=False)
class RandomProjection(Stage):
    """⌊r·x / length⌋ for each random unit vector r. Source: feature.BucketedRandomProjectionLSHModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    directions: list[list[float]]
    length: float

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the directions: a matrix, one row a hash table."""
        directions = saved.matrix(saved.record()["randUnitVectors"], "randUnitVectors").values.tolist()
        length = saved.number("bucketLength")
        if not length > 0:
            raise saved.fail(f"bucketLength should be above 0, not {length}")
        return cls(directions, length)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: a vector of one number for each hash table."""
        del inputs
        return (Field(HASHES),)

    def row(self) -> Callable[[Any], list[list[float]]]:
        """Hash one vector."""
        directions, length = self.directions, self.length

        def hashes(value: Any) -> list[list[float]]:
            out = []
            for direction in directions:
                if len(direction) != len(value):
                    raise Invalid(f"a vector of {len(value)} slots, where {len(direction)} were fitted")
                if not direction:
                    raise Invalid("a vector without slots has no hash")
                total = 0.0
                for i, x in active(value):
                    total += x * direction[i]
                share = total / length
                out.append([float(math.floor(share)) if math.isfinite(share) else share])
            return out

        return hashes


@stage("org.apache.spark.ml.feature.MinHashLSHModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class MinHash(Stage):
    """The least ((1 + i) a + b) mod prime over nonzero slots i. Source: feature.MinHashLSHModel.

    Up to Spark 2.3 the product overflowed 32 bits (`overflows`).
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    pairs: tuple[tuple[int, int], ...]
    overflows: bool

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the coefficients: a and b of each hash table in turn."""
        flat = saved.record()["randCoefficients"]
        if len(flat) % 2 or not all(isinstance(n, int) for n in flat):
            raise saved.fail("its coefficients are not pairs of whole numbers")
        return cls(tuple(zip(flat[::2], flat[1::2], strict=True)), saved.behaves < (2, 4))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: a vector of one number for each hash table."""
        del inputs
        return (Field(HASHES),)

    def row(self) -> Callable[[Any], list[list[float]]]:
        """Hash one vector."""
        pairs, overflows = self.pairs, self.overflows

        def hashes(value: Any) -> list[list[float]]:
            slots = [i for i, x in active(value) if x != 0.0]
            if not slots:
                raise Invalid("a vector of zeros only has no MinHash")
            return [[float(min(_hash(i, a, b, overflows=overflows) for i in slots))] for a, b in pairs]

        return hashes


def _hash(slot: int, a: int, b: int, *, overflows: bool) -> int:
    total = (1 + slot) * a + b
    if overflows:
        total = (total + (1 << 31)) % (1 << 32) - (1 << 31)
        return int(math.fmod(total, PRIME))
    return total % PRIME
