"""GET /metrics: what the service counts, as Prometheus reads it (text exposition format 0.0.4)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import metadata
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from policy.web import counts
from policy.web.board import LOST, Name
from policy.web.messages import Head, Reply, reply
from policy.web.service import Service

_PAGE, _TICK = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


class Told(NamedTuple):
    """A counter: its name, what it counts, and the names of its labels."""

    name: str
    text: str
    labels: tuple[str, ...]


COUNTERS: Mapping[str, Told] = {
    counts.DECISIONS: Told("scoregate_decisions", "Decisions given.", ("policy", "action")),
    counts.DEGRADED: Told(
        "scoregate_decisions_degraded",
        "Decisions and rankings that on_error answered, by what was missing: score, facts or log.",
        ("policy", "cause"),
    ),
    counts.REFUSED: Told(
        "scoregate_refused",
        "Requests without a decision or ranking, by cause: wrong facts (422) or an unwritable log (503).",
        ("policy", "cause"),
    ),
    counts.HITS: Told(
        "scoregate_rule_hits",
        "Conditions of rules and rows of tables that held (fired; preview: only counted) or were unknown.",
        ("policy", "rule", "state"),
    ),
    counts.IGNORED: Told(
        "scoregate_facts_ignored", "Facts sent that no input of the policy declares.", ("policy",)
    ),
    counts.LOG_FAILURES: Told(
        "scoregate_log_failures", "Decisions and rankings that the log could not take.", ("policy",)
    ),
    counts.RANKINGS: Told(
        "scoregate_rankings", "Rankings given, by where their items come from.", ("policy", "source")
    ),
    counts.LOOK_UPS: Told(
        "scoregate_store_look_ups",
        "Look-ups of what was computed beforehand: found, or missing for any reason.",
        ("policy", "result"),
    ),
    counts.ERRORS: Told("scoregate_http_errors", "Problem documents sent, by HTTP status.", ("status",)),
}


def metrics(service: Service, _name: str, _head: Head, _body: bytes) -> Reply:
    """The metrics of all workers together."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Service(service))
    return reply(200, generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4)


class _Service(Collector):
    """The metrics of a service at this moment."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        board = self._service.counts.board
        total = board.total()
        yield from _counters(total)
        yield _durations(total)
        yield from self._policies()
        yield from _processes(board.processes())
        version = {"version": metadata.version("scoregate")}
        yield InfoMetricFamily("scoregate_build", "The version of the service.", value=version)

    def _policies(self) -> Iterator[Metric]:
        held, status = self._service.policies, self._service.policies.status
        info = InfoMetricFamily(
            "scoregate_policy",
            "The policies that the answering worker serves.",
            labels=("policy", "kind", "policy_version", "model_version"),
        )
        for kind, policies in (("decision", held.decisions), ("ranking", held.rankings)):
            for name, one in policies.items():
                info.add_metric((name, kind, one.version, one.model_version or ""), {})
        yield info
        yield GaugeMetricFamily(
            "scoregate_policies_loaded_timestamp_seconds",
            "When the answering worker loaded its policies.",
            value=status.loaded_at,
        )
        yield GaugeMetricFamily(
            "scoregate_policies_reload_failing",
            "1 while changed files are not sound, so that the last good policies stay.",
            value=float(status.failed_at is not None),
        )


def _counters(total: Mapping[Name, int]) -> Iterator[Metric]:
    families = {
        kind: CounterMetricFamily(one.name, one.text, labels=one.labels) for kind, one in COUNTERS.items()
    }
    for (kind, *labels), value in sorted(total.items()):
        if kind in families:
            families[kind].add_metric(labels, value)
    yield from families.values()
    yield CounterMetricFamily(
        "scoregate_counts_lost", "Counts without a place, for there are too many of them.", value=total[LOST]
    )


def _durations(total: Counter[Name]) -> Metric:
    family = HistogramMetricFamily(
        "scoregate_decision_duration_seconds",
        "From the facts of a decision to its answer, the log included; without the time of the server.",
        labels=("policy",),
    )
    edges = [*(f"{bound / 1e9:g}" for bound in counts.BOUNDS), "+Inf"]
    for policy in sorted(name[1] for name in total if name[0] == counts.SPENT):
        buckets = (total[counts.TIMES, policy, str(place)] for place in range(len(edges)))
        spent = total[counts.SPENT, policy] / 1e9
        family.add_metric((policy,), list(zip(edges, accumulate(buckets), strict=True)), spent)
    return family


def _processes(workers: Mapping[int, int]) -> Iterator[Metric]:
    """What the processes take, by worker: a worker's successor has its number."""
    cpu = CounterMetricFamily("process_cpu_seconds", "User and system CPU time.", labels=("worker",))
    started = GaugeMetricFamily(
        "process_start_time_seconds", "When the process started, since 1970.", labels=("worker",)
    )
    memory = GaugeMetricFamily("process_resident_memory_bytes", "Resident memory.", labels=("worker",))
    files = GaugeMetricFamily("process_open_fds", "Open file descriptors.", labels=("worker",))
    for number, process in workers.items():
        with suppress(OSError):  # it has just ended, or this system tells nothing of processes
            place = Path(f"/proc/{process}")
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            label = (str(number),)
            cpu.add_metric(label, (int(fields[11]) + int(fields[12])) / _TICK)
            started.add_metric(label, _booted() + int(fields[19]) / _TICK)
            memory.add_metric(label, int(fields[21]) * _PAGE)
            files.add_metric(label, len(list((place / "fd").iterdir())))
    yield from (cpu, started, memory, files)


def _booted() -> float:
    lines = Path("/proc/stat").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("btime ")))
