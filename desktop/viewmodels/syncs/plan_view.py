"""A preview above and below its rows: what holds it, what people will notice, counts, the foot."""

from collections import Counter
from dataclasses import dataclass

from desktop.kit.text import plural
from desktop.model.edit import Service
from desktop.model.goal import Flows, Goal
from desktop.model.guard import EMPTY, Breach, needs_two_admins
from desktop.model.permission import Actor, Role
from desktop.model.plan import Consequence, Fate, Plan, PlanState, RowState
from desktop.store.plan_filter import RowFilter
from desktop.store.plans import Approval, Plans
from desktop.store.store import Store
from desktop.sync.guarding import found_in
from desktop.viewmodels import moment
from desktop.viewmodels.syncs.head import MessageView
from desktop.viewmodels.syncs.plan_sift import Sift
from desktop.viewmodels.syncs.words import PLACES, people, span

# A single post takes a round trip, and twenty are under way at once; a job of a hundred about two.
_POSTS_A_SECOND = 40
_JOB_S = 2.0
_LOOKED_AT = 5000
_OPEN = (PlanState.READY, PlanState.STOPPED)
ASK_TYPED_OVER = 1000
_ASK_OVER = 50
# Zero is said too of these: nobody has to wonder.
_ALWAYS = (Consequence.STARTS, Consequence.STOPS)


@dataclass(frozen=True)
class Facts:
    """What is read of one plan beside its rows; `breaches` are what its ticked rows pass now."""

    plan: Plan
    goal: Goal
    ticked: int
    breaches: tuple[Breach, ...]
    approvals: tuple[Approval, ...]
    causes: tuple[tuple[str, int], ...]
    refused: int
    losses: tuple[tuple[str, int], ...] = ()
    tells_worth: bool = False

    @property
    def taken_back(self) -> str:
        """The run this plan takes back, empty for any other plan."""
        kind, _, run = self.plan.origin.partition(" ")
        return run if kind == "rollback" else ""


@dataclass(frozen=True)
class Count:
    """One figure of the strip, which filters; `tone` colours it."""

    key: str
    number: int
    label: str
    tone: str


@dataclass(frozen=True)
class Notice:
    """One thing people will notice; with nobody it is no filter."""

    key: str
    words: str
    people: int


@dataclass(frozen=True)
class StopView:
    """Why a limit holds the plan. `acts`: show, allow, ask (a second admin signs in)."""

    breach: str
    title: str
    text: str
    acts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Confirmation:
    """What is asked before writing; `typed` is what has to be typed, empty: nothing."""

    title: str
    message: str
    detail: str
    confirm: str
    typed: str


@dataclass(frozen=True)
class PlanView:
    """A whole preview without its rows."""

    plan: str
    open: bool
    ended: MessageView | None
    stop: StopView | None
    notices: tuple[Notice, ...]
    counts: tuple[Count, ...]
    causes: tuple[tuple[str, int], ...]
    chosen: Sift
    sortable: bool
    foot: str
    write: str
    write_why_not: str
    confirmation: Confirmation | None
    retry: str


def read_facts(store: Store, plan_id: str) -> Facts:
    """Everything of one plan but its rows; on the database's thread. Raises NotFound."""
    plans = store.plans
    plan, goal = plans.get(plan_id), plans.goal_of(plan_id)
    correct = RowFilter(fates=(Fate.CORRECTION,))
    causes = Counter(row.cause for row in plans.rows(plan_id, correct, limit=2000))
    refused = RowFilter(fates=(Fate.CREATE, Fate.UPDATE), states=(RowState.PARKED, RowState.FAILED))
    return Facts(
        plan,
        goal,
        plans.ticked(plan_id),
        found_in(store, goal, plan) if plan.state in _OPEN else (),
        plans.approvals(plan_id),
        tuple(causes.most_common(6)),
        plans.count(plan_id, refused),
        _losses(plans, plan) if plan.takes_back else (),
        plans.tells_worth(plan_id),
    )


def _losses(plans: Plans, plan: Plan) -> tuple[tuple[str, int], ...]:
    """What taking a run back cannot restore, and for how many; read from the first rows."""
    counts: Counter[str] = Counter()
    for row in plans.rows(plan.id, limit=_LOOKED_AT):
        reasons = {change.reason for change in row.changes if change.reason}
        counts.update(reasons | ({row.why} if row.why else set()))
    return tuple(counts.most_common(4))


def plan_view(
    facts: Facts, sift: Sift, actor: Actor, now: float, keeps: str, *, pinned: bool = False
) -> PlanView:
    """The preview; `keeps` is what keeps the sync from running, empty: nothing.

    `pinned`: it is an older one, looked at from the history.
    """
    plan, goal = facts.plan, facts.goal
    is_open = plan.state in _OPEN
    stop = _stop(facts, actor, now) if is_open else None
    held = "A limit holds it: see above." if stop is not None else ""
    place = PLACES[goal.target]
    nothing = "Nothing is ticked." if not facts.ticked else ""
    return PlanView(
        plan=plan.id,
        open=is_open,
        ended=_told(facts, now, is_open=is_open, pinned=pinned),
        stop=stop,
        notices=_notices(facts),
        counts=_counts(facts),
        causes=facts.causes if sift.fate == "correction" else (),
        chosen=sift,
        sortable=facts.tells_worth,
        foot=_foot(facts) if is_open else "",
        write=f"Write {facts.ticked:,} to {place}",
        write_why_not=held or nothing or keeps,
        confirmation=_confirmation(facts),
        retry="Retry all" if facts.refused and not is_open else "",
    )


def _told(facts: Facts, now: float, *, is_open: bool, pinned: bool) -> MessageView | None:
    """What is to be known of it before its rows."""
    plan = facts.plan
    if is_open and facts.taken_back:
        lost = "; ".join(f"{count:,} × {words}" for words, count in facts.losses)
        text = f"Not as it was afterwards: {lost}." if lost else "Everything can be restored."
        return MessageView("info", f"This takes run {facts.taken_back} back.", text)
    if is_open:
        return None
    at = moment.date_and_time(plan.made_at, now)
    if plan.state is PlanState.APPLYING:
        return MessageView("info", "A run has taken this preview; each row says how far it is.")
    if pinned:
        title = f"An older run's rows, of {at}."
        return MessageView("info", title, "", (("newest", "Show the newest"),))
    title = f"The preview of {at} was written."
    text = "A new preview shows what has changed since."
    return MessageView("info", title, text, (("preview", "New preview"),))


def _stop(facts: Facts, actor: Actor, now: float) -> StopView | None:
    """The first limit that not enough people have let pass yet."""
    for breach in facts.breaches:
        if breach.code == EMPTY:
            return StopView(
                breach.code,
                "Nothing written. The source is empty.",
                "A sync whose source is empty never writes. Mapping says what it reads.",
                (),
            )
        given = [a for a in facts.approvals if a.breach == breach.code]
        needed = 2 if needs_two_admins([breach.code]) else 1
        if len({a.person for a in given}) < needed:
            return _held(breach, given, needed, actor, now)
    return None


def _held(breach: Breach, given: list[Approval], needed: int, actor: Actor, now: float) -> StopView:
    acts = [("show", f"Show the {breach.people:,}")]
    admin = actor.role is Role.ADMIN
    mine = any(a.person == str(actor.id or actor.name) for a in given)
    if needed == 1:
        text = "An admin may let it pass once, or untick rows until it fits."
        acts.append(("allow", "Allow once…") if admin else ("ask", "Ask for approval…"))
    else:
        who = "; ".join(f"{a.name} allowed it at {moment.stamp(a.at, now)}" for a in given)
        text = f"{who}. One more admin is needed." if who else "So many people need two admins."
        acts.append(("allow", "Allow…") if admin and not mine else ("ask", "Ask for approval…"))
    return StopView(breach.code, f"Nothing written. {breach.words}", text, tuple(acts))


def _notices(facts: Facts) -> tuple[Notice, ...]:
    found = [
        Notice(
            f"{n.consequence.value}:{n.name}",
            f"{n.people:,} {_said(n.consequence, n.name, n.people)}",
            n.people,
        )
        for n in facts.plan.noticed
    ]
    there = {n.consequence for n in facts.plan.noticed}
    if facts.goal.target is Service.SAILTHRU:
        missing = {
            Consequence.STARTS: "0 start getting marketing e-mail",
            Consequence.STOPS: "0 stop",
        }
        nobody = [Notice(kind.value, missing[kind], 0) for kind in _ALWAYS if kind not in there]
        if facts.goal.flows is Flows.NOT_STARTED and facts.plan.count(Fate.CREATE):
            nobody.append(Notice("flows", "no e-mail flows start", 0))
        found += nobody
    return tuple(found)


_SINGULAR = {
    "start ": "starts ",
    "stop ": "stops ",
    "join ": "joins ",
    "leave ": "leaves ",
    "have ": "has ",
    "change again": "changes again",
}


def _said(kind: Consequence, name: str, count: int) -> str:
    words = kind.words.format(name=name)
    if count == 1:
        for many, one in _SINGULAR.items():
            if words.startswith(many):
                return one + words.removeprefix(many)
    return words


def _counts(facts: Facts) -> tuple[Count, ...]:
    plan = facts.plan
    changes = plan.count(Fate.CREATE, Fate.UPDATE)
    found = [
        Count("changes", changes, "change" if changes == 1 else "changes", "text"),
        Count("create", plan.count(Fate.CREATE), "create", "text"),
        Count("update", plan.count(Fate.UPDATE), "update", "text"),
        Count(
            "correction",
            plan.count(Fate.CORRECTION),
            "needs correction" if plan.count(Fate.CORRECTION) == 1 else "need correction",
            "warn",
        ),
        Count(
            "conflict",
            plan.count(Fate.CONFLICT),
            "conflict" if plan.count(Fate.CONFLICT) == 1 else "conflicts",
            "bad",
        ),
        Count("skipped", plan.count(Fate.SKIPPED), "skipped", "muted"),
        Count("unchanged", plan.count(Fate.UNCHANGED), "unchanged", "muted"),
    ]
    if facts.refused:
        found.insert(5, Count("refused", facts.refused, "not written", "bad"))
    return tuple(found)


def _foot(facts: Facts) -> str:
    total = facts.plan.count(Fate.CREATE, Fate.UPDATE)
    parts = [f"{facts.ticked:,} of {total:,} ticked"]
    if facts.ticked:
        parts.append(span(_seconds(facts)))
    parts.append("a quarter of the calls kept for people")
    return " · ".join(parts)


def _seconds(facts: Facts) -> float:
    if facts.goal.target is Service.ZENDESK:
        return _JOB_S * -(-facts.ticked // 100)
    if facts.goal.flows is Flows.MAY_START:
        return facts.ticked / _POSTS_A_SECOND
    return _JOB_S + facts.ticked / 1000


def _confirmation(facts: Facts) -> Confirmation | None:
    """Asked for more than fifty; over a thousand the number has to be typed."""
    count, place = facts.ticked, PLACES[facts.goal.target]
    if count <= _ASK_OVER:
        return None
    typed = str(count) if count > ASK_TYPED_OVER else ""
    noticed = [f"{n.people:,} {_said(n.consequence, n.name, n.people)}" for n in facts.plan.noticed]
    return Confirmation(
        f"Write {count:,} changes to {place}?",
        f"“{facts.goal.title}” changes {people(count)} in {place}."
        " Each is compared once more just before.",
        "; ".join(noticed),
        f"Write {plural(count, 'change', 'changes')}",
        typed,
    )
