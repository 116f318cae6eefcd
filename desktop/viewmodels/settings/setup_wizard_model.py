"""View-model of the setup wizard: six steps, each may be left and taken up again later."""

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_data_service import LocalDataService
from desktop.settings import settings_table
from desktop.settings.window_state import WindowStateFile
from desktop.viewmodels.settings.local_data_model import LocalDataModel
from desktop.viewmodels.settings.permissions_model import PermissionsModel
from desktop.viewmodels.settings.sailthru_connection_model import SailthruConnectionModel
from desktop.viewmodels.settings.sell_connection_model import SellConnectionModel
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel
from desktop.viewmodels.settings.team_policy_model import TeamPolicyModel
from desktop.viewmodels.settings.zendesk_connection_model import ZendeskConnectionModel
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol

STEP_TITLES = (
    "Zendesk",
    "Sailthru",
    "Changes and permissions",
    "Data on this computer",
    "Your team",
    "Summary",
)
_STEP_HINTS = (
    "Which Zendesk account is it, and who are you there?",
    "A key of its own, so that Fairlead can read and change profiles.",
    "Changes are off until you switch them on here.",
    "What stays on this computer, and for how long.",
    "For other computers. You can come back to this in Settings.",
    "What is set up, and what happens next.",
)
_STEP_MARK_PREFIX = "wizard:"
# Kept among the dismissed hints of the window's state, with the step.
_DONE_MARK = "wizard:done"


@dataclass(frozen=True)
class WizardStepView:
    """The setup wizard's step; `progress` reads “2 of 6”."""

    index: int
    title: str
    hint: str
    progress: str
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class WizardStepState:
    """A step in the setup wizard's list: a sign (✓, ! or empty: not reached yet), its meaning."""

    title: str
    sign: str
    state: str


@dataclass(frozen=True)
class WizardSummaryLine:
    """One line of the setup wizard's summary; `step_index` is the step where it can be changed."""

    is_done: bool
    title: str
    text: str
    step_index: int


class SetupWizardModel(QObject):
    """The setup wizard; emits `step_changed` after another step, which survives a restart."""

    changed = Signal()
    step_changed = Signal()

    def __init__(
        self,
        workspace: WorkspaceSettingsProtocol,
        connection_config: ConnectionConfig,
    ) -> None:
        super().__init__()
        self._workspace = workspace
        self._state_file = WindowStateFile(connection_config.workspace.state_path)
        local = LocalDataService(connection_config.workspace)
        self.form = SettingsFormModel(workspace)
        self.permissions = PermissionsModel(workspace)
        self.zendesk = ZendeskConnectionModel(workspace, connection_config, local)
        self.sailthru = SailthruConnectionModel(workspace, connection_config)
        # Optional, beside Sailthru: no step of its own that most people would skip.
        self.sell = SellConnectionModel(workspace, connection_config)
        self.data = LocalDataModel(connection_config, local)
        self.team = TeamPolicyModel(workspace, connection_config)
        self._typed_account = self._state_file.read().typed_account
        if self._typed_account and not self.zendesk.account_text:
            self.zendesk.set_account_text(self._typed_account)
        self.zendesk.changed.connect(self._save_typed_account)
        self._step_index = self._saved_step_index()
        self._furthest_index = self._step_index
        for model in (self.zendesk, self.sailthru, self.sell):
            model.message_posted.connect(self._on_connected)

    @property
    def is_done(self) -> bool:
        """Whether the setup wizard was gone through to its end."""
        return _DONE_MARK in self._state_file.read().dismissed_hints

    @property
    def is_begun(self) -> bool:
        """Whether somebody went beyond the setup wizard's first step, and not to its end."""
        return not self.is_done and any(
            w.startswith(_STEP_MARK_PREFIX) for w in self._state_file.read().dismissed_hints
        )

    def begin(self) -> None:
        """Save that the setup wizard was begun: until it is done, it comes up again by itself."""
        if not (self._workspace.is_configured or self.is_done or self.is_begun):
            self._save_mark(f"{_STEP_MARK_PREFIX}{self._step_index}")

    def step_view(self) -> WizardStepView:
        """Build the view of the setup wizard's current step."""
        index = self._step_index
        return WizardStepView(
            index,
            STEP_TITLES[index],
            _STEP_HINTS[index],
            f"{index + 1} of {len(STEP_TITLES)}",
            is_first=index == 0,
            is_last=index == len(STEP_TITLES) - 1,
        )

    def step_states(self) -> tuple[WizardStepState, ...]:
        """Build the setup wizard's list of steps: done, left open, or still to come."""
        lines = {line.step_index: line for line in self.summary()}
        states = []
        for index, title in enumerate(STEP_TITLES):
            line = lines.get(index)
            sign, state = "", "to come"
            # Only a connection can be left open; the other steps begin with good values.
            is_open = line is not None and not line.is_done
            if index < self._furthest_index:
                sign, state = ("!", "still open") if is_open else ("✓", "done")
            states.append(WizardStepState(title, sign, state))
        return tuple(states)

    def go_to_step(self, index: int) -> None:
        """Show a step of the setup wizard (0 to 5) and save it in the state file."""
        # A saved step of an older version may not exist any more.
        index = min(max(index, 0), len(STEP_TITLES) - 1)
        if index != self._step_index:
            self._step_index = index
            self._furthest_index = max(self._furthest_index, index)
            self._save_mark(f"{_STEP_MARK_PREFIX}{index}")
            self.refresh()
            self.step_changed.emit()

    def go_next(self) -> None:
        """Go to the setup wizard's next step; none is compulsory, the summary says what is open."""
        self.go_to_step(self._step_index + 1)

    def go_back(self) -> None:
        """Go back to the setup wizard's previous step."""
        self.go_to_step(self._step_index - 1)

    def mark_done(self) -> None:
        """Save that the setup wizard is done: it does not come up again by itself."""
        self._save_mark(_DONE_MARK)

    def summary(self) -> tuple[WizardSummaryLine, ...]:
        """Build the setup wizard's summary: what is set up, what is open, what happens now."""
        values = self._workspace.values
        signed_in, has_key = self.zendesk.signed_in_text(), self.sailthru.has_key
        changes = values.get(settings_table.CHANGES_ENABLED)
        days = values.get(settings_table.CACHE_DAYS)
        account = values.get(settings_table.ZENDESK_BASE_URL)
        # Chosen, and not merely the default of a workspace where nobody chose yet.
        is_without_zendesk = (
            values.is_set(settings_table.ZENDESK_AUTH)
            and values.get(settings_table.ZENDESK_AUTH) == "none"
            and not account
        )
        zendesk = f"{account}, signed in as {signed_in}." if signed_in else ""
        if not signed_in:
            zendesk = (
                "Left out: customers are looked up in Sailthru only."
                if is_without_zendesk
                else "Not connected yet."
            )
        return (
            WizardSummaryLine(bool(signed_in) or is_without_zendesk, "Zendesk", zendesk, 0),
            WizardSummaryLine(
                has_key,
                "Sailthru",
                "Connected with a key kept for this workspace."
                if has_key
                else "Not connected yet: lists, opt-out and health cannot be shown.",
                1,
            ),
            WizardSummaryLine(
                True,
                "Changes",
                "On: people here can change what the table allows."
                if changes
                else "Off: everything is read-only until an admin switches changes on.",
                2,
            ),
            WizardSummaryLine(
                True, "Data", f"Customers opened in the last {days} days are kept.", 3
            ),
            WizardSummaryLine(
                bool(signed_in) or has_key, "Next", self._next_text(bool(signed_in) or has_key), 5
            ),
        )

    def refresh(self) -> None:
        """Refresh all cards of the setup wizard: roles, values or connections changed."""
        cards = (self.permissions, self.zendesk, self.sailthru, self.sell, self.team)
        for model in (self.form, *cards):
            model.refresh()
        self.changed.emit()

    async def close(self) -> None:
        """Cancel what the setup wizard's cards have under way and wait for its end."""
        for model in (self.zendesk, self.sailthru, self.sell, self.data, self.team):
            await model.close()

    def _next_text(self, connected: bool) -> str:
        if not connected:
            return "Nothing is read or written. Connect a service to look customers up."
        return "Nothing was written. Type an address or a ticket number to find a customer."

    def _on_connected(self, _words: str) -> None:
        self.refresh()

    def _saved_step_index(self) -> int:
        for mark in self._state_file.read().dismissed_hints:
            index = mark.removeprefix(_STEP_MARK_PREFIX)
            if (
                mark.startswith(_STEP_MARK_PREFIX)
                and index.isdigit()
                and int(index) < len(STEP_TITLES)
            ):
                return int(index)
        return 0

    def _save_typed_account(self) -> None:
        # Once somebody is signed in it is a setting.
        is_saved = bool(self._workspace.values.get(settings_table.ZENDESK_BASE_URL))
        typed = "" if is_saved else self.zendesk.account_text
        if typed != self._typed_account:
            self._typed_account = typed
            self._state_file.write(replace(self._state_file.read(), typed_account=typed))

    def _save_mark(self, mark: str) -> None:
        state = self._state_file.read()
        others = {mark for mark in state.dismissed_hints if not mark.startswith(_STEP_MARK_PREFIX)}
        self._state_file.write(replace(state, dismissed_hints=frozenset(others | {mark})))
