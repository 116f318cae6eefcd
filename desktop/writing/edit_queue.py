"""The outbox as work for the write protocol: claims edits that are due, and closes them.

Killed at any point, the next process finds the edit in a state that says what is certain:
`queued`: nothing was sent; `sending`, `unknown`: it may have been, so the target is read first.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    KeyringError,
    NotFound,
    RateLimited,
    ServiceError,
    StorageError,
)
from desktop.model.edit import (
    ERASURE_KINDS,
    Edit,
    EditKind,
    EditState,
    is_own_recent_optout,
    is_same_json,
    not_sent_detail,
)
from desktop.model.erased_people import ErasedPeople
from desktop.model.field_value import shorten_value
from desktop.model.json_value import Json
from desktop.model.optout_level import LEVEL_NOT_KNOWN_LABEL, OptOutLevel
from desktop.model.retry_backoff import ExponentialBackoff
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.target_record import TargetRecord
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.change_origin import find_last_change
from desktop.writing.edit_plan_row import row_of_edit, value_of_edit
from desktop.writing.optout_door import OptOutPermit, RowPermits, find_made_keys
from desktop.writing.outcomes import (
    EDIT_ACCEPTED_TEXT,
    EDIT_CHANGED_HERE_TEXT,
    EDIT_CHANGED_MAYBE_OURS_TEXT,
    EDIT_CHANGED_TEXT,
    EDIT_CONFIRMED_TEXT,
    EDIT_GONE_TEXT,
    EDIT_KEPT_TEXT,
    EDIT_NOT_SHOWN_YET_TEXT,
    EDIT_REVERTED_TEXT,
    EDIT_WAITS_FOR_RIGHT_TEXT,
    UNCHANGED_TEXT,
    WriteItem,
    WriteOutcome,
    WriteResult,
    may_be_applied,
)
from desktop.writing.row_comparison import is_row_applied, is_row_taken
from desktop.writing.undo_obstacle import find_empty_undo, find_later_choice
from desktop.writing.write_protocol import (
    Checkpoint,
    ReadyItem,
    RecordGateway,
    WorkSource,
    WriteProtocol,
    WriteStep,
)

log = logging.getLogger(__name__)

# An accepted change that still reads as the old value after this long was changed back elsewhere.
_STALE_READ_TOLERANCE_S = 120.0
# What was accepted shows after some seconds; it is looked at again after this long.
_READ_BACK_RETRY_S = 3.0
_REFUSED_RETRY_S = 60.0
_RETRY_BACKOFF = ExponentialBackoff(
    first_delay_s=2.0, factor=2.0, max_delay_s=60.0, max_attempts=1_000_000
)


StepListener = Callable[[str, TargetRecord | None], Awaitable[None]]
# Hears of an edit that is about to move a profile, and the record; raises ConflictError against it.
MoveListener = Callable[[Edit, TargetRecord], Awaitable[None]]
# Says why an edit may not be sent under the rules as they stand, or "".
SendGate = Callable[[Edit], str]


def _open_gate() -> SendGate:
    return lambda _edit: ""


async def _refuse_deletion(_edit: Edit) -> str:
    """Refuse a step of an erasure: nobody here can tell whether two admins have approved it."""
    return "Nothing here can tell whether two admins have approved it."


@dataclass(frozen=True)
class EditSenderContext:
    """What sending outbox edits needs: the store, the services connected now, how to wait.

    `find_create_obstacle` says why an address gets no new profile; it raises what keeps a service
    from being read. `on_step_done` hears the id of an address change when a step of it is done, and
    the record as it was read back; `on_profile_move` hears of a profile about to be moved or
    merged, and may object. `read_gate` reads the rules anew: asked at each claim, and again right
    before a request. `checkpoint` is called with the name of each step passed (tests stop the
    process there).
    """

    store: WorkspaceStore
    gateways: Mapping[Service, RecordGateway]
    clock: Clock
    bus: ChangeBus
    jitter: Callable[[], float]
    permit_optout: OptOutPermit
    find_create_obstacle: Callable[[str], Awaitable[str]]
    checkpoint: Checkpoint = field(default=lambda _name: None)
    read_gate: Callable[[], SendGate] = _open_gate
    on_step_done: StepListener | None = None
    on_profile_move: MoveListener | None = None
    find_deletion_refusal: Callable[[Edit], Awaitable[str]] = _refuse_deletion


class _RefusedByRules(Exception):
    """The rules refuse an edit of the outbox that was claimed already; the message says why."""


class _NotAsked(Exception):
    """What a claimed edit depends on could not be asked now; `error` says why."""

    def __init__(self, error: AppError) -> None:
        super().__init__(str(error))
        self.error = error


class _StoppedBySight(Exception):
    """A claimed edit is not sent because of what was just read; the message says why."""


class EditSender:
    """Sends due edits of the outbox; any number may run, in any number of processes."""

    def __init__(self, context: EditSenderContext) -> None:
        self._context = context

    async def send_due(
        self, *, only: Iterable[str] = (), batch: str | None = None, limit: int | None = None
    ) -> tuple[Edit, ...]:
        """Send every due edit of the outbox (or only these ids); returns how far each is.

        `batch`: only the edits of that batch, whose process asks for them. `limit`: so many at
        most.
        Never raises for what a service says: that becomes the edit's state. Raises StorageError.
        """
        context, wanted = self._context, tuple(only)
        ended: list[Edit] = []
        held_back: dict[str, Edit] = {}
        while limit is None or len(ended) < limit:
            gate = context.read_gate()

            def refuse(edit: Edit, gate: SendGate = gate) -> str:
                reason = gate(edit)
                if reason and edit.detail != not_sent_detail(reason):
                    held_back[edit.id] = edit
                return reason

            edit = await context.store.outbox.claims.claim(
                context.clock.now(),
                only=wanted,
                batch=batch,
                services=tuple(context.gateways),
                refusal=refuse,
            )
            if edit is None:
                break
            context.checkpoint(WriteStep.CLAIMED.value)
            claimed = _ClaimedEdit(context, edit)
            ended.append(await claimed.send())
            claimed.publish_change()
        if held_back:
            ids = [one.request.target.id for one in held_back.values()]
            context.bus.publish(ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER, ids=ids))
        return tuple(ended)


class _ClaimedEdit(WorkSource):
    """One claimed edit of the outbox, as the write protocol's work source."""

    reads_back_unanswered = False

    def __init__(self, context: EditSenderContext, edit: Edit) -> None:
        self._context = context
        self._outbox = context.store.outbox
        self._edit = edit
        # Once an attempt may have arrived, no later one can say that nothing did.
        self._is_unsure = edit.state is EditState.UNKNOWN or edit.is_accepted
        # How long it waited after its last try, refused reads included; an undo time is none.
        was_tried = edit.updated_at != edit.created_at
        self._last_wait_s = edit.not_before - edit.updated_at if was_tried else 0.0

    async def send(self) -> Edit:
        """Take the claimed edit through the write protocol; returns how far it is then."""
        context = self._context
        try:
            erased = await context.store.erased_people.load()
            obstacle = await find_empty_undo(context.store, self._edit)
            obstacle = obstacle or self._find_erased_obstacle(erased)
            if obstacle:
                await self._end(EditState.CONFLICT, obstacle, is_unsent=True)
                return self._edit
            try:
                obstacle = await self._find_twin()
            except AppError as error:
                await self._handle_error(error, is_sent=False)
                return self._edit
            if obstacle:
                await self._end(EditState.CONFLICT, obstacle, is_unsent=True)
                return self._edit
            item = WriteItem(
                row_of_edit(self._edit),
                is_maybe_sent=self._is_unsure,
                is_accepted=self._edit.is_accepted,
                # A person may edit whoever is on the sheet, agents and admins too.
                allows_staff=True,
                is_own_restore=await self._is_own_restore(),
            )
            protocol = WriteProtocol(
                context.gateways[self._edit.request.target.service],
                context.clock,
                RowPermits(context.permit_optout),
                context.checkpoint,
                lambda: erased,
            )
            await protocol.write_singly([item], self)
        except _RefusedByRules as refused:
            # Nothing to wait for once the rules allow it again: each claim asks them.
            words = not_sent_detail(str(refused))
            if self._is_unsure:
                await self._postpone(EditState.UNKNOWN, _REFUSED_RETRY_S, words)
            else:
                # What refuses a step of an erasure is asked of Zendesk, and by no claim.
                delay_s = 0.0 if self._edit.erasure is None else _REFUSED_RETRY_S
                await self._postpone(EditState.QUEUED, delay_s, words)
            return self._edit
        except _NotAsked as unasked:
            await self._handle_error(unasked.error, is_sent=False)
            return self._edit
        except _StoppedBySight as stopped:
            words = f"{stopped} {self._certainty_text(unsure=self._is_unsure)}"
            await self._end(EditState.CONFLICT, words, is_unsent=not self._is_unsure)
            return self._edit
        except BaseException:
            # Closing in the middle, or a full disk: what was sent is unknown, what was not
            # stays queued.
            self._release_interrupted()
            raise
        else:
            return self._edit
        finally:
            self._outbox.claims.stop_work.blocking(self._edit.id)

    async def mark_sending(self, ready: Sequence[ReadyItem]) -> None:
        """Commit that the claimed edit's request is about to leave, if the rules still let it."""
        if self._edit.request.kind in ERASURE_KINDS and (
            reason := await self._context.find_deletion_refusal(self._edit)
        ):
            raise _RefusedByRules(reason)
        if reason := self._context.read_gate()(self._edit):
            raise _RefusedByRules(reason)
        record, listener = ready[0].record, self._context.on_profile_move
        if obstacle := await find_later_choice(self._context.store, self._edit, record):
            raise _StoppedBySight(obstacle)
        is_move = self._edit.request.kind is EditKind.PROFILE_EMAIL
        if is_move and listener is not None and record is not None:
            try:
                await listener(self._edit, record)
            except ConflictError as error:
                raise _StoppedBySight(str(error)) from error
            except StorageError:
                raise
            except AppError as error:
                raise _NotAsked(error) from error
        self._edit = await self._outbox.claims.mark_sending(self._edit, self._context.clock.now())

    async def mark_accepted(self) -> None:
        """Commit that the service answered ok to the claimed edit."""
        self._edit = await self._outbox.claims.mark_accepted(self._edit, self._context.clock.now())
        self.publish_change()

    async def close(self, results: Sequence[WriteResult]) -> None:
        """Close the claimed edit, or put it back into the outbox for a later attempt."""
        (result,) = results
        await self._close(result)
        change, listener = self._edit.email_change, self._context.on_step_done
        if self._edit.state is EditState.DONE and change is not None and listener is not None:
            await listener(change, result.record)

    async def _close(self, result: WriteResult) -> None:
        outcome, error, now = result.outcome, result.error, self._context.clock.now()
        age_s = abs(now - self._edit.accepted_at)
        if (
            outcome is WriteOutcome.ACCEPTED
            and self._edit.request.kind is EditKind.DELETE_USER_DATA
        ):
            # Zendesk deletes the data in the background, and says so only after a while.
            await self._end(EditState.DONE, self._format(EDIT_ACCEPTED_TEXT))
        elif outcome is WriteOutcome.ACCEPTED and self._is_kept_otherwise(result.record):
            await self._cache(result.record)
            value = value_of_edit(self._edit.request, result.record)
            await self._end(EditState.DONE, self._format(EDIT_KEPT_TEXT, value))
        elif outcome is WriteOutcome.ACCEPTED and age_s < _STALE_READ_TOLERANCE_S:
            words = self._format(EDIT_NOT_SHOWN_YET_TEXT)
            await self._postpone(EditState.UNKNOWN, _READ_BACK_RETRY_S, words)
        elif error is None or outcome is WriteOutcome.TARGET_GONE:
            await self._cache(result.record)
            state, text = _end_of(result, is_maybe_sent=self._is_unsure)
            is_unsent = not self._is_unsure and outcome in _OUTCOMES_WITHOUT_SENDING
            value = value_of_edit(self._edit.request, result.record)
            who = await self._find_author(value) if text is EDIT_CHANGED_TEXT else ""
            text = EDIT_CHANGED_HERE_TEXT if who else text
            await self._end(state, self._format(text, value, error, who), is_unsent=is_unsent)
        elif outcome is WriteOutcome.NOT_PERMITTED and not self._is_unsure:
            # Who is at work lacks the right; the one who asked for it had it. One that may have
            # been sent ends instead: no stricter level may have to wait behind it.
            reason = error.message if isinstance(error, AppError) else str(error)
            words = EDIT_WAITS_FOR_RIGHT_TEXT.format(reason=reason, actor=self._edit.actor)
            await self._postpone(EditState.QUEUED, _REFUSED_RETRY_S, not_sent_detail(words))
        elif outcome is WriteOutcome.READ_BACK_FAILED:
            await self._postpone(EditState.UNKNOWN, _READ_BACK_RETRY_S, _title(error))
        else:
            await self._handle_error(error, is_sent=outcome is not WriteOutcome.UNREADABLE)

    def _is_kept_otherwise(self, record: TargetRecord | None) -> bool:
        row = row_of_edit(self._edit)
        return not is_row_applied(row, record) and is_row_taken(row, record)

    async def _find_author(self, value: Json) -> str:
        """Name who gave the claimed edit's field the value that stands there; "": nobody here."""
        request, now = self._edit.request, self._context.clock.now()
        entries = await self._context.store.audit.list_entries(targets=(request.target.id,))
        change = find_last_change(entries, request.kind, request.name)
        is_theirs = change is not None and is_same_json(change.new, value)
        return change.describe_author(now) if change is not None and is_theirs else ""

    def _find_erased_obstacle(self, erased: ErasedPeople) -> str:
        """Say that whom the claimed edit makes was erased; "" for what may have been sent."""
        keys = find_made_keys(row_of_edit(self._edit))
        reason = erased.find_refusal(keys) if keys and not self._is_unsure else ""
        return f"{reason} Nothing was sent." if reason else ""

    async def _find_twin(self) -> str:
        """Say which profile a claimed create would stand beside; "" where there is none.

        What may have been sent already has made its profile: the write itself reads that.
        """
        request = self._edit.request
        if request.kind is not EditKind.CREATE or self._is_unsure:
            return ""
        return await self._context.find_create_obstacle(request.target.id)

    async def _is_own_restore(self) -> bool:
        """Whether the claimed edit takes back its maker's own opt-out of the last 24 h."""
        edit = self._edit
        if edit.request.undoes is None:
            return False
        undone = await self._outbox.get_edit(edit.request.undoes)
        if await self._outbox.has_later_level(undone.id):
            return False
        if not edit.is_author_proven:
            return False
        return is_own_recent_optout(undone, edit.request, edit.actor_key, edit.created_at)

    async def _handle_error(self, error: AppError | OSError, *, is_sent: bool) -> None:
        """Close or postpone the claimed edit after an error of its write (`is_sent`) or read."""
        unsure = self._is_unsure or (is_sent and may_be_applied(error))
        # With these the edit itself is fine: it goes out once somebody has signed in again.
        is_signed_out = isinstance(error, AuthenticationError | KeyringError)
        may_pass = is_signed_out or (isinstance(error, AppError) and error.is_retryable)
        if not may_pass and (is_sent or not unsure):
            state = EditState.CONFLICT if isinstance(error, NotFound) else EditState.FAILED
            words = f"{error} {self._certainty_text(unsure=unsure)}"
            certain = is_sent and not unsure
            await self._end(state, str(error) if certain else words, is_unsent=not unsure)
            return
        # What may have been applied and cannot be read: only a read that is let in can tell.
        wait_s = _REFUSED_RETRY_S
        if may_pass:
            attempt = _RETRY_BACKOFF.attempt_after(self._last_wait_s)
            wait_s = _RETRY_BACKOFF.delay_s(attempt, self._context.jitter()) or _REFUSED_RETRY_S
        if isinstance(error, RateLimited | ServiceError) and error.retry_at is not None:
            wait_s = max(wait_s, error.retry_at - self._context.clock.now())
        state = EditState.UNKNOWN if unsure else EditState.QUEUED
        await self._postpone(state, wait_s, _title(error))

    async def _postpone(self, state: EditState, wait_s: float, detail: str) -> None:
        """Release the claimed edit, to be taken again in `wait_s` seconds."""
        now = self._context.clock.now()
        self._edit = await self._outbox.claims.release(
            self._edit, now, state=state, not_before=now + wait_s, detail=detail
        )

    def _release_interrupted(self) -> None:
        """Release the claimed edit as it was left, on whatever thread this is."""
        try:
            now = self._context.clock.now()
            edit = self._outbox.get_edit.blocking(self._edit.id)
            if edit.state.is_final:
                return
            sent = edit.state in (EditState.SENDING, EditState.UNKNOWN)
            self._outbox.claims.release.blocking(
                edit,
                now,
                state=EditState.UNKNOWN if sent else EditState.QUEUED,
                not_before=now,
                detail=edit.detail,
            )
        except AppError as error:
            # The row stays claimed; this process's end frees it.
            log.info("An edit could not be given back: %s", error.code)

    async def _cache(self, record: TargetRecord | None) -> None:
        """Cache the record read back before the edit closes: no sheet shows the old one again."""
        now, cache = self._context.clock.now(), self._context.store.customer_cache
        document = record.document if record is not None else None
        if isinstance(document, SailthruProfile):
            await cache.save_profile(document, now)
        elif isinstance(document, ZendeskUser):
            await cache.save_user_keeping_identities(document, now)
        self._context.checkpoint(WriteStep.CACHED.value)

    async def _end(self, state: EditState, detail: str, *, is_unsent: bool = False) -> None:
        # Every try was refused, so none had an effect: there is nothing to take back.
        edit = replace(self._edit, tries=0) if is_unsent else self._edit
        self._edit = await self._context.store.run(
            self._outbox.claims.close, edit, self._context.clock.now(), state, detail
        )
        self._context.checkpoint(WriteStep.CLOSED.value)

    def publish_change(self) -> None:
        """Publish on the bus that the claimed edit has moved on."""
        topics = [Topic.OUTBOX, Topic.CUSTOMER]
        if self._edit.state.is_final:
            topics.append(Topic.AUDIT)
        self._context.bus.publish(ChangeSet.of(*topics, ids=[self._edit.request.target.id]))

    def _certainty_text(self, *, unsure: bool) -> str:
        """Say what is certain about a sent edit whose record cannot be compared."""
        if self._edit.is_accepted:
            return "The service had accepted the change before."
        if unsure:
            return "The change may have been applied before."
        return "Nothing was changed." if self._edit.tries else "Nothing was sent."

    def _format(
        self, text: str, value: Json = None, error: Exception | None = None, who: str = ""
    ) -> str:
        """Fill in a sentence of an edit's outcome; `value` is what stands at the service."""
        request = self._edit.request
        gone = f"{error.title} {error.message}" if isinstance(error, AppError) else ""
        words = text.format(
            service=request.target.service.title,
            now=_format_value(request.kind, value),
            error=gone,
            who=who,
            certainty=self._certainty_text(unsure=self._is_unsure),
        )
        return " ".join(words.split()) if error is not None else words


_OUTCOMES_WITHOUT_SENDING = (
    WriteOutcome.UNCHANGED,
    WriteOutcome.ADDRESS_TAKEN,
    WriteOutcome.CHANGED_ELSEWHERE,
    WriteOutcome.TARGET_GONE,
)


def _end_of(result: WriteResult, *, is_maybe_sent: bool) -> tuple[EditState, str]:
    """Return a claimed edit's final state and sentence, for an outcome that ends it."""
    outcome = result.outcome
    if outcome is WriteOutcome.TARGET_GONE:
        return EditState.CONFLICT, EDIT_GONE_TEXT
    if outcome is WriteOutcome.ACCEPTED:
        return EditState.CONFLICT, EDIT_REVERTED_TEXT
    if outcome is WriteOutcome.CHANGED_ELSEWHERE:
        text = EDIT_CHANGED_MAYBE_OURS_TEXT if is_maybe_sent else EDIT_CHANGED_TEXT
        return EditState.CONFLICT, text
    # An address that is taken has a profile, which is all that a create wants.
    is_ours = is_maybe_sent or outcome is WriteOutcome.CONFIRMED
    return EditState.DONE, EDIT_CONFIRMED_TEXT if is_ours else UNCHANGED_TEXT


def _title(error: AppError | OSError) -> str:
    return error.title if isinstance(error, AppError) else str(error)


def _format_value(kind: EditKind, value: Json) -> str:
    if kind is EditKind.LIST:
        return "on the list" if value else "not on the list"
    if kind is EditKind.TAG:
        return "tagged" if value else "not tagged"
    if kind is EditKind.OPTOUT:
        return f"“{OptOutLevel(str(value)).label}”" if value else LEVEL_NOT_KNOWN_LABEL.lower()
    if isinstance(value, bool):
        return "on" if value else "off"
    return shorten_value(value)
