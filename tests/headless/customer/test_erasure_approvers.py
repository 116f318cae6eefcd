"""Who may approve an erasure: an admin whom Zendesk has confirmed, and nobody else."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from desktop.customer.edit_service import EditService
from desktop.customer.erasure_service import ErasureService
from desktop.customer.service_clients import ServiceClients
from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import NotPermitted
from desktop.model.permission import Actor, PermissionDecision, Role
from desktop.store.workspace_store import WorkspaceStore
from tests.support.clocks import ManualClock


def make_service(erasures: SimpleNamespace, decision: PermissionDecision) -> ErasureService:
    """The service over these erasures, for somebody with this right, without any service."""
    unused = cast(Any, None)
    return ErasureService(
        lambda: ServiceClients(None, None),
        cast(WorkspaceStore, SimpleNamespace(erasures=erasures)),
        cast(EditService, SimpleNamespace(check=lambda _right: decision)),
        ManualClock(),
        ChangeBus(),
        unused,
        unused,
        unused,
    )


async def test_who_may_not_erase_neither_requests_nor_approves() -> None:
    service = make_service(SimpleNamespace(), PermissionDecision(False, "Admins alone may."))
    ada = Actor("Ada", Role.ADMIN, 7601, credential="ada's token")
    with pytest.raises(NotPermitted, match="Erasing people is not allowed"):
        await service.approve("1", ada)
    with pytest.raises(NotPermitted, match="Erasing people is not allowed"):
        await service.request(cast(Any, None), "maria@lopez.example")


@pytest.mark.parametrize(
    "approver",
    [
        Actor("Bo", Role.AGENT, 7604, credential="bo's token"),
        # Signed in to Sailthru alone: nobody can say who that is.
        Actor("Bo", Role.ADMIN, None, credential="bo's token"),
        Actor("Bo", Role.ADMIN, 7604, is_confirmed=False, credential="bo's token"),
    ],
)
async def test_erasure_is_approved_by_no_one_but_a_confirmed_admin(approver: Actor) -> None:
    approved: list[Actor] = []

    async def get_progress(_erasure: str) -> Any:
        return SimpleNamespace(erasure=SimpleNamespace(approvals=(), subject=None))

    async def approve(_erasure: str, admin: Actor, _now: float) -> Any:
        approved.append(admin)
        return await get_progress("")

    erasures = SimpleNamespace(get_progress=get_progress, approve=approve)
    service = make_service(erasures, PermissionDecision(True))
    with pytest.raises(NotPermitted, match="two admins of Zendesk"):
        await service.approve("1", approver)
    assert approved == []
    ada = Actor("Ada", Role.ADMIN, 7601, credential="ada's token")
    await service.approve("1", ada)
    assert approved == [ada]
