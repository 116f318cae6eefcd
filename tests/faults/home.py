"""A workspace on disk that is connected to a sandbox, and its house opened in this process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from desktop.app.wiring import Ground, House, build_house, make_desk
from desktop.connect.setup import run_setup
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.redact import Redactor
from desktop.settings.paths import under
from desktop.settings.policy import NO_POLICY
from desktop.settings.workspace import Workspaces
from desktop.vault.environment import Overrides
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret

NAME = "main"


def secrets_of(document: Mapping[str, Any]) -> dict[Secret, str]:
    """What the keyring would hold after the set-up."""
    return {
        Secret.SAILTHRU_KEY: document["sailthru"]["api_key"],
        Secret.SAILTHRU_SECRET: document["sailthru"]["api_secret"],
        Secret.ZENDESK_TOKEN: document["zendesk"]["api_token"],
    }


def agents(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document as an agent's: their token, and the agents' Sailthru key."""
    s, z = document["sailthru"], document["zendesk"]
    return {
        "sailthru": {
            "service_uri": s["service_uri"],
            "api_key": s["agent_api_key"],
            "api_secret": s["agent_api_secret"],
        },
        "zendesk": {
            "base_url": z["base_url"],
            "email": z["agent_email"],
            "api_token": z["agent_api_token"],
        },
    }


def ground_at(folder: Path, document: Mapping[str, Any], clock: Clock | None = None) -> Ground:
    """What a start in this folder knows; the secrets stay in memory."""
    paths = under(folder)
    paths.prepare()
    secrets = secrets_of(document)
    return Ground(
        paths,
        NO_POLICY,
        Redactor(),
        Overrides(),
        clock or SystemClock(),
        vault=lambda _workspace: MemoryVault(secrets),
    )


def make_home(folder: Path, document: Mapping[str, Any], **settings: Any) -> Path:
    """Set a workspace up there, with changes switched on; gives the workspace's own folder."""
    ground = ground_at(folder, document)
    workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
    workspace = workspaces.create(NAME)
    wanted = {**document, "changes": True, **settings}
    report = asyncio.run(run_setup(wanted, make_desk(ground, workspace, workspaces)))
    assert report.ok, report.as_json()
    workspaces.remember(NAME)
    return workspace.folder


@asynccontextmanager
async def opened(
    folder: Path,
    document: Mapping[str, Any],
    *,
    clock: Clock | None = None,
    connect: bool = True,
    for_runs: bool = False,
) -> AsyncIterator[House]:
    """The house of that workspace, closed afterwards; `for_runs` as a run opens it."""
    ground = ground_at(folder, document, clock)
    workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
    house = build_house(ground, workspaces.open(NAME), workspaces)
    try:
        if connect:
            await house.live.connect(for_runs=for_runs)
        yield house
    finally:
        await house.close()
