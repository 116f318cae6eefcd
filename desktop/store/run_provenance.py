"""The run, sync, account and person that the store keeps beside each row a run writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.service import Service


@dataclass(frozen=True)
class RunProvenance:
    """The origin columns of a run's writes: run, sync, account, person.

    `takes_back`: it is the way back of an earlier run. `origins`: the source's field by target's;
    `sums`: the target's fields that are added to.
    """

    run_id: str
    plan_id: str
    sync: str
    sync_title: str
    service: Service
    actor: str
    membership_fields: frozenset[str] = field(default_factory=frozenset)
    has_frequency_cap: bool = False
    is_rollback: bool = False
    source_field_by_target: Mapping[str, str] = field(default_factory=dict)
    increment_fields: frozenset[str] = field(default_factory=frozenset)
