"""Steers the main window by its models: what they tell is shown, what people do is forwarded."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication, QKeySequence

from desktop.kit.errors import BadInput
from desktop.panels.main_window import MainWindow
from desktop.panels.reading_order import put_in_reading_order
from desktop.viewmodels.following import FollowModel
from desktop.viewmodels.search import SearchModel
from desktop.viewmodels.sheet import SheetModel
from desktop.viewmodels.sheet_edits import Offer
from desktop.viewmodels.status import StatusModel

_TIDY_MS = 200


@dataclass(frozen=True)
class Models:
    """The view-models a window draws."""

    sheet: SheetModel
    status: StatusModel
    follow: FollowModel
    search: SearchModel


class Steering(QObject):
    """Made once the window stands: a first paint waits for no model."""

    def __init__(self, view: MainWindow, models: Models) -> None:
        super().__init__(view)
        self._view = view
        self._models = models
        # For whoever asks for the order of focus without pressing Tab.
        self._tidy = QTimer(self)
        self._tidy.setSingleShot(True)
        self._tidy.setInterval(_TIDY_MS)
        self._tidy.timeout.connect(self._on_tidy)
        view.top.attach(models.search, models.follow)
        self._add_actions()
        self._connect()
        self._on_status()
        view.begin()

    def _add_actions(self) -> None:
        add = self._view.actions_.add
        add("Undo", self._on_undo, QKeySequence.StandardKey.Undo)
        add("Refresh", self._models.sheet.refresh, ["F5", "Ctrl+R"])
        add("Follow Zendesk", self._on_follow, "Ctrl+Shift+F")
        add("Copy e-mail address", self._on_copy_address, "Ctrl+Shift+C")

    def _connect(self) -> None:
        view, sheet, follow = self._view, self._models.sheet, self._models.follow
        view.asked.connect(sheet.open)
        view.noticed.connect(self._on_noticed)
        view.banner.action_triggered.connect(self._on_banner)
        view.toaster.action_triggered.connect(self._on_toast)
        view.toaster.batch_triggered.connect(self._on_batch)
        sheet.changed.connect(self._on_sheet)
        sheet.opened.connect(self._on_opened)
        sheet.edits.offered.connect(self._on_offered)
        sheet.edits.settled.connect(self._on_settled)
        sheet.failed.connect(view.say)
        follow.held.connect(self._on_held)
        self._models.status.changed.connect(self._on_status)

    def _on_noticed(self, visible: bool, active: bool) -> None:
        """Follow Zendesk asks quickly only while the window can be seen."""
        self._models.follow.visible = visible
        if active:
            self._models.follow.moved()

    def _on_sheet(self) -> None:
        sheet = self._models.sheet.sheet
        self._tidy.start()
        if sheet is None:
            return
        if sheet.finished and sheet.matches and not sheet.found:
            self._view.top.offer(sheet.matches)
        self._view.actions_.set_enabled("Refresh", "" if sheet.found else "No customer is open.")

    def _on_tidy(self) -> None:
        put_in_reading_order(self._view)

    def _on_opened(self) -> None:
        self._view.banner.clear()

    def _on_offered(self, offer: object) -> None:
        if isinstance(offer, Offer):
            self._view.toaster.show_toast(
                offer.edit_id, offer.words, [("undo", "Undo")], seconds=offer.seconds
            )

    def _on_settled(self, edit_id: str, words: str, undo_stands: bool) -> None:
        if not undo_stands:
            self._view.toaster.close_toast(edit_id)
        self._view.status.set_note("last", words)

    def _on_toast(self, key: str, _action: str) -> None:
        self._models.sheet.edits.undo(key)
        self._view.toaster.close_toast(key)

    def _on_batch(self, keys: list[str], _action: str) -> None:
        for key in keys:
            self._models.sheet.edits.undo(key)

    def _on_undo(self) -> None:
        shown = [toast for toast in self._view.toaster.toasts() if toast.key != "batch"]
        if shown:
            self._on_toast(shown[-1].key, "undo")
        else:
            self._view.say(
                BadInput(
                    "There is nothing to undo right now.",
                    "Undo stays for ten seconds after a change.",
                    "Older changes can be taken back on the page Activity.",
                )
            )

    def _on_status(self) -> None:
        for service in self._models.status.services():
            self._view.status.set_service(service.key, service.words, service.dot, service.tip)
        self._view.status.set_note("budget", self._models.status.short(), "warn")
        words, tip = self._models.status.syncs()
        self._view.status.set_note("syncs", words, tip=tip, spare=True)
        self._view.status.set_note("waiting", self._models.status.waiting())
        self._view.top.refresh()

    def _on_banner(self, action: str) -> None:
        if action == "copy":
            QGuiApplication.clipboard().setText(f"{self._view.said} ({self._view.said.code})")
        elif action == "retry":
            self._view.banner.clear()
            self._models.sheet.refresh()

    def _on_held(self, ticket: int) -> None:
        self._view.say(
            BadInput(
                f"You have opened #{ticket} in Zendesk.",
                "It is not shown here, because something you typed is not saved yet.",
                "Finish or cancel it, then open the ticket again.",
            )
        )

    def _on_follow(self) -> None:
        self._models.follow.set_on(not self._models.follow.on)

    def _on_copy_address(self) -> None:
        sheet = self._models.sheet.sheet
        if sheet is not None and sheet.address:
            QGuiApplication.clipboard().setText(sheet.address)
            self._view.status.set_note("last", "E-mail address copied")
