"""Spark SQL of one row: a SELECT's projection and filter, typed as Spark types it.

parse      statement text -> nodes of the subset; all else is refused by name (sqlglot reads Spark's dialect)
expressions literals  the parts of a statement, each node and argument checked
types      Spark's types, Arrow's, which is common to two
typing     nodes -> typed expressions: implicit casts, the functions chosen by type    logic- math- stringtyping
fold       what reads no column is a value before a row is seen, as Spark's optimizer leaves it
rows       what Spark's operators do to one row's values       casts  texts  dates  decimals  numbers
filters    a filter -> the questions that Spark asks of a row, in its order
code       typed expressions -> one Python function of a row: the meaning
duck       typed expressions -> DuckDB's SQL for a batch: the faster spelling, where it is exactly equal
"""
