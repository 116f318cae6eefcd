"""A sandbox, a workspace set up on it, and the real window open on that."""

import asyncio
import base64
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from tests.bench.child import ROOT

if TYPE_CHECKING:
    from desktop.app.window import Window

Said = dict[str, Any]


@contextlib.contextmanager
def running_sandbox(*flags: str) -> Iterator[Said]:
    """A sandbox process without rate limits; gives what it prints first."""
    command = [sys.executable, "-m", "desktop.sandbox", "--rate-limits", "off", *flags]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def control(said: Said, method: str, name: str, body: object = None) -> Any:
    """Ask or tell the sandbox itself."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{said['zendesk']['base_url']}/sandbox/{name}", data, method=method)  # noqa: S310
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


def crowd(said: Said, count: int) -> list[str]:
    """Addresses of generated customers, the newest ones first."""
    zendesk = said["zendesk"]
    signed = base64.b64encode(f"{zendesk['email']}/token:{zendesk['api_token']}".encode())
    found: list[str] = []
    url = f"{zendesk['base_url']}/api/v2/users.json?role=end-user&page[size]=100"
    while url and len(found) < count + 40:
        request = Request(url, headers={"Authorization": f"Basic {signed.decode()}"})  # noqa: S310
        with urlopen(request, timeout=30) as answer:  # noqa: S310
            page = json.loads(answer.read())
        found += [u["email"] for u in page["users"] if u.get("email")]
        url = (page.get("links") or {}).get("next") or ""
    return found[-count:]


def set_up_home(home: Path, said: Said) -> None:
    """Set a workspace up as `fairlead setup` does; its secrets are not kept."""
    from desktop.app.wiring import make_desk
    from desktop.connect.setup import run_setup

    ground, workspaces = _ground(home)
    workspace = workspaces.open_or_create(workspaces.current())
    desk = make_desk(ground, workspace, workspaces)
    report = asyncio.run(run_setup({**said, "changes": True}, desk))
    assert report.ok, report


@dataclass(frozen=True)
class Stage:
    """The open window and the sandbox it works on."""

    window: "Window"
    said: Said


def on_stage(said: Said, act: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
    """Open the real window, connected, run `act` on it, and close it again."""
    from desktop.app.gui import application
    from desktop.app.loop import run_with_qt

    app = application()
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as home:
        run_with_qt(app, _played(said, Path(home), act))


async def _played(
    said: Said, home: Path, act: Callable[[Stage], Coroutine[Any, Any, None]]
) -> None:
    async with _open_window(said, home) as window:
        await act(Stage(window, said))


@contextlib.asynccontextmanager
async def _open_window(said: Said, home: Path) -> AsyncIterator["Window"]:
    from desktop.app.gui import application
    from desktop.app.start import Start
    from desktop.app.window import Window
    from desktop.app.wiring import build_house, make_desk
    from desktop.connect.setup import run_setup

    ground, workspaces = _ground(home)
    workspace = workspaces.open_or_create("bench")
    desk = make_desk(ground, workspace, workspaces)
    report = await run_setup({**said, "changes": True}, desk)
    assert report.ok, report
    window = Window(build_house(ground, workspace, workspaces), application(), Start())
    window.show()
    running = asyncio.create_task(window.run())
    while not window.house.live.states:
        await asyncio.sleep(0.05)
        if running.done():
            # It should run until it is closed: say why it does not instead of waiting for ever.
            running.result()
    await asyncio.sleep(1.0)
    try:
        yield window
    finally:
        window.close()
        await running


def _ground(home: Path) -> Any:
    from desktop.app.cli import lay_ground
    from desktop.app.verbs.demo import _demo_ground
    from desktop.settings.workspace import Workspaces

    home.mkdir(exist_ok=True)
    ground = _demo_ground(lay_ground(), home)
    return ground, Workspaces(ground.paths, ground.policy, ground.clock)
