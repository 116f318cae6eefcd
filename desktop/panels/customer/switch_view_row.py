"""Draws a switch of the customer sheet: on or off, waiting, or disabled with its reason."""

from desktop.panels.widgets.switch_row import SwitchRow
from desktop.viewmodels.customer.zendesk_user_view import SwitchView


def show_switch_row(row: SwitchRow, view: SwitchView | None) -> None:
    """Draw a switch of a customer panel as its view is; None hides it."""
    row.setVisible(view is not None)
    if view is None:
        return
    row.set_note(view.note, "muted", view.tooltip)
    row.switch.set_value(view.is_on)
    row.switch.set_waiting(view.is_pending, view.note if view.is_pending else "")
    row.switch.set_enabled(not view.disabled_reason, view.disabled_reason)
