"""Words under linear weights: the fused sum is the sum of the stages, on any text."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scorer
from scorer import bag as bags
from scorer.columns import Rows
from scorer.compile import compile_row
from scorer.fast import fast_row, fused

WORDS = ["el", "ba", "con", "the", "THE", "ΑΣ", "İ", "di", "", "and", "ΑΣ'", "é"]
BLANKS = [" ", " ", " ", "  ", "\t", "\n", "\x0b", "\u00a0", "\x1c", "\x85"]
PIECES = st.lists(st.sampled_from([*WORDS, *BLANKS]) | st.text(max_size=3), max_size=25)
CASES = ["text_wide-4.3", "text_mixed-4.3", "text_pipeline-3.5"]


@pytest.fixture(scope="module", params=CASES)
def model(request, goldens):
    """Give a text model with a fused form."""
    case = next(g for g in goldens if g.folder.name == request.param)
    model = scorer.load(case.model_path)
    assert any(isinstance(part, bags.Bag) for part in fused(model._selection).layout.parts)
    return model


def outcome(function, facts):
    try:
        return function(facts)
    except scorer.RowError as e:
        return str(e)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(PIECES.map("".join) | st.none(), min_size=1, max_size=6))
def test_texts_are_scored_as_stage_after_stage(model, compare, texts):
    """Fused rows and batches give the values and errors of the stages, whatever blanks and letters a text holds."""
    facts = [{"t": text, "x": 0.25} for text in texts]
    plain, fast = compile_row(model._selection), fast_row(model._selection)
    meant = [outcome(plain, each) for each in facts]
    for each, answer in zip(facts, meant, strict=True):
        spelt = outcome(fast, each)
        assert (
            spelt == answer
            if isinstance(answer, str)
            else compare(list(answer.values()), list(spelt.values()), 1e-12, 1.0) == []
        )
    arrays = {"t": pa.array(texts, pa.string()), "x": pa.array([0.25] * len(texts))}
    arrays = {name: arrays[name] for name in model.inputs.names}
    made, book = model._tables._fast(arrays, len(texts), model._tables._general)
    columns, general = model._tables._general(arrays, Rows(len(texts)))
    assert {n: f.reason for n, f in book.faults.items()} == {n: f.reason for n, f in general.faults.items()}
    kept = pa.array([n not in book.faults for n in range(len(texts))])
    for name, column in columns.items():
        a, b = column.filter(kept).to_pylist(), made[name].filter(kept).to_pylist()
        assert compare(a, b, 1e-12, 1.0) == []


def test_what_is_remembered_is_bounded(goldens, monkeypatch):
    """After more distinct words than are kept, the same text has the same score."""
    monkeypatch.setattr(bags, "REMEMBERED", 8)
    case = next(g for g in goldens if g.folder.name == "text_wide-4.3")
    model = scorer.load(case.model_path)
    first = model.row({"t": "el ba con di"})
    for start in range(0, 100, 10):
        model.row({"t": " ".join(f"w{i}" for i in range(start, start + 10))})
    assert model.row({"t": "el ba con di"}) == first


def test_tokens_in_place_of_a_text_are_no_text(goldens):
    """A value that is no text is refused by the stage that reads it, not by the fused form."""
    case = next(g for g in goldens if g.folder.name == "text_wide-4.3")
    model = scorer.load(case.model_path)
    for odd in (7, ["el"], b"el", {}):
        with pytest.raises(scorer.RowError, match=r"stage Tokenizer_000000000001, column `t`: .* is no text"):
            model.row({"t": odd})


def test_a_text_has_one_score_to_the_last_bit(goldens, monkeypatch):
    """The score does not depend on which words were met before, nor on whether kernels are compiled here."""
    case = next(g for g in goldens if g.folder.name == "text_wide-4.3")
    model = scorer.load(case.model_path)
    monkeypatch.setattr(bags, "vocabulary", lambda: None)
    plain = scorer.load(case.model_path)
    texts = [f"el ba\t{'con ' * n}w{n} {'x' * (30 + n)} É{n} di " for n in range(40)]
    first, second = ([model.row({"t": text}) for text in texts] for _ in range(2))
    assert first == second == [plain.row({"t": text}) for text in texts]
