"""One file per verb: its arguments, and what it does."""

from desktop.app.verbs import (
    audit,
    demo,
    doctor,
    edit,
    lookup,
    outbox,
    sandbox,
    setup,
    undo,
    window,
)
from desktop.app.verbs.verb import Verb

VERBS: tuple[Verb, ...] = (
    window.VERB,
    demo.VERB,
    lookup.VERB,
    edit.VERB,
    undo.VERB,
    outbox.VERB,
    audit.VERB,
    setup.VERB,
    doctor.VERB,
    sandbox.VERB,
)

__all__ = ["VERBS", "Verb"]
