"""Long lists that are counted and cut without being made."""

from collections.abc import Iterator, Sequence
from typing import overload

from desktop.sandbox.http_messages import JsonObject


class LazyIdList(Sequence[int]):
    """Single ids and ranges, one after another."""

    def __init__(self, parts: Sequence[int | range]) -> None:
        self._parts = [range(part, part + 1) if isinstance(part, int) else part for part in parts]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> list[int]: ...
    def __getitem__(self, place: int | slice) -> int | list[int]:
        """Return one id or the ids of a slice."""
        if isinstance(place, int):
            return self[place : place + 1][0]
        start, stop, _ = place.indices(len(self))
        found: list[int] = []
        for part in self._parts:
            if start < len(part) and stop > 0:
                found.extend(part[max(start, 0) : stop])
            start -= len(part)
            stop -= len(part)
            if stop <= 0:
                break
        return found

    def __iter__(self) -> Iterator[int]:
        for part in self._parts:
            yield from part


class TruncatedRows(Sequence[JsonObject]):
    """The first rows of a longer list whose length is known."""

    def __init__(self, rows: list[JsonObject], total: int) -> None:
        self._rows = rows
        self._total = max(total, len(rows))

    def __len__(self) -> int:
        return self._total

    @overload
    def __getitem__(self, place: int) -> JsonObject: ...
    @overload
    def __getitem__(self, place: slice) -> list[JsonObject]: ...
    def __getitem__(self, place: int | slice) -> JsonObject | list[JsonObject]:
        """Return what is there of a place."""
        return self._rows[place]
