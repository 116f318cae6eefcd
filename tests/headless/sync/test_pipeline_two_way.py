"""⇄ as two syncs: both sides share the last common values, one switch and one conflict list.

The pipeline knows only one direction. Two syncs are a pair where the mapping of one is the other's
turned round; what both had last (`common`) is the synced value of either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from desktop.model.field_mapping import ConflictPreference, MappingRow
from desktop.model.json_value import Json
from desktop.model.sync import Sync
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.sync_state import WrittenHash, value_hash
from desktop.sync.pipeline.plan_rows import plan_record
from tests.support import pipeline_cases as cases

USER_FIELD, VAR = "user_fields.tier", "vars.tier"
UPDATE, UNCHANGED = PlannedOutcome.UPDATE, PlannedOutcome.UNCHANGED
CONFLICT = PlannedOutcome.CONFLICT


@dataclass(frozen=True)
class SyncPair:
    """Two syncs over the same pairs of records, with one switch; `common` is by Zendesk field."""

    common: Mapping[str, Json]
    is_on: bool = True
    prefer: ConflictPreference = ConflictPreference.ASK

    @property
    def to_sailthru(self) -> Sync:
        return cases.users_sync(MappingRow(USER_FIELD, VAR, prefer=self.prefer), on=self.is_on)

    @property
    def to_zendesk(self) -> Sync:
        turned = {
            ConflictPreference.SOURCE: ConflictPreference.TARGET,
            ConflictPreference.TARGET: ConflictPreference.SOURCE,
        }
        prefer = turned.get(self.prefer, self.prefer)
        return cases.lists_sync(MappingRow(VAR, USER_FIELD, prefer=prefer), on=self.is_on)

    def plan(self, zendesk: Json, sailthru: Json, **known: Any) -> tuple[PlanRow, PlanRow]:
        """The rows of both syncs for one pair of records with these values."""
        person = cases.user_record(**{USER_FIELD: zendesk})
        contact = cases.profile_record(**{VAR: sailthru})
        to_sailthru = cases.context(
            self.to_sailthru,
            (person, cases.profile(vars_tier=sailthru)),
            synced_values={"sid1": {VAR: self.common[USER_FIELD]}} if self.common else {},
            written_hashes=known.get("written_to_zendesk", {}),
        )
        to_zendesk = cases.context(
            self.to_zendesk,
            (contact, cases.user(user_fields_tier=zendesk)),
            synced_values={"7": {USER_FIELD: self.common[USER_FIELD]}} if self.common else {},
            written_hashes=known.get("written_to_sailthru", {}),
        )
        return plan_record(person, to_sailthru), plan_record(contact, to_zendesk)


def list_conflicts(rows: tuple[PlanRow, PlanRow]) -> set[tuple[str, str, str, str]]:
    """The conflicts of both syncs as one list: Zendesk id, sid, Zendesk value, Sailthru value."""
    found = set()
    for row in rows:
        for change in row.changes:
            ids, values = (row.source_id, row.target_id), (str(change.new), str(change.old))
            if change.conflict:
                turned = change.field == USER_FIELD
                found.add((*ids[:: -1 if turned else 1], *values[:: -1 if turned else 1]))
    return found


@pytest.mark.parametrize(
    ("zendesk", "sailthru", "outcomes"),
    [
        pytest.param("tin", "tin", (UNCHANGED, UNCHANGED), id="7.3 nothing changed"),
        pytest.param("gold", "tin", (UPDATE, UNCHANGED), id="S2-01 changed in Zendesk"),
        pytest.param("tin", "gold", (UNCHANGED, UPDATE), id="S2-01 changed in Sailthru"),
        pytest.param("gold", "gold", (UNCHANGED, UNCHANGED), id="7.3 both changed to the same"),
        pytest.param("gold", "iron", (CONFLICT, CONFLICT), id="6-6 changed on both sides"),
        pytest.param(None, "tin", (UPDATE, UNCHANGED), id="7.3 emptied in Zendesk"),
    ],
)
def test_change_flows_one_way_by_the_common_value(
    zendesk: Json, sailthru: Json, outcomes: tuple[PlannedOutcome, PlannedOutcome]
) -> None:
    there, back = SyncPair({USER_FIELD: "tin"}).plan(zendesk, sailthru)
    assert (there.fate, back.fate) == outcomes


def test_conflict_of_both_syncs_is_one_entry() -> None:
    rows = SyncPair({USER_FIELD: "tin"}).plan("gold", "iron")
    assert list_conflicts(rows) == {("7", "sid1", "gold", "iron")}
    assert list_conflicts(SyncPair({USER_FIELD: "tin"}).plan("gold", "tin")) == set()


@pytest.mark.parametrize(
    ("prefer", "outcomes"),
    [
        pytest.param(ConflictPreference.SOURCE, (UPDATE, UNCHANGED), id="6-6 Zendesk goes first"),
        pytest.param(ConflictPreference.TARGET, (UNCHANGED, UPDATE), id="6-6 Sailthru goes first"),
    ],
)
def test_preferred_side_wins_in_both_syncs(
    prefer: ConflictPreference, outcomes: tuple[PlannedOutcome, PlannedOutcome]
) -> None:
    there, back = SyncPair({USER_FIELD: "tin"}, prefer=prefer).plan("gold", "iron")
    assert (there.fate, back.fate) == outcomes


def test_own_write_does_not_come_back() -> None:
    """7.6: what one sync has just written is no news to the other, before any value is common."""
    written = WrittenHash(value_hash("gold"), USER_FIELD)
    pair = SyncPair({}, prefer=ConflictPreference.TARGET)
    _, back = pair.plan("iron", "gold", written_to_sailthru={"sid1": {VAR: written}})
    assert (back.fate, back.why) == (UNCHANGED, "our own write came back")


@pytest.mark.parametrize("is_on", [True, False])
def test_one_switch_holds_both_syncs(is_on: bool) -> None:
    pair = replace(SyncPair({}), is_on=is_on)
    assert {pair.to_sailthru.on, pair.to_zendesk.on} == {is_on}


def test_applied_change_rests() -> None:
    """7.9: sync twice, no writes the second time: in either direction."""
    there, _ = SyncPair({USER_FIELD: "tin"}).plan("gold", "tin")
    (change,) = there.changes_to_send
    assert change == FieldChange(VAR, "tin", "gold", known="tin")
    rows = SyncPair({USER_FIELD: "gold"}).plan("gold", change.new)
    assert [row.fate for row in rows] == [UNCHANGED, UNCHANGED]
