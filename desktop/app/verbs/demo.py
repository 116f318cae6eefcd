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

from desktop.app.ground import Ground
from desktop.app.output import plain
from desktop.app.verbs.verb import Verb
from desktop.app.wiring import make_desk
from desktop.connect.setup import run_setup
from desktop.kit.errors import BadInput, Bug
from desktop.kit.log import set_up_logging
from desktop.settings.paths import under
from desktop.settings.policy import NO_POLICY
from desktop.settings.workspace import Workspace, Workspaces
from desktop.vault.environment import Overrides
from desktop.vault.memory_vault import MemoryVault

NAME = "ACME demo"
EXAMPLES = ("maria@lopez.example", "#48302", "j.doe@corp.example", "Alex Kim")


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="", help="a customer, #ticket or link to open")
    parser.add_argument("--tour", metavar="DIR", help="save pictures of every screen and end")
    parser.add_argument(
        "--theme", choices=["light", "dark"], help="with --tour: pictures in this one alone"
    )
    parser.add_argument("--as", dest="role", choices=["admin", "agent"], default="admin")
    parser.add_argument("--customers", type=int, default=2000, metavar="N")
    parser.add_argument("--latency-ms", type=int, default=0, metavar="N")


def _run(ground: Ground, options: argparse.Namespace) -> int:
    if options.tour is not None and not options.tour.strip():
        raise BadInput("--tour needs a folder.", "", "Its pictures are saved there.")
    from desktop.app.gui import open_window
    from desktop.app.start import Start

    with tempfile.TemporaryDirectory(prefix="fairlead-demo-") as home, _sandbox(options) as said:
        ground = _demo_ground(ground, Path(home))
        workspaces = Workspaces(ground.paths, ground.policy, ground.clock)
        workspace = workspaces.open_or_create(NAME)
        _set_up(ground, workspaces, workspace, said, options.role)
        tour = None
        if options.tour:
            from desktop.app.tour import BOTH, Tour

            themes = [choice for choice in BOTH if options.theme in (None, choice.value)]
            tour = Tour(Path(options.tour), said, themes).walk
        start = Start(
            argument=options.what,
            tour=tour,
            words="ACME · demo",
            examples=EXAMPLES,
            lent=_lent(said, options.role),
        )
        return open_window(ground, workspace, workspaces, start)


def _demo_ground(ground: Ground, home: Path) -> Ground:
    """A temporary home, secrets in memory, and no policy: the demo is nobody's account."""
    vaults: dict[str, MemoryVault] = {}

    def vault(workspace: Workspace) -> MemoryVault:
        return vaults.setdefault(workspace.id, MemoryVault(redactor=ground.redactor))

    paths = under(home)
    paths.prepare()
    set_up_logging("info", paths.logs, ground.redactor)
    return replace(
        ground, paths=paths, policy=NO_POLICY, overrides=Overrides(), demo=True, vault=vault
    )


def _set_up(
    ground: Ground, workspaces: Workspaces, workspace: Workspace, said: dict[str, Any], role: str
) -> None:
    document = {**said, "changes": True}
    if role == "agent":
        # An admin sets up and switches changes on, then an agent signs in at this desk.
        asyncio.run(run_setup(document, make_desk(ground, workspace, workspaces)))
        sailthru, zendesk = dict(said["sailthru"]), dict(said["zendesk"])
        sailthru["api_key"], sailthru["api_secret"] = (
            sailthru["agent_api_key"],
            sailthru["agent_api_secret"],
        )
        zendesk["email"], zendesk["api_token"] = zendesk["agent_email"], zendesk["agent_api_token"]
        document = {"sailthru": sailthru, "zendesk": zendesk}
    report = asyncio.run(run_setup(document, make_desk(ground, workspace, workspaces)))
    if not report.ok:
        refused = "; ".join(plain(c.detail) for c in report.checks if not c.ok and c.needed)
        raise Bug("The demo could not be set up.", refused)


def _lent(said: dict[str, Any], role: str) -> dict[str, str]:
    """The secrets of who is at work, for runs: this demo's vault ends with its process."""
    who = "agent_" if role == "agent" else ""
    return {
        "FAIRLEAD_SAILTHRU_KEY": said["sailthru"][f"{who}api_key"],
        "FAIRLEAD_SAILTHRU_SECRET": said["sailthru"][f"{who}api_secret"],
        "FAIRLEAD_ZENDESK_EMAIL": said["zendesk"][f"{who}email"],
        "FAIRLEAD_ZENDESK_TOKEN": said["zendesk"][f"{who}api_token"],
    }


@contextlib.contextmanager
def _sandbox(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
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
            raise Bug("The sandbox did not start.", "The demo needs it.") from error
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


VERB = Verb("demo", "open the window on invented data", _arguments, _run)
