"""A small Zendesk account for the data workspace: pages of it, and a store that has read them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from desktop.audience.zendesk_data_reader import ZendeskDataReader
from desktop.clients.zendesk.data_workspace_export import OrganizationExportPage, RatingPage
from desktop.clients.zendesk.incremental_export import KeptTicketPage, UserExportPage
from desktop.kit.clock import Clock
from desktop.kit.errors import Forbidden
from desktop.model.kept_ticket import KeptOrganization, KeptTicket, SatisfactionRating
from desktop.model.zendesk_user import Organization, ZendeskUser
from desktop.store.data_workspace_store import DataStore, open_data_store
from desktop.store.sqlite_database import Database
from tests.support.clocks import ManualClock

DAY = 86_400.0
NOON = 1_700_000_100.0
AGENTS = (901, 902)


def user(number: int, **values: Any) -> ZendeskUser:
    """An end user; everything else as given."""
    known: dict[str, Any] = {
        "name": f"Person {number}",
        "email": f"p{number}@people.example",
        "created_at": NOON - 400 * DAY + number,
        "updated_at": NOON - 10 * DAY,
        **values,
    }
    return ZendeskUser(id=number, **known)


def ticket(number: int, requester: int, **values: Any) -> KeptTicket:
    """An open ticket of a requester, a day old."""
    known: dict[str, Any] = {
        "subject": f"Ticket {number}",
        "status": "open",
        "priority": "normal",
        "created_at": NOON - DAY,
        "updated_at": NOON - DAY / 2,
        "assignee_id": AGENTS[0],
        "changed_at": NOON - DAY / 2,
        **values,
    }
    return KeptTicket(id=number, requester_id=requester, **known)


def rating(number: int, of: KeptTicket, score: str, **values: Any) -> SatisfactionRating:
    """A rating of a ticket, given when the ticket was updated last."""
    known: dict[str, Any] = {
        "assignee_id": of.assignee_id,
        "created_at": of.updated_at or 0.0,
        "updated_at": of.updated_at or 0.0,
        **values,
    }
    return SatisfactionRating(number, of.id, of.requester_id or 0, score, **known)


def organization(number: int, name: str, **values: Any) -> KeptOrganization:
    """An organisation."""
    return KeptOrganization(number, name, **values)


@dataclass
class FakeExport:
    """Zendesk's exports of what is in its lists, some records a page; `refused` are sources."""

    organizations: Sequence[KeptOrganization] = ()
    users: Sequence[ZendeskUser] = ()
    tickets: Sequence[KeptTicket] = ()
    ratings: Sequence[SatisfactionRating] = ()
    page_size: int = 3
    refused: frozenset[str] = frozenset()
    comments: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def _page(
        self, name: str, records: Sequence[Any], start: float | None, cursor: str | None
    ) -> tuple[tuple[Any, ...], str, bool]:
        self.asked.append((name, cursor or f"since {start:.0f}"))
        if name in self.refused:
            raise Forbidden(f"No {name} for you.", "Only admins.")
        first = int(cursor) if cursor else 0
        page = tuple(records[first : first + self.page_size])
        end = first + len(page)
        return page, str(end), end >= len(records)

    async def export_organizations(self, start_time: float) -> OrganizationExportPage:
        # By time: the position stands in for it, and the border comes again.
        first = max(0, int(start_time) - 1) if 0 < start_time < 1000 else 0
        page, _, is_last = self._page(
            "organizations", self.organizations, start_time, str(first) if first else None
        )
        return OrganizationExportPage(page, str(first + len(page) + 1), is_last)

    async def export_users(
        self,
        *,
        start_time: float | None = None,
        cursor: str | None = None,
        identities: bool = False,
    ) -> UserExportPage:
        assert identities
        return UserExportPage(*self._page("users", self.users, start_time, cursor))

    async def export_kept_tickets(
        self, *, start_time: float | None = None, cursor: str | None = None
    ) -> KeptTicketPage:
        return KeptTicketPage(*self._page("tickets", self.tickets, start_time, cursor))

    async def list_comments(self, ticket_id: int) -> tuple[str, ...]:
        self.asked.append(("comments", str(ticket_id)))
        return self.comments.get(ticket_id, ())

    async def list_ratings(
        self, *, start_time: float | None = None, cursor: str | None = None
    ) -> RatingPage:
        return RatingPage(*self._page("ratings", self.ratings, start_time, cursor))


def small_account() -> FakeExport:
    """Ten people with tickets in every state, ratings, tags, two agents and one organisation."""
    people = [
        user(
            n,
            name=f"{'Ána' if n % 2 else 'Bob'} Person {n}",
            organization_id=50 if n < 4 else None,
            organization=Organization(50, "Acme Stores") if n < 4 else None,
            tags=("vip",) if n in (1, 2) else (),
            user_fields={"plan": "gold" if n == 1 else "free", "seats": n},
            external_id=f"shop-{n}" if n == 9 else None,
        )
        for n in range(1, 11)
    ]
    agents = [user(n, name=f"Agent {n}", role="agent", email=f"a{n}@acme.example") for n in AGENTS]
    states = ("new", "open", "pending", "hold", "solved", "closed")
    tickets = [
        ticket(
            100 + n,
            1 + n % 8,
            status=states[n % 6],
            subject="Refund please" if n % 4 == 0 else f"Question {n}",
            description="The parcel is late. 返金お願いします" if n % 5 == 0 else "Thank you",
            tags=("refund", "late_delivery") if n % 4 == 0 else ("question",),
            created_at=NOON - n * DAY / 3,
            updated_at=NOON - n * DAY / 6,
            changed_at=NOON - n * DAY / 6,
            assignee_id=AGENTS[n % 2] if n % 3 else None,
        )
        for n in range(24)
    ]
    tickets.append(replace(tickets[0], id=200, status="deleted"))
    rated = [one for one in tickets if one.is_solved]
    ratings = [
        rating(700 + n, one, ("good", "bad", "offered")[n % 3], comment="Thanks" if n else "")
        for n, one in enumerate(rated)
    ]
    return FakeExport([organization(50, "Acme Stores"), organization(51, "Nair Clinic")],
                      [*agents, *people], tickets, ratings)  # fmt: skip


async def read_all(store: DataStore, export: FakeExport, clock: Clock | None = None) -> None:
    """Have the data workspace read the account."""
    await ZendeskDataReader(store, export, clock or ManualClock()).refresh()  # type: ignore[arg-type]


def dump(database: Database, leave_out: Iterable[str] = ()) -> Mapping[str, Sequence[Any]]:
    """Every row of every table that holds something of its own, in order."""
    skipped = {*leave_out}

    def look(connection: Any) -> dict[str, Any]:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%'"
            )
        ]
        return {
            name: sorted(map(tuple, connection.execute(f"SELECT * FROM {name}")), key=repr)  # noqa: S608
            for name in names
            if name not in skipped
        }

    return MappingProxyType(database.read(look))


def trace_plans(database: Database, act: Callable[[], object]) -> str:
    """How SQLite finds what an act asks for: a line for each step of each query."""
    queries: list[str] = []
    database.read(lambda c: c.set_trace_callback(queries.append))
    try:
        act()
    finally:
        database.read(lambda c: c.set_trace_callback(None))
    return "\n".join(
        row["detail"]
        for query in queries
        if query.lstrip().startswith("SELECT")
        for row in database.read(
            lambda c, query=query: c.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()  # type: ignore[misc]
        )
    )


def open_small_store(folder: Path) -> Iterator[DataStore]:
    """A store in `folder`, empty; closed afterwards (for a fixture)."""
    store = open_data_store(folder)
    yield store
    store.close()


def run_child(task: Callable[[], object]) -> int:
    """Run a task in a process of its own, which it may kill; returns the exit code."""
    child = os.fork()
    if not child:
        try:
            task()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
