"""httpx costs 150 ms to import and must not be loaded before the first paint."""

import subprocess
import sys
from pathlib import Path

import desktop.clients

HOUSE = Path(desktop.clients.__file__).parent


def modules() -> list[str]:
    files = HOUSE.rglob("*.py")
    names = [
        ".".join(("desktop.clients", *f.relative_to(HOUSE).with_suffix("").parts)) for f in files
    ]
    return sorted(n.removesuffix(".__init__") for n in names if not n.endswith(".transport"))


def test_httpx_is_imported_by_transport_only() -> None:
    assert len(modules()) > 20
    script = f"import sys, {', '.join(modules())}\nprint([m for m in sys.modules if 'httpx' in m])"
    root = HOUSE.parent.parent
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=root
    )
    assert said.stdout.strip() == "[]"
