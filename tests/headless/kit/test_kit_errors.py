"""The error tree as people and scripts meet it; the bus; the clock; plurals."""

import asyncio
import json
import logging

import pytest

from desktop.app import output
from desktop.kit import errors
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import SystemClock, iso, utc
from desktop.kit.text import plural, translate


def tree() -> list[type[errors.AppError]]:
    found, waiting = [], [errors.AppError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [k for k in found if k.__module__ == "desktop.kit.errors"]


@pytest.mark.parametrize("kind", tree())
def test_every_error_is_three_sentences_and_json(kind: type[errors.AppError]) -> None:
    extra = {"until": 5.0} if kind is errors.RateLimited else {}
    error = kind("What happened.", "What it means.", "What to do.", **extra)
    document = json.loads(json.dumps(error.as_json()))
    assert document == {
        "code": kind.code,
        "title": "What happened.",
        "message": "What it means.",
        "hint": "What to do.",
    }
    assert str(error) == "What happened. What it means. What to do."
    assert output.exit_code(error) in (1, 2, 3, 4)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [k.code for k in tree()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BadInput("x"), 2),
        (errors.NeedsPerson("x"), 3),
        (errors.NotPermitted("x"), 3),
        (errors.Conflict("x"), 3),
        (errors.Rejected("x", fields={"a": "b"}), 3),
        (errors.Forbidden("x"), 3),
        (errors.AuthLost("x"), 3),
        (errors.Offline("x"), 4),
        (errors.TimedOut("x"), 4),
        (errors.RateLimited("x", until=1.0), 4),
        (errors.ServiceTrouble("x"), 4),
        (errors.StoreKnown("x"), 1),
        (errors.NoKeyring("x"), 1),
        (errors.NotFound("x"), 1),
        (errors.Bug("x"), 1),
    ],
)
def test_exit_codes(error: errors.AppError, code: int) -> None:
    assert output.exit_code(error) == code


def test_what_may_be_tried_again() -> None:
    retryable = {k.code for k in tree() if k.retryable}
    assert retryable == {"offline", "timed_out", "rate_limited", "service_trouble"}


def test_empty_sentences_leave_no_gaps() -> None:
    assert str(errors.BadInput("One.", "", "Three.")) == "One. Three."


def test_the_bus_tells_everybody_though_one_fails(caplog: pytest.LogCaptureFixture) -> None:
    bus, heard = Bus(), []

    def broken(_changes: Changes) -> None:
        raise RuntimeError

    bus.subscribe(broken)
    leave = bus.subscribe(heard.append)
    change = Changes.of(Topic.OUTBOX, Topic.AUDIT, ids=["a"])
    with caplog.at_level(logging.ERROR):
        bus.publish(change)
    assert heard == [change]
    assert "audit, outbox" not in caplog.text
    assert "A listener failed" in caplog.text
    leave()
    leave()
    bus.publish(change)
    assert len(heard) == 1
    assert change.touches(Topic.AUDIT)
    assert not change.touches(Topic.SETTINGS)


def test_the_clock_tells_utc() -> None:
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert utc(1.5).utcoffset() is not None
    clock = SystemClock()
    before = clock.monotonic()
    asyncio.run(clock.sleep(-5))
    assert clock.monotonic() >= before
    assert abs(clock.now() - utc(clock.now()).timestamp()) < 1


def test_words() -> None:
    assert translate("A", "b") == "b"
    assert [plural(n, "change", "changes") for n in (0, 1, 2, 1000)] == [
        "0 changes",
        "1 change",
        "2 changes",
        "1,000 changes",
    ]
