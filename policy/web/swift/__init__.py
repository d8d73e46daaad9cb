"""The swift way: a request that is plainly right, from its bytes to those of its answer, in one pass a policy.

`facts` makes a type of the inputs, so that decoding, checking and what the log holds are one step; `program`
generates from it the function that decides; `exchange` adds the log, the answer and the counts. Whatever one of them
cannot settle at a glance goes the general way (`policy.web.handler`), which is the meaning: both give the same bytes.
"""

from __future__ import annotations

from policy.web.swift.exchange import Swift

__all__ = ["Swift"]
