"""Commands as they are shown to people: ready to be pasted into a shell."""

import shlex


def pasteable(*words: str) -> str:
    """Return `fairlead` and these words in backticks, each quoted where a shell needs it."""
    return f"`{shlex.join(('fairlead', *words))}`"
