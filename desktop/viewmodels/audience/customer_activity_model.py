"""View-model of “What customers did”: a list that grows at both ends, and one of its entries."""

import json
from dataclasses import replace
from enum import Enum

from desktop.audience.customer_activity_service import PAGE_ROWS, CustomerActivityService
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, UserDecisionNeeded
from desktop.kit.text import format_count, shorten, to_single_line
from desktop.model.customer_activity import (
    CustomerAct,
    CustomerActivity,
    CustomerActivityFilter,
)
from desktop.viewmodels.key_value_row import KeyValueRow
from desktop.viewmodels.list_model import GrowingListModel, ListColumn, ListState
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.task_owning_model import TaskOwningModel
from desktop.viewmodels.time_format import format_date_and_time, format_full_date_and_time
from desktop.viewmodels.tone import ChipTone

TIME, PERSON, WHAT, TYPE = range(4)
# A colleague's reading takes minutes; what it stored is to be seen soon.
_POLL_MS = 3_000
_POLLED_ROWS = 50
_A = CustomerAct


class ActivityGroup(Enum):
    """Types of things that are chosen together; the value is the choice's label."""

    ALL = "All"
    TICKETS = "Tickets"
    RATINGS = "Ratings"
    MAIL = "E-mail"
    STATE = "Health, value"
    EVENTS = "Events"


GROUPS: dict[ActivityGroup, frozenset[CustomerAct]] = {
    ActivityGroup.ALL: frozenset(),
    ActivityGroup.TICKETS: frozenset({_A.TICKET, _A.SOLVED, _A.CLOSED}),
    ActivityGroup.RATINGS: frozenset({_A.RATED}),
    ActivityGroup.MAIL: frozenset({_A.OPENED, _A.CLICKED, _A.OPTED_OUT}),
    ActivityGroup.STATE: frozenset({_A.HEALTH, _A.VALUE}),
    ActivityGroup.EVENTS: frozenset({_A.EVENT}),
}


_TICKET_TONES: dict[CustomerAct, ChipTone] = {
    _A.TICKET: "new",
    _A.SOLVED: "solved",
    _A.CLOSED: "closed",
    _A.EVENT: "info",
}


class CustomerActivityModel(TaskOwningModel):
    """What customers did, newest first; new things appear by themselves while it is looked at.

    `is_at_top` is set by the list: further down what is new waits, and is counted in `new_count`.
    """

    def __init__(
        self,
        service: CustomerActivityService,
        clock: Clock,
        acts: frozenset[CustomerAct] = frozenset(),
    ) -> None:
        """`acts` are the only types that are listed; none: all of them."""
        super().__init__()
        self._service = service
        self._acts = acts
        self.wanted = CustomerActivityFilter(acts)
        self.table_model: GrowingListModel[CustomerActivity] = GrowingListModel(
            [
                ListColumn("Time", lambda row: format_date_and_time(row.at, clock.now())),
                ListColumn("Customer", person_text),
                ListColumn("What", what_text),
                ListColumn("Type", lambda row: row.act.label),
            ]
        )
        self.table_model.more_wanted.connect(self._on_more_wanted)
        self._rows: tuple[CustomerActivity, ...] = ()
        self._state = ListState(is_loading=True)
        self.is_unread = False
        self.selected: CustomerActivity | None = None
        self.is_at_top = True
        self.new_count = 0
        self._timer = create_timer(self, _POLL_MS, self._on_poll, repeats=True)

    @property
    def may_name_agents(self) -> bool:
        """Whether the list may be filtered by agents."""
        return self._service.may_name_agents

    def list_state(self) -> ListState:
        """Return what stands in place of the rows, or how many there are."""
        return self._state

    def set_visible(self, is_visible: bool) -> None:
        """Read what customers did only while its tab is visible."""
        if is_visible:
            self._timer.start()
            self.reload()
        else:
            self._timer.stop()

    def set_filter(self, group: ActivityGroup, phrase: str) -> None:
        """List only a group of types, and where a phrase stands."""
        acts = GROUPS[group] or self._acts
        self._set_wanted(replace(self.wanted, acts=acts, phrase=phrase.strip()))

    def set_people(self, person: str, agent: str) -> None:
        """List only what one person did, or what is with one agent."""
        self._set_wanted(replace(self.wanted, person=person.strip(), agent=agent.strip()))

    def reload(self) -> None:
        """Read the list again from its newest entry."""
        self.tasks.start("read", self._read())

    def select(self, place: int) -> None:
        """Take the list's row at a place as the one in the details."""
        self.selected = self.table_model.row_at(place)
        self.changed.emit()

    def customer_query(self, place: int) -> str:
        """Return what the search field finds the customer of a row by; "" for nobody known."""
        row = self.table_model.row_at(place)
        if row is None:
            return ""
        return row.email or (str(row.person_id) if row.person_id > 0 else row.sid)

    def detail_rows(self) -> tuple[KeyValueRow, ...]:
        """Return the facts of the selected entry of “What customers did”."""
        row = self.selected
        if row is None:
            return ()
        facts = [
            ("Type", row.act.label),
            ("When", format_full_date_and_time(row.at)),
            ("Customer", row.name or "No name"),
            ("E-mail", row.email or "Not set"),
            ("Ticket", f"#{row.ticket_id}" if row.ticket_id is not None else ""),
            ("Agent", row.agent),
        ]
        return tuple(KeyValueRow(name, text) for name, text in facts if text)

    def _set_wanted(self, wanted: CustomerActivityFilter) -> None:
        if wanted != self.wanted:
            self.wanted = wanted
            self.reload()

    async def _read(self) -> None:
        try:
            page = await self._service.list_page(self.wanted)
        except AppError as error:
            self._rows = ()
            self._show(error)
            return
        self.new_count = 0
        self._rows = page
        self.table_model.is_complete = len(page) < PAGE_ROWS
        self._show()

    def _on_more_wanted(self) -> None:
        if self._rows and not self.tasks.is_running("more"):
            self.tasks.start("more", self._read_more())

    async def _read_more(self) -> None:
        last = self._rows[-1].position
        page = await self._service.list_page(self.wanted, after=last)
        if self._rows and self._rows[-1].position == last:
            self._rows += page
            self.table_model.is_complete = len(page) < PAGE_ROWS
            self._show()

    def _on_poll(self) -> None:
        if not self.tasks.is_running("read") and not self.tasks.is_running("poll"):
            self.tasks.start("poll", self._poll())

    async def _poll(self) -> None:
        if self._state.has_failed or (self._state.text and not self._rows):
            # Perhaps something was read meanwhile.
            await self._read()
            return
        wanted = self.wanted
        page = await self._service.list_page(wanted, limit=_POLLED_ROWS)
        first = self._rows[0].position if self._rows else None
        new = [one for one in page if first is None or one.position > first]
        if not new or wanted != self.wanted:
            return
        if self.is_at_top and len(new) < _POLLED_ROWS:
            self._rows = (*new, *self._rows)
            self._show()
        elif len(new) != self.new_count:
            self.new_count = len(new)
            self.changed.emit()

    def _show(self, error: AppError | None = None) -> None:
        self.table_model.show_rows(self._rows)
        # Nobody was read, which is begun elsewhere.
        self.is_unread = isinstance(error, UserDecisionNeeded)
        if error is not None:
            text = f"{error.title} {error.message}".strip()
            action = "Read everybody's data…" if self.is_unread else "Try again"
            self._state = ListState(text=text, action_label=action, has_failed=not self.is_unread)
        elif self._rows:
            more = "" if self.table_model.is_complete else " and older"
            shown = format_count(len(self._rows), "entry", "entries")
            self._state = ListState(summary=f"{shown}{more}, newest first")
        elif self.wanted == CustomerActivityFilter(self._acts):
            self._state = ListState(text="Nothing that customers did was read yet.")
        else:
            self._state = ListState(
                text="Nothing fits these filters.", action_label="Clear the filters"
            )
        self.changed.emit()

    async def close(self) -> None:
        """Stop reading, and wait for what is under way."""
        self._timer.stop()
        await super().close()


def person_text(row: CustomerActivity) -> str:
    """Return who did something: by name, else by address."""
    return row.name or row.email or "Somebody unknown"


def what_text(row: CustomerActivity) -> str:
    """Return what a customer did by one entry, in a line."""
    ticket = f"#{row.ticket_id} " if row.ticket_id is not None else ""
    return f"{ticket}{to_single_line(row.title)}".strip() or "No subject kept"


def below_text(row: CustomerActivity) -> str:
    """Return the second line of what somebody did: its text, shortened, and the agent."""
    said = "" if row.act is CustomerAct.EVENT else shorten(to_single_line(row.text), 160)
    agent = f"with {row.agent}" if row.agent else ""
    return " · ".join(part for part in (agent, said) if part)


def written_text(row: CustomerActivity) -> str:
    """Return what an entry's details say was written; of an event its values, one a line."""
    if row.act is not CustomerAct.EVENT:
        return row.text
    try:
        body = json.loads(row.text)
    except ValueError:
        return row.text
    parts = [body.get(name) for name in ("traits", "properties")] if isinstance(body, dict) else []
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for part in parts
        if isinstance(part, dict)
        for name, value in part.items()
    )


def tone_of(row: CustomerActivity) -> ChipTone:
    """Return the tone of an entry's chip: of a ticket as agents know it from Zendesk."""
    if row.act is CustomerAct.RATED:
        return "bad" if row.title == "Bad" else "ok"
    if row.act is CustomerAct.OPTED_OUT:
        return "warn"
    return _TICKET_TONES.get(row.act, "neutral")
