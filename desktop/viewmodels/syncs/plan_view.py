"""A preview above and below its rows: what holds it, what people will notice, counts, the foot."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from desktop.kit.text import plural
from desktop.model.edit import Service
from desktop.model.goal import Flows, Goal
from desktop.model.guard import Breach, breaches, needs_two_admins
from desktop.model.permission import Actor, Role
from desktop.model.plan import Consequence, Fate, Plan, PlanState, RowState
from desktop.store.plans import Approval, Plans, RowFilter
from desktop.viewmodels import moment
from desktop.viewmodels.syncs.head import MessageView
from desktop.viewmodels.syncs.plan_sift import Sift
from desktop.viewmodels.syncs.words import PLACES, people, span

# A single post takes a round trip, and twenty are under way at once; a job of a hundred about two.
_POSTS_A_SECOND = 40
_JOB_S = 2.0
ASK_TYPED_OVER = 1000
_ASK_OVER = 50
# Zero is said too of these: nobody has to wonder.
_ALWAYS = (Consequence.STARTS, Consequence.STOPS)


@dataclass(frozen=True)
class Facts:
    """What is read of one plan beside its rows; `counts` are people by breach."""

    plan: Plan
    goal: Goal
    ticked: int
    counts: Mapping[str, int]
    approvals: tuple[Approval, ...]
    causes: tuple[tuple[str, int], ...]
    refused: int


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
    foot: str
    write: str
    write_why_not: str
    confirmation: Confirmation | None
    retry: str


def read_facts(plans: Plans, plan_id: str) -> Facts:
    """Everything of one plan but its rows; on the database's thread. Raises NotFound."""
    plan, goal = plans.get(plan_id), plans.goal_of(plan_id)
    counts = {
        kind.value: plans.count(plan_id, RowFilter(consequence=kind))
        for kind in {noticed.consequence for noticed in plan.noticed}
    }
    correct = RowFilter(fates=(Fate.CORRECTION,))
    causes = Counter(row.cause for row in plans.rows(plan_id, correct, limit=2000))
    refused = RowFilter(fates=(Fate.CREATE, Fate.UPDATE), states=(RowState.PARKED, RowState.FAILED))
    return Facts(
        plan,
        goal,
        plans.ticked(plan_id),
        counts,
        plans.approvals(plan_id),
        tuple(causes.most_common(6)),
        plans.count(plan_id, refused),
    )


def plan_view(facts: Facts, sift: Sift, actor: Actor, now: float, keeps: str) -> PlanView:
    """The preview; `keeps` is what keeps the sync from running, empty: nothing."""
    plan, goal = facts.plan, facts.goal
    is_open = plan.state in (PlanState.READY, PlanState.STOPPED)
    stop = _stop(facts, actor, now) if plan.state is PlanState.STOPPED else None
    held = "A limit holds it: see above." if stop is not None else ""
    place = PLACES[goal.target]
    nothing = "Nothing is ticked." if not facts.ticked else ""
    return PlanView(
        plan=plan.id,
        open=is_open,
        ended=None if is_open else _ended(plan, now),
        stop=stop,
        notices=_notices(facts),
        counts=_counts(facts),
        causes=facts.causes if sift.fate == "correction" else (),
        chosen=sift,
        foot=_foot(facts) if is_open else "",
        write=f"Write {facts.ticked:,} to {place}",
        write_why_not=held or nothing or keeps,
        confirmation=_confirmation(facts),
        retry="Retry all" if facts.refused and not is_open else "",
    )


def _ended(plan: Plan, now: float) -> MessageView:
    at = moment.date_and_time(plan.made_at, now)
    if plan.state is PlanState.APPLYING:
        return MessageView("info", "This preview is being written.", "It cannot be changed now.")
    title = f"The preview of {at} was written."
    text = "A new preview shows what has changed since."
    return MessageView("info", title, text, (("preview", "New preview"),))


def _stop(facts: Facts, actor: Actor, now: float) -> StopView | None:
    """The first limit that nobody has let pass yet."""
    found = breaches(facts.goal.limits, facts.counts, facts.plan.read, incremental=True)
    words = {breach.code: breach for breach in found}
    for code in facts.plan.breaches:
        if code == "empty":
            return StopView(
                code,
                "Nothing written. The source is empty.",
                "A sync whose source is empty never writes. See what it reads under Mapping.",
                (),
            )
        given = [a for a in facts.approvals if a.breach == code]
        needed = 2 if needs_two_admins([code]) else 1
        if len({a.person for a in given}) < needed:
            return _held(words.get(code), code, given, needed, actor, now)
    return None


def _held(
    breach: Breach | None,
    code: str,
    given: list[Approval],
    needed: int,
    actor: Actor,
    now: float,
) -> StopView:
    title = f"Nothing written. {breach.words}" if breach else "Nothing written: past its limit."
    count = breach.people if breach else 0
    acts = [("show", f"Show the {count:,}")]
    admin = actor.role is Role.ADMIN
    mine = any(a.person == str(actor.id or actor.name) for a in given)
    if needed == 1:
        text = "An admin may let it pass once."
        acts.append(("allow", "Allow once…") if admin else ("ask", "Ask for approval…"))
    else:
        who = [f"{a.name} allowed it at {moment.stamp(a.at, now)}" for a in given]
        text = "So many people need two admins. " + ("; ".join(who) + "." if who else "")
        acts.append(("allow", "Allow…") if admin and not mine else ("ask", "Ask for approval…"))
    return StopView(code, title, text.strip(), tuple(acts))


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
