"""Changes a customer's e-mail address in all services: checks, queues, resumes, takes back.

    check ── is the address free in both? ── submit ── one edit a step in the outbox ── finish
                                                 └─ a step that failed: resume or take back

Each step is sent by the outbox like any edit, once the one before it is done.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace

from desktop.customer.edit_service import EditService
from desktop.customer.email_change_plan import (
    EmailChangeChoices,
    expected_profile,
    expected_profile_again,
    is_merge_unseen,
    plan_record_changes,
    plan_removal,
)
from desktop.customer.email_change_profile import link_decided_on, read_profile_of_change
from desktop.customer.new_address_check import (
    EmailCheck,
    EmailChecker,
    is_there_already,
    parse_new_address,
    require_read,
)
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import (
    AppError,
    ConflictError,
    InvalidInput,
    ServiceUnreachable,
    UserDecisionNeeded,
)
from desktop.model.address_difference import PrimaryAddressChange
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.edit import Edit, EditKind, EditRequest, EditTarget
from desktop.model.email_address import email_match_key
from desktop.model.email_change import (
    EmailChange,
    EmailChangeProgress,
    EmailChangeStep,
    EmailConflictPolicy,
    StepState,
    build_take_back_requests,
    find_take_back_refusal,
)
from desktop.model.optout_level import strictest_level
from desktop.model.profile_snapshot import MergeLevels, ProfileSnapshot, verify_profile
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.target_record import TargetRecord
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.draft_and_link_repository import ProfileLink
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

# A level read back within this time after the answer is the move's own doing, seconds.
_FRESH_S = 30.0
_Requests = Mapping[EmailChangeStep, EditRequest]


class EmailChangeService:
    """Changes customers' addresses by edits in both services, step by step."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        editor: EditService,
        clock: Clock,
        bus: ChangeBus,
        follows_zendesk: Callable[[], bool] = lambda: False,
    ) -> None:
        """`follows_zendesk`: whether an admin lets Sailthru follow by itself, as it stands now."""
        self._services = services
        self._store = store
        self._editor = editor
        self._clock = clock
        self._bus = bus
        self._follows_zendesk = follows_zendesk
        self._checker = EmailChecker(services, store, editor, clock)

    async def check(self, sheet: CustomerSheet, text: str) -> EmailCheck:
        """Ask both services what stands at an address change's new address.

        What a service answers badly is in the check. Raises InvalidInput for a text that is no
        address, or the customer's own, where Sell has the former one no more; and where the
        customer's records were not read.
        """
        new = parse_new_address(text)
        user, profile = require_read(sheet)
        if not is_there_already(user, profile, new):
            return await self._checker.ask_services(user, profile, new)
        check = await self._check_what_waits_for_sell(user, profile, new)
        if check is None:
            others = " and ".join(one.address for one in sheet.other_profiles)
            hint = f"Another profile may be theirs: look {others} up to change that one."
            raise InvalidInput(
                f"{new} is this customer's address already.",
                "There is nothing to change.",
                hint if others else "",
            )
        return check

    async def _check_what_waits_for_sell(
        self, user: ZendeskUser | None, profile: SailthruProfile | None, new: str
    ) -> EmailCheck | None:
        """Check a change that was made without Sell, which could not be asked then; None: none."""
        if self._services().sell is None:
            return None
        found = await self._store.email_changes.find_newest(
            user.id if user is not None else None, profile.sid if profile is not None else ""
        )
        if found is None or email_match_key(found.change.new) != email_match_key(new):
            return None
        check = await self._checker.ask_services(user, profile, new, found.change.old)
        return check if check.sell_people or check.sell_error is not None else None

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
        user, profile = require_read(sheet)
        return await self._submit(user, profile, sheet.address or check.old, check, choices)

    async def submit_automatic(
        self,
        user: ZendeskUser | None,
        profile: SailthruProfile | None,
        check: EmailCheck,
        choices: EmailChangeChoices,
    ) -> EmailChangeProgress:
        """Queue what is left of a change made in Zendesk, or without Sell, for who is at work.

        Raises UserDecisionNeeded where the check stands in the way, NotPermitted.
        """
        obstacle = check.find_obstacle(None, needs_sell=True)
        if obstacle is not None:
            raise obstacle
        return await self._submit(user, profile, check.new, check, choices, is_automatic=True)

    async def _submit(
        self,
        user: ZendeskUser | None,
        profile: SailthruProfile | None,
        label: str,
        check: EmailCheck,
        choices: EmailChangeChoices,
        *,
        is_automatic: bool = False,
    ) -> EmailChangeProgress:
        now = self._clock.now()
        requests = plan_record_changes(user, profile, label, check, choices)
        link = link_decided_on(user, profile, check, choices.policy, self._editor.actor, now)
        change = EmailChange(
            id="",
            user_id=user.id if user is not None else None,
            sid=profile.sid if profile is not None else "",
            label=label,
            old=check.old,
            new=check.new,
            policy=choices.policy or EmailConflictPolicy.REFUSE,
            keeps_old=choices.keeps_old,
            expected=expected_profile(profile, check, choices.policy),
            actor="",
            created_at=now,
            is_automatic=is_automatic,
            waits_for_sell=check.sell_error is not None,
        )
        return await self._queue(change, requests, link)

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
        self,
        change_id: str,
        sheet: CustomerSheet,
        policy: EmailConflictPolicy | None = None,
        *,
        removes_old: bool = False,
    ) -> EmailChangeProgress:
        """Queue the failed step of an address change again, from what stands there now.

        `policy` says what becomes of another profile that has turned up at the new address. A
        merge that was chosen before stands for the profile that was seen then, and no other, and
        for its opt-out. `removes_old` has the old address removed although it was to stay.

        Raises UserDecisionNeeded where the address has been taken since, InvalidInput where nothing
        has failed, NotPermitted.
        """
        changes = self._store.email_changes
        progress = await changes.get_progress(change_id)
        failed, change = progress.stopped_at, progress.change
        if failed is None or failed.edit is None or change.ended_at is not None:
            raise InvalidInput("Nothing of this change has failed.", "There is nothing to resume.")
        user, profile = require_read(sheet)
        profile = await read_profile_of_change(self._services(), change.sid, profile)
        check = await self._checker.ask_services(user, profile, change.new, change.old)
        if policy is None and is_merge_unseen(progress, profile, check):
            policy = EmailConflictPolicy.REFUSE
        policy = policy or change.policy
        # Unasked, Sell would seem to have nothing left to change.
        needs_sell = failed.step in (EmailChangeStep.MOVE_CONTACT, EmailChangeStep.MOVE_LEAD)
        obstacle = check.find_obstacle(policy, needs_sell=needs_sell)
        if obstacle is not None:
            raise obstacle
        change = replace(
            change,
            policy=policy,
            expected=expected_profile_again(change, profile, check, policy),
            keeps_old=change.keeps_old and not removes_old,
            # Whoever resumes it has decided on it.
            is_automatic=False,
        )
        now = self._clock.now()
        link = link_decided_on(user, profile, check, policy, self._editor.actor, now)
        if policy is EmailConflictPolicy.KEEP and failed.step is EmailChangeStep.MOVE_PROFILE:
            await changes.update(change, link)
            await changes.end(change.id, now)
            self._publish(change)
            return await changes.get_progress(change.id)
        choices = EmailChangeChoices(
            policy, change.keeps_old, failed.edit.request.reason, failed.edit.request.ticket
        )
        label = sheet.address or check.old
        requests = plan_record_changes(user, profile, label, check, choices)
        wanted = await self._plan_again(progress, failed.edit, requests, check, change)
        if removes_old:
            wanted |= plan_removal(progress, user)
        return await self._queue_more(change, wanted, link)

    async def remove_old(self, change_id: str, sheet: CustomerSheet) -> EmailChangeProgress:
        """Have an unfinished address change remove the old address as well. Raises NotPermitted."""
        progress = await self._store.email_changes.get_progress(change_id)
        wanted = plan_removal(progress, require_read(sheet)[0])
        if not wanted:
            return progress
        return await self._queue_more(replace(progress.change, keeps_old=False), wanted)

    async def _plan_again(
        self,
        progress: EmailChangeProgress,
        failed: Edit,
        requests: _Requests,
        check: EmailCheck,
        change: EmailChange,
    ) -> dict[EmailChangeStep, EditRequest]:
        """Plan an address change's failed step anew, and the profile's where it is another now.

        `requests` is the change as it would be planned from what stands there now.
        """
        done = failed.request
        # What somebody has done meanwhile by hand is found so, and counts as done. Which address
        # is to go was said at the beginning: by now the primary one is another.
        step = EmailChangeStep(failed.step)
        again = requests.get(step, replace(done, old=done.new))
        wanted = {step: done if step is EmailChangeStep.REMOVE_OLD else again}
        waiting = progress.find_open(EmailChangeStep.MOVE_PROFILE)
        if waiting is None or step is EmailChangeStep.MOVE_PROFILE:
            return wanted
        move = requests.get(EmailChangeStep.MOVE_PROFILE)
        stays = check.needs_choice and change.policy is EmailConflictPolicy.KEEP
        is_another = move is not None and move.name != waiting.request.name
        if stays or is_another:
            await self._withdraw(waiting, "Both profiles stay." if stays else "Replaced.")
        if move is not None and is_another:
            wanted[EmailChangeStep.MOVE_PROFILE] = move
        return wanted

    async def _queue_more(
        self, change: EmailChange, wanted: _Requests, link: ProfileLink | None = None
    ) -> EmailChangeProgress:
        """Queue steps of an address change that is in the store, with what it is like by now."""
        judge, actor = self._editor.make_judge(), self._editor.actor
        await self._store.outbox.enqueue_steps(
            self._store.email_changes.update_within(change, link),
            wanted,
            actor.signature,
            self._clock.now(),
            judge,
            actor_key=actor.key,
        )
        self._publish(change)
        return await self._store.email_changes.get_progress(change.id)

    async def _withdraw(self, edit: Edit, words: str) -> None:
        self._editor.require_right_to_drop(edit, edit.request)
        if await self._store.outbox.withdraw_unsent(edit.id, self._clock.now(), words) is None:
            raise UserDecisionNeeded(
                "A step is being sent at this moment.", "", "Try again in a few seconds."
            )

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
            if step.edit is not None and step.state not in (StepState.DONE, StepState.KEPT):
                self._editor.require_right_to_drop(step.edit, step.edit.request)
        for edit in self._open_edits(progress):
            await self._withdraw(edit, "Undone before it was sent.")
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
            is_automatic=False,
            waits_for_sell=False,
        )
        if change.user_id is not None and EmailChangeStep.MAKE_PRIMARY not in requests:
            # Zendesk keeps the new address: it would be taken over again within minutes.
            kept = PrimaryAddressChange(change.user_id, change.label, change.old, change.new)
            await self._store.address_differences.leave(kept, now)
        return await self._queue(back, requests)

    def find_take_back_refusal(self, progress: EmailChangeProgress) -> UserDecisionNeeded | None:
        """Return why an address change cannot be undone, or None."""
        return find_take_back_refusal(progress, self._clock.now())

    async def finish(self, change_id: str, record: TargetRecord | None = None) -> None:
        """End an address change whose steps are all done, and store what the profile holds now.

        `record` is what was read back after the last step; without it the profile is read. Where an
        opt-out comes out of the move looser than it went in, the stricter level is set again.
        """
        progress = await self._store.email_changes.get_progress(change_id)
        change = progress.change
        if not progress.is_ready_to_verify:
            return
        verification = None
        if change.expected is not None and change.sid:
            profile = await self._read_profile(change, record)
            if profile is None:
                return
            verification = verify_profile(change.expected, profile)
            if not verification.is_optout_kept and self._is_fresh(progress):
                await self._restore_optout(change, profile)
        await self._store.email_changes.end(change.id, self._clock.now(), verification)
        self._publish(change)

    def _is_fresh(self, progress: EmailChangeProgress) -> bool:
        """Whether a profile's move was answered a moment ago.

        A looser level found later may be somebody's choice since: that is told, and not undone.
        """
        move = progress.find(EmailChangeStep.MOVE_PROFILE)
        answered_at = move.edit.accepted_at if move is not None and move.edit is not None else 0.0
        return answered_at > 0 and abs(self._clock.now() - answered_at) < _FRESH_S

    async def prepare_move(self, edit: Edit, record: TargetRecord) -> None:
        """Store, right before a profile is moved or merged, what it must still hold afterwards.

        `record` is the profile as just read. The levels of this moment count: a merge leaves the
        stricter one. Raises ConflictError where that would opt somebody out again who has opted
        back in since the merge was decided on.
        """
        changes, profile = self._store.email_changes, record.document
        if edit.email_change is None or not isinstance(profile, SailthruProfile):
            return
        snapshot, other = ProfileSnapshot.of_profile(profile), record.merged_profile
        change = (await changes.get_progress(edit.email_change)).change
        if change.is_automatic:
            await self._require_still_followed(change)
        if other is not None:
            snapshot = snapshot.merged_with(ProfileSnapshot.of_profile(other))
            seen = change.expected.levels if change.expected is not None else None
            lost = (
                seen.find_lost_opt_in(MergeLevels(profile.optout, other.optout)) if seen else None
            )
            if lost is not None:
                level = strictest_level(profile.optout, other.optout)
                result = f"“{level.label}”" if level is not None else "a level that is not known"
                raise ConflictError(
                    f"Somebody has chosen “{lost.label}” since the merge was decided on.",
                    f"Merged, the stricter level of both would stand: {result}.",
                    "Resume to merge all the same, or keep both profiles.",
                )
            snapshot = replace(snapshot, levels=seen)
        await changes.update(replace(change, expected=snapshot))

    async def _require_still_followed(self, change: EmailChange) -> None:
        """Raise ConflictError where a change made by itself is not to be made any more."""
        if not self._follows_zendesk():
            raise ConflictError(
                "Sailthru does not follow addresses changed in Zendesk any more.",
                "An admin has switched that off in Settings.",
                "Resume to change it all the same, or take it back.",
            )
        zendesk = self._services().zendesk
        if zendesk is None:
            raise ServiceUnreachable("Zendesk is not connected.")
        if change.user_id is None:
            raise ConflictError("Zendesk could not be asked whether the address still stands.")
        user = await zendesk.show_user(change.user_id)
        if email_match_key(user.email or "") != email_match_key(change.new):
            raise ConflictError(
                f"{change.new} is not the primary address in Zendesk any more.",
                f"It is {user.email or 'none'} now.",
                "Take the change back.",
            )

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
        self, change: EmailChange, requests: _Requests, link: ProfileLink | None = None
    ) -> EmailChangeProgress:
        if not requests:
            raise InvalidInput("There is nothing to change.", f"{change.new} stands already.")
        actor = self._editor.actor
        edits = await self._store.outbox.enqueue_steps(
            self._store.email_changes.insert_within(replace(change, actor=actor.signature), link),
            requests,
            actor.signature,
            self._clock.now(),
            self._editor.make_judge(),
            actor_key=actor.key,
        )
        self._publish(change)
        return await self._store.email_changes.get_progress(str(edits[0].email_change))

    def _publish(self, change: EmailChange) -> None:
        ids = [str(change.user_id or ""), change.sid]
        self._bus.publish(ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER, ids=[i for i in ids if i]))

    @staticmethod
    def _open_edits(progress: EmailChangeProgress) -> list[Edit]:
        return [s.edit for s in progress.steps if s.edit is not None and not s.edit.state.is_final]
