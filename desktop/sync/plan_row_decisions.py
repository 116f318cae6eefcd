"""People's decisions on plan rows: fields unticked, conflicts resolved, records corrected."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput, NotFound
from desktop.kit.shell_quoting import pasteable
from desktop.model.field_mapping import ConflictPreference
from desktop.model.json_value import Json
from desktop.model.permission import Actor
from desktop.model.service import Service
from desktop.model.sync import Sync
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow, PlanRowState, PlanState
from desktop.model.sync_state import LeftOutPerson
from desktop.model.target_record import LIST_PREFIX, TargetRecord
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.pipeline.context import PlanContext
from desktop.sync.pipeline.left_out import leave_out
from desktop.sync.pipeline.plan_rows import finish_row
from desktop.sync.pipeline.target_kind import make_target_kind

# Stands for the lists a row does not change: which they are matters to nobody here.
_OTHER_LISTS_NAME = "(others)"


class PlanRowDecisions:
    """Stores people's decisions on plan rows. Raises ConflictError once the plan is applied."""

    def __init__(self, store: WorkspaceStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def set_field_ticked(self, plan_id: str, row: int, field: str, *, on: bool) -> PlanRow:
        """Decide that one field of a plan row is left out, or written after all."""
        kept = self._store.plans.set_field_ticked.blocking(plan_id, row, field, on=on)
        return self._store.plans.replace_row.blocking(plan_id, self._reevaluate_row(plan_id, kept))

    def resolve_conflict(self, plan_id: str, row: int, field: str, side: str) -> PlanRow:
        """Resolve a plan row's conflict by the side whose value stands, a service."""
        self.require_conflicting_fields(plan_id, row, [field])
        kept = self._store.plans.get_row.blocking(plan_id, row)
        sync = self._store.plans.get_planned_sync.blocking(plan_id)
        if Service(side) not in sync.services:
            raise InvalidInput(
                f"“{sync.title}” has no side {side}.",
                "Nothing was changed.",
                f"Its sides are {' and '.join(sorted(one.value for one in sync.services))}.",
            )
        takes_source = Service(side) is sync.source.kind.service
        changes = tuple(
            replace(c, choice=side, applies=takes_source) if c.field == field else c
            for c in kept.changes
        )
        row_now = self._reevaluate_row(plan_id, replace(kept, changes=changes))
        return self._store.plans.replace_row.blocking(plan_id, row_now)

    def require_conflicting_fields(self, plan_id: str, row: int, fields: Sequence[str]) -> None:
        """Raise NotFound for a field that the plan row has no conflict over."""
        there = [
            c.field for c in self._store.plans.get_row.blocking(plan_id, row).changes if c.conflict
        ]
        for field in fields:
            if field not in there:
                raise NotFound(
                    f"Row {row} has no conflict over “{field[:80]}”.",
                    f"It has these: {', '.join(there) or 'none'}.",
                )

    def set_preferred_side(self, plan_id: str, field: str, side: str, actor: Actor) -> Sync:
        """Store a plan conflict's picked side as the mapping's preference for this field.

        Scheduled runs of a sync that is on have the rights of `actor` then: the rule may loosen
        an opt-out, which whoever switched the sync on has not said.
        """
        sync = self._store.syncs.get.blocking(self._store.plans.get.blocking(plan_id).sync)
        if sync.is_of_optouts:
            raise InvalidInput(
                "Whether somebody is opted in is decided person by person.",
                "Nothing was remembered for the next runs.",
            )
        prefer = (
            ConflictPreference.SOURCE
            if Service(side) is sync.source.kind.service
            else ConflictPreference.TARGET
        )
        rows = tuple(
            replace(row, prefer=prefer) if row.target == field else row for row in sync.mapping
        )
        changed = replace(sync, mapping=rows, switched_on_by=actor.key if sync.on else "")
        return self._store.syncs.save.blocking(changed, self._clock.now(), by=actor)

    def find_plan_with_row(self, row: str, words: str, is_wanted: Callable[[PlanRow], bool]) -> str:
        """Find the open plan whose row of this number is wanted, such as “with a conflict”.

        Returns the plan's id. Raises InvalidInput where none has one, or several.
        """
        found_in: list[str] = []
        for sync in self._store.syncs.list_all.blocking():
            plan = self._store.plans.find_latest.blocking(
                sync.name, PlanState.READY, PlanState.STOPPED
            )
            if plan is None:
                continue
            try:
                found = self.find_row(plan.id, row)
            except InvalidInput:
                continue
            if is_wanted(found):
                found_in.append(plan.id)
        if len(found_in) == 1:
            return found_in[0]
        if found_in:
            raise InvalidInput(
                f"Several previews have a row {row[:40]} {words}.",
                f"They are {', '.join(found_in)}.",
                f"Name the one: {found_in[0]}:{row[:40]}.",
            )
        raise InvalidInput(
            f"No open plan has a row {row[:40]} {words}.", "", "Name the plan too: PLAN:ROW."
        )

    def correct_source_field(
        self, sync: str, source: str, field: str, value: Json, actor: str, reason: str = ""
    ) -> None:
        """Save a person's correction of a source record's field, used from the next plan on."""
        if not field:
            raise InvalidInput("Say which field is to be corrected.")
        self._store.sync_state.save_corrections.blocking(
            sync, source, {field: value}, actor, self._clock.now(), reason
        )

    def leave_out(self, sync: str, people: Iterable[LeftOutPerson]) -> int:
        """Always leave people out of a sync, at once in its open plans too.

        Returns how many rows of the plans changed. Raises InvalidInput without a reason.
        """
        entries = tuple(people)
        if not all(person.reason.strip() for person in entries):
            raise InvalidInput("Give the reason to leave them out.", "It is kept with them.")
        self._store.sync_state.save_left_out.blocking(sync, entries)
        # One that a limit has stopped may still be applied beside a newer one.
        open_ids = self._store.plans.list_open_ids.blocking(sync)
        return sum(self._leave_out_of_plan(plan_id, entries) for plan_id in open_ids)

    def leave_out_before_apply(self, sync: str, plan_id: str) -> int:
        """Take out of a plan whom its sync leaves out by now; returns how many rows changed.

        The plan may have been set aside, or not been there yet, when they were left out.
        """
        people = self._store.sync_state.list_left_out.blocking(sync)
        return self._leave_out_of_plan(plan_id, people)

    def leave_out_of_applied(self, plan_id: str, people: Iterable[LeftOutPerson]) -> None:
        """Take people out of a plan that is being applied: out of its rows not sent yet."""
        for row, after in self._rows_left_out(plan_id, people):
            if row.state is PlanRowState.PLANNED:
                self._store.plans.replace_unsent_row.blocking(plan_id, after)

    def _leave_out_of_plan(self, plan_id: str, people: Iterable[LeftOutPerson]) -> int:
        changed = 0
        for _, after in self._rows_left_out(plan_id, people):
            self._store.plans.replace_row.blocking(plan_id, after)
            changed += 1
        return changed

    def _rows_left_out(
        self, plan_id: str, people: Iterable[LeftOutPerson]
    ) -> Iterator[tuple[PlanRow, PlanRow]]:
        """Yield the rows of a plan that leaving people out changes, before and after."""
        entries = tuple(people)
        by_source = {person.source_id: person for person in entries if person.source_id}
        by_target = {person.target_id: person for person in entries if person.target_id}
        for row in self._store.plans.find_rows_of.blocking(plan_id, by_source, by_target):
            person = by_source.get(row.source_id) or by_target[row.target_id]
            after = leave_out(row, person.reason)
            if after.fate is not PlannedOutcome.SKIPPED:
                after = self._reevaluate_row(plan_id, after)
            if after != row:
                yield row, after

    def no_longer_leave_out(self, sync: str, key: str) -> None:
        """Include a left-out person again from the next plan on. Raises NotFound."""
        if not self._store.sync_state.delete_left_out.blocking(sync, key):
            raise NotFound("This person is not left out.", "Nothing was changed.")

    def list_sources_to_retry(self, sync: str, row: str | None = None) -> tuple[str, ...]:
        """List the source records to be retried; `row` names one of the last plan's rows.

        Raises InvalidInput for a row that is not there, or was planned and not tried yet.
        """
        if row is None:
            return self._store.sync_state.list_retry_sources.blocking(sync)
        plan = self._store.plans.find_latest.blocking(sync)
        if plan is None:
            raise InvalidInput(f"“{sync}” has no plan, so there is no row {row[:40]}.")
        found = self.find_row(plan.id, row)
        if found.fate.is_written and found.state is PlanRowState.PLANNED:
            # What a limit holds back does not pass it one by one.
            raise InvalidInput(
                f"Row {found.row} was not tried yet.",
                f"It waits in plan {plan.id}; nothing was started.",
                f"{pasteable('sync', 'run', sync, '--plan', plan.id)} writes what is ticked there.",
            )
        # Who names one row has looked at it.
        self._store.unconfirmed_increments.request_resend.blocking(sync, found.source_id)
        return (found.source_id,)

    def find_row(self, plan_id: str, text: str) -> PlanRow:
        """Find the plan row of a typed number. Raises InvalidInput."""
        try:
            # No table holds longer numbers, and Python reads none of thousands of digits.
            number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
            return self._store.plans.get_row.blocking(plan_id, number)
        except NotFound as error:
            self._store.plans.get.blocking(plan_id)
            raise InvalidInput(
                f"Plan {plan_id} has no row {text[:40]}.",
                "",
                "Rows are numbers, as `fairlead sync plan` lists them.",
            ) from error

    def _reevaluate_row(self, plan_id: str, row: PlanRow) -> PlanRow:
        """Plan a row's outcome and consequences anew after a person's decision."""
        if unresolved_conflicts(row):
            return row
        sync = self._store.plans.get_planned_sync.blocking(plan_id)
        context = self._context_of_row(sync, row)
        if row.fate is PlannedOutcome.CREATE:
            return finish_row(row, None, context)
        # A row that somebody has left out stays out, whatever is decided about its fields.
        is_left_out = row.fate is PlannedOutcome.UPDATE and not row.ticked
        row = finish_row(row, _target_record_as_planned(sync, row), context)
        ticked = row.fate is PlannedOutcome.UPDATE and not is_left_out
        return replace(row, ticked=ticked, why="", cause="")

    def _context_of_row(self, sync: Sync, row: PlanRow) -> PlanContext:
        state, target_id = self._store.sync_state, row.target_id
        open_tickets: dict[int, int] = {}
        if sync.target_service is Service.ZENDESK and target_id.isdigit():
            open_tickets = self._store.feeds.count_open_tickets.blocking([int(target_id)])
        return PlanContext(
            sync,
            self._clock.now(),
            make_target_kind(sync, ""),
            synced_values=state.get_synced_values.blocking(sync.name, [target_id]),
            accepted_values=state.get_accepted_values.blocking(sync.name, [target_id]),
            open_tickets={str(user_id): count for user_id, count in open_tickets.items()},
        )


def _target_record_as_planned(sync: Sync, row: PlanRow) -> TargetRecord:
    """Rebuild a plan row's target record as it was planned."""
    fields: dict[str, Json] = {
        "optout": row.optout or None,
        f"{LIST_PREFIX}{_OTHER_LISTS_NAME}": row.on_other_lists,
    }
    fields |= {change.field: change.old for change in row.changes}
    return TargetRecord(sync.target_service, row.target_id, row.label, row.address, fields)


def unresolved_conflicts(row: PlanRow) -> tuple[FieldChange, ...]:
    """Return the conflicts of a plan row that still want a person's decision."""
    return tuple(c for c in row.changes if c.conflict and not c.choice)
