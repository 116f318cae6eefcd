"""Fixtures of every folder that opens whole windows; each folder's conftest takes them over."""

import functools
import inspect
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from tests.window.desk import Desk, Home, Sandbox
from tests.window.desk_home import ReadyHomes


class _Alarm(logging.Handler):
    """Keeps what must not be logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(self.format(record))


@pytest.fixture(scope="session")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(serving: Sandbox) -> Sandbox:
    serving.fresh()
    return serving


@pytest.fixture(scope="session")
def ready(tmp_path_factory: pytest.TempPathFactory) -> ReadyHomes:
    return ReadyHomes(tmp_path_factory.mktemp("ready"))


@pytest.fixture
def home(tmp_path: Path, ready: ReadyHomes) -> Home:
    return Home(tmp_path / "home", ready)


@pytest.fixture(autouse=True)
def _no_errors() -> Iterator[None]:
    """An error in the log, of the app or of asyncio, fails the test."""
    alarm = _Alarm()
    loggers = [logging.getLogger("desktop"), logging.getLogger("asyncio")]
    for each in loggers:
        each.addHandler(alarm)
    yield
    for each in loggers:
        each.removeHandler(alarm)
    assert not alarm.heard, alarm.heard


@pytest.fixture
def desk(qapp: QApplication, home: Home, sandbox: Sandbox) -> Desk:
    """An admin's window; it is connected when the test begins."""
    return Desk(home, sandbox)


@pytest.fixture
def agent_desk(qapp: QApplication, home: Home, sandbox: Sandbox) -> Desk:
    """An agent's window, set up by an admin."""
    return Desk(home, sandbox, agent=True)


def inside_one_loop(items: list[pytest.Item], folder: Path) -> None:
    """Open each test's desk in the test's own loop, and close it there.

    pytest-qt works Qt's events off between fixtures and test, when no loop runs.
    """
    for item in items:
        if folder in item.path.parents:
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))
            test = getattr(item, "obj", None)
            if inspect.iscoroutinefunction(test):
                item.obj = _inside(test)  # type: ignore[attr-defined]


def _inside(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def run(*args: Any, **fixtures: Any) -> None:
        desks = [each for each in fixtures.values() if isinstance(each, Desk)]
        try:
            for each in desks:
                await each.enter()
            await test(*args, **fixtures)
        finally:
            for each in desks:
                await each.leave()

    return run
