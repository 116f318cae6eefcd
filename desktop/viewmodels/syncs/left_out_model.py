"""View-model of the card of people whom a sync always leaves out."""

from dataclasses import dataclass

from PySide6.QtCore import Signal

from desktop.kit.errors import AppError
from desktop.kit.text import format_count
from desktop.model.sync_state import LeftOutPerson
from desktop.sync.mapping_trial import read_left_out_person
from desktop.viewmodels import time_format
from desktop.viewmodels.syncs.sync_page_model import SyncPageModel
from desktop.viewmodels.task_owning_model import TaskOwningModel

# Each is a line with a button; the command line lists them all.
_MAX_ROWS = 100


@dataclass(frozen=True)
class LeftOutRow:
    """A person on the left-out card: what names the entry, name, why, by whom and when."""

    key: str
    label: str
    note: str


@dataclass(frozen=True)
class LeftOutView:
    """View of the left-out card; `disabled_reason` says why nobody can be added now."""

    rows: tuple[LeftOutRow, ...]
    count_text: str
    error: str
    can_change: bool
    disabled_reason: str
    # Products are left out at their row of a preview: no matcher finds them by an address.
    is_of_products: bool = False


class LeftOutModel(TaskOwningModel):
    """The left-out card: adds whom the one matcher finds at the source and the target."""

    added = Signal()

    def __init__(self, page: SyncPageModel) -> None:
        super().__init__()
        self._page = page
        self._context = page.context
        self._sync_name = ""
        self._people: tuple[LeftOutPerson, ...] = ()
        self._error = ""
        self._is_adding = False
        page.snapshot_read.connect(self.refresh)
        page.sync_selected.connect(self._on_sync_selected)

    def view(self) -> LeftOutView:
        """Build the view of the left-out card for the selected sync."""
        now = self._context.clock.now()
        rows = tuple(
            LeftOutRow(
                person.key,
                person.label,
                f"{person.reason} · {person.actor},"
                f" {time_format.format_date(person.left_out_at, now)}",
            )
            for person in self._people[:_MAX_ROWS]
        )
        selected = self._page.selected_sync()
        is_of_products = selected is not None and selected.sync.is_of_products
        noun = selected.sync.noun if selected is not None else ("person", "people")
        count = format_count(len(self._people), *noun)
        if len(self._people) > _MAX_ROWS:
            count += f", {_MAX_ROWS} shown"
        decision = self._context.syncs.check_configuration_permission()
        return LeftOutView(
            rows,
            count if self._people else "none" if is_of_products else "nobody",
            self._error,
            decision.is_allowed,
            "Looking them up…" if self._is_adding else decision.reason,
            is_of_products=is_of_products,
        )

    def refresh(self) -> None:
        """Show the left-out card by the rights of now, and read whom the sync leaves out."""
        self._sync_name = self._page.selected_name
        if self._sync_name:
            self.tasks.start("read", self._read(self._sync_name))
        self.changed.emit()

    def add(self, who: str, reason: str) -> None:
        """Leave somebody out from the card, by an address or id; an error stands below its form."""
        self._error, self._is_adding = "", True
        self.tasks.start_once("add", self._add(self._sync_name, who, reason))
        self.changed.emit()

    def include_again(self, key: str) -> None:
        """Take somebody off the left-out card, from the next preview on."""
        self.tasks.start_once(f"include {key}", self._include_again(self._sync_name, key))

    def _on_sync_selected(self, _name: str) -> None:
        self._people, self._error = (), ""
        self.refresh()

    async def _read(self, sync_name: str) -> None:
        people = await self._context.store.sync_state.list_left_out(sync_name)
        if sync_name == self._sync_name and people != self._people:
            self._people = people
            self.changed.emit()

    async def _add(self, sync_name: str, who: str, reason: str) -> None:
        try:
            self._context.syncs.require_configuration_permission()
            sync = await self._context.store.syncs.get(sync_name)
            actor = self._context.workspace.actor.name
            context = self._context.make_sync_context()
            person = await read_left_out_person(context, sync, who, reason, actor)
            await self._context.store.run(self._context.decisions.leave_out, sync_name, [person])
        except AppError as error:
            if sync_name != self._sync_name:
                raise  # the form shown now is another sync's
            # Beside the field: it is about what was typed there.
            self._error = str(error)
        else:
            self.message_posted.emit(f"{person.label} is left out from now on.")
            if sync_name == self._sync_name:
                self.added.emit()
            self._context.publish_sync_change()
        finally:
            self._is_adding = False
            self.changed.emit()
        # In a task of its own: the form takes the next person from now on.
        self.refresh()

    async def _include_again(self, sync_name: str, key: str) -> None:
        self._context.syncs.require_configuration_permission()
        decisions = self._context.decisions
        await self._context.store.run(decisions.no_longer_leave_out, sync_name, key)
        self._context.publish_sync_change()
        await self._read(sync_name)
        self.message_posted.emit("Included again from the next preview on.")
