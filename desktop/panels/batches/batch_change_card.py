"""Card with the one change of a batch: its form, what people will notice, the buttons."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.form import Form, FormLayout, allow_full_height
from desktop.panels.widgets.label import label
from desktop.panels.widgets.wrapped_text import WrappedButton
from desktop.viewmodels.batches.batch_change_draft import CHANGE_FIELDS
from desktop.viewmodels.batches.batch_view import BatchPageView
from desktop.viewmodels.form import FormState

_LABEL_WIDTH = 52


class BatchChangeCard(Card):
    """Card widget of a batch's change; Ctrl+Enter previews it, then makes it."""

    field_edited = Signal(str, object)
    preview_requested = Signal()
    apply_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Change them all", parent=parent)
        self.form = Form(CHANGE_FIELDS, FormLayout.COMPACT, spacing=8, label_width=_LABEL_WIDTH)
        self.reason_label = label("", "note", wrap=True)
        self.done_label = label("", wrap=True)
        self.notice_label = label("What people will notice", "muted")
        self.consequence_label = label("", wrap=True)
        self.consequence_label.setObjectName("What people will notice")
        self.preview_button = secondary_button("Preview change", name="Preview change")
        self.apply_button = WrappedButton("", "primary", name="Make the change")
        self.apply_button.let_wrap()
        self.keys_label = label("Ctrl+Enter", "small")
        # As high as its wrapped texts, which differ from state to state.
        allow_full_height(self)
        self.add(self.form)
        self.add(10)
        column = vbox(
            self.done_label,
            self.notice_label,
            self.consequence_label,
            self.reason_label,
            self.preview_button,
            self.apply_button,
            self.keys_label,
            spacing=8,
        )
        column.setAlignment(self.keys_label, Qt.AlignmentFlag.AlignHCenter)
        self.add(column)
        self.body.setContentsMargins(0, fonts.scaled(4), 0, 0)
        self.form.edited.connect(self.field_edited)
        self.preview_button.clicked.connect(self.preview_requested)
        self.apply_button.clicked.connect(self.apply_requested)

    def show_view(self, view: BatchPageView, form: FormState) -> None:
        """Draw the batch's change: the form, and after a preview what it does."""
        self.form.show_state(form)
        self.form.setEnabled(not view.form_disabled_reason)
        # What was done is no form any more.
        self.form.setVisible(not view.done_change)
        self.done_label.setText(view.done_change)
        self.done_label.setVisible(bool(view.done_change))
        self.notice_label.setVisible(bool(view.consequences))
        self.consequence_label.setText("\n".join(view.consequences))
        self.consequence_label.setVisible(bool(view.consequences))
        is_planned = bool(view.apply_label)
        # One primary button: before a preview nothing can be changed.
        self.preview_button.set_kind("secondary" if is_planned else "primary")
        self.preview_button.setVisible(not view.done_change)
        reason = view.preview_disabled_reason
        self.preview_button.set_enabled(not reason, reason)
        self.apply_button.setVisible(is_planned)
        self.apply_button.set_text(view.apply_label)
        self.apply_button.setAccessibleName(view.apply_label)
        self.apply_button.set_enabled(not view.apply_disabled_reason, view.apply_disabled_reason)
        # Not in the tool tip alone: who has no mouse reads why nothing can be done.
        shown = view.apply_disabled_reason if is_planned else reason
        shown = "" if view.done_change else shown
        self.reason_label.setText(shown)
        self.reason_label.setVisible(bool(shown))
        self.keys_label.setVisible(not shown and not view.done_change)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and control:
            if self.apply_button.isVisible() and self.apply_button.isEnabled():
                self.apply_requested.emit()
            elif self.preview_button.isEnabled():
                self.preview_requested.emit()
            return
        super().keyPressEvent(event)
