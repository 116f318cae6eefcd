"""What the Events page says and decides by itself: estimate, replay, export, causes, rights."""

from collections import Counter
from pathlib import Path

import pytest

from desktop.clients.rate_limiter import INTERACTIVE_SHARE
from desktop.events.delivery_estimate import estimate_delivery
from desktop.events.event_action import ActionKind
from desktop.events.planned_request import NoChange, PlannedRequest, PlanProblem, RequestEffect
from desktop.events.simulation import SimulationCounts
from desktop.kit.csv_text import BYTE_ORDER_MARK
from desktop.model.admin_center import field_creation_refusal, user_fields_address
from desktop.model.event_delivery import DeliveryState, EventDelivery, StoredEvent
from desktop.model.permission import Actor, Role
from desktop.sync.event_replay import ReplayPreview, ReplayRow
from desktop.viewmodels.events.event_consequences import build_consequences
from desktop.viewmodels.events.event_correction_groups import RETRY, build_correction_groups
from desktop.viewmodels.events.event_delivery_estimate_text import describe_estimate
from desktop.viewmodels.events.event_export import export_event_rows
from desktop.viewmodels.events.event_replay_text import describe_replay, replay_refusal
from desktop.viewmodels.events.event_row import bad_line_row, delivery_rows
from desktop.viewmodels.events.simulated_source import build_simulated_source
from desktop.viewmodels.events.simulation_input import (
    SimulationInput,
    SimulationRequest,
    SimulationResult,
)
from desktop.viewmodels.file_export import FileFormat

USER, TICKET = ActionKind.UPSERT_USER, ActionKind.CREATE_TICKET
LIMIT = 400


def request(
    line: int, kind: ActionKind = USER, effect: RequestEffect = RequestEffect.UPDATE
) -> PlannedRequest:
    return PlannedRequest(line, kind, "PUT", "/users", {}, effect, "Homer", "Homer is updated")


def counted(*planned: PlannedRequest) -> SimulationCounts:
    counts = SimulationCounts(
        actions=Counter(one.action for one in planned),
        requests=len(planned),
        requests_by_kind=Counter((one.action, one.effect) for one in planned),
    )
    for one in planned:
        counts.effects.add_request(one)
    return counts


def test_the_estimate_is_that_of_the_command_line_for_what_is_ticked() -> None:
    updates = [request(line) for line in range(1_000)]
    tickets = [request(line, TICKET, RequestEffect.CREATE) for line in range(1_000, 1_600)]
    removed = request(2_000, ActionKind.ORG_MEMBERSHIP, RequestEffect.REMOVE)
    counts = counted(*updates, *tickets, removed)
    asked = SimulationRequest(SimulationInput("Pasted events"))
    # The removal is beyond the rows that are listed.
    source = build_simulated_source(asked, SimulationResult(counts), (0, 0), [*updates, *tickets])
    ticked = source.ticked_counts
    assert ticked.requests_by_kind == counted(*updates, *tickets).requests_by_kind
    per_minute = LIMIT * (1 - INTERACTIVE_SHARE)
    minutes = round(estimate_delivery(ticked, per_minute).minutes)
    text = describe_estimate(ticked, counts.requests, LIMIT)
    assert text.startswith(f"1,600 of 1,601 ticked, about {minutes} minutes: Zendesk takes 400")
    # A thousand updates are ten jobs, which nobody waits for.
    without = source.with_ticks([(one.line, TICKET.value) for one in tickets], on=False)
    text = describe_estimate(without.ticked_counts, counts.requests, LIMIT)
    assert text == "1,000 of 1,601 ticked"
    assert describe_estimate(ticked, counts.requests, None) == "1,600 of 1,601 ticked"
    assert describe_estimate(SimulationCounts(), 3, LIMIT) == ""


@pytest.mark.parametrize(("mails", "tone"), [(50, "accent"), (51, "warn")])
def test_leaving_out_many_verification_mails_is_proposed(mails: int, tone: str) -> None:
    counts = counted(request(1))
    counts.effects.verification_mails = mails
    asked = SimulationRequest(SimulationInput("Pasted events"))
    source = build_simulated_source(asked, SimulationResult(counts), (0, 0), [])
    (told,) = [one for one in build_consequences(source, 0.0) if one.key == "mails"]
    assert (told.tone, "“Skip verify e-mail”" in told.text) == (tone, tone == "warn")


SENT = request(1)
THERE = NoChange(2, USER, "Marge", "nothing differs")
BAD = PlanProblem(3, USER, "no user")


@pytest.mark.parametrize(
    ("events", "rows", "summary", "refusal"),
    [
        (0, (), "No delivered events in this choice.", "No delivered events in this choice."),
        (1, (SENT,), "1 delivered event: 1 would send something again.", ""),
        (2, (SENT, THERE), "1 would send something again, the rest is in Zendesk.", ""),
        (
            *(3, (SENT, THERE, BAD)),
            *("1 would send something again; 1 can't be sent, the rest is in Zendesk.", ""),
        ),
        (1, (THERE,), "0 would send something again, the rest", "Zendesk has all of it already."),
        (
            *(1, (BAD,), "0 would send something again; 1 can't be sent."),
            "Nothing of it can be sent: see Needs correction.",
        ),
        (
            *(2, (THERE, BAD), "; 1 can't be sent, the rest is in Zendesk."),
            "Zendesk has all of it that can be sent.",
        ),
    ],
)
def test_sending_again_says_what_is_there_and_what_cannot_be_sent(
    events: int,
    rows: tuple[PlannedRequest | NoChange | PlanProblem, ...],
    summary: str,
    refusal: str,
) -> None:
    stored = [StoredEvent(one.line, 1, "app", one.line, f"m-{one.line}", "{}") for one in rows]
    made = tuple(ReplayRow(event, one) for event, one in zip(stored, rows, strict=True))
    found = ReplayPreview(events, made, 0)
    assert summary in describe_replay(found)
    assert replay_refusal(found) == refusal


@pytest.mark.parametrize(
    ("file_format", "start"),
    [
        (FileFormat.CSV, f'{BYTE_ORDER_MARK}"line"'),
        (FileFormat.PLAIN_CSV, '"line"'),
        (FileFormat.JSON, '{\n "rows"'),
    ],
)
async def test_each_format_of_a_file_is_its_own(
    tmp_path: Path, file_format: FileFormat, start: str
) -> None:
    path = tmp_path / "events"
    await export_event_rows([bad_line_row(7, "This is no JSON")], path, file_format)
    assert path.read_bytes().startswith(start.encode())


def stored_delivery(state: DeliveryState, detail: str, ignored: str = "") -> StoredEvent:
    delivery = EventDelivery(1, USER.value, state, detail=detail)
    return StoredEvent(
        *(1, 1, "app", 1, "m-1", "{}"), deliveries=(delivery,), ignored=ignored, is_opened=True
    )


@pytest.mark.parametrize(
    ("state", "is_retried"), [(DeliveryState.PARKED, True), (DeliveryState.SKIPPED, False)]
)
def test_a_cause_is_retried_by_what_its_deliveries_are_not_by_its_words(
    state: DeliveryState, is_retried: bool
) -> None:
    rows = delivery_rows(stored_delivery(state, "Not ticked"))
    (group,) = build_correction_groups(rows, "", "")
    assert (RETRY in dict(group.actions)) is is_retried


def test_what_is_ignored_waits_for_nobody() -> None:
    (row,) = delivery_rows(stored_delivery(DeliveryState.SKIPPED, "", ignored="Ignored by Ada"))
    assert row.delivery_state is None


@pytest.mark.parametrize(
    ("actor", "may"),
    [
        (Actor("Ada", Role.ADMIN), True),
        (Actor("Ada", Role.ADMIN, is_confirmed=False), False),
        (Actor("Ada", Role.AGENT), False),
    ],
)
def test_fields_are_created_by_admins_whom_zendesk_has_confirmed(actor: Actor, may: bool) -> None:
    assert (field_creation_refusal(actor) == "") is may


@pytest.mark.parametrize(
    ("base_url", "address"),
    [
        (
            "https://acme.zendesk.com/",
            "https://acme.zendesk.com/admin/people/configuration/user_fields",
        ),
        ("", ""),
    ],
)
def test_user_fields_are_defined_in_the_accounts_admin_center(base_url: str, address: str) -> None:
    assert user_fields_address(base_url) == address
