"""Every verb, in the order in which `--help` lists them; only what is asked for is imported."""

from collections.abc import Sequence
from importlib import import_module

from desktop.app.verbs.verb import Verb

# Each is a module beside this one with a VERB of the same name.
NAMES = (
    "window",
    "demo",
    "lookup",
    "edit",
    "undo",
    "outbox",
    "audit",
    "sync",
    "setup",
    "doctor",
    "sandbox",
)


def verbs_for(arguments: Sequence[str]) -> tuple[Verb, ...]:
    """The verb that these arguments begin with, or all of them, for help."""
    named = tuple(arguments[:1])
    return tuple(_loaded(name) for name in (named if set(named) & set(NAMES) else NAMES))


def _loaded(name: str) -> Verb:
    verb: Verb = import_module(f"desktop.app.verbs.{name}").VERB
    return verb
