"""Seed data of the Zendesk sandbox: fixture records, and generated ones on demand."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.fixture_people import (
    FIXTURE_ORGANIZATIONS,
    FIXTURE_PEOPLE,
    FixturePerson,
    FixtureTicket,
)
from desktop.sandbox.people.generated_people import (
    TICKET_SLOT_AGES_S,
    TICKET_SLOTS,
    GeneratedPeople,
    GeneratedPerson,
)
from desktop.sandbox.people.sample_texts import TICKET_TEXTS, USER_TAGS, organization_name
from desktop.sandbox.timestamps import DAY, HOUR, MINUTE
from desktop.sandbox.zendesk.record_factories import (
    DEFAULT_ASSIGNEE_ID,
    make_comment_record,
    make_organization_record,
    make_ticket_record,
    make_user_record,
)

# Real ids of users have eleven digits: a client that keeps them in 32 bits fails here.
FIRST_GENERATED_USER_ID = 30_000_000_000
FIRST_GENERATED_TICKET_ID = 100_000
TICKET_IDS_PER_USER = 8
FIRST_GENERATED_ORGANIZATION_ID = 8001
ORGANIZATION_COUNT = 60

# One random byte picks from each of these, so a value that stands here twice is twice as likely.
_PRIORITIES = ("normal", "normal", "normal", "low", "high", "urgent", "normal", None)
_RATINGS = ("good", "good", "bad", "offered")
_CHANNELS = ("email", "web", "api", "chat")
_FRESH_STATUSES = ("new", "open", "open", "pending", "hold", "solved", "solved", "open")


@dataclass
class ZendeskSeedData:
    """Makes seed records of the sandbox's Zendesk by id; knows nothing of changes."""

    generated_people: GeneratedPeople
    fixture_people: dict[int, FixturePerson] = field(default_factory=dict)
    fixture_tickets: dict[int, tuple[FixturePerson, FixtureTicket]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for person in FIXTURE_PEOPLE:
            if person.id is not None:
                self.fixture_people[person.id] = person
                self.fixture_tickets |= {ticket.id: (person, ticket) for ticket in person.tickets}

    # Users

    def user(self, user_id: int) -> JsonObject | None:
        """Make a seed user of the sandbox's Zendesk, or None where the id means nobody."""
        if (person := self.fixture_people.get(user_id)) is not None:
            return self._fixture_user(person)
        index = user_id - FIRST_GENERATED_USER_ID
        if not self._is_generated(index):
            return None
        return self.generated_user(self.generated_people.person(index))

    def _is_generated(self, index: int) -> bool:
        return 0 <= index < self.generated_people.size

    def _fixture_user(self, person: FixturePerson) -> JsonObject:
        now = self.generated_people.reference_time
        return make_user_record(
            person.id or 0,
            person.name,
            emails=person.emails,
            phone=person.phone,
            role=person.role,
            created=now - person.age_s - 700 * DAY,
            # Staff have no age: nothing of the seed may lie in the withheld minute of exports.
            updated=now - max(person.age_s, 10 * MINUTE),
            organization_id=person.organization_id,
            tags=person.tags,
            time_zone=person.time_zone,
            has_sync_box=person.has_sync_box,
            external_id=person.external_id,
            locale=person.locale,
            suspended=person.suspended,
            notes=person.notes,
        )

    def generated_user(self, person: GeneratedPerson) -> JsonObject:
        """Make a generated person's user for the sandbox's Zendesk."""
        draw = person.random_bytes
        number = FIRST_GENERATED_ORGANIZATION_ID + draw[12] % ORGANIZATION_COUNT
        return make_user_record(
            FIRST_GENERATED_USER_ID + person.index,
            person.name,
            emails=[person.email, *([person.second_email] if person.second_email else [])],
            phone=person.phone,
            created=person.last_active_at - (20 + draw[11] * 5) * DAY,
            updated=person.last_active_at,
            organization_id=number if draw[13] < 100 else None,
            tags=tags_of(person),
            time_zone=person.region.time_zone,
            has_sync_box=person.has_sync_box,
            verified=draw[22] < 200,
            external_id=f"shop-{person.index:07d}" if draw[20] < 128 else None,
            locale=person.region.locale,
            suspended=draw[21] == 0,
        )

    def user_ids(self) -> list[int | range]:
        """Return the sandbox's seed user ids, the generated ones as one range."""
        first = FIRST_GENERATED_USER_ID
        return [*sorted(self.fixture_people), range(first, first + self.generated_people.size)]

    # Tickets

    def ticket(self, ticket_id: int) -> JsonObject | None:
        """Make a seed ticket of the sandbox's Zendesk, or None where the id means none."""
        if (found := self.fixture_tickets.get(ticket_id)) is not None:
            return self._fixture_ticket(*found)
        index, rest = divmod(ticket_id - FIRST_GENERATED_TICKET_ID, TICKET_IDS_PER_USER)
        # Slot 0 is the newest, and newer tickets have higher ids.
        slot = TICKET_SLOTS - 1 - rest
        if not self._is_generated(index) or not 0 <= slot < TICKET_SLOTS:
            return None
        return self.generated_ticket(self.generated_people.person(index), slot)

    def _fixture_ticket(self, person: FixturePerson, ticket: FixtureTicket) -> JsonObject:
        updated = self.generated_people.reference_time - ticket.age_s
        return make_ticket_record(
            ticket.id,
            person.id or 0,
            ticket.subject,
            body=ticket.body,
            created=updated - (25 * MINUTE if ticket.status == "open" else 2 * DAY),
            updated=updated,
            rating=ticket.rating,
            status=ticket.status,
            priority=ticket.priority,
            tags=[*ticket.tags, *person.tags],
            organization_id=person.organization_id,
            assignee_id=DEFAULT_ASSIGNEE_ID,
            sender=(person.emails[0], person.name) if person.emails else None,
        )

    def generated_ticket(self, person: GeneratedPerson, slot: int) -> JsonObject | None:
        """Make a generated person's ticket for the sandbox, or None for an empty slot."""
        if slot >= person.ticket_count:
            return None
        draw = person.random_bytes
        updated = person.last_active_at - TICKET_SLOT_AGES_S[slot]
        age = self.generated_people.reference_time - updated
        topic, subject, body = TICKET_TEXTS[(draw[23 + slot] + slot) % len(TICKET_TEXTS)]
        status = _generated_ticket_status(draw[30] if slot == 0 else 255, age)
        is_rated = draw[32] < 90 and status in ("solved", "closed")
        return make_ticket_record(
            self._generated_ticket_id(person.index, slot),
            FIRST_GENERATED_USER_ID + person.index,
            subject,
            body=body,
            created=updated - (draw[33] + 1) * HOUR,
            updated=updated,
            rating=_RATINGS[draw[31] % len(_RATINGS)] if is_rated else None,
            channel=_CHANNELS[draw[36] % len(_CHANNELS)],
            status=status,
            priority=_PRIORITIES[draw[34] % len(_PRIORITIES)],
            tags=[topic, *tags_of(person)],
            assignee_id=DEFAULT_ASSIGNEE_ID + draw[35] % 2 if status != "new" else None,
        )

    def _generated_ticket_id(self, index: int, slot: int) -> int:
        return FIRST_GENERATED_TICKET_ID + index * TICKET_IDS_PER_USER + TICKET_SLOTS - 1 - slot

    def generated_tickets(self, person: GeneratedPerson) -> Iterator[JsonObject]:
        """Make all tickets of a generated person for the sandbox, the newest first."""
        for slot in range(person.ticket_count):
            if (ticket := self.generated_ticket(person, slot)) is not None:
                yield ticket

    def ticket_ids_of(self, user_id: int) -> list[int]:
        """Return the ids of the seed tickets that a sandbox user requested."""
        if (person := self.fixture_people.get(user_id)) is not None:
            return [ticket.id for ticket in person.tickets]
        index = user_id - FIRST_GENERATED_USER_ID
        if not self._is_generated(index):
            return []
        slots = range(self.generated_people.person(index).ticket_count)
        return [self._generated_ticket_id(index, slot) for slot in slots]

    def comments(self, ticket: JsonObject) -> list[JsonObject]:
        """Make the comments of a seed ticket: the description, then the replies."""
        _, fixture = self.fixture_tickets.get(ticket["id"], (None, None))
        replies: tuple[str, ...] = ()
        if fixture is not None:
            replies = fixture.replies
        elif ticket["status"] in ("pending", "solved", "closed"):
            replies = ("Thank you for writing. I have looked into it and taken care of it.",)
        at, requester = ticket["_at"], ticket["requester_id"]
        texts = [(requester, ticket["description"], at - MINUTE)]
        texts += [(ticket["assignee_id"] or DEFAULT_ASSIGNEE_ID, reply, at) for reply in replies]
        return [
            make_comment_record(ticket["id"], number, author, text, public=True, at=time)
            for number, (author, text, time) in enumerate(texts, 1)
        ]

    # Organizations

    def organization(self, organization_id: int) -> JsonObject | None:
        """Make a seed organization of the sandbox's Zendesk, or None where the id means none."""
        index = organization_id - FIRST_GENERATED_ORGANIZATION_ID
        domain_names: tuple[str, ...] = ()
        if organization_id in FIXTURE_ORGANIZATIONS:
            name, domain_names = FIXTURE_ORGANIZATIONS[organization_id]
        elif 0 <= index < ORGANIZATION_COUNT:
            name = organization_name(index)
        else:
            return None
        created = self.generated_people.reference_time - (900 - organization_id % 97) * DAY
        return make_organization_record(organization_id, name, domain_names, created)

    def organization_ids(self) -> list[int]:
        """Return the sandbox's seed organization ids; without generated people the fixtures'."""
        first = FIRST_GENERATED_ORGANIZATION_ID
        count = ORGANIZATION_COUNT if self.generated_people.size else 0
        return [*FIXTURE_ORGANIZATIONS, *range(first, first + count)]


def tags_of(person: GeneratedPerson) -> list[str]:
    """Return a generated person's tags in the sandbox without making the user."""
    # Each tag is on 14 of 256 people.
    return [tag for place, tag in enumerate(USER_TAGS) if person.random_bytes[14 + place] < 14]


def _generated_ticket_status(draw: int, age: float) -> str:
    # Zendesk closes tickets 28 days after they were solved at the latest.
    if age > 32 * DAY:
        return "closed"
    if age > 12 * DAY:
        return "pending" if draw < 15 else "solved"
    return _FRESH_STATUSES[draw % len(_FRESH_STATUSES)]
