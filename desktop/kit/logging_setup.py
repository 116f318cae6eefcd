"""Configures logging: our loggers at the chosen level, libraries at WARNING, all lines redacted."""

import logging
import sys
from pathlib import Path

from desktop.kit.log_redaction import RedactingFormatter, Redactor
from desktop.kit.rotating_log_file import RotatingLogFile

# httpx, httpcore and h11 log whole URLs at INFO and DEBUG; Sailthru's hold key and signature.
_QUIET_LIBRARIES = (
    "httpx",
    "httpcore",
    "h11",
    "keyring",
    "asyncio",
    "qasync",
    "secretstorage",
    "jeepney",
    "procrastinate",
)


def set_up_logging(level: str, folder: Path | None, redactor: Redactor) -> None:
    """Log to `folder/fairlead.log` (5 files of 2 MB), or to stderr without a folder.

    A folder that cannot be written to is no reason not to start: stderr then.
    """
    root = logging.getLogger()
    for handler in tuple(root.handlers):
        root.removeHandler(handler)
        handler.close()
    handler = _build_handler(folder)
    handler.setFormatter(RedactingFormatter(redactor))
    root.addHandler(handler)
    # Of what is not ours, warnings alone.
    root.setLevel(logging.WARNING)
    set_log_level(level)
    for name in _QUIET_LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def set_log_level(level: str) -> None:
    """Set the level of Fairlead's own loggers; the libraries stay at WARNING."""
    logging.getLogger("desktop").setLevel(_parse_level(level))


def _build_handler(folder: Path | None) -> logging.Handler:
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            # 10 MB in all, which a mail to support still takes as an attachment.
            return RotatingLogFile(folder / "fairlead.log", most=2_000_000, kept=4)
        except OSError as error:
            # Told once the stderr handler below is in place; a log is never worth a failed start.
            print(f"The log file cannot be written: {error.strerror}", file=sys.stderr)  # noqa: T201
    return logging.StreamHandler(sys.stderr)


def _parse_level(name: str) -> int:
    levels = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
    return levels.get(name.lower(), logging.INFO)
