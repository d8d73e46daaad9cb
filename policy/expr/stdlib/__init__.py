"""The functions of the language, a file for each theme. Importing this package registers them all."""

from policy.expr.stdlib import lists, net, numbers, operators, patterns, strings, text, time

__all__ = ["lists", "net", "numbers", "operators", "patterns", "strings", "text", "time"]
