"""What no linter knows: unique class names, retired words, references, commit subjects, documents.

`python packaging/repository_checks.py` prints every fault and exits with 1; with `--write` it first
renews the table of packages in `desktop/README.md`. Standard library only, like `dev.py`.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "desktop" / "README.md"
FEATURES = ROOT / "desktop" / "docs" / "features.md"

# One word for one thing (desktop/README.md, "Words"): these named the same things before.
RETIRED_WORDS = {
    "goal": "sync",
    "guard": "limit",
    "wish": "edit",
    "pressure": "frequency_cap",
    "doubt": "unconfirmed_increment",
    "doubles": "duplicate_targets",
    "standing": "target_record",
    "house": "services",
    "forge": "fork_server",
    "town": "a plain word",
    "yard": "harness",
    "judging": "diff",
    "mischief": "fault_injector",
}
# Sentences that people could not place, each with what says it plainly.
RETIRED_SENTENCES = {
    "waiting for Undo": "sends in 8 s",
    "people exchanged": "people synced",
    "Try it on": "Test on a customer",
    "Sailthru does not say": "not available from Sailthru",
    "does not know this": "No match in Zendesk.",
    "single templates": "single e-mails",
    "writes nothing. A preview": "Off. Preview shows what it would do.",
    "kept here": "saved on this computer",
    "taken back": "undone",
    "runs what is due": "runs scheduled syncs",
    "rules guide people": "These rules apply inside Fairlead only.",
    "names no field": "Choose a field.",
    "ignored for ever": "always left out",
    "alike, in one direction": "A sync copies data from one service to the other.",
    "outlives this window": "keeps running if you close the window",
    "once more just before": "checked again right before writing",
}
# The rule holds for commits from this day on.
COMMITS_SINCE = "2026-11-29T04:04:00+00:00"
_SUBJECT = re.compile(r"[a-z][a-z0-9/_, -]*: [^ ].*[^.]")
_MAX_SUBJECT = 72

_FEATURE_ID = re.compile(r"\bS[0-4]-\d{2}\b")
_DOCS_SECTION = re.compile(r"docs/((?:[a-z]+-?)+\.md)(?:,? (\d+(?:\.\d+)?))?")
_OLD_REFERENCE = re.compile(r"\bcontract (?:sailthru|zendesk)\b", re.IGNORECASE)
_TABLE = re.compile(r"(<!-- packages -->\n).*?(<!-- /packages -->)", re.DOTALL)


def main(arguments: Sequence[str]) -> int:
    """Run every check and return 1 when one found something."""
    if "--write" in arguments:
        text = README.read_text(encoding="utf-8")
        README.write_text(_with_table(text), encoding="utf-8")
    faults = [
        *class_name_faults(),
        *import_alias_faults(),
        *retired_word_faults(),
        *retired_sentence_faults(),
        *reference_faults(),
        *migration_faults(),
        *readme_faults(),
        *commit_faults(),
    ]
    for fault in faults:
        print(fault)
    return 1 if faults else 0


def class_name_faults() -> Iterator[str]:
    """Class names that stand twice in `desktop/`: a reader must find one by its name alone."""
    places: dict[str, list[str]] = {}
    for path, module in _modules("desktop"):
        for name, line in module.classes:
            places.setdefault(name, []).append(f"{path}:{line}")
    for name, found in sorted(places.items()):
        if len(found) > 1:
            yield f"class {name} stands twice: {', '.join(found)}"


def import_alias_faults() -> Iterator[str]:
    """Imports that rename: the sign of a name that does not say enough."""
    for path, module in _modules("desktop"):
        for name, line in module.renamed_imports:
            yield f"{path}:{line}: {name} is imported under another name"


def retired_word_faults() -> Iterator[str]:
    """Files, classes and functions that go by a word which `desktop/README.md` has replaced."""
    for package in ("desktop", "tests"):
        for path, module in _modules(package):
            for name, line in [(Path(path).stem, 1), *module.classes, *module.functions]:
                words = set(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().split("_"))
                for word in sorted(words & RETIRED_WORDS.keys()):
                    yield f"{path}:{line}: {name}: say {RETIRED_WORDS[word]!r}, not {word!r}"


def retired_sentence_faults() -> Iterator[str]:
    """Texts of the program, docstrings aside, that hold a sentence which was replaced."""
    for path, module in _modules("desktop"):
        for text, line in module.texts:
            for old, new in RETIRED_SENTENCES.items():
                if old.lower() in text.lower():
                    yield f"{path}:{line}: {old!r} is retired: say {new!r}"


def reference_faults() -> Iterator[str]:
    """Feature ids and sections of `desktop/docs/` that do not exist, and references of old."""
    known = set(_FEATURE_ID.findall(FEATURES.read_text(encoding="utf-8")))
    for package in ("desktop", "tests"):
        for path in _tracked(package, ".py"):
            for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1):
                for feature in _FEATURE_ID.findall(line):
                    if feature not in known:
                        yield f"{path}:{number}: {feature} is not in desktop/docs/features.md"
                for name, section in _DOCS_SECTION.findall(line):
                    document = ROOT / "desktop" / "docs" / name
                    if not document.exists() or not _has_section(document, section):
                        yield f"{path}:{number}: docs/{name} {section} does not exist"
                if _OLD_REFERENCE.search(line):
                    yield f"{path}:{number}: refer to docs/sailthru.md or docs/zendesk.md"


def migration_faults() -> Iterator[str]:
    """Migrations with one number: of two, the second would never run on anybody's file."""
    seen: dict[str, str] = {}
    for path in _tracked("desktop/store/migrations", ".sql"):
        number = f"{Path(path).parent}/{Path(path).name[:4]}"
        if number in seen:
            yield f"{path}: {Path(seen[number]).name} has this number; take the next free one"
        seen[number] = path


def readme_faults() -> Iterator[str]:
    """A table of packages in `desktop/README.md` that is not what the docstrings say now."""
    text = README.read_text(encoding="utf-8")
    if _with_table(text) != text:
        yield "desktop/README.md: run `packaging/dev.py docs`; the table of packages is old"


def commit_faults() -> Iterator[str]:
    """Subjects that are not `area: imperative` in 72 characters; none outside a checkout."""
    log = subprocess.run(
        ["git", "log", f"--since={COMMITS_SINCE}", "--no-merges", "--format=%h %s"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    for line in log.stdout.splitlines():
        commit, _, subject = line.partition(" ")
        if len(subject) > _MAX_SUBJECT or not _SUBJECT.fullmatch(subject):
            yield f"commit {commit}: {subject!r} is not `area: imperative` in {_MAX_SUBJECT}"


def package_table() -> str:
    """One line per package: its path and the first sentence of its docstring."""
    rows = ["| package | what is in it |", "|---|---|"]
    for path in _tracked("desktop", "__init__.py"):
        folder = Path(path).parent
        if folder.name == "desktop":
            continue
        doc = ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8"))) or "?"
        rows.append(f"| `{folder.relative_to('desktop')}/` | {doc.splitlines()[0]} |")
    return "\n".join(rows) + "\n"


def _with_table(text: str) -> str:
    return _TABLE.sub(lambda found: found[1] + package_table() + found[2], text)


def _has_section(document: Path, section: str) -> bool:
    if not section:
        return True
    text = document.read_text(encoding="utf-8")
    return re.search(rf"(?m)^(?:#+ )?(?:\*\*)?{re.escape(section)}[. ]", text) is not None


class _Module(NamedTuple):
    """What stands in a module, each name or text with its line; texts without docstrings."""

    classes: list[tuple[str, int]]
    functions: list[tuple[str, int]]
    renamed_imports: list[tuple[str, int]]
    texts: list[tuple[str, int]]


@cache
def _modules(package: str) -> list[tuple[str, _Module]]:
    return [(path, _read_module(ROOT / path)) for path in _tracked(package, ".py")]


def _read_module(path: Path) -> _Module:
    module = _Module([], [], [], [])
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ClassDef):
            module.classes.append((node.name, node.lineno))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            module.functions.append((node.name, node.lineno))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            renamed = (alias.name for alias in node.names if alias.asname is not None)
            module.renamed_imports.extend((name, node.lineno) for name in renamed)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            module.texts.append((node.value, node.lineno))
        # A docstring, and a text that stands alone as a comment, is an expression of its own.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        # `ast.walk` takes four times as long: it makes a generator for each node.
        for value in vars(node).values():
            if isinstance(value, ast.AST):
                waiting.append(value)
            elif isinstance(value, list):
                waiting.extend(each for each in value if isinstance(each, ast.AST))
    return module


def _tracked(package: str, suffix: str) -> list[str]:
    folder = ROOT / package
    found = (path.relative_to(ROOT).as_posix() for path in folder.rglob(f"*{suffix}"))
    return sorted(path for path in found if "__pycache__" not in path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
