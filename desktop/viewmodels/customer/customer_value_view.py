"""View of customer value: segment 1 to 4, predicted amount and its horizon."""

from dataclasses import dataclass

from desktop.model.customer_value import read_customer_value
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus, build_panel_state
from desktop.viewmodels.money_format import format_amount, format_prediction


@dataclass(frozen=True)
class CustomerValueView:
    """View of the panel Customer value; `segment` is None where only the amount is known."""

    panel_state: PanelState
    segment: int | None = None  # 4 is the highest
    title: str = ""
    amount_text: str = ""
    short_amount_text: str = ""
    segment_meaning: str = ""


_SEGMENT_MEANINGS = {
    4: "Sailthru's highest segment",
    3: "Sailthru's second highest segment",
    2: "Sailthru's second lowest segment",
    1: "Sailthru's lowest segment",
}


def build_customer_value_view(context: CustomerContext) -> CustomerValueView:
    """Build the view of the panel Customer value."""
    state = build_panel_state(
        context.sheet.profile, "Sailthru", context.now, absent="No Sailthru profile."
    )
    profile = context.sheet.profile.value
    if profile is None:
        return CustomerValueView(state)
    # A segment may be read from membership of a list, smart ones included.
    lists = frozenset(profile.lists) | frozenset(profile.smart_lists or ())
    value = read_customer_value(context.display_settings.value_source, profile.vars, lists)
    if value is None:
        reason = (
            "Prediction Manager is not enabled for this Sailthru account."
            if context.display_settings.predictions is False
            else "Sailthru has no prediction for this customer."
        )
        segment_var = context.display_settings.value_source.segment_var
        return CustomerValueView(
            PanelState(
                PanelStatus.EMPTY,
                text="Not available",
                hint=f"{reason} Read from the field {segment_var}.",
            )
        )
    amount_text = short_amount_text = ""
    if value.amount is not None and value.horizon_days is not None:
        amount_text = format_prediction(value.amount, value.unit or "", value.horizon_days)
        if value.unit == "pageviews":
            short_amount_text = f"{value.amount:,.0f} page views in {value.horizon_days} days"
        else:
            money = format_amount(value.amount, value.unit or "")
            short_amount_text = f"{money} in {value.horizon_days} days"
    return CustomerValueView(
        state.with_note("1–4, from Sailthru"),
        value.segment,
        f"{value.segment} of 4" if value.segment else "No segment",
        amount_text or "No number is known",
        short_amount_text,
        _SEGMENT_MEANINGS.get(value.segment or 0, "Only the number is known, not the segment"),
    )
