"""`PlanContext`: everything a plan is computed from beside the source records."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.erased_people import NOBODY_ERASED, ErasedPeople
from desktop.model.json_value import Json
from desktop.model.sell_record import SellPerson
from desktop.model.sync import MatchIdentifier, Sync
from desktop.model.sync_plan import FieldChange
from desktop.model.sync_state import (
    KeptForm,
    LeftOutPerson,
    SourceCorrection,
    UnconfirmedIncrement,
    WrittenHash,
)
from desktop.model.target_record import TargetRecord
from desktop.model.value_equivalence import equivalent
from desktop.sync.pipeline.target_kind import TargetKind
from desktop.sync.source_record import SourceRecord, keys_of_record

ValuesByField = Mapping[str, Json]


@dataclass(frozen=True)
class HoldReason:
    """The reason why a plan writes nothing for a source record now.

    With a `cause` a person has to look at it; without one the next plan looks again by itself.
    """

    message: str
    cause: str = ""


@dataclass(frozen=True)
class PlanContext:
    """The input of planning: fields for the whole plan, then those for one chunk of records.

    `now` is in Unix seconds, `zone` the account's time zone. `erased` are the people whom no plan
    makes again.

    By source id: `corrections`; `left_out`, the people who are always left out, whom
    `left_out_targets` has by target id; `retry_sources`, those of a chunk that wait for another
    try; `unconfirmed` and `superseded` increments; `candidates`, the target ids that each
    identifier found; `read_errors` of the target; `written_hashes` of what syncs wrote into the
    source record; `addresses` that the source's export does not tell, where a target is to be
    created; `holds` and `confirmed_totals` of increments.

    By target id: `targets` as they were read; `known_sources`, the source ids that an earlier run
    matched with each; `synced_values`, which both sides had last, and `accepted_values`, which were
    written and not read back yet; `kept_forms` of values that the service stores in another form,
    by field; `touch_times` within the frequency cap's window; `open_tickets`.

    Of Zendesk Sell, by the md5 of an address: the records that share it (`sharing`), and which of
    them a person chose (`chosen_records`). `paired_records` of these have a profile. Deleted source
    ids: those whose profile nobody knows (`unmatched_deletions`), and those whose person Sell
    has still, as lead or contact (`related_records`).

    Source ids outside the source that this sync keeps on a list (`members`), keeps tagged
    (`tagged`), or has matched (`paired`). `other_records` are the records of `known_sources` by id.
    `counted_events` are the source events that are in a number already, `created_addresses` those
    (`email_match_key`) that an earlier row of the plan creates.
    """

    sync: Sync
    now: float
    target_kind: TargetKind
    corrections: Mapping[str, tuple[SourceCorrection, ...]] = field(default_factory=dict)
    left_out: Mapping[str, LeftOutPerson] = field(default_factory=dict)
    left_out_targets: Mapping[str, LeftOutPerson] = field(default_factory=dict)
    erased: ErasedPeople = NOBODY_ERASED
    retry_sources: frozenset[str] = frozenset()
    unconfirmed: Mapping[str, UnconfirmedIncrement] = field(default_factory=dict)
    superseded: Mapping[str, tuple[UnconfirmedIncrement, ...]] = field(default_factory=dict)
    running_jobs: frozenset[str] = frozenset()
    job_timeout_s: float = 900.0
    zone: str = "UTC"

    members: frozenset[str] = frozenset()
    tagged: frozenset[str] = frozenset()
    paired: frozenset[str] = frozenset()
    candidates: Mapping[str, Mapping[MatchIdentifier, tuple[str, ...]]] = field(
        default_factory=dict
    )
    read_errors: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, TargetRecord] = field(default_factory=dict)
    known_sources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    other_records: Mapping[str, SourceRecord] = field(default_factory=dict)
    synced_values: Mapping[str, ValuesByField] = field(default_factory=dict)
    accepted_values: Mapping[str, ValuesByField] = field(default_factory=dict)
    kept_forms: Mapping[str, Mapping[str, KeptForm]] = field(default_factory=dict)
    written_hashes: Mapping[str, Mapping[str, WrittenHash]] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    sharing: Mapping[str, tuple[SellPerson, ...]] = field(default_factory=dict)
    chosen_records: Mapping[str, str] = field(default_factory=dict)
    paired_records: frozenset[str] = frozenset()
    unmatched_deletions: frozenset[str] = frozenset()
    related_records: frozenset[str] = frozenset()
    counted_events: frozenset[str] = frozenset()
    touch_times: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    open_tickets: Mapping[str, int] = field(default_factory=dict)

    holds: Mapping[str, HoldReason] = field(default_factory=dict)
    confirmed_totals: Mapping[str, ValuesByField] = field(default_factory=dict)
    created_addresses: frozenset[str] = frozenset()

    def find_left_out(self, source_id: str, target_id: str) -> LeftOutPerson | None:
        """Return the entry of a person whom planning always leaves out, by either record."""
        found = self.left_out.get(source_id)
        if found is None and target_id:
            found = self.left_out_targets.get(target_id)
        return found

    def is_erased(self, record: SourceRecord, target_id: str) -> bool:
        """Whether a source record is of somebody who was erased, whom no plan makes again."""
        # Few have erased anybody: then no key is computed for each of a million records.
        return bool(self.erased.hashes) and self.erased.is_erased(keys_of_record(record, target_id))

    def find_kept_form(self, target_id: str, change: FieldChange) -> KeptForm | None:
        """Find the form in which the service keeps the very value of a planned change."""
        form = self.kept_forms.get(target_id, {}).get(change.field)
        if form is None or not equivalent(change.field, change.new, form.wanted):
            return None
        return form if equivalent(change.field, form.seen, change.old) else None

    def written_values(self, target_id: str) -> dict[str, Json]:
        """Return the values the sync last wrote to a target's fields, for its plan's diff."""
        # What was only accepted is newer: reading it back moves it to the synced values.
        return {
            **self.synced_values.get(target_id, {}),
            **self.accepted_values.get(target_id, {}),
        }
