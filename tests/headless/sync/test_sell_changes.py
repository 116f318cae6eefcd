"""Changes of Zendesk Sell: the queue of its Sync API, and its lists where the plan has none."""

from collections.abc import Callable, Iterator

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_sync_context
from desktop.kit.errors import AuthenticationError
from desktop.model.sell_record import SellContact, SellPerson, SellRecordKind
from desktop.model.sync_run import RunState
from desktop.store.sell_feed_repository import SellChange
from desktop.sync.sell_extractor import SellExtractor
from desktop.sync.sync_presets import SELL_CONTACTS_TO_SAILTHRU
from tests.support import sell_cases, sync_cases
from tests.support.clocks import ManualClock
from tests.support.sandbox_servers import SandboxServers

CONTACT = SellRecordKind.CONTACT


class Killed(BaseException):
    """Ends the work at a checkpoint, as the end of the process would."""


def kill_at(name: str) -> Callable[[str], None]:
    def checkpoint(passed: str) -> None:
        if passed == name:
            raise Killed

    return checkpoint


def feed_of(house: WorkspaceServices) -> dict[str, SellPerson]:
    found = house.store.sell_feeds.iter_records(CONTACT)
    return {one.email: one for one in found if one.email and sync_cases.DOMAIN in one.email}


@pytest.fixture
def sell_plan(sync_sandbox: SandboxServers) -> Iterator[Callable[[str], None]]:
    def change(plan: str) -> None:
        sync_sandbox.control("POST", "account", {"sell_plan": plan})

    yield change
    sync_sandbox.control(
        "POST", "account", {"sell_plan": "enterprise", "sell_user": "on", "sell_account_id": 0}
    )


@pytest.mark.parametrize("step", ["sell saved", "sell acknowledged"])
async def test_changes_killed_around_an_acknowledgement_are_neither_lost_nor_doubled(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices, step: str
) -> None:
    emails = {f"p{n}@{sync_cases.DOMAIN}" for n in range(130)}
    for email in emails:
        sell_cases.create_sell_person(sync_sandbox, "contact", email)
    context = build_sync_context(sell_services)
    with pytest.raises(Killed):
        await SellExtractor(context, checkpoint=kill_at(step)).extract()
    assert len(feed_of(sell_services)) < len(emails)
    await SellExtractor(context).extract()
    assert set(feed_of(sell_services)) == emails
    seq = (await sell_services.store.feeds.get_state("sell contacts")).seq
    await SellExtractor(context).extract()
    # Told again, or not at all: nothing counts as changed a second time.
    assert (await sell_services.store.feeds.get_state("sell contacts")).seq == seq


async def test_changes_in_no_order_leave_the_newest_revision(
    sell_services: WorkspaceServices,
) -> None:
    feeds = sell_services.store.sell_feeds
    await sell_services.store.feeds.begin_reading("sell contacts", 1.0)
    for revision, name in ((3, "third"), (1, "first"), (2, "second")):
        await feeds.save(CONTACT, [SellChange(SellContact(7, first_name=name), revision)], "")
    found = await feeds.get(CONTACT, 7)
    assert found is not None
    assert found.first_name == "third"
    # A deletion stays one, whatever older news still arrives.
    await feeds.save(CONTACT, [SellChange(SellContact(7, is_deleted=True), 5)], "")
    await feeds.save(CONTACT, [SellChange(SellContact(7, first_name="fourth"), 4)], "")
    found = await feeds.get(CONTACT, 7)
    assert found is not None
    assert (found.is_deleted, found.first_name) == (True, "third")


async def test_changes_deleted_before_they_were_heard_of_stay_deleted(
    sell_services: WorkspaceServices,
) -> None:
    feeds = sell_services.store.sell_feeds
    await sell_services.store.feeds.begin_reading("sell contacts", 1.0)
    await feeds.save(CONTACT, [SellChange(SellContact(8, is_deleted=True), 2)], "")
    await feeds.save(CONTACT, [SellChange(SellContact(8, first_name="late"), 1)], "")
    found = await feeds.get(CONTACT, 8)
    assert found is not None
    assert found.is_deleted


async def test_changes_without_sync_api_are_polled_and_deletions_found_daily(
    sync_sandbox: SandboxServers,
    sell_services: WorkspaceServices,
    sell_plan: Callable[[str], None],
    clock: ManualClock,
) -> None:
    sell_plan("team")
    first, second = (
        sell_cases.create_sell_person(sync_sandbox, "contact", f"{n}@{sync_cases.DOMAIN}")
        for n in ("a", "b")
    )
    context = build_sync_context(sell_services)
    await SellExtractor(context).extract()
    assert len(feed_of(sell_services)) == 2
    sync_sandbox.sell_request("PUT", f"/v2/contacts/{first}", {"first_name": "Grace"})
    sync_sandbox.sell_request("DELETE", f"/v2/contacts/{second}")
    await SellExtractor(context).extract()
    found = {one.id: one for one in feed_of(sell_services).values()}
    assert (found[first].first_name, found[second].is_deleted) == ("Grace", False)
    clock.advance(86_400.0)
    await SellExtractor(context).extract()
    found = {one.id: one for one in feed_of(sell_services).values()}
    assert (found[first].is_deleted, found[second].is_deleted) == (False, True)


async def test_changes_forbidden_in_the_middle_are_read_from_the_lists(
    sync_sandbox: SandboxServers,
    sell_services: WorkspaceServices,
    sell_plan: Callable[[str], None],
) -> None:
    emails = {f"m{n}@{sync_cases.DOMAIN}" for n in range(120)}
    for email in emails:
        sell_cases.create_sell_person(sync_sandbox, "contact", email)

    def end_plan(passed: str) -> None:
        if passed == "sell acknowledged":
            sell_plan("team")

    await SellExtractor(build_sync_context(sell_services), checkpoint=end_plan).extract()
    assert set(feed_of(sell_services)) == emails


async def test_changes_of_a_session_that_ended_come_in_the_next_one(
    sync_sandbox: SandboxServers, sell_services: WorkspaceServices
) -> None:
    emails = {f"s{n}@{sync_cases.DOMAIN}" for n in range(120)}
    for email in emails:
        sell_cases.create_sell_person(sync_sandbox, "contact", email)
    passed: list[str] = []

    def end_session(name: str) -> None:
        passed.append(name)
        if passed.count("sell acknowledged") == 1 and name == "sell acknowledged":
            sync_sandbox.add_fault("sell:GET /v2/sync/*/queues/main:404@1")

    await SellExtractor(build_sync_context(sell_services), checkpoint=end_session).extract()
    assert set(feed_of(sell_services)) == emails


async def test_changes_with_a_deactivated_token_fail_the_run_and_change_nothing(
    sync_sandbox: SandboxServers,
    sell_services: WorkspaceServices,
    sell_plan: Callable[[str], None],
) -> None:
    sync = sell_cases.save_sell_preset(sell_services, SELL_CONTACTS_TO_SAILTHRU)
    sync_sandbox.control("POST", "account", {"sell_user": "off"})
    run = await sync_cases.run_sync(sell_services, sync)
    assert (run.state, run.error_code) == (RunState.FAILED, AuthenticationError.code)
    assert feed_of(sell_services) == {}


async def test_changes_are_told_to_a_copy_on_another_machine_anew(
    sync_sandbox: SandboxServers,
    sell_services: WorkspaceServices,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sell_cases.create_sell_person(sync_sandbox, "contact", f"c@{sync_cases.DOMAIN}")
    context = build_sync_context(sell_services)
    read: list[int] = []
    await SellExtractor(context, read.append).extract()
    once = sum(read)
    await SellExtractor(context, read.append).extract()
    assert sum(read) == once
    monkeypatch.setattr("desktop.sync.sell_extractor.machine_id", lambda: "another")
    await SellExtractor(context, read.append).extract()
    assert sum(read) == 2 * once
