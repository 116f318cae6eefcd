"""The page of one customer: the header over a grid of panels, or what to do before there is one."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.panels.customer.message import Message
from desktop.viewmodels.sheet import SheetModel

if TYPE_CHECKING:
    from desktop.panels.customer.sheet_view import SheetView


class CustomersPage(QWidget):
    """A start paints without the panels; `prepare` builds them while nothing else happens."""

    link_opened = Signal(str)

    def __init__(
        self,
        model: SheetModel,
        parent: QWidget | None = None,
        *,
        examples: tuple[str, ...] = (),
    ) -> None:
        super().__init__(parent)
        self._model = model
        self._sheet: SheetView | None = None
        self._preparing = QTimer(self)
        self._preparing.setInterval(_SLICE_MS)
        self._preparing.timeout.connect(self._on_slice)
        self._joined = False  # the panels are all built and shown to somebody
        self._narrow = False
        self._opening = 0  # which customer the panels show
        self._act = ""
        self._welcome = Message(_WELCOME[0], _WELCOME[1], examples)
        self._welcome.act.clicked.connect(self._on_act)
        self._welcome.asked.connect(model.open)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._welcome)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)
        model.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show the sheet, that nobody was found, or the welcome."""
        self._act = ""
        if self._model.sheet is None:
            self._welcome.say(*_WELCOME, examples=True)
            self._stack.setCurrentWidget(self._welcome)
            return
        view = self._model.views.header()
        if view.missing:
            self._act, words = self._model.next_step()
            self._welcome.say(view.missing, view.missing_hint, words)
            self._stack.setCurrentWidget(self._welcome)
            return
        if self._model.sheet.matches and not self._model.sheet.found:
            self._welcome.say(
                f"{len(self._model.sheet.matches)} customers match.",
                "Choose one in the list under the search field.",
            )
            self._stack.setCurrentWidget(self._welcome)
            return
        sheet = self._built()
        # What is kept of somebody stands at once; answers are painted as they come.
        first, self._opening = self._model.opening != self._opening, self._model.opening
        sheet.refresh(whole=first or not self._model.loading)
        self._stack.setCurrentWidget(sheet)

    def set_narrow(self, narrow: bool) -> None:
        """One column with folded panels, beside the browser."""
        self._narrow = narrow
        if self._sheet is not None and self._joined:
            self._sheet.set_narrow(narrow)

    def _on_act(self) -> None:
        if self._act == "create":
            self._model.edits.create_profile()
        elif self._act == "retry":
            self._model.refresh()

    def prepare(self) -> None:
        """Build the panels one by one, so that the first customer does not wait for them."""
        self._preparing.start()

    def _on_slice(self) -> None:
        sheet = self._begun()
        if sheet.complete:
            self._preparing.stop()
            sheet.lay_out(self._stack.width())
        else:
            sheet.build_next()

    def _begun(self) -> "SheetView":
        if self._sheet is None:
            # Half of what the page needs is imported here, after the first paint.
            from desktop.panels.customer.sheet_view import SheetView

            self._sheet = SheetView(self._model)
            self._stack.addWidget(self._sheet)
        return self._sheet

    def _built(self) -> "SheetView":
        sheet = self._begun()
        self._preparing.stop()
        while not sheet.complete:
            sheet.build_next()
        if not self._joined:
            self._joined = True
            sheet.tickets.link_opened.connect(self.link_opened)
            sheet.set_narrow(self._narrow)
        return sheet


_SLICE_MS = 15
_WELCOME = (
    "Find a customer",
    "Type an e-mail address, a name, a phone number or #ticket above,"
    " or open a ticket in Zendesk with Follow Zendesk on.",
)
