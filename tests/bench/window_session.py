"""A sandbox, a workspace set up on it, and the real window open on that."""

import asyncio
import base64
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

from tests.support.sandbox_process import running_sandbox
from tests.support.window_workspace import delete_qt_objects

if TYPE_CHECKING:
    from desktop.app.bootstrap import AppContext
    from desktop.app.window_lifecycle import WindowLifecycle

ConnectionDocument = dict[str, Any]


@contextlib.contextmanager
def run_sandbox(*flags: str) -> Iterator[ConnectionDocument]:
    """A sandbox process without rate limits; gives what it prints first."""
    with running_sandbox("--rate-limits", "off", *flags) as document:
        yield document


def control_sandbox(said: ConnectionDocument, method: str, name: str, body: object = None) -> Any:
    """Ask or tell the sandbox itself."""
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"{said['zendesk']['base_url']}/sandbox/{name}", data, method=method)  # noqa: S310
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


def generated_addresses(said: ConnectionDocument, count: int) -> list[str]:
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


def set_up_workspace(home: Path, said: ConnectionDocument) -> None:
    """Set a workspace up as `fairlead setup` does; its secrets are not kept."""
    from desktop.app.container import build_connection_config
    from desktop.connect.workspace_setup import set_up_workspace

    context = _demo_context(home)
    workspace = context.workspaces.open_or_create(context.workspaces.current_name())
    config = build_connection_config(context, workspace)
    report = asyncio.run(set_up_workspace({**said, "changes": True}, config))
    assert report.is_ok, report


@dataclass(frozen=True)
class WindowSession:
    """The open window and the sandbox it works on."""

    window: "WindowLifecycle"
    connection_document: ConnectionDocument


def run_in_window(
    said: ConnectionDocument, act: Callable[[WindowSession], Coroutine[Any, Any, None]]
) -> None:
    """Open the real window, connected, run `act` on it, and close it again."""
    from desktop.app.event_loop import run_on_qt_event_loop
    from desktop.app.startup.launcher import create_application

    app = create_application()
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-") as home:
        run_on_qt_event_loop(app, _run_session(said, Path(home), act))


async def _run_session(
    said: ConnectionDocument, home: Path, act: Callable[[WindowSession], Coroutine[Any, Any, None]]
) -> None:
    async with _open_window(said, home) as window:
        await act(WindowSession(window, said))


@contextlib.asynccontextmanager
async def _open_window(said: ConnectionDocument, home: Path) -> AsyncIterator["WindowLifecycle"]:
    from desktop.app.container import build_connection_config, build_services
    from desktop.app.startup.launcher import create_application
    from desktop.app.startup.startup_window import LaunchOptions, StartupWindow
    from desktop.app.window_lifecycle import WindowLifecycle
    from desktop.connect.workspace_setup import set_up_workspace

    context = _demo_context(home)
    workspace = context.workspaces.open_or_create("bench")
    config = build_connection_config(context, workspace)
    report = await set_up_workspace({**said, "changes": True}, config)
    assert report.is_ok, report
    services, options = build_services(context, workspace), LaunchOptions()
    startup_window = StartupWindow(
        create_application(), workspace, services.session.values, options
    )
    startup_window.show()
    window = WindowLifecycle(services, startup_window, options)
    running = asyncio.create_task(window.run())
    while not window.services.session.service_states:
        await asyncio.sleep(0.05)
        if running.done():
            # It should run until it is closed: say why it does not instead of waiting for ever.
            running.result()
    await asyncio.sleep(1.0)
    try:
        yield window
    finally:
        window.request_close()
        await running
        # By Qt, from the window down. Left to Python's collector, a card's placeholder could go
        # before the layout that still names it, and the process ended in a segmentation fault.
        await delete_qt_objects(startup_window.main_window, window)


def _demo_context(home: Path) -> "AppContext":
    from desktop.app.bootstrap import build_app_context
    from desktop.app.commands.demo import make_demo_context

    home.mkdir(exist_ok=True)
    return make_demo_context(build_app_context(), home)
