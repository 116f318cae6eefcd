"""Membership: who is in a sync's source, who is not, and who leaves (S2-17 to S2-21, S2-53)."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.lifecycle_stage import LifecycleStage
from desktop.model.match_keys import hash_email
from desktop.model.sync import SourceKind, Sync, SyncSource
from desktop.sync.pipeline.membership import find_leaving, split_source
from desktop.sync.source_record import SourceRecord
from tests.support import pipeline_cases as cases

USERS, TICKETS = SourceKind.ZENDESK_USERS, SourceKind.ZENDESK_TICKETS
VIP = FieldCondition("tier", ConditionOperator.IS, "vip")
BIG = FieldCondition("vars.spent", ConditionOperator.AT_LEAST, 100)
STAGES = (LifecycleStage("loyal", (VIP,)),)


def _users(**parts: Any) -> Sync:
    stages = parts.pop("stages", ())
    return cases.users_sync(source=SyncSource(parts.pop("kind", USERS), **parts), stages=stages)


@pytest.mark.parametrize(
    ("sync", "record", "where"),
    [
        pytest.param(_users(), cases.user_record(), "inside", id="S2-33 everybody"),
        pytest.param(
            _users(), cases.user_record(role="end-user"), "inside", id="S2-33 an end user"
        ),
        pytest.param(_users(), cases.user_record(role="agent"), "outside", id="S2-33 an agent"),
        pytest.param(_users(), cases.user_record(active=False), "outside", id="S2-33 deleted"),
        pytest.param(
            _users(where=(VIP,)), cases.user_record(tier="vip"), "inside", id="S2-33 in the segment"
        ),
        pytest.param(
            _users(where=(VIP,)), cases.user_record(tier="no"), "outside", id="S2-33 not in it"
        ),
        pytest.param(
            _users(where=(BIG,)),
            cases.user_record(),
            "outside",
            id="7.3 Zendesk tells all: what it does not tell is not there",
        ),
        pytest.param(
            Sync("s", "S", SyncSource(SourceKind.SAILTHRU_LISTS, where=(BIG,))),
            cases.profile_record(),
            "unclear",
            id="7.3 an export without the value: not known",
        ),
        pytest.param(
            _users(kind=TICKETS), cases.user_record(), "outside", id="S2-48 without a ticket"
        ),
        pytest.param(
            _users(kind=TICKETS), cases.user_record(ticket_count=1), "inside", id="S2-48 with one"
        ),
        pytest.param(
            _users(stages=STAGES, stage="loyal"),
            cases.user_record(tier="vip"),
            "inside",
            id="S2-19 in the stage",
        ),
        pytest.param(
            _users(stages=STAGES, stage="loyal"),
            cases.user_record(tier="no"),
            "outside",
            id="S2-19 not in the stage",
        ),
        pytest.param(
            _users(stage="loyal"), cases.user_record(), "outside", id="S2-19 there is no stage"
        ),
    ],
)
def test_source_membership(sync: Sync, record: SourceRecord, where: str) -> None:
    chunk = split_source([record], cases.context(sync))
    sizes = {name: len(getattr(chunk, name)) for name in ("inside", "outside", "unclear")}
    assert sizes == {"inside": 0, "outside": 0, "unclear": 0, where: 1}


def test_correction_applies_before_conditions() -> None:
    """6-14: a corrected value counts like the source's own."""
    sync = _users(where=(VIP,), stages=STAGES)
    known = cases.context(
        sync, corrections={"7": (cases.correction("7", "tier", "vip"), cases.correction("7", ""))}
    )
    (inside,) = split_source([cases.user_record(tier="no")], known).inside
    assert (inside.fields["tier"], inside.fields["stages"]) == ("vip", ["loyal"])


@pytest.mark.parametrize(
    ("known", "active", "leaves"),
    [
        pytest.param({}, True, False, id="S2-53 has nothing of this sync"),
        pytest.param({"members": frozenset({"7"})}, True, True, id="S2-53 on its lists"),
        pytest.param({"tagged": frozenset({"7"})}, True, True, id="S2-53 carries its tag"),
        pytest.param({"paired": frozenset({"7"})}, True, False, id="S2-53 matched, not deleted"),
        pytest.param({"paired": frozenset({"7"})}, False, True, id="S2-53 matched and deleted"),
    ],
)
def test_leaving_records(known: dict[str, Any], active: bool, leaves: bool) -> None:
    record = cases.user_record(active=active)
    assert find_leaving([record], cases.context(_users(), **known)) == [record] * leaves


@pytest.mark.parametrize("has_stages", [False, True])
@pytest.mark.parametrize("has_correction", [False, True])
def test_record_without_address_keeps_its_hash(has_stages: bool, has_correction: bool) -> None:
    """A list's export tells the hash of an address alone: stages and corrections leave it."""
    record = replace(cases.profile_record("sid1", email=""), email_hash="0f" * 16, phone="123")
    sync = cases.lists_sync(stages=STAGES if has_stages else ())
    given = (cases.correction("sid1", "vars.tier", "gold"),) if has_correction else ()
    known = cases.context(sync, corrections={"sid1": given})
    (found,) = split_source([record], known).inside
    assert (found.email, found.email_hash, found.phone) == ("", "0f" * 16, "123")
    assert found.label == record.label


@pytest.mark.parametrize(
    ("field", "value", "part", "expected"),
    [
        ("email", " New@Example.com", "email", "new@example.com"),
        ("email", "New@example.com", "email_hash", hash_email("new@example.com")),
        ("email", None, "email_hash", hash_email("")),
        ("external_id", "E1", "external_id", "E1"),
        ("extid", "E1", "external_id", "E1"),
        ("phone", "+1 5", "phone", "+1 5"),
        ("vars.phone", "+1 5", "phone", "+1 5"),
    ],
)
def test_corrected_identifier_is_matched_by(
    field: str, value: str | None, part: str, expected: str
) -> None:
    record = cases.user_record().with_values({field: value})
    assert (record.fields[field], getattr(record, part)) == (value, expected)
