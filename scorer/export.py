"""A saved model as one JSON file: what its stages read, and nothing else."""

from __future__ import annotations

import os

from scorer.bundle import Recording
from scorer.containers import flatten
from scorer.ledger import Ledger
from scorer.saved import open_source, read
from scorer.wiring import wire


def export(location: str | os.PathLike[str]) -> bytes:
    """Read a saved model and return its bundle, which `scorer.load` reads from a file named *.json.

    The bundle has the same version hash and gives the same answers, and keeps the signature and the run that MLflow
    states. Raises ScorerError as `scorer.load` does.
    """
    place, source = open_source(location)
    recording = Recording(source)
    for saved in flatten(read(recording, "", Ledger(), None)):
        wire(saved)
    return recording.encode(place.origin.run_id, place.schema)
