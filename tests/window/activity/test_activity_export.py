"""What spreadsheets would run is disarmed, and nothing else is touched."""

import pytest

from desktop.viewmodels.activity_export import safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
)
def test_a_formula_gets_a_leading_quote(text: str) -> None:
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Maria", "a=b", "#48213", "1-2", "'=x"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text
