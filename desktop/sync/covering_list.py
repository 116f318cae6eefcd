"""The covering list of a plan to Sailthru: one export that tells most of its target profiles.

Which list covers the people of a source is seen from a sample of them, read one by one. An export
that fails costs nothing but itself: everybody is then read one by one.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from desktop.clients.sailthru.list_export_reader import ListExportReader, read_rows
from desktop.kit.errors import AppError, AuthenticationError, ServiceError, StorageError
from desktop.model.customer_matching import deciding_identifiers
from desktop.model.email_address import email_spellings
from desktop.model.exported_profile import ExportedProfile
from desktop.model.sailthru_profile import SailthruList, SailthruProfile
from desktop.model.service import Service
from desktop.model.sync import READ_SINGLY, MatchIdentifier, Sync
from desktop.model.sync_plan import TargetReading
from desktop.model.target_record import VAR_PREFIX, TargetRecord
from desktop.store.exported_profile_index import ExportedProfileIndex
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.exported_targets import may_be_settled, target_from_export
from desktop.sync.pipeline.membership import split_source
from desktop.sync.source_reader import SourceReader, Watermarks
from desktop.sync.source_record import SourceRecord
from desktop.sync.sync_context import SyncContext
from desktop.sync.target_finder import TargetLookup
from desktop.sync.target_reader import TargetReader
from desktop.writing.job_poller import wait_for_job

log = logging.getLogger(__name__)

# By itself a plan takes a list that covers so many per cent of its people, and looks for one only
# where it reads so many.
_MIN_COVERAGE_PERCENT = 80
_MIN_PEOPLE = 500
_TOO_FEW = f"There are fewer than {_MIN_PEOPLE} to read."
# A row of an export costs a twentieth of a single read (measured).
_ROWS_PER_PERSON = 20
_SAMPLE_PEOPLE = 50
_ROWS_PER_SAVE = 500
_MAX_AGE_S = 3600.0
# All that a target record of an export is made of, besides its vars.
_COLUMNS = ("profile_id", "email_hash", "extid", "lists", "last_open", "last_click")


@dataclass
class CoveringExport:
    """The profiles of a plan's covering export, and how far they went."""

    reading: TargetReading
    rows: ExportedProfileIndex | None = None
    ambiguous_lists: frozenset[str] = frozenset()
    _people: int = field(default=0, init=False)
    _covered: int = field(default=0, init=False)
    _singly: int = field(default=0, init=False)

    def is_usable(self, now: float) -> bool:
        """Whether the plan has a covering export whose job was started within the last hour."""
        read_at = self.reading.read_at
        return self.rows is not None and read_at is not None and now - read_at <= _MAX_AGE_S

    def count(self, people: int, covered: int, settled: int) -> None:
        """Count the plan's people on the covering list, and settled by it; others read singly."""
        self._people += people
        self._covered += covered
        self._singly += people - settled

    def counted_reading(self) -> TargetReading:
        """How a plan's target profiles were read, with the counts of the covering list so far."""
        return replace(
            self.reading, people=self._people, covered=self._covered, read_singly=self._singly
        )

    def find(
        self,
        records: Sequence[SourceRecord],
        sids: Mapping[str, str],
        identity: Sequence[MatchIdentifier],
    ) -> TargetLookup:
        """Find source records' profiles in the covering export as a single look-up would.

        `sids` are the remembered pairs. Who is not found, or may have a profile that is not on
        the list, is not in the result. Runs on the database's thread.
        """
        if self.rows is None:
            return TargetLookup()
        by_sid = self.rows.find_by_sid(list(sids.values()))
        by_hash = self.rows.find_by_email_hash([record.email_hash for record in records])
        by_extid = self.rows.find_by_extid([record.external_id for record in records])
        lookup: dict[str, dict[MatchIdentifier, tuple[str, ...]]] = {}
        targets: dict[str, TargetRecord] = {}
        for record in records:
            sid = sids.get(record.id, "")
            found: tuple[ExportedProfile, ...] = ()
            identifier = MatchIdentifier.SID
            for identifier in deciding_identifiers(identity):
                if identifier is MatchIdentifier.SID and sid:
                    found = by_sid.get(sid, ())
                    break
                if identifier is MatchIdentifier.EMAIL and (record.email or record.other_emails):
                    # Each further address or spelling may have a profile of its own, on the list
                    # or not.
                    is_only = not record.other_emails and len(email_spellings(record.email)) == 1
                    found = by_hash.get(record.email_hash, ()) if is_only else ()
                    break
                if identifier is MatchIdentifier.EXTERNAL_ID and record.external_id:
                    found = by_extid.get(record.external_id, ())
                    break
            if len(found) != 1:
                continue
            (profile,) = found
            # Another of the list with their external id: which of both it is, a single read says.
            # One that is not on the list is not seen, and nothing is written for who is settled.
            others = by_extid.get(record.external_id, ())
            if identifier is MatchIdentifier.EMAIL and any(one != profile for one in others):
                continue
            email = record.email if profile.email_hash == record.email_hash else ""
            lookup[record.id] = {identifier: (profile.sid,)}
            targets[profile.sid] = target_from_export(profile, email, self.ambiguous_lists)
        return TargetLookup(lookup, targets)

    def close(self) -> None:
        """Delete the covering export's rows; runs on the database's thread."""
        if self.rows is not None:
            self.rows.close()
            self.rows = None


class CoveringListReader:
    """Chooses the covering list of a plan, and reads its export."""

    def __init__(self, context: SyncContext, sync: Sync, source: SourceReader) -> None:
        self._context = context
        self._store = context.store
        self._sync = sync
        self._source = source

    async def read(self, before: Watermarks, plan_context: PlanContext) -> CoveringExport | None:
        """Read the covering list's export, the sync's own or the best; None: not to Sailthru.

        Raises only what would meet every single read too.
        """
        if self._sync.target_service is not Service.SAILTHRU:
            return None
        wanted = self._sync.covering_list
        if wanted == READ_SINGLY:
            return self._read_singly("The sync is set to it.")
        try:
            changed = await self._store.run(self._source.count_changed, before)
            if not wanted and changed < _MIN_PEOPLE:
                return self._read_singly(_TOO_FEW)
            lists = await self._context.sailthru.client.list_lists()
            if wanted:
                chosen, note = _find_named(wanted, lists, changed)
            else:
                chosen, note = await self._choose(lists, before, changed, plan_context)
            if chosen is None:
                return self._read_singly(note)
            export = CoveringExport(
                TargetReading(chosen.name, is_chosen=not wanted, read_at=self._context.clock.now()),
                ambiguous_lists=_ambiguous_names(lists),
            )
            return await self._with_rows(export)
        except (AuthenticationError, StorageError):
            raise
        except AppError as error:
            log.warning("The covering list could not be read (%s)", error.title)
            return self._read_singly(f"The list's export failed: {error.title}")

    async def _choose(
        self,
        lists: Sequence[SailthruList],
        before: Watermarks,
        changed: int,
        plan_context: PlanContext,
    ) -> tuple[SailthruList | None, str]:
        """Choose the smallest list that covers enough of a source's sample; else say why none."""
        records = await self._store.run(self._source.sample, before, _SAMPLE_PEOPLE * 10)
        inside = split_source(records, plan_context).inside
        people = round(changed * len(inside) / max(1, len(records)))
        if people < _MIN_PEOPLE:
            return None, _TOO_FEW
        sample = inside[:: max(1, len(inside) // _SAMPLE_PEOPLE)][:_SAMPLE_PEOPLE]
        decidable = [record for record in sample if may_be_settled(record, plan_context)]
        found = await TargetReader(self._context, self._sync).find_candidates(decidable)
        coverage: Counter[str] = Counter()
        for record in decidable:
            ids = {id_ for some in found.candidates.get(record.id, {}).values() for id_ in some}
            coverage.update({name for id_ in ids for name in _lists_of(found.targets.get(id_))})
        least = _MIN_COVERAGE_PERCENT * len(sample) / 100
        usable = [
            one
            for one in lists
            if coverage[one.name] >= least and (one.count or 0) <= people * _ROWS_PER_PERSON
        ]
        if usable:
            return min(usable, key=lambda one: (one.count or 0, one.name)), ""
        if len(decidable) < least:
            return None, "This sync writes what exports do not tell: opt-outs, sums or arrays."
        return None, f"No list has {_MIN_COVERAGE_PERCENT} % of these people."

    def _read_singly(self, note: str) -> CoveringExport:
        return CoveringExport(TargetReading(is_chosen=not self._sync.covering_list, note=note))

    async def _with_rows(self, export: CoveringExport) -> CoveringExport:
        name, bulk = export.reading.list_name, self._context.sailthru.bulk
        prefix = VAR_PREFIX
        names = sorted(
            {
                row.target.removeprefix(prefix)
                for row in self._sync.mapping
                if row.on and row.target.startswith(prefix)
            }
        )
        begun = await bulk.start_list_export(name, names, columns=_COLUMNS)
        job = await wait_for_job(
            lambda: bulk.get_job(begun.id), self._context.clock, self._context.job_timeout_s, begun
        )
        if job is None or not job.export_url:
            raise ServiceError(
                f"Sailthru did not export the list “{name}”.", "", "", is_outcome_unknown=False
            )
        export.rows = await self._store.run(ExportedProfileIndex)
        try:
            reader = ListExportReader(names, self._context.zone)
            pending: list[ExportedProfile] = []
            async for row in read_rows(bulk.download(job.export_url), reader):
                # A row that cannot be read is somebody who is not on the list.
                if isinstance(row, ExportedProfile) and row.sid:
                    pending.append(row)
                if len(pending) >= _ROWS_PER_SAVE:
                    await self._store.run(export.rows.add, pending)
                    pending = []
            await self._store.run(export.rows.add, pending)
        except BaseException:
            await self._store.run(export.close)
            raise
        return export


def _find_named(
    wanted: str, lists: Sequence[SailthruList], changed: int
) -> tuple[SailthruList | None, str]:
    found = next((one for one in lists if one.name == wanted), None)
    if found is None:
        return None, f"There is no list “{wanted}” in Sailthru."
    if (found.count or 0) > changed * _ROWS_PER_PERSON:
        return None, f"There are too few to read for an export of “{wanted}” ({found.count:,})."
    return found, ""


def _lists_of(target: TargetRecord | None) -> tuple[str, ...]:
    document = target.document if target is not None else None
    if not isinstance(document, SailthruProfile):
        return ()
    return (*document.lists, *(document.smart_lists or ()))


def _ambiguous_names(lists: Sequence[SailthruList]) -> frozenset[str]:
    """Names of Sailthru lists with a comma, and their parts: an export's cell joins by commas."""
    return frozenset(
        part.strip()
        for one in lists
        if "," in one.name
        for part in (one.name, *one.name.split(","))
    )
