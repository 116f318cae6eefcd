"""Reports over a small data store: a service for an admin, and recounts from the rows alone."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from desktop.audience.audience_service import AudienceRights
from desktop.audience.report_service import ReportService
from desktop.audience.value_health_findings import ValueHealthNames
from desktop.model.permission import (
    DEFAULT_PERMISSIONS,
    Actor,
    Permission,
    PermissionRules,
    Role,
)
from desktop.store.change_report_repository import ChangeReportRepository
from desktop.store.data_workspace_store import DataStore
from desktop.store.workspace_store import WorkspaceStore
from tests.support.clocks import ManualClock
from tests.support.data_cases import DAY, FakeExport, rating, ticket, user

ADMIN = Actor("Ada Admin", Role.ADMIN, 7601)
AGENTS = (901, 902, 903)
AGENT = Actor("Kim Park", Role.AGENT, 7602)


def report_service(
    data: DataStore,
    store: WorkspaceStore,
    now: float,
    *,
    zone: str = "UTC",
    actor: Actor = ADMIN,
    granted: Iterable[Permission] = (),
    has_data: bool = True,
    names: ValueHealthNames | None = None,
) -> ReportService:
    """A ReportService for somebody, with agents' permissions as they come and those `granted`."""
    rules = build_rules(granted)
    return ReportService(
        lambda: data,
        ChangeReportRepository(store.fairlead_db, store.mirror_db),
        ManualClock(now),
        AudienceRights(lambda: actor, lambda: rules, lambda: has_data),
        lambda: zone,
        lambda: names or ValueHealthNames(),
    )


def build_rules(granted: Iterable[Permission]) -> PermissionRules:
    """The rules as they come, and agents may what is `granted` too."""
    return PermissionRules(
        are_changes_enabled=False,
        permissions={
            Role.ADMIN: DEFAULT_PERMISSIONS[Role.ADMIN],
            Role.AGENT: {**DEFAULT_PERMISSIONS[Role.AGENT], **dict.fromkeys(granted, True)},
        },
    )


def day_of(at: float, zone: str) -> date:
    """The calendar day of a moment, by the time zone database alone."""
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def recount_tickets(data: DataStore, measure: str, zone: str) -> Counter[tuple[date, int]]:
    """Tickets by local day and assignee (0: nobody), from the rows that are kept."""
    rows = data.data_db.read(lambda c: c.execute("SELECT * FROM ticket").fetchall())
    return Counter(
        (day_of(row[f"{measure}_at"], zone), row["assignee"] or 0)
        for row in rows
        if row["status"] != "deleted" and row[f"{measure}_at"] is not None
    )


def recount_ratings(data: DataStore, zone: str) -> Counter[tuple[date, int, str]]:
    """Ratings by local day, assignee and score, from the rows that are kept."""
    rows = data.data_db.read(lambda c: c.execute("SELECT * FROM rating").fetchall())
    return Counter(
        (day_of(row["updated_at"], zone), row["assignee"] or 0, row["score"]) for row in rows
    )


def busy_account(now: float, seed: int = 7) -> FakeExport:
    """Two hundred tickets of thirty people over ninety days, with ratings, some deleted."""
    chance = random.Random(seed)
    people = [user(n) for n in range(1, 31)]
    staff = [user(n, name=f"Agent {n}", role="agent", email=f"a{n}@acme.example") for n in AGENTS]
    tickets, ratings = [], []
    for number in range(200):
        created = now - chance.uniform(0, 90) * DAY
        status = chance.choice(("open", "pending", "solved", "closed", "closed", "deleted"))
        solved = min(created + chance.uniform(0.01, 6) * DAY, now)
        ended = min(solved + chance.uniform(0.5, 5) * DAY, now)
        one = ticket(
            1000 + number,
            chance.randint(1, 30),
            status=status,
            subject=chance.choice(("Refund please", "Where is my parcel", "返金お願いします")),
            description=chance.choice(("travel insurance", "travel and insurance", "no")),
            assignee_id=chance.choice((*AGENTS, None)),
            created_at=created,
            solved_at=solved if status in ("solved", "closed") else None,
            updated_at=ended if status == "closed" else solved,
            changed_at=ended,
        )
        tickets.append(one)
        if one.is_solved and chance.random() < 0.7:
            score = chance.choice(("good", "good", "bad", "offered"))
            ratings.append(rating(5000 + number, one, score, updated_at=solved))
    return FakeExport(users=[*staff, *people], tickets=tickets, ratings=ratings, page_size=50)
