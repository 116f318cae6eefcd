"""Which verb a command line means; a mistyped one is told rather than looked up."""

import re
from collections.abc import Sequence

from desktop.app.verbs.every import NAMES
from desktop.kit.errors import BadInput

# Of the options before a verb, the one whose value stands apart.
_VALUED = "--workspace"
_ASKS = {"-h", "--help", "--version"}
_LIKE_A_VERB = re.compile(r"[A-Za-z]+")


def verb_first(arguments: Sequence[str]) -> list[str]:
    """The same arguments, beginning with the verb; without one the window is meant.

    Raises BadInput for what looks like a verb and is none.
    """
    given = list(arguments)
    bare = _bare(given)
    if "--version" in given[: bare[0] if bare else None]:
        return given
    if bare and given[bare[0]] in NAMES:
        return [given[bare[0]], *given[: bare[0]], *given[bare[0] + 1 :]]
    if _ASKS & set(given):
        return given
    if bare:
        _require_no_verb(given[bare[0]], alone=len(bare) == 1)
    return ["window", *given]


def _bare(given: Sequence[str]) -> list[int]:
    """Where the words are that are neither options nor the workspace's name."""
    found: list[int] = []
    for at, word in enumerate(given):
        if word == "--":
            # Behind it are no options, and no verb: it is how any text is looked up.
            return found
        if not word.startswith("-") and (at == 0 or given[at - 1] != _VALUED):
            found.append(at)
    return found


def _require_no_verb(word: str, *, alone: bool) -> None:
    close = []
    # Alone and with a capital it is a name, such as Edith.
    if _LIKE_A_VERB.fullmatch(word) and (not alone or word.islower() or word.lower() in NAMES):
        # Imported here: most starts mistype nothing, and the first paint waits for this.
        import difflib

        close = difflib.get_close_matches(word.lower(), NAMES, 1, 0.75)
    if alone and not close:
        return
    if close:
        hint = f"Did you mean `fairlead {close[0]}`? A customer: `fairlead -- {word}`."
    else:
        hint = "`fairlead --help` lists them. A name of several words goes in quotes."
    raise BadInput(f"There is no command “{word}”.", "", hint)
