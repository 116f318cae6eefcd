"""Turns what somebody chose on a sheet into intents that name a sid or a Zendesk id."""

from desktop.customer.services import Names
from desktop.kit.errors import BadInput, NeedsPerson
from desktop.model.edit import EditKind, Intent, Service, Target
from desktop.model.health import Health
from desktop.model.json_value import Json
from desktop.model.optout import OptOut
from desktop.model.overlay import said
from desktop.model.query import is_email
from desktop.model.sheet import PartState, Sheet
from desktop.model.variable import check_list_name, check_var_name, check_var_value


class Wishes:
    """Intents for one sheet. `reason` and `ticket` go with each of them into the audit."""

    def __init__(
        self, sheet: Sheet, names: Names, *, reason: str = "", ticket: int | None = None
    ) -> None:
        self._sheet = sheet
        self._names = names
        self._reason = reason
        self._ticket = ticket

    def optout(self, level: OptOut) -> Intent:
        """Another opt-out level. `blast` is deprecated and never set (contract sailthru 4.4)."""
        if level is OptOut.BLAST:
            raise BadInput(
                "“blast” is an old level that Sailthru no longer wants to be set.",
                "",
                "Choose none, basic or all.",
            )
        return self._on_profile(EditKind.OPTOUT, "", level.value)

    def list_member(self, name: str, *, member: bool) -> Intent:
        """On or off a natural list that exists: an unknown name would make a new list."""
        check_list_name(name)
        lists = self._sheet.lists.value
        known = next((entry for entry in lists or () if entry.name == name), None)
        on_profile = self._sheet.profile.value is not None and name in (
            self._sheet.profile.value.lists
        )
        if known is not None and known.smart:
            raise BadInput(
                f"“{name}” is a smart list.",
                "Sailthru computes who is on it; nobody can be added or removed by hand.",
                "Change the data the list is computed from.",
            )
        if lists is not None and known is None and not on_profile:
            raise BadInput(
                f"There is no list “{name[:60]}” in Sailthru.",
                "Naming an unknown list would create it.",
                "Check the spelling; upper and lower case count.",
            )
        if lists is None and not on_profile and member:
            raise NeedsPerson(
                "The account's lists could not be read.",
                "Without them it is not certain that this list exists.",
                "Try again when Sailthru answers.",
            )
        return self._on_profile(EditKind.LIST, name, member)

    def health(self, health: Health | None) -> Intent:
        """The health var; None takes the value away."""
        return self._on_profile(
            EditKind.HEALTH, self._names.health_var, health.value if health else None
        )

    def var(self, name: str, value: Json) -> Intent:
        """One var; None clears it (the key stays with null, contract sailthru 2.1)."""
        return self._on_profile(EditKind.VAR, check_var_name(name), check_var_value(value))

    def mark(self, *, on: bool) -> Intent:
        """The mark by which the smart list finds this customer."""
        return self._on_profile(EditKind.MARK, self._names.mark_var, on)

    def box(self, *, on: bool) -> Intent:
        """Zendesk's check box “Sync to Sailthru”."""
        person = self._sheet.person.value
        if person is None:
            raise BadInput(
                "Zendesk does not know this customer.",
                "The check box belongs to a Zendesk person.",
            )
        fields = self._sheet.fields.value
        field = next((f for f in fields or () if f.key == self._names.box_field), None)
        if fields is not None and (field is None or field.type != "checkbox"):
            raise BadInput(
                f"Zendesk has no check box field “{self._names.box_field}”.",
                "An admin can create it in Settings.",
            )
        label = self._sheet.address or person.name
        target = Target(Service.ZENDESK, str(person.id), label)
        name = self._names.box_field
        return self._intent(EditKind.BOX, target, name, said(self._sheet, EditKind.BOX, name), on)

    def create(self, address: str) -> Intent:
        """A new profile at an address that Sailthru says it does not know, on no list."""
        if not is_email(address):
            raise BadInput(f"“{address[:80]}” is not an e-mail address.")
        if self._sheet.profile.value is not None or (
            self._sheet.profile.state is not PartState.ABSENT
        ):
            raise BadInput(
                "It is not certain that Sailthru has no profile for this customer.",
                "A second profile would split what is known about them.",
                "Look the customer up again while Sailthru answers.",
            )
        person = self._sheet.person.value
        values: dict[str, Json] = {}
        # Zendesk shows the address where a name is missing.
        if person is not None and person.name and not is_email(person.name):
            first, _, last = " ".join(person.name.split()).partition(" ")
            values = {"first_name": first, **({"last_name": last} if last else {})}
        target = Target(Service.SAILTHRU, address.lower(), address.lower())
        return self._intent(EditKind.CREATE, target, "", None, values)

    def _on_profile(self, kind: EditKind, name: str, new: Json) -> Intent:
        profile = self._sheet.profile.value
        if profile is None:
            raise BadInput(
                "This customer has no Sailthru profile.",
                "There is nothing to change in Sailthru.",
                "Create the profile first.",
            )
        label = profile.email or self._sheet.address or profile.sid
        target = Target(Service.SAILTHRU, profile.sid, label)
        return self._intent(kind, target, name, said(self._sheet, kind, name), new)

    def _intent(self, kind: EditKind, target: Target, name: str, old: Json, new: Json) -> Intent:
        return Intent(kind, target, name, old, new, reason=self._reason, ticket=self._ticket)
