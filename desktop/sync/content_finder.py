"""Finds the items of Sailthru's content that products belong to, by the URL of their pattern."""

import asyncio
from collections.abc import Sequence

from desktop.kit.errors import AppError, StopsRun
from desktop.model.sell_product import content_url
from desktop.model.sync import MatchIdentifier
from desktop.model.target_record import TargetRecord
from desktop.sync.source_record import SourceRecord
from desktop.sync.target_finder import Candidates, TargetFinder, TargetLookup


class ContentFinder(TargetFinder):
    """Finds target items in Sailthru's content, one request each."""

    async def find(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source products' items in Sailthru."""
        rule = self._sync.source.products
        urls = {one.id: content_url(one.fields, rule) for one in records}
        asked = tuple(dict.fromkeys(url for url in urls.values() if url))
        answers = dict(zip(asked, await asyncio.gather(*map(self._read, asked)), strict=True))
        candidates: dict[str, Candidates] = {}
        errors: dict[str, str] = {}
        targets: dict[str, TargetRecord] = {}
        for source_id, url in urls.items():
            answer = answers.get(url)
            if isinstance(answer, AppError):
                errors[source_id] = str(answer)
            elif answer is not None:
                candidates[source_id] = {MatchIdentifier.SID: (answer.id,)}
                targets[answer.id] = answer
        return TargetLookup(candidates, targets, errors)

    async def search(self, records: Sequence[SourceRecord]) -> TargetLookup:
        """Find source products' items in Sailthru, which has no mirror to look in first."""
        return await self.find(records)

    async def read(self, target_ids: Sequence[str]) -> dict[str, TargetRecord]:
        """Read items by URL; those that are not there are left out."""
        found = await asyncio.gather(*map(self._context.content.read, target_ids))
        return {item.id: item for item in found if item is not None}

    async def _read(self, url: str) -> TargetRecord | AppError | None:
        try:
            return await self._context.content.read(url)
        except StopsRun:
            raise
        except AppError as error:
            return error
