"""The forms of a sync: every field has a control, and an edit replaces that field alone."""

from dataclasses import fields, is_dataclass, replace

import pytest

from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.lifecycle_stage import CapPeriod, FrequencyCap, LifecycleStage
from desktop.model.sync import (
    FlowPolicy,
    MatchIdentifier,
    OptInAttestation,
    SourceKind,
    Sync,
    SyncEffects,
    SyncSource,
)
from desktop.model.sync_fields import attest_consent
from desktop.viewmodels.form import FieldKind, FieldValue, FormField, visible_paths
from desktop.viewmodels.syncs.schedule_draft import NOTIFICATION_FIELDS
from desktop.viewmodels.syncs.sync_rule_fields import (
    CAP_FIELDS,
    EFFECT_FIELDS,
    IDENTITY_FIELDS,
    LIMIT_FIELDS,
    OPT_IN_FIELDS,
    SOURCE_FIELDS,
    replace_rule,
    rule_disabled_reasons,
    rule_notes,
    rule_values,
)

RULE_FIELDS = (*SOURCE_FIELDS, *IDENTITY_FIELDS, *EFFECT_FIELDS, *CAP_FIELDS, *LIMIT_FIELDS)
VIP = FieldCondition("tags", ConditionOperator.HAS, "vip")
# Everything that a sync can hold, each different from its default.
FULL = Sync(
    name="full",
    title="Full",
    source=SyncSource(SourceKind.ZENDESK_TICKETS, (), (VIP,), within_days=30, stage="dear"),
    identity=(
        MatchIdentifier.PHONE,
        MatchIdentifier.SID,
        MatchIdentifier.EXTERNAL_ID,
        MatchIdentifier.EMAIL,
    ),
    effects=SyncEffects(
        create_missing=True, add_to_lists=("A",), remove_when_gone=True, deleted_var="gone"
    ),
    purposes=(ConsentPurpose("news", VIP),),
    stages=(LifecycleStage("dear", (VIP,)),),
    pressure=FrequencyCap(5, CapPeriod.QUARTER),
    flows=FlowPolicy.MAY_START,
)
# Controls that are no form field: editors of rows, the header, the dialog “About this sync”.
OTHER_CONTROLS = {
    "title", "labels", "description", "favourite", "on", "schedule", "mapping", "purposes",
    "stages", "source.where", "source.stage", "source.kind", "target",
    "notify.on_run", "notify.on_failure", "identity",
}  # fmt: skip
# Kept by the program, nothing that a person chooses.
NO_CONTROL = {
    "name", "switched_on_by", "checked_at",
    "preset", "partner", "version", "opt_in.attested_by", "opt_in.attested_at",
    # Read from older files alone: nothing writes a text-message status yet.
    "opt_in.sms", "armed_at", "effects.pause_var", "effects.pause_list"}  # fmt: skip


def leaf_paths(value: object, prefix: str = "") -> set[str]:
    """Return the attribute paths of a dataclass down to what is none."""
    found: set[str] = set()
    for each in fields(value):  # type: ignore[arg-type]
        inner = getattr(value, each.name)
        path = f"{prefix}{each.name}"
        found |= leaf_paths(inner, f"{path}.") if is_dataclass(inner) else {path}
    return found


def other_value(field: FormField, before: FieldValue) -> FieldValue:
    """Return a value of a field that differs from `before`."""
    match field.kind:
        case FieldKind.CHECK_BOX:
            return not before
        case FieldKind.NUMBER:
            return 7
        case FieldKind.CHOICE:
            return next(key for key, _ in field.choices if key not in ("", before))
        case FieldKind.NAMES | FieldKind.CUSTOM:
            return ("B", "C")
    return "other"


def test_sync_every_field_has_a_control() -> None:
    shown = {field.path.replace("pressure.on", "pressure") for field in RULE_FIELDS}
    shown |= {field.path for field in OPT_IN_FIELDS}
    shown |= {field.path.replace("telling.", "notify.") for field in NOTIFICATION_FIELDS}
    missing = leaf_paths(FULL) - shown - OTHER_CONTROLS - NO_CONTROL
    assert missing == set()


@pytest.mark.parametrize("field", RULE_FIELDS, ids=lambda field: field.path)
def test_rule_edit_replaces_that_field_alone(field: FormField) -> None:
    before = rule_values(FULL)
    new = other_value(field, before[field.path])
    after = rule_values(replace_rule(FULL, field.path, new))
    assert after[field.path] == new
    others = {path for path in before if path != field.path and after[path] != before[path]}
    # Without a cap there is nothing of it to keep.
    of_cap = {path for path in others if path.startswith("pressure.")}
    assert others == (of_cap if field.path == "pressure.on" else set())
    edited = replace_rule(FULL, field.path, new)
    kept = ("mapping", "purposes", "stages", "title", "opt_in", "notify")
    assert [getattr(edited, name) for name in kept] == [getattr(FULL, name) for name in kept]


def test_rule_edit_keeps_a_fourth_identifier() -> None:
    assert replace_rule(FULL, "limits.people", 9).identity == FULL.identity
    fewer = replace_rule(FULL, "identity.external_id", False).identity
    assert [identifier.value for identifier in fewer] == ["sid", "email", "phone"]
    again = replace_rule(replace(FULL, identity=()), "identity.email", True).identity
    assert [identifier.value for identifier in again] == ["email"]


@pytest.mark.parametrize(
    ("value", "days"), [(0, None), (1, 1), (3650, 3650)], ids=["all", "one day", "ten years"]
)
def test_rule_days_of_tickets(value: int, days: int | None) -> None:
    assert replace_rule(FULL, "source.within_days", value).source.within_days == days


@pytest.mark.parametrize(
    ("kind", "seen", "hidden"),
    [
        (SourceKind.ZENDESK_USERS, "effects.deleted_var", "source.within_days"),
        (SourceKind.ZENDESK_TICKETS, "source.within_days", "source.lists"),
        (SourceKind.SAILTHRU_LISTS, "effects.list_name_field", "effects.deleted_var"),
        (SourceKind.SAILTHRU_LISTS, "source.lists", "flows"),
    ],
)
def test_rule_fields_follow_the_direction(kind: SourceKind, seen: str, hidden: str) -> None:
    visible = visible_paths(RULE_FIELDS, rule_values(replace(FULL, source=SyncSource(kind))))
    assert seen in visible
    assert hidden not in visible


def test_opt_in_boxes_wait_for_the_attestation() -> None:
    assert set(rule_disabled_reasons(FULL)) == {"opt_in.email"}
    attested = attest_consent(FULL, "Ada Admin", 1_700_000_000.0)
    assert rule_disabled_reasons(attested) == {}
    assert "Ada Admin" in rule_notes(attested)["opt_in.attested"]
    ticked = replace_rule(attested, "opt_in.email", True)
    assert (ticked.opt_in.email, ticked.opt_in.is_attested) == (True, True)
    assert replace_rule(ticked, "opt_in.attested", False).opt_in == OptInAttestation()


def test_opt_in_ticked_without_attestation_can_be_unticked() -> None:
    ticked = replace(FULL, opt_in=OptInAttestation(email=True))
    assert rule_disabled_reasons(ticked) == {}
