"""Base of the customer panels: a card that draws one view of the customer's context."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.kit.text import to_sentence
from desktop.model.edit import EditKind
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel

RowT = TypeVar("RowT")


class SheetPanel(Card):
    """Card widget of the customer sheet; Retry asks all services again; `key`: while expanded."""

    key = ""
    ask_lead_requested = Signal(object)  # the EditKind of a change that is refused here

    def __init__(
        self,
        title: str,
        model: CustomerSheetModel,
        *,
        borderless: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, borderless=borderless, parent=parent)
        self.model = model
        self.retry_requested.connect(model.refresh)
        self._more_button: LinkButton | None = None
        self._ask_lead_button: LinkButton | None = None
        self._ask_kind: EditKind | None = None

    def refresh(self) -> None:
        """Redraw a customer panel from the sheet's model; nothing while nobody is open."""
        if self.model.sheet is not None:
            self.show_context(self.model.context())

    @abstractmethod
    def show_context(self, context: CustomerContext) -> None:
        """Build this customer panel's view from the context and draw it."""

    def show_panel_state(self, state: PanelState, *, rows: int = 3) -> bool:
        """Draw a customer panel's note and placeholder; True where its body is to be filled.

        `rows` is the number of bars of the skeleton that stands while it loads.
        """
        self.set_note(state.note, state.tone)
        # A state such as “Not available” is a sentence before another one.
        is_followed = bool(state.text and state.hint)
        text = to_sentence(state.text) if is_followed else state.text
        text = " ".join(part for part in (text, state.hint) if part)
        if state.status is PanelStatus.READY:
            self.show_content()
        elif state.status is PanelStatus.LOADING:
            self.show_loading(rows, "Loading")
        elif state.status is PanelStatus.FAILED:
            self.show_failed(text, "Retry" if state.can_retry else "")
        else:
            self.show_empty(text)
        return state.status is PanelStatus.READY

    def add_more_button(self, *beside: QWidget) -> None:
        """Append to a customer panel the link that shows all rows or fewer, others beside it."""
        self._more_button = LinkButton("")
        self._more_button.clicked.connect(self._on_more)
        self.add(hbox(self._more_button, *beside, 1, spacing=12))

    def add_ask_lead_button(self, kind: EditKind) -> None:
        """Append to a customer panel the link by which a lead is asked for what is refused."""
        self._ask_kind = kind
        self._ask_lead_button = LinkButton("Ask a lead…", name=f"Ask a lead about {self._title}")
        self._ask_lead_button.clicked.connect(self._on_ask_lead)
        self._ask_lead_button.hide()
        self.add_footer(self._ask_lead_button)

    def show_ask_lead_button(self, shown: bool) -> None:
        """Show a customer panel's link Ask a lead, where something is refused by right."""
        if self._ask_lead_button is not None:
            self._ask_lead_button.setVisible(shown)

    def limit_rows(
        self, context: CustomerContext, rows: Sequence[RowT], limit: int
    ) -> Sequence[RowT]:
        """Return the rows a customer panel draws: at most `limit` unless it is expanded."""
        is_expanded = self.key in context.expanded_panels
        shown = rows if is_expanded else rows[:limit]
        hidden = len(rows) - len(shown)
        if self._more_button is not None:
            self._more_button.setVisible(hidden > 0 or (is_expanded and len(rows) > limit))
            self._more_button.set_text(f"Show {hidden} more" if hidden else "Show fewer")
        return shown

    def _on_ask_lead(self) -> None:
        self.ask_lead_requested.emit(self._ask_kind)

    def _on_more(self) -> None:
        self.model.toggle_all_rows(self.key)
