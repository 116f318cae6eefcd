"""What the services said, saved and read back whole; searched offline; forgotten in time."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.model.edit import EditKind, EditState, Intent, Service, Target
from desktop.model.optout import OptOut
from desktop.model.overlay import said, shown
from desktop.model.person import Identity, Organization, UserField, ZendeskPerson
from desktop.model.profile import Purchase, SailthruList, SailthruProfile
from desktop.model.query import recognise
from desktop.model.sheet import PartState, Sheet, TicketPage
from desktop.model.ticket import Ticket
from desktop.store.store import Store, open_store

SID = "5e9f3c1b2a4d6e8f00713401"
PROFILE = SailthruProfile(
    sid=SID,
    email="maria@lopez.example",
    keys={"sid": SID, "email": "maria@lopez.example", "extid": "shop-1182"},
    vars={"first_name": "Maria “M” \u202e", "n": 1.5, "deep": {"a": [1, None, True]}, "c": None},
    lists={"Newsletter": 1_700_000_000.0, "a=b": None, "!! bar/foo": 3.0},
    smart_lists=("zendesk-sync-smart",),
    optout=OptOut.BASIC,
    engagement="active",
    activity={"open_time": 1_700_000_001.5},
    lifetime={"lifetime_purchase_price": 12345.0},
    purchases=(Purchase(1.0, 8600, 2), Purchase(None, 0, 0)),
    top_device="iPhone",
    sms={"sms_marketing_status": "opt-in"},
)  # fmt: skip
PERSON = ZendeskPerson(
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
        Identity(1, "email", "maria@lopez.example", primary=True, verified=True),
        Identity(2, "email", "m.lopez@work.example"),
        Identity(3, "phone_number", "+15550134"),
    ),
    identities_read=True,
    suspended=True,
    verified=True,
    time_zone="Europe/Lisbon",
    locale="pt-PT",
    created_at=1.0,
    updated_at=2.0,
)
TICKET = Ticket(48213, "Too many emails", "open", None, PERSON.id, 1.0, 2.5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path)
    yield found
    found.close()


def look(store: Store, text: str) -> Sheet:
    return store.reader.sheet(recognise(text))


def fill(store: Store) -> None:
    store.mirror.save_profile(PROFILE, 10.0, asked="maria@lopez.example")
    store.mirror.save_person(PERSON, 11.0)
    store.mirror.save_tickets(PERSON.id, TicketPage((TICKET,), more=True), 12.0)
    store.mirror.save_lists((SailthruList("1", "Newsletter", smart=False, count=7),), 13.0)
    store.mirror.save_user_fields((UserField(1, "sync_to_sailthru", "Sync", "checkbox"),), 14.0)


def test_every_part_comes_back_as_it_was_with_its_age(store: Store) -> None:
    fill(store)
    sheet = look(store, "maria@lopez.example")
    assert (sheet.profile.value, sheet.profile.read_at) == (PROFILE, 10.0)
    assert (sheet.person.value, sheet.person.read_at) == (PERSON, 11.0)
    assert sheet.tickets.value == TicketPage((TICKET,), more=True)
    assert sheet.lists.value == (SailthruList("1", "Newsletter", smart=False, count=7),)
    assert sheet.fields.value == (UserField(1, "sync_to_sailthru", "Sync", "checkbox"),)
    assert sheet.profile.state is PartState.NOT_ASKED


def test_five_thousand_vars_come_back(store: Store) -> None:
    many = replace(PROFILE, vars={f"field_{n}": n if n % 3 else f"ß{n}" for n in range(5000)})
    store.mirror.save_profile(many, 1.0)
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
def test_a_kept_customer_is_found_by_whatever_is_typed(text: str, store: Store) -> None:
    fill(store)
    sheet = look(store, text)
    assert sheet.person.value == PERSON
    assert sheet.profile.value == PROFILE
    assert sheet.tickets.value is not None


@pytest.mark.parametrize("text", ["%", "_", "\\", "zzz", "id:5", "#1", str(10**30), "f" * 24, "'"])
def test_nobody_is_found_by_what_means_nothing(text: str, store: Store) -> None:
    fill(store)
    sheet = look(store, text)
    assert not sheet.found
    assert sheet.matches == ()


def test_several_kept_people_are_offered(store: Store) -> None:
    for number in range(3):
        store.mirror.save_person(ZendeskPerson(number + 1, "Alex Kim", f"a{number}@k.example"), 1.0)
    sheet = look(store, "alex")
    assert [m.query for m in sheet.matches] == ["id:1", "id:2", "id:3"]
    assert len(store.reader.names("alex", 2)) == 2


def test_that_there_is_none_is_kept_too(store: Store) -> None:
    store.mirror.save_no_profile("No@Body.example", 5.0)
    store.mirror.save_no_person("No@Body.example", 6.0)
    sheet = look(store, "no@body.example")
    assert (sheet.profile.state, sheet.profile.read_at) == (PartState.ABSENT, 5.0)
    assert (sheet.person.state, sheet.person.read_at) == (PartState.ABSENT, 6.0)


def test_a_chosen_profile_belongs_to_the_person(store: Store) -> None:
    fill(store)
    other = replace(PROFILE, sid="c" * 24, email="other@lopez.example", keys={})
    store.mirror.save_profile(other, 20.0)
    store.notes.save_link(PERSON.id, other.sid, "Ada", 1.0)
    sheet = look(store, f"id:{PERSON.id}")
    assert sheet.linked
    assert sheet.profile.value == other
    store.notes.remove_link(PERSON.id)
    assert look(store, f"id:{PERSON.id}").profile.value == PROFILE


def test_what_is_wanted_lies_over_what_was_said(store: Store) -> None:
    fill(store)
    target = Target(Service.SAILTHRU, SID, "maria@lopez.example")
    wish = Intent(EditKind.VAR, target, "city", None, "Porto", "r")
    store.outbox.enqueue([wish], "Ada", 1.0, [0.0])
    sheet = look(store, "maria@lopez.example")
    assert said(sheet, EditKind.VAR, "city") is None
    assert shown(sheet, EditKind.VAR, "city") == "Porto"
    edit = store.outbox.claim(2.0)
    assert edit is not None
    store.mirror.save_profile(replace(PROFILE, vars={"city": "Porto"}), 20.0)
    store.outbox.close(edit, 3.0, EditState.DONE, "")
    fresh = store.reader.refreshed(sheet)
    assert fresh.pending == ()
    assert shown(fresh, EditKind.VAR, "city") == "Porto"


def test_no_reader_ever_sees_the_old_value_come_back(store: Store) -> None:
    """At every moment between the wish and its end the sheet shows what is wanted."""
    fill(store)
    target = Target(Service.SAILTHRU, SID, "maria@lopez.example")
    store.outbox.enqueue([Intent(EditKind.VAR, target, "n", 1.5, 2, "r")], "A", 1.0, [0.0])
    steps = []
    edit = store.outbox.claim(2.0)
    assert edit is not None
    steps.append(shown(look(store, SID), EditKind.VAR, "n"))
    edit = store.outbox.mark_accepted(store.outbox.mark_sending(edit, 2.0), 2.0)
    steps.append(shown(look(store, SID), EditKind.VAR, "n"))
    store.mirror.save_profile(replace(PROFILE, vars={"n": 2}), 20.0)
    steps.append(shown(look(store, SID), EditKind.VAR, "n"))
    store.outbox.close(edit, 3.0, EditState.DONE, "")
    steps.append(shown(look(store, SID), EditKind.VAR, "n"))
    assert steps == [2, 2, 2, 2]


def test_a_profile_that_is_gone_is_forgotten(store: Store) -> None:
    fill(store)
    store.mirror.forget_profile(SID)
    sheet = look(store, "maria@lopez.example")
    assert sheet.profile.value is None
    assert sheet.person.value == PERSON


def test_details_read_earlier_stay_when_a_person_comes_without_them(store: Store) -> None:
    fill(store)
    alone = replace(PERSON, name="Maria L.", identities=(), identities_read=False)
    store.mirror.save_seen_person(replace(alone, organization=None), 30.0)
    kept = look(store, f"id:{PERSON.id}").person.value
    assert kept is not None
    assert (kept.name, kept.identities, kept.organization) == (
        "Maria L.", PERSON.identities, PERSON.organization,
    )  # fmt: skip


def test_customers_not_opened_for_long_are_forgotten(store: Store) -> None:
    fill(store)
    store.mirror.save_no_profile("no@body.example", 5.0)
    store.mirror.mark_opened(person=PERSON.id, sid=SID, at=100.0)
    assert store.mirror.purge(50.0) == 0
    assert look(store, SID).profile.value == PROFILE
    assert look(store, "no@body.example").profile.state is PartState.NOT_ASKED
    assert store.mirror.purge(200.0) == 2
    assert not look(store, "maria@lopez.example").found
    assert look(store, "#48213").ticket is None
    assert store.reader.kept_count() == 0


def test_a_body_of_another_version_counts_as_not_kept(store: Store) -> None:
    fill(store)
    store.said.write(lambda c: c.execute("UPDATE profile SET body = '{\"other\": 1}'"))
    sheet = look(store, "maria@lopez.example")
    assert sheet.profile.value is None
    assert sheet.person.value == PERSON


def test_erased_everything_is_gone_and_edits_stay(store: Store) -> None:
    fill(store)
    target = Target(Service.SAILTHRU, SID, "maria@lopez.example")
    store.outbox.enqueue([Intent(EditKind.MARK, target, "m", None, True)], "Ada", 1.0, [0.0])
    store.mirror.erase()
    assert store.reader.kept_count() == 0
    assert store.outbox.open_count() == 1
    assert b"Lopez" not in (store.said.path.read_bytes())


def test_drafts_survive_and_an_empty_one_is_forgotten(store: Store, tmp_path: Path) -> None:
    store.notes.save_draft("reason:1", "half a sen", 1.0)
    store.close()
    again = open_store(tmp_path)
    assert again.notes.draft("reason:1") == "half a sen"
    again.notes.save_draft("reason:1", "", 2.0)
    assert again.notes.draft("reason:1") == ""
    again.close()


def test_another_process_s_commit_is_noticed(store: Store, tmp_path: Path) -> None:
    before = store.version()
    other = open_store(tmp_path)
    other.notes.save_draft("k", "t", 1.0)
    other.mirror.mark_opened(person=1, sid=None, at=1.0)
    other.close()
    after = store.version()
    assert after[0] != before[0]
    assert after[1] != before[1]
