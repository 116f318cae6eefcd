"""Whose right a change takes, and what it has to come with."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.app.container import WorkspaceServices
from desktop.customer.edit_service import EditService
from desktop.kit.errors import InvalidInput, NotPermitted
from desktop.model.edit import EditState
from desktop.model.permission import DEFAULT_PERMISSIONS, Actor, PermissionRules, Role
from tests.support.clocks import ManualClock
from tests.support.customer_use_cases import AGENT, RULES, CustomerUseCases, submit_edit
from tests.support.edit_cases import CustomerFactory
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        ("opt-out", True), ("opt-in", False), ("list on", True), ("list off", False),
        ("health", True), ("var", False), ("mark", False), ("box", False), ("create", False),
    ],
)  # fmt: skip
async def test_edit_as_agent_follows_permission_table(
    kind: str, allowed: bool, services: WorkspaceServices, customers: CustomerFactory
) -> None:
    desk = CustomerUseCases(services, AGENT)
    subject = customers.new_customer(kind)
    if allowed:
        assert (await submit_edit(desk, subject)).actor == "Kim Park"
        return
    with pytest.raises(NotPermitted):
        await submit_edit(desk, subject)
    assert services.store.outbox.count_open.blocking() == 0


AWAY = Actor("Ada", Role.AGENT, 7, is_confirmed=False, last_role=Role.ADMIN, last_role_at=1.0)


@pytest.mark.parametrize(
    ("number", "confirmed", "expected"),
    [
        (1, Actor("Ada", Role.ADMIN, 7), ("Ada", "7")),
        # Signed in anew since, or as somebody else: whose it was, nobody can tell.
        (2, Actor("Ada", Role.ADMIN, 7), ("Ada (not confirmed)", "")),
        (1, Actor("Kim", Role.ADMIN, 8), ("Ada (not confirmed)", "")),
    ],
)
async def test_edit_made_while_zendesk_was_away_is_theirs_over_the_same_connection(
    number: int,
    confirmed: Actor,
    expected: tuple[str, str],
    services: WorkspaceServices,
    customers: CustomerFactory,
) -> None:
    at_work, connection = [AWAY], [1]
    editor = EditService(
        services.store,
        services.context.clock,
        services.bus,
        lambda: at_work[-1],
        lambda: RULES,
        lambda: connection[-1],
    )
    request = customers.new_customer("list off").make_edit()
    (edit,) = await editor.submit([request], wait_for_undo=False)
    await editor.confirm_authors()
    assert (await services.store.outbox.get_edit(edit.id)).actor_key == ""
    connection.append(number)
    at_work.append(confirmed)
    await editor.confirm_authors()
    kept = await services.store.outbox.get_edit(edit.id)
    assert (kept.actor, kept.actor_key) == expected
    assert kept.is_author_proven


@pytest.mark.parametrize("kind", ["opt-in", "create"])
async def test_edit_that_lets_more_through_does_not_wait_for_zendesk(
    kind: str, services: WorkspaceServices, customers: CustomerFactory
) -> None:
    with pytest.raises(NotPermitted, match="Zendesk has not said who you are"):
        await submit_edit(CustomerUseCases(services, AWAY), customers.new_customer(kind))


async def test_edit_while_zendesk_is_away_replaces_nobody_elses(
    services: WorkspaceServices, customers: CustomerFactory
) -> None:
    subject = customers.new_customer("list off")
    added = replace(subject.make_edit(), old=False, new=True)
    (waiting,) = await CustomerUseCases(services, AGENT).editor.submit([added])
    with pytest.raises(NotPermitted):
        await CustomerUseCases(services, AWAY).editor.submit([replace(added, old=True, new=False)])
    assert (await services.store.outbox.get_edit(waiting.id)).state is EditState.WAITING


async def test_edit_with_changes_off_is_refused(
    services: WorkspaceServices, customers: CustomerFactory
) -> None:
    off = CustomerUseCases(
        services,
        Actor("Ada", Role.ADMIN),
        PermissionRules(are_changes_enabled=False, permissions=DEFAULT_PERMISSIONS),
    )
    with pytest.raises(NotPermitted, match="not allowed"):
        await submit_edit(off, customers.new_customer("health"))


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("opt-in", {"ticket": None}),
        ("opt-in", {"reason": " "}),
        ("opt-out", {"reason": ""}),
        ("var", {"reason": "r" * 2001}),
        ("var", {"reason": "half \ud800"}),
    ],
)
async def test_edit_required_reason_and_ticket(
    kind: str, changes: dict[str, object], services: WorkspaceServices, customers: CustomerFactory
) -> None:
    intent = replace(customers.new_customer(kind).make_edit(), **changes)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput):
        await services.editor.submit([intent])


async def test_edit_replaced_while_claimed_follows_rules(
    services: WorkspaceServices, customers: CustomerFactory, clock: ManualClock
) -> None:
    """Claimed at the very moment, an edit is either replaced or counts as if it stood."""
    subject, desk, store = (
        customers.new_customer("opt-out"),
        CustomerUseCases(services, AGENT),
        services.store,
    )
    await submit_edit(desk, subject)
    back = replace(subject.make_edit(), new=subject.case.old, old=subject.case.new)
    claiming = asyncio.create_task(store.outbox.claims.claim(clock.now()))
    submitting = asyncio.create_task(desk.editor.submit([back], wait_for_undo=False))
    claimed, submitted = await asyncio.gather(claiming, submitting, return_exceptions=True)
    assert claimed is not None
    assert isinstance(submitted, NotPermitted)
    assert store.outbox.count_open.blocking() == 1


async def test_claim_after_replacement_finds_nothing(
    services: WorkspaceServices, customers: CustomerFactory, clock: ManualClock
) -> None:
    subject, desk, store = (
        customers.new_customer("opt-out"),
        CustomerUseCases(services, AGENT),
        services.store,
    )
    await submit_edit(desk, subject)
    back = replace(subject.make_edit(), new=subject.case.old, old=subject.case.new)
    submitting = asyncio.create_task(desk.editor.submit([back], wait_for_undo=False))
    await asyncio.sleep(0)
    claimed, (submitted,) = await asyncio.gather(store.outbox.claims.claim(clock.now()), submitting)
    # Nothing was between the question whether it may be and its being so.
    assert claimed is None
    assert submitted.state is EditState.UNDONE


@pytest.mark.parametrize("under_way", ["claimed", "sending", "unknown"])
async def test_edit_in_progress_counts_as_current_value(
    under_way: str, services: WorkspaceServices, customers: CustomerFactory, clock: ManualClock
) -> None:
    subject, desk, outbox = (
        customers.new_customer("opt-out"),
        CustomerUseCases(services, AGENT),
        services.store.outbox,
    )
    await submit_edit(desk, subject)
    taken = outbox.claims.claim.blocking(clock.now())
    assert taken is not None
    if under_way != "claimed":
        taken = outbox.claims.mark_sending.blocking(taken, clock.now())
    if under_way == "unknown":
        due = clock.now() + 60.0
        state = EditState.UNKNOWN
        outbox.claims.release.blocking(taken, clock.now(), state=state, not_before=due, detail="")
    # The service still says what was: by that, wanting it would change nothing.
    back = replace(subject.make_edit(), new=subject.case.old, old=subject.case.old)
    with pytest.raises(NotPermitted):
        await desk.editor.submit([back])
    with pytest.raises(InvalidInput, match="ticket"):
        await services.editor.submit([replace(back, ticket=None)])
    (edit,) = await services.editor.submit([replace(back, ticket=48213)])
    assert edit.request.old == subject.case.new
    assert edit.state is EditState.WAITING
    assert edit.not_before == clock.now() + 10.0


async def test_own_optout_in_progress_can_be_reverted_after_undo_time(
    services: WorkspaceServices, customers: CustomerFactory, clock: ManualClock
) -> None:
    desk = CustomerUseCases(services, AGENT)
    edit = await submit_edit(desk, customers.new_customer("opt-out"))
    assert services.store.outbox.claims.claim.blocking(clock.now()) is not None
    back = await desk.undo.undo(edit.id)
    assert back.state is EditState.WAITING


@pytest_asyncio.fixture
async def unconnected(
    home: Path, sandbox: SandboxServers, clock: ManualClock
) -> AsyncIterator[WorkspaceServices]:
    async with open_workspace_services(
        home, sandbox.connection_document, clock=clock, connect=False
    ) as found:
        yield found


async def test_edit_before_connecting_is_refused(
    unconnected: WorkspaceServices, customers: CustomerFactory
) -> None:
    with pytest.raises(NotPermitted):
        await submit_edit(unconnected, customers.new_customer("opt-out"))
    assert unconnected.session.actor.role is Role.AGENT
