"""The users' feed notes a changed primary address before it forgets the former one."""

import pytest

from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_sync_context
from desktop.kit.errors import StorageError
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.feed_extractor import FeedExtractor
from tests.support.fresh_store import open_fresh_store
from tests.support.sandbox_servers import SandboxServers


def make_primary(servers: SandboxServers, user_id: int, address: str) -> None:
    path = f"/api/v2/users/{user_id}/identities"
    wanted = {"identity": {"type": "email", "value": address, "verified": True}}
    made = servers.zendesk_request("POST", path, wanted)[1]["identity"]
    servers.zendesk_request("PUT", f"{path}/{made['id']}/make_primary", {})


def noted(store: WorkspaceStore) -> list[tuple[int, str, str]]:
    found = store.address_differences.list_to_check.blocking(10)
    return [(one.user_id, one.old, one.new) for one in found]


async def test_changed_address_is_noted_although_the_page_is_cut_short(
    sync_services: WorkspaceServices, sync_sandbox: SandboxServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, user_id = sync_services.store, sync_sandbox.create_user("una@feed.example")
    extractor = FeedExtractor(build_sync_context(sync_services))
    await extractor.extract_users()
    assert noted(store) == []
    make_primary(sync_sandbox, user_id, "una@new.example")
    save_users = store.feeds.save_users

    async def fail(*_: object) -> int:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(store.feeds, "save_users", fail)
    with pytest.raises(StorageError):
        await extractor.extract_users()
    monkeypatch.setattr(store.feeds, "save_users", save_users)
    expected = [(user_id, "una@feed.example", "una@new.example")]
    assert noted(store) == expected
    await extractor.extract_users()
    assert noted(store) == expected


@pytest.mark.parametrize(
    ("kept", "told", "is_changed"),
    [
        ({"email": "a@x.example"}, {"email": "b@x.example"}, True),
        ({"email": "a@x.example"}, {"email": "A@X.example"}, False),
        ({"email": None}, {"email": "b@x.example"}, False),
        ({"email": "a@x.example"}, {"email": None}, False),
        # Colleagues, and users who were deleted or merged, have no profile that follows.
        ({"email": "a@x.example"}, {"email": "b@x.example", "role": "agent"}, False),
        ({"email": "a@x.example"}, {"email": "b@x.example", "active": False}, False),
    ],
)
@pytest.mark.parametrize("is_opened", [True, False], ids=["opened here", "read by a feed"])
def test_changed_addresses_of_a_page(
    tmp_path: object, kept: dict[str, str], told: dict[str, str], is_changed: bool, is_opened: bool
) -> None:
    store = open_fresh_store(tmp_path)  # type: ignore[arg-type]
    try:
        before = ZendeskUser(7, "Una", **kept)  # type: ignore[arg-type]
        if is_opened:
            store.customer_cache.save_user.blocking(before, 1.0)
        else:
            store.feeds.begin_reading.blocking("zendesk users", 1.0)
            store.feeds.save_users.blocking([before], "c")
        now = ZendeskUser(7, "Una", **told)  # type: ignore[arg-type]
        found = store.feeds.find_changed_addresses.blocking([now])
    finally:
        store.close()
    assert bool(found) is is_changed
