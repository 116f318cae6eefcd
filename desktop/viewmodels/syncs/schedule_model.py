"""The tab “Schedule”: when a sync runs and who hears of it, tried before it is saved."""

import asyncio
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from desktop.kit.errors import AppError
from desktop.model.sync import Sync
from desktop.model.sync_schedule import ScheduleRule, next_run_times, parse_schedule_rule
from desktop.model.time_zone import local_time, parse_time_zone
from desktop.settings import sync_settings
from desktop.sync.sync_service import validate_sync
from desktop.viewmodels import time_format
from desktop.viewmodels.syncs.schedule_draft import (
    ScheduleDraft,
    notification_draft_of,
    schedule_draft_of,
)
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.syncs.unsaved_draft_store import UnsavedDraftStore
from desktop.viewmodels.task_registry import TaskRegistry

_MAX_NEXT_TIMES = 5
_NO_MAIL_SERVER_NOTE = "No mail server is set up, so no e-mail goes out: Settings, Syncs."


@dataclass(frozen=True)
class ScheduleView:
    """`times` are day and hour in the account's zone, and this computer's hour.

    `wrong` and `telling_wrong` say what is to be chosen otherwise.
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


class ScheduleModel(QObject):
    """Nothing changes until it is saved; the next times follow every choice."""

    changed = Signal()
    failed = Signal(object)
    message_posted = Signal(str)

    def __init__(self, page: SyncPageModel) -> None:
        super().__init__()
        self._page = page
        self._context = page.context
        self.tasks = TaskRegistry(self.failed.emit)
        self._drafts = UnsavedDraftStore(self._context, self.tasks, "schedule", ScheduleDraft)
        self._saved_sync: Sync | None = None
        self._draft = ScheduleDraft()
        page.snapshot_read.connect(self._on_snapshot_read)
        page.sync_selected.connect(self._on_snapshot_read)
        page.sync_removed.connect(self._on_sync_removed)

    # What is shown.

    def view(self) -> ScheduleView:
        """What the tab shows."""
        values = self._context.workspace.values
        here, managed = (
            values.get(sync_settings.RUN_DUE_SYNCS_HERE),
            values.is_managed(sync_settings.RUN_DUE_SYNCS_HERE),
        )
        words, wrong, times = self._rule_texts()
        telling = self._draft.telling
        mails = telling.when != "never" and telling.addresses
        telling_wrong = self._notification_error()
        trouble = wrong or telling_wrong or self._context.syncs.check_permission().reason
        return ScheduleView(
            draft=self._draft,
            rule_text=words,
            time_zone=self._context.time_zone,
            next_times=times,
            next_times_note=self._next_times_note(here=here) if times else "",
            notification_text="" if telling_wrong else telling.summary,
            notification_note=_NO_MAIL_SERVER_NOTE
            if mails and not values.get(sync_settings.MAIL_HOST)
            else "",
            notification_error=telling_wrong,
            runs_here=here,
            runs_here_disabled_reason="Your organisation manages this." if managed else "",
            runs_here_note="What was missed while everything was closed is caught up once.",
            has_unsaved_changes=self.has_unsaved_changes,
            rule_error=wrong,
            disabled_reason=trouble or ("" if self.has_unsaved_changes else "Nothing is changed."),
        )

    @property
    def has_unsaved_changes(self) -> bool:
        """Whether a choice would be lost."""
        if self._saved_sync is None:
            return False
        telling, notify = self._draft.telling, self._saved_sync.notify
        # How addresses are written down does not count, nor what is said twice.
        if telling != notification_draft_of(notify) and telling.to_notify() != notify:
            return True
        try:
            return (
                self._draft.to_rule().serialized
                != parse_schedule_rule(self._saved_sync.schedule).serialized
            )
        except AppError:
            return True

    # What people do.

    def change_draft(self, **parts: object) -> None:
        """Another choice."""
        self._draft = replace(self._draft, **parts)  # type: ignore[arg-type]
        self._save_unsaved_draft()
        self.changed.emit()

    def change_notification(self, **parts: object) -> None:
        """Other people hear of it, or on other occasions."""
        self.change_draft(telling=replace(self._draft.telling, **parts))  # type: ignore[arg-type]

    def discard_draft(self) -> None:
        """Back to what is saved."""
        self._draft = _draft_of_sync(self._saved_sync)
        self._save_unsaved_draft()
        self.changed.emit()

    def save_schedule(self) -> None:
        """Store the rule, and who is told."""
        if self._saved_sync is not None:
            self.tasks.start("save", self._save_schedule(self._saved_sync.name, self._draft))

    def set_runs_here(self, on: bool) -> None:
        """Whether this computer runs what is due."""
        try:
            self._context.workspace.change_settings({sync_settings.RUN_DUE_SYNCS_HERE.key: on})
        except AppError as error:
            self.failed.emit(error)
        self.changed.emit()

    async def close(self) -> None:
        """End what runs; what was chosen last is kept."""
        await asyncio.sleep(0)
        await self._drafts.close()
        await self.tasks.close()

    # How it comes about.

    def _rule_texts(self) -> tuple[str, str, tuple[tuple[str, str, str], ...]]:
        """The rule in words, what is wrong with it, and its next times."""
        try:
            rule = self._draft.to_rule()
            return rule.description, "", self._next_times(rule)
        except AppError as error:
            return "", error.title, ()

    def _next_times_note(self, *, here: bool) -> str:
        if self._saved_sync is not None and not self._saved_sync.on:
            return "It is switched off: none of these comes before it is on."
        return "" if here else "This computer does not run what is due."

    def _notification_error(self) -> str:
        """What of the addresses is no address."""
        if self._saved_sync is None:
            return ""
        before = validate_sync(self._saved_sync)
        after = validate_sync(replace(self._saved_sync, notify=self._draft.telling.to_notify()))
        return next((problem for problem in after if problem not in before), "")

    def _save_unsaved_draft(self) -> None:
        if self._saved_sync is not None:
            self._drafts.save(
                self._saved_sync.name, self._draft if self.has_unsaved_changes else None
            )

    async def _save_schedule(self, name: str, draft: ScheduleDraft) -> None:
        goals = self._context.syncs
        goal = await self._context.store.syncs.get(name)
        text, notify = draft.to_rule().serialized, draft.telling.to_notify()
        said = []
        if text != parse_schedule_rule(goal.schedule).serialized:
            goal = await self._context.run_in_database_thread(goals.set_schedule, name, text)
            said.append(f"{goal.title} runs {parse_schedule_rule(text).description}.")
        if notify != goal.notify:
            goal = await self._context.run_in_database_thread(
                goals.save_sync, replace(goal, notify=notify)
            )
            said.append(draft.telling.summary)
        if self._saved_sync is not None and self._saved_sync.name == name:
            self._saved_sync = goal
            if self._draft == draft:
                self._draft = _draft_of_sync(goal)
            self._save_unsaved_draft()
        self._context.publish_sync_change()
        self.message_posted.emit(" ".join(said))
        self.changed.emit()

    def _next_times(self, rule: ScheduleRule) -> tuple[tuple[str, str, str], ...]:
        now = self._context.clock.now()
        zone = parse_time_zone(self._context.time_zone)
        found = []
        for at in next_run_times(rule, now, self._context.time_zone, _MAX_NEXT_TIMES):
            there, here = local_time(at, zone), time_format.to_local_time(at)
            day = f"{there:%A} {there.day} {there:%B}"
            other = f"{here:%H:%M}" if there.date() == here.date() else f"{here:%a %H:%M}"
            same = there.utcoffset() == here.utcoffset()
            found.append((day, f"{there:%H:%M}", "" if same else f"{other} here"))
        return tuple(found)

    def _on_snapshot_read(self, _goal: str = "") -> None:
        sync = self._page.selected_sync()
        goal = sync.sync if sync is not None else None
        before, unsaved = self._saved_sync, self.has_unsaved_changes
        self._saved_sync = goal
        if goal is None or before is None or goal.name != before.name:
            self._draft = _draft_of_sync(goal)
            if goal is not None:
                self._drafts.load(goal.name, self._on_draft_loaded)
        elif not unsaved:
            self._draft = _draft_of_sync(goal)
        self.changed.emit()

    def _on_sync_removed(self, sync_name: str) -> None:
        self._drafts.save(sync_name, None)

    def _on_draft_loaded(self, draft: ScheduleDraft | None) -> None:
        if draft is not None and not self.has_unsaved_changes:
            self._draft = draft
            self.changed.emit()


def _draft_of_sync(sync: Sync | None) -> ScheduleDraft:
    return schedule_draft_of(sync.schedule, sync.notify) if sync is not None else ScheduleDraft()
