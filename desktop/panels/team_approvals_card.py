"""Card “Approvals” of the page Activity: what admins at other desks ask another admin for."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.team_approvals_model import TeamApprovalsModel, TeamApprovalView

_MAX_ROWS = 5  # more come up as these are answered


class TeamApprovalsCard(Card):
    """Card widget of the approvals that the team's desks ask for; hidden where there is none."""

    def __init__(self, model: TeamApprovalsModel, parent: QWidget | None = None) -> None:
        super().__init__("Approvals", parent=parent)
        self._model = model
        self.rows: dict[str, TeamApprovalRow] = {}
        self._column = QVBoxLayout()
        self._column.setSpacing(fonts.scaled(10))
        self.add(self._column)
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Draw the approvals again; rows that stay keep what is typed."""
        views = self._model.views()
        shown = views[:_MAX_ROWS]
        wanted = {view.id for view in shown}
        for gone in [key for key in self.rows if key not in wanted]:
            delete_widget(self.rows.pop(gone))
        for place, view in enumerate(shown):
            row = self.rows.get(view.id)
            if row is None:
                row = self.rows[view.id] = TeamApprovalRow(view.id, self._model)
                self._column.insertWidget(place, row)
            row.show_view(view)
        self.set_note(f"{len(views)} asked for by your team")
        self.setVisible(bool(views))


class TeamApprovalRow(QWidget):
    """One approval: what is asked, a line to confirm what it is about, the button."""

    def __init__(self, request_id: str, model: TeamApprovalsModel) -> None:
        super().__init__()
        self._id, self._model = request_id, model
        self._text = label("", "strong", wrap=True)
        self._detail = label("", "note", wrap=True)
        self.field = TextField("Confirmation")
        self.button = secondary_button("Approve")
        self.button.clicked.connect(self._on_approve)
        self.field.returnPressed.connect(self._on_approve)
        line = hbox(spacing=8)
        line.addWidget(self.field, 1)
        line.addWidget(self.button)
        self.setLayout(vbox(self._text, self._detail, line, spacing=4))

    def show_view(self, view: TeamApprovalView) -> None:
        """Draw the approval, with names that a screen reader can tell apart."""
        self._text.setText(view.text)
        self._detail.setText(view.detail)
        self.field.setPlaceholderText(view.confirmation_label)
        self.field.setAccessibleName(f"{view.confirmation_label}: {view.text}")
        self.button.setAccessibleName(f"Approve: {view.text}")
        self.field.set_enabled(not view.refusal, view.refusal)
        self.button.set_enabled(not view.refusal, view.refusal)

    def _on_approve(self) -> None:
        self._model.approve(self._id, self.field.text())
