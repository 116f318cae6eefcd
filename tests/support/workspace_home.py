"""A workspace on disk that is connected to a sandbox, and its house opened in this process."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop.app.bootstrap import AppContext
from desktop.app.container import WorkspaceServices, build_connection_config, build_services
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.log_redaction import Redactor
from desktop.settings.managed_policy import NO_POLICY
from desktop.settings.paths import paths_under
from desktop.vault.environment_vault import EnvironmentSecrets
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret
from tests.support.fresh_store import copy_fresh_store

WORKSPACE_NAME = "main"
# Every process that opens the home of a test has it, as those of one person's session have.
AUDIT_KEY = "5e" * 32


def secrets_from_document(document: Mapping[str, Any]) -> dict[Secret, str]:
    """What the keyring would hold after the set-up; the audit's key is one for all processes."""
    more = {"audit_key": Secret.AUDIT_KEY, "team_dsn": Secret.TEAM_DSN}
    known = {Secret.AUDIT_KEY: AUDIT_KEY}
    known |= {secret: document[name] for name, secret in more.items() if name in document}
    if sailthru := document.get("sailthru"):
        known[Secret.SAILTHRU_KEY] = sailthru["api_key"]
        known[Secret.SAILTHRU_SECRET] = sailthru["api_secret"]
    if "sell" in document:
        # Used where a home has Sell's address among its settings alone.
        known[Secret.SELL_TOKEN] = document["sell"]["access_token"]
    return {**known, Secret.ZENDESK_TOKEN: document["zendesk"]["api_token"]}


def make_app_context(
    folder: Path, document: Mapping[str, Any], clock: Clock | None = None
) -> AppContext:
    """What a start in this folder knows; the secrets stay in memory.

    `agent` in the document: somebody else than who set the workspace up signs in, by the
    environment's token.
    """
    paths = paths_under(folder)
    paths.create_folders()
    secrets = secrets_from_document(document)
    return AppContext(
        paths,
        NO_POLICY,
        Redactor(),
        EnvironmentSecrets(
            {Secret.ZENDESK_TOKEN: document["zendesk"]["api_token"]}, document["agent"]
        )
        if "agent" in document
        else EnvironmentSecrets(),
        clock or SystemClock(),
        vault_factory=lambda _workspace: MemoryVault(secrets),
    )


def create_workspace_home(folder: Path, document: Mapping[str, Any], **settings: Any) -> Path:
    """Set a workspace up there, with changes switched on and without Sell; gives its folder."""
    # Nobody has stored a key yet: one that is there already would say that somebody was connected.
    context = replace(
        make_app_context(folder, document), vault_factory=lambda _workspace: MemoryVault()
    )
    workspace = context.workspaces.create(WORKSPACE_NAME)
    # Making the databases runs every migration: four fifths of what opening the home would cost.
    copy_fresh_store(workspace.folder)
    # A look-up asks Sell too, at Sell's own slow pace: only tests of Sell connect it.
    without_sell = {name: part for name, part in document.items() if name != "sell"}
    wanted = {**without_sell, "changes": True, **settings}
    report = asyncio.run(set_up_workspace(wanted, build_connection_config(context, workspace)))
    assert report.is_ok, report.as_json()
    context.workspaces.set_current(WORKSPACE_NAME)
    return workspace.folder


@asynccontextmanager
async def open_workspace_services(
    folder: Path,
    document: Mapping[str, Any],
    *,
    clock: Clock | None = None,
    connect: bool = True,
    for_runs: bool = False,
) -> AsyncIterator[WorkspaceServices]:
    """The house of that workspace, closed afterwards; `for_runs` as a run opens it."""
    context = make_app_context(folder, document, clock)
    house = build_services(context, context.workspaces.open(WORKSPACE_NAME))
    try:
        if connect:
            await house.session.connect(for_runs=for_runs)
        yield house
    finally:
        await house.close()
