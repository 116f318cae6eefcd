"""The log's file: put aside when it has grown, a few old ones kept, nothing lost on the way."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.kit.rotating_log_file import RotatingLogFile


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("desktop", logging.INFO, __file__, 1, text, None, None)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RotatingLogFile]:
    made = RotatingLogFile(tmp_path / "x.log", most=100, kept=2)
    yield made
    made.close()


def test_log_file_full_is_rotated_and_oldest_deleted(log: RotatingLogFile, tmp_path: Path) -> None:
    for number in range(60):
        log.handle(record(f"line {number:04d}"))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["x.log", "x.log.1", "x.log.2"]
    assert all(path.stat().st_size < 120 for path in tmp_path.iterdir())
    kept = [tmp_path / name for name in ("x.log.2", "x.log.1", "x.log")]
    lines = "".join(path.read_text() for path in kept).splitlines()
    assert lines == [f"line {number:04d}" for number in range(60 - len(lines), 60)]


def test_log_file_is_appended_after_restart(log: RotatingLogFile, tmp_path: Path) -> None:
    log.handle(record("first"))
    log.close()
    again = RotatingLogFile(tmp_path / "x.log", most=100, kept=2)
    again.handle(record("second"))
    again.close()
    assert (tmp_path / "x.log").read_text() == "first\nsecond\n"


def test_log_file_rotation_failure_keeps_writing(log: RotatingLogFile, tmp_path: Path) -> None:
    (tmp_path / "x.log.1").mkdir()
    (tmp_path / "x.log.1" / "in the way").touch()
    (tmp_path / "x.log.2").mkdir()
    (tmp_path / "x.log.2" / "too").touch()
    for number in range(40):
        log.handle(record(f"line {number:04d}"))
    assert len((tmp_path / "x.log").read_text().splitlines()) == 40
