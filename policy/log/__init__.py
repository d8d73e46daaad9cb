"""The decision log: one JSON line per decision, on its way to the disk before the answer leaves."""

from __future__ import annotations

from policy.errors import LogError
from policy.log.decisions import DecisionLog
from policy.log.form import Form
from policy.log.key import load_key
from policy.log.rankings import RankingRecord
from policy.log.reader import Damage, read, read_rankings, segments
from policy.log.record import Record, decode, encode
from policy.log.segment import is_live
from policy.log.writer import LogWriter, Sync

__all__ = [
    "Damage",
    "DecisionLog",
    "Form",
    "LogError",
    "LogWriter",
    "RankingRecord",
    "Record",
    "Sync",
    "decode",
    "encode",
    "is_live",
    "load_key",
    "read",
    "read_rankings",
    "segments",
]
