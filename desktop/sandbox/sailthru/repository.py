"""Repository of the Sailthru sandbox: changed profiles and lists over seed records, with counts."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from hashlib import md5

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.generated_people import GeneratedPerson
from desktop.sandbox.record_table import RecordTable
from desktop.sandbox.sailthru.seed_data import (
    NORMAL_LISTS,
    RECORD_TEMPLATES,
    SMART_LIST,
    SailthruSeedData,
    make_profile_record,
)
from desktop.sandbox.sailthru.smart_list_query import matches_query
from desktop.sandbox.state import SandboxState
from desktop.sandbox.timestamps import DAY

_SID = re.compile(r"[0-9a-f]{24}")
# Above this many people a list's count is estimated: Sailthru's own counts lag behind as well.
EXACT_COUNT_LIMIT = 10_000


class SailthruRepository:
    """The tables of the sandbox's Sailthru: profiles, lists, jobs, and indexes."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.people = state.generated_people
        self.seed_data = SailthruSeedData(self.people)
        self.profiles = self._table("profile", self.seed_data.profile)
        self.lists = self._table("list", self._seed_list)
        self.jobs = self._table("job")
        # By URL.
        self.content = self._table("content")
        # Payloads of jobs that are not done, as "payload JOB-ID".
        self.records = self._table("record")
        # "stuck-job" or "failed-job" while a request with that fault is served.
        self.job_fault = ""
        # "KEY VALUE" → the sids ever found under it; a look-up compares with the profile of today.
        self._sids_by_key: dict[str, set[str]] = {}
        self._list_member_counts: dict[str, int] = {}
        self._created_profile_count = int(state.store.get("sailthru.next", "profile", 0))
        for sid in self.seed_data.fixture_profiles:
            self._index(sid, None, self.seed_data.profile(sid))
        self.profiles.on_change = self._index
        for table in (self.profiles, self.lists, self.jobs, self.content, self.records):
            table.restore()

    def _table(
        self, kind: str, seed: Callable[[str], JsonObject | None] = lambda _key: None
    ) -> RecordTable[str]:
        return RecordTable(f"sailthru.{kind}", self.state.store, seed, self.state.now, str)

    # Profiles

    def _index(self, sid: str, before: JsonObject | None, after: JsonObject | None) -> None:
        if after is not None:
            for key in ("email", "extid", "sms"):
                if after[key]:
                    self._sids_by_key.setdefault(f"{key} {after[key]}", set()).add(sid)
        for name in self._list_member_counts:
            was = before is not None and self.is_list_member(name, before)
            now = after is not None and self.is_list_member(name, after)
            self._list_member_counts[name] += now - was

    def find_profile(self, key: str, value: str) -> JsonObject | None:
        """Find a profile of the sandbox's Sailthru by key; addresses go by lower case."""
        if key == "sid":
            return self.profiles.get(value.lower())
        if key == "email":
            value = value.lower()
        if key == "cookie":
            # The sid stands in the middle of the 88 digits.
            found = self.profiles.get(value[32:56])
            return found if found and found["cookie"] == value else None
        sids = set(self._sids_by_key.get(f"{key} {value}", ()))
        if key == "email" and (sid := self.seed_data.sid_by_email(value)):
            sids.add(sid)
        if key == "extid" and re.fullmatch(r"shop-\d{7}", value):
            sids.add(self.seed_data.sid_of(int(value[5:])))
        profiles = map(self.profiles.get, sorted(sids))
        return next((found for found in profiles if found and found[key] == value), None)

    def recognise_key(self, identifier: str) -> str:
        """Tell which key an id is at the sandbox's Sailthru: a sid by form, else an address."""
        return "sid" if _SID.fullmatch(identifier.lower()) else "email"

    def new_profile(self, email: str) -> JsonObject:
        """Make the draft of a new profile at the sandbox's Sailthru."""
        self._created_profile_count += 1
        self.state.store.put("sailthru.next", "profile", self._created_profile_count)
        text = f"{self.people.seed} {self._created_profile_count}"
        digest = md5(text.encode(), usedforsecurity=False).hexdigest()
        now = self.state.now()
        # As a MongoDB id: the first eight digits are the time of creation.
        record = deepcopy(make_profile_record(f"{int(now):08x}{digest[:16]}", email, now))
        record["activity"]["signup_time"] = now
        return record

    def save_profile(self, profile: JsonObject) -> None:
        """Store a profile of the sandbox's Sailthru as changed now."""
        profile["_at"] = self.state.now()
        self.profiles.put(profile["sid"], profile)

    def is_unchanged(self, person: GeneratedPerson) -> bool:
        """Whether a generated person's profile at the sandbox's Sailthru is unchanged."""
        return (
            person.has_profile
            and self.seed_data.sid_of(person.index) not in self.profiles.overrides
        )

    def individual_profiles(self) -> Iterator[JsonObject]:
        """Return fixture and changed profiles of the sandbox's Sailthru; not the generated."""
        for sid in self.seed_data.fixture_profiles:
            if sid not in self.profiles.overrides:
                yield self.seed_data.profile(sid) or {}
        for _, profile in self.profiles.existing_overrides():
            yield profile

    def all_profiles(self) -> Iterator[JsonObject]:
        """Return all profiles of the sandbox's Sailthru, the generated ones first."""
        for person in map(self.people.person, range(self.people.total)):
            if self.is_unchanged(person):
                yield self.seed_data.generated_profile(person)
        yield from list(self.individual_profiles())

    # Lists

    def _seed_list(self, name: str) -> JsonObject | None:
        if name not in (*NORMAL_LISTS, SMART_LIST):
            return None
        created = self.state.calendar.reference_time - 2000 * DAY
        record = make_list_record(name, created) | {"primary": name == "Newsletter"}
        if name != SMART_LIST:
            return record
        query = {"criteria": ["match"], "field": ["zendesk_sync"], "value": [True]}
        return record | {"type": "smart", "query": {"source_list": "Master List", **query}}

    def all_lists(self) -> list[JsonObject]:
        """Return the lists of the sandbox's Sailthru in order of their names."""
        names = {*NORMAL_LISTS, SMART_LIST, *self.lists.overrides}
        found = map(self.lists.get, sorted(names, key=str.casefold))
        return [record for record in found if record is not None]

    def smart_lists_of(self, profile: JsonObject) -> list[str]:
        """Return the names of the sandbox's smart lists that a profile is on."""
        smart = (record["name"] for record in self.all_lists() if record["type"] == "smart")
        return [name for name in smart if self.is_list_member(name, profile)]

    def is_list_member(self, name: str, profile: JsonObject) -> bool:
        """Whether a profile is on a list of the sandbox's Sailthru, natural or smart."""
        record = self.lists.get(name)
        if record is None:
            return False
        if record["type"] != "smart":
            # Whoever was on a list of this name that has been deleted since is not on the new one.
            joined = profile["lists"].get(name)
            return joined is not None and joined >= record["create_time"]
        source = str(record["query"].get("source_list"))
        # A source that is no list, such as "Master List", is everybody.
        if self.lists.get(source) is not None and not self.is_list_member(source, profile):
            return False
        return matches_query(record["query"], profile, self.state.now())

    def save_list(self, record: JsonObject) -> None:
        """Store a list's definition in the sandbox's Sailthru; its count is forgotten."""
        self.lists.put(record["name"], record)
        self._list_member_counts.pop(record["name"], None)

    def remove_list(self, name: str) -> None:
        """Delete a list of the sandbox's Sailthru; profiles lose it when next read or written."""
        self.lists.remove(name)
        self._list_member_counts.pop(name, None)

    def count_list_members(self, name: str) -> int:
        """Count a sandbox list's members once; later changes are added up by the index."""
        counts = self._list_member_counts
        if name not in counts:
            record = self.lists.get(name)
            names = [name]
            if record is not None and record["type"] != "smart":
                # One walk through all people counts every natural list.
                natural = (it["name"] for it in self.all_lists() if it["type"] != "smart")
                names = [it for it in natural if it not in counts]
            found = self._count_generated_members(names)
            for profile in self.individual_profiles():
                found.update(one for one in names if self.is_list_member(one, profile))
            counts |= {one: found[one] for one in names}
        return counts[name]

    def _count_generated_members(self, names: list[str]) -> Counter[str]:
        """Count natural lists, or one smart list, among the sandbox's generated people."""
        total, name = self.people.total, names[0]
        counted = min(total, EXACT_COUNT_LIMIT)
        is_smart = (self.lists.get(name) or {}).get("type") == "smart"
        is_seed_list = name == SMART_LIST and name not in self.lists.overrides
        found: Counter[str] = Counter()
        for person in map(self.people.person, range(counted)):
            if not self.is_unchanged(person):
                continue
            if is_seed_list:
                found[name] += person.on_smart_list
            elif is_smart:
                found[name] += self.is_list_member(name, self.seed_data.generated_profile(person))
            else:
                # The names alone: of a mapping, `update` adds the values, which are join times.
                found.update(iter(self.seed_data.generated_lists_of(person)))
        if counted < total:
            return Counter({one: count * total // counted for one, count in found.items()})
        return found


def make_list_record(name: str, created: float) -> JsonObject:
    """Make a natural list of the sandbox's Sailthru; its id derives from its name."""
    digest = md5(f"list {name}".encode(), usedforsecurity=False).hexdigest()
    return RECORD_TEMPLATES["list"] | {
        "list_id": digest[:24],
        "name": name,
        "create_time": created,
        "query": {},
        "vars": {},
    }
