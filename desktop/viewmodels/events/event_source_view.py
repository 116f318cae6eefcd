"""What the Sources tab shows of one named source of events."""

from dataclasses import dataclass

from desktop.kit.text import format_count
from desktop.model.event_source import EventSource, EventSourceKind
from desktop.viewmodels.time_format import format_elapsed
from desktop.viewmodels.tone import ChipTone

_HINTS = {
    EventSourceKind.FILE: "Deliver a file under this name.",
    EventSourceKind.PIPE: "fairlead events deliver - --name",
    EventSourceKind.HTTP: "fairlead events serve --name",
}


@dataclass(frozen=True)
class EventSourceView:
    """A source in words: its state as a chip, where its events come from, and its counts."""

    source: EventSource
    chip: str
    tone: ChipTone
    where: str
    counts: str
    warning: str
    used: str

    @property
    def name(self) -> str:
        """The source's name, by which it is changed."""
        return self.source.name


def build_event_source_view(source: EventSource, now: float) -> EventSourceView:
    """Build the view of a source; `now` is Unix seconds."""
    chip, tone = _chip(source)
    where = source.folder or _HINTS[source.kind]
    if where.endswith("--name"):
        where = f"{where} {_quoted(source.name)}"
    used = ""
    if source.switch is not None:
        used = f"{source.used_this_hour:,} of {source.switch.hourly_limit:,} used this hour"
    return EventSourceView(
        source,
        chip,
        tone,
        f"{source.kind.label} · {where}",
        _counts(source, now),
        " ".join(part for part in (source.trouble, source.distrust) if part),
        used,
    )


def _chip(source: EventSource) -> tuple[str, ChipTone]:
    if source.trouble:
        return ("Not served" if source.kind is EventSourceKind.HTTP else "Can't be read"), "bad"
    if source.distrust:
        return "Not proven", "warn"
    if source.to_correct:
        return "Needs correction", "warn"
    return ("On", "ok") if source.is_unattended else ("By hand", "neutral")


def _counts(source: EventSource, now: float) -> str:
    parts = []
    if source.waiting:
        parts.append(format_count(source.waiting, "event waits", "events wait"))
    if source.to_correct:
        parts.append(f"{source.to_correct:,} to correct")
    if source.last_event_at is not None:
        age = format_elapsed(source.last_event_at, now)
        parts.append("last event now" if age == "now" else f"last event {age} ago")
    return " · ".join(parts) or "No events yet"


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
