"""Card that lists the settings an organisation's policy has fixed, and the policy's files."""

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import label
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.settings.team_policy_model import TeamPolicyModel


class PolicyCard(SettingsCard):
    """Widget of the card “Active policies”, or the sentence that there are none."""

    def __init__(self, model: TeamPolicyModel) -> None:
        super().__init__("Active policies")
        self._model = model
        self._sources = label("", "note", wrap=True)
        self._rows = KeyValueTable("Active policies", label_width=220)
        self._notices = label("", wrap=True, tone="warn")
        self.add_rows(self._notices, self._sources, self._rows)
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        if not view.managed_settings and not view.policy_notices:
            self.show_empty("No organisation manages this computer's Fairlead.")
            return
        self._notices.setText("\n".join(view.policy_notices))
        self._notices.setVisible(bool(view.policy_notices))
        self._sources.setText(f"From {view.policy_files}." if view.policy_files else "")
        self._rows.set_rows(
            [KeyValueRow(name, value, tip=value) for name, value in view.managed_settings]
        )
        self.show_content()
