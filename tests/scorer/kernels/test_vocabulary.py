"""The compiled sum over a text's words is the exact sum of what they add, or says that it does not know."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorer.kernels.vocabulary import vocabulary
from scorer.stages.text import Tokenizer

pytest.importorskip("numba", reason="the extra `fast` is not installed")
WORDS = st.text("aBzZ09é\0İß~", max_size=50)
BLANKS = st.sampled_from([" ", "  ", "\t", "\n", "\x0b", "\f", "\r"])
SHARES = st.floats(allow_nan=False, allow_infinity=False)
tokens = Tokenizer().row()


def lowered(text):
    return (text if text.isascii() else text.lower()).encode()


@settings(max_examples=200, deadline=None)
@given(pieces=st.lists(WORDS | BLANKS, max_size=12), data=st.data())
def test_a_text_adds_what_its_tokens_add(pieces, data):
    """A text whose tokens are all short and known has their exact sum, to the last bit, whatever its blanks."""
    text = "".join(pieces)
    shares = {token: data.draw(SHARES) for token in tokens(text)}
    known = vocabulary()
    for token, share in shares.items():
        known.learn(token, share)
    found = known.sum(lowered(text))
    try:
        meant = math.fsum(shares[token] for token in tokens(text))
    except OverflowError:
        meant = math.nan
    assert found == meant or math.isnan(found)
    tame = all(abs(share) < 1e9 and share * 2**20 == int(share * 2**20) for share in shares.values())
    if tame and all(len(token.encode()) <= 40 for token in shares):
        assert found == meant


def test_the_longest_words_are_told_apart():
    """Words of one to 41 letters, also those that differ in one letter, each add their own; only the longest goes."""
    known, doubled = vocabulary(), [c * n for n in range(1, 42) for c in "ab"]
    all_words = dict.fromkeys(doubled + [word[:-1] + "c" for word in doubled])
    for number, word in enumerate(all_words):
        known.learn(word, float(number))
    for number, word in enumerate(all_words):
        found = known.sum(word.upper().encode())
        assert math.isnan(found) if len(word) > 40 else found == number


@pytest.mark.parametrize("word", ["b", "", "aa", "a\0", "\0a", "á"])
def test_another_word_is_not_known(word):
    """A word that was not learned makes the text unknown."""
    known = vocabulary()
    known.learn("a", 1.0)
    assert known.sum(b"a a\t\n") == 2.0
    assert math.isnan(known.sum(f"a {word} a".encode()))


def test_a_text_that_finds_no_room_is_not_known():
    """Texts longer than the room for one are left to others, those that just fit are not."""
    known = vocabulary()
    known.learn("a", 1.0)
    longest = 2**16 - 17
    assert known.sum(b"a".ljust(longest)) == 1.0
    assert math.isnan(known.sum(b"a".ljust(longest + 1)))
    known.learn("a" * 2**17, 1.0)


def test_a_full_table_gives_no_wrong_share():
    """With more words than places, each adds its own share or is not known; after `clear` none is known."""
    known, count = vocabulary(), 1 << 17
    for number in range(count):
        known.learn(f"w{number}", float(number))
    found = [known.sum(f"w{number}".encode()) for number in range(count)]
    assert all(math.isnan(x) or x == number for number, x in enumerate(found))
    assert sum(map(math.isnan, found[: 1 << 15])) < 100
    known.clear()
    assert all(math.isnan(known.sum(f"w{number}".encode())) for number in range(0, count, 100))


@pytest.mark.parametrize(
    "shares", [[1e300, 1.0, -1e300], [2.0**60, 2.0**-60, 2.0**-180], [math.inf, 1.0], [math.nan]]
)
def test_a_sum_in_doubt_is_left_to_others(shares):
    """A sum that two doubles cannot hold is exact all the same, or not given."""
    known = vocabulary()
    for number, share in enumerate(shares):
        known.learn(f"w{number}", share)
    found = known.sum(" ".join(f"w{n}" for n in range(len(shares))).encode())
    assert math.isnan(found) or found == math.fsum(shares)


def test_threads_share_a_table():
    """Threads that learn and sum at once see their own words' shares or none."""
    known = vocabulary()

    def work(seed):
        random = Random(seed)
        for _ in range(3000):
            word = f"{seed}-{random.randrange(500)}"
            share = float(word.partition("-")[2])
            known.learn(word, share)
            assert known.sum(f"{word} {word}".encode()) == 2 * share

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
