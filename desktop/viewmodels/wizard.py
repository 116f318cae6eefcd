"""The first start: six steps, each of which may be left and taken up again later."""

import asyncio
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from desktop.connect.desk import Desk
from desktop.kit.clock import Clock
from desktop.kit.text import translate
from desktop.settings import table
from desktop.settings.state import StateFile
from desktop.viewmodels.permissions_form import PermissionsModel
from desktop.viewmodels.setting_up.data import DataModel
from desktop.viewmodels.setting_up.local import LocalData
from desktop.viewmodels.setting_up.sailthru import SailthruModel
from desktop.viewmodels.setting_up.zendesk import ZendeskModel
from desktop.viewmodels.settings_form import FormModel
from desktop.viewmodels.settings_office import SettingsOffice
from desktop.viewmodels.team_form import TeamModel

STEPS = (
    translate("Wizard", "Zendesk"),
    translate("Wizard", "Sailthru"),
    translate("Wizard", "What may be done"),
    translate("Wizard", "Data on this computer"),
    translate("Wizard", "Your team"),
    translate("Wizard", "Summary"),
)
_HINTS = (
    translate("Wizard", "Which Zendesk account is it, and who are you there?"),
    translate("Wizard", "A key of its own, so that Fairlead can read and change profiles."),
    translate("Wizard", "Changes are off until you switch them on here."),
    translate("Wizard", "What stays on this computer, and for how long."),
    translate("Wizard", "For other computers. You can come back to this in Settings."),
    translate("Wizard", "What stands, and what happens now."),
)
_MARK = "wizard:"
_DONE = "wizard:done"


@dataclass(frozen=True)
class StepView:
    """Where the set-up is: `progress` reads “2 of 6”."""

    place: int
    title: str
    hint: str
    progress: str
    first: bool
    last: bool


@dataclass(frozen=True)
class SummaryLine:
    """One thing that stands, or is still open (`step` is where it is done)."""

    good: bool
    title: str
    words: str
    step: int


class WizardModel(QObject):
    """`moved` after another step is shown; the step survives the end of the window."""

    changed = Signal()
    moved = Signal()

    def __init__(self, office: SettingsOffice, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._office, self._clock = office, clock
        self._file = StateFile(desk.workspace.state_path)
        local = LocalData(desk.workspace.folder)
        self.form = FormModel(office)
        self.permissions = PermissionsModel(office)
        self.zendesk = ZendeskModel(office, desk, local)
        self.sailthru = SailthruModel(office, desk)
        self.data = DataModel(desk, local)
        self.team = TeamModel(office, desk)
        self._place = self._remembered()
        for model in (self.zendesk, self.sailthru):
            model.told.connect(self._on_connected)

    @property
    def done(self) -> bool:
        """Whether the set-up was gone through to its end."""
        return _DONE in self._file.read().seen

    @property
    def begun(self) -> bool:
        """Whether somebody has gone beyond the first step, and not to the end."""
        return not self.done and any(w.startswith(_MARK) for w in self._file.read().seen)

    def step(self) -> StepView:
        """Where it is."""
        place = self._place
        return StepView(
            place,
            STEPS[place],
            _HINTS[place],
            f"{place + 1} of {len(STEPS)}",
            first=place == 0,
            last=place == len(STEPS) - 1,
        )

    def go(self, place: int) -> None:
        """Show a step, and remember it."""
        wanted = min(max(place, 0), len(STEPS) - 1)
        if wanted != self._place:
            self._place = wanted
            self._remember(f"{_MARK}{wanted}")
            self.refresh()
            self.moved.emit()

    def next(self) -> None:
        """One step on. Nothing is compulsory: the summary says what is still open."""
        self.go(self._place + 1)

    def back(self) -> None:
        """One step back."""
        self.go(self._place - 1)

    def finish(self) -> None:
        """Gone through: it does not come up again by itself."""
        self._remember(_DONE)

    def summary(self) -> tuple[SummaryLine, ...]:
        """What stands, what is open, and what happens now."""
        values = self._office.values
        signed_in, kept = self.zendesk.signed_in(), self.sailthru.kept
        changes = values.get(table.CHANGES)
        days = values.get(table.KEEP_DAYS)
        account = values.get(table.ZENDESK_BASE_URL)
        without = values.get(table.ZENDESK_AUTH) == "none" and not account
        zendesk = f"{account}, signed in as {signed_in}." if signed_in else ""
        if not signed_in:
            zendesk = "Not connected: customers are looked up in Sailthru only."
        return (
            SummaryLine(bool(signed_in) or without, "Zendesk", zendesk, 0),
            SummaryLine(
                kept,
                "Sailthru",
                "Connected with a key kept for this workspace."
                if kept
                else "Not connected: lists, opt-out and health cannot be shown.",
                1,
            ),
            SummaryLine(
                True,
                "Changes",
                "On: people here may write what the table allows."
                if changes
                else "Off: everything is read-only until an admin switches changes on.",
                2,
            ),
            SummaryLine(True, "Data", f"Customers opened in the last {days} days are kept.", 3),
            SummaryLine(True, "Next", self._next_words(bool(signed_in) or kept), 5),
        )

    def refresh(self) -> None:
        """Roles, values or connections are others now."""
        for model in (self.form, self.permissions, self.zendesk, self.sailthru, self.team):
            model.refresh()
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        # What was begun a moment ago has to have begun before it can end.
        await asyncio.sleep(0)
        for model in (self.zendesk, self.sailthru, self.data, self.team):
            await model.close()

    def _next_words(self, connected: bool) -> str:
        if not connected:
            return "Nothing is read or written. Connect a service to look customers up."
        return "Nothing is written now. Type an address or a ticket's number to look somebody up."

    def _on_connected(self, _words: str) -> None:
        self.refresh()

    def _remembered(self) -> int:
        for word in self._file.read().seen:
            place = word.removeprefix(_MARK)
            if word.startswith(_MARK) and place.isdigit() and int(place) < len(STEPS):
                return int(place)
        return 0

    def _remember(self, mark: str) -> None:
        state = self._file.read()
        others = {word for word in state.seen if not word.startswith(_MARK)}
        self._file.write(replace(state, seen=frozenset(others | {mark})))
