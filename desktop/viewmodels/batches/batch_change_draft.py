"""The form of a batch's one change: its fields, what was typed, and the action that comes of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from desktop.kit.errors import InvalidInput
from desktop.model.customer_health import CustomerHealth
from desktop.model.edit import EditKind
from desktop.model.edit_batch import BatchAction
from desktop.model.optout_level import OptOutLevel
from desktop.viewmodels.customer.profile_table_model import FIELD_TYPES, parse_field_value
from desktop.viewmodels.form import FieldKind, FieldValue, FormField, FormState, FormValues

_OPT_IN = "optout none"
_CHOICES = (
    ("", "Choose a change…"),
    ("optout basic", "Stop marketing e-mail"),
    ("optout all", "Stop all e-mail"),
    (_OPT_IN, "Opt back in"),
    ("list on", "Put on a list"),
    ("list off", "Take off a list"),
    ("health", "Set health"),
    ("var", "Set a profile field"),
)
_NO_HEALTH = "none"
_HEALTH_CHOICES = (
    *((one.value, one.label) for one in CustomerHealth),
    (_NO_HEALTH, "Not set"),
)
# Characters; the record of changes shows a reason on one line.
_MAX_REASON_LENGTH = 300


def _is(kind: str) -> Any:
    def is_chosen(values: FormValues) -> bool:
        return str(values.get("change", "")).startswith(kind)

    return is_chosen


CHANGE_FIELDS = (
    FormField("change", "Change", FieldKind.CHOICE, choices=_CHOICES),
    FormField(
        "list_name", "List", placeholder="Newsletter", max_length=200, visible_when=_is("list")
    ),
    FormField(
        "health", "Health", FieldKind.CHOICE, choices=_HEALTH_CHOICES, visible_when=_is("health")
    ),
    FormField("var_name", "Field", placeholder="city", max_length=32, visible_when=_is("var")),
    FormField(
        "var_type",
        "Type",
        FieldKind.CHOICE,
        choices=tuple((name, name) for name in FIELD_TYPES),
        visible_when=_is("var"),
    ),
    FormField("var_value", "Value", placeholder="Lisbon", visible_when=_is("var")),
    FormField("reason", "Reason", placeholder="Complaint list", max_length=_MAX_REASON_LENGTH),
    # Ticket ids are 64-bit numbers: 19 digits and the #.
    FormField("ticket", "Ticket", placeholder="#48213", max_length=20),
)


@dataclass(frozen=True)
class BatchChangeDraft:
    """What somebody has chosen and typed of a batch's change; `change` is empty at first."""

    change: str = ""
    list_name: str = ""
    health: str = CustomerHealth.NEUTRAL.value
    var_name: str = ""
    var_type: str = "text"
    var_value: str = ""
    reason: str = ""
    ticket: str = ""

    def with_value(self, path: str, value: FieldValue) -> "BatchChangeDraft":
        """Return the draft of a batch's change with another value in one field."""
        return replace(self, **{path: str(value)})

    def form_state(self, lists: Iterable[str]) -> FormState:
        """Build the state of the form of a batch's change; `lists` complete what is typed."""
        values = {field.path: getattr(self, field.path) for field in CHANGE_FIELDS}
        return FormState(values, completions={"list_name": tuple(lists)})

    @property
    def missing(self) -> str:
        """What is still to be typed before a batch can be previewed, as a sentence; else ""."""
        if not self.change:
            return "Choose a change first."
        if self.change.startswith("list") and not self.list_name.strip():
            return "Name the list first."
        if self.change == "var" and not self.var_name.strip():
            return "Name the field first."
        if self.change.startswith("optout") and not self.reason.strip():
            return "Give a reason first."
        if self.change == _OPT_IN and not self.ticket.strip():
            return "Opting back in needs the number of a ticket."
        return ""

    def to_action(self) -> BatchAction:
        """Return the action of a batch that was chosen. Raises InvalidInput for a wrong value."""
        kind, _, rest = self.change.partition(" ")
        if kind == EditKind.OPTOUT.value:
            return BatchAction(EditKind.OPTOUT, "", OptOutLevel(rest).value)
        if kind == EditKind.LIST.value:
            return BatchAction(EditKind.LIST, self.list_name.strip(), rest == "on")
        if kind == EditKind.HEALTH.value:
            return BatchAction(
                EditKind.HEALTH, "", None if self.health == _NO_HEALTH else self.health
            )
        value = parse_field_value(self.var_value, self.var_type)
        return BatchAction(EditKind.VAR, self.var_name.strip(), value)

    def ticket_number(self) -> int | None:
        """Return the typed ticket number, None where there is none. Raises InvalidInput."""
        digits = self.ticket.strip().lstrip("#")
        if not digits:
            return None
        # Zendesk's ids are 64-bit integers.
        if not digits.isascii() or not digits.isdigit() or not 0 < int(digits) < 2**63:
            raise InvalidInput(
                f"“{self.ticket.strip()}” is not a ticket number.", "", "Use digits, e.g. 48213."
            )
        return int(digits)
