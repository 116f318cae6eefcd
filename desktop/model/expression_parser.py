"""What the parsers of triggers and of conditions share: tokens, joiners, and errors with a place.

joined = item (joiner item)*                 one joiner for all of them
joiner = "and" | "or"                        in any case
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from desktop.kit.errors import InvalidInput

JOINERS = ("and", "or")
# Word processors print these for straight quotes.
_TYPOGRAPHIC = str.maketrans("“”„‟", '""""')
_Item = TypeVar("_Item")


class ExpressionError(InvalidInput):
    """The exception for an expression that cannot be used; `position` counts characters from 0."""

    def __init__(self, title: str, position: int, hint: str = "") -> None:
        super().__init__(title, f"At character {position + 1}.", hint)
        self.position = position


@dataclass(frozen=True)
class ExpressionToken:
    """A word, string, number or sign of an expression, and its place; `end` ends each."""

    kind: str
    text: str
    at: int

    def is_sign(self, sign: str) -> bool:
        """Whether the token is this sign, and no word or string of the same letters."""
        return self.kind == "sign" and self.text == sign

    @property
    def joiner(self) -> str:
        """The token as a joiner: `and`, `or`, or "" where it is neither."""
        word = self.text.lower()
        return word if self.kind == "word" and word in JOINERS else ""


class ExpressionParser:
    """Base of recursive-descent parsers, one method for each rule.

    `pattern` finds the next token after blanks, by groups named as its kinds: `string`, `word`,
    `sign` and `end` at least. `error` is what is raised; `subject` is what it calls the text;
    `mixed_hint` shows parentheses around mixed joiners.
    """

    def __init__(
        self,
        text: str,
        pattern: re.Pattern[str],
        error: type[ExpressionError],
        *,
        subject: str,
        mixed_hint: str,
    ) -> None:
        self.text = text.translate(_TYPOGRAPHIC)
        self._error, self._subject, self._mixed_hint = error, subject, mixed_hint
        self._tokens = self._tokenize(pattern)
        self._next = 0

    @property
    def here(self) -> ExpressionToken:
        """The next token, which is not taken yet."""
        return self._tokens[self._next]

    def take(self) -> ExpressionToken:
        """Return the next token and go on after it; the end is never passed."""
        token = self.here
        self._next += token.kind != "end"
        return token

    def take_sign(self, sign: str) -> None:
        """Pass a token that has to be this sign. Raises ExpressionError."""
        if not self.here.is_sign(sign):
            raise self.unexpected(f'"{sign}"')
        self.take()

    def take_words(self, words: tuple[str, ...]) -> bool:
        """Consume these words of the expression, in any case, if they are next; whether so."""
        ahead = self._tokens[self._next : self._next + len(words)]
        found = tuple(one.text.lower() for one in ahead if one.kind == "word")
        self._next += len(words) if found == words else 0
        return found == words

    def take_end(self) -> None:
        """Pass the end of the expression, which has to be here."""
        if self.here.kind != "end":
            raise self.unexpected('"and", "or" or the end')

    def joined(self, parse_one: Callable[[], _Item]) -> tuple[list[_Item], str]:
        """Parse items with one joiner between all of them; returns both, "" for one item."""
        items, joiner = [parse_one()], ""
        while self.here.joiner:
            token = self.take()
            if joiner and token.joiner != joiner:
                raise self._error("“and” and “or” mixed.", token.at, self._mixed_hint)
            if self.here.kind == "end" or self.here.is_sign(")"):
                raise self._error(f"A condition is missing after “{token.text}”.", token.at)
            joiner = token.joiner
            items.append(parse_one())
        return items, joiner

    def unexpected(self, wanted: str, token: ExpressionToken | None = None) -> ExpressionError:
        """Return the error for what stands here, or at a token, instead of what is wanted."""
        found = token or self.here
        if found.kind == "end":
            return self._error(f"{self._subject} ends where {wanted} is missing.", found.at)
        title = f"“{found.text}” stands where {wanted} is needed."
        return self._error(title, found.at, self._hint_at(found))

    def _hint_at(self, _token: ExpressionToken) -> str:
        """Return what may be meant by a token that is unexpected; a parser may know more."""
        return ""

    def _tokenize(self, pattern: re.Pattern[str]) -> list[ExpressionToken]:
        found: list[ExpressionToken] = []
        at = 0
        while not found or found[-1].kind != "end":
            match = pattern.match(self.text, at)
            if match is None:
                rest = self.text[at:].lstrip()
                raise self._describe_stray(rest[0], len(self.text) - len(rest))
            kind = match.lastgroup or "end"
            found.append(ExpressionToken(kind, match.group(kind), match.start(kind)))
            at = match.end()
        return found

    def _describe_stray(self, character: str, at: int) -> ExpressionError:
        if character in "'‘’":
            return self._error("Texts stand in double quotes.", at, 'Write "track".')
        if character == '"':
            return self._error("A quote is not closed.", at)
        return self._error(f"“{character}” has no meaning here.", at)


def unquote(text: str) -> str:
    """Return the text of a string token: without its quotes, backslashes taken away."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])
