"""What Zendesk holds before anybody changes it: the cast, and the crowd made from numbers."""

from dataclasses import dataclass, field

from desktop.sandbox.calendar import DAY, HOUR
from desktop.sandbox.call import Record
from desktop.sandbox.people.cast import CAST, ORGANIZATIONS
from desktop.sandbox.people.crowd import SLOT_AGES_S, SLOTS, Crowd, Person
from desktop.sandbox.people.member import Member, Story
from desktop.sandbox.people.small_talk import SUBJECTS, organization_name
from desktop.sandbox.zendesk.shape import comment_record, ticket_record, user_record

USERS_FROM = 30_000_000_000
TICKETS_FROM = 100_000
TICKETS_EACH = 8
ORGANIZATIONS_FROM = 8001
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
class Base:
    """Makes records by id; knows nothing of changes."""

    crowd: Crowd
    members: dict[int, Member] = field(default_factory=dict)
    stories: dict[int, tuple[Member, Story]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for member in CAST:
            if member.id is not None:
                self.members[member.id] = member
                self.stories |= {story.id: (member, story) for story in member.tickets}

    # Users

    def user(self, user_id: int) -> Record | None:
        """Make a user, or None where the number means nobody."""
        if (member := self.members.get(user_id)) is not None:
            return self._member(member)
        index = user_id - USERS_FROM
        return self.crowd_user(self.crowd.person(index)) if self._in_crowd(index) else None

    def _in_crowd(self, index: int) -> bool:
        return 0 <= index < self.crowd.size

    def _member(self, member: Member) -> Record:
        at = self.crowd.anchor
        return user_record(
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
            user_fields={"sync_to_sailthru": member.boxed},
        )

    def crowd_user(self, person: Person) -> Record:
        """Make the user of one of the crowd."""
        draw = person.draw
        locale, zone = LOCALES[person.group]
        return user_record(
            USERS_FROM + person.index,
            person.name,
            emails=[person.email, *([person.second_email] if person.second_email else [])],
            phone=person.phone,
            created=person.active - (20 + draw[11] * 5) * DAY,
            updated=person.active,
            organization_id=ORGANIZATIONS_FROM + draw[12] % ORGANIZATION_COUNT
            if draw[13] < 100
            else None,
            tags=tags_of(person),
            external_id=f"shop-{person.index:07d}" if draw[20] < 128 else None,
            locale=locale,
            time_zone=zone,
            suspended=draw[21] == 0,
            user_fields={"sync_to_sailthru": person.boxed},
            verified=draw[22] < 200,
        )

    def user_ids(self) -> list[int | range]:
        """Return all ids, the crowd as one range."""
        return [*sorted(self.members), range(USERS_FROM, USERS_FROM + self.crowd.size)]

    # Tickets

    def ticket(self, ticket_id: int) -> Record | None:
        """Make a ticket, or None where the number means none."""
        if (found := self.stories.get(ticket_id)) is not None:
            return self._story(*found)
        index, rest = divmod(ticket_id - TICKETS_FROM, TICKETS_EACH)
        slot = SLOTS - 1 - rest
        if not self._in_crowd(index) or not 0 <= slot < SLOTS:
            return None
        return self.crowd_ticket(self.crowd.person(index), slot)

    def _story(self, member: Member, story: Story) -> Record:
        updated = self.crowd.anchor - story.age_s
        return ticket_record(
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

    def crowd_ticket(self, person: Person, slot: int) -> Record | None:
        """Make a ticket of one of the crowd; slot 0 is the newest."""
        if slot >= person.tickets:
            return None
        draw = person.draw
        updated = person.active - SLOT_AGES_S[slot]
        age = self.crowd.anchor - updated
        topic, subject, body = SUBJECTS[(draw[23 + slot] + slot) % len(SUBJECTS)]
        status = _status(draw[30] if slot == 0 else 255, age)
        rating = ("good", "good", "bad", "offered")[draw[31] % 4] if draw[32] < 90 else None
        return ticket_record(
            TICKETS_FROM + person.index * TICKETS_EACH + SLOTS - 1 - slot,
            USERS_FROM + person.index,
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
        if (member := self.members.get(user_id)) is not None:
            return [story.id for story in member.tickets]
        index = user_id - USERS_FROM
        if not self._in_crowd(index):
            return []
        first = TICKETS_FROM + index * TICKETS_EACH + SLOTS
        return [first - 1 - slot for slot in range(self.crowd.person(index).tickets)]

    def comments(self, ticket: Record) -> list[Record]:
        """Make the comments of an unchanged ticket."""
        at = ticket["_at"]
        said = [
            comment_record(
                ticket["id"],
                1,
                ticket["requester_id"],
                ticket["description"],
                public=True,
                at=at - 60,
            )
        ]
        _, story = self.stories.get(ticket["id"], (None, None))
        if story is not None:
            replies = story.replies
        elif ticket["status"] in ("pending", "solved", "closed"):
            replies = ("Thank you for writing. I have looked into it and taken care of it.",)
        else:
            replies = ()
        author = ticket["assignee_id"] or 7602
        for number, reply in enumerate(replies, 2):
            said.append(comment_record(ticket["id"], number, author, reply, public=True, at=at))
        return said

    # Organizations

    def organization(self, organization_id: int) -> Record | None:
        """Make an organization."""
        if organization_id in ORGANIZATIONS:
            name, domains = ORGANIZATIONS[organization_id]
        elif 0 <= organization_id - ORGANIZATIONS_FROM < ORGANIZATION_COUNT:
            name, domains = organization_name(organization_id - ORGANIZATIONS_FROM), ()
        else:
            return None
        return organization_record(
            organization_id, name, domains, self.crowd.anchor - (900 - organization_id % 97) * DAY
        )

    def organization_ids(self) -> list[int]:
        """Return all ids; without a crowd only the cast's organizations."""
        crowd = ORGANIZATION_COUNT if self.crowd.size else 0
        return [*ORGANIZATIONS, *range(ORGANIZATIONS_FROM, ORGANIZATIONS_FROM + crowd)]


def tags_of(person: Person) -> list[str]:
    """Return the tags of one of the crowd, without making the user."""
    return [tag for place, tag in enumerate(TAGS) if person.draw[14 + place] < 14]


def organization_record(
    organization_id: int, name: str, domains: tuple[str, ...], at: float
) -> Record:
    """One organization."""
    from desktop.sandbox.calendar import iso

    return {
        "id": organization_id,
        "name": name,
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": None,
        "created_at": iso(at),
        "updated_at": iso(at),
        "domain_names": list(domains),
        "details": "",
        "notes": "",
        "group_id": None,
        "tags": [],
        "organization_fields": {},
        "_at": at,
    }


def _status(draw: int, age: float) -> str:
    if age > 32 * DAY:
        return "closed"
    if age > 12 * DAY:
        return "pending" if draw < 15 else "solved"
    return ("new", "open", "open", "pending", "hold", "solved", "solved", "open")[draw % 8]
