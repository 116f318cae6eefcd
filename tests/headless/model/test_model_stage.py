"""What is wrong with stages is said before they are saved."""

from desktop.model.condition import Condition, Test
from desktop.model.stage import Stage, stage_problems

DEAR = Stage("dear", (Condition("tags", Test.HAS, "vip"),))


def test_stages_that_can_be_told_apart_are_right() -> None:
    assert stage_problems((), "") == ()
    assert stage_problems((DEAR, Stage("all")), "dear") == ()


def test_each_thing_that_is_wrong_is_a_sentence() -> None:
    wrong = (DEAR, DEAR, Stage(""), Stage("odd", (Condition("", Test.SET),)))
    assert stage_problems(wrong, "gone") == (
        "A stage has no name yet.",
        "Two stages are called “dear”.",
        "There is no stage “gone”.",
        "A condition of the stage “odd” names no field.",
    )
