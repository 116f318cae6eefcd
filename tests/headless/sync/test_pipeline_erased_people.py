"""Who was erased: no plan makes them again, by whichever of their addresses and ids."""

import hashlib
from dataclasses import replace

import pytest

from desktop.model.erased_people import ErasedPeople, person_keys
from desktop.model.field_mapping import MappingRow
from desktop.model.match_keys import hash_email
from desktop.model.sync import SyncEffects
from desktop.model.sync_plan import PlannedOutcome
from desktop.sync.pipeline.plan_rows import plan_record
from desktop.sync.source_record import SourceRecord
from tests.support import pipeline_cases as cases

TIER, LEVEL = MappingRow("tier", "vars.tier"), MappingRow("level", "optout")
CREATES = SyncEffects(create_missing=True)


def hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def erased(keys: frozenset[str]) -> ErasedPeople:
    return ErasedPeople(frozenset(map(hash_key, keys)), (hash_key,))


RECORD = replace(cases.user_record(), external_id="Shop-7", other_emails=("m.lopez@work.example",))


@pytest.mark.parametrize(
    ("keys", "is_skipped"),
    [
        (person_keys(addresses=("MARIA@example.com",)), True),
        (person_keys(addresses=("m.lopez@work.example",)), True),
        (person_keys(email_hashes=(hash_email(cases.ADDRESS),)), True),
        (person_keys(user_ids=(7,)), True),
        (person_keys(external_ids=("shop-7",)), True),
        (person_keys(addresses=("mario@example.com",), user_ids=(77,), sids=("7",)), False),
    ],
)
def test_erased_person_is_not_created_and_the_row_names_nobody(
    keys: frozenset[str], is_skipped: bool
) -> None:
    sync = cases.users_sync(TIER, effects=CREATES)
    row = plan_record(RECORD, cases.context(sync, erased=erased(keys)))
    if not is_skipped:
        assert row.fate is PlannedOutcome.CREATE
        return
    assert (row.fate, row.cause, row.ticked) == (PlannedOutcome.SKIPPED, "erased", False)
    assert (row.label, row.address, row.name, row.changes) == ("(erased)", "", "", ())


def test_erased_persons_export_row_is_known_by_the_md5_of_the_address() -> None:
    keys = person_keys(addresses=(cases.ADDRESS,))
    record: SourceRecord = replace(
        cases.profile_record(email=""), email_hash=hash_email(cases.ADDRESS)
    )
    sync = cases.lists_sync(effects=CREATES)
    row = plan_record(record, cases.context(sync, erased=erased(keys)))
    assert (row.fate, row.cause) == (PlannedOutcome.SKIPPED, "erased")


@pytest.mark.parametrize(
    ("level", "fate"), [("all", PlannedOutcome.UPDATE), ("none", PlannedOutcome.SKIPPED)]
)
def test_profile_that_came_back_gets_a_stricter_opt_out_and_nothing_else(
    level: str, fate: PlannedOutcome
) -> None:
    record, target = cases.user_record(tier="gold", level=level), cases.profile(optout="basic")
    known = erased(person_keys(sids=(target.id,)))
    row = plan_record(
        record, cases.context(cases.users_sync(TIER, LEVEL), (record, target), erased=known)
    )
    assert row.fate is fate
    assert [c.field for c in row.changes_to_send] == (["optout"] if level == "all" else [])


def test_nobody_is_created_while_the_key_of_erased_people_is_missing() -> None:
    unreadable = ErasedPeople(frozenset({"x"}), (), has_unknown_key=True)
    sync = cases.users_sync(TIER, effects=CREATES)
    row = plan_record(RECORD, cases.context(sync, erased=unreadable))
    assert row.fate is PlannedOutcome.SKIPPED
    assert "can't be checked" in row.why
    record, target = cases.user_record(tier="gold"), cases.profile()
    known = cases.context(cases.users_sync(TIER), (record, target), erased=unreadable)
    assert plan_record(record, known).fate is PlannedOutcome.UPDATE
