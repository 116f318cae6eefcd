"""Customers made on demand from a seed and a number.

Every address, phone number and id carries the number, so that a look-up computes instead of
searching. Numbers below `size` are Zendesk users; a twentieth more are known to Sailthru only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from heapq import merge

from desktop.sandbox.calendar import DAY
from desktop.sandbox.people.names import (
    EACH,
    FAMILY,
    FAMILY_PLAIN,
    GIVEN,
    GIVEN_PLAIN,
    NAMES,
    places_of,
)

DOMAINS = ("mail", "home", "post", "inbox", "web", "letters", "studio", "works")
# Country calling codes by group of names.
CODES = ("1", "34", "351", "49", "33", "46", "81", "91", "971", "48", "234", "39")
# Walks through all names before one comes again: odd and no multiple of three (2^8 · 3^3 names).
STRIDE = 2741
SPAN_S = 730 * DAY
NEWEST_S = 120
# How long before somebody's last activity the newest ticket, the one before it … moved. No slot
# may stay empty for all: a feed would look through the whole crowd for its first.
SLOT_AGES_S = tuple(days * DAY for days in (0, 17.3, 61.8, 140.1, 233.6, 377.4))
SLOTS = len(SLOT_AGES_S)

_ADDRESS = re.compile(r"[a-z.\-]*?(\d+)@[a-z]+\.example")
# How many tickets: one byte of the draw picks from here.
_TICKETS = (0,) * 80 + (1,) * 70 + (2,) * 45 + (3,) * 28 + (4,) * 16 + (5,) * 10 + (6,) * 7


@dataclass(frozen=True, slots=True)
class Person:
    """One of the crowd: what both services derive their records from."""

    index: int
    given: str
    family: str
    group: int
    email: str
    second_email: str | None
    phone: str | None
    active: float
    draw: bytes
    in_zendesk: bool
    boxed: bool
    has_profile: bool
    smart: bool

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}"

    @property
    def profile_email(self) -> str:
        """The address Sailthru knows: now and then the second one."""
        second = self.second_email
        return second if second and self.draw[9] < 64 else self.email

    @property
    def tickets(self) -> int:
        """How many tickets this person wrote."""
        return _TICKETS[self.draw[8]] if self.in_zendesk else 0


@dataclass(frozen=True)
class Crowd:
    """All generated people; shares are between 0 and 1."""

    seed: int
    size: int
    anchor: float
    box: float
    profile: float
    smart: float
    publisher: bool
    predictions: bool

    @property
    def total(self) -> int:
        """Everybody, with those whom only Sailthru knows."""
        return self.size + self.size // 20

    def person(self, index: int) -> Person:
        """Make one person."""
        draw = blake2b(b"%d.%d" % (self.seed, index), digest_size=40).digest()
        group, rest = divmod((index * STRIDE + self.seed) % NAMES, EACH * EACH)
        given, family = divmod(rest, EACH)
        local = f"{GIVEN_PLAIN[group][given]}.{FAMILY_PLAIN[group][family]}{index}"
        second = f"{GIVEN_PLAIN[group][given]}{index}@home.example" if draw[0] < 26 else None
        in_zendesk = index < self.size
        return Person(
            index=index,
            given=GIVEN[group][given],
            family=FAMILY[group][family].replace("-", " "),
            group=group,
            email=f"{local}@{DOMAINS[draw[1] % len(DOMAINS)]}.example",
            second_email=second if in_zendesk else None,
            phone=f"+{CODES[group]}555{index:07d}" if draw[2] < 150 else None,
            active=self.active(index),
            draw=draw,
            in_zendesk=in_zendesk,
            boxed=in_zendesk and _share(draw, 3) < self.box,
            has_profile=not in_zendesk or _share(draw, 5) < self.profile,
            smart=_share(draw, 7) < self.smart,
        )

    def active(self, index: int) -> float:
        """When something last happened to a person: later for higher numbers, denser near now."""
        if index >= self.size:
            index = (index * 7919) % max(self.size, 1)
        away = (self.size - index) / max(self.size, 1)
        return self.anchor - NEWEST_S - SPAN_S * away * away

    def first_active(self, since: float) -> int:
        """Return the lowest number whose `active` is at or after a time."""
        low, high = 0, self.size
        while low < high:
            middle = (low + high) // 2
            if self.active(middle) < since:
                low = middle + 1
            else:
                high = middle
        return low

    def by_email(self, email: str) -> int | None:
        """Return the number in an address if such a number exists."""
        match = _ADDRESS.fullmatch(email)
        if match is None or len(match[1]) > 12:
            return None
        index = int(match[1])
        return index if index < self.total else None

    def by_phone(self, phone: str) -> int | None:
        """Return the number in a phone number if it is that person's."""
        digits = re.sub(r"\D", "", phone)
        if len(digits) < 11:
            return None
        index = int(digits[-7:])
        if index >= self.size or self.person(index).phone != f"+{digits}":
            return None
        return index

    def named(self, words: list[str], *, prefix: bool) -> tuple[Iterator[int], int]:
        """Return those whose name has all the words, in order, and how many there are."""
        fitting: set[int] | None = None
        for word in words:
            given, family = places_of(word, prefix=prefix)
            each = EACH * EACH
            spots = {g * each + n * EACH + other for g, n in given for other in range(EACH)}
            spots |= {g * each + other * EACH + n for g, n in family for other in range(EACH)}
            fitting = spots if fitting is None else fitting & spots
        back = pow(STRIDE, -1, NAMES)
        ranges = [
            range((spot - self.seed) * back % NAMES, self.size, NAMES) for spot in fitting or ()
        ]
        return merge(*ranges), sum(map(len, ranges))


def _share(draw: bytes, at: int) -> float:
    return int.from_bytes(draw[at : at + 2]) / 65536
