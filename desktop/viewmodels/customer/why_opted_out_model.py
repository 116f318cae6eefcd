"""View-model of the drawer Why opted out?, for the customer on the sheet."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from desktop.customer.bounce_repair_service import BounceCheck, BounceRepairService
from desktop.customer.optout_explanation import OptOutExplanation, explain_optout
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError
from desktop.model.bounce_repair import BounceRepairState, repair_steps
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.permission import Permission
from desktop.store.workspace_store import WorkspaceStore
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.header_view import customer_name
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.tone import ChipTone

# Of each step of a repair: done, its turn, or to come.
_STEP_WORDS: dict[str, tuple[str, ChipTone]] = {
    "done": ("Done", "ok"),
    "now": ("Now", "info"),
    "later": ("Later", "neutral"),
    "left": ("Left", "neutral"),
}
_STEP_STATES = {
    BounceRepairState.BOUNCED: ("now", "later", "later"),
    BounceRepairState.WAITING: ("done", "now", "later"),
    BounceRepairState.APPLYING: ("done", "done", "now"),
    BounceRepairState.DONE: ("done", "done", "done"),
    BounceRepairState.LEFT: ("done", "done", "left"),
}
_REPAIR_TEXTS = {
    BounceRepairState.BOUNCED: ("Mail to this customer has bounced for good.", "Begin the repair"),
    BounceRepairState.WAITING: ("Mail bounces until the address is Valid.", "It is Valid: go on"),
    BounceRepairState.APPLYING: ("Mail arrives again. The level is being set.", "Check again"),
    BounceRepairState.DONE: ("Mail arrives again, and the opt-out stands.", ""),
    BounceRepairState.LEFT: ("Somebody has chosen another level since: it was left.", ""),
}


@dataclass(frozen=True)
class CauseView:
    """A cause in the drawer Why opted out?: time, what, who; `is_setter` stands out."""

    time: str
    time_tooltip: str
    what: str
    source: str
    is_setter: bool


@dataclass(frozen=True)
class BounceRepairView:
    """The repair of a hard bounce in the drawer: its steps, each with a word for how far it is.

    No `steps`: there is nothing to repair. `button_reason` says why the button is disabled, or "".
    """

    steps: tuple[tuple[str, str, ChipTone], ...] = ()
    note: str = ""
    button: str = ""
    button_reason: str = ""
    can_give_up: bool = False


@dataclass(frozen=True)
class WhyOptedOutView:
    """What the drawer Why opted out? shows; empty while it is collected."""

    subtitle: str = ""
    answer: str = ""
    causes: tuple[CauseView, ...] = ()
    unknown: tuple[str, ...] = ()
    error: str = ""
    repair: BounceRepairView = BounceRepairView()


class WhyOptedOutModel(QObject):
    """The drawer Why opted out?: collects its explanation when opened, and by customer.

    From there a hard bounce is repaired, step by step.
    """

    changed = Signal()

    def __init__(
        self,
        sheet_model: CustomerSheetModel,
        store: WorkspaceStore,
        repairs: BounceRepairService,
        bus: ChangeBus,
        clock: Clock,
    ) -> None:
        super().__init__()
        self._sheet_model = sheet_model
        self._repairs = repairs
        self._check: BounceCheck | None = None
        self._unsubscribe = bus.subscribe(self._on_changes)
        self._store = store
        self._clock = clock
        self._tasks = TaskRegistry(self._on_error)
        self._found: OptOutExplanation | None = None
        self._error: AppError | None = None

    def begin(self) -> None:
        """Collect for the drawer Why opted out? what is known of the customer shown."""
        self._found = self._error = self._check = None
        self._tasks.start("explain", self._explain())
        self.changed.emit()

    def view(self) -> WhyOptedOutView:
        """Build what the drawer Why opted out? shows."""
        sheet, found, now = self._sheet_model.sheet, self._found, self._clock.now()
        if sheet is None:
            return WhyOptedOutView()
        if found is None:
            error = str(self._error) if self._error is not None else ""
            return WhyOptedOutView(subtitle=customer_name(sheet), error=error)
        return WhyOptedOutView(
            subtitle=customer_name(sheet),
            error=str(self._error) if self._error is not None else "",
            repair=self._repair_view(sheet),
            answer=found.answer,
            causes=tuple(
                CauseView(
                    time_format.format_date_and_time(cause.at, now)
                    if cause.at is not None
                    else "time not known",
                    time_format.format_full_timestamp(cause.at) if cause.at is not None else "",
                    cause.what,
                    f"{cause.source} · {cause.who}" if cause.who else cause.source,
                    cause.sets_level,
                )
                for cause in found.causes
            ),
            unknown=found.unknown,
        )

    def repair(self) -> None:
        """Begin the repair of the customer's hard bounce, or go on with it."""
        self._error = None
        self._tasks.start_once("repair", self._go_on())
        self.changed.emit()

    def give_up_repair(self) -> None:
        """End the repair of the customer's hard bounce without setting the level again."""
        self._tasks.start_once("give up", self._give_up())

    def _repair_view(self, sheet: CustomerSheet) -> BounceRepairView:
        profile, check = sheet.profile.value, self._check
        if profile is None or check is None or check.state is BounceRepairState.NOT_NEEDED:
            return BounceRepairView()
        reason = self._sheet_model.context().check_permission(Permission.OPT_OUT).reason
        if self._tasks.is_running("repair"):
            reason = "Asking Sailthru…"
        level = check.repair.level if check.repair is not None else check.level
        words = repair_steps(profile.email or profile.sid, level)
        states = _STEP_STATES[check.state]
        steps = tuple((text, *_STEP_WORDS[now]) for text, now in zip(words, states, strict=True))
        note, button = _REPAIR_TEXTS[check.state]
        return BounceRepairView(
            steps, note, button, reason, can_give_up=check.state is BounceRepairState.WAITING
        )

    async def close(self) -> None:
        """Cancel what the drawer Why opted out? runs and wait for its end."""
        self._unsubscribe()
        await self._tasks.close()

    async def _explain(self) -> None:
        sheet, number = self._sheet_model.sheet, self._sheet_model.customer_number
        if sheet is None:
            return
        found = await explain_optout(self._store, sheet)
        check = await self._read_repair(sheet)
        if number == self._sheet_model.customer_number:
            self._found, self._check = found, check
            self.changed.emit()

    async def _read_repair(self, sheet: CustomerSheet) -> BounceCheck | None:
        """Tell from what is kept here how far a repair is; Sailthru is asked by the button."""
        profile = sheet.profile.value
        if profile is None:
            return None
        repair = await self._store.bounce_repairs.find_open(profile.sid)
        if repair is not None:
            return BounceCheck(BounceRepairState.WAITING, profile.optout, repair)
        is_bounced = (profile.engagement or "").lower() == "hardbounce"
        return BounceCheck(BounceRepairState.BOUNCED, profile.optout) if is_bounced else None

    async def _go_on(self) -> None:
        sheet, number = self._sheet_model.sheet, self._sheet_model.customer_number
        profile = sheet.profile.value if sheet is not None else None
        if sheet is None or profile is None:
            return
        label = sheet.address or profile.email or profile.sid
        check = await self._repairs.begin(profile, label)
        if number == self._sheet_model.customer_number:
            self._check = check
        # The task itself still runs, and “asking” would stay on show.
        QTimer.singleShot(0, self.changed.emit)
        self._tasks.start("reread", self._sheet_model.reread())

    async def _give_up(self) -> None:
        sheet = self._sheet_model.sheet
        profile = sheet.profile.value if sheet is not None else None
        if sheet is None or profile is None:
            return
        await self._repairs.forget(profile.sid)
        self._check = await self._read_repair(sheet)
        QTimer.singleShot(0, self.changed.emit)

    def _on_changes(self, changes: ChangeSet) -> None:
        check = self._check
        if check is None or check.edit is None or not changes.has_any(Topic.OUTBOX):
            return
        edit = self._store.outbox.get_edit.blocking(check.edit.id)
        if edit.state.is_final and not self._tasks.is_running("repair"):
            self._tasks.start_once("repair", self._check_again(check))

    async def _check_again(self, before: BounceCheck) -> None:
        """Read back the level that the repair's edit has set."""
        if before.repair is None:
            return
        number = self._sheet_model.customer_number
        check = await self._repairs.check(before.repair.sid)
        if number == self._sheet_model.customer_number:
            self._check = check
            QTimer.singleShot(0, self.changed.emit)

    def _on_error(self, error: AppError) -> None:
        self._error = error
        self.changed.emit()
