"""An edit that may have been applied, whose target cannot be read afterwards."""

import pytest

from desktop.app.wiring import House
from desktop.customer.edit import Editor
from desktop.kit.errors import NeedsPerson
from desktop.model.edit import Edit, EditState
from tests.faults.kinds import Subject
from tests.faults.servers import Servers
from tests.faults.town import ManualClock, Town


async def want(editor: Editor, subject: Subject) -> Edit:
    (edit,) = await editor.submit([subject.intent()], wait_for_undo=False)
    return edit


async def deliver(house: House, edit: Edit) -> Edit:
    await house.deliverer().deliver_due(only=[edit.id])
    return house.store.outbox.get(edit.id)


async def uncertain(house: House, servers: Servers, subject: Subject) -> Edit:
    """An edit that was applied, without an answer."""
    edit = await want(house.editor, subject)
    servers.fault("sailthru:POST /user:reset-after")
    edit = await deliver(house, edit)
    assert edit.state is EditState.UNKNOWN
    servers.quiet()
    return edit


async def test_a_target_gone_after_an_uncertain_send_is_not_said_to_be_untouched(
    house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("opt-out")
    edit = await uncertain(house, servers, subject)
    servers.delete_profile(subject.key)
    clock.advance(60)
    edit = await deliver(house, edit)
    assert edit.state is EditState.CONFLICT
    assert "may have been applied" in edit.detail
    assert "Nothing was" not in edit.detail
    assert not edit.changed_nothing
    # Taking it back is not refused beforehand: reading decides.
    assert (await house.undo.undo(edit.id)).intent.undoes == edit.id


async def test_a_target_merged_before_anything_was_sent_says_so(
    house: House, servers: Servers, town: Town
) -> None:
    subject = town.subject("var")
    edit = await want(house.editor, subject)
    servers.delete_profile(subject.key)
    edit = await deliver(house, edit)
    assert edit.detail.endswith("Nothing was sent.")
    assert edit.changed_nothing


async def test_a_refused_read_after_an_uncertain_send_leaves_it_unknown(
    house: House, servers: Servers, town: Town, clock: ManualClock
) -> None:
    subject = town.subject("opt-out")
    edit = await uncertain(house, servers, subject)
    servers.fault("sailthru:GET /user:403", times=None)
    clock.advance(60)
    edit = await deliver(house, edit)
    assert edit.state is EditState.UNKNOWN
    assert edit.not_before == clock.now() + 60.0
    servers.quiet()
    clock.advance(60)
    assert (await deliver(house, edit)).state is EditState.DONE


@pytest.mark.parametrize("where", ["GET", "POST"])
async def test_what_was_refused_for_certain_has_nothing_to_take_back(
    where: str, house: House, servers: Servers, town: Town
) -> None:
    edit = await want(house.editor, town.subject("opt-out"))
    servers.fault(f"sailthru:{where} /user:403", times=None)
    edit = await deliver(house, edit)
    assert edit.state is EditState.FAILED
    with pytest.raises(NeedsPerson, match="changed nothing"):
        await house.undo.undo(edit.id)
