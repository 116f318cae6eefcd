"""A list's export asks for every var that a sync reads, whatever the row is called."""

import pytest

from desktop.model.consent_check import ConsentPurpose
from desktop.model.customer_value import CustomerValueSource
from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.lifecycle_stage import LifecycleStage
from desktop.model.sync import MatchIdentifier, SourceKind, Sync, SyncSource
from desktop.sync.feed_extractor import find_referenced_vars
from tests.support import pipeline_cases as cases

BIG = FieldCondition("vars.spent", ConditionOperator.AT_LEAST, 100)


@pytest.mark.parametrize(
    ("sync", "names"),
    [
        (cases.lists_sync(MappingRow("vars.tier", "user_fields.t")), ("tier",)),
        (
            cases.lists_sync(MappingRow("vars.no", "user_fields.t", type=SourceType.IDENTIFIER)),
            ("no",),
        ),
        (cases.lists_sync(MappingRow("vars.s", "user_fields.t", type=SourceType.SEEN)), ("s",)),
        (cases.lists_sync(MappingRow("vars.o", "user_fields.t", type=SourceType.OPTOUT)), ("o",)),
        (cases.lists_sync(MappingRow("vars.x", "user_fields.t", type=SourceType.TEXT)), ()),
        (cases.lists_sync(MappingRow("engagement", "user_fields.t")), ()),
        (
            cases.lists_sync(identity=(MatchIdentifier.SID, MatchIdentifier.PHONE)),
            ("phone", "phone_number"),
        ),
        (cases.lists_sync(stages=(LifecycleStage("big", (BIG,)),)), ("spent",)),
        (cases.lists_sync(purposes=(ConsentPurpose("news", BIG),)), ("spent",)),
        (Sync("s", "S", SyncSource(SourceKind.SAILTHRU_LISTS, where=(BIG,))), ("spent",)),
    ],
)
def test_export_asks_for_every_var_that_is_read(sync: Sync, names: tuple[str, ...]) -> None:
    assert find_referenced_vars(sync, CustomerValueSource("", (), {})) == names
