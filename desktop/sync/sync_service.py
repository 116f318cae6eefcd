"""Adds, changes, checks and switches on syncs, and says what keeps one from running."""

import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sell.client import SellClient
from desktop.clients.zendesk.client import ZendeskClient
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.clock import Clock
from desktop.kit.errors import ConflictError, InvalidInput, NotPermitted, UserDecisionNeeded
from desktop.kit.text import format_count
from desktop.model.field_mapping import MappingRow
from desktop.model.json_value import Json
from desktop.model.permission import (
    Actor,
    Permission,
    PermissionDecision,
    PermissionRules,
    Role,
    check_permission,
)
from desktop.model.run_limit import Limit
from desktop.model.sync import (
    OptInAttestation,
    SourceKind,
    Sync,
    SyncEffects,
    SyncProblem,
    SyncSource,
    SyncStatus,
    TargetType,
)
from desktop.model.sync_fields import (
    ATTESTED_PATH,
    attest_consent,
    find_sync_field,
    replace_sync_field,
    sync_fields_of,
    widens_opt_in,
)
from desktop.model.sync_plan import PlanState
from desktop.model.sync_run import Run, RunState
from desktop.model.sync_schedule import parse_schedule_rule, planned_run_times
from desktop.model.sync_validation import validate_sync
from desktop.store.workspace_store import WorkspaceStore
from desktop.sync.due_syncs import find_pause_reason
from desktop.sync.missing_resources import MissingResource, find_missing_resources
from desktop.sync.sell_optout_marks import require_optout_marks
from desktop.sync.sync_field_text import parse_field_text
from desktop.sync.sync_presets import (
    ALL_PRESETS,
    PresetNames,
    build_blank_sync,
    build_preset,
    build_rule,
)

# Leaves room for a number within SYNC_NAME_MAX_LENGTH.
_NAME_STEM_LENGTH = 56


class RuleGate(Protocol):
    """Decides on rules, which pick people of the data workspace."""

    def require_allowed(self, source: SyncSource) -> None:
        """Raise NotPermitted where the actor may not pick these people, NotFound: no segment."""
        ...

    def pause_names(self) -> tuple[str, str]:
        """Return the var and the list by which the account pauses marketing."""
        ...


class SyncService:
    """Adds and changes the syncs of one workspace, for window and command line."""

    def __init__(
        self,
        store: WorkspaceStore,
        clock: Clock,
        bus: ChangeBus,
        who: Callable[[], Actor],
        rules: Callable[[], PermissionRules],
        zone: Callable[[], str],
        rules_of_people: RuleGate | None = None,
    ) -> None:
        """`rules_of_people` decides on rules; without it none can be saved or switched on."""
        self._store = store
        self._clock = clock
        self._bus = bus
        self._get_actor = who
        self._get_rules = rules
        self._get_zone = zone
        self._rule_gate = rules_of_people

    def add_preset(self, preset_name: str, names: PresetNames) -> Sync:
        """Save a preset as a sync, off; return the existing one if it was added before."""
        self.require_configuration_permission()
        sync = build_preset(preset_name, names)
        known = {kept.name: kept for kept in self._store.syncs.list_all.blocking()}
        if sync.partner and sync.partner not in known:
            self._save(build_preset(sync.partner, names))
        return known.get(sync.name) or self._save(sync)

    def add_blank(self, title: str, kind: SourceKind, target: TargetType | None = None) -> Sync:
        """Make a sync of a kind, off, with the smallest mapping. Raises InvalidInput."""
        self.require_configuration_permission()
        return self._save(build_blank_sync(self._unused_name(title), title.strip(), kind, target))

    def add_rule(
        self,
        title: str,
        source: SyncSource,
        mapping: tuple[MappingRow, ...],
        effects: SyncEffects,
    ) -> Sync:
        """Make a rule, off. Raises InvalidInput, NotPermitted."""
        self.require_configuration_permission()
        rule = build_rule(self._unused_name(title), title.strip(), source, mapping, effects)
        return self.save_sync(rule)

    def duplicate_sync(self, name: str, title: str) -> Sync:
        """Copy a sync under another title: off, unchecked, without its consent attestation.

        What the old one has matched and written stays with it; who is always left out of it is
        left out of the copy. Raises InvalidInput, NotPermitted.
        """
        self.require_configuration_permission()
        copy = replace(
            self._store.syncs.get.blocking(name),
            name=self._unused_name(title),
            title=title.strip(),
            opt_in=OptInAttestation(),
            on=False,
            switched_on_by="",
            armed_at=0.0,
            checked_at=0.0,
            preset="",
            favourite=False,
            version=0,
        )
        self._require_for_limits([copy])
        saved = self._save(copy)
        left_out = self._store.sync_state.list_left_out.blocking(name)
        self._store.sync_state.save_left_out.blocking(saved.name, left_out)
        return saved

    def _unused_name(self, title: str) -> str:
        """Return a new sync's name for scripts, made from its title, numbered where taken."""
        if not title.strip():
            raise InvalidInput("A sync needs a name.", "Nothing was added.")
        plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_NAME_STEM_LENGTH] or "sync"
        # Presets keep theirs, also those that are not added.
        taken = {kept.name for kept in self._store.syncs.list_all.blocking()} | set(ALL_PRESETS)
        numbered = (f"{stem}-{number}" for number in itertools.count(2))
        return next(name for name in itertools.chain([stem], numbered) if name not in taken)

    def save_sync(self, sync: Sync) -> Sync:
        """Save a changed sync; a change of meaning needs another check and a full read.

        Raises InvalidInput with what is wrong, NotPermitted, ConflictError.
        """
        self.require_configuration_permission()
        self._require_for_limits([sync])
        sync = self._complete_rule(sync)
        _require_valid(sync)
        before = self._store.syncs.get.blocking(sync.name) if sync.is_saved else None
        is_attested_now = self._attests_consent(before, sync)
        if is_attested_now:
            # The time is when it took effect, whatever a draft or a script says.
            sync = attest_consent(sync, self._get_actor().name, self._clock.now())
        sync = replace(sync, switched_on_by=self._find_switcher(before, sync))
        if before is not None and not before.is_plan_compatible(sync):
            # What happened under the old rule makes the new one do nothing.
            armed_at = self._clock.now() if sync.armed_at else 0.0
            if sync.is_rule:
                self._drop_previews(sync.name)
            sync = replace(sync, checked_at=0.0, armed_at=armed_at)
            self._store.syncs.set_watermark.blocking(sync.name, "")
        return self._save(sync, is_attested_now=is_attested_now)

    def _complete_rule(self, sync: Sync) -> Sync:
        """Return a rule with the account's names, where the actor may have it. Others as is."""
        if not sync.picks_people:
            return sync
        gate = self._require_rule_gate()
        gate.require_allowed(sync.source)
        if not sync.is_rule:
            return sync
        var, name = gate.pause_names() if sync.effects.pause_days else ("", "")
        return replace(sync, effects=replace(sync.effects, pause_var=var, pause_list=name))

    def _drop_previews(self, rule: str) -> None:
        """Drop a rule's previews: what they show happened before it counts."""
        self._store.plans.delete_older_previews.blocking(rule, "0")

    def _require_rule_gate(self) -> RuleGate:
        if self._rule_gate is None:
            raise NotPermitted("Rules are not available here.", "Nothing was changed.")
        return self._rule_gate

    def change_fields(self, name: str, changes: Sequence[tuple[str, str]]) -> Sync:
        """Set fields of a sync, given as path and text, all or none; returns it as stored.

        Raises InvalidInput for a field that the sync does not have or a value it cannot take, and
        what `save_sync` raises.
        """
        self.require_configuration_permission()
        before = sync = self._store.syncs.get.blocking(name)
        for path, text in changes:
            field = find_sync_field(path)
            if field not in sync_fields_of(sync):
                raise InvalidInput(
                    f"“{sync.title}” has no field {path}.",
                    f"It copies from {sync.source.kind.service.title} to"
                    f" {sync.target_service.title}. Nothing was changed.",
                    f"`fairlead sync set {name}` lists its fields.",
                )
            value = parse_field_text(field, text)
            if path == ATTESTED_PATH and value:
                sync = attest_consent(sync, self._get_actor().name, self._clock.now())
            else:
                sync = replace_sync_field(sync, path, value)
        if sync == before:
            return before
        saved = self.save_sync(sync)
        if saved.schedule != before.schedule:
            # What was missed under the old rule is not caught up under the new one.
            self._store.syncs.set_last_due.blocking(name, self._clock.now())
        return saved

    def _find_switcher(self, before: Sync | None, sync: Sync) -> str:
        """Return by whose rights a sync's scheduled runs write after it is saved."""
        if not sync.on:
            return ""
        is_same = (
            before is not None
            and before.on
            and (before.mapping, before.schedule) == (sync.mapping, sync.schedule)
        )
        if before is not None and is_same and before.is_plan_compatible(sync):
            return before.switched_on_by
        # From now on it writes what this person wants, and when.
        return self._get_actor().key

    def _attests_consent(self, before: Sync | None, sync: Sync) -> bool:
        """Whether saving a sync attests consent, which only who saves may do.

        Raises UserDecisionNeeded where it would be somebody else's.
        """
        given, known = sync.opt_in, before.opt_in if before is not None else OptInAttestation()
        is_new = given.is_attested and (given.attested_by, given.attested_at) != (
            known.attested_by,
            known.attested_at,
        )
        if not (is_new or widens_opt_in(before, sync)):
            return False
        actor = self._get_actor()
        if not actor.is_confirmed:
            raise UserDecisionNeeded(
                "Nobody can confirm who you are while Zendesk does not answer.",
                "Consent of new people is somebody's word, so that nothing was saved.",
                "Try again once Zendesk answers.",
            )
        if given.attested_by != actor.name:
            raise UserDecisionNeeded(
                f"{given.attested_by} confirmed the consent of new people, not you.",
                "Saved like this, new people would be opted in on their word. Nothing was saved.",
                "Confirm it yourself, or switch the opt-in of new people off.",
            )
        return True

    def remove_sync(self, name: str) -> tuple[Run, ...]:
        """Remove a sync and stop its runs; returns those that were running.

        What it wrote and its history stay.
        """
        self.require_configuration_permission()
        status = self.get_state(self._store.syncs.get.blocking(name))
        if status.paused_people:
            people = format_count(status.paused_people, "person", "people")
            raise UserDecisionNeeded(
                f"“{status.sync.title}” has paused the marketing of {people}.",
                "Without it nobody would end that. Nothing was removed.",
                "Leave it on until their tickets are solved, or roll its runs back first.",
            )
        # First: a run of a sync that is gone would be seen by nobody.
        stopped = self._store.runs.request_cancel_of_sync.blocking(name)
        self._store.syncs.remove.blocking(name)
        self._publish_change()
        return stopped

    def set_enabled(self, name: str, *, on: bool) -> Sync:
        """Switch a sync on or off; on only if it was checked."""
        if on:
            self.require_permission()
        else:
            self.require_configuration_permission()
        sync = self._store.syncs.get.blocking(name)
        unchecked = [one for one in (sync, *self._find_partner(sync)) if not one.checked_at]
        if on and unchecked:
            sync = unchecked[0]
            raise UserDecisionNeeded(
                f"“{sync.title}” has not been checked yet.",
                "It is off, and stays so.",
                "Check it first: that asks both services for what it needs.",
            )
        if on and sync.is_of_optouts:
            running = [one for one in self._store.syncs.list_all.blocking() if one.on]
            require_optout_marks(sync, (*running, *self._find_partner(sync)))
        if on and sync.picks_people:
            self._require_rule_gate().require_allowed(sync.source)
            _require_valid(sync)
        if on and not sync.on:
            # Nothing runs because it was switched on, only when its time comes.
            self._store.syncs.set_last_due.blocking(name, self._clock.now())
        if sync.is_rule and on is not sync.on:
            self._drop_previews(name)
        armed_at = (sync.armed_at or self._clock.now()) if on and sync.is_rule else 0.0
        switcher = self._get_actor().key if on else ""
        saved = self._save(replace(sync, on=on, switched_on_by=switcher, armed_at=armed_at))
        for other in self._find_partner(sync):
            if other.on is not on:
                self.set_enabled(other.name, on=on)
        return saved

    def _find_partner(self, sync: Sync) -> tuple[Sync, ...]:
        """Find the sync of the other direction that is switched with this one, if any."""
        others = {one.name: one for one in self._store.syncs.list_all.blocking()}
        other = others.get(sync.partner) if sync.both_directions else None
        return (other,) if other is not None else ()

    def set_schedule(self, name: str, text: str) -> Sync:
        """Parse and save the schedule of a sync. Raises InvalidInput with examples."""
        self.require_configuration_permission()
        rule = parse_schedule_rule(text)
        before = self._store.syncs.get.blocking(name)
        sync = replace(before, schedule=rule.serialized)
        sync = self._save(replace(sync, switched_on_by=self._find_switcher(before, sync)))
        # What was missed under the old rule is not caught up under the new one.
        self._store.syncs.set_last_due.blocking(name, self._clock.now())
        return sync

    def import_syncs(self, syncs: Sequence[Sync], *, replacing: bool = False) -> tuple[Sync, ...]:
        """Save imported syncs, all or none; they are off and unchecked.

        Raises ConflictError for a name that is there already, unless `replacing`.
        """
        self.require_configuration_permission()
        known = {sync.name for sync in self._store.syncs.list_all.blocking()}
        there = [sync.name for sync in syncs if sync.name in known]
        if there and not replacing:
            raise ConflictError(
                f"There is already: {', '.join(there)}.",
                "Nothing was imported.",
                "`--replace` puts the file's in their place.",
            )
        self._require_for_limits(syncs)
        syncs = [self._complete_rule(sync) for sync in syncs]
        for sync in syncs:
            _require_valid(sync)
        arriving = [
            replace(
                sync,
                on=False,
                switched_on_by="",
                armed_at=0.0,
                checked_at=0.0,
                opt_in=OptInAttestation(),
            )
            for sync in syncs
        ]
        taken = self._store.syncs.import_syncs.blocking(
            arriving, self._clock.now(), self._get_actor().signature
        )
        self._publish_change()
        return taken

    async def check_resources(
        self,
        name: str,
        sailthru: SailthruClient,
        zendesk: ZendeskClient,
        sell: SellClient | None = None,
    ) -> tuple[Sync, tuple[MissingResource, ...]]:
        """Check a sync against the services; returns it and its missing lists and fields."""
        self.require_permission()
        sync = self._store.syncs.get.blocking(name)
        found: dict[str, MissingResource] = {}
        for stored in (sync, *self._find_partner(sync)):
            one, absences = await find_missing_resources(stored, sailthru, zendesk, sell)
            found |= {absence.name: absence for absence in absences}
            if not any(absence.is_required for absence in absences):
                self._save(replace(one, checked_at=self._clock.now()))
        return self._store.syncs.get.blocking(name), tuple(found.values())

    async def create_missing_resources(
        self, absences: Sequence[MissingResource], names: PresetNames, sailthru: SailthruClient,
        zendesk: ZendeskClient,
    ) -> None:  # fmt: skip
        """Create a sync's missing lists and fields. Raises Forbidden for all but admins."""
        self.require_admin()
        for absence in absences:
            if absence.kind == "list":
                # Without a source list it looks at everybody (docs/sailthru.md 2.3, query).
                query: dict[str, Json] = {
                    "query_mode": "and",
                    "criteria": ["match"],
                    "field": [names.mark_var],
                    "value": [True],
                }
                await sailthru.save_smart_list(absence.name, query)
            elif absence.kind == "target_list":
                await sailthru.create_list(absence.name)
            elif absence.kind == "user_field":
                box = absence.name == names.box_field
                title = "Sync to Sailthru" if box else absence.name.replace("_", " ").capitalize()
                await zendesk.create_user_field(
                    absence.name, title, kind="checkbox" if box else "text"
                )

    def find_run_blockers(self, sync: Sync, *, connected: bool | None) -> tuple[SyncProblem, ...]:
        """Return what keeps a sync from running now, what to do first at the front.

        `connected` is None where nobody has asked: then who is at work is not known either.
        """
        found: list[SyncProblem] = []
        if not sync.is_saved:
            found.append(SyncProblem("unsaved", "It is not saved yet."))
        elif not sync.checked_at:
            found.append(SyncProblem("unchecked", "Switch the sync on first."))
        elif not sync.on:
            found.append(SyncProblem("off", "It is switched off."))
        may_configure, may_run = self.check_configuration_permission(), self.check_permission()
        if connected and not may_configure.is_allowed:
            found.append(SyncProblem("permission", may_configure.reason))
        elif connected and not may_run.is_allowed:
            found.append(SyncProblem("changes_off", may_run.reason))
        if connected is False:
            words = "Zendesk and Sailthru are not both connected."
            found.append(SyncProblem("connection", words))
        running = next(iter(self._store.runs.list_runs.blocking(sync.name, 1)), None)
        if running is not None and running.state is RunState.RUNNING:
            found.append(SyncProblem("running", "It is running."))
        return tuple(found)

    def list_states(self) -> tuple[SyncStatus, ...]:
        """List the status of every sync."""
        return tuple(self.get_state(sync) for sync in self._store.syncs.list_all.blocking())

    def get_state(self, sync: Sync) -> SyncStatus:
        """Return the status of one sync: its last run, its next one, what waits."""
        last = next(iter(self._store.runs.list_runs.blocking(sync.name, 1)), None)
        plan = self._store.plans.find_latest.blocking(sync.name, PlanState.READY, PlanState.STOPPED)
        waiting = self._store.sync_state.count_waiting_for_person.blocking(sync.name)
        now = self._clock.now()
        next_at, paused = None, None
        if sync.on and sync.schedule:
            counted = self._store.syncs.get_last_due.blocking(sync.name)
            paused = find_pause_reason(sync, last, now if counted is None else counted)
        if sync.on and sync.schedule and paused is None:
            rule = parse_schedule_rule(sync.schedule)
            times = planned_run_times(
                rule, now if counted is None else counted, now, self._get_zone()
            )
            next_at = times[0] if times else None
        stopped = plan is not None and plan.state is PlanState.STOPPED
        return SyncStatus(
            sync=sync,
            last_run=last.id if last else None,
            last_run_state=last.state.value if last else "",
            last_run_at=(last.ended_at or last.started_at) if last else None,
            next_run_at=next_at,
            pause_reason=paused.message if paused is not None else "",
            waiting_count=waiting + int(stopped),
            paused_people=self._store.sync_state.count_members.blocking(sync.name)
            if sync.effects.pause_days
            else 0,
            running_run=last.id if last and last.state is RunState.RUNNING else None,
            totals=dict(last.totals) if last else {},
        )

    def check_permission(self) -> PermissionDecision:
        """Decide whether the signed-in person may run syncs now."""
        return check_permission(Permission.RUNS, self._get_actor(), self._get_rules())

    def check_configuration_permission(self) -> PermissionDecision:
        """Decide whether the signed-in person may make, change and preview syncs.

        The switch for changes does not count: nothing of it writes to a service (S1-20).
        """
        rules = replace(self._get_rules(), are_changes_enabled=True)
        return check_permission(Permission.RUNS, self._get_actor(), rules)

    def require_permission(self) -> None:
        """Raise NotPermitted where the signed-in person may not run syncs now."""
        verdict = self.check_permission()
        if not verdict.is_allowed:
            raise NotPermitted("Syncs cannot be run here.", verdict.reason)

    def require_configuration_permission(self) -> None:
        """Raise NotPermitted where the signed-in person may not make or change syncs."""
        verdict = self.check_configuration_permission()
        if not verdict.is_allowed:
            raise NotPermitted("Syncs cannot be changed here.", verdict.reason)

    def require_admin(self) -> None:
        """Raise NotPermitted for everybody but admins, as for letting a sync's limit pass."""
        self.require_permission()
        if self._get_actor().role is not Role.ADMIN:
            raise NotPermitted(
                "Only an admin may do that.", "Nothing was changed.", "Ask an admin of Zendesk."
            )

    def _require_for_limits(self, syncs: Sequence[Sync]) -> None:
        """Require an admin for a saved sync that raises or removes a limit."""
        known = {sync.name: sync.limits for sync in self._store.syncs.list_all.blocking()}
        for sync in syncs:
            before = known.get(sync.name, Limit())
            looser = sync.limits.people > before.people or sync.limits.percent > before.percent
            if looser and self._get_actor().role is not Role.ADMIN:
                raise NotPermitted(
                    f"Only an admin may loosen the limits of “{sync.title}”.",
                    "Nothing was saved.",
                    "Ask an admin, or keep the limits as they are.",
                )

    def _save(self, sync: Sync, *, is_attested_now: bool = False) -> Sync:
        saved = self._store.syncs.save.blocking(
            sync,
            self._clock.now(),
            is_attested_now=is_attested_now,
            by=self._get_actor(),
        )
        self._publish_change()
        return saved

    def _publish_change(self) -> None:
        self._bus.publish(ChangeSet.of(Topic.SYNC))


def _require_valid(sync: Sync) -> None:
    wrong = validate_sync(sync)
    if wrong:
        raise InvalidInput(f"“{sync.title}” cannot be saved like this.", " ".join(wrong))
