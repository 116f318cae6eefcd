"""The page “Sync”: the list at the left, the chosen sync with its tabs beside it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from desktop.kit.errors import AppError
from desktop.panels.parts.announce import announce
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.card import Card
from desktop.panels.parts.dialog import Question
from desktop.panels.parts.label import elided
from desktop.panels.parts.later import Later
from desktop.panels.parts.side_by_side import SideBySide
from desktop.panels.syncs.amend_dialog import AmendDialog
from desktop.panels.syncs.history_tab import HistoryTab
from desktop.panels.syncs.live_bar import LiveBar
from desktop.panels.syncs.mapping_tab import MappingTab
from desktop.panels.syncs.message_bar import MessageBar
from desktop.panels.syncs.new_sync import NewSync
from desktop.panels.syncs.plan_tab import PlanTab
from desktop.panels.syncs.run_lines import RunLines
from desktop.panels.syncs.schedule_tab import ScheduleTab
from desktop.panels.syncs.sync_head import SyncHead
from desktop.panels.syncs.sync_list import SyncList
from desktop.panels.theme import fonts
from desktop.panels.theme.tokens import GAP_CARD
from desktop.viewmodels.syncs.models import SyncModels

_TWO_FROM = 720
_LIST_WIDTH = 300
_STRIP_FROM = 640
_STRIP = 3


class SyncPage(SideBySide):
    """`plan` is its first tab, made before: both together would hold the window up.

    `customer_chosen` carries a query for the search field.
    """

    customer_chosen = Signal(str)

    def __init__(self, models: SyncModels, plan: PlanTab, parent: QWidget | None = None) -> None:
        super().__init__(_TWO_FROM, models.page.set_visible, parent)
        self._models = models
        self._model = models.page
        self.setAccessibleName("Sync")
        self.setObjectName("Sync")
        self.list = SyncList()
        self.head = SyncHead()
        self.live = LiveBar()
        self.message = MessageBar()
        self.trouble = Banner()
        self.trouble.hide()
        self.note = elided("", "small", align_right=True)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Parts of the sync")
        self.tabs.setObjectName("Parts of the sync")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self._stack = QStackedWidget()
        self.plan = plan
        self._pages: list[str] = []
        self._dialog: QWidget | None = None
        self.strip = Card("History", name="Last runs")
        self.last_runs = RunLines("Last runs")
        self.strip.add(self.last_runs)
        self._lay_out()
        self.add_tab("Plan", self._with_strip())
        # All of them at once would hold the window up: each is built when it is first shown.
        self._mapping = Later(lambda: MappingTab(models.mapping))
        self._schedule = Later(lambda: ScheduleTab(models.schedule))
        self._history = Later(self._made_history)
        self.add_tab("Mapping", self._mapping)
        self.add_tab("Schedule", self._schedule)
        self.add_tab("History", self._history)
        self._connect()
        # The models may have read everything before there was a page.
        self._on_changed()
        self._on_drafts()
        self._on_history()

    @property
    def mapping(self) -> MappingTab:
        """The tab of that name."""
        return self._mapping.content()

    @property
    def schedule(self) -> ScheduleTab:
        """The tab of that name."""
        return self._schedule.content()

    @property
    def history(self) -> HistoryTab:
        """The tab of that name."""
        return self._history.content()

    def add_tab(self, name: str, page: QWidget) -> None:
        """One more tab."""
        self._pages.append(name)
        self.tabs.addTab(name)
        self._stack.addWidget(page)

    def show_tab(self, name: str) -> None:
        """Go to a tab."""
        self.tabs.setCurrentIndex(self._pages.index(name))

    def take_focus(self) -> None:
        """Put the keyboard on the list."""
        self.list.take_focus()

    # How it is put together.

    def _lay_out(self) -> None:
        tabs = QHBoxLayout()
        tabs.addWidget(self.tabs)
        tabs.addWidget(self.note, 1)
        self._right = QWidget()
        right = QVBoxLayout(self._right)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(fonts.scaled(8))
        right.addWidget(self.head)
        right.addWidget(self.live)
        right.addWidget(self.message)
        right.addLayout(tabs)
        right.addWidget(self._stack, 1)
        body = QHBoxLayout()
        body.setSpacing(fonts.scaled(GAP_CARD + 2))
        body.addWidget(self.list, 1)
        body.addWidget(self._right, 1)
        body.addStretch(0)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, fonts.scaled(11))
        page.setSpacing(fonts.scaled(10))
        page.addWidget(self.trouble)
        page.addLayout(body, 1)

    def _with_strip(self) -> QWidget:
        """The preview over the last runs."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(10))
        column.addWidget(self.plan, 1)
        column.addWidget(self.strip)
        return box

    def _arrange(self) -> None:
        """The sync beside the list, or instead of it; the last runs where there is room."""
        wide = self.wide
        roomy = wide and self.height() >= fonts.scaled(_STRIP_FROM)
        self.strip.setVisible(roomy and bool(self._models.history.latest(1)))
        any_sync = bool(self._model.cards())
        self.list.setVisible(wide or not self.opened or not any_sync)
        self._right.setVisible(any_sync and (wide or self.opened))
        self.head.set_narrow(not wide)
        self.note.setVisible(wide)
        if wide and any_sync:
            self.list.setFixedWidth(fonts.scaled(_LIST_WIDTH))
        else:
            self.list.setMinimumWidth(0)
            self.list.setMaximumWidth(fonts.scaled(560) if wide else 16_777_215)

    def _connect(self) -> None:
        self.rearranged.connect(self._arrange)
        self.went_back.connect(self.take_focus)
        model, plan = self._model, self._models.plan
        model.changed.connect(self._on_changed)
        model.failed.connect(self._on_failed)
        model.told.connect(self._on_told)
        plan.changed.connect(self._on_plan)
        plan.failed.connect(self._on_failed)
        plan.told.connect(self._on_told)
        plan.exported.connect(self._on_exported)
        others = self._models
        for other in (others.history, others.schedule, others.mapping):
            other.failed.connect(self._on_failed)
        for teller in (others.schedule, others.mapping):
            teller.told.connect(self._on_told)
            teller.changed.connect(self._on_drafts)
        self._models.history.changed.connect(self._on_history)
        self.last_runs.chosen.connect(self._on_run)
        self.list.chosen.connect(model.choose)
        self.list.opened.connect(self._on_opened)
        self.list.new_wanted.connect(self._on_new)
        self.list.offers.wanted.connect(model.add)
        self.list.retry_wanted.connect(model.refresh)
        self.head.switched.connect(self._on_switched)
        self.head.preview_wanted.connect(self._on_preview)
        self.head.run_wanted.connect(self._on_run_now)
        self.head.favourite_wanted.connect(self._on_favourite)
        self.head.act_wanted.connect(self._on_act)
        self.head.back_wanted.connect(self.go_back)
        self.live.cancel_wanted.connect(model.cancel)
        self.message.action_triggered.connect(self._on_message)
        self.tabs.currentChanged.connect(self._on_tab)
        self.plan.customer_wanted.connect(self.customer_chosen)
        self.plan.preview_wanted.connect(model.preview)
        self.plan.retry_wanted.connect(model.retry)

    def _on_tab(self, place: int) -> None:
        self._stack.setCurrentIndex(place)
        # The chosen one's letters are wider, which the bar does not tell whoever lays it out.
        self.tabs.updateGeometry()

    # What the models say.

    def _on_changed(self) -> None:
        model = self._model
        self.list.show_state(model.list_state(), model.add_why_not(), model.offers())
        self.list.show_cards(self._model.cards(), self._model.goal)
        head = self._model.head()
        if head is not None:
            self.head.show_head(head)
            self.live.show_live(head.live)
            self.message.show_view(head.message)
            self.note.setText(head.note)
        self._on_plan()
        self._arrange()

    def _on_plan(self) -> None:
        head = self._model.head()
        if head is not None:
            self.plan.show_plan(head.preview_why_not, under_way=head.live is not None)

    def _on_drafts(self) -> None:
        """A tab whose changes are not saved is marked."""
        for name, model in (
            ("Mapping", self._models.mapping),
            ("Schedule", self._models.schedule),
        ):
            words = f"{name} •" if model.unsaved else name
            place = self._pages.index(name)
            if self.tabs.tabText(place) != words:
                self.tabs.setTabText(place, words)
                self.tabs.setTabToolTip(place, "Not saved yet" if model.unsaved else "")
                self.tabs.updateGeometry()

    def _on_history(self) -> None:
        view = self._models.history.view()
        self.strip.set_note(view.exchanged, tip="Each person counts once over the sync's life.")
        self.last_runs.show_lines(view.runs[:_STRIP])
        if self._history.built is not None:
            self._history.built.show_history()
        self._arrange()

    def _on_failed(self, error: AppError) -> None:
        self.trouble.show_message("bad", error.title, error.message, error.hint, close="Close")
        self._on_changed()

    def _on_told(self, words: str) -> None:
        self.trouble.clear()
        announce(self, words)

    def _on_exported(self, words: str) -> None:
        self.trouble.show_message("info", words, close="Close")

    def _made_history(self) -> HistoryTab:
        tab = HistoryTab(self._models.history)
        tab.customer_wanted.connect(self.customer_chosen)
        tab.rows_wanted.connect(self._on_rows_wanted)
        tab.resume_wanted.connect(self._model.resume)
        tab.roll_back_wanted.connect(self._on_roll_back)
        tab.show_history()
        return tab

    # What the person wants.

    def _on_opened(self, _goal: str) -> None:
        self.open()
        if not self.wide:
            self.head.back.setFocus()

    def offer_new(self) -> None:
        """Show what can be added."""
        if self.list.new_button.isEnabled():
            self._on_new()

    def _on_new(self) -> None:
        dialog = NewSync(self._model.offers(), self)
        dialog.wanted.connect(self._model.add)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()

    def _on_switched(self, on: bool) -> None:
        self._model.switch(on=on)

    def _on_preview(self, full: bool) -> None:
        self._model.preview(full=full)

    def _on_run_now(self, full: bool) -> None:
        self._model.run_now(full=full)

    def _on_favourite(self, on: bool) -> None:
        self._model.amend(favourite=on)

    def _on_act(self, act: str) -> None:
        if act == "retry":
            self._model.retry()
        elif act == "rename":
            self._on_rename()
        elif act == "remove":
            self._on_remove()

    def _on_rename(self) -> None:
        head = self._model.head()
        if head is None:
            return
        dialog = AmendDialog(head, self)
        dialog.amended.connect(self._on_amended)
        dialog.finished.connect(dialog.deleteLater)
        self._dialog = dialog
        dialog.open()

    def _on_amended(self, title: str, description: str, labels: tuple[str, ...]) -> None:
        self._model.amend(title=title, description=description, labels=labels)

    def _on_remove(self) -> None:
        head = self._model.head()
        if head is None:
            return
        question = Question(
            self,
            f"Remove “{head.title}”?",
            "It will not run again, and its settings are gone. What it wrote stays, and so does"
            " its history.",
            confirm="Remove the sync",
            cancel="Cancel",
            dangerous=True,
        )
        question.accepted.connect(self._model.remove)
        question.finished.connect(question.deleteLater)
        self._dialog = question
        question.open()

    def show_run(self, run: str) -> None:
        """Show one run of the chosen sync."""
        self.open()
        self._on_run(run)

    def _on_run(self, run: str) -> None:
        self.show_tab("History")
        if self._models.history.chosen != run:
            self._models.history.choose(run)

    def _on_rows_wanted(self, plan: str) -> None:
        self._models.plan.show_plan(plan)
        self.show_tab("Plan")

    def _on_roll_back(self, run: str) -> None:
        self.show_tab("Plan")
        self._model.roll_back(run)

    def _on_message(self, act: str) -> None:
        if act == "history" and "History" in self._pages:
            self.show_tab("History")
        else:
            self._model.message_act(act)

    def tab_names(self) -> tuple[str, ...]:
        """The tabs there are."""
        return tuple(self._pages)
