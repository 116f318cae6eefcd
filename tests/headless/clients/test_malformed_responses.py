"""Thousands of seeded bad answers: nothing crashes, nothing is dropped in silence (figure F8).

Two campaigns. Planted: known-bad values go into known places, and each must be counted, with
everything else kept. Wild: bytes and trees are broken at random, and only our errors may come.
"""

import copy
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from desktop.clients.field_parser import FieldParser
from desktop.clients.http_messages import HttpResponse
from desktop.clients.json_parsing import UNUSABLE_VALUE, InvalidJsonError, parse_json
from desktop.clients.sailthru import mail_to_model as sailthru_mail
from desktop.clients.sailthru import protocol as sailthru_protocol
from desktop.clients.sailthru import wire_to_model as sailthru
from desktop.clients.zendesk import protocol as zendesk_protocol
from desktop.clients.zendesk import wire_to_model as zendesk
from desktop.kit.errors import AppError
from tests.support.fake_transport import (
    NOW,
    SAMPLES,
    json_response,
    make_sailthru_client,
    make_zendesk_client,
)

# JSON texts that no field may take as they are.
NOT_A_NUMBER = ("NaN", "Infinity", "-Infinity", "1e400", "1" + "0" * 400, "9" * 5000)
LONE = (r'"\ud800"', r'"x\udfffy"')
RAW = '"@@raw:%s@@"'


def body_of(service: str, name: str) -> Any:
    return json.loads((SAMPLES / service / f"{name}.json").read_text())["body"]


def encoded(tree: object) -> bytes:
    """JSON text in which `@@raw:…@@` strings stand for themselves, unquoted."""
    text = json.dumps(tree)
    while '"@@raw:' in text:
        before, _, rest = text.partition('"@@raw:')
        raw, _, after = rest.partition('@@"')
        text = before + json.loads(f'"{raw}"') + after
    return text.encode("utf-8", "surrogatepass")


def raw(text: str) -> str:
    return f"@@raw:{text}@@"


def user_maker(document: Mapping[str, object], notes: FieldParser) -> object:
    return sailthru.parse_profile(document, notes)


# place → values that are bad there; each costs exactly one note.
PROFILE_PLACES: dict[tuple[str | int, ...], tuple[object, ...]] = {
    ("vars", "first_name"): tuple(map(raw, NOT_A_NUMBER + LONE)),
    ("vars", "address"): ({"city": raw("NaN")}, [raw(r'"\ud800"')], {"a": {"b": raw("1e999")}}),
    ("vars",): (17, "text", True, [1], raw("NaN")),
    ("lists", "Newsletter"): ("yesterday", {}, [], raw("NaN"), "x" * 5_000_000, raw(LONE[0])),
    ("lists",): ("text", 3, ["Newsletter"], raw("Infinity")),
    ("keys", "email"): (raw(LONE[0]), raw("NaN"), {}, ["a@b.example"], 1.5),
    ("optout_email",): ("sometimes", 7, {}, raw(LONE[1])),
    ("engagement",): (7, {}, [], raw("NaN")),
    ("activity", "open_time"): ("soon", {}, [], raw("1e400"), "Sat, 99 Oct 2021 16:46:59 -0700"),
    ("lifetime", "lifetime_open"): ("many", {}, [], True, raw("NaN"), raw("1" + "0" * 400)),
    ("device", "top_device_email"): (7, {}, raw(LONE[0])),
    ("purchases", 0, "price"): ("free", None, {}, True, raw("NaN"), 10.5),
    ("purchases", 0): (7, None, "x", []),
    ("purchases",): (7, "x", {"a": 1}),
    ("smart_lists", 0): (7, {}, raw(LONE[0])),
    ("smart_lists",): (7, "x"),
}

PERSON_PLACES: dict[tuple[str | int, ...], tuple[object, ...]] = {
    ("users", 0, "id"): (None, "x", -1, 0, 2**63, True, 1.5, raw("NaN"), raw("1" + "0" * 400)),
    ("users", 0): (None, 7, "x", []),
    ("users", 0, "name"): (7, {}, raw(LONE[0])),
    ("users", 0, "email"): (7, [], raw(LONE[1])),
    ("users", 0, "tags"): (7, "x", {"a": 1}),
    ("users", 0, "tags", 0): (7, {}, raw(LONE[0])),
    ("users", 0, "user_fields"): (7, "x", [1]),
    ("users", 0, "user_fields", "tier"): tuple(map(raw, NOT_A_NUMBER + LONE)),
    ("users", 0, "suspended"): ("yes", 7, {}, raw("NaN")),
    ("users", 0, "created_at"): (7, "soon", {}, "2026-13-45T00:00:00Z", raw(LONE[0])),
    ("users", 0, "organization_id"): ("x", -1, True, {}, raw("1e400")),
    ("identities", 0): (None, 7, "x", []),
    ("identities", 0, "id"): (None, "x", 0),
    ("identities", 0, "value"): (None, "", 7, {}, raw(LONE[0])),
    ("identities", 0, "user_id"): (None, "x", 0),
    ("organizations", 0, "id"): (None, "x", 0),
    ("organizations",): (7, "x"),
    ("identities",): (7, "x"),
}


def plant(tree: Any, place: tuple[str | int, ...], value: object) -> None:
    for step in place[:-1]:
        tree = tree[step]
    tree[place[-1]] = value


def read(protocol: Any, make: Callable[..., object], body: bytes) -> tuple[object, FieldParser]:
    notes = FieldParser()
    return make(protocol.parse_response(HttpResponse(200, {}, body), NOW), notes), notes


@pytest.mark.parametrize("place", PROFILE_PLACES, ids=lambda p: ".".join(map(str, p)))
def test_profile_bad_field_costs_one_note(place: tuple[str | int, ...]) -> None:
    good, _ = read(sailthru_protocol, user_maker, encoded(body_of("sailthru", "user_full")))
    for value in PROFILE_PLACES[place]:
        tree = body_of("sailthru", "user_full")
        plant(tree, place, value)
        found, notes = read(sailthru_protocol, user_maker, encoded(tree))
        assert len(notes.problems) == 1, (value, notes.problems)
        for attribute in vars(type(good)).get("__dataclass_fields__", {}):
            hit = {"optout_email": "optout", "device": "top_device"}.get(
                str(place[0]), str(place[0])
            )
            if attribute == "has_unknown_optout":
                # A level that cannot be read is said to be unknown, and is no level.
                assert getattr(found, attribute) is (hit == "optout")
            elif attribute not in (hit, "email"):
                assert getattr(found, attribute) == getattr(good, attribute)


@pytest.mark.parametrize("place", PERSON_PLACES, ids=lambda p: ".".join(map(str, p)))
def test_user_bad_field_costs_one_note(place: tuple[str | int, ...]) -> None:
    for value in PERSON_PLACES[place]:
        tree = body_of("zendesk", "search_one")
        plant(tree, place, value)
        _, notes = read(zendesk_protocol, zendesk.parse_users, encoded(tree))
        assert len(notes.problems) == 1, (value, notes.problems)


def test_ticket_pages_planted_bad_records_are_all_counted() -> None:
    """A thousand pages of a hundred tickets: kept + quarantined = sent, on every page."""
    chance = random.Random(20_261_121)
    template = body_of("zendesk", "tickets")["tickets"][0]
    bad_ids: tuple[object, ...] = (None, "x", -5, 0, True, 2**64, {}, [], raw("NaN"), raw("1e999"))
    bad_items: tuple[object, ...] = (None, 7, "x", [], True, raw("NaN"))
    planted = quarantined = 0
    for _ in range(1_000):
        tickets: list[object] = [{**template, "id": n} for n in range(1, 41)]
        spoiled = chance.sample(range(40), chance.randint(0, 8))
        for place in spoiled:
            kind = chance.randrange(3)
            if kind == 0:
                tickets[place] = chance.choice(bad_items)
            elif kind == 1:
                tickets[place] = {**template, "id": chance.choice(bad_ids)}
            else:
                tickets[place] = {**template, "id": 41}
        twins = max(0, sum(t == {**template, "id": 41} for t in tickets) - 1)
        expected = sum(
            not (isinstance(tickets[p], dict) and tickets[p]["id"] == 41)  # type: ignore[index]
            for p in spoiled
        )
        body = encoded({"tickets": tickets})
        notes = FieldParser()
        found = zendesk.parse_many(
            zendesk_protocol.parse_response(HttpResponse(200, {}, body), NOW),
            "tickets",
            zendesk.parse_ticket,
            notes,
        )
        assert len(found) + len(notes.problems) == 40
        assert len(notes.problems) == expected + twins
        planted += expected + twins
        quarantined += len(notes.problems)
    assert planted == quarantined > 1_000


MAKERS: dict[str, tuple[Any, Callable[..., object], str]] = {
    "sailthru/user_full": (sailthru_protocol, sailthru.parse_profile, "sailthru"),
    "sailthru/user_empty_arrays": (sailthru_protocol, sailthru.parse_profile, "sailthru"),
    "sailthru/lists": (sailthru_protocol, sailthru.parse_lists, "sailthru"),
    "sailthru/list_one": (sailthru_protocol, sailthru.parse_list, "sailthru"),
    "sailthru/settings": (sailthru_protocol, sailthru.parse_account, "sailthru"),
    "sailthru/job_export_done": (sailthru_protocol, sailthru.parse_job, "sailthru"),
    "sailthru/email_recent": (sailthru_protocol, sailthru_mail.parse_recent_mail, "sailthru"),
    "sailthru/send_one": (sailthru_protocol, sailthru_mail.parse_send, "sailthru"),
    "sailthru/blasts_sent": (sailthru_protocol, sailthru_mail.parse_campaigns, "sailthru"),
    "sailthru/user_not_found": (sailthru_protocol, sailthru.parse_profile, "sailthru"),
    "zendesk/search_one": (zendesk_protocol, zendesk.parse_users, "zendesk"),
    "zendesk/user_one": (zendesk_protocol, zendesk.parse_user_with_sideloads, "zendesk"),
    "zendesk/me": (zendesk_protocol, zendesk.parse_signed_in_user, "zendesk"),
    "zendesk/duplicate_value": (zendesk_protocol, zendesk.parse_users, "zendesk"),
    "zendesk/errors_list": (zendesk_protocol, zendesk.parse_users, "zendesk"),
}
STRANGE: tuple[object, ...] = (
    None,
    True,
    0,
    -1,
    2**63,
    10**30,
    1.5,
    "",
    "x",
    "\x00",
    "\U0001f600",
    "‮txt",
    "x" * 70_000,
    [],
    [[]],
    {},
    {"": None},
    {"id": None},
    [None] * 50,
    raw("NaN"),
    raw("-Infinity"),
    raw("1e400"),
    raw("-" + "9" * 4400),
    raw(r'"\ud83d"'),
    raw(r'{"a":1,"a":2,"\udc00":3}'),
    raw("[" * 300 + "]" * 300),
    raw("[" * 3000 + "]" * 3000),
)


def nodes(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in pairs:
        found.append((tree, key))
        if isinstance(value, dict | list):
            found += nodes(value)
    return found


def mutated(tree: Any, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        places = nodes(tree)
        if not places:
            break
        parent, key = chance.choice(places)
        action = chance.randrange(4)
        if action == 0:
            del parent[key]
        elif action == 1:
            parent[key] = [copy.deepcopy(parent[key]) for _ in range(chance.randint(1, 3))]
        elif action == 2:
            other, other_key = chance.choice(places)
            parent[key] = copy.deepcopy(other.get(other_key)) if isinstance(other, dict) else None
        else:
            parent[key] = copy.deepcopy(chance.choice(STRANGE))
    body = bytearray(encoded(tree))
    for _ in range(chance.choice((0, 0, 0, 1, 5))):
        at = chance.randrange(len(body))
        if chance.random() < 0.5:
            body[at] = chance.randrange(256)
        else:
            del body[at : at + chance.randint(1, 20)]
        if not body:
            break
    return bytes(body)


@pytest.mark.parametrize("name", MAKERS)
def test_random_responses_raise_only_app_errors(name: str) -> None:
    protocol, make, service = MAKERS[name]
    original = body_of(service, name.partition("/")[2])
    chance = random.Random(f"wild {name}")
    for _ in range(500):
        body = mutated(copy.deepcopy(original), chance)
        status = chance.choice((200, 200, 200, 400, 404, 422, 500))
        try:
            notes = FieldParser()
            value = make(protocol.parse_response(HttpResponse(status, {}, body), NOW), notes)
        except AppError as error:
            # A refusal, too, can be stored and shown.
            value = f"{error} {error.title}"
        # What was kept can be stored and shown.
        repr(value).encode()


def test_random_headers_raise_no_error() -> None:
    chance = random.Random("headers")
    names = (
        "x-rate-limit",
        "x-rate-limit-limit",
        "x-rate-limit-remaining",
        "x-rate-limit-reset",
        "ratelimit-reset",
        "retry-after",
        "date",
        "zendesk-ratelimit-x",
    )
    values = ("", "0", "-1", "1e400", "nan", "9" * 400, "x", "total=1; remaining=", "\x00", "٣")
    values += ("total=30; remaining=29; resets=60", "total=0;remaining=9;resets=-5", NOW_DATE)
    for _ in range(2_000):
        headers = {n: chance.choice(values) for n in names if chance.random() < 0.7}
        for protocol, read in (
            (sailthru_protocol, sailthru_protocol.read_endpoint_rate_limits),
            (zendesk_protocol, zendesk_protocol.read_account_rate_limits),
        ):
            for reading in read(ASKED, headers, NOW):
                assert reading.limit > 0
                assert reading.remaining >= 0
                assert reading.resets_in_s is None or 0 <= reading.resets_in_s <= 600
            assert 0 <= protocol.rate_limit_pause_s(headers, NOW) <= 3600


NOW_DATE = "Sat, 21 Nov 2026 10:42:15 GMT"
ASKED = zendesk_protocol.build_request("GET", "/x")


async def test_client_reports_omitted_fields() -> None:
    tree = body_of("sailthru", "user_full")
    tree["vars"]["first_name"] = raw("NaN")
    sailthru_one, bench = make_sailthru_client(HttpResponse(200, {}, encoded(tree)))
    profile = await sailthru_one.get_user("a@b.example")
    assert [(b.path, bool(b.reason)) for b in bench.field_notes] == [("vars.first_name", True)]
    assert "ltv" in profile.vars
    zendesk_one, bench = make_zendesk_client(json_response({"tickets": [{"id": "x"}]}))
    assert await zendesk_one.list_recent_tickets() == ()
    assert [b.path for b in bench.field_notes] == ["tickets[0].id"]


async def test_string_of_5_mb_is_parsed_in_thread_and_kept() -> None:
    tree = body_of("sailthru", "user_full")
    tree["vars"]["essay"] = "x" * 5_000_000
    client, _ = make_sailthru_client(json_response(tree))
    assert len(str((await client.get_user("a@b.example")).vars["essay"])) == 5_000_000


def test_field_almost_right_type_is_converted() -> None:
    notes = FieldParser()
    assert notes.integer("17", "x") == notes.integer(17.0, "x") == 17
    assert notes.number("1.5", "x") == 1.5
    assert notes.flag(1, "x")
    assert not notes.flag(0, "x", default=True)
    assert not notes.problems
    deep: list[object] = []
    for _ in range(5_000):
        deep = [deep]
    assert notes.json(deep, "deep") is None
    assert [b.reason for b in notes.problems] == ["nested too deeply"]


def test_user_field_definition_without_key_is_skipped() -> None:
    notes = FieldParser()
    listed = [{"id": 1}, {"id": 2, "key": 7}, 7, {"key": "a"}, {"id": 3, "key": "b"}]
    found = zendesk.parse_many(
        {"user_fields": listed}, "user_fields", zendesk.parse_user_field, notes
    )
    assert [f.key for f in found] == ["b"]
    assert len(notes.problems) == 4


async def test_list_without_name_is_skipped() -> None:
    client, bench = make_sailthru_client(
        json_response({"lists": [{"list_id": "1"}, 7, {"name": "a"}]})
    )
    assert [f.name for f in await client.list_lists()] == ["a"]
    assert len(bench.field_notes) == 2


def test_tolerant_reader_reads_or_notes() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": NaN, "b": 1}') == {"a": UNUSABLE_VALUE, "b": 1}
    assert parse_json(b'{"a": "tab\there"}') == {"a": "tab\there"}
    assert parse_json(b'{"a": "\xff"}') == {"a": "\udcff"}
    assert repr(UNUSABLE_VALUE) == "UNUSABLE"
    with pytest.raises(InvalidJsonError):
        parse_json(b'{"a": 1')
    with pytest.raises(InvalidJsonError):
        parse_json(b"[" * 200_000)
