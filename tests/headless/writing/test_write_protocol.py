"""The state machine over a gateway made for it: the order of steps, collisions, and failures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from desktop.kit.errors import (
    AppError,
    ConflictError,
    ResponseTimeout,
    ServiceUnreachable,
    ValuesRejected,
)
from desktop.model.json_value import Json
from desktop.model.service import Service
from desktop.model.sync_plan import FieldChange, PlannedOutcome, PlanRow
from desktop.model.target_record import TargetRecord
from desktop.writing.optout_door import RowPermits
from desktop.writing.outcomes import WriteItem, WriteOutcome, WriteResult
from desktop.writing.row_comparison import ReadResult
from desktop.writing.write_protocol import (
    MAX_COLLISIONS,
    READ_BACK_WAITS_S,
    ReadyItem,
    WorkSource,
    WriteProtocol,
)
from tests.support.clocks import ManualClock


@dataclass
class FakeGateway:
    """Values by row number; `faults` are raised by sends in turn, `stale_reads` show what was."""

    values: dict[int, Json] = field(default_factory=lambda: {1: 42})
    faults: list[AppError | OSError] = field(default_factory=list)
    is_applied_in_spite: bool = False
    stale_reads: int = 0
    unreadable: AppError | None = None
    sent: list[int] = field(default_factory=list)
    before: dict[int, Json] = field(default_factory=dict)

    async def read_rows(self, rows: Sequence[PlanRow]) -> Mapping[int, ReadResult]:
        if self.unreadable is not None and self.sent:
            raise self.unreadable
        values = self.values
        if self.sent and self.stale_reads:
            self.stale_reads -= 1
            values = self.before
        return {
            row.row: TargetRecord(
                Service.SAILTHRU, "sid", "", "", {"vars.shoe": values.get(row.row)}
            )
            for row in rows
        }

    async def send_row(self, row: PlanRow, now: TargetRecord | None) -> str:
        assert now is not None, "a write follows a read"
        self.before = dict(self.values)
        self.sent.append(row.row)
        fault = self.faults.pop(0) if self.faults else None
        if fault is None or self.is_applied_in_spite:
            self.values[row.row] = row.changes[0].new
        if fault is not None:
            raise fault
        return row.target_id


@dataclass
class FakeSource(WorkSource):
    ends: list[WriteResult] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)

    async def mark_sending(self, ready: Sequence[ReadyItem]) -> None:
        del ready
        self.steps.append("mark sending")

    async def mark_accepted(self) -> None:
        self.steps.append("mark accepted")

    async def close(self, results: Sequence[WriteResult]) -> None:
        self.ends += results


def items(*numbers: int) -> list[WriteItem]:
    change = FieldChange("vars.shoe", 42, 43)
    return [
        WriteItem(PlanRow(n, PlannedOutcome.UPDATE, "", f"sid{n}", "", changes=(change,)))
        for n in numbers or (1,)
    ]


async def write(
    gateway: FakeGateway, clock: ManualClock, *numbers: int, source: FakeSource | None = None
) -> list[WriteOutcome]:
    source = source or FakeSource()
    protocol = WriteProtocol(gateway, clock, RowPermits(lambda _change: ""), source.steps.append)
    await protocol.write_singly(items(*numbers), source)
    return [end.outcome for end in sorted(source.ends, key=lambda end: end.item.row.row)]


async def test_each_step_is_stored_before_the_next(clock: ManualClock) -> None:
    source = FakeSource()
    assert await write(FakeGateway(), clock, source=source) == [WriteOutcome.CONFIRMED]
    assert source.steps == [
        "read", "mark sending", "sending", "answered", "mark accepted", "accepted", "read back",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "applied", "expected"),
    [
        (None, False, WriteOutcome.CONFIRMED),
        (ValuesRejected("x"), False, WriteOutcome.REFUSED),
        (ServiceUnreachable("x"), False, WriteOutcome.REFUSED),
        (ResponseTimeout("x"), False, WriteOutcome.UNANSWERED),
        (ResponseTimeout("x"), True, WriteOutcome.CONFIRMED),
        (OSError("x"), True, WriteOutcome.CONFIRMED),
    ],
)
async def test_outcome_of_a_send(
    fault: AppError | OSError | None, applied: bool, expected: WriteOutcome, clock: ManualClock
) -> None:
    gateway = FakeGateway(faults=[fault] if fault else [], is_applied_in_spite=applied)
    assert await write(gateway, clock) == [expected]
    assert gateway.sent == [1]


async def test_unanswered_write_of_an_edit_is_left_to_its_next_attempt(clock: ManualClock) -> None:
    source = FakeSource()
    source.reads_back_unanswered = False
    gateway = FakeGateway(faults=[ResponseTimeout("x")], is_applied_in_spite=True)
    assert await write(gateway, clock, source=source) == [WriteOutcome.UNANSWERED]


@pytest.mark.parametrize("collisions", range(1, MAX_COLLISIONS + 1))
async def test_collision_is_read_again_before_it_is_resent(
    collisions: int, clock: ManualClock
) -> None:
    gateway = FakeGateway(faults=[ConflictError("x") for _ in range(collisions)])
    last = WriteOutcome.REFUSED if collisions == MAX_COLLISIONS else WriteOutcome.CONFIRMED
    assert await write(gateway, clock) == [last]
    assert len(gateway.sent) == min(collisions + 1, MAX_COLLISIONS)


async def test_change_made_between_collision_and_resend_is_kept(clock: ManualClock) -> None:
    class Overtaken(FakeGateway):
        async def send_row(self, row: PlanRow, now: TargetRecord | None) -> str:
            self.sent.append(row.row)
            self.values[row.row] = "theirs"
            raise ConflictError("x")

    gateway = Overtaken()
    assert await write(gateway, clock) == [WriteOutcome.CHANGED_ELSEWHERE]
    assert (gateway.sent, gateway.values[1]) == ([1], "theirs")


async def test_collision_of_one_row_leaves_the_others_of_its_batch_alone(
    clock: ManualClock,
) -> None:
    gateway = FakeGateway({1: 42, 2: 42, 3: "theirs"}, [ConflictError("x")])
    outcomes = await write(gateway, clock, 1, 2, 3)
    confirmed, changed = WriteOutcome.CONFIRMED, WriteOutcome.CHANGED_ELSEWHERE
    assert outcomes == [confirmed, confirmed, changed]
    assert sorted(gateway.sent) == [1, 1, 2]


@pytest.mark.parametrize("stale", range(len(READ_BACK_WAITS_S) + 1))
async def test_stale_read_back_is_waited_out(stale: int, clock: ManualClock) -> None:
    began = clock.monotonic()
    is_shown = stale < len(READ_BACK_WAITS_S)
    expected = WriteOutcome.CONFIRMED if is_shown else WriteOutcome.ACCEPTED
    assert await write(FakeGateway(stale_reads=stale), clock) == [expected]
    waited = sum(READ_BACK_WAITS_S[: stale + 1])
    assert clock.monotonic() - began == pytest.approx(waited)


async def test_failed_read_back_is_told_with_its_error(clock: ManualClock) -> None:
    source = FakeSource()
    gateway = FakeGateway(unreadable=ServiceUnreachable("x"))
    assert await write(gateway, clock, source=source) == [WriteOutcome.READ_BACK_FAILED]
    assert source.ends[0].error is gateway.unreadable


async def test_accepted_write_that_shows_the_old_value_is_not_sent_again(
    clock: ManualClock,
) -> None:
    gateway, source = FakeGateway(), FakeSource()
    protocol = WriteProtocol(gateway, clock, RowPermits(lambda _change: ""))
    (item,) = items()
    await protocol.write_singly([WriteItem(item.row, is_maybe_sent=True, is_accepted=True)], source)
    assert [end.outcome for end in source.ends] == [WriteOutcome.ACCEPTED]
    assert gateway.sent == []
