"""Delivers the outbox: claim → read and compare → send → read back → audit → close.

Killed at any point, the next deliverer finds the row in a state that says what is certain:
`queued` nothing was sent, `sending`/`unknown` it may have been: then the target is read first.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    ConflictError,
    KeyringError,
    NotFound,
    RateLimited,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
)
from desktop.model.edit import Edit, EditKind, EditState, is_same_json
from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.retry_backoff import ExponentialBackoff
from desktop.model.service import Service
from desktop.store.workspace_store import WorkspaceStore
from desktop.writing.edit_gateways import CurrentValue, EditGateway

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

# Sailthru is eventually consistent (contract sailthru 2.1): a read-back may be stale at first.
_READ_BACK_WAITS_S = (0.0, 0.25, 0.75, 1.5)
# An accepted change that still reads as the old value after this long was changed back elsewhere.
_STALE_READ_TOLERANCE_S = 120.0
_MAX_COLLISIONS = 3
_REFUSED_RETRY_S = 60.0
_RETRY_BACKOFF = ExponentialBackoff(
    first_delay_s=2.0, factor=2.0, max_delay_s=60.0, max_attempts=1_000_000
)

Checkpoint = Callable[[str], None]


@dataclass(frozen=True)
class EditSenderContext:
    """What a deliverer needs to know: its services, how it waits, where it may be watched.

    `checkpoint` is called with the name of each step passed (tests stop the process there).
    """

    store: WorkspaceStore
    gateways: Mapping[Service, EditGateway]
    clock: Clock
    bus: ChangeBus
    jitter: Callable[[], float]
    checkpoint: Checkpoint = field(default=lambda _name: None)


class EditSender:
    """Sends what is due. Any number of them may run, in any number of processes."""

    def __init__(self, delivery: EditSenderContext) -> None:
        self._context = delivery

    async def send_due(self, *, only: Iterable[str] = ()) -> tuple[Edit, ...]:
        """Send everything that is due now (or only these ids); returns where each edit stands.

        Never raises for what a service says: that becomes the edit's state. Raises StoreKnown.
        """
        ended: list[Edit] = []
        wanted = tuple(only)
        while True:
            edit = await self._context.store.outbox.claim(
                self._context.clock.now(),
                only=wanted,
                services=tuple(self._context.gateways),
            )
            if edit is None:
                return tuple(ended)
            self._context.checkpoint("claimed")
            ended.append(await self._send_claimed(edit))
            self._publish_change(ended[-1])

    async def _send_claimed(self, edit: Edit) -> Edit:
        try:
            return await self._attempt(edit)
        except BaseException:
            # Closing in the middle, or a full disk: what was sent is unknown, what was not
            # stays queued.
            self._release_interrupted(edit.id)
            raise
        finally:
            self._context.store.outbox.stop_work.blocking(edit.id)

    async def _attempt(self, edit: Edit) -> Edit:
        port = self._context.gateways[edit.request.target.service]
        nothing_to_undo = await self._undo_obstacle(edit)
        if nothing_to_undo:
            return await self._close(edit, EditState.CONFLICT, nothing_to_undo, unsent=True)
        collision = 0
        # Once an attempt may have arrived, no later one can say that nothing did.
        unsure = edit.state is EditState.UNKNOWN or edit.is_accepted
        while True:
            try:
                reading = await port.read(edit.request)
            except NotFound as gone:
                words = f"{gone.title} {gone.message} {_certainty_text(edit, unsure=unsure)}"
                words = " ".join(words.split())
                return await self._close(edit, EditState.CONFLICT, words, unsent=not unsure)
            except AppError as trouble:
                return await self._postpone_after_error(edit, trouble, nothing_sent=not unsure)
            self._context.checkpoint("read")
            verdict: _EditDecision | None = _decide(edit, reading.value, unsure=unsure)
            if verdict is _SEND_DECISION and edit.is_accepted:
                verdict = self._decide_stale_read(edit)
            if verdict is None:
                return await self._postpone_read_back(edit, _not_shown_yet_text(edit))
            if verdict is not _SEND_DECISION:
                await self._cache_reading(reading)
                return await self._close(edit, verdict.state, verdict.detail, unsent=not unsure)
            edit = await self._context.store.outbox.mark_sending(edit, self._context.clock.now())
            self._context.checkpoint("sending")
            try:
                await port.send(edit.request)
            except ConflictError as collided:
                # 409: somebody wrote to the same record at the same moment (contract zendesk 13).
                collision += 1
                if collision < _MAX_COLLISIONS:
                    continue
                return await self._close(edit, EditState.FAILED, str(collided), unsent=not unsure)
            except (AppError, OSError) as trouble:
                return await self._after_failed_send(edit, trouble, unsure=unsure)
            self._context.checkpoint("answered")
            edit = await self._context.store.outbox.mark_accepted(edit, self._context.clock.now())
            self._publish_change(edit)
            self._context.checkpoint("accepted")
            return await self._read_back(edit, port)

    async def _read_back(self, edit: Edit, port: EditGateway) -> Edit:
        for wait_s in _READ_BACK_WAITS_S:
            if wait_s:
                await self._context.clock.sleep(wait_s)
            try:
                reading = await port.read(edit.request)
            except NotFound:
                continue
            except AppError as trouble:
                return await self._postpone_read_back(edit, trouble.title)
            if _is_applied(edit, reading.value):
                self._context.checkpoint("read back")
                await self._cache_reading(reading)
                self._context.checkpoint("kept")
                return await self._close(edit, EditState.DONE, _confirmed_text(edit))
        return await self._postpone_read_back(edit, _not_shown_yet_text(edit))

    async def _undo_obstacle(self, edit: Edit) -> str:
        """Why this undo must not be sent, if its edit turned out to have changed nothing.

        What stands there then is somebody else's choice.
        """
        if edit.request.undoes is None or edit.tries:
            return ""
        undone = await self._context.store.outbox.get_edit(edit.request.undoes)
        if not undone.has_changed_nothing:
            return ""
        return (
            "Edit {id} changed nothing: there is nothing to take back. Nothing was sent.".replace(
                "{id}", undone.id
            )
        )

    async def _after_failed_send(
        self, edit: Edit, trouble: AppError | OSError, *, unsure: bool
    ) -> Edit:
        if isinstance(
            trouble, ServiceUnreachable | RateLimited | AuthenticationError | KeyringError
        ):
            return await self._postpone_after_error(edit, trouble, nothing_sent=not unsure)
        if isinstance(trouble, ResponseTimeout):
            return await self._postpone_after_error(edit, trouble)
        if isinstance(trouble, ServiceError):
            unsure = unsure or trouble.is_outcome_unknown
            if trouble.is_retryable:
                return await self._postpone_after_error(edit, trouble, nothing_sent=not unsure)
        elif not isinstance(trouble, AppError):
            # An error of the operating system does not say how far the request came.
            unsure = True
        state = EditState.CONFLICT if isinstance(trouble, NotFound) else EditState.FAILED
        words = f"{trouble} {_certainty_text(edit, unsure=unsure)}" if unsure else str(trouble)
        return await self._close(edit, state, words, unsent=not unsure)

    async def _postpone_after_error(
        self, edit: Edit, trouble: AppError | OSError, *, nothing_sent: bool = False
    ) -> Edit:
        # With these the edit itself is fine: it goes out once somebody has signed in again.
        signed_out = isinstance(trouble, AuthenticationError | KeyringError)
        refused = isinstance(trouble, AppError) and not trouble.is_retryable and not signed_out
        if refused and nothing_sent:
            words = f"{trouble} {_certainty_text(edit, unsure=False)}"
            return await self._close(edit, EditState.FAILED, words, unsent=True)
        now = self._context.clock.now()
        wait_s = (
            _RETRY_BACKOFF.delay_s(max(1, min(edit.tries, 8)), self._context.jitter())
            or _REFUSED_RETRY_S
        )
        if refused:
            # It may have been applied: only a read that is let in can say how it ended.
            wait_s = _REFUSED_RETRY_S
        due = (
            max(now + wait_s, trouble.retry_at)
            if isinstance(trouble, RateLimited)
            else now + wait_s
        )
        unsure = edit.state in (EditState.SENDING, EditState.UNKNOWN) and not nothing_sent
        return await self._context.store.outbox.release(
            edit,
            now,
            state=EditState.UNKNOWN if unsure else EditState.QUEUED,
            not_before=min(due, now + 600.0),
            detail=trouble.title if isinstance(trouble, AppError) else str(trouble),
        )

    async def _postpone_read_back(self, edit: Edit, detail: str) -> Edit:
        now = self._context.clock.now()
        return await self._context.store.outbox.release(
            edit,
            now,
            state=EditState.UNKNOWN,
            not_before=now + 3.0,
            detail=detail,
        )

    def _decide_stale_read(self, edit: Edit) -> "_EditDecision | None":
        if abs(self._context.clock.now() - edit.accepted_at) < _STALE_READ_TOLERANCE_S:
            return None
        return _EditDecision(
            EditState.CONFLICT,
            (
                "The service accepted the change, yet shows the old value: it was changed back"
                " elsewhere, or not applied."
            ),
        )

    def _release_interrupted(self, edit_id: str) -> None:
        try:
            now = self._context.clock.now()
            edit = self._context.store.outbox.get_edit.blocking(edit_id)
            if edit.state.is_final:
                return
            sent = edit.state in (EditState.SENDING, EditState.UNKNOWN)
            self._context.store.outbox.release.blocking(
                edit,
                now,
                state=EditState.UNKNOWN if sent else EditState.QUEUED,
                not_before=now,
                detail=edit.detail,
            )
        except AppError as error:
            # The row stays claimed; this process's end frees it.
            log.info("An edit could not be given back: %s", error.code)

    async def _cache_reading(self, reading: CurrentValue) -> None:
        now = self._context.clock.now()
        if reading.profile is not None:
            await self._context.store.customer_cache.save_profile(reading.profile, now)
        if reading.user is not None:
            await self._context.store.customer_cache.save_user_keeping_identities(reading.user, now)

    async def _close(
        self, edit: Edit, state: EditState, detail: str, *, unsent: bool = False
    ) -> Edit:
        if unsent:
            # Every try was refused, so none had an effect: there is nothing to take back.
            edit = replace(edit, tries=0)
        closed = await self._run_in_database(
            self._context.store.outbox.close, edit, self._context.clock.now(), state, detail
        )
        self._context.checkpoint("closed")
        return closed

    def _publish_change(self, edit: Edit) -> None:
        topics = [Topic.OUTBOX, Topic.CUSTOMER]
        if edit.state.is_final:
            topics.append(Topic.AUDIT)
        self._context.bus.publish(ChangeSet.of(*topics, ids=[edit.request.target.id]))

    async def _run_in_database(
        self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._context.store.run(act, *args, **kwargs)


@dataclass(frozen=True)
class _EditDecision:
    state: EditState
    detail: str


_SEND_DECISION = _EditDecision(EditState.SENDING, "")


def _decide(edit: Edit, current: Json, *, unsure: bool) -> _EditDecision:
    """What to do, knowing what the service says now."""
    if _is_applied(edit, current):
        if unsure:
            return _EditDecision(EditState.DONE, _confirmed_text(edit))
        return _EditDecision(EditState.DONE, "It was so already: nothing was sent.")
    if edit.request.kind is EditKind.CREATE or is_same_json(current, edit.request.old):
        return _SEND_DECISION
    words = (
        "Changed elsewhere since it was sent: it is now {now}."
        if unsure
        else "Changed elsewhere, person unknown: it is now {now}. Nothing was sent."
    )
    return _EditDecision(EditState.CONFLICT, words.replace("{now}", _format_value(edit, current)))


def _certainty_text(edit: Edit, *, unsure: bool) -> str:
    """What is certain about an edit that cannot be compared."""
    if edit.is_accepted:
        return "The service had accepted the change before."
    if unsure:
        return "The change may have been applied before."
    return "Nothing was changed." if edit.tries else "Nothing was sent."


def _is_applied(edit: Edit, current: Json) -> bool:
    if edit.request.kind is EditKind.CREATE:
        return current is not None
    return is_same_json(current, edit.request.new)


def _format_value(edit: Edit, value: Json) -> str:
    if edit.request.kind is EditKind.LIST:
        return "on the list" if value else "not on the list"
    if edit.request.kind is EditKind.OPTOUT:
        return f"“{OptOutLevel(str(value)).label}”"
    if isinstance(value, bool):
        return "on" if value else "off"
    text = "not set" if value is None else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _confirmed_text(edit: Edit) -> str:
    name = "Sailthru" if edit.request.target.service is Service.SAILTHRU else "Zendesk"
    return "{service} confirmed".replace("{service}", name)


def _not_shown_yet_text(edit: Edit) -> str:
    name = "Sailthru" if edit.request.target.service is Service.SAILTHRU else "Zendesk"
    return "{service} accepted it, but does not show it yet".replace("{service}", name)
