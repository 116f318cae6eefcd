"""The card of rows in a drawer over the customer sheet, laid out anew for a narrow window."""

from collections.abc import Iterable

from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QWidget

from desktop.panels.widgets.box_layout import delete_widget
from desktop.panels.widgets.card import Card


def arrange_drawer(
    rows: Iterable[QBoxLayout], tables: "Iterable[DrawerTable]", *, is_narrow: bool
) -> None:
    """Lay a drawer's rows and tables out below each other for little width, else side by side."""
    way = QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight
    for row in rows:
        row.setDirection(way)
    for table in tables:
        table.set_narrow(is_narrow)


class DrawerTable(Card):
    """A card without a title inside a drawer; subclasses say how its rows look."""

    def __init__(self, name: str) -> None:
        super().__init__("", name=name)
        self.title_label.hide()
        self.note_label.hide()
        # A card is at most as high as its hint, which knows nothing of texts that wrap here.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.is_narrow = False
        self.shown: tuple[object, ...] = ()
        self._inside: QWidget | None = None

    def set_narrow(self, narrow: bool) -> None:
        """Lay the drawer's rows out for little width; they are made anew at the next refresh."""
        self.is_narrow = narrow
        self.shown = ()

    def replace_rows(self, inside: QWidget | None) -> None:
        """Put these rows into the drawer's card in place of those before; None hides it."""
        if self._inside is not None:
            delete_widget(self._inside)
        self._inside = inside
        if inside is not None:
            self.add(inside)
        self.setVisible(inside is not None)
