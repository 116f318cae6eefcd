"""A pause of marketing ends with its last day, and is not forgotten by a service that is away."""

from desktop.app.container import WorkspaceServices
from desktop.customer.edit_factory import EditFactory
from desktop.model.marketing_pause import pause_until
from tests.support.clocks import ManualClock
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers

_LIST = "Support - paused"
_DAY_S = 86400.0


async def _pause(house: WorkspaceServices, email: str, days: int) -> None:
    sheet = await house.lookup.look_up(email)
    factory = EditFactory(sheet, house.session.account_names())
    until = pause_until(house.context.clock.now(), days)
    await house.editor.submit([factory.pause(until)], wait_for_undo=False)
    await house.build_edit_sender().send_due()


async def test_pause_ends_once_its_last_day_has_passed(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    email = customers.new_email()
    sid = sandbox.create_profile(email)
    await _pause(services, email, 2)
    clock.advance(2 * _DAY_S)
    assert await services.pauses.queue_due() == (), "its last day is not over"
    assert not any(one.is_overdue for one in await services.pauses.list_active())
    clock.advance(_DAY_S)
    assert [one.is_overdue for one in await services.pauses.list_active()] == [True]
    sandbox.add_fault("sailthru:POST /user:503", times=None)
    (end,) = await services.pauses.queue_due()
    await services.build_edit_sender().send_due()
    sandbox.clear_faults()
    assert await services.pauses.queue_due() == (), "one end is enough"
    clock.advance(700)
    await services.build_edit_sender().send_due()
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert (profile["vars"]["zendesk_paused"], profile["lists"]) == (None, None)
    assert (await services.store.outbox.get_edit(end.id)).state.value == "done"


async def test_pause_changed_elsewhere_is_left_as_it_is(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    email = customers.new_email()
    sid = sandbox.create_profile(email)
    await _pause(services, email, 1)
    sandbox.write_profile(sid, vars={"zendesk_paused": "2030-01-01"})
    clock.advance(3 * _DAY_S)
    await services.pauses.queue_due()
    await services.build_edit_sender().send_due()
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert set(profile["lists"]) == {_LIST}, "somebody else has set another end"
    assert await services.pauses.queue_due() == (), "a refused end is not made anew at every pass"


async def test_pause_of_one_among_many_ends_with_the_ticket(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    """A pass reads the tickets of twenty; the others have their turn in the next one."""
    for number in range(21):
        email = customers.new_email()
        sandbox.create_profile(email)
        ticket = {
            "subject": "Broken",
            "comment": {"body": "It broke."},
            "requester_id": sandbox.create_user(email),
            "status": "open" if number < 20 else "solved",
        }
        sandbox.zendesk_request("POST", "/api/v2/tickets", {"ticket": ticket})
        await _pause(services, email, 2)
    ends = [*await services.pauses.queue_due(), *await services.pauses.queue_due()]
    assert [end.request.target.label for end in ends] == [email]
