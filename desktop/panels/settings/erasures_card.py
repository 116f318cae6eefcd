"""Card with the erasures of customers: how far each is, and a way into the drawer Erase."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.settings.erasures_model import ErasureRowView, ErasuresModel, ErasuresView

_INTRO = (
    "Customers are erased from Zendesk, Sailthru and this computer from their sheet: the menu"
    " beside their name, Privacy. Here is how far each erasure is."
)


class ErasuresCard(SettingsCard):
    """Widget of the card “Erased customers”."""

    erasure_requested = Signal(str)  # number, to be shown in the drawer Erase

    def __init__(self, model: ErasuresModel) -> None:
        super().__init__("Erased customers")
        self._model = model
        self._shown: ErasuresView | None = None
        self._text = label("", "muted", wrap=True)
        self._rows: QWidget | None = None
        self._place = vbox(spacing=4)
        self._numbers: dict[LinkButton, str] = {}
        self.add_rows(label(_INTRO, wrap=True), self._text, self._place, self.error_banner)
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        if view == self._shown:
            return
        self._shown = view
        self.show_error(view.error)
        self._text.setText(view.text)
        set_shown(self._text, bool(view.text))
        if self._rows is not None:
            delete_widget(self._rows)
        self._numbers = {}
        self._rows = QWidget()
        self._rows.setLayout(vbox(*map(self._create_row, view.rows), spacing=4))
        set_shown(self._rows, bool(view.rows))
        self._place.addWidget(self._rows)

    def _create_row(self, row: ErasureRowView) -> QWidget:
        show = LinkButton("Show…", name=f"Show {row.title}")
        show.clicked.connect(self._on_show)
        self._numbers[show] = row.number
        line = hbox(elided_label(row.title))
        line.addWidget(label(row.state, tone="warn" if row.needs_person else "muted"))
        line.addStretch(1)
        line.addWidget(show)
        holder = QWidget()
        holder.setLayout(line)
        return holder

    def _on_show(self) -> None:
        sender = self.sender()
        if isinstance(sender, LinkButton):
            self.erasure_requested.emit(self._numbers[sender])
