"""A desk without Sailthru's key: a worker makes its calls, by its rules and the person's role."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from desktop.app.commands.edit_delivery import deliver_and_wait
from desktop.app.commands.worker import answer_desks
from desktop.app.container import WorkspaceServices
from desktop.app.sailthru_relay_worker import SailthruRelayWorker
from desktop.connect import sailthru_relay_client
from desktop.customer.edit_factory import EditFactory
from desktop.kit.errors import Forbidden, NotPermitted, ServiceUnreachable
from desktop.model.edit import EditState
from desktop.model.optout_level import OptOutLevel
from desktop.model.permission import Actor, Permission, Role
from desktop.model.relayed_sailthru_call import RelayedCall, find_needed_permissions
from desktop.settings import settings_table
from desktop.store.team.team_errors import TeamStoreRefused
from tests.support.edit_cases import CustomerFactory
from tests.support.postgres_server import PostgresServer
from tests.support.sandbox_servers import SandboxServers
from tests.support.workspace_home import open_workspace_services

ADA = Actor("Ada Admin", Role.ADMIN, 7601)
KIM = "7602"


# What a call needs.


@pytest.mark.parametrize(
    ("parameters", "level", "needed"),
    [
        ({"lists": {"News": 1}}, None, {"LIST_ADD"}),
        ({"lists": {"News": 0, "VIP": 1}}, None, {"LIST_ADD", "LIST_REMOVE"}),
        ({"vars": {"zendesk_health": "happy"}}, None, {"HEALTH"}),
        ({"vars": {"city": "Lisbon"}}, None, {"VARS"}),
        ({"vars": {"zendesk_paused": 1}, "lists": {"P": 1}}, None, {"PAUSE", "LIST_ADD"}),
        ({"optout_email": "all"}, OptOutLevel.NONE, {"OPT_OUT"}),
        ({"optout_email": "none"}, OptOutLevel.ALL, {"OPT_IN"}),
        ({"optout_email": "basic"}, None, {"OPT_IN"}),
        ({"keys": {"email": "a@b.example"}, "keysconflict": "error"}, None, {"CHANGE_EMAIL"}),
        ({"keys": {"email": "a@b.example"}, "keysconflict": "merge"}, None, {"MERGE"}),
        ({"key": "email", "lists": {}}, None, {"CREATE"}),
        ({"key": "extid"}, None, {"CREATE"}),
    ],
)
def test_call_needs_the_permissions_of_what_it_changes(
    parameters: dict[str, Any], level: OptOutLevel | None, needed: set[str]
) -> None:
    call = RelayedCall("POST", "user", {"id": "a" * 24, "key": "sid", **parameters})
    found = find_needed_permissions(
        call, health_var="zendesk_health", paused_var="zendesk_paused", level=level
    )
    assert {one.name for one in found} == {"VIEW", *needed}


@pytest.mark.parametrize(
    ("method", "endpoint", "parameters"),
    [
        ("POST", "job", {"job": "update"}),
        ("POST", "list", {"list": "x"}),
        ("DELETE", "user", {"id": "a" * 24}),
        ("GET", "job", {"job_id": "1"}),
        ("POST", "user", {"id": "a", "key": "sid", "login": {"x": 1}}),
        ("POST", "send", {"template": "x"}),
    ],
)
def test_call_that_is_no_look_up_and_no_edit_is_not_made(
    method: str, endpoint: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(NotPermitted, match="not done for computers without"):
        find_needed_permissions(
            RelayedCall(method, endpoint, parameters), health_var="h", paused_var="p", level=None
        )


# A worker with the key, and an agent's desk without.


@pytest_asyncio.fixture
async def worker(
    sandbox: SandboxServers, prepared_home: Path, tmp_path: Path, dsn: str
) -> AsyncIterator[WorkspaceServices]:
    home = tmp_path / "worker"
    shutil.copytree(prepared_home, home)
    async with open_workspace_services(home, sandbox.connection_document) as house:
        await house.team.join(dsn, house.session.actor)
        yield house


@pytest_asyncio.fixture
async def desk(
    worker: WorkspaceServices,
    sandbox: SandboxServers,
    prepared_home: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[WorkspaceServices]:
    """Kim Park, an agent, works there; joined by a code that was made for her, or the parameter."""
    home = tmp_path / "desk"
    shutil.copytree(prepared_home, home)
    person = getattr(request, "param", KIM)
    code = await worker.team.invite("Kim's laptop", worker.session.actor, person=person)
    document = keyless_document(sandbox)
    async with open_workspace_services(home, document, connect=False) as house:
        house.session.change_settings(
            {settings_table.ZENDESK_EMAIL.key: document["zendesk"]["agent_email"]}
        )
        await house.session.connect()
        assert house.session.clients.sailthru is None
        await house.team.join(code, ADA)
        assert await house.team.use_worker(house.session.change_settings)
        await house.session.connect()
        # Sealed anew: its keyring is a fresh one.
        house.session.change_settings({settings_table.CHANGES_ENABLED.key: True})
        yield house


def keyless_document(sandbox: SandboxServers) -> dict[str, Any]:
    known: Mapping[str, Any] = sandbox.connection_document
    zendesk = {**known["zendesk"], "api_token": known["zendesk"]["agent_api_token"]}
    return {**known, "sailthru": None, "zendesk": zendesk}


@pytest_asyncio.fixture
async def answering(worker: WorkspaceServices) -> AsyncIterator[None]:
    """`fairlead worker` as it answers desks."""
    task = asyncio.create_task(answer_desks(worker, SailthruRelayWorker(worker)))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.usefixtures("answering")
async def test_agent_without_the_key_looks_up_and_edits(
    desk: WorkspaceServices, customers: CustomerFactory, sandbox: SandboxServers
) -> None:
    assert await desk.session.connection_config.sailthru_credentials("") is None
    email = customers.new_email()
    sid = sandbox.create_profile(email, vars={"city": "Lisbon"})
    sheet = await desk.lookup.look_up(email)
    assert sheet.profile.value is not None
    assert (sheet.profile.value.sid, sheet.profile.value.vars["city"]) == (sid, "Lisbon")
    request = EditFactory(sheet, desk.session.account_names()).optout(OptOutLevel.ALL)
    edits = await desk.editor.submit([replace(request, reason="asked us to stop")])
    (done,) = await deliver_and_wait(desk, edits)
    assert (done.state, done.detail) == (EditState.DONE, "Sailthru confirmed")
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert profile["optout_email"] == "all"


@pytest.mark.usefixtures("answering")
async def test_admins_switches_on_the_worker_bind_the_desk(
    desk: WorkspaceServices,
    worker: WorkspaceServices,
    customers: CustomerFactory,
    sandbox: SandboxServers,
) -> None:
    sid = sandbox.create_profile(customers.new_email(), lists={"Newsletter": 1})
    client = desk.session.clients.sailthru
    assert client is not None
    # Whatever the desk's own rules say: an agent takes nobody off a list.
    with pytest.raises(Forbidden, match="Kim Park may not do that"):
        await client.post_user(sid, lists={"Newsletter": False})
    await client.post_user(sid, optout=OptOutLevel.ALL)
    with pytest.raises(Forbidden, match="opt customers back in"):
        await client.post_user(sid, optout=OptOutLevel.NONE)
    with pytest.raises(Forbidden, match="not done for computers without"):
        await client.delete_user(sid)
    allowed = settings_table.PERMISSION_SETTINGS[Role.AGENT, Permission.LIST_REMOVE]
    worker.session.change_settings({allowed.key: True})
    await client.post_user(sid, lists={"Newsletter": False})
    worker.session.change_settings({settings_table.CHANGES_ENABLED.key: False})
    with pytest.raises(Forbidden, match="Changes are switched off"):
        await client.post_user(sid, vars={"zendesk_health": "happy"})
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert (profile["optout_email"], profile["lists"]) == ("all", None)


@pytest.mark.parametrize("desk", [str(ADA.id)], indirect=True)
@pytest.mark.usefixtures("answering")
async def test_whoever_sits_at_a_desk_has_no_more_rights_than_their_own(
    desk: WorkspaceServices, customers: CustomerFactory, sandbox: SandboxServers
) -> None:
    """The code was made for an admin, who has gone home."""
    sid = sandbox.create_profile(customers.new_email(), lists={"Newsletter": 1})
    client = desk.session.clients.sailthru
    assert client is not None
    with pytest.raises(Forbidden, match="Kim Park may not do that"):
        await client.post_user(sid, lists={"Newsletter": False})
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert profile["lists"] is not None


@pytest.mark.usefixtures("answering")
async def test_whoever_sits_at_a_desk_has_no_more_rights_than_whom_its_code_was_made_for(
    desk: WorkspaceServices, customers: CustomerFactory, sandbox: SandboxServers
) -> None:
    """Also a desk that says an admin is signed in there."""
    sid = sandbox.create_profile(customers.new_email(), lists={"Newsletter": 1})
    call = RelayedCall("POST", "user", {"id": sid, "key": "sid", "lists": {"Newsletter": 0}})
    for actor in (ADA, None):
        relay = sailthru_relay_client.SailthruRelayClient(desk.team, lambda found=actor: found)  # type: ignore[misc]
        answer = await relay.ask(call)
        await relay.close()
        assert answer.error is not None
        assert answer.error["title"].startswith("Kim Park")
    profile = sandbox.read_profile(sid)
    assert profile is not None
    assert profile["lists"] is not None


async def test_without_a_worker_nothing_is_sent_and_an_edit_waits(
    desk: WorkspaceServices,
    customers: CustomerFactory,
    sandbox: SandboxServers,
    monkeypatch: pytest.MonkeyPatch,
    postgres: PostgresServer,
    database: str,
) -> None:
    monkeypatch.setattr(sailthru_relay_client, "_TAKEN_S", 0.05)
    client = desk.session.clients.sailthru
    assert client is not None
    with pytest.raises(ServiceUnreachable, match="no worker of your team is there"):
        await client.get_user("a" * 24)
    assert postgres.execute("SELECT count(*) FROM fairlead.desk_request", database) == [(0,)]


async def test_who_asks_is_told_by_the_database(
    desk: WorkspaceServices, worker: WorkspaceServices
) -> None:
    """A desk asks as the person of its code alone, and answers nobody."""
    store, other = await desk.team.open(), await worker.team.open()
    assert store is not None
    assert other is not None
    assert not await store.requests.may_answer()
    request = await store.requests.ask("{}")
    for statement in (
        "INSERT INTO desk_request (desk, content, proof, user_id) VALUES ('x', '', '', '7601')",
        "INSERT INTO desk_request (desk, content, proof, login) VALUES ('x', '', '', 'desk')",
    ):
        with pytest.raises(TeamStoreRefused, match="lacks a right"):
            store.database.run(lambda c, s=statement: c.execute(s))  # type: ignore[misc]
    # Neither takes nor answers: the row is not there for its update.
    assert await store.requests.take_next() is None
    with pytest.raises(TeamStoreRefused, match="in the name of this desk"):
        await other.requests.ask("{}")
    taken = await other.requests.take_next()
    assert taken is not None
    assert (taken.id, taken.user_id) == (request, KIM)
    await other.requests.answer(request, "yes")
    assert await store.requests.take_answer(request) == "yes"
