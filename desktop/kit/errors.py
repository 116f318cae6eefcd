"""One tree of errors, made for a person.

    AppError
    ├─ Offline          the service cannot be reached; what was asked may be tried again
    ├─ TimedOut         sent, and no answer came: whether it was applied is not known
    ├─ AuthLost         the service refused the credentials: sign in again
    ├─ RateLimited      too many calls; `retry_at` says when to go on
    ├─ Forbidden        the credentials are right, this operation is not allowed
    ├─ ServiceTrouble   the service answered with an error of its own (5xx, HTML, broken JSON)
    ├─ NotFound         the thing does not exist (any more)
    ├─ Rejected         the service or our rules refused the values; `fields` says which
    ├─ Conflict         changed elsewhere since it was read: nothing was sent
    ├─ NeedsPerson      several match, or somebody has to decide
    ├─ NotPermitted     this app's own rules refuse it
    ├─ BadInput         what was typed or given cannot be used
    ├─ StoreKnown       disk full, database locked, newer or damaged file
    ├─ NoKeyring        there is no place to keep secrets
    └─ Bug              ours

The window and the command line switch on the class, never on the text.
"""

from collections.abc import Mapping


class AppError(Exception):
    """Something a person has to know.

    `title` is what happened, `message` what it means, `hint` what to do next.
    `code` names the class in JSON; `retryable` says that the same call may succeed later.
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
        """All three sentences in one line."""
        return " ".join(part for part in (self.title, self.message, self.hint) if part)

    def as_json(self) -> dict[str, str]:
        """The object under `error` in every `--json` answer."""
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

    `of_all` is false where only calls like the refused one have to wait.
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

    `applied_unknown` is true when a write may have been applied all the same.
    """

    code = "service_trouble"
    is_retryable = True

    def __init__(
        self, title: str, message: str = "", hint: str = "", *, is_outcome_unknown: bool = True
    ) -> None:
        super().__init__(title, message, hint)
        self.is_outcome_unknown = is_outcome_unknown


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
    """A trouble of the disk or the database that a person can do something about."""

    code = "store"


class KeyringError(StopsRun):
    """No usable operating-system keyring; secrets are never written anywhere else."""

    code = "no_keyring"


class InternalError(AppError):
    """Our own mistake; the message carries a reference that the log holds too."""

    code = "bug"
