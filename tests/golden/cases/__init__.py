"""The golden cases: each module holds the cases of one family."""
