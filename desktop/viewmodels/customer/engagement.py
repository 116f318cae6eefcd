"""Engagement: the level explained, the last time of each thing, and lifetime counts."""

from dataclasses import dataclass, replace

from desktop.kit.text import plural
from desktop.model import engagement as levels
from desktop.viewmodels import moment
from desktop.viewmodels.frame import Frame, frame
from desktop.viewmodels.money import price
from desktop.viewmodels.scene import Scene


@dataclass(frozen=True)
class FactRow:
    """One line: label, value, and how long ago at the right; `tip` is the full time."""

    label: str
    value: str
    ago: str = ""
    tip: str = ""


@dataclass(frozen=True)
class EngagementView:
    """What Sailthru measured."""

    frame: Frame
    rows: tuple[FactRow, ...] = ()
    device: str = ""


_TIMES = (
    (
        "open_time",
        "Last open",
        "An open may be automatic: some mail apps load pictures by themselves.",
    ),
    ("click_time", "Last click", ""),
    ("view_time", "Last pageview", ""),
    ("login_time", "Last login", ""),
)


def engagement(scene: Scene) -> EngagementView:
    """Build it."""
    outer = frame(
        scene.sheet.profile, "Sailthru", scene.now, absent="Nothing measured: no Sailthru profile."
    )
    profile = scene.sheet.profile.value
    if profile is None:
        return EngagementView(outer)
    level = levels.describe(profile.engagement)
    if outer.tone == "":
        outer = replace(outer, note=level[1] if level else "level not said")
    rows = [_time(scene, key, label, tip) for key, label, tip in _TIMES]
    rows.append(_purchase(scene))
    signup = profile.activity.get("signup_time") or profile.activity.get("create_time")
    rows.append(_time_row(scene, "Signed up", signup, "", with_clock=False))
    life = profile.lifetime
    counts = [
        plural(int(life[key]), one, many)
        for key, one, many in (
            ("lifetime_open", "open", "opens"),
            ("lifetime_click", "click", "clicks"),
            ("lifetime_pv", "pageview", "pageviews"),
            ("lifetime_purchase", "purchase", "purchases"),
        )
        if key in life
    ]
    kept = [row for row in rows if row is not None]
    kept += [FactRow("Lifetime", ", ".join(counts[:2]))] if counts else []
    if counts[2:]:
        kept.append(FactRow("", ", ".join(counts[2:])))
    if life.get("lifetime_purchase_price"):
        spent = price(life["lifetime_purchase_price"], scene.account.currency)
        kept.append(FactRow("Spent", spent))
    if profile.top_device:
        kept.append(FactRow("Mostly on", profile.top_device))
    return EngagementView(outer, tuple(kept))


def _time(scene: Scene, key: str, label: str, tip: str) -> FactRow | None:
    profile = scene.sheet.profile.value
    at = profile.activity.get(key) if profile else None
    if at is None and key == "login_time":
        return None
    return _time_row(scene, label, at, tip)


def _time_row(
    scene: Scene, label: str, at: float | None, tip: str, *, with_clock: bool = True
) -> FactRow:
    if at is None:
        return FactRow(label, "none known")
    words = moment.date_and_time(at, scene.now) if with_clock else moment.full_date(at)
    full = moment.full(at) + (f"\n{tip}" if tip else "")
    return FactRow(label, words, moment.ago(at, scene.now), full)


def _purchase(scene: Scene) -> FactRow | None:
    profile = scene.sheet.profile.value
    bought = [p for p in profile.purchases if p.at is not None] if profile else []
    if not bought:
        return None
    last = max(bought, key=lambda p: p.at or 0.0)
    at = last.at or 0.0
    words = f"{moment.date(at, scene.now)}, {price(last.price_cents, scene.account.currency)}"
    return FactRow("Last purchase", words, moment.ago(at, scene.now), moment.full(at))
