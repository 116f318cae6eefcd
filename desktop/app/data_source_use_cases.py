"""What the settings section “Data sources” has done by a workspace's services."""

from collections.abc import Callable, Sequence

from desktop.app.container import WorkspaceServices
from desktop.audience.condition_parser import parse_expression
from desktop.audience.data_service import DataStatus
from desktop.kit.errors import AppError
from desktop.model.audience_condition import EVERYBODY
from desktop.model.audience_person import AudienceOrder
from desktop.model.customer_activity import TICKET_ACTS, CustomerAct
from desktop.model.data_source import DataSourceKind
from desktop.model.retention import ActivityType, describe_days
from desktop.settings import settings_table
from desktop.viewmodels.audience.audience_page_model import ReadingProcess
from desktop.viewmodels.audience.customer_activity_model import CustomerActivityModel
from desktop.viewmodels.settings.data_sources_model import DataSourceUseCases

_ACTS = {
    DataSourceKind.SUPPORT: TICKET_ACTS,
    DataSourceKind.SAILTHRU: frozenset(CustomerAct) - TICKET_ACTS - {CustomerAct.EVENT},
    DataSourceKind.EVENTS: frozenset({CustomerAct.EVENT}),
    # Nothing of Sell is kept of everybody.
    DataSourceKind.SELL: frozenset({CustomerAct.EVENT}),
}


def build_data_source_use_cases(
    services: WorkspaceServices, start_reading: Callable[[bool], ReadingProcess]
) -> DataSourceUseCases:
    """Bind the section's use cases to one workspace's services."""

    async def read_status() -> DataStatus | None:
        return await services.data.status() if services.has_everybody() else None

    async def list_people(kind: DataSourceKind) -> Sequence[int]:
        if kind not in (DataSourceKind.SUPPORT, DataSourceKind.SAILTHRU):
            return ()
        group = EVERYBODY if kind is DataSourceKind.SUPPORT else parse_expression("list is read")
        try:
            found = await services.audience.list_ids(group, AudienceOrder())
        except AppError:
            # Nobody was read, or the person may not see everybody: the table stays empty.
            return ()
        # Who is known to Sailthru alone is none of Zendesk's.
        is_support = kind is DataSourceKind.SUPPORT
        return [one for one in found if one > 0] if is_support else found

    async def describe_first_run(kind: DataSourceKind) -> Sequence[str]:
        return await _describe_first_run(services, kind)

    return DataSourceUseCases(
        services.data_sources,
        services.context.clock,
        read_status,
        list_people,
        services.audience.get_people,
        lambda kind: CustomerActivityModel(
            services.customer_activity, services.context.clock, _ACTS[kind]
        ),
        start_reading,
        describe_first_run,
    )


async def _describe_first_run(services: WorkspaceServices, kind: DataSourceKind) -> Sequence[str]:
    values = services.session.values
    changes = (
        "Changes are on: people and syncs may write to it."
        if values.get(settings_table.CHANGES_ENABLED)
        else "Changes are off: it is only read until an admin switches them on."
    )
    people = (
        "New people are opted in to nothing. Each sync has that of its own, off, and takes somebody"
        " who confirms their consent."
    )
    if kind is DataSourceKind.SELL:
        return (
            "Sell is asked when a customer is opened, and read and written by a sync that is on.",
        )
    if kind is DataSourceKind.SAILTHRU:
        lists = values.get(settings_table.DATA_LISTS)
        read = f"The first run exports {', '.join(lists)}." if lists else "No list is read yet."
        return (read, people, changes)
    if not values.get(settings_table.KEEP_EVERYTHING):
        return (
            "Customers are read when somebody opens them. Everybody is read once an admin switches"
            " on “Keep everybody's data on this computer”.",
            people,
            changes,
        )
    days = describe_days(values.get(settings_table.RETENTION_DAYS[ActivityType.TICKETS]))
    lines = [f"The first run reads everybody, and tickets changed in the last {days}."]
    try:
        lines.append((await services.data.estimate()).text)
    except AppError as error:
        lines.append(error.title)
    return (*lines, "It goes on where it is cut short. Nothing is written by it.", people, changes)
