"""What becomes of one record: a plan's row with every field, old → new, and why (not). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from desktop.model import consent_check
from desktop.model.field_mapping import (
    ABSENT,
    AbsentValue,
    MappingOperator,
    MappingResult,
    MappingRow,
    apply_mapping_row,
    read_source_value,
)
from desktop.model.field_value import parse_boolean
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.lifecycle_stage import is_cap_reached
from desktop.model.lookup_query import is_email
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import RETRY_LATER, FieldChange, PlannedOutcome, PlanRow
from desktop.model.sync_state import WrittenHash, value_hash
from desktop.model.target_record import LIST_PREFIX, TAG_PREFIX, USER_FIELD_PREFIX, TargetRecord
from desktop.model.value_conversion import (
    UnconvertibleValue,
    convert_for_sailthru,
    convert_for_zendesk,
)
from desktop.sync.consequences import find_consequences
from desktop.sync.increments import rebuild_increment
from desktop.sync.matching import SEVERAL_MATCH_TEXT, MatchResult
from desktop.sync.optout_level import NEVER_WRITTEN_LEVEL, invalid_level_error, parse_optout_level
from desktop.sync.source_record import SourceRecord


@dataclass(frozen=True)
class HoldReason:
    """Why nothing is written for a record now; without a `cause` the next plan looks again."""

    message: str
    cause: str = ""


@dataclass(frozen=True)
class DiffContext:
    """What is known beside the record and its counterpart.

    `synced`: the last values both sides had, by field; `accepted`: what was written after that and
    not read back yet. `echoes`: what syncs last wrote into
    the source's record. `user_fields`: Zendesk's field types by key. `events`: the source
    events not yet added up, and their sum by mapping target. `open_tickets`: of the target.
    `touched`: how often this goal has touched the customer lately. `leaving`: it is not in the
    source (any more), and what this goal gave is taken back; `deleted`: its person is.
    `put_back`: sums that stand at an older total, with what was confirmed last.
    """

    now: float
    zone: str
    synced_values: Mapping[str, Json] = field(default_factory=dict)
    accepted_values: Mapping[str, Json] = field(default_factory=dict)
    written_to_source: Mapping[str, WrittenHash] = field(default_factory=dict)
    user_field_types: Mapping[str, str] = field(default_factory=dict)
    open_tickets: int = 0
    touch_count: int = 0
    is_leaving: bool = False
    is_deleted: bool = False
    ignore_reason: str = ""
    hold: HoldReason | None = None
    confirmed_totals: Mapping[str, Json] = field(default_factory=dict)


class PlanRowDiffer:
    """Judges records for one goal."""

    def __init__(self, sync: Sync) -> None:
        self._sync = sync

    def build_row(
        self, number: int, record: SourceRecord, found: MatchResult, context: DiffContext
    ) -> PlanRow:
        """The record's row in the plan."""
        standing = found.target
        row = PlanRow(
            row=number,
            fate=PlannedOutcome.UNCHANGED,
            source_id=record.id,
            target_id=standing.id if standing else "",
            label=record.email or (standing.label if standing else "") or record.label,
            address=record.email,
            source_at=record.updated_at,
            target_at=standing.updated_at if standing else None,
            worth=_predicted_value(record),
        )
        stopped = self._row_without_diff(row, record, found, context)
        if stopped is not None:
            return stopped
        try:
            changes = self._diff_fields(record, standing, context)
        except UnconvertibleValue as unfit:
            return replace(
                row, fate=PlannedOutcome.CORRECTION, why=str(unfit), cause=unfit.title, ticked=False
            )
        row = with_mail_state(replace(row, changes=changes), standing)
        if any(change.conflict and not change.choice for change in changes):
            why = "changed on both sides: pick one"
            return replace(
                row, fate=PlannedOutcome.CONFLICT, why=why, cause=_CONFLICT_TEXT, ticked=False
            )
        return self._apply_consent(row, record, standing, context)

    # What stops a record before its fields matter.

    def _row_without_diff(
        self, row: PlanRow, record: SourceRecord, found: MatchResult, context: DiffContext
    ) -> PlanRow | None:
        if context.ignore_reason:
            text = "ignored for ever: {reason}"
            return _skipped_row(row, text.format(reason=context.ignore_reason))
        waits = _row_for_uncertain_match(row, found) or _row_on_hold(row, context.hold)
        if waits is not None:
            return waits
        standing = found.target
        if standing is not None and not standing.is_editable:
            return _skipped_row(row, "not a customer: agent, admin or deleted")
        if context.is_leaving:
            return None if standing else _skipped_row(row, "not there any more")
        if self._sync.target_service is Service.SAILTHRU and standing is None:
            if not record.email:
                return _skipped_row(row, "no e-mail address")
            if not _is_deliverable_address(record.email):
                text = "“{address}” is not an e-mail address"
                return _row_to_correct(row, text.format(address=record.email), "not an address")
        if standing is None and not self._sync.effects.create_missing:
            place = "Sailthru" if self._sync.target_service is Service.SAILTHRU else "Zendesk"
            text = "not in {service}, and this sync creates nobody"
            return _skipped_row(row, text.format(service=place))
        if standing is None and not record.email:
            return _skipped_row(row, "no e-mail address")
        pressure = self._sync.pressure
        if pressure is not None and is_cap_reached(pressure, context.touch_count):
            text = "already {count} times this {window}"
            why = text.format(count=context.touch_count, window=pressure.window.value)
            return replace(_skipped_row(row, why), cause=RETRY_LATER)
        return None

    # Its fields.

    def _diff_fields(
        self, record: SourceRecord, target_record: TargetRecord | None, context: DiffContext
    ) -> tuple[FieldChange, ...]:
        if context.is_leaving:
            return tuple(self._membership_removals(target_record, context))
        there = dict(target_record.fields) if target_record is not None else {}
        changes = [
            change
            for row in self._sync.mapping
            if (change := self._diff_mapping_row(row, record, there, context)) is not None
        ]
        changes += self._membership_additions(target_record)
        name_field = self._sync.effects.list_name_field
        if name_field and record.list_name and target_record is not None:
            target = f"{USER_FIELD_PREFIX}{name_field}"
            old = target_record.get_value(target)
            if old != record.list_name:
                changes.append(FieldChange(target, old, record.list_name))
        return tuple(changes)

    def _diff_mapping_row(
        self,
        row: MappingRow,
        record: SourceRecord,
        there: Mapping[str, FieldValue],
        context: DiffContext,
    ) -> FieldChange | None:
        if self._lacks_user_field(row, context):
            why = "Zendesk has no user field of this name"
            value = read_source_value(row, record.fields)
            shown = value if not isinstance(value, AbsentValue | Instant) else None
            return FieldChange(row.target, None, shown, applies=False, reason=why)
        if (
            row.on
            and row.operator is MappingOperator.SUM
            and row.target in context.confirmed_totals
        ):
            return rebuild_increment(
                row,
                record,
                there,
                context.confirmed_totals[row.target],
                lambda value, mapped: self._convert_value(value, mapped, context),
            )
        known = context.synced_values.get(row.target, ABSENT)
        result = apply_mapping_row(
            row,
            record.fields,
            there,
            convert=lambda value, mapped: self._convert_value(value, mapped, context),
            known=known,
            service=self._sync.target_service,
        )
        if result is None or (not result.applies and not result.reason):
            return None
        if result.applies and result.field == "optout" and result.new == NEVER_WRITTEN_LEVEL:
            raise invalid_level_error(result.new)
        if result.applies and self._would_add_phone(row, result):
            why = "Zendesk keeps the number it has: another is added beside it"
            result = replace(result, applies=False, reason=why)
        elif result.applies and self._is_echo(row, record, context):
            why = "our own write came back"
            result = replace(result, applies=False, reason=why)
        return _to_field_change(result)

    def _convert_value(self, value: FieldValue, row: MappingRow, context: DiffContext) -> Json:
        if self._sync.target_service is Service.SAILTHRU:
            if row.target == "optout":
                return parse_optout_level(value)
            if row.target.startswith(LIST_PREFIX):
                return bool(parse_boolean(value))
            name = row.target.removeprefix("vars.")
            return convert_for_sailthru(value, name, context.zone, keep_decimals=row.keep_decimals)
        if row.target.startswith(USER_FIELD_PREFIX):
            kind = context.user_field_types[row.target.removeprefix(USER_FIELD_PREFIX)]
            return convert_for_zendesk(value, kind, context.zone)
        return convert_for_zendesk(
            value, row.target if row.target in _TYPED_USER_ATTRIBUTES else "text", context.zone
        )

    def _lacks_user_field(self, row: MappingRow, context: DiffContext) -> bool:
        """Whether Zendesk would drop it without a word."""
        key = row.target.removeprefix(USER_FIELD_PREFIX)
        return (
            self._sync.target_service is Service.ZENDESK
            and row.on
            and row.target.startswith(USER_FIELD_PREFIX)
            and key not in context.user_field_types
        )

    def _would_add_phone(self, row: MappingRow, result: MappingResult) -> bool:
        """Whether a phone number would not replace the one that is there (contract zendesk 3).

        It would never be seen there, so every run would write it again.
        """
        zendesk = self._sync.target_service is Service.ZENDESK
        return zendesk and row.target == "phone" and bool(result.old)

    def _is_echo(self, row: MappingRow, record: SourceRecord, context: DiffContext) -> bool:
        """Whether the source holds just what a sync brought there from this very field.

        What came from another field is news to this one.
        """
        written = context.written_to_source.get(row.source)
        if written is None or row.operator is MappingOperator.SUM:
            return False
        if written.source_field not in (None, row.target):
            return False
        value = record.fields.get(row.source)
        return not isinstance(value, Instant) and written.hash == value_hash(value)

    def _membership_additions(self, target_record: TargetRecord | None) -> list[FieldChange]:
        """Lists and tags this goal puts people on."""
        names = [f"{LIST_PREFIX}{name}" for name in self._sync.effects.add_to_lists]
        names += [f"{TAG_PREFIX}{tag}" for tag in self._sync.effects.add_tags]
        wanted = [
            n
            for n in names
            if n.startswith(LIST_PREFIX) == (self._sync.target_service is Service.SAILTHRU)
        ]
        return [
            FieldChange(name, False, True)
            for name in wanted
            if target_record is None or not target_record.get_value(name)
        ]

    def _membership_removals(
        self, target_record: TargetRecord | None, context: DiffContext
    ) -> list[FieldChange]:
        effects, changes = self._sync.effects, []
        names = [
            f"{LIST_PREFIX}{name}" for name in effects.add_to_lists if effects.remove_when_gone
        ]
        names += [f"{TAG_PREFIX}{tag}" for tag in effects.add_tags if effects.untag_when_gone]
        for name in names:
            if target_record is not None and target_record.get_value(name):
                why = "not in the source any more"
                changes.append(FieldChange(name, True, False, reason=why))
        mark = effects.deleted_var
        if (
            mark
            and target_record is not None
            and context.is_deleted
            and not target_record.get_value(f"vars.{mark}")
        ):
            old = target_record.get_value(f"vars.{mark}")
            why = "deleted in Zendesk"
            changes.append(FieldChange(f"vars.{mark}", old, True, reason=why))
        kept = [tag for tag in effects.add_tags if not effects.untag_when_gone]
        for tag in kept:
            if target_record is not None and target_record.get_value(f"{TAG_PREFIX}{tag}"):
                why = "keeps the tag: removing it is off"
                changes.append(
                    FieldChange(f"{TAG_PREFIX}{tag}", True, False, applies=False, reason=why)
                )
        return changes

    # Its fate.

    def _apply_consent(
        self,
        row: PlanRow,
        record: SourceRecord,
        target_record: TargetRecord | None,
        context: DiffContext,
    ) -> PlanRow:
        if context.is_leaving:
            return self._with_fate_and_consequences(row, target_record, context)
        given = consent_check.check_consent(self._sync.purposes, record.fields, context.now)
        if not given.is_given:
            return _skipped_row(row, given.explanation)
        return self._with_fate_and_consequences(
            replace(row, evidence=given.explanation), target_record, context
        )

    def _with_fate_and_consequences(
        self, row: PlanRow, target_record: TargetRecord | None, context: DiffContext
    ) -> PlanRow:
        sent = row.changes_to_send
        if target_record is None:
            row = replace(row, fate=PlannedOutcome.CREATE, evidence=self._consent_evidence(row))
        elif sent:
            row = replace(row, fate=PlannedOutcome.UPDATE)
        else:
            why = next((c.reason for c in row.changes if c.reason), row.why)
            return replace(row, fate=PlannedOutcome.UNCHANGED, why=why, consequences=())
        before = {**context.synced_values, **context.accepted_values}
        return replace(
            row,
            consequences=find_consequences(
                self._sync, row, target_record, before, context.open_tickets
            ),
        )

    def _consent_evidence(self, row: PlanRow) -> str:
        if row.evidence:
            return row.evidence
        opt_in = self._sync.opt_in
        if opt_in.is_attested and opt_in.email:
            return "attested by {who}".format(who=opt_in.attested_by)
        if any(c.field.startswith(LIST_PREFIX) and c.new is True for c in row.changes_to_send):
            return ""
        return "none needed: on no list"


def with_mail_state(row: PlanRow, target_record: TargetRecord | None) -> PlanRow:
    """The row with what of the whole profile says who gets mail."""
    if target_record is None or target_record.service is not Service.SAILTHRU:
        return row
    own = {change.field for change in row.changes}
    others = any(
        on and f.startswith(LIST_PREFIX) and f not in own for f, on in target_record.fields.items()
    )
    return replace(row, optout=str(target_record.get_value("optout")), on_other_lists=others)


TARGET_TAKEN_TEXT = (
    "has the same counterpart as {who}. Nothing is written for both: link one of them to somebody"
    " else, or correct it"
)
DUPLICATE_TARGET_CAUSE = "two with one counterpart"
_TYPED_USER_ATTRIBUTES = frozenset({"name", "phone", "tags"})
_CONFLICT_TEXT = "changed on both sides"


def _to_field_change(result: MappingResult) -> FieldChange:
    return FieldChange(
        field=result.field,
        old=result.old,
        new=result.new,
        applies=result.applies,
        reason=result.reason,
        conflict=result.conflict,
        known=result.known,
    )


def _predicted_value(record: SourceRecord) -> float | None:
    amount = record.fields.get("value.amount")
    return float(amount) if isinstance(amount, int | float) else None


def _is_deliverable_address(email: str) -> bool:
    """Whether mail can reach it: a domain without a dot is somebody's typing mistake."""
    return is_email(email) and "." in email.rpartition("@")[2].strip(".")


def _row_for_uncertain_match(row: PlanRow, found: MatchResult) -> PlanRow | None:
    """The row where it cannot be said who its counterpart is."""
    if found.error:
        return _row_to_correct(row, found.error, found.error)
    if found.candidates:
        why = SEVERAL_MATCH_TEXT.format(who=", ".join(found.candidates))
        return _row_to_correct(row, why, "several match")
    if found.taken_by:
        return _row_to_correct(
            row, TARGET_TAKEN_TEXT.format(who=found.taken_by), DUPLICATE_TARGET_CAUSE
        )
    return None


def _row_on_hold(row: PlanRow, held: HoldReason | None) -> PlanRow | None:
    if held is None:
        return None
    if held.cause:
        return _row_to_correct(row, held.message, held.cause)
    return replace(_skipped_row(row, held.message), cause=RETRY_LATER)


def _skipped_row(row: PlanRow, why: str) -> PlanRow:
    return replace(row, fate=PlannedOutcome.SKIPPED, why=why, ticked=False)


def _row_to_correct(row: PlanRow, why: str, cause: str) -> PlanRow:
    return replace(row, fate=PlannedOutcome.CORRECTION, why=why, cause=cause, ticked=False)
