"""Form fields of a sync's rules, over the one table of its fields (model.sync_fields)."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from desktop.model.rule_trigger import RuleTrigger
from desktop.model.sell_product import PLACEHOLDER_TEXT
from desktop.model.sync import FlowPolicy, MatchIdentifier, SourceKind, Sync
from desktop.model.sync_fields import (
    ATTESTED_PATH,
    CAP_PATH,
    IDENTIFIER_CHOICES,
    SyncField,
    SyncFieldKind,
    find_sync_field,
    read_sync_field,
    replace_sync_field,
)
from desktop.viewmodels import time_format
from desktop.viewmodels.form import FieldKind, FieldValue, FormField, FormValues

_IDENTITY_PREFIX = "identity."
# No field of a form: by it fields are shown that only some syncs have.
_SERVICES = "services"
_OF_OPTOUTS = "is_of_optouts"
_CONTROLS = {
    SyncFieldKind.SWITCH: FieldKind.CHECK_BOX,
    SyncFieldKind.TEXT: FieldKind.TEXT,
    SyncFieldKind.NAMES: FieldKind.NAMES,
    SyncFieldKind.NUMBER: FieldKind.NUMBER,
    SyncFieldKind.CHOICE: FieldKind.CHOICE,
}
_PHRASE_PATHS = ("source.phrase", "source.phrase_in")
_OPT_IN_PATHS = (ATTESTED_PATH, "opt_in.email")
# Fields whose label says it all on a form.
_WITH_HELP = frozenset(
    {
        "both_directions",
        "shared_address",
        "name_split",
        "covering_list",
        "effects.list_name_field",
        "effects.pause_days",
        "source.trigger",
        "source.products.url",
        "source.products.currency",
        "source.optout.out_tags",
        "source.optout.in_tags",
        "source.optout.field",
        "source.optout.out_values",
        "source.optout.level",
        "effects.deleted_var",
        "opt_in.email",
        "pressure.event",
        "limits.percent",
    }
)


def _is_visible(field: SyncField) -> Callable[[FormValues], bool]:
    def decide(values: FormValues) -> bool:
        if SourceKind(values["source.kind"]) not in field.sources:
            return False
        if field.of_optouts not in (None, values[_OF_OPTOUTS]):
            return False
        if field.path in _PHRASE_PATHS:
            return values["source.trigger"] == RuleTrigger.PHRASE.value
        if field.service is not None and field.service.value not in str(values[_SERVICES]):
            return False
        if field.path in _OPT_IN_PATHS:
            return bool(values["effects.create_missing"])
        is_of_cap = field.path.startswith("pressure.") and field.path != CAP_PATH
        return bool(values[CAP_PATH]) if is_of_cap else True

    return decide


def _form_field(
    path: str, name: str = "", *, placeholder: str = "", suffix: str = "", custom: bool = False
) -> FormField:
    """Build the form field of a sync's rule; `custom`: the panel gives its control."""
    field = find_sync_field(path)
    return FormField(
        path,
        field.label,
        FieldKind.CUSTOM if custom else _CONTROLS[field.kind],
        name=name,
        help=field.help if path in _WITH_HELP else "",
        placeholder=placeholder,
        choices=field.choices,
        minimum=field.minimum,
        maximum=field.maximum,
        suffix=suffix,
        visible_when=_is_visible(field),
    )


SOURCE_FIELDS = (
    _form_field("source.trigger"),
    _form_field("source.phrase", "Phrase in the ticket", placeholder="such as refund policy"),
    _form_field("source.phrase_in", "Where the phrase stands"),
    _form_field("source.segment", placeholder="everybody"),
    _form_field(
        "source.lists", "Sailthru lists read", placeholder="Every natural list", custom=True
    ),
    _form_field(
        "source.within_days", "Tickets of so many days", placeholder="any age", suffix=" days"
    ),
    _form_field("source.products.url", placeholder="https://shop.example.com/p/{sku}"),
    _form_field("source.products.currency", placeholder="first price"),
    _form_field("source.optout.out_tags", placeholder="No tag"),
    _form_field("source.optout.in_tags", placeholder="No tag"),
    _form_field("source.optout.field", placeholder="name or id"),
    _form_field("source.optout.out_values", placeholder="No value"),
    _form_field("source.optout.in_values", placeholder="No value"),
    _form_field("source.optout.level"),
    _form_field("source.optout.default"),
)
# The remembered pair decides in every sync: it has no control.
IDENTITY_FIELDS = tuple(
    FormField(
        f"{_IDENTITY_PREFIX}{key}",
        f"Match by {label}",
        FieldKind.CHECK_BOX,
        help="On its own it only proposes a match: people share numbers."
        if key == MatchIdentifier.PHONE.value
        else "",
    )
    for key, label in IDENTIFIER_CHOICES
    if key != MatchIdentifier.SID.value
)
EFFECT_FIELDS = (
    _form_field("both_directions"),
    _form_field("shared_address", "Several with one address"),
    _form_field("name_split"),
    _form_field("effects.create_missing", "Create missing profiles"),
    _form_field("effects.add_to_lists", "Lists to add them to", placeholder="No list", custom=True),
    _form_field(
        "effects.remove_from_lists", "Lists to take them off", placeholder="No list", custom=True
    ),
    _form_field("effects.pause_days", placeholder="no pause", suffix=" days"),
    _form_field("effects.lead_lists"),
    _form_field("effects.remove_when_gone"),
    _form_field("effects.add_tags", "Tags to give", placeholder="No tag"),
    _form_field("effects.untag_when_gone"),
    _form_field(
        "effects.list_name_field", "Zendesk field for the list's name", placeholder="No field"
    ),
    _form_field("effects.deleted_var", "Field that marks deleted people", placeholder="No field"),
    _form_field("flows"),
    _form_field("covering_list", placeholder="Chosen by itself"),
)
OPT_IN_FIELDS = tuple(map(_form_field, _OPT_IN_PATHS))
CAP_FIELDS = (
    _form_field(CAP_PATH),
    _form_field("pressure.most", "At most so many times", suffix=" times"),
    _form_field("pressure.window", "Within"),
    _form_field("pressure.event", "What counts"),
)
LIMIT_FIELDS = (
    _form_field("limits.people", "Limit in people", suffix=" people"),
    _form_field("limits.percent", "Limit in per cent", suffix=" %"),
)
_TABLE_FIELDS = (*SOURCE_FIELDS, *EFFECT_FIELDS, *OPT_IN_FIELDS, *CAP_FIELDS, *LIMIT_FIELDS)


def rule_values(sync: Sync) -> dict[str, FieldValue]:
    """Return the values of all rule forms of a sync by path."""
    values: dict[str, FieldValue] = {
        field.path: read_sync_field(sync, field.path) for field in _TABLE_FIELDS
    }
    values["source.kind"] = sync.source.kind.value
    values[_OF_OPTOUTS] = sync.is_of_optouts
    values[_SERVICES] = " ".join(sorted(service.value for service in sync.services))
    for field in IDENTITY_FIELDS:
        values[field.path] = _identifier_of(field.path) in sync.identity
    return values


def rule_disabled_reasons(sync: Sync) -> Mapping[str, str]:
    """Return why a rule's form field cannot be edited yet, by path."""
    # Where the box was ticked in a file, it can be unticked.
    if sync.opt_in.is_attested or sync.opt_in.email:
        return {}
    return {"opt_in.email": "Confirm the consent above first."}


def rule_notes(sync: Sync) -> Mapping[str, str]:
    """Return the sentences that follow a rule's form field's help, by path."""
    opt_in = sync.opt_in
    attested = ""
    if opt_in.is_attested:
        at = time_format.format_full_timestamp(opt_in.attested_at)
        attested = f"Confirmed by {opt_in.attested_by}, {at}."
    # Sailthru starts flows for single posts; none was seen to start for a job.
    is_single = sync.flows is FlowPolicy.MAY_START
    return {
        ATTESTED_PATH: attested,
        "source.products.url": f"It is {PLACEHOLDER_TEXT.partition(':')[0]}."
        if sync.source.products.is_placeholder
        else "",
        "flows": "People are written one by one; a list they join may start its flow."
        if is_single
        else "Sent as a bulk job, which normally starts none.",
    }


def replace_rule(sync: Sync, path: str, value: FieldValue) -> Sync:
    """Return a sync with one field of its rule forms replaced."""
    if path.startswith(_IDENTITY_PREFIX):
        changed = _identifier_of(path)
        kept = {one for one in sync.identity if one is not changed} | (
            {changed} if value else set()
        )
        return replace(sync, identity=tuple(one for one in MatchIdentifier if one in kept))
    return replace_sync_field(sync, path, value.strip() if isinstance(value, str) else value)


def _identifier_of(path: str) -> MatchIdentifier:
    return MatchIdentifier(path.removeprefix(_IDENTITY_PREFIX))
