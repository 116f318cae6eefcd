"""View-model of an action's mapping: rows of a form, JSON beside, tried on a sample event."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from desktop.events.event import Event
from desktop.events.event_action import ActionKind, EventAction
from desktop.events.event_json import BadJsonError, parse_event_json
from desktop.events.event_mapping import MappingError, compile_mapping
from desktop.events.trigger import TriggerError, compile_trigger
from desktop.kit.errors import InvalidInput
from desktop.kit.text import shorten
from desktop.model.field_mapping import MappingOperator
from desktop.model.json_value import Json
from desktop.viewmodels.events.event_actions_model import EventActionsModel
from desktop.viewmodels.events.event_mapping_fields import operator_label
from desktop.viewmodels.events.event_mapping_row import (
    EventMappingRow,
    ValueKind,
    describe_value,
    find_row_problems,
    mapping_of,
    operator_choices,
    operators_without_row,
    rows_of,
    target_choices,
    to_json,
)
from desktop.viewmodels.form import FieldValue
from desktop.viewmodels.syncs.mapping_row_view import MappingRowView
from desktop.viewmodels.task_owning_model import TaskOwningModel

_SAMPLES_OFFERED = 50
_RESULT_LENGTH = 120
# What a row makes of an event: in words, with its tone, and whether that empties the field.
_NO_RESULT = ("", "muted", False)
_NO_TRAIT = ("no such trait", "muted", False)
_EMPTIED = ("null: empties the field in Zendesk", "bad", True)


@dataclass(frozen=True)
class JsonFault:
    """What is wrong with a mapping's JSON, and which characters are marked."""

    text: str
    start: int
    length: int


class EventMappingModel(TaskOwningModel):
    """The mapping and options of one action; what can be used is its draft at once.

    What cannot be used stays in the form until it can, or until somebody takes it back.
    """

    def __init__(self, actions: EventActionsModel) -> None:
        super().__init__()
        self._actions = actions
        self.kind = ActionKind.UPSERT_USER
        self._rows: list[EventMappingRow] = []
        self.selected_index = 0
        self._sample_index = 0
        self._samples: tuple[Event, ...] = ()
        self.json_text = ""
        self.json_fault: JsonFault | None = None
        self.is_json_shown = False
        # Of other actions: what could not be used when its mapping was left.
        self._left: dict[ActionKind, tuple[list[EventMappingRow], str]] = {}

    # What the drawer shows.

    @property
    def action(self) -> EventAction:
        """The action as its draft, or as it is saved."""
        return self._actions.state_of(self.kind).newest

    @property
    def samples(self) -> tuple[str, ...]:
        """The sample events that can be chosen, in words; those that fire the action first."""
        return tuple(_describe_event(event) for event in self._samples)

    @property
    def sample_index(self) -> int:
        """The place of the sample event that the mapping is tried on."""
        return self._sample_index

    def row_views(self) -> tuple[MappingRowView, ...]:
        """Return each row in words, with what it makes of the sample event."""
        problems = self.problems()
        return tuple(self._row_view(row, problems.get(n, "")) for n, row in enumerate(self._rows))

    def selected_row(self) -> EventMappingRow | None:
        """Return the row of an event action's mapping that is edited."""
        is_there = 0 <= self.selected_index < len(self._rows)
        return self._rows[self.selected_index] if is_there else None

    def problems(self) -> Mapping[int, str]:
        """Return what is wrong with rows, by place."""
        return find_row_problems(self.kind, self._rows)

    def target_choices(self) -> tuple[str, ...]:
        """Return the fields that a row may fill."""
        return target_choices(self.kind)

    def operator_choices(self) -> tuple[tuple[str, str], ...]:
        """Return how the chosen row's value may join the one in Zendesk."""
        row = self.selected_row()
        found = operator_choices(self.kind, row.target if row is not None else "")
        return tuple((one.value, operator_label(one)) for one in found)

    def path_choices(self) -> tuple[str, ...]:
        """Return the paths of the sample event, to complete what is typed."""
        event = self._sample()
        return tuple(f"$.{path}" for path in _iter_paths(event.body)) if event else ()

    def sample_text(self) -> str:
        """Return the sample event as it was sent."""
        event = self._sample()
        return json.dumps(event.body, ensure_ascii=False, indent=2) if event is not None else ""

    def status(self) -> str:
        """Say whether what stands here is the draft already, or why not."""
        problems = self.problems()
        if self.is_json_shown and self.json_fault is not None:
            return "Not usable yet: the draft keeps what could be used last."
        if problems:
            return "A row can't be used yet: the draft keeps what could be used last."
        state = self._actions.state_of(self.kind)
        if state.draft is None:
            return "As saved."
        return "Kept as a draft. Preview and save it on the Actions tab."

    def change_refusal(self) -> str:
        """Say why the mapping cannot be changed by the person at work, or ""."""
        return self._actions.change_refusal()

    # What people do.

    def open(self, kind: ActionKind) -> None:
        """Show the mapping of an action, with what could not be used when it was left."""
        self._leave()
        self.kind, self.selected_index = kind, 0
        self._take_action()
        rows, text = self._left.pop(kind, ([], ""))
        if rows:
            self._rows = rows
        if text:
            self.is_json_shown = True
            self.set_json(text)
        self._read_samples()
        self.changed.emit()

    def show_json(self, *, shown: bool) -> None:
        """Edit an event action's mapping as JSON, or as rows; unusable JSON stays in sight."""
        if not shown and self.json_fault is not None:
            self.message_posted.emit("Correct the JSON first, or take it back with Reset.")
            self.changed.emit()
            return
        self.is_json_shown = shown
        self._take_action()
        self.changed.emit()

    def choose_sample(self, place: int) -> None:
        """Try the event action's mapping on another sample event."""
        self._sample_index = place
        self.changed.emit()

    def choose_line(self, line: int) -> None:
        """Try the mapping on the event of a line, where it is offered."""
        places = [place for place, event in enumerate(self._samples) if event.line == line]
        if places:
            self.choose_sample(places[0])

    def select_row(self, place: int) -> None:
        """Choose another row of an event action's mapping to edit."""
        if place != self.selected_index:
            self.selected_index = place
            self.changed.emit()

    def change_row(self, path: str, value: FieldValue) -> None:
        """Change one field of the chosen row, by its attribute of EventMappingRow."""
        row = self.selected_row()
        if row is None:
            return
        if path == "kind":
            row = replace(row, kind=ValueKind(str(value)))
        elif path == "operator":
            row = replace(row, operator=MappingOperator(str(value)))
        elif path == "target":
            row = self._with_target(row, str(value).strip())
        else:
            row = replace(row, **{path: value})  # type: ignore[arg-type]
        self._rows[self.selected_index] = row
        self._keep()

    def add_row(self) -> None:
        """Add an empty row to an event action's mapping and choose it."""
        self._rows.append(EventMappingRow())
        self.selected_index = len(self._rows) - 1
        self.changed.emit()

    def duplicate_row(self) -> None:
        """Copy the chosen row below it, for another field."""
        row = self.selected_row()
        if row is not None:
            self._rows.insert(self.selected_index + 1, replace(row, target=""))
            self.selected_index += 1
            self.changed.emit()

    def delete_row(self) -> None:
        """Delete the chosen row of an event action's mapping."""
        if self.selected_row() is not None:
            del self._rows[self.selected_index]
            self.selected_index = max(0, min(self.selected_index, len(self._rows) - 1))
            self._keep()

    def move_row(self, step: int) -> None:
        """Move the chosen row one up (-1) or down (1)."""
        at, to = self.selected_index, self.selected_index + step
        if self.selected_row() is not None and 0 <= to < len(self._rows):
            self._rows[at], self._rows[to] = self._rows[to], self._rows[at]
            self.selected_index = to
            self._keep()

    def reset(self) -> None:
        """Make the whole action as it comes with Fairlead the draft; Discard takes that back."""
        self.json_fault = None
        self._actions.reset(self.kind)
        self.selected_index = 0
        self._take_action()
        self.changed.emit()

    def set_json(self, text: str) -> None:
        """Take over the mapping's JSON; what is wrong with it is marked."""
        self.json_text, self.json_fault = text, None
        try:
            mapping = parse_event_json(text).value
            if not isinstance(mapping, dict):
                raise MappingError("A mapping is an object of field and value.")
            self._actions.put(replace(self.action, mapping=mapping))
        except BadJsonError as error:
            start = error.position if error.position is not None else 0
            start = min(start, max(len(text) - 1, 0))
            line = text.count("\n", 0, start) + 1
            self.json_fault = JsonFault(f"Line {line}: {error}.", start, 1)
        except InvalidInput as error:
            self.json_fault = JsonFault(str(error), *_find_place(text, error.title))
        else:
            self._rows = list(rows_of(self.action))
        self.changed.emit()

    def change_option(self, path: str, value: FieldValue) -> None:
        """Change one of the action's options, by its attribute of ActionOptions."""
        options = self.action.options
        if path == "source_name":
            name = str(value).strip()
            if not name or name.lower() == "zendesk":
                self.changed.emit()
                return
            options = replace(options, source_name=name)
        elif path == "organization_id":
            options = replace(options, organization_id=type(options.organization_id)(value))
        else:
            options = replace(options, **{path: bool(value)})  # type: ignore[arg-type]
        self._actions.put(replace(self.action, options=options))
        self.changed.emit()

    # How it comes about.

    def _take_action(self) -> None:
        self._rows = list(rows_of(self.action))
        self.json_text = json.dumps(self.action.mapping, ensure_ascii=False, indent=2)
        self.json_fault = None

    def _leave(self) -> None:
        if self.json_fault is not None:
            self._left[self.kind] = ([], self.json_text)
        elif self.problems():
            self._left[self.kind] = (list(self._rows), "")

    def _with_target(self, row: EventMappingRow, target: str) -> EventMappingRow:
        allowed = operator_choices(self.kind, target)
        usual = self.action.operators.get(target, row.operator)
        operator = usual if usual in allowed else MappingOperator.SET
        return replace(row, target=target, operator=operator)

    def _keep(self) -> None:
        """Make the rows the draft where all of them can be used."""
        if not self.problems():
            mapping, operators = mapping_of(self._rows)
            kept = operators_without_row(self.action)
            targets = {row.target for row in self._rows}
            rest = {name: one for name, one in kept.items() if name not in targets}
            action = replace(self.action, mapping=mapping, operators={**rest, **operators})
            self._actions.put(action)
            self.json_text = json.dumps(action.mapping, ensure_ascii=False, indent=2)
        self.changed.emit()

    def _read_samples(self) -> None:
        try:
            matches = compile_trigger(self.action.trigger).matches
        except TriggerError:
            matches = bool
        events = self._actions.sample.events
        firing = [event for event in events if matches(event.body)]
        rest = [event for event in events if not matches(event.body)]
        self._samples = tuple([*firing, *rest][:_SAMPLES_OFFERED])
        self._sample_index = 0

    def _sample(self) -> Event | None:
        is_there = 0 <= self._sample_index < len(self._samples)
        return self._samples[self._sample_index] if is_there else None

    def _row_view(self, row: EventMappingRow, problem: str) -> MappingRowView:
        is_begun = row != EventMappingRow()
        result, tone, is_empty = _NO_RESULT
        if is_begun and not problem:
            result, tone, is_empty = self._result(row)
        has_choice = len(operator_choices(self.kind, row.target)) > 1
        return MappingRowView(
            is_on=True,
            source=describe_value(row) if is_begun else "",
            operator=operator_label(row.operator) if has_choice else "",
            target=row.target or "New row",
            result=result,
            result_tone=tone,
            problem=problem if is_begun else "",
            empties_field=is_empty,
        )

    def _result(self, row: EventMappingRow) -> tuple[str, str, bool]:
        """Return what a row makes of the sample event, its tone, and whether it empties a field."""
        event = self._sample()
        if event is None:
            return _NO_RESULT
        if row.kind is ValueKind.TRAIT:
            value = event.part("traits").get(row.target.partition(".")[2])
            return _NO_TRAIT if value is None else (_short(value), "text", False)
        mapped = compile_mapping(_alone(row)).apply(event.body)
        if "value" not in mapped:
            return "left out", "muted", False
        value = mapped["value"]
        return _EMPTIED if value is None else (_short(value), "text", False)


def _alone(row: EventMappingRow) -> dict[str, Json]:
    mapping, _ = mapping_of([replace(row, target="value")])
    return mapping


def _short(value: Json) -> str:
    return shorten(value if isinstance(value, str) else to_json(value), _RESULT_LENGTH)


def _describe_event(event: Event) -> str:
    name = event.body.get("event") or event.body.get("name") or event.body.get("groupId")
    who = next(iter(event.addresses), "") or event.user_id
    parts = [event.type, str(name) if isinstance(name, str) else "", who]
    return f"Line {event.line}: {' '.join(part for part in parts if part)}"


def _iter_paths(body: Mapping[str, Json], root: str = "") -> Sequence[str]:
    found: list[str] = []
    for key, value in body.items():
        path = f"{root}.{key}" if root else key
        found += _iter_paths(value, path) if isinstance(value, Mapping) and value else [path]
    return found


def _find_place(text: str, title: str) -> tuple[int, int]:
    """Return where a mapping's JSON holds the field that an error's title begins with."""
    words = title.replace("“", '"').replace("”", '"')
    quoted = words.split('"')[1] if words.count('"') >= 2 else ""
    for name in (quoted, *reversed(title.partition(":")[0].split("."))):
        start = text.find(f'"{name}"') if name else -1
        if start >= 0:
            return start, len(name) + 2
    return 0, len(text)
