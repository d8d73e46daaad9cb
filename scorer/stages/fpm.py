"""Frequent patterns: what goes with a basket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from scorer.errors import Invalid, shown
from scorer.fields import TOKENS, Field, Kind
from scorer.saved import Saved
from scorer.stage import Stage, stage


@stage(
    "org.apache.spark.ml.fpm.FPGrowthModel",
    inputs=("itemsCol",),
    outputs=("predictionCol",),
    defaults={"itemsCol": "items"},
)
@dataclass(frozen=True, slots=True, eq=False)
class FPGrowth(Stage):
    """The consequents of rules that the basket satisfies, without what is in it. Source: fpm.FPGrowthModel.

    Spark keeps frequent itemsets and derives rules with one consequent: confidence = freq(S) / freq(S - {i}).
    The order of a prediction means nothing in Spark; here it is that of the rules.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("tokens",)
    rules: tuple[tuple[frozenset[Any], Any], ...]
    items: pa.DataType

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted."""
        return {"rules": len(self.rules)}

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the itemsets and derive the rules of enough confidence."""
        table = saved.table()
        least = saved.number("minConfidence", 0.8)
        sets = {frozenset(row["items"]): int(row["freq"]) for row in table.to_pylist()}
        if any(freq < 1 for freq in sets.values()):
            raise saved.fail("an itemset has no frequency")
        rules = []
        for whole, freq in sets.items():
            for item in whole:
                rest = sets.get(whole - {item}) if len(whole) > 1 else None
                if rest is not None and freq / rest >= least:
                    rules.append((whole - {item}, item))
        rules.sort(key=lambda rule: (sorted(map(str, rule[0])), str(rule[1])))
        kind = table.schema.field("items").type
        return cls(tuple(rules), kind if pa.types.is_list(kind) else TOKENS)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: a list of items."""
        del inputs
        return (Field(self.items),)

    def row(self) -> Callable[[Any], list[Any]]:
        """Predict for one basket."""
        rules = self.rules

        def predict(value: Any) -> list[Any]:
            if value is None:
                return []
            if not isinstance(value, list | tuple):
                raise Invalid(f"{shown(value)} is no list of items")
            basket = set(value)
            return list(
                dict.fromkeys(item for needs, item in rules if item not in basket and needs <= basket)
            )

        return predict
