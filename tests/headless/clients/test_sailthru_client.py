"""The Sailthru client over recorded answers: what is asked, and what is made of the answer."""

import json
from urllib.parse import parse_qsl

import pytest

from desktop.clients.sailthru.client import SailthruEndpoint
from desktop.clients.sailthru.job_status import SailthruJobStatus
from desktop.clients.sailthru.protocol import UploadFile
from desktop.kit.errors import AuthenticationError, Forbidden, InvalidInput, NotFound, ServiceError
from desktop.model.mail_trail import RecentMail, SentCampaign, SentMail
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import Purchase
from tests.support.fake_transport import json_response, make_sailthru_client, recorded_response

SID = "57b4352f3f92a4254f3d5607"


def asked(query: tuple[tuple[str, str], ...]) -> object:
    return json.loads(dict(query)["json"])


def posted(body: bytes | None) -> object:
    assert body is not None
    return json.loads(dict(parse_qsl(body.decode()))["json"])


async def test_profile_is_read_in_one_call() -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "user_full"))
    profile = await client.get_user(SID, key="sid")
    assert len(bench.sent) == 1
    request = bench.sent[0]
    assert (request.method, request.path, request.is_idempotent) == ("GET", "/user", True)
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
    assert profile.optout is OptOutLevel.BASIC
    assert profile.engagement == "active"
    assert profile.activity == {"signup_time": 1471427887.0, "open_time": 1633218419.0}
    assert profile.lifetime["lifetime_purchase_price"] == 1299900.0
    assert profile.purchases == (Purchase(1633218419.0, 4990, 1),)
    assert profile.top_device == "iPhone"
    assert not bench.field_notes
    assert "affa92" not in repr(profile)


async def test_profile_null_lists_are_empty() -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "user_bare"))
    profile = await client.get_user("sandro@example.com")
    assert "key" not in asked(bench.sent[0].query)  # type: ignore[operator]
    assert profile.lists == {}
    assert profile.smart_lists is None
    assert profile.optout is None
    assert not bench.field_notes


async def test_profile_php_empty_arrays_are_empty_maps() -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "user_empty_arrays"))
    profile = await client.get_user(SID, key="sid")
    assert (profile.vars, profile.lists, profile.smart_lists) == ({}, {}, ())
    assert profile.optout is OptOutLevel.NONE
    assert not bench.field_notes


async def test_profile_with_other_id_is_rejected() -> None:
    client, _ = make_sailthru_client(recorded_response("sailthru", "user_full"))
    with pytest.raises(ServiceError):
        await client.get_user("0" * 24, key="sid")


async def test_profile_without_sid_is_rejected() -> None:
    client, _ = make_sailthru_client(json_response({"keys": {"email": "a@b.example"}, "vars": {}}))
    with pytest.raises(ServiceError):
        await client.get_user("a@b.example")


@pytest.mark.parametrize("name", ["user_not_found", "user_not_found_delete", "list_unknown"])
async def test_profile_unknown_is_none(name: str) -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", name))
    with pytest.raises(NotFound):
        await client.get_user("brian@mailinator.com")
    assert len(bench.sent) == 1


async def test_list_response_both_spellings_are_read() -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "lists"))
    newsletter, smart = await client.list_lists()
    assert asked(bench.sent[0].query) == {}
    assert (newsletter.name, newsletter.smart, newsletter.count) == ("Newsletter", False, 1200)
    assert (smart.name, smart.smart, smart.count) == ("!! bar/foo", True, 0)


async def test_settings_are_read() -> None:
    client, _ = make_sailthru_client(recorded_response("sailthru", "settings"))
    account = await client.get_account()
    assert (account.account_id, account.timezone, account.predictions) == (
        "99999",
        "America/New_York",
        True,
    )


async def test_profile_post_names_sid_and_top_level_optout() -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "user_ok"))
    await client.post_user(
        SID,
        optout=OptOutLevel.ALL,
        lists={"Newsletter": False, "VIP": True},
        vars={"zendesk_health": "happy", "gone": None},
    )
    request = bench.sent[0]
    assert (request.method, request.is_idempotent) == ("POST", False)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert posted(request.body) == {
        "id": SID,
        "key": "sid",
        "optout_email": "all",
        "lists": {"Newsletter": 0, "VIP": 1},
        "vars": {"zendesk_health": "happy", "gone": None},
    }


async def test_profile_create_names_email() -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "user_ok"))
    await client.create_user("new@example.com", vars={"source": "zendesk"}, lists={"A": True})
    assert posted(bench.sent[0].body) == {
        "id": "new@example.com",
        "key": "email",
        "lists": {"A": 1},
        "vars": {"source": "zendesk"},
    }


async def test_smart_list_is_recognised() -> None:
    client, bench = make_sailthru_client(
        json_response({"list": "x", "type": "smart", "list_id": "1"})
    )
    query = {"criteria": ["match"], "field": ["zendesk_sync"], "value": [True]}
    await client.save_smart_list("zendesk-sync-smart", query)
    assert posted(bench.sent[0].body) == {
        "list": "zendesk-sync-smart",
        "type": "smart",
        "query": query,
    }


@pytest.mark.parametrize("value", [float("nan"), "\ud800", float("inf"), {"a": ["\udfff"]}])
async def test_profile_post_with_non_json_value_is_refused(value: object) -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "user_ok"))
    with pytest.raises(InvalidInput):
        await client.post_user(SID, vars={"x": value})  # type: ignore[dict-item]
    assert not bench.sent


async def test_update_job_sends_file() -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "job_pending"))
    job = await client.submit_job("update", {}, file=UploadFile('li"nes\r\n.json', b'{"id":"a"}\n'))
    assert (job.id, job.status) == ("635a04fa1628f53d490220d7", SailthruJobStatus.PENDING)
    request = bench.sent[0]
    kind, _, boundary = request.headers["Content-Type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert request.body is not None
    parts = request.body.split(f"--{boundary}".encode())
    assert len(parts) == 7
    assert parts[-1] == b"--\r\n"
    assert b'name="file"; filename="lines.json"' in parts[5]
    assert parts[5].endswith(b'\r\n\r\n{"id":"a"}\n\r\n')


async def test_export_job_finished_has_url() -> None:
    client, _ = make_sailthru_client(recorded_response("sailthru", "job_export_done"))
    job = await client.get_job("591b635a04fa1628f53d4902")
    assert job.status is SailthruJobStatus.COMPLETED
    assert job.export_url == "https://s3.example/sailthru/export/2017/05/16/abc"
    assert "s3.example" not in repr(job)


async def test_job_of_unknown_status_has_ended_and_may_still_write() -> None:
    client, _ = make_sailthru_client(json_response({"job_id": "1", "status": "brewing"}))
    job = await client.get_job("1")
    assert job.status is SailthruJobStatus.UNKNOWN
    assert (job.has_ended, job.may_still_write) == (True, True)


@pytest.mark.parametrize("endpoint", ["user", "list", "job", "settings"])
async def test_permissions_are_probed_without_writing(endpoint: SailthruEndpoint) -> None:
    for granted in ("user_not_found", "list_unknown", "bad_email"):
        client, bench = make_sailthru_client(recorded_response("sailthru", granted))
        await client.probe_endpoint(endpoint)
        assert [(r.method, r.path) for r in bench.sent] == [("GET", f"/{endpoint}")]
    client, _ = make_sailthru_client(recorded_response("sailthru", "job_refused"))
    with pytest.raises(Forbidden):
        await client.probe_endpoint(endpoint)
    client, _ = make_sailthru_client(recorded_response("sailthru", "signature_wrong"))
    with pytest.raises(AuthenticationError):
        await client.probe_endpoint(endpoint)


async def test_ip_not_allowed_is_reported() -> None:
    client, _ = make_sailthru_client(recorded_response("sailthru", "ip_refused"))
    with pytest.raises(Forbidden) as caught:
        await client.get_account()
    assert "network" in caught.value.title
    assert "203.0.113.7" in caught.value.message


async def test_recent_mail_is_read_as_records_or_as_ids() -> None:
    client, bench = make_sailthru_client(recorded_response("sailthru", "email_recent"))
    found = await client.get_recent_mail("mara@example.com")
    assert asked(bench.sent[0].query) == {
        "email": "mara@example.com", "recent_sends": 10, "recent_blasts": 10,
    }  # fmt: skip
    assert found == RecentMail(
        (
            SentMail("TT1ClGdj2bRHAAP6", ""),
            SentMail("TT1ClGdj2bRHAAP7", "Order shipped", 1795275735.0, "softbounce"),
        ),
        (
            SentMail("18516501", "", is_campaign=True),
            SentMail("18516502", "VIP evening", 1795189335.0, is_campaign=True),
        ),
        is_hard_bounced=False,
        refused_templates=("Password reset",),
    )
    assert not bench.field_notes


async def test_recent_mail_that_sailthru_leaves_out_is_untold_and_not_empty() -> None:
    client, _ = make_sailthru_client(
        json_response({"email": "a@b.example", "hardbounce": 1, "templates": []}),
        json_response({"email": "a@b.example", "recent_sends": [], "recent_blasts": []}),
    )
    untold = await client.get_recent_mail("a@b.example")
    assert (untold.sends, untold.campaigns, untold.is_hard_bounced) == (None, None, True)
    none = await client.get_recent_mail("a@b.example")
    assert (none.sends, none.campaigns) == ((), ())


async def test_sends_and_sent_campaigns_are_read() -> None:
    client, bench = make_sailthru_client(
        recorded_response("sailthru", "send_one"), recorded_response("sailthru", "blasts_sent")
    )
    send = await client.get_send("TT1ClGdj2bRHAAP7")
    assert (send.status, send.opened_at) == ("delivered", 1795279335.0)
    # One without a list says nothing about who could have got it.
    assert await client.list_sent_campaigns() == (
        SentCampaign("18516501", "November picks", "Newsletter", 1795189335.0),
    )
    assert [request.path for request in bench.sent] == ["/send", "/blast"]
