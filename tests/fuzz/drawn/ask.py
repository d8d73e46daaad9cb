"""Fit random pipelines with the Spark of the interpreter that runs this, save them, and record what Spark answers.

    python tests/fuzz/drawn/ask.py HOME COUNT SEED [--sql] [--last MAKER]

Each pipeline becomes a folder HOME/spark/<number>-<version>, as a golden case is; that it begins, and its name or why
Spark refused to fit, are written as JSON lines.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

FUZZ = Path(__file__).resolve().parents[1]
sys.path += [str(FUZZ.parent / "golden"), str(FUZZ.parent / "lib")]
os.environ.setdefault(
    "PYSPARK_SUBMIT_ARGS", '--driver-java-options "-XX:+UseSerialGC -XX:TieredStopAtLevel=1" pyspark-shell'
)

from case import Case
from draw import Draw
from features import FEATURES
from models import MODELS
from pyspark.ml import Pipeline
from session import Session, start
from statements import statement
from tables import RETYPES, TYPES, hard, retyped, train
from write import write

LABELS = {"l2", "l3", "l5", "one", "zero", "ly", "lp", "lu", "cen", "wt", "ls", "rating"}
TRIES = 8


def stages(d: Draw, last: str) -> list[Any]:
    """Draw one to five stages: features of any kind, and at the end what the maker makes that is named."""
    made = [FEATURES[d.chance.choice(sorted(FEATURES))](d) for _ in range(d.pick(0, 0, 1, 1, 2, 3, 4))]
    return [*made, (FEATURES | MODELS)[last](d)]


def named(pipeline: list[Any]) -> list[str]:
    """Name the raw columns that the parameters of stages name."""
    words: set[str] = set()
    for stage in pipeline:
        for param, value in stage.extractParamMap().items():
            texts = value if isinstance(value, list) else [value]
            words |= {
                w
                for t in texts
                if isinstance(t, str) and param.name != "stopWords"
                for w in re.findall(r"\w+", t)
            }
        for inner in ("estimator", "stages"):
            if stage.hasParam(inner):
                held = stage.getOrDefault(inner)
                words |= set(named(held if isinstance(held, list) else [held]))
    return [name for name in TYPES if name in words]


def drawn(chance: Random, name: str, last: str) -> Case:
    """Draw a pipeline and the rows that it scores."""
    d = Draw(chance)
    fitted = train(chance)
    pipeline = stages(d, last)
    asked = {*named(pipeline), "x"}
    needed = named(
        [stage for stage in pipeline if stage._paramMap.get(getattr(stage, "handleInvalid", None)) == "skip"]
    )
    columns = [c for c in TYPES if c in asked and (c not in LABELS or c in needed or chance.random() < 0.3)]
    rows, types = hard(chance, fitted, columns), {c: TYPES[c] for c in columns}
    for place, column in enumerate(columns):
        if types[column] in RETYPES and chance.random() < 0.15:
            types[column] = chance.choice(RETYPES[types[column]])
            rows = [
                [retyped(v, types[column]) if i == place else v for i, v in enumerate(row)] for row in rows
            ]
    if chance.random() < 0.1:
        _unnamed(pipeline[-1])
    while chance.random() < 0.15:
        cut = chance.randint(0, len(pipeline))
        pipeline = [Pipeline(stages=pipeline[:cut]), *pipeline[cut:]]
    alone = len(pipeline) == 1 and not isinstance(pipeline[0], Pipeline) and chance.random() < 0.5

    def build(session: Session) -> Any:
        needed = [n for n in TYPES if n in asked or n in LABELS]
        schema = " ".join(f"{n}:{TYPES[n]}" for n in needed)
        frame = (
            session.frame(schema, [[row[n] for n in needed] for row in fitted])
            .withColumn("_row", _zero())
            .cache()
        )
        if alone:
            return pipeline[0].fit(frame) if hasattr(pipeline[0], "fit") else pipeline[0]
        return Pipeline(stages=pipeline).fit(frame)

    schema = " ".join(f"{n}:{k}" for n, k in types.items())
    return Case(name, " > ".join(map(_described, pipeline)), schema, rows, build)


def _unnamed(stage: Any) -> None:
    """Leave the names of a stage's outputs to Spark."""
    for name in ("outputCol", "predictionCol", "rawPredictionCol", "probabilityCol", "topicDistributionCol"):
        if stage.hasParam(name):
            stage.clear(stage.getParam(name))


def _zero() -> Any:
    from pyspark.sql.functions import lit

    return lit(0)


def _described(stage: Any) -> str:
    if isinstance(stage, Pipeline):
        return f"[{' > '.join(map(_described, stage.getStages()))}]"
    given = ", ".join(f"{p.name}={v!r}" for p, v in stage._paramMap.items())
    return f"{type(stage).__name__}({given})"


def main() -> None:
    """Ask COUNT times; each maker makes the last stage in turn."""
    options = _options()
    session = Session(start(), options.home)
    makers = [options.last] if options.last else sorted([*FEATURES, *MODELS])
    for number in range(options.seed, options.seed + options.count):
        for again in range(1 if options.sql else TRIES):
            if _asked(session, options, number, again, makers[number % len(makers)]):
                break


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int)
    parser.add_argument("--sql", action="store_true")
    parser.add_argument("--last", choices=sorted([*FEATURES, *MODELS]))
    return parser.parse_args()


def _asked(session: Session, options: argparse.Namespace, number: int, again: int, last: str) -> bool:
    """Ask Spark of one pipeline, say what came of it, and whether it could be fitted."""
    begun = time.perf_counter()
    chance = Random(f"{number}.{again}")
    law = last
    try:
        case = statement(chance, f"sql{number}") if options.sql else drawn(chance, f"pipe{number}", last)
        law = case.law
        _say({"number": number, "begun": law})
        said = {"made": str(write(case, session, options.home))}
    except Exception as error:
        said = {"refused": f"{type(error).__name__}: {str(error)[:300]}"}
    seconds = round(time.perf_counter() - begun, 2)
    done = "made" in said or options.sql or again == TRIES - 1
    _say({"number": number, "law": law, "seconds": seconds, "done": done, **said})
    session.spark.catalog.clearCache()
    return "made" in said


def _say(facts: dict[str, Any]) -> None:
    print("ASKED " + json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
