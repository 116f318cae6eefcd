"""Which file of a watched folder is whole: a table of how it looked before and looks now."""

from dataclasses import replace

import pytest

from desktop.model.watched_file import WatchedFile, judge_folder

NOW, SETTLE = 1_000.0, 5.0
FILE = WatchedFile("a.jsonl", "1:7", 100, 5)
SEEN = replace(FILE, since=NOW - SETTLE)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, FILE, "unsettled"),
        (SEEN, FILE, "whole"),
        (replace(SEEN, since=NOW - 1), FILE, "unsettled"),
        (SEEN, replace(FILE, size=101), "unsettled"),
        (SEEN, replace(FILE, modified_ns=6), "unsettled"),
        # Seen under a name that is not taken in yet, then renamed: it is whole at once.
        (replace(SEEN, name="a.jsonl.part"), FILE, "whole"),
        (replace(SEEN, name="a.jsonl.part"), replace(FILE, size=101), "unsettled"),
        (SEEN, replace(FILE, name="b.jsonl", file_id="1:8"), "unsettled"),
        (replace(SEEN, state="taken"), FILE, "left"),
        (replace(SEEN, state="taken"), replace(FILE, size=101), "unsettled"),
        # Renamed after it was taken in.
        (replace(SEEN, state="taken"), replace(FILE, name="done.jsonl"), "left"),
        (replace(SEEN, state="taking"), FILE, "whole"),
        (replace(SEEN, state="taking"), replace(FILE, size=101), "whole"),
        (replace(SEEN, state="failed"), FILE, "whole"),
        # A clock that was set back.
        (replace(SEEN, since=NOW + 10_000), FILE, "unsettled"),
        *(
            (replace(SEEN, name=name), replace(FILE, name=name), "left")
            for name in ("a.part", ".a.jsonl", "~a.jsonl", "a.csv", "a", "README.md")
        ),
    ],
)
def test_whether_a_file_is_taken_in(
    before: WatchedFile | None, now: WatchedFile, expected: str
) -> None:
    look = judge_folder([now], [before] if before else [], NOW, SETTLE)
    names = {
        "whole": [one.name for one in look.whole],
        "unsettled": [one.name for one in look.unsettled],
    }
    assert names == {
        "whole": [now.name] if expected == "whole" else [],
        "unsettled": [now.name] if expected == "unsettled" else [],
    }


def test_a_look_is_remembered_from_its_first_time_on() -> None:
    first = judge_folder([FILE], [], NOW, SETTLE)
    assert [one.since for one in first.looks] == [NOW]
    second = judge_folder([FILE], first.looks, NOW + 1, SETTLE)
    assert second.looks == ()
    assert judge_folder([FILE], first.looks, NOW + SETTLE, SETTLE).whole == first.looks


def test_the_oldest_file_is_taken_in_first() -> None:
    files = [
        replace(SEEN, name=f"{n}.jsonl", file_id=f"1:{n}", modified_ns=age)
        for n, age in enumerate((3, 1, 2))
    ]
    look = judge_folder(files, files, NOW, SETTLE)
    assert [one.name for one in look.whole] == ["1.jsonl", "2.jsonl", "0.jsonl"]
