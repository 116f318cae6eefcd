"""View-model of the drawer Change e-mail, for the customer on the sheet."""

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.customer.address_watch import AddressWatch
from desktop.customer.email_change_plan import EmailChangeChoices, plan_email_change
from desktop.customer.email_change_service import EmailChangeService
from desktop.customer.new_address_check import EmailCheck
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput
from desktop.model.address_difference import AddressDifference
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.email_address import email_match_key, normalize_email
from desktop.model.email_change import (
    EmailChange,
    EmailChangeProgress,
    EmailChangeStep,
    EmailConflictPolicy,
    StepProgress,
    StepState,
)
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser
from desktop.viewmodels.customer.email_change_view import (
    EmailChangeView,
    EmailNoteAction,
    EmailNoteView,
    build_check_rows,
    build_comparison,
    build_step_views,
    build_verification,
    consequence_text,
    email_note,
    former_address,
    sell_note,
    steps_note_of,
    subtitle_of,
)
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.time_format import format_time_of_day

_INPUT = "change e-mail"
# After this pause in typing the address is checked, ms.
_CHECK_AFTER_MS = 400


class EmailChangeModel(QObject):
    """The drawer Change e-mail: what is typed, what was found, the customer's newest change."""

    changed = Signal()
    settled = Signal()  # there is nothing left to do in the drawer
    address_replaced = Signal(str)  # the drawer is closed; the customer has this address now

    def __init__(
        self,
        sheet_model: CustomerSheetModel,
        changes: EmailChangeService,
        watch: AddressWatch,
        bus: ChangeBus,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._sheet_model = sheet_model
        self._changes = changes
        self._watch = watch
        self._clock = clock
        self._tasks = TaskRegistry(self._on_error)
        self._typed = ""
        self._check: EmailCheck | None = None
        self._policy: EmailConflictPolicy | None = None
        self._keeps_old = True
        self._error: AppError | None = None
        self._progress: EmailChangeProgress | None = None
        # Somebody changed the address in Zendesk itself, and Sailthru has not followed.
        self._difference: AddressDifference | None = None
        self._is_open = False
        self._submits_when_checked = False
        self._checks_when_read = False
        self._read_sheet: CustomerSheet | None = None  # whose changes were read last
        self._check_timer = QTimer(self)
        self._check_timer.setSingleShot(True)
        self._check_timer.setInterval(_CHECK_AFTER_MS)
        self._check_timer.timeout.connect(self.check_now)
        sheet_model.about_to_replace.connect(self._keep_input)
        sheet_model.customer_opened.connect(self._on_customer_opened)
        sheet_model.changed.connect(self._on_sheet_changed)
        self._unsubscribe = bus.subscribe(self._on_changes)

    @property
    def progress(self) -> EmailChangeProgress | None:
        """The newest change of the customer's address that the drawer Change e-mail shows."""
        return self._progress

    @property
    def unfinished(self) -> EmailChangeProgress | None:
        """The change in the drawer Change e-mail that has steps left to do, or None."""
        progress = self._progress
        return progress if progress is not None and progress.change.ended_at is None else None

    @property
    def proposed_address(self) -> str:
        """The address that the drawer Change e-mail proposes to the profile or Sell that lags.

        Empty where all agree, or where the profile shown is not the one that lags.
        """
        if self._waiting_for_sell is not None:
            return self._waiting_for_sell.new
        difference, sheet = self._difference, self._sheet_model.sheet
        profile = sheet.profile.value if sheet is not None else None
        is_theirs = difference is not None and profile is not None and profile.sid == difference.sid
        return difference.new if difference is not None and is_theirs else ""

    @property
    def _waiting_for_sell(self) -> EmailChange | None:
        """The newest change, done but in Sell, where nothing else about the address is open."""
        change = self._progress.change if self._progress is not None else None
        is_left = change is not None and change.is_left_in_sell
        return change if is_left and self._difference is None else None

    def note(self) -> EmailNoteView:
        """Build the sheet's note on an e-mail change that stopped, or is to be made."""
        if self._waiting_for_sell is not None:
            return sell_note(self._waiting_for_sell)
        return email_note(self.unfinished, self._difference, is_hidden=not self.proposed_address)

    def act_on_note(self, action: EmailNoteAction) -> None:
        """Show the profile that lags behind on the sheet, or let the difference be."""
        difference = self._difference
        if difference is not None and action is EmailNoteAction.USE_PROFILE:
            self._sheet_model.link_profile(difference.sid)
        elif action is EmailNoteAction.LEAVE and self._waiting_for_sell is not None:
            self._tasks.start_once("leave", self._watch.leave_in_sell(self._waiting_for_sell))
        elif difference is not None and action is EmailNoteAction.LEAVE:
            self._tasks.start_once("leave", self._leave(difference))

    def begin(self, proposed: str = "") -> None:
        """Open the drawer Change e-mail for the customer shown, or for the change that stopped."""
        self._is_open, self._submits_when_checked = True, False
        self._check, self._policy, self._error, self._keeps_old = None, None, None, True
        self._typed = self.unfinished.change.new if self.unfinished is not None else proposed
        if self.unfinished is None:
            self._progress = None
        if self._typed:
            self.check_now()
        self.changed.emit()

    @property
    def has_kept_input(self) -> bool:
        """Whether an address stood half-typed when the customer shown went behind another tab."""
        return _INPUT in self._sheet_model.current.kept_input

    def begin_again(self) -> None:
        """Open the drawer Change e-mail as it was when its customer went behind another tab.

        What becomes of another profile is to be chosen anew.
        """
        kept = self._sheet_model.take_kept_input(_INPUT)
        typed, keeps_old = kept if isinstance(kept, tuple) else ("", True)
        self.begin(typed)
        self._keeps_old = keeps_old
        self._note_unsaved_input()

    def end(self) -> None:
        """Forget what was typed into the drawer Change e-mail: it was closed."""
        self._is_open = self._submits_when_checked = False
        self._check_timer.stop()
        self._tasks.cancel("check")
        self._typed, self._check, self._error = "", None, None
        self._note_unsaved_input()
        sheet = self._sheet_model.sheet
        change = self._progress.change if self._progress is not None else None
        asked = sheet.query if sheet is not None else None
        if (
            change is not None
            and change.ended_at is not None
            and asked == LookupQuery(LookupQueryKind.EMAIL, change.old)
        ):
            self.address_replaced.emit(change.new)
        else:
            self._reload()

    def type_address(self, text: str) -> None:
        """Take an address typed into the drawer Change e-mail; it is checked after a moment."""
        self._typed, self._check, self._error, self._policy = text, None, None, None
        self._submits_when_checked = False
        self._tasks.cancel("check")
        if text.strip():
            self._check_timer.start()
        else:
            self._check_timer.stop()
        self._note_unsaved_input()
        self.changed.emit()

    def check_now(self) -> None:
        """Ask both services what stands at the address typed into the drawer Change e-mail."""
        self._check_timer.stop()
        sheet = self._sheet_model.sheet
        # Of a customer who is still being read nothing can be checked: it is once they are.
        self._checks_when_read = sheet is not None and not sheet.is_complete
        if sheet is not None and sheet.is_complete and self._typed.strip():
            self._error = None
            self._tasks.start("check", self._run_check())
            self.changed.emit()

    def choose_policy(self, policy: EmailConflictPolicy) -> None:
        """Choose in the drawer Change e-mail what becomes of the other profile."""
        self._policy = policy
        self.changed.emit()

    def set_keeps_old(self, keeps: bool) -> None:
        """Choose in the drawer Change e-mail whether the old address stays in Zendesk."""
        self._keeps_old = keeps
        self.changed.emit()

    def submit(self) -> None:
        """Submit the drawer's change of e-mail, or go on with one that stopped."""
        if self.unfinished is not None:
            if self.unfinished.stopped_at is not None and not self._button()[1]:
                self._tasks.start_once("submit", self._resume())
            return
        if self._check is None:
            # Ctrl+Enter right after the last key: what was typed is checked, then changed.
            self._submits_when_checked = bool(self._typed.strip())
            self.check_now()
            return
        if self._leaves_difference and self._difference is not None:
            self._tasks.start_once("submit", self._leave_from_drawer(self._difference))
        elif not self.view().button_reason:
            self._tasks.start_once("submit", self._submit(self._check))

    def take_back(self) -> None:
        """Take the drawer's change of e-mail back as far as it went."""
        if self._progress is not None:
            self._tasks.start_once("submit", self._take_back(self._progress.change.id))

    def view(self) -> EmailChangeView:
        """Build the view of the drawer Change e-mail."""
        sheet = self._sheet_model.sheet
        if sheet is None:
            return EmailChangeView("", "", "", can_type=False)
        now, check, progress = self._clock.now(), self._check, self._progress
        user, profile = sheet.user.value, sheet.profile.value
        change = progress.change if progress is not None else None
        old = self._former_address(user, profile)
        other = check.other_profile if check is not None and check.needs_choice else None
        merges = (
            progress.merges if progress is not None else False
        ) or self._policy is EmailConflictPolicy.MERGE
        shows_both = other is not None and profile is not None
        error = self._error
        if error is None and check is not None and progress is None and not check.needs_choice:
            error = check.find_obstacle(self._policy)
        can_take_back = (
            progress is not None and self._changes.find_take_back_refusal(progress) is None
        )
        note, note_tone = steps_note_of(progress, can_take_back=can_take_back)
        steps = progress.steps if progress is not None else self._planned_steps()
        keeps = change.keeps_old if change is not None else self._keeps_old
        button, reason = self._button()
        return EmailChangeView(
            subtitle=subtitle_of(sheet),
            old=former_address(change, check) or normalize_email(old),
            new=change.new if change is not None else self._typed,
            can_type=progress is None,
            checked_text=self._checked_text(),
            checks=build_check_rows(sheet, check, now, progress) if check is not None else (),
            error_title=error.title if error is not None else "",
            error_text=" ".join(t for t in (error.message, error.hint) if t) if error else "",
            asks_policy=shows_both and (change is None or change.ended_at is None),
            policy=self._policy,
            merge_refusal=check.merge_refusal if check is not None else "",
            consequence=consequence_text(customer_name(sheet), profile, other)
            if merges and profile is not None and other is not None
            else "",
            comparison=build_comparison(profile, other, now)
            if merges and profile is not None and other is not None
            else (),
            steps=build_step_views(
                steps,
                former_address(change, check) or normalize_email(old),
                change.new if change is not None else self._typed.strip().lower(),
                merges=merges,
                keeps_old=keeps,
                can_choose=progress is None,
            ),
            steps_note=note,
            steps_note_tone=note_tone,
            verification=build_verification(
                change.verification if change is not None else None,
                profile,
                other if merges else None,
            )
            if steps
            else (),
            foot=self._foot(profile, can_take_back=can_take_back, merges=merges),
            button=button,
            button_reason=reason,
            takes_back=can_take_back and progress is not None,
            is_finished=change is not None and change.ended_at is not None,
            keeps_old=keeps,
        )

    async def close(self) -> None:
        """Cancel what the drawer Change e-mail runs and wait for its end."""
        self._check_timer.stop()
        self._unsubscribe()
        await self._tasks.close()

    def _former_address(self, user: ZendeskUser | None, profile: SailthruProfile | None) -> str:
        """Return the address that goes: Zendesk's, or Sailthru's where Zendesk has the new one."""
        addresses = [one.email for one in (user, profile) if one is not None and one.email]
        typed = email_match_key(self._typed.strip())
        others = (one for one in addresses if email_match_key(one) != typed)
        return next(others, addresses[0] if addresses else "")

    @property
    def _leaves_difference(self) -> bool:
        """Whether keeping both profiles leaves nothing to do: Zendesk has the address already."""
        is_kept = self._policy is EmailConflictPolicy.KEEP and self._progress is None
        return is_kept and bool(self.proposed_address) and self._typed == self.proposed_address

    def _choices(self) -> EmailChangeChoices:
        ticket = self._sheet_model.context().ticket
        return EmailChangeChoices(self._policy, self._keeps_old, ticket=ticket)

    def _planned_steps(self) -> tuple[StepProgress, ...]:
        """Return the steps that the drawer Change e-mail shows before they are queued."""
        sheet, check = self._sheet_model.sheet, self._check
        if sheet is None or check is None or check.find_obstacle(EmailConflictPolicy.KEEP):
            return ()
        try:
            requests = plan_email_change(sheet, check, self._choices())
        except AppError:
            return ()
        steps = set(requests) | {EmailChangeStep.VERIFY}
        if EmailChangeStep.MAKE_PRIMARY in steps and check.old:
            steps.add(EmailChangeStep.REMOVE_OLD)
        ready = {step: StepProgress(step, StepState.READY) for step in steps}
        if check.sell_error is not None:
            step = EmailChangeStep.MOVE_CONTACT
            ready[step] = StepProgress(step, StepState.WAITING)
        return tuple(ready[step] for step in sorted(ready))

    def _checked_text(self) -> str:
        if self._tasks.is_running("check"):
            return "checking…"
        if self._check is None:
            return ""
        return f"checked {format_time_of_day(self._check.checked_at)}"

    def _button(self) -> tuple[str, str]:
        """Return the words of the drawer Change e-mail's button, and why it is disabled or ""."""
        progress, check = self._progress, self._check
        if progress is not None:
            stopped = progress.stopped_at
            if progress.change.ended_at is not None:
                return "Close", ""
            if stopped is None:
                return "Change e-mail", "It is being sent."
            number = next(n for n, one in enumerate(progress.steps, start=1) if one is stopped)
            needs_policy = check is not None and check.needs_choice and self._policy is None
            reason = "Choose what becomes of the other profile." if needs_policy else ""
            return f"Resume at step {number}", reason
        merges = self._policy is EmailConflictPolicy.MERGE
        button = "Change e-mail and merge" if merges else "Change e-mail"
        if self._leaves_difference:
            return "Keep both", ""
        if not self._typed.strip():
            return button, "Type the new address."
        if self._error is not None:
            return button, self._error.title
        if check is None:
            return button, "The address is being checked."
        if check.needs_choice and self._policy is None:
            return button, "Choose what becomes of the other profile."
        if self._policy is EmailConflictPolicy.REFUSE:
            return button, "You chose not to change the address."
        obstacle = check.find_obstacle(self._policy)
        return button, obstacle.title if obstacle is not None else ""

    def _foot(self, profile: SailthruProfile | None, *, can_take_back: bool, merges: bool) -> str:
        progress = self._progress
        if progress is not None:
            if progress.half_done_text:
                return progress.half_done_text
            if progress.change.ended_at is None:
                return "Each step is sent once the one before it is confirmed."
            if progress.merges:
                return "The two profiles stay merged."
            return "You can take it back for 24 hours." if can_take_back else ""
        if self._leaves_difference:
            return "Both profiles stay as they are, and nobody is asked again."
        if self._policy is EmailConflictPolicy.KEEP and profile is not None:
            return "Zendesk gets the new address. Sailthru keeps both profiles as they are."
        if merges:
            return "The merge can’t be undone: two profiles become one for good."
        if profile is None:
            return "Sailthru has no profile of this customer: only Zendesk is changed."
        if self._check is None:
            return "The Sailthru profile keeps its id, fields, lists and opt-out."
        return "You can change it back for 24 hours."

    def _note_unsaved_input(self) -> None:
        unsaved = self._is_open and bool(self._typed.strip()) and self._progress is None
        self._sheet_model.set_unsaved_input(_INPUT, unsaved)

    def _keep_input(self) -> None:
        """Keep the half-typed address with its customer, who is about to go behind another tab."""
        if _INPUT in self._sheet_model.current.unsaved_input_sources:
            self._sheet_model.keep_input(_INPUT, (self._typed, self._keeps_old))

    async def _run_check(self) -> None:
        sheet, number = self._sheet_model.sheet, self._sheet_model.customer_number
        if sheet is None:
            return
        check = await self._changes.check(sheet, self._typed)
        if number != self._sheet_model.customer_number:
            return
        self._check = check
        if check.gains_profile:
            # There is nothing to choose from; the check's row tells it before the click.
            self._policy = EmailConflictPolicy.KEEP
        if self._submits_when_checked:
            self._submits_when_checked = False
            if not self._button()[1] and not check.gains_profile:
                self._tasks.start_once("submit", self._submit(check))
        # The task itself still runs, and “checking” would stay on show.
        QTimer.singleShot(0, self.changed.emit)

    async def _submit(self, check: EmailCheck) -> None:
        customer, number = self._sheet_model.current, self._sheet_model.customer_number
        if customer.sheet is None:
            raise InvalidInput("No customer is open.")
        progress = await self._changes.submit(customer.sheet, check, self._choices())
        # Queued, it is no half-typed input any more, also where another tab is in front by now.
        customer.kept_input.pop(_INPUT, None)
        if self._show_progress(progress, number):
            self._note_unsaved_input()

    def _show_progress(self, progress: EmailChangeProgress, number: int) -> bool:
        """Show a change's progress in the drawer if its customer is still the one shown."""
        if number != self._sheet_model.customer_number:
            return False
        self._progress = progress
        self.changed.emit()
        return True

    async def _resume(self) -> None:
        progress = self.unfinished
        if progress is None:
            return
        customer, number = self._sheet_model.current, self._sheet_model.customer_number
        policy = self._policy
        # What was tried first may have been applied: it is judged by what stands there now.
        await self._sheet_model.reread(customer)
        if customer.sheet is not None and customer.number == number:
            resumed = await self._changes.resume(progress.change.id, customer.sheet, policy)
            self._show_progress(resumed, number)

    async def _take_back(self, change_id: str) -> None:
        number = self._sheet_model.customer_number
        self._show_progress(await self._changes.take_back(change_id), number)

    def _reload(self) -> None:
        sheet = self._sheet_model.sheet
        if sheet is None or not sheet.is_found:
            self._progress = None
            self.changed.emit()
            return
        self._tasks.start("reload", self._read_progress())

    async def _read_progress(self) -> None:
        sheet, number = self._sheet_model.sheet, self._sheet_model.customer_number
        if sheet is None:
            return
        found = await self._changes.find_of_customer(sheet)
        if number != self._sheet_model.customer_number:
            return
        before = self._progress
        shows_typed = self._is_open and before is None
        if found is not None and shows_typed and found.change.ended_at is not None:
            # An older change says nothing about the one being typed.
            found = None
        self._progress = found
        if found != before:
            self.changed.emit()
        await self._read_difference(sheet, number)

    async def _read_difference(self, sheet: CustomerSheet, number: int) -> None:
        # Of a sheet that is still being read nobody can say that the services differ.
        if not sheet.is_complete:
            return
        found = await self._watch.note_sheet(sheet)
        if number == self._sheet_model.customer_number and found != self._difference:
            self._difference = found
            self.changed.emit()

    async def _leave_from_drawer(self, difference: AddressDifference) -> None:
        await self._leave(difference)
        self.settled.emit()

    async def _leave(self, difference: AddressDifference) -> None:
        await self._watch.leave(difference.user_id)
        self._difference = None
        self.changed.emit()

    def _on_customer_opened(self) -> None:
        self._progress = self._difference = None
        self._typed, self._check, self._policy, self._error = "", None, None, None
        self._reload()

    def _on_sheet_changed(self) -> None:
        sheet = self._sheet_model.sheet
        if sheet is not None and sheet.is_complete and sheet is not self._read_sheet:
            self._read_sheet = sheet
            if self._checks_when_read and self._is_open:
                self.check_now()
            self._reload()

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.OUTBOX, Topic.AUDIT, Topic.CUSTOMER):
            self._reload()

    def _on_error(self, error: AppError) -> None:
        self._error = error
        self._submits_when_checked = False
        QTimer.singleShot(0, self.changed.emit)
