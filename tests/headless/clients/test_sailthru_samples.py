"""The Sailthru client over recorded answers: what is asked, and what is made of the answer."""

import json
from urllib.parse import parse_qsl

import pytest

from desktop.clients.sailthru.client import Endpoint
from desktop.clients.sailthru.job import JobStatus
from desktop.clients.sailthru.protocol import File
from desktop.kit.errors import AuthLost, BadInput, Forbidden, NotFound, ServiceTrouble
from desktop.model.optout import OptOut
from desktop.model.profile import Purchase
from tests.headless.clients.fakes import answer, sailthru_client, sample

SID = "57b4352f3f92a4254f3d5607"


def asked(query: tuple[tuple[str, str], ...]) -> object:
    return json.loads(dict(query)["json"])


def posted(body: bytes | None) -> object:
    assert body is not None
    return json.loads(dict(parse_qsl(body.decode()))["json"])


async def test_a_whole_profile_in_one_call() -> None:
    client, bench = sailthru_client(sample("sailthru", "user_full"))
    profile = await client.get_user(SID, key="sid")
    assert len(bench.sent) == 1
    request = bench.sent[0]
    assert (request.method, request.path, request.safe) == ("GET", "/user", True)
    assert asked(request.query) == {
        "id": SID,
        "key": "sid",
        "fields": {
            "activity": 1,
            "device": 1,
            "engagement": 1,
            "keys": 1,
            "lifetime": 1,
            "lists": 1,
            "optout_email": 1,
            "purchases": 10,
            "smart_lists": 1,
            "vars": 1,
        },
    }
    assert profile.sid == SID
    assert profile.email == "mara@example.com"
    assert profile.keys == {"sid": SID, "email": "mara@example.com", "extid": "C-1001"}
    assert profile.vars["ltv"] == 3039
    assert profile.vars["address"] == {"city": "Łódź"}
    assert profile.vars["gone"] is None
    assert profile.lists == {"Newsletter": 1471427887.0, "VIP": 1633218419.0}
    assert profile.smart_lists == ("zendesk-sync-smart",)
    assert profile.optout is OptOut.BASIC
    assert profile.engagement == "active"
    assert profile.activity == {"signup_time": 1471427887.0, "open_time": 1633218419.0}
    assert profile.lifetime["lifetime_purchase_price"] == 1299900.0
    assert profile.purchases == (Purchase(1633218419.0, 4990, 1),)
    assert profile.top_device == "iPhone"
    assert not bench.bad
    assert "affa92" not in repr(profile)


async def test_null_lists_are_no_lists() -> None:
    client, bench = sailthru_client(sample("sailthru", "user_bare"))
    profile = await client.get_user("sandro@example.com")
    assert "key" not in asked(bench.sent[0].query)  # type: ignore[operator]
    assert profile.lists == {}
    assert profile.smart_lists is None
    assert profile.optout is None
    assert not bench.bad


async def test_php_arrays_are_empty_maps() -> None:
    client, bench = sailthru_client(sample("sailthru", "user_empty_arrays"))
    profile = await client.get_user(SID, key="sid")
    assert (profile.vars, profile.lists, profile.smart_lists) == ({}, {}, ())
    assert profile.optout is OptOut.NONE
    assert not bench.bad


async def test_another_profile_than_asked_for_is_not_shown() -> None:
    client, _ = sailthru_client(sample("sailthru", "user_full"))
    with pytest.raises(ServiceTrouble):
        await client.get_user("0" * 24, key="sid")


async def test_a_profile_without_a_sid_is_of_no_use() -> None:
    client, _ = sailthru_client(answer({"keys": {"email": "a@b.example"}, "vars": {}}))
    with pytest.raises(ServiceTrouble):
        await client.get_user("a@b.example")


@pytest.mark.parametrize("name", ["user_not_found", "user_not_found_delete", "list_unknown"])
async def test_unknown(name: str) -> None:
    client, bench = sailthru_client(sample("sailthru", name))
    with pytest.raises(NotFound):
        await client.get_user("brian@mailinator.com")
    assert len(bench.sent) == 1


async def test_lists_in_both_spellings() -> None:
    client, bench = sailthru_client(sample("sailthru", "lists"))
    newsletter, smart = await client.list_lists()
    assert asked(bench.sent[0].query) == {}
    assert (newsletter.name, newsletter.smart, newsletter.count) == ("Newsletter", False, 1200)
    assert (smart.name, smart.smart, smart.count) == ("!! bar/foo", True, 0)
    client, _ = sailthru_client(sample("sailthru", "list_one"))
    one = await client.get_list("Test Group 1")
    assert (one.name, one.list_id, one.count) == ("Test Group 1", "61582f11", 1)


async def test_settings() -> None:
    client, _ = sailthru_client(sample("sailthru", "settings"))
    account = await client.settings()
    assert (account.account_id, account.timezone, account.predictions) == (
        "99999",
        "America/New_York",
        True,
    )


async def test_a_post_names_the_sid_and_keeps_the_opt_out_on_top() -> None:
    client, bench = sailthru_client(sample("sailthru", "user_ok"))
    await client.post_user(
        SID,
        optout=OptOut.ALL,
        lists={"Newsletter": False, "VIP": True},
        vars={"zendesk_health": "happy", "gone": None},
    )
    request = bench.sent[0]
    assert (request.method, request.safe) == ("POST", False)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert posted(request.body) == {
        "id": SID,
        "key": "sid",
        "optout_email": "all",
        "lists": {"Newsletter": 0, "VIP": 1},
        "vars": {"zendesk_health": "happy", "gone": None},
    }


async def test_create_names_an_address() -> None:
    client, bench = sailthru_client(sample("sailthru", "user_ok"))
    await client.create_user("new@example.com", vars={"source": "zendesk"}, lists={"A": True})
    assert posted(bench.sent[0].body) == {
        "id": "new@example.com",
        "key": "email",
        "lists": {"A": 1},
        "vars": {"source": "zendesk"},
    }


async def test_a_smart_list() -> None:
    client, bench = sailthru_client(answer({"list": "x", "type": "smart", "list_id": "1"}))
    query = {"criteria": ["match"], "field": ["zendesk_sync"], "value": [True]}
    await client.save_smart_list("zendesk-sync-smart", query)
    assert posted(bench.sent[0].body) == {
        "list": "zendesk-sync-smart",
        "type": "smart",
        "query": query,
    }


@pytest.mark.parametrize("value", [float("nan"), "\ud800", float("inf"), {"a": ["\udfff"]}])
async def test_what_is_not_json_is_not_sent(value: object) -> None:
    client, bench = sailthru_client(sample("sailthru", "user_ok"))
    with pytest.raises(BadInput):
        await client.post_user(SID, vars={"x": value})  # type: ignore[dict-item]
    assert not bench.sent


async def test_a_job_with_a_file() -> None:
    client, bench = sailthru_client(sample("sailthru", "job_pending"))
    job = await client.submit_job("update", {}, file=File('li"nes\r\n.json', b'{"id":"a"}\n'))
    assert (job.id, job.status) == ("635a04fa1628f53d490220d7", JobStatus.PENDING)
    request = bench.sent[0]
    kind, _, boundary = request.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert request.body is not None
    parts = request.body.split(f"--{boundary}".encode())
    assert len(parts) == 7
    assert parts[-1] == b"--\r\n"
    assert b'name="file"; filename="lines.json"' in parts[5]
    assert parts[5].endswith(b'\r\n\r\n{"id":"a"}\n\r\n')


async def test_a_finished_export() -> None:
    client, _ = sailthru_client(sample("sailthru", "job_export_done"))
    job = await client.get_job("591b635a04fa1628f53d4902")
    assert job.status is JobStatus.COMPLETED
    assert job.export_url == "https://s3.example/sailthru/export/2017/05/16/abc"
    assert "s3.example" not in repr(job)


async def test_a_strange_job_status_is_pending() -> None:
    client, _ = sailthru_client(answer({"job_id": "1", "status": "brewing"}))
    assert (await client.get_job("1")).status is JobStatus.PENDING


@pytest.mark.parametrize("endpoint", ["user", "list", "job", "settings"])
async def test_rights_are_probed_without_touching_anything(endpoint: Endpoint) -> None:
    for granted in ("user_not_found", "list_unknown", "bad_email"):
        client, bench = sailthru_client(sample("sailthru", granted))
        await client.probe(endpoint)
        assert [(r.method, r.path) for r in bench.sent] == [("GET", f"/{endpoint}")]
    client, _ = sailthru_client(sample("sailthru", "job_refused"))
    with pytest.raises(Forbidden):
        await client.probe(endpoint)
    client, _ = sailthru_client(sample("sailthru", "signature_wrong"))
    with pytest.raises(AuthLost):
        await client.probe(endpoint)


async def test_a_network_that_is_not_allowed_is_named() -> None:
    client, _ = sailthru_client(sample("sailthru", "ip_refused"))
    with pytest.raises(Forbidden) as caught:
        await client.settings()
    assert "network" in caught.value.title
    assert "203.0.113.7" in caught.value.message
