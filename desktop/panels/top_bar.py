"""The bar that is always on top: search, Follow Zendesk, and whose workspace this is."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.panels.parts.label import elided, label
from desktop.panels.parts.search_field import SearchField
from desktop.panels.parts.switch import Switch
from desktop.panels.theme import fonts

if TYPE_CHECKING:
    from desktop.model.sheet import Match
    from desktop.viewmodels.following import FollowModel
    from desktop.viewmodels.search import SearchModel


class TopBar(QWidget):
    """`asked` carries what is to be looked up."""

    asked = Signal(str)
    too_long = Signal(int)

    def __init__(self, workspace: str) -> None:
        super().__init__()
        self._search: SearchModel | None = None
        self._follow: FollowModel | None = None
        self.field = SearchField(
            placeholder="Find a customer: e-mail, name, phone, #ticket, id",
            short_placeholder="Find a customer",
            shortcut="Ctrl K",
        )
        self.field.edited.connect(self._on_edited)
        self.field.submitted.connect(self._on_submitted)
        self.field.chosen.connect(self._on_chosen)
        self.field.too_long.connect(self.too_long)
        self._follow_label = label("Follow Zendesk", "small")
        self.switch = Switch("Follow Zendesk")
        self.switch.setObjectName("Follow Zendesk")
        self._follow_label.setBuddy(self.switch)
        self._workspace = elided(workspace, "small")
        self._workspace.setMaximumWidth(fonts.scaled(180))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(9))
        row.addWidget(self.field, 1)
        row.addWidget(self._follow_label)
        row.addWidget(self.switch)
        row.addWidget(self._workspace)
        self.refresh()

    def attach(self, search: "SearchModel", follow: "FollowModel") -> None:
        """Give it the models, once they are there."""
        self._search, self._follow = search, follow
        self.field.set_model(search)
        self.switch.chosen.connect(follow.set_on)
        follow.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show whether it follows, or why it cannot."""
        if self._follow is None:
            self.switch.set_enabled(False, "Fairlead is starting.")
            return
        on = self._follow.on
        self._follow_label.setText("Following Zendesk" if on else "Follow Zendesk")
        self.switch.set_on(on)
        self.switch.set_enabled(not self._follow.why_not, self._follow.why_not)

    def set_narrow(self, narrow: bool) -> None:
        """Leave the room to the field."""
        self._workspace.setVisible(not narrow)
        self._follow_label.setVisible(not narrow)

    def set_workspace(self, words: str) -> None:
        """Whose workspace this is."""
        self._workspace.setText(words)

    def offer(self, matches: "tuple[Match, ...]") -> None:
        """Show several customers to choose from."""
        if self._search is None:
            return
        self._search.offer(matches)
        self.field.show_popup()
        self.field.take_focus()

    def _on_edited(self, text: str) -> None:
        if self._search is None or self._follow is None:
            return
        self._follow.moved()
        if self._search.suggest(text):
            self.field.show_popup()
        else:
            self.field.hide_popup()

    def _on_submitted(self, text: str) -> None:
        stripped = text.strip()
        if not stripped:
            return
        if stripped.startswith(">"):
            # Enter with nothing marked runs the first command that fits.
            search = self._search
            if search is not None and search.suggest(stripped) and search.rowCount() > 0:
                self._on_chosen(search.index(0))
            return
        self.field.hide_popup()
        self.asked.emit(stripped)

    def _on_chosen(self, index: QModelIndex) -> None:
        if self._search is None:
            return
        choice = self._search.choice(index)
        self.field.hide_popup()
        if choice.command is not None:
            self.field.clear()
            if choice.command.enabled:
                choice.command.run()
            return
        self.asked.emit(choice.query)
