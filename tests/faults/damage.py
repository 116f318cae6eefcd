"""Damages a copy of a workspace's files, one byte or one cut at a time, and starts on it."""

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from desktop.kit.errors import StoreKnown
from desktop.model.edit import EditKind, EditState, Intent, Service, Target
from desktop.model.optout import OptOut
from desktop.model.person import ZendeskPerson
from desktop.model.profile import SailthruProfile
from desktop.model.query import recognise
from desktop.store.store import open_store

OPEN, CLOSED = 9, 15
_PEOPLE = 12


@dataclass
class Outcome:
    """How many starts were refused with a sentence, went on unharmed, or rebuilt the mirror."""

    tried: int = 0
    refused: int = 0
    unharmed: int = 0
    rebuilt: int = 0
    crashed: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)


def make_sample(folder: Path) -> Path:
    """A workspace with edits of every state and a few customers, cleanly closed."""
    folder.mkdir(parents=True)
    store = open_store(folder)
    for number in range(_PEOPLE):
        email = f"p{number}@damage.example"
        profile = SailthruProfile(
            f"{number:024x}", email, vars={"n": number, "text": "x" * 300}, optout=OptOut.NONE
        )
        store.mirror.save_profile(profile, 100.0)
        store.mirror.save_person(ZendeskPerson(number + 1, f"Person {number}", email), 100.0)
    intents = [
        Intent(EditKind.VAR, _target(n), f"field_{n}", None, "y" * 120, f"reason {n}")
        for n in range(OPEN + CLOSED)
    ]
    edits = store.outbox.enqueue(intents, "Ada", 100.0, [0.0] * len(intents))
    for edit in edits[:CLOSED]:
        claimed = store.outbox.claim(101.0, only=[edit.id])
        assert claimed is not None
        sent = store.outbox.mark_sending(claimed, 101.0)
        store.outbox.close(sent, 102.0, EditState.DONE, "Sailthru confirmed")
    store.notes.save_draft("reason", "half a sentence", 103.0)
    store.close()
    return folder


def hurt(path: Path, rng: random.Random) -> str:
    """One flipped byte, or once in ten times a cut; says which."""
    content = bytearray(path.read_bytes())
    if rng.random() < 0.1:
        keep = rng.choice([0, rng.randrange(len(content)), rng.randrange(len(content)) & ~4095])
        path.write_bytes(content[:keep])
        return f"{path.name} cut to {keep}"
    # Half of them where it hurts most: in the headers of the pages.
    place = rng.randrange(len(content))
    if rng.random() < 0.5:
        place = min(place & ~4095 | rng.randrange(120), len(content) - 1)
    flip = 1 << rng.randrange(8) if rng.random() < 0.5 else rng.randrange(1, 256)
    content[place] ^= flip
    path.write_bytes(content)
    return f"{path.name} byte {place} ^ {flip}"


def start_on(sample: Path, work: Path, name: str, rng: random.Random, outcome: Outcome) -> None:
    """Copy, damage the file `name`, start, read everything, and note how it went."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(sample, work)
    what = hurt(work / name, rng)
    before = (work / "fairlead.db").read_bytes()
    outcome.tried += 1
    try:
        kept = _read_everything(work)
    except StoreKnown:
        outcome.refused += 1
        if name == "mirror.db":
            outcome.crashed.append(f"{what}: refused, though the mirror can be rebuilt")
        elif (work / "fairlead.db").read_bytes() != before:
            outcome.touched.append(what)
    except Exception as error:  # noqa: BLE001 - that is what is counted
        outcome.crashed.append(f"{what}: {type(error).__name__}: {error}")
    else:
        if kept != OPEN:
            outcome.emptied.append(f"{what}: {kept} of {OPEN} edits left")
        elif list(work.glob("mirror.db.damaged-*")):
            outcome.rebuilt += 1
        else:
            outcome.unharmed += 1


def _read_everything(folder: Path) -> int:
    store = open_store(folder)
    try:
        edits = store.outbox.recent(1000)
        store.audit.rows()
        store.audit.verify()
        store.notes.draft("reason")
        for number in range(_PEOPLE):
            store.reader.sheet(recognise(f"p{number}@damage.example"))
            store.reader.sheet(recognise(f"{number:024x}"))
            store.reader.sheet(recognise(f"id:{number + 1}"))
        store.reader.names("person")
        store.mirror.mark_opened(person=1, sid=None, at=1.0)
        return len([e for e in edits if not e.state.final])
    finally:
        store.close()


def _target(number: int) -> Target:
    sid = number % _PEOPLE
    return Target(Service.SAILTHRU, f"{sid:024x}", f"p{sid}@damage.example")
