"""Words joined as a sentence joins them."""

import pytest

from desktop.kit.text import join_words


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        (["Zendesk"], "Zendesk"),
        (["Zendesk", "Sailthru"], "Zendesk and Sailthru"),
        (["Zendesk", "Sailthru", "Zendesk Sell"], "Zendesk, Sailthru and Zendesk Sell"),
    ],
)
def test_join_words_lists_them_as_a_sentence_does(words: list[str], joined: str) -> None:
    assert join_words(words) == joined
