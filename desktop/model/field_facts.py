"""What is known of a field of Zendesk or Sailthru: type, coverage, samples, who writes it."""

from dataclasses import dataclass
from enum import Enum

from desktop.kit.text import fold_text
from desktop.model.field_catalogue import RULE_FIELDS, field_title
from desktop.model.merge_tag import liquid_field_tag, zephyr_key_tag, zephyr_var_tag
from desktop.model.service import Service
from desktop.model.target_record import VAR_PREFIX

# Keys of a profile that a template of Sailthru reads.
_PROFILE_KEYS = frozenset({"sid", "email", "extid"})


class FieldOwner(Enum):
    """The kind of record that has a field."""

    USER = "Zendesk user"
    ORGANIZATION = "Zendesk organisation"
    TICKET = "Zendesk ticket"
    PROFILE = "Sailthru profile"

    @property
    def service(self) -> Service:
        """The service whose field the facts are about."""
        return Service.SAILTHRU if self is FieldOwner.PROFILE else Service.ZENDESK


class WriterKind(Enum):
    """What writes a Zendesk or Sailthru field: a sync, a rule or people."""

    SYNC = "sync"
    RULE = "rule"
    PERSON = "person"


@dataclass(frozen=True)
class FieldWriter:
    """A sync, a rule or a person that writes a field; `at` is when it last did (Unix seconds).

    None: it is to write it and has not yet.
    """

    kind: WriterKind
    name: str
    at: float | None = None

    @property
    def text(self) -> str:
        """The writer of a field as the catalogue of fields names it."""
        return self.name if self.kind is WriterKind.PERSON else f"{self.kind.value} {self.name}"


@dataclass(frozen=True)
class FieldCoverage:
    """In how many of `total` records a field has a value; `samples` are a few of the values."""

    filled: int
    total: int
    samples: tuple[str, ...] = ()

    @property
    def percent(self) -> int:
        """The share of records with a value, in whole per cent; a few are never 0, nor all 100."""
        if not self.filled or not self.total:
            return 0
        if self.filled == self.total:
            return 100
        return min(99, max(1, round(100 * self.filled / self.total)))


@dataclass(frozen=True)
class FieldFacts:
    """A field by its name in a mapping, such as `vars.tier`; `coverage` None: it was not read."""

    owner: FieldOwner
    name: str
    type: str
    coverage: FieldCoverage | None = None
    writers: tuple[FieldWriter, ...] = ()

    @property
    def title(self) -> str:
        """The field's name in words, as a mapping shows it too."""
        return field_title(self.name)

    @property
    def last_change_at(self) -> float | None:
        """When Fairlead last wrote the field here (Unix seconds); None: it never did."""
        return max((one.at for one in self.writers if one.at is not None), default=None)

    @property
    def sailthru_tag(self) -> str:
        """The merge tag of it in Sailthru's e-mails; "" where they cannot read it."""
        if self.owner is not FieldOwner.PROFILE:
            return ""
        if self.name.startswith(VAR_PREFIX):
            return zephyr_var_tag(self.name.removeprefix(VAR_PREFIX))
        return zephyr_key_tag(self.name) if self.name in _PROFILE_KEYS else ""

    @property
    def liquid_tag(self) -> str:
        """The merge tag of it in a template of a mapping; "" where none reads it."""
        if self.owner is FieldOwner.ORGANIZATION:
            return ""
        if self.owner is FieldOwner.TICKET and self.name not in RULE_FIELDS:
            return ""
        return liquid_field_tag(self.name)

    def matches(self, text: str) -> bool:
        """Whether each of the words is in its name, title, type, owner or writers."""
        writers = " ".join(one.text for one in self.writers)
        held = fold_text(f"{self.name} {self.title} {self.type} {self.owner.value} {writers}")
        return all(word in held for word in fold_text(text).split())
