"""The view-model of a preview over a real store: filters, decisions, approvals, no window."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import AppError, NotFound, NotPermitted
from desktop.model.permission import Actor, Role
from desktop.model.run_limit import Limit
from desktop.model.sync_plan import (
    Consequence,
    FieldChange,
    PlannedOutcome,
    PlanRow,
    PlanState,
    TargetReading,
)
from desktop.store.plan_row_filter import PlanRowOrder
from desktop.sync.sync_presets import SAILTHRU_TO_ZENDESK, ZENDESK_TO_SAILTHRU, PresetNames
from desktop.sync.sync_service import SyncService
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from desktop.viewmodels.syncs.plan_model import PlanModel
from desktop.viewmodels.syncs.sync_page_context import SyncPageContext
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from tests.support.clocks import ManualClock
from tests.support.customer_use_cases import RULES
from tests.support.fresh_store import open_fresh_store

NAMES = PresetNames("sync_to_sailthru", "smart", "zendesk_sync", "high")
ADMIN = Actor("Ada", Role.ADMIN, 7601)
AGENT = Actor("Kim", Role.AGENT, 7602)


class DefaultValues:
    """Every setting as it is before anybody changes it."""

    def get(self, setting: Any) -> Any:
        return setting.default

    def is_managed(self, _setting: object) -> bool:
        return False


@dataclass
class Workspace:
    """Nobody is signed in to a service; `actor` sits here."""

    actor: Actor = ADMIN
    rules: object = RULES
    values: DefaultValues = field(default_factory=DefaultValues)
    clients: object = field(default_factory=lambda: SimpleNamespace(sailthru=None, zendesk=None))


class Page:
    """The models of the page over a store in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.clock = Workspace(), ManualClock()
        self.store = open_fresh_store(folder)
        self.syncs = SyncService(
            self.store,
            self.clock,
            ChangeBus(),
            lambda: self.workspace.actor,
            lambda: RULES,
            lambda: "UTC",
        )
        context = SyncPageContext(
            self.workspace, self.store, self.syncs, ChangeBus(), self.clock,  # type: ignore[arg-type]
            lambda: NAMES, self._start, self._start,
        )  # fmt: skip
        self.started: list[tuple[str, ...]] = []
        self.errors: list[AppError] = []
        self.sentences: list[str] = []
        self.page = SyncPageModel(context)
        self.plan = PlanModel(self.page)
        for model in (self.page, self.plan):
            model.failed.connect(self.errors.append)
            model.message_posted.connect(self.sentences.append)

    def _start(self, *arguments: str) -> Any:
        self.started.append(arguments)
        return SimpleNamespace(has_exited=False, last_output=lambda: "")

    async def make_plan(
        self,
        rows: list[PlanRow],
        limit: Limit | None = None,
        state: PlanState = PlanState.READY,
        reading: TargetReading | None = None,
    ) -> str:
        sync = self.syncs.add_preset(ZENDESK_TO_SAILTHRU, NAMES)
        if limit is not None:
            sync = self.syncs.save_sync(replace(sync, limits=limit))
        plans = self.store.plans
        plan = await plans.begin(sync, "Ada", self.clock.now())
        await plans.add_rows(plan, rows)
        await plans.finish(
            plan,
            state=state,
            read=len(rows),
            included=len(rows),
            breaches=(),
            mark="",
            reading=reading,
        )
        self.page.refresh()
        await self.until(lambda: self.plan.view() is not None)
        await self.until(lambda: self.plan.table_model.rowCount() > 0)
        await self.until(lambda: self.plan.table_model.row_at(0) is not None)
        return plan

    async def until(self, true: Callable[[], object]) -> None:
        for _ in range(2000):
            if true():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("never became true")

    async def close(self) -> None:
        await self.plan.close()
        await self.page.close()
        self.store.close()


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    made = Page(tmp_path)
    yield made
    await made.close()


def update(number: int, **more: Any) -> PlanRow:
    changes = (FieldChange("vars.city", "Porto", f"City {number}"),)
    return PlanRow(
        number, PlannedOutcome.UPDATE, str(9000 + number), f"sid{number}",
        f"person{number}@many.example", changes=changes, **more,
    )  # fmt: skip


async def test_plan_filter_by_text_order_and_consequence(page: Page) -> None:
    joins = ((Consequence.JOINS, "News"),)
    rows = [update(1, worth=1.0), update(2, worth=9.0, consequences=joins), update(3, worth=5.0)]
    await page.make_plan(rows)
    table = page.plan.table_model
    page.plan.set_order(PlanRowOrder.WORTH)
    await page.until(lambda: table.keys_between(0, 2) == [2, 3, 1])
    page.plan.set_search_text(" person3 ")
    await page.until(lambda: table.keys_between(0, 2) == [3])
    page.plan.set_filter(PlanFilter())
    assert page.plan.plan_filter.order is PlanRowOrder.WORTH
    page.plan.toggle_consequence("joins:News")
    await page.until(lambda: table.keys_between(0, 2) == [2])
    page.plan.toggle_consequence("joins:News")
    await page.until(lambda: table.rowCount() == 3)
    page.plan.set_search_text("nobody")
    await page.until(lambda: page.plan.list_state().text == "Nothing matches.")
    assert page.plan.list_state().action_label == "Clear filters"


async def test_plan_says_which_list_covered_its_people(page: Page) -> None:
    reading = TargetReading("News", is_chosen=True, people=2000, covered=1900, read_singly=130)
    await page.make_plan([update(1)], reading=reading)
    view = page.plan.view()
    assert view is not None
    assert view.footer.splitlines()[1] == (
        "Profiles read by an export of the list “News” (chosen by itself):"
        " 1,900 of 2,000 people are on it (95 %), 130 read one by one."
    )


async def test_plan_ticks_show_at_once_and_reach_the_store(page: Page) -> None:
    plan = await page.make_plan([update(n) for n in range(1, 6)])
    await page.until(lambda: page.plan.table_model.is_editable)
    page.plan.tick_rows([2, 4], on=False)
    row = page.plan.table_model.row_at(1)
    assert row is not None
    assert not row.is_ticked
    await page.until(lambda: page.store.plans.count_ticked.blocking(plan) == 3)
    page.plan.tick_all_rows(on=True)
    await page.until(lambda: "5 of 5 ticked" in page.sentences)
    view = page.plan.view()
    assert view is not None
    assert view.write_label == "Write 5 to Sailthru"


async def test_plan_ticks_stay_without_the_right_to_decide(page: Page) -> None:
    plan = await page.make_plan([update(1), update(2)])
    await page.until(lambda: page.plan.table_model.is_editable)
    page.workspace.actor = AGENT
    page.plan.tick_rows([1], on=False)
    page.plan.tick_all_rows(on=False)
    page.plan.write_all()
    page.plan.discard_plan()
    await page.until(lambda: len(page.errors) == 4)
    assert all(isinstance(error, NotPermitted) for error in page.errors)
    assert not page.plan.can_restore_plan
    assert page.store.plans.count_ticked.blocking(plan) == 2
    assert page.started == []
    page.page.refresh()
    await page.until(lambda: not page.plan.table_model.is_editable)


async def test_plan_row_decisions_stay_with_the_sync_they_were_made_for(page: Page) -> None:
    plan = await page.make_plan([update(1), update(2)])
    page.syncs.add_preset(SAILTHRU_TO_ZENDESK, NAMES)
    page.page.refresh()
    await page.until(lambda: len(page.page.card_views()) == 2)
    left_out = page.store.sync_state.list_left_out.blocking
    page.plan.leave_out_row(1, "asked us to")
    page.page.select_sync(SAILTHRU_TO_ZENDESK)
    await page.until(lambda: left_out(ZENDESK_TO_SAILTHRU) or page.errors)
    assert [person.source_id for person in left_out(ZENDESK_TO_SAILTHRU)] == ["9001"]
    page.page.select_sync(ZENDESK_TO_SAILTHRU)
    await page.until(lambda: page.plan.table_model.is_editable and page.plan.view())
    page.plan.include_row_again(1)
    page.page.select_sync(SAILTHRU_TO_ZENDESK)
    await page.until(lambda: not left_out(ZENDESK_TO_SAILTHRU) or page.errors)
    assert page.errors == []
    assert left_out(SAILTHRU_TO_ZENDESK) == ()
    page.page.select_sync(ZENDESK_TO_SAILTHRU)
    await page.until(lambda: page.plan.view())
    page.plan.tick_field(2, "vars.city", on=False)
    page.page.select_sync(SAILTHRU_TO_ZENDESK)
    get_row = page.store.plans.get_row.blocking
    await page.until(lambda: not get_row(plan, 2).changes[0].ticked or page.errors)
    assert page.errors == []


async def test_plan_export_writes_rows_of_filter(page: Page, tmp_path: Path) -> None:
    await page.make_plan([update(1), update(2)])
    finished: list[str] = []
    page.plan.export_ended.connect(finished.append)
    page.plan.set_search_text("person2")
    await page.until(lambda: page.plan.table_model.rowCount() == 1)
    page.plan.export_rows(str(tmp_path / "rows.csv"), "csv")
    await page.until(lambda: finished == ["1 row saved to rows.csv."])
    assert "person2@many.example" in (tmp_path / "rows.csv").read_text("utf-8")


async def test_plan_limit_is_allowed_by_an_admin_only(page: Page) -> None:
    starts = ((Consequence.STARTS, ""),)
    rows = [update(n, consequences=starts) for n in range(1, 6)]
    plan = await page.make_plan(rows, Limit(1, 0), PlanState.STOPPED)
    view = page.plan.view()
    assert view is not None
    assert view.limit_stop is not None
    breach = view.limit_stop.breach
    page.workspace.actor = AGENT
    page.plan.allow_limit(breach)
    await page.until(lambda: page.errors)
    assert isinstance(page.errors[0], NotPermitted)
    assert not page.store.plans.approvals.list_of_plan.blocking(plan)
    page.workspace.actor = ADMIN
    page.plan.allow_limit(breach)
    await page.until(lambda: page.store.plans.approvals.list_of_plan.blocking(plan))
    await page.until(lambda: "Allowed once, for this preview." in page.sentences)
    # So many starts take two admins: one is not enough.
    view = page.plan.view()
    assert view is not None
    assert view.limit_stop is not None
    assert [key for key, _ in view.limit_stop.actions] == ["show", "ask"]


async def test_plan_discarded_preview_is_gone(page: Page) -> None:
    plan = await page.make_plan([update(1)])
    page.plan.discard_plan()
    await page.until(lambda: page.sentences == ["Preview discarded. Nothing was written."])
    page.plan._on_undo_time_over()
    await page.until(lambda: not page.plan.can_restore_plan)
    page.page.refresh()
    await page.until(lambda: page.plan.view() is None)
    assert page.plan.table_model.rowCount() == 0
    assert plan


async def test_plan_discarded_preview_comes_back_with_its_ticks(page: Page) -> None:
    plan = await page.make_plan([update(n) for n in range(1, 4)], state=PlanState.STOPPED)
    await page.until(lambda: page.plan.table_model.is_editable)
    page.plan.tick_rows([2], on=False)
    await page.until(lambda: page.store.plans.count_ticked.blocking(plan) == 2)
    page.plan.discard_plan()
    await page.until(lambda: page.plan.can_restore_plan)
    assert page.store.plans.find_latest.blocking(ZENDESK_TO_SAILTHRU, PlanState.STOPPED) is None
    page.plan.restore_plan()
    await page.until(lambda: not page.plan.can_restore_plan)
    await page.until(
        lambda: page.store.plans.find_latest.blocking(ZENDESK_TO_SAILTHRU, PlanState.STOPPED)
    )
    assert page.store.plans.count_ticked.blocking(plan) == 2


async def test_plan_discarded_is_gone_when_the_window_closes(page: Page) -> None:
    plan = await page.make_plan([update(1)])
    page.plan.discard_plan()
    await page.until(lambda: page.plan.can_restore_plan)
    await page.plan.close()
    with pytest.raises(NotFound):
        page.store.plans.get.blocking(plan)


async def test_plan_is_written_by_a_process_of_its_own(page: Page) -> None:
    plan = await page.make_plan([update(1)])
    page.plan.write_plan()
    assert page.started == [("run", ZENDESK_TO_SAILTHRU, "--plan", plan)]
    # Pressed twice, one is started.
    page.plan.write_plan()
    assert len(page.started) == 1
