"""New syncs: blank ones of each kind and copies, with names that scripts can use."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import InvalidInput, NotPermitted
from desktop.model.permission import Actor, Permission, Role
from desktop.model.run_limit import Limit
from desktop.model.sync import OptInAttestation, SourceKind
from desktop.model.sync_validation import validate_sync
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU, PresetNames
from desktop.sync.sync_service import SyncService
from tests.support.clocks import ManualClock
from tests.support.customer_use_cases import RULES
from tests.support.fresh_store import open_fresh_store

NAMES = PresetNames("sync_to_sailthru", "smart", "zendesk_sync", "high")
ADMIN, MARKETER = Actor("Ada", Role.ADMIN, 7601), Actor("Kim", Role.AGENT, 7602)
AGENT_RIGHTS = {**RULES.permissions.get(Role.AGENT, {}), Permission.RUNS: True}
RUNS_FOR_AGENTS = replace(RULES, permissions={**RULES.permissions, Role.AGENT: AGENT_RIGHTS})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    made = open_fresh_store(tmp_path)
    yield made
    made.close()


def service(store: WorkspaceStore, actor: Actor = ADMIN) -> SyncService:
    return SyncService(
        store, ManualClock(), ChangeBus(), lambda: actor, lambda: RUNS_FOR_AGENTS, lambda: "UTC"
    )


@pytest.mark.parametrize("kind", SourceKind)
def test_blank_sync_of_each_kind_is_valid_and_off(store: WorkspaceStore, kind: SourceKind) -> None:
    made = service(store).add_blank("Mine", kind)
    assert (made.source.kind, made.on, made.checked_at, made.version) == (kind, False, 0.0, 1)
    problems = validate_sync(made)
    # A rule that does nothing yet cannot be switched on.
    assert problems == (
        ("It would write nothing: add a row, a list or a tag.",) if made.is_rule else ()
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("VIPs to Zendesk", "vips-to-zendesk"),
        ("  Größe & Café!  ", "groe-cafe"),
        ("日本", "sync"),
        ("../../etc/passwd", "etc-passwd"),
        ("a" * 80, "a" * 56),
        # Where a preset's sync is or may come, a number follows.
        ("Zendesk to Sailthru", "zendesk-to-sailthru-2"),
    ],
)
def test_new_sync_name_is_made_from_its_title(store: WorkspaceStore, title: str, name: str) -> None:
    assert service(store).add_blank(title, SourceKind.ZENDESK_USERS).name == name


def test_new_sync_of_a_taken_title_is_numbered(store: WorkspaceStore) -> None:
    names = [service(store).add_blank("Mine", SourceKind.ZENDESK_USERS).name for _ in range(3)]
    assert names == ["mine", "mine-2", "mine-3"]


def test_new_sync_without_title_is_refused(store: WorkspaceStore) -> None:
    with pytest.raises(InvalidInput, match="needs a name"):
        service(store).add_blank("  ", SourceKind.ZENDESK_USERS)


def test_copy_takes_neither_switch_nor_check_nor_attestation(store: WorkspaceStore) -> None:
    syncs = service(store)
    old = syncs.add_preset(ZENDESK_TO_SAILTHRU, NAMES)
    old = store.syncs.save.blocking(
        replace(old, on=True, checked_at=9.0, opt_in=OptInAttestation(True, True, "Ada", 9.0)), 9.0
    )
    copy = syncs.duplicate_sync(old.name, "Second")
    assert (copy.on, copy.checked_at, copy.preset) == (False, 0.0, "")
    assert copy.opt_in == OptInAttestation()
    same = ("source", "identity", "mapping", "effects", "limits", "stages", "schedule")
    assert [getattr(copy, part) for part in same] == [getattr(old, part) for part in same]
    assert store.syncs.get.blocking(old.name).on


def test_copy_of_looser_limits_is_an_admins_act(store: WorkspaceStore) -> None:
    old = service(store).add_blank("Loose", SourceKind.ZENDESK_USERS)
    syncs = service(store, MARKETER)
    assert syncs.duplicate_sync(old.name, "Second").limits == Limit()
    store.syncs.save.blocking(replace(old, limits=Limit(9_000, 50)), 1.0)
    with pytest.raises(NotPermitted, match="loosen the limits"):
        syncs.duplicate_sync(old.name, "Third")
