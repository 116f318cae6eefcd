"""The limits of a run: how many people a consequence may affect before somebody has to look.

Consequences are named by their codes here (`plan.Consequence.value`).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from desktop.kit.errors import NotPermitted
from desktop.kit.text import format_count

EMPTY_SOURCE = "empty"
# Two admins have to allow these: many people would get marketing e-mail who did not before.
TWO_ADMIN_CONSEQUENCES = frozenset({"starts", "loosened"})
# Not a consequence: the people whom a run changes at all, which a production workspace confirms.
PRODUCTION = "production"
# Whoever runs a sync lets these pass, by typing how many: no opt-out waits for a second person.
TYPED_CONSEQUENCES = frozenset({"opted_out", PRODUCTION})
_PERSON_NOUN = ("person", "people")


@dataclass(frozen=True)
class Limit:
    """A sync's limit on people: so many, or per cent of the records read, if that is more."""

    people: int = 200
    percent: int = 20

    def max_people(self, read: int) -> int:
        """Return how many people a limit allows in a run that read `read` records."""
        return max(self.people, read * self.percent // 100)


@dataclass(frozen=True)
class LimitBreach:
    """A limit that a plan exceeds; `code` is `empty` or the consequence's."""

    code: str
    people: int
    limit: int
    message: str


def exceeded_limits(
    limits: Limit,
    counts: Mapping[str, int],
    read: int,
    *,
    incremental: bool = False,
    allowed: frozenset[str] = frozenset(),
    confirmed_over: int | None = None,
    noun: tuple[str, str] = _PERSON_NOUN,
) -> tuple[LimitBreach, ...]:
    """Compare counts of people with a sync's limits; returns those exceeded, worst first.

    `counts`: people by consequence code; other codes never stop. `read`: the records of the
    source. `incremental`: only what changed was read, so that nothing read is no empty source.
    `allowed`: codes that were allowed for this run; an empty source cannot be allowed.
    `confirmed_over`: the number of people over which the workspace's kind asks once more, or None.
    `noun`: what is counted, one of them and several.
    """
    # A source that was emptied by mistake would take everybody off the lists.
    if read == 0 and not incremental:
        return (LimitBreach(EMPTY_SOURCE, 0, 0, _EMPTY_SOURCE_MESSAGE),)
    found = []
    for code in _LIMITED_CONSEQUENCES:
        limit = limits.max_people(read)
        if code in TWO_ADMIN_CONSEQUENCES:
            # A sync may be stricter than the house, never laxer: this takes two people.
            limit = min(limit, Limit().max_people(read))
        if counts.get(code, 0) > limit and code not in allowed:
            message = _breach_message(code, counts[code], limit, noun)
            found.append(LimitBreach(code, counts[code], limit, message))
    people = counts.get(PRODUCTION, 0)
    if confirmed_over is not None and people > confirmed_over and PRODUCTION not in allowed:
        message = _PRODUCTION_MESSAGE.format(many=format_count(people, *noun), limit=confirmed_over)
        found.append(LimitBreach(PRODUCTION, people, confirmed_over, message))
    return tuple(found)


@dataclass(frozen=True)
class OpenLimit:
    """An exceeded limit that still stops a plan: admins who allowed it, and how many it takes.

    `needed_count` is 0 where nobody can allow it. `shares_token`: some of those who did have given
    it with one API token, which counts once.
    """

    breach: LimitBreach
    approval_count: int
    needed_count: int
    shares_token: bool = False


def find_open_limits(
    breaches: Iterable[LimitBreach], approver_ids: Mapping[str, Collection[str]]
) -> tuple[OpenLimit, ...]:
    """Return the exceeded limits that too few admins have allowed yet, in the order given.

    `approver_ids`: who allowed a limit, by its code; one person counts once.
    """
    found = []
    for breach in breaches:
        count = len(set(approver_ids.get(breach.code, ())))
        needed = 2 if breach.code in TWO_ADMIN_CONSEQUENCES else 1
        if breach.code == EMPTY_SOURCE:
            found.append(OpenLimit(breach, count, 0))
        elif count < needed:
            found.append(OpenLimit(breach, count, needed))
    return tuple(found)


def is_approval_valid(approved_people: int | None, people: int) -> bool:
    """Whether a limit's approval for so many people covers so many as exceed it now.

    None: given by a version that kept no counts; nobody knows what its giver saw.
    """
    return approved_people is not None and people <= approved_people


def group_approvers(given: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Group a limit's approvers, of pairs of user id and credential; a name for each.

    A Zendesk API token signs for any address of its account: approvals that were given with one
    token count once, and so do those of one person. An empty credential is nobody else's.
    """
    groups: list[set[str]] = []
    for user_id, credential in given:
        marks = {f"user {user_id}"} | ({f"token {credential}"} if credential else set())
        joined = [group for group in groups if group & marks]
        groups = [group for group in groups if not group & marks]
        groups.append(marks.union(*joined))
    return frozenset(min(group) for group in groups)


def find_repeated_approval(
    given: Iterable[tuple[str, str]], user_id: str, name: str, credential: str
) -> NotPermitted | None:
    """Return why an admin's approval would not count beside those given (user id, credential).

    One person counts once, and so does one API token: it signs for any address of the account.
    """
    kept = list(given)
    if any(each == user_id for each, _ in kept):
        return NotPermitted(
            f"{name} has already approved it.",
            "Another admin has to approve it: each person counts once.",
        )
    if credential and any(each == credential for _, each in kept):
        return NotPermitted(
            "This API token has been used already.",
            "A token signs for any address of the account, so that it counts once, whoever it is"
            " given for. Nothing was allowed.",
            f"Let {name} use a token of their own.",
        )
    return None


def allowable_limit_codes() -> tuple[str, ...]:
    """Return the codes of limits that can be allowed once, worst first; not `empty`."""
    return (*_LIMITED_CONSEQUENCES, PRODUCTION)


def people_over_limit_text(code: str, people: int, noun: tuple[str, str] = _PERSON_NOUN) -> str:
    """Say how many people a limited consequence affects: “3 people would join a list”.

    `noun`: what is counted, one of them and several.
    """
    whom = format_count(people, *noun)
    if code == PRODUCTION:
        return f"{whom} would be changed in production"
    return f"{whom} would {_LIMITED_CONSEQUENCES.get(code, code)}"


def _breach_message(code: str, people: int, limit: int, noun: tuple[str, str]) -> str:
    return f"{people_over_limit_text(code, people, noun)}; your limit is {limit:,} a run."


_PRODUCTION_MESSAGE = (
    "This is production: {many} would be changed; more than {limit} are asked about once more."
)
_EMPTY_SOURCE_MESSAGE = "The source is empty; nothing is written when it is."
# Consequence code → what follows “3 people would”; worst first.
_LIMITED_CONSEQUENCES = {
    "starts": "start getting marketing e-mail",
    "loosened": "have an opt-out loosened",
    "opted_out": "be opted out further",
    "joins": "join a list",
    "leaves": "leave a list",
    "blanked": "lose a value",
}
