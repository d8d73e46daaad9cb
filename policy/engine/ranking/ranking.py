"""A ranking policy, ready to run: a user and a context in, the best items out, and why these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec import UNSET

from policy.engine.inputs import Inputs, Reading
from policy.engine.machine import NowNeededError, machine_values, microseconds, moment
from policy.engine.ranking.caps import Caps
from policy.engine.ranking.exclude import Exclusion, Seen
from policy.engine.ranking.items import Items
from policy.engine.ranking.masks import Mask
from policy.engine.ranking.order import factors, popularity
from policy.engine.ranking.outcome import RankedItem, RankOutcome, Reason
from policy.engine.ranking.ranker import Ranker
from policy.engine.ranking.request import Request, as_user, read_request
from policy.engine.ranking.rows import rank_rows
from policy.engine.ranking.stored import Lists, Stored, lists_version
from policy.errors import FactsError
from policy.spec.actions import REFUSE
from policy.spec.conditions import NOW
from policy.spec.entries import Entry
from policy.spec.rankings.blocks import BoostSpec
from policy.spec.rankings.ranking import RankingSpec
from policy.spec.store import LIVE
from policy.spec.values import plain

Array = Any  # a NumPy array

_FEW = (
    50  # the plan is a list if at most one item in so many is eligible; the ranker lists them, as it sees fit
)
_HISTORY = 3  # items of the history that a reason names
_MOST = 4_096  # items that are asked of the stream at once


@dataclass(frozen=True, slots=True)
class _Boost:
    spec: BoostSpec
    mask: Mask


@dataclass(frozen=True, slots=True)
class _Source:
    """Where scores come from for one request."""

    name: str
    vector: Array | None = None
    history: tuple[Array, Array] | None = None
    stored: Stored | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Ranking:
    """A ranking with its model and its items. Immutable but for masks it keeps; shared by threads.

    user_id: from a user as requests name them to the id that the ranker knows, None for one it cannot know. lists: the
    store that is asked first, if the policy names one. withdrawn: what the lists after `exclude` name; seen: the store
    after it.
    """

    spec: RankingSpec
    ranker: Ranker
    table: pa.Table
    user_id: Callable[[Any], Any] = as_user
    lists: Lists | None = None
    withdrawn: Sequence[Entry] = ()
    seen: Seen | None = None
    inputs: Inputs = field(init=False)
    items: Items = field(init=False)
    filters: tuple[tuple[str, Mask], ...] = field(init=False)
    boosts: tuple[_Boost, ...] = field(init=False)
    caps: Caps = field(init=False)
    exclusion: Exclusion = field(init=False)
    popular: tuple[Array, Array] | None = field(init=False)
    reads_now: bool = field(init=False)

    def __post_init__(self) -> None:
        spec, put = self.spec, partial(object.__setattr__, self)
        items = Items.of(spec.items, self.table, self.ranker.items)
        put("items", items)
        put("inputs", Inputs(spec.inputs, spec.unknown_facts == REFUSE))
        put("filters", tuple((one.name, Mask.of(one.keep, items)) for one in spec.filters))
        put("boosts", tuple(_Boost(one, Mask.of(one.when, items)) for one in spec.boosts))
        put("caps", Caps.of(spec.caps, items))
        put("exclusion", Exclusion.of(spec.exclude.words, self.withdrawn, self.seen, items))
        put("popular", None if spec.popular is None else popularity(items, spec.popular, spec.ties))
        conditions = [*(one.keep for one in spec.filters), *(one.when for one in spec.boosts)]
        ends = bool(self.exclusion.ending)
        put("reads_now", ends or any(NOW in one.reads for one in conditions))

    def __repr__(self) -> str:
        return f"<Ranking {self.name} {self.version[:15]}>"

    @property
    def name(self) -> str:
        """The policy's name."""
        return self.spec.name

    @property
    def version(self) -> str:
        """Content hash of the policy and its item table, "sha256:…"."""
        return self.spec.version

    @property
    def model_version(self) -> str:
        """Content hash of the model."""
        return self.ranker.version

    @property
    def lists_version(self) -> str:
        """The version of lists computed beforehand: a hash of the ranking, its items and its model."""
        return lists_version(self.spec, self.ranker.version)

    @property
    def live(self) -> Ranking:
        """The same ranking without its store."""
        return self if self.lists is None else replace(self, lists=None)

    def row(
        self, request: Any, *, now: Any = None, stored: Stored | None = None, strict: bool = False
    ) -> RankOutcome:
        """Rank for one request: `{user, n, history, exclude, …facts}` as JSON has it.

        now: as `Decision.row` takes it. stored: what a store holds for the user; without it the ranking's own store is
        asked. Its order is taken, and everything else holds as well. strict: a fact that the policy does not know is a
        problem. The list holds exactly min(n, eligible) items, fewer only if a cap keeps the others out, or if a stored
        list ends and the policy says `missing: fallback`; a user of whom nothing is known gets what `fallback` says.
        Raises FactsError with every problem,
        NowNeededError without a needed time.
        """
        asked, values, at, reading = self.read(request, now, strict=strict)
        if stored is None and self.lists is not None:
            stored = self.lists.row(asked.user)
        eligible, left, noted = self.eligible(asked, values, at)
        source, reasons = self._source(asked, stored)
        listed, plan, more = self._listed(source, asked, eligible, values)
        if source.stored is not None and self._may_be_live and len(listed) < min(asked.n, left[-1][1]):
            ended = Stored(None, f"the list has {len(listed)} items that may be shown")
            source, reasons = self._source(asked, ended)
            listed, plan, more = self._listed(source, asked, eligible, values)
        reasons += [*noted, *more]
        if asked.n < asked.wanted:
            reasons.append({"code": "most", "asked": min(asked.wanted, 2**63 - 1), "most": asked.n})
        if len(listed) < asked.n:
            reasons.append(self._fewer(source, eligible, asked.n))
        pairs = zip(self.spec.inputs, reading.values, strict=True)
        return RankOutcome(
            self.name,
            self.version,
            self.model_version,
            asked.user,
            asked.n,
            tuple(listed),
            tuple(left),
            plan,
            tuple(reasons),
            {one.name: plain(value) for one, value in pairs if value is not UNSET},
            reading.ignored,
            wanted=asked.wanted,
            history=asked.history,
            exclude=asked.exclude,
        )

    def batch(self, table: pa.Table | pa.RecordBatch, *, now: Any = None) -> pa.Table:
        """Rank for every row of a table, whose columns are the members of requests.

        A row for each item of each list: request (the row's number), user, place (from 1), id, score, source. A
        request with problems has one row with a null id and its `problem`.
        """
        return rank_rows(self.row, table, now)

    def read(
        self, request: Any, now: Any, *, strict: bool
    ) -> tuple[Request, Mapping[str, Any], int | None, Reading]:
        """The request, its machine values and its time. Raises FactsError, NowNeededError."""
        asked, problems = read_request(request, self.spec.limits)
        reading = self.inputs.read(asked.facts, strict=strict)
        if problems or reading.problems:
            raise FactsError([*problems, *reading.problems])
        at = moment(now) if self.reads_now else None
        if self.reads_now and at is None:
            raise NowNeededError(self.name)
        return asked, machine_values(self.spec.inputs, reading.values, None, at), at, reading

    def eligible(
        self, asked: Request, values: Mapping[str, Any], now: int | None
    ) -> tuple[Array, list[tuple[str, int]], list[Reason]]:
        """Which items may be shown, how many were left after each step, and what there is to say."""
        eligible = self.items.present
        left = [("items", int(np.count_nonzero(eligible)))]
        rows, reasons = self.exclusion.rows(asked, None if now is None else microseconds(now))
        if rows:
            eligible = eligible.copy()
            eligible[rows] = False
            left.append(("exclude", int(np.count_nonzero(eligible))))
        for name, mask in self.filters:
            eligible = eligible & mask.row(values)
            left.append((name, int(np.count_nonzero(eligible))))
        return eligible, left, reasons

    @property
    def _may_be_live(self) -> bool:
        """Whether the model answers where a store does not."""
        return self.spec.store is None or self.spec.store.missing == LIVE

    # -- inside -----------------------------------------------------------------------------------------------------

    def _source(self, asked: Request, stored: Stored | None) -> tuple[_Source, list[Reason]]:
        """What is stored, or the model if it knows the user, else the first fallback that can serve."""
        if stored is not None and stored.pairs is not None:
            return _Source("store", stored=stored), []
        missed: list[Reason] = [] if stored is None else [{"code": "store", "missing": stored.why}]
        live = stored is None or self._may_be_live
        user = self.user_id(asked.user) if live and asked.user is not None else None
        vector = None if user is None else self.ranker.user(user)
        if vector is not None:
            return _Source("model", vector), missed
        reasons = [*missed, {"code": "unknown_user"}] if live else missed
        for name in self.spec.fallback:
            if name == "fold_in" and (history := self._known(asked)) is not None:
                fold = self.spec.fold_in
                assert fold is not None
                vector = self.ranker.fold_in(*history, reg=fold.reg, alpha=fold.alpha, implicit=fold.implicit)
                return _Source(name, vector, history), [*reasons, {"code": "fallback", "source": name}]
            if name == "popular":
                return _Source(name), [*reasons, {"code": "fallback", "source": name}]
        return _Source("empty"), [*reasons, {"code": "fallback", "source": "empty"}]

    def _known(self, asked: Request) -> tuple[Array, Array] | None:
        """The slots and ratings of the history's items that the model knows; None if there are none."""
        rows = [(self.items.row(item), rating) for item, rating in asked.history]
        pairs = [(row, rating) for row, rating in rows if row is not None and row < self.items.slots]
        if not pairs:
            return None
        return np.array([row for row, _ in pairs], np.int32), np.array([rating for _, rating in pairs])

    def _listed(
        self, source: _Source, asked: Request, eligible: Array, values: Mapping[str, Any]
    ) -> tuple[list[RankedItem], str, list[Reason]]:
        """The items in their order, the plan, and what caps kept out."""
        boosting = (
            [(one.spec, one.mask.row(values)) for one in self.boosts] if source.vector is not None else []
        )
        if source.name == "empty" or not asked.n:
            return [], "none", []
        if source.stored is not None:
            stream, plan = self._by_store(source.stored, eligible), "store"
        elif source.vector is None:
            stream, plan = self._by_popularity(eligible), "popularity"
        else:
            mask = eligible[: self.items.slots]
            few = np.count_nonzero(mask) * _FEW <= self.items.slots
            plan = "list" if few else "scan"
            stream = self._by_score(source.vector, asked.n, mask, boosting)
        count = self.caps.start()
        chosen: list[tuple[int, float]] = []
        for rows, scores in stream:
            places = count.taken(rows.tolist(), asked.n - len(chosen)) if self.caps else range(len(rows))
            chosen += [(int(rows[place]), float(scores[place])) for place in places]
            if len(chosen) >= asked.n:
                break
        capped: list[Reason] = [
            {"code": "cap", "by": by, "skipped": skipped} for by, skipped in count.skipped.items()
        ]
        items = [self._item(row, score, source, boosting) for row, score in chosen[: asked.n]]
        return items, plan, capped

    def _by_score(
        self, vector: Array, n: int, mask: Array, boosting: Sequence[tuple[BoostSpec, Array]]
    ) -> Iterator[tuple[Array, Array]]:
        """Slots and scores in order, some at a time: the stream goes on where it stopped."""
        multiply, add = factors(boosting, self.items.slots)
        after: tuple[float, int] | None = None
        size = self.caps.ahead(n)
        while True:
            slots, scores = self.ranker.top(
                vector, size, mask=mask, multiply=multiply, add=add, after=after, ties=self.spec.ties
            )
            yield slots, scores
            if len(slots) < size:
                return
            after = float(scores[-1]), int(self.items.keys[slots[-1]])
            size = min(size * 4, _MOST)

    def _by_popularity(self, eligible: Array) -> Iterator[tuple[Array, Array]]:
        assert self.popular is not None
        order, numbers = self.popular
        rows = order[eligible[order]]
        yield rows, numbers[rows]

    def _by_store(self, stored: Stored, eligible: Array) -> Iterator[tuple[Array, Array]]:
        """What is stored, in its order, as far as it is still eligible; what stands there twice is shown once."""
        first: dict[int | None, float] = {}
        for id_, score in stored.pairs or ():
            first.setdefault(self.items.row(id_), score)
        known = [(row, score) for row, score in first.items() if row is not None]
        rows = np.array([row for row, _ in known], np.int64)
        kept = eligible[rows] if len(rows) else np.zeros(0, bool)
        yield rows[kept], np.array([score for _, score in known], np.float64)[kept]

    def _fewer(self, source: _Source, eligible: Array, asked: int) -> Reason:
        """Why a list has fewer items than asked for; eligible items that nothing gives a score are told apart."""
        count = int(np.count_nonzero(eligible))
        scored = count
        if source.vector is not None:
            scored = int(np.count_nonzero(eligible[: self.items.slots]))
        elif source.name == "popular" and self.popular is not None:
            scored = int(np.count_nonzero(eligible[self.popular[0]]))
        reason: Reason = {"code": "fewer", "eligible": count, "asked": asked}
        return reason if scored == count else {**reason, "without_score": count - scored}

    def _item(
        self, row: int, score: float, source: _Source, boosting: Sequence[tuple[BoostSpec, Array]]
    ) -> RankedItem:
        reasons: list[Reason] = []
        names = [spec.name for spec, mask in boosting if mask[row]]
        if names and source.vector is not None:
            before = float(self.ranker.scores(source.vector, np.array([row], np.int32))[0])
            reasons.append({"code": "boost", "boosts": names, "before": before})
        if source.history is not None and self.spec.fold_in is not None:
            fold, (slots, ratings) = self.spec.fold_in, source.history
            shares = self.ranker.contributions(
                slots, ratings, row, reg=fold.reg, alpha=fold.alpha, implicit=fold.implicit
            )
            best = np.argsort(-shares, kind="stable")[:_HISTORY].tolist()
            told = [{"item": self.items.ids[int(slots[at])], "adds": float(shares[at])} for at in best]
            reasons.append({"code": "history", "items": told})
        return RankedItem(self.items.ids[row], score, source.name, tuple(reasons))
