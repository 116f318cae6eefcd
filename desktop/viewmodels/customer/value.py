"""Customer value: segment 1–4 with its number and horizon; not available is a state of its own."""

from dataclasses import dataclass

from desktop.model.value import read_value
from desktop.viewmodels.frame import Frame, FrameState, frame
from desktop.viewmodels.money import amount
from desktop.viewmodels.scene import Scene


@dataclass(frozen=True)
class ValueView:
    """`segment` None: only a number is known. `words` is the predicted number with its horizon."""

    frame: Frame
    segment: int | None = None
    title: str = ""
    words: str = ""
    short: str = ""
    meaning: str = ""


_MEANING = {
    4: "Sailthru's highest segment",
    3: "Sailthru's second highest segment",
    2: "Sailthru's second lowest segment",
    1: "Sailthru's lowest segment",
}


def value(scene: Scene) -> ValueView:
    """Build it."""
    outer = frame(scene.sheet.profile, "Sailthru", scene.now, absent="No Sailthru profile.")
    profile = scene.sheet.profile.value
    if profile is None:
        return ValueView(outer)
    lists = frozenset(profile.lists) | frozenset(profile.smart_lists or ())
    found = read_value(scene.account.value_source, profile.vars, lists)
    if found is None:
        why = (
            "Prediction Manager is not enabled for this Sailthru account."
            if scene.account.predictions is False
            else "Sailthru has no prediction for this customer."
        )
        where = scene.account.value_source.segment_var
        return ValueView(
            Frame(
                FrameState.EMPTY, text="Not available", hint=f"{why} Read from the field {where}."
            )
        )
    words = short = ""
    if found.amount is not None and found.horizon_days is not None:
        if found.unit == "pageviews":
            words = f"{found.amount:,.0f} predicted page views, next {found.horizon_days} days"
            short = f"{found.amount:,.0f} page views in {found.horizon_days} days"
        else:
            money = amount(found.amount, found.unit or "")
            words = f"{money} predicted revenue, next {found.horizon_days} days"
            short = f"{money} in {found.horizon_days} days"
    note = "1–4, from Sailthru" if outer.tone == "" else outer.note
    return ValueView(
        Frame(FrameState.READY, note, outer.tone),
        found.segment,
        f"{found.segment} of 4" if found.segment else "No segment",
        words or "No number is known",
        short,
        _MEANING.get(found.segment or 0, "Only the number is known, not the segment"),
    )
