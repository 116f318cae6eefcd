"""How far the first reading of everybody is, by what was read by when."""

import pytest

from desktop.model.audience_person import AudienceCoverage
from desktop.viewmodels.audience.reading_progress import ReadingProgress

Read = tuple[float, int]


@pytest.mark.parametrize(
    ("expected", "reads", "words"),
    [
        (1_000, [(0, 200)], "200 of 1,000 read so far"),
        (None, [(0, 200), (10, 300)], "300 read so far, 10 a second"),
        # 100 in 10 s.
        (1_000, [(0, 200), (10, 300)], "300 of 1,000 read so far, 10 a second, about 70 s left"),
        (
            100_000,
            [(0, 0), (60, 1_000)],
            "1,000 of 100,000 read so far, 17 a second, about 2 h left",
        ),
        # A service that lets few calls through.
        (1_000, [(0, 0), (60, 100)], "100 of 1,000 read so far, 100 a minute, about 9 min left"),
        # Too early to say.
        (1_000, [(0, 200), (2, 220)], "220 of 1,000 read so far"),
        # The page was open for long before it began, or after a break.
        (
            1_000,
            [(0, 0), (500, 0), (510, 100)],
            "100 of 1,000 read so far, 10 a second, about 2 min left",
        ),
        (
            1_000,
            [(0, 200), (500, 200), (510, 300)],
            "300 of 1,000 read so far, 10 a second, about 70 s left",
        ),
        # More came meanwhile than Zendesk said.
        (1_000, [(0, 200), (10, 1_001)], "1,001 of 1,000 read so far"),
    ],
)
def test_first_reading_says_how_far_it_is_and_how_long_it_takes(
    expected: int | None, reads: list[Read], words: str
) -> None:
    progress = ReadingProgress()
    for at, read in reads:
        coverage = AudienceCoverage(read, read, 0, None, None, read, expected)
        progress.note(coverage, at)
    assert progress.describe(coverage) == words
