"""The data workspace at many people: ten named queries beside DuckDB's, reports, disk, memory.

`--scale 1` is 100,000 people with three tickets each, `--scale 10` a million.
"""

import gc
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from desktop.audience.condition_parser import parse_expression
from desktop.model.audience_person import AudienceColumn, AudienceOrder
from desktop.model.customer_value import CustomerType, default_value_source
from desktop.model.exported_profile import ExportedProfile
from desktop.model.kept_ticket import KeptOrganization, KeptTicket, SatisfactionRating
from desktop.model.match_keys import hash_email
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.audience_people_repository import position_of
from desktop.store.audience_query import QueryMoment
from desktop.store.data_workspace_store import DataStore, open_data_store
from desktop.store.kept_profile_repository import ProfileFields
from tests.bench.duckdb_comparison import compare_with_duckdb
from tests.bench.people_copies import copy_people
from tests.bench.report import Figure, median
from tests.bench.report_queries import ask_reports

_PEOPLE = 100_000
# More people than `_PEOPLE` are copies in SQL of so many that the repositories have stored.
_COPIED = 10_000
_PAGE = 1000
_FIRST_PAGE_MS, _COUNT_MS, _PHRASE_MS = 200.0, 1000.0, 300.0
_DAY = 86_400.0
_GIVEN = (
    "Maria",
    "Tom",
    "Dana",
    "Sam",
    "Zoë",
    "Luc",
    "Käthe",
    "Rui",
    "Omar",
    "Priya",
    "Jo",
    "Wren",
)
_FAMILY = ("Lopez", "Reyes", "Okafor", "Fox", "Ångström", "Morin", "Zimmermann", "Nunes", "Nair")
_SUBJECTS = (
    "Where is my parcel", "Refund for order", "Wrong size", "Cancel my account", "Login fails",
    "Late delivery", "Invoice missing", "Gift card", "Broken on arrival", "Change of address",
)  # fmt: skip
_WORDS = (
    "please", "order", "parcel", "money", "back", "week", "thank", "help", "account", "address",
    "delivery", "wrong", "broken", "size", "gift", "card", "invoice", "phone", "answer", "waiting",
    "tomorrow", "today", "colour", "shop", "lamp", "chair", "table",
)  # fmt: skip
_STATUSES = ("closed",) * 14 + ("solved",) * 3 + ("open", "pending", "new")

QUERIES: dict[str, tuple[str, AudienceOrder]] = {
    "everybody, newest ticket first": ("", AudienceOrder()),
    "one column: open tickets": ("open_tickets >= 1", AudienceOrder()),
    "one rare value: health, by name": (
        "health is frustrated", AudienceOrder(AudienceColumn.NAME, is_descending=False),
    ),
    "two columns": ("open_tickets >= 1 and value >= 3", AudienceOrder()),
    "five columns": (
        "open_tickets >= 1 and value >= 2 and health is not happy and engagement is active and"
        " last_ticket within 365 days",
        AudienceOrder(),
    ),
    "a tag and a list": ("tag is vip and list is Newsletter", AudienceOrder()),
    "a phrase": ('subject contains "late delivery"', AudienceOrder()),
    "a rare phrase": ('body contains "chandelier"', AudienceOrder()),
    "or-groups": (
        "last_ticket within 365 days and tag is not staff and (health is frustrated or rating is"
        ' bad or text contains "refund")',
        AudienceOrder(),
    ),
    "nobody": ("tag is vip and locale is xx", AudienceOrder(AudienceColumn.VALUE)),
}  # fmt: skip
_PHRASES = ("a phrase", "a rare phrase")


def measure(rounds: int, *, scale: float) -> list[Figure]:
    """Fill a store and ask each query some times, warm."""
    people = int(_PEOPLE * scale)
    with tempfile.TemporaryDirectory(prefix="fairlead-data-") as folder:
        store = open_data_store(Path(folder))
        try:
            rows = list(_fill(store, people))
            now = time.time()
            counts: dict[str, int] = {}
            rows += _ask(store, rounds or 5, now, counts)
            rows += ask_reports(store, Path(folder) / "own", rounds or 5)
            gc.collect()
            rows.append(Figure("memory after all queries", _resident_mib(), "MiB"))
            rows += compare_with_duckdb(store.data_db, counts, now, rounds or 5, Path(folder))
        finally:
            store.close()
    return rows


def _fill(store: DataStore, wanted: int) -> Iterator[Figure]:
    people = wanted if wanted <= _PEOPLE else _COPIED
    draw, now = random.Random(7), time.time()
    store.people.save_organizations.blocking(
        [KeptOrganization(n, f"Company {n:03d}") for n in range(1, 61)], "", now
    )
    began = time.perf_counter()
    for first in range(1, people + 1, _PAGE):
        page = [_user(n, draw, now) for n in range(first, min(first + _PAGE, people + 1))]
        store.people.save_users.blocking(page, "cursor", now)
    yield Figure("users stored a second", people / (time.perf_counter() - began), "/s")
    memory = _resident_mib()
    began, tickets = time.perf_counter(), people * 3
    for first in range(1, tickets + 1, _PAGE):
        numbers = range(first, min(first + _PAGE, tickets + 1))
        page_of_tickets = [_ticket(n, people, tickets, draw, now) for n in numbers]
        store.tickets.save_tickets.blocking(page_of_tickets, "cursor", now)
        rated = [one for one in page_of_tickets if one.rating]
        ratings = [
            SatisfactionRating(one.id, one.id, one.requester_id or 0, one.rating,
                               one.assignee_id, "", "", one.created_at or 0, one.updated_at or 0)
            for one in rated
        ]  # fmt: skip
        store.tickets.save_ratings.blocking(ratings, "cursor", now)
    yield Figure("tickets stored a second", tickets / (time.perf_counter() - began), "/s")
    fields = ProfileFields("zendesk_health", default_value_source(CustomerType.ECOMMERCE, "USD"))
    for first in range(1, people + 1, _PAGE):
        numbers = range(first, min(first + _PAGE, people + 1))
        profiles = [_profile(n, draw, now) for n in numbers if n % 5]
        store.profiles.save_profiles.blocking("Newsletter", profiles, "job", fields, now)
    gc.collect()
    yield Figure("memory grown while tickets were stored", _resident_mib() - memory, "MiB")
    if wanted > people:
        taken = copy_people(store, wanted // people)
        yield Figure("copying everybody in SQL", taken, "s", note=f"{wanted:,} people")
    store.data_db.read(lambda c: c.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    for database in (store.data_db, store.history_db):
        size = database.path.stat().st_size / wanted
        yield Figure(f"bytes a person in {database.path.name}", size, "B")


def _ask(store: DataStore, rounds: int, now: float, counts: dict[str, int]) -> Iterator[Figure]:
    moment = QueryMoment(now, ZoneInfo("America/New_York"))
    people = store.audience
    for name, (text, order) in QUERIES.items():
        group = parse_expression(text)
        began = time.thread_time()
        total = counts[name] = people.count.blocking(group, moment)
        first_ms = (time.thread_time() - began) * 1000
        count = partial(people.count.blocking, group, moment)
        find = partial(people.list_people.blocking, group, moment, order, 200, total=total)
        page = find()
        note = f"{total:,} people"
        yield Figure(
            f"{name}: first page", _median_ms(find, rounds), "ms", _FIRST_PAGE_MS, note=note
        )
        aim = _PHRASE_MS if name in _PHRASES else _COUNT_MS
        yield Figure(f"{name}: first count", first_ms, "ms")
        yield Figure(f"{name}: count", _median_ms(count, rounds), "ms", aim)
        if len(page) == 200:
            more = partial(find, after=position_of(page[-1], order))
            yield Figure(f"{name}: next page", _median_ms(more, rounds), "ms", _FIRST_PAGE_MS)


def _user(number: int, draw: random.Random, now: float) -> ZendeskUser:
    name = f"{draw.choice(_GIVEN)} {draw.choice(_FAMILY)}"
    tags = ("vip",) if number % 21 == 0 else ("staff",) if number % 97 == 0 else ()
    return ZendeskUser(
        id=30_000_000_000 + number,
        name=name,
        email=f"p{number}@people.example",
        phone=f"+1555{number:07d}" if number % 3 == 0 else None,
        organization_id=1 + number % 60 if number % 2 else None,
        tags=tags,
        user_fields={"sync_to_sailthru": number % 10 == 0},
        locale=("en-US", "de", "fr", "es")[number % 4],
        created_at=now - draw.random() * 900 * _DAY,
        updated_at=now - draw.random() * 100 * _DAY,
    )


def _ticket(number: int, people: int, tickets: int, draw: random.Random, now: float) -> KeptTicket:
    # Zendesk numbers tickets as they come, of late more of them.
    created = now - (1 - number / tickets) ** 2 * 730 * _DAY
    status = draw.choice(_STATUSES)
    words = [draw.choice(_WORDS) for _ in range(30)]
    if number % 5000 == 0:
        words.append("chandelier")
    subject = draw.choice(_SUBJECTS)
    is_solved = status in ("solved", "closed")
    return KeptTicket(
        id=number,
        subject=subject,
        status=status,
        priority="normal",
        requester_id=30_000_000_000 + 1 + draw.randrange(people),
        created_at=created,
        updated_at=min(now, created + draw.random() * 5 * _DAY),
        tags=(subject.split()[0].lower(), "web"),
        assignee_id=7600 + number % 12,
        changed_at=created,
        description=" ".join(words),
        channel="web",
        rating=("good", "bad")[number % 7 == 0] if is_solved and number % 4 == 0 else "",
        solved_at=created + _DAY if is_solved else None,
    )


def _profile(number: int, draw: random.Random, now: float) -> ExportedProfile:
    found: dict[str, str] = {"rev_365": f"{draw.random() * 2000:.0f}"}
    found["customer_value"] = str(draw.randint(1, 4))
    if number % 9 == 0:
        found["zendesk_health"] = draw.choice(("happy", "neutral", "frustrated"))
    return ExportedProfile(
        f"{number:024x}",
        hash_email(f"p{number}@people.example"),
        engagement=draw.choice(("active", "passive", "dormant", "engaged")),
        activity={"open_time": now - draw.random() * 300 * _DAY},
        vars=found,
    )


def _median_ms(act: Callable[[], object], rounds: int) -> float:
    """The median of some warm rounds, in ms of this thread's own time: others share the machine."""
    taken = []
    for _ in range(rounds):
        began = time.thread_time()
        act()
        taken.append((time.thread_time() - began) * 1000)
    return median(taken)


def _resident_mib() -> float:
    text = Path("/proc/self/statm").read_text(encoding="ascii")
    return int(text.split()[1]) * 4096 / 2**20
