"""Nothing secret and nobody's address reaches a log: messages, arguments, tracebacks, at DEBUG."""

import logging
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.kit.log_redaction import RedactingFormatter, Redactor, fingerprint
from desktop.kit.logging_setup import set_up_logging

KEY, SECRET, TOKEN = "k3yk3yk3yk3y", "s3cr3ts3cr3t", "t0kent0kent0ken"
MAIL, PHONE = "maria.canary@lopez.example", "+1 (555) 013-4999"
CANARIES = (KEY, SECRET, TOKEN, MAIL, "maria.canary", "013-4999", "5550134999")


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    redactor = Redactor()
    redactor.add_secrets(KEY, SECRET, TOKEN)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    own_level = logging.getLogger("desktop").level
    for handler in handlers:
        root.removeHandler(handler)
    set_up_logging("debug", tmp_path, redactor)
    yield tmp_path / "fairlead.log"
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
        handler.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("desktop").setLevel(own_level)


LINES = [
    f"key {KEY}, secret {SECRET}",
    f"GET https://api.example/user?api_key={KEY}&sig=0123456789abcdef&json=%7B%22id%22%3A%22{MAIL}",
    f"Authorization: Basic {TOKEN}==",
    f"authorization=Bearer {TOKEN}",
    f"{{'api_key': '{KEY}', \"access_token\": \"{TOKEN}\"}}",
    f"customer {MAIL} called from {PHONE}",
    "fairlead://customer/maria.canary%40lopez.example",
    f"<{MAIL}>;{MAIL},{MAIL}",
    "tel:+15550134999",
]


@pytest.mark.parametrize("line", LINES)
def test_redaction_secret_is_not_logged(line: str, log_file: Path) -> None:
    log = logging.getLogger("desktop.test")
    log.debug(line)
    log.info("%s", line)
    log.warning("%r and %s", [line], {"a": line})
    try:
        int(line)
    except ValueError:
        log.exception("It failed", stack_info=True)
    text = log_file.read_text()
    assert "It failed" in text
    assert "Traceback" in text
    for canary in CANARIES:
        assert canary not in text


@pytest.mark.parametrize(
    "line",
    [
        'body {\\"api_key\\": \\"abcdefgh1234\\"}',
        "agent_api_key=abcdefgh1234",
        "FAIRLEAD_SAILTHRU_SECRET=abcdefgh1234",
        "zendesk_token: abcdefgh1234",
        "X-Api-Key: abcdefgh1234",
        "api-secret = 'abcdefgh1234'",
        "sig=abcdefgh1234&x=1",
        "code_verifier=abcdefgh1234",
        "refresh_token\": \"abcdefgh1234\"",
        "cookie: abcdefgh1234",
        "password='abcdefgh1234'",
        "Basic abcdefgh1234",
        "bearer abcdefgh1234",
    ],
)  # fmt: skip
def test_redaction_secret_like_text_is_masked(line: str) -> None:
    assert "abcdefgh1234" not in Redactor().redact(line)


def test_redaction_unformattable_record_is_masked_and_kept() -> None:
    # logging itself would print the arguments to stderr as they are.
    record = logging.getLogger("x").makeRecord(
        "x", logging.INFO, "f", 1, f"%d of {MAIL}", (SECRET,), None
    )
    line = RedactingFormatter(Redactor()).format(record)
    assert "%d of" in line
    assert MAIL not in line
    assert SECRET not in line


def test_noisy_library_loggers_are_quiet(log_file: Path) -> None:
    for name in ("httpx", "httpcore", "h11", "keyring", "asyncio", "qasync", "somebody.else"):
        logging.getLogger(name).info("talk of %s", name)
    assert log_file.read_text() == ""


def test_redaction_cached_traceback_is_not_reused() -> None:
    formatter = RedactingFormatter(Redactor())
    try:
        int(MAIL)
    except ValueError:
        record = logging.getLogger("x").makeRecord(
            "x", logging.ERROR, "f", 1, "failed", (), sys.exc_info()
        )
    record.exc_text = f"cached {MAIL}"
    assert MAIL not in formatter.format(record)


def test_redaction_harmless_text_is_unchanged() -> None:
    lines = [
        "Looking up a ticket (1f2e3d4c)",
        "Sailthru GET user → 200 in 12 ms (r7)",
        "Edit 12 could not be given back: store",
        "status code 404 from sailthru",
        "2026-11-21 10:42:00",
    ]
    assert [Redactor().redact(line) for line in lines] == lines


@given(st.text(min_size=6, max_size=40), st.text(max_size=60), st.text(max_size=60))
def test_redaction_known_secret_is_masked_in_any_text(secret: str, before: str, after: str) -> None:
    redactor = Redactor()
    redactor.add_secrets(secret)
    masked = redactor.redact(before + secret + after)
    assert secret not in masked or secret in redactor.redact("…")


@given(st.text(max_size=300))
def test_redaction_accepts_any_text(text: str) -> None:
    once = Redactor().redact(text)
    assert Redactor().redact(once) is not None


def test_redaction_time_is_linear() -> None:
    def took(size: int) -> float:
        best = 9.0
        texts = ["a", "a@", "+1 ", "api_key", ".", "http://", "a%40", "+1 1", "token = ", "a.b@c."]
        for _ in range(3):
            # Of this process alone: other work on the machine does not count.
            started = time.process_time()
            for text in texts:
                Redactor().redact(text * (size // len(text)))
            best = min(best, time.process_time() - started)
        return best

    # Linear is eight times, quadratic sixty-four.
    assert took(80_000) < 28 * took(10_000)


def test_log_folder_read_only_falls_back_to_stderr(
    tmp_path: Path, log_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    set_up_logging("info", tmp_path / "file" / "logs", Redactor())
    logging.getLogger("desktop.test").info("still said")
    told = capsys.readouterr().err
    assert "cannot be written" in told
    assert "still said" in told


def test_fingerprint_is_short_stable_and_opaque() -> None:
    assert fingerprint(MAIL) == fingerprint(MAIL)
    assert fingerprint(MAIL) != fingerprint(PHONE)
    assert len(fingerprint("\ud800")) == 8
