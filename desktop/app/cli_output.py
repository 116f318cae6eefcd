"""What a command prints and which exit code it ends with."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from desktop.kit import errors

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_NEEDS_PERSON, EXIT_SERVICE_AWAY = 0, 1, 2, 3, 4

_EXIT_CODES: tuple[tuple[tuple[type[errors.AppError], ...], int], ...] = (
    ((errors.InvalidInput,), EXIT_USAGE),
    (
        (
            errors.UserDecisionNeeded,
            errors.NotPermitted,
            errors.ConflictError,
            errors.ValuesRejected,
            errors.Forbidden,
            errors.AuthenticationError,
        ),
        EXIT_NEEDS_PERSON,
    ),
    (
        (
            errors.ServiceUnreachable,
            errors.ResponseTimeout,
            errors.RateLimited,
            errors.ServiceError,
        ),
        EXIT_SERVICE_AWAY,
    ),
)


def exit_code_for(error: errors.AppError) -> int:
    """The exit code an error stands for (design, “Exit codes”)."""
    for kinds, code in _EXIT_CODES:
        if isinstance(error, kinds):
            return code
    return EXIT_FAILED


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on stdout; surrogates and NaN never get there."""
    text = json.dumps(document, ensure_ascii=False, default=str)
    sys.stdout.write(text.encode("utf-8", "replace").decode("utf-8") + "\n")
    sys.stdout.flush()


def print_error(error: errors.AppError, *, as_json: bool) -> None:
    """The error for a person on stderr, or as JSON on stdout."""
    if as_json:
        print_json({"error": error.as_json()})
        return
    lines = [error.title, *(part for part in (error.message, error.hint) if part)]
    print("\n".join(terminal_safe(line) for line in lines), file=sys.stderr)


def terminal_safe(text: object) -> str:
    """Text safe for a terminal: a customer's name must not move the cursor."""
    return "".join(c if c.isprintable() else "�" for c in str(text))
