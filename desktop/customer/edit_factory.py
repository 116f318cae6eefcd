"""Builds edit requests from choices on a customer sheet; each names a sid or a Zendesk id."""

from dataclasses import replace
from datetime import date

from desktop.customer.service_clients import AccountFieldNames
from desktop.kit.errors import InvalidInput, UserDecisionNeeded
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_sheet import AlternateProfile, CustomerSheet, SheetPartState
from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.email_address import is_reachable_email, parse_email
from desktop.model.json_value import Json
from desktop.model.marketing_pause import PauseTerms, parse_pause_terms, pause_name
from desktop.model.name_splitting import split_name
from desktop.model.optout_level import OptOutLevel
from desktop.model.profile_field_type import require_same_type
from desktop.model.sailthru_naming_rules import (
    find_list_name,
    validate_list_name,
    validate_var_name,
    validate_var_value,
)
from desktop.model.service import Service
from desktop.model.sheet_overlay import confirmed_value
from desktop.model.ticket_note import new_note_stamp, validate_note


class EditFactory:
    """Builds edit requests for one customer's sheet; `reason` and `ticket` go into the audit."""

    def __init__(
        self,
        sheet: CustomerSheet,
        names: AccountFieldNames,
        *,
        reason: str = "",
        ticket: int | None = None,
    ) -> None:
        self._sheet = sheet
        self._names = names
        self._reason = reason
        self._ticket = ticket

    def optout(self, level: OptOutLevel) -> EditRequest:
        """Build an edit request of the opt-out; `blast` is deprecated (docs/sailthru.md 4.4)."""
        if level is OptOutLevel.BLAST:
            raise InvalidInput(
                "“blast” is an old level that Sailthru no longer wants to be set.",
                "",
                "Choose none, basic or all.",
            )
        return self._profile_request(EditKind.OPTOUT, "", level.value)

    def list_membership(self, name: str, *, member: bool) -> EditRequest:
        """Build an edit request of a list membership; an unknown name would create a list."""
        validate_list_name(name)
        lists, profile = self._sheet.lists.value, self._sheet.profile.value
        own_names = profile.lists if profile is not None else ()
        name = find_list_name(name, (*(e.name for e in lists or ()), *own_names)) or name
        self._require_no_pause_list(name, member=member)
        known = next((entry for entry in lists or () if entry.name == name), None)
        on_profile = name in own_names
        if known is not None and known.smart:
            raise InvalidInput(
                f"“{name}” is a smart list.",
                "Sailthru computes who is on it; nobody can be added or removed by hand.",
                "Change the data the list is computed from.",
            )
        # Sailthru creates a list by being told its name (docs/sailthru.md 2.1).
        if lists is not None and known is None and not on_profile:
            raise InvalidInput(
                f"There is no list “{name[:60]}” in Sailthru.",
                "Naming an unknown list would create it.",
                "Check the spelling; upper and lower case count.",
            )
        if lists is None and not on_profile and member:
            raise UserDecisionNeeded(
                "The account's lists could not be read.",
                "Without them it is not certain that this list exists.",
                "Try again when Sailthru answers.",
            )
        return self._profile_request(EditKind.LIST, name, member)

    def health(self, health: CustomerHealth | None) -> EditRequest:
        """Build an edit request of the health var; None clears it."""
        return self._profile_request(
            EditKind.HEALTH, self._names.health_var, health.value if health else None
        )

    def var(self, name: str, value: Json) -> EditRequest:
        """Build an edit request of a var; None clears it (the key stays, docs/sailthru.md 2.1).

        Raises InvalidInput for health, sync mark and pause, which need rights of their own, for
        what Sailthru computes, and for a value of another type than the profile's.
        """
        owned = {
            self._names.health_var: "health",
            self._names.mark_var: "sync to Zendesk",
            self._names.paused_var: "pause",
        }
        if what := owned.get(name):
            raise InvalidInput(
                f"“{name}” is not changed as a profile field.",
                f"Fairlead keeps the customer's {what} there.",
                f"Change the customer's {what} instead.",
            )
        if name in self._names.value_vars:
            raise InvalidInput(
                f"“{name}” is not changed as a profile field.",
                "Sailthru computes it, and Fairlead reads the customer value there.",
                "Change the data that Sailthru computes it from.",
            )
        profile = self._sheet.profile.value
        if profile is not None:
            require_same_type(name, profile.vars.get(name), value)
        return self._profile_request(
            EditKind.VAR, validate_var_name(name), validate_var_value(value)
        )

    def sync_mark(self, *, on: bool) -> EditRequest:
        """Build an edit request of the sync mark, by which the smart list finds this customer."""
        return self._profile_request(EditKind.SYNC_MARK, self._names.mark_var, on)

    def sync_checkbox(self, *, on: bool) -> EditRequest:
        """Build an edit request of Zendesk's sync checkbox “Sync to Sailthru”."""
        person = self._sheet.user.value
        if person is None:
            raise InvalidInput(
                "This customer has no Zendesk user.",
                "The checkbox belongs to a Zendesk user.",
            )
        fields = self._sheet.user_fields.value
        field = next((f for f in fields or () if f.key == self._names.box_field), None)
        if fields is not None and (field is None or field.type != "checkbox"):
            raise InvalidInput(
                f"Zendesk has no checkbox field “{self._names.box_field}”.",
                "An admin can create it in Settings.",
            )
        label = self._sheet.address or person.name
        target = EditTarget(Service.ZENDESK, str(person.id), label)
        name = self._names.box_field
        return self._build_request(
            EditKind.SYNC_CHECKBOX,
            target,
            name,
            confirmed_value(self._sheet, EditKind.SYNC_CHECKBOX, name),
            on,
        )

    def high_value_tag(self, *, on: bool) -> EditRequest:
        """Build an edit request of Zendesk's tag of customers with a high value.

        Raises InvalidInput without a Zendesk user, and where the account has no tags of users.
        """
        user = self._sheet.user.value
        if user is None:
            raise InvalidInput(
                "This customer has no Zendesk user.", "The tag belongs to a Zendesk user."
            )
        if user.tags is None:
            raise InvalidInput(
                "Tags of users are switched off in this Zendesk.",
                "Nothing was changed.",
                "A Zendesk admin switches them on under Tags on users and organizations.",
            )
        name = self._names.highvalue_tag
        target = EditTarget(Service.ZENDESK, str(user.id), self._sheet.address or user.name)
        old = confirmed_value(self._sheet, EditKind.TAG, name)
        return self._build_request(EditKind.TAG, target, name, old, on)

    def pause(self, until: date) -> EditRequest:
        """Build an edit request that pauses a customer's marketing until a day, or moves the end.

        Raises InvalidInput where there is no profile, UserDecisionNeeded for somebody who is on the
        list of paused customers by other ways: the end of the pause would take them off it.
        """
        before = self._pause_terms()
        profile, user = self._sheet.profile.value, self._sheet.user.value
        if before is None and profile is not None and self._names.paused_list in profile.lists:
            raise UserDecisionNeeded(
                f"They are on the list {self._names.paused_list} already, without an end.",
                "Fairlead did not put them there, and would take them off at the end of the pause.",
                "Take them off the list first, if the pause is to end.",
            )
        terms = PauseTerms(until, user.id if user is not None else None)
        return self._pause_request(before, terms)

    def end_pause(self) -> EditRequest:
        """Build an edit request that ends a customer's pause. Raises InvalidInput without one."""
        before = self._pause_terms()
        if before is None:
            raise InvalidInput("This customer's marketing is not paused.", "Nothing was changed.")
        return self._pause_request(before, None)

    def _require_no_pause_list(self, name: str, *, member: bool) -> None:
        """Refuse to switch the pause list by hand, but for somebody left on it without a pause."""
        is_left_over = not member and self._pause_terms() is None
        if name == self._names.paused_list and not is_left_over:
            raise InvalidInput(
                f"“{name}” is the list of paused customers.",
                "Switched by hand, list and field would say different things of one pause.",
                "Pause the customer's marketing, or end the pause.",
            )

    def _pause_terms(self) -> PauseTerms | None:
        profile = self._sheet.profile.value
        return parse_pause_terms(profile.vars.get(self._names.paused_var)) if profile else None

    def _pause_request(self, before: PauseTerms | None, after: PauseTerms | None) -> EditRequest:
        name = pause_name(self._names.paused_var, self._names.paused_list)
        request = self._profile_request(EditKind.PAUSE, name, after.as_json() if after else None)
        return replace(request, old=before.as_json() if before is not None else None)

    def note(self, text: str) -> EditRequest:
        """Build an edit request that puts an internal note on the factory's ticket.

        Raises InvalidInput for an empty or too long text, a ticket of somebody else or a closed
        one.
        """
        user, number = self._sheet.user.value, self._ticket
        if user is None:
            raise InvalidInput("This customer has no Zendesk user.", "A note goes to a ticket.")
        if number is None:
            raise InvalidInput("Choose the ticket that the note goes to.", "Nothing was sent.")
        page = self._sheet.tickets.value
        known = [*(page.tickets if page is not None else ()), self._sheet.ticket]
        ticket = next((one for one in known if one is not None and one.id == number), None)
        if ticket is None:
            raise UserDecisionNeeded(
                f"It is not known whose ticket #{number} is.",
                "Nothing was sent.",
                "Choose one of the tickets on the customer's sheet.",
            )
        if ticket.requester_id not in (None, user.id):
            raise InvalidInput(
                f"Ticket #{number} is somebody else’s.",
                f"{user.name} did not ask it. Nothing was sent.",
                "Choose one of their tickets.",
            )
        if ticket.status == "closed":
            raise InvalidInput(
                f"Ticket #{number} is closed.",
                "Zendesk takes no more comments on it. Nothing was sent.",
                "Choose another ticket.",
            )
        target = EditTarget(Service.ZENDESK, str(user.id), self._sheet.address or user.name)
        return self._build_request(
            EditKind.NOTE, target, new_note_stamp(), None, validate_note(text)
        )

    def create(self, given: str) -> EditRequest:
        """Build an edit request that creates a profile, on no list, where Sailthru has none."""
        address = parse_email(given)
        if not is_reachable_email(address):
            raise InvalidInput(
                f"“{given[:80]}” is not an e-mail address that mail can reach.",
                "Sailthru would keep a profile under it all the same.",
                "Correct it, and look the customer up again.",
            )
        profile, person = self._sheet.profile, self._sheet.user.value
        if profile.value is not None and profile.state is SheetPartState.READ:
            raise InvalidInput(
                "This customer has a Sailthru profile already: "
                f"{profile.value.email or profile.value.sid}.",
                "A second profile would split what is known about them.",
                "Change that profile instead.",
            )
        obstacle = find_create_obstacle(self._sheet)
        if obstacle is not None:
            raise obstacle
        if (
            profile.state is not SheetPartState.ABSENT
            or self._sheet.user.state
            not in (SheetPartState.READ, SheetPartState.ABSENT, SheetPartState.OFF)
            or (person is not None and not person.identities_read)
        ):
            raise InvalidInput(
                "It is not certain that Sailthru has no profile for this customer.",
                "A second profile would split what is known about them.",
                "Look the customer up again while both services answer.",
            )
        values: dict[str, Json] = {}
        if person is not None:
            first, last = split_name(person.name, self._names.name_split)
            values = {
                key: part for key, part in (("first_name", first), ("last_name", last)) if part
            }
        # There is no sid yet: a create is the one edit that names an address.
        target = EditTarget(Service.SAILTHRU, address, address)
        return self._build_request(EditKind.CREATE, target, "", None, values)

    def _profile_request(self, kind: EditKind, name: str, new: Json) -> EditRequest:
        profile = self._sheet.profile.value
        if profile is None:
            raise InvalidInput(
                "This customer has no Sailthru profile.",
                "There is nothing to change in Sailthru.",
                "Create the profile first.",
            )
        label = profile.email or self._sheet.address or profile.sid
        target = EditTarget(Service.SAILTHRU, profile.sid, label)
        return self._build_request(
            kind, target, name, confirmed_value(self._sheet, kind, name), new
        )

    def _build_request(
        self, kind: EditKind, target: EditTarget, name: str, old: Json, new: Json
    ) -> EditRequest:
        return EditRequest(kind, target, name, old, new, reason=self._reason, ticket=self._ticket)


def find_create_obstacle(sheet: CustomerSheet) -> UserDecisionNeeded | None:
    """Return why no profile may be created beside those that may be this customer's, or None.

    One of them may be opted out: mail to a new profile would pass it by.
    """
    if not sheet.other_profiles:
        return None
    names = ", ".join(
        f"{other.address} ({_describe(other)})" if _describe(other) else other.address
        for other in sheet.other_profiles
    )
    return UserDecisionNeeded(
        "Sailthru has a profile that may be this customer's.",
        f"{names}. A second profile would split what is known, and pass by an opt-out.",
        "Choose that profile for the customer, or change its address in Sailthru.",
    )


def _describe(other: AlternateProfile) -> str:
    parts = ["same phone number"] if other.is_by_phone else []
    if other.optout not in (None, OptOutLevel.NONE):
        parts.append(f"opt-out {other.optout.value}")
    return ", ".join(parts)
