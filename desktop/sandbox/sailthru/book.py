"""Everything Sailthru holds now: profiles and lists, changed over generated."""

import re
from collections import Counter
from collections.abc import Iterator
from hashlib import md5

from desktop.sandbox.call import Record
from desktop.sandbox.sailthru.base import NATURAL_LISTS, SMART_LIST, Base, profile_record
from desktop.sandbox.sailthru.smart import fits
from desktop.sandbox.table import Table
from desktop.sandbox.world import World

SID = re.compile(r"[0-9a-f]{24}")
# Above this many people a list's count is estimated, as Sailthru's own lag (contract 5).
COUNT_EXACTLY = 10_000


def _nothing(_key: str) -> Record | None:
    return None


class Book:
    """The tables of one Sailthru account and their indexes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.base = Base(world.crowd)
        shelf, now = world.shelf, world.now
        self.profiles: Table[str] = Table("sailthru.profile", shelf, self.base.profile, now)
        self.lists: Table[str] = Table("sailthru.list", shelf, self._given_list, now)
        self.jobs: Table[str] = Table("sailthru.job", shelf, _nothing, now)
        self.records: Table[str] = Table("sailthru.record", shelf, _nothing, now)
        # "stuck-job" or "failed-job" while a request with that fault is served.
        self.doom = ""
        self._known_as: dict[str, set[str]] = {}
        self._counts: dict[str, int] = {}
        self._created = int(shelf.get("sailthru.next", "profile", 0))
        for sid in self.base.members:
            self._index(sid, None, self.base.profile(sid))
        self.profiles.on_change = self._index
        for table in (self.profiles, self.lists, self.jobs, self.records):
            table.restore(str)

    # Profiles

    def _index(self, sid: str, before: Record | None, after: Record | None) -> None:
        if after is not None:
            for key in ("email", "extid", "sms"):
                if after[key]:
                    self._known_as.setdefault(f"{key} {after[key]}", set()).add(sid)
        for name in self._counts:
            was = before is not None and self.belongs(name, before)
            now = after is not None and self.belongs(name, after)
            self._counts[name] += now - was

    def find(self, key: str, value: str) -> Record | None:
        """Return the profile with a key; addresses are compared in lower case (contract 5)."""
        if key == "sid":
            return self.profiles.get(value.lower())
        if key == "email":
            value = value.lower()
        if key == "cookie":
            found = self.profiles.get(value[32:56])
            return found if found and found["cookie"] == value else None
        sids = set(self._known_as.get(f"{key} {value}", ()))
        if key == "email" and (sid := self.base.sid_by_email(value)):
            sids.add(sid)
        if key == "extid" and re.fullmatch(r"shop-\d{7}", value):
            sids.add(self.base.sid_of(int(value[5:])))
        for sid in sorted(sids):
            profile = self.profiles.get(sid)
            if profile is not None and profile[key] == value:
                return profile
        return None

    def recognise(self, identifier: str) -> str:
        """Say which key an id without `key` is: a sid by its form (contract 2.1)."""
        return "sid" if SID.fullmatch(identifier.lower()) else "email"

    def new_profile(self, email: str) -> Record:
        """Return the draft of a new profile."""
        self._created += 1
        self.world.shelf.put("sailthru.next", "profile", self._created)
        digest = md5(f"{self.world.crowd.seed} {self._created}".encode(), usedforsecurity=False)
        now = self.world.now()
        sid = f"{int(now):08x}{digest.hexdigest()[:16]}"
        record = profile_record(sid, email, now)
        record["activity"]["signup_time"] = now
        return record

    def save(self, profile: Record) -> None:
        """Store a profile as of now."""
        profile["_at"] = self.world.now()
        self.profiles.put(profile["sid"], profile)

    def everybody(self) -> Iterator[Record]:
        """Return all profiles: the cast, the crowd, then those added."""
        for sid in self.base.members:
            if sid not in self.profiles.changed:
                yield self.base.profile(sid) or {}
        for index in range(self.world.crowd.total):
            person = self.world.crowd.person(index)
            if person.has_profile and self.base.sid_of(index) not in self.profiles.changed:
                yield self.base.crowd_profile(person)
        for _, profile in list(self.profiles.live_changes()):
            yield profile

    # Lists

    def _given_list(self, name: str) -> Record | None:
        if name not in (*NATURAL_LISTS, SMART_LIST):
            return None
        smart = name == SMART_LIST
        query = {"criteria": ["match"], "field": ["zendesk_sync"], "value": [True]}
        return list_record(
            name,
            self.world.calendar.anchor - 2000 * 86_400,
            kind="smart" if smart else "normal",
            primary=name == "Newsletter",
            query={"source_list": "Master List", **query} if smart else {},
        )

    def all_lists(self) -> list[Record]:
        """Return the lists in order of their names."""
        names = {*NATURAL_LISTS, SMART_LIST, *self.lists.changed}
        found = (self.lists.get(name) for name in sorted(names, key=str.casefold))
        return [record for record in found if record is not None]

    def smart_lists_of(self, profile: Record) -> list[str]:
        """Return the names of the smart lists a profile is on."""
        return [
            record["name"]
            for record in self.all_lists()
            if record["type"] == "smart" and self.belongs(record["name"], profile)
        ]

    def belongs(self, name: str, profile: Record) -> bool:
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
        if self.lists.get(str(source)) is not None and not self.belongs(str(source), profile):
            return False
        return fits(record["query"], profile, self.world.now())

    def save_list(self, record: Record) -> None:
        """Store a list's definition."""
        self.lists.put(record["name"], record)
        self._counts.pop(record["name"], None)

    def remove_list(self, name: str) -> None:
        """Delete a list; members lose it when they are next read or written."""
        self.lists.remove(name)
        self._counts.pop(name, None)

    def count(self, name: str) -> int:
        """Count a list's members, once; changes are then added up."""
        if name not in self._counts:
            record = self.lists.get(name)
            names = [name]
            if record is not None and record["type"] != "smart":
                natural = (it for it in self.all_lists() if it["type"] != "smart")
                names = [it["name"] for it in natural if it["name"] not in self._counts]
            found = self._crowd_counts(names)
            for profile in self.singles():
                found.update(one for one in names if self.belongs(one, profile))
            self._counts |= {one: found[one] for one in names}
        return self._counts[name]

    def singles(self) -> Iterator[Record]:
        """Return the cast's and the changed profiles."""
        for sid in self.base.members:
            if sid not in self.profiles.changed:
                yield self.base.profile(sid) or {}
        for _, profile in self.profiles.live_changes():
            yield profile

    def _crowd_counts(self, names: list[str]) -> Counter[str]:
        """Count several natural lists, or one smart list, in one walk through the crowd."""
        crowd = self.world.crowd
        looked_at = min(crowd.total, COUNT_EXACTLY)
        record = self.lists.get(names[0]) or {}
        default_smart = names[0] == SMART_LIST and SMART_LIST not in self.lists.changed
        found: Counter[str] = Counter()
        for index in range(looked_at):
            person = crowd.person(index)
            if not person.has_profile or self.base.sid_of(index) in self.profiles.changed:
                continue
            if default_smart:
                found[names[0]] += person.smart
            elif record.get("type") == "smart":
                found[names[0]] += self.belongs(names[0], self.base.crowd_profile(person))
            else:
                found.update(self.base.lists_of(person))
        if looked_at < crowd.total:
            return Counter({name: it * crowd.total // looked_at for name, it in found.items()})
        return found


def list_record(
    name: str, created: float, *, kind: str, primary: bool = False, query: Record | None = None
) -> Record:
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
