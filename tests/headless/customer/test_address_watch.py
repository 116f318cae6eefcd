"""Addresses changed in Zendesk itself: seen on the sheet, taken over once, and let be."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.connect.workspace_setup import set_up_workspace
from desktop.customer.email_change_plan import EmailChangeChoices
from desktop.kit.errors import UserDecisionNeeded
from desktop.model.address_difference import AddressDifference, DifferenceState
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.email_change import EmailChange, EmailChangeStep, StepState
from tests.support import sell_cases
from tests.support.clocks import ManualClock
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


class MovedCustomer:
    """A customer whose primary address in Zendesk is another than Sailthru's."""

    def __init__(self, servers: SandboxServers, customers: CustomerFactory) -> None:
        self._servers = servers
        self.old, self.new = customers.new_email(), customers.new_email()
        self.sid = servers.create_profile(self.old, vars={"city": "Lisbon"})
        self.user_id = servers.create_user(self.old)
        path = f"/api/v2/users/{self.user_id}/identities"
        wanted = {"identity": {"type": "email", "value": self.new, "verified": True}}
        made = servers.zendesk_request("POST", path, wanted)[1]["identity"]
        servers.zendesk_request("PUT", f"{path}/{made['id']}/make_primary", {})

    @property
    def sailthru_address(self) -> str:
        profile = self._servers.read_profile(self.sid)
        assert profile is not None
        return str(profile["keys"]["email"])


def allow(services: WorkspaceServices) -> None:
    services.session.connection_config.settings_file.change({"addresses.follow_zendesk": True})


async def test_difference_seen_on_a_sheet_is_told_and_taken_over_once_allowed(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    moved, watch = MovedCustomer(sandbox, customers), services.address_watch
    sheet = await services.lookup.look_up(f"id:{moved.user_id}")
    told = await watch.note_sheet(sheet)
    assert told is not None
    assert (told.sid, told.old, told.new) == (moved.sid, moved.old, moved.new)
    assert await watch.check_all() == ()
    allow(services)
    (change,) = await watch.check_all()
    assert await watch.check_all() == (), "one change is enough"
    await services.build_edit_sender().send_due()
    assert moved.sailthru_address == moved.new
    # Taken back, it is somebody's choice: nobody is asked, and nothing is made again.
    await services.email_changes.take_back(change.change.id)
    await services.build_edit_sender().send_due()
    assert moved.sailthru_address == moved.old
    sheet = await services.lookup.look_up(f"id:{moved.user_id}")
    assert await watch.note_sheet(sheet) is None
    assert await watch.check_all() == ()
    known = await services.store.address_differences.find(moved.user_id)
    assert known is not None
    assert known.state is DifferenceState.LEFT


async def test_two_profiles_at_a_customers_addresses_are_told_although_nobody_saw_the_change(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    moved, watch = MovedCustomer(sandbox, customers), services.address_watch
    other = sandbox.create_profile(moved.new)
    allow(services)

    async def look() -> AddressDifference | None:
        return await watch.note_sheet(await services.lookup.look_up(f"id:{moved.user_id}"))

    for _ in range(2):
        told = await look()
        assert told is not None
        assert (told.sid, told.old, told.new) == (moved.sid, moved.old, moved.new)
        # A person decides between the two, also where Sailthru may follow by itself.
        assert await watch.check_all() == ()
    await watch.leave(moved.user_id)
    assert await look() is None
    await services.store.address_differences.forget(moved.user_id)
    # Whom somebody has chosen is theirs.
    await services.store.drafts_and_links.save_link(moved.user_id, other, "Ada", 1.0)
    assert await look() is None


async def test_difference_is_forgotten_once_somebody_else_made_the_services_agree(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    moved, watch = MovedCustomer(sandbox, customers), services.address_watch
    await watch.note_sheet(await services.lookup.look_up(f"id:{moved.user_id}"))
    sandbox.write_profile(moved.sid, keys={"email": moved.new})
    await watch.check_all()
    assert await services.store.address_differences.list_open() == ()


async def test_difference_stays_while_a_service_is_away(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    moved, watch = MovedCustomer(sandbox, customers), services.address_watch
    await watch.note_sheet(await services.lookup.look_up(f"id:{moved.user_id}"))
    allow(services)
    sandbox.add_fault("sailthru:GET /user:400", times=None)
    assert await watch.check_all() == ()
    sandbox.clear_faults()
    assert len(await services.store.address_differences.list_open()) == 1
    (change,) = await watch.check_all()
    assert change.change.is_automatic


class SellCustomer:
    """A customer of all three services, whose address was changed while Sell refused to answer."""

    def __init__(
        self,
        house: WorkspaceServices,
        servers: SandboxServers,
        customers: CustomerFactory,
        clock: ManualClock,
    ) -> None:
        self._house, self._servers, self._clock = house, servers, clock
        self.old, self.new = customers.new_email(), customers.new_email()
        self.sid = servers.create_profile(self.old)
        self.user_id = servers.create_user(self.old)
        self.numbers = {
            kind: sell_cases.create_sell_person(servers, kind, self.old)
            for kind in ("contact", "lead")
        }

    async def change_without_sell(self) -> EmailChange:
        """Change the address; Sell answers again afterwards."""
        sell = {"sell": self._servers.connection_document["sell"]}
        report = await set_up_workspace(sell, self._house.session.connection_config)
        assert report.is_ok, report.checks
        await self._house.session.connect()
        self._servers.add_fault("sell:GET /v2/contacts:403", times=None)
        await self.change_to(self.new)
        self._servers.clear_faults()
        found = await self._house.store.email_changes.find_newest(self.user_id, self.sid)
        assert found is not None
        waiting = found.find(EmailChangeStep.MOVE_CONTACT)
        assert waiting is not None
        assert (waiting.state, found.change.is_left_in_sell) == (StepState.WAITING, True)
        assert self.sell_addresses == {self.old}
        return found.change

    async def change_to(self, address: str) -> None:
        sheet = await self.look_up()
        check = await self._house.email_changes.check(sheet, address)
        await self._house.email_changes.submit(sheet, check, EmailChangeChoices(reason="asked"))
        await self.deliver()

    async def deliver(self) -> None:
        # The clients' own waits leave fractions of a second, which a float does not keep.
        self._clock.advance(1.0)
        await self._house.build_edit_sender().send_due()

    async def look_up(self) -> CustomerSheet:
        return await self._house.lookup.look_up(f"id:{self.user_id}")

    @property
    def sell_addresses(self) -> set[str]:
        found = [sell_cases.read_sell_person(self._servers, *one) for one in self.numbers.items()]
        return {one["email"] for one in found if one is not None}


@pytest.fixture
def in_sell(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> SellCustomer:
    return SellCustomer(services, sandbox, customers, clock)


async def test_change_made_without_sell_reaches_it_by_itself_once_it_answers(
    services: WorkspaceServices, sandbox: SandboxServers, in_sell: SellCustomer
) -> None:
    change = await in_sell.change_without_sell()
    changes, watch = services.store.email_changes, services.address_watch
    sandbox.add_fault("sell:GET /v2/leads:503", times=None)
    assert await watch.check_all() == ()
    sandbox.clear_faults()
    assert [one.id for one in await changes.list_waiting_for_sell(9)] == [change.id]
    (made,) = await watch.check_all()
    assert made.change.is_automatic
    assert await watch.check_all() == (), "one change is enough"
    await in_sell.deliver()
    assert in_sell.sell_addresses == {in_sell.new}
    assert await changes.list_waiting_for_sell(9) == ()
    before = (await changes.get_progress(change.id)).change
    assert before.verification == change.verification


async def test_change_made_without_sell_and_changed_once_more_gives_sell_the_last_address(
    services: WorkspaceServices, customers: CustomerFactory, in_sell: SellCustomer
) -> None:
    await in_sell.change_without_sell()
    last = customers.new_email()
    await in_sell.change_to(last)
    assert in_sell.sell_addresses == {in_sell.old}
    assert len(await services.address_watch.check_all()) == 1
    await in_sell.deliver()
    assert in_sell.sell_addresses == {last}


async def test_change_made_without_sell_and_taken_back_leaves_sell_alone(
    services: WorkspaceServices, in_sell: SellCustomer
) -> None:
    change = await in_sell.change_without_sell()
    await services.email_changes.take_back(change.id)
    await in_sell.deliver()
    assert await services.address_watch.check_all() == ()
    assert in_sell.sell_addresses == {in_sell.old}
    assert await services.store.email_changes.list_waiting_for_sell(9) == ()


async def test_change_made_without_sell_and_changed_by_others_since_is_left_to_a_person(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    in_sell: SellCustomer,
) -> None:
    change = await in_sell.change_without_sell()
    sandbox.write_profile(in_sell.sid, keys={"email": customers.new_email()})
    assert await services.address_watch.check_all() == ()
    assert in_sell.sell_addresses == {in_sell.old}
    watch = services.address_watch
    await watch.leave_all(change.user_id, change.sid)
    assert await services.store.email_changes.list_waiting_for_sell(9) == ()
    with pytest.raises(UserDecisionNeeded):
        await watch.leave_all(change.user_id, change.sid)


@pytest.mark.parametrize("is_merged", [False, True])
async def test_change_made_without_sell_of_a_user_who_is_gone_waits_no_more(
    services: WorkspaceServices, sandbox: SandboxServers, in_sell: SellCustomer, is_merged: bool
) -> None:
    await in_sell.change_without_sell()
    if is_merged:
        sandbox.add_fault(f"zendesk:GET /api/v2/users/{in_sell.user_id}*:404", times=None)
    else:
        sandbox.delete_user(in_sell.user_id)
    assert await services.address_watch.check_all() == ()
    sandbox.clear_faults()
    assert await services.store.email_changes.list_waiting_for_sell(9) == ()
    assert in_sell.sell_addresses == {in_sell.old}


async def test_change_made_without_sell_reaches_it_where_the_profile_is_gone(
    services: WorkspaceServices, sandbox: SandboxServers, in_sell: SellCustomer
) -> None:
    await in_sell.change_without_sell()
    sandbox.delete_profile(in_sell.sid)
    assert len(await services.address_watch.check_all()) == 1
    await in_sell.deliver()
    assert in_sell.sell_addresses == {in_sell.new}
    assert await services.store.email_changes.list_waiting_for_sell(9) == ()
