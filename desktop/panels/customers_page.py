"""The page of one customer: the header over a grid of panels, or what to do before there is one."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.panels.customer.engagement_panel import EngagementPanel
from desktop.panels.customer.header_panel import HeaderPanel
from desktop.panels.customer.lists_panel import ListsPanel
from desktop.panels.customer.message import Message
from desktop.panels.customer.no_profile_panel import NoProfilePanel
from desktop.panels.customer.optout_panel import OptOutPanel
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.customer.profile_data_panel import ProfileDataPanel
from desktop.panels.customer.tickets_panel import TicketsPanel
from desktop.panels.customer.timeline_panel import TimelinePanel
from desktop.panels.customer.value_panel import ValuePanel
from desktop.panels.customer.zendesk_panel import ZendeskPanel
from desktop.panels.parts.flow_columns import FlowColumns, FlowPage
from desktop.panels.theme import fonts
from desktop.viewmodels.sheet import SheetModel

_PLAN = {
    3: (
        ("none", "optout", "value", "zendesk"),
        ("lists", "tickets", "data"),
        ("engagement", "timeline"),
    ),
    2: (
        ("none", "optout", "value", "tickets", "zendesk"),
        ("lists", "engagement", "timeline", "data"),
    ),
    1: (
        (
            "none",
            "optout",
            "lists",
            "tickets",
            "timeline",
            "engagement",
            "zendesk",
            "value",
            "data",
        ),
    ),
}
_FOLDED = ("timeline", "engagement", "zendesk", "data")
_NARROW = 480


class CustomersPage(QWidget):
    """Panels are built at the first customer: a start paints without them."""

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
        self._sheet: _SheetView | None = None
        self._narrow = False
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
        view = self._model.header()
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
        self._stack.setCurrentWidget(self._built())

    def set_narrow(self, narrow: bool) -> None:
        """One column with folded panels, beside the browser."""
        self._narrow = narrow
        if self._sheet is not None:
            self._sheet.set_narrow(narrow)

    def _on_act(self) -> None:
        if self._act == "create":
            self._model.create_profile()
        elif self._act == "retry":
            self._model.refresh()

    def _built(self) -> "_SheetView":
        if self._sheet is None:
            self._sheet = _SheetView(self._model)
            self._sheet.tickets.link_opened.connect(self.link_opened)
            self._sheet.set_narrow(self._narrow)
            self._stack.addWidget(self._sheet)
            self._sheet.refresh()
        return self._sheet


_WELCOME = (
    "Find a customer",
    "Type an e-mail address, a name, a phone number or #ticket above,"
    " or open a ticket in Zendesk with Follow Zendesk on.",
)


class _SheetView(QWidget):
    """Header and panels."""

    def __init__(self, model: SheetModel) -> None:
        super().__init__()
        self._header = HeaderPanel(model)
        self.tickets = TicketsPanel(model)
        self._value = ValuePanel(model)
        self._cards: dict[str, SheetPanel] = {
            "none": NoProfilePanel(model),
            "optout": OptOutPanel(model),
            "value": self._value,
            "lists": ListsPanel(model),
            "tickets": self.tickets,
            "zendesk": ZendeskPanel(model),
            "engagement": EngagementPanel(model),
            "timeline": TimelinePanel(model),
            "data": ProfileDataPanel(model),
        }
        self._cards["none"].hide()
        columns = FlowColumns(_PLAN)
        for key, card in self._cards.items():
            columns.add(key, card)
        page = FlowPage(columns)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(12))
        column.addWidget(self._header)
        column.addWidget(page, 1)

    def refresh(self) -> None:
        """Fill every panel for the first time."""
        self._header.refresh()
        for card in self._cards.values():
            card.refresh()

    def set_narrow(self, narrow: bool) -> None:
        """Fold what tells; what acts stays open."""
        self._header.set_narrow(narrow)
        self._value.setVisible(not narrow)
        for key in _FOLDED:
            self._cards[key].set_foldable(narrow, ("folded", "unfolded"))
            self._cards[key].set_folded(narrow)
