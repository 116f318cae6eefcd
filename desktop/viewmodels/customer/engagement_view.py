"""View of the engagement panel: level, last times, last purchase and lifetime counts."""

from dataclasses import dataclass

from desktop.kit.text import format_count
from desktop.model import engagement_level
from desktop.viewmodels import time_format
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.panel_state import PanelState, build_panel_state
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.money_format import format_price_in_cents


@dataclass(frozen=True)
class EngagementView:
    """View of the panel Engagement: times and lifetime counts that Sailthru measured."""

    panel_state: PanelState
    rows: tuple[KeyValueRow, ...] = ()


_ACTIVITY_TIMES = (
    (
        "open_time",
        "Last open",
        # Apple Mail Privacy Protection loads the pictures of every message.
        "An open may be automatic: some mail apps load pictures by themselves.",
    ),
    ("click_time", "Last click", ""),
    ("view_time", "Last pageview", ""),
    ("login_time", "Last login", ""),
)


def build_engagement_view(context: CustomerContext) -> EngagementView:
    """Build the view of the engagement panel from the Sailthru profile."""
    state = build_panel_state(
        context.sheet.profile,
        "Sailthru",
        context.now,
        absent="No data: there is no Sailthru profile.",
    )
    profile = context.sheet.profile.value
    if profile is None:
        return EngagementView(state)
    level = engagement_level.describe_engagement(profile.engagement)
    state = state.with_note(level[1] if level else "level not available")
    rows = [_activity_row(context, key, label, tip) for key, label, tip in _ACTIVITY_TIMES]
    rows.append(_last_purchase_row(context))
    signup = profile.activity.get("signup_time") or profile.activity.get("create_time")
    rows.append(_build_time_row(context, "Signed up", signup, "", with_clock=False))
    lifetime = profile.lifetime
    counts = [
        format_count(int(lifetime[key]), singular, plural)
        for key, singular, plural in (
            ("lifetime_open", "open", "opens"),
            ("lifetime_click", "click", "clicks"),
            ("lifetime_pv", "pageview", "pageviews"),
            ("lifetime_purchase", "purchase", "purchases"),
        )
        if key in lifetime
    ]
    shown_rows = [row for row in rows if row is not None]
    shown_rows += [KeyValueRow("Lifetime", ", ".join(counts[:2]))] if counts else []
    if counts[2:]:
        shown_rows.append(KeyValueRow("", ", ".join(counts[2:])))
    if lifetime.get("lifetime_purchase_price"):
        spent = format_price_in_cents(
            lifetime["lifetime_purchase_price"], context.display_settings.currency
        )
        shown_rows.append(KeyValueRow("Spent", spent))
    if profile.top_device:
        shown_rows.append(KeyValueRow("Main device", profile.top_device))
    return EngagementView(state, tuple(shown_rows))


def _activity_row(context: CustomerContext, key: str, label: str, tip: str) -> KeyValueRow | None:
    profile = context.sheet.profile.value
    at = profile.activity.get(key) if profile else None
    # Most accounts send no logins to Sailthru: an empty row would say nothing.
    if at is None and key == "login_time":
        return None
    return _build_time_row(context, label, at, tip)


def _build_time_row(
    context: CustomerContext, label: str, at: float | None, tip: str, *, with_clock: bool = True
) -> KeyValueRow:
    if at is None:
        return KeyValueRow(label, "none known")
    text = (
        time_format.format_date_and_time(at, context.now)
        if with_clock
        else time_format.format_full_date(at)
    )
    full = time_format.format_full_timestamp(at) + (f"\n{tip}" if tip else "")
    elapsed = time_format.format_elapsed(at, context.now)
    return KeyValueRow(label, text, elapsed, full, full)


def _last_purchase_row(context: CustomerContext) -> KeyValueRow | None:
    profile = context.sheet.profile.value
    # Imported purchases may have no date.
    purchases = [p for p in profile.purchases if p.at is not None] if profile else []
    if not purchases:
        return None
    last = max(purchases, key=lambda purchase: purchase.at or 0.0)
    at = last.at or 0.0
    price = format_price_in_cents(last.price_cents, context.display_settings.currency)
    full = time_format.format_full_timestamp(at)
    return KeyValueRow(
        "Last purchase",
        f"{time_format.format_date(at, context.now)}, {price}",
        time_format.format_elapsed(at, context.now),
        full,
        full,
    )
