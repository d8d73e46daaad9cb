"""What could be said at every request is said once a second, with how often it was so."""

from __future__ import annotations

from dataclasses import dataclass

_SECOND = 10**9


@dataclass(slots=True)
class Sparing:
    """Counts, and tells when it is time to speak. Threads may share one: at worst a line too many is written."""

    _said: int = -_SECOND
    _times: int = 0

    def __call__(self, at: int) -> int:
        """How often it was so since it was last said, this time included; 0: say nothing. at: nanoseconds."""
        self._times += 1
        if self._said <= at < self._said + _SECOND:  # a clock that is set back does not silence it
            return 0
        times, self._times, self._said = self._times, 0, at
        return times
