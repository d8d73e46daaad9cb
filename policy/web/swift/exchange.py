"""One exchange the swift way: what the handler does for an ordinary decision, with what is known looked up before."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import msgspec

from policy.engine.decision import Decision
from policy.engine.outcome import Outcome
from policy.errors import LogError
from policy.log import DecisionLog
from policy.log.form import fill as fill_line
from policy.web.answers import fill as fill_answer
from policy.web.identity import new_id
from policy.web.messages import JSON
from policy.web.service import Service
from policy.web.swift.program import compile_bytes

Exchange = Callable[[dict[str, Any]], bytes | None]

_DIGITS = 5  # a Content-Length of fewer is small enough for every route

_encode = msgspec.json.Encoder().encode


class Swift:
    """The swift exchanges of a service, by path: those of its policies as they are now."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._known: tuple[Any, dict[str, Exchange]] = (None, {})

    def find(self, path: str) -> Exchange | None:
        """The exchange at an address, as WSGI gives it; None if there is none.

        It takes the environment of a request, and gives the body of an answer with the status 200, or None: then
        nothing has happened, and the request is as it was.
        """
        runtime, exchanges = self._known
        if runtime is not self._service.policies.runtime:
            exchanges = self._learn()
        return exchanges.get(path)

    def _learn(self) -> dict[str, Exchange]:
        runtime, log = self._service.policies.runtime, self._service.log
        found = {}
        for name, decision in runtime.decisions.items():
            if isinstance(log, DecisionLog) and decision.scoring.kept is None and name.isascii():
                found[f"/v1/decisions/{name}"] = _exchange(
                    self._service, _answer(self._service, log, decision)
                )
        self._known = runtime, found
        return found


class _Begun:
    """A body of which the first bytes have been read already."""

    def __init__(self, first: bytes, rest: Any) -> None:
        self._first, self._rest = first, rest

    def read(self, size: int) -> bytes:
        """At most so many bytes, which must be at least those read before."""
        first, self._first = self._first, b""
        return first or self._rest.read(size)


def _exchange(service: Service, answer: Callable[[bytes], bytes | None]) -> Exchange:
    """The exchange over what gives the answer to a whole body, or None."""
    tokens = service.tokens

    def exchange(environ: dict[str, Any]) -> bytes | None:
        length = environ.get("CONTENT_LENGTH") or ""
        if (
            environ["REQUEST_METHOD"] != "POST"
            or environ.get("CONTENT_TYPE") != JSON
            or "HTTP_IDEMPOTENCY_KEY" in environ
            or "HTTP_SCOREGATE_COMPLETED" in environ
            or "HTTP_CONTENT_ENCODING" in environ
            or "HTTP_TRANSFER_ENCODING" in environ
            or not (len(length) < _DIGITS and length.isdecimal() and length.isascii())
            or (tokens.digests and not tokens.admit(environ.get("HTTP_AUTHORIZATION") or ""))
        ):
            return None
        declared, stream = int(length), environ["wsgi.input"]
        body = stream.read(declared)
        text = answer(body) if len(body) == declared else None
        if text is None:
            environ["wsgi.input"] = _Begun(body, stream)
        return text

    return exchange


def _answer(service: Service, log: DecisionLog, decision: Decision) -> Callable[[bytes], bytes | None]:
    """The function from a body to its answer, or to None if the general way must look at it."""
    form, answers, counts = log.form(decision), service.answers(decision), service.counts
    decide = compile_bytes(decision, dict(form.changes))
    append, clock, entropy = log.writer.append, service.clock, service.entropy
    frames = {
        id(band): (
            form.frame(Outcome(decision.origin, band.action, band.lower, band, ())),
            answers.frames[id(band)],
        )
        for band in decision.bands.bands
    }

    def answer(body: bytes) -> bytes | None:
        began, at = perf_counter_ns(), clock()
        found = decide(body, at // 1000 * 1000)
        if found is None:
            return None
        decision_id = new_id(at, entropy())
        try:
            if not isinstance(found, tuple):
                log.record(decision, found, decision_id, at)
                counts.of(decision).decided(found, perf_counter_ns() - began)
                return answers.encode(found, decision_id)
            facts, number, band = found
            line, frame = frames[id(band)]
            name, score, far = decision_id.encode(), _encode(number), _encode(band.distance(number))
            append(fill_line(line, name, at, _encode(facts), score, far))
        except LogError:  # it is tried again the general way, which knows what to do then
            return None
        counts.of(decision).add(band.action, perf_counter_ns() - began)
        return fill_answer(frame, name, score, far)

    return answer
