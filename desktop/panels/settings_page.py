"""The page “Settings”: sections at the left, the cards of one section at a time."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.parts.banner import Banner
from desktop.panels.parts.card import Card
from desktop.panels.parts.choice_field import ChoiceField
from desktop.panels.parts.label import label
from desktop.panels.parts.scroll import scroll_area
from desktop.panels.setting_up.data_card import DataCard
from desktop.panels.setting_up.leaving_card import LeavingCard
from desktop.panels.setting_up.permissions_card import PermissionsCard
from desktop.panels.setting_up.plain_cards import AboutCard, DoctorCard, FieldsCard
from desktop.panels.setting_up.rows import grow, order_tabs, show_trouble
from desktop.panels.setting_up.sailthru_card import SailthruCard
from desktop.panels.setting_up.sync_cards import MailCard, RunHereCard
from desktop.panels.setting_up.team_card import PolicyCard, TeamCard
from desktop.panels.setting_up.zendesk_card import ZendeskCard
from desktop.panels.theme import fonts
from desktop.panels.theme.tokens import GAP_CARD
from desktop.settings import table
from desktop.settings.setting import Section
from desktop.viewmodels.settings_page import SettingsModel

_SIDE_FROM = 680
_NAV_WIDTH = 190
_WIDEST = 720


class SettingsPage(QWidget):
    """`show_section` takes the keys of SECTIONS."""

    SECTIONS = (
        ("connections", "Connections"),
        ("permissions", "Changes and permissions"),
        ("names", "Names and values"),
        ("syncs", "Syncs"),
        ("data", "Data on this computer"),
        ("window", "Window"),
        ("team", "Team and policies"),
        ("advanced", "Advanced"),
        ("about", "About"),
    )
    section_shown = Signal(str)

    def __init__(self, model: SettingsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName("Settings")
        self.setObjectName("Settings")
        self.banner = Banner()
        self.banner.hide()
        self.list = _Sections(self.SECTIONS)
        self.choice = ChoiceField("Section", self.SECTIONS)
        self.choice.hide()
        self._pages = QStackedWidget()
        self.cards: dict[str, tuple[Card, ...]] = {}
        self._lay_out()
        self.list.currentRowChanged.connect(self._on_row)
        self.choice.chosen.connect(self.show_section)
        model.changed.connect(self._on_changed)
        self._on_changed()
        self.show_section("connections")

    def show_section(self, key: str) -> None:
        """Show the cards of one section; they are made when first wanted."""
        keys = [name for name, _ in self.SECTIONS]
        if key not in keys:
            return
        place = keys.index(key)
        if key not in self.cards:
            self.cards[key] = self._make(key)
            holder = self._pages.widget(place)
            if isinstance(holder, QScrollArea):
                _fill(holder, self.cards[key])
        self._pages.setCurrentIndex(place)
        self.list.setCurrentRow(place)
        self.choice.set_value(key)
        self.section_shown.emit(key)

    def minimumSizeHint(self) -> QSize:
        """It fits beside a browser."""
        return QSize(fonts.scaled(300), fonts.scaled(240))

    def showEvent(self, event: QShowEvent) -> None:
        """Count and ask once somebody looks."""
        super().showEvent(event)
        self._model.look()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Sections at the left where there is room, else a drop-down above."""
        super().resizeEvent(event)
        side = self.width() >= _SIDE_FROM * fonts.scale()
        self.list.setVisible(side)
        self.choice.setVisible(not side)
        self._body.setDirection(
            QBoxLayout.Direction.LeftToRight if side else QBoxLayout.Direction.TopToBottom
        )
        self._pages.setMaximumWidth(fonts.scaled(_WIDEST) if side else 16_777_215)

    def _lay_out(self) -> None:
        for _ in self.SECTIONS:
            self._pages.addWidget(scroll_area())
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(fonts.scaled(GAP_CARD))
        self._body.addWidget(self.list, 0)
        self._body.addWidget(self.choice, 0)
        self._body.addWidget(self._pages, 1000)
        self._body.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, fonts.scaled(11))
        page.setSpacing(fonts.scaled(10))
        page.addWidget(label("Settings", "heading"))
        page.addWidget(self.banner)
        page.addLayout(self._body, 1)

    def _make(self, key: str) -> tuple[Card, ...]:
        model, form = self._model, self._model.form
        plain = dict(form.plain_sections())
        if key == "connections":
            return (
                ZendeskCard(model.zendesk),
                SailthruCard(model.sailthru, form),
                DoctorCard(model.doctor),
                LeavingCard(model.leaving),
            )
        if key == "permissions":
            return (PermissionsCard(model.permissions),)
        if key == "names":
            sections = (Section.NAMES, Section.VALUE, Section.OPT_IN)
            return tuple(FieldsCard(s.value, form, plain[s]) for s in sections)
        if key == "syncs":
            return (RunHereCard(model.timer, form), MailCard(model.mail, form))
        if key == "data":
            return (DataCard(model.data, form),)
        if key == "window":
            return (FieldsCard(Section.WINDOW.value, form, plain[Section.WINDOW]),)
        if key == "team":
            return (TeamCard(model.team), PolicyCard(model.team))
        if key == "advanced":
            keys = [k for k in form.advanced() if k != table.SERVICE_URI.key]
            intro = "Leave these as they are unless you were asked to change them."
            return (FieldsCard("Advanced", form, keys, intro),)
        return (AboutCard(model.about()),)

    def _on_row(self, place: int) -> None:
        if 0 <= place < len(self.SECTIONS):
            self.show_section(self.SECTIONS[place][0])

    def _on_changed(self) -> None:
        show_trouble(self.banner, self._model.notice())


class _Sections(QListWidget):
    """The names of the sections; Up and Down go through them."""

    def __init__(self, sections: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self.setAccessibleName("Sections of the settings")
        self.setObjectName("Sections of the settings")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFixedWidth(fonts.scaled(_NAV_WIDTH))
        self.setStyleSheet(
            "QListWidget { background: transparent; padding: 0; }"
            f"QListWidget::item {{ padding-left: {fonts.scaled(8)}px; }}"
        )
        for _, words in sections:
            item = QListWidgetItem(words)
            item.setSizeHint(QSize(fonts.scaled(100), fonts.scaled(32)))
            self.addItem(item)


def _fill(scroll: QScrollArea, cards: tuple[Card, ...]) -> None:
    inside = QWidget()
    inside.setAutoFillBackground(False)
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(fonts.scaled(GAP_CARD))
    for card in cards:
        grow(card)
        order_tabs(card)
        column.addWidget(card)
    column.addStretch(1)
    scroll.setWidget(inside)
