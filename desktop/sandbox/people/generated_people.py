"""Customers made on demand from a seed and a number.

Every address, phone number and id carries the number, so that a look-up computes instead of
searching. Numbers below `size` are Zendesk users; a twentieth more are known to Sailthru only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from heapq import merge

from desktop.sandbox.people.person_names import (
    FAMILY_NAMES,
    FOLDED_FAMILY_NAMES,
    FOLDED_GIVEN_NAMES,
    FULL_NAME_COUNT,
    GIVEN_NAMES,
    NAMES_PER_GROUP,
    find_name_positions,
)
from desktop.sandbox.timestamps import DAY

DOMAINS = ("mail", "home", "post", "inbox", "web", "letters", "studio", "works")
# Country calling codes by group of names.
PHONE_COUNTRY_CODES = ("1", "34", "351", "49", "33", "46", "81", "91", "971", "48", "234", "39")
# Walks through all names before one comes again: odd and no multiple of three (2^8 · 3^3 names).
NAME_STRIDE = 2741
ACTIVITY_SPAN_S = 730 * DAY
NEWEST_ACTIVITY_AGE_S = 120
# How long before somebody's last activity the newest ticket, the one before it … moved. No slot
# may stay empty for all: a feed would look through the whole crowd for its first.
TICKET_SLOT_AGES_S = tuple(days * DAY for days in (0, 17.3, 61.8, 140.1, 233.6, 377.4))
TICKET_SLOTS = len(TICKET_SLOT_AGES_S)

_ADDRESS = re.compile(r"[a-z.\-]*?(\d+)@[a-z]+\.example")
# How many tickets: one byte of the draw picks from here.
_TICKET_COUNT_BY_BYTE = (
    (0,) * 80 + (1,) * 70 + (2,) * 45 + (3,) * 28 + (4,) * 16 + (5,) * 10 + (6,) * 7
)


@dataclass(frozen=True, slots=True)
class GeneratedPerson:
    """One of the crowd: what both services derive their records from."""

    index: int
    given: str
    family: str
    group: int
    email: str
    second_email: str | None
    phone: str | None
    last_active_at: float
    random_bytes: bytes
    in_zendesk: bool
    has_sync_box: bool
    has_profile: bool
    on_smart_list: bool

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}"

    @property
    def profile_email(self) -> str:
        """The address Sailthru knows: now and then the second one."""
        second = self.second_email
        return second if second and self.random_bytes[9] < 64 else self.email

    @property
    def ticket_count(self) -> int:
        """How many tickets this person wrote."""
        return _TICKET_COUNT_BY_BYTE[self.random_bytes[8]] if self.in_zendesk else 0


@dataclass(frozen=True)
class GeneratedPeople:
    """All generated people; shares are between 0 and 1."""

    seed: int
    size: int
    reference_time: float
    sync_box_share: float
    profile_share: float
    smart_list_share: float
    is_publisher: bool
    has_predictions: bool

    @property
    def total(self) -> int:
        """Everybody, with those whom only Sailthru knows."""
        return self.size + self.size // 20

    def person(self, index: int) -> GeneratedPerson:
        """Make one person."""
        draw = blake2b(b"%d.%d" % (self.seed, index), digest_size=40).digest()
        group, rest = divmod(
            (index * NAME_STRIDE + self.seed) % FULL_NAME_COUNT, NAMES_PER_GROUP * NAMES_PER_GROUP
        )
        given, family = divmod(rest, NAMES_PER_GROUP)
        local = f"{FOLDED_GIVEN_NAMES[group][given]}.{FOLDED_FAMILY_NAMES[group][family]}{index}"
        second = f"{FOLDED_GIVEN_NAMES[group][given]}{index}@home.example" if draw[0] < 26 else None
        in_zendesk = index < self.size
        return GeneratedPerson(
            index=index,
            given=GIVEN_NAMES[group][given],
            family=FAMILY_NAMES[group][family].replace("-", " "),
            group=group,
            email=f"{local}@{DOMAINS[draw[1] % len(DOMAINS)]}.example",
            second_email=second if in_zendesk else None,
            phone=f"+{PHONE_COUNTRY_CODES[group]}555{index:07d}" if draw[2] < 150 else None,
            last_active_at=self.last_active_at(index),
            random_bytes=draw,
            in_zendesk=in_zendesk,
            has_sync_box=in_zendesk and _fraction(draw, 3) < self.sync_box_share,
            has_profile=not in_zendesk or _fraction(draw, 5) < self.profile_share,
            on_smart_list=_fraction(draw, 7) < self.smart_list_share,
        )

    def last_active_at(self, index: int) -> float:
        """When something last happened to a person: later for higher numbers, denser near now."""
        if index >= self.size:
            index = (index * 7919) % max(self.size, 1)
        away = (self.size - index) / max(self.size, 1)
        return self.reference_time - NEWEST_ACTIVITY_AGE_S - ACTIVITY_SPAN_S * away * away

    def first_index_active_since(self, since: float) -> int:
        """Return the lowest number whose `active` is at or after a time."""
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            if self.last_active_at(middle) < since:
                low = middle + 1
            else:
                high = middle
        return low

    def index_by_email(self, email: str) -> int | None:
        """Return the number in an address if such a number exists."""
        match = _ADDRESS.fullmatch(email)
        if match is None or len(match[1]) > 12:
            return None
        index = int(match[1])
        return index if index < self.total else None

    def index_by_phone(self, phone: str) -> int | None:
        """Return the number in a phone number if it is that person's."""
        digits = re.sub(r"\D", "", phone)
        if len(digits) < 11:
            return None
        index = int(digits[-7:])
        if index >= self.size or self.person(index).phone != f"+{digits}":
            return None
        return index

    def indexes_by_name(self, words: list[str], *, prefix: bool) -> tuple[Iterator[int], int]:
        """Return those whose name has all the words, in order, and how many there are."""
        fitting: set[int] | None = None
        for word in words:
            given, family = find_name_positions(word, prefix=prefix)
            each = NAMES_PER_GROUP * NAMES_PER_GROUP
            spots = {
                g * each + n * NAMES_PER_GROUP + other
                for g, n in given
                for other in range(NAMES_PER_GROUP)
            }
            spots |= {
                g * each + other * NAMES_PER_GROUP + n
                for g, n in family
                for other in range(NAMES_PER_GROUP)
            }
            fitting = spots if fitting is None else fitting & spots
        back = pow(NAME_STRIDE, -1, FULL_NAME_COUNT)
        ranges = [
            range((spot - self.seed) * back % FULL_NAME_COUNT, self.size, FULL_NAME_COUNT)
            for spot in fitting or ()
        ]
        return merge(*ranges), sum(map(len, ranges))


def _fraction(draw: bytes, at: int) -> float:
    return int.from_bytes(draw[at : at + 2]) / 65536
