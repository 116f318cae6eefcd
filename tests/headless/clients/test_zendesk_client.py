"""The Zendesk client over recorded answers: what is asked, and what is made of the answer."""

import base64
import json

import pytest

from desktop.kit.errors import (
    AuthenticationError,
    InvalidInput,
    NotFound,
    ServiceError,
    ValuesRejected,
)
from desktop.model.zendesk_user import Organization, UserIdentity
from tests.support.fake_transport import json_response, make_zendesk_client, recorded_response

INCLUDED = ("include", "identities,organizations")


async def test_current_user_is_read() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "me"))
    me = await client.me()
    assert (me.id, me.role, me.email) == (5, "agent", "ana@acme.example")
    sent = bench.sent[0]
    expected = base64.b64encode(b"ana@acme.example/token:token-canary").decode()
    assert sent.headers["Authorization"] == f"Basic {expected}"
    assert expected not in repr(sent)


async def test_current_user_anonymous_is_none() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "me_anonymous"))
    with pytest.raises(AuthenticationError):
        await client.me()
    assert bench.states[-1].status.value == "signed_out"


async def test_user_with_identities_and_organization_in_one_call() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "search_one"))
    (mara,) = await client.find_by_email("Mara.Lind@work.example")
    assert len(bench.sent) == 1
    assert bench.sent[0].query == (
        ("query", 'email:"mara.lind@work.example"'),
        INCLUDED,
        ("per_page", "100"),
    )
    assert mara.emails == ("mara@example.com", "mara.lind@work.example")
    assert mara.identities_read
    assert mara.organization == Organization(77, "Acme GmbH")
    assert mara.tags == ("vip", "sailthru_highvalue")
    assert mara.user_fields == {"sync_to_sailthru": True, "tier": None}
    assert mara.created_at == 1614834367.0
    assert mara.identities[0] == UserIdentity(1, "email", "mara@example.com", True, True)
    assert not bench.field_notes


async def test_user_search_similar_address_is_omitted() -> None:
    client, _ = make_zendesk_client(recorded_response("zendesk", "search_one"))
    assert await client.find_by_email("ara@example.com") == ()


async def test_user_search_without_sideloads_reads_identities() -> None:
    client, bench = make_zendesk_client(
        recorded_response("zendesk", "search_plain"), recorded_response("zendesk", "identities")
    )
    found = await client.find_by_email("mara@example.com")
    assert [p.id for p in found] == [901, 902]
    assert [r.path for r in bench.sent[1:]] == ["/api/v2/users/902/identities"]


async def test_phone_is_normalised() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "search_one"))
    (mara,) = await client.find_by_phone("+49 30 901820")
    assert mara.id == 901
    assert [dict(r.query)["query"] for r in bench.sent] == ["phone:*0901820"]
    assert await client.find_by_phone("030 901820")
    assert await client.find_by_phone("+49 30 901821") == ()


async def test_external_id_match_ignores_case_only() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "search_one"))
    assert len(await client.find_by_external_id("c-1001")) == 1
    assert bench.sent[0].query[0] == ("external_id", "c-1001")
    assert await client.find_by_external_id("c-100") == ()


async def test_name_without_letters_sends_no_request() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "search_one"))
    assert await client.find_by_name('":*') == ()
    assert not bench.sent
    assert len(await client.find_by_name("mara li")) == 1
    assert dict(bench.sent[0].query)["query"] == "mara li*"


async def test_show_user_is_read() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "user_one"))
    mara = await client.show_user(901)
    assert (bench.sent[0].path, bench.sent[0].query) == ("/api/v2/users/901", (INCLUDED,))
    assert len(mara.identities) == 3
    with pytest.raises(ServiceError):
        await client.show_user(902)


async def test_show_users_empty_ids_send_no_request() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "search_plain"))
    assert await client.show_users([]) == ()
    assert not bench.sent
    assert [p.id for p in await client.show_users([902, 903])] == [902]


async def test_show_users_asks_for_a_hundred_in_a_call() -> None:
    answer = recorded_response("zendesk", "search_plain")
    client, bench = make_zendesk_client(answer, answer, answer)
    assert [p.id for p in await client.show_users([902, *range(1, 250), 902])] == [902]
    asked = [dict(request.query)["ids"].split(",") for request in bench.sent]
    assert [len(ids) for ids in asked] == [100, 100, 50]


async def test_tickets_are_read() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "tickets"))
    page = await client.list_requested_tickets(901)
    assert bench.sent[0].path == "/api/v2/users/901/tickets/requested"
    assert bench.sent[0].query == (("page[size]", "100"), ("sort", "-updated_at"))
    assert page.has_more
    first = page.tickets[0]
    assert (first.id, first.status, first.priority, first.requester_id) == (
        48213,
        "open",
        "high",
        901,
    )
    assert first.updated_at == 1795251600.0
    client, _ = make_zendesk_client(recorded_response("zendesk", "ticket"))
    assert (await client.show_ticket(48213)).subject == "Where is my parcel?"
    client, _ = make_zendesk_client(recorded_response("zendesk", "recent"))
    assert [t.id for t in await client.list_recent_tickets()] == [48213]


async def test_user_fields_two_pages_are_read() -> None:
    client, bench = make_zendesk_client(
        recorded_response("zendesk", "fields_1"), recorded_response("zendesk", "fields_2")
    )
    assert [f.key for f in await client.list_user_fields()] == [
        "sync_to_sailthru",
        "tier",
        "region",
    ]
    assert bench.sent[1].query == (("page[size]", "100"), ("page[after]", "c1"))


async def test_organization_is_read() -> None:
    client, _ = make_zendesk_client(recorded_response("zendesk", "organization"))
    assert await client.show_organization(77) == Organization(77, "Acme GmbH")


async def test_user_update_sends_changed_fields_only() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "user_one"))
    await client.update_user(901, user_fields={"sync_to_sailthru": False})
    sent = bench.sent[0]
    assert (sent.method, sent.path, sent.is_idempotent) == ("PUT", "/api/v2/users/901", False)
    assert json.loads(sent.body or b"") == {"user": {"user_fields": {"sync_to_sailthru": False}}}
    assert sent.headers["Content-Type"] == "application/json"
    with pytest.raises(InvalidInput):
        await client.update_user(901, notes="\ud800")


async def test_user_tags_are_written() -> None:
    client, bench = make_zendesk_client(recorded_response("zendesk", "tags"))
    assert await client.add_tags(901, ["vip"]) == ("vip", "sailthru_highvalue")
    await client.remove_tags(901, ["vip"])
    assert [(r.method, r.path, r.is_idempotent) for r in bench.sent] == [
        ("PUT", "/api/v2/users/901/tags", False),
        ("DELETE", "/api/v2/users/901/tags", False),
    ]
    assert json.loads(bench.sent[1].body or b"") == {"tags": ["vip"]}


async def test_user_field_is_created() -> None:
    field = {"id": 9, "key": "sync_to_sailthru", "title": "Sync", "type": "checkbox"}
    client, bench = make_zendesk_client(json_response({"user_field": field}, 201))
    made = await client.create_user_field("sync_to_sailthru", "Sync to Sailthru")
    assert (made.id, made.active) == (9, True)
    assert json.loads(bench.sent[0].body or b"")["user_field"]["type"] == "checkbox"


async def test_error_four_shapes_are_parsed() -> None:
    for name, kind, words in [
        ("record_not_found", NotFound, "Not found"),
        ("endpoint_unknown", NotFound, "Not found"),
        ("errors_list", ValuesRejected, "sort is not valid"),
        ("not_signed_in", AuthenticationError, "Couldn't authenticate you"),
        ("token_invalid", AuthenticationError, "The access token provided is expired"),
    ]:
        client, _ = make_zendesk_client(recorded_response("zendesk", name))
        with pytest.raises(kind) as caught:
            await client.show_user(1)
        assert words in caught.value.message  # type: ignore[attr-defined]


async def test_validation_error_names_field() -> None:
    client, _ = make_zendesk_client(recorded_response("zendesk", "duplicate_value"))
    with pytest.raises(ValuesRejected) as caught:
        await client.update_user(901, email="a@b.example")
    assert caught.value.fields["base"] == "Too bad"
    assert "already being used" in caught.value.fields["email"]
    assert "already being used" in caught.value.message


@pytest.mark.parametrize("token", ["new\nline", "tökén", "bell\x07"])
async def test_token_invalid_as_header_is_refused_before_sending(token: str) -> None:
    class Bearer:
        async def authorization_header(self) -> str:
            return f"Bearer {token}"

        async def refresh(self) -> bool:
            return False

    client, bench = make_zendesk_client(recorded_response("zendesk", "me"), credentials=Bearer())
    with pytest.raises(InvalidInput):
        await client.me()
    assert not bench.sent
