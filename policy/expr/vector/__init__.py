"""From a checked tree to straight-line NumPy over the columns of one chunk: `emitter` writes it, with the others' help.

`layout` says how columns come, `masks` joins what is true of rows, `relations` compares, `arithmetic` calculates.
"""
