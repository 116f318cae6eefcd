"""Moves the command to the front of `fairlead`'s command line, and reports a mistyped one."""

import re
from collections.abc import Sequence

from desktop.app.commands.registry import COMMAND_NAMES
from desktop.kit.errors import InvalidInput

# The one option before a command whose value is a word of its own.
_OPTION_WITH_VALUE = "--workspace"
_HELP_OPTIONS = {"-h", "--help", "--version"}
_COMMAND_LIKE = re.compile(r"[A-Za-z]+")


def normalize_argv(arguments: Sequence[str]) -> list[str]:
    """Return the command line's words beginning with the command; `window` where none is named.

    argparse wants options behind the command, and people write them before it. Raises
    InvalidInput for what looks like a command and is none.
    """
    given = list(arguments)
    bare = _positional_indexes(given)
    if "--version" in given[: bare[0] if bare else None]:
        return given
    if bare and given[bare[0]] in COMMAND_NAMES:
        return [given[bare[0]], *given[: bare[0]], *given[bare[0] + 1 :]]
    if _HELP_OPTIONS & set(given):
        return given
    if bare:
        _reject_mistyped_command(given[bare[0]], alone=len(bare) == 1)
    return ["window", *given]


def _positional_indexes(given: Sequence[str]) -> list[int]:
    """Return the places in argv of the words that are neither options nor the workspace's name."""
    found: list[int] = []
    for at, word in enumerate(given):
        if word == "--":
            # Behind it are no options, and no command: it is how any text is looked up.
            return found
        if not word.startswith("-") and (at == 0 or given[at - 1] != _OPTION_WITH_VALUE):
            found.append(at)
    return found


def _reject_mistyped_command(word: str, *, alone: bool) -> None:
    """Raise InvalidInput for a mistyped command; `alone`: no argument follows the word."""
    close = []
    # Alone and with a capital it is a name, such as Edith.
    if _COMMAND_LIKE.fullmatch(word) and (
        not alone or word.islower() or word.lower() in COMMAND_NAMES
    ):
        # Imported here: most starts mistype nothing, and the first paint waits for this.
        import difflib

        close = difflib.get_close_matches(word.lower(), COMMAND_NAMES, 1, 0.75)
    if alone and not close:
        return
    if close:
        hint = f"Did you mean `fairlead {close[0]}`? A customer: `fairlead -- {word}`."
    else:
        hint = "`fairlead --help` lists them. A name of several words goes in quotes."
    raise InvalidInput(f"There is no command “{word}”.", "", hint)
