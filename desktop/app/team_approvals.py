"""Approvals between the desks of a team: what is asked, answered elsewhere, and taken in here.

An answer counts like an approval given at this computer: once Zendesk has said that who gave it is
an admin at this moment, for exactly what was asked. It is asked again when it takes effect.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop.app.container import WorkspaceServices
from desktop.connect.identity_and_roles import actor_from_zendesk_user
from desktop.connect.team_connection import require_team_admin
from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted
from desktop.model.erasure import ErasureState, confirmation_key
from desktop.model.json_value import Json
from desktop.model.permission import Actor, Role
from desktop.model.run_limit import TYPED_CONSEQUENCES, people_over_limit_text
from desktop.model.sync_plan import PlanState
from desktop.model.team import ApprovalAnswer, ApprovalKind, ApprovalRequest
from desktop.sync.plan_limit_check import read_open_limits

if TYPE_CHECKING:
    from desktop.store.team.team_store import TeamStore

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WantedApproval:
    """What this desk needs another admin for; `record_id` is the erasure's id, or the plan's."""

    kind: ApprovalKind
    subject: str
    record_id: str
    content: Mapping[str, Json]
    asked_by: str


class TeamApprovals:
    """Asks the admins of a team's other desks, and answers them."""

    def __init__(self, services: WorkspaceServices) -> None:
        self._services = services

    async def list_open(self) -> tuple[ApprovalRequest, ...]:
        """List what all desks ask for; this one's are brought up to date before."""
        await self.exchange()
        store = await self._require_store()
        return tuple(one for one in await store.approvals.list_open() if one.is_proven)

    async def answer(self, request_id: str, typed: str) -> ApprovalRequest:
        """Approve what another desk asks for, as the admin at work here.

        `typed` is the address of who is to be erased, or how many people go over the limit: whoever
        approves has to know what. Raises NotPermitted, InvalidInput for another confirmation.
        """
        services, store = self._services, await self._require_store()
        await services.session.recheck_actor(at_once=True)
        actor = services.session.actor
        require_team_admin(actor)
        if actor.id is None:
            raise NotPermitted("Without Zendesk nobody can say who a second admin is.")
        request = await store.approvals.get(request_id)
        if request.kind is ApprovalKind.ERASURE:
            services.erasures.require_right()
            self._require_confirmed_person(store, request, typed)
        else:
            services.syncs.require_admin()
            _require_confirmed_count(request, typed)
        if request.text("asked_user") == str(actor.id):
            raise NotPermitted(
                "You have asked for this approval yourself.",
                "It takes another admin. Nothing was approved.",
            )
        if not await store.enrolment.acts_for(str(actor.id)):
            raise NotPermitted(
                f"This computer can't answer for {actor.name} yet.",
                "The team store takes an admin's answers from their own computer alone. Nothing was"
                " approved.",
                "Whoever owns the database names it once: `fairlead team admin - --desk NAME"
                f" --person {actor.id}`.",
            )
        await store.approvals.answer(request, actor, services.context.clock.now())
        return await store.approvals.get(request_id)

    async def exchange(self) -> int:
        """Ask for what this desk needs, end what it needs no more, take answers in.

        Returns how many answers were taken in; nothing where the workspace works alone. Raises
        TeamStoreAway and what else keeps the store from being used.
        """
        store = await self._services.team.open()
        if store is None:
            return 0
        taken = 0
        wanted = {
            store.approvals.request_id(one.kind, one.subject): one
            for one in [
                *await self._wanted_erasures(store),
                *await self._wanted_limits(),
                *await self._wanted_batches(),
            ]
        }
        now = self._services.context.clock.now()
        asked = {one.id: one for one in await store.approvals.list_own()}
        for request_id, one in wanted.items():
            request = asked.get(request_id)
            if request is None:
                await store.approvals.ask(one.kind, one.subject, one.content, one.asked_by, now)
            elif request.is_proven and request.content == one.content:
                count = await self._take_answers(request, one)
                if count:
                    # What is still missing then is asked for anew.
                    await store.approvals.end(request_id)
                taken += count
        for request_id in asked.keys() - wanted.keys():
            await store.approvals.end(request_id)
        return taken

    async def require_current_approvers(self, plan_id: str) -> None:
        """Raise NotPermitted where somebody who let a plan's limit pass is no admin any more."""
        zendesk, actor = self._services.session.clients.zendesk, self._services.session.actor
        approvals = await self._services.store.plans.approvals.list_of_plan(plan_id)
        others = {
            int(one.user_id): one
            for one in approvals
            if one.is_in_force
            and one.limit_code not in TYPED_CONSEQUENCES
            and one.user_id.isdecimal()
            and one.user_id != actor.approver_id
        }
        if not others or zendesk is None:
            return
        users = {user.id: user for user in await zendesk.show_users(list(others))}
        for user_id, approval in others.items():
            user = users.get(user_id)
            if user is None or not user.active or user.suspended or user.role != "admin":
                raise NotPermitted(
                    f"{approval.name} is no admin any more.",
                    f"They let a limit of plan {plan_id} pass. Nothing was written.",
                    "Make a new preview; another admin has to approve it.",
                )

    async def _wanted_erasures(self, store: "TeamStore") -> list[WantedApproval]:
        found = []
        for progress in await self._services.store.erasures.list_progress(open_only=True):
            erasure = progress.erasure
            proven = [one for one in erasure.approvals if one.is_proven]
            if erasure.state is not ErasureState.REQUESTED or erasure.subject is None or not proven:
                continue
            typed = confirmation_key(erasure.subject.confirmation)
            content: dict[str, Json] = {
                "erasure": erasure.id,
                "counts": dict(erasure.counts),
                "person": store.key.hash_person(f"erasure {typed}"),
                "asked_user": proven[0].user_id,
            }
            found.append(
                WantedApproval(
                    ApprovalKind.ERASURE,
                    f"{erasure.id} {erasure.created_at}",
                    erasure.id,
                    content,
                    proven[0].name,
                )
            )
        return found

    async def _wanted_batches(self) -> list[WantedApproval]:
        """Find the parts of batches whose undo somebody here has asked an admin to approve."""
        store, found = self._services.store, []
        now = self._services.context.clock.now()
        for batch in await store.edit_batches.list_part_undos(now):
            approvals = await store.batch_approvals.list_in_force(batch.id)
            asked = next((one for one in approvals if not one.is_admin), None)
            if asked is None or any(one.is_admin for one in approvals):
                continue
            rows = await store.batch_approvals.hash_rows(batch.id)
            message = f"{people_over_limit_text('loosened', asked.people)}."
            if batch.reason:
                message = f"{message} Why: {batch.reason}."
            content: dict[str, Json] = {
                "title": f"Undo of a part of batch {batch.undone_batch}",
                "batch": batch.id,
                "people": asked.people,
                "message": message,
                "rows": rows,
                "asked_user": asked.user_id,
            }
            subject = _hash_subject(f"batch {batch.id} {batch.created_at} {rows}")
            found.append(WantedApproval(ApprovalKind.LIMIT, subject, batch.id, content, asked.name))
        return found

    async def _wanted_limits(self) -> list[WantedApproval]:
        services, store = self._services, self._services.store
        return await store.run(
            self._read_wanted_limits,
            services.current_settings.confirmed_over(),
            services.session.actor,
        )

    def _read_wanted_limits(self, confirmed_over: int | None, actor: Actor) -> list[WantedApproval]:
        store, now = self._services.store, self._services.context.clock.now()
        found = []
        for sync in store.syncs.list_all.blocking():
            plan = store.plans.find_latest.blocking(sync.name, PlanState.READY, PlanState.STOPPED)
            if plan is None:
                continue
            for limit in read_open_limits(store, sync, plan, now, confirmed_over):
                code, count = limit.breach.code, limit.approval_count
                # A preview that nobody has tried to write asks nobody.
                is_tried = plan.state is PlanState.STOPPED or count > 0
                if code in TYPED_CONSEQUENCES or not limit.needed_count or not is_tried:
                    continue
                rows = store.plans.approvals.hash_rows.blocking(plan.id, code)
                given = store.plans.approvals.list_of_plan.blocking(plan.id)
                asked = next((one.user_id for one in given if one.limit_code == code), "")
                content: dict[str, Json] = {
                    "sync": sync.name,
                    "title": sync.title,
                    "plan": plan.id,
                    "limit": code,
                    "people": limit.breach.people,
                    "message": limit.breach.message,
                    "rows": rows,
                    "asked_user": asked,
                }
                marks = f"{plan.id} {plan.created_at} {code} {count} {rows}"
                found.append(
                    WantedApproval(
                        ApprovalKind.LIMIT, _hash_subject(marks), plan.id, content, actor.name
                    )
                )
        return found

    async def _take_answers(self, request: ApprovalRequest, wanted: WantedApproval) -> int:
        taken = 0
        for answer in request.answers:
            if not answer.is_proven:
                log.warning("An answer to approval %s is nobody's of the team", request.id)
                continue
            try:
                admin = await self._find_admin(answer)
                await self._apply(wanted, admin)
                taken += 1
            except (NotPermitted, ConflictError, InvalidInput) as error:
                # Given already, or not an admin any more; another one may still answer.
                log.info("The answer of %s was not taken: %s", answer.user_id, error.code)
        return taken

    async def _apply(self, wanted: WantedApproval, admin: Actor) -> None:
        services = self._services
        if wanted.kind is ApprovalKind.ERASURE:
            await services.erasures.approve(wanted.record_id, admin)
            return
        if "batch" in wanted.content:
            rows = str(wanted.content["rows"])
            await services.edit_batches.approve(wanted.record_id, admin, rows_hash=rows)
            return
        people = wanted.content["people"]
        await services.store.plans.approvals.add(
            wanted.record_id,
            str(wanted.content["limit"]),
            admin.approver_id,
            admin.name,
            services.context.clock.now(),
            people=int(str(people)),
            credential=admin.credential,
            rows_hash=str(wanted.content["rows"]),
        )

    async def _find_admin(self, answer: ApprovalAnswer) -> Actor:
        """Ask Zendesk who gave an answer, as they are now. Raises NotPermitted for no admin."""
        zendesk = self._services.session.clients.zendesk
        if zendesk is None or not answer.user_id.isdecimal():
            raise NotPermitted("Zendesk is not connected, which says who is an admin.")
        user = await zendesk.show_user(int(answer.user_id))
        admin = actor_from_zendesk_user(user)
        if admin.role is not Role.ADMIN or not user.active or user.suspended:
            raise NotPermitted(f"{admin.name} is no admin any more.")
        return Actor(admin.name, admin.role, admin.id, credential=answer.credential)

    def _require_confirmed_person(
        self, store: "TeamStore", request: ApprovalRequest, typed: str
    ) -> None:
        typed_hash = store.key.hash_person(f"erasure {confirmation_key(typed)}")
        if typed_hash != request.text("person"):
            raise InvalidInput(
                "That is not the address of who is to be erased.",
                f"{request.asked_by} asks for the erasure of somebody else. Nothing was approved.",
                f"Ask {request.asked_by} whom it is about, and type that address.",
            )

    async def _require_store(self) -> "TeamStore":
        store = await self._services.team.open()
        if store is None:
            raise InvalidInput("This computer works alone.", "", "`fairlead team join` joins one.")
        return store


def _require_confirmed_count(request: ApprovalRequest, typed: str) -> None:
    people = request.text("people")
    if typed.replace(",", "").strip() != people:
        raise InvalidInput(
            f"“{typed.strip()[:40]}” is not the number of people.",
            "Nothing was approved.",
            f"{request.text('message')} Type {people} to approve.",
        )


def _hash_subject(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
