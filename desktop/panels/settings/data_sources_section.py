"""The settings section “Data sources”: its three cards, and which of them is shown."""

from PySide6.QtWidgets import QWidget

from desktop.connect.data_source_service import SERVICES
from desktop.model.data_source import DataSourceKind
from desktop.panels.settings.data_source_card import DataSourceCard
from desktop.panels.settings.data_source_gallery_card import DataSourceGalleryCard
from desktop.panels.settings.data_source_setup_card import DataSourceSetupCard, cards_of
from desktop.panels.settings.field_protection_card import FieldProtectionCard
from desktop.panels.settings.permissions_card import PermissionsCard
from desktop.panels.settings.retention_card import RetentionCard
from desktop.panels.settings.sailthru_connection_card import SailthruConnectionCard
from desktop.panels.settings.sell_connection_card import SellConnectionCard
from desktop.panels.settings.settings_section_card import SettingsSectionCard
from desktop.panels.settings.zendesk_connection_card import ZendeskConnectionCard, ZendeskPart
from desktop.panels.widgets.card import Card
from desktop.settings import settings_table
from desktop.viewmodels.settings.settings_page_model import SettingsPageModel


class DataSourcesSection:
    """Shows the gallery, one data source, or the set-up of one; never two of them."""

    def __init__(self, model: SettingsPageModel) -> None:
        self._page = model
        self._model = model.sources
        self.gallery = DataSourceGalleryCard(model.sources)
        self.detail = DataSourceCard(model.sources, model.form)
        self.setup = DataSourceSetupCard(
            model.sources,
            cards_of(
                {
                    "Account": self._create_account,
                    "Permissions": lambda _kind: (PermissionsCard(model.permissions),),
                    "Retention": lambda _kind: (RetentionCard(model.retention, model.form),),
                    "Fields": self._create_fields,
                    "Authorise": self._create_sign_in,
                }
            ),
        )
        self.gallery.chosen.connect(self._on_chosen)
        self.detail.closed.connect(self._close)
        self.detail.setup_requested.connect(model.sources.set_up)
        self.setup.closed.connect(self._close)
        model.sources.changed.connect(self._show)
        self._show()

    @property
    def cards(self) -> tuple[Card, ...]:
        """The section's cards, of which one is shown."""
        return (self.gallery, self.detail, self.setup)

    def _show(self) -> None:
        is_open, is_setup = self._model.opened is not None, self._model.setting_up is not None
        shown = (not is_open and not is_setup, is_open, is_setup)
        for card, is_shown in zip(self.cards, shown, strict=True):
            # One that is shown before it is in its page would be a window of its own.
            if not is_shown or card.parentWidget() is not None:
                card.setVisible(is_shown)

    def _on_chosen(self, kind: DataSourceKind) -> None:
        row = next((one for one in self._model.rows() if one.kind is kind), None)
        if row is not None and row.action == "Open":
            self._model.open_source(kind)
        else:
            self._model.set_up(kind)

    def _close(self) -> None:
        self._model.open_source(None)

    def _create_account(self, kind: DataSourceKind) -> tuple[QWidget, ...]:
        if kind is DataSourceKind.SUPPORT:
            return (ZendeskConnectionCard(self._page.zendesk, ZendeskPart.ACCOUNT),)
        if kind is DataSourceKind.SAILTHRU:
            keys = [
                settings_table.CUSTOMER_TYPE.key,
                settings_table.TIMEZONE.key,
                settings_table.CURRENCY.key,
            ]
            return (SettingsSectionCard("Sailthru", self._page.form, keys),)
        keys = [settings_table.SELL_BASE_URL.key]
        return (SettingsSectionCard("Zendesk Sell", self._page.form, keys),)

    def _create_fields(self, kind: DataSourceKind) -> tuple[QWidget, ...]:
        return (FieldProtectionCard(self._page.protection, SERVICES[kind]),)

    def _create_sign_in(self, kind: DataSourceKind) -> tuple[QWidget, ...]:
        if kind is DataSourceKind.SUPPORT:
            return (ZendeskConnectionCard(self._page.zendesk, ZendeskPart.SIGN_IN),)
        if kind is DataSourceKind.SAILTHRU:
            return (SailthruConnectionCard(self._page.sailthru, self._page.form),)
        return (SellConnectionCard(self._page.sell),)
