"""The views of one customer's panels: pure functions of one scene, made when a panel asks."""

from collections.abc import Callable

from desktop.kit.clock import Clock
from desktop.model.customer_sheet import CustomerSheet
from desktop.settings import settings_table
from desktop.settings.permission_rules import customer_value_source_from
from desktop.store.audit_log import AuditEntry
from desktop.viewmodels.customer.customer_context import CustomerContext, CustomerDisplaySettings
from desktop.viewmodels.customer.customer_value_view import (
    CustomerValueView,
    build_customer_value_view,
)
from desktop.viewmodels.customer.engagement_view import EngagementView, build_engagement_view
from desktop.viewmodels.customer.header_view import HeaderView, build_header_view
from desktop.viewmodels.customer.health_view import HealthView, build_health_view
from desktop.viewmodels.customer.lists_view import ListsView, build_lists_view
from desktop.viewmodels.customer.optout_view import OptOutView, build_optout_view
from desktop.viewmodels.customer.profile_data_view import ProfileDataView, build_profile_data_view
from desktop.viewmodels.customer.tickets_view import TicketsView, build_tickets_view
from desktop.viewmodels.customer.timeline_view import TimelineView, build_timeline_view
from desktop.viewmodels.customer.zendesk_user_view import ZendeskUserView, build_zendesk_user_view
from desktop.viewmodels.workspace_protocol import WorkspaceProtocol

SheetAndAuditReader = Callable[[], tuple[CustomerSheet, tuple[AuditEntry, ...]]]


class SheetPanelViews:
    """`held` while panels are told of a change: all of them then show one moment."""

    def __init__(
        self, workspace: WorkspaceProtocol, shown: SheetAndAuditReader, clock: Clock
    ) -> None:
        """`shown` gives the sheet on screen and its closed edits; BadInput where there is none."""
        self._workspace = workspace
        self._read_sheet_and_audit = shown
        self._clock = clock
        self._expanded_panels: set[str] = set()
        self.cached_context: CustomerContext | None = None

    def context(self) -> CustomerContext:
        """Everything the panels are made from. Only while there is a sheet."""
        if self.cached_context is not None:
            return self.cached_context
        sheet, audit = self._read_sheet_and_audit()
        get = self._workspace.values.get
        account = CustomerDisplaySettings(
            names=self._workspace.account_names(),
            value_source=customer_value_source_from(self._workspace.values),
            currency=get(settings_table.CURRENCY),
            base_url=get(settings_table.ZENDESK_BASE_URL).rstrip("/"),
            optin_link=get(settings_table.OPT_IN_LINK),
            predictions=self._workspace.predictions,
        )
        actor, rules = self._workspace.actor, self._workspace.rules
        return CustomerContext(sheet, account, actor, rules, self._clock.now(), audit)

    def header(self) -> HeaderView:
        """See the module of this name."""
        return build_header_view(self.context())

    def optout(self, ticket: int | None) -> OptOutView:
        """See the module of this name; `ticket` is what the form suggests."""
        return build_optout_view(self.context(), ticket)

    def lists(self) -> ListsView:
        """See the module of this name."""
        return build_lists_view(self.context())

    def tickets(self) -> TicketsView:
        """See the module of this name."""
        return build_tickets_view(self.context(), everything="tickets" in self._expanded_panels)

    def health(self) -> HealthView:
        """See the module of this name."""
        return build_health_view(self.context())

    def value(self) -> CustomerValueView:
        """See the module of this name."""
        return build_customer_value_view(self.context())

    def zendesk(self) -> ZendeskUserView:
        """See the module of this name."""
        return build_zendesk_user_view(self.context())

    def engagement(self) -> EngagementView:
        """See the module of this name."""
        return build_engagement_view(self.context())

    def profile_data(self, *, most: int | None = None) -> ProfileDataView:
        """See the module of this name."""
        return build_profile_data_view(self.context(), most=most)

    def timeline(self) -> TimelineView:
        """See the module of this name."""
        return build_timeline_view(self.context())

    def shows_all_rows(self, panel: str) -> bool:
        """Whether a panel shows all of its rows."""
        return panel in self._expanded_panels

    def toggle_all_rows(self, panel: str) -> None:
        """Unfold a panel's rest, or fold it again."""
        self._expanded_panels ^= {panel}

    def collapse_all(self) -> None:
        """Another customer begins folded."""
        self._expanded_panels.clear()
