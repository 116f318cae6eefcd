"""Lists: a switch for each list, members first; smart lists as computed."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.customer.boxes import discard, line
from desktop.panels.customer.framed import show_frame
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.parts.switch_row import SwitchRow
from desktop.panels.theme import fonts
from desktop.viewmodels.customer.lists import ListRow
from desktop.viewmodels.sheet import SheetModel

_SHOWN = 8
# Rows of lists that the next customer may be on again; a workspace with more lists makes them anew.
_SPARE = 60


class ListsPanel(SheetPanel):
    """Switches act at once; the change waits out the undo time."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Lists", model, parent=parent)
        self._rows: dict[str, _ListSwitch] = {}
        self._spare: dict[str, _ListSwitch] = {}
        self._suppressed = label("", "note", tone="warn", wrap=True)
        self.add(self._suppressed)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(fonts.scaled(1))
        self.add(self._lines)
        self._more = LinkButton("")
        self._more.clicked.connect(self._on_more)
        self.add(line(self._more, 1))
        self._hint = label("", "note", wrap=True)
        self.add(self._hint)

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.lists()
        if not show_frame(self, view.frame, rows=4):
            return
        everything = self.model.views.shows_all("lists")
        needed = [r for r in view.rows if r.member or r.waiting]
        shown = list(view.rows) if everything else view.rows[: max(_SHOWN, len(needed))]
        if not everything and len(needed) > _SHOWN:
            shown = list(needed)
        self._show_rows(list(shown))
        rest = len(view.rows) - len(shown)
        self._more.setVisible(rest > 0 or (everything and len(view.rows) > _SHOWN))
        self._more.set_text(f"Show {rest} more" if rest > 0 else "Show fewer")
        self._suppressed.setText(view.suppressed)
        self._suppressed.setVisible(bool(view.suppressed))
        hint = " ".join(part for part in (view.trouble, view.hint) if part)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))

    def _show_rows(self, rows: list[ListRow]) -> None:
        names = [row.name for row in rows]
        if list(self._rows) != names:
            # Kept by name: the switch under somebody's finger stays the same widget.
            kept = self._spare | self._rows
            self._rows = {
                name: kept.pop(name) if name in kept else self._made(name) for name in names
            }
            for spare in kept.values():
                spare.hide()
            self._spare = dict(list(kept.items())[:_SPARE])
            for gone in list(kept.values())[_SPARE:]:
                discard(gone)
            for place, switch in enumerate(self._rows.values()):
                if self._lines.indexOf(switch) != place:
                    self._lines.insertWidget(place, switch)
        for row in rows:
            self._rows[row.name].show_row(row)
            self._rows[row.name].show()

    def _made(self, name: str) -> "_ListSwitch":
        made = _ListSwitch(name, self)
        made.chosen.connect(made.on_chosen)
        made.model = self.model
        return made

    def _on_more(self) -> None:
        self.model.show_all("lists")


class _ListSwitch(SwitchRow):
    """One list's row; knows its name so that no lambda has to."""

    model: SheetModel

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(name, parent=parent)
        self._list = name
        self.switch.setObjectName(name)

    def show_row(self, row: ListRow) -> None:
        """Show membership, note, and whether it may be switched."""
        self.set_fixed(row.smart)
        self.set_note(row.note, "muted", row.tip)
        self.switch.set_on(row.member)
        self.switch.set_waiting(row.waiting, row.note if row.waiting else "")
        self.switch.set_enabled(not row.why_not, row.why_not)

    def on_chosen(self, on: bool) -> None:
        """Forward the wish."""
        self.model.edits.set_list(self._list, on)
