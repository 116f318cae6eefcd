"""What a rule or a segment's sync asks of everybody's data, which is another package's."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from desktop.model.rule_trigger import RuleEvent
from desktop.model.sync import SyncSource
from desktop.model.zendesk_user import ZendeskUser


class RuleSource(Protocol):
    """Everybody's data as a run uses it; all but `refresh` wait for the database."""

    async def refresh(self, source: SyncSource) -> None:
        """Read what has changed of what the source asks. Raises what forbids or prevents it."""
        ...

    def list_segment(self, name: str) -> Sequence[int]:
        """List the Zendesk ids in a segment that a rule or sync reads. Raises NotFound."""
        ...

    def find_events(self, source: SyncSource, since: float, limit: int) -> Sequence[RuleEvent]:
        """Find what happened since a moment (Unix seconds) to people in the rule's segment."""
        ...

    def get_users(self, people: Sequence[int]) -> Mapping[int, ZendeskUser]:
        """Return a rule's people by their Zendesk id, as Zendesk told them last."""
        ...

    def filter_without_open_ticket(self, people: Sequence[int]) -> frozenset[int]:
        """Return which of a rule's people have no open ticket."""
        ...
