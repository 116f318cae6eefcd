"""Changes a customer's e-mail address in Zendesk and Sailthru: checks, queues, resumes, takes back.

    check ── is the address free in both? ── submit ── one edit a step in the outbox ── finish
                                                 └─ a step that failed: resume or take back

Each step is sent by the outbox like any edit, once the one before it is done.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from desktop.customer.edit_service import EditService
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput, NotFound, UserDecisionNeeded
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.edit import Edit, EditKind, EditRequest, EditTarget
from desktop.model.email_address import (
    email_match_key,
    is_reachable_email,
    normalize_email,
    parse_email,
)
from desktop.model.email_change import (
    TAKE_BACK_S,
    EmailChange,
    EmailChangeProgress,
    EmailChangeStep,
    EmailConflictPolicy,
    ProfileSnapshot,
    StepState,
    build_step_requests,
    build_take_back_requests,
    verify_profile,
)
from desktop.model.permission import Permission
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.target_record import TargetRecord
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)


class AddressState(Enum):
    """What an address change finds at the new address in one service; OWN: the customer's."""

    FREE = "free"
    OWN = "own"
    TAKEN = "taken"
    OTHER_PROFILE = "other profile"
    OFF = "off"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class EmailCheck:
    """What an address change finds at the new address, before anything is sent.

    `zendesk_owner` is who has it in Zendesk (TAKEN), `other_profile` the Sailthru profile at it.
    `error` is what kept a service from being asked (NOT_ASKED). `refusal` says why the person at
    work may not change addresses, or why this customer's is not changed here; "" where they may.
    `has_own_profile` is False for a customer whom Sailthru does not know. `checked_at` is Unix
    seconds.
    """

    old: str
    new: str
    zendesk: AddressState
    sailthru: AddressState
    checked_at: float
    zendesk_owner: ZendeskUser | None = None
    other_profile: SailthruProfile | None = None
    error: AppError | None = None
    refusal: str = ""
    merge_refusal: str = ""
    has_own_profile: bool = True

    @property
    def needs_choice(self) -> bool:
        """Whether an address change needs a choice: what becomes of another profile there."""
        return self.sailthru is AddressState.OTHER_PROFILE and self.has_own_profile

    @property
    def gains_profile(self) -> bool:
        """Whether a customer without a profile would get the one at an address change's address."""
        return self.sailthru is AddressState.OTHER_PROFILE and not self.has_own_profile

    def find_obstacle(self, policy: EmailConflictPolicy | None) -> UserDecisionNeeded | None:
        """Return why an address change cannot be made as it stands, or None."""
        if self.refusal:
            return UserDecisionNeeded("The address is not changed here.", self.refusal)
        if self.error is not None:
            return UserDecisionNeeded(
                f"It could not be checked whether {self.new} is free.",
                f"{self.error.title} Nothing was changed.",
                "Check again once both services answer.",
            )
        if self.zendesk is AddressState.TAKEN and self.zendesk_owner is not None:
            owner = self.zendesk_owner
            return UserDecisionNeeded(
                f"{self.new} belongs to {owner.name} in Zendesk.",
                "Two customers cannot have one address. Nothing was changed.",
                f"Look at user {owner.id}. If both are one person, merge the users in Zendesk, or"
                " link the profile to that user on their sheet.",
            )
        if self.gains_profile and policy is not EmailConflictPolicy.KEEP:
            return UserDecisionNeeded(
                f"Sailthru has a profile at {self.new}, and none of this customer.",
                "It would be shown as theirs from then on. Nothing was changed.",
                "If it is theirs, say so: --conflict keep leaves the profile as it is.",
            )
        if not self.needs_choice:
            return None
        if policy is None or policy is EmailConflictPolicy.REFUSE:
            return UserDecisionNeeded(
                f"Sailthru has another profile at {self.new}.",
                "Nothing was changed.",
                "Choose: merge both into one for good (--conflict merge), or change Zendesk alone"
                " and keep both profiles (--conflict keep).",
            )
        if policy is EmailConflictPolicy.MERGE:
            if self.merge_refusal:
                return UserDecisionNeeded("The profiles are not merged.", self.merge_refusal)
            if self.other_profile is None or self.other_profile.optout is None:
                return UserDecisionNeeded(
                    "The opt-out level of the other profile is not known.",
                    "The stricter of both levels has to stand afterwards. Nothing was changed.",
                    "Look the other profile up, set its level, and check again.",
                )
        return None


@dataclass(frozen=True)
class EmailChangeChoices:
    """What somebody chose for an address change; `policy` None: nothing for another profile."""

    policy: EmailConflictPolicy | None = None
    keeps_old: bool = True
    reason: str = ""
    ticket: int | None = None


class EmailChangeService:
    """Changes customers' addresses by edits in both services, step by step."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        editor: EditService,
        clock: Clock,
        bus: ChangeBus,
    ) -> None:
        self._services = services
        self._store = store
        self._editor = editor
        self._clock = clock
        self._bus = bus

    async def check(self, sheet: CustomerSheet, text: str) -> EmailCheck:
        """Ask both services what stands at an address change's new address.

        What a service answers badly is in the check. Raises InvalidInput for a text that is no
        address, or the customer's own; and where the customer's records were not read.
        """
        new = _parse_new_address(text)
        if _is_there_already(*_require_read(sheet), new):
            raise InvalidInput(
                f"{new} is this customer's address already.", "", "There is nothing to change."
            )
        return await self._ask_services(sheet, new)

    async def _ask_services(self, sheet: CustomerSheet, new: str) -> EmailCheck:
        user, profile = _require_read(sheet)
        old = (user.email if user is not None else "") or (profile.email if profile else "") or ""
        clients = self._services()
        zendesk, sailthru = await asyncio.gather(
            self._check_zendesk(clients, user, new), self._check_sailthru(clients, profile, new)
        )
        return EmailCheck(
            old=normalize_email(old),
            new=new,
            checked_at=self._clock.now(),
            refusal=self._find_refusal(user),
            merge_refusal=self._editor.check(Permission.MERGE).reason,
            has_own_profile=profile is not None,
            **zendesk,  # type: ignore[arg-type]
            **sailthru,  # type: ignore[arg-type]
        )

    async def submit(
        self,
        sheet: CustomerSheet,
        check: EmailCheck,
        choices: EmailChangeChoices,
    ) -> EmailChangeProgress:
        """Queue the steps of an address change, all or none.

        Raises UserDecisionNeeded where the check stands in the way, NotPermitted, ConflictError
        while another change of this customer is not finished, StorageError.
        """
        obstacle = check.find_obstacle(choices.policy)
        if obstacle is not None:
            raise obstacle
        requests = self.plan(sheet, check, choices)
        user, profile = _require_read(sheet)
        change = EmailChange(
            id="",
            user_id=user.id if user is not None else None,
            sid=profile.sid if profile is not None else "",
            label=sheet.address or check.old,
            old=check.old,
            new=check.new,
            policy=choices.policy or EmailConflictPolicy.REFUSE,
            keeps_old=choices.keeps_old,
            expected=_expected(profile, check, choices.policy),
            actor="",
            created_at=self._clock.now(),
        )
        return await self._queue(change, requests)

    def plan(
        self, sheet: CustomerSheet, check: EmailCheck, choices: EmailChangeChoices
    ) -> dict[EmailChangeStep, EditRequest]:
        """Build the edits of an address change by step, without queueing them."""
        user, profile = _require_read(sheet)
        other, policy = check.other_profile, choices.policy
        merges = policy is EmailConflictPolicy.MERGE and other is not None
        return build_step_requests(
            user,
            profile,
            check.new,
            label=sheet.address or check.old,
            keeps_old=choices.keeps_old,
            merges_sid=other.sid if merges and other is not None else "",
            moves_profile=not (check.needs_choice and policy is EmailConflictPolicy.KEEP),
            reason=choices.reason,
            ticket=choices.ticket,
        )

    async def find_of_customer(self, sheet: CustomerSheet) -> EmailChangeProgress | None:
        """Find the newest address change of a customer, or None.

        One whose last step was done when the process was killed is verified first.
        """
        user, profile = sheet.user.value, sheet.profile.value
        found = await self._store.email_changes.find_newest(
            user.id if user is not None else None, profile.sid if profile is not None else ""
        )
        if found is None or found.change.ended_at is not None:
            return found
        await self.finish(found.change.id)
        return await self._store.email_changes.get_progress(found.change.id)

    async def resume(
        self, change_id: str, sheet: CustomerSheet, policy: EmailConflictPolicy | None = None
    ) -> EmailChangeProgress:
        """Queue the failed step of an address change again, from what stands there now.

        `policy` says what becomes of another profile that has turned up at the new address. A
        merge that was chosen before stands for the profile that was seen then, and no other.

        Raises UserDecisionNeeded where the address has been taken since, InvalidInput where nothing
        has failed, NotPermitted.
        """
        progress = await self._store.email_changes.get_progress(change_id)
        failed, change = progress.stopped_at, progress.change
        if failed is None or failed.edit is None or change.ended_at is not None:
            raise InvalidInput("Nothing of this change has failed.", "There is nothing to resume.")
        check = await self._ask_services(sheet, change.new)
        if policy is None and _is_merge_unseen(progress, check):
            policy = EmailConflictPolicy.REFUSE
        policy = policy or change.policy
        obstacle = check.find_obstacle(policy)
        if obstacle is not None:
            raise obstacle
        _user, profile = _require_read(sheet)
        changes = self._store.email_changes
        await changes.set_policy(change.id, policy, _expected(profile, check, policy))
        if policy is EmailConflictPolicy.KEEP and failed.step is EmailChangeStep.MOVE_PROFILE:
            await changes.end(change.id, self._clock.now())
            self._publish(change)
            return await changes.get_progress(change.id)
        done = failed.edit.request
        choices = EmailChangeChoices(policy, change.keeps_old, done.reason, done.ticket)
        requests = self.plan(sheet, check, choices)
        # What somebody has done meanwhile by hand is found so, and counts as done. Which address
        # is to go was said at the beginning: by now the primary one is another.
        again = requests.get(failed.step, replace(done, old=done.new))
        if failed.step is EmailChangeStep.REMOVE_OLD:
            again = done
        judge, actor = self._editor.make_judge(), self._editor.actor
        await self._store.outbox.enqueue_steps(
            lambda _connection: int(change.id),
            {failed.step: again},
            actor.signature,
            self._clock.now(),
            judge,
            actor_key=actor.key,
        )
        self._publish(change)
        return await self._store.email_changes.get_progress(change.id)

    async def take_back(self, change_id: str) -> EmailChangeProgress:
        """Take an address change back: withdraw steps not sent, queue edits against the others.

        One of which nothing was done ends by that. Raises UserDecisionNeeded after a merge, 24
        hours after a change that is finished, and where there is nothing to take back;
        NotPermitted.
        """
        progress = await self._store.email_changes.get_progress(change_id)
        refusal = self.find_take_back_refusal(progress)
        if refusal is not None:
            raise refusal
        change, now = progress.change, self._clock.now()
        for step in progress.steps:
            if step.edit is not None and step.state is not StepState.DONE:
                self._editor.require_right_to_drop(step.edit, step.edit.request)
        for edit in self._open_edits(progress):
            words = "Undone before it was sent."
            if await self._store.outbox.withdraw_unsent(edit.id, now, words) is None:
                raise UserDecisionNeeded(
                    "A step is being sent at this moment.", "", "Try again in a few seconds."
                )
        requests = build_take_back_requests(progress, f"Takes back the change to {change.new}")
        if not requests:
            await self._store.email_changes.end(change.id, now)
            self._publish(change)
            return await self._store.email_changes.get_progress(change.id)
        back = replace(
            change,
            id="",
            old=change.new,
            new=change.old,
            policy=EmailConflictPolicy.REFUSE,
            keeps_old=EmailChangeStep.REMOVE_OLD not in requests,
            created_at=now,
            ended_at=None,
            verification=None,
            undoes=change.id,
        )
        return await self._queue(back, requests)

    def find_take_back_refusal(self, progress: EmailChangeProgress) -> UserDecisionNeeded | None:
        """Return why an address change cannot be undone, or None."""
        change = progress.change
        if progress.merges and progress.is_done(EmailChangeStep.MOVE_PROFILE):
            return UserDecisionNeeded(
                "The two profiles were merged.",
                "Sailthru cannot split them again, so the change is not undone.",
                "Change the address again if it is wrong.",
            )
        is_stopped = progress.stopped_at is not None
        if change.ended_at is None and (change.undoes is None or is_stopped):
            # It is in the way of another change for as long as it is not finished.
            return None
        if change.undoes is not None:
            return UserDecisionNeeded(
                "This takes a change back already.", "", "Change the address again instead."
            )
        if self._clock.now() - change.created_at > TAKE_BACK_S:
            return UserDecisionNeeded(
                "The change is older than 24 hours.",
                "It is not undone in one step any more.",
                "Change the address again instead.",
            )
        if not self._open_edits(progress) and not build_take_back_requests(progress, ""):
            return UserDecisionNeeded(
                "Nothing of this change stands.", "There is nothing to take back."
            )
        return None

    async def finish(self, change_id: str, record: TargetRecord | None = None) -> None:
        """End an address change whose steps are all done, and store what the profile holds now.

        `record` is what was read back after the last step; without it the profile is read. Where an
        opt-out came out looser than it was, the stricter level is set again.
        """
        progress = await self._store.email_changes.get_progress(change_id)
        change, edits = progress.change, [s for s in progress.steps if s.edit is not None]
        if change.ended_at is not None or any(s.state is not StepState.DONE for s in edits):
            return
        verification = None
        if change.expected is not None and change.sid:
            profile = await self._read_profile(change, record)
            if profile is None:
                return
            verification = verify_profile(change.expected, profile)
            if not verification.is_optout_kept and change.expected.optout is not None:
                await self._restore_optout(change, profile)
        await self._store.email_changes.end(change.id, self._clock.now(), verification)
        self._publish(change)

    async def _read_profile(
        self, change: EmailChange, record: TargetRecord | None
    ) -> SailthruProfile | None:
        if record is not None and isinstance(record.document, SailthruProfile):
            return record.document
        sailthru = self._services().sailthru
        if sailthru is None:
            return None
        try:
            return await sailthru.get_user(change.sid, key="sid")
        except AppError as error:
            # The change stands; it is verified when the customer is opened next.
            log.info("An address change could not be verified yet: %s", error.code)
            return None

    async def _restore_optout(self, change: EmailChange, profile: SailthruProfile) -> None:
        wanted = change.expected.optout if change.expected is not None else None
        if wanted is None:
            return
        request = EditRequest(
            EditKind.OPTOUT,
            EditTarget(Service.SAILTHRU, change.sid, change.new),
            "",
            profile.optout.value if profile.optout is not None else None,
            wanted.value,
            reason="Kept when the e-mail address was changed",
        )
        actor = self._editor.actor
        key = actor.key if actor.signature == change.actor else ""
        await self._store.outbox.enqueue(
            [request], change.actor, self._clock.now(), [0.0], actor_key=key
        )

    async def _queue(
        self, change: EmailChange, requests: Mapping[EmailChangeStep, EditRequest]
    ) -> EmailChangeProgress:
        if not requests:
            raise InvalidInput("There is nothing to change.", f"{change.new} stands already.")
        actor = self._editor.actor
        edits = await self._store.outbox.enqueue_steps(
            self._store.email_changes.insert_within(replace(change, actor=actor.signature)),
            requests,
            actor.signature,
            self._clock.now(),
            self._editor.make_judge(),
            actor_key=actor.key,
        )
        self._publish(change)
        made = edits[0].email_change
        return await self._store.email_changes.get_progress(str(made))

    def _publish(self, change: EmailChange) -> None:
        ids = [str(change.user_id or ""), change.sid]
        self._bus.publish(ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER, ids=[i for i in ids if i]))

    @staticmethod
    def _open_edits(progress: EmailChangeProgress) -> list[Edit]:
        return [s.edit for s in progress.steps if s.edit is not None and not s.edit.state.is_final]

    def _find_refusal(self, user: ZendeskUser | None) -> str:
        if user is not None and user.role != "end-user":
            return (
                f"{user.name} works in your Zendesk ({user.role})."
                " Addresses of colleagues are changed in Zendesk itself."
            )
        if user is not None and not user.active:
            return "The Zendesk user was deleted, or merged into another one."
        return self._editor.check(Permission.CHANGE_EMAIL).reason

    async def _check_zendesk(
        self, clients: ServiceClients, user: ZendeskUser | None, new: str
    ) -> dict[str, object]:
        if clients.zendesk is None:
            return {"zendesk": AddressState.OFF}
        try:
            owners = await clients.zendesk.find_by_email(new)
        except AppError as error:
            return {"zendesk": AddressState.NOT_ASKED, "error": error}
        strangers = [o for o in owners if user is None or o.id != user.id]
        if strangers:
            return {"zendesk": AddressState.TAKEN, "zendesk_owner": strangers[0]}
        key = email_match_key(new)
        own = user is not None and any(email_match_key(one) == key for one in user.emails)
        return {"zendesk": AddressState.OWN if own else AddressState.FREE}

    async def _check_sailthru(
        self, clients: ServiceClients, profile: SailthruProfile | None, new: str
    ) -> dict[str, object]:
        if clients.sailthru is None:
            return {"sailthru": AddressState.OFF}
        try:
            found = await clients.sailthru.get_user(new, key="email")
        except NotFound:
            return {"sailthru": AddressState.FREE}
        except AppError as error:
            return {"sailthru": AddressState.NOT_ASKED, "error": error}
        if profile is not None and found.sid == profile.sid:
            return {"sailthru": AddressState.OWN}
        return {"sailthru": AddressState.OTHER_PROFILE, "other_profile": found}


def _parse_new_address(text: str) -> str:
    new = parse_email(text)
    if not is_reachable_email(new):
        raise InvalidInput(
            f"“{(new or text.strip())[:80]}” is not an e-mail address that mail can reach.",
            "Nothing was changed.",
            "Correct it and try again.",
        )
    return new


def _require_read(sheet: CustomerSheet) -> tuple[ZendeskUser | None, SailthruProfile | None]:
    """Return user and profile for an address change. Raises the error of an unread part."""
    for part in (sheet.user, sheet.profile):
        if part.state in (SheetPartState.FAILED, SheetPartState.LOADING):
            raise part.error or UserDecisionNeeded(
                "The customer was not read completely.",
                "Nothing was changed.",
                "Wait until both services have answered, and try again.",
            )
    user, profile = sheet.user.value, sheet.profile.value
    if user is None and profile is None:
        raise UserDecisionNeeded("There is no customer here.", "Nothing was changed.")
    if user is not None and not user.identities_read:
        raise UserDecisionNeeded(
            "Zendesk did not say which addresses this user has.",
            "Nothing was changed.",
            "Look the customer up again.",
        )
    return user, profile


def _is_there_already(user: ZendeskUser | None, profile: SailthruProfile | None, new: str) -> bool:
    key = email_match_key(new)
    at_zendesk = user is None or email_match_key(user.email or "") == key
    at_sailthru = profile is None or email_match_key(profile.email or "") == key
    return at_zendesk and at_sailthru


def _is_merge_unseen(progress: EmailChangeProgress, check: EmailCheck) -> bool:
    """Whether an address change would merge another profile than the one it was approved for."""
    seen = next(
        (
            s.edit.request.name
            for s in progress.steps
            if s.edit and s.step is EmailChangeStep.MOVE_PROFILE
        ),
        "",
    )
    return (
        progress.change.policy is EmailConflictPolicy.MERGE
        and check.needs_choice
        and (check.other_profile is None or check.other_profile.sid != seen)
    )


def _expected(
    profile: SailthruProfile | None, check: EmailCheck, policy: EmailConflictPolicy | None
) -> ProfileSnapshot | None:
    if profile is None:
        return None
    own, other = ProfileSnapshot.of_profile(profile), check.other_profile
    if policy is EmailConflictPolicy.MERGE and other is not None:
        return own.merged_with(ProfileSnapshot.of_profile(other))
    return own
