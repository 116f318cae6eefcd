"""Which Zendesk user an event is about: by id, e-mail or external id, through the one matcher."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from desktop.events.event import identifier_text
from desktop.model.customer_matching import match_customer
from desktop.model.email_address import email_match_key, parse_email
from desktop.model.json_value import Json
from desktop.model.sync import MatchIdentifier
from desktop.model.zendesk_user import ZendeskUser

# In the order in which they count; the first is used directly, the others have to agree.
_FOUND_BY = {
    MatchIdentifier.SID: "zendesk_user_id",
    MatchIdentifier.EMAIL: "email",
    MatchIdentifier.EXTERNAL_ID: "external_id",
}


@dataclass(frozen=True)
class UserKeys:
    """By what the user of an event is found; "" where the event has none of a kind."""

    zendesk_id: str = ""
    email: str = ""
    external_id: str = ""

    def __str__(self) -> str:
        """Return the keys in words, such as "maria@lopez.example, external id u-1"."""
        named = (
            f"user {self.zendesk_id}" if self.zendesk_id else "",
            self.email,
            f"external id {self.external_id}" if self.external_id else "",
        )
        return ", ".join(filter(None, named)) or "nobody"

    @cached_property
    def seen_ids(self) -> tuple[str, ...]:
        """The keys by which a user that an earlier event creates is found again."""
        email = f"e {email_match_key(self.email)}" if self.email else ""
        external = f"x {self.external_id.lower()}" if self.external_id else ""
        return tuple(filter(None, (email, external)))


@dataclass(frozen=True)
class UserMatch:
    """The user of an event: one in Zendesk, or one whom an earlier `line` creates, or a problem.

    Neither of the three: Zendesk knows nobody by these keys. `found_by` is kind and key, such as
    "email maria@home.example": a user may have several addresses.
    """

    user: ZendeskUser | None = None
    line: int = 0
    found_by: str = ""
    problem: str = ""

    @property
    def is_nobody(self) -> bool:
        """Whether no user was found, and nothing is wrong."""
        return self.user is None and not self.line and not self.problem


_NOBODY = UserMatch()


def user_keys_of(mapped: Mapping[str, Json]) -> UserKeys:
    """Return the keys among an action's mapped fields; an address that is none is left out."""
    email = mapped.get("email")
    return UserKeys(
        zendesk_id=identifier_text(mapped.get("zendesk_user_id")),
        email=parse_email(email) if isinstance(email, str) else "",
        external_id=identifier_text(mapped.get("external_id")),
    )


def describe_match(found_by: str) -> str:
    """Say by what a user was found, of a match's `found_by`: “external id u_1”."""
    kind, _, key = found_by.partition(" ")
    return f"{kind.replace('_', ' ')} {key}"


def match_user(
    keys: UserKeys,
    by_id: ZendeskUser | None,
    by_email: Collection[ZendeskUser],
    by_external_id: Collection[ZendeskUser],
) -> UserMatch:
    """Decide on the users found by an event's keys: one, nobody, or several."""
    if keys.zendesk_id and by_id is None:
        return UserMatch(problem=f"Zendesk has no user {keys.zendesk_id}")
    found = [
        *((MatchIdentifier.SID, user) for user in (by_id,) if user is not None),
        *((MatchIdentifier.EMAIL, user) for user in by_email),
        *((MatchIdentifier.EXTERNAL_ID, user) for user in by_external_id),
    ]
    if not found:
        # Of a file with new people most events end here.
        return _NOBODY
    match = match_customer((identifier, str(user.id)) for identifier, user in found)
    if match.candidates:
        ids = ", ".join(match.candidates)
        return UserMatch(problem=f"several users: {ids} by {keys}; nothing is written")
    chosen = next((user for _, user in found if str(user.id) == match.id), None)
    if chosen is None or match.identifier is None:
        return UserMatch()
    name = _FOUND_BY[match.identifier]
    key = {"email": keys.email, "external_id": keys.external_id}.get(name, keys.zendesk_id)
    return UserMatch(user=chosen, found_by=f"{name} {key}")
