"""Prepared reasons and notes: filled once, as plain text, and refused with a sentence."""

import pytest

from desktop.kit.errors import InvalidInput
from desktop.model.text_template import (
    DEFAULT_NOTE_TEMPLATES,
    DEFAULT_REASONS,
    PLACEHOLDERS,
    fill_reason,
    fill_template,
    validate_note_template,
    validate_reason,
)

VALUES = {"name": "Maria Lopez", "ticket": "48213", "address": ""}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{name} on #{ticket}", "Maria Lopez on #48213"),
        ("no placeholder", "no placeholder"),
        # What is not known is named, so that nobody sends a gap.
        ("Mail {address}.", "Mail [no address]."),
        ("a { b } c {} d", "a [no  b ] c [no ] d"),
        ("{ over\nlines }", "{ over\nlines }"),
        ("<b>{name}</b>", "<b>Maria Lopez</b>"),
    ],
)
def test_template_is_filled_as_plain_text(text: str, filled: str) -> None:
    assert fill_template(text, VALUES) == filled


def test_customer_named_like_a_placeholder_stays_as_typed() -> None:
    values = {"name": "{ticket} {{name}}", "ticket": "48213"}
    assert fill_template("{name}, #{ticket}", values) == "{ticket} {{name}}, #48213"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Complaint", "Complaint"),
        ("Customer asked, #{ticket}", "Customer asked, #48213"),
        ("Asked by {address}", ""),
    ],
)
def test_reason_without_value_is_not_offered(text: str, filled: str) -> None:
    assert fill_reason(text, VALUES) == filled


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "cannot be empty"),
        ("   ", "cannot be empty"),
        ("two\nlines", "one line"),
        ("a\u202eb", "one line"),
        ("x" * 301, "longer than 300"),
        ("asked by {nobody}", "is no placeholder"),
        ("asked by {}", "is no placeholder"),
    ],
)
def test_wrong_reason_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        validate_reason(text)


@pytest.mark.parametrize(
    ("title", "text", "said"),
    [
        ("", "text", "needs a title"),
        ("x" * 61, "text", "needs a title"),
        ("two\nlines", "text", "needs a title"),
        ("T", " \n ", "has no text"),
        ("T", "x" * 5001, "longer than 5,000"),
        ("T", "a\x00b", "control character"),
        ("T", "{customer}", "is no placeholder"),
    ],
)
def test_wrong_note_template_is_refused(title: str, text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        validate_note_template(title, text)


def test_note_template_keeps_lines_and_every_placeholder_is_known() -> None:
    text = "\r\n" + "\r\n".join(f"{{{name}}}" for name in PLACEHOLDERS) + "\n\tend\n"
    made = validate_note_template(" Hand-over ", text)
    assert made.title == "Hand-over"
    assert made.text.splitlines()[-1] == "\tend"
    assert fill_template(made.text, dict.fromkeys(PLACEHOLDERS, "x")).count("x") == len(
        PLACEHOLDERS
    )


def test_texts_that_fairlead_brings_along_are_valid() -> None:
    assert [validate_reason(each) for each in DEFAULT_REASONS] == list(DEFAULT_REASONS)
    for each in DEFAULT_NOTE_TEMPLATES:
        validate_note_template(each.title, each.text)
