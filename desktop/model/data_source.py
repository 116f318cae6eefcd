"""Data sources: the services whose records this workspace takes in, and how each one stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from desktop.kit.errors import ConflictError, InvalidInput
from desktop.kit.text import fold_text, to_single_line

MAX_NAME_LENGTH = 60


class DataSourceKind(Enum):
    """A data source that can be connected; each at most once a workspace."""

    SUPPORT = "support"
    SAILTHRU = "sailthru"
    EVENTS = "events"
    SELL = "sell"

    @property
    def title(self) -> str:
        """What a data source is called before somebody renames it: the service's name."""
        return _TITLES[self]

    @property
    def category(self) -> str:
        """The data source's heading in the gallery."""
        return _CATEGORIES[self]

    @property
    def about(self) -> str:
        """What the data source brings, in a sentence for the gallery."""
        return _ABOUT[self]

    @property
    def needs(self) -> tuple[str, ...]:
        """What connecting the data source takes, a sentence each."""
        return _NEEDS[self]


_K = DataSourceKind
_TITLES = {
    _K.SUPPORT: "Zendesk Support",
    _K.SAILTHRU: "Sailthru",
    _K.EVENTS: "Events",
    _K.SELL: "Zendesk Sell",
}
_CATEGORIES = {
    _K.SUPPORT: "Customer support",
    _K.SAILTHRU: "Marketing",
    _K.EVENTS: "Events",
    _K.SELL: "Sales",
}
_ABOUT = {
    _K.SUPPORT: "People, organisations, tickets and satisfaction ratings.",
    _K.SAILTHRU: "Profiles, lists, opt-outs and e-mails sent.",
    _K.EVENTS: "What customers did elsewhere, as events of Segment's form.",
    _K.SELL: "Contacts, leads and deals. Not the same as Zendesk Support: a sign-in of its own.",
}
_NEEDS = {
    _K.SUPPORT: (
        "The name of the account, as in https://NAME.zendesk.com/.",
        "A sign-in as an agent. Reading everybody takes an administrator.",
    ),
    _K.SAILTHRU: ("An API key and its secret, best a key of their own.",),
    _K.EVENTS: (
        "Zendesk Support, where events are delivered to.",
        "A file, a folder, a pipe, or a program that sends them over HTTP.",
    ),
    _K.SELL: ("An access token that an admin of Zendesk Sell makes.",),
}


class DataSourceState(Enum):
    """How a data source stands; what was deleted is available again."""

    AVAILABLE = "available"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    ARCHIVED = "archived"

    @property
    def label(self) -> str:
        """The data source's state as its chip shows it."""
        return "Not connected" if self is DataSourceState.AVAILABLE else self.value.capitalize()


class DataSourceStep(Enum):
    """A step from one state of a data source to the next."""

    DISCONNECT = "disconnect"
    ARCHIVE = "archive"
    DELETE = "delete"

    @property
    def explanation(self) -> str:
        """What a step out of a data source does, and what stays."""
        return _EXPLANATIONS[self]


_EXPLANATIONS = {
    DataSourceStep.DISCONNECT: (
        "Nothing more is read from it or written to it, and its sign-in is forgotten. What was"
        " read stays. You can connect it again."
    ),
    DataSourceStep.ARCHIVE: (
        "It leaves the list of data sources. What was read stays in Audience and Reports. You can"
        " connect it again."
    ),
    DataSourceStep.DELETE: (
        "Its name and account are forgotten. What was read stays until you erase it. The same"
        " account can be connected again; another one belongs in a workspace of its own."
    ),
}
# From which state a step leads to which.
_STEPS: Mapping[DataSourceStep, tuple[DataSourceState, DataSourceState]] = MappingProxyType(
    {
        DataSourceStep.DISCONNECT: (DataSourceState.CONNECTED, DataSourceState.DISCONNECTED),
        DataSourceStep.ARCHIVE: (DataSourceState.DISCONNECTED, DataSourceState.ARCHIVED),
        DataSourceStep.DELETE: (DataSourceState.ARCHIVED, DataSourceState.AVAILABLE),
    }
)
_FIRST_NEEDED = {
    DataSourceStep.DISCONNECT: "",
    DataSourceStep.ARCHIVE: "Disconnect it first.",
    DataSourceStep.DELETE: "Disconnect it and archive it first.",
}


@dataclass(frozen=True)
class DataSourceRecord:
    """What is stored of a data source: its name here, state, account, and who did that when.

    `at` is in Unix seconds. A connected one may have none, from before it was stored.
    """

    state: DataSourceState
    name: str = ""
    account: str = ""
    by: str = ""
    at: float = 0.0


def keep_left(
    sealed: Mapping[DataSourceKind, DataSourceRecord],
    edited: Mapping[DataSourceKind, DataSourceRecord],
) -> Mapping[DataSourceKind, DataSourceRecord]:
    """Return the records that count: what was left in Fairlead stays left, whatever is edited."""
    left = {k: one for k, one in sealed.items() if one.state is not DataSourceState.CONNECTED}
    is_left = {k: one for k, one in edited.items() if one.state is not DataSourceState.CONNECTED}
    return {**edited, **left, **is_left}


@dataclass(frozen=True)
class DataSource:
    """A data source as it stands now; `record` is what is stored of it."""

    kind: DataSourceKind
    state: DataSourceState
    account: str = ""
    record: DataSourceRecord | None = None

    @property
    def name(self) -> str:
        """The data source's name: as somebody has called it, else the service's own."""
        return (self.record.name if self.record is not None else "") or self.kind.title

    @property
    def next_step(self) -> DataSourceStep | None:
        """The next step out of the data source; None: there is nothing to leave."""
        return next((step for step, (start, _) in _STEPS.items() if start is self.state), None)

    @property
    def ways_out(self) -> tuple[tuple[DataSourceStep, ...], ...]:
        """The steps that are left, cut off after each of them: what can be done in one act."""
        left = tuple(_STEPS)
        first = self.next_step
        left = left[left.index(first) :] if first is not None else ()
        return tuple(left[:count] for count in range(1, len(left) + 1))

    def follow_steps(self, steps: Sequence[DataSourceStep]) -> tuple[DataSourceState, ...]:
        """Return the states that steps one after another lead to.

        Raises ConflictError where one comes too early.
        """
        state, ends = self.state, []
        for step in steps:
            start, end = _STEPS[step]
            if state is not start:
                raise ConflictError(
                    f"“{self.name}” can't be {_DONE[step]} now.",
                    f"It is {self.state.label.lower()}. {_FIRST_NEEDED[step]}".rstrip(),
                )
            state = end
            ends.append(state)
        return tuple(ends)


_DONE = {
    DataSourceStep.DISCONNECT: "disconnected",
    DataSourceStep.ARCHIVE: "archived",
    DataSourceStep.DELETE: "deleted",
}


def check_source_name(text: str) -> str:
    """Return a data source's name in one line; "" is the service's own. Raises InvalidInput."""
    name = to_single_line(text)
    if len(name) > MAX_NAME_LENGTH:
        raise InvalidInput(
            "The name is too long.",
            f"It has {len(name)} characters; {MAX_NAME_LENGTH} fit. Nothing was changed.",
            "Shorten it.",
        )
    return name


def find_sources(text: str, sources: tuple[DataSource, ...]) -> tuple[DataSource, ...]:
    """Return the data sources whose name, category or purpose has every word of a text."""
    words = fold_text(text).split()

    def has_all(source: DataSource) -> bool:
        kind = source.kind
        told = f"{source.name} {kind.title} {kind.category} {kind.about} {source.account}"
        return all(word in fold_text(told) for word in words)

    return tuple(source for source in sources if has_all(source))
