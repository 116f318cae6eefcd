"""Keeps secrets and personal data out of logs: one filter over the formatted record."""

import hashlib
import logging
import re

MASK = "…"

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(authorization\s*[:=]\s*)(basic|bearer)\s+[^\s'\",;]+"), r"\1\2 " + MASK),
    (re.compile(r"(?i)\b(basic|bearer)\s+[a-z0-9+/_.=-]{8,}"), r"\1 " + MASK),
    (
        re.compile(
            r"(?i)([\"']?\b(?:api_?key|api_?secret|secret|sig|token|access_token|refresh_token|"
            r"api_token|password|cookie|code|code_verifier|client_secret|sailthru_hid)[\"']?"
            r"\s*[:=]\s*[\"']?)[^\s\"'&,;})]+"
        ),
        r"\1" + MASK,
    ),
    # Query strings carry Sailthru's api_key and sig, and addresses.
    (re.compile(r"(https?://[^\s?\"'<>]*)\?[^\s\"'<>]*"), r"\1?" + MASK),
    (re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)*"), MASK + "@" + MASK),
    (re.compile(r"(?<![\w.])\+\d[\d ().-]{6,}\d"), "+" + MASK),
)


class Redactor:
    """Masks known secrets by value and everything that looks like one by pattern."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def learn(self, *secrets: str) -> None:
        """From now on mask these values wherever they occur (at least 6 characters)."""
        self._known.update(s for s in secrets if len(s) >= 6)

    def clean(self, text: str) -> str:
        """`text` with secrets, addresses and phone numbers masked."""
        for secret in sorted(self._known, key=len, reverse=True):
            text = text.replace(secret, MASK)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


class RedactingFormatter(logging.Formatter):
    """Formats a record, exception included, and redacts the whole of it."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The finished line, redacted last so that nothing slips in behind it."""
        # Another handler may have cached an unredacted traceback on the record.
        record.exc_text = None
        return self._redactor.clean(super().format(record))


def fingerprint(value: str) -> str:
    """A short, stable stand-in for an id or address in a log."""
    return hashlib.blake2s(value.encode("utf-8", "replace"), digest_size=4).hexdigest()
