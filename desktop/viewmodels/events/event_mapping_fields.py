"""The form fields of a mapping row of events, and of the options of an action."""

from collections.abc import Mapping

from desktop.events.event_action import ActionKind, OrganizationIdKind
from desktop.model.field_mapping import MappingOperator
from desktop.viewmodels.events.event_mapping_row import ValueKind
from desktop.viewmodels.form import FieldKind, FormField, FormValues

_OPERATOR_LABELS = {
    MappingOperator.SET: "Set",
    MappingOperator.SET_IF_EMPTY: "Set if empty",
    MappingOperator.ADD: "Add to the list",
    MappingOperator.SUM: "Add to the number",
}
_VALUE_LABELS = {
    ValueKind.PATH: "Path",
    ValueKind.FIRST: "Paths",
    ValueKind.TEMPLATE: "Text",
    ValueKind.LITERAL: "Value",
    ValueKind.CASE: "Value",
    ValueKind.JSON: "JSON",
}
_IF = ValueKind.IF.value


def operator_label(operator: MappingOperator) -> str:
    """Return how a value joins the one in Zendesk, as the form shows it."""
    return _OPERATOR_LABELS[operator]


def _is_if(values: FormValues) -> bool:
    return values["kind"] == _IF


def _has_value(values: FormValues) -> bool:
    return values["kind"] not in (_IF, ValueKind.TRAIT.value)


def _value_label(values: FormValues) -> str:
    return _VALUE_LABELS.get(ValueKind(str(values["kind"])), "Value")


def _can_skip_null(values: FormValues) -> bool:
    return values["kind"] not in (ValueKind.TRAIT.value, ValueKind.TEMPLATE.value)


# Paths are attributes of EventMappingRow.
ROW_FIELDS = (
    FormField("target", "Fills", name="Target field", placeholder="user_fields.plan"),
    FormField(
        "kind",
        "With",
        FieldKind.CHOICE,
        name="Kind of value",
        choices=tuple((kind.value, kind.label) for kind in ValueKind),
    ),
    FormField(
        "value",
        "Value",
        name="Value",
        placeholder="$.traits.email",
        max_length=4_000,
        visible_when=_has_value,
        label_when=_value_label,
    ),
    FormField(
        "case",
        "Letters",
        FieldKind.CHOICE,
        choices=(("lower", "lower case"), ("upper", "UPPER CASE")),
        visible_when=lambda values: values["kind"] == ValueKind.CASE.value,
    ),
    FormField("condition", "If there is", placeholder="$.traits.name", visible_when=_is_if),
    FormField("then", "use", name="Then use", placeholder="$.traits.name", visible_when=_is_if),
    FormField("condition_2", "Else if there is", visible_when=_is_if),
    FormField(
        "then_2",
        "use",
        name="Else use",
        visible_when=lambda values: _is_if(values) and bool(values["condition_2"]),
    ),
    FormField("otherwise", "Else use", name="Otherwise use", visible_when=_is_if),
    FormField("operator", "How", FieldKind.CHOICE, name="How it joins the value in Zendesk"),
    FormField(
        "skips_null",
        "Leave the field as it is where the event says null",
        FieldKind.CHECK_BOX,
        visible_when=_can_skip_null,
    ),
)
_VERIFIED = FormField(
    "verified",
    "Create as verified",
    FieldKind.CHECK_BOX,
    help="A new user's address counts as verified. Existing users are never un-verified.",
)
_SKIP_MAIL = FormField(
    "skip_verify_email",
    "Skip verify e-mail",
    FieldKind.CHECK_BOX,
    help="Zendesk doesn't ask new users by mail to verify their address.",
)
_PUBLIC = FormField(
    "public_comment",
    "Public comments",
    FieldKind.CHECK_BOX,
    help="The customer sees the comment, and Zendesk may mail it to them.",
)
_SOURCE = FormField(
    "source_name",
    "Shown as events of",
    help="The application named in the customer's events. “zendesk” is Zendesk's own.",
    max_length=60,
)
_ORGANIZATION_ID = FormField(
    "organization_id",
    "An organisation's id is",
    FieldKind.CHOICE,
    choices=(
        (OrganizationIdKind.AUTO.value, "its external id, else Zendesk's"),
        (OrganizationIdKind.EXTERNAL_ID.value, "its external id"),
        (OrganizationIdKind.ZENDESK_ID.value, "Zendesk's id"),
    ),
)
OPTION_FIELDS: Mapping[ActionKind, tuple[FormField, ...]] = {
    ActionKind.UPSERT_USER: (_VERIFIED, _SKIP_MAIL, _ORGANIZATION_ID),
    ActionKind.ORG_MEMBERSHIP: (_ORGANIZATION_ID,),
    ActionKind.UPSERT_ORG: (_ORGANIZATION_ID,),
    ActionKind.CREATE_TICKET: (_PUBLIC,),
    ActionKind.UPDATE_TICKET: (_PUBLIC,),
    ActionKind.TRACK_EVENT: (_SOURCE,),
}
