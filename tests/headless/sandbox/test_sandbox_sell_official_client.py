"""Sell's official client runs against the sandbox unchanged, and so do the client's own tests."""

import os
import subprocess
import sys
import warnings
from decimal import Decimal
from typing import Any

import pytest

from tests.support.sandbox_client import SandboxClient

with warnings.catch_warnings():
    # The library is older than the Python that runs this.
    warnings.simplefilter("ignore")
    import basecrm

DEVICE = "6dadcec8-6e61-4691-b318-1aab27b8fecf"
# Left out of its own tests: two that speak to hosts in the internet.
OWN_TESTS = [
    "basecrm.test.test_accounts_service",
    "basecrm.test.test_associated_contacts_service",
    "basecrm.test.test_coercion",
    "basecrm.test.test_contacts_service",
    "basecrm.test.test_deal_sources_service",
    "basecrm.test.test_deal_unqualified_reasons_service",
    "basecrm.test.test_deals_service",
    "basecrm.test.test_http_client.HttpClientTests.test_invalid_request_error",
    "basecrm.test.test_http_client.HttpClientTests.test_invalid_payload_error",
    "basecrm.test.test_lead_sources_service",
    "basecrm.test.test_lead_unqualified_reasons_service",
    "basecrm.test.test_leads_service",
    "basecrm.test.test_line_items_service",
    "basecrm.test.test_loss_reasons_service",
    "basecrm.test.test_notes_service",
    "basecrm.test.test_orders_service",
    "basecrm.test.test_pipelines_service",
    "basecrm.test.test_products_service",
    "basecrm.test.test_sources_service",
    "basecrm.test.test_stages_service",
    "basecrm.test.test_sync",
    "basecrm.test.test_sync_service",
    "basecrm.test.test_tags_service",
    "basecrm.test.test_tasks_service",
    "basecrm.test.test_text_messages_service",
    "basecrm.test.test_users_service",
    "basecrm.test.test_visit_outcomes_service",
    "basecrm.test.test_visits_service",
]


@pytest.fixture
def sell(writable_sandbox: SandboxClient) -> Any:
    about = writable_sandbox.connection_document["sell"]
    return basecrm.Client(access_token=about["access_token"], base_url=about["base_url"])


def collect(client: Any, answer: bool = True) -> list[tuple[Any, Any]]:
    """Everything one session hands out, acknowledged or not."""
    found: list[tuple[Any, Any]] = []

    def take(meta: Any, data: Any) -> bool:
        found.append((meta, data))
        return answer

    basecrm.Sync(client=client, device_uuid=DEVICE).fetch(take)
    return found


def test_official_clients_own_tests_pass(writable_sandbox: SandboxClient) -> None:
    about = writable_sandbox.connection_document["sell"]
    # Its requests print their log: in a process of its own it disturbs nobody.
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "unittest", *OWN_TESTS],
        env=os.environ
        | {"BASECRM_ACCESS_TOKEN": about["access_token"], "BASECRM_BASE_URL": about["base_url"]},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, "\n".join(
        line for line in ran.stderr.splitlines() if not line.startswith("DEBUG")
    )
    assert "OK" in ran.stderr.splitlines()[-1]
    assert int(ran.stderr.rpartition("Ran ")[2].split()[0]) > 200


def test_basecrm_reads_who_asks_and_the_account(sell: Any) -> None:
    assert len(sell.config.access_token) == 64
    assert (sell.users.self().email, sell.users.self().role) == ("ada@acme.example", "admin")
    assert sell.accounts.self().currency == "USD"


def test_basecrm_contacts_with_one_address_are_several(sell: Any) -> None:
    found = sell.contacts.list(email="dana@okafor.example", sort_by="id:asc")
    assert [contact.id for contact in found] == [2104, 2105, 2106]
    assert sell.contacts.list(email="nobody@new.example") == []


def test_basecrm_tags_of_an_update_replace_all(sell: Any) -> None:
    made = sell.contacts.create(first_name="Ann", last_name="Ode", tags=["a", "b"])
    kept = sell.contacts.update(made.id, title="CEO")
    assert (kept.title, kept.tags) == ("CEO", ["a", "b"])
    assert sell.contacts.update(made.id, tags=["c"]).tags == ["c"]
    assert sell.contacts.destroy(made.id)
    with pytest.raises(basecrm.RequestError) as gone:
        sell.contacts.retrieve(made.id)
    assert (gone.value.http_status, gone.value.errors[0].code) == (404, "not_found")
    assert gone.value.logref


def test_basecrm_decimals_are_texts(sell: Any) -> None:
    deal = sell.deals.retrieve(5501)
    assert deal.value == Decimal("12400.50")
    _, _, raw = sell.http_client.get("/deals/5501")
    assert raw["value"] == "12400.50"


def test_basecrm_refusals_name_every_attribute(sell: Any) -> None:
    with pytest.raises(basecrm.ResourceError) as refused:
        sell.contacts.create(first_name="Ann", customer_status="gold")
    assert {(error.field, error.code) for error in refused.value.errors} == {
        ("/data/customer_status", "incorrect_value"),
        ("/data/last_name", "missing"),
    }


def test_basecrm_syncs_what_was_not_acknowledged_again(sell: Any) -> None:
    first = collect(sell, basecrm.Sync.NACK)
    assert {meta.type for meta, _ in first} >= {"contact", "lead", "deal", "product", "user"}
    again = collect(sell)
    assert {meta.sync.ack_key for meta, _ in first} == {meta.sync.ack_key for meta, _ in again}
    # No order is promised, and none is kept.
    assert [meta.sync.ack_key for meta, _ in first] != [meta.sync.ack_key for meta, _ in again]
    assert {meta.sync.event_type for meta, _ in again} == {"created"}
    assert collect(sell) == []
    sell.contacts.update(2101, title="Founder")
    sell.contacts.destroy(2110)
    changed = {(data.id, meta.sync.event_type) for meta, data in collect(sell)}
    assert changed == {(2101, "updated"), (2110, "deleted")}


def test_basecrm_lead_converted_twice_makes_two(sell: Any) -> None:
    answers = [
        sell.http_client.post("/lead_conversions", {"lead_id": 2502, "create_deal": True})[2]
        for _ in range(2)
    ]
    assert answers[0].individual_id != answers[1].individual_id
    assert sell.contacts.retrieve(answers[0].individual_id).name == "Jordan Doe"
    with pytest.raises(basecrm.RequestError):
        sell.leads.retrieve(2502)


@pytest.mark.parametrize(
    ("account", "call", "status"),
    [
        ({"sell_plan": "team"}, lambda sell: sell.sync.start(DEVICE), 403),
        ({"sell_plan": "professional"}, lambda sell: sell.products.list(), 403),
        ({"sell_user": "off"}, lambda sell: sell.users.self(), 401),
        ({"sell_retired": "on"}, lambda sell: sell.contacts.list(), 401),
    ],
)
def test_basecrm_is_refused_by_plan_and_switch(
    writable_sandbox: SandboxClient, sell: Any, account: Any, call: Any, status: int
) -> None:
    writable_sandbox.control("POST", "account", account)
    with pytest.raises(basecrm.RequestError) as refused:
        call(sell)
    assert refused.value.http_status == status
    assert refused.value.logref
