"""Makes an API call whose answer may hold invalid fields, left out and reported."""

import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from desktop.clients.field_parser import FieldParser, FieldProblem, OnFieldProblems
from desktop.clients.http_messages import HttpRequest, HttpResponse
from desktop.clients.request_pipeline import RequestPipeline

T = TypeVar("T")
ResponseParser = Callable[[HttpResponse, float], Mapping[str, object]]
ModelBuilder = Callable[[Mapping[str, object], FieldParser], T]

log = logging.getLogger(__name__)


async def call_tolerantly(
    caller: RequestPipeline,
    request: HttpRequest,
    decipher: ResponseParser,
    make: ModelBuilder[T],
    on_bad: OnFieldProblems | None,
) -> T:
    """Send a request and `make` a result of its answer; `on_bad` hears of invalid fields."""

    def read(response: HttpResponse, now: float) -> tuple[T, tuple[FieldProblem, ...]]:
        notes = FieldParser()
        value = make(decipher(response, now), notes)
        return value, tuple(notes.problems)

    value, bad = await caller.call(request, read)
    if bad:
        service = caller.status_tracker.state.service
        # Counted only: a field's path may hold a var's name, which people choose.
        log.info("%s %s: fields left out: %d", service, request.route, len(bad))
        if on_bad is not None:
            on_bad(bad)
    return value
