"""Form of some settings, bound to the settings form model: stored when a field is left."""

from collections.abc import Callable, Sequence

from desktop.panels.theme.design_tokens import ROW_GAP
from desktop.panels.widgets.form import Form
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel


class SettingsForm(Form):
    """Widget of some settings by key; stores each change at once."""

    def __init__(
        self,
        model: SettingsFormModel,
        keys: Sequence[str],
        *,
        change: Callable[[str, bool | int | str], object] | None = None,
    ) -> None:
        """`change` stores a form's field in place of its model, where something is asked before."""
        super().__init__(model.fields(keys), spacing=ROW_GAP)
        self._model, self._keys = model, tuple(keys)
        self.edited.connect(change or model.change_setting)
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        self.show_state(self._model.state(self._keys))
