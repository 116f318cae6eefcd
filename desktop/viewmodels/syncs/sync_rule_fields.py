"""Form fields of a sync's rules: read from a sync, and written into it one at a time."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from desktop.model.lifecycle_stage import CapPeriod, ContactEvent, FrequencyCap
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy, MatchIdentifier, OptInAttestation, SourceKind, Sync
from desktop.viewmodels import time_format
from desktop.viewmodels.form import (
    FieldKind,
    FieldValue,
    FormField,
    FormValues,
    read_values,
    replace_value,
)

_IDENTIFIERS = (
    (MatchIdentifier.SID.value, "earlier match"),
    (MatchIdentifier.EMAIL.value, "e-mail address"),
    (MatchIdentifier.EXTERNAL_ID.value, "external id"),
    (MatchIdentifier.PHONE.value, "phone"),
)
# Keys of the values that forms ask for beside a sync's own attributes.
_TO_SAILTHRU = "to_sailthru"
_CAP_ON = "pressure.on"
_IDENTITY_PREFIX = "identity."
ATTESTED_PATH = "opt_in.attested"


def _reads(kind: SourceKind) -> Callable[[FormValues], bool]:
    return lambda values: values["source.kind"] == kind.value


def _writes_to_sailthru(values: FormValues) -> bool:
    return bool(values[_TO_SAILTHRU])


def _writes_to_zendesk(values: FormValues) -> bool:
    return not values[_TO_SAILTHRU]


def _creates_profiles(values: FormValues) -> bool:
    return bool(values[_TO_SAILTHRU] and values["effects.create_missing"])


def _has_cap(values: FormValues) -> bool:
    return bool(values[_CAP_ON])


def _identity_fields() -> tuple[FormField, ...]:
    """One drop-down for each identifier there is, so that none a sync has is out of sight."""
    return tuple(
        FormField(
            f"{_IDENTITY_PREFIX}{place}",
            "then" if place else "Match by",
            FieldKind.CHOICE,
            name=f"Match by, {nth}",
            choices=(("", "nothing more"), *_IDENTIFIERS),
        )
        for place, nth in enumerate(("first", "second", "third", "fourth"))
    )


# Paths are attributes of Sync, but for those that `rule_values` adds.
SOURCE_FIELDS = (
    FormField(
        "source.lists",
        "Lists",
        FieldKind.CUSTOM,
        name="Sailthru lists read",
        placeholder="Every natural list",
        visible_when=_reads(SourceKind.SAILTHRU_LISTS),
    ),
    FormField(
        "source.within_days",
        "Tickets of",
        FieldKind.NUMBER,
        name="Tickets of so many days",
        placeholder="any age",
        maximum=3650,
        suffix=" days",
        visible_when=_reads(SourceKind.ZENDESK_TICKETS),
    ),
)
IDENTITY_FIELDS = _identity_fields()
EFFECT_FIELDS = (
    FormField(
        "effects.create_missing",
        "Create missing profiles",
        FieldKind.CHECK_BOX,
        visible_when=_writes_to_sailthru,
    ),
    FormField(
        "effects.add_to_lists",
        "Adds to lists",
        FieldKind.CUSTOM,
        name="Lists to add them to",
        placeholder="No list",
        visible_when=_writes_to_sailthru,
    ),
    FormField(
        "effects.remove_when_gone",
        "Remove from the list when they no longer qualify",
        FieldKind.CHECK_BOX,
        visible_when=_writes_to_sailthru,
    ),
    FormField(
        "effects.add_tags",
        "Gives tags",
        FieldKind.NAMES,
        name="Tags to give",
        placeholder="No tag",
        visible_when=_writes_to_zendesk,
    ),
    FormField(
        "effects.untag_when_gone",
        "Remove the tag when they no longer qualify",
        FieldKind.CHECK_BOX,
        visible_when=_writes_to_zendesk,
    ),
    FormField(
        "effects.list_name_field",
        "List name into",
        name="Zendesk field for the list's name",
        help="Key of the user field that takes the name of the list a person came from.",
        placeholder="No field",
        visible_when=_writes_to_zendesk,
    ),
    FormField(
        "effects.deleted_var",
        "Deleted marks",
        name="Var for deleted people",
        help="Becomes true when the person is deleted in Zendesk. Nothing is deleted in Sailthru.",
        placeholder="No var",
        visible_when=_writes_to_sailthru,
    ),
    FormField(
        "flows",
        "E-mail flows",
        FieldKind.CHOICE,
        choices=(
            (FlowPolicy.NOT_STARTED.value, "Don't start e-mail flows"),
            (FlowPolicy.MAY_START.value, "May start e-mail flows"),
        ),
        visible_when=_writes_to_sailthru,
    ),
)
OPT_IN_FIELDS = (
    FormField(
        ATTESTED_PATH,
        "I confirm that the people this sync creates have given their consent",
        FieldKind.CHECK_BOX,
        visible_when=_creates_profiles,
    ),
    FormField(
        "opt_in.email",
        "New people agreed to marketing e-mail",
        FieldKind.CHECK_BOX,
        visible_when=_creates_profiles,
    ),
    FormField(
        "opt_in.sms",
        "New people agreed to text messages",
        FieldKind.CHECK_BOX,
        help="Counts for people created from now on. Nobody who is there already changes.",
        visible_when=_creates_profiles,
    ),
)
CAP_FIELDS = (
    FormField(_CAP_ON, "Contact limit", FieldKind.CHECK_BOX),
    FormField(
        "pressure.most",
        "At most",
        FieldKind.NUMBER,
        name="At most so many times",
        minimum=1,
        maximum=1000,
        suffix=" times",
        visible_when=_has_cap,
    ),
    FormField(
        "pressure.window",
        "within",
        FieldKind.CHOICE,
        name="Within",
        choices=(
            (CapPeriod.WEEK.value, "a week"),
            (CapPeriod.MONTH.value, "a month"),
            (CapPeriod.QUARTER.value, "a quarter"),
        ),
        visible_when=_has_cap,
    ),
    FormField(
        "pressure.event",
        "Counts",
        FieldKind.CHOICE,
        name="What counts",
        help="People over the limit are left out until the time has passed. Sailthru tells only"
        " the last open and the last click, of any e-mail.",
        choices=(
            (ContactEvent.SENT.value, "every time it writes to them"),
            (ContactEvent.OPENED.value, "only if they opened e-mail since"),
            (ContactEvent.CLICKED.value, "only if they clicked in e-mail since"),
        ),
        visible_when=_has_cap,
    ),
)
LIMIT_FIELDS = (
    FormField(
        "limits.people",
        "Limit",
        FieldKind.NUMBER,
        name="Limit in people",
        maximum=1_000_000,
        suffix=" people",
    ),
    FormField(
        "limits.percent",
        "or",
        FieldKind.NUMBER,
        name="Limit in per cent",
        help="The larger of the two counts. A run stops before it writes when more people would"
        " start or stop getting e-mail, join or leave a list, or lose a value.",
        maximum=100,
        suffix=" %",
    ),
)
_ATTRIBUTE_FIELDS = tuple(
    field
    for field in (*SOURCE_FIELDS, *EFFECT_FIELDS, *LIMIT_FIELDS)
    if field.path != "source.within_days"
)


def rule_values(sync: Sync) -> dict[str, FieldValue]:
    """Return the values of all rule forms of a sync by path."""
    values = read_values(_ATTRIBUTE_FIELDS, sync)
    values["source.kind"] = sync.source.kind.value
    values[_TO_SAILTHRU] = sync.target_service is Service.SAILTHRU
    values["source.within_days"] = sync.source.within_days or 0
    for place, field in enumerate(IDENTITY_FIELDS):
        there = place < len(sync.identity)
        values[field.path] = sync.identity[place].value if there else ""
    values |= {"opt_in.email": sync.opt_in.email, "opt_in.sms": sync.opt_in.sms}
    values[ATTESTED_PATH] = sync.opt_in.is_attested
    values[_CAP_ON] = sync.pressure is not None
    cap = sync.pressure or FrequencyCap()
    values |= {"pressure.most": cap.most, "pressure.window": cap.window.value}
    values["pressure.event"] = cap.event.value
    return values


def rule_disabled_reasons(sync: Sync) -> Mapping[str, str]:
    """Return why a field cannot be edited yet, by path."""
    if sync.opt_in.is_attested:
        return {}
    # Where a box was ticked in a file, it can be unticked.
    reason = "Confirm the consent above first."
    boxes = {"opt_in.email": sync.opt_in.email, "opt_in.sms": sync.opt_in.sms}
    return {path: reason for path, is_ticked in boxes.items() if not is_ticked}


def rule_notes(sync: Sync) -> Mapping[str, str]:
    """Return the sentences that follow a field's help, by path."""
    opt_in = sync.opt_in
    attested = ""
    if opt_in.is_attested:
        at = time_format.format_full_timestamp(opt_in.attested_at)
        attested = f"Confirmed by {opt_in.attested_by}, {at}."
    # Sailthru starts flows for single posts; none was seen to start for a job.
    is_single = sync.flows is FlowPolicy.MAY_START
    return {
        ATTESTED_PATH: attested,
        "flows": "People are written one by one; a list they join may start its flow."
        if is_single
        else "Sent as a bulk job, which normally starts none.",
    }


def replace_rule(sync: Sync, path: str, value: FieldValue) -> Sync:
    """Return a sync with one field of the rule forms replaced and all else as it was."""
    if path == _CAP_ON:
        return replace(sync, pressure=FrequencyCap() if value else None)
    if path == ATTESTED_PATH:
        # Taken back: what was confirmed with it is not either.
        return replace(sync, opt_in=OptInAttestation())
    if path == "source.within_days":
        days = value if isinstance(value, int) and value > 0 else None
        return replace(sync, source=replace(sync.source, within_days=days))
    if path.startswith(_IDENTITY_PREFIX):
        return _replace_identifier(sync, int(path.removeprefix(_IDENTITY_PREFIX)), str(value))
    if isinstance(value, str):
        value = value.strip()
    return replace_value(sync, path, value)


def attest_consent(sync: Sync, who: str, now: float) -> Sync:
    """Return a sync with the consent of new people attested by `who` at `now` (Unix seconds)."""
    return replace(sync, opt_in=replace(sync.opt_in, attested_by=who, attested_at=now))


def _replace_identifier(sync: Sync, place: int, key: str) -> Sync:
    names = [identifier.value for identifier in sync.identity]
    names += [""] * (place + 1 - len(names))
    # Each identifier counts once: one that stands elsewhere changes places with this one.
    if key and key in names:
        names[names.index(key)] = names[place]
    names[place] = key
    return replace(sync, identity=tuple(MatchIdentifier(name) for name in names if name))
