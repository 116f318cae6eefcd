"""How typed words find a command of the palette, and which one comes first."""

import pytest

from desktop.viewmodels.command_synonyms import COMMAND_SYNONYMS, synonyms_of
from desktop.viewmodels.palette_command import PaletteCommand, find_commands


def do_nothing() -> None:
    """No command of these tests is run."""


def command(label: str, kind: str = "") -> PaletteCommand:
    return PaletteCommand(label, do_nothing, keywords=synonyms_of(kind or label))


COMMANDS = [
    command("Find a customer"),
    command("Why opted out?"),
    command("Stop marketing e-mail", "opt-out"),
    command("Opt back in", "opt-in"),
    command("Add to VIP: Offers (EU)", "list"),
    command("Take off Über-Newsletter", "list off"),
    command("Pause marketing", "pause"),
    command("Add note"),
    command("Appearance: Dark", "theme"),
]


def labels(text: str, *, inside_words: bool = False) -> list[str]:
    return [each.label for each in find_commands(COMMANDS, text, inside_words=inside_words)]


@pytest.mark.parametrize(
    "word", ["opt", "opt out", "opt-out", "OPTOUT", "stop", "unsubscribe", "marketing", "e-mail"]
)
def test_command_search_many_words_find_optout(word: str) -> None:
    assert "Stop marketing e-mail" in labels(word)


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("stop m", "Stop marketing e-mail"),
        ("opt", "Opt back in"),
        ("email", "Stop marketing e-mail"),
        ("eu vip", "Add to VIP: Offers (EU)"),
        ("über", "Take off Über-Newsletter"),
        ("ubernewsletter über", None),
        ("comment", "Add note"),
        ("theme", "Appearance: Dark"),
        ("xyzzy", None),
    ],
)
def test_command_search_best_match_comes_first(typed: str, first: str | None) -> None:
    assert (labels(typed) or [None])[0] == first


def test_command_search_label_goes_before_synonyms_and_keeps_order_else() -> None:
    found = labels("marketing")
    assert found[:2] == ["Stop marketing e-mail", "Pause marketing"]
    assert found.index("Why opted out?") > 1
    assert labels("") == [each.label for each in COMMANDS]


def test_command_search_puts_what_cannot_be_chosen_below_its_equals() -> None:
    refused = PaletteCommand("Opt in again", do_nothing, disabled_reason="Open a customer first.")
    found = find_commands([refused, *COMMANDS], "", inside_words=True)
    assert found[-1] is refused
    # Also below one that only a synonym finds; but not below a part of a word.
    inside = command("Adopt a view")
    found = find_commands([refused, inside, *COMMANDS], "opt", inside_words=True)
    assert found.index(refused) > found.index(COMMANDS[3])
    assert found[-1] is inside


def test_command_search_parts_of_words_count_only_where_asked() -> None:
    assert labels("arketing") == []
    assert "Pause marketing" in labels("arketing", inside_words=True)


def test_command_synonyms_are_lower_case_words_alone() -> None:
    for kind, words in COMMAND_SYNONYMS.items():
        assert words == " ".join(words.casefold().split()), kind
