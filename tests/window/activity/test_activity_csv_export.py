"""What spreadsheets would run is disarmed, and nothing else is touched."""

import pytest

from desktop.viewmodels.file_export import escape_csv_formula


@pytest.mark.parametrize(
    "text", ["=1+1", "+49", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x"]
)
def test_csv_formula_gets_leading_quote(text: str) -> None:
    assert escape_csv_formula(text) == "'" + text


@pytest.mark.parametrize("text", ["", "Maria", "a=b", "#48213", "1-2", "'=x"])
def test_csv_plain_text_is_unchanged(text: str) -> None:
    assert escape_csv_formula(text) == text
