"""Text: words, their counts, their hashes, their vectors."""

from __future__ import annotations

import random
from typing import Any

from case import case
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import (
    IDF, CountVectorizer, CountVectorizerModel, HashingTF, NGram, RegexTokenizer, StopWordsRemover, Tokenizer, VectorAssembler,
    Word2Vec,
)  # fmt: skip
from session import Session
from values import INF, NAN, dense, hard, sparse

TEXTS = [
    ["The quick  brown fox"], [""], [" "], ["   "], [" leading"], ["trailing "], ["tab\tand\nnewline\x0bvt\x0cff\rcr"],
    ["no\u00a0break\u2003em\u001csep\u0085nel"], ["ΟΔΥΣΣΕΥΣ ΑΣ"], ["İstanbul Iğdır"], ["Straße ẞ ǅ"], ["\U0001f600 smile\U0001f600d"],
    ["a,b;;c , d"], ["don't stop-words_here 12.5 3"], [None], ["ﬁne \u0301 combining é"], ["x" * 40 + " y"], ["a a a b"],
]  # fmt: skip


@case("tokenizer", "Lower case, then a split at each blank.", "t:string", TEXTS)
def _tokenizer(_: Session) -> Tokenizer:
    return Tokenizer(inputCol="t", outputCol="w")


PATTERNS: dict[str, dict[str, Any]] = {
    "default": {},
    "words": {"pattern": r"\W+"},
    "gaps_off": {"pattern": r"\w+", "gaps": False},
    "min_length": {"pattern": r"\s", "minTokenLength": 3},
    "zero_length": {"pattern": r"\s", "minTokenLength": 0},
    "case": {"pattern": r"[,;]\s*", "toLowercase": False},
    "empty": {"pattern": ""},
    "digits": {"pattern": r"\d+(\.\d+)?|[a-z]+", "gaps": False},
    "posix": {"pattern": r"\p{Punct}+|\p{javaWhitespace}+"},
    "unicode": {"pattern": r"\p{L}+", "gaps": False},
    "possessive": {"pattern": r"[a-z]++|\h", "gaps": False, "minTokenLength": 2},
    "flags": {"pattern": r"(?i)[O-T]", "toLowercase": False},
    "class": {"pattern": r"[a-z&&[^aeiou]]+", "gaps": False},
    "lookaround": {"pattern": r"(?<=a)|(?=b)"},
    "boundary": {"pattern": r"\b"},
}
for _name, _params in PATTERNS.items():

    @case(
        f"regex_tokenizer_{_name}",
        f"Java's regular expression {_params.get('pattern', 'by default')!r}.",
        "t:string",
        TEXTS,
    )
    def _regex(_: Session, params: dict[str, Any] = _params) -> RegexTokenizer:
        return RegexTokenizer(inputCol="t", outputCol="w", **params)


WORDS = [
    [["the", "Quick", "The", "fox", "I"]], [[]], [None], [["", " ", "a"]], [[None, "fox"]], [["THE", "İ", "i̇"]], [["ΑΣ", "ας"]],
]  # fmt: skip
W = "w:array<string>"


@case("stop_words", "English stop words whatever their case.", W, WORDS)
def _stop(_: Session) -> StopWordsRemover:
    return StopWordsRemover(inputCol="w", outputCol="kept")


@case("stop_words_case", "Own stop words, case kept.", W, WORDS)
def _stop_case(_: Session) -> StopWordsRemover:
    return StopWordsRemover(
        inputCol="w", outputCol="kept", stopWords=["The", "fox", "", "ΑΣ"], caseSensitive=True
    )


@case("stop_words_own", "Own stop words, case ignored.", W, WORDS)
def _stop_own(_: Session) -> StopWordsRemover:
    return StopWordsRemover(
        inputCol="w", outputCol="kept", stopWords=["QUICK", "İ", "ΑΣ", "a"], locale="en_US"
    )


@case("stop_words_turkish", "The locale decides on lower case.", W, [*WORDS, [["I", "ı", "i", "İ"]]])
def _stop_turkish(_: Session) -> StopWordsRemover:
    return StopWordsRemover(inputCol="w", outputCol="kept", stopWords=["I"], locale="tr_TR")


@case(
    "stop_words_many",
    "Several columns at once.",
    "a:array<string> b:array<string>",
    [[["the", "x"], ["a", "y"]], [None, ["a"]], [[], ["of"]]],
)
def _stop_many(_: Session) -> StopWordsRemover:
    return StopWordsRemover(inputCols=["a", "b"], outputCols=["ka", "kb"])


for _n in (1, 2, 3):

    @case(f"ngram_{_n}", f"Windows of {_n}.", W, WORDS)
    def _ngram(_: Session, n: int = _n) -> NGram:
        return NGram(n=n, inputCol="w", outputCol="g")


BAGS = [
    [["a", "b", "a", "c"]], [["a"]], [[]], [["z", "z"]], [["a", "a", "a", "z"]], [None], [["b", None, "a"]], [["", "b"]], [["c"] * 10 + ["a"]],
]  # fmt: skip
TRAIN = [[["a", "b", "c", "a"]], [["a", "b", ""]], [["a", "c", "d"]]]
COUNTS: dict[str, dict[str, Any]] = {
    "": {},
    "_binary": {"binary": True},
    "_min": {"minTF": 2.0},
    "_share": {"minTF": 0.3},
    "_small": {"vocabSize": 2},
}
for _name, _params in COUNTS.items():

    @case(f"count_vectorizer{_name}", f"Counts of known words; {_params or 'defaults'}.", W, BAGS)
    def _counts(s: Session, params: dict[str, Any] = _params) -> CountVectorizerModel:
        return CountVectorizer(inputCol="w", outputCol="v", **params).fit(s.frame(W, TRAIN))


@case("count_vectorizer_vocabulary", "A model made from a vocabulary.", W, BAGS)
def _vocabulary(_: Session) -> CountVectorizerModel:
    return CountVectorizerModel.from_vocabulary(["b", "a"], inputCol="w", outputCol="v")


TERMS = [
    *BAGS,
    [["blå", "\U0001f600", "æ", "日本語", "abcd", "abcde", "abcdefg"]],
    [["é", "e\u0301", "", " "]],
]
for _size in (4096, 16):

    @case(f"hashing_tf_{_size}", f"Words hashed into {_size} slots.", W, TERMS)
    def _hash(_: Session, size: int = _size) -> Any:
        return HashingTF(numFeatures=size, inputCol="w", outputCol="v", binary=size == 16)


KINDS = {
    "int": [[1, -1, 1, None, 2147483647]],
    "bigint": [[1, -1, 9007199254740993]],
    "double": [[1.0, -0.0, 0.0, NAN, INF, 1.5]],
    "float": [[1.0, -0.0, 0.0, NAN, 0.1]],
    "boolean": [[True, False, True, None]],
    "smallint": [[5, -5]],
    "tinyint": [[5, -5]],
}
for _kind, _row in KINDS.items():

    @case(
        f"hashing_tf_{_kind}", f"An array of {_kind} is hashed by value.", f"w:array<{_kind}>", [_row, [[]]]
    )
    def _hash_kind(_: Session) -> HashingTF:
        return HashingTF(numFeatures=1024, inputCol="w", outputCol="v")


@case(
    "idf",
    "Counts times the inverse document frequency; a word below minDocFreq is 0.",
    "v:vector",
    hard(),
    tolerance="sums",
)
def _idf(s: Session) -> Any:
    return IDF(inputCol="v", outputCol="w", minDocFreq=2).fit(
        s.frame("v:vector", [[dense(1.0, 0.0, 3.0)], [sparse(3, {0: 2.0, 2: 1.0})], [dense(1.0, 1.0, 0.0)]])
    )


@case(
    "word2vec",
    "The mean of the words' vectors; words not known count in the divisor.",
    W,
    [[["a", "b"]], [["a"]], [["a", "zzz"]], [["zzz"]], [[]], [None], [["a"] * 7 + ["b"] * 3]],
    tolerance="sums",
)
def _word2vec(s: Session) -> Any:
    made = Word2Vec(vectorSize=5, minCount=1, seed=3, inputCol="w", outputCol="v", maxIter=2)
    return made.fit(s.frame(W, [[["a", "b", "c", "d"] * 3], [["b", "a", "e"] * 4]]))


SENTENCES = [
    ["spark is a fast engine", 1.0],
    ["hadoop map reduce was slow", 0.0],
    ["fast spark streams", 1.0],
    ["slow disk and slow tape", 0.0],
    ["the engine of spark", 1.0],
    ["a slow map", 0.0],
]


@case(
    "text_pipeline",
    "Words, stop words, hashes, IDF and a logistic regression.",
    "t:string",
    [[t] for t, _ in SENTENCES] + [[""], ["Spark SPARK spark"], ["nothing known here"]],
    tolerance="sums",
)
def _pipeline(s: Session) -> Any:
    stages = [
        Tokenizer(inputCol="t", outputCol="words"), StopWordsRemover(inputCol="words", outputCol="kept"),
        HashingTF(inputCol="kept", outputCol="tf", numFeatures=256), IDF(inputCol="tf", outputCol="features"),
        LogisticRegression(maxIter=10, regParam=0.1),
    ]  # fmt: skip
    return Pipeline(stages=stages).fit(s.frame("t:string label:double", SENTENCES))


@case(
    "text_counts_pipeline",
    "A regular expression, word pairs and counts.",
    "t:string",
    [[t] for t, _ in SENTENCES] + [["fast fast fast"], [""]],
    tolerance="sums",
)
def _counts_pipeline(s: Session) -> Any:
    stages = [
        RegexTokenizer(inputCol="t", outputCol="words", pattern=r"\W"), NGram(inputCol="words", outputCol="pairs"),
        CountVectorizer(inputCol="pairs", outputCol="tf", vocabSize=20), IDF(inputCol="tf", outputCol="features"),
    ]  # fmt: skip
    return Pipeline(stages=stages).fit(s.frame("t:string label:double", SENTENCES))


SYLLABLES = [
    "ba",
    "con",
    "di",
    "el",
    "fra",
    "gu",
    "hem",
    "in",
    "ja",
    "kor",
    "lum",
    "mi",
    "no",
    "or",
    "pla",
    "qui",
    "re",
    "sto",
    "ta",
    "ver",
]
CHANCE = random.Random(77)
LEXICON = ["".join(CHANCE.choices(SYLLABLES, k=CHANCE.randint(1, 4))) for _ in range(4000)] + [
    "the",
    "and",
    "of",
] * 3
SHARES = [1 / (rank + 10) for rank in range(len(LEXICON))]


def _message(words: int) -> list[Any]:
    """Draw a text, frequent words first, and its class: by its words' first letters."""
    drawn = CHANCE.choices(LEXICON, SHARES, k=words)
    return [" ".join(drawn), float(sum(word[0] in "bdfh" for word in drawn) > 0.25 * words)]


MESSAGES = [_message(CHANCE.randint(5, 40)) for _ in range(1500)]
ODD_MESSAGES = [
    ["Ba con\tDI  di THE the"],
    [""],
    ["   "],
    [None],
    [" el"],
    ["el  \n"],
    ["ΟΔΥΣΣΕΥΣ İ ba\u00a0con"],
    ["di " * 9 + "ba"],
]


@case(
    "text_wide",
    "Messages of 20 words in 2^18 slots: words, stop words, hashes, IDF and a logistic regression.",
    "t:string",
    [[_message(20)[0]] for _ in range(100)] + ODD_MESSAGES,
    tolerance="sums",
    keep=("rawPrediction", "probability", "prediction"),
)
def _wide(s: Session) -> Any:
    stages = [
        Tokenizer(inputCol="t", outputCol="words"), StopWordsRemover(inputCol="words", outputCol="kept"),
        HashingTF(inputCol="kept", outputCol="tf"), IDF(inputCol="tf", outputCol="features", minDocFreq=2),
        LogisticRegression(maxIter=10, regParam=0.01),
    ]  # fmt: skip
    return Pipeline(stages=stages).fit(s.frame("t:string label:double", MESSAGES))


@case(
    "text_mixed",
    "Pairs of words and single words counted, beside a number, in one logistic regression.",
    "t:string x:double",
    [[_message(20)[0], CHANCE.random()] for _ in range(20)]
    + [[*text, 0.5] for text in ODD_MESSAGES]
    + [["ba con", NAN], ["ba", None]],
    tolerance="sums",
)
def _mixed(s: Session) -> Any:
    stages = [
        RegexTokenizer(inputCol="t", outputCol="words"), NGram(inputCol="words", outputCol="pairs"),
        CountVectorizer(inputCol="pairs", outputCol="of_pairs", vocabSize=200), HashingTF(inputCol="words", outputCol="of_words", numFeatures=512, binary=True),
        VectorAssembler(inputCols=["of_pairs", "x", "of_words"], outputCol="features"), LogisticRegression(maxIter=10, regParam=0.01),
    ]  # fmt: skip
    rows = [[text, label, CHANCE.random()] for text, label in MESSAGES[:400]]
    return Pipeline(stages=stages).fit(s.frame("t:string label:double x:double", rows))
