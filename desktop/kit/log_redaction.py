"""Redacts log lines: secrets, tokens, e-mail addresses and phone numbers become “…”."""

import logging
import re

MASK = "…"

# Every pattern looks at a letter a bounded number of times: a line may be megabytes long.
_PARAMETER_PATTERN = (
    r"(?:api[_-]?key|api[_-]?secret|secret|token|password|cookie|code_verifier|sailthru_hid"
    r"|(?<![a-z0-9])(?:sig|code))"
)
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(authorization\s*[:=]\s*)(basic|bearer)\s+[^\s'\",;]+"), r"\1\2 " + MASK),
    (re.compile(r"(?i)\b(basic|bearer)\s+[a-z0-9+/_.=-]{8,}"), r"\1 " + MASK),
    # Also inside JSON that was quoted once more.
    (
        re.compile(
            rf"(?i)({_PARAMETER_PATTERN}[\"'\\]{{0,4}}\s{{0,4}}[:=]\s{{0,4}}[\"'\\]{{0,4}})[^\s\"'\\&,;}})]+"
        ),
        r"\1" + MASK,
    ),
    # Query strings carry Sailthru's api_key and sig, and addresses.
    (re.compile(r"(https?://[^\s?\"'<>]{0,2000})\?[^\s\"'<>]*"), r"\1?" + MASK),
    (
        re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++@[\w-]+(?:\.[\w-]+)*"),
        MASK + "@" + MASK,
    ),
    (re.compile(r"(?i)(?<![\w.+-])[\w.+-]++%40[\w.-]+"), MASK + "@" + MASK),
    (re.compile(r"(?<![\w.])\+\d[\d ().-]{6,}\d"), "+" + MASK),
)


class Redactor:
    """Masks secrets in log lines: those it was told, and by pattern what looks like one."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def add_secrets(self, *secrets: str) -> None:
        """Mask these secrets in the log from now on; under 6 characters is ignored."""
        # A shorter value would be found inside ordinary words and mask them.
        self._secrets.update(s for s in secrets if len(s) >= 6)

    def redact(self, text: str) -> str:
        """Return a log line with secrets, addresses and phone numbers masked."""
        # The longest first: one secret may contain another.
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        return text


class RedactingFormatter(logging.Formatter):
    """A logging formatter that redacts the whole formatted record, tracebacks included."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Format a log record's line; redacted last, so that nothing is added behind it."""
        # Another handler may have cached an unredacted traceback on the record.
        record.exc_text = None
        try:
            line = super().format(record)
        except (TypeError, ValueError, KeyError):
            # logging would print such a record to stderr as it is, arguments and all.
            line = f"{record.levelname} {record.name}: cannot be formatted: {record.msg!r}"
        return self._redactor.redact(line)


def fingerprint(value: str) -> str:
    """Return a short, stable hash that stands for an id or address in a log line."""
    # Imported here: OpenSSL's library comes with it, and nothing is logged before the first paint.
    import hashlib

    return hashlib.blake2s(value.encode("utf-8", "replace"), digest_size=4).hexdigest()
