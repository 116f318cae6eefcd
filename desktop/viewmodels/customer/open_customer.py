"""A customer open in a tab: their sheet, the look-up it came from, and what is half-typed."""

from dataclasses import dataclass, field

from desktop.model.customer_sheet import CustomerSheet
from desktop.model.lookup_query import LookupQuery, LookupQueryKind, record_query
from desktop.model.service import Service
from desktop.model.team import Colleague, TeamEntry
from desktop.store.audit_log import AuditEntry
from desktop.viewmodels.customer.event_entry import EventEntry


@dataclass(eq=False)
class OpenCustomer:
    """The customer of one tab, on the sheet or behind it; one sheet of widgets shows them in turn.

    `number` grows with every customer opened anywhere: answers to another number are not theirs.
    """

    number: int = 0
    query: LookupQuery | None = None  # the newest; its first answer may still be missing
    is_opened: bool = False  # `sheet` is the one of `query`
    sheet: CustomerSheet | None = None
    audit: tuple[AuditEntry, ...] = ()
    events: tuple[EventEntry, ...] = ()
    team_entries: tuple[TeamEntry, ...] = ()  # of other desks
    colleagues: tuple[Colleague, ...] = ()  # who has them open at other desks
    is_shown: bool = False  # the panels show this customer already
    is_outdated: bool = False  # a database changed while another tab was in front
    expanded_panels: frozenset[str] = frozenset()
    unsaved_input_sources: set[str] = field(default_factory=set)  # names of panels and dialogs
    # By panel, what was half-typed when another tab came to the front; the panel takes it back.
    kept_input: dict[str, object] = field(default_factory=dict)

    @property
    def is_loading(self) -> bool:
        """Whether a service is still being asked for the customer's sheet."""
        return self.sheet is not None and not self.sheet.is_complete

    @property
    def has_unsaved_input(self) -> bool:
        """Whether something is half-typed for the customer: then nobody may replace them."""
        return bool(self.unsaved_input_sources or self.kept_input)

    @property
    def draft_owner(self) -> str | None:
        """The id that the customer's drafts are kept under: the sid, else the Zendesk user id."""
        if self.sheet is None:
            return None
        profile, user = self.sheet.profile.value, self.sheet.user.value
        if profile is not None:
            return profile.sid
        return str(user.id) if user is not None else None

    @property
    def record_ids(self) -> tuple[str, ...]:
        """The Zendesk user id and sid of the customer a tab shows, as far as they are known."""
        if self.sheet is not None and self.is_opened:
            profile, user = self.sheet.profile.value, self.sheet.user.value
            return (*((str(user.id),) if user else ()), *((profile.sid,) if profile else ()))
        ids = (LookupQueryKind.ZENDESK_ID, LookupQueryKind.SID)
        query = self.query
        return (query.value,) if query is not None and query.kind in ids else ()

    @property
    def record_query(self) -> str:
        """The look-up query of the customer's record, Zendesk's first, or "" if nobody is found."""
        ids = self.record_ids
        if not ids:
            return ""
        return record_query(Service.ZENDESK if ids[0].isdigit() else Service.SAILTHRU, ids[0])

    def is_target(self, target_id: str) -> bool:
        """Whether an edit's target is this customer: their sid, Zendesk user id or address."""
        if self.sheet is None:
            return False
        profile, user = self.sheet.profile.value, self.sheet.user.value
        ids = {profile.sid if profile else "", str(user.id) if user else ""}
        return target_id in ids or target_id == self.sheet.address
