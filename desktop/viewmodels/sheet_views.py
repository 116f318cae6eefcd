"""The views of one customer's panels: pure functions of one scene, made when a panel asks."""

from collections.abc import Callable

from desktop.kit.clock import Clock
from desktop.model.sheet import Sheet
from desktop.settings import table
from desktop.settings.rules import value_source
from desktop.store.audit import AuditRow
from desktop.viewmodels.customer.engagement import EngagementView, engagement
from desktop.viewmodels.customer.header import HeaderView, header
from desktop.viewmodels.customer.health import HealthView, health
from desktop.viewmodels.customer.lists import ListsView, lists
from desktop.viewmodels.customer.optout import OptOutView, optout
from desktop.viewmodels.customer.profile_data import ProfileDataView, profile_data
from desktop.viewmodels.customer.tickets import TicketsView, tickets
from desktop.viewmodels.customer.timeline import TimelineView, timeline
from desktop.viewmodels.customer.value import ValueView, value
from desktop.viewmodels.customer.zendesk import ZendeskView, zendesk
from desktop.viewmodels.office import Office
from desktop.viewmodels.scene import Account, Scene

Shown = Callable[[], tuple[Sheet, tuple[AuditRow, ...]]]


class SheetViews:
    """`held` while panels are told of a change: all of them then show one moment."""

    def __init__(self, office: Office, shown: Shown, clock: Clock) -> None:
        """`shown` gives the sheet on screen and its closed edits; BadInput where there is none."""
        self._office = office
        self._shown = shown
        self._clock = clock
        self._everything: set[str] = set()
        self.held: Scene | None = None

    def scene(self) -> Scene:
        """Everything the panels are made from. Only while there is a sheet."""
        if self.held is not None:
            return self.held
        sheet, audit = self._shown()
        get = self._office.values.get
        account = Account(
            names=self._office.names(),
            value_source=value_source(self._office.values),
            currency=get(table.CURRENCY),
            base_url=get(table.ZENDESK_BASE_URL).rstrip("/"),
            optin_link=get(table.OPT_IN_LINK),
            predictions=self._office.predictions,
        )
        actor, rules = self._office.actor, self._office.rules
        return Scene(sheet, account, actor, rules, self._clock.now(), audit)

    def header(self) -> HeaderView:
        """See the module of this name."""
        return header(self.scene())

    def optout(self, ticket: int | None) -> OptOutView:
        """See the module of this name; `ticket` is what the form suggests."""
        return optout(self.scene(), ticket)

    def lists(self) -> ListsView:
        """See the module of this name."""
        return lists(self.scene())

    def tickets(self) -> TicketsView:
        """See the module of this name."""
        return tickets(self.scene(), everything="tickets" in self._everything)

    def health(self) -> HealthView:
        """See the module of this name."""
        return health(self.scene())

    def value(self) -> ValueView:
        """See the module of this name."""
        return value(self.scene())

    def zendesk(self) -> ZendeskView:
        """See the module of this name."""
        return zendesk(self.scene())

    def engagement(self) -> EngagementView:
        """See the module of this name."""
        return engagement(self.scene())

    def profile_data(self, *, most: int | None = None) -> ProfileDataView:
        """See the module of this name."""
        return profile_data(self.scene(), most=most)

    def timeline(self) -> TimelineView:
        """See the module of this name."""
        return timeline(self.scene())

    def shows_all(self, panel: str) -> bool:
        """Whether a panel shows all of its rows."""
        return panel in self._everything

    def fold(self, panel: str) -> None:
        """Unfold a panel's rest, or fold it again."""
        self._everything ^= {panel}

    def fold_all(self) -> None:
        """Another customer begins folded."""
        self._everything.clear()
