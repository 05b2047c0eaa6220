"""Bulk calls: several claims of one action that go out together, each with an end of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import orjson

from bridge.canonical.ids import random_id
from bridge.canonical.text import cut, storable
from bridge.connectors.action import Action, Receipt
from bridge.exchange import KEPT_BODY_CHARS, Exchange, recording
from bridge.http import within
from bridge.outbox.attempt import Try
from bridge.outbox.claims import Claimed, End
from bridge.outbox.coalescing import Merged
from bridge.outbox.sharing import Bulk as Place
from bridge.outbox.sharing import Sharing

Ended = tuple[Claimed, End]
Ready = tuple[Try, Merged]


def calls(
    claims: Sequence[Claimed], sharing: Sharing, *, scarce: Mapping[str, int], now: datetime
) -> list[list[Claimed]]:
    """The calls that these claims are: bulk calls as full as may be, and the rest one by one.

    What may have happened already, and was not seen to, goes alone: it is looked for first. Inside
    a call the oldest come first, since vendors work on what they are sent in order.
    """
    patient = ((one.key, _bulk(one)) for one in claims if not one.delivery.urgent)
    crowds = sharing.crowds(patient, scarce)
    shared: dict[Place, list[Claimed]] = {}
    made: list[list[Claimed]] = []
    for claimed in claims:
        bulk = _bulk(claimed)
        if not _may_share(claimed, sharing, crowded=bulk in crowds, now=now):
            made.append([claimed])
            continue
        call = shared.get(bulk)
        if call is None or len(call) >= sharing.size(bulk):
            call = shared[bulk] = []
            made.append(call)
        call.append(claimed)
    return [sorted(call, key=lambda claimed: claimed.delivery.seq) for call in made]


def _may_share(claimed: Claimed, sharing: Sharing, *, crowded: bool, now: datetime) -> bool:
    row, bulk = claimed.delivery, _bulk(claimed)
    if sharing.size(bulk) < 2 or claimed.rescued or row.find_first:
        return False
    if not sharing.shy(bulk):
        return True
    stale = row.stale_at is not None and row.stale_at <= now
    return not row.urgent and (crowded or stale)


def _bulk(claimed: Claimed) -> Place:
    return claimed.delivery.connection, claimed.delivery.batch


@dataclass
class Once:
    """Does it when it is first called. What befell that call befalls every later one."""

    do: Callable[[], None]
    _done: bool = False
    _error: Exception | None = None

    def __call__(self) -> None:
        if not self._done:
            self._done = True
            try:
                self.do()
            except Exception as error:  # noqa: BLE001  (see above)
                self._error = error
        if self._error is not None:
            raise self._error


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """One call for several tries of one action at one connection."""

    tries: Sequence[Try]

    def ends(self) -> list[Ended]:
        """How each ended, those that ended before the call first."""
        begun = [(one, one.begin()) for one in self._looking_once()]
        over = [(one.claimed, end) for one, end in begun if isinstance(end, End)]
        ready = [(one, merged) for one, merged in begun if isinstance(merged, Merged)]
        if len(ready) == 1:
            return [*over, (ready[0][0].claimed, ready[0][0].end())]
        return [*over, *self._call(ready)] if ready else over

    def _looking_once(self) -> Sequence[Try]:
        """What is to be known before they are judged is asked for all of them at once."""
        first = self.tries[0]
        judged = [one.claimed for one in self.tries if one.still.concerns(one.delivery)]
        look = Once(partial(first.still.look, judged, first.connected))
        return [replace(one, look=look) for one in self.tries]

    def _call(self, ready: Sequence[Ready]) -> list[Ended]:
        first, kind = ready[0][0], type(ready[0][1].action)
        started = first.clock.monotonic()
        exchanges: list[Exchange] = []
        results: Sequence[Receipt | Exception | None]
        try:
            with recording() as exchanges, within(lambda: min(one.left() for one, _ in ready)):
                sent = [(merged.action, one.delivery.write_key) for one, merged in ready]
                results = kind.run_batch(first.connected.client, sent)
        except Exception as error:  # noqa: BLE001  (what befell the call befell each of them)
            results = [error] * len(ready)
        seconds = first.clock.monotonic() - started
        batch = random_id("bat")
        ends = []
        for (one, merged), result in zip(ready, results, strict=True):
            logged = tuple(_share(exchange, merged.action, result) for exchange in exchanges)
            end = one.answered(result, merged)
            end = replace(end, batch=batch, seconds=seconds, exchanges=logged)
            ends.append((one.claimed, end))
        return ends


def _share(exchange: Exchange, action: Action[Any], result: Receipt | Exception | None) -> Exchange:
    """What of a bulk call's exchange is this action's own: the whole would be kept many times."""
    said = result.note or result.key if isinstance(result, Receipt) else str(result or "")
    asked = orjson.dumps(action.model_dump(mode="json", exclude_defaults=True)).decode()
    return replace(exchange, request=cut(storable(asked), KEPT_BODY_CHARS), response=said)
