"""The bar at the top of the window: search, Follow Zendesk, and the workspace's name."""

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.search_field import SearchField
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.tooltip import set_tooltip

if TYPE_CHECKING:
    from desktop.model.customer_sheet import CustomerMatch
    from desktop.viewmodels.customer.follow_zendesk_model import FollowZendeskModel
    from desktop.viewmodels.search_suggestions_model import SearchSuggestionsModel


class TopBar(QWidget):
    """Widget of the window's top bar; before there are models, its switch says “starts”."""

    lookup_requested = Signal(str)  # what is to be looked up
    new_tab_requested = Signal(str)  # what is to be looked up in a tab of its own

    def __init__(self, workspace: str, kind: str = "") -> None:
        """`workspace` is its name, `kind` the word for what its accounts are for, or empty."""
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
        self.search_field.submitted_apart.connect(partial(self._on_submitted, apart=True))
        self.search_field.chosen_apart.connect(partial(self._on_chosen, apart=True))
        self.search_field.offer_opening_apart("Open", "Open in a new tab")
        self.search_field.opened_empty.connect(self._on_opened_empty)
        self.search_field.popup_closed.connect(self._on_popup_closed)
        self._follow_label = label("Follow Zendesk", "small")
        self.follow_switch = Switch("Follow Zendesk")
        self.follow_switch.setObjectName("Follow Zendesk")
        self._follow_label.setBuddy(self.follow_switch)
        self._workspace = elided_label("", "small")
        self._workspace.setMaximumWidth(fonts.scaled(180))
        self._kind = label("", "strong")
        self._kind.setObjectName("Workspace kind")
        row = hbox(
            self.search_field,
            self._follow_label,
            self.follow_switch,
            self._workspace,
            self._kind,
            spacing=9,
        )
        row.setStretch(0, 1)
        self.setLayout(row)
        self.set_workspace(workspace, kind)
        self.refresh()

    def set_models(self, search: "SearchSuggestionsModel", follow: "FollowZendeskModel") -> None:
        """Give the top bar the models of the search and of Follow Zendesk, once they exist."""
        self._search, self._follow = search, follow
        self.search_field.set_model(search)
        search.grown.connect(self._on_grown)
        self.follow_switch.chosen.connect(follow.set_following)
        follow.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Draw in the top bar whether the window follows Zendesk, or why it cannot."""
        if self._follow is None:
            self.follow_switch.set_enabled(False, "Fairlead is starting.")
            return
        on = self._follow.is_following
        self._follow_label.setText("Following Zendesk" if on else "Follow Zendesk")
        self.follow_switch.set_value(on)
        reason = self._follow.disabled_reason
        self.follow_switch.set_enabled(not reason, reason)
        if not reason:
            set_tooltip(self.follow_switch, self._follow.budget_text)

    def set_narrow(self, narrow: bool) -> None:
        """Leave the top bar's room in a narrow window to the search field."""
        self._workspace.setVisible(not narrow)
        self._follow_label.setVisible(not narrow)

    def set_workspace(self, name: str, kind: str) -> None:
        """Show the name of the workspace in the top bar, and its kind in a word beside it."""
        self._workspace.setText(name)
        self._kind.setText(kind)
        self._kind.setVisible(bool(kind))

    def forget_text(self) -> None:
        """Empty the search field for somebody who was not searched for, unless one types."""
        if not self.search_field.is_popup_open:
            self.search_field.clear()

    def search_for(self, text: str) -> None:
        """Put a text into the search field and search for it; empty: let what stands be changed."""
        self.search_field.take_focus()
        if text:
            self.search_field.setText(text)
            self._on_edited(text)

    def show_matches(self, matches: "tuple[CustomerMatch, ...]") -> None:
        """Show the customers that match under the top bar's search field, to choose from."""
        if self._search is None:
            return
        # First of all: an empty field that gets the keyboard offers the customers opened last.
        self.search_field.take_focus()
        self._search.show_matches(matches)
        self.search_field.show_popup()
        # Enter opens the first one.
        self.search_field.mark_first_row()

    def _on_edited(self, text: str) -> None:
        if self._search is None or self._follow is None:
            return
        # Somebody who types is there: Follow Zendesk may ask more often.
        self._follow.note_user_activity()
        has_rows = self._search.suggest(text)
        if not has_rows:
            self.search_field.hide_popup()
            return
        self.search_field.show_popup()
        # What Enter takes is marked. Of the customers opened last nobody is meant yet, and a
        # command is meant only after >, or when somebody goes to it.
        is_command = self._search.suggestion_at(self._search.index(0)).command is not None
        if text.strip() and (text.lstrip().startswith(">") or not is_command):
            self.search_field.mark_first_row()

    def _on_opened_empty(self) -> None:
        if self._search is not None and self._search.suggest(""):
            self.search_field.show_popup()

    def _on_grown(self) -> None:
        # Closed meanwhile, it stays closed.
        if self.search_field.is_popup_open:
            self.search_field.show_popup()
            # Where something is marked already, Enter goes on meaning that.
            self.search_field.mark_first_row(only_if_none=True)

    def _on_popup_closed(self) -> None:
        if self._search is not None:
            self._search.stop_search()

    def _on_submitted(self, text: str, *, apart: bool = False) -> None:
        stripped = text.strip()
        if not stripped:
            return
        if stripped.startswith(">"):
            # Enter with nothing marked runs the first command that fits and can be chosen.
            search = self._search
            if search is not None and search.suggest(stripped):
                found = (search.index(row) for row in range(search.rowCount()))
                first = next((i for i in found if search.suggestion_at(i).is_enabled), None)
                if first is not None:
                    self._on_chosen(first)
            return
        self.search_field.hide_popup()
        (self.new_tab_requested if apart else self.lookup_requested).emit(stripped)

    def _on_chosen(self, index: QModelIndex, *, apart: bool = False) -> None:
        if self._search is None:
            return
        suggestion = self._search.suggestion_at(index)
        self.search_field.hide_popup()
        if suggestion.command is not None:
            self.search_field.clear()
            if suggestion.command.is_enabled:
                suggestion.command.run()
            return
        (self.new_tab_requested if apart else self.lookup_requested).emit(suggestion.query)
