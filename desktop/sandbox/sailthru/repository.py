"""Everything Sailthru holds now: profiles and lists, changed over generated."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import md5

from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.record_table import RecordTable
from desktop.sandbox.sailthru.seed_data import (
    NORMAL_LISTS,
    SMART_LIST,
    SailthruSeedData,
    make_profile_record,
)
from desktop.sandbox.sailthru.smart_list_query import matches_query
from desktop.sandbox.state import SandboxState

SID = re.compile(r"[0-9a-f]{24}")
# Above this many people a list's count is estimated, as Sailthru's own lag (contract 5).
EXACT_COUNT_LIMIT = 10_000


class SailthruRepository:
    """The tables of one Sailthru account and their indexes."""

    def __init__(self, state: SandboxState) -> None:
        self.state = state
        self.seed_data = SailthruSeedData(state.generated_people)
        self.profiles = self._table("profile", self.seed_data.profile)
        self.lists = self._table("list", self._seed_list)
        self.jobs = self._table("job")
        self.records = self._table("record")
        # "stuck-job" or "failed-job" while a request with that fault is served.
        self.job_fault = ""
        self._sids_by_key: dict[str, set[str]] = {}
        self._list_member_counts: dict[str, int] = {}
        self._created_profile_count = int(state.store.get("sailthru.next", "profile", 0))
        for sid in self.seed_data.fixture_profiles:
            self._index(sid, None, self.seed_data.profile(sid))
        self.profiles.on_change = self._index
        for table in (self.profiles, self.lists, self.jobs, self.records):
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
        """Return the profile with a key; addresses are compared in lower case (contract 5)."""
        if key == "sid":
            return self.profiles.get(value.lower())
        if key == "email":
            value = value.lower()
        if key == "cookie":
            found = self.profiles.get(value[32:56])
            return found if found and found["cookie"] == value else None
        sids = set(self._sids_by_key.get(f"{key} {value}", ()))
        if key == "email" and (sid := self.seed_data.sid_by_email(value)):
            sids.add(sid)
        if key == "extid" and re.fullmatch(r"shop-\d{7}", value):
            sids.add(self.seed_data.sid_of(int(value[5:])))
        for sid in sorted(sids):
            profile = self.profiles.get(sid)
            if profile is not None and profile[key] == value:
                return profile
        return None

    def recognise_key(self, identifier: str) -> str:
        """Say which key an id without `key` is: a sid by its form (contract 2.1)."""
        return "sid" if SID.fullmatch(identifier.lower()) else "email"

    def new_profile(self, email: str) -> JsonObject:
        """Return the draft of a new profile."""
        self._created_profile_count += 1
        self.state.store.put("sailthru.next", "profile", self._created_profile_count)
        digest = md5(
            f"{self.state.generated_people.seed} {self._created_profile_count}".encode(),
            usedforsecurity=False,
        )
        now = self.state.now()
        sid = f"{int(now):08x}{digest.hexdigest()[:16]}"
        record = make_profile_record(sid, email, now)
        record["activity"]["signup_time"] = now
        return record

    def save_profile(self, profile: JsonObject) -> None:
        """Store a profile as of now."""
        profile["_at"] = self.state.now()
        self.profiles.put(profile["sid"], profile)

    def all_profiles(self) -> Iterator[JsonObject]:
        """Return all profiles: the cast, the crowd, then those added."""
        for sid in self.seed_data.fixture_profiles:
            if sid not in self.profiles.overrides:
                yield self.seed_data.profile(sid) or {}
        for index in range(self.state.generated_people.total):
            person = self.state.generated_people.person(index)
            if person.has_profile and self.seed_data.sid_of(index) not in self.profiles.overrides:
                yield self.seed_data.generated_profile(person)
        for _, profile in list(self.profiles.existing_overrides()):
            yield profile

    # Lists

    def _seed_list(self, name: str) -> JsonObject | None:
        if name not in (*NORMAL_LISTS, SMART_LIST):
            return None
        smart = name == SMART_LIST
        query = {"criteria": ["match"], "field": ["zendesk_sync"], "value": [True]}
        return make_list_record(
            name,
            self.state.calendar.reference_time - 2000 * 86_400,
            kind="smart" if smart else "normal",
            primary=name == "Newsletter",
            query={"source_list": "Master List", **query} if smart else {},
        )

    def all_lists(self) -> list[JsonObject]:
        """Return the lists in order of their names."""
        names = {*NORMAL_LISTS, SMART_LIST, *self.lists.overrides}
        found = (self.lists.get(name) for name in sorted(names, key=str.casefold))
        return [record for record in found if record is not None]

    def smart_lists_of(self, profile: JsonObject) -> list[str]:
        """Return the names of the smart lists a profile is on."""
        return [
            record["name"]
            for record in self.all_lists()
            if record["type"] == "smart" and self.is_list_member(record["name"], profile)
        ]

    def is_list_member(self, name: str, profile: JsonObject) -> bool:
        """Say whether a profile is on a list of either type."""
        record = self.lists.get(name)
        if record is None:
            return False
        if record["type"] != "smart":
            # Whoever was on a list of this name that has been deleted since is not on the new one.
            joined = profile["lists"].get(name)
            return joined is not None and joined >= record["create_time"]
        source = record["query"].get("source_list")
        # A source that is no list, such as "Master List", is everybody.
        if self.lists.get(str(source)) is not None and not self.is_list_member(
            str(source), profile
        ):
            return False
        return matches_query(record["query"], profile, self.state.now())

    def save_list(self, record: JsonObject) -> None:
        """Store a list's definition."""
        self.lists.put(record["name"], record)
        self._list_member_counts.pop(record["name"], None)

    def remove_list(self, name: str) -> None:
        """Delete a list; members lose it when they are next read or written."""
        self.lists.remove(name)
        self._list_member_counts.pop(name, None)

    def count_list_members(self, name: str) -> int:
        """Count a list's members, once; changes are then added up."""
        if name not in self._list_member_counts:
            record = self.lists.get(name)
            names = [name]
            if record is not None and record["type"] != "smart":
                natural = (it for it in self.all_lists() if it["type"] != "smart")
                names = [it["name"] for it in natural if it["name"] not in self._list_member_counts]
            found = self._count_generated_members(names)
            for profile in self.individual_profiles():
                found.update(one for one in names if self.is_list_member(one, profile))
            self._list_member_counts |= {one: found[one] for one in names}
        return self._list_member_counts[name]

    def individual_profiles(self) -> Iterator[JsonObject]:
        """Return the cast's and the changed profiles."""
        for sid in self.seed_data.fixture_profiles:
            if sid not in self.profiles.overrides:
                yield self.seed_data.profile(sid) or {}
        for _, profile in self.profiles.existing_overrides():
            yield profile

    def _count_generated_members(self, names: list[str]) -> Counter[str]:
        """Count several natural lists, or one smart list, in one walk through the crowd."""
        crowd = self.state.generated_people
        looked_at = min(crowd.total, EXACT_COUNT_LIMIT)
        record = self.lists.get(names[0]) or {}
        default_smart = names[0] == SMART_LIST and SMART_LIST not in self.lists.overrides
        found: Counter[str] = Counter()
        for index in range(looked_at):
            person = crowd.person(index)
            if not person.has_profile or self.seed_data.sid_of(index) in self.profiles.overrides:
                continue
            if default_smart:
                found[names[0]] += person.on_smart_list
            elif record.get("type") == "smart":
                found[names[0]] += self.is_list_member(
                    names[0], self.seed_data.generated_profile(person)
                )
            else:
                found.update(self.seed_data.generated_lists_of(person))
        if looked_at < crowd.total:
            return Counter({name: it * crowd.total // looked_at for name, it in found.items()})
        return found


def make_list_record(
    name: str, created: float, *, kind: str, primary: bool = False, query: JsonObject | None = None
) -> JsonObject:
    """One list."""
    digest = md5(f"list {name}".encode(), usedforsecurity=False).hexdigest()
    return {
        "list_id": digest[:24],
        "name": name,
        "type": kind,
        "create_time": created,
        "primary": primary,
        "public_name": "",
        "query": query or {},
        "vars": {},
    }
