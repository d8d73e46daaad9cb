"""The few compiled loops. Before the first model that needs one is loaded nothing is compiled, nor numba imported.

    from scorer.kernels import Forest, trees
    kernel = trees(Forest.of(...))      # compiled, or without numba plain Python and NumPy: the same answers
    kernel.number([39.0, 3.0, ...])     # one row: the sum over the trees
    kernel.batch(matrix)                # (rows, width) sums

`warm()` compiles all kernels (seconds, once on a machine) or loads them from the cache (see `cache`).
"""

from scorer.kernels.forest import LEAF, Forest
from scorer.kernels.plain import PlainTrees
from scorer.kernels.trees import CompiledTrees, Trees, trees, warm

__all__ = ["LEAF", "CompiledTrees", "Forest", "PlainTrees", "Trees", "trees", "warm"]
