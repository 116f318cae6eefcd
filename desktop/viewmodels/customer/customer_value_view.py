"""Customer value: segment 1–4 with its number and horizon; not available is a state of its own."""

from dataclasses import dataclass

from desktop.model.customer_value import read_customer_value
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus, build_panel_state
from desktop.viewmodels.money_format import format_amount


@dataclass(frozen=True)
class CustomerValueView:
    """`segment` None: only a number is known. `words` is the predicted number with its horizon."""

    panel_state: PanelState
    segment: int | None = None
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
    """Build it."""
    outer = build_panel_state(
        context.sheet.profile, "Sailthru", context.now, absent="No Sailthru profile."
    )
    profile = context.sheet.profile.value
    if profile is None:
        return CustomerValueView(outer)
    lists = frozenset(profile.lists) | frozenset(profile.smart_lists or ())
    found = read_customer_value(context.display_settings.value_source, profile.vars, lists)
    if found is None:
        why = (
            "Prediction Manager is not enabled for this Sailthru account."
            if context.display_settings.predictions is False
            else "Sailthru has no prediction for this customer."
        )
        where = context.display_settings.value_source.segment_var
        return CustomerValueView(
            PanelState(
                PanelStatus.EMPTY, text="Not available", hint=f"{why} Read from the field {where}."
            )
        )
    words = short = ""
    if found.amount is not None and found.horizon_days is not None:
        if found.unit == "pageviews":
            words = f"{found.amount:,.0f} predicted page views, next {found.horizon_days} days"
            short = f"{found.amount:,.0f} page views in {found.horizon_days} days"
        else:
            money = format_amount(found.amount, found.unit or "")
            words = f"{money} predicted revenue, next {found.horizon_days} days"
            short = f"{money} in {found.horizon_days} days"
    return CustomerValueView(
        outer.with_note("1–4, from Sailthru"),
        found.segment,
        f"{found.segment} of 4" if found.segment else "No segment",
        words or "No number is known",
        short,
        _SEGMENT_MEANINGS.get(found.segment or 0, "Only the number is known, not the segment"),
    )
