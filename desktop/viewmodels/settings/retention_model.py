"""Model of the card “How long activity is kept”: the table, what a change drops, the purge."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from desktop.audience.retention_service import RetentionRow, RetentionService
from desktop.kit.text import format_count
from desktop.model.retention import ActivityType, RetentionDays, RetentionImpact
from desktop.model.retention_text import describe_impact
from desktop.settings import settings_table
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.time_format import format_full_date

_TYPES = {row.key: one for one, row in settings_table.RETENTION_DAYS.items()}


@dataclass(frozen=True)
class RetentionView:
    """View of the card “How long activity is kept”.

    `kept` says of each type what is kept, by the key of its setting. `waiting_text`: what the days
    set would drop and nobody has confirmed; `busy_text`: how far a purge is.
    """

    kept: Mapping[str, str]
    waiting_text: str
    busy_text: str
    error: ErrorMessage


@dataclass(frozen=True)
class RetentionQuestion:
    """What is asked before a change of retention is made, with the button's number of rows."""

    title: str
    text: str
    confirm: str
    impact: RetentionImpact


class RetentionModel(CardModel):
    """How long activity is kept; without a service (nothing was read) a change drops nothing."""

    def __init__(self, get_service: Callable[[], RetentionService | None]) -> None:
        """`get_service` tells None while nothing of everybody is kept on this computer."""
        super().__init__()
        self._get_service = get_service
        self._rows: tuple[RetentionRow, ...] = ()

    def view(self) -> RetentionView:
        """Build the view of the card “How long activity is kept”."""
        waiting = sum(row.waiting for row in self._rows)
        return RetentionView(
            {settings_table.RETENTION_DAYS[row.type].key: _kept_text(row) for row in self._rows},
            f"{format_count(waiting, 'row is', 'rows are')} older than the days set. They stay"
            " until an admin confirms that they go."
            if waiting
            else "",
            self._busy_text,
            self._error,
        )

    def load_status(self) -> None:
        """Count for the card what is kept of each type of activity."""
        self.tasks.start("count", self._count())

    async def find_question(
        self, key: str = "", days: bool | int | str = ""
    ) -> RetentionQuestion | None:
        """Return what to ask before a setting is changed, or confirmed as it is without a key.

        None where it drops nothing that is kept here.
        """
        service = self._get_service()
        if service is None or isinstance(days, bool):
            return None
        changes: RetentionDays = {}
        if key:
            if not str(days).isdecimal():
                return None
            changes = {_TYPES[key]: int(days)}
        impact = await service.find_impact(changes)
        if key and not impact.total_rows:
            # Confirmed with it: where it keeps more, the purge has to know.
            await service.confirm(impact)
            self.load_status()
            return None
        rows = format_count(impact.total_rows, "row", "rows")
        return RetentionQuestion(
            f"Drop {rows} from this computer?",
            "\n\n".join(describe_impact(impact)),
            f"Drop {impact.total_rows:,}",
            impact,
        )

    def confirm(self, question: RetentionQuestion) -> None:
        """Make a change that a person was asked about, and drop what it drops."""
        self._start_work("purge", self._confirm(question.impact), "Dropping…")

    async def _count(self) -> None:
        service = self._get_service()
        self._rows = await service.list_rows() if service is not None else ()
        self.changed.emit()

    async def _confirm(self, impact: RetentionImpact) -> None:
        service = self._get_service()
        if service is None:
            self._finish_work()
            return
        await service.confirm(impact)
        purged = await service.purge(on_piece=lambda so_far: self._show_progress(so_far, impact))
        self._rows = await service.list_rows()
        dropped = format_count(sum(purged.values()), "row was", "rows were")
        self._finish_work(f"{dropped} dropped from this computer. Reports keep their numbers.")

    def _show_progress(self, so_far: Mapping[ActivityType, int], impact: RetentionImpact) -> None:
        self._busy_text = f"{sum(so_far.values()):,} of {impact.total_rows:,} rows dropped"
        self.changed.emit()


def _kept_text(row: RetentionRow) -> str:
    if not row.rows:
        return "Nothing is kept now."
    kept = format_count(row.rows, *row.type.kept_noun)
    oldest = f", the oldest of {format_full_date(row.oldest_at)}" if row.oldest_at else ""
    return f"{kept} kept{oldest}."
