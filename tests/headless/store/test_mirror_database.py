"""What the services said, saved and read back whole; searched offline; forgotten in time."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.model.customer_sheet import CustomerSheet, SheetPartState, TicketPage
from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import Purchase, SailthruList, SailthruProfile
from desktop.model.service import Service
from desktop.model.sheet_overlay import confirmed_value, displayed_value
from desktop.model.zendesk_ticket import ZendeskTicket
from desktop.model.zendesk_user import Organization, UserFieldDefinition, UserIdentity, ZendeskUser
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.support.fresh_store import open_fresh_store

SID = "5e9f3c1b2a4d6e8f00713401"
PROFILE = SailthruProfile(
    sid=SID,
    email="maria@lopez.example",
    keys={"sid": SID, "email": "maria@lopez.example", "extid": "shop-1182"},
    vars={"first_name": "Maria “M” \u202e", "n": 1.5, "deep": {"a": [1, None, True]}, "c": None},
    lists={"Newsletter": 1_700_000_000.0, "a=b": None, "!! bar/foo": 3.0},
    smart_lists=("zendesk-sync-smart",),
    optout=OptOutLevel.BASIC,
    engagement="active",
    activity={"open_time": 1_700_000_001.5},
    lifetime={"lifetime_purchase_price": 12345.0},
    purchases=(Purchase(1.0, 8600, 2), Purchase(None, 0, 0)),
    top_device="iPhone",
    sms={"sms_marketing_status": "opt-in"},
)  # fmt: skip
PERSON = ZendeskUser(
    id=2**53 + 1,
    name="Maria Lopez",
    email="Maria@Lopez.example",
    phone="+1 555 0134",
    external_id="shop-1182",
    organization=Organization(7001, "Lopez & Daughters"),
    organization_id=7001,
    tags=("vip", "lisbon"),
    user_fields={"sync_to_sailthru": True, "notes": None},
    identities=(
        UserIdentity(1, "email", "maria@lopez.example", primary=True, verified=True),
        UserIdentity(2, "email", "m.lopez@work.example"),
        UserIdentity(3, "phone_number", "+15550134"),
    ),
    identities_read=True,
    suspended=True,
    verified=True,
    time_zone="Europe/Lisbon",
    locale="pt-PT",
    created_at=1.0,
    updated_at=2.0,
)
TICKET = ZendeskTicket(48213, "Too many emails", "open", None, PERSON.id, 1.0, 2.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


def look(store: WorkspaceStore, text: str) -> CustomerSheet:
    return store.sheet_reader.read_sheet.blocking(parse_lookup_query(text))


def fill(store: WorkspaceStore) -> None:
    store.customer_cache.save_profile.blocking(PROFILE, 10.0, asked="maria@lopez.example")
    store.customer_cache.save_user.blocking(PERSON, 11.0)
    store.customer_cache.save_tickets.blocking(
        PERSON.id, TicketPage((TICKET,), has_more=True), 12.0
    )
    store.customer_cache.save_lists.blocking(
        (SailthruList("1", "Newsletter", smart=False, count=7),), 13.0
    )
    store.customer_cache.save_user_fields.blocking(
        (UserFieldDefinition(1, "sync_to_sailthru", "Sync", "checkbox"),), 14.0
    )


def test_mirror_parts_round_trip_with_age(store: WorkspaceStore) -> None:
    fill(store)
    sheet = look(store, "maria@lopez.example")
    assert (sheet.profile.value, sheet.profile.read_at) == (PROFILE, 10.0)
    assert (sheet.user.value, sheet.user.read_at) == (PERSON, 11.0)
    assert sheet.tickets.value == TicketPage((TICKET,), has_more=True)
    assert sheet.lists.value == (SailthruList("1", "Newsletter", smart=False, count=7),)
    assert sheet.user_fields.value == (
        UserFieldDefinition(1, "sync_to_sailthru", "Sync", "checkbox"),
    )
    assert sheet.profile.state is SheetPartState.NOT_ASKED


def test_mirror_profile_with_5000_vars_round_trips(store: WorkspaceStore) -> None:
    many = replace(PROFILE, vars={f"field_{n}": n if n % 3 else f"ß{n}" for n in range(5000)})
    store.customer_cache.save_profile.blocking(many, 1.0)
    assert look(store, SID).profile.value == many


@pytest.mark.parametrize(
    "text",
    [
        "maria@lopez.example", "M.LOPEZ@work.example", "#48213", "48213", SID.upper(),
        "ext:shop-1182",
        f"id:{2**53 + 1}", "maria lop", "LOPEZ", "https://acme.zendesk.com/agent/tickets/48213",
        "Maria <maria@lopez.example>", "fairlead://ticket/48213",
    ],
)  # fmt: skip
def test_mirror_customer_is_found_by_each_identifier(text: str, store: WorkspaceStore) -> None:
    fill(store)
    sheet = look(store, text)
    assert sheet.user.value == PERSON
    assert sheet.profile.value == PROFILE
    assert sheet.tickets.value is not None


@pytest.mark.parametrize("text", ["%", "_", "\\", "zzz", "id:5", "#1", str(10**30), "f" * 24, "'"])
def test_mirror_meaningless_query_finds_nobody(text: str, store: WorkspaceStore) -> None:
    fill(store)
    sheet = look(store, text)
    assert not sheet.is_found
    assert sheet.matches == ()


def test_mirror_several_matches_are_returned(store: WorkspaceStore) -> None:
    for number in range(3):
        store.customer_cache.save_user.blocking(
            ZendeskUser(number + 1, "Alex Kim", f"a{number}@k.example"), 1.0
        )
    sheet = look(store, "alex")
    assert [m.query for m in sheet.matches] == ["id:1", "id:2", "id:3"]
    assert len(store.sheet_reader.search_customers.blocking("alex", 2)) == 2


def test_mirror_absence_is_cached(store: WorkspaceStore) -> None:
    store.customer_cache.save_profile_absent.blocking("No@Body.example", 5.0)
    store.customer_cache.save_user_absent.blocking("No@Body.example", 6.0)
    sheet = look(store, "no@body.example")
    assert (sheet.profile.state, sheet.profile.read_at) == (SheetPartState.ABSENT, 5.0)
    assert (sheet.user.state, sheet.user.read_at) == (SheetPartState.ABSENT, 6.0)


def test_mirror_chosen_profile_belongs_to_user(store: WorkspaceStore) -> None:
    fill(store)
    other = replace(PROFILE, sid="c" * 24, email="other@lopez.example", keys={})
    store.customer_cache.save_profile.blocking(other, 20.0)
    store.drafts_and_links.save_link.blocking(PERSON.id, other.sid, "Ada", 1.0)
    sheet = look(store, f"id:{PERSON.id}")
    assert sheet.is_linked
    assert sheet.profile.value == other
    store.drafts_and_links.delete_link.blocking(PERSON.id)
    assert look(store, f"id:{PERSON.id}").profile.value == PROFILE


def test_mirror_overlay_shows_pending_edit(store: WorkspaceStore) -> None:
    fill(store)
    target = EditTarget(Service.SAILTHRU, SID, "maria@lopez.example")
    wish = EditRequest(EditKind.VAR, target, "city", None, "Porto", "r")
    store.outbox.enqueue.blocking([wish], "Ada", 1.0, [0.0])
    sheet = look(store, "maria@lopez.example")
    assert confirmed_value(sheet, EditKind.VAR, "city") is None
    assert displayed_value(sheet, EditKind.VAR, "city") == "Porto"
    edit = store.outbox.claims.claim.blocking(2.0)
    assert edit is not None
    store.customer_cache.save_profile.blocking(replace(PROFILE, vars={"city": "Porto"}), 20.0)
    store.outbox.claims.close(edit, 3.0, EditState.DONE, "")
    fresh = store.sheet_reader.refresh_sheet.blocking(sheet)
    assert fresh.pending_edits == ()
    assert displayed_value(fresh, EditKind.VAR, "city") == "Porto"


def test_mirror_reader_never_sees_old_value_again(store: WorkspaceStore) -> None:
    """At every moment between the wish and its end the sheet shows what is wanted."""
    fill(store)
    target = EditTarget(Service.SAILTHRU, SID, "maria@lopez.example")
    store.outbox.enqueue.blocking(
        [EditRequest(EditKind.VAR, target, "n", 1.5, 2, "r")], "A", 1.0, [0.0]
    )
    steps = []
    edit = store.outbox.claims.claim.blocking(2.0)
    assert edit is not None
    steps.append(displayed_value(look(store, SID), EditKind.VAR, "n"))
    edit = store.outbox.claims.mark_accepted.blocking(
        store.outbox.claims.mark_sending.blocking(edit, 2.0), 2.0
    )
    steps.append(displayed_value(look(store, SID), EditKind.VAR, "n"))
    store.customer_cache.save_profile.blocking(replace(PROFILE, vars={"n": 2}), 20.0)
    steps.append(displayed_value(look(store, SID), EditKind.VAR, "n"))
    store.outbox.claims.close(edit, 3.0, EditState.DONE, "")
    steps.append(displayed_value(look(store, SID), EditKind.VAR, "n"))
    assert steps == [2, 2, 2, 2]


def test_mirror_deleted_profile_is_removed(store: WorkspaceStore) -> None:
    fill(store)
    store.customer_cache.delete_profile.blocking(SID)
    sheet = look(store, "maria@lopez.example")
    assert sheet.profile.value is None
    assert sheet.user.value == PERSON


def test_mirror_user_without_details_keeps_earlier_details(store: WorkspaceStore) -> None:
    fill(store)
    alone = replace(PERSON, name="Maria L.", identities=(), identities_read=False)
    store.customer_cache.save_user_keeping_identities.blocking(
        replace(alone, organization=None), 30.0
    )
    kept = look(store, f"id:{PERSON.id}").user.value
    assert kept is not None
    assert (kept.name, kept.identities, kept.organization) == (
        "Maria L.", PERSON.identities, PERSON.organization,
    )  # fmt: skip


def test_mirror_tells_which_customers_were_opened(store: WorkspaceStore) -> None:
    fill(store)
    asked = [str(PERSON.id), SID, "12345", "no@body.example"]
    assert store.sheet_reader.list_opened_ids.blocking(asked) == frozenset()
    store.customer_cache.mark_opened.blocking(person=PERSON.id, sid=SID, at=100.0)
    assert store.sheet_reader.list_opened_ids.blocking(asked) == {str(PERSON.id), SID}
    store.customer_cache.delete_not_opened_since.blocking(200.0)
    assert store.sheet_reader.list_opened_ids.blocking(asked) == frozenset()


def test_mirror_customers_not_opened_are_removed_after_retention(store: WorkspaceStore) -> None:
    fill(store)
    store.customer_cache.save_profile_absent.blocking("no@body.example", 5.0)
    store.customer_cache.mark_opened.blocking(person=PERSON.id, sid=SID, at=100.0)
    assert store.customer_cache.delete_not_opened_since.blocking(50.0) == 0
    assert look(store, SID).profile.value == PROFILE
    assert look(store, "no@body.example").profile.state is SheetPartState.NOT_ASKED
    assert store.customer_cache.delete_not_opened_since.blocking(200.0) == 2
    assert not look(store, "maria@lopez.example").is_found
    assert look(store, "#48213").ticket is None
    assert store.sheet_reader.count_customers.blocking() == 0


def test_mirror_customer_is_counted_once_whatever_the_case_of_the_address(
    store: WorkspaceStore,
) -> None:
    store.customer_cache.save_user.blocking(PERSON, 1.0)
    loud = replace(PROFILE, email="Maria@LOPEZ.example")
    store.customer_cache.save_profile.blocking(loud, 1.0)
    assert store.sheet_reader.count_customers.blocking() == 1
    assert store.customer_cache.count_not_opened_since.blocking(9.0) == 1


def test_mirror_body_of_other_version_is_ignored(store: WorkspaceStore) -> None:
    fill(store)
    store.mirror_db.write(lambda c: c.execute("UPDATE cached_profile SET body = '{\"other\": 1}'"))
    sheet = look(store, "maria@lopez.example")
    assert sheet.profile.value is None
    assert sheet.user.value == PERSON


def test_mirror_erase_keeps_edits(store: WorkspaceStore) -> None:
    fill(store)
    target = EditTarget(Service.SAILTHRU, SID, "maria@lopez.example")
    store.outbox.enqueue.blocking(
        [EditRequest(EditKind.SYNC_MARK, target, "m", None, True)], "Ada", 1.0, [0.0]
    )
    store.customer_cache.erase_all.blocking()
    assert store.sheet_reader.count_customers.blocking() == 0
    assert store.outbox.count_open.blocking() == 1
    assert b"Lopez" not in (store.mirror_db.path.read_bytes())


def test_draft_survives_and_empty_draft_is_deleted(store: WorkspaceStore, tmp_path: Path) -> None:
    store.drafts_and_links.save_draft.blocking("reason:1", "half a sen", 1.0)
    store.close()
    again = open_store(tmp_path)
    assert again.drafts_and_links.get_draft.blocking("reason:1") == "half a sen"
    again.drafts_and_links.save_draft.blocking("reason:1", "", 2.0)
    assert again.drafts_and_links.get_draft.blocking("reason:1") == ""
    again.close()


def test_database_change_by_other_process_is_noticed(store: WorkspaceStore, tmp_path: Path) -> None:
    before = store.data_versions()
    other = open_store(tmp_path)
    other.drafts_and_links.save_draft.blocking("k", "t", 1.0)
    other.customer_cache.mark_opened.blocking(person=1, sid=None, at=1.0)
    other.close()
    after = store.data_versions()
    assert after[0] != before[0]
    assert after[1] != before[1]
