"""Customer panel shown without a Sailthru profile: other addresses, and Create profile."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.model.customer_sheet import SheetPartState
from desktop.model.edit import EditKind
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import pending_edit
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import clear_layout, hbox, vbox
from desktop.panels.widgets.button import Button, primary_button, secondary_button
from desktop.panels.widgets.label import elided_label, label
from desktop.viewmodels.customer.header_view import OtherProfileView, build_header_view
from desktop.viewmodels.customer.not_found_view import can_create_profile
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel


class NoProfilePanel(SheetPanel):
    """Panel widget for a customer without a profile, or with profiles at other addresses."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Sailthru profile", model, parent=parent)
        self._shown: tuple[OtherProfileView, ...] | None = None
        self._words = label("", wrap=True)
        self.add(self._words)
        self._other_profiles = QVBoxLayout()
        self._other_profiles.setSpacing(fonts.scaled(4))
        self.add(self._other_profiles)
        self._create: Button = primary_button("Create profile")
        self._create.clicked.connect(model.edits.create_profile)
        self.add(4)
        self.add(hbox(self._create, 1))
        self.add_ask_lead_button(EditKind.CREATE)

    def refresh(self) -> None:
        """Show or hide the panel for the missing profile by the sheet's model."""
        sheet = self.model.sheet
        if sheet is None or not sheet.is_found:
            self.hide()
            return
        context = self.model.context()
        view = build_header_view(context)
        # “No profile” is never said before Sailthru has answered.
        absent = sheet.profile.value is None and sheet.profile.state is SheetPartState.ABSENT
        needed = absent or bool(view.other_profiles)
        self.setVisible(needed)
        if not needed:
            return
        waiting = pending_edit(sheet, EditKind.CREATE) is not None
        address = sheet.address or sheet.query.value
        if waiting:
            self._words.setText(f"The profile of {address} is being created.")
        elif absent:
            others_text = " One may be this person's:" if view.other_profiles else ""
            self._words.setText(f"Sailthru has no profile for {address}.{others_text}")
        else:
            self._words.setText("Profiles by other addresses or keys of this person:")
        self._create.setVisible(absent)
        is_allowed, reason = can_create_profile(context)
        self.show_ask_lead_button(
            absent and not waiting and context.can_ask_lead(Permission.CREATE)
        )
        self._create.set_enabled(is_allowed and not waiting, reason or "It is being created.")
        # Rebuilt only for another answer: the button under the mouse stays.
        if view.other_profiles != self._shown:
            self._shown = view.other_profiles
            clear_layout(self._other_profiles)
            for other in view.other_profiles:
                self._other_profiles.addWidget(_OtherProfileRow(other, self.model))


class _OtherProfileRow(QWidget):
    """A customer's other address with its profile, and the button that shows that profile."""

    def __init__(self, view: OtherProfileView, model: CustomerSheetModel) -> None:
        super().__init__()
        self._sid = view.sid
        self._model = model
        use_button = secondary_button("Use this profile", name=f"Use the profile of {view.address}")
        use_button.set_tooltip("Shown for this person from now on. Nothing is written to Sailthru.")
        use_button.clicked.connect(self._on_use)
        row = hbox()
        row.addLayout(vbox(elided_label(view.address), elided_label(view.note, "small")), 1)
        row.addWidget(use_button)
        self.setLayout(row)

    def _on_use(self) -> None:
        self._model.link_profile(self._sid)
