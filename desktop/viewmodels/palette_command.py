"""A command of the search field's palette, and how typed words find it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"\w+")
_INSIDE_WORDS = 2  # the rank of a match that begins no word


@dataclass(frozen=True)
class PaletteCommand:
    """An action in the search field's palette: what it is called, and what choosing it does.

    `disabled_reason` says why it cannot be chosen now, or is ""; `detail` says whom or what it is
    about; `keywords` are words that find it besides its label.
    """

    label: str
    run: Callable[[], object]
    shortcut: str = ""
    disabled_reason: str = ""
    detail: str = ""
    keywords: str = ""

    @property
    def is_enabled(self) -> bool:
        """Whether the palette's command can be chosen now."""
        return not self.disabled_reason


def find_commands(
    commands: Iterable[PaletteCommand], text: str, *, inside_words: bool
) -> list[PaletteCommand]:
    """Return the palette's commands that every typed word finds, the best match first.

    Those that can be chosen now come first, then those whose label the text begins, then those
    with the most words in the label; matches inside of words come last. A typed
    word is the beginning of one, or with `inside_words` any part; hyphens do not count (“e-mail”).
    """
    typed = [word.replace("-", "") for word in re.findall(r"[\w-]+", text.casefold())]
    typed = [word for word in typed if word]
    whole = " ".join(typed)
    ranked = [(_rank(command, typed, whole, inside_words), command) for command in commands]
    # sorted() keeps the order of the registry among equals.
    found = [(rank, command) for rank, command in ranked if rank is not None]
    found.sort(key=lambda each: (each[0][0] == _INSIDE_WORDS, not each[1].is_enabled, each[0]))
    return [command for _, command in found]


def _rank(
    command: PaletteCommand, typed: list[str], whole: str, inside_words: bool
) -> tuple[int, int] | None:
    """Return how well the palette's command matches, the least is best; None: not at all."""
    label = command.label.casefold()
    in_label = _words(label)
    missing = sum(f" {word}" not in in_label for word in typed)
    if typed and label.replace("-", "").startswith(whole):
        return 0, missing
    anywhere = in_label + _words(command.keywords.casefold())
    if all(f" {word}" in anywhere for word in typed):
        return 1, missing
    if inside_words and all(word in anywhere for word in typed):
        return _INSIDE_WORDS, missing
    return None


# Kept, since each key asks for those of every command: most of the time of a typed letter.
@lru_cache(maxsize=1024)
def _words(text: str) -> str:
    """Return a palette command's words, each after a space: “opt-out” as opt, out and optout."""
    words = {*_WORD.findall(text), *_WORD.findall(text.replace("-", ""))}
    return "".join(f" {word}" for word in words)
