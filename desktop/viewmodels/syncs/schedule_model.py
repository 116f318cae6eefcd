"""The view-model of the tab Schedule: when a sync runs, and who is told of its runs."""

from dataclasses import dataclass, replace

from desktop.kit.errors import AppError
from desktop.model.attribute_path import replace_value
from desktop.model.sync import Sync
from desktop.model.sync_schedule import ScheduleRule, next_run_times, parse_schedule_rule
from desktop.model.sync_validation import validate_sync
from desktop.model.time_zone import local_time, parse_time_zone
from desktop.settings import sync_settings
from desktop.viewmodels import time_format
from desktop.viewmodels.form import FieldValue
from desktop.viewmodels.syncs.schedule_draft import (
    ScheduleDraft,
    notification_draft_of,
    schedule_draft_of,
)
from desktop.viewmodels.syncs.sync_draft_model import SyncDraftModel
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel

# Enough to see the pattern of a rule.
_MAX_NEXT_TIMES = 5
_CAUGHT_UP_NOTE = "Runs missed while Fairlead was closed are caught up once."
_NO_MAIL_SERVER_NOTE = "No mail server is set up, so no e-mail goes out: Settings, Syncs."


@dataclass(frozen=True)
class ScheduleView:
    """View of the tab Schedule; `next_times` are day and hour in the account's zone, and here.

    `rule_error` and `notification_error` say what is to be chosen otherwise.
    """

    draft: ScheduleDraft
    rule_text: str
    time_zone: str
    next_times: tuple[tuple[str, str, str], ...]
    next_times_note: str
    notification_text: str
    notification_note: str
    notification_error: str
    runs_here: bool
    runs_here_disabled_reason: str
    runs_here_note: str
    has_unsaved_changes: bool
    rule_error: str
    disabled_reason: str


class ScheduleModel(SyncDraftModel[ScheduleDraft, ScheduleDraft]):
    """The tab Schedule's draft; its next run times follow every choice before it is saved."""

    follows_clock = True  # the next times pass

    def __init__(self, page: SyncPageModel) -> None:
        self._runner_text = ""  # which computer of a team runs the sync
        super().__init__(page, "schedule", ScheduleDraft)

    # What is shown.

    def view(self) -> ScheduleView:
        """Build the view of the tab Schedule."""
        values = self._context.workspace.values
        runs_here = values.get(sync_settings.RUN_DUE_SYNCS_HERE)
        is_managed = values.is_managed(sync_settings.RUN_DUE_SYNCS_HERE)
        rule_text, rule_error, times = self._rule_texts()
        notification = self._draft.telling
        has_mail = notification.when != "never" and notification.addresses
        needs_server = has_mail and not values.get(sync_settings.MAIL_HOST)
        notification_error = self._notification_error()
        forbidden = self._context.syncs.check_configuration_permission().reason
        unchanged = "" if self.has_unsaved_changes else "Nothing is changed."
        return ScheduleView(
            draft=self._draft,
            rule_text=rule_text,
            time_zone=self._context.time_zone,
            # Nothing is promised that this computer would not do.
            next_times=times if runs_here else (),
            next_times_note=self._next_times_note(runs_here=runs_here) if times else "",
            notification_text="" if notification_error else notification.summary,
            notification_note=_NO_MAIL_SERVER_NOTE if needs_server else "",
            notification_error=notification_error,
            runs_here=runs_here,
            runs_here_disabled_reason="Your organisation manages this." if is_managed else "",
            runs_here_note=f"{self._runner_text} {_CAUGHT_UP_NOTE}".strip(),
            has_unsaved_changes=self.has_unsaved_changes,
            rule_error=rule_error,
            disabled_reason=rule_error or notification_error or forbidden or unchanged,
        )

    @property
    def has_unsaved_changes(self) -> bool:
        if self._saved_sync is None:
            return False
        notification, saved = self._draft.telling, self._saved_sync.notify
        # How addresses are written down does not count, nor what is said twice.
        if notification != notification_draft_of(saved) and notification.to_notify() != saved:
            return True
        try:
            rule = parse_schedule_rule(self._saved_sync.schedule)
            return self._draft.to_rule().serialized != rule.serialized
        except AppError:
            # A rule that cannot be saved is not the saved one.
            return True

    # What people do.

    def change_field(self, path: str, value: FieldValue) -> None:
        """Change one field of RULE_FIELDS or NOTIFICATION_FIELDS in the schedule draft."""
        self._set_draft(replace_value(self._draft, path, value))

    def save_schedule(self) -> None:
        """Save the tab Schedule's rule, and who is notified."""
        if self._saved_sync is not None:
            self.tasks.start("save", self._save_schedule(self._saved_sync.name, self._draft))

    def set_runs_here(self, on: bool) -> None:
        """Switch in the tab Schedule whether this computer runs due syncs; saved at once."""
        try:
            self._context.workspace.change_settings({sync_settings.RUN_DUE_SYNCS_HERE.key: on})
        except AppError as error:
            self.failed.emit(error)
        self.changed.emit()

    # How it comes about.

    def _make_draft(self, sync: Sync | None) -> ScheduleDraft:
        return (
            schedule_draft_of(sync.schedule, sync.notify) if sync is not None else ScheduleDraft()
        )

    def _on_other_sync(self) -> None:
        self._runner_text = ""
        self.tasks.cancel("runner")
        if self._saved_sync is not None:
            self.tasks.start("runner", self._read_runner(self._saved_sync))

    async def _read_runner(self, sync: Sync) -> None:
        self._runner_text = await self._context.describe_runner(sync)
        if self._runner_text:
            self.changed.emit()

    def _rebase_draft(self, draft: ScheduleDraft, _sync: Sync) -> ScheduleDraft:
        return draft

    def _pack_draft(self) -> ScheduleDraft:
        return self._draft

    def _unpack_draft(self, kept: ScheduleDraft, _sync: Sync) -> ScheduleDraft:
        return kept

    def _rule_texts(self) -> tuple[str, str, tuple[tuple[str, str, str], ...]]:
        """Return the tab Schedule's rule in words, what is wrong with it, and its next times."""
        try:
            rule = self._draft.to_rule()
            return rule.description, "", self._next_times(rule)
        except AppError as error:
            return "", error.title, ()

    def _next_times_note(self, *, runs_here: bool) -> str:
        if self._saved_sync is not None and not self._saved_sync.on:
            return "The sync is off. These times apply once it is on."
        return "" if runs_here else "Scheduled syncs don't run on this computer."

    def _notification_error(self) -> str:
        """Return what of the addresses typed in the tab Schedule is no address."""
        if self._saved_sync is None:
            return ""
        before = validate_sync(self._saved_sync)
        after = validate_sync(replace(self._saved_sync, notify=self._draft.telling.to_notify()))
        return next((problem for problem in after if problem not in before), "")

    async def _save_schedule(self, name: str, draft: ScheduleDraft) -> None:
        run, syncs = self._context.store.run, self._context.syncs
        sync = await self._context.store.syncs.get(name)
        rule, notify = draft.to_rule(), draft.telling.to_notify()
        sentences = []
        # One after the other: an unchanged rule would forget what it has missed.
        if rule.serialized != parse_schedule_rule(sync.schedule).serialized:
            sync = await run(syncs.set_schedule, name, rule.serialized)
            sentences.append(f"{sync.title} runs {rule.description}.")
        if notify != sync.notify:
            sync = await run(syncs.save_sync, replace(sync, notify=notify))
            sentences.append(draft.telling.summary)
        if self._saved_sync is not None and self._saved_sync.name == name:
            self._saved_sync = sync
            # What was changed while this was being saved stays a draft.
            if self._draft == draft:
                self._draft = self._make_draft(sync)
            self._keep_draft()
        self._context.publish_sync_change()
        self.message_posted.emit(" ".join(sentences))
        self.changed.emit()

    def _next_times(self, rule: ScheduleRule) -> tuple[tuple[str, str, str], ...]:
        now, zone_name = self._context.clock.now(), self._context.time_zone
        zone = parse_time_zone(zone_name)
        times = []
        saved = self._page.selected_sync()
        first = saved.sync_state.next_run_at if saved is not None else None
        is_saved = saved is not None and (
            parse_schedule_rule(saved.sync.schedule).serialized == rule.serialized
        )
        planned = next_run_times(rule, now, zone_name, _MAX_NEXT_TIMES)
        # What has begun to count runs at its own time, not a whole interval from now.
        if first is not None and is_saved:
            planned = (first, *next_run_times(rule, first, zone_name, _MAX_NEXT_TIMES - 1))
        for at in planned:
            account, here = local_time(at, zone), time_format.to_local_time(at)
            day = f"{account:%A} {account.day} {account:%B}"
            other = f"{here:%H:%M}" if account.date() == here.date() else f"{here:%a %H:%M}"
            is_same = account.utcoffset() == here.utcoffset()
            times.append((day, f"{account:%H:%M}", "" if is_same else f"{other} here"))
        return tuple(times)
