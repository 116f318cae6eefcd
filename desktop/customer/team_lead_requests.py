"""Ask a lead: leaves a request for somebody with the right, who makes the edit or declines it.

The request lies in this workspace, and on a ticket as an internal note where one is chosen: other
desks have no shared store. It grants nothing: the edit is built anew from what stands there now,
and queued under the rights of whoever makes it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial

from desktop.customer.customer_lookup import CustomerLookup
from desktop.customer.edit_factory import EditFactory
from desktop.customer.edit_service import EditService, has_effect
from desktop.customer.service_clients import AccountFieldNames
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import AppError, ConflictError, InvalidInput, NotPermitted
from desktop.model.customer_health import CustomerHealth
from desktop.model.customer_sheet import CustomerSheet, SheetPartState
from desktop.model.edit import Edit, EditKind, EditRequest
from desktop.model.lookup_query import LookupQuery, LookupQueryKind
from desktop.model.marketing_pause import parse_pause_terms
from desktop.model.optout_level import SELECTABLE_LEVELS, OptOutLevel
from desktop.model.permission import Permission
from desktop.model.service import Service
from desktop.model.sheet_overlay import pending_edit
from desktop.model.team_lead_request import (
    TeamLeadRequest,
    TeamLeadRequestState,
    describe_wanted,
    require_askable,
)
from desktop.store.workspace_store import WorkspaceStore

_ALREADY_SO = "It was so already."


class TeamLeadRequestService:
    """Asks leads for edits, and answers such requests by the rights of who is at work."""

    def __init__(
        self,
        lookup: CustomerLookup,
        store: WorkspaceStore,
        editor: EditService,
        clock: Clock,
        bus: ChangeBus,
        names: Callable[[], AccountFieldNames],
    ) -> None:
        self._lookup, self._store, self._editor = lookup, store, editor
        self._clock, self._bus, self._names = clock, bus, names

    async def ask(
        self, sheet: CustomerSheet, request: EditRequest, *, adds_note: bool = False
    ) -> tuple[Edit, ...]:
        """Leave a request for an edit; with `adds_note` also on its ticket, all or nothing.

        Returns the note's edit, if any. Raises InvalidInput for what the asker may do themself or a
        lead can't be asked for, NotPermitted where they may not even look customers up.
        """
        self.require_may_ask(request)
        actor, now = self._editor.actor, self._clock.now()
        who = (actor.signature, actor.key)
        notes: tuple[Edit, ...] = ()
        if adds_note:
            factory = EditFactory(sheet, self._names(), ticket=request.ticket)
            note = factory.note(compose_request_note(request, actor.name))
            settle = self._store.team_lead_requests.add_within(request, *who, now)
            notes = await self._editor.submit_and_settle([note], settle)
        else:
            await self._store.team_lead_requests.add(request, *who, now)
        self._publish(request)
        return notes

    def require_may_ask(self, request: EditRequest) -> None:
        """Raise InvalidInput or NotPermitted where a lead can't be asked for an edit: see `ask`."""
        view = self._editor.check(Permission.VIEW)
        if not view.is_allowed:
            raise NotPermitted("Nothing was asked.", view.reason)
        require_askable(request)
        if self._editor.permission_for(request).is_allowed:
            raise InvalidInput(
                "You may do this yourself.", "Nothing was asked.", "Make the change on the sheet."
            )

    async def do(self, request_id: str, *, wait_for_undo: bool = True) -> tuple[Edit, ...]:
        """Make the edit that a request asks for, under the rights of who is at work.

        The customer is read again first. Empty where it was so already, which ends the request
        too. Raises NotPermitted, ConflictError for an answered one or a customer who is gone.
        """
        asked = await self._store.team_lead_requests.get(request_id)
        if not asked.is_open:
            raise ConflictError(f"Request {request_id} is {asked.state.value} already.")
        request = _with_asker(asked)
        # Before anybody is looked up; the judge asks again when it is queued.
        self._editor.require_allowed(request)
        sheet = await self._read_customer(request)
        wanted = rebuild_request(sheet, self._names(), request)
        if wanted.name != request.name and wanted.kind is not EditKind.LIST:
            raise ConflictError(
                f"{request.name} is not what Fairlead writes here any more.",
                f"Since the request was made it is {wanted.name}. Nothing was changed.",
                "Decline the request.",
            )
        actor, now = self._editor.actor, self._clock.now()
        waits = pending_edit(sheet, wanted.kind, wanted.name) is not None
        if not has_effect(wanted) and not waits:
            done = TeamLeadRequestState.DONE
            await self._store.team_lead_requests.answer(
                request_id, done, actor.signature, now, _ALREADY_SO
            )
            self._publish(request)
            return ()
        settle = self._store.team_lead_requests.answer_within(request_id, actor.signature, now)
        edits = await self._editor.submit_and_settle([wanted], settle, wait_for_undo=wait_for_undo)
        self._publish(request)
        return edits

    async def decline(self, request_id: str, why: str) -> TeamLeadRequest:
        """End a request without its edit. Raises NotPermitted without the right to make it."""
        asked = await self._store.team_lead_requests.get(request_id)
        self._editor.require_right(asked.request)
        if not why.strip():
            raise InvalidInput("Say why it is declined.", "Nothing was changed.")
        return await self._end(asked, TeamLeadRequestState.DECLINED, why.strip())

    async def withdraw(self, request_id: str) -> TeamLeadRequest:
        """Take one's own request back. Raises NotPermitted for somebody else's."""
        asked, actor = await self._store.team_lead_requests.get(request_id), self._editor.actor
        if not asked.is_asked_by(actor.key, actor.signature):
            raise NotPermitted(
                "This request is somebody else’s.", f"{asked.actor} has asked it.", "Decline it."
            )
        return await self._end(asked, TeamLeadRequestState.WITHDRAWN, "")

    async def _end(
        self, asked: TeamLeadRequest, state: TeamLeadRequestState, answer: str
    ) -> TeamLeadRequest:
        actor, now = self._editor.actor, self._clock.now()
        ended = await self._store.team_lead_requests.answer(
            asked.id, state, actor.signature, now, answer
        )
        self._publish(asked.request)
        return ended

    async def _read_customer(self, request: EditRequest) -> CustomerSheet:
        """Look up the record that a request is about. Raises ConflictError where it is gone."""
        target = request.target
        kind = (
            LookupQueryKind.EMAIL
            if request.kind is EditKind.CREATE
            else LookupQueryKind.SID
            if target.service is Service.SAILTHRU
            else LookupQueryKind.ZENDESK_ID
        )
        sheet = await self._lookup.look_up_query(LookupQuery(kind, target.id))
        profile, user = sheet.profile, sheet.user
        if request.kind is EditKind.CREATE:
            return sheet
        part = profile if target.service is Service.SAILTHRU else user
        if part.state is SheetPartState.FAILED and part.error is not None:
            raise part.error
        profile_id = profile.value.sid if profile.value is not None else ""
        user_id = str(user.value.id) if user.value is not None else ""
        if target.id not in (profile_id, user_id):
            raise ConflictError(
                f"{target.label} can't be found in {target.service.title} any more.",
                "The record was deleted or merged. Nothing was changed.",
                "Look the customer up, and decline the request.",
            )
        return sheet

    def _publish(self, request: EditRequest) -> None:
        topics = (Topic.OUTBOX, Topic.CUSTOMER, Topic.AUDIT)
        self._bus.publish(ChangeSet.of(*topics, ids=[request.target.id]))


def list_refused(
    sheet: CustomerSheet,
    names: AccountFieldNames,
    until: date,
    is_refused: Callable[[EditRequest], bool],
) -> tuple[EditRequest, ...]:
    """List the edits of a customer that a lead can be asked for: possible, and refused by right.

    `until` is the end of the pause that is offered.
    """
    found = []
    for build in _possible_edits(sheet, names, until):
        try:
            request = build()
        except AppError:
            # What can't be done at all, such as on a smart list, nobody is asked for.
            continue
        if has_effect(request) and is_refused(request):
            found.append(request)
    return tuple(found)


def _possible_edits(
    sheet: CustomerSheet, names: AccountFieldNames, until: date
) -> Iterator[Callable[[], EditRequest]]:
    factory = EditFactory(sheet, names)
    profile, user = sheet.profile.value, sheet.user.value
    for level in SELECTABLE_LEVELS:
        yield partial(factory.optout, level)
    own = tuple(profile.lists) if profile is not None else ()
    for name in own:
        yield partial(factory.list_membership, name, member=False)
    for entry in sheet.lists.value or ():
        if not entry.smart and entry.name not in own:
            yield partial(factory.list_membership, entry.name, member=True)
    for health in CustomerHealth:
        yield partial(factory.health, health)
    tags = user.tags if user is not None else None
    yield partial(factory.high_value_tag, on=names.highvalue_tag not in (tags or ()))
    if user is not None:
        yield partial(factory.sync_checkbox, on=not user.user_fields.get(names.box_field))
    if profile is not None:
        yield partial(factory.sync_mark, on=not profile.vars.get(names.mark_var))
    yield partial(factory.pause, until)
    yield factory.end_pause
    yield partial(factory.create, sheet.address or sheet.query.value)


def rebuild_request(
    sheet: CustomerSheet, names: AccountFieldNames, asked: EditRequest
) -> EditRequest:
    """Build the edit that a request asks for from what the sheet shows now. Raises AppError."""
    factory = EditFactory(sheet, names, reason=asked.reason, ticket=asked.ticket)
    kind, new, on = asked.kind, asked.new, bool(asked.new)
    if kind is EditKind.OPTOUT:
        return factory.optout(OptOutLevel(str(new)))
    if kind is EditKind.LIST:
        return factory.list_membership(asked.name, member=on)
    if kind is EditKind.HEALTH:
        return factory.health(CustomerHealth(str(new)) if new else None)
    if kind is EditKind.VAR:
        return factory.var(asked.name, new)
    if kind is EditKind.SYNC_MARK:
        return factory.sync_mark(on=on)
    if kind is EditKind.SYNC_CHECKBOX:
        return factory.sync_checkbox(on=on)
    if kind is EditKind.TAG:
        return factory.high_value_tag(on=on)
    if kind is EditKind.CREATE:
        return factory.create(asked.target.id)
    terms = parse_pause_terms(new)
    return factory.pause(terms.until) if terms is not None else factory.end_pause()


def compose_request_note(request: EditRequest, asker: str) -> str:
    """Write the internal note by which a lead on another desk hears of a request."""
    wanted = describe_wanted(request)
    link = f"\nfairlead://ticket/{request.ticket}" if request.ticket is not None else ""
    return (
        f"{asker} asks a lead: {wanted} for {request.target.label}"
        f" in {request.target.service.title}.\nReason: {request.reason}{link}"
    )


def _with_asker(asked: TeamLeadRequest) -> EditRequest:
    reason = f"{asked.request.reason} (asked by {asked.actor})"
    return replace(asked.request, reason=reason)
