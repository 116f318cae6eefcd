"""Data sources: found in the gallery, left step by step, connected again, erased on purpose."""

from collections.abc import Mapping

import pytest

from desktop.app.container import WorkspaceServices
from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted
from desktop.model.data_source import (
    DataSource,
    DataSourceKind,
    DataSourceRecord,
    DataSourceState,
    DataSourceStep,
    check_source_name,
    find_sources,
)
from desktop.model.exported_profile import ExportedProfile
from desktop.model.permission import Role
from desktop.model.zendesk_user import ZendeskUser
from desktop.settings import settings_table
from desktop.store.data_source_erasure import COPIES, count_copies, count_source
from desktop.store.mirror_feed_repository import USERS_FEED, list_feed_name
from desktop.vault.bound_secrets import store_api_token, store_bound_secrets
from desktop.vault.secret import Secret
from tests.support.data_cases import dump, read_all, small_account
from tests.support.sandbox_servers import SandboxServers

K, S, STEP = DataSourceKind, DataSourceState, DataSourceStep
NEXT: Mapping[DataSourceState, DataSourceStep | None] = {
    S.AVAILABLE: None,
    S.CONNECTED: STEP.DISCONNECT,
    S.DISCONNECTED: STEP.ARCHIVE,
    S.ARCHIVED: STEP.DELETE,
}


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("step", STEP)
def test_step_is_taken_from_its_own_state_alone(
    state: DataSourceState, step: DataSourceStep
) -> None:
    source = DataSource(K.SUPPORT, state)
    assert source.next_step is NEXT[state]
    if step is NEXT[state]:
        assert source.follow_steps((step,))[0] is not state
        assert source.ways_out[-1] == tuple(STEP)[tuple(STEP).index(step) :]
    else:
        with pytest.raises(ConflictError):
            source.follow_steps((step,))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", list(K)),
        ("zendesk", [K.SUPPORT, K.SELL]),
        ("CUSTOMER support", [K.SUPPORT]),
        ("leads", [K.SELL]),
        ("acme", [K.SUPPORT]),
        ("nothing of this", []),
    ],
)
def test_gallery_is_searched_by_name_category_purpose_and_account(
    text: str, wanted: list[DataSourceKind]
) -> None:
    record = DataSourceRecord(S.CONNECTED, "Acme help desk")
    sources = tuple(
        DataSource(kind, S.CONNECTED, record=record if kind is K.SUPPORT else None) for kind in K
    )
    found = [source.kind for source in find_sources(text, sources)]
    assert found == wanted


@pytest.mark.parametrize(
    ("state", "step", "said"),
    [
        (S.DISCONNECTED, STEP.DISCONNECT, "It is disconnected."),
        (S.CONNECTED, STEP.ARCHIVE, "It is connected. Disconnect it first."),
    ],
)
def test_step_that_cannot_be_taken_says_what_comes_first(
    state: S, step: DataSourceStep, said: str
) -> None:
    with pytest.raises(ConflictError) as refused:
        DataSource(K.EVENTS, state).follow_steps((step,))
    assert refused.value.message == said


def test_name_is_one_line_and_not_too_long() -> None:
    assert check_source_name("  Acme\n help ") == "Acme help"
    with pytest.raises(InvalidInput):
        check_source_name("x" * 61)


async def connect_again(services: WorkspaceServices) -> None:
    await services.session.disconnect()
    services.session.reload_settings()
    await services.session.connect()


async def test_source_is_left_step_by_step_and_its_data_stay(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    await read_all(services.data_store, small_account())
    kept = dump(services.data_store.data_db)
    sources = services.data_sources
    named = await sources.rename(K.SAILTHRU, "Acme mail")
    assert (named.name, named.state) == ("Acme mail", S.CONNECTED)
    assert services.session.clients.sailthru is not None
    with pytest.raises(ConflictError):
        await sources.take_steps(K.SAILTHRU, STEP.ARCHIVE)
    left = await sources.take_steps(K.SAILTHRU, STEP.DISCONNECT)
    assert (left.name, left.state) == ("Acme mail", S.DISCONNECTED)
    assert services.session.clients.sailthru is None
    assert services.session.clients.zendesk is not None
    # As where the environment gives its key: it is not used.
    document = sandbox.connection_document["sailthru"]
    vault = services.session.connection_config.vault
    key = {
        Secret.SAILTHRU_KEY: document["api_key"],
        Secret.SAILTHRU_SECRET: document["api_secret"],
    }
    await store_bound_secrets(vault, key, document["service_uri"])
    await connect_again(services)
    assert services.session.clients.sailthru is None
    assert (await sources.take_steps(K.SAILTHRU, STEP.ARCHIVE)).state is S.ARCHIVED
    assert dump(services.data_store.data_db) == kept
    again = await sources.resume(K.SAILTHRU)
    assert (again.name, again.state) == ("Acme mail", S.CONNECTED)
    assert services.session.clients.sailthru is not None
    entries = [
        one for one in await services.store.audit.list_entries() if one.kind == "data_source"
    ]
    assert [one.new for one in entries] == [{"state": "archived"}, {"state": "disconnected"}]


async def test_zendesk_is_disconnected_and_archived_by_the_admin_it_names(
    services: WorkspaceServices,
) -> None:
    sources = services.data_sources
    # Checked to the end before the first step is taken.
    with pytest.raises(ConflictError, match="Disconnect it and archive it first"):
        await sources.take_steps(K.SUPPORT, STEP.DISCONNECT, STEP.DELETE)
    assert (await sources.get(K.SUPPORT)).state is S.CONNECTED
    left = await sources.take_steps(K.SUPPORT, STEP.DISCONNECT, STEP.ARCHIVE)
    assert (left.state, left.record and left.record.by) == (S.ARCHIVED, "Ada Admin")
    assert services.session.clients.zendesk is None
    assert services.session.clients.sailthru is not None
    entries = await services.store.audit.list_entries()
    assert [(one.actor, one.new) for one in entries if one.kind == "data_source"] == [
        ("Ada Admin", {"state": "archived"}),
        ("Ada Admin", {"state": "disconnected"}),
    ]
    # From now on nobody is known to be an admin.
    with pytest.raises(NotPermitted) as refused:
        await sources.take_steps(K.SUPPORT, STEP.DELETE)
    assert "Connect it again" in refused.value.message


async def test_erasing_takes_the_number_and_leaves_the_other_source(
    services: WorkspaceServices,
) -> None:
    data, sources = services.data_store, services.data_sources
    await read_all(data, small_account())
    mirror = services.store.mirror_db
    # What look-ups and syncs have read of both.
    services.store.feeds.begin_reading.blocking(USERS_FEED, 1.0)
    services.store.feeds.save_users.blocking([ZendeskUser(1, "Ada"), ZendeskUser(2, "Bo")], "c")
    services.store.feeds.begin_reading.blocking(list_feed_name("L"), 1.0)
    services.store.feeds.save_profiles.blocking("L", [ExportedProfile("a" * 24)], "")
    counts = {**count_source(data.data_db, K.SUPPORT), COPIES: count_copies(mirror, K.SUPPORT)}
    assert counts == {"people": 12, "organisations": 2, "tickets": 25, "ratings": 8, COPIES: 2}
    history = dump(data.history_db)
    with pytest.raises(InvalidInput):
        await sources.erase_data(K.SUPPORT, 48)
    assert await sources.count_data(K.SUPPORT) == counts
    wanted = {"profiles": 0, "lists": 0, COPIES: 1}
    assert await sources.erase_data(K.SAILTHRU, 1) == wanted
    assert [name for name, rows in dump(mirror).items() if rows] == ["feed", "feed_user"]
    assert await sources.count_data(K.SUPPORT) == counts
    assert await sources.erase_data(K.SUPPORT, 49) == counts
    assert set((await sources.count_data(K.SUPPORT)).values()) == {0}
    assert not any(dump(mirror).values())
    # What reports have counted names nobody.
    assert dump(data.history_db) == history


async def test_what_is_read_again_at_once_is_not_erased(services: WorkspaceServices) -> None:
    await read_all(services.data_store, small_account())
    services.session.change_settings({settings_table.KEEP_EVERYTHING.key: True})
    with pytest.raises(NotPermitted):
        await services.data_sources.erase_data(K.SUPPORT, 47)
    assert sum(count_source(services.data_store.data_db, K.SUPPORT).values()) == 47


async def test_agent_leaves_and_erases_nothing(
    services: WorkspaceServices, sandbox: SandboxServers
) -> None:
    zendesk = sandbox.connection_document["zendesk"]
    email, vault = zendesk["agent_email"], services.session.connection_config.vault
    services.session.change_settings({settings_table.ZENDESK_EMAIL.key: email})
    await store_api_token(vault, zendesk["agent_api_token"], zendesk["base_url"], email)
    await connect_again(services)
    assert services.session.actor.role is Role.AGENT
    sources = services.data_sources
    for kind in (K.SUPPORT, K.SAILTHRU):
        with pytest.raises(NotPermitted):
            await sources.take_steps(kind, STEP.DISCONNECT)
        with pytest.raises(NotPermitted):
            await sources.rename(kind, "Mine")
        with pytest.raises(NotPermitted):
            await sources.erase_data(kind, 0)
    assert services.session.clients.sailthru is not None
