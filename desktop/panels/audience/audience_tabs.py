"""The Audience page with its two tabs: the people, and what customers did."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.panels.audience.audience_page import AudiencePage
from desktop.panels.audience.customer_activity_tab import CustomerActivityTab
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.lazy_widget import LazyWidget
from desktop.panels.widgets.segmented_control import SegmentedControl

PEOPLE, ACTIVITY = "people", "activity"


class AudienceTabs(QWidget):
    """Widget of the page Audience; the keyboard goes to the tab that is open."""

    customer_requested = Signal(str)  # a query for the search field
    change_requested = Signal(str)  # the addresses of people to change at once, one a line

    def __init__(
        self,
        people: AudiencePage,
        build_activity: Callable[[QWidget], CustomerActivityTab],
        parent: QWidget | None = None,
    ) -> None:
        """`build_activity` builds the second tab, when it is first shown."""
        super().__init__(parent)
        self.setAccessibleName("Audience")
        self.people = people
        self._build_activity = build_activity
        self._lazy_activity = LazyWidget(self._create_activity)
        self.tab_control = SegmentedControl(
            "Part of Audience", ((PEOPLE, "People"), (ACTIVITY, "What customers did"))
        )
        self.tab_control.setMaximumWidth(fonts.scaled(360))
        self._stack = QStackedWidget()
        people.customer_requested.connect(self.customer_requested)
        people.change_requested.connect(self.change_requested)
        head = hbox(self.tab_control)
        head.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(8))
        page.addLayout(head)
        page.addWidget(self._stack, 1)
        # Where it stays, before anything is in it: a stack shows and styles its first page at once.
        for tab in (people, self._lazy_activity):
            self._stack.addWidget(tab)
        self.tab_control.chosen.connect(self.show_tab)
        self.show_tab(PEOPLE)

    @property
    def activity(self) -> CustomerActivityTab:
        """The tab of what customers did, built if it was not shown yet."""
        return self._lazy_activity.ensure_content()

    def _create_activity(self, parent: QWidget) -> CustomerActivityTab:
        tab = self._build_activity(parent)
        tab.customer_requested.connect(self.customer_requested)
        tab.reading_requested.connect(partial(self.show_tab, PEOPLE))
        return tab

    def show_tab(self, key: str) -> None:
        """Show one of the two tabs, by its key."""
        self.tab_control.set_value(key)
        self._stack.setCurrentWidget(self.people if key == PEOPLE else self._lazy_activity)

    def open_fields(self) -> None:
        """Open the catalogue of fields over the tab of the people."""
        self.show_tab(PEOPLE)
        self.people.open_fields()

    def take_focus(self) -> None:
        """Put the keyboard on the open tab's list."""
        is_of_people = self._stack.currentWidget() is self.people
        (self.people if is_of_people else self.activity).take_focus()
