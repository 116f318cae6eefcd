"""Card with the settings of one section of the settings table."""

from collections.abc import Sequence

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.widgets.label import label
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel


class SettingsSectionCard(SettingsCard):
    """Widget of a settings section that is nothing but a form, with a sentence above it."""

    def __init__(
        self, title: str, model: SettingsFormModel, keys: Sequence[str], intro: str = ""
    ) -> None:
        super().__init__(title)
        if intro:
            self.add(label(intro, "note", wrap=True))
        self.form = SettingsForm(model, keys)
        self.add(self.form)
