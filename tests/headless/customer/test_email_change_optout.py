"""The opt-out level after an address change: restored where the move loosened it, else told."""

from collections.abc import Callable

import pytest

from desktop.app.container import WorkspaceServices
from desktop.customer.email_change_plan import EmailChangeChoices
from desktop.kit.errors import ConflictError, NotPermitted
from desktop.model.edit import EditState
from desktop.model.email_change import EmailChangeProgress, EmailConflictPolicy
from desktop.model.optout_level import OptOutLevel
from desktop.model.profile_snapshot import MergeLevels
from desktop.settings.settings_table import CHANGES_ENABLED
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers


async def test_change_that_is_refused_links_nobody(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    old, new = customers.new_email(), customers.new_email()
    sid, user_id = sandbox.create_profile(old), sandbox.create_user(old)
    other = sandbox.create_profile(new)
    links, changes = services.store.drafts_and_links, services.email_changes
    sheet = await services.lookup.look_up(old)
    check = await changes.check(sheet, new)
    merge = EmailChangeChoices(EmailConflictPolicy.MERGE)
    services.session.change_settings({CHANGES_ENABLED.key: False})
    with pytest.raises(NotPermitted):
        await changes.submit(sheet, check, merge)
    assert await links.get_link(user_id) is None
    services.session.change_settings({CHANGES_ENABLED.key: True})
    # One that was not merged is under way: a second one is refused, and so is its link.
    sandbox.delete_profile(other)
    await queue_change(services, old, new)
    with pytest.raises(ConflictError):
        await changes.submit(sheet, check, merge)
    assert await links.get_link(user_id) is None
    found = await services.store.email_changes.find_newest(user_id, sid)
    assert found is not None
    await changes.take_back(found.change.id)
    await changes.submit(sheet, check, merge)
    assert await links.get_link(user_id) == sid


async def queue_change(services: WorkspaceServices, old: str, new: str) -> EmailChangeProgress:
    sheet = await services.lookup.look_up(old)
    check = await services.email_changes.check(sheet, new)
    return await services.email_changes.submit(sheet, check, EmailChangeChoices())


async def read_verified(
    services: WorkspaceServices, change: EmailChangeProgress
) -> EmailChangeProgress:
    return await services.store.email_changes.get_progress(change.change.id)


def loosen_once(sandbox: SandboxServers, sid: str, step: str) -> Callable[[str], None]:
    """Set the level to none right after the request of the move was answered."""
    done: list[str] = []

    def at(name: str) -> None:
        if name == step and not done:
            done.append(name)
            sandbox.write_profile(sid, optout_email="none")

    return at


async def test_optout_loosened_by_the_move_itself_is_set_again(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    old, new = customers.new_email(), customers.new_email()
    sid = sandbox.create_profile(old, optout_email="basic")
    change = await queue_change(services, old, new)
    await services.build_edit_sender(loosen_once(sandbox, sid, "answered")).send_due()
    found = (await read_verified(services, change)).change.verification
    assert found is not None
    assert not found.is_optout_kept
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert profile["optout_email"] == "basic"


async def test_optout_loosened_later_by_somebody_is_told_and_left(
    services: WorkspaceServices, sandbox: SandboxServers, customers: CustomerFactory
) -> None:
    old, new = customers.new_email(), customers.new_email()
    sid = sandbox.create_profile(old, optout_email="basic")
    change = await queue_change(services, old, new)
    sandbox.add_fault("sailthru:POST /user:reset-after")
    (unknown,) = await services.build_edit_sender().send_due()
    sandbox.clear_faults()
    assert unknown.state is EditState.UNKNOWN
    sandbox.write_profile(sid, optout_email="none")
    await services.editor.retry(unknown.id)
    await services.build_edit_sender().send_due()
    progress = await read_verified(services, change)
    assert progress.change.verification is not None
    assert not progress.change.verification.is_optout_kept
    assert progress.stopped_at is not None, "it is told"
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert profile["optout_email"] == "none"


NONE, BASIC, ALL = OptOutLevel.NONE, OptOutLevel.BASIC, OptOutLevel.ALL


@pytest.mark.parametrize(
    ("seen", "now", "lost"),
    [
        ((ALL, BASIC), (NONE, BASIC), NONE),
        ((BASIC, ALL), (BASIC, NONE), NONE),
        ((ALL, ALL), (BASIC, ALL), BASIC),
        # The merge leaves what was chosen.
        ((ALL, NONE), (NONE, NONE), None),
        ((ALL, BASIC), (BASIC, BASIC), None),
        # Nobody has loosened anything.
        ((NONE, ALL), (NONE, ALL), None),
        ((NONE, BASIC), (ALL, BASIC), None),
        # A level that was not read then was not seen to be loosened; now it may be any.
        ((None, ALL), (NONE, ALL), None),
        ((BASIC, ALL), (NONE, None), NONE),
    ],
)
def test_opt_in_that_a_merge_would_undo(
    seen: tuple[OptOutLevel | None, OptOutLevel | None],
    now: tuple[OptOutLevel | None, OptOutLevel | None],
    lost: OptOutLevel | None,
) -> None:
    assert MergeLevels(*seen).find_lost_opt_in(MergeLevels(*now)) is lost
