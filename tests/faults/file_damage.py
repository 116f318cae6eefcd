"""Damages a copy of a workspace's files, one byte or one cut at a time, and starts on it."""

import random
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from desktop.kit.errors import StorageError
from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.lookup_query import parse_lookup_query
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.service import Service
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.workspace_store import open_store

OPEN_EDITS, CLOSED_EDITS = 9, 15
_CUSTOMER_COUNT = 12


@dataclass
class DamageCounts:
    """How many starts were refused with a sentence, went on unharmed, or rebuilt the mirror."""

    tried: int = 0
    refused: int = 0
    unharmed: int = 0
    rebuilt: int = 0
    crashed: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    touched: list[str] = field(default_factory=list)


def make_sample_workspace(folder: Path) -> Path:
    """A workspace with edits of every state and a few customers, cleanly closed."""
    folder.mkdir(parents=True)
    store = open_store(folder)
    for number in range(_CUSTOMER_COUNT):
        email = f"p{number}@damage.example"
        profile = SailthruProfile(
            f"{number:024x}", email, vars={"n": number, "text": "x" * 300}, optout=OptOutLevel.NONE
        )
        store.customer_cache.save_profile.blocking(profile, 100.0)
        store.customer_cache.save_user.blocking(
            ZendeskUser(number + 1, f"Person {number}", email), 100.0
        )
    intents = [
        EditRequest(EditKind.VAR, _target(n), f"field_{n}", None, "y" * 120, f"reason {n}")
        for n in range(OPEN_EDITS + CLOSED_EDITS)
    ]
    edits = store.outbox.enqueue.blocking(intents, "Ada", 100.0, [0.0] * len(intents))
    for edit in edits[:CLOSED_EDITS]:
        claimed = store.outbox.claims.claim.blocking(101.0, only=[edit.id])
        assert claimed is not None
        sent = store.outbox.claims.mark_sending.blocking(claimed, 101.0)
        store.outbox.claims.close(sent, 102.0, EditState.DONE, "Sailthru confirmed")
    store.drafts_and_links.save_draft.blocking("reason", "half a sentence", 103.0)
    store.close()
    return folder


def damage_file(path: Path, rng: random.Random) -> str:
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


def start_with_damaged_file(
    sample: Path, work: Path, name: str, rng: random.Random, outcome: DamageCounts
) -> None:
    """Copy, damage the file `name`, start, read everything, and note how it went."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(sample, work)
    what = damage_file(work / name, rng)
    before = (work / "fairlead.db").read_bytes()
    outcome.tried += 1
    try:
        kept = _read_everything(work)
    except StorageError:
        outcome.refused += 1
        if name == "mirror.db":
            outcome.crashed.append(f"{what}: refused, though the mirror can be rebuilt")
        elif (work / "fairlead.db").read_bytes() != before:
            outcome.touched.append(what)
    except Exception as error:  # noqa: BLE001 - that is what is counted
        outcome.crashed.append(f"{what}: {type(error).__name__}: {error}")
    else:
        if kept != OPEN_EDITS:
            outcome.emptied.append(f"{what}: {kept} of {OPEN_EDITS} edits left")
        elif list(work.glob("mirror.db.damaged-*")):
            outcome.rebuilt += 1
        else:
            outcome.unharmed += 1


def _read_everything(folder: Path) -> int:
    store = open_store(folder)
    try:
        edits = store.outbox.list_recent.blocking(1000)
        store.audit.list_entries.blocking()
        store.audit.verify_chain.blocking()
        store.drafts_and_links.get_draft.blocking("reason")
        for number in range(_CUSTOMER_COUNT):
            store.sheet_reader.read_sheet.blocking(parse_lookup_query(f"p{number}@damage.example"))
            store.sheet_reader.read_sheet.blocking(parse_lookup_query(f"{number:024x}"))
            store.sheet_reader.read_sheet.blocking(parse_lookup_query(f"id:{number + 1}"))
        store.sheet_reader.search_customers.blocking("person")
        store.customer_cache.mark_opened.blocking(person=1, sid=None, at=1.0)
        return len([e for e in edits if not e.state.is_final])
    finally:
        store.close()


def _target(number: int) -> EditTarget:
    sid = number % _CUSTOMER_COUNT
    return EditTarget(Service.SAILTHRU, f"{sid:024x}", f"p{sid}@damage.example")
