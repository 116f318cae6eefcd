"""The store of one workspace: both files, opened and handed out as one thing."""

import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path

from desktop.kit.errors import StoreKnown
from desktop.store.applying import Applying
from desktop.store.audit import Audit
from desktop.store.database import Database
from desktop.store.feed_people import FeedPeople
from desktop.store.feeds import Feeds
from desktop.store.goals import Goals
from desktop.store.lane import Lane
from desktop.store.mirror import Mirror
from desktop.store.note import Notes
from desktop.store.outbox import Outbox
from desktop.store.owner import own_identity
from desktop.store.plans import Plans
from desktop.store.pruning import Pruning
from desktop.store.reading import Reader
from desktop.store.runs import Runs
from desktop.store.sum_doubts import SumDoubts
from desktop.store.sync_notes import SyncNotes
from desktop.store.trouble import is_unusable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Store:
    """Everything one workspace keeps.

    What people wanted (`outbox`, `audit`, `notes`), what syncs are and did (`goals` … `pruning`),
    and what services said (`mirror`, `feeds`, `feed_people`).
    """

    outbox: Outbox
    audit: Audit
    notes: Notes
    mirror: Mirror
    reader: Reader
    lane: Lane
    goals: Goals
    plans: Plans
    applying: Applying
    runs: Runs
    memory: SyncNotes
    doubts: SumDoubts
    pruning: Pruning
    feeds: Feeds
    feed_people: FeedPeople
    fairlead: Database
    said: Database

    def version(self) -> tuple[int, int]:
        """Changes whenever another process has committed to either file."""
        return self.fairlead.data_version(), self.said.data_version()

    def beside(self) -> "Store":
        """The same syncs over a connection and a thread of their own, for pages of a long plan.

        Closed by `close_beside`; the mirror and the reader stay the first one's.
        """
        other = self.fairlead.beside()
        return replace(
            self,
            goals=Goals(other),
            plans=Plans(other),
            applying=Applying(other),
            runs=Runs(other, own_identity()),
            memory=SyncNotes(other),
            doubts=SumDoubts(other),
            pruning=Pruning(other),
            lane=Lane(),
            fairlead=other,
        )

    def close_beside(self) -> None:
        """End what `beside` has opened."""
        self.lane.close()
        self.fairlead.close()

    def close(self) -> None:
        """Finish what runs and close both files."""
        self.lane.close()
        self.reader.close()
        self.fairlead.close()
        self.said.close()


def open_store(folder: Path) -> Store:
    """Open, and where needed make or migrate, the two files in `folder`.

    A damaged or newer mirror is put aside and rebuilt from the services; a damaged `fairlead.db`
    is left untouched and refused: it holds what nobody else knows. Raises StoreKnown.
    """
    fairlead = Database(folder / "fairlead.db", "fairlead", synchronous="FULL")
    try:
        said = _open_mirror(folder / "mirror.db")
    except StoreKnown:
        fairlead.close()
        raise
    return Store(
        outbox=Outbox(fairlead, own_identity()),
        goals=Goals(fairlead),
        plans=Plans(fairlead),
        applying=Applying(fairlead),
        runs=Runs(fairlead, own_identity()),
        memory=SyncNotes(fairlead),
        doubts=SumDoubts(fairlead),
        pruning=Pruning(fairlead),
        feeds=Feeds(said),
        feed_people=FeedPeople(said),
        audit=Audit(fairlead),
        notes=Notes(fairlead),
        mirror=Mirror(said),
        reader=Reader(fairlead.path, said.path),
        lane=Lane(),
        fairlead=fairlead,
        said=said,
    )


def _open_mirror(path: Path) -> Database:
    try:
        return Database(path, "mirror", synchronous="NORMAL")
    except StoreKnown as error:
        if not is_unusable(error):
            raise
    log.warning("The mirror was damaged; it is put aside and read anew from the services")
    stamp = time.strftime("%Y%m%d-%H%M%S")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.replace(path.with_name(f"{path.name}.damaged-{stamp}{suffix}"))
    return Database(path, "mirror", synchronous="NORMAL")
