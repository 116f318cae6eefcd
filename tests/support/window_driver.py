"""A whole window at work: a real workspace, a real sandbox process, and real keys and clicks."""

import asyncio
import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QScrollArea, QWidget
from shiboken6 import isValid

from desktop.app.startup.startup_window import LaunchOptions, StartupWindow
from desktop.app.window_lifecycle import WindowLifecycle
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.model.edit import Edit
from desktop.panels.setup_wizard import SetupWizard
from desktop.panels.welcome_page import WelcomePage
from desktop.panels.widgets.step_list import StepList
from tests.support.child_processes import die_with_parent
from tests.support.window_home import WorkspaceHome
from tests.support.window_sandbox import LoggedSandbox, read_profile_officially
from tests.support.window_workspace import await_with_timeout, delete_qt_objects, wait_until

__all__ = [
    "FirstStartDriver",
    "LoggedSandbox",
    "WindowDriver",
    "WorkspaceHome",
    "die_with_parent",
    "read_profile_officially",
]

MARIA = "5e9f3c1b2a4d6e8f00713401"
NONE = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
Key = Qt.Key
_LAYOUT_TURNS = 8  # from a widget up to the window
W = TypeVar("W", bound=QWidget)


class WindowDriver:
    """One window of a home, driven by mouse and keys.

    Unless it `prebuilds_pages` as it does for people, what a test never shows is never built:
    that takes half of the time in which a window opens.
    """

    _has_frozen_imports: ClassVar[bool] = False

    def __init__(
        self,
        home: WorkspaceHome,
        sandbox: LoggedSandbox,
        *,
        agent: bool = False,
        prebuilds_pages: bool = False,
    ) -> None:
        self.home = home
        self.sandbox = sandbox
        self._agent = agent
        self._prebuilds_pages = prebuilds_pages
        self._running: asyncio.Task[None] | None = None
        self._timers = set(_active_timers())

    async def set_up_and_open(self) -> None:
        """Set the workspace up and open its window."""
        await self.home.set_up(self.sandbox.connection_document, agent=self._agent)
        await self.open_window()

    async def open_window_with_saved_size(self) -> None:
        """Open the window with the size that it remembers."""
        await self.open_window(size=None)

    async def open_window(
        self, start: LaunchOptions | None = None, *, size: tuple[int, int] | None = (1280, 820)
    ) -> None:
        """Open the window and wait until it is connected (or knows that it cannot be)."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setQuitOnLastWindowClosed(False)
        self.house = self.home.make_services()
        options = replace(start or LaunchOptions(), prebuilds_pages=self._prebuilds_pages)
        startup_window = StartupWindow(
            app, self.house.workspace, self.house.session.values, options
        )
        self.window = WindowLifecycle(self.house, startup_window, options)
        self.window.theme.choose(type(self.window.theme.choice).LIGHT)
        self.view = self.window.main_window
        self.sheet = self.window.sheet_model
        startup_window.show()
        if size is not None:
            self.view.resize(*size)
        self._running = asyncio.create_task(self.window.run(), name="window")
        await wait_until(self._activate)
        if self.house.session.is_configured:
            await wait_until(
                lambda: self.house.session.is_connected and self.window.page_factory is not None
            )
            await wait_until(lambda: self.house.session.service_states)

    def _activate(self) -> bool:
        # Again and again: offscreen, the end of the window before takes the activity along.
        self.view.activateWindow()
        return self.view.isActiveWindow()

    async def close_window(self) -> None:
        """Close the window as its last button does, and see that nothing is left of it."""
        if self._running is None:
            return
        under_way, self._running = self._running, None
        self.window.request_close()
        await await_with_timeout(under_way)
        await delete_qt_objects(self.view, self.window)
        left = [t.get_name() for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        assert not left, left
        running = [t for t in _active_timers() if t not in self._timers]
        assert not running, [(t.parent(), t.interval()) for t in running]
        if not WindowDriver._has_frozen_imports:
            # What the first window imported stays.
            gc.freeze()
            WindowDriver._has_frozen_imports = True

    async def reopen_window(self) -> None:
        """Close and open once more on the same files."""
        await self.close_window()
        await self.open_window()

    def advance_clock(self, seconds: float) -> None:
        """Let time pass for the outbox, and wake what waits for it."""
        self.home.clock.offset_s += seconds
        self.house.bus.publish(ChangeSet.of(Topic.SERVICE))

    # Finding.

    def find_all(self, name: str, kind: type[W] = QWidget) -> list[W]:  # type: ignore[assignment]
        """Visible widgets of this accessible or object name."""
        found = [w for w in self.view.findChildren(kind) if w.isVisible()]
        return [w for w in found if name in (w.accessibleName(), w.objectName())]

    def find_one(self, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]
        found = self.find_all(name, kind)
        assert found, f"nothing visible is named {name!r}"
        return found[0]

    def visible_texts(self, inside: QWidget | None = None) -> str:
        """Everything that can be read, in one string."""
        from PySide6.QtWidgets import QLabel

        words = []
        for label in (inside or self.view).findChildren(QLabel):
            if label.isVisible():
                full = getattr(label, "full_text", None)
                words.append(full() if full else label.text())
        return "\n".join(words)

    # Doing.

    def click(self, what: str | QWidget, kind: type[QWidget] = QWidget) -> None:
        """Press the left button in the middle of what the person sees there."""
        widget = self.find_one(what, kind) if isinstance(what, str) else what
        # A person clicks what is laid out: what has just been shown is so a few turns later.
        for _ in range(_LAYOUT_TURNS):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        for area in _visible_areas(widget):
            area.ensureWidgetVisible(widget)
        top = widget.window()
        middle = widget.mapTo(top, widget.rect().center())
        hit = top.childAt(middle)
        assert hit is not None, f"{what} lies outside the window"
        assert hit is widget or widget.isAncestorOf(hit), f"{what} is covered by {hit}"
        QTest.mouseClick(hit, Qt.MouseButton.LeftButton, NONE, hit.mapFrom(top, middle))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE, times: int = 1) -> None:
        """Press a key where the keyboard is."""
        for _ in range(times):
            QTest.keyClick(QApplication.focusWidget() or self.view, key, modifier)

    def type(self, text: str) -> None:
        """Type, also what is on no Latin keyboard."""
        for letter in text:
            where = QApplication.focusWidget() or self.view
            if ord(letter) < 0x100:
                QTest.keyClick(where, letter)
            else:
                QApplication.sendEvent(where, QKeyEvent(QEvent.Type.KeyPress, 0, NONE, letter))

    async def look_up(self, text: str, *, finish: bool = True) -> None:
        """Ctrl+K, the text as it is pasted, Enter; and wait until every part has been asked.

        Typed, each letter would be suggested for: a seventh of the processor time.
        """
        self.press(Key.Key_K, CTRL)
        self.view.top_bar.search_field.insert(text)
        self.press(Key.Key_Return)
        if finish:
            await self.is_lookup_finished()

    async def is_lookup_finished(self) -> None:
        """Wait until every part has been asked, and every panel shows what it was given."""

        def is_finished() -> bool:
            is_busy = self.sheet.is_looking_up() or self.sheet.is_loading
            return not is_busy and self._is_sheet_drawn()

        await wait_until(is_finished)

    def _is_sheet_drawn(self) -> bool:
        # Filled in turns of the event loop, so a moment later on a busy machine.
        widget = self.view.customers_page._sheet
        return widget is None or not widget._panels_to_refresh

    async def tab_to(self, name: str, *, most: int = 80) -> QWidget:
        """Tab until the control of this name has the keyboard."""
        for number in range(2 * most):
            if number == most:
                # A panel that has just changed takes its place in the order a moment later.
                await self.pause(0.2)
            focus = QApplication.focusWidget()
            if focus is not None and name in (focus.accessibleName(), focus.objectName()):
                return focus
            self.press(Key.Key_Tab)
        raise AssertionError(f"Tab does not reach {name!r}")

    async def wait_until(self, true: Callable[[], object], within_s: float = 10.0) -> None:
        """Wait until something is true, and until the sheet's panels show what they were told."""
        await wait_until(true, within_s=within_s)
        await wait_until(self._is_sheet_drawn)

    async def wait_for_text(self, text: str, inside: QWidget | None = None) -> None:
        """Wait until `text` can be read: panels are filled in the turns that follow a change."""
        with contextlib.suppress(AssertionError):
            await wait_until(lambda: text in self.visible_texts(inside))
        assert text in self.visible_texts(inside)

    def open_dialogs(self) -> list[QDialog]:
        """The window's dialogs that can be seen."""
        return [each for each in self.view.findChildren(QDialog) if each.isVisible()]

    @property
    def toast_texts(self) -> list[str]:
        """What the Undo bars said when they came: on screen their seconds run."""
        return [toast.accessibleName() for toast in self.view.toast_manager.visible_toasts()]

    @property
    def last_status_text(self) -> str:
        """The last word of the status bar on how a change ended."""
        items = self.view.status_bar._items
        return items["last"].accessibleName() if "last" in items else ""

    @property
    def waiting_edit_count(self) -> str:
        """How many changes the status bar says are waiting."""
        items = self.view.status_bar._items
        shown = "waiting" in items and items["waiting"].isVisible()
        return items["waiting"].accessibleName() if shown else ""

    def newest_edits(self) -> list[Edit]:
        """The newest changes, newest first."""
        return list(self.house.store.outbox.list_recent.blocking(20))

    async def pause(self, seconds: float) -> None:
        """Let real time pass."""
        await asyncio.sleep(seconds)

    def newest_edit_states(self) -> list[str]:
        """How far the newest changes are, newest first."""
        return [edit.state.value for edit in self.newest_edits()]

    async def read_profile_officially(self, sid: str = MARIA, **fields: int) -> dict[str, Any]:
        """What the official client reads of a profile."""
        return await asyncio.to_thread(read_profile_officially, self.sandbox, sid, fields)

    def save_screenshot(self, name: str, widget: QWidget | None = None) -> None:
        """Keep a picture for people where FAIRLEAD_SHOTS names a folder."""
        folder = os.environ.get("FAIRLEAD_SHOTS")
        if folder:
            (widget or self.view).grab().save(str(Path(folder) / f"{name}.png"))


class FirstStartDriver(WindowDriver):
    """A window where nothing was ever set up: it opens with the welcome in front."""

    async def set_up_and_open(self) -> None:
        await self.open_window()
        await self.wait_until(lambda: self.view._setup_widget is not None)
        await self.wait_until(self._activate)

    @property
    def welcome(self) -> WelcomePage:
        page = self.view.findChild(WelcomePage)
        assert page is not None
        return page

    @property
    def wizard(self) -> SetupWizard:
        page = self.view.findChild(SetupWizard)
        assert page is not None
        return page

    @property
    def steps(self) -> list[tuple[str, str]]:
        """Accessible name and state of each step."""
        buttons = self.wizard.findChild(StepList)._buttons  # type: ignore[union-attr]
        return [(b.accessibleName(), b.accessibleDescription()) for b in buttons]


def _visible_areas(widget: QWidget) -> Iterator[QScrollArea]:
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QScrollArea):
            yield parent
        parent = parent.parentWidget()


def _active_timers() -> list[QTimer]:
    kinds = {QTimer, *QTimer.__subclasses__()}
    found = [t for t in gc.get_objects() if type(t) in kinds]
    return [t for t in found if isValid(t) and t.isActive()]


def center(widget: QWidget) -> QPoint:
    return widget.rect().center()
