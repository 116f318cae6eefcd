"""A simulated file or paste as the Events page lists it: its rows, and what a delivery sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from desktop.events.planned_request import PlannedRequest
from desktop.events.simulation import SimulationCounts
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
    """A source as it was simulated; `stamp` tells whether its file has changed since."""

    request: SimulationRequest
    result: SimulationResult
    stamp: tuple[int, int]
    rows: tuple[EventRow, ...]

    @property
    def source(self) -> SimulationInput:
        """The file or paste itself."""
        return self.request.source

    @property
    def counts(self) -> SimulationCounts:
        """What the simulation has counted."""
        return self.result.counts

    @property
    def removals(self) -> int:
        """How many removals the source has; they start unticked."""
        return len(self.counts.effects.removals)

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
    return SimulatedSource(request, result, stamp, tuple(rows))
