"""The daily look for a newer version, over real HTTP."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from desktop import __version__
from desktop.app.background.update_check import UpdateCheck
from desktop.app.container import WorkspaceServices, build_services
from desktop.kit.errors import AppError
from desktop.settings import settings_table
from desktop.settings.managed_policy import ManagedPolicy
from tests.support.raw_http_server import RawConnection, serve_script
from tests.support.workspace_home import make_app_context

Notice = tuple[str, str, str]


class Updates:
    """A workspace whose policy names an address of new versions, and what was told of them."""

    def __init__(self, services: WorkspaceServices) -> None:
        self.services = services
        self.told: list[Notice] = []
        self.check = UpdateCheck(services, lambda *notice: self.told.append(notice))


@asynccontextmanager
async def updates_at(folder: Path, address: str) -> AsyncIterator[Updates]:
    policy = ManagedPolicy({settings_table.UPDATE_ADDRESS.key: address})
    keys = {"sailthru": {"api_key": "k" * 32, "api_secret": "s" * 32}}
    document = {**keys, "zendesk": {"api_token": "t" * 40}}
    context = replace(make_app_context(folder, document), policy=policy)
    services = build_services(context, context.workspaces.create("main"))
    try:
        yield Updates(services)
    finally:
        await services.close()


def answer(body: bytes, status: str = "200 OK"):  # noqa: ANN201 - a script of serve_script
    async def script(connection: RawConnection) -> None:
        await connection.send_response(body, status)

    return script


NEWER = json.dumps({"version": "99.0.0", "notes": "https://fairlead.example/99"}).encode()


async def test_newer_version_is_told_once(tmp_path: Path) -> None:
    async with (
        serve_script(answer(NEWER)) as server,
        updates_at(tmp_path, f"{server.url}/latest.json") as updates,
    ):
        assert await updates.check.run_once() is None
        assert await updates.check.run_once() is None
    assert [title for title, _, _ in updates.told] == ["Fairlead 99.0.0 is available."]
    assert __version__ in updates.told[0][1]
    assert updates.told[0][2] == "What is new: https://fairlead.example/99"
    request = server.received[0].head.decode().lower()
    assert request.startswith("get /latest.json ")
    # Nothing about the person or the workspace leaves this computer.
    assert "authorization" not in request
    assert "cookie" not in request


async def test_installed_version_is_not_told(tmp_path: Path) -> None:
    async with (
        serve_script(answer(json.dumps({"version": __version__}).encode())) as server,
        updates_at(tmp_path, server.url) as updates,
    ):
        await updates.check.run_once()
    assert len(server.received) == 1
    assert updates.told == []


async def test_no_address_is_never_asked(tmp_path: Path) -> None:
    async with updates_at(tmp_path, "") as updates:
        assert await updates.check.run_once() is not None
    assert updates.told == []


async def test_nothing_is_asked_while_a_run_writes(tmp_path: Path) -> None:
    async with serve_script(answer(NEWER)) as server, updates_at(tmp_path, server.url) as updates:
        runs = updates.services.store.runs
        run = await runs.begin("tickets-to-profiles", "by hand", "Ada", 1.0)
        assert await updates.check.run_once() is not None
        assert server.received == []
        assert run.id


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"<html>", "200 OK"), (b"{}", "200 OK"), (b"x" * 70_000, "200 OK"), (NEWER, "500 Oops")],
)
async def test_useless_answer_is_an_error_and_no_notice(
    body: bytes, status: str, tmp_path: Path
) -> None:
    async with (
        serve_script(answer(body, status)) as server,
        updates_at(tmp_path, server.url) as updates,
    ):
        with pytest.raises(AppError):
            await updates.check.run_once()
    assert updates.told == []
