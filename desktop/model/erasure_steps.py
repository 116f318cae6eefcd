"""The steps that erase a person from Zendesk, Sailthru and this computer, and their progress."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget
from desktop.model.email_change import StepState
from desktop.model.erasure import Erasure, ErasureState, ErasureStep, ErasureSubject
from desktop.model.json_value import Json
from desktop.model.service import Service

# A profile that something keeps making again is deleted so often, then a person has to look.
MAX_PROFILE_DELETIONS = 5
_STEP_KINDS = {
    ErasureStep.CLOSE_TICKETS: EditKind.CLOSE_TICKET,
    ErasureStep.DELETE_USER: EditKind.DELETE_USER,
    ErasureStep.DELETE_USER_DATA: EditKind.DELETE_USER_DATA,
    ErasureStep.DELETE_PROFILE: EditKind.DELETE_PROFILE,
}


@dataclass(frozen=True)
class ErasureStepProgress:
    """How far a step of an erasure is; `count` records, `ended_at` when the last was done."""

    step: ErasureStep
    state: StepState
    count: int = 1
    detail: str = ""
    ended_at: float | None = None

    @property
    def is_of_services(self) -> bool:
        """Whether the step is before the last one, which erases what this computer keeps."""
        return self.step is not ErasureStep.ERASE_HERE

    def as_json(self) -> dict[str, Json]:
        """The step as JSON, an object of `steps`; nothing in it is about the person."""
        return {
            "name": self.step.value,
            "state": self.state.value,
            "count": self.count,
            "ended_at": self.ended_at,
        }


@dataclass(frozen=True)
class ErasureProgress:
    """An erasure with the progress of its steps, in their order."""

    erasure: Erasure
    steps: tuple[ErasureStepProgress, ...]

    @property
    def stopped_at(self) -> ErasureStepProgress | None:
        """The step at which a running erasure stopped, for a person to look; None: it goes on."""
        ends = (StepState.FAILED, StepState.UNDONE)
        is_open = self.erasure.is_open
        return next((one for one in self.steps if is_open and one.state in ends), None)

    @property
    def is_ready_to_end(self) -> bool:
        """Whether every step of a running erasure at the services is done."""
        is_running = self.erasure.state is ErasureState.RUNNING
        before = [one for one in self.steps if one.is_of_services]
        return is_running and all(one.state is StepState.DONE for one in before)


# Places of an erasure's steps in the outbox: those of a kind follow each other, with room between.
_PLACES = {
    EditKind.CLOSE_TICKET: 1,
    EditKind.DELETE_USER: 100_001,
    EditKind.DELETE_USER_DATA: 200_001,
    EditKind.DELETE_PROFILE: 300_001,
}


def build_erasure_requests(subject: ErasureSubject) -> dict[int, EditRequest]:
    """Build the edits that erase a person from the services, by their places, in order.

    Sailthru comes last: Zendesk is the one that may refuse, and then nothing is erased yet.
    """
    made = build_ticket_closings(subject, subject.tickets, _PLACES[EditKind.CLOSE_TICKET])
    for kind in (EditKind.DELETE_USER, EditKind.DELETE_USER_DATA):
        for place, user_id in enumerate(subject.user_ids, start=_PLACES[kind]):
            target = EditTarget(Service.ZENDESK, str(user_id), subject.label)
            made[place] = EditRequest(kind, target, "", False, True)
    for place, sid in enumerate(subject.sids, start=_PLACES[EditKind.DELETE_PROFILE]):
        made[place] = build_profile_deletion(subject.label, sid)
    return made


def build_ticket_closings(
    subject: ErasureSubject, tickets: Iterable[int], first_place: int
) -> dict[int, EditRequest]:
    """Build the edits of an erasure that close tickets of a person, by their places."""
    if not subject.user_ids:
        return {}
    target = EditTarget(Service.ZENDESK, str(subject.user_ids[0]), subject.label)
    return {
        place: EditRequest(EditKind.CLOSE_TICKET, target, str(number), False, True)
        for place, number in enumerate(tickets, start=first_place)
    }


def build_profile_deletion(label: str, sid: str) -> EditRequest:
    """Build the edit of an erasure that deletes one Sailthru profile."""
    target = EditTarget(Service.SAILTHRU, sid, label)
    return EditRequest(EditKind.DELETE_PROFILE, target, "", False, True)


def next_place(kind: EditKind, taken: Iterable[int]) -> int:
    """Return the place of one more step of a kind, behind those that an erasure has of it."""
    first = _PLACES[kind]
    behind = [place + 1 for place in taken if first <= place < first + 100_000]
    return max(behind, default=first)


def erasure_progress(erasure: Erasure, edits: Sequence[Edit]) -> ErasureProgress:
    """Judge how far an erasure is, from the newest edit of each of its places in the outbox."""
    ended = tuple(map(_parse_ended_step, erasure.ended_steps))
    if not erasure.is_open:
        return ErasureProgress(erasure, ended)
    if ended:
        # Their edits are erased already; the rest of it was cut short.
        waiting = ErasureStepProgress(ErasureStep.ERASE_HERE, StepState.WAITING)
        return ErasureProgress(erasure, (*ended, waiting))
    if erasure.state is ErasureState.REQUESTED and erasure.subject is not None:
        return ErasureProgress(erasure, planned_steps(erasure.subject))
    begun_at = max((one.approved_at for one in erasure.approvals), default=None)
    steps = [ErasureStepProgress(ErasureStep.SUPPRESS, StepState.DONE, ended_at=begun_at)]
    for step, kind in _STEP_KINDS.items():
        of_step = [edit for edit in edits if edit.request.kind is kind]
        if of_step:
            steps.append(_judge_step(step, of_step))
    steps.append(ErasureStepProgress(ErasureStep.ERASE_HERE, StepState.WAITING))
    return ErasureProgress(erasure, tuple(steps))


def planned_steps(subject: ErasureSubject) -> tuple[ErasureStepProgress, ...]:
    """Return the steps that the erasure of a person will have, before anything is queued."""
    requests = build_erasure_requests(subject).values()
    counts = {
        step: sum(request.kind is kind for request in requests)
        for step, kind in _STEP_KINDS.items()
    }
    return tuple(
        ErasureStepProgress(step, StepState.READY, counts.get(step, 1))
        for step in ErasureStep
        if counts.get(step, 1)
    )


def _judge_step(step: ErasureStep, edits: Sequence[Edit]) -> ErasureStepProgress:
    states = {edit.state for edit in edits}
    failed = next((e for e in edits if e.state in (EditState.FAILED, EditState.CONFLICT)), None)
    undone = next((e for e in edits if e.state is EditState.UNDONE), None)
    if failed is not None or undone is not None:
        stopped = failed or undone
        state = StepState.FAILED if failed is not None else StepState.UNDONE
        detail = stopped.detail if stopped is not None else ""
        return ErasureStepProgress(step, state, len(edits), detail)
    if states == {EditState.DONE}:
        ended_at = max(edit.updated_at for edit in edits)
        detail = " ".join(dict.fromkeys(edit.detail for edit in edits))
        return ErasureStepProgress(step, StepState.DONE, len(edits), detail, ended_at)
    waiting = [edit for edit in edits if not edit.state.is_final]
    is_unknown = any(edit.state is EditState.UNKNOWN for edit in waiting)
    is_sending = any(edit.state is EditState.SENDING for edit in waiting)
    state = StepState.WAITING
    if is_unknown or is_sending:
        state = StepState.UNKNOWN if is_unknown else StepState.SENDING
    return ErasureStepProgress(step, state, len(edits), waiting[0].detail)


def _parse_ended_step(document: Mapping[str, Json]) -> ErasureStepProgress:
    ended_at = document.get("ended_at")
    return ErasureStepProgress(
        ErasureStep(str(document.get("name"))),
        StepState(str(document.get("state"))),
        int(str(document.get("count", 1))),
        ended_at=ended_at if isinstance(ended_at, float | int) else None,
    )
