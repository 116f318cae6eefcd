"""The exceptions of Fairlead, each with three sentences for a person and a code for scripts.

    AppError
    ├─ ServiceUnreachable   the service cannot be reached; the call may be tried again
    ├─ ResponseTimeout      sent, and no answer came: whether it was applied is not known
    ├─ AuthenticationError  the service refused the credentials: sign in again
    ├─ RateLimited          too many calls; `retry_at` says when to go on
    ├─ Forbidden            the credentials are right, this operation is not allowed
    ├─ ServiceError         the service answered with an error of its own (5xx, HTML, broken JSON)
    ├─ RequestTooLarge      something on the way refused the request for its size (413)
    ├─ NotFound             the record does not exist (any more)
    ├─ ValuesRejected       the service or our rules refused the values; `fields` says which
    ├─ ConflictError        changed elsewhere since it was read: nothing was sent
    ├─ UserDecisionNeeded   several match, or somebody has to decide
    ├─ NotPermitted         this workspace's own rules refuse it
    ├─ InvalidInput         what was typed or given cannot be used
    ├─ StorageError         disk full, database locked, newer or damaged file
    ├─ KeyringError         there is no place to keep secrets
    └─ InternalError        a fault of Fairlead itself

The window and the command line switch on the class, never on the text.
"""

from collections.abc import Mapping


class AppError(Exception):
    """Base of every error that a person is told.

    `title` is what happened, `message` what it means, `hint` what to do next.
    `code` names the class in JSON; `is_retryable` says that the same call may succeed later.
    """

    code = "error"
    is_retryable = False

    def __init__(self, title: str, message: str = "", hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        # A service's own words often end without a full stop, and ours follow.
        self.message = f"{message}." if message[-1:].isalnum() else message
        self.hint = hint

    def __str__(self) -> str:
        """Return title, message and hint in one line."""
        return " ".join(part for part in (self.title, self.message, self.hint) if part)

    def as_json(self) -> dict[str, str]:
        """Return the object under `error` in a `--json` answer."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.message,
            "hint": self.hint,
        }


class StopsRun(AppError):
    """An error that would meet every row of a run: it ends the run, and no row for its own sake."""


class ServiceUnreachable(StopsRun):
    """The request did not reach the service: nothing was applied."""

    code = "offline"
    is_retryable = True


class ResponseTimeout(StopsRun):
    """The request was sent and no whole answer came back: it may have been applied."""

    code = "timed_out"
    is_retryable = True


class AuthenticationError(StopsRun):
    """The service no longer accepts the credentials."""

    code = "auth_lost"


class RateLimited(StopsRun):
    """Too many calls; `retry_at` is the Unix second (UTC) from which calls are allowed again.

    `applies_to_account` is false where only calls like the refused one have to wait.
    """

    code = "rate_limited"
    is_retryable = True

    def __init__(
        self,
        title: str,
        message: str = "",
        hint: str = "",
        *,
        retry_at: float,
        applies_to_account: bool = True,
    ) -> None:
        super().__init__(title, message, hint)
        self.retry_at = retry_at
        self.applies_to_account = applies_to_account


class Forbidden(StopsRun):
    """Signed in, and this operation is refused by the service (role, plan, key rights)."""

    code = "forbidden"


class ServiceError(StopsRun):
    """The service answered, but not with anything usable.

    `is_outcome_unknown` is true when a write may have been applied all the same. `retry_at` is the
    Unix second from which the service wants to be asked again, where it said so.
    """

    code = "service_trouble"
    is_retryable = True
    retry_at: float | None = None

    def __init__(
        self, title: str, message: str = "", hint: str = "", *, is_outcome_unknown: bool = True
    ) -> None:
        super().__init__(title, message, hint)
        self.is_outcome_unknown = is_outcome_unknown


class RequestTooLarge(AppError):
    """A proxy or server on the way refused a request for its size: nothing was applied."""

    code = "too_large"
    is_retryable = True


class NotFound(AppError):
    """The thing asked for does not exist, or not any more."""

    code = "not_found"


class ValuesRejected(AppError):
    """The values were refused; `fields` maps a field's name to the reason."""

    code = "rejected"

    def __init__(
        self,
        title: str,
        message: str = "",
        hint: str = "",
        *,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title, message, hint)
        self.fields = dict(fields or {})


class ConflictError(AppError):
    """Changed elsewhere since it was read; nothing was sent."""

    code = "conflict"


class UserDecisionNeeded(AppError):
    """Several match, or a choice has to be made by somebody."""

    code = "needs_person"


class NotPermitted(AppError):
    """The rules of this workspace refuse it."""

    code = "not_permitted"


class InvalidInput(AppError):
    """What was typed, or what a file holds, cannot be used."""

    code = "bad_input"


class StorageError(StopsRun):
    """A fault of the disk or the database: no space, a locked, damaged or newer file."""

    code = "store"


class KeyringError(StopsRun):
    """No usable operating-system keyring; secrets are never written anywhere else."""

    code = "no_keyring"


class InternalError(AppError):
    """A fault of Fairlead itself; the message carries a reference that the log holds too."""

    code = "bug"
