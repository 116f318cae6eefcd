"""Finds everything of one person in Zendesk, Sailthru and on this computer, before an erasure."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from desktop.customer.service_clients import ServiceClients
from desktop.kit.errors import AppError, NotFound, NotPermitted, UserDecisionNeeded
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.email_address import email_match_key, email_spellings, normalize_email
from desktop.model.erasure import ErasureSubject
from desktop.model.lookup_query import LookupQueryKind
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.customer_erasure import ErasedCounts
from desktop.writing.erasure_gateway import staff_refusal, unclosed_tickets_error

# Counts, by any of the ids given, what this computer keeps of somebody.
CountHere = Callable[[Iterable[str]], Awaitable[ErasedCounts]]


@dataclass(frozen=True)
class ErasureCheck:
    """What each system holds of a person who is to be erased, and whether it may be erased.

    `unclosed_tickets` keep Zendesk from deleting the user. `other_addresses` have profiles that may
    be theirs by the phone number alone, which are left.
    """

    subject: ErasureSubject
    user: ZendeskUser | None
    tickets: tuple[ZendeskTicket, ...]
    profiles: tuple[SailthruProfile, ...]
    here: ErasedCounts
    other_addresses: tuple[str, ...] = ()

    @property
    def unclosed_tickets(self) -> tuple[int, ...]:
        """The numbers of the person's tickets that are not closed, in order."""
        return tuple(sorted(ticket.id for ticket in self.tickets if not ticket.is_closed))

    @property
    def counts(self) -> dict[str, int]:
        """What each system holds, as numbers alone: nothing in it is about the person."""
        user = self.user
        found = {
            "zendesk_users": int(user is not None),
            "zendesk_addresses": len(user.identities) if user is not None else 0,
            "zendesk_tickets": len(self.tickets),
            "zendesk_unclosed_tickets": len(self.unclosed_tickets),
            "sailthru_profiles": len(self.profiles),
            "sailthru_lists": sum(len(profile.lists) for profile in self.profiles),
            "sailthru_fields": sum(len(profile.vars) for profile in self.profiles),
        }
        return {**found, **self.here.erased_rows}

    def planned_subject(self, *, closes_tickets: bool) -> ErasureSubject:
        """Return whom to erase, with the tickets that are to be closed first."""
        tickets = self.unclosed_tickets if closes_tickets else ()
        return replace(self.subject, tickets=tickets, closes_tickets=closes_tickets)

    def find_obstacle(self, *, closes_tickets: bool) -> AppError | None:
        """Return why the person is not erased: a colleague, or tickets that are not closed."""
        if self.user is not None and (refusal := staff_refusal(self.user)):
            return NotPermitted("Nobody was erased.", refusal)
        if self.unclosed_tickets and not closes_tickets:
            return unclosed_tickets_error(list(self.unclosed_tickets))
        return None


async def check_erasure(
    sheet: CustomerSheet, clients: ServiceClients, count_here: CountHere
) -> ErasureCheck:
    """Read from both services all that is the sheet's person's, and count what is kept here.

    Raises the error of a service that did not answer: half a person is not erased; and
    UserDecisionNeeded where an address is another Zendesk user's as well.
    """
    user = _require_read(sheet)
    addresses = read_addresses(sheet)
    tickets: tuple[ZendeskTicket, ...] = ()
    if user is not None and clients.zendesk is not None:
        tickets = await clients.zendesk.list_every_requested_ticket(user.id)
    profiles = await read_profiles(sheet, clients, addresses)
    addresses = _merged([*addresses, *(one.email for one in profiles if one.email)])
    await _require_nobody_elses(clients, addresses, user)
    subject = _build_subject(sheet, user, profiles, addresses)
    return ErasureCheck(
        subject,
        user,
        tickets,
        profiles,
        await count_here(subject.target_ids),
        tuple(one.address for one in sheet.other_profiles if one.is_by_phone),
    )


def _require_read(sheet: CustomerSheet) -> ZendeskUser | None:
    """Return the Zendesk user of a sheet that was read whole. Raises UserDecisionNeeded."""
    for part in (sheet.user, sheet.profile):
        if part.state in (SheetPartState.FAILED, SheetPartState.LOADING):
            raise part.error or UserDecisionNeeded(
                "The customer was not read completely.",
                "Nothing was erased.",
                "Wait until both services have answered, and try again.",
            )
    if SheetPartState.OFF in (sheet.user.state, sheet.profile.state):
        raise UserDecisionNeeded(
            "Both services have to be connected to erase somebody.",
            "What the other one keeps would stay. Nothing was erased.",
            "Connect it in Settings. To erase this computer's copies alone, use `fairlead data"
            " erase --customer WHO`.",
        )
    user = sheet.user.value
    if user is not None and not user.identities_read:
        raise UserDecisionNeeded(
            "Zendesk did not say which addresses this user has.",
            "Nothing was erased.",
            "Look the customer up again.",
        )
    return user


def read_addresses(sheet: CustomerSheet) -> tuple[str, ...]:
    """Return every address by which the sheet's person is known, each once."""
    user, profile = sheet.user.value, sheet.profile.value
    found = list(user.emails) if user is not None else []
    if profile is not None and profile.email:
        found.append(profile.email)
    if sheet.query.kind is LookupQueryKind.EMAIL:
        found.append(sheet.query.value)
    return _merged(found)


def _merged(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return each address once, as it is spelled first."""
    spelled: dict[str, str] = {}
    for address in addresses:
        spelled.setdefault(email_match_key(address), normalize_email(address))
    return tuple(spelled.values())


async def read_profiles(
    sheet: CustomerSheet, clients: ServiceClients, addresses: Iterable[str]
) -> tuple[SailthruProfile, ...]:
    """Read every Sailthru profile at one of the person's addresses, or that is theirs otherwise.

    One that may be theirs by the phone number alone is none of them.
    """
    if clients.sailthru is None:
        return ()
    own = sheet.profile.value
    sids = [own.sid] if own is not None else []
    sids += [one.sid for one in sheet.other_profiles if not one.is_by_phone]
    asked = [("sid", sid) for sid in sids]
    asked += [("email", key) for address in addresses for key in email_spellings(address)]
    found: dict[str, SailthruProfile] = {}
    for key, value in asked:
        try:
            profile = await clients.sailthru.get_user(value, key=key)
        except NotFound:
            continue
        found[profile.sid] = profile
    return tuple(found.values())


async def _require_nobody_elses(
    clients: ServiceClients, addresses: Iterable[str], user: ZendeskUser | None
) -> None:
    """Raise UserDecisionNeeded where an address belongs to another Zendesk user than this one."""
    if clients.zendesk is None:
        return
    for address in addresses:
        for owner in await clients.zendesk.find_by_email(address):
            if user is None and (refusal := staff_refusal(owner)):
                raise NotPermitted("Nobody was erased.", refusal)
            if user is None or owner.id != user.id:
                raise UserDecisionNeeded(
                    f"{address} belongs to {owner.name} in Zendesk as well (user {owner.id}).",
                    "It is not certain who is to be erased. Nothing was erased.",
                    "If both are one person, merge the users in Zendesk and look them up again.",
                )


def _build_subject(
    sheet: CustomerSheet,
    user: ZendeskUser | None,
    profiles: tuple[SailthruProfile, ...],
    addresses: tuple[str, ...],
) -> ErasureSubject:
    external_ids = {one.keys.get("extid", "") for one in profiles}
    if user is not None and user.external_id:
        external_ids.add(user.external_id)
    ids = [str(user.id)] if user is not None else [one.sid for one in profiles]
    address = sheet.address or next(iter(addresses), "")
    return ErasureSubject(
        label=address or (user.name if user is not None else "") or ids[0],
        confirmation=normalize_email(address) if address else ids[0],
        user_ids=(user.id,) if user is not None else (),
        sids=tuple(one.sid for one in profiles),
        addresses=addresses,
        external_ids=tuple(sorted(external_ids - {""})),
    )
