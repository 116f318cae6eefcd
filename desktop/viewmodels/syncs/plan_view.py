"""View of a preview without its rows: limit, consequences, counts, footer and confirmation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from desktop.kit.text import format_count
from desktop.model.permission import Actor, Role
from desktop.model.run_limit import (
    EMPTY_SOURCE,
    PRODUCTION,
    TYPED_CONSEQUENCES,
    OpenLimit,
)
from desktop.model.service import Service
from desktop.model.sync import FlowPolicy
from desktop.model.sync_plan import Consequence, PlannedOutcome, PlanState
from desktop.store.limit_approval_repository import LimitApproval
from desktop.sync.plan_summary import PlanSummary
from desktop.viewmodels import time_format
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.sync_header_view import MessageAction, SyncMessageView
from desktop.viewmodels.syncs.sync_labels import duration_text

CONFIRM_TYPED_OVER = 1000
_CONFIRM_OVER = 50
# Zero is said too of these: nobody has to wonder.
_ALWAYS_SHOWN = (Consequence.STARTS, Consequence.STOPS)
_UNTICK_TEXT = "Or untick rows until it fits."
_ONCE_TEXT = f"As an admin you can allow it once. {_UNTICK_TEXT}"


@dataclass(frozen=True)
class PlanCountView:
    """One count of a preview's rows, which filters; `tone` colours it while it is not zero."""

    key: str
    number: int
    label: str
    tone: str


@dataclass(frozen=True)
class PlanConsequenceView:
    """A preview's consequence or cause with its number of customers; with none it is no filter."""

    key: str
    text: str
    customer_count: int


class LimitAction(StrEnum):
    """What a person can do about a limit that holds a preview: a button of its banner."""

    SHOW = "show"  # the rows that pass it
    ALLOW = "allow"  # as the first of two admins
    WRITE = "write"  # let it pass and write, by one question
    ASK = "ask"  # another admin signs in


@dataclass(frozen=True)
class LimitStopView:
    """Why a limit holds the preview, and its banner's buttons as (key, label).

    `is_passable`: whoever is at work lets it pass by the one question before writing.
    """

    breach: str
    title: str
    text: str
    actions: tuple[tuple[str, str], ...]
    is_passable: bool = False


@dataclass(frozen=True)
class WriteConfirmation:
    """The one question before a preview is written; `text_to_type` may be empty.

    Answering it lets the limits pass that `allowed_people` names, each for so many people.
    """

    title: str
    message: str
    detail: str
    confirm_label: str
    text_to_type: str
    allowed_people: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunQuestion:
    """Run now's question while a preview is open: what is ticked, or every row of it.

    The texts to type are those of a WriteConfirmation; `ticked_label` is empty where all or
    nothing is ticked. Each answer lets pass what its `allowed_people` names.
    """

    title: str
    message: str
    left_out_count: int
    ticked_label: str
    ticked_text_to_type: str
    all_label: str
    all_text_to_type: str
    ticked_allowed_people: Mapping[str, int] = field(default_factory=dict)
    all_allowed_people: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PlanView:
    """All texts of a preview but its rows."""

    plan_id: str
    is_open: bool
    message: SyncMessageView | None
    limit_stop: LimitStopView | None
    consequences: tuple[PlanConsequenceView, ...]
    counts: tuple[PlanCountView, ...]
    causes: tuple[PlanConsequenceView, ...]
    plan_filter: PlanFilter
    has_values: bool
    footer: str
    write_label: str
    write_disabled_reason: str
    confirmation: WriteConfirmation | None
    run_question: RunQuestion | None
    retry_label: str


def build_plan_view(
    summary: PlanSummary,
    plan_filter: PlanFilter,
    actor: Actor,
    now: float,
    blocking_reason: str,
    *,
    pinned: bool = False,
    is_running: bool = True,
) -> PlanView:
    """Build the view of a preview; `blocking_reason` is why the sync cannot run, empty: it can.

    `pinned`: it is an older one, opened from the history. `is_running`: the sync has a run now.
    """
    plan, sync = summary.plan, summary.sync
    is_open = summary.is_open
    stop = _build_limit_stop(summary, actor, now) if is_open else None
    held = "" if stop is None or stop.is_passable else "Stopped by a limit: see above."
    place = sync.target_service.title
    nothing = "Nothing is ticked." if not summary.ticked_count else ""
    return PlanView(
        plan_id=plan.id,
        is_open=is_open,
        message=_build_message(summary, now, pinned=pinned, is_running=is_running),
        limit_stop=stop,
        consequences=_build_consequences(summary),
        counts=_build_counts(summary),
        causes=_build_causes(summary) if plan_filter.fate == "correction" else (),
        plan_filter=plan_filter,
        has_values=summary.has_predicted_values,
        footer=_footer_text(summary) if is_open else "",
        write_label=f"Write {summary.ticked_count:,} to {place}",
        write_disabled_reason=held or nothing or blocking_reason,
        confirmation=_build_confirmation(summary) if is_open else None,
        run_question=_build_run_question(summary) if is_open and stop is None else None,
        retry_label="Retry all" if summary.refused_count and not is_open else "",
    )


def _build_message(
    summary: PlanSummary, now: float, *, pinned: bool, is_running: bool
) -> SyncMessageView | None:
    """Build the message above a preview's rows: a rollback's losses, or the preview's fate."""
    plan, is_open = summary.plan, summary.is_open
    if is_open and plan.rolled_back_run:
        lost = "; ".join(f"{count:,} × {words}" for words, count in summary.losses)
        text = f"Can't be fully undone: {lost}." if lost else "Everything can be restored."
        return SyncMessageView("info", f"This rolls back run {plan.rolled_back_run}.", text)
    if is_open:
        return None
    at = time_format.format_date_and_time(plan.created_at, now)
    if plan.state is PlanState.APPLYING and not is_running:
        return SyncMessageView("info", "The run stopped; each row shows whether it was written.")
    # The header says that it is writing and how far it is; a banner would push the rows down.
    if plan.state is PlanState.APPLYING:
        return None
    if pinned:
        title = f"These rows are from an older run, {at}."
        return SyncMessageView("info", title, "", ((MessageAction.SHOW_NEWEST, "Show the newest"),))
    title = f"The preview of {at} was written."
    text = "A new preview shows what has changed since."
    return SyncMessageView("info", title, text, ((MessageAction.PREVIEW, "New preview"),))


def _build_limit_stop(summary: PlanSummary, actor: Actor, now: float) -> LimitStopView | None:
    """Build the banner of a preview's limit: the first that the actor cannot let pass, else any."""
    # What production asks about stands in the question before writing; only a run that nobody was
    # asked about is stopped by it.
    is_ready = summary.plan.state is PlanState.READY
    open_limits = [
        one for one in summary.open_limits if not (is_ready and one.breach.code == PRODUCTION)
    ]
    held = [(one, _valid_approvals(one, summary)) for one in open_limits]
    if not held:
        return None
    shut = [one for one in held if not _is_passable(*one, actor)]
    limit, given = (shut or held)[0]
    breach = limit.breach
    if breach.code == EMPTY_SOURCE:
        return LimitStopView(
            breach.code,
            "Nothing written. The source is empty.",
            "A sync with an empty source never writes. See Mapping for what it reads.",
            (),
        )
    show = (LimitAction.SHOW, f"Show the {breach.people:,}")
    # Every row is one of production's.
    actions = [] if breach.code == PRODUCTION else [show]
    if not shut:
        is_typed = breach.code in TYPED_CONSEQUENCES
        text = "You can let it pass once, by their number." if is_typed else _ONCE_TEXT
        actions.append((LimitAction.WRITE, "Allow once and write…"))
    elif limit.needed_count == 1:
        text = f"An admin can allow it once. {_UNTICK_TEXT}"
        actions.append((LimitAction.ASK, "Ask for approval…"))
    else:
        who = "; ".join(
            f"{a.name} allowed it at {time_format.format_time_or_date(a.approved_at, now)}"
            for a in given
        )
        text = f"{who}. One more admin is needed." if who else "So many people need two admins."
        ask = (LimitAction.ASK, "Ask for approval…")
        actions.append((LimitAction.ALLOW, "Allow…") if _may_allow(given, actor) else ask)
    title = f"Nothing written. {breach.message}"
    return LimitStopView(breach.code, title, text, tuple(actions), is_passable=not shut)


def _valid_approvals(limit: OpenLimit, summary: PlanSummary) -> list[LimitApproval]:
    code, people = limit.breach.code, limit.breach.people
    return [one for one in summary.approvals if one.limit_code == code and one.covers(people)]


def _is_passable(limit: OpenLimit, given: list[LimitApproval], actor: Actor) -> bool:
    """Whether the actor's word is all that is missing to let a preview's limit pass."""
    if limit.breach.code in TYPED_CONSEQUENCES:
        return True
    is_last = limit.needed_count - limit.approval_count == 1
    return is_last and _may_allow(given, actor)


def _may_allow(given: list[LimitApproval], actor: Actor) -> bool:
    # One person counts once, whatever they sign in with, and so does one API token.
    is_given_by_actor = any(
        one.user_id == actor.approver_id or (one.credential and one.credential == actor.credential)
        for one in given
    )
    return actor.role is Role.ADMIN and not is_given_by_actor


def _build_causes(summary: PlanSummary) -> tuple[PlanConsequenceView, ...]:
    return tuple(
        PlanConsequenceView(cause, f"{cause or 'other'} ({count:,})", count)
        for cause, count in summary.causes
    )


def _build_consequences(summary: PlanSummary) -> tuple[PlanConsequenceView, ...]:
    found = [
        PlanConsequenceView(
            f"{n.consequence.value}:{n.name}",
            f"{n.people:,} {consequence_text(n.consequence, n.name, n.people)}",
            n.people,
        )
        for n in summary.plan.consequence_counts
    ]
    there = {n.consequence for n in summary.plan.consequence_counts}
    if summary.sync.target_service is Service.SAILTHRU:
        missing = {
            Consequence.STARTS: "0 start getting marketing e-mail",
            Consequence.STOPS: "0 stop",
        }
        nobody = [
            PlanConsequenceView(kind.value, missing[kind], 0)
            for kind in _ALWAYS_SHOWN
            if kind not in there
        ]
        if summary.sync.flows is FlowPolicy.NOT_STARTED and summary.plan.count_rows(
            PlannedOutcome.CREATE
        ):
            nobody.append(PlanConsequenceView("flows", "no e-mail flows start", 0))
        found += nobody
    return tuple(found)


_SINGULAR_FORMS = {
    "start ": "starts ",
    "stop ": "stops ",
    "join ": "joins ",
    "leave ": "leaves ",
    "have ": "has ",
    "change again": "changes again",
}


def consequence_text(kind: Consequence, name: str, count: int) -> str:
    """Return a preview's consequence after a count of people: “joins Newsletter”."""
    words = kind.label.format(name=name)
    if count == 1:
        for many, one in _SINGULAR_FORMS.items():
            if words.startswith(many):
                return one + words.removeprefix(many)
    return words


def _build_counts(summary: PlanSummary) -> tuple[PlanCountView, ...]:
    plan = summary.plan
    changes = plan.count_rows(PlannedOutcome.CREATE, PlannedOutcome.UPDATE)
    found = [
        PlanCountView("changes", changes, "change" if changes == 1 else "changes", "text"),
        PlanCountView("create", plan.count_rows(PlannedOutcome.CREATE), "create", "text"),
        PlanCountView("update", plan.count_rows(PlannedOutcome.UPDATE), "update", "text"),
        PlanCountView(
            "correction",
            plan.count_rows(PlannedOutcome.CORRECTION),
            "needs correction"
            if plan.count_rows(PlannedOutcome.CORRECTION) == 1
            else "need correction",
            "warn",
        ),
        PlanCountView(
            "conflict",
            plan.count_rows(PlannedOutcome.CONFLICT),
            "conflict" if plan.count_rows(PlannedOutcome.CONFLICT) == 1 else "conflicts",
            "bad",
        ),
        PlanCountView("skipped", plan.count_rows(PlannedOutcome.SKIPPED), "skipped", "muted"),
        PlanCountView("unchanged", plan.count_rows(PlannedOutcome.UNCHANGED), "unchanged", "muted"),
    ]
    if summary.refused_count:
        found.insert(5, PlanCountView("refused", summary.refused_count, "not written", "bad"))
    return tuple(found)


def _footer_text(summary: PlanSummary) -> str:
    total = summary.plan.count_rows(PlannedOutcome.CREATE, PlannedOutcome.UPDATE)
    parts = [f"{summary.ticked_count:,} of {total:,} ticked"]
    if summary.ticked_count < total:
        parts.append(f"{total - summary.ticked_count:,} left out of this preview only")
    if summary.ticked_count:
        parts.append(duration_text(summary.write_s))
    parts.append("leaves room for people at work")
    reading = summary.plan.target_reading
    lines = [" · ".join(parts), *([reading.sentence] if reading is not None else [])]
    return "\n".join(lines)


def _build_confirmation(summary: PlanSummary) -> WriteConfirmation | None:
    """Build the one question before a preview is written: the strictest that applies.

    It is asked over a limit or over 50 rows. Over the limit of opt-outs their number has to be
    typed, else over 1,000 rows the number of rows.
    """
    count, place = summary.ticked_count, summary.sync.target_service.title
    noun = summary.sync.noun
    limits = {one.breach.code: one.breach.people for one in summary.open_limits}
    text_to_type = _text_to_type(summary, count)
    # Fewer are undone by a rollback more quickly than a question is read.
    if count <= _CONFIRM_OVER and not limits and not text_to_type:
        return None
    noticed = [
        f"{n.people:,} {consequence_text(n.consequence, n.name, n.people)}"
        for n in summary.plan.consequence_counts
    ]
    over = [one.message for one in summary.breaches]
    if limits:
        over.append("This lets it pass once; your name is recorded.")
    changes = format_count(count, "change", "changes")
    is_allowed_only_now = bool(limits.keys() - {PRODUCTION})
    return WriteConfirmation(
        f"Write {changes} to {place}?",
        " ".join([
            *over,
            f"“{summary.sync.title}” changes {format_count(count, *noun)} in {place}."
            f" Each {noun[0]} is checked again right before writing.",
        ]),
        "; ".join(noticed),
        f"Allow once and write {changes}" if is_allowed_only_now else f"Write {changes}",
        text_to_type,
        limits,
    )  # fmt: skip


def _text_to_type(summary: PlanSummary, count: int) -> str:
    """The number to type before a preview is written: of opt-outs over the limit, or of rows.

    Of rows over 1,000, in production already over 50.
    """
    # Asked each time, also after somebody has let it pass.
    for breach in summary.breaches:
        if breach.code in TYPED_CONSEQUENCES and breach.code != PRODUCTION:
            return str(breach.people)
    is_typed = count > CONFIRM_TYPED_OVER or summary.is_confirmed(count)
    return str(count) if is_typed else ""


def _confirmed_people(summary: PlanSummary, count: int) -> Mapping[str, int]:
    """Return what the answer to a question about so many people lets pass: production's limit."""
    return {PRODUCTION: count} if summary.is_confirmed(count) else {}


def _build_run_question(summary: PlanSummary) -> RunQuestion | None:
    """Ask whether Run now means what is ticked in the open preview or all of it."""
    total = summary.plan.count_rows(PlannedOutcome.CREATE, PlannedOutcome.UPDATE)
    ticked, place = summary.ticked_count, summary.sync.target_service.title
    noun = summary.sync.noun
    if not total:
        return None
    left_out = total - ticked
    if not left_out:
        message = f"The open preview changes {format_count(total, *noun)} in {place}."
    else:
        message = (
            f"You left {format_count(left_out, *noun)} out of this preview; it writes to {place}."
        )
    is_choice = 0 < ticked < total
    production = "This is production. " if summary.is_confirmed(total) else ""
    return RunQuestion(
        f"Write the preview of “{summary.sync.title}”?",
        f"{production}{message} Each {noun[0]} is checked again right before writing.",
        left_out,
        f"Write {ticked:,} as ticked" if is_choice else "",
        _text_to_type(summary, ticked) if is_choice else "",
        f"Write all {total:,}",
        _text_to_type(summary, total),
        _confirmed_people(summary, ticked),
        _confirmed_people(summary, total),
    )
