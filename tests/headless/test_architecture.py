"""The shape of the program: what may stand where, and what may stand nowhere."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from desktop.app.startup.deferred_imports import (
    CONNECTING_AND_PAGES,
    SELDOM_OPENED_PAGES,
    WINDOW_LIFECYCLE,
)
from desktop.settings import settings_table
from desktop.settings.setting_definition import Setting

ROOT = Path(__file__).resolve().parents[2]
DESKTOP = ROOT / "desktop"
CODE = sorted(p for p in DESKTOP.rglob("*.py") if "__pycache__" not in p.parts)
TOP_LEVEL = {
    "pyproject.toml", "README.md", "CHANGELOG.md", "desktop", "resources", "tests", "packaging",
    ".ci",
}  # fmt: skip
DOT_FILES = (".git", ".editorconfig", ".pre-commit", ".python-version")
WITH_QT = ("panels", "viewmodels")


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def tracked() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        # An unpacked archive has no history: what is there is what counts.
        return [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if p.is_file()]
    return [name for name in done.stdout.split("\0") if name]


class Facts(NamedTuple):
    """What the rules ask of a module; all trees at once would slow every collection down."""

    has_docstring: bool
    imported: set[str]  # modules, and names in them
    imported_at_start: set[str]  # as soon as it is imported itself
    called_names: set[str]
    called_attributes: set[str]
    keywords: list[tuple[str | None, object]]  # of calls, with the values that are constants
    waits: bool


@cache
def facts(path: Path) -> Facts:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = Facts(ast.get_docstring(tree) is not None, set(), set(), set(), set(), [], False)
    waiting: list[tuple[ast.AST, bool]] = [(tree, True)]
    waits = False
    while waiting:
        node, at_start = waiting.pop()
        if isinstance(node, ast.Call):
            note_call(node, found)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = imported_names(node)
            found.imported.update(names)
            if at_start:
                found.imported_at_start.update(names)
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await):
            waits = True
        later = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for name, value in vars(node).items():
            starts = at_start and not later and not (for_types and name != "orelse")
            if isinstance(value, ast.AST):
                waiting.append((value, starts))
            elif isinstance(value, list):
                waiting += [(each, starts) for each in value if isinstance(each, ast.AST)]
    return found._replace(waits=waits)


def imported_names(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = {alias.name for alias in node.names}
    if isinstance(node, ast.Import):
        return names
    return {node.module, *(f"{node.module}.{name}" for name in names)} if node.module else set()


def note_call(node: ast.Call, found: Facts) -> None:
    if isinstance(node.func, ast.Attribute):
        found.called_attributes.add(node.func.attr)
    elif isinstance(node.func, ast.Name):
        found.called_names.add(node.func.id)
    found.keywords.extend((k.arg, getattr(k.value, "value", None)) for k in node.keywords)


def without_qt() -> list[str]:
    """Every module that has to come up where PySide6 is not installed."""
    names = {name_of(p): p for p in CODE}
    qt = {n for n in names if n.split(".")[1:2] and n.split(".")[1] in WITH_QT}
    qt |= {
        n for n, p in names.items()
        if {m.split(".")[0] for m in facts(p).imported_at_start} & {"PySide6", "qasync"}
    }  # fmt: skip
    while True:
        more = {n for n, p in names.items() if n not in qt and facts(p).imported_at_start & qt}
        if not more:
            break
        qt |= more
    return sorted(set(names) - qt)


def test_top_level_folders_are_fixed() -> None:
    found = {name.split("/")[0] for name in tracked()}
    odd = {n for n in found - TOP_LEVEL if not n.startswith(DOT_FILES)}
    assert odd == set()


def test_modules_have_docstrings() -> None:
    assert [name_of(path) for path in CODE if not facts(path).has_docstring] == []


@pytest.mark.parametrize("service", ["sailthru", "zendesk"])
def test_service_packages_have_standard_files(service: str) -> None:
    files = {p.name for p in (DESKTOP / "clients" / service).glob("*.py")}
    assert files >= {
        "protocol.py",
        "wire_structs.py",
        "wire_to_model.py",
        "client.py",
        "error_mapping.py",
    }


@pytest.mark.parametrize("path", sorted((DESKTOP / "sync" / "pipeline").glob("*.py")), ids=name_of)
def test_sync_pipeline_is_pure(path: Path) -> None:
    """The pipeline knows the model alone, and neither waits nor looks at a clock."""
    allowed = ("desktop.model", "desktop.sync.pipeline", "desktop.sync.source_record")
    names = {name for name in facts(path).imported if name.startswith("desktop.")}
    assert [name for name in names if not name.startswith(allowed)] == []
    assert not facts(path).waits
    assert not facts(path).called_attributes & {"now", "time", "monotonic", "open"}


def test_no_nested_event_loop() -> None:
    for path in CODE:
        names = facts(path).called_attributes
        assert "processEvents" not in names, path
        if "app" not in path.relative_to(DESKTOP).parts[:1]:
            assert not names & {"exec", "exec_"}, path


def test_layout_items_only_where_their_wrappers_cannot_outlive_them() -> None:
    """Why: see `panels/widgets/layout_children.py`."""
    allowed = {"flow_layout.py", "rescaling.py", "box_layout.py"}
    for path in CODE:
        names = facts(path).called_attributes
        assert path.name in allowed or not names & {"itemAt", "takeAt", "itemAtPosition"}, path


def test_qasync_only_in_event_loop_and_no_qthread() -> None:
    for path in CODE:
        names = facts(path).imported
        heads = {name.split(".")[0] for name in names}
        assert "pickle" not in heads, path
        assert "shelve" not in heads, path
        assert not any(name.endswith("QThread") for name in names), path
        if path != DESKTOP / "app" / "event_loop.py":
            assert "qasync" not in heads, path


def test_tls_verification_is_never_disabled() -> None:
    for path in CODE:
        for keyword, value in facts(path).keywords:
            assert not (value is False and keyword in ("verify", "check_hostname")), path
        text = path.read_text(encoding="utf-8")
        assert "CERT_NONE" not in text, path
        assert "_create_unverified_context" not in text, path


def test_no_eval_or_shell() -> None:
    for path in CODE:
        assert not facts(path).called_names & {"eval", "exec"}, path
        assert not any(keyword == "shell" and value for keyword, value in facts(path).keywords), (
            path
        )


def test_every_setting_is_used() -> None:
    elsewhere = "\n".join(
        p.read_text(encoding="utf-8")
        for p in CODE
        if p != DESKTOP / "settings" / "settings_table.py"
    )
    settings = {n: v for n, v in vars(settings_table).items() if isinstance(v, Setting)}
    assert len(settings) > 10
    unread = [
        n for n, v in settings.items() if n not in elsewhere and f'"{v.key}"' not in elsewhere
    ]
    assert unread == []


def test_packages_below_viewmodels_import_without_qt() -> None:
    names = without_qt()
    assert {"desktop.app.cli", "desktop.app.container", "desktop.app.commands.window"} <= set(names)
    rooms = {n.split(".")[1] for n in names if "." in n}
    assert rooms >= {
        "kit", "model", "settings", "store", "clients", "vault", "writing", "connect", "customer",
        "sandbox", "app",
    }  # fmt: skip
    code = (
        "import importlib, sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('PySide6', 'shiboken6', 'qasync'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "for name in sys.argv[1:]:\n"
        "    importlib.import_module(name)\n"
    )
    wanted = [n for n in names if not n.endswith("__main__")]
    done = subprocess.run(
        [sys.executable, "-c", code, *wanted], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_threads_import_no_class_of_qt() -> None:
    groups = (WINDOW_LIFECYCLE, CONNECTING_AND_PAGES, SELDOM_OPENED_PAGES)
    names = [name for group in groups for name in group.without_qt]
    code = f"import sys; sys.modules['PySide6'] = None; import {', '.join(names)}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    texts = {p.relative_to(DESKTOP).as_posix(): p.read_text(encoding="utf-8") for p in CODE}
    threads = re.compile(r"(?:to_thread|run_in_executor|submit|Thread)\([^)]*import_module")
    assert [n for n, text in texts.items() if threads.search(text)] == [
        "app/startup/deferred_imports.py"
    ]


def test_command_line_starts_without_slow_imports() -> None:
    code = (
        "import sys; import desktop.app.cli\n"
        "slow = {'httpx', 'keyring', 'psycopg', 'PySide6', 'qasync', 'starlette', 'uvicorn',"
        " 'procrastinate'}\n"
        "print(*sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_workers_alone_import_the_queue() -> None:
    texts = {p.relative_to(DESKTOP).as_posix(): p.read_text(encoding="utf-8") for p in CODE}
    named = re.compile(r"^ *(?:from|import) procrastinate", re.MULTILINE)
    assert [n for n, text in texts.items() if named.search(text)] == ["store/team/due_run_queue.py"]
    # Inside a function of the worker's: whatever else imports its module stays without.
    used = re.compile(r"^( *)from desktop\.store\.team\.due_run_queue", re.MULTILINE)
    found = {n: m[1] for n, text in texts.items() if (m := used.search(text))}
    assert list(found) == ["app/team_queue_runner.py"]
    assert found["app/team_queue_runner.py"]


def test_lock_files_name_no_registry() -> None:
    names = tracked()
    assert "uv.lock" not in [Path(n).name for n in names]
    for name in names:
        if name.startswith("packaging/") and name.endswith((".lock", ".txt")):
            text = (ROOT / name).read_text(encoding="utf-8")
            assert "://" not in "\n".join(
                line for line in text.splitlines() if not line.lstrip().startswith("#")
            ), name
            assert "--index-url" not in text, name
            assert "--find-links" not in text, name
