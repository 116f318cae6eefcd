"""Declarative forms: the fields a panel edits, their values, and which of them are visible."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from desktop.model.attribute_path import read_value

# A switch or check box, a number or a time (minutes after midnight), text or the key of a choice,
# names (comma-separated on screen), or the days of a week.
FieldValue = bool | int | str | tuple[str, ...] | tuple[int, ...]
FormValues = Mapping[str, FieldValue]


class FieldKind(Enum):
    """Which control a form field is edited with."""

    SWITCH = "switch"
    CHECK_BOX = "check box"
    TEXT = "text"
    LINES = "text of several lines"
    NAMES = "names with commas between"
    SECRET = "secret"  # noqa: S105 - the kind of a field, no secret
    NUMBER = "number"
    TIME = "time of day"
    CHOICE = "drop-down"
    SEGMENTS = "segmented control"
    CUSTOM = "control given by the panel"


@dataclass(frozen=True)
class FormField:
    """One declared field of a form, addressed by `path` (`telling.email`: nested attribute).

    `name` is the accessible and object name of the control, an interface for scripts and screen
    readers; empty, it is the label. `choices` are (key, text). `visible_when` and `label_when` are
    asked with all values of the form.
    """

    path: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    name: str = ""
    help: str = ""
    placeholder: str = ""  # of a number: shown in place of the minimum
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int = 0
    maximum: int = 0
    suffix: str = ""  # a unit after a number, with its blank: “ min”
    max_length: int = 2000
    # True: the value is reported when the keyboard leaves the field, not at each key. A setting is
    # checked and stored by then; half of an address would be refused at every letter.
    reports_on_leave: bool = False
    visible_when: Callable[[FormValues], bool] | None = None
    label_when: Callable[[FormValues], str] | None = None

    @property
    def accessible_name(self) -> str:
        """Accessible name of a form field's control, for screen readers and scripts."""
        return self.name or self.label


@dataclass(frozen=True)
class FormState:
    """A form's values by path, with the sentences that stand beside its fields.

    `disabled_reasons` say why a field cannot be edited, `notes` follow the help of a field, and
    `completions` are offered while somebody types; a field asks for them when it is entered.
    """

    values: FormValues
    errors: Mapping[str, str] = field(default_factory=dict)
    disabled_reasons: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    completions: Mapping[str, Iterable[str]] = field(default_factory=dict)


def visible_paths(fields: Iterable[FormField], values: FormValues) -> frozenset[str]:
    """Return the paths of the form fields that are visible with these values."""
    return frozenset(f.path for f in fields if f.visible_when is None or f.visible_when(values))


def field_label(form_field: FormField, values: FormValues) -> str:
    """Return the label of a form field, which may depend on the values of others."""
    return form_field.label_when(values) if form_field.label_when else form_field.label


def read_values(fields: Iterable[FormField], source: object) -> dict[str, FieldValue]:
    """Read a form's values from the attributes of a dataclass; an enum gives its value."""
    return {f.path: read_value(source, f.path) for f in fields}


def parse_names(text: str) -> tuple[str, ...]:
    """Parse a form's comma-separated names: stripped, each once; one with a comma is quoted."""
    # Not strict: a quote is not closed yet while somebody types.
    names = next(csv.reader([text], skipinitialspace=True), [])
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def format_names(names: Iterable[str]) -> str:
    """Join names with commas for a form's field, as `parse_names` reads them."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="")
    for name in names:
        line.write(", " if line.tell() else "")
        writer.writerow([name])
    return line.getvalue()
