"""Classes that are not Spark's: refused by name, and scored once a stage is registered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import scorer
from scorer import stage as registry
from scorer.stage import Invalid, Stage, number, stage

README = Path(scorer.__file__).parent / "README.md"
CLASS = "shop.features.Clip"


@pytest.fixture(params=["custom_transformer-3.5", "custom_transformer-4.3"])
def custom(request, goldens):
    """Give the golden case whose pipeline holds a transformer written in Python."""
    return next(g for g in goldens if g.folder.name == request.param)


@pytest.fixture
def registered(monkeypatch):
    """Let the test register classes that are forgotten after it."""
    monkeypatch.setattr(registry, "_STAGES", dict(registry._STAGES))


@pytest.fixture
def example(registered, custom):
    """Run the example of the README, on the golden model and its rows."""
    section = README.read_text("utf-8").partition("## Classes of your own")[2].partition("\n## ")[0]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]
    code = code.replace("tests/golden/spark/custom_transformer-4.3/model", str(custom.model_path))
    names = {"table": custom.input.filter(custom.input["x"].is_valid()).slice(0, 5), "__name__": "example"}
    exec(code, names)
    return names


def test_the_example_of_the_readme_scores_as_spark_does(example, custom, compare):
    """With the README's stage, rows and tables get Spark's values, and are refused where Spark refuses them."""
    model = scorer.load(custom.model_path, schema=custom.input.schema).select(custom.columns)
    table, status = model.try_batch(custom.input)
    assert ["error" if s not in ("ok", "dropped") else s for s in status.to_pylist()] == custom.status
    kept = table.filter([s == "ok" for s in custom.status])
    answers = custom.expected.select(custom.columns).to_pylist()
    for name in custom.columns:
        assert compare(custom.expected.column(name), kept.column(name), 1e-12, 1.0) == []
    rows = [facts for facts, said in zip(custom.rows(), custom.status, strict=True) if said == "ok"]
    for facts, answer in zip(rows, answers, strict=True):
        assert compare(list(answer.values()), list(model.row(facts).values()), 1e-12, 1.0) == []


def test_the_example_says_what_comes_of_it(example):
    """The value in the example's comment is the one that is made."""
    assert example["model"].row({"x": 9.0, "y": 0.0}, columns=["held"]) == {"held": 2.0}


def test_an_exported_model_holds_the_class(example, custom, tmp_path):
    """A bundle of a pipeline with such a class loads where the stage is registered, with the same version."""
    path = tmp_path / "model.json"
    path.write_bytes(scorer.export(custom.model_path))
    bundle = scorer.load(path)
    assert bundle.version == example["model"].version
    assert bundle.row({"x": 9.0, "y": 0.0}) == example["model"].row({"x": 9.0, "y": 0.0})


def test_a_class_without_a_stage_is_refused_by_name(custom):
    """The refusal names the class, the stage's place, known relatives, and the way out."""
    with pytest.raises(scorer.UnsupportedError) as caught:
        scorer.load(custom.model_path)
    text = str(caught.value)
    for word in (
        CLASS,
        "stages/0_Clip_000000000001",
        "stage Clip_000000000001",
        "relatives: ",
        f'@stage("{CLASS}"',
    ):
        assert word in text


def test_the_nearest_class_is_named(custom, tmp_path):
    """A name that resembles a known class is told that class, whatever its package."""
    for path in custom.model_path.rglob("metadata/part-*"):
        made = tmp_path / path.relative_to(custom.model_path)
        made.parent.mkdir(parents=True)
        made.write_text(path.read_text().replace(CLASS, "mypackage.MyTokenizer"))
    with pytest.raises(
        scorer.UnsupportedError, match=r"mypackage\.MyTokenizer is not .* relatives: Tokenizer"
    ):
        scorer.load(tmp_path)


def test_a_class_is_registered_once(registered):
    """A class that another stage answers for is refused; the same stage may be registered again."""

    def made(name):
        return type(name, (Stage,), {"__module__": "shop", "__qualname__": name})

    register = stage(CLASS, inputs=("inputCol",), outputs=("outputCol",))
    register(made("Clip"))
    register(made("Clip"))
    with pytest.raises(ValueError, match=r"Clip is registered twice: by shop\.Clip and by shop\.Other"):
        register(made("Other"))


def test_a_row_that_the_stage_refuses_names_it(registered, custom):
    """`Invalid` in a stage of one's own becomes a RowError with the stage and the column."""

    @stage(CLASS, inputs=("inputCol",), outputs=("outputCol",))
    class Strict(Stage):
        @classmethod
        def read(cls, saved):
            return cls()

        def fields(self, inputs):
            return (number(),)

        def row(self):
            def refuse(value):
                raise Invalid("no number is good enough")

            return refuse

    model = scorer.load(custom.model_path)
    with pytest.raises(
        scorer.RowError, match="stage Clip_000000000001, column `x`: no number is good enough"
    ):
        model.row({"x": 1.0, "y": 0.0})
    with pytest.raises(scorer.RowError, match="no number is good enough"):
        model.batch(custom.input)


def test_a_stage_that_reads_as_several_says_so(registered, custom):
    """A stage registered for one column, whose `read` gives several stages, is refused by its name."""

    @stage(CLASS, inputs=("inputCol",), outputs=("outputCol",))
    class Several(Stage):
        @classmethod
        def read(cls, saved):
            return [cls(), cls()]

        def fields(self, inputs):
            return inputs

        def row(self):
            return float

    with pytest.raises(scorer.ScorerError, match=r"Several\.read` gave several stages"):
        scorer.load(custom.model_path)
