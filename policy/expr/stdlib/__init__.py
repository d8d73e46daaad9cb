"""The functions of the language, a file for each theme. Importing this package registers them all."""

from policy.expr.stdlib import bits, lists, maths, net, numbers, operators, patterns, strings, text, time

__all__ = ["bits", "lists", "maths", "net", "numbers", "operators", "patterns", "strings", "text", "time"]
