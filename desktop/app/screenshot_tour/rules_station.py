"""The screenshot tour's stations of rules on the Sync page, from a blank one to its preview."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from PySide6.QtWidgets import QScrollArea

from desktop.app.screenshot_tour.audience_station import keep_and_read_everybody
from desktop.app.screenshot_tour.tour_driver import TourDriver
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.rule_trigger import RuleTrigger
from desktop.model.sync import SourceKind
from desktop.panels.syncs.sync_page import SyncPage
from desktop.viewmodels.syncs.sync_page_models import SyncPageModels

_TEMPLATE = '{{ first_name | default: "Customer" }} about “{{ ticket_subject }}”'
_TITLE = "Unhappy after a bad rating"


async def capture_rules(
    driver: TourDriver,
    page: SyncPage,
    models: SyncPageModels,
    make_preview: Callable[[], Awaitable[None]],
    ending: str = "",
) -> None:
    """Picture a rule's form, and to whom it would have happened of late."""

    async def wait(condition: Callable[[], object]) -> None:
        await driver.wait_until(condition, "The rule did not come so far in time.")

    if not ending:
        await keep_and_read_everybody(driver)
        models.page.add_new("", SourceKind.RULE.value, _TITLE)
        await wait(
            lambda: (now := models.page.selected_sync()) is not None and now.sync.title == _TITLE
        )
        await driver.save_in_each_theme("rule-added")
        rule = models.mapping.view()
        if rule is None:
            return
        source = replace(rule.sync.source, trigger=RuleTrigger.BAD_RATING)
        effects = replace(rule.sync.effects, remove_from_lists=("Newsletter",), pause_days=14)
        rows = (
            MappingRow("bad rating", "vars.survey", type=SourceType.TEXT),
            MappingRow(_TEMPLATE, "vars.last_complaint", type=SourceType.TEMPLATE),
        )
        models.mapping.set_draft(replace(rule.sync, source=source, effects=effects, mapping=rows))
        models.mapping.save_draft()
        await wait(lambda: not models.mapping.has_unsaved_changes)
    else:
        page.open_detail()
    page.show_tab("Mapping")
    await driver.save_in_each_theme(f"rule-form{ending}")
    models.mapping.select_row(1)
    if not ending:
        models.mapping.change_row("source", "{{ first_name | shout }}")
        await wait(lambda: (now := models.mapping.view()) is not None and now.problems)
        page.mapping_tab.mapping_table.setFocus()
        area = page.mapping_tab.findChild(QScrollArea)
        if area is not None:
            area.ensureWidgetVisible(page.mapping_tab.row_form)
        await driver.save_in_each_theme("template-error")
        models.mapping.discard_draft()
    page.show_tab("Plan")
    if not ending:
        await make_preview()
    await driver.save_in_each_theme(f"rule-preview{ending}")
