"""An edit that may have been applied, whose target cannot be read afterwards."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.customer.edit_service import EditService
from desktop.kit.errors import UserDecisionNeeded
from desktop.model.edit import Edit, EditState
from tests.support.clocks import ManualClock
from tests.support.edit_cases import CustomerFactory, EditedCustomer
from tests.support.sandbox_servers import SandboxServers


async def want(editor: EditService, subject: EditedCustomer) -> Edit:
    (edit,) = await editor.submit([subject.make_edit()], wait_for_undo=False)
    return edit


async def deliver(house: WorkspaceServices, edit: Edit) -> Edit:
    await house.build_edit_sender().send_due(only=[edit.id])
    return house.store.outbox.get_edit.blocking(edit.id)


async def uncertain(
    house: WorkspaceServices, servers: SandboxServers, subject: EditedCustomer
) -> Edit:
    """An edit that was applied, without an answer."""
    edit = await want(house.editor, subject)
    servers.add_fault("sailthru:POST /user:reset-after")
    edit = await deliver(house, edit)
    assert edit.state is EditState.UNKNOWN
    servers.clear_faults()
    return edit


async def test_target_deleted_after_unknown_outcome_is_not_reported_unchanged(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer("opt-out")
    edit = await uncertain(services, sandbox, subject)
    sandbox.delete_profile(subject.key)
    clock.advance(60)
    edit = await deliver(services, edit)
    assert edit.state is EditState.CONFLICT
    assert "may have been applied" in edit.detail
    assert "Nothing was" not in edit.detail
    assert not edit.has_changed_nothing
    # Taking it back is not refused beforehand: reading decides.
    assert (await services.undo.undo(edit.id)).request.undoes == edit.id


async def test_target_merged_before_sending_is_reported(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("var")
    edit = await want(services.editor, subject)
    sandbox.delete_profile(subject.key)
    edit = await deliver(services, edit)
    assert edit.detail.endswith("Nothing was sent.")
    assert edit.has_changed_nothing


async def test_read_refused_after_unknown_outcome_stays_unknown(
    services: WorkspaceServices,
    sandbox: SandboxServers,
    customers: CustomerFactory,
    clock: ManualClock,
) -> None:
    subject = customers.new_customer("opt-out")
    edit = await uncertain(services, sandbox, subject)
    sandbox.add_fault("sailthru:GET /user:403", times=None)
    clock.advance(60)
    edit = await deliver(services, edit)
    assert edit.state is EditState.UNKNOWN
    assert edit.not_before == clock.now() + 60.0
    sandbox.clear_faults()
    clock.advance(60)
    assert (await deliver(services, edit)).state is EditState.DONE


@pytest.mark.parametrize("where", ["GET", "POST"])
async def test_refused_edit_has_nothing_to_undo(
    where: str, services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    edit = await want(services.editor, customers.new_customer("opt-out"))
    sandbox.add_fault(f"sailthru:{where} /user:403", times=None)
    edit = await deliver(services, edit)
    assert edit.state is EditState.FAILED
    with pytest.raises(UserDecisionNeeded, match="changed nothing"):
        await services.undo.undo(edit.id)
