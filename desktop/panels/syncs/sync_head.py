"""The head of the chosen sync: its name with the switch, Preview, Run now, its ways, and “…”."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.parts.button import icon_button, secondary
from desktop.panels.parts.label import elided, label
from desktop.panels.parts.switch import Switch
from desktop.panels.parts.tip import tip_text
from desktop.panels.syncs.run_menu import RunMenu
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.head import HeadView

_MENU = (
    ("rename", "Name, labels and description…"),
    ("retry", "Try what waits again"),
    ("remove", "Remove…"),
)


class SyncHead(QWidget):
    """Emits what a person wants."""

    switched = Signal(bool)
    preview_wanted = Signal(bool)  # of everybody, or of who changed
    run_wanted = Signal(bool)
    favourite_wanted = Signal(bool)
    act_wanted = Signal(str)  # a key of the menu
    back_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: HeadView | None = None
        self.back = icon_button("chevron-left", "Back to the syncs")
        self.title = elided("", "heading")
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.switch = Switch("Switched on")
        self.star = icon_button("star", "Favourite")
        self.star.setCheckable(True)
        self.more = icon_button("more", "More for this sync")
        self.preview = secondary("Preview", name="Preview")
        self.run = secondary("Run now", name="Run now")
        self.ways = icon_button("chevron-down", "Ways to run")
        self.reason = label("", "muted", wrap=True)
        self.reason.hide()
        self._menu: QMenu | None = None
        self._lay_out()
        self.back.clicked.connect(self.back_wanted)
        self.switch.chosen.connect(self.switched)
        self.preview.clicked.connect(self._on_preview)
        self.run.clicked.connect(self._on_run)
        self.ways.clicked.connect(self._on_ways)
        self.star.clicked.connect(self._on_star)
        self.more.clicked.connect(self._on_more)

    def show_head(self, view: HeadView) -> None:
        """Show how the sync stands."""
        self._view = view
        self.title.setText(view.title)
        self.title.set_tip(view.description)
        self.switch.set_on(view.on)
        self.switch.setAccessibleDescription("on" if view.on else "off")
        self.switch.set_enabled(not view.switch_why_not, view.switch_why_not)
        self.star.setChecked(view.favourite)
        self.star.set_icon("star-filled" if view.favourite else "star")
        self.star.set_enabled(view.may_change, view.why_not)
        self.preview.set_enabled(not view.preview_why_not, view.preview_why_not)
        self.run.set_enabled(not view.run_why_not, view.run_why_not)
        self.reason.setText(view.why_not)
        self.reason.setVisible(bool(view.why_not))

    def set_narrow(self, narrow: bool) -> None:
        """In a narrow window the buttons stand below the name."""
        self.back.setVisible(narrow)
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)

    def _lay_out(self) -> None:
        name = QHBoxLayout()
        name.setSpacing(fonts.scaled(8))
        name.addWidget(self.back)
        name.addWidget(self.title)
        name.addWidget(self.switch)
        name.addWidget(self.star)
        name.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(fonts.scaled(8))
        for button in (self.preview, self.run, self.ways, self.more):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        buttons.addStretch(0)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(fonts.scaled(8))
        self._row.addLayout(name, 1)
        self._row.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(4))
        column.addLayout(self._row)
        column.addWidget(self.reason)

    def _on_preview(self) -> None:
        self.preview_wanted.emit(False)

    def _on_run(self) -> None:
        self.run_wanted.emit(False)

    def _on_ways(self) -> None:
        if self._view is None:
            return
        menu = RunMenu(self._view.preview_why_not, self._view.run_why_not, self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.preview_wanted.connect(self.preview_wanted)
        menu.run_wanted.connect(self.run_wanted)
        self._menu = menu
        self._pop_up(menu, self.ways)

    def _pop_up(self, menu: QMenu, button: QWidget) -> None:
        below = QPoint(button.width() - menu.sizeHint().width(), button.height())
        menu.popup(button.mapToGlobal(below))

    def _on_star(self) -> None:
        self.favourite_wanted.emit(self.star.isChecked())

    def _on_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName("More for this sync")
        menu.setToolTipsVisible(True)
        for key, words in _MENU:
            action = QAction(words, menu)
            action.setData(key)
            why_not = self._why_not(key)
            action.setEnabled(not why_not)
            action.setToolTip(tip_text(why_not or words))
            menu.addAction(action)
        menu.triggered.connect(self._on_menu)
        self._menu = menu
        self._pop_up(menu, self.more)

    def _why_not(self, key: str) -> str:
        if self._view is None or not self._view.may_change:
            return self._view.why_not if self._view is not None else ""
        return self._view.retry_why_not if key == "retry" else ""

    def _on_menu(self, action: QAction) -> None:
        self.act_wanted.emit(str(action.data()))
