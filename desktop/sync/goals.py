"""What people do with goals: add, change, check, switch on; and what keeps one from running."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.bus import Bus, Changes, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import BadInput, Conflict, NeedsPerson, NotPermitted
from desktop.kit.text import translate
from desktop.model.edit import Service
from desktop.model.goal import Goal, GoalState, Missing, SourceKind
from desktop.model.goal_names import name_problems
from desktop.model.guard import Limits
from desktop.model.json_value import Json
from desktop.model.mapping import validate
from desktop.model.permission import Actor, Permission, Role, Rules, Verdict, check
from desktop.model.plan import PlanState
from desktop.model.run import RunState
from desktop.model.schedule import next_times, read_rule
from desktop.model.stage import stage_problems
from desktop.store.store import Store
from desktop.sync.due import why_paused
from desktop.sync.presets import SyncNames, preset

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class Absence:
    """Something a goal names that a service does not have.

    `kind` is list or user_field; without what is `needed` it would read nobody.
    """

    kind: str
    name: str
    words: str
    needed: bool = True


class Goals:
    """The goals of one workspace as people work with them."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        bus: Bus,
        who: Callable[[], Actor],
        rules: Callable[[], Rules],
        zone: Callable[[], str],
    ) -> None:
        self._store = store
        self._clock = clock
        self._bus = bus
        self._who = who
        self._rules = rules
        self._zone = zone

    def add(self, preset_name: str, names: SyncNames) -> Goal:
        """Make a preset's goal, off; the one there is if it was added before."""
        self.require()
        goal = preset(preset_name, names)
        known = {kept.name: kept for kept in self._store.goals.all()}
        return known.get(goal.name) or self._save(goal)

    def save(self, goal: Goal) -> Goal:
        """Store a change. What it means was changed: it has to be checked again, and is read anew.

        Raises BadInput with what is wrong, NotPermitted, Conflict.
        """
        self.require()
        self._require_for_limits([goal])
        wrong = problems(goal)
        if wrong:
            raise BadInput(f"“{goal.title}” cannot be saved like this.", " ".join(wrong))
        if goal.saved:
            before = self._store.goals.get(goal.name)
            if not before.means_the_same(goal):
                goal = replace(goal, checked_at=0.0)
                self._store.goals.set_mark(goal.name, "")
        return self._save(goal)

    def remove(self, name: str) -> None:
        """Take a goal away; what it wrote and its history stay."""
        self.require()
        self._store.goals.remove(name)
        self._told()

    def switch(self, name: str, *, on: bool) -> Goal:
        """Switch a goal on or off; on, only when it was checked."""
        self.require()
        goal = self._store.goals.get(name)
        if on and not goal.checked_at:
            raise NeedsPerson(
                f"“{goal.title}” was not checked yet.",
                "It is off, and stays so.",
                "Check it first: that asks both services for what it needs.",
            )
        if on and not goal.on:
            # Nothing runs because it was switched on, only when its time comes.
            self._store.goals.count_from(name, self._clock.now())
        return self._save(replace(goal, on=on))

    def reschedule(self, name: str, text: str) -> Goal:
        """Another rule of when it runs. Raises BadInput with examples."""
        self.require()
        rule = read_rule(text)
        goal = self._save(replace(self._store.goals.get(name), schedule=rule.text))
        # What was missed under the old rule is not caught up under the new one.
        self._store.goals.count_from(name, self._clock.now())
        return goal

    def take_in(self, goals: Sequence[Goal], *, replacing: bool = False) -> tuple[Goal, ...]:
        """Store goals from a file, all or none; they arrive off and unchecked.

        Raises Conflict for a name that is there already, unless `replacing`.
        """
        self.require()
        known = {goal.name for goal in self._store.goals.all()}
        there = [goal.name for goal in goals if goal.name in known]
        if there and not replacing:
            raise Conflict(
                f"There is already: {', '.join(there)}.",
                "Nothing was imported.",
                "`--replace` puts the file's in their place.",
            )
        self._require_for_limits(goals)
        arriving = [replace(goal, on=False, checked_at=0.0) for goal in goals]
        taken = self._store.goals.take_in(arriving, self._clock.now())
        self._told()
        return taken

    async def check(
        self, name: str, sailthru: SailthruClient, zendesk: ZendeskClient
    ) -> tuple[Goal, tuple[Absence, ...]]:
        """Ask both services for what it names; checked when nothing needed is missing."""
        goal = self._store.goals.get(name)
        absences = await absences_of(goal, sailthru, zendesk)
        if not any(absence.needed for absence in absences):
            goal = self._save(replace(goal, checked_at=self._clock.now()))
        return goal, absences

    async def make(
        self, absences: Sequence[Absence], names: SyncNames, sailthru: SailthruClient,
        zendesk: ZendeskClient,
    ) -> None:  # fmt: skip
        """Make what is missing. Raises Forbidden where only an admin may."""
        self.require_admin()
        for absence in absences:
            if absence.kind == "list":
                # Without a source list it looks at everybody (contract sailthru 2.3, query).
                query: dict[str, Json] = {
                    "query_mode": "and",
                    "criteria": ["match"],
                    "field": [names.mark_var],
                    "value": [True],
                }
                await sailthru.save_smart_list(absence.name, query)
            elif absence.kind == "user_field":
                box = absence.name == names.box_field
                title = "Sync to Sailthru" if box else absence.name.replace("_", " ").capitalize()
                await zendesk.create_user_field(
                    absence.name, title, kind="checkbox" if box else "text"
                )

    def missing(self, goal: Goal, *, connected: bool | None) -> tuple[Missing, ...]:
        """What keeps it from running now, the first thing to do first.

        `connected` is None where nobody has asked: then who is at work is not known either.
        """
        found: list[Missing] = []
        if not goal.saved:
            found.append(Missing("unsaved", translate("Goals", "It is not saved yet.")))
        elif not goal.checked_at:
            found.append(Missing("unchecked", translate("Goals", "It was not checked yet.")))
        elif not goal.on:
            found.append(Missing("off", translate("Goals", "It is switched off.")))
        verdict = self.permitted()
        if connected and not verdict.allowed:
            found.append(Missing("permission", verdict.reason))
        if connected is False:
            words = translate("Goals", "Zendesk and Sailthru are not both connected.")
            found.append(Missing("connection", words))
        running = next(iter(self._store.runs.of_goal(goal.name, 1)), None)
        if running is not None and running.state is RunState.RUNNING:
            found.append(Missing("running", translate("Goals", "It is running.")))
        return tuple(found)

    def states(self) -> tuple[GoalState, ...]:
        """How every goal stands."""
        return tuple(self.state(goal) for goal in self._store.goals.all())

    def state(self, goal: Goal) -> GoalState:
        """How one goal stands."""
        last = next(iter(self._store.runs.of_goal(goal.name, 1)), None)
        plan = self._store.plans.latest(goal.name, PlanState.READY, PlanState.STOPPED)
        waiting = self._store.memory.waiting(goal.name)
        now = self._clock.now()
        next_at, paused = None, None
        if goal.on and goal.schedule:
            counted = self._store.goals.last_due(goal.name)
            paused = why_paused(goal, last, now if counted is None else counted)
        if goal.on and goal.schedule and paused is None:
            times = next_times(read_rule(goal.schedule), now, self._zone(), 1)
            next_at = times[0] if times else None
        stopped = plan is not None and plan.state is PlanState.STOPPED
        return GoalState(
            goal=goal,
            last_run=last.id if last else None,
            last_state=last.state.value if last else "",
            last_at=(last.ended_at or last.started_at) if last else None,
            next_at=next_at,
            paused=paused.words if paused is not None else "",
            waiting=waiting + int(stopped),
            running=last.id if last and last.state is RunState.RUNNING else None,
            totals=dict(last.totals) if last else {},
        )

    def permitted(self) -> Verdict:
        """Whether who is at work may run syncs."""
        return check(Permission.RUNS, self._who(), self._rules())

    def require(self) -> None:
        """Raises NotPermitted."""
        verdict = self.permitted()
        if not verdict.allowed:
            raise NotPermitted("Syncs cannot be changed or run here.", verdict.reason)

    def require_admin(self) -> None:
        """Raises NotPermitted for everybody but admins."""
        self.require()
        if self._who().role is not Role.ADMIN:
            raise NotPermitted(
                "Only an admin may do that.", "Nothing was changed.", "Ask an admin of Zendesk."
            )

    def _require_for_limits(self, goals: Sequence[Goal]) -> None:
        """Whoever loosens a limit could do without it: that is an admin's act."""
        known = {goal.name: goal.limits for goal in self._store.goals.all()}
        for goal in goals:
            before = known.get(goal.name, Limits())
            looser = goal.limits.people > before.people or goal.limits.percent > before.percent
            if looser and self._who().role is not Role.ADMIN:
                raise NotPermitted(
                    f"Only an admin may loosen the limits of “{goal.title}”.",
                    "Nothing was saved.",
                    "Ask an admin, or keep the limits as they are.",
                )

    def _save(self, goal: Goal) -> Goal:
        saved = self._store.goals.save(goal, self._clock.now())
        self._told()
        return saved

    def _told(self) -> None:
        self._bus.publish(Changes.of(Topic.SYNC))


def problems(goal: Goal) -> tuple[str, ...]:
    """What is wrong with a goal, a sentence each."""
    found = list(validate(goal.mapping, goal.target))
    if not goal.identity:
        found.append(translate("Goals", "Say by what people are recognised."))
    if goal.opt_in.email and not goal.opt_in.attested:
        found.append(translate("Goals", "Opting in needs somebody's word that there is consent."))
    writes = any(row.on for row in goal.mapping)
    effects = goal.effects
    if not (writes or effects.add_to_lists or effects.add_tags or effects.deleted_var):
        found.append(translate("Goals", "It would write nothing: add a row, a list or a tag."))
    found += name_problems(goal)
    found += stage_problems(goal.stages, goal.source.stage)
    limits = goal.limits
    if limits.people < 0 or not 0 <= limits.percent <= 100:
        found.append(translate("Goals", "A limit is a number of people, and 0 to 100 per cent."))
    if goal.source.within_days is not None and goal.source.within_days < 1:
        found.append(translate("Goals", "“Within days” is one day at least."))
    if goal.schedule:
        try:
            read_rule(goal.schedule)
        except BadInput as error:
            found.append(error.title)
    text = translate("Goals", "“{address}” is no e-mail address.")
    found += [
        text.format(address=address[:80])
        for address in goal.notify.email
        if not _ADDRESS.fullmatch(address)
    ]
    return tuple(found)


async def absences_of(
    goal: Goal, sailthru: SailthruClient, zendesk: ZendeskClient
) -> tuple[Absence, ...]:
    """What the goal needs and the services do not have."""
    found: list[Absence] = []
    if goal.source.lists:
        there = {known.name for known in await sailthru.list_lists()}
        found += [
            Absence("list", name, f"Sailthru has no list “{name}”.")
            for name in goal.source.lists
            if name not in there
        ]
    needed = {c.field for c in goal.source.where if goal.source.kind is SourceKind.ZENDESK_USERS}
    wanted = set(needed)
    if goal.target is Service.ZENDESK:
        wanted |= {row.target for row in goal.mapping if row.on}
        if goal.effects.list_name_field:
            wanted.add(f"user_fields.{goal.effects.list_name_field}")
    keys = {name.removeprefix("user_fields.") for name in wanted if name.startswith("user_fields.")}
    if keys:
        known_keys = {f.key for f in await zendesk.user_fields() if f.active}
        found += [
            Absence(
                "user_field",
                key,
                f"Zendesk has no user field “{key}”.",
                needed=f"user_fields.{key}" in needed,
            )
            for key in sorted(keys - known_keys)
        ]
    return tuple(found)
