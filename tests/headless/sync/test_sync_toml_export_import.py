"""Syncs as a file: what is written is read back the same, and what cannot be says which key."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import ConflictError, InvalidInput, NotFound
from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import (
    ConflictPreference,
    FieldProtection,
    MappingOperator,
    MappingRow,
    SourceType,
)
from desktop.model.lifecycle_stage import CapPeriod, ContactEvent, FrequencyCap, LifecycleStage
from desktop.model.run_limit import Limit
from desktop.model.sync import (
    FlowPolicy,
    MatchIdentifier,
    NotificationSettings,
    OptInAttestation,
    SourceKind,
    Sync,
    SyncEffects,
    SyncSource,
)
from desktop.sync.sync_presets import PRESETS, PresetNames, build_preset
from desktop.sync.sync_toml_file import export_syncs_toml, import_syncs_toml

NAMES = PresetNames("sync_to_sailthru", "zendesk-sync-smart", "zendesk_sync", "sailthru_highvalue")
# What UTF-8 can hold, NUL, line ends and quotes included.
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
WHOLE = st.integers(-(2**63), 2**63 - 1)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


DAYS = (ConditionOperator.WITHIN_DAYS, ConditionOperator.BEFORE_DAYS)
CONDITION = st.one_of(
    st.builds(FieldCondition, TEXT.filter(bool), st.sampled_from(DAYS), st.integers(0, 999)),
    st.builds(
        FieldCondition,
        TEXT.filter(bool),
        st.sampled_from([test for test in ConditionOperator if test not in DAYS]),
        JSON.filter(lambda value: value not in (None, "")),
    ),
    st.builds(
        FieldCondition,
        TEXT.filter(bool),
        st.sampled_from([ConditionOperator.SET, ConditionOperator.IS]),
        st.none(),
    ),
)
CONDITIONS = several(CONDITION)
LIST_NAMES = TEXT.filter(lambda name: name.strip() and "$" not in name and name.isprintable())
ROWS = st.builds(
    MappingRow,
    TEXT.filter(bool),
    st.from_regex(r"vars\.[a-z_]{1,12}", fullmatch=True).filter(
        lambda field: field[5:] not in ("cookie", "cookies", "keys", "sid", "email", "extid")
    ),
    st.sampled_from(MappingOperator),
    st.sampled_from(SourceType),
    st.booleans(),
    # The stricter one is for opt-out levels alone.
    st.sampled_from([each for each in ConflictPreference if each.value != "stricter"]),
    st.sampled_from(FieldProtection),
    st.booleans(),
)


def first_stage(goal: Sync) -> str:
    return goal.stages[0].name if goal.stages else ""


GOALS = st.builds(
    Sync,
    name=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True),
    title=TEXT.filter(str.strip),
    source=st.builds(
        SyncSource,
        st.sampled_from([SourceKind.ZENDESK_USERS, SourceKind.ZENDESK_TICKETS]),
        st.just(()),
        CONDITIONS,
        st.none() | st.integers(1, 999),
    ),
    identity=st.lists(st.sampled_from(MatchIdentifier), min_size=1, max_size=3).map(tuple),
    mapping=st.lists(ROWS, max_size=4, unique_by=lambda row: row.target).map(tuple),
    effects=st.builds(
        SyncEffects,
        create_missing=st.booleans(),
        add_to_lists=st.lists(LIST_NAMES, min_size=1, max_size=2).map(tuple),
        remove_when_gone=st.booleans(),
        untag_when_gone=st.booleans(),
        deleted_var=st.sampled_from(["", "gone", "zendesk_deleted"]),
    ),
    limits=st.builds(Limit, st.integers(0, 10**6), st.integers(0, 100)),
    purposes=several(st.builds(ConsentPurpose, TEXT, CONDITION)),
    opt_in=st.just(OptInAttestation())
    | st.just(OptInAttestation(email=True, attested_by="Lee", attested_at=1.0)),
    stages=st.lists(
        st.builds(LifecycleStage, TEXT.filter(bool), CONDITIONS),
        max_size=3,
        unique_by=lambda stage: stage.name,
    ).map(tuple),
    pressure=st.none()
    | st.builds(
        FrequencyCap,
        WHOLE.filter(lambda most: most > 0),
        st.sampled_from(CapPeriod),
        st.sampled_from(ContactEvent),
    ),
    flows=st.sampled_from(FlowPolicy),
    schedule=st.sampled_from(["", "hourly", "weekdays 07:00", "days 1,15 02:00"]),
    notify=st.builds(
        NotificationSettings,
        st.booleans(),
        st.booleans(),
        st.booleans(),
        several(st.just("a@b.example")),
    ),
    on=st.booleans(),
    checked_at=st.floats(0, 1e10),
    preset=TEXT,
    favourite=st.booleans(),
    labels=several(TEXT),
    description=TEXT,
    version=st.integers(0, 9),
).map(lambda goal: replace(goal, source=replace(goal.source, stage=first_stage(goal))))


def arrived(goal: Sync) -> Sync:
    """What becomes of a goal that travels."""
    return replace(goal, on=False, checked_at=0.0, version=0, opt_in=OptInAttestation())


@settings(max_examples=60, deadline=None)
@given(st.lists(GOALS, min_size=1, max_size=3, unique_by=lambda goal: goal.name))
def test_sync_file_round_trips_with_sync_off(goals: list[Sync]) -> None:
    text = export_syncs_toml(goals)
    found = import_syncs_toml(text)
    assert found == tuple(arrived(goal) for goal in sorted(goals, key=lambda goal: goal.name))
    assert export_syncs_toml(found) == text
    assert export_syncs_toml(goals[::-1]) == text


@pytest.mark.parametrize("name", PRESETS)
def test_preset_file_is_readable(name: str) -> None:
    goal = replace(build_preset(name, NAMES), on=True, checked_at=5.0, version=3)
    text = export_syncs_toml([goal])
    assert import_syncs_toml(text) == (arrived(goal),)
    assert text.startswith("# Syncs of Fairlead, format 1.")
    assert set(tomllib.loads(text)) == {"version", "sync"}
    for line in text.splitlines():
        assert len(line) <= 180, line


SMALL = """version = 1
[[sync]]
name = "one"
title = "One"
schedule = "hourly"
source = {kind = "zendesk_users"}
mapping = [{source = "phone", target = "vars.phone"}]
"""


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new)


def where(condition: str) -> str:
    return changed('"zendesk_users"', f'"zendesk_users", where = [{condition}]')


def effects(lines: str) -> str:
    return f"{SMALL}[sync.effects]\n{lines}\n"


def from_sailthru(lines: str) -> str:
    text = effects(lines).replace('"zendesk_users"', '"sailthru_lists"')
    return text.replace('"vars.phone"', '"phone"')


def refusal(text: str) -> InvalidInput | None:
    """Why a file is not taken, or None where it is."""
    try:
        import_syncs_toml(text)
    except InvalidInput as error:
        return error
    return None


REFUSED = {
    "newer": (changed("version = 1", "version = 2"), "newer Fairlead"),
    "no version": (changed("version = 1\n", ""), "format"),
    "version is a flag": (changed("version = 1", "version = true"), "format"),
    "version 0": (changed("version = 1", "version = 0"), "format 0"),
    "no TOML": ("version = 1\n[[sync", "no TOML"),
    "too deep": ("version = 1\nsync = " + "[" * 20_000, "no TOML"),
    "too large": ("#" * 1_000_001, "larger"),
    "empty": ("version = 1\n", "no sync"),
    "not a list": ("version = 1\nsync = 3\n", "list of tables"),
    "not a table": ("version = 1\nsync = [3]\n", "`sync[0]` must be a table, not a whole number"),
    "unknown key": (changed("schedule =", "shedule ="), "`sync[0].shedule`"),
    "unknown top": (changed("[[sync]]", "[[snyc]]"), "`snyc`"),
    "unknown key below": (changed("target =", "tagret ="), "`sync[0].mapping[0].tagret`"),
    "unknown word": (changed('"zendesk_users"', '"zendesk_user"'), "`sync[0].source.kind`"),
    "what stays": (changed("title =", "on = true\ntitle ="), "`sync[0].on`"),
    "attested": (changed("title =", "opt_in.email = true\ntitle ="), "`sync[0].opt_in`"),
    "wrong type": (changed('title = "One"', "title = 1"), "`sync[0].title` must be a text"),
    "wrong type below": (
        changed('source = "phone"', "source = true"),
        "`sync[0].mapping[0].source` must be a text, not true or false",
    ),
    "no list": (changed('[{source = "phone"', '{source = "phone"').replace("}]", "}"), "a list"),
    "missing": (changed('title = "One"\n', ""), "`sync[0].title` is missing"),
    "missing below": (changed(', target = "vars.phone"', ""), "`sync[0].mapping[0].target`"),
    "name": (changed('"one"', '"../one"'), "`sync[0].name`"),
    "long name": (changed('"one"', f'"{"o" * 65}"'), "`sync[0].name`"),
    "title": (changed('"One"', '" "'), "`sync[0].title` is empty"),
    "schedule": (changed('"hourly"', '"now and then"'), "now and then"),
    "writes nothing": (changed('mapping = [{source = "phone", target = "vars.phone"}]', ""), "One"),
    "address": (changed("title =", 'notify.email = ["x"]\ntitle ='), "“x” is no e-mail address"),
    "twice": (SMALL + SMALL.partition("\n")[2], "2 times"),
    "a date": (changed("title =", "description = 2026-01-01\ntitle ="), "`sync[0].description`"),
    "infinite": (
        changed('"zendesk_users"', '"zendesk_users", where = [{field="a", test="is", value=inf}]'),
        "`sync[0].source.where[0].value`",
    ),
    "huge": (changed("title =", f"limits.people = {10**30}\ntitle ="), "`sync[0].limits.people`"),
    "no level": (
        changed(
            'source = "phone", target = "vars.phone"', 'source="off", target="optout", type="text"'
        ),
        "levels are none, basic and all",
    ),
    "an old level": (
        changed(
            'source = "phone", target = "vars.phone"',
            'source="blast", target="optout", type="text"',
        ),
        "levels are none, basic and all",
    ),
    "no field": (where('{field="", test="is", value=1}'), "Choose a field"),
    "no days": (where('{field="created_at", test="within_days", value="many"}'), "how many days"),
    "no bound": (where('{field="a", test="at_least"}'), "has no value"),
    "pressure": (changed("title =", "pressure.most = 0\ntitle ="), "once at least"),
    "no list name": (effects('add_to_lists = [""]'), "cannot be the name of a list"),
    "a list with $": (effects('add_to_lists = ["a$b"]'), "cannot be the name of a list"),
    "tags in Sailthru": (effects('add_tags = ["a"]'), "has no tags"),
    "a list's name in Sailthru": (effects('list_name_field = "a"'), "a Zendesk field"),
    "long var": (effects(f'deleted_var = "{"d" * 33}"'), "33 characters"),
    "a var that says who": (effects('deleted_var = "email"'), "says who somebody is"),
    "lists of Zendesk": (
        changed('"zendesk_users"', '"zendesk_users", lists = ["A"]'),
        "which has no lists",
    ),
    "a list in Zendesk": (
        from_sailthru('add_tags = ["a"]\nadd_to_lists = ["A"]'),
        "which has no lists",
    ),
    "a tag with a space": (from_sailthru('add_tags = ["two words"]'), "cannot be a tag"),
    "a large tag": (from_sailthru('add_tags = ["VIP"]'), "cannot be a tag"),
    "a deleted person": (
        from_sailthru('add_tags = ["a"]\ndeleted_var = "gone"'),
        "marked in Sailthru",
    ),
    "no key": (
        from_sailthru('add_tags = ["a"]\nlist_name_field = "123"'),
        "the key of a Zendesk field",
    ),
    "no JSON": (
        changed(
            '"zendesk_users"', '"zendesk_users", where = [{field="a", test="is", value_json="{"}]'
        ),
        "`sync[0].source.where[0].value_json`",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_sync_file_invalid_value_is_named(name: str) -> None:
    text, words = REFUSED[name]
    with pytest.raises(InvalidInput) as refused:
        import_syncs_toml(text)
    assert words in str(refused.value)
    assert "Nothing was imported." in str(refused.value)


def test_sync_file_misspelled_key_suggests_nearest() -> None:
    for name, near in (("unknown key", "schedule"), ("unknown word", "zendesk_users")):
        with pytest.raises(InvalidInput) as refused:
            import_syncs_toml(REFUSED[name][0])
        assert f"Did you mean “{near}”?" in refused.value.hint


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80).map(lambda text: f"version = 1\n[[sync]]\n{text}"))
def test_sync_file_invalid_document_is_bad_input(text: str) -> None:
    said = refusal(text)
    assert said is not None
    assert "Nothing was imported." in said.message


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_sync_file_any_value_is_accepted_or_named(data: st.DataObject) -> None:
    """One value of a real file is another: it is taken, or its key is named."""
    import tomli_w

    document = tomllib.loads(export_syncs_toml([build_preset(name, NAMES) for name in PRESETS]))
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        below = place[key]
        if not isinstance(below, dict | list) or not below or data.draw(st.booleans()):
            break
        place = below
    other = st.booleans() | WHOLE | TEXT | st.lists(TEXT, max_size=2) | st.just({"a": 1})
    place[key] = data.draw(other)
    said = refusal(tomli_w.dumps(document))
    assert said is None or "Nothing was imported." in said.message


async def test_sync_import_is_all_or_nothing(services: WorkspaceServices) -> None:
    old = services.syncs.add_preset("high-value-tagging", NAMES)
    services.store.syncs.save.blocking(replace(old, on=True, checked_at=9.0), 9.0)
    services.store.syncs.set_watermark.blocking(old.name, "somewhere")
    new = replace(build_preset("tickets-to-profiles", NAMES), name="another")
    file = import_syncs_toml(export_syncs_toml([new, replace(old, title="Other words")]))
    with pytest.raises(ConflictError) as refused:
        services.syncs.import_syncs(file)
    assert "high-value-tagging" in refused.value.title
    with pytest.raises(NotFound):
        services.store.syncs.get.blocking("another")
    taken = services.syncs.import_syncs(file, replacing=True)
    assert [goal.name for goal in taken] == ["another", "high-value-tagging"]
    kept = services.store.syncs.get.blocking(old.name)
    assert (kept.title, kept.on, kept.checked_at) == ("Other words", False, 0.0)
    assert kept.version == 3
    assert services.store.syncs.get_watermark.blocking(old.name) == ""
    # What arrived is a goal like any other: it can be saved again.
    assert services.syncs.save_sync(replace(kept, description="mine")).version == 4


async def test_sync_file_round_trips_through_database(
    services: WorkspaceServices, tmp_path: Path
) -> None:
    for name in PRESETS:
        services.syncs.add_preset(name, NAMES)
    text = export_syncs_toml(services.store.syncs.list_all.blocking())
    services.syncs.import_syncs(import_syncs_toml(text), replacing=True)
    assert export_syncs_toml(services.store.syncs.list_all.blocking()) == text


@pytest.mark.parametrize(
    ("written", "prefer"),
    [
        ("", ConflictPreference.STRICTER),
        (', prefer = "source"', ConflictPreference.SOURCE),
        (', prefer = "ask"', ConflictPreference.ASK),
    ],
)
def test_imported_optout_row_lets_the_stricter_level_win_unless_the_file_says_who(
    written: str, prefer: ConflictPreference
) -> None:
    row = MappingRow("level", "optout")
    sync = replace(
        build_preset("zendesk-to-sailthru", PresetNames("box", "smart", "mark", "tag")),
        mapping=(row,),
    )
    text = export_syncs_toml([sync])
    assert text.count(', prefer = "source"') == 1
    (found,) = import_syncs_toml(text.replace(', prefer = "source"', written))
    assert found.mapping == (replace(row, prefer=prefer),)
