"""List of requests to a lead: what is asked for, by whom and why, with Do it and Decline."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import quiet_button, secondary_button
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.team_lead_requests_model import TeamLeadRequestsModel, TeamLeadRequestView


class TeamLeadRequestList(QWidget):
    """Widget of the open requests to a lead; rows that stay keep their widgets and what is typed.

    `names_customers`: each row says whom it is about, and opens them.
    """

    customer_requested = Signal(str)  # a query for the search field
    height_changed = Signal()  # a row has unfolded its line for the reason

    def __init__(
        self,
        model: TeamLeadRequestsModel,
        *,
        names_customers: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._model, self._names_customers = model, names_customers
        self._rows: dict[str, _TeamLeadRequestRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(10))

    def show_requests(self, views: Sequence[TeamLeadRequestView]) -> None:
        """Draw these requests to a lead, in their order."""
        wanted = {view.id for view in views}
        for gone in [key for key in self._rows if key not in wanted]:
            delete_widget(self._rows.pop(gone))
        for place, view in enumerate(views):
            row = self._rows.get(view.id)
            if row is None:
                row = self._rows[view.id] = _TeamLeadRequestRow(
                    view.id, self._model, names_customer=self._names_customers
                )
                row.customer_requested.connect(self.customer_requested)
                row.unfolded.connect(self.height_changed)
            if self._column.indexOf(row) != place:
                self._column.insertWidget(place, row)
            row.show_view(view)

    def height_for(self, width: int) -> int:
        """Return how high the list of requests is at a width, in px."""
        self._column.activate()
        if self._column.hasHeightForWidth():
            return self._column.heightForWidth(width)
        return self._column.sizeHint().height()


class _TeamLeadRequestRow(QWidget):
    """One request to a lead; Decline unfolds a line for the reason."""

    customer_requested = Signal(str)
    unfolded = Signal()

    def __init__(
        self, request_id: str, model: TeamLeadRequestsModel, *, names_customer: bool
    ) -> None:
        super().__init__()
        self._id, self._model = request_id, model
        self._view: TeamLeadRequestView | None = None
        self._wanted = label("", "strong", wrap=True)
        self._customer = LinkButton("")
        self._customer.setVisible(names_customer)
        self._customer.clicked.connect(self._on_customer)
        self._detail = label("", "note", wrap=True)
        self._do = secondary_button("Do it")
        self._do.clicked.connect(self._on_do)
        self._decline = quiet_button("Decline…")
        self._decline.clicked.connect(self._on_decline)
        self._withdraw = quiet_button("Withdraw")
        self._withdraw.clicked.connect(self._on_withdraw)
        self._why = TextField("Why it is declined", "Why not?")
        self._why.returnPressed.connect(self._on_declined)
        self._why.textChanged.connect(self._on_typed)
        self._confirm = secondary_button("Decline it")
        self._confirm.clicked.connect(self._on_declined)
        self._on_typed("")
        reason = hbox()
        reason.addWidget(self._why, 1)
        reason.addWidget(self._confirm)
        self._reason_line = QWidget()
        self._reason_line.setLayout(reason)
        self._reason_line.hide()
        head = hbox(self._wanted)
        head.addWidget(self._customer)
        buttons = hbox(self._do, self._decline, self._withdraw, 1)
        self.setLayout(vbox(head, self._detail, buttons, self._reason_line, spacing=4))

    def show_view(self, view: TeamLeadRequestView) -> None:
        """Draw the request to a lead, with names that a screen reader can tell apart."""
        self._view = view
        self._wanted.setText(view.wanted)
        self._customer.set_text(view.customer)
        self._detail.setText(view.detail)
        self._do.setAccessibleName(f"Do it: {view.wanted}")
        self._decline.setAccessibleName(f"Decline: {view.wanted}")
        self._withdraw.setAccessibleName(f"Withdraw: {view.wanted}")
        self._do.set_enabled(not view.do_reason, view.do_reason)
        self._decline.setVisible(view.can_decline)
        self._withdraw.setVisible(view.can_withdraw)

    def _on_do(self) -> None:
        self._model.do(self._id)

    def _on_decline(self) -> None:
        self._reason_line.show()
        self.unfolded.emit()
        self._why.setFocus()

    def _on_typed(self, text: str) -> None:
        self._confirm.set_enabled(
            bool(text.strip()), "Say why, so that the person who asked knows."
        )

    def _on_declined(self) -> None:
        if self._confirm.isEnabled():
            self._model.decline(self._id, self._why.text())

    def _on_withdraw(self) -> None:
        self._model.withdraw(self._id)

    def _on_customer(self) -> None:
        if self._view is not None:
            self.customer_requested.emit(self._view.customer_query)
