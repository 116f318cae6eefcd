"""One event of Segment's form as it was taken in, and a line that could not be read as one."""

from collections.abc import Mapping
from dataclasses import dataclass

from desktop.model.event_delivery import GROUP_KEY_PREFIX
from desktop.model.json_value import Json

# Beyond it a float is no longer one whole number.
_LARGEST_EXACT_NUMBER = 2**53


@dataclass(frozen=True)
class Event:
    """An identify, track, group, page, screen or alias call of Segment's form.

    `line` is where it begins in its source, from 1. `body` is the whole object as parsed, each
    object within it a dict, `type` included where the source said `action`. `at` is when it
    happened in Unix seconds, None where unsaid. `warnings` are sentences on what was mended or
    looks wrong. `has_own_time`: false where `at` is when it came in, as it says no time itself.
    """

    line: int
    message_id: str
    type: str
    body: Mapping[str, Json]
    at: float | None = None
    warnings: tuple[str, ...] = ()
    has_own_time: bool = True

    @property
    def user_id(self) -> str:
        """The event's userId as text, since ids come as numbers too; "" where it has none."""
        return identifier_text(self.body.get("userId"))

    @property
    def user_key(self) -> str:
        """The key by which events keep their order: userId, else anonymousId, else groupId."""
        if self.user_id:
            return self.user_id
        if anonymous := identifier_text(self.body.get("anonymousId")):
            return f"anonymous {anonymous}"
        return GROUP_KEY_PREFIX + identifier_text(self.body.get("groupId")).lower()

    def part(self, name: str) -> Mapping[str, Json]:
        """Return the event's object under `traits`, `properties` or `context`, or an empty one."""
        found = self.body.get(name)
        return found if isinstance(found, dict) else {}

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses that the event's own person has by their traits, as written."""
        about = self.part("context").get("traits")
        parts = (self.part("traits"), about if isinstance(about, dict) else {})
        emails = (part.get("email") for part in parts)
        return tuple(one for one in emails if isinstance(one, str))

    @property
    def may_go_to_zendesk(self) -> bool:
        """Whether the event's `integrations` allow Zendesk; without a word on it they do."""
        chosen = self.body.get("integrations")
        if not isinstance(chosen, dict):
            return True
        named = [value for key, value in chosen.items() if key.lower() == "zendesk"]
        # A destination's value may be an object of options, which switches it on as true does.
        return bool(named[-1] is not False if named else chosen.get("All", True) is not False)


@dataclass(frozen=True)
class BadLine:
    """A line of an event source that is no usable event: its number, text and the reason."""

    line: int
    text: str
    reason: str


def identifier_text(value: Json) -> str:
    """Return an id as text: 6789, 6789.0 and "6789" are one id; "" for what is none of them."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer() and abs(value) <= _LARGEST_EXACT_NUMBER:
        # Exports of tables write whole numbers so; to JavaScript they are the same.
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
