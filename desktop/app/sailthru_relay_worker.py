"""Makes calls to Sailthru for desks of the team that have no key, by this computer's rules.

Whose desk asks, the team store says; who is signed in there, the desk. The roles of both are asked
of Zendesk, and the weaker counts. The rules are those of the computer that has the key, so that its
admin's switches bind whoever asks.
"""

import asyncio
import itertools
import logging
from typing import TYPE_CHECKING

import msgspec

from desktop.app.container import WorkspaceServices
from desktop.clients.http_messages import HttpResponse
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.kit.errors import AppError, InternalError, NotFound, NotPermitted
from desktop.model.erased_people import person_keys
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Actor, Permission, check_role
from desktop.model.relayed_sailthru_call import (
    RelayedAnswer,
    RelayedCall,
    changes_optout,
    find_needed_permissions,
    find_new_addresses,
)
from desktop.settings.permission_rules import leads_from

if TYPE_CHECKING:
    from desktop.clients.sailthru.client import SailthruClient
    from desktop.store.team.relayed_call_repository import DeskRequest
    from desktop.store.team.team_store import TeamStore

log = logging.getLogger(__name__)

# Seconds for which Zendesk's word on a person's role holds, for a look-up's several calls.
_ROLE_S = 30.0
_AT_ONCE = 16


class SailthruRelayWorker:
    """Answers desks' requests, several at a time, while this computer is connected."""

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services
        self._actors: dict[str, tuple[float, Actor]] = {}
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    async def answer_open(self) -> int:
        """Claim and begin every open Sailthru call of other desks; returns their number."""
        store = await self._services.team.open()
        if store is None or self._services.session.clients.sailthru is None:
            return 0
        count = 0
        while (request := await store.requests.take_next()) is not None:
            count += 1
            task = asyncio.create_task(self._answer(store, request))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return count

    async def finish(self) -> None:
        """Wait until the Sailthru calls under way for other desks are answered."""
        await asyncio.gather(*self._tasks)

    async def _answer(self, store: "TeamStore", request: "DeskRequest") -> None:
        async with self._slots:
            try:
                answer = await self._make_call(request)
            except AppError as error:
                answer = RelayedAnswer(error=error.as_json())
            except Exception as error:
                log.exception("A call for another desk failed")
                answer = RelayedAnswer(error=InternalError(type(error).__name__).as_json())
            try:
                await store.requests.answer(request.id, msgspec.json.encode(answer).decode())
            except AppError as error:
                log.warning("A desk's request was not answered: %s", error.title)

    async def _make_call(self, request: "DeskRequest") -> RelayedAnswer:
        call = msgspec.json.decode(request.content, type=RelayedCall)
        client = self._services.session.clients.sailthru
        if client is None:
            raise NotPermitted("This computer has no Sailthru key itself.")
        await self._require_right(request, call, client)
        answer = await client.relay(call.method, call.endpoint, call.parameters)
        if not call.is_read:
            person = call.person or request.user_id
            log.info("Sailthru %s for user %s: %d", call.endpoint, person, answer.status)
        return RelayedAnswer(answer.status, _passed_on(answer), answer.body.decode())

    async def _require_right(
        self, request: "DeskRequest", call: RelayedCall, client: "SailthruClient"
    ) -> None:
        services, names = self._services, self._services.session.account_names()
        # The desk's own first: what they may not, nobody gets there by claiming to be another.
        people = dict.fromkeys((request.user_id, call.person or request.user_id))
        actors = [await self._find_actor(person) for person in people]
        level = await _read_level(call, client) if changes_optout(call) else None
        needed = find_needed_permissions(
            call, health_var=names.health_var, paused_var=names.paused_var, level=level
        )
        for actor, permission in itertools.product(actors, needed):
            if permission is Permission.VIEW:
                decision = check_role(permission, actor, services.session.rules)
            else:
                decision = services.current_settings.check(permission, actor)
            if not decision.is_allowed:
                is_of_code = actor is actors[0] is not actors[-1]
                whose = ", for whom this computer joined the team," if is_of_code else ""
                raise NotPermitted(
                    f"{actor.name}{whose} may not do that.", decision.reason, "Nothing was sent."
                )
        if addresses := find_new_addresses(call):
            erased = await services.store.erased_people.load()
            if refusal := erased.find_refusal(person_keys(addresses=addresses)):
                raise NotPermitted("Nobody is made by that address.", refusal)

    async def _find_actor(self, user_id: str) -> Actor:
        """Return the person who asks as Zendesk knows them now. Raises NotPermitted."""
        clock = self._services.context.clock
        at, actor = self._actors.get(user_id, (float("-inf"), None))
        if actor is not None and clock.monotonic() - at < _ROLE_S:
            return actor
        zendesk = self._services.session.clients.zendesk
        if zendesk is None or not user_id.isdecimal():
            raise NotPermitted("Zendesk is not connected here, which says what a person may do.")
        user = await zendesk.show_user(int(user_id))
        if not user.active or user.suspended:
            raise NotPermitted(f"{user.name} may not sign in to Zendesk any more.")
        actor = actor_from_zendesk_user(user, leads_from(self._services.session.values))
        self._actors[user_id] = clock.monotonic(), actor
        return actor


async def _read_level(call: RelayedCall, client: "SailthruClient") -> OptOutLevel | None:
    """Read the opt-out level that a call is about to change; None where there is no profile."""
    key = str(call.parameters.get("key", ""))
    try:
        profile = await client.get_user(str(call.parameters.get("id", "")), key=key or None)
    except NotFound:
        # A new profile gets everything: whatever is set is stricter.
        return OptOutLevel.NONE
    return profile.optout


def _passed_on(answer: HttpResponse) -> dict[str, str]:
    """Return the headers by which the desk keeps to the key's rate limit."""
    wanted = ("x-rate-limit-", "retry-after", "date", "content-type")
    return {name: value for name, value in answer.headers.items() if name.startswith(wanted)}
