"""The error tree as people and scripts meet it; the bus; the clock; plurals."""

import asyncio
import json
import logging

import pytest

from desktop.app import cli_output
from desktop.kit import errors
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import SystemClock, iso_timestamp, utc_datetime
from desktop.kit.text import format_count, is_valid_unicode, to_single_line


def tree() -> list[type[errors.AppError]]:
    found, waiting = [], [errors.AppError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    # StopsRun is never raised itself: it has no code of its own.
    ours = [k for k in found if k.__module__ == "desktop.kit.errors"]
    return [k for k in ours if k is not errors.StopsRun]


@pytest.mark.parametrize("kind", tree())
def test_error_has_three_sentences_and_json(kind: type[errors.AppError]) -> None:
    extra = {"retry_at": 5.0} if kind is errors.RateLimited else {}
    error = kind("What happened.", "What it means.", "What to do.", **extra)
    document = json.loads(json.dumps(error.as_json()))
    assert document == {
        "code": kind.code,
        "title": "What happened.",
        "message": "What it means.",
        "hint": "What to do.",
    }
    assert str(error) == "What happened. What it means. What to do."
    assert cli_output.exit_code_for(error) in (1, 2, 3, 4)


def test_error_codes_are_unique() -> None:
    codes = [k.code for k in tree()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.InvalidInput("x"), 2),
        (errors.UserDecisionNeeded("x"), 3),
        (errors.NotPermitted("x"), 3),
        (errors.ConflictError("x"), 3),
        (errors.ValuesRejected("x", fields={"a": "b"}), 3),
        (errors.Forbidden("x"), 3),
        (errors.AuthenticationError("x"), 3),
        (errors.ServiceUnreachable("x"), 4),
        (errors.ResponseTimeout("x"), 4),
        (errors.RateLimited("x", retry_at=1.0), 4),
        (errors.ServiceError("x"), 4),
        (errors.StorageError("x"), 1),
        (errors.KeyringError("x"), 1),
        (errors.NotFound("x"), 1),
        (errors.InternalError("x"), 1),
    ],
)
def test_error_exit_codes(error: errors.AppError, code: int) -> None:
    assert cli_output.exit_code_for(error) == code


def test_error_retryable_flag() -> None:
    retryable = {k.code for k in tree() if k.is_retryable}
    assert retryable == {"offline", "timed_out", "rate_limited", "service_trouble", "too_large"}


def test_error_empty_sentences_leave_no_gaps() -> None:
    assert str(errors.InvalidInput("One.", "", "Three.")) == "One. Three."


def test_change_bus_failing_subscriber_does_not_stop_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, heard = ChangeBus(), []

    def broken(_changes: ChangeSet) -> None:
        raise RuntimeError

    bus.subscribe(broken)
    leave = bus.subscribe(heard.append)
    change = ChangeSet.of(Topic.OUTBOX, Topic.AUDIT, ids=["a"])
    with caplog.at_level(logging.ERROR):
        bus.publish(change)
    assert heard == [change]
    assert "audit, outbox" not in caplog.text
    assert "A listener failed" in caplog.text
    leave()
    leave()
    bus.publish(change)
    assert len(heard) == 1
    assert change.has_any(Topic.AUDIT)
    assert not change.has_any(Topic.SETTINGS)


def test_clock_is_utc() -> None:
    assert iso_timestamp(0) == "1970-01-01T00:00:00Z"
    assert utc_datetime(1.5).utcoffset() is not None
    clock = SystemClock()
    before = clock.monotonic()
    asyncio.run(clock.sleep(-5))
    assert clock.monotonic() >= before
    assert abs(clock.now() - utc_datetime(clock.now()).timestamp()) < 1


def test_plural_words() -> None:
    assert to_single_line(" a\tb\n\x1b[1m c ") == "a b [1m c"
    assert [is_valid_unicode(text) for text in ("a", "ä", "\ud83d")] == [True, True, False]
    assert [format_count(n, "change", "changes") for n in (0, 1, 2, 1000)] == [
        "0 changes",
        "1 change",
        "2 changes",
        "1,000 changes",
    ]
