"""Settings page: sections at the left, the cards of one section at a time."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.settings.about_card import AboutCard
from desktop.panels.settings.connection_test_card import ConnectionTestCard
from desktop.panels.settings.data_sources_section import DataSourcesSection
from desktop.panels.settings.disconnect_card import DisconnectCard
from desktop.panels.settings.erasures_card import ErasuresCard
from desktop.panels.settings.local_data_card import LocalDataCard
from desktop.panels.settings.mail_server_card import MailServerCard
from desktop.panels.settings.managed_policy_card import PolicyCard
from desktop.panels.settings.note_templates_card import NoteTemplatesCard
from desktop.panels.settings.permissions_card import PermissionsCard
from desktop.panels.settings.retention_card import RetentionCard
from desktop.panels.settings.sailthru_connection_card import SailthruConnectionCard
from desktop.panels.settings.scheduled_runs_card import ScheduledRunsCard
from desktop.panels.settings.sell_connection_card import SellConnectionCard
from desktop.panels.settings.settings_card import show_error_banner
from desktop.panels.settings.settings_section_card import SettingsSectionCard
from desktop.panels.settings.team_card import TeamCard
from desktop.panels.settings.team_store_card import TeamStoreCard
from desktop.panels.settings.zendesk_connection_card import ZendeskConnectionCard
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.section_list import SectionList
from desktop.panels.widgets.tab_order import set_tab_order_by_layout
from desktop.settings import settings_table
from desktop.settings.setting_definition import SettingSection
from desktop.viewmodels.settings.settings_page_model import SettingsPageModel
from desktop.viewmodels.settings_sections import SETTINGS_SECTIONS

_SIDE_BY_SIDE_MIN_WIDTH = 680
_NAV_WIDTH = 190
_MAX_CONTENT_WIDTH = 720


class SettingsPage(QWidget):
    """Widget of the settings page; `show_section` takes the keys of SECTIONS."""

    help_requested = Signal()
    erasure_requested = Signal(str)  # its number, to be shown in the drawer Erase
    customer_requested = Signal(str)  # a query for the search field

    SECTIONS = SETTINGS_SECTIONS

    def __init__(self, model: SettingsPageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName("Settings")
        self.setObjectName("Settings")
        self.banner = Banner()
        self.banner.hide()
        self.section_list = SectionList("Sections of the settings")
        self.section_list.set_sections([title for _, title in self.SECTIONS])
        self.section_list.fit_width(fonts.scaled(_NAV_WIDTH))
        self.section_dropdown = DropdownField("Section", self.SECTIONS)
        self.section_dropdown.hide()
        self._pages = QStackedWidget()
        self.cards: dict[str, tuple[Card, ...]] = {}
        self.data_sources: DataSourcesSection | None = None
        self._lay_out()
        self.section_list.currentRowChanged.connect(self._on_row)
        self.section_dropdown.chosen.connect(self.show_section)
        self.banner.action_triggered.connect(model.save_outside_changes)
        model.changed.connect(self._on_changed)
        self.show_section("connections")
        self._on_changed()

    @property
    def model(self) -> SettingsPageModel:
        """The view-model that this settings page shows."""
        return self._model

    @property
    def current_section(self) -> str:
        """The key of the settings page's open section."""
        return self.SECTIONS[self._pages.currentIndex()][0]

    def show_section(self, key: str) -> None:
        """Show the cards of one settings section; they are created when first shown."""
        keys = [name for name, _ in self.SECTIONS]
        if key not in keys:
            return
        place = keys.index(key)
        if key not in self.cards:
            self.cards[key] = self._create_cards(key)
            self._pages.insertWidget(place, _wrap_cards(self.cards[key]))
            if (empty := self._pages.widget(place + 1)) is not None:
                self._pages.removeWidget(empty)
                empty.deleteLater()
        self._pages.setCurrentIndex(place)
        self.section_list.setCurrentRow(place)
        self._show_sections_in_use()

    def _show_sections_in_use(self) -> None:
        """List the settings sections that the person at work uses; the open one stays."""
        shown = self._model.sections_in_use() | {self.current_section}
        for row, (key, _) in enumerate(self.SECTIONS):
            self.section_list.setRowHidden(row, key not in shown)
        self.section_dropdown.set_options([item for item in self.SECTIONS if item[0] in shown])
        self.section_dropdown.set_value(self.current_section)

    def minimumSizeHint(self) -> QSize:
        # It fits beside a browser.
        return QSize(fonts.scaled(300), fonts.scaled(240))

    def showEvent(self, event: QShowEvent) -> None:
        # Counting and asking the keyring wait until somebody looks.
        super().showEvent(event)
        self._model.load_status()

    def resizeEvent(self, event: QResizeEvent) -> None:
        # Sections at the left where there is room, else a drop-down above.
        super().resizeEvent(event)
        side = self.width() >= _SIDE_BY_SIDE_MIN_WIDTH * fonts.scale()
        self.section_list.setVisible(side)
        self.section_dropdown.setVisible(not side)
        self._body.setDirection(
            QBoxLayout.Direction.LeftToRight if side else QBoxLayout.Direction.TopToBottom
        )
        self._pages.setMaximumWidth(fonts.scaled(_MAX_CONTENT_WIDTH) if side else 16_777_215)

    def _lay_out(self) -> None:
        # Filled when first shown: most visits need one section of nine.
        for _ in self.SECTIONS:
            self._pages.addWidget(QWidget())
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(fonts.scaled(CARD_GAP))
        self._body.addWidget(self.section_list, 0)
        self._body.addWidget(self.section_dropdown, 0)
        self._body.addWidget(self._pages, 1000)
        self._body.addStretch(1)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, fonts.scaled(11))
        page.setSpacing(fonts.scaled(10))
        page.addWidget(label("Settings", "heading"))
        page.addLayout(self._body, 1)
        # Below the section, which is cut short for it: nothing moves under the pointer.
        page.addWidget(self.banner)

    def _create_cards(self, key: str) -> tuple[Card, ...]:
        model, form = self._model, self._model.form
        plain = dict(form.plain_setting_keys())
        if key == "connections":
            return (
                ZendeskConnectionCard(model.zendesk),
                SailthruConnectionCard(model.sailthru, form),
                SellConnectionCard(model.sell),
                ConnectionTestCard(model.connection_test),
                DisconnectCard(model.disconnect_model),
            )
        if key == "sources":
            section = self.data_sources = DataSourcesSection(model)
            section.detail.section_requested.connect(self.show_section)
            section.detail.customer_requested.connect(self.customer_requested)
            return section.cards
        if key == "permissions":
            by_itself = (settings_table.FOLLOW_ADDRESSES.key, settings_table.EVENTS_DELIVERED.key)
            return (
                PermissionsCard(model.permissions),
                SettingsSectionCard("By itself", form, by_itself),
            )
        if key == "names":
            sections = (SettingSection.NAMES, SettingSection.VALUE, SettingSection.OPT_IN)
            return tuple(SettingsSectionCard(s.value, form, plain[s]) for s in sections)
        if key == "texts":
            keys = [settings_table.OPTOUT_REASONS.key]
            return (
                SettingsSectionCard("Reasons", form, keys),
                NoteTemplatesCard(model.note_templates),
            )
        if key == "syncs":
            return (ScheduledRunsCard(model.timer, form), MailServerCard(model.mail, form))
        if key == "data":
            erasures = ErasuresCard(model.erasures)
            erasures.erasure_requested.connect(self.erasure_requested)
            reports = [
                settings_table.REPORT_MAIL_TO.key,
                settings_table.REPORT_WEEKLY.key,
                settings_table.OPTOUT_ALARM.key,
            ]
            intro = "Sent through the mail server of “Syncs”, by a computer that keeps the data."
            return (
                LocalDataCard(model.data, form),
                RetentionCard(model.retention, form),
                SettingsSectionCard("Reports by e-mail", form, reports, intro),
                erasures,
            )
        if key == "window":
            return (
                SettingsSectionCard(
                    SettingSection.WINDOW.value, form, plain[SettingSection.WINDOW]
                ),
            )
        if key == "team":
            return (TeamStoreCard(model.team_store), TeamCard(model.team), PolicyCard(model.team))
        if key == "advanced":
            keys = [k for k in form.advanced_setting_keys() if k != settings_table.SERVICE_URI.key]
            intro = "Leave these as they are unless you were asked to change them."
            return (SettingsSectionCard("Advanced", form, keys, intro),)
        about = AboutCard(model.about_rows(), model.log_folder, model.diagnostics)
        about.help_requested.connect(self.help_requested)
        return (about,)

    def _on_row(self, place: int) -> None:
        if 0 <= place < len(self.SECTIONS):
            self.show_section(self.SECTIONS[place][0])

    def _on_changed(self) -> None:
        model, error = self._model, self._model.settings_file_error()
        if model.can_save_outside_changes:
            save = [("save", "Save as it stands")]
            self.banner.show_message("warn", error.title, error.message, error.hint, actions=save)
        else:
            show_error_banner(self.banner, error)
        self._show_sections_in_use()


def _wrap_cards(cards: tuple[Card, ...]) -> QScrollArea:
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(fonts.scaled(CARD_GAP))
    for card in cards:
        allow_full_height(card)
        set_tab_order_by_layout(card)
        column.addWidget(card)
    column.addStretch(1)
    return wrap_in_scroll_area(inside)
