"""What finds the possible targets of a plan's source records, in whichever service they are.

Behind a remembered pair nothing else is asked.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from desktop.kit.errors import AppError, StopsRun
from desktop.model.customer_matching import deciding_identifiers
from desktop.model.sync import MatchIdentifier, Sync
from desktop.model.target_record import TargetRecord
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext

Candidates = Mapping[MatchIdentifier, tuple[str, ...]]
FoundT = TypeVar("FoundT")


@dataclass(frozen=True)
class TargetLookup:
    """Targets found for a plan: ids by source id and identifier, records by id, and errors."""

    candidates: Mapping[str, Candidates] = field(default_factory=dict)
    targets: Mapping[str, TargetRecord] = field(default_factory=dict)
    read_errors: Mapping[str, str] = field(default_factory=dict)


class TargetFinder(ABC):
    """Finds and reads the target records of one sync in one service."""

    def __init__(self, context: SyncContext, sync: Sync) -> None:
        self._context = context
        self._store = context.store
        self._sync = sync

    @abstractmethod
    async def find(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' targets, in the mirror where it has them. Raises StopsRun."""

    @abstractmethod
    async def search(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source records' targets at the service, past any export of it. Raises StopsRun."""

    @abstractmethod
    async def read(self, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Read targets by their ids; those that are gone are left out."""

    async def _search_each(
        self,
        records: Sequence[SourceRecord],
        search: Callable[[SourceRecord], Awaitable[Candidates]],
    ) -> TargetLookup:
        candidates: dict[str, Candidates] = {}
        errors: dict[str, str] = {}
        for record in records:
            try:
                candidates[record.id] = await search(record)
            except StopsRun:
                raise
            except AppError as error:
                errors[record.id] = str(error)
        return replace(await self._with_targets(candidates), read_errors=errors)

    async def _with_targets(self, candidates: Mapping[str, Candidates]) -> TargetLookup:
        wanted = {id_ for found in candidates.values() for ids in found.values() for id_ in ids}
        return TargetLookup(candidates, await self.read(sorted(wanted)))

    def _proposing_identifiers(self) -> tuple[MatchIdentifier, ...]:
        """Return the identifiers that may propose a target: all the rest, before a create."""
        identity, creates = self._sync.identity, self._sync.effects.create_missing
        return tuple(
            one
            for one in MatchIdentifier
            if one not in deciding_identifiers(identity) and (creates or one in identity)
        )

    async def _find_in_order(
        self, find: Callable[[MatchIdentifier, Iterable[FoundT]], Awaitable[tuple[FoundT, ...]]]
    ) -> dict[MatchIdentifier, tuple[FoundT, ...]]:
        """Ask a source record's deciding identifiers; where they find nobody, the proposing ones.

        `find` gets what was found so far.
        """
        found: dict[MatchIdentifier, tuple[FoundT, ...]] = {}
        for identifier in deciding_identifiers(self._sync.identity):
            if some := await find(identifier, [one for each in found.values() for one in each]):
                found[identifier] = some
            if identifier is MatchIdentifier.SID and some:
                break
        if found:
            return found
        asked = self._proposing_identifiers()
        answers = await asyncio.gather(*(find(identifier, ()) for identifier in asked))
        return dict(zip(asked, answers, strict=True))
