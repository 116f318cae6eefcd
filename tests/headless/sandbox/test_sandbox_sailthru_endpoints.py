"""Endpoints of the Sailthru sandbox: user, list, job, purchase, event, fact by fact."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from tests.support.sandbox_client import SandboxClient

MARIA = "5e9f3c1b2a4d6e8f00713401"


def post(sandbox: SandboxClient, **data: Any) -> Any:
    answer = sandbox.sailthru("POST", "user", data)
    assert answer.status == 200, answer
    return answer.body


def get(sandbox: SandboxClient, who: str, *fields: str) -> Any:
    data: dict[str, Any] = {"id": who}
    if fields:
        data["fields"] = dict.fromkeys(fields, 1)
    return sandbox.sailthru("GET", "user", data).body


def test_profile_id_kind_is_recognised(read_only_sandbox: SandboxClient) -> None:
    by_sid, by_email = get(read_only_sandbox, MARIA), get(read_only_sandbox, "Maria@LOPEZ.example")
    assert by_sid == by_email
    assert set(by_sid) == {"keys", "vars", "lists", "engagement", "optout_email"}
    by_extid = read_only_sandbox.sailthru("GET", "user", {"id": "shop-1182", "key": "extid"}).body
    assert by_extid["keys"]["sid"] == MARIA
    cookie = by_sid["keys"]["cookie"]
    assert (len(cookie), cookie[32:56]) == (88, MARIA)


def test_user_unknown_is_400_on_get_and_404_on_delete(read_only_sandbox: SandboxClient) -> None:
    expected = {"error": 99, "errormsg": "User not found with email: nobody@x.example"}
    for method, status in (("GET", 400), ("DELETE", 404)):
        answer = read_only_sandbox.sailthru(method, "user", {"id": "nobody@x.example"})
        assert (answer.status, answer.body) == (status, expected)
    answer = read_only_sandbox.sailthru("GET", "user", {"id": "0" * 24})
    assert answer.body["errormsg"] == f"User not found with sid: {'0' * 24}"


def test_dates_are_rfc_2822_in_account_zone(read_only_sandbox: SandboxClient) -> None:
    joined = get(read_only_sandbox, MARIA)["lists"]["Newsletter"]
    offset = parsedate_to_datetime(joined).utcoffset()
    assert offset is not None
    assert offset.total_seconds() / 3600 in (-4, -5)


def test_user_post_creates_and_returns_fields(writable_sandbox: SandboxClient) -> None:
    made = post(
        writable_sandbox, id="New@Person.example", vars={"a": 1}, fields={"keys": 1, "lists": 1}
    )
    assert made["ok"] is True
    assert made["keys"]["email"] == "new@person.example"
    assert made["lists"] is None
    assert get(writable_sandbox, made["keys"]["sid"])["vars"] == {"a": 1}
    assert post(
        writable_sandbox, id="new@person.example", vars={"b": [1, {"c": None}], "a": None}
    ) == {"ok": True}
    assert get(writable_sandbox, "new@person.example")["vars"] == {"a": None, "b": [1, {"c": None}]}


@pytest.mark.parametrize("email", ["praj", "jo@lind", "a b@c.example"])
def test_user_invalid_email_is_error_11(read_only_sandbox: SandboxClient, email: str) -> None:
    answer = read_only_sandbox.sailthru("POST", "user", {"id": email})
    assert (answer.status, answer.body["error"]) == (400, 11)
    assert answer.body["errormsg"] == f"Invalid email: {email}"


def test_lists_add_remove_and_keep_join_time(writable_sandbox: SandboxClient) -> None:
    before = get(writable_sandbox, MARIA)["lists"]
    post(writable_sandbox, id=MARIA, lists={"Newsletter": 1, "VIP Offers": 0, "Brand new": 1})
    after = get(writable_sandbox, MARIA)["lists"]
    assert after["Newsletter"] == before["Newsletter"]
    assert set(after) == {"Newsletter", "Product news", "Brand new"}
    one = writable_sandbox.sailthru("GET", "list", {"list": "Brand new"}).body
    assert (one["count"], one["type"]) == (1, "normal")
    post(writable_sandbox, id=MARIA, lists=dict.fromkeys(after, 0))
    assert get(writable_sandbox, MARIA)["lists"] is None


def test_optout_is_top_level_field(writable_sandbox: SandboxClient) -> None:
    post(writable_sandbox, id=MARIA, keys={"optout_email": "all"})
    assert get(writable_sandbox, MARIA)["optout_email"] == "none"
    post(writable_sandbox, id=MARIA, optout_email="basic")
    shown = get(writable_sandbox, MARIA, "optout_email", "activity", "engagement")
    assert shown["optout_email"] == "basic"
    assert "optout_time" in shown["activity"]
    post(writable_sandbox, id=MARIA, optout_email="all")
    assert get(writable_sandbox, MARIA)["engagement"] == "optout"
    assert (
        writable_sandbox.sailthru("POST", "user", {"id": MARIA, "optout_email": "some"}).status
        == 400
    )


def test_email_change_keeps_profile(writable_sandbox: SandboxClient) -> None:
    before = get(writable_sandbox, "dana@okafor.example")
    sid = before["keys"]["sid"]
    post(
        writable_sandbox,
        id=sid,
        key="sid",
        keys={"email": "dana@new.example"},
        keysconflict="error",
    )
    after = get(writable_sandbox, sid)
    assert after["keys"]["email"] == "dana@new.example"
    assert (after["vars"], after["lists"]) == (before["vars"], before["lists"])
    old, new = before["keys"]["cookie"], after["keys"]["cookie"]
    assert old[:56] == new[:56]
    assert old != new
    assert writable_sandbox.sailthru("GET", "user", {"id": "dana@okafor.example"}).status == 400


def test_email_taken_is_refused_or_merged(writable_sandbox: SandboxClient) -> None:
    change = {"id": "tom@old.example", "key": "email", "keys": {"email": "tom@new.example"}}
    post(
        writable_sandbox,
        id="tom@new.example",
        optout_email="basic",
        vars={"city": "Dallas", "extra": 1},
    )
    refused = writable_sandbox.sailthru("POST", "user", {**change, "keysconflict": "error"})
    assert (refused.status, refused.body["error"]) == (409, 99)
    sid = get(writable_sandbox, "tom@old.example")["keys"]["sid"]
    loser = get(writable_sandbox, "tom@new.example")["keys"]["sid"]
    merged = post(
        writable_sandbox, **change, keysconflict="merge", fields={"keys": 1, "vars": 1, "lists": 1}
    )
    assert merged["keys"]["sid"] == sid
    assert set(merged["lists"]) == {"Newsletter", "VIP Offers", "Winback"}
    assert (merged["vars"]["city"], merged["vars"]["extra"]) == ("Austin", 1)
    # The strictest opt-out of both is kept.
    assert get(writable_sandbox, sid)["optout_email"] == "basic"
    assert writable_sandbox.sailthru("GET", "user", {"id": loser}).status == 400
    assert writable_sandbox.sailthru("GET", "user", {"id": "tom@old.example"}).status == 400


def test_user_delete_is_final(writable_sandbox: SandboxClient) -> None:
    assert writable_sandbox.sailthru("DELETE", "user", {"id": MARIA}).body == {"ok": True}
    assert writable_sandbox.sailthru("GET", "user", {"id": MARIA}).status == 400
    assert writable_sandbox.sailthru("DELETE", "user", {"id": MARIA}).status == 404


def test_list_type_is_natural_on_post_and_normal_on_get(writable_sandbox: SandboxClient) -> None:
    posted = writable_sandbox.sailthru("POST", "list", {"list": "Test Group 1"}).body
    assert (posted["type"], posted["list"]) == ("natural", "Test Group 1")
    one = writable_sandbox.sailthru("GET", "list", {"list_id": posted["list_id"]}).body
    assert (one["type"], one["list"], one["send_time"]) == ("normal", "Test Group 1", None)
    gone = writable_sandbox.sailthru("DELETE", "list", {"list": "Test Group 1"})
    assert gone.body == {"list": "Test Group 1", "ok": True}
    unknown = writable_sandbox.sailthru("GET", "list", {"list": "Test Group 1"})
    assert (unknown.status, unknown.body) == (
        404,
        {"error": 15, "errormsg": "Unknown list: Test Group 1"},
    )


def test_smart_list_members_are_computed(writable_sandbox: SandboxClient) -> None:
    def count() -> int:
        number: int = writable_sandbox.sailthru("GET", "list", {"list": "zendesk-sync-smart"}).body[
            "count"
        ]
        return number

    before = count()
    post(writable_sandbox, id="smart@new.example", vars={"zendesk_sync": True})
    assert count() == before + 1
    assert get(writable_sandbox, "smart@new.example", "smart_lists") == {
        "smart_lists": ["zendesk-sync-smart"]
    }
    post(writable_sandbox, id="smart@new.example", vars={"zendesk_sync": False})
    assert count() == before
    # Joining one by name does nothing.
    post(writable_sandbox, id="smart@new.example", lists={"zendesk-sync-smart": 1})
    assert count() == before
    query = {"source_list": "Newsletter", "criteria": ["gt", "match"], "query_mode": "and"}
    query |= {"field": ["ltv", "city"], "value": [1000, "lisbon"]}
    writable_sandbox.sailthru("POST", "list", {"list": "Rich", "type": "smart", "query": query})
    assert "Rich" in get(writable_sandbox, MARIA, "smart_lists")["smart_lists"]
    assert writable_sandbox.sailthru("GET", "list", {"list": "Rich"}).body["count"] == 1


def test_agent_key_has_no_job_permission(read_only_sandbox: SandboxClient) -> None:
    answer = read_only_sandbox.sailthru("GET", "job", {"job_id": "1"}, who="agent_")
    assert (answer.status, answer.body["error"]) == (403, 99)
    assert "job" in answer.body["errormsg"]
    assert read_only_sandbox.sailthru("GET", "user", {"id": MARIA}, who="agent_").status == 200


def test_settings_describe_account(read_only_sandbox: SandboxClient) -> None:
    body = read_only_sandbox.sailthru("GET", "settings", None).body
    assert body["timezone"] == "America/New_York"
    assert body["features"]["predictions"] == 1


def test_purchases_and_events_are_accepted(writable_sandbox: SandboxClient) -> None:
    items = [{"id": "1", "title": "Cup", "price": 450, "qty": 2, "url": "https://shop.example/1"}]
    body = writable_sandbox.sailthru(
        "POST", "purchase", {"email": "maria@lopez.example", "items": items}
    ).body
    assert (body["purchase"]["price"], body["purchase"]["qty"]) == (900, 2)
    shown = get(writable_sandbox, MARIA, "purchases", "lifetime")
    assert [it["price"] for it in shown["purchases"][:2]] == [900, 8600]
    assert shown["lifetime"]["lifetime_purchase"] == 10
    assert writable_sandbox.sailthru("POST", "event", {"id": MARIA, "event": "visited"}).body == {
        "ok": True
    }
    assert writable_sandbox.sailthru("POST", "event", {"id": MARIA, "event": "open"}).status == 400
    empty = writable_sandbox.sailthru(
        "POST", "purchase", {"email": "maria@lopez.example", "items": []}
    )
    assert empty.body == {"error": 99, "errormsg": "No items in purchase"}


def test_account_switches_change_zone_and_unknowns(writable_sandbox: SandboxClient) -> None:
    writable_sandbox.control(
        "POST", "account", {"timezone": "Asia/Tokyo", "smart_lists_dashed": "on"}
    )
    assert get(writable_sandbox, MARIA)["lists"]["Newsletter"].endswith("+0900")
    assert get(writable_sandbox, MARIA, "smart_lists") == {"smart-lists": ["zendesk-sync-smart"]}
    writable_sandbox.control("POST", "account", {"smart_list_refused": True})
    refused = writable_sandbox.sailthru(
        "POST", "user", {"id": MARIA, "lists": {"zendesk-sync-smart": 1}}
    )
    assert refused.status == 400


def test_publisher_account_and_account_without_predictions(
    start_sandbox: Callable[..., SandboxClient],
) -> None:
    sandbox = start_sandbox("--customers", "0", "--account", "customer_type=publisher")
    assert get(sandbox, MARIA)["vars"]["pv_30"] == 124
    sandbox.stop()
    sandbox = start_sandbox("--customers", "0", "--account", "predictions=off")
    assert not {"pv_30", "rev_365", "customer_value"} & set(get(sandbox, MARIA)["vars"])
    assert sandbox.sailthru("GET", "settings", {}).body["features"]["predictions"] == 0


def mail_of(sandbox: SandboxClient, email: str, count: int = 10) -> Any:
    asked = {"email": email, "recent_sends": count, "recent_blasts": count}
    return sandbox.sailthru("GET", "email", asked).body


def test_recent_mail_is_told_in_any_of_its_possible_forms(writable_sandbox: SandboxClient) -> None:
    full = mail_of(writable_sandbox, "maria@lopez.example", 2)
    assert [send["template"] for send in full["recent_sends"]] == [
        "Password reset",
        "Order shipped",
    ]
    assert [blast["name"] for blast in full["recent_blasts"]] == ["November picks", "VIP evening"]
    send_id = full["recent_sends"][0]["send_id"]
    shown = writable_sandbox.sailthru("GET", "send", {"send_id": send_id}).body
    assert (shown["template"], shown["status"]) == ("Password reset", "softbounce")
    writable_sandbox.control("POST", "account", {"recent_mail": "ids"})
    ids = mail_of(writable_sandbox, "maria@lopez.example", 1)
    assert (ids["recent_sends"], ids["recent_blasts"]) == ([send_id], [18516501])
    writable_sandbox.control("POST", "account", {"recent_mail": "absent"})
    assert "recent_sends" not in mail_of(writable_sandbox, "maria@lopez.example")


def test_unknown_sends_and_campaigns_are_errors_12_and_13(
    read_only_sandbox: SandboxClient,
) -> None:
    for endpoint, name, code in (("send", "send_id", 12), ("blast", "blast_id", 13)):
        answer = read_only_sandbox.sailthru("GET", endpoint, {name: "nothing"})
        assert (answer.status, answer.body["error"]) == (404, code)
        assert answer.body["errormsg"] == f"Unknown {name}: nothing"


def test_sent_campaigns_are_counted_and_cut_off(read_only_sandbox: SandboxClient) -> None:
    page = read_only_sandbox.sailthru("GET", "blast", {"status": "sent", "limit": 1}).body
    assert (len(page["blasts"]), page["filtered_count"], page["sent_count"]) == (1, 3, 3)
    named = {"status": "sent", "list": "VIP Offers", "limit": 0}
    found = read_only_sandbox.sailthru("GET", "blast", named).body
    assert [blast["name"] for blast in found["blasts"]] == ["VIP evening"]
    wrong = read_only_sandbox.sailthru("GET", "blast", {"status": "sent", "limit": "many"})
    assert wrong.status == 400


def test_send_is_refused_to_whom_sailthru_may_not_mail(writable_sandbox: SandboxClient) -> None:
    def send(email: str, template: str = "Password reset") -> Any:
        answer = writable_sandbox.sailthru("POST", "send", {"email": email, "template": template})
        return answer.body.get("error", answer.body.get("status"))

    assert send("hana@bounds.example") == 35
    post(writable_sandbox, id="tom@old.example", optout_email="all")
    assert send("tom@old.example") == 32
    # No marketing e-mail: a password reset still arrives.
    post(writable_sandbox, id=MARIA, optout_email="basic", optout_templates={"Welcome": 0})
    assert send("maria@lopez.example", "Welcome") == 33
    assert send("maria@lopez.example") == "unknown"
    newest = mail_of(writable_sandbox, "maria@lopez.example", 1)["recent_sends"][0]
    assert (newest["template"], newest["status"]) == ("Password reset", "delivered")


def test_campaign_skips_who_is_opted_out_suppressed_or_not_on_the_list(
    writable_sandbox: SandboxClient,
) -> None:
    def got(name: str) -> bool:
        mails = mail_of(writable_sandbox, "maria@lopez.example")["recent_blasts"]
        return any(blast["name"] == name for blast in mails)

    def campaign(name: str, **more: str) -> int:
        data = {"name": name, "list": "Newsletter", **more}
        return writable_sandbox.sailthru("POST", "blast", data).status

    assert campaign("To all") == 200
    assert got("To all")
    post(writable_sandbox, id=MARIA, lists={"Paused": 1})
    assert campaign("Not to the paused", suppress_list="Paused") == 200
    assert not got("Not to the paused")
    post(writable_sandbox, id=MARIA, optout_email="basic")
    assert campaign("Not to the opted out") == 200
    assert not got("Not to the opted out")
    assert campaign("To nobody", list="No such list") == 404


def test_mail_status_is_set_by_hand_alone_and_takes_the_optout_away(
    writable_sandbox: SandboxClient,
) -> None:
    hana = "hana@bounds.example"
    post(writable_sandbox, id=hana, optout_email="basic")
    assert mail_of(writable_sandbox, hana)["hardbounce"] == 1
    writable_sandbox.control("POST", "mail-status", {"email": hana, "status": "valid"})
    assert mail_of(writable_sandbox, hana)["hardbounce"] == 0
    assert get(writable_sandbox, hana)["optout_email"] == "none"
