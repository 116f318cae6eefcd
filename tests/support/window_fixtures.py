"""Fixtures of every folder that opens whole windows; each folder's conftest takes them over."""

import functools
import inspect
import logging
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest
from PySide6.QtWidgets import QApplication

from desktop.app import detached_run_process
from tests.support.program_fork_server import program_fork_server
from tests.support.window_driver import FirstStartDriver, WindowDriver
from tests.support.window_home import PreparedHomes, WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox

DriverT = TypeVar("DriverT", bound=WindowDriver)


class _ErrorLogHandler(logging.Handler):
    """Keeps what must not be logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(self.format(record))


@pytest.fixture(scope="session")
def shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedSandbox]:
    sandbox = LoggedSandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(shared_sandbox: LoggedSandbox) -> LoggedSandbox:
    shared_sandbox.reset()
    return shared_sandbox


@pytest.fixture(scope="session")
def prepared_homes(tmp_path_factory: pytest.TempPathFactory) -> PreparedHomes:
    return PreparedHomes(tmp_path_factory.mktemp("ready"))


@pytest.fixture
def home(tmp_path: Path, prepared_homes: PreparedHomes) -> WorkspaceHome:
    return WorkspaceHome(tmp_path / "home", prepared_homes)


@pytest.fixture(autouse=True)
def _no_errors() -> Iterator[None]:
    """An error in the log, of the app or of asyncio, fails the test."""
    alarm = _ErrorLogHandler()
    loggers = [logging.getLogger("desktop"), logging.getLogger("asyncio")]
    for each in loggers:
        each.addHandler(alarm)
    yield
    for each in loggers:
        each.removeHandler(alarm)
    assert not alarm.messages, alarm.messages


@pytest.fixture(autouse=True)
def _forked_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the window starts beside itself is forked: a short run's time is all imports."""
    forks = SimpleNamespace(Popen=program_fork_server().start, DEVNULL=subprocess.DEVNULL)
    monkeypatch.setattr(detached_run_process, "subprocess", forks)


def make_window_fixture(
    driver_class: type[DriverT], *, agent: bool = False, prebuilds_pages: bool = False
) -> Callable[..., DriverT]:
    """Make the fixture of an admin's or an agent's window, driven by `driver_class`.

    The window is connected when the test begins; an agent's was set up by an admin.
    `prebuilds_pages`: see `WindowDriver`.
    """

    @pytest.fixture
    def window(qapp: QApplication, home: WorkspaceHome, sandbox: LoggedSandbox) -> DriverT:
        return driver_class(home, sandbox, agent=agent, prebuilds_pages=prebuilds_pages)

    return window


window = make_window_fixture(WindowDriver)
agent_window = make_window_fixture(WindowDriver, agent=True)
prebuilding_window = make_window_fixture(WindowDriver, prebuilds_pages=True)


@pytest.fixture
def new_computer(
    qapp: QApplication, home: WorkspaceHome, sandbox: LoggedSandbox
) -> FirstStartDriver:
    """A window on an empty home, with the welcome in front when the test begins."""
    return FirstStartDriver(home, sandbox)


def open_windows_in_test_loop(items: list[pytest.Item], folder: Path) -> None:
    """Open each test's desk in the test's own loop, and close it there.

    pytest-qt works Qt's events off between fixtures and test, when no loop runs.
    """
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))
            test = getattr(item, "obj", None)
            if inspect.iscoroutinefunction(test):
                item.obj = _with_open_window(test)  # type: ignore[attr-defined]


def _with_open_window(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def run(*args: Any, **fixtures: Any) -> None:
        desks = [each for each in fixtures.values() if isinstance(each, WindowDriver)]
        try:
            for each in desks:
                await each.set_up_and_open()
            await test(*args, **fixtures)
        finally:
            for each in desks:
                await each.close_window()

    return run
