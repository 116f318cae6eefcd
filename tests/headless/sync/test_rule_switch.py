"""Switching a rule on: by whose right, from when on, and what happens to its previews."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import pytest

from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import InvalidInput, NotFound, NotPermitted, UserDecisionNeeded
from desktop.model.audience_segment import SavedSegment
from desktop.model.permission import Actor, Role
from desktop.model.rule_trigger import RuleTrigger
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource
from desktop.model.sync_plan import PlanState
from desktop.store.sync_repository import switch_content
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.rule_text import stuck_pause_text
from desktop.sync.sync_presets import TICKETS_TO_PROFILES, PresetNames, build_preset
from desktop.sync.sync_service import SyncService
from tests.support.clocks import ManualClock
from tests.support.customer_use_cases import RULES
from tests.support.fresh_store import open_fresh_store

SOURCE = SyncSource(SourceKind.RULE, trigger=RuleTrigger.TICKET_SOLVED)


@dataclass
class Gate:
    """Rights to pick people, which can be taken away."""

    refusal: str = ""
    asked: list[SyncSource] = field(default_factory=list)

    def require_allowed(self, source: SyncSource) -> None:
        self.asked.append(source)
        if self.refusal:
            raise NotPermitted(self.refusal, "")

    def pause_names(self) -> tuple[str, str]:
        return "paused", "Paused people"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    made = open_fresh_store(tmp_path)
    yield made
    made.close()


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def syncs(store: WorkspaceStore, gate: Gate, clock: ManualClock) -> SyncService:
    ada = Actor("Ada", Role.ADMIN, 7601)
    return SyncService(store, clock, ChangeBus(), lambda: ada, lambda: RULES, lambda: "UTC", gate)


def checked(store: WorkspaceStore, rule: Sync) -> Sync:
    """As after both services were asked for what it needs."""
    return store.syncs.save.blocking(replace(rule, checked_at=1.0), 1.0)


def made(syncs: SyncService, store: WorkspaceStore, **effects: object) -> Sync:
    wanted = SyncEffects(**{"add_to_lists": ("Winback",), **effects})  # type: ignore[arg-type]
    return checked(store, syncs.add_rule("Solved", SOURCE, (), wanted))


def preview(store: WorkspaceStore, rule: Sync) -> str:
    plan = store.plans.begin.blocking(rule, "Ada", 1.0)
    store.plans.finish.blocking(
        plan, state=PlanState.READY, read=0, included=0, breaches=(), mark="", reading=None
    )
    return plan


def test_rule_is_armed_by_its_switch_alone(
    syncs: SyncService, store: WorkspaceStore, clock: ManualClock
) -> None:
    rule = made(syncs, store)
    assert (rule.on, rule.armed_at) == (False, 0.0)
    on = syncs.set_enabled(rule.name, on=True)
    assert (on.armed_at, on.switched_on_by) == (clock.now(), "7601")
    first = clock.now()
    clock.advance(60.0)
    # Switched on once more it goes on as it was; off and on again it begins anew.
    assert syncs.set_enabled(rule.name, on=True).armed_at == first
    assert syncs.set_enabled(rule.name, on=False).armed_at == 0.0
    assert syncs.set_enabled(rule.name, on=True).armed_at == clock.now()


def test_changed_rule_acts_on_nothing_from_before_the_change(
    syncs: SyncService, store: WorkspaceStore, clock: ManualClock
) -> None:
    on = syncs.set_enabled(made(syncs, store).name, on=True)
    clock.advance(60.0)
    wider = replace(on, source=replace(SOURCE, trigger=RuleTrigger.TICKET_CREATED))
    assert syncs.save_sync(wider).armed_at == clock.now()
    renamed = syncs.save_sync(replace(store.syncs.get.blocking(on.name), title="New name"))
    clock.advance(60.0)
    assert renamed.armed_at == clock.now() - 60.0


@pytest.mark.parametrize(
    ("where", "switcher"), [("tag is vip", "7601"), ("tag is vip or tickets >= 0", ""), (None, "")]
)
def test_segment_changed_since_the_switch_leaves_nobodys_rights_behind_the_rule(
    syncs: SyncService, store: WorkspaceStore, where: str | None, switcher: str
) -> None:
    """Whoever may save segments need not be who may run rules."""
    store.segments.save.blocking(SavedSegment("vip", "tag is vip", 1.0, "Ada"))
    rule = syncs.add_rule(
        "Vips", replace(SOURCE, segment="vip"), (), SyncEffects(add_to_lists=("Winback",))
    )
    on = syncs.set_enabled(checked(store, rule).name, on=True)
    assert store.syncs.find_switcher.blocking(on.name) == "7601"
    store.segments.remove.blocking("vip")
    if where is not None:
        store.segments.save.blocking(SavedSegment("vip", where, 2.0, "Lee"))
    assert store.syncs.find_switcher.blocking(on.name) == switcher


def test_preview_from_before_the_switch_is_dropped(
    syncs: SyncService, store: WorkspaceStore
) -> None:
    rule = made(syncs, store)
    plan = preview(store, rule)
    assert store.plans.get.blocking(plan).state is PlanState.READY
    syncs.set_enabled(rule.name, on=True)
    with pytest.raises(NotFound):
        store.plans.get.blocking(plan)


def test_rule_needs_the_right_to_look_people_up(
    syncs: SyncService, store: WorkspaceStore, gate: Gate
) -> None:
    rule = made(syncs, store)
    gate.refusal = "You may not search everybody."
    with pytest.raises(NotPermitted, match="search everybody"):
        syncs.set_enabled(rule.name, on=True)
    with pytest.raises(NotPermitted, match="search everybody"):
        syncs.save_sync(replace(rule, title="Other"))
    with pytest.raises(NotPermitted, match="search everybody"):
        syncs.add_rule("Second", SOURCE, (), SyncEffects(add_to_lists=("Winback",)))
    assert not store.syncs.get.blocking(rule.name).on
    # Whoever may not have it can still stop it.
    assert not syncs.set_enabled(rule.name, on=False).on


def test_rule_without_an_action_cannot_be_switched_on(
    syncs: SyncService, store: WorkspaceStore
) -> None:
    blank = checked(store, syncs.add_blank("Blank", SourceKind.RULE))
    with pytest.raises(InvalidInput, match="cannot be saved like this"):
        syncs.set_enabled(blank.name, on=True)


def test_pause_takes_the_accounts_names(syncs: SyncService, store: WorkspaceStore) -> None:
    effects = made(syncs, store, pause_days=7, pause_var="x", pause_list="Newsletter").effects
    assert (effects.pause_var, effects.pause_list) == ("paused", "Paused people")
    assert made(syncs, store, pause_list="Newsletter").effects.pause_list == ""


def test_switch_of_a_copying_sync_says_what_it_said_before_there_were_rules() -> None:
    """The audit's entry of a switch counts on after an update."""
    preset = build_preset(TICKETS_TO_PROFILES, PresetNames("b", "s", "m", "t"))
    known = "15912afa39b67f9544012fdae3f42dda03d868f7e73b9512269308c4ec828274"
    assert switch_content(preset)["rules"] == known
    # As it was stored then, without the fields that came since.
    stored = msgspec.to_builtins(preset)
    for part, name in (("source", "trigger"), ("source", "phrase"), ("effects", "pause_days")):
        del stored[part][name]
    assert switch_content(msgspec.convert(stored, Sync))["rules"] == known
    rule = Sync("r", "R", SOURCE, armed_at=1.0)
    assert switch_content(rule) != switch_content(replace(rule, armed_at=2.0))


def test_rule_that_has_paused_people_says_so_and_stays_until_they_are_free(
    syncs: SyncService, store: WorkspaceStore
) -> None:
    on = syncs.set_enabled(made(syncs, store, pause_days=7).name, on=True)
    store.fairlead_db.write(
        lambda c: c.execute(
            "INSERT INTO sync_member (sync, target, source, label, account)"
            " VALUES (?, 'sid1', '7', 'Ada', '')",
            (on.name,),
        )
    )
    assert stuck_pause_text(syncs.get_state(on)) == ""
    off = syncs.set_enabled(on.name, on=False)
    assert stuck_pause_text(syncs.get_state(off)).startswith("1 person stays paused")
    with pytest.raises(UserDecisionNeeded, match="paused the marketing of 1 person"):
        syncs.remove_sync(on.name)
    store.fairlead_db.write(lambda c: c.execute("DELETE FROM sync_member"))
    assert syncs.remove_sync(on.name) == ()


def test_sync_of_a_segment_is_saved_and_switched_on_by_the_right_to_look_people_up(
    syncs: SyncService, store: WorkspaceStore, gate: Gate
) -> None:
    sync = syncs.add_preset(TICKETS_TO_PROFILES, PresetNames("b", "s", "m", "t"))
    assert gate.asked == []
    of_some = replace(sync, source=replace(sync.source, segment="VIP"))
    sync = checked(store, syncs.save_sync(of_some))
    assert [source.segment for source in gate.asked] == ["VIP"]
    gate.refusal = "Not you."
    for refused in (lambda: syncs.save_sync(sync), lambda: syncs.set_enabled(sync.name, on=True)):
        with pytest.raises(NotPermitted):
            refused()
    # Switching off, and giving the segment up, never asks.
    off = syncs.set_enabled(sync.name, on=False)
    syncs.save_sync(replace(off, source=replace(off.source, segment="")))
