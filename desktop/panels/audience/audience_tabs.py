"""The Audience page with its two tabs: the people, and what customers did."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from desktop.panels.audience.audience_page import AudiencePage
from desktop.panels.audience.customer_activity_tab import CustomerActivityTab
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.segmented_control import SegmentedControl

PEOPLE, ACTIVITY = "people", "activity"


class AudienceTabs(QWidget):
    """Widget of the page Audience; the keyboard goes to the tab that is open."""

    customer_requested = Signal(str)  # a query for the search field
    change_requested = Signal(str)  # the addresses of people to change at once, one a line

    def __init__(
        self, people: AudiencePage, activity: CustomerActivityTab, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Audience")
        self.people, self.activity = people, activity
        self.tab_control = SegmentedControl(
            "Part of Audience", ((PEOPLE, "People"), (ACTIVITY, "What customers did"))
        )
        self.tab_control.setMaximumWidth(fonts.scaled(360))
        self._stack = QStackedWidget()
        for tab in (people, activity):
            self._stack.addWidget(tab)
            tab.customer_requested.connect(self.customer_requested)
        people.change_requested.connect(self.change_requested)
        head = hbox(self.tab_control)
        head.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(fonts.scaled(8))
        page.addLayout(head)
        page.addWidget(self._stack, 1)
        self.tab_control.chosen.connect(self.show_tab)
        self.show_tab(PEOPLE)

    def show_tab(self, key: str) -> None:
        """Show one of the two tabs, by its key."""
        self.tab_control.set_value(key)
        self._stack.setCurrentWidget(self.people if key == PEOPLE else self.activity)

    def open_fields(self) -> None:
        """Open the catalogue of fields over the tab of the people."""
        self.show_tab(PEOPLE)
        self.people.open_fields()

    def take_focus(self) -> None:
        """Put the keyboard on the open tab's list."""
        tab = self.people if self._stack.currentWidget() is self.people else self.activity
        tab.take_focus()
