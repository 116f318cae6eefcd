"""Dialogs of the Reports page: who is behind a number, which tiles, which phrases."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QTreeWidgetItem, QWidget

from desktop.audience.report_definitions import REPORTS
from desktop.audience.report_people import CountedPeople
from desktop.audience.report_wording import short_day
from desktop.kit.text import format_count
from desktop.model.time_zone import local_time
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.label import label
from desktop.panels.widgets.line_edit import LineEdit
from desktop.panels.widgets.scrolling_dialog import ScrollingDialog
from desktop.panels.widgets.search_list_dialog import SEARCHED_TOO, SearchListDialog
from desktop.panels.widgets.text_field import MultilineTextField
from desktop.viewmodels.reports.reports_page_model import MAX_TILES

# Characters; the record of changes shows a reason on one line.
_MAX_NOTE_LENGTH = 300


class CountedPeopleDialog(SearchListDialog):
    """Who is behind a number of a report; opens one of them."""

    customer_requested = Signal(str)  # a query for the search field

    def __init__(self, found: CountedPeople, words: str, zone: ZoneInfo, parent: QWidget) -> None:
        """`zone`: the account's time zone, in which the times are shown."""
        columns = ("Customer", "E-mail", "When")
        super().__init__(words, "Find by name or e-mail", "People", columns, "Open", parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for person in found.people:
            item = self.add_row(person.name or "No name", person.email, _moment(person.at, zone))
            item.setData(0, SEARCHED_TOO, person.email)
            query = str(person.user_id) if person.user_id else person.sid
            item.setData(1, SEARCHED_TOO, person.email or query)
        self.fit_columns()
        self._found = found
        self.resize(self.sizeHint().width() * 3 // 2, self.sizeHint().height())
        self.table.itemActivated.connect(self._on_activated)
        self.use_button.clicked.connect(self._on_use)
        self.table.currentItemChanged.connect(self._on_current)
        first = self.rows()
        if first:
            self.table.setCurrentItem(first[0])
        self._on_current()
        self.apply_search()

    def apply_search(self, text: object = "") -> int:
        shown = super().apply_search(text)
        total = self._found.total
        listed = len(self._found.people)
        more = "" if listed == total else f" The newest {listed:,} are listed."
        people = format_count(total, "person", "people")
        self.state_label.setText(
            f"{people}.{more}" if shown == listed else f"{shown:,} of {people} match.{more}"
        )
        return shown

    def _on_current(self, *_items: object) -> None:
        has_one = self.table.currentItem() is not None
        self.use_button.set_enabled(has_one, "Choose somebody in the list.")

    def _on_activated(self, item: QTreeWidgetItem, _column: int) -> None:
        self._open(item)

    def _on_use(self) -> None:
        item = self.table.currentItem()
        if item is not None:
            self._open(item)

    def _open(self, item: QTreeWidgetItem) -> None:
        self.accept()
        self.customer_requested.emit(str(item.data(1, SEARCHED_TOO)))


def _moment(at: float, zone: ZoneInfo) -> str:
    then = local_time(at, zone)
    return f"{short_day(then.date())} {then.year} {then:%H:%M}"


class ArrangeTilesDialog(ScrollingDialog):
    """Which reports are tiles, and in which order; at most six."""

    arranged = Signal(object)  # names in order

    def __init__(self, tiles: Sequence[str], parent: QWidget) -> None:
        super().__init__("Arrange the reports", parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._order = [*tiles, *(name for name in REPORTS if name not in tiles)]
        self._boxes: dict[str, CheckBox] = {}
        self.note = label(f"At most {MAX_TILES}, in the order in which you tick them.", "muted",
                          wrap=True)  # fmt: skip
        self.content.addWidget(self.note)
        for name in self._order:
            box = CheckBox(REPORTS[name].title)
            box.setChecked(name in tiles)
            box.chosen.connect(self._on_ticked)
            self._boxes[name] = box
            self.content.addWidget(box)
        self._chosen = list(tiles)
        self.show_button = primary_button("Show these", name="Show these reports")
        cancel = secondary_button("Cancel")
        self.add_buttons(cancel, self.show_button)
        cancel.clicked.connect(self.reject)
        self.show_button.clicked.connect(self._on_show)
        self._update()

    def box(self, name: str) -> CheckBox:
        """Return the check box that shows a report's tile."""
        return self._boxes[name]

    def _on_ticked(self, _is_ticked: bool) -> None:
        ticked = [name for name, box in self._boxes.items() if box.isChecked()]
        self._chosen = [name for name in self._chosen if name in ticked]
        self._chosen += [name for name in ticked if name not in self._chosen]
        self._update()

    def _update(self) -> None:
        count = len(self._chosen)
        reason = "Tick at least one report." if not count else ""
        if count > MAX_TILES:
            reason = f"{count} are ticked; {MAX_TILES} fit."
        self.show_button.set_enabled(not reason, reason)
        order = ", ".join(REPORTS[name].title for name in self._chosen)
        self.note.setText(reason or f"Shown in this order: {order}.")

    def _on_show(self) -> None:
        self.accept()
        self.arranged.emit(tuple(self._chosen))


class UndoNoteDialog(ScrollingDialog):
    """Why some of a batch are to get back what stood before; for the admin who approves it."""

    noted = Signal(str)

    def __init__(self, what: str, parent: QWidget) -> None:
        """`what` says in a sentence which finding of a report the people stand behind."""
        super().__init__("Undo for some of a batch", parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.field = LineEdit()
        self.field.setAccessibleName("Note for the admin who approves it")
        self.field.setObjectName("Note for the admin who approves it")
        self.field.setPlaceholderText("They still read their mail")
        self.field.setMaxLength(_MAX_NOTE_LENGTH)
        self.preview_button = primary_button("Preview", name="Preview the undo")
        cancel = secondary_button("Cancel")
        note = (
            "Nothing is changed yet: each is read once more. More than one takes another admin's"
            " approval. Who was changed since stays as they are."
        )
        for text in (what, note):
            self.content.addWidget(label(text, "muted", wrap=True))
        self.content.addWidget(self.field)
        self.add_buttons(cancel, self.preview_button)
        cancel.clicked.connect(self.reject)
        self.preview_button.clicked.connect(self._on_preview)
        self.field.returnPressed.connect(self._on_preview)
        self.field.setFocus()

    def _on_preview(self) -> None:
        self.accept()
        self.noted.emit(self.field.text())


class PhrasesDialog(ScrollingDialog):
    """Which phrases are counted in tickets, one a line."""

    chosen = Signal(str)

    def __init__(self, phrases: Sequence[str], parent: QWidget) -> None:
        super().__init__("Phrases in tickets", parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.field = MultilineTextField("Phrases")
        self.field.setPlainText("\n".join(phrases))
        self.count_button = primary_button("Count", name="Count the phrases")
        cancel = secondary_button("Cancel")
        self.content.addWidget(
            label("One word or phrase a line, at most six. A star at the end finds beginnings.",
                  "muted", wrap=True)
        )  # fmt: skip
        self.content.addWidget(self.field)
        self.add_buttons(cancel, self.count_button)
        cancel.clicked.connect(self.reject)
        self.count_button.clicked.connect(self._on_count)
        self.field.setFocus()

    def _on_count(self) -> None:
        self.accept()
        self.chosen.emit(self.field.toPlainText())
