"""Repairs of triggers: offered where one reading alone makes sense, and nothing else."""

import pytest

from desktop.events.trigger import TriggerError, compile_trigger
from desktop.events.trigger_repair import find_repair

A_OR_B = 'event = "A" or event = "B"'


@pytest.mark.parametrize(
    ("text", "label", "repaired"),
    [
        ("type = 'track'", "Use double quotes", 'type = "track"'),
        ("type = ‘track’", "Use double quotes", 'type = "track"'),
        ('type == "track"', "Use = and !=", 'type = "track"'),
        ('type <> "track"', "Use = and !=", 'type != "track"'),
        ('type = "track" and', "Remove “and”", 'type = "track"'),
        (f'type = "track" and {A_OR_B}', "Add parentheses", f'type = "track" and ({A_OR_B})'),
        (f'{A_OR_B} and type = "track"', "Add parentheses", f'({A_OR_B}) and type = "track"'),
        (
            'type = "track" and event = "or" or event = "and"',
            "Add parentheses",
            'type = "track" and (event = "or" or event = "and")',
        ),
        ('TYPE = "track"', "Write “type”", 'type = "track"'),
        ('Traits.email = "a"', "Write “traits”", 'traits.email = "a"'),
        ('type = "Track"', "Write “track”", 'type = "track"'),
        ('type = "track" && event = "A"', "Write “and”, “or”", 'type = "track" and event = "A"'),
    ],
)
def test_a_repair_makes_a_trigger_usable(text: str, label: str, repaired: str) -> None:
    repair = find_repair(text)
    assert repair is not None
    assert (repair.label, repair.text) == (label, repaired)
    assert compile_trigger(repaired).hints == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        'type = "track"',
        # Of alternatives about different fields nobody can tell what was meant.
        'type = "track" or event = "A" and name = "x"',
        'match(event,"T*C")',
        '(event = "b" or (event = "c"))',
        "event = \"it's",
        'type = "a\'b\'" and messageId = "1"',
    ],
)
def test_nothing_is_offered_where_a_person_has_to_decide(text: str) -> None:
    assert find_repair(text) is None


def test_two_faults_are_mended_one_after_the_other() -> None:
    text = "type = 'track' and event = 'A' or event = 'B'"
    for _ in range(2):
        repair = find_repair(text)
        assert repair is not None
        text = repair.text
    assert text == f'type = "track" and ({A_OR_B})'


def test_a_repair_that_would_not_bring_it_further_is_passed_over() -> None:
    # Straight quotes alone would leave it failing at the same sign.
    repair = find_repair("type = \"track\" && event = 'A'")
    assert repair is not None
    assert repair.text == "type = \"track\" and event = 'A'"


def test_the_fault_of_a_trigger_names_its_place() -> None:
    with pytest.raises(TriggerError) as raised:
        compile_trigger(f'type = "track" and {A_OR_B}')
    assert raised.value.position == len('type = "track" and event = "A" ')
