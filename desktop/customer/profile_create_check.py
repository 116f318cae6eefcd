"""Asks the matcher once more, right before a profile is created: the edit may have waited."""

from desktop.customer.customer_lookup import CustomerLookup
from desktop.customer.edit_factory import find_create_obstacle
from desktop.model.customer_sheet import SheetPartState
from desktop.model.email_address import normalize_email
from desktop.model.lookup_query import LookupQuery, LookupQueryKind


class ProfileCreateCheck:
    """Looks for a profile of the same customer under another key than the new profile's address."""

    def __init__(self, lookup: CustomerLookup) -> None:
        self._lookup = lookup

    async def find_obstacle(self, address: str) -> str:
        """Say why no profile may be created at an address; "" where nothing speaks against it.

        Raises what keeps a service from being read: nobody knows then.
        """
        sheet = await self._lookup.look_up_query(LookupQuery(LookupQueryKind.EMAIL, address))
        for part in (sheet.user, sheet.profile):
            if part.state is SheetPartState.FAILED and part.error is not None:
                raise part.error
        profile = sheet.profile.value
        if profile is not None and normalize_email(profile.email or "") != address:
            return (
                "This customer has a Sailthru profile by now:"
                f" {profile.email or profile.sid}. Nothing was sent."
            )
        obstacle = find_create_obstacle(sheet)
        # A profile at the very address is found by the write itself, which has nothing to do then.
        return f"{obstacle} Nothing was sent." if obstacle and profile is None else ""
