"""Everything Zendesk holds now: changed records over generated ones, and the ways to find them."""

import re
from collections.abc import Iterator

from desktop.sandbox.calendar import iso
from desktop.sandbox.call import Record
from desktop.sandbox.table import Table
from desktop.sandbox.world import World
from desktop.sandbox.zendesk.base import TICKETS_EACH, TICKETS_FROM, USERS_FROM, Base
from desktop.sandbox.zendesk.shape import comment_record

NEW_USERS_FROM = 40_000_000_000
NEW_ORGANIZATIONS_FROM = 9001
_PHONE = re.compile(r"\+?[\d\s().\-]{5,}")
_TOKEN_KINDS = ("code", "access", "refresh")


def _folded(value: str) -> str:
    """Return an address in lower case, or a phone number without what people put between."""
    text = value.strip().casefold()
    return f"+{re.sub(r'[^0-9]', '', text)}" if _PHONE.fullmatch(text) else text


def _nothing(_key: int | str) -> Record | None:
    return None


class Book:
    """The tables of one Zendesk account and their indexes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.base = Base(world.crowd)
        shelf, now = world.shelf, world.now
        self.users: Table[int] = Table("zendesk.user", shelf, self.base.user, now)
        self.tickets: Table[int] = Table("zendesk.ticket", shelf, self.base.ticket, now)
        self.organizations: Table[int] = Table(
            "zendesk.organization", shelf, self.base.organization, now
        )
        self.user_fields: Table[int] = Table("zendesk.user_field", shelf, self._field, now)
        self.jobs: Table[str] = Table("zendesk.job", shelf, _nothing, now)
        self.tokens: Table[str] = Table("zendesk.token", shelf, _nothing, now)
        self.keys: Table[str] = Table("zendesk.idempotency", shelf, _nothing, now)
        self.viewed: list[int] = []
        # "stuck-job" or "failed-job" while a request with that fault is served.
        self.doom = ""
        # E-mail, phone or external id in lower case → users that were ever found under it.
        self._known_as: dict[str, set[int]] = {}
        self._tickets_of: dict[int, set[int]] = {}
        self._numbers: dict[str, int] = {}
        for user_id in self.base.members:
            self._index_user(user_id, None, self.base.user(user_id))
        self.users.on_change = self._index_user
        self.tickets.on_change = self._index_ticket
        for table in (self.users, self.tickets, self.organizations, self.user_fields):
            table.restore(int)
        for by_text in (self.jobs, self.tokens, self.keys):
            by_text.restore(str)
        self.viewed = shelf.get("zendesk", "viewed", [])

    # Numbers

    def next_number(self, kind: str, first: int) -> int:
        """Return a fresh id that is kept over restarts."""
        if kind not in self._numbers:
            self._numbers[kind] = self.world.shelf.get("zendesk.next", kind, first)
        number = self._numbers[kind]
        self._numbers[kind] = number + 1
        self.world.shelf.put("zendesk.next", kind, number + 1)
        return number

    def new_user_id(self) -> int:
        """Return an id for a new user."""
        return self.next_number("user", NEW_USERS_FROM)

    def new_ticket_id(self) -> int:
        """Return an id above every generated ticket's."""
        return self.next_number("ticket", TICKETS_FROM + TICKETS_EACH * self.world.crowd.size + 1)

    def new_organization_id(self) -> int:
        """Return an id for a new organization."""
        return self.next_number("organization", NEW_ORGANIZATIONS_FROM)

    # User fields

    def _field(self, field_id: int) -> Record | None:
        if field_id != 7301 or not self.world.account.sync_field:
            return None
        at = iso(self.world.calendar.anchor - 400 * 86_400)
        return {
            "id": 7301,
            "type": "checkbox",
            "key": "sync_to_sailthru",
            "title": "Sync to Sailthru",
            "description": "",
            "raw_title": "Sync to Sailthru",
            "raw_description": "",
            "position": 0,
            "active": True,
            "system": False,
            "regexp_for_validation": None,
            "tag": None,
            "created_at": at,
            "updated_at": at,
        }

    def all_fields(self) -> list[Record]:
        """Return the definitions in order."""
        first = [] if 7301 in self.user_fields.changed else [self._field(7301)]
        kept = [record for _, record in self.user_fields.live_changes()]
        return sorted((field for field in (*first, *kept) if field), key=lambda it: int(it["id"]))

    # Users

    def _index_user(self, user_id: int, _before: Record | None, after: Record | None) -> None:
        if after is None:
            return
        for identity in after["_identities"]:
            self._known_as.setdefault(_folded(identity["value"]), set()).add(user_id)
        if after["external_id"]:
            # Case-insensitive (contract 3).
            key = f"external {after['external_id'].casefold()}"
            self._known_as.setdefault(key, set()).add(user_id)

    def save_user(self, user: Record) -> Record:
        """Store a user as of now."""
        now = self.world.now()
        user["updated_at"] = iso(now)
        user["_at"] = now
        self.users.put(user["id"], user)
        return user

    def live_user(self, user_id: int) -> Record | None:
        """Return a user that was not deleted."""
        user = self.users.get(user_id)
        return user if user is not None and user["active"] else None

    def user_by_identity(self, value: str) -> Record | None:
        """Return whoever has this e-mail address or phone number."""
        wanted = _folded(value)
        numbers = set(self._known_as.get(wanted, ()))
        index = self.world.crowd.by_email(wanted)
        if index is None and wanted.startswith("+"):
            index = self.world.crowd.by_phone(wanted)
        if index is not None and index < self.world.crowd.size:
            numbers.add(USERS_FROM + index)
        for number in sorted(numbers):
            user = self.live_user(number)
            if user and any(_folded(i["value"]) == wanted for i in user["_identities"]):
                return user
        return None

    def user_by_external_id(self, external_id: str) -> Record | None:
        """Return whoever has this external id, whatever its case."""
        wanted = external_id.casefold()
        numbers = set(self._known_as.get(f"external {wanted}", ()))
        if re.fullmatch(r"shop-\d{7}", wanted) and int(wanted[5:]) < self.world.crowd.size:
            numbers.add(USERS_FROM + int(wanted[5:]))
        for number in sorted(numbers):
            user = self.live_user(number)
            if user and (user["external_id"] or "").casefold() == wanted:
                return user
        return None

    def user_ids(self) -> list[int | range]:
        """Return every user id ever given, the crowd's as one range."""
        added = range(NEW_USERS_FROM, self._peek("user", NEW_USERS_FROM))
        return [*self.base.user_ids(), added]

    def _peek(self, kind: str, first: int) -> int:
        if kind not in self._numbers:
            self._numbers[kind] = self.world.shelf.get("zendesk.next", kind, first)
        return self._numbers[kind]

    # Tickets

    def _index_ticket(self, ticket_id: int, _before: Record | None, after: Record | None) -> None:
        if after is not None:
            self._tickets_of.setdefault(after["requester_id"], set()).add(ticket_id)

    def save_ticket(self, ticket: Record, *, event: bool = True) -> Record:
        """Store a ticket; `updated_at` moves only with a ticket event (contract 4)."""
        now = self.world.now()
        if event:
            ticket["updated_at"] = iso(now)
        ticket["generated_timestamp"] = int(now)
        ticket["_at"] = now
        self.tickets.put(ticket["id"], ticket)
        return ticket

    def live_ticket(self, ticket_id: int) -> Record | None:
        """Return a ticket that was not deleted."""
        ticket = self.tickets.get(ticket_id)
        return ticket if ticket is not None and ticket["status"] != "deleted" else None

    def tickets_of(self, user_id: int) -> Iterator[Record]:
        """Return what somebody wrote."""
        numbers = {*self.base.ticket_ids_of(user_id), *self._tickets_of.get(user_id, ())}
        for number in sorted(numbers):
            ticket = self.live_ticket(number)
            if ticket is not None and ticket["requester_id"] == user_id:
                yield ticket

    def comments(self, ticket: Record) -> list[Record]:
        """Return a ticket's comments, oldest first."""
        kept = ticket.get("_comments")
        return list(kept) if kept is not None else self.base.comments(ticket)

    def add_comment(self, ticket: Record, author_id: int, body: str, *, public: bool) -> Record:
        """Put a comment on a draft of a ticket."""
        comments = self.comments(ticket)
        comment = comment_record(
            ticket["id"], len(comments) + 1, author_id, body, public=public, at=self.world.now()
        )
        ticket["_comments"] = [*comments, comment]
        return comment

    # Organizations

    def organization_ids(self) -> list[int]:
        """Return every organization id ever given."""
        last = self._peek("organization", NEW_ORGANIZATIONS_FROM)
        return [*self.base.organization_ids(), *range(NEW_ORGANIZATIONS_FROM, last)]

    def all_organizations(self) -> list[Record]:
        """Return the organizations there are."""
        found = (self.organizations.get(number) for number in self.organization_ids())
        return [record for record in found if record is not None]

    # Played from outside

    def view_ticket(self, ticket_id: int) -> bool:
        """Play an agent opening a ticket."""
        if self.live_ticket(ticket_id) is None:
            return False
        self.viewed = [ticket_id, *(it for it in self.viewed if it != ticket_id)][:20]
        self.world.shelf.put("zendesk", "viewed", self.viewed)
        return True

    def expire_tokens(self) -> int:
        """Let every access token expire now; refresh tokens stay."""
        count = 0
        for key, token in list(self.tokens.live_changes()):
            if key.startswith("access ") and token["expires"] > self.world.now():
                self.tokens.put(key, {**token, "expires": self.world.now() - 1})
                count += 1
        return count

    def count_tokens(self) -> dict[str, int]:
        """Count what OAuth has given out and not taken back or let expire."""
        now = self.world.now()
        live = [key for key, token in self.tokens.live_changes() if token["expires"] > now]
        return {kind: sum(key.startswith(kind) for key in live) for kind in _TOKEN_KINDS}
