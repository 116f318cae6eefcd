"""Commands as they are shown to people: ready to be pasted into a shell."""

import shlex


def pasteable(*words: str) -> str:
    """Quote a `fairlead` command in backticks, ready to be pasted into a shell."""
    return f"`{shlex.join(('fairlead', *words))}`"
