"""Looks after primary addresses that were changed in Zendesk itself, and not in Sailthru.

The feeds that syncs read, and the sheet, note whose address has changed. Here both services are
asked: they agree, or Sailthru follows by itself where an admin allowed it, or a person decides.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from desktop.customer.edit_service import EditService
from desktop.customer.email_change_plan import EmailChangeChoices
from desktop.customer.email_change_service import EmailChangeService
from desktop.customer.new_address_check import EmailChecker
from desktop.customer.sell_address_watch import SellAddressWatch
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, InvalidInput, NotFound, NotPermitted, UserDecisionNeeded
from desktop.model.address_difference import AddressDifference, PrimaryAddressChange
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.email_address import email_match_key, normalize_email
from desktop.model.email_change import EmailChange, EmailChangeProgress
from desktop.model.permission import Permission
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore

log = logging.getLogger(__name__)

# A pass costs three or four calls for each; the others have their turn in the next one.
_MAX_CHECKS = 20
_REASON = "The primary address was changed in Zendesk"


class AddressWatch:
    """Checks a workspace's differences of addresses, and takes them over where that is allowed."""

    def __init__(
        self,
        services: Callable[[], ServiceClients],
        store: WorkspaceStore,
        changes: EmailChangeService,
        editor: EditService,
        clock: Clock,
        bus: ChangeBus,
        is_allowed: Callable[[], bool],
    ) -> None:
        """`is_allowed`: whether an admin lets Sailthru follow by itself, as it stands now."""
        self._services = services
        self._store = store
        self._changes = changes
        self._editor = editor
        self._checker = EmailChecker(services, store, editor, clock)
        self._sell = SellAddressWatch(services, store, changes, self._checker)
        self._clock = clock
        self._bus = bus
        self._is_allowed = is_allowed

    async def check_all(self, limit: int = _MAX_CHECKS) -> tuple[EmailChangeProgress, ...]:
        """Ask the services about the differences noted; returns the changes queued by itself.

        So it does of what was changed while Sell could not be asked. One that cannot be asked about
        now stays as it is. Raises StorageError.
        """
        clients = self._services()
        if clients.zendesk is None or clients.sailthru is None:
            return await self._sell.check_all(limit)
        made = []
        for found in await self._store.address_differences.list_to_check(limit):
            try:
                progress = await self._check(found)
            except NotFound:
                # The user was deleted, or merged into another one.
                await self._forget(found.user_id)
            except (NotPermitted, UserDecisionNeeded) as error:
                # Of another change of the address, or of the right: told with the difference.
                await self._keep(found, error)
            except AppError as error:
                log.info("A changed address could not be checked: %s", error.code)
                await self._store.address_differences.mark_checked(found.id, self._clock.now())
            else:
                if progress is not None:
                    made.append(progress)
        return (*made, *await self._sell.check_all(limit))

    async def note_sheet(self, sheet: CustomerSheet) -> AddressDifference | None:
        """Note what a complete sheet says of its customer's addresses; returns what is to be told.

        None where the services agree, or somebody let the difference be. A profile at the new
        address may be another one: the sheet then shows that, and the difference names the former.
        """
        user, profile = sheet.user.value, sheet.profile.value
        read = SheetPartState.READ
        if user is None or sheet.user.state is not read or not user.email:
            return None
        differences, primary = self._store.address_differences, normalize_email(user.email)
        known = await differences.find(user.id)
        if profile is not None and sheet.profile.state is read:
            address = normalize_email(profile.email or "")
            is_theirs = known is None or known.sid in ("", profile.sid)
            if _is_same(address, primary):
                if is_theirs and known is not None:
                    await self._forget(user.id)
                    known = None
                if known is None:
                    known = await self._note_second_profile(sheet, user, primary)
            elif address in user.emails and not await self._is_being_changed(user, profile):
                change = PrimaryAddressChange(user.id, user.name, address, primary)
                if known is None or not _is_same(known.new, primary):
                    await differences.note_open(change, profile.sid, self._clock.now())
                    self._publish(user.id)
                known = await differences.find(user.id)
        is_current = known is not None and _is_same(known.new, primary)
        return known if known is not None and known.is_open and is_current else None

    async def _note_second_profile(
        self, sheet: CustomerSheet, user: ZendeskUser, primary: str
    ) -> AddressDifference | None:
        """Note that another address of a customer has a profile too, unless a pair decides.

        By the one rule of who is whom two profiles at one person's addresses are a conflict, also
        where nobody saw which address was the primary one before.
        """
        others = [one for one in sheet.other_profiles if one.address in user.emails]
        if not others or await self._store.sync_state.find_sids([user.id]):
            return None
        change = PrimaryAddressChange(user.id, user.name, others[0].address, primary)
        await self._store.address_differences.note_open(change, others[0].sid, self._clock.now())
        self._publish(user.id)
        return await self._store.address_differences.find(user.id)

    async def leave_in_sell(self, change: EmailChange) -> None:
        """Let a contact or lead of Sell keep its address: neither this change nor an earlier one.

        Raises NotPermitted without the right to change addresses.
        """
        self._require_right()
        changes = self._store.email_changes
        for one in await changes.list_of_customer_waiting_for_sell(change.user_id, change.sid):
            await changes.stop_waiting_for_sell(one.id)
        self._bus.publish(ChangeSet.of(Topic.CUSTOMER, ids=[str(change.user_id or change.sid)]))

    async def leave(self, user_id: int) -> None:
        """Let a customer's difference of addresses be.

        Raises NotPermitted without the right to change addresses, UserDecisionNeeded where none is
        known.
        """
        self._require_right()
        found = await self._store.address_differences.find(user_id)
        if found is None:
            raise UserDecisionNeeded(
                "Zendesk and Sailthru are not known to have different addresses of this customer.",
                "There is nothing to leave as it is.",
            )
        change = PrimaryAddressChange(user_id, found.name, found.old, found.new)
        await self._store.address_differences.leave(change, self._clock.now())
        self._publish(user_id)

    async def leave_all(self, user_id: int | None, sid: str) -> None:
        """Let a customer's difference of addresses be, and the former one of theirs in Sell.

        Raises as `leave` does; UserDecisionNeeded only where Sell waits for none either.
        """
        changes = await self._store.email_changes.list_of_customer_waiting_for_sell(user_id, sid)
        if changes:
            await self.leave_in_sell(changes[-1])
        differences = self._store.address_differences
        if user_id is not None and (not changes or await differences.find(user_id) is not None):
            await self.leave(user_id)
        elif not changes:
            raise UserDecisionNeeded("This customer has no Zendesk user.", "Nothing was changed.")

    def _require_right(self) -> None:
        decision = self._editor.check(Permission.CHANGE_EMAIL)
        if not decision.is_allowed:
            raise NotPermitted("This is not allowed.", decision.reason)

    async def _check(self, found: AddressDifference) -> EmailChangeProgress | None:
        user = await self._read_user(found.user_id)
        primary = normalize_email(user.email or "")
        is_customer = user.active and user.role == "end-user"
        if not primary or not is_customer:
            await self._forget(found.user_id)
            return None
        profile = await self._read_profile(found, user)
        if profile is None or _is_same(profile.email or "", primary):
            await self._forget(found.user_id)
            return None
        old = normalize_email(profile.email or "")
        found = replace(found, sid=profile.sid, old=old, new=primary, name=user.name)
        if await self._is_being_changed(user, profile):
            await self._store.address_differences.mark_checked(found.id, self._clock.now())
            return None
        check = await self._checker.ask_services(user, profile, primary)
        # Nobody is there to change it in Sell later.
        obstacle = check.find_obstacle(None, needs_sell=True)
        if old not in user.emails:
            obstacle = UserDecisionNeeded(
                f"{old} is none of {user.name}’s addresses in Zendesk any more.",
                "The profile there may be somebody else’s by now.",
                "Look at both before you change it.",
            )
        if obstacle is not None or not self._is_allowed():
            await self._keep(found, obstacle)
            return None
        choices = EmailChangeChoices(reason=_REASON)
        progress = await self._changes.submit_automatic(user, profile, check, choices)
        await self._forget(found.user_id)
        return progress

    async def _read_user(self, user_id: int) -> ZendeskUser:
        """Read a user with every address from Zendesk. Raises NotFound."""
        zendesk = self._services().zendesk
        if zendesk is None:
            raise InvalidInput("Zendesk is not connected.")
        user = await zendesk.show_user(user_id)
        if user.identities_read:
            return user
        identities = await zendesk.list_identities(user_id)
        return replace(user, identities=identities, identities_read=True)

    async def _read_profile(
        self, found: AddressDifference, user: ZendeskUser
    ) -> SailthruProfile | None:
        """Read the profile that is the user's: the remembered one, else at a former address."""
        sailthru = self._services().sailthru
        if sailthru is None:
            raise InvalidInput("Sailthru is not connected.")
        pairs = await self._store.sync_state.find_sids([found.user_id])
        former = dict.fromkeys((found.old, *user.emails))
        keys = [(found.sid, "sid"), (pairs.get(user.id), "sid")]
        keys += [(one, "email") for one in former if not _is_same(one, user.email or "")]
        for value, key in keys:
            if not value:
                continue
            try:
                return await sailthru.get_user(value, key=key)
            except NotFound:
                continue
        return None

    async def _is_being_changed(self, user: ZendeskUser, profile: SailthruProfile) -> bool:
        newest = await self._store.email_changes.find_newest(user.id, profile.sid)
        return newest is not None and newest.change.ended_at is None

    async def _keep(self, found: AddressDifference, obstacle: AppError | None) -> None:
        # What to do about it is for where the difference is told.
        words = f"{obstacle.title} {obstacle.message}" if obstacle is not None else ""
        told = replace(found, obstacle=words.replace("Nothing was changed.", "").strip())
        await self._store.address_differences.mark_open(told, self._clock.now())
        self._publish(found.user_id)

    async def _forget(self, user_id: int) -> None:
        await self._store.address_differences.forget(user_id)
        self._publish(user_id)

    def _publish(self, user_id: int) -> None:
        self._bus.publish(ChangeSet.of(Topic.OUTBOX, Topic.CUSTOMER, ids=[str(user_id)]))


def _is_same(one: str, other: str) -> bool:
    return email_match_key(one) == email_match_key(other)
