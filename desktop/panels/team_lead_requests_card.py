"""Card “Requests to a lead” of the page Activity: those that wait on this computer."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop.panels.team_lead_request_list import TeamLeadRequestList
from desktop.panels.theme import fonts
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.viewmodels.team_lead_requests_model import TeamLeadRequestsModel

_MAX_ROWS = 30  # more come up as these are answered
_MIN_HEIGHT, _MAX_HEIGHT = 56, 190  # px at the base font: the changes below keep the page


class TeamLeadRequestsCard(Card):
    """Card widget of the open requests to a lead; hidden where there is none."""

    customer_requested = Signal(str)  # a query for the search field

    def __init__(self, model: TeamLeadRequestsModel, parent: QWidget | None = None) -> None:
        super().__init__("Requests to a lead", parent=parent)
        self._model = model
        self._list = TeamLeadRequestList(model, names_customers=True)
        self._list.customer_requested.connect(self.customer_requested)
        self._list.height_changed.connect(self._fit)
        self._area = wrap_in_scroll_area(self._list, bar_beside=True)
        self.add(self._area)
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Draw the open requests to a lead again."""
        views = self._model.views()
        shown = views[:_MAX_ROWS]
        self._list.show_requests(shown)
        older = f", the oldest {_MAX_ROWS} first" if len(views) > _MAX_ROWS else ""
        self.set_note(f"{len(views)} open{older}")
        self.setVisible(bool(views))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Make the list as high as its rows are at this width, up to a bound."""
        wanted = self._list.height_for(self._area.viewport().width())
        low, high = fonts.scaled(_MIN_HEIGHT), fonts.scaled(_MAX_HEIGHT)
        self._area.setFixedHeight(min(max(wanted, low), high))
