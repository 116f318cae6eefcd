"""Repository of the Zendesk sandbox: changed records over seed records, and their indexes."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.oauth_tokens import expire_access_tokens
from desktop.sandbox.people.generated_people import GeneratedPerson
from desktop.sandbox.record_table import RecordTable
from desktop.sandbox.state import SandboxState
from desktop.sandbox.timestamps import DAY, format_iso_utc
from desktop.sandbox.zendesk.record_factories import RECORD_TEMPLATES, make_comment_record
from desktop.sandbox.zendesk.seed_data import (
    FIRST_GENERATED_TICKET_ID,
    FIRST_GENERATED_USER_ID,
    TICKET_IDS_PER_USER,
    ZendeskSeedData,
)

FIRST_NEW_USER_ID = 40_000_000_000
FIRST_NEW_ORGANIZATION_ID = 9001
SYNC_FIELD_ID = 7301
# More than the five that /tickets/recent shows: some may be deleted meanwhile.
MAX_VIEWED_TICKETS = 20
_PHONE = re.compile(r"\+?[\d\s().\-]{5,}")
_TOKEN_KINDS = ("code", "access", "refresh")


def _normalise_identity(value: str) -> str:
    """Normalise an identity in the sandbox: lower-case address, or bare phone number."""
    text = value.strip().casefold()
    return f"+{re.sub(r'[^0-9]', '', text)}" if _PHONE.fullmatch(text) else text


class ZendeskRepository:
    """The tables of the sandbox's Zendesk: users, tickets, organizations, fields, tokens."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.seed_data = ZendeskSeedData(state.generated_people)
        self.users = self._table("user", int, self.seed_data.user)
        self.tickets = self._table("ticket", int, self.seed_data.ticket)
        self.organizations = self._table("organization", int, self.seed_data.organization)
        self.user_fields = self._table("user_field", int, self._seed_user_field)
        self.organization_fields = self._table("organization_field", int)
        # User id → the user's events, oldest first.
        self.user_events = self._table("user_events", int)
        self.jobs = self._table("job", str)
        self.tokens = self._table("token", str)
        self.idempotency_keys = self._table("idempotency", str)
        # "stuck-job" or "failed-job" while a request with that fault is served.
        self.job_fault = ""
        # Address, phone number or external id → users that were ever found under it. Entries are
        # never removed: whoever looks up compares with the record of today.
        self._user_ids_by_identity: dict[str, set[int]] = {}
        self._ticket_ids_by_requester: dict[int, set[int]] = {}
        self._next_ids: dict[str, int] = {}
        for user_id in self.seed_data.fixture_people:
            self._index_user(user_id, None, self.seed_data.user(user_id))
        self.users.on_change = self._index_user
        self.tickets.on_change = self._index_ticket
        for table in (
            *(self.users, self.tickets, self.organizations),
            *(self.user_fields, self.organization_fields, self.user_events),
        ):
            table.restore()
        for by_text in (self.jobs, self.tokens, self.idempotency_keys):
            by_text.restore()
        self.viewed_ticket_ids: list[int] = state.store.get("zendesk", "viewed", [])
        self.verification_mails: list[JsonObject] = state.store.get("zendesk", "mails", [])

    def _table(
        self,
        kind: str,
        key: type[Any],
        seed: Callable[[Any], JsonObject | None] = lambda _key: None,
    ) -> RecordTable[Any]:
        return RecordTable(f"zendesk.{kind}", self.state.store, seed, self.state.now, key)

    # Ids

    def _peek_next_id(self, kind: str, first: int) -> int:
        if kind not in self._next_ids:
            self._next_ids[kind] = self.state.store.get("zendesk.next", kind, first)
        return self._next_ids[kind]

    def next_id(self, kind: str, first: int) -> int:
        """Return a fresh id of a kind in the sandbox's Zendesk, not reused after a restart."""
        number = self._peek_next_id(kind, first)
        self._next_ids[kind] = number + 1
        self.state.store.put("zendesk.next", kind, number + 1)
        return number

    def new_user_id(self) -> int:
        """Return an id for a new user of the sandbox's Zendesk."""
        return self.next_id("user", FIRST_NEW_USER_ID)

    def new_ticket_id(self) -> int:
        """Return a ticket id above every generated ticket's of the sandbox."""
        generated = TICKET_IDS_PER_USER * self.state.generated_people.size
        return self.next_id("ticket", FIRST_GENERATED_TICKET_ID + generated + 1)

    def new_organization_id(self) -> int:
        """Return an id for a new organization of the sandbox's Zendesk."""
        return self.next_id("organization", FIRST_NEW_ORGANIZATION_ID)

    # User fields

    def _seed_user_field(self, field_id: int) -> JsonObject | None:
        if field_id != SYNC_FIELD_ID or not self.state.account.sync_field:
            return None
        at = format_iso_utc(self.state.calendar.reference_time - 400 * DAY)
        title = "Sync to Sailthru"
        return RECORD_TEMPLATES["user_field"] | {
            "id": SYNC_FIELD_ID,
            "type": "checkbox",
            "key": "sync_to_sailthru",
            "title": title,
            "raw_title": title,
            "created_at": at,
            "updated_at": at,
        }

    def all_user_fields(self) -> list[JsonObject]:
        """Return the sandbox's definitions of user fields in order of their ids."""
        ids = sorted({SYNC_FIELD_ID, *self.user_fields.overrides})
        return [field for field in map(self.user_fields.get, ids) if field is not None]

    def all_organization_fields(self) -> list[JsonObject]:
        """Return the sandbox's definitions of organization fields in order of their ids."""
        return [field for _, field in sorted(self.organization_fields.existing_overrides())]

    # What goes out by mail

    def log_verification_mail(self, user_id: int, address: str) -> None:
        """Log that the sandbox's Zendesk asked a user to confirm an address."""
        mail = {"user_id": user_id, "to": address, "at": self.state.now()}
        self.verification_mails = [*self.verification_mails, mail]
        self.state.store.put("zendesk", "mails", self.verification_mails)

    # Users

    def _index_user(
        self, user_id: int, _before: JsonObject | None, after: JsonObject | None
    ) -> None:
        if after is None:
            return
        keys = [_normalise_identity(identity["value"]) for identity in after["_identities"]]
        if after["external_id"]:
            # External ids are compared without regard to case.
            keys.append(f"external {after['external_id'].casefold()}")
        for key in keys:
            self._user_ids_by_identity.setdefault(key, set()).add(user_id)

    def save_user(self, user: JsonObject) -> JsonObject:
        """Store a user in the sandbox's Zendesk as changed now."""
        now = self.state.now()
        user["updated_at"], user["_at"] = format_iso_utc(now), now
        self.users.put(user["id"], user)
        return user

    def existing_user(self, user_id: int) -> JsonObject | None:
        """Return a user of the sandbox's Zendesk that was not deleted."""
        user = self.users.get(user_id)
        return user if user is not None and user["active"] else None

    def individual_users(self) -> list[JsonObject]:
        """Return the sandbox's fixture and changed users, by id; not the generated."""
        ids = sorted({*self.seed_data.fixture_people, *self.users.overrides})
        return [user for user in map(self.existing_user, ids) if user is not None]

    def user_by_identity(self, value: str) -> JsonObject | None:
        """Find a user of the sandbox's Zendesk by e-mail address or phone number."""
        wanted = _normalise_identity(value)
        people = self.state.generated_people
        index = people.index_by_email(wanted)
        if index is None and wanted.startswith("+"):
            index = people.index_by_phone(wanted)
        return self._find_indexed(
            wanted,
            index,
            lambda user: wanted in {_normalise_identity(it["value"]) for it in user["_identities"]},
        )

    def user_by_external_id(self, external_id: str) -> JsonObject | None:
        """Find a user of the sandbox's Zendesk by external id, whatever its case."""
        wanted = external_id.casefold()
        return self._find_indexed(
            f"external {wanted}",
            int(wanted[5:]) if re.fullmatch(r"shop-\d{7}", wanted) else None,
            lambda user: (user["external_id"] or "").casefold() == wanted,
        )

    def _find_indexed(
        self, key: str, generated_index: int | None, fits: Callable[[JsonObject], bool]
    ) -> JsonObject | None:
        ids = set(self._user_ids_by_identity.get(key, ()))
        if generated_index is not None and generated_index < self.state.generated_people.size:
            ids.add(FIRST_GENERATED_USER_ID + generated_index)
        users = map(self.existing_user, sorted(ids))
        return next((user for user in users if user is not None and fits(user)), None)

    def user_ids(self) -> list[int | range]:
        """Return every user id ever given in the sandbox, the generated ones as one range."""
        added = range(FIRST_NEW_USER_ID, self._peek_next_id("user", FIRST_NEW_USER_ID))
        return [*self.seed_data.user_ids(), added]

    # Tickets

    def _index_ticket(
        self, ticket_id: int, _before: JsonObject | None, after: JsonObject | None
    ) -> None:
        if after is not None:
            self._ticket_ids_by_requester.setdefault(after["requester_id"], set()).add(ticket_id)

    def save_ticket(self, ticket: JsonObject) -> JsonObject:
        """Store a ticket in the sandbox's Zendesk as changed now."""
        now = self.state.now()
        ticket["updated_at"] = format_iso_utc(now)
        ticket["generated_timestamp"], ticket["_at"] = int(now), now
        self.tickets.put(ticket["id"], ticket)
        return ticket

    def existing_ticket(self, ticket_id: int) -> JsonObject | None:
        """Return a ticket of the sandbox's Zendesk that was not deleted."""
        ticket = self.tickets.get(ticket_id)
        return ticket if ticket is not None and ticket["status"] != "deleted" else None

    def individual_tickets(self) -> list[JsonObject]:
        """Return the sandbox's fixture and changed tickets, by id; not the generated."""
        ids = sorted({*self.seed_data.fixture_tickets, *self.tickets.overrides})
        return [ticket for ticket in map(self.existing_ticket, ids) if ticket is not None]

    def unchanged_tickets_of(self, person: GeneratedPerson) -> Iterator[JsonObject]:
        """Make a generated person's tickets that nobody changed in the sandbox."""
        for ticket in self.seed_data.generated_tickets(person):
            if ticket["id"] not in self.tickets.overrides:
                yield ticket

    def tickets_requested_by(self, user_id: int) -> list[JsonObject]:
        """Return a requester's tickets in the sandbox's Zendesk, in order of ids."""
        generated, indexed = self.seed_data.ticket_ids_of(user_id), self._ticket_ids_by_requester
        ids = sorted({*generated, *indexed.get(user_id, ())})
        found = map(self.existing_ticket, ids)
        return [it for it in found if it is not None and it["requester_id"] == user_id]

    def comments(self, ticket: JsonObject) -> list[JsonObject]:
        """Return a ticket's comments in the sandbox's Zendesk, oldest first."""
        kept = ticket.get("_comments")
        return list(kept) if kept is not None else self.seed_data.comments(ticket)

    def add_comment(self, ticket: JsonObject, author_id: int, body: str, *, public: bool) -> None:
        """Add a comment to a draft of a sandbox ticket."""
        comments, now = self.comments(ticket), self.state.now()
        number = len(comments) + 1
        comment = make_comment_record(ticket["id"], number, author_id, body, public=public, at=now)
        ticket["_comments"] = [*comments, comment]

    def view_ticket(self, ticket_id: int) -> bool:
        """Let an agent view a ticket in the sandbox's Zendesk; False when there is none."""
        if self.existing_ticket(ticket_id) is None:
            return False
        others = [number for number in self.viewed_ticket_ids if number != ticket_id]
        self.viewed_ticket_ids = [ticket_id, *others][:MAX_VIEWED_TICKETS]
        self.state.store.put("zendesk", "viewed", self.viewed_ticket_ids)
        return True

    # Organizations

    def organization_ids(self) -> list[int]:
        """Return every organization id ever given in the sandbox's Zendesk."""
        last = self._peek_next_id("organization", FIRST_NEW_ORGANIZATION_ID)
        return [*self.seed_data.organization_ids(), *range(FIRST_NEW_ORGANIZATION_ID, last)]

    def all_organizations(self) -> list[JsonObject]:
        """Return the organizations that the sandbox's Zendesk has."""
        return self.organizations_by_id(self.organization_ids())

    def organizations_by_id(self, ids: list[int]) -> list[JsonObject]:
        """Return the sandbox's organizations of ids, without those that are not there."""
        return [found for found in map(self.organizations.get, ids) if found is not None]

    # OAuth tokens

    def expire_tokens(self) -> int:
        """Let the sandbox's access tokens expire now; returns how many. Refresh tokens stay."""
        return expire_access_tokens(self.tokens, self.state.now())

    def count_tokens(self) -> dict[str, int]:
        """Count the sandbox's OAuth codes and tokens that are neither revoked nor expired."""
        now = self.state.now()
        live = [key for key, token in self.tokens.existing_overrides() if token["expires"] > now]
        return {kind: sum(key.startswith(kind) for key in live) for kind in _TOKEN_KINDS}
