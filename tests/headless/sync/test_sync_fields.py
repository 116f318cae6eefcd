"""Fields of a sync: each has a line in the one table, and is set from text as a person types it."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest

from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import InvalidInput, NotPermitted, UserDecisionNeeded
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.lifecycle_stage import CapPeriod, FrequencyCap
from desktop.model.permission import Actor, Permission, Role
from desktop.model.sync import ATTESTATION_TEXT, OptInAttestation, SourceKind, Sync, SyncSource
from desktop.model.sync_fields import SYNC_FIELDS, find_sync_field, sync_fields_of
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.sync_field_text import format_field, parse_field_text
from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU, PresetNames
from desktop.sync.sync_service import SyncService
from tests.support.clocks import ManualClock
from tests.support.customer_use_cases import RULES
from tests.support.fresh_store import open_fresh_store

NAMES = PresetNames("sync_to_sailthru", "smart", "zendesk_sync", "high")
ADA, KIM = Actor("Ada", Role.ADMIN, 7601), Actor("Kim", Role.AGENT, 7602)
AGENT_RIGHTS = {**RULES.permissions.get(Role.AGENT, {}), Permission.RUNS: True}
RUNS_FOR_AGENTS = replace(RULES, permissions={**RULES.permissions, Role.AGENT: AGENT_RIGHTS})
FULL = Sync("s", "S", SyncSource(SourceKind.ZENDESK_TICKETS), pressure=FrequencyCap())
# Decided elsewhere (switch, check, name), or kept by the program.
NOT_SET_HERE = {
    "name", "on", "switched_on_by", "checked_at",
    "preset", "version", "source.kind", "target", "partner", "opt_in.attested_by",
    "opt_in.attested_at", "opt_in.sms", "armed_at", "effects.pause_var", "effects.pause_list",
}  # fmt: skip
OPT_IN = (("effects.add_to_lists", "Loyal"), ("opt_in.attested", "on"), ("opt_in.email", "on"))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    made = open_fresh_store(tmp_path)
    yield made
    made.close()


def service(store: WorkspaceStore, actor: Actor = ADA) -> SyncService:
    return SyncService(
        store, ManualClock(), ChangeBus(), lambda: actor, lambda: RUNS_FOR_AGENTS, lambda: "UTC"
    )


def leaf_paths(value: object, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for each in fields(value):  # type: ignore[arg-type]
        inner, path = getattr(value, each.name), f"{prefix}{each.name}"
        found |= leaf_paths(inner, f"{path}.") if is_dataclass(inner) else {path}
    return found


def test_sync_field_table_names_every_attribute_once() -> None:
    paths = [field.path for field in SYNC_FIELDS]
    assert len(paths) == len(set(paths))
    assert set(paths) - {"opt_in.attested", "pressure.on"} == leaf_paths(FULL) - NOT_SET_HERE
    assert all(field.label and field.help for field in SYNC_FIELDS)


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("title", "  VIPs ", "VIPs"),
        ("favourite", "yes", True),
        ("favourite", "0", False),
        ("labels", "a, b,a,", ("a", "b")),
        ("effects.add_to_lists", '"Lopez, Anna", B', ("Lopez, Anna", "B")),
        ("effects.add_to_lists", '["Lopez, Anna"]', ("Lopez, Anna",)),
        ("effects.add_to_lists", "", ()),
        ("source.within_days", "30", 30),
        ("flows", "may_start", "may_start"),
        ("identity", "email,sid", ("email", "sid")),
        ("schedule", "weekdays 07:00", "weekdays 07:00"),
        ("schedule", "off", "off"),
        (
            "source.where",
            '[{"field": "tags", "test": "has", "value": "vip"}]',
            (FieldCondition("tags", ConditionOperator.HAS, "vip"),),
        ),
    ],
)
def test_sync_field_text_is_read(path: str, text: str, value: object) -> None:
    assert parse_field_text(find_sync_field(path), text) == value


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("title", " ", "needs a name"),
        ("favourite", "maybe", "neither on nor off"),
        ("source.within_days", "-1", "0 to 3650"),
        ("limits.percent", "101", "0 to 100"),
        ("limits.people", "many", "no whole number"),
        ("flows", "often", "may_start"),
        ("identity", "email, name", "“name” is none of"),
        ("labels", '"a', "quote"),
        ("labels", "\udcff", "no text"),
        ("schedule", "sometimes", "sometimes"),
        ("source.where", "[", "cannot be set like this"),
        ("source.where", '[{"field": "tags", "tset": "has"}]', "tset"),
        ("source.where", '[{"field": 5, "test": "has"}]', "Expected `str`"),
        ("mapping", '{"source": "x"}', "Expected `array`"),
    ],
)
def test_sync_field_text_that_cannot_be_is_refused(path: str, text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_field_text(find_sync_field(path), text)
    assert says in str(caught.value)


@pytest.mark.parametrize("field", SYNC_FIELDS, ids=lambda field: field.path)
def test_sync_field_as_printed_is_read_again(field: object, store: WorkspaceStore) -> None:
    assert isinstance(field, type(SYNC_FIELDS[0]))
    if field.path == "opt_in.attested":
        return
    syncs = service(store)
    every = (syncs.add_blank(kind.value, kind) for kind in SourceKind if kind in field.sources)
    made = next(sync for sync in every if field in sync_fields_of(sync))
    text = format_field(made, field)
    assert format_field(syncs.change_fields(made.name, [(field.path, text)]), field) == text


@pytest.mark.parametrize(
    ("path", "hint"),
    [("effects.add_tag", "effects.add_tags"), ("on", "sync on"), ("source.kind", "sync add")],
)
def test_sync_field_unknown_is_refused_with_the_nearest(path: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        find_sync_field(path)
    assert hint in caught.value.hint


def test_sync_set_of_the_other_direction_changes_nothing(store: WorkspaceStore) -> None:
    syncs = service(store)
    made = syncs.add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    with pytest.raises(InvalidInput, match="no field"):
        syncs.change_fields(made.name, [("title", "Other"), ("effects.add_tags", "vip")])
    assert store.syncs.get.blocking(made.name) == made


def test_sync_set_of_its_meaning_asks_for_another_check(store: WorkspaceStore) -> None:
    syncs = service(store)
    made = syncs.add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    store.syncs.save.blocking(replace(made, checked_at=9.0, on=True), 9.0)
    assert syncs.change_fields(made.name, [("title", "Other")]).checked_at == 9.0
    changed = syncs.change_fields(made.name, [("pressure.window", "month"), ("limits.people", "9")])
    assert (changed.pressure, changed.limits.people) == (FrequencyCap(window=CapPeriod.MONTH), 9)
    assert syncs.change_fields(made.name, [("effects.deleted_var", "gone")]).checked_at == 0.0


def test_sync_set_of_a_looser_limit_is_an_admins_act(store: WorkspaceStore) -> None:
    made = service(store).add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    with pytest.raises(NotPermitted, match="loosen the limits"):
        service(store, KIM).change_fields(made.name, [("limits.people", "5000")])


def test_attestation_is_of_who_saves_and_stands_in_the_audit(store: WorkspaceStore) -> None:
    syncs = service(store, KIM)
    made = syncs.add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    with pytest.raises(InvalidInput, match="cannot be saved"):
        syncs.change_fields(made.name, [("opt_in.email", "on")])
    saved = syncs.change_fields(made.name, OPT_IN)
    assert (saved.opt_in.email, saved.opt_in.attested_by) == (True, "Kim")
    (row,) = store.audit.list_entries.blocking()
    assert (row.kind, row.actor, row.name, row.old) == ("consent", "Kim", made.name, None)
    assert isinstance(row.new, dict)
    assert (row.new["email"], row.new["lists"]) == (True, ["Loyal"])
    # As the sentence was shown.
    assert row.new["text"] == ATTESTATION_TEXT
    assert store.audit.verify_chain.blocking().first_broken_seq is None
    # Nothing of it changed: nobody attests anew.
    syncs.change_fields(made.name, [("title", "Other")])
    assert len(store.audit.list_entries.blocking()) == 1


@pytest.mark.parametrize(
    "forged",
    [
        OptInAttestation(email=True, attested_by="Ada", attested_at=5.0),
        OptInAttestation(email=True, attested_by="Ada", attested_at=1e12),
    ],
)
def test_attestation_in_another_name_is_refused(
    store: WorkspaceStore, forged: OptInAttestation
) -> None:
    syncs = service(store, KIM)
    made = syncs.add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    with pytest.raises(UserDecisionNeeded, match="not you"):
        syncs.save_sync(replace(made, opt_in=forged))
    assert store.syncs.get.blocking(made.name) == made


def test_attestation_time_is_when_it_was_saved(store: WorkspaceStore) -> None:
    syncs = service(store)
    made = syncs.add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    mine = OptInAttestation(email=True, attested_by="Ada", attested_at=5.0)
    assert syncs.save_sync(replace(made, opt_in=mine)).opt_in.attested_at > 5.0


@pytest.mark.parametrize(
    ("path", "text", "is_other"),
    [
        ("effects.add_to_lists", "Loyal, More", True),
        ("source.where", "[]", True),
        ("title", "Other", False),
        ("opt_in.email", "off", False),
        ("opt_in.attested", "off", False),
    ],
)
def test_attestation_for_other_people_or_lists_needs_a_word_of_ones_own(
    store: WorkspaceStore, path: str, text: str, is_other: bool
) -> None:
    service(store).add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    service(store).change_fields(ZENDESK_TO_SAILTHRU, OPT_IN)
    kim = service(store, KIM)
    if not is_other:
        kim.change_fields(ZENDESK_TO_SAILTHRU, [(path, text)])
        return
    with pytest.raises(UserDecisionNeeded, match="Ada confirmed"):
        kim.change_fields(ZENDESK_TO_SAILTHRU, [(path, text)])
    own = kim.change_fields(ZENDESK_TO_SAILTHRU, [(path, text), ("opt_in.attested", "on")])
    assert own.opt_in.attested_by == "Kim"
    assert len(store.audit.list_entries.blocking()) == 2


def test_attestation_does_not_arrive_with_an_import(store: WorkspaceStore) -> None:
    syncs = service(store)
    made = syncs.add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    mine = OptInAttestation(email=True, attested_by="Ada", attested_at=5.0)
    (taken,) = syncs.import_syncs([replace(made, name="other", opt_in=mine)])
    assert taken.opt_in == OptInAttestation()
