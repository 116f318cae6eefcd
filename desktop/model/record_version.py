"""Which of two versions of one service's record is the later one."""


def is_older_version(version: object, other: object) -> bool:
    """Whether one version of a service's record is older, as far as both say when.

    By `changed_at`, which moves with every change, else `updated_at` (Unix seconds); where one of
    the two does not say, it is not older: what came last counts.
    """
    at, other_at = _changed_at(version), _changed_at(other)
    return at is not None and other_at is not None and at < other_at


def _changed_at(record: object) -> float | None:
    at: float | None = getattr(record, "changed_at", None) or getattr(record, "updated_at", None)
    return at
