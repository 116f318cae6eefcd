"""What a preview's row of a sync with Zendesk Sell offers to correct, to pick and to match."""

import pytest

from desktop.model.sell_record import SellContact
from desktop.model.sell_validation import ADDRESS_CAUSE, NAME_CAUSE, STATUS_CAUSE
from desktop.model.sync import Sync
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.sync.pipeline.eligibility import UNMATCHED_DELETION_CAUSE
from desktop.sync.pipeline.shared_address import SHARED_ADDRESS_CAUSE
from desktop.sync.sync_presets import (
    SAILTHRU_TO_SELL_CONTACTS,
    SELL_CONTACTS_TO_SAILTHRU,
    PresetNames,
    build_preset,
)
from desktop.viewmodels.syncs.plan_row_view import (
    PlanRowDetail,
    build_plan_row_detail,
    build_plan_row_view,
)

NAMES = PresetNames("box", "smart", "mark", "high", has_sell=True)
TO_SAILTHRU = build_preset(SELL_CONTACTS_TO_SAILTHRU, NAMES)
TO_SELL = build_preset(SAILTHRU_TO_SELL_CONTACTS, NAMES)
NOW = 1_800_000_000.0


def detail(sync: Sync, **parts: object) -> PlanRowDetail:
    wanted = {"fate": PlannedOutcome.CORRECTION, "source_id": "contact-7", "target_id": ""}
    row = PlanRow(1, label="a@b.example", **{**wanted, **parts})  # type: ignore[arg-type]
    view = build_plan_row_view(row, sync, NOW, {})
    people = (SellContact(7, "Dana", "Okafor"), SellContact(8, "Daniel", "Okafor"))
    asked = people if row.cause == SHARED_ADDRESS_CAUSE else ()
    return build_plan_row_detail(view, row, sync, NOW, may=True, candidates=asked)


@pytest.mark.parametrize(
    ("sync", "cause", "why", "first"),
    [
        (TO_SAILTHRU, NAME_CAUSE, "no last name (Cher): …", "last_name"),
        (TO_SAILTHRU, NAME_CAUSE, "no first name (Plato): …", "first_name"),
        (TO_SELL, NAME_CAUSE, "no last name (Cher): …", "vars.last_name"),
        (TO_SAILTHRU, STATUS_CAUSE, "", "customer_status"),
        (TO_SELL, STATUS_CAUSE, "", "vars.sell_customer_status"),
        (TO_SAILTHRU, ADDRESS_CAUSE, "", "billing_address.line1"),
        (TO_SAILTHRU, "several match", "", "email"),
    ],
)
def test_sell_row_offers_first_what_is_missing(
    sync: Sync, cause: str, why: str, first: str
) -> None:
    assert detail(sync, cause=cause, why=why).corrections[0][0] == first


def test_sell_row_offers_its_matches_side_by_side() -> None:
    found = detail(TO_SAILTHRU, cause=SHARED_ADDRESS_CAUSE).matches
    assert [(one.record_id, one.title) for one in found] == [
        ("contact-7", "Dana Okafor"),
        ("contact-8", "Daniel Okafor"),
    ]
    (gone,) = detail(TO_SAILTHRU, cause=UNMATCHED_DELETION_CAUSE, target_id="sid1").matches
    assert (gone.record_id, gone.button) == ("sid1", "It was theirs")
    assert detail(TO_SAILTHRU, cause=UNMATCHED_DELETION_CAUSE).matches == ()


@pytest.mark.parametrize("sync", [TO_SAILTHRU, TO_SELL])
def test_sell_conflict_has_sell_and_sailthru_as_its_sides(sync: Sync) -> None:
    change = FieldChange("phone", "1", "2", applies=False, conflict=True)
    (line,) = detail(sync, fate=PlannedOutcome.CONFLICT, changes=(change,)).row_view.field_changes
    assert [side.side for side in line.sides] == ["sell", "sailthru"]
