"""Hands calls to Sailthru to a worker of the team, over the team store, and waits for answers."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from desktop.connect.team_connection import TeamConnection
from desktop.kit.errors import AppError, ResponseTimeout, ServiceUnreachable
from desktop.model.permission import Actor
from desktop.model.relayed_sailthru_call import RelayedAnswer, RelayedCall

if TYPE_CHECKING:
    from desktop.store.team.team_listener import TeamListener
    from desktop.store.team.team_store import TeamStore

log = logging.getLogger(__name__)

# Seconds. A worker that is there takes a call within milliseconds; its own patience is shorter.
_TAKEN_S = 5.0
_ANSWERED_S = 30.0
_ANSWER = "answer "


class SailthruRelayClient:
    """One desk's way to a worker; it listens for answers from the first call on.

    `find_actor` returns who is signed in to Zendesk at this desk now.
    """

    def __init__(self, team: TeamConnection, find_actor: Callable[[], Actor | None]) -> None:
        self._team = team
        self._find_actor = find_actor
        self._listener: TeamListener | None = None
        self._listening: asyncio.Task[None] | None = None
        self._is_heard = asyncio.Event()
        self._waiting: dict[int, asyncio.Event] = {}

    async def ask(self, call: RelayedCall) -> RelayedAnswer:
        """Have a worker make a call to Sailthru; returns Sailthru's answer, or the worker's no.

        Raises ServiceUnreachable where no worker took it: nothing was sent; else ResponseTimeout.
        """
        actor = self._find_actor()
        if actor is not None and actor.id is not None:
            call = replace(call, person=str(actor.id))
        store = await self._open()
        await self._listen(store)
        request = await store.requests.ask(msgspec.json.encode(call).decode())
        answered = self._waiting[request] = asyncio.Event()
        try:
            found = await self._wait(store, request, answered)
        finally:
            self._waiting.pop(request, None)
        return msgspec.json.decode(found, type=RelayedAnswer)

    async def close(self) -> None:
        """Stop listening for workers' answers to relayed Sailthru calls."""
        listener, listening = self._listener, self._listening
        self._listener = self._listening = None
        if listener is not None and listening is not None:
            listener.stop()
            await listening

    async def _wait(self, store: "TeamStore", request: int, answered: asyncio.Event) -> str:
        for patience_s in (_TAKEN_S, _ANSWERED_S):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), patience_s)
            # Also where no notice came: the listener may have been cut off.
            answered.clear()
            found = await store.requests.take_answer(request)
            if found is not None:
                return found
            if patience_s == _TAKEN_S and await store.requests.is_open(request):
                break
        if await store.requests.withdraw(request):
            raise ResponseTimeout(
                "Your team's worker did not answer in time.",
                "It may have sent this to Sailthru. Fairlead looks there before it sends it again.",
            )
        raise ServiceUnreachable(
            "Sailthru can't be reached: no worker of your team is there.",
            "This computer has no Sailthru key of its own. Nothing was sent.",
            "Fairlead tries again by itself. If it stays so, ask an admin: `fairlead worker`.",
        )

    async def _open(self) -> "TeamStore":
        try:
            store = await self._team.open()
        except AppError as error:
            raise ServiceUnreachable(error.title, error.message, error.hint) from error
        if store is None:
            raise ServiceUnreachable(
                "Sailthru can't be reached: this computer belongs to no team any more.",
                "It has no Sailthru key of its own.",
                "Connect Sailthru in Settings, or join the team again.",
            )
        return store

    async def _listen(self, store: "TeamStore") -> None:
        """Begin to listen for workers' answers to relayed Sailthru calls, once."""
        if self._listening is not None and not self._listening.done():
            await self._is_heard.wait()
            return
        from desktop.store.team.team_listener import TeamListener

        self._is_heard.clear()
        listener, loop = TeamListener(store.database), asyncio.get_running_loop()

        def on_notice(notice: str) -> None:
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._on_notice, notice)

        self._listener = listener
        self._listening = asyncio.create_task(self._run(listener, on_notice))
        await self._is_heard.wait()

    async def _run(self, listener: "TeamListener", on_notice: Callable[[str], None]) -> None:
        try:
            await asyncio.to_thread(listener.listen, on_notice)
        except AppError as error:
            log.info("Answers of the worker are not heard: %s", error.code)
        finally:
            # Whoever waits looks for themselves.
            self._is_heard.set()
            for answered in self._waiting.values():
                answered.set()

    def _on_notice(self, notice: str) -> None:
        if not notice:
            self._is_heard.set()
        elif notice.startswith(_ANSWER):
            answered = self._waiting.get(int(notice.removeprefix(_ANSWER)))
            if answered is not None:
                answered.set()
