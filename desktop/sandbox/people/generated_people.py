"""Generated people: made on demand from a seed and a number, never stored.

Every address, phone number and id carries the number, so that a look-up computes instead of
searching: a million people cost no memory. Numbers below `size` are Zendesk users; a twentieth
more are known to Sailthru only.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from heapq import merge

from desktop.sandbox.people.person_names import (
    FULL_NAME_COUNT,
    NAMES_PER_REGION,
    REGIONS,
    NameRegion,
    find_name_positions,
)
from desktop.sandbox.timestamps import DAY

EMAIL_DOMAINS = ("mail", "home", "post", "inbox", "web", "letters", "studio", "works")
# Walks through all names before one comes again: odd and no multiple of three, as there are
# 2^8 · 3^3 names.
NAME_STRIDE = 2741
# Spreads numbers evenly over 32 bits (Knuth's multiplicative hash).
_SELL_STRIDE = 2_654_435_761
# Activity is spread over two years, denser near now.
ACTIVITY_SPAN_S = 730 * DAY
# The newest person was active two minutes ago: outside the minute that Zendesk's exports withhold.
NEWEST_ACTIVITY_AGE_S = 120
# How long before a person's last activity the newest ticket, the one before it … changed. No slot
# may stay empty for all: an export would look through everybody for its first row.
TICKET_SLOT_AGES_S = tuple(days * DAY for days in (0, 17.3, 61.8, 140.1, 233.6, 377.4))
TICKET_SLOTS = len(TICKET_SLOT_AGES_S)

_ADDRESS = re.compile(r"[a-z.\-]*?(\d+)@[a-z]+\.example")
# One random byte picks a number of tickets: 80 of 256 people wrote none, seven wrote six.
_TICKET_COUNT_BY_BYTE = (
    (0,) * 80 + (1,) * 70 + (2,) * 45 + (3,) * 28 + (4,) * 16 + (5,) * 10 + (6,) * 7
)


@dataclass(frozen=True, slots=True)
class GeneratedPerson:
    """One generated person, from whom a Zendesk user and a Sailthru profile derive."""

    index: int
    given: str
    family: str
    region: NameRegion
    email: str
    second_email: str | None
    phone: str | None
    last_active_at: float
    # 40 bytes; each decides one trait of the records of both services.
    random_bytes: bytes
    in_zendesk: bool
    has_sync_box: bool
    has_profile: bool
    on_smart_list: bool

    @property
    def name(self) -> str:
        """The generated person's given and family name."""
        return f"{self.given} {self.family}"

    @property
    def profile_email(self) -> str:
        """The generated person's address at Sailthru: for a quarter the second of two."""
        second = self.second_email
        return second if second and self.random_bytes[9] < 64 else self.email

    @property
    def ticket_count(self) -> int:
        """How many tickets the generated person wrote."""
        return _TICKET_COUNT_BY_BYTE[self.random_bytes[8]] if self.in_zendesk else 0


@dataclass(frozen=True)
class GeneratedPeople:
    """All generated people of one sandbox; shares are between 0 and 1."""

    seed: int
    size: int
    reference_time: float
    sync_box_share: float
    profile_share: float
    smart_list_share: float
    is_publisher: bool
    has_predictions: bool
    sell_contact_share: float = 0.4
    sell_lead_share: float = 0.2

    @property
    def total(self) -> int:
        """How many people are generated, with those whom only Sailthru knows."""
        return self.size + self.size // 20

    def person(self, index: int) -> GeneratedPerson:
        """Generate the person of a number."""
        draw = blake2b(b"%d.%d" % (self.seed, index), digest_size=40).digest()
        name = (index * NAME_STRIDE + self.seed) % FULL_NAME_COUNT
        region_and_given, family = divmod(name, NAMES_PER_REGION)
        place, given = divmod(region_and_given, NAMES_PER_REGION)
        region = REGIONS[place]
        folded = region.folded_given_names[given]
        domain = EMAIL_DOMAINS[draw[1] % len(EMAIL_DOMAINS)]
        in_zendesk = index < self.size
        has_second_email = in_zendesk and draw[0] < 26
        return GeneratedPerson(
            index=index,
            given=region.given_names[given],
            family=region.family_names[family],
            region=region,
            email=f"{folded}.{region.folded_family_names[family]}{index}@{domain}.example",
            second_email=f"{folded}{index}@home.example" if has_second_email else None,
            phone=f"+{region.phone_country_code}555{index:07d}" if draw[2] < 150 else None,
            last_active_at=self.last_active_at(index),
            random_bytes=draw,
            in_zendesk=in_zendesk,
            has_sync_box=in_zendesk and _fraction(draw, 3) < self.sync_box_share,
            has_profile=not in_zendesk or _fraction(draw, 5) < self.profile_share,
            on_smart_list=_fraction(draw, 7) < self.smart_list_share,
        )

    def sell_role(self, index: int) -> str:
        """Return whether a generated person is a `contact` or a `lead` in Sell, or neither."""
        # By the number alone: a list of a hundred thousand makes nobody.
        place = (index * _SELL_STRIDE & 0xFFFFFFFF) / (1 << 32)
        if place < self.sell_contact_share:
            return "contact"
        return "lead" if place < self.sell_contact_share + self.sell_lead_share else ""

    def last_active_at(self, index: int) -> float:
        """Return when a generated person was last active (Unix time): later for higher numbers."""
        if index >= self.size:
            # Sailthru's own people are spread over the same time; 7919 is a prime.
            index = (index * 7919) % max(self.size, 1)
        away = (self.size - index) / max(self.size, 1)
        return self.reference_time - NEWEST_ACTIVITY_AGE_S - ACTIVITY_SPAN_S * away * away

    def first_index_active_since(self, since: float) -> int:
        """Return the lowest number of a generated person last active at or after a Unix time."""
        return bisect_left(range(self.size), since, key=self.last_active_at)

    def index_by_email(self, email: str) -> int | None:
        """Return the number of a generated person in an address, if there is such a person."""
        match = _ADDRESS.fullmatch(email)
        if match is None or len(match[1]) > 12:
            return None
        index = int(match[1])
        return index if index < self.total else None

    def index_by_phone(self, phone: str) -> int | None:
        """Return the number of a generated person in a phone number, if it is theirs."""
        digits = re.sub(r"\D", "", phone)
        if len(digits) < 11:
            return None
        index = int(digits[-7:])
        if index >= self.size or self.person(index).phone != f"+{digits}":
            return None
        return index

    def indexes_by_name(self, words: list[str], *, prefix: bool) -> tuple[Iterator[int], int]:
        """Find generated people whose name has all the words, in order, and how many they are."""
        names = [find_name_positions(word, prefix=prefix) for word in words]
        # The inverse of the stride turns the number of a name into the first who has it.
        inverse = pow(NAME_STRIDE, -1, FULL_NAME_COUNT)
        ranges = [
            range((name - self.seed) * inverse % FULL_NAME_COUNT, self.size, FULL_NAME_COUNT)
            for name in (set.intersection(*names) if names else ())
        ]
        return merge(*ranges), sum(map(len, ranges))


def _fraction(draw: bytes, at: int) -> float:
    return int.from_bytes(draw[at : at + 2]) / 65536
