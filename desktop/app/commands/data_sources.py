"""`fairlead data sources` and `data source KIND …`: how each data source stands, and leaving it."""

import argparse
from collections.abc import Mapping, Sequence

from desktop.app.cli_output import ExitCode, emit
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.connect.data_source_facts import list_facts
from desktop.connect.data_source_service import LEAVING_TEXT
from desktop.kit.errors import InvalidInput
from desktop.model.data_source import DataSource, DataSourceKind, DataSourceStep, find_sources
from desktop.model.json_value import Json

_STEPS = {step.value: step for step in DataSourceStep}
_ACTS = ("rename NAME", *_STEPS, "connect", "erase")
_ONE_AFTER_ANOTHER = f"Several at once: {' '.join(_STEPS)}."


@in_workspace()
async def run_sources(services: WorkspaceServices, options: argparse.Namespace) -> int:
    """List the data sources that there are, those of a search alone where words are given."""
    found = find_sources(" ".join(options.words), await services.data_sources.list_all())
    lines = []
    for source in found:
        account = f"  {source.account}" if source.account else ""
        lines.append(f"{source.kind.value:<9} {source.state.label:<14} {source.name}{account}")
        if source.state.value == "available":
            lines.append(f"          {source.kind.about} It needs: {' '.join(source.kind.needs)}")
    return emit(
        {"sources": [_document(source) for source in found]},
        lines or ["No data source has these words."],
        as_json=options.json,
    )


@in_workspace()
async def run_source(services: WorkspaceServices, options: argparse.Namespace) -> int:
    """Show one data source, or rename it, take its next steps, or erase what was read of it."""
    kind, act, rest = _parse_words(options.words)
    sources = services.data_sources
    if act == "rename":
        await sources.rename(kind, " ".join(rest))
    elif act == "connect":
        await sources.resume(kind)
    elif act == "erase":
        return await _erase(services, kind, options)
    elif act:
        await sources.take_steps(kind, *(_STEPS[one] for one in (act, *rest)))
    source, counts = await sources.get(kind), await sources.count_data(kind)
    facts = list_facts(source, services.session.values, services.session.actor)
    lines = [source.name, *(f"  {label}: {text}" for label, text in facts)]
    lines.append(f"  Kept on this computer: {_count_words(counts)}")
    if source.next_step is not None:
        lines.append(f"  {source.next_step.value.capitalize()}: {source.next_step.explanation}")
    if kind is DataSourceKind.SUPPORT and source.next_step is DataSourceStep.DISCONNECT:
        lines.append(f"  {LEAVING_TEXT}")
    return emit(
        {**_document(source), "facts": dict(facts), "kept": dict(counts)},
        lines,
        as_json=options.json,
    )


async def _erase(
    services: WorkspaceServices, kind: DataSourceKind, options: argparse.Namespace
) -> int:
    counts = await services.data_sources.count_data(kind)
    total = sum(counts.values())
    if options.confirm is None:
        return emit(
            {"kept": dict(counts), "erased": False},
            [
                f"Kept on this computer: {_count_words(counts)}.",
                f"Nothing was erased. To do it: add --confirm {total}.",
            ],
            as_json=options.json,
            exit_code=ExitCode.NEEDS_PERSON,
        )
    typed = options.confirm.replace(",", "")
    erased = await services.data_sources.erase_data(kind, int(typed) if typed.isdecimal() else -1)
    return emit(
        {"kept": dict(erased), "erased": True},
        [
            f"Erased from this computer: {_count_words(erased)}. The service keeps them, and"
            " reports keep their numbers."
        ],
        as_json=options.json,
    )


def _parse_words(words: Sequence[str]) -> tuple[DataSourceKind, str, Sequence[str]]:
    kinds = {kind.value: kind for kind in DataSourceKind}
    if not words or words[0] not in kinds:
        raise InvalidInput(
            "Say which data source.", "Nothing was changed.", f"There are: {', '.join(kinds)}."
        )
    act = words[1] if len(words) > 1 else ""
    known = {one.partition(" ")[0] for one in _ACTS}
    are_steps = all(word in _STEPS for word in words[1:])
    if (act and act not in known) or (len(words) > 2 and act != "rename" and not are_steps):
        raise InvalidInput(
            f"“{' '.join(words[1:])[:40]}” is nothing that can be done with a data source.",
            "Nothing was changed.",
            f"There is: {', '.join(_ACTS)}. {_ONE_AFTER_ANOTHER}",
        )
    return kinds[words[0]], act, words[2:]


def _document(source: DataSource) -> dict[str, Json]:
    step = source.next_step
    return {
        "source": source.kind.value,
        "name": source.name,
        "category": source.kind.category,
        "state": source.state.value,
        "account": source.account or None,
        "needs": list(source.kind.needs),
        "next": None if step is None else step.value,
    }


def _count_words(counts: Mapping[str, int]) -> str:
    parts = [f"{count:,} {what}" for what, count in counts.items() if count]
    return ", ".join(parts) or "nothing"
