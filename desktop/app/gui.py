"""Opens the window of a workspace: paint first, then connect, then keep it alive until closed."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop.app.instance import Instance
from desktop.app.link_gate import LinkGate
from desktop.app.loop import run_with_qt
from desktop.app.window_state import WindowMemory
from desktop.app.wiring import Ground, House, build_house
from desktop.kit.bus import Changes, Topic
from desktop.kit.errors import AppError, BadInput
from desktop.panels.main_window import MainWindow, Models, Place
from desktop.panels.theme.theme import Choice, Theme
from desktop.settings import table
from desktop.settings.setting import Setting
from desktop.settings.workspace import Workspace, Workspaces
from desktop.viewmodels.following import FollowModel
from desktop.viewmodels.sheet import SheetModel
from desktop.viewmodels.status import StatusModel
from desktop.viewmodels.tasks import Tasks

if TYPE_CHECKING:
    from desktop.app.pages import Pages

log = logging.getLogger(__name__)

# Needed soon, but not for the first paint: imported by a thread while the window stands already.
_SOON = (
    "desktop.app.connection",
    "desktop.panels.customer.sheet_view",
    *(
        f"desktop.viewmodels.customer.{name}"
        for name in ("header", "optout", "lists", "tickets", "health", "value")
    ),
    *(
        f"desktop.viewmodels.customer.{name}"
        for name in ("zendesk", "engagement", "profile_data", "timeline")
    ),
    "desktop.app.sender",
    "desktop.app.watch",
    "desktop.app.pulse",
    "desktop.app.housekeeping",
    "desktop.app.elsewhere",
    "desktop.app.pages",
)


@dataclass(frozen=True)
class Start:
    """What a start was asked for. `first_paint` ends it as soon as the window stands."""

    argument: str = ""
    first_paint: bool = False
    tour: Callable[["Window"], Awaitable[None]] | None = None
    words: str = ""
    examples: tuple[str, ...] = ()


class Window(QObject):
    """One open window with its models and tasks."""

    def __init__(self, house: House, app: QApplication, start: Start) -> None:
        super().__init__()
        self.house = house
        self.app = app
        self._start = start
        self._closing = asyncio.Event()
        self.exit_code = 0
        live, store, clock, bus = house.live, house.store, house.ground.clock, house.bus
        self.theme = Theme(app, Choice(live.values.get(table.THEME)))
        self.sheet = SheetModel(live, house.lookup, house.editor, house.undo, store, bus, clock)
        self.status = StatusModel(live, store, bus, clock)
        self.follow = FollowModel(house.follow, live, self.sheet)
        self.view = MainWindow(
            Models(self.sheet, self.status, self.follow), store.reader, self._place()
        )
        self._memory = WindowMemory(house.workspace.state_path, self.view)
        self._links = LinkGate()
        # A link that comes before anybody can be asked waits until then.
        self._ready = False
        self._wanted = start.argument
        self.pages: Pages | None = None
        self.view.close_asked.connect(self._on_close_asked)
        self.view.stay_on_top_chosen.connect(self._on_stay_on_top)
        self.follow.changed.connect(self._on_follow)
        self.theme.changed.connect(self.view.restyle_place)
        self._unsubscribe = bus.subscribe(self._on_changes)

    def show(self) -> None:
        """Put the window where it was last time."""
        self._memory.restore()
        if self.house.live.values.get(table.ALWAYS_ON_TOP):
            self.view.set_stay_on_top(True)
        self.view.show()

    async def run(self) -> None:
        """Everything after the first paint, until the window is closed."""
        await asyncio.to_thread(_import_soon)
        from desktop.app.housekeeping import keep_house
        from desktop.app.pulse import feel_pulse
        from desktop.app.sender import Sender
        from desktop.app.watch import watch

        self.view.customers.prepare()
        sender = Sender(self.house)
        tasks = Tasks(self.view.say)
        for name, work in (
            ("connect", self._connect()),
            ("sender", sender.run()),
            ("watch", watch(self.house)),
            ("pulse", feel_pulse(self.house.live)),
            ("housekeeping", keep_house(self.house)),
        ):
            tasks.start(name, work)
        try:
            await self._closing.wait()
        finally:
            sender.close()
            await tasks.close()
            await self._close()

    async def closing(self) -> None:
        """Until somebody closes the window."""
        await self._closing.wait()

    def close(self) -> None:
        """End the window."""
        self._closing.set()

    def open(self, argument: str) -> None:
        """Look up what a link or a second start names, and come to the front."""
        self.view.raise_up()
        if not argument:
            return
        if not self._ready:
            self._wanted = argument
            return
        if self.sheet.unsaved:
            self.view.say(
                BadInput(
                    "A link was not opened.",
                    "Something you typed is not saved yet.",
                    "Finish or cancel it, then open the link again.",
                )
            )
        elif self._links.lets_in(self.house.ground.clock.monotonic()):
            self.view.look_up(argument)
        else:
            self.view.say(BadInput("Too many links at once.", "Wait a moment, then try again."))

    async def _connect(self) -> None:
        from desktop.app.elsewhere import Elsewhere
        from desktop.app.pages import Pages

        live = self.house.live
        self.pages = Pages(self)
        self.elsewhere = Elsewhere(self.house, self.view)
        if live.notice is not None:
            self.view.say(live.notice)
        if self.pages.set_up_wanted:
            self.pages.begin_setting_up()
            return
        try:
            await live.connect()
        except AppError as error:
            self.view.say(error)
        if live.trouble is not None and not live.trouble.retryable:
            self.view.say(live.trouble)
        self._ready = True
        if self.sheet.sheet is not None:
            # Looked up in the first moment, from what is kept alone.
            self.sheet.refresh()
        if self._wanted:
            self.open(self._wanted)
        elif live.values.get(table.FOLLOW):
            self.follow.set_on(True)
        if self._start.tour is not None:
            await self._guided(self._start.tour)

    async def _guided(self, tour: Callable[["Window"], Awaitable[None]]) -> None:
        try:
            await tour(self)
        except AppError as error:
            print(error, file=sys.stderr)
            self.exit_code = 1
        finally:
            self.close()

    async def _close(self) -> None:
        self._memory.save()
        self._unsubscribe()
        self.status.close()
        await self.follow.close()
        await self.sheet.close()
        if self.pages is not None:
            await self.pages.close()
        self.view.may_close = True
        self.view.close()
        await self.house.close()

    def _place(self) -> Place:
        values = self.house.live.values
        name = self._start.words or self.house.workspace.name
        return Place(name, values.get(table.COLOUR), self._start.examples)

    def _on_stay_on_top(self, on: bool) -> None:
        self._remember(table.ALWAYS_ON_TOP, on)

    def _on_follow(self) -> None:
        if self.house.live.connected and not self._closing.is_set():
            self._remember(table.FOLLOW, self.follow.on)

    def _remember(self, setting: Setting[bool], on: bool) -> None:
        live = self.house.live
        if live.values.get(setting) == on or live.values.managed(setting):
            return
        try:
            live.change({setting.key: on})
        except AppError as error:
            self.view.say(error)

    def _on_close_asked(self) -> None:
        self._closing.set()

    def _on_changes(self, changes: Changes) -> None:
        if changes.touches(Topic.SETTINGS):
            values = self.house.live.values
            self.theme.choose(Choice(values.get(table.THEME)))
            self.view.set_place(self._place())


def _import_soon() -> None:
    for name in _SOON:
        import_module(name)


def application() -> QApplication:
    """The one QApplication, with the settings that must come before the first widget."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Fairlead")
    app.setDesktopFileName("fairlead")
    app.setStyle("Fusion")
    # Closing the last window must not end the loop before the clean-up has run.
    app.setQuitOnLastWindowClosed(False)
    return app


def open_window(ground: Ground, workspace: Workspace, workspaces: Workspaces, start: Start) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    app = application()
    instance = Instance(workspace.folder)
    if not instance.first():
        if instance.hand_over(start.argument):
            return 0
        print("Fairlead is open already, but does not answer.", file=sys.stderr)
        return 1
    try:
        return run_with_qt(app, _live(ground, workspace, workspaces, start, app, instance))
    finally:
        instance.close()


async def _live(
    ground: Ground,
    workspace: Workspace,
    workspaces: Workspaces,
    start: Start,
    app: QApplication,
    instance: Instance,
) -> int:
    house = build_house(ground, workspace, workspaces)
    window = Window(house, app, start)
    instance.handed_over.connect(window.open)
    window.show()
    if start.first_paint:
        await _painted(window)
        window.view.may_close = True
        window.view.close()
        await window._close()  # noqa: SLF001
        return 0
    with contextlib.suppress(asyncio.CancelledError):
        await window.run()
    instance.handed_over.disconnect(window.open)
    return window.exit_code


async def _painted(window: Window) -> None:
    """Until the event queue has been worked off once: the window stands and takes input."""
    window.view.repaint()
    await asyncio.sleep(0)
