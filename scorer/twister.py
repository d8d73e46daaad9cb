"""The Mersenne Twister and the draws that Spark's LDA starts from: the same seed gives the same numbers.

Sources: Matsumoto and Nishimura, "Mersenne Twister" (1998), seeded by an array as their mt19937ar (2002) does; Box
and Muller (1958) for normal draws, Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). Which
words make a double, and in which order numbers are drawn, was found from what Spark's libraries answer
(`org.apache.commons.math3.random.MersenneTwister` 3.6, `breeze.stats.distributions.Gamma` 2.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from scorer.vectors import Floats

SIZE, MIDDLE = 624, 397  # words of the state; how far ahead a word is mixed with
_WORD, _UPPER, _LOWER = 0xFFFFFFFF, 0x80000000, 0x7FFFFFFF


def gamma_draws(seed: int, shape: float, count: int) -> Floats:
    """Return (count,) draws of a gamma distribution of mean 1; `shape` is 1 or more, the seed a signed long."""
    uniforms = _doubles(seed)
    if shape == 1.0:
        return np.array([-math.log(next(uniforms)) for _ in range(count)])
    normals = _normals(uniforms)
    return np.array([_gamma(shape, uniforms, normals) for _ in range(count)])


def _gamma(shape: float, uniforms: Iterator[float], normals: Iterator[float]) -> float:
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = next(normals)
        root = 1.0 + c * x
        if root <= 0.0:
            continue
        v, u = root * root * root, next(uniforms)
        if u < 1.0 - 0.0331 * x**4 or math.log(u) < 0.5 * x * x + d * (1.0 - v + math.log(v)):
            return 1.0 / shape * d * v


def _normals(uniforms: Iterator[float]) -> Iterator[float]:
    """Yield normal draws, two from each pair of uniform ones."""
    while True:
        angle = 2.0 * math.pi * next(uniforms)
        radius = math.sqrt(-2.0 * math.log(next(uniforms)))
        yield radius * math.cos(angle)
        yield radius * math.sin(angle)


def _doubles(seed: int) -> Iterator[float]:
    """Yield doubles from 0 to 1, of 52 bits each: 26 of a word, and 26 of the next."""
    words = _words([seed >> 32 & _WORD, seed & _WORD])
    while True:
        high, low = next(words) >> 6, next(words) >> 6
        yield (high << 26 | low) * 2.0**-52


def _words(key: list[int]) -> Iterator[int]:
    """Yield the generator's words of 32 bits."""
    state = _seeded(key)
    while True:
        for i in range(SIZE):
            mixed = state[i] & _UPPER | state[(i + 1) % SIZE] & _LOWER
            state[i] = state[(i + MIDDLE) % SIZE] ^ mixed >> 1 ^ (0x9908B0DF if mixed & 1 else 0)
        for word in state:
            y = word ^ word >> 11
            y ^= y << 7 & 0x9D2C5680
            y ^= y << 15 & 0xEFC60000
            yield y ^ y >> 18


def _seeded(key: list[int]) -> list[int]:
    """Return the state that a key of at most 624 words gives."""
    state = [19650218]
    for i in range(1, SIZE):
        state.append(1812433253 * (state[-1] ^ state[-1] >> 30) + i & _WORD)
    i = 1
    for step in range(SIZE):
        j = step % len(key)
        state[i] = (state[i] ^ (state[i - 1] ^ state[i - 1] >> 30) * 1664525) + key[j] + j & _WORD
        i = _next(state, i)
    for _ in range(SIZE - 1):
        state[i] = (state[i] ^ (state[i - 1] ^ state[i - 1] >> 30) * 1566083941) - i & _WORD
        i = _next(state, i)
    state[0] = _UPPER
    return state


def _next(state: list[int], i: int) -> int:
    """Step to the next place; past the end the last word becomes the first, and the second is next."""
    if i + 1 < SIZE:
        return i + 1
    state[0] = state[-1]
    return 1
