"""A call whose answer may hold unusable fields: gives the value, and tells what was left out."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from desktop.clients.caller import Caller
from desktop.clients.exchange import Answer, Request
from desktop.clients.field import Bad, Notes, OnBad

T = TypeVar("T")
Decipher = Callable[[Answer, float], Mapping[str, object]]
Make = Callable[[Mapping[str, object], Notes], T]

log = logging.getLogger(__name__)


async def call_noting(
    caller: Caller, request: Request, decipher: Decipher, make: Make[T], on_bad: OnBad | None
) -> T:
    """What `make` builds from the deciphered answer; `on_bad` is called on the event loop."""

    def read(answer: Answer, now: float) -> tuple[T, tuple[Bad, ...]]:
        notes = Notes()
        value = make(decipher(answer, now), notes)
        return value, tuple(notes.bad)

    value, bad = await caller.call(request, read)
    if bad:
        service = caller.tracker.state.service
        log.info("%s %s: fields left out: %d", service, request.route, len(bad))
        if on_bad is not None:
            on_bad(bad)
    return value
