"""`fairlead demo`: open the window on a sandbox of its own, with files that are deleted after."""

import argparse
import asyncio
import contextlib
import json
import secrets
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.app.bootstrap import AppContext
from desktop.app.commands.cli_command import CliCommand
from desktop.app.container import build_connection_config
from desktop.app.relaunch_command import relaunch_command
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.errors import InternalError, InvalidInput
from desktop.kit.logging_setup import set_up_logging
from desktop.settings.managed_policy import NO_POLICY
from desktop.settings.paths import paths_under
from desktop.settings.workspace import Workspace
from desktop.vault.environment_vault import EnvironmentSecrets
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret

if TYPE_CHECKING:
    from desktop.app.startup.startup_window import LaunchOptions

DEMO_WORKSPACE_NAME = "ACME demo"
# People of the sandbox's seed data: found by address, ticket, several records, and a name.
SEARCH_EXAMPLES = ("maria@lopez.example", "#48302", "j.doe@corp.example", "Alex Kim")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="", help="a customer, #ticket or link to open")
    parser.add_argument("--tour", metavar="DIR", help="save pictures of every screen and end")
    parser.add_argument(
        "--theme", choices=["light", "dark"], help="with --tour: pictures in this one alone"
    )
    parser.add_argument(
        "--team",
        metavar="DSN",
        default="",
        help="with --tour: an empty PostgreSQL by its owner's address; pictures of two desks",
    )
    parser.add_argument("--as", dest="role", choices=["admin", "agent"], default="admin")
    parser.add_argument("--customers", type=int, default=2000, metavar="N")
    parser.add_argument("--latency-ms", type=int, default=0, metavar="N")


def _open_demo(context: AppContext, options: argparse.Namespace) -> int:
    if options.tour is not None and not options.tour.strip():
        raise InvalidInput("--tour needs a folder.", "", "Its pictures are saved there.")
    # Imported here: `demo --help` needs no Qt.
    from desktop.app.startup.launcher import open_window

    with (
        tempfile.TemporaryDirectory(prefix="fairlead-demo-") as home,
        _sandbox_process(options) as sandbox_document,
    ):
        audit_key = secrets.token_hex()
        context = make_demo_context(context, Path(home), audit_key)
        workspace = context.workspaces.open_or_create(DEMO_WORKSPACE_NAME)
        _set_up_demo(context, workspace, sandbox_document, options.role)
        environment = _run_environment(sandbox_document, options.role, audit_key)
        launch_options = _launch_options(options, sandbox_document, environment)
        return open_window(context, workspace, launch_options)


def _launch_options(
    options: argparse.Namespace,
    sandbox_document: dict[str, Any],
    run_environment: dict[str, str],
) -> "LaunchOptions":
    from desktop.app.startup.startup_window import LaunchOptions

    tour = None
    if options.tour:
        from desktop.app.screenshot_tour.main_screens_station import take_screenshots
        from desktop.app.screenshot_tour.tour_driver import BOTH_THEMES

        themes = [choice for choice in BOTH_THEMES if options.theme in (None, choice.value)]
        tour = partial(
            take_screenshots,
            folder=Path(options.tour),
            sandbox_document=sandbox_document,
            themes=themes,
            team_owner=options.team,
        )
    return LaunchOptions(
        argument=options.what,
        tour=tour,
        workspace_label="ACME · demo",
        search_examples=SEARCH_EXAMPLES,
        run_environment=run_environment,
    )


def make_demo_context(context: AppContext, home: Path, audit_key: str = "") -> AppContext:
    """Copy the process's context for the demo: paths under `home`, secrets in memory, no policy.

    No policy: the demo is nobody's account, and an administrator's rules would only hide parts.
    `audit_key`: one that other processes have as well; "": the workspace makes its own.
    """
    known = {Secret.AUDIT_KEY: audit_key} if audit_key else {}
    # One vault a workspace: set-up and window ask for it separately, and share its secrets.
    vaults: dict[str, MemoryVault] = {}

    def vault(workspace: Workspace) -> MemoryVault:
        return vaults.setdefault(workspace.id, MemoryVault(known, context.redactor))

    paths = paths_under(home)
    paths.create_folders()
    set_up_logging("info", paths.logs, context.redactor)
    return replace(
        context,
        paths=paths,
        policy=NO_POLICY,
        environment_secrets=EnvironmentSecrets(),
        is_demo=True,
        vault_factory=vault,
    )


def _set_up_demo(
    context: AppContext, workspace: Workspace, sandbox_document: dict[str, Any], role: str
) -> None:
    """Set the demo's workspace up as an admin, then sign in as `role`. Raises InternalError."""
    config = build_connection_config(context, workspace)
    report = asyncio.run(set_up_workspace({**sandbox_document, "changes": True}, config))
    if role == "agent":
        # An admin has switched changes on; now an agent signs in at the same desk.
        sailthru, zendesk = dict(sandbox_document["sailthru"]), dict(sandbox_document["zendesk"])
        sailthru |= {name: sailthru[f"agent_{name}"] for name in ("api_key", "api_secret")}
        zendesk |= {name: zendesk[f"agent_{name}"] for name in ("email", "api_token")}
        report = asyncio.run(set_up_workspace({"sailthru": sailthru, "zendesk": zendesk}, config))
    if not report.is_ok:
        refused = "; ".join(c.detail for c in report.checks if not c.is_ok and c.is_needed)
        raise InternalError("The demo could not be set up.", refused)


def _run_environment(sandbox_document: dict[str, Any], role: str, audit_key: str) -> dict[str, str]:
    """Return the demo role's secrets as variables for run processes: its vault is in memory.

    With the window's key of the audit: what it proves has to count for them, and theirs for it.
    """
    who = "agent_" if role == "agent" else ""
    return {
        "FAIRLEAD_SAILTHRU_KEY": sandbox_document["sailthru"][f"{who}api_key"],
        "FAIRLEAD_SAILTHRU_SECRET": sandbox_document["sailthru"][f"{who}api_secret"],
        "FAIRLEAD_ZENDESK_EMAIL": sandbox_document["zendesk"][f"{who}email"],
        "FAIRLEAD_ZENDESK_TOKEN": sandbox_document["zendesk"][f"{who}api_token"],
        "FAIRLEAD_SELL_TOKEN": sandbox_document["sell"]["access_token"],
        "FAIRLEAD_AUDIT_KEY": audit_key,
    }


@contextlib.contextmanager
def _sandbox_process(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Keep a `fairlead sandbox` process running inside the block; yields its first JSON line."""
    # A demo that is killed closes its end of the pipe, and the sandbox ends with it.
    arguments = ["--customers", str(options.customers), "--until-eof"]
    if options.latency_ms:
        arguments += ["--latency-ms", str(options.latency_ms)]
    process = subprocess.Popen(  # noqa: S603
        relaunch_command(*arguments, module="desktop.sandbox"),
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        first_line = process.stdout.readline() if process.stdout else ""
        try:
            document = json.loads(first_line)
        except ValueError as error:
            raise InternalError("The sandbox did not start.", "The demo needs it.") from error
        yield document
    finally:
        # SIGTERM: the sandbox closes its sockets and ends by itself; killed after ten seconds.
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdout, process.stdin):
            if pipe:
                pipe.close()


COMMANDS = {"demo": CliCommand(_add_arguments, _open_demo)}
