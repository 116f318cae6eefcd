"""What is wrong with stages is said before they are saved."""

from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.model.lifecycle_stage import LifecycleStage, validate_stages

DEAR = LifecycleStage("dear", (FieldCondition("tags", ConditionOperator.HAS, "vip"),))


def test_lifecycle_stages_distinct_are_valid() -> None:
    assert validate_stages((), "") == ()
    assert validate_stages((DEAR, LifecycleStage("all")), "dear") == ()


def test_lifecycle_stages_problem_is_explained() -> None:
    wrong = (
        DEAR,
        DEAR,
        LifecycleStage(""),
        LifecycleStage("odd", (FieldCondition("", ConditionOperator.SET),)),
    )
    assert validate_stages(wrong, "gone") == (
        "A stage has no name yet.",
        "Two stages are called “dear”.",
        "There is no stage “gone”.",
        "Choose a field for each condition of the stage “odd”.",
    )
