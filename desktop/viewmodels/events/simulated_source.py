"""A simulated file or paste as the Events page lists it: its rows, and what a delivery sends."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from desktop.events.event_action import ActionKind
from desktop.events.planned_request import PlannedRequest, RequestEffect
from desktop.events.simulation import SimulationCounts, explain_not_fired
from desktop.events.trait_fields import snake_case
from desktop.model.event_delivery import DeliveryState
from desktop.viewmodels.events.event_row import (
    EventRow,
    bad_line_row,
    delivery_chip,
    known_row,
    problem_row,
    request_row,
)
from desktop.viewmodels.events.simulation_input import (
    SimulationInput,
    SimulationRequest,
    SimulationResult,
)

# Of a file of a million events the first requests are listed; all are counted.
MAX_ROWS = 20_000


@dataclass(frozen=True)
class SimulatedSource:
    """A source as it was simulated; `stamp` tells whether its file has changed since.

    `unticked` are line and action of what a delivery leaves out: at first the removals.
    """

    request: SimulationRequest
    result: SimulationResult
    stamp: tuple[int, int]
    rows: tuple[EventRow, ...]
    unticked: frozenset[tuple[int, str]] = frozenset()

    @property
    def source(self) -> SimulationInput:
        """The file or paste of events that was simulated."""
        return self.request.source

    @property
    def counts(self) -> SimulationCounts:
        """What the simulation has counted."""
        return self.result.counts

    @property
    def removal_keys(self) -> frozenset[tuple[int, str]]:
        """Line and action of each removal that the simulated events ask for."""
        return frozenset((one.line, one.action.value) for one in self.counts.effects.removals)

    @property
    def ticked_counts(self) -> SimulationCounts:
        """What the simulation has counted, without the requests that are not ticked."""
        left_out = Counter(
            (ActionKind(row.action), row.effect)
            for row in self.rows
            if row.is_ticked is False and row.effect is not None
        )
        listed = {row.key for row in self.rows}
        # Beyond the rows that are listed only removals are unticked.
        left_out.update(
            (ActionKind(action), RequestEffect.REMOVE)
            for line, action in self.unticked
            if (line, action) not in listed
        )
        return replace(
            self.counts,
            requests=self.counts.requests - left_out.total(),
            requests_by_kind=self.counts.requests_by_kind - left_out,
        )

    @property
    def sends_removals(self) -> bool:
        """Whether some removal of the simulated events is ticked."""
        return not self.removal_keys <= self.unticked

    @property
    def left_out(self) -> tuple[tuple[int, str], ...]:
        """Line and action of what a delivery has to be told to leave out.

        Removals are left out by themselves unless one is ticked.
        """
        told = self.unticked if self.sends_removals else self.unticked - self.removal_keys
        return tuple(sorted(told))

    def explain(self, row: EventRow) -> EventRow:
        """Return a row that says what Zendesk discards, and why other actions do not fire.

        Known for the first events of a source.
        """
        event = next((one for one in self.result.events if one.line == row.line), None)
        if event is None:
            return row
        facts = row.facts
        if row.action == ActionKind.UPSERT_USER.value:
            missing = self.counts.effects.discarded
            lost = [name for name in event.part("traits") if snake_case(name) in missing]
            facts += (("Discarded", ", ".join(lost)),) if lost else ()
        reasons: dict[str, list[str]] = {}
        for kind, reason in explain_not_fired(self.result.actions, event).items():
            reasons.setdefault(reason, []).append(kind.label)
        why_not = tuple(f"{', '.join(kinds)}: {why}" for why, kinds in reasons.items())
        return replace(row, facts=facts, why_not=why_not)

    def with_ticks(self, keys: Iterable[tuple[int, str]], *, on: bool) -> "SimulatedSource":
        """Return the source with the requests of these lines and actions ticked, or not."""
        wanted = set(keys)
        unticked = self.unticked - wanted if on else self.unticked | wanted
        rows = [
            replace(row, is_ticked=on) if row.key in wanted and row.is_ticked is not None else row
            for row in self.rows
        ]
        return replace(self, rows=tuple(rows), unticked=frozenset(unticked))

    def with_ticks_of(self, before: "SimulatedSource | None") -> "SimulatedSource":
        """Return the source ticked as the same one was before, say without a field to create."""
        if before is None or (before.source, before.stamp) != (self.source, self.stamp):
            return self
        wanted = before.removal_keys - before.unticked
        return self.with_ticks(wanted, on=True).with_ticks(before.unticked, on=False)

    def with_states(self, states: Mapping[tuple[int, str], DeliveryState]) -> "SimulatedSource":
        """Return the source with how far the rows' deliveries are, by line and action."""
        rows = []
        for row in self.rows:
            state = states.get((row.line, row.action))
            if state is not None:
                text, tone = delivery_chip(state)
                row = replace(row, state=text, tone=tone)
            rows.append(row)
        return replace(self, rows=tuple(rows))


def build_simulated_source(
    request: SimulationRequest,
    result: SimulationResult,
    stamp: tuple[int, int],
    planned: Sequence[PlannedRequest],
) -> SimulatedSource:
    """Build the rows of a simulation in the order of their lines."""
    counts = result.counts
    rows = [request_row(number, one) for number, one in enumerate(planned)]
    rows += [problem_row(number, one) for number, one in enumerate(counts.problems)]
    rows += [bad_line_row(*one) for one in counts.intake.invalid[:MAX_ROWS]]
    rows += [known_row(line, state) for line, state in result.known[:MAX_ROWS]]
    rows.sort(key=lambda row: row.line)
    made = SimulatedSource(request, result, stamp, tuple(rows))
    return made.with_ticks(made.removal_keys, on=False)
