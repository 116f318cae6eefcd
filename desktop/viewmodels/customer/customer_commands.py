"""The palette's commands for the customer shown: opt-out, lists by name, health, note, pause.

Each tells whom it is about, or why it cannot be chosen; the panels' views decide both.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

from desktop.model.customer_health import CustomerHealth
from desktop.model.marketing_pause import DEFAULT_PAUSE_DAYS
from desktop.model.optout_level import SELECTABLE_LEVELS, OptOutLevel
from desktop.viewmodels.command_synonyms import synonyms_of
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.header_view import build_header_view, customer_name
from desktop.viewmodels.customer.health_view import build_health_view
from desktop.viewmodels.customer.lists_view import SailthruListRow, build_lists_view
from desktop.viewmodels.customer.not_found_view import can_create_profile
from desktop.viewmodels.customer.optout_view import (
    OPTOUT_ACTION_LABELS,
    OptOutView,
    build_optout_view,
)
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus
from desktop.viewmodels.customer.pause_view import build_pause_view
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.customer.zendesk_user_view import SwitchView, build_zendesk_user_view
from desktop.viewmodels.palette_command import PaletteCommand

_SET_ALREADY = "It is set already."
_NO_PAUSE_REASON = "Only for customers with an open ticket who get marketing e-mail."


class CustomerForms(Protocol):
    """The forms, drawers and dialogs of the customer sheet that a palette command opens."""

    def open_optout_form(self, level: OptOutLevel) -> None:
        """Unfold the panel Opt-out's form for a level; its button alone sends."""

    def open_email_drawer(self) -> None:
        """Open the drawer Change e-mail."""

    def open_note_drawer(self) -> None:
        """Open the drawer Add note."""

    def open_why_drawer(self) -> None:
        """Open the drawer that explains an opt-out."""

    def open_mail_drawer(self) -> None:
        """Open the drawer Did the mail go out?."""

    def open_profile_fields(self) -> None:
        """Open the dialog of all fields of the profile."""

    def open_list_details(self, name: str) -> None:
        """Open the dialog about one Sailthru list."""

    def note_disabled_reason(self) -> str:
        """Say why no note can be added, or ""."""
        ...


def build_customer_commands(
    model: CustomerSheetModel, forms: CustomerForms
) -> tuple[PaletteCommand, ...]:
    """Build the palette's commands for the customer on the sheet; disabled ones without one."""
    if model.is_looking_up() and not model.is_shown:
        # What can be seen is still the former customer's sheet.
        return tuple(_commands_without_customer("The customer is being opened."))
    if model.sheet is None or not model.sheet.is_found:
        return tuple(_commands_without_customer("Open a customer first."))
    return tuple(_CustomerCommands(model, forms).build())


def _commands_without_customer(reason: str) -> Iterator[PaletteCommand]:
    named = [
        *((OPTOUT_ACTION_LABELS[level], _optout_kind(level)) for level in SELECTABLE_LEVELS),
        *((f"Health: {health.label}", "health") for health in CustomerHealth),
        ("Add to a list", "list"),
        ("Take off a list", "list off"),
        ("Pause marketing", "pause"),
        ("All profile data", "profile data"),
        *(
            (name, name)
            for name in ("Change e-mail", "Add note", "Why opted out?", "Did the mail go out?")
        ),
    ]
    for label, kind in named:
        words = synonyms_of(kind)
        yield PaletteCommand(label, _do_nothing, disabled_reason=reason, keywords=words)


def _do_nothing() -> None:
    """Stand for a customer's palette command while no customer is open."""


class _CustomerCommands:
    """Builds the palette's commands of one customer from the views of their panels."""

    def __init__(self, model: CustomerSheetModel, forms: CustomerForms) -> None:
        self._model, self._forms = model, forms
        self._context: CustomerContext = model.context()
        self._name = customer_name(self._context.sheet)

    def build(self) -> Iterator[PaletteCommand]:
        """Yield the customer's palette commands, what stops e-mail first."""
        optout = build_optout_view(self._context)
        yield from self._optout_levels(optout)
        yield from self._pauses(optout)
        yield from self._lists()
        yield from self._healths()
        yield from self._drawers(optout)
        user = build_zendesk_user_view(self._context)
        edits = self._model.edits
        yield from self._switch(user.sync_to_sailthru, edits.set_sync_to_sailthru)
        yield from self._switch(user.sync_to_zendesk, edits.set_sync_to_zendesk)

    def _command(
        self, label: str, kind: str, run: Callable[[], object], reason: str, about: str = ""
    ) -> PaletteCommand:
        detail = f"{self._name} · {about}" if about else self._name
        return PaletteCommand(
            label, run, disabled_reason=reason, detail=detail, keywords=synonyms_of(kind)
        )

    def _optout_levels(self, view: OptOutView) -> Iterator[PaletteCommand]:
        shown = {each.level: each for each in view.levels}
        for level in SELECTABLE_LEVELS:
            offered = shown.get(level)
            if offered is None:
                reason = _state_reason(view.panel_state)
            else:
                reason = _SET_ALREADY if offered.is_chosen else offered.disabled_reason
            run = partial(self._forms.open_optout_form, level)
            label, about = OPTOUT_ACTION_LABELS[level], "asks for the reason first"
            yield self._command(label, _optout_kind(level), run, reason, about)

    def _pauses(self, view: OptOutView) -> Iterator[PaletteCommand]:
        edits, pause = self._model.edits, build_pause_view(self._context)
        reason = view.pause_reason
        if pause.text:
            reason = "Marketing is paused already."
        elif not view.can_pause:
            reason = _state_reason(view.panel_state) or _NO_PAUSE_REASON
        yield self._command(
            "Pause marketing",
            "pause",
            partial(edits.pause_marketing, DEFAULT_PAUSE_DAYS),
            reason,
            f"for {DEFAULT_PAUSE_DAYS} days at most",
        )
        if pause.text:
            reason = "" if pause.action else view.pause_reason
            yield self._command("End pause", "pause end", edits.end_pause, reason)

    def _lists(self) -> Iterator[PaletteCommand]:
        view = build_lists_view(self._context)
        for row in view.rows:
            yield self._list(row)
        if not view.rows:
            # Their names are known without a profile too.
            for entry in self._context.sheet.lists.value or ():
                reason = _state_reason(view.panel_state)
                yield self._command(f"Add to {entry.name}", "list", _do_nothing, reason)
        for row in view.rows:
            about = partial(self._forms.open_list_details, row.name)
            yield self._command(f"About the list {row.name}", "list about", about, "")

    def _list(self, row: SailthruListRow) -> PaletteCommand:
        run = partial(self._model.edits.set_list_membership, row.name, not row.is_member)
        if row.is_member:
            label = f"Take off {row.name}"
            return self._command(label, "list off", run, row.disabled_reason, row.note)
        return self._command(f"Add to {row.name}", "list", run, row.disabled_reason, row.note)

    def _healths(self) -> Iterator[PaletteCommand]:
        view = build_health_view(self._context)
        for health in CustomerHealth:
            reason = _state_reason(view.panel_state) or view.disabled_reason
            if not reason and view.current is health:
                reason = _SET_ALREADY
            run = partial(self._model.edits.set_health, health)
            yield self._command(f"Health: {health.label}", "health", run, reason)

    def _drawers(self, view: OptOutView) -> Iterator[PaletteCommand]:
        forms, header = self._forms, build_header_view(self._context)
        no_address = "" if header.can_change_email else "This customer has no e-mail address."
        reason = header.change_email_reason or no_address
        yield self._command("Change e-mail", "Change e-mail", forms.open_email_drawer, reason)
        reason = forms.note_disabled_reason()
        yield self._command("Add note", "Add note", forms.open_note_drawer, reason)
        profile = self._context.sheet.profile.value
        gets_all = profile is not None and profile.optout is OptOutLevel.NONE
        reason = _state_reason(view.panel_state) or ("They are not opted out." if gets_all else "")
        yield self._command("Why opted out?", "Why opted out?", forms.open_why_drawer, reason)
        reason = "" if profile is not None else "This customer has no Sailthru profile."
        reason, name = _state_reason(view.panel_state) or reason, "Did the mail go out?"
        yield self._command(name, name, forms.open_mail_drawer, reason)
        reason = _state_reason(view.panel_state)
        fields = forms.open_profile_fields
        yield self._command("All profile data", "profile data", fields, reason, "see and edit")
        may_create, reason = can_create_profile(self._context)
        if profile is not None:
            reason = "There is a Sailthru profile already."
        create = self._model.edits.create_profile
        yield self._command("Create profile", "create", create, "" if may_create else reason)

    def _switch(
        self, view: SwitchView | None, submit: Callable[..., None]
    ) -> Iterator[PaletteCommand]:
        if view is None:
            return
        label = f"{view.label}: {'off' if view.is_on else 'on'}"
        run = partial(submit, not view.is_on)
        yield self._command(label, "sync mark", run, view.disabled_reason, view.note)


def _optout_kind(level: OptOutLevel) -> str:
    return "opt-in" if level is OptOutLevel.NONE else "opt-out"


def _state_reason(state: PanelState) -> str:
    """Say why a panel whose value was not read has no palette command, or ""."""
    if state.status is PanelStatus.READY:
        return ""
    return state.text or "It is being read."
