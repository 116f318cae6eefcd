"""Dialog that has missing fields created in Zendesk: each ticked by hand, with its type."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.events.planned_fields import FIELD_TYPES, PlannedField
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.panels.widgets.web_link import open_web_page

_TYPE_LABELS = {
    "text": "Text",
    "textarea": "Text, several lines",
    "checkbox": "Checkbox",
    "date": "Date",
    "integer": "Number",
    "decimal": "Decimal",
}


class CreateFieldsDialog(ScrollingDialog):
    """Lists the traits that no user field takes; nothing is ticked at first.

    `counts` say by key how many events have a value; `refusal` is why none can be created.
    """

    fields_chosen = Signal(object)  # tuple of PlannedField

    def __init__(
        self,
        fields: Sequence[PlannedField],
        counts: Sequence[int],
        refusal: str,
        parent: QWidget | None = None,
        *,
        fields_address: str = "",
    ) -> None:
        """`fields_address` is the page of Zendesk's user fields, "" where it is not known."""
        super().__init__("Create user fields", parent, width=460)
        self._fields, self._refusal = tuple(fields), refusal
        self.content.addWidget(
            label(
                "Zendesk discards a trait that has no user field. Ticked fields are created for the"
                " whole account when you deliver, and the values are then kept.",
                wrap=True,
            )
        )
        self.boxes: dict[str, CheckBox] = {}
        self.types: dict[str, DropdownField] = {}
        options = [(kind, _TYPE_LABELS[kind]) for kind in FIELD_TYPES]
        for field, count in zip(fields, counts, strict=True):
            box = CheckBox(f"{field.key} ({count:,}×)", name=f"Create {field.key}")
            box.chosen.connect(self._on_ticked)
            kind = DropdownField(f"Type of {field.key}", options)
            kind.set_value(field.type)
            self.boxes[field.key], self.types[field.key] = box, kind
            self.content.addLayout(hbox(box, 1, kind))
        self.content.addStretch(1)
        note = label("The types are guessed from the values.", "note", wrap=True)
        self.content.addSpacing(fonts.scaled(4))
        self.content.addWidget(note)
        self._fields_address = fields_address
        self.zendesk_button = LinkButton(
            "User fields in Zendesk", name="Open the user fields in Zendesk"
        )
        self.zendesk_button.set_tooltip(
            f"Admin Center › People › Configuration › User fields: {fields_address}"
        )
        self.content.addWidget(self.zendesk_button)
        self.zendesk_button.setVisible(bool(fields_address))
        self.zendesk_button.clicked.connect(self._on_zendesk)
        self.cancel_button = secondary_button("Cancel")
        self.create_button = primary_button("Create with the delivery")
        self.add_buttons(self.cancel_button, self.create_button)
        self.cancel_button.clicked.connect(self.reject)
        self.create_button.clicked.connect(self._on_create)
        self._on_ticked()

    def _chosen(self) -> tuple[PlannedField, ...]:
        return tuple(
            PlannedField(field.key, self.types[field.key].value() or field.type)
            for field in self._fields
            if self.boxes[field.key].isChecked()
        )

    def _on_ticked(self, _is_ticked: bool = False) -> None:
        count = len(self._chosen())
        word = f"Create {count} with the delivery" if count else "Create with the delivery"
        self.create_button.set_text(word)
        reason = self._refusal or ("" if count else "Tick a field.")
        self.create_button.set_enabled(not reason, reason)

    def _on_zendesk(self) -> None:
        open_web_page(self._fields_address)

    def _on_create(self) -> None:
        self.fields_chosen.emit(self._chosen())
        self.accept()
