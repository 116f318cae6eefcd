"""Delivers the outbox: claim → read and compare → send → read back → audit → close.

Killed at any point, the next deliverer finds the row in a state that says what is certain:
`queued` nothing was sent, `sending`/`unknown` it may have been: then the target is read first.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import ParamSpec, TypeVar

from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    AuthLost,
    Conflict,
    NoKeyring,
    NotFound,
    Offline,
    RateLimited,
    ServiceTrouble,
    TimedOut,
)
from desktop.kit.text import translate
from desktop.model.edit import Edit, EditKind, EditState, Service, same
from desktop.model.json_value import Json
from desktop.model.optout import OptOut
from desktop.model.retry import Backoff
from desktop.store.store import Store
from desktop.writing.port import Port, Reading

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

# Sailthru is eventually consistent (contract sailthru 2.1): a read-back may be stale at first.
_READ_BACK_WAITS_S = (0.0, 0.25, 0.75, 1.5)
# An accepted change that still reads as the old value after this long was changed back elsewhere.
_SETTLE_WITHIN_S = 120.0
_COLLISIONS = 3
_REFUSED_S = 60.0
_AGAIN = Backoff(first_s=2.0, factor=2.0, longest_s=60.0, tries=1_000_000)

Checkpoint = Callable[[str], None]


@dataclass(frozen=True)
class Delivery:
    """What a deliverer needs to know: its services, how it waits, where it may be watched.

    `checkpoint` is called with the name of each step passed (tests stop the process there).
    """

    store: Store
    ports: Mapping[Service, Port]
    clock: Clock
    bus: Bus
    jitter: Callable[[], float]
    checkpoint: Checkpoint = field(default=lambda _name: None)


class Deliverer:
    """Sends what is due. Any number of them may run, in any number of processes."""

    def __init__(self, delivery: Delivery) -> None:
        self._d = delivery

    async def deliver_due(self, *, only: Iterable[str] = ()) -> tuple[Edit, ...]:
        """Send everything that is due now (or only these ids); returns where each edit stands.

        Never raises for what a service says: that becomes the edit's state. Raises StoreKnown.
        """
        ended: list[Edit] = []
        wanted = tuple(only)
        while True:
            edit = await self._run(
                self._d.store.outbox.claim,
                self._d.clock.now(),
                only=wanted,
                services=tuple(self._d.ports),
            )
            if edit is None:
                return tuple(ended)
            self._d.checkpoint("claimed")
            ended.append(await self._deliver(edit))
            self._tell(ended[-1])

    async def _deliver(self, edit: Edit) -> Edit:
        try:
            return await self._attempt(edit)
        except BaseException:
            # Closing in the middle, or a full disk: what was sent is unknown, what was not
            # stays queued.
            self._give_back(edit.id)
            raise
        finally:
            self._d.store.outbox.let_go(edit.id)

    async def _attempt(self, edit: Edit) -> Edit:
        port = self._d.ports[edit.intent.target.service]
        nothing_to_undo = await self._nothing_to_undo(edit)
        if nothing_to_undo:
            return await self._close(edit, EditState.CONFLICT, nothing_to_undo, unsent=True)
        collision = 0
        # Once an attempt may have arrived, no later one can say that nothing did.
        unsure = edit.state is EditState.UNKNOWN or edit.accepted
        while True:
            try:
                reading = await port.read(edit.intent)
            except NotFound as gone:
                words = f"{gone.title} {gone.message} {_fate(edit, unsure=unsure)}"
                words = " ".join(words.split())
                return await self._close(edit, EditState.CONFLICT, words, unsent=not unsure)
            except AppError as trouble:
                return await self._not_now(edit, trouble, nothing_sent=not unsure)
            self._d.checkpoint("read")
            verdict: _Verdict | None = _compare(edit, reading.value, unsure=unsure)
            if verdict is _SEND and edit.accepted:
                verdict = self._still_old(edit)
            if verdict is None:
                return await self._later(edit, _settling(edit))
            if verdict is not _SEND:
                await self._keep(reading)
                return await self._close(edit, verdict.state, verdict.detail, unsent=not unsure)
            edit = await self._run(self._d.store.outbox.mark_sending, edit, self._d.clock.now())
            self._d.checkpoint("sending")
            try:
                await port.send(edit.intent)
            except Conflict as collided:
                # 409: somebody wrote to the same record at the same moment (contract zendesk 13).
                collision += 1
                if collision < _COLLISIONS:
                    continue
                return await self._close(edit, EditState.FAILED, str(collided), unsent=not unsure)
            except (AppError, OSError) as trouble:
                return await self._after_failed_send(edit, trouble, unsure=unsure)
            self._d.checkpoint("answered")
            edit = await self._run(self._d.store.outbox.mark_accepted, edit, self._d.clock.now())
            self._tell(edit)
            self._d.checkpoint("accepted")
            return await self._read_back(edit, port)

    async def _read_back(self, edit: Edit, port: Port) -> Edit:
        for wait_s in _READ_BACK_WAITS_S:
            if wait_s:
                await self._d.clock.sleep(wait_s)
            try:
                reading = await port.read(edit.intent)
            except NotFound:
                continue
            except AppError as trouble:
                return await self._later(edit, trouble.title)
            if _applied(edit, reading.value):
                self._d.checkpoint("read back")
                await self._keep(reading)
                self._d.checkpoint("kept")
                return await self._close(edit, EditState.DONE, _confirmed(edit))
        return await self._later(edit, _settling(edit))

    async def _nothing_to_undo(self, edit: Edit) -> str:
        """Why this undo must not be sent, if its edit turned out to have changed nothing.

        What stands there then is somebody else's choice.
        """
        if edit.intent.undoes is None or edit.tries:
            return ""
        undone = await self._run(self._d.store.outbox.get, edit.intent.undoes)
        if not undone.changed_nothing:
            return ""
        return translate(
            "Deliver", "Edit {id} changed nothing: there is nothing to take back. Nothing was sent."
        ).replace("{id}", undone.id)

    async def _after_failed_send(
        self, edit: Edit, trouble: AppError | OSError, *, unsure: bool
    ) -> Edit:
        if isinstance(trouble, Offline | RateLimited | AuthLost | NoKeyring):
            return await self._not_now(edit, trouble, nothing_sent=not unsure)
        if isinstance(trouble, TimedOut):
            return await self._not_now(edit, trouble)
        if isinstance(trouble, ServiceTrouble):
            unsure = unsure or trouble.applied_unknown
            if trouble.retryable:
                return await self._not_now(edit, trouble, nothing_sent=not unsure)
        elif not isinstance(trouble, AppError):
            # An error of the operating system does not say how far the request came.
            unsure = True
        state = EditState.CONFLICT if isinstance(trouble, NotFound) else EditState.FAILED
        words = f"{trouble} {_fate(edit, unsure=unsure)}" if unsure else str(trouble)
        return await self._close(edit, state, words, unsent=not unsure)

    async def _not_now(
        self, edit: Edit, trouble: AppError | OSError, *, nothing_sent: bool = False
    ) -> Edit:
        # With these the edit itself is fine: it goes out once somebody has signed in again.
        signed_out = isinstance(trouble, AuthLost | NoKeyring)
        refused = isinstance(trouble, AppError) and not trouble.retryable and not signed_out
        if refused and nothing_sent:
            words = f"{trouble} {_fate(edit, unsure=False)}"
            return await self._close(edit, EditState.FAILED, words, unsent=True)
        now = self._d.clock.now()
        wait_s = _AGAIN.wait(max(1, min(edit.tries, 8)), self._d.jitter()) or _REFUSED_S
        if refused:
            # It may have been applied: only a read that is let in can say how it ended.
            wait_s = _REFUSED_S
        due = max(now + wait_s, trouble.until) if isinstance(trouble, RateLimited) else now + wait_s
        unsure = edit.state in (EditState.SENDING, EditState.UNKNOWN) and not nothing_sent
        return await self._run(
            self._d.store.outbox.release,
            edit,
            now,
            state=EditState.UNKNOWN if unsure else EditState.QUEUED,
            not_before=min(due, now + 600.0),
            detail=trouble.title if isinstance(trouble, AppError) else str(trouble),
        )

    async def _later(self, edit: Edit, detail: str) -> Edit:
        now = self._d.clock.now()
        return await self._run(
            self._d.store.outbox.release,
            edit,
            now,
            state=EditState.UNKNOWN,
            not_before=now + 3.0,
            detail=detail,
        )

    def _still_old(self, edit: Edit) -> "_Verdict | None":
        if abs(self._d.clock.now() - edit.accepted_at) < _SETTLE_WITHIN_S:
            return None
        return _Verdict(
            EditState.CONFLICT,
            translate(
                "Deliver",
                "The service accepted the change, yet shows the old value: it was changed back"
                " elsewhere, or not applied.",
            ),
        )

    def _give_back(self, edit_id: str) -> None:
        try:
            now = self._d.clock.now()
            edit = self._d.store.outbox.get(edit_id)
            if edit.state.final:
                return
            sent = edit.state in (EditState.SENDING, EditState.UNKNOWN)
            self._d.store.outbox.release(
                edit,
                now,
                state=EditState.UNKNOWN if sent else EditState.QUEUED,
                not_before=now,
                detail=edit.detail,
            )
        except AppError as error:
            # The row stays claimed; this process's end frees it.
            log.info("An edit could not be given back: %s", error.code)

    async def _keep(self, reading: Reading) -> None:
        now = self._d.clock.now()
        if reading.profile is not None:
            await self._run(self._d.store.mirror.save_profile, reading.profile, now)
        if reading.person is not None:
            await self._run(self._d.store.mirror.save_seen_person, reading.person, now)

    async def _close(
        self, edit: Edit, state: EditState, detail: str, *, unsent: bool = False
    ) -> Edit:
        if unsent:
            # Every try was refused, so none had an effect: there is nothing to take back.
            edit = replace(edit, tries=0)
        closed = await self._run(
            self._d.store.outbox.close, edit, self._d.clock.now(), state, detail
        )
        self._d.checkpoint("closed")
        return closed

    def _tell(self, edit: Edit) -> None:
        topics = [Topic.OUTBOX, Topic.CUSTOMER]
        if edit.state.final:
            topics.append(Topic.AUDIT)
        self._d.bus.publish(Changes.of(*topics, ids=[edit.intent.target.id]))

    async def _run(self, act: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._d.store.lane.run(act, *args, **kwargs)


@dataclass(frozen=True)
class _Verdict:
    state: EditState
    detail: str


_SEND = _Verdict(EditState.SENDING, "")


def _compare(edit: Edit, current: Json, *, unsure: bool) -> _Verdict:
    """What to do, knowing what the service says now."""
    if _applied(edit, current):
        if unsure:
            return _Verdict(EditState.DONE, _confirmed(edit))
        return _Verdict(
            EditState.DONE, translate("Deliver", "It was so already: nothing was sent.")
        )
    if edit.intent.kind is EditKind.CREATE or same(current, edit.intent.old):
        return _SEND
    words = (
        translate("Deliver", "Changed elsewhere since it was sent: it is now {now}.")
        if unsure
        else translate(
            "Deliver", "Changed elsewhere, person unknown: it is now {now}. Nothing was sent."
        )
    )
    return _Verdict(EditState.CONFLICT, words.replace("{now}", _shown(edit, current)))


def _fate(edit: Edit, *, unsure: bool) -> str:
    """What is certain about an edit that cannot be compared."""
    if edit.accepted:
        return translate("Deliver", "The service had accepted the change before.")
    if unsure:
        return translate("Deliver", "The change may have been applied before.")
    return (
        translate("Deliver", "Nothing was changed.")
        if edit.tries
        else translate("Deliver", "Nothing was sent.")
    )


def _applied(edit: Edit, current: Json) -> bool:
    if edit.intent.kind is EditKind.CREATE:
        return current is not None
    return same(current, edit.intent.new)


def _shown(edit: Edit, value: Json) -> str:
    if edit.intent.kind is EditKind.LIST:
        return "on the list" if value else "not on the list"
    if edit.intent.kind is EditKind.OPTOUT:
        return f"“{OptOut(str(value)).words}”"
    if isinstance(value, bool):
        return "on" if value else "off"
    text = "not set" if value is None else str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _confirmed(edit: Edit) -> str:
    name = "Sailthru" if edit.intent.target.service is Service.SAILTHRU else "Zendesk"
    return translate("Deliver", "{service} confirmed").replace("{service}", name)


def _settling(edit: Edit) -> str:
    name = "Sailthru" if edit.intent.target.service is Service.SAILTHRU else "Zendesk"
    return translate("Deliver", "{service} accepted it, but does not show it yet").replace(
        "{service}", name
    )
