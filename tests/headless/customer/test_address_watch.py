"""Addresses changed in Zendesk itself: seen on the sheet, taken over once, and let be."""

from desktop.app.container import WorkspaceServices
from desktop.model.address_difference import DifferenceState
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
