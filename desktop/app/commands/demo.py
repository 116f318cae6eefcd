"""`fairlead demo`: the window on a sandbox of its own; nothing of it stays on this computer."""

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop.app.bootstrap import AppContext
from desktop.app.cli_output import terminal_safe
from desktop.app.commands.cli_command import CliCommand
from desktop.app.container import build_connection_config
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.errors import InternalError, InvalidInput
from desktop.kit.logging_setup import set_up_logging
from desktop.settings.managed_policy import NO_POLICY
from desktop.settings.paths import paths_under
from desktop.settings.workspace import Workspace, WorkspaceRegistry
from desktop.vault.environment_vault import EnvironmentSecrets
from desktop.vault.memory_vault import MemoryVault

DEMO_WORKSPACE_NAME = "ACME demo"
SEARCH_EXAMPLES = ("maria@lopez.example", "#48302", "j.doe@corp.example", "Alex Kim")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="", help="a customer, #ticket or link to open")
    parser.add_argument("--tour", metavar="DIR", help="save pictures of every screen and end")
    parser.add_argument(
        "--theme", choices=["light", "dark"], help="with --tour: pictures in this one alone"
    )
    parser.add_argument("--as", dest="role", choices=["admin", "agent"], default="admin")
    parser.add_argument("--customers", type=int, default=2000, metavar="N")
    parser.add_argument("--latency-ms", type=int, default=0, metavar="N")


def _run(context: AppContext, options: argparse.Namespace) -> int:
    if options.tour is not None and not options.tour.strip():
        raise InvalidInput("--tour needs a folder.", "", "Its pictures are saved there.")
    from desktop.app.startup.launch_options import LaunchOptions
    from desktop.app.startup.launcher import open_window

    with (
        tempfile.TemporaryDirectory(prefix="fairlead-demo-") as home,
        _sandbox_process(options) as said,
    ):
        context = _demo_context(context, Path(home))
        workspaces = WorkspaceRegistry(context.paths, context.policy, context.clock)
        workspace = workspaces.open_or_create(DEMO_WORKSPACE_NAME)
        _set_up(context, workspaces, workspace, said, options.role)
        tour = None
        if options.tour:
            from desktop.app.screenshot_tour.main_screens import BOTH_THEMES, ScreenshotTour

            themes = [choice for choice in BOTH_THEMES if options.theme in (None, choice.value)]
            tour = ScreenshotTour(Path(options.tour), said, themes).take_screenshots
        start = LaunchOptions(
            argument=options.what,
            tour=tour,
            workspace_label="ACME · demo",
            search_examples=SEARCH_EXAMPLES,
            run_environment=_run_environment(said, options.role),
        )
        return open_window(context, workspace, workspaces, start)


def _demo_context(context: AppContext, home: Path) -> AppContext:
    """A temporary home, secrets in memory, and no policy: the demo is nobody's account."""
    vaults: dict[str, MemoryVault] = {}

    def vault(workspace: Workspace) -> MemoryVault:
        return vaults.setdefault(workspace.id, MemoryVault(redactor=context.redactor))

    paths = paths_under(home)
    paths.create_folders()
    set_up_logging("info", paths.logs, context.redactor)
    return replace(
        context,
        paths=paths,
        policy=NO_POLICY,
        overrides=EnvironmentSecrets(),
        is_demo=True,
        vault_factory=vault,
    )


def _set_up(
    context: AppContext,
    workspaces: WorkspaceRegistry,
    workspace: Workspace,
    sandbox_document: dict[str, Any],
    role: str,
) -> None:
    document = {**sandbox_document, "changes": True}
    if role == "agent":
        # An admin sets up and switches changes on, then an agent signs in at this desk.
        asyncio.run(
            set_up_workspace(document, build_connection_config(context, workspace, workspaces))
        )
        sailthru, zendesk = dict(sandbox_document["sailthru"]), dict(sandbox_document["zendesk"])
        sailthru["api_key"], sailthru["api_secret"] = (
            sailthru["agent_api_key"],
            sailthru["agent_api_secret"],
        )
        zendesk["email"], zendesk["api_token"] = zendesk["agent_email"], zendesk["agent_api_token"]
        document = {"sailthru": sailthru, "zendesk": zendesk}
    report = asyncio.run(
        set_up_workspace(document, build_connection_config(context, workspace, workspaces))
    )
    if not report.is_ok:
        refused = "; ".join(
            terminal_safe(c.detail) for c in report.checks if not c.is_ok and c.is_needed
        )
        raise InternalError("The demo could not be set up.", refused)


def _run_environment(sandbox_document: dict[str, Any], role: str) -> dict[str, str]:
    """The secrets of who is at work, for runs: this demo's vault ends with its process."""
    who = "agent_" if role == "agent" else ""
    return {
        "FAIRLEAD_SAILTHRU_KEY": sandbox_document["sailthru"][f"{who}api_key"],
        "FAIRLEAD_SAILTHRU_SECRET": sandbox_document["sailthru"][f"{who}api_secret"],
        "FAIRLEAD_ZENDESK_EMAIL": sandbox_document["zendesk"][f"{who}email"],
        "FAIRLEAD_ZENDESK_TOKEN": sandbox_document["zendesk"][f"{who}api_token"],
    }


@contextlib.contextmanager
def _sandbox_process(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A sandbox process for as long as the demo runs; gives what it prints first."""
    command = [sys.executable, "-m", "desktop.sandbox", "--customers", str(options.customers)]
    if options.latency_ms:
        command += ["--latency-ms", str(options.latency_ms)]
    process = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, encoding="utf-8"
    )
    try:
        first = process.stdout.readline() if process.stdout else ""
        try:
            said = json.loads(first)
        except ValueError as error:
            raise InternalError("The sandbox did not start.", "The demo needs it.") from error
        yield said
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


COMMAND = CliCommand("demo", "open the window on invented data", _add_arguments, _run)
