"""One tab of the page Customers: its customer, pinned or not, and what is known of it."""

from dataclasses import dataclass

from desktop.model.email_address import email_match_key
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.viewmodels.customer.open_customer import OpenCustomer


@dataclass(eq=False)
class CustomerTab:
    """A tab of the page Customers; `key` tells tabs apart as long as the window is open.

    `saved_name` is shown until the customer of a restored tab is looked up.
    """

    key: int
    customer: OpenCustomer
    is_pinned: bool = False
    saved_name: str = ""
    pending_count: int = 0  # edits that wait to be sent
    was_looked_up: bool = False  # since this start, and not restored by it
    kept_number: int = -1  # of the customer seen last among those kept on this computer

    @property
    def is_empty(self) -> bool:
        """Whether nobody is open in the tab."""
        return self.customer.query is None and self.customer.sheet is None

    @property
    def is_replaceable(self) -> bool:
        """Whether another customer may be opened in the tab: not pinned, nothing half-typed."""
        return not (self.is_pinned or self.customer.has_unsaved_input)

    def is_named_by(self, query: LookupQuery) -> bool:
        """Whether a query names the tab's customer for sure, by what is known of them.

        A ticket's requester is not compared: the sheet is another one, opened from that ticket.
        """
        if self.customer.query == query:
            return True
        sheet = self.customer.sheet
        if sheet is None or not self.customer.is_opened:
            return False
        user, profile = sheet.user.value, sheet.profile.value
        if query.kind is LookupQueryKind.EMAIL:
            known = [*(user.emails if user else ()), (profile.email or "") if profile else ""]
            return email_match_key(query.value) in map(email_match_key, filter(None, known))
        ids = (LookupQueryKind.ZENDESK_ID, LookupQueryKind.SID)
        return query.kind in ids and query.value in self.customer.record_ids
