"""Card “Team store”: where an admin joins this computer to a team, or takes it out."""

import asyncio
from functools import partial

from PySide6.QtWidgets import QApplication, QWidget

from desktop.kit.errors import AppError
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import Button, quiet_button, secondary_button
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.form import Form
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.secret_field import SecretField
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.text_field import TextField
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.form import FieldKind, FormField
from desktop.viewmodels.settings.error_message import to_error_message
from desktop.viewmodels.settings.team_store_model import (
    TeamDeskView,
    TeamStoreModel,
    TeamStoreView,
)

_INTRO = (
    "A PostgreSQL database that the computers of your team share: what each of them changed,"
    " approvals by a second admin, and which one runs a sync. Names and values of customers stay on"
    " each computer, unless you share them below."
)
_ADDRESS = FormField(
    "address",
    "Address",
    FieldKind.SECRET,
    name="Address of the team store",
    help="postgresql://LOGIN:PASSWORD@HOST/DATABASE, or the code copied at an admin's computer of"
    " the team. Saved in the keyring only.",
)
_SHARED = FormField(
    "shares_rows",
    "Share syncs and who is whom",
    FieldKind.SWITCH,
    name="Share syncs and who is whom with the team",
    help="Matches of customers, who is always left out, segments, syncs and what they remember, so"
    " that a sync may move to another computer. Ids and values of customers then lie in the"
    " database.",
)
_NEW_DESK = FormField(
    "name",
    "One more computer",
    name="Name of one more computer",
    placeholder="Whose, or which",
    help="The code joins one computer, within a day.",
    max_length=80,
)
_NEW_PERSON = FormField(
    "person",
    "Without a Sailthru key, for",
    name="Zendesk id of whoever works there without a Sailthru key",
    placeholder="Zendesk id",
    help="Leave it empty where the computer has a key. Else your team's worker looks up and changes"
    " customers in Sailthru for this person, by their role in Zendesk.",
    max_length=20,
)


class TeamStoreCard(SettingsCard):
    """Widget of the card “Team store”; its address field is cleared once it was used."""

    def __init__(self, model: TeamStoreModel) -> None:
        super().__init__("Team store")
        self._model = model
        self._shown: tuple[TeamDeskView, ...] | None = None
        self._form = Form([_ADDRESS])
        self.address_field = self._form.control("address", SecretField)
        self.join_button = secondary_button("Join", name="Join the team store")
        self.status_label = label("", "strong", wrap=True, tone="ok")
        self._shared_form = Form([_SHARED])
        self.shared_switch = self._shared_form.control("shares_rows", Switch)
        self.shared_switch.chosen.connect(model.share_rows)
        self._new_form = Form([_NEW_DESK, _NEW_PERSON])
        self.person_field = self._new_form.control("person", TextField)
        self.name_field = self._new_form.control("name", TextField)
        self.copy_button = secondary_button(
            "Copy a one-time code", name="Copy a one-time code for one more computer"
        )
        self.leave_button = secondary_button("Leave the team", name="Leave the team")
        self._desk_rows: QWidget | None = None
        self.revoke_buttons: dict[str, Button] = {}
        self._confirm_task: asyncio.Task[None] | None = None
        self._place = vbox(spacing=4)
        self.add_rows(
            label(_INTRO, wrap=True),
            self._form,
            hbox(1, self.join_button),
            self.status_label,
            self._place,
            self._shared_form,
            self._new_form,
            hbox(self.copy_button, 1, self.leave_button),
            self.result_note,
            self.error_banner,
        )
        self.join_button.clicked.connect(self._on_join)
        self.address_field.field.returnPressed.connect(self._on_join)
        self.leave_button.clicked.connect(model.leave)
        self.copy_button.clicked.connect(self._on_copy)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self._on_message_posted)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self._show_desks(view)
        for part, shown in (
            (self._form, not view.is_joined),
            (self.join_button, not view.is_joined),
            (self.status_label, view.is_joined),
            (self._shared_form, view.is_joined),
            (self._new_form, view.is_joined),
            (self.copy_button, view.is_joined),
            (self.leave_button, view.is_joined),
        ):
            set_shown(part, shown)
        self.status_label.setText(view.status_text)
        for button in (self.join_button, self.copy_button, self.leave_button):
            button.set_enabled(not view.refusal, view.refusal)
        self.shared_switch.set_value(view.shares_rows)
        self.shared_switch.set_enabled(not view.refusal, view.refusal)
        for button in self.revoke_buttons.values():
            button.set_enabled(not view.refusal, view.refusal)
        self.show_error(view.error)

    def _show_desks(self, view: TeamStoreView) -> None:
        if view.desks == self._shown:
            return
        self._shown = view.desks
        if self._desk_rows is not None:
            delete_widget(self._desk_rows)
        self._desk_rows = QWidget()
        self.revoke_buttons = {}
        self._desk_rows.setLayout(vbox(*map(self._create_row, view.desks), spacing=4))
        set_shown(self._desk_rows, bool(view.desks))
        self._place.addWidget(self._desk_rows)

    def _on_join(self) -> None:
        self._model.join(self.address_field.text())

    def _on_copy(self) -> None:
        self._model.tasks.start_once("copy", self._copy_invitation())

    async def _copy_invitation(self) -> None:
        try:
            code = await self._model.invite(
                self.name_field.text(), self.person_field.text().strip()
            )
        except AppError as error:
            self.show_error(to_error_message(error))
            return
        QApplication.clipboard().setText(code)
        self.show_result(
            f"Copied. {self.name_field.text()} joins with it within a day; until then it is as"
            " secret as a password."
        )
        self.name_field.clear()
        self.person_field.clear()

    def _on_revoke(self, desk: TeamDeskView) -> None:
        self._confirm_task = asyncio.get_running_loop().create_task(self._confirm_revoke(desk))

    async def _confirm_revoke(self, desk: TeamDeskView) -> None:
        sure = await ask_confirmation(
            self.window(),
            f"Revoke {desk.name}?",
            "It leaves the team at once: its database login ends, and scheduled syncs no longer"
            " start there.",
            detail="What it has handed in stays. Its customers and its sign-in to Zendesk and"
            " Sailthru stay on it: end those in Zendesk and Sailthru. It can come back with a new"
            " code.",
            confirm="Revoke",
            cancel="Cancel",
            dangerous=True,
        )
        if sure:
            self._model.revoke(desk.id)

    def _on_message_posted(self, text: str) -> None:
        # Nothing typed stays on screen longer than needed.
        self.address_field.clear()
        self.show_result(text)

    def _create_row(self, desk: TeamDeskView) -> QWidget:
        line = hbox(label(desk.name, "strong"), elided_label(desk.detail, "muted"))
        line.addStretch(1)
        if desk.is_revocable:
            button = quiet_button("Revoke…", name=f"Revoke {desk.name}…")
            button.clicked.connect(partial(self._on_revoke, desk))
            self.revoke_buttons[desk.id] = button
            line.addWidget(button)
        holder = QWidget()
        holder.setLayout(line)
        return holder
