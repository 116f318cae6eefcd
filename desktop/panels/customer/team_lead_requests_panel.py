"""Customer panel “Requests to a lead”: what somebody without the right has asked for them."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.team_lead_request_list import TeamLeadRequestList
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.team_lead_requests_model import TeamLeadRequestsModel


class TeamLeadRequestsPanel(SheetPanel):
    """Panel widget of the open requests about the customer shown; hidden where there is none."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Requests to a lead", model, parent=parent)
        self._requests: TeamLeadRequestsModel | None = None
        self._list: TeamLeadRequestList | None = None

    def set_requests(self, requests: TeamLeadRequestsModel) -> None:
        """Give the panel the model of the requests, once there is one."""
        self._requests = requests
        self._list = TeamLeadRequestList(requests)
        self.add(self._list)
        requests.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show or hide the requests about the customer shown."""
        if self.model.sheet is None:
            self.hide()
        super().refresh()

    def show_context(self, context: CustomerContext) -> None:
        if self._requests is None or self._list is None:
            return
        views = self._requests.views(context.sheet.target_ids)
        self._list.show_requests(views)
        self.setVisible(bool(views))
