"""A dialog with a table that a search field narrows, and the button that takes what is chosen."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from desktop.kit.text import fold_text
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import ROW_HEIGHT
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.dialog import Dialog
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import TextField

# What the search looks through beside the texts shown, as a row's data of column 0.
SEARCHED_TOO = Qt.ItemDataRole.UserRole
_COLUMN_GAP = 14


class SearchListDialog(Dialog):
    """A QDialog with a searchable table; subclasses fill `table` and react to `use_button`."""

    def __init__(
        self,
        title: str,
        find: str,
        table_name: str,
        columns: Sequence[str],
        use: str,
        parent: QWidget | None = None,
        *,
        cancel: str = "Cancel",
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setObjectName(title)
        self.search_field = TextField(find, find)
        self.table = QTreeWidget()
        self.table.setAccessibleName(table_name)
        self.table.setHeaderLabels(list(columns))
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        head = self.table.header()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.state_label = label("", "muted", wrap=True)
        self.use_button = primary_button(use)
        cancel_button = secondary_button(cancel)
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label(title, "heading"))
        column.addWidget(self.search_field)
        column.addWidget(self.table, 1)
        column.addWidget(self.state_label)
        self.buttons = hbox(1, cancel_button, self.use_button)
        column.addLayout(self.buttons)
        self.search_field.chosen.connect(self.apply_search)
        cancel_button.clicked.connect(self.reject)
        self.search_field.setFocus()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(460), fonts.scaled(480))

    def add_row(self, *texts: str) -> QTreeWidgetItem:
        """Append a row with these texts to the dialog's table."""
        item = QTreeWidgetItem(self.table, list(texts))
        item.setSizeHint(0, QSize(0, fonts.scaled(ROW_HEIGHT)))
        return item

    def fit_columns(self) -> None:
        """Make the table's columns as wide as their texts, with a gap; the first has the rest."""
        for place in range(1, self.table.columnCount()):
            self.table.resizeColumnToContents(place)
            width = self.table.columnWidth(place) + fonts.scaled(_COLUMN_GAP)
            self.table.setColumnWidth(place, width)

    def rows(self) -> list[QTreeWidgetItem]:
        """Return every row of the dialog's table, also those that the search hides."""
        found = (self.table.topLevelItem(place) for place in range(self.table.topLevelItemCount()))
        return [item for item in found if item is not None]

    def apply_search(self, _text: object = "") -> int:
        """Hide the dialog's rows that do not hold what is searched for, and count the others."""
        wanted = fold_text(self.search_field.text().strip())
        shown = 0
        for item in self.rows():
            hides = wanted not in fold_text(f"{item.text(0)}\n{item.data(0, SEARCHED_TOO) or ''}")
            item.setHidden(hides)
            shown += not hides
        return shown
