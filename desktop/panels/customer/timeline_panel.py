"""Timeline: what happened, newest first."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.boxes import line
from desktop.panels.customer.framed import show_frame
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.link import LinkButton
from desktop.viewmodels.customer.timeline import SHOWN
from desktop.viewmodels.sheet import SheetModel


class TimelinePanel(SheetPanel):
    """Shows a few events, and the rest on demand."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Timeline", model, parent=parent)
        self._table = KeyValue("Timeline events", label_width=72, small_labels=True)
        self.add(self._table)
        self._more = LinkButton("")
        self._more.clicked.connect(self._on_more)
        self.add(line(self._more, 1))

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.timeline()
        if not show_frame(self, view.frame, rows=5):
            return
        everything = self.model.views.shows_all("timeline")
        rows = view.rows if everything else view.rows[:SHOWN]
        self._table.set_rows([Row(r.stamp, r.text, tip=r.tip) for r in rows])
        rest = len(view.rows) - len(rows)
        self._more.setVisible(rest > 0 or (everything and len(view.rows) > SHOWN))
        self._more.set_text(f"Show {rest} more" if rest > 0 else "Show fewer")

    def _on_more(self) -> None:
        self.model.show_all("timeline")
