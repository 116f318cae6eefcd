"""Looks people up by conditions: who may, how many, which, and why somebody is among them."""

import asyncio
import difflib
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from desktop.audience.condition_parser import format_expression, parse_expression
from desktop.kit.clock import Clock
from desktop.kit.errors import InvalidInput, NotFound, NotPermitted, UserDecisionNeeded
from desktop.model.audience_condition import (
    AUDIENCE_FIELDS,
    AudienceCondition,
    AudienceField,
    AudienceGroup,
    hide_values,
    with_values,
)
from desktop.model.audience_person import (
    AudienceCoverage,
    AudienceOrder,
    AudiencePerson,
    AudiencePosition,
    ConditionCount,
    ConditionEvidence,
)
from desktop.model.audience_segment import SavedSegment, check_segment_name
from desktop.model.pasted_addresses import MAX_PASTED_ADDRESSES
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    check_role,
)
from desktop.model.sailthru_naming_rules import find_list_name
from desktop.store.audience_people_repository import position_of
from desktop.store.audience_query import QueryMoment
from desktop.store.audit_log import AuditLog
from desktop.store.data_source_repository import TICKETS_SOURCE, USERS_SOURCE
from desktop.store.data_workspace_store import DataStore
from desktop.store.segment_repository import SegmentRepository

# What one page of people shows; more of them at once are an export.
PAGE_ROWS = 200
# The field whose values are agents: to count by it is a report that names them.
AGENTS_FIELD = "assignee"


@dataclass(frozen=True)
class AudienceRights:
    """Who is at work and under which rules, asked at the moment of need.

    `has_data` says whether this computer keeps anything of everybody.
    """

    get_actor: Callable[[], Actor]
    get_rules: Callable[[], PermissionRules]
    has_data: Callable[[], bool]

    def check(self, permission: Permission) -> PermissionDecision:
        """Decide on the permission to see the audience; it holds while changes are switched off."""
        return check_role(permission, self.get_actor(), self.get_rules())


def nobody_read_error() -> UserDecisionNeeded:
    """Return the error of looking people up before anybody was read."""
    return UserDecisionNeeded(
        "No data was read on this computer yet.",
        "Audience and Reports show what this computer keeps of Zendesk’s people and tickets.",
        "An admin switches it on in Settings › Data on this computer, or by `fairlead data on`, and"
        " `fairlead data refresh` reads it.",
    )


class AudienceService:
    """The use cases of the audience that need no window."""

    def __init__(
        self,
        get_store: Callable[[], DataStore],
        segments: SegmentRepository,
        audit: AuditLog,
        clock: Clock,
        rights: AudienceRights,
        get_zone: Callable[[], str],
    ) -> None:
        """`get_zone` tells the time zone (IANA) in which days of audience conditions begin."""
        self._get_store = get_store
        self._segments = segments
        self._audit = audit
        self._clock = clock
        self._rights = rights
        self._get_zone = get_zone

    def require_view(self) -> None:
        """Raise NotPermitted where the actor may not see everybody; UserDecisionNeeded: unread."""
        decision = self._rights.check(Permission.AUDIENCE)
        if not decision.is_allowed:
            raise NotPermitted("You may not search everybody.", decision.reason)
        if not self._rights.has_data():
            raise nobody_read_error()

    def require_conditions(self, *conditions: AudienceCondition) -> None:
        """Raise NotPermitted for conditions on agents, where the actor may not see their numbers.

        Raises also what `require_view` does.
        """
        self.require_view()
        if any(condition.field == AGENTS_FIELD for condition in conditions):
            decision = self.check_agents()
            if not decision.is_allowed:
                raise NotPermitted("You may not pick people by agents.", decision.reason)

    def check_agents(self) -> PermissionDecision:
        """Decide whether the actor may pick people by the agents of their tickets."""
        return self._rights.check(Permission.AGENT_REPORTS)

    def list_fields(self) -> tuple[AudienceField, ...]:
        """List the fields by which the actor may pick people, without the account's own."""
        may_name = self.check_agents().is_allowed
        return tuple(f for f in AUDIENCE_FIELDS.values() if may_name or f.name != AGENTS_FIELD)

    def check_export(self) -> PermissionDecision:
        """Decide whether the actor may write people to a file."""
        return self._rights.check(Permission.EXPORT)

    def moment(self) -> QueryMoment:
        """Return the moment and time zone at which conditions are asked now."""
        return QueryMoment(self._clock.now(), ZoneInfo(self._get_zone()))

    async def read_coverage(self) -> AudienceCoverage:
        """Tell how old the people are, and of how many a profile was read.

        Raises UserDecisionNeeded where nobody is kept, and no user was read yet.
        """
        self.require_view()
        # Opened in a thread: a large file is checked at times.
        store = await asyncio.to_thread(self._get_store)
        states = {state.name: state for state in await store.sources.list_all()}
        users = states.get(USERS_SOURCE)
        people, zendesk_users, profiles = await store.audience.count_profiles()
        # What lists told outlives the data of Zendesk, and a Full rebuild begins at 0 rows.
        if not (people or (users is not None and (users.rows_read or users.is_complete))):
            raise nobody_read_error()
        zendesk = [states.get(name) for name in (USERS_SOURCE, TICKETS_SOURCE)]
        zendesk_at = [None if state is None else state.whole_from for state in zendesk]
        lists = {state.list_name: state for state in states.values() if state.list_name}
        sailthru_at = [state.whole_from for state in lists.values()]
        return AudienceCoverage(
            people,
            zendesk_users,
            profiles,
            None if None in zendesk_at else min(filter(None, zendesk_at), default=None),
            None if None in sailthru_at else min(filter(None, sailthru_at), default=None),
            0 if users is None else users.rows_read,
            None if users is None else users.expected,
            tuple(sorted(filter(None, lists))),
        )

    async def count(self, group: AudienceGroup) -> int:
        """Count whom audience conditions pick, for who may see people. Raises NotPermitted."""
        self.require_conditions(*group.conditions())
        return await self._get_store().audience.count(group, self.moment())

    async def count_condition(self, condition: AudienceCondition) -> ConditionCount:
        """Count whom one condition picks by itself, and of whom its field was not read."""
        self.require_conditions(condition)
        return await self._get_store().audience.count_condition(condition, self.moment())

    async def list_people(
        self,
        group: AudienceGroup,
        order: AudienceOrder,
        limit: int = PAGE_ROWS,
        *,
        after: AudiencePosition | None = None,
        total: int | None = None,
    ) -> tuple[AudiencePerson, ...]:
        """List a page of the people whom conditions pick, behind a position in an order."""
        self.require_conditions(*group.conditions())
        return await self._get_store().audience.list_people(
            group, self.moment(), order, limit, after=after, total=total
        )

    async def list_ids(self, group: AudienceGroup, order: AudienceOrder) -> Sequence[int]:
        """List the ids of everybody whom conditions pick, in an order."""
        self.require_conditions(*group.conditions())
        return await self._get_store().audience.list_ids(group, self.moment(), order)

    async def get_people(self, ids: Sequence[int]) -> Mapping[int, AudiencePerson]:
        """Read people by their ids; who is not there any more is left out."""
        self.require_view()
        return await self._get_store().audience.get_people(ids)

    async def iter_people(
        self, group: AudienceGroup, order: AudienceOrder, limit: int | None = None
    ) -> AsyncIterator[tuple[AudiencePerson, ...]]:
        """Yield everybody whom conditions pick, page by page, as they are at this moment."""
        self.require_conditions(*group.conditions())
        people, moment = self._get_store().audience, self.moment()
        total = await people.count(group, moment)
        left, after = total if limit is None else min(limit, total), None
        while left > 0:
            page = await people.list_people(
                group, moment, order, min(left, PAGE_ROWS), after=after, total=total
            )
            if not page:
                return
            yield page
            left, after = left - len(page), position_of(page[-1], order)

    async def list_addresses(
        self, group: AudienceGroup, order: AudienceOrder | None = None
    ) -> tuple[str, ...]:
        """List the addresses of everybody whom conditions pick, to be changed at once.

        Raises InvalidInput where they are more than are changed at once.
        """
        total = await self.count(group)
        if total > MAX_PASTED_ADDRESSES:
            raise InvalidInput(
                f"{total:,} people are too many to be changed at once.",
                f"At most {MAX_PASTED_ADDRESSES:,} are.",
                "Narrow the conditions, or set up a sync of these people.",
            )
        found: list[str] = []
        async for page in self.iter_people(group, order or AudienceOrder()):
            found += [person.email for person in page if person.email]
        return tuple(found)

    async def explain(
        self, person: AudiencePerson, group: AudienceGroup
    ) -> tuple[ConditionEvidence, ...]:
        """Say of each condition whether somebody fits it, with the text that a phrase matched."""
        conditions = tuple(group.conditions())
        self.require_conditions(*conditions)
        return await self._get_store().audience.evaluate(person.id, conditions, self.moment())

    async def list_field_keys(self) -> Sequence[str]:
        """List the keys of the account's user fields by which people can be picked."""
        self.require_view()
        return await self._get_store().audience.list_field_keys()

    async def list_values(self, field: str) -> Sequence[str]:
        """List the values to choose from of a field that has few: tags, lists, agents.

        No agents where the actor may not see their numbers.
        """
        self.require_view()
        if field == AGENTS_FIELD and not self.check_agents().is_allowed:
            return ()
        return await self._get_store().audience.list_values(field)

    async def note_export(self, group: AudienceGroup, people: int, columns: Sequence[str]) -> None:
        """Append to the audit that people are exported, before the file is written.

        Raises NotPermitted where the actor may not.
        """
        decision = self.check_export()
        if not decision.is_allowed:
            raise NotPermitted("You may not export people.", decision.reason)
        await self._audit.note_export(
            what="audience",
            content={
                # Naming nobody: an erasure of one customer does not look in here.
                "where": re.sub(
                    r"[^\s\"]+@[^\s\"]+", "(address)", format_expression(hide_values(group))
                ),
                "people": people,
                "columns": list(columns),
            },
            actor=self._rights.get_actor().signature,
            now=self._clock.now(),
        )

    # Saved segments

    async def list_segments(self) -> tuple[SavedSegment, ...]:
        """List the saved segments by name, but those on agents that the actor may not ask."""
        self.require_view()
        return tuple(
            segment
            for segment in await self._segments.list_all()
            if self._is_listed(parse_expression(segment.expression))
        )

    async def spell_lists(self, group: AudienceGroup) -> tuple[AudienceGroup, tuple[str, ...]]:
        """Return conditions with lists spelt as they were read, and what is said of others."""
        if not any(one.field == "list" and one.value for one in group.conditions()):
            return group, ()
        known, notes = await self.list_values("list"), []

        def spell(typed: str) -> str:
            if found := find_list_name(typed, known):
                return found
            near = difflib.get_close_matches(typed, known, n=1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            notes.append(
                f"The list “{typed[:60]}” was not read on this computer: nobody is known to be on"
                f" it.{hint}"
            )
            return typed

        return with_values(group, "list", spell), tuple(notes)

    async def get_segment(self, name: str) -> AudienceGroup:
        """Return the conditions of a saved segment. Raises NotFound, NotPermitted: on agents."""
        self.require_view()
        group = parse_expression((await self._segments.get(name)).expression)
        self.require_conditions(*group.conditions())
        return group

    def _is_listed(self, group: AudienceGroup) -> bool:
        names_agents = any(one.field == AGENTS_FIELD for one in group.conditions())
        return not names_agents or self.check_agents().is_allowed

    async def _require_listed(self, name: str) -> None:
        """Raise NotPermitted for a segment that is there and on agents, which is not listed."""
        with suppress(NotFound):
            await self.get_segment(name)

    async def save_segment(self, name: str, group: AudienceGroup) -> SavedSegment:
        """Save conditions under a name, in place of those it had. Raises InvalidInput."""
        self.require_conditions(*group.conditions())
        segment = SavedSegment(
            check_segment_name(name),
            format_expression(group),
            self._clock.now(),
            self._rights.get_actor().signature,
        )
        await self._require_listed(segment.name)
        await self._segments.save(segment)
        return segment

    async def remove_segment(self, name: str) -> bool:
        """Remove a saved segment; returns whether it was there. Nobody in it is touched."""
        self.require_view()
        await self._require_listed(name)
        return await self._segments.remove(name)
