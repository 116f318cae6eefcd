"""Imports what a window needs soon, but not for its first paint, while the window answers."""

import asyncio
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class DeferredModules:
    """Names of modules to import: in a thread, then those with Qt classes on Qt's thread.

    On Python 3.11 PySide keeps what it knows of each Qt class in one table without a lock, and
    Qt's thread looks there without Python's lock. An entry that another thread adds meanwhile can
    be lost, and the first object of that class ends the process.
    """

    without_qt: tuple[str, ...]
    with_qt: tuple[str, ...]  # each is a turn of Qt's loop: split so that none takes over 25 ms


WINDOW_LIFECYCLE = DeferredModules(
    without_qt=(
        "desktop.app.container",
        "desktop.viewmodels.customer.printed_sheet",
        "desktop.viewmodels.syncs.sync_labels",
    ),
    with_qt=(
        "desktop.viewmodels.customer.sheet_model",
        "desktop.panels.customers_page",
        "desktop.viewmodels.status_bar_model",
        "desktop.panels.focus_keeper",
        "desktop.panels.main_window_controller",
        "desktop.app.window_lifecycle",
    ),
)
CONNECTING_AND_PAGES = DeferredModules(
    without_qt=(
        "desktop.app.service_connections",
        "desktop.app.event_services",
        "desktop.sync.event_sources",
        "desktop.app.background.background_loops",
        # What the view-models of the pages below need of the layers without Qt.
        "desktop.viewmodels.customer.email_change_view",
        "desktop.viewmodels.activity.activity_detail_view",
        "desktop.viewmodels.activity.activity_rows",
        "desktop.viewmodels.file_export",
        "desktop.viewmodels.syncs.mapping_row_view",
        "desktop.viewmodels.syncs.plan_view",
        "desktop.viewmodels.syncs.plan_row_view",
        "desktop.viewmodels.syncs.schedule_draft",
        "desktop.viewmodels.events.event_action_view",
        "desktop.viewmodels.events.event_mapping_fields",
        "desktop.viewmodels.help_topics",
        "desktop.connect.diagnostics_report",
        "desktop.connect.data_source_service",
        "desktop.connect.workspace_setup",
        "desktop.customer.sell_export.sell_exporter",
        "desktop.customer.erasure_service",
        "desktop.app.system_timer.timer_installation",
    ),
    with_qt=(
        "desktop.panels.customer.customer_header_panel",
        "desktop.panels.widgets.line_edit",
        "desktop.panels.customer.optout_panel",
        "desktop.panels.customer.profile_data_panel",
        "desktop.panels.customer.customer_sheet_widget",
        "desktop.app.workspace_actions",
        "desktop.panels.activity_detail_card",
        "desktop.panels.activity_table_view",
        "desktop.panels.widgets.export_file_dialog",
        "desktop.panels.activity_page",
        "desktop.viewmodels.syncs.sync_page_model",
        "desktop.panels.syncs.left_out_card",
        "desktop.panels.syncs.mapping_row_form",
        "desktop.panels.syncs.mapping_tab",
        "desktop.panels.syncs.plan_actions",
        "desktop.panels.syncs.plan_tab",
        "desktop.panels.syncs.sync_page",
        "desktop.panels.events.event_actions_tab",
        "desktop.panels.events.consequences_card",
        "desktop.panels.events.event_detail_card",
        "desktop.panels.events.event_mapping_drawer",
        "desktop.viewmodels.events.events_page_model",
        "desktop.panels.events.events_page",
        "desktop.panels.help_dialog",
        "desktop.panels.settings.about_card",
        "desktop.panels.settings.data_source_card",
        "desktop.panels.settings.retention_card",
        "desktop.panels.settings.sailthru_connection_card",
        "desktop.panels.settings.sell_connection_card",
        "desktop.panels.settings.zendesk_connection_card",
        "desktop.viewmodels.settings.data_sources_model",
        "desktop.viewmodels.settings.settings_page_model",
        "desktop.panels.settings_page",
        "desktop.panels.setup_wizard",
        "desktop.app.page_factory",
    ),
)
SELDOM_OPENED_PAGES = DeferredModules(
    without_qt=(
        "desktop.viewmodels.batches.batch_page_context",
        "desktop.viewmodels.batches.batch_view",
        "desktop.viewmodels.reports.report_chart",
    ),
    with_qt=(
        "desktop.viewmodels.batches.batch_page_model",
        "desktop.panels.batches.batch_page",
        "desktop.panels.reports.report_table_widget",
        "desktop.panels.reports.reports_page",
        "desktop.panels.audience.condition_card",
        "desktop.panels.audience.audience_tabs",
    ),
)


async def import_deferred(modules: DeferredModules) -> None:
    """Import the window's deferred modules; on Qt's thread one in each turn of the event loop."""
    for name in modules.without_qt:
        await asyncio.to_thread(import_module, name)
    for name in modules.with_qt:
        import_module(name)
        await asyncio.sleep(0)
