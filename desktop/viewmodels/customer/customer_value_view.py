"""View of customer value: segment 1 to 4, predicted amount, thresholds, and the tag in Zendesk."""

from dataclasses import dataclass

from desktop.model.customer_value import CustomerValue, CustomerValueSource, read_customer_value
from desktop.model.edit import EditKind
from desktop.model.permission import Permission
from desktop.model.sheet_overlay import displayed_value, pending_edit
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, PanelStatus, build_panel_state
from desktop.viewmodels.customer.zendesk_user_view import SwitchView
from desktop.viewmodels.money_format import format_amount, format_prediction


@dataclass(frozen=True)
class CustomerValueView:
    """View of the panel Customer value; `segment` is None where only the amount is known.

    `explanation` says the thresholds in force; `high_value` is the switch of the tag in Zendesk,
    None where the customer has no user there.
    """

    panel_state: PanelState
    segment: int | None = None  # 4 is the highest
    title: str = ""
    amount_text: str = ""
    short_amount_text: str = ""
    segment_meaning: str = ""
    explanation: str = ""
    high_value: SwitchView | None = None


_SEGMENT_MEANINGS = {
    4: "Sailthru's highest segment",
    3: "Sailthru's second highest segment",
    2: "Sailthru's second lowest segment",
    1: "Sailthru's lowest segment",
}


def build_customer_value_view(context: CustomerContext) -> CustomerValueView:
    """Build the view of the panel Customer value."""
    source = context.display_settings.value_source
    state = build_panel_state(
        context.sheet.profile, "Sailthru", context.now, absent="No Sailthru profile."
    )
    profile = context.sheet.profile.value
    if profile is None:
        return CustomerValueView(state, high_value=_build_high_value_switch(context, None))
    # A segment may be read from membership of a list, smart ones included.
    lists = frozenset(profile.lists) | frozenset(profile.smart_lists or ())
    value = read_customer_value(source, profile.vars, lists)
    high_value = _build_high_value_switch(context, value)
    if value is None:
        reason = (
            "Prediction Manager is not enabled for this Sailthru account."
            if context.display_settings.predictions is False
            else "Sailthru has no prediction for this customer."
        )
        return CustomerValueView(
            PanelState(
                PanelStatus.EMPTY,
                text="Not available",
                hint=f"{reason} Read from the field {source.segment_var}.",
            ),
            high_value=high_value,
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
        state.with_note(
            "1–4, by your thresholds" if value.is_by_thresholds else "1–4, from Sailthru"
        ),
        value.segment,
        f"{value.segment} of 4" if value.segment else "No segment",
        amount_text or "No number is known",
        short_amount_text,
        _segment_meaning(value),
        explain_thresholds(source),
        high_value,
    )


def _segment_meaning(value: CustomerValue) -> str:
    if value.is_by_thresholds:
        return "Sailthru tells no segment: computed from the number by your thresholds"
    return _SEGMENT_MEANINGS.get(value.segment or 0, "Only the number is known, not the segment")


def explain_thresholds(source: CustomerValueSource) -> str:
    """Say from which segment on a customer is of high value, and where each segment begins."""
    high = f"High value from {source.high_from}"
    if not source.thresholds or not source.predictions:
        return high
    first = source.predictions[0]
    begins = [
        f"{segment} from {_format_threshold(amount, first.unit)}"
        for segment, amount in source.thresholds.items()
    ]
    return f"{high}. Segments: {', '.join(begins)} in {first.horizon_days} days"


def _format_threshold(amount: float, unit: str) -> str:
    return f"{amount:,.0f} page views" if unit == "pageviews" else format_amount(amount, unit)


def _build_high_value_switch(
    context: CustomerContext, value: CustomerValue | None
) -> SwitchView | None:
    """Build the switch of the tag of high value, which Zendesk copies onto the open tickets."""
    sheet, tag = context.sheet, context.display_settings.names.highvalue_tag
    user = sheet.user.value
    if user is None:
        return None
    edit = pending_edit(sheet, EditKind.TAG, tag)
    on = bool(displayed_value(sheet, EditKind.TAG, tag))
    tooltip = f"Zendesk tag {tag}. Zendesk copies it onto their tickets, where triggers may act."
    reason = context.check_permission(Permission.TAG).reason
    if user.tags is None:
        reason = "Tags of users are switched off in this Zendesk."
    note = context.progress_text(edit) if edit else _high_value_note(context, value, on=on)
    return SwitchView("High value", on, note, edit is not None, "" if edit else reason, tooltip)


def _high_value_note(context: CustomerContext, value: CustomerValue | None, *, on: bool) -> str:
    """Say where the tag and the value tell different things; empty where they do not."""
    if value is None or value.segment is None:
        return ""
    is_high = value.segment >= context.display_settings.value_source.high_from
    if is_high == on:
        return ""
    profile = context.sheet.profile.value
    if is_high and profile is not None and not profile.lists:
        return "not tagged: on no list, so no sync sees them"
    return "not tagged yet" if is_high else f"tagged, with a value of {value.segment}"
