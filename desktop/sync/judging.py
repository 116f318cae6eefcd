"""What becomes of one record: a plan's row with every field, old → new, and why (not). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from desktop.kit.text import translate
from desktop.model import consent
from desktop.model.conversion import Unfit, for_sailthru, for_zendesk
from desktop.model.edit import Service
from desktop.model.field_value import truth_in
from desktop.model.goal import Goal
from desktop.model.instant import FieldValue, Instant
from desktop.model.json_value import Json
from desktop.model.mapping import (
    ABSENT,
    Absent,
    FieldResult,
    MappingRow,
    Operator,
    apply_row,
    read_source,
)
from desktop.model.plan import LATER, Fate, FieldChange, PlanRow
from desktop.model.query import is_email
from desktop.model.stage import held_back
from desktop.store.closing import fingerprint
from desktop.store.sync_notes import Written
from desktop.sync.consequences import consequences_of
from desktop.sync.finding import SEVERAL, Found
from desktop.sync.optout_level import NEVER_SET, level_of, no_level
from desktop.sync.record import Record
from desktop.sync.summing import summed_again
from desktop.writing.standing import LIST, TAG, USER_FIELD, Standing


@dataclass(frozen=True)
class Held:
    """Why nothing is written for a record now; without a `cause` the next plan looks again."""

    words: str
    cause: str = ""


@dataclass(frozen=True)
class Circumstances:
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
    synced: Mapping[str, Json] = field(default_factory=dict)
    accepted: Mapping[str, Json] = field(default_factory=dict)
    echoes: Mapping[str, Written] = field(default_factory=dict)
    user_fields: Mapping[str, str] = field(default_factory=dict)
    open_tickets: int = 0
    touched: int = 0
    leaving: bool = False
    deleted: bool = False
    ignored: str = ""
    held: Held | None = None
    put_back: Mapping[str, Json] = field(default_factory=dict)


class Judge:
    """Judges records for one goal."""

    def __init__(self, goal: Goal) -> None:
        self._goal = goal

    def row(self, number: int, record: Record, found: Found, around: Circumstances) -> PlanRow:
        """The record's row in the plan."""
        standing = found.standing
        row = PlanRow(
            row=number,
            fate=Fate.UNCHANGED,
            source_id=record.id,
            target_id=standing.id if standing else "",
            label=record.email or (standing.label if standing else "") or record.label,
            address=record.email,
            source_at=record.at,
            target_at=standing.at if standing else None,
            worth=_worth(record),
        )
        stopped = self._stopped(row, record, found, around)
        if stopped is not None:
            return stopped
        try:
            changes = self._changes(record, standing, around)
        except Unfit as unfit:
            return replace(
                row, fate=Fate.CORRECTION, why=str(unfit), cause=unfit.title, ticked=False
            )
        row = seen_of(replace(row, changes=changes), standing)
        if any(change.conflict and not change.choice for change in changes):
            why = translate("Judging", "changed on both sides: pick one")
            return replace(row, fate=Fate.CONFLICT, why=why, cause=_CONFLICT, ticked=False)
        return self._decided(row, record, standing, around)

    # What stops a record before its fields matter.

    def _stopped(
        self, row: PlanRow, record: Record, found: Found, around: Circumstances
    ) -> PlanRow | None:
        if around.ignored:
            text = translate("Judging", "ignored for ever: {reason}")
            return _skipped(row, text.format(reason=around.ignored))
        waits = _unclear(row, found) or _held(row, around.held)
        if waits is not None:
            return waits
        standing = found.standing
        if standing is not None and not standing.editable:
            return _skipped(row, translate("Judging", "not a customer: agent, admin or deleted"))
        if around.leaving:
            return None if standing else _skipped(row, translate("Judging", "not there any more"))
        if self._goal.target is Service.SAILTHRU and standing is None:
            if not record.email:
                return _skipped(row, translate("Judging", "no e-mail address"))
            if not _is_address(record.email):
                text = translate("Judging", "“{address}” is not an e-mail address")
                return _to_correct(
                    row, text.format(address=record.email), translate("Judging", "not an address")
                )
        if standing is None and not self._goal.effects.create_missing:
            place = "Sailthru" if self._goal.target is Service.SAILTHRU else "Zendesk"
            text = translate("Judging", "not in {service}, and this sync creates nobody")
            return _skipped(row, text.format(service=place))
        if standing is None and not record.email:
            return _skipped(row, translate("Judging", "no e-mail address"))
        pressure = self._goal.pressure
        if pressure is not None and held_back(pressure, around.touched):
            text = translate("Judging", "already {count} times this {window}")
            why = text.format(count=around.touched, window=pressure.window.value)
            return replace(_skipped(row, why), cause=LATER)
        return None

    # Its fields.

    def _changes(
        self, record: Record, standing: Standing | None, around: Circumstances
    ) -> tuple[FieldChange, ...]:
        if around.leaving:
            return tuple(self._taken_back(standing, around))
        there = dict(standing.fields) if standing is not None else {}
        changes = [
            change
            for row in self._goal.mapping
            if (change := self._mapped(row, record, there, around)) is not None
        ]
        changes += self._given(standing)
        name_field = self._goal.effects.list_name_field
        if name_field and record.came_from and standing is not None:
            target = f"{USER_FIELD}{name_field}"
            old = standing.value(target)
            if old != record.came_from:
                changes.append(FieldChange(target, old, record.came_from))
        return tuple(changes)

    def _mapped(
        self,
        row: MappingRow,
        record: Record,
        there: Mapping[str, FieldValue],
        around: Circumstances,
    ) -> FieldChange | None:
        if self._has_no_place(row, around):
            why = translate("Judging", "Zendesk has no user field of this name")
            value = read_source(row, record.fields)
            shown = value if not isinstance(value, Absent | Instant) else None
            return FieldChange(row.target, None, shown, applies=False, reason=why)
        if row.on and row.operator is Operator.SUM and row.target in around.put_back:
            return summed_again(
                row,
                record,
                there,
                around.put_back[row.target],
                lambda value, mapped: self._converted(value, mapped, around),
            )
        known = around.synced.get(row.target, ABSENT)
        result = apply_row(
            row,
            record.fields,
            there,
            convert=lambda value, mapped: self._converted(value, mapped, around),
            known=known,
            service=self._goal.target,
        )
        if result is None or (not result.applies and not result.reason):
            return None
        if result.applies and result.field == "optout" and result.new == NEVER_SET:
            raise no_level(result.new)
        if result.applies and self._adds_a_line(row, result):
            why = translate(
                "Judging", "Zendesk keeps the number it has: another is added beside it"
            )
            result = replace(result, applies=False, reason=why)
        elif result.applies and self._is_echo(row, record, around):
            why = translate("Judging", "our own write came back")
            result = replace(result, applies=False, reason=why)
        return _change_of(result)

    def _converted(self, value: FieldValue, row: MappingRow, around: Circumstances) -> Json:
        if self._goal.target is Service.SAILTHRU:
            if row.target == "optout":
                return level_of(value)
            if row.target.startswith(LIST):
                return bool(truth_in(value))
            name = row.target.removeprefix("vars.")
            return for_sailthru(value, name, around.zone, keep_decimals=row.keep_decimals)
        if row.target.startswith(USER_FIELD):
            kind = around.user_fields[row.target.removeprefix(USER_FIELD)]
            return for_zendesk(value, kind, around.zone)
        return for_zendesk(value, row.target if row.target in _SHAPED else "text", around.zone)

    def _has_no_place(self, row: MappingRow, around: Circumstances) -> bool:
        """Whether Zendesk would drop it without a word."""
        key = row.target.removeprefix(USER_FIELD)
        return (
            self._goal.target is Service.ZENDESK
            and row.on
            and row.target.startswith(USER_FIELD)
            and key not in around.user_fields
        )

    def _adds_a_line(self, row: MappingRow, result: FieldResult) -> bool:
        """Whether a phone number would not replace the one that is there (contract zendesk 3).

        It would never be seen there, so every run would write it again.
        """
        zendesk = self._goal.target is Service.ZENDESK
        return zendesk and row.target == "phone" and bool(result.old)

    def _is_echo(self, row: MappingRow, record: Record, around: Circumstances) -> bool:
        """Whether the source holds just what a sync brought there from this very field.

        What came from another field is news to this one.
        """
        written = around.echoes.get(row.source)
        if written is None or row.operator is Operator.SUM:
            return False
        if written.origin not in (None, row.target):
            return False
        value = record.fields.get(row.source)
        return not isinstance(value, Instant) and written.hash == fingerprint(value)

    def _given(self, standing: Standing | None) -> list[FieldChange]:
        """Lists and tags this goal puts people on."""
        names = [f"{LIST}{name}" for name in self._goal.effects.add_to_lists]
        names += [f"{TAG}{tag}" for tag in self._goal.effects.add_tags]
        wanted = [n for n in names if n.startswith(LIST) == (self._goal.target is Service.SAILTHRU)]
        return [
            FieldChange(name, False, True)
            for name in wanted
            if standing is None or not standing.value(name)
        ]

    def _taken_back(self, standing: Standing | None, around: Circumstances) -> list[FieldChange]:
        effects, changes = self._goal.effects, []
        names = [f"{LIST}{name}" for name in effects.add_to_lists if effects.remove_when_gone]
        names += [f"{TAG}{tag}" for tag in effects.add_tags if effects.untag_when_gone]
        for name in names:
            if standing is not None and standing.value(name):
                why = translate("Judging", "not in the source any more")
                changes.append(FieldChange(name, True, False, reason=why))
        mark = effects.deleted_var
        if mark and standing is not None and around.deleted and not standing.value(f"vars.{mark}"):
            old = standing.value(f"vars.{mark}")
            why = translate("Judging", "deleted in Zendesk")
            changes.append(FieldChange(f"vars.{mark}", old, True, reason=why))
        kept = [tag for tag in effects.add_tags if not effects.untag_when_gone]
        for tag in kept:
            if standing is not None and standing.value(f"{TAG}{tag}"):
                why = translate("Judging", "keeps the tag: removing it is off")
                changes.append(FieldChange(f"{TAG}{tag}", True, False, applies=False, reason=why))
        return changes

    # Its fate.

    def _decided(
        self, row: PlanRow, record: Record, standing: Standing | None, around: Circumstances
    ) -> PlanRow:
        if around.leaving:
            return self._noted(row, standing, around)
        given = consent.judge(self._goal.purposes, record.fields, around.now)
        if not given.given:
            return _skipped(row, given.words)
        return self._noted(replace(row, evidence=given.words), standing, around)

    def _noted(self, row: PlanRow, standing: Standing | None, around: Circumstances) -> PlanRow:
        sent = row.sent
        if standing is None:
            row = replace(row, fate=Fate.CREATE, evidence=self._evidence(row))
        elif sent:
            row = replace(row, fate=Fate.UPDATE)
        else:
            why = next((c.reason for c in row.changes if c.reason), row.why)
            return replace(row, fate=Fate.UNCHANGED, why=why, consequences=())
        before = {**around.synced, **around.accepted}
        return replace(
            row,
            consequences=consequences_of(self._goal, row, standing, before, around.open_tickets),
        )

    def _evidence(self, row: PlanRow) -> str:
        if row.evidence:
            return row.evidence
        opt_in = self._goal.opt_in
        if opt_in.attested and opt_in.email:
            return translate("Judging", "attested by {who}").format(who=opt_in.attested_by)
        if any(c.field.startswith(LIST) and c.new is True for c in row.sent):
            return ""
        return translate("Judging", "none needed: on no list")


def seen_of(row: PlanRow, standing: Standing | None) -> PlanRow:
    """The row with what of the whole profile says who gets mail."""
    if standing is None or standing.service is not Service.SAILTHRU:
        return row
    own = {change.field for change in row.changes}
    others = any(on and f.startswith(LIST) and f not in own for f, on in standing.fields.items())
    return replace(row, optout=str(standing.value("optout")), on_other_lists=others)


TAKEN = translate(
    "Judging",
    "has the same counterpart as {who}. Nothing is written for both: link one of them to somebody"
    " else, or correct it",
)
TWO_FOR_ONE = translate("Judging", "two with one counterpart")
_SHAPED = frozenset({"name", "phone", "tags"})
_CONFLICT = translate("Judging", "changed on both sides")


def _change_of(result: FieldResult) -> FieldChange:
    return FieldChange(
        field=result.field,
        old=result.old,
        new=result.new,
        applies=result.applies,
        reason=result.reason,
        conflict=result.conflict,
        known=result.known,
    )


def _worth(record: Record) -> float | None:
    amount = record.fields.get("value.amount")
    return float(amount) if isinstance(amount, int | float) else None


def _is_address(email: str) -> bool:
    """Whether mail can reach it: a domain without a dot is somebody's typing mistake."""
    return is_email(email) and "." in email.rpartition("@")[2].strip(".")


def _unclear(row: PlanRow, found: Found) -> PlanRow | None:
    """The row where it cannot be said who its counterpart is."""
    if found.trouble:
        return _to_correct(row, found.trouble, found.trouble)
    if found.several:
        why = SEVERAL.format(who=", ".join(found.several))
        return _to_correct(row, why, translate("Judging", "several match"))
    if found.taken:
        return _to_correct(row, TAKEN.format(who=found.taken), TWO_FOR_ONE)
    return None


def _held(row: PlanRow, held: Held | None) -> PlanRow | None:
    if held is None:
        return None
    if held.cause:
        return _to_correct(row, held.words, held.cause)
    return replace(_skipped(row, held.words), cause=LATER)


def _skipped(row: PlanRow, why: str) -> PlanRow:
    return replace(row, fate=Fate.SKIPPED, why=why, ticked=False)


def _to_correct(row: PlanRow, why: str, cause: str) -> PlanRow:
    return replace(row, fate=Fate.CORRECTION, why=why, cause=cause, ticked=False)
