"""Fairlead's exceptions, each with three sentences for a person and a code for scripts.

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
    """Base of every exception of Fairlead that a person is told.

    `title` is what happened, `message` what it means, `hint` what to do next.
    `code` names the class in JSON; `is_retryable` says that the same call may succeed later.
    `status` and `request_id` are those of the HTTP answer, where a caller keeps them.
    """

    code = "error"
    is_retryable = False
    status = 0
    request_id = ""

    def __init__(self, title: str, message: str = "", hint: str = "") -> None:
        super().__init__(title)
        self.title = title
        # A service's own words often end without a full stop, and ours follow.
        self.message = f"{message}." if message[-1:].isalnum() else message
        self.hint = hint

    def __str__(self) -> str:
        """Return an error's title, message and hint in one line."""
        return " ".join(part for part in (self.title, self.message, self.hint) if part)

    def details(self) -> str:
        """Return an error in one line for a report: what it says, its code, the call's number."""
        number = f", request {self.request_id}" if self.request_id else ""
        return f"{self} ({self.code}{number})"

    def as_json(self) -> dict[str, str]:
        """Return an error as the object under `error` in a `--json` answer."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.message,
            "hint": self.hint,
        }


class StopsRun(AppError):
    """An exception that ends a whole run, since every row would meet it."""


class ServiceUnreachable(StopsRun):
    """The exception for a request that did not reach the service: nothing was applied."""

    code = "offline"
    is_retryable = True


class ResponseTimeout(StopsRun):
    """The exception for a request without a whole answer: it may have been applied."""

    code = "timed_out"
    is_retryable = True


class AuthenticationError(StopsRun):
    """The exception for credentials that a service no longer accepts."""

    code = "auth_lost"


class RateLimited(StopsRun):
    """The exception for too many calls; `retry_at` is the Unix second from which they may go on.

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
    """The exception for an operation that a service refuses the signed-in person or key."""

    code = "forbidden"


class ServiceError(StopsRun):
    """The exception for a service's answer that is not usable.

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
    """The exception for a request refused for its size on the way: nothing was applied."""

    code = "too_large"
    is_retryable = True


class NotFound(AppError):
    """The exception for a record that does not exist, or not any more."""

    code = "not_found"


class ValuesRejected(AppError):
    """The exception for values that a service refused; `fields` maps a name to the reason."""

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
    """The exception for a record changed elsewhere since it was read; nothing was sent."""

    code = "conflict"


class UserDecisionNeeded(AppError):
    """The exception for a choice that a person has to make, such as between several matches."""

    code = "needs_person"


class NotPermitted(AppError):
    """The exception for what the workspace's permission rules refuse."""

    code = "not_permitted"


class InvalidInput(AppError):
    """The exception for typed input, or a file's content, that cannot be used."""

    code = "bad_input"


class StorageError(StopsRun):
    """The exception for a fault of disk or database: no space, a locked or damaged file."""

    code = "store"


class KeyringError(StopsRun):
    """The exception for a missing or locked keyring; secrets are never written elsewhere."""

    code = "no_keyring"


class InternalError(AppError):
    """The exception for a fault of Fairlead itself, with a reference that the log holds too."""

    code = "bug"
