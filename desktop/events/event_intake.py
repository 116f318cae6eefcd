"""Reads a file, paste or pipe of Segment events one by one: good, bad, or met before."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import BinaryIO

from desktop.events.event import BadLine, Event
from desktop.events.event_text_splitter import split_events
from desktop.events.event_validation import make_event
from desktop.store.seen_id_table import SeenIdTable


@dataclass(frozen=True)
class DuplicateEvent:
    """An event whose messageId an earlier line of the same source has."""

    event: Event


@dataclass
class IntakeCounts:
    """What a source of events holds: `lines` is `valid`, `duplicates` and the bad lines together.

    Bad lines are kept without their texts, of which there may be a million.
    """

    valid: int = 0
    duplicates: int = 0
    invalid: list[tuple[int, str]] = field(default_factory=list)
    warnings: dict[str, list[int]] = field(default_factory=dict)

    @property
    def lines(self) -> int:
        """The number of events, usable or not; blank lines are none."""
        return self.valid + self.duplicates + len(self.invalid)

    def add(self, item: Event | BadLine | DuplicateEvent) -> None:
        """Count one item of an event source."""
        if isinstance(item, BadLine):
            self.invalid.append((item.line, item.reason))
        elif isinstance(item, DuplicateEvent):
            self.duplicates += 1
        else:
            self.valid += 1
            for warning in item.warnings:
                self.warnings.setdefault(warning, []).append(item.line)


def read_events(source: BinaryIO) -> Iterator[Event | BadLine | DuplicateEvent]:
    """Yield every event of a source in order, each bad line, and what came twice by messageId."""
    with closing(SeenIdTable()) as seen:
        for record in split_events(source):
            item = make_event(record)
            if isinstance(item, Event) and not seen.add(item.message_id):
                yield DuplicateEvent(item)
            else:
                yield item
