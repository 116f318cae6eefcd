"""Every verb, in the order in which `--help` lists them."""

from desktop.app.verbs.audit import VERB as AUDIT
from desktop.app.verbs.demo import VERB as DEMO
from desktop.app.verbs.doctor import VERB as DOCTOR
from desktop.app.verbs.edit import VERB as EDIT
from desktop.app.verbs.lookup import VERB as LOOKUP
from desktop.app.verbs.outbox import VERB as OUTBOX
from desktop.app.verbs.sandbox import VERB as SANDBOX
from desktop.app.verbs.setup import VERB as SETUP
from desktop.app.verbs.undo import VERB as UNDO
from desktop.app.verbs.verb import Verb
from desktop.app.verbs.window import VERB as WINDOW

VERBS: tuple[Verb, ...] = (
    WINDOW,
    DEMO,
    LOOKUP,
    EDIT,
    UNDO,
    OUTBOX,
    AUDIT,
    SETUP,
    DOCTOR,
    SANDBOX,
)
