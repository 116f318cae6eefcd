"""What Zendesk holds before anybody changes it: the cast, and the crowd made from numbers."""

from dataclasses import dataclass, field

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.fixture_people import FIXTURE_PEOPLE, ORGANIZATIONS
from desktop.sandbox.people.fixture_records import FixturePerson, FixtureTicket
from desktop.sandbox.people.generated_people import (
    TICKET_SLOT_AGES_S,
    TICKET_SLOTS,
    GeneratedPeople,
    GeneratedPerson,
)
from desktop.sandbox.people.sample_texts import TICKET_TEXTS, organization_name
from desktop.sandbox.timestamps import DAY, HOUR
from desktop.sandbox.zendesk.record_factories import (
    make_comment_record,
    make_ticket_record,
    make_user_record,
)

FIRST_GENERATED_USER_ID = 30_000_000_000
FIRST_GENERATED_TICKET_ID = 100_000
TICKET_IDS_PER_USER = 8
FIRST_GENERATED_ORGANIZATION_ID = 8001
ORGANIZATION_COUNT = 60

LOCALES = (
    ("en-US", "America/New_York"),
    ("es", "America/Mexico_City"),
    ("pt-PT", "Europe/Lisbon"),
    ("de", "Europe/Berlin"),
    ("fr", "Europe/Paris"),
    ("sv", "Europe/Stockholm"),
    ("ja", "Asia/Tokyo"),
    ("en-GB", "Asia/Kolkata"),
    ("en-GB", "Asia/Dubai"),
    ("pl", "Europe/Warsaw"),
    ("en-GB", "Africa/Lagos"),
    ("it", "Europe/Rome"),
)
TAGS = ("vip", "wholesale", "press", "loyalty", "beta", "sailthru_highvalue")
PRIORITIES = ("normal", "normal", "normal", "low", "high", "urgent", "normal", None)


@dataclass
class ZendeskSeedData:
    """Makes records by id; knows nothing of changes."""

    generated_people: GeneratedPeople
    fixture_people: dict[int, FixturePerson] = field(default_factory=dict)
    fixture_tickets: dict[int, tuple[FixturePerson, FixtureTicket]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for member in FIXTURE_PEOPLE:
            if member.id is not None:
                self.fixture_people[member.id] = member
                self.fixture_tickets |= {story.id: (member, story) for story in member.tickets}

    # Users

    def user(self, user_id: int) -> JsonObject | None:
        """Make a user, or None where the number means nobody."""
        if (member := self.fixture_people.get(user_id)) is not None:
            return self._fixture_user(member)
        index = user_id - FIRST_GENERATED_USER_ID
        return (
            self.generated_user(self.generated_people.person(index))
            if self._is_generated(index)
            else None
        )

    def _is_generated(self, index: int) -> bool:
        return 0 <= index < self.generated_people.size

    def _fixture_user(self, member: FixturePerson) -> JsonObject:
        at = self.generated_people.reference_time
        return make_user_record(
            member.id or 0,
            member.name,
            emails=member.emails,
            phone=member.phone,
            role=member.role,
            created=at - member.age_s - 700 * DAY,
            updated=at - max(member.age_s, 10 * 60.0),
            organization_id=member.organization_id,
            tags=member.tags,
            external_id=member.external_id,
            locale=member.locale,
            time_zone=member.time_zone,
            suspended=member.suspended,
            notes=member.notes,
            user_fields={"sync_to_sailthru": member.has_sync_box},
        )

    def generated_user(self, person: GeneratedPerson) -> JsonObject:
        """Make the user of one of the crowd."""
        draw = person.random_bytes
        locale, zone = LOCALES[person.group]
        return make_user_record(
            FIRST_GENERATED_USER_ID + person.index,
            person.name,
            emails=[person.email, *([person.second_email] if person.second_email else [])],
            phone=person.phone,
            created=person.last_active_at - (20 + draw[11] * 5) * DAY,
            updated=person.last_active_at,
            organization_id=FIRST_GENERATED_ORGANIZATION_ID + draw[12] % ORGANIZATION_COUNT
            if draw[13] < 100
            else None,
            tags=tags_of(person),
            external_id=f"shop-{person.index:07d}" if draw[20] < 128 else None,
            locale=locale,
            time_zone=zone,
            suspended=draw[21] == 0,
            user_fields={"sync_to_sailthru": person.has_sync_box},
            verified=draw[22] < 200,
        )

    def user_ids(self) -> list[int | range]:
        """Return all ids, the crowd as one range."""
        return [
            *sorted(self.fixture_people),
            range(FIRST_GENERATED_USER_ID, FIRST_GENERATED_USER_ID + self.generated_people.size),
        ]

    # Tickets

    def ticket(self, ticket_id: int) -> JsonObject | None:
        """Make a ticket, or None where the number means none."""
        if (found := self.fixture_tickets.get(ticket_id)) is not None:
            return self._fixture_ticket(*found)
        index, rest = divmod(ticket_id - FIRST_GENERATED_TICKET_ID, TICKET_IDS_PER_USER)
        slot = TICKET_SLOTS - 1 - rest
        if not self._is_generated(index) or not 0 <= slot < TICKET_SLOTS:
            return None
        return self.generated_ticket(self.generated_people.person(index), slot)

    def _fixture_ticket(self, member: FixturePerson, story: FixtureTicket) -> JsonObject:
        updated = self.generated_people.reference_time - story.age_s
        return make_ticket_record(
            story.id,
            member.id or 0,
            story.subject,
            body=story.body,
            status=story.status,
            created=updated - (25 * 60 if story.status == "open" else 2 * DAY),
            updated=updated,
            generated=updated,
            priority=story.priority,
            tags=[*story.tags, *member.tags],
            organization_id=member.organization_id,
            rating=story.rating,
        )

    def generated_ticket(self, person: GeneratedPerson, slot: int) -> JsonObject | None:
        """Make a ticket of one of the crowd; slot 0 is the newest."""
        if slot >= person.ticket_count:
            return None
        draw = person.random_bytes
        updated = person.last_active_at - TICKET_SLOT_AGES_S[slot]
        age = self.generated_people.reference_time - updated
        topic, subject, body = TICKET_TEXTS[(draw[23 + slot] + slot) % len(TICKET_TEXTS)]
        status = _generated_ticket_status(draw[30] if slot == 0 else 255, age)
        rating = ("good", "good", "bad", "offered")[draw[31] % 4] if draw[32] < 90 else None
        return make_ticket_record(
            FIRST_GENERATED_TICKET_ID
            + person.index * TICKET_IDS_PER_USER
            + TICKET_SLOTS
            - 1
            - slot,
            FIRST_GENERATED_USER_ID + person.index,
            subject,
            body=body,
            status=status,
            created=updated - (draw[33] + 1) * HOUR,
            updated=updated,
            generated=updated,
            priority=PRIORITIES[draw[34] % len(PRIORITIES)],
            tags=[topic, *tags_of(person)],
            assignee_id=7602 + draw[35] % 2 if status != "new" else None,
            rating=rating if status in ("solved", "closed") else None,
            channel=("email", "web", "api", "chat")[draw[36] % 4],
        )

    def ticket_ids_of(self, user_id: int) -> list[int]:
        """Return the ids of what somebody wrote."""
        if (member := self.fixture_people.get(user_id)) is not None:
            return [story.id for story in member.tickets]
        index = user_id - FIRST_GENERATED_USER_ID
        if not self._is_generated(index):
            return []
        first = FIRST_GENERATED_TICKET_ID + index * TICKET_IDS_PER_USER + TICKET_SLOTS
        return [
            first - 1 - slot for slot in range(self.generated_people.person(index).ticket_count)
        ]

    def comments(self, ticket: JsonObject) -> list[JsonObject]:
        """Make the comments of an unchanged ticket."""
        at = ticket["_at"]
        said = [
            make_comment_record(
                ticket["id"],
                1,
                ticket["requester_id"],
                ticket["description"],
                public=True,
                at=at - 60,
            )
        ]
        _, story = self.fixture_tickets.get(ticket["id"], (None, None))
        if story is not None:
            replies = story.replies
        elif ticket["status"] in ("pending", "solved", "closed"):
            replies = ("Thank you for writing. I have looked into it and taken care of it.",)
        else:
            replies = ()
        author = ticket["assignee_id"] or 7602
        for number, reply in enumerate(replies, 2):
            said.append(
                make_comment_record(ticket["id"], number, author, reply, public=True, at=at)
            )
        return said

    # Organizations

    def organization(self, organization_id: int) -> JsonObject | None:
        """Make an organization."""
        if organization_id in ORGANIZATIONS:
            name, domains = ORGANIZATIONS[organization_id]
        elif 0 <= organization_id - FIRST_GENERATED_ORGANIZATION_ID < ORGANIZATION_COUNT:
            name, domains = organization_name(organization_id - FIRST_GENERATED_ORGANIZATION_ID), ()
        else:
            return None
        return make_organization_record(
            organization_id,
            name,
            domains,
            self.generated_people.reference_time - (900 - organization_id % 97) * DAY,
        )

    def organization_ids(self) -> list[int]:
        """Return all ids; without a crowd only the cast's organizations."""
        crowd = ORGANIZATION_COUNT if self.generated_people.size else 0
        return [
            *ORGANIZATIONS,
            *range(FIRST_GENERATED_ORGANIZATION_ID, FIRST_GENERATED_ORGANIZATION_ID + crowd),
        ]


def tags_of(person: GeneratedPerson) -> list[str]:
    """Return the tags of one of the crowd, without making the user."""
    return [tag for place, tag in enumerate(TAGS) if person.random_bytes[14 + place] < 14]


def make_organization_record(
    organization_id: int, name: str, domains: tuple[str, ...], at: float
) -> JsonObject:
    """One organization."""
    from desktop.sandbox.timestamps import format_iso_utc

    return {
        "id": organization_id,
        "name": name,
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "created_at": format_iso_utc(at),
        "updated_at": format_iso_utc(at),
        "domain_names": list(domains),
        "details": "",
        "notes": "",
        "group_id": None,
        "tags": [],
        "organization_fields": {},
        "_at": at,
    }


def _generated_ticket_status(draw: int, age: float) -> str:
    if age > 32 * DAY:
        return "closed"
    if age > 12 * DAY:
        return "pending" if draw < 15 else "solved"
    return ("new", "open", "open", "pending", "hold", "solved", "solved", "open")[draw % 8]
