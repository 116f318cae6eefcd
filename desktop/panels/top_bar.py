"""The bar that is always on top: search, Follow Zendesk, and whose workspace this is."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.search_field import SearchField
from desktop.panels.widgets.switch import Switch

if TYPE_CHECKING:
    from desktop.model.customer_sheet import CustomerMatch
    from desktop.viewmodels.customer.follow_zendesk_model import FollowZendeskModel
    from desktop.viewmodels.search_suggestions_model import SearchSuggestionsModel


class TopBar(QWidget):
    """`asked` carries what is to be looked up."""

    lookup_requested = Signal(str)
    too_long = Signal(int)

    def __init__(self, workspace: str) -> None:
        super().__init__()
        self._search: SearchSuggestionsModel | None = None
        self._follow: FollowZendeskModel | None = None
        self.search_field = SearchField(
            placeholder="Find a customer: e-mail, name, phone, #ticket, id",
            short_placeholder="Find a customer",
            shortcut="Ctrl K",
        )
        self.search_field.edited.connect(self._on_edited)
        self.search_field.submitted.connect(self._on_submitted)
        self.search_field.chosen.connect(self._on_chosen)
        self.search_field.too_long.connect(self.too_long)
        self._follow_label = label("Follow Zendesk", "small")
        self.follow_switch = Switch("Follow Zendesk")
        self.follow_switch.setObjectName("Follow Zendesk")
        self._follow_label.setBuddy(self.follow_switch)
        self._workspace = elided_label(workspace, "small")
        self._workspace.setMaximumWidth(fonts.scaled(180))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(9))
        row.addWidget(self.search_field, 1)
        row.addWidget(self._follow_label)
        row.addWidget(self.follow_switch)
        row.addWidget(self._workspace)
        self.refresh()

    def set_models(self, search: "SearchSuggestionsModel", follow: "FollowZendeskModel") -> None:
        """Give it the models, once they are there."""
        self._search, self._follow = search, follow
        self.search_field.set_model(search)
        self.follow_switch.chosen.connect(follow.set_following)
        follow.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show whether it follows, or why it cannot."""
        if self._follow is None:
            self.follow_switch.set_enabled(False, "Fairlead is starting.")
            return
        on = self._follow.is_following
        self._follow_label.setText("Following Zendesk" if on else "Follow Zendesk")
        self.follow_switch.set_on(on)
        self.follow_switch.set_enabled(
            not self._follow.disabled_reason, self._follow.disabled_reason
        )

    def set_narrow(self, narrow: bool) -> None:
        """Leave the room to the field."""
        self._workspace.setVisible(not narrow)
        self._follow_label.setVisible(not narrow)

    def set_workspace(self, words: str) -> None:
        """Whose workspace this is."""
        self._workspace.setText(words)

    def show_matches(self, matches: "tuple[CustomerMatch, ...]") -> None:
        """Show several customers to choose from."""
        if self._search is None:
            return
        self._search.show_matches(matches)
        self.search_field.show_popup()
        self.search_field.take_focus()

    def _on_edited(self, text: str) -> None:
        if self._search is None or self._follow is None:
            return
        self._follow.note_user_activity()
        if self._search.suggest(text):
            self.search_field.show_popup()
        else:
            self.search_field.hide_popup()

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
        self.search_field.hide_popup()
        self.lookup_requested.emit(stripped)

    def _on_chosen(self, index: QModelIndex) -> None:
        if self._search is None:
            return
        choice = self._search.suggestion_at(index)
        self.search_field.hide_popup()
        if choice.command is not None:
            self.search_field.clear()
            if choice.command.is_enabled:
                choice.command.run()
            return
        self.lookup_requested.emit(choice.query)
