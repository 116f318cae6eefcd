"""The catalogue of fields: coverage by a count, samples, types, who writes what (S1-30, S1-36)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest

from desktop.audience.field_facts_service import FieldFactsService
from desktop.kit.errors import NotPermitted
from desktop.model.exported_profile import ExportedProfile
from desktop.model.field_facts import (
    FieldCoverage,
    FieldFacts,
    FieldOwner,
    FieldWriter,
    WriterKind,
)
from desktop.model.field_mapping import MappingRow
from desktop.model.rule_trigger import RuleTrigger
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource
from desktop.store.data_workspace_store import DataStore
from desktop.store.field_writer_repository import FieldWriterRepository
from desktop.store.workspace_store import WorkspaceStore
from tests.support.data_cases import NOON, open_small_store, read_all, small_account
from tests.support.fresh_store import open_fresh_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    made = open_fresh_store(tmp_path / "workspace")
    yield made
    made.close()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataStore]:
    yield from open_small_store(tmp_path)


def service(store: WorkspaceStore, data: DataStore, refusal: str = "") -> FieldFactsService:
    def require_view() -> None:
        if refusal:
            raise NotPermitted(refusal, "")

    return FieldFactsService(
        cast(Any, SimpleNamespace(require_view=require_view)),
        lambda: data,
        FieldWriterRepository(store.fairlead_db),
        store.syncs,
        lambda: None,
        lambda: "zendesk_health",
    )


def save_profiles(data: DataStore, *variables: dict[str, Any]) -> None:
    """Profiles as their exports told them, one for each set of vars."""
    for number, values in enumerate(variables):
        body = ExportedProfile(f"sid{number}", vars=values)
        data.data_db.write(
            lambda c, number=number, body=body: c.execute(
                "INSERT INTO profile (sid, email_hash, extid, read_at, body)"
                " VALUES (?, ?, '', 1, ?)",
                (f"sid{number}", bytes([number]), msgspec.json.encode(body).decode()),
            )
        )


async def found(made: FieldFactsService, name: str, search: str = "") -> FieldFacts:
    (field,) = (one for one in await made.list_fields(search) if one.name == name)
    return field


async def test_coverage_is_what_a_count_of_the_records_gives(
    store: WorkspaceStore, data: DataStore
) -> None:
    account = small_account()
    await read_all(data, account)
    fields = {(f.owner, f.name): f for f in await service(store, data).list_fields()}
    people = [one for one in account.users if one.role == "end-user"]
    expected = {
        "name": sum(bool(one.name) for one in people),
        "external_id": sum(bool(one.external_id) for one in people),
        "organization": sum(one.organization_id is not None for one in people),
        "tags": sum(bool(one.tags) for one in people),
        "user_fields.plan": sum("plan" in one.user_fields for one in people),
    }
    for name, filled in expected.items():
        coverage = fields[FieldOwner.USER, name].coverage
        assert coverage is not None
        assert (name, coverage.filled, coverage.total) == (name, filled, len(people))
    plan = fields[FieldOwner.USER, "user_fields.plan"].coverage
    assert plan is not None
    assert set(plan.samples) == {"gold", "free"}
    tickets = fields[FieldOwner.TICKET, "priority"].coverage
    assert tickets is not None
    assert tickets.total == sum(not one.is_deleted for one in account.tickets)
    # Not read, and no zero.
    assert fields[FieldOwner.PROFILE, "lifetime_open"].coverage is None


async def test_vars_have_type_and_samples(store: WorkspaceStore, data: DataStore) -> None:
    long = "tin" * 30
    save_profiles(data, {"tier": "gold", "age": 4}, {"tier": long, "ok": True}, {"tier": "gold"})
    made = service(store, data)
    tier, age = await found(made, "vars.tier"), await found(made, "vars.age")
    assert tier.coverage == FieldCoverage(3, 3, ("gold", f"{long[:39]}…"))
    assert (age.type, age.coverage) == ("number", FieldCoverage(1, 3, ("4",)))
    assert (await found(made, "vars.ok")).type == "yes or no"


async def test_writers_are_syncs_rules_and_people(store: WorkspaceStore, data: DataStore) -> None:
    sync = Sync("copy", "Copy tiers", SyncSource(SourceKind.ZENDESK_USERS),
                mapping=(MappingRow("name", "vars.tier"),
                         replace(MappingRow("name", "vars.off"), on=False)))  # fmt: skip
    source = SyncSource(SourceKind.RULE, trigger=RuleTrigger.BAD_RATING)
    effects = SyncEffects(pause_days=3, pause_var="paused", pause_list="Paused")
    for one in (sync, Sync("r", "Unhappy", source, effects=effects)):
        store.syncs.save.blocking(one, 1.0)
    store.fairlead_db.write(
        lambda c: c.execute(
            "INSERT INTO synced_value (sync, target, field, value, run, at, account)"
            " VALUES ('copy', 'sid0', 'vars.tier', '1', 1, ?, '')",
            (NOON,),
        )
    )
    made = service(store, data)
    tier = await found(made, "vars.tier")
    assert tier.writers == (FieldWriter(WriterKind.SYNC, "Copy tiers", NOON),)
    assert tier.last_change_at == NOON
    paused = await found(made, "vars.paused")
    assert [one.text for one in paused.writers] == ["rule Unhappy"]
    assert paused.last_change_at is None
    assert not [one for one in await made.list_fields() if one.name == "vars.off"]
    assert (await found(made, "vars.tier", "copy tiers")).name == "vars.tier"


async def test_catalogue_needs_the_right_to_see_everybody(
    store: WorkspaceStore, data: DataStore
) -> None:
    with pytest.raises(NotPermitted):
        await service(store, data, "You may not search everybody.").list_fields()


@pytest.mark.parametrize(
    ("owner", "name", "sailthru", "liquid"),
    [
        (FieldOwner.PROFILE, "vars.tier", "{tier}", "{{ vars.tier }}"),
        (FieldOwner.PROFILE, "vars.date", "{profile.vars.date}", "{{ vars.date }}"),
        (FieldOwner.PROFILE, "vars.odd-name", "", ""),
        (FieldOwner.PROFILE, "extid", "{profile.keys.extid}", "{{ extid }}"),
        (FieldOwner.USER, "user_fields.plan", "", "{{ user_fields.plan }}"),
        (FieldOwner.TICKET, "ticket_id", "", "{{ ticket_id }}"),
        (FieldOwner.TICKET, "priority", "", ""),
        (FieldOwner.ORGANIZATION, "name", "", ""),
    ],
)
def test_merge_tags_are_those_that_can_be_read(
    owner: FieldOwner, name: str, sailthru: str, liquid: str
) -> None:
    field = FieldFacts(owner, name, "text")
    assert (field.sailthru_tag, field.liquid_tag) == (sailthru, liquid)


@pytest.mark.parametrize(
    ("filled", "total", "percent"),
    [(0, 0, 0), (0, 9, 0), (1, 1000, 1), (999, 1000, 99), (1000, 1000, 100), (1, 3, 33)],
)
def test_share_is_never_rounded_to_none_or_all(filled: int, total: int, percent: int) -> None:
    assert FieldCoverage(filled, total).percent == percent
