"""One open window with its models and tasks: connects, keeps it alive, and closes it in order."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from desktop.app.link_gate import LinkGate
from desktop.app.shell import Shell
from desktop.app.start import Start
from desktop.app.wiring import House
from desktop.kit.bus import Changes, Topic
from desktop.kit.errors import AppError, BadInput
from desktop.panels.customers_page import CustomersPage
from desktop.panels.main_window import Place
from desktop.panels.steering import Models, Steering
from desktop.panels.theme.theme import Choice
from desktop.settings import table
from desktop.settings.setting import Setting
from desktop.viewmodels.following import FollowModel
from desktop.viewmodels.search import SearchModel
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
    "desktop.app.due_starter",
    "desktop.app.housekeeping",
    "desktop.app.elsewhere",
    "desktop.app.pages",
)


class Window(QObject):
    """One open window with its models and tasks."""

    def __init__(
        self, house: House, app: QApplication, start: Start, shell: Shell | None = None
    ) -> None:
        """`shell` stands already where a first paint was not to wait for the house."""
        super().__init__()
        self.house = house
        self.app = app
        self._start = start
        space = house.workspace
        self._shell = shell or Shell(app, space.name, space.state_path, house.live.values, start)
        self.theme, self.view = self._shell.theme, self._shell.view
        self._closing = asyncio.Event()
        self.exit_code = 0
        live, store, clock, bus = house.live, house.store, house.ground.clock, house.bus
        self.sheet = SheetModel(live, house.lookup, house.editor, house.undo, store, bus, clock)
        self.status = StatusModel(live, store, bus, clock)
        self.follow = FollowModel(house.follow, live, self.sheet)
        search = SearchModel(store.reader, self.view.actions_.commands, self)
        self.view.add_customers(CustomersPage(self.sheet, examples=start.examples))
        self.steering = Steering(self.view, Models(self.sheet, self.status, self.follow, search))
        self._links = LinkGate()
        # A link that comes before anybody can be asked waits until then.
        self._ready = False
        self._wanted = start.argument
        self.pages: Pages | None = None
        self.view.close_asked.connect(self._on_close_asked)
        self.view.stay_on_top_chosen.connect(self._on_stay_on_top)
        self.follow.changed.connect(self._on_follow)
        self._unsubscribe = bus.subscribe(self._on_changes)

    def show(self) -> None:
        """Show the window, where it does not stand already."""
        if not self.view.isVisible():
            self._shell.show()

    async def run(self) -> None:
        """Everything after the first paint, until the window is closed."""
        await asyncio.to_thread(_import_soon)
        from desktop.app.detached import Detached
        from desktop.app.due_starter import DueStarter
        from desktop.app.housekeeping import keep_house
        from desktop.app.pulse import feel_pulse
        from desktop.app.sender import Sender
        from desktop.app.watch import watch

        self.view.customers.prepare()
        sender = Sender(self.house)
        starter = DueStarter(
            self.house, Detached(self.house, self._start.lent).start, self.view.say
        )
        tasks = Tasks(self.view.say)
        for name, work in (
            ("connect", self._connect()),
            ("sender", sender.run()),
            ("watch", watch(self.house)),
            ("pulse", feel_pulse(self.house.live)),
            ("due", starter.run()),
            ("housekeeping", keep_house(self.house)),
        ):
            tasks.start(name, work)
        try:
            await self._closing.wait()
        finally:
            sender.close()
            await tasks.close()
            await self.close_all()

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
        self.pages = Pages(self, self._start.lent)
        self.elsewhere = Elsewhere(self.house, self.view)
        if live.notice is not None:
            self.view.say(live.notice)
        if self.pages.set_up_wanted:
            self.pages.begin_setting_up()
            return
        self.pages.prepare()
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
        elif live.values.get(table.FOLLOW) and not self.follow.on:
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

    async def close_all(self) -> None:
        """End what runs, remember the window's place, close the files."""
        self._shell.memory.save()
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
