"""Checks a new e-mail address of a customer: whether it is free in Zendesk and in Sailthru.

An address is not unique in Zendesk Sell: there it is asked who has the old one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from desktop.customer.edit_service import EditService
from desktop.customer.service_clients import ServiceClients
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput, NotFound, UserDecisionNeeded
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.email_address import (
    email_match_key,
    is_reachable_email,
    normalize_email,
    parse_email,
)
from desktop.model.email_change import EmailConflictPolicy
from desktop.model.erased_people import person_keys
from desktop.model.permission import Permission
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.sell_record import SellPerson, is_organization
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore


class AddressState(Enum):
    """What an address change finds at the new address in one service.

    OWN: it is the customer's already, PRIMARY: and their primary one.
    """

    FREE = "free"
    PRIMARY = "primary"
    OWN = "own"
    TAKEN = "taken"
    OTHER_PROFILE = "other profile"
    OFF = "off"
    NOT_ASKED = "not asked"


@dataclass(frozen=True)
class EmailCheck:
    """What an address change finds at the new address, before anything is sent.

    `zendesk_owner` is who has it in Zendesk (TAKEN), `other_profile` the Sailthru profile at it.
    `error` is what kept a service from being asked (NOT_ASKED). `refusal` says why the person at
    work may not change addresses, or why this customer's is not changed here; "" where they may.
    `has_own_profile` is False for a customer whom Sailthru does not know. `sell_people` are the
    contact and the lead of Sell with the old address, `sell_note` says who of several stays as
    they are. `sell_error` is what kept Sell from being asked: its step waits, and nothing else
    does. `checked_at` is Unix seconds.
    """

    old: str
    new: str
    zendesk: AddressState
    sailthru: AddressState
    checked_at: float
    zendesk_owner: ZendeskUser | None = None
    other_profile: SailthruProfile | None = None
    error: AppError | None = None
    refusal: str = ""
    merge_refusal: str = ""
    has_own_profile: bool = True
    sell: AddressState = AddressState.OFF
    sell_people: tuple[SellPerson, ...] = ()
    sell_note: str = ""
    sell_error: AppError | None = None

    @property
    def needs_choice(self) -> bool:
        """Whether an address change needs a choice: what becomes of another profile there."""
        return self.sailthru is AddressState.OTHER_PROFILE and self.has_own_profile

    @property
    def gains_profile(self) -> bool:
        """Whether a customer without a profile would get the one at an address change's address."""
        return self.sailthru is AddressState.OTHER_PROFILE and not self.has_own_profile

    def find_obstacle(
        self, policy: EmailConflictPolicy | None, *, needs_sell: bool = False
    ) -> UserDecisionNeeded | None:
        """Return why an address change cannot be made as it stands, or None.

        `needs_sell`: it is not made without Sell's step either.
        """
        if self.refusal:
            return UserDecisionNeeded("The address is not changed here.", self.refusal)
        error = self.error or (self.sell_error if needs_sell else None)
        if error is not None:
            what = f"whether {self.new} is free" if self.error else f"who in Sell has {self.old}"
            return UserDecisionNeeded(
                f"It could not be checked {what}.",
                f"{error.title} Nothing was changed.",
                "Check again once each service answers.",
            )
        if self.zendesk is AddressState.TAKEN and self.zendesk_owner is not None:
            owner = self.zendesk_owner
            return UserDecisionNeeded(
                f"{self.new} belongs to {owner.name} in Zendesk.",
                "Two customers cannot have one address. Nothing was changed.",
                f"Look at user {owner.id}. If both are one person, merge the users in Zendesk, or"
                " link the profile to that user on their sheet.",
            )
        if self.gains_profile and policy is not EmailConflictPolicy.KEEP:
            return UserDecisionNeeded(
                f"Sailthru has a profile at {self.new}, and none of this customer.",
                "It would be shown as theirs from then on. Nothing was changed.",
                "If it is theirs, say so: --conflict keep leaves the profile as it is.",
            )
        if not self.needs_choice:
            return None
        if policy is None or policy is EmailConflictPolicy.REFUSE:
            return UserDecisionNeeded(
                f"Sailthru has another profile at {self.new}.",
                "Nothing was changed.",
                "Choose: merge both into one for good (--conflict merge), or change Zendesk alone"
                " and keep both profiles (--conflict keep).",
            )
        if policy is EmailConflictPolicy.MERGE:
            if self.merge_refusal:
                return UserDecisionNeeded("The profiles are not merged.", self.merge_refusal)
            if self.other_profile is None or self.other_profile.optout is None:
                return UserDecisionNeeded(
                    "The opt-out level of the other profile is not known.",
                    "The stricter of both levels has to stand afterwards. Nothing was changed.",
                    "Look the other profile up, set its level, and check again.",
                )
        return None


class EmailChecker:
    """Asks Zendesk and Sailthru who has the address that a customer is to get."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        editor: EditService,
        clock: Clock,
    ) -> None:
        self._services = services
        self._store = store
        self._editor = editor
        self._clock = clock

    async def ask_services(
        self, user: ZendeskUser | None, profile: SailthruProfile | None, new: str, old: str = ""
    ) -> EmailCheck:
        """Ask the services who has an address; what one answers badly is in the check.

        `old`: the former address, where a change that is under way says it.
        """
        addresses = (user.email if user else None, profile.email if profile else None)
        key = email_match_key(new)
        # Where Zendesk has the new one already, the former is Sailthru's.
        old = old or next((one for one in addresses if one and email_match_key(one) != key), "")
        clients = self._services()
        zendesk, sailthru, sell = await asyncio.gather(
            self._check_zendesk(clients, user, new),
            self._check_sailthru(clients, profile, new),
            self._check_sell(clients, profile, old),
        )
        return EmailCheck(
            old=normalize_email(old),
            new=new,
            checked_at=self._clock.now(),
            refusal=self._find_refusal(user) or await self._find_erased(new),
            merge_refusal=self._editor.check(Permission.MERGE).reason,
            has_own_profile=profile is not None,
            **zendesk,  # type: ignore[arg-type]
            **sailthru,  # type: ignore[arg-type]
            **sell,  # type: ignore[arg-type]
        )

    async def _find_erased(self, new: str) -> str:
        """Say that the new address is of somebody who was erased, whom nothing makes again."""
        erased = await self._store.erased_people.load()
        return erased.find_refusal(person_keys(addresses=(new,)))

    def _find_refusal(self, user: ZendeskUser | None) -> str:
        if user is not None and user.role != "end-user":
            return (
                f"{user.name} works in your Zendesk ({user.role})."
                " Addresses of colleagues are changed in Zendesk itself."
            )
        if user is not None and not user.active:
            return "The Zendesk user was deleted, or merged into another one."
        return self._editor.check(Permission.CHANGE_EMAIL).reason

    async def _check_zendesk(
        self, clients: ServiceClients, user: ZendeskUser | None, new: str
    ) -> dict[str, object]:
        if clients.zendesk is None:
            return {"zendesk": AddressState.OFF}
        try:
            owners = await clients.zendesk.find_by_email(new)
        except AppError as error:
            return {"zendesk": AddressState.NOT_ASKED, "error": error}
        strangers = [o for o in owners if user is None or o.id != user.id]
        if strangers:
            return {"zendesk": AddressState.TAKEN, "zendesk_owner": strangers[0]}
        key = email_match_key(new)
        if user is not None and email_match_key(user.email or "") == key:
            return {"zendesk": AddressState.PRIMARY}
        own = user is not None and any(email_match_key(one) == key for one in user.emails)
        return {"zendesk": AddressState.OWN if own else AddressState.FREE}

    async def _check_sailthru(
        self, clients: ServiceClients, profile: SailthruProfile | None, new: str
    ) -> dict[str, object]:
        if clients.sailthru is None:
            return {"sailthru": AddressState.OFF}
        try:
            found = await clients.sailthru.get_user(new, key="email")
        except NotFound:
            return {"sailthru": AddressState.FREE}
        except AppError as error:
            return {"sailthru": AddressState.NOT_ASKED, "error": error}
        if profile is not None and found.sid == profile.sid:
            return {"sailthru": AddressState.OWN}
        return {"sailthru": AddressState.OTHER_PROFILE, "other_profile": found}

    async def _check_sell(
        self, clients: ServiceClients, profile: SailthruProfile | None, old: str
    ) -> dict[str, object]:
        """Ask Sell for the customer's contact and lead: of several the one a sync has paired."""
        if clients.sell is None or not old:
            return {}
        try:
            contacts, leads = await asyncio.gather(
                clients.sell.find_contacts(old), clients.sell.find_leads(old)
            )
        except AppError as error:
            note = (
                f"{error.title} Its contact or lead keeps {old} for now. Fairlead changes it by"
                " itself once Sell answers."
            )
            return {"sell": AddressState.NOT_ASKED, "sell_error": error, "sell_note": note}
        sids = (profile.sid,) if profile is not None else ()
        paired = await self._store.sell_pairs.find_records(sids)
        known = {record for records in paired.values() for record in records}
        chosen: list[SellPerson] = []
        several: list[str] = []
        for people in (contacts, leads):
            persons = [one for one in people if not is_organization(one)]
            theirs = [one for one in persons if one.record_id in known] or persons
            if len(theirs) == 1:
                chosen += theirs
            else:
                several += [f"{one.label} ({one.record_id})" for one in theirs]
        note = f"Several have {old}, and keep it: {', '.join(several)}." if several else ""
        state = AddressState.OWN if chosen or several else AddressState.FREE
        return {"sell": state, "sell_people": tuple(chosen), "sell_note": note}


def parse_new_address(text: str) -> str:
    """Parse an address typed for a customer. Raises InvalidInput where no mail can reach it."""
    new = parse_email(text)
    if not is_reachable_email(new):
        raise InvalidInput(
            f"“{(new or text.strip())[:80]}” is not an e-mail address that mail can reach.",
            "Nothing was changed.",
            "Correct it and try again.",
        )
    return new


def require_read(sheet: CustomerSheet) -> tuple[ZendeskUser | None, SailthruProfile | None]:
    """Return user and profile for an address change. Raises the error of an unread part."""
    for part in (sheet.user, sheet.profile):
        if part.state in (SheetPartState.FAILED, SheetPartState.LOADING):
            raise part.error or UserDecisionNeeded(
                "The customer was not read completely.",
                "Nothing was changed.",
                "Wait until both services have answered, and try again.",
            )
    user, profile = sheet.user.value, sheet.profile.value
    if user is None and profile is None:
        raise UserDecisionNeeded("There is no customer here.", "Nothing was changed.")
    if user is not None and not user.identities_read:
        raise UserDecisionNeeded(
            "Zendesk did not say which addresses this user has.",
            "Nothing was changed.",
            "Look the customer up again.",
        )
    return user, profile


def is_there_already(user: ZendeskUser | None, profile: SailthruProfile | None, new: str) -> bool:
    """Whether both of a customer's records have an address as their (primary) one already."""
    key = email_match_key(new)
    at_zendesk = user is None or email_match_key(user.email or "") == key
    at_sailthru = profile is None or email_match_key(profile.email or "") == key
    return at_zendesk and at_sailthru
