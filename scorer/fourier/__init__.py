"""The Fourier and cosine transforms of JTransforms 3.1, which Spark 3.0 and later use, operation for operation.

    from scorer.fourier import forward, inverse
    forward(numbers)    # (…, slots) → (…, slots): the orthonormal DCT-II, each slot to the bit
    one(forward, 8)     # the same of eight floats, as a list, without NumPy; None where that is not worth its while

A transform in another order of sums is as exact, but where slots cancel it leaves other rests. So each algorithm
stands here as the library picks it by size: `splitradix` for powers of two, `mixedradix` for sizes whose prime
factors are small, `chirp` for the others. All work on the last axis of an array of doubles; real and imaginary parts
are arrays of their own, since NumPy may round a complex product otherwise.
"""

from scorer.fourier.cosine import forward, inverse
from scorer.fourier.program import one

__all__ = ["forward", "inverse", "one"]
