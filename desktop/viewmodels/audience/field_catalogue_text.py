"""Texts of the catalogue of fields: coverage, writers, last change, samples and merge tags."""

from desktop.model.field_facts import FieldFacts
from desktop.viewmodels.time_format import format_elapsed


def coverage_text(field: FieldFacts) -> str:
    """Say in what share of the records a field has a value."""
    return f"{field.coverage.percent} %" if field.coverage is not None else "Not read"


def writers_text(field: FieldFacts) -> str:
    """Name who writes a field: the first, and how many more."""
    if not field.writers:
        return ""
    first, *others = field.writers
    return f"{first.text} and {len(others)} more" if others else first.text


def last_change_text(field: FieldFacts, now: float) -> str:
    """Say how long ago Fairlead has last written a field here; `now` in Unix seconds."""
    at = field.last_change_at
    return format_elapsed(at, now) if at is not None else ""


def field_details(field: FieldFacts) -> str:
    """Describe a field in lines: its name and count, samples, every writer, its merge tags."""
    coverage = field.coverage
    counted = "not read on this computer"
    if coverage is not None:
        counted = f"set in {coverage.filled:,} of {coverage.total:,}"
    lines = [f"{field.name}: {counted}"]
    if coverage is not None and coverage.samples:
        lines.append(f"Such as {', '.join(coverage.samples)}")
    if field.writers:
        lines.append(f"Written by {', '.join(writer.text for writer in field.writers)}")
    tags = [tag for tag in (field.sailthru_tag, field.liquid_tag) if tag]
    if tags:
        lines.append(f"Merge tags: {'   '.join(tags)}")
    return "\n".join(lines)
