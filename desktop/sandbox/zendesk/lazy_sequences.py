"""Long lists of the sandbox's records, counted and sliced without making every record."""

from collections.abc import Callable, Sequence

from desktop.sandbox.http_messages import JsonObject


class LazyRecords:
    """The sandbox's records of ids and of ranges of ids; only those of a slice are made."""

    def __init__(self, parts: Sequence[int | range], find: Callable[[int], JsonObject]) -> None:
        self._ranges = [range(part, part + 1) if isinstance(part, int) else part for part in parts]
        self._find = find

    def __len__(self) -> int:
        return sum(map(len, self._ranges))

    def __getitem__(self, places: slice) -> list[JsonObject]:
        start, stop, _ = places.indices(len(self))
        found: list[JsonObject] = []
        for ids in self._ranges:
            if start < len(ids) and stop > 0:
                found += map(self._find, ids[max(start, 0) : stop])
            start -= len(ids)
            stop -= len(ids)
        return found


class TruncatedRecords:
    """The first of a longer list of the sandbox's records, whose length is known."""

    def __init__(self, records: list[JsonObject], total: int) -> None:
        self._records = records
        self._total = max(total, len(records))

    def __len__(self) -> int:
        return self._total

    def __getitem__(self, places: slice) -> list[JsonObject]:
        return self._records[places]
