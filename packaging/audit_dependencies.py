"""Asks the known vulnerabilities of what is shipped (`requirements.lock`), by pip-audit.

Ends with 1 where one is known. A package index that tells nothing of them is said and no failure:
a checkout behind a mirror could not be checked otherwise.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "packaging" / "requirements.lock"


def main() -> int:
    """Run pip-audit over the lock file and print what it found."""
    command = [
        sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", str(LOCK),
        "--format", "json", "--progress-spinner", "off", "--timeout", "20",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"Known vulnerabilities: not asked ({last}).")
        return 0
    return report_vulnerabilities(report)


def report_vulnerabilities(report: dict[str, Any]) -> int:
    """Print pip-audit's findings; 1 where a vulnerability is known, else 0."""
    packages = report["dependencies"]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    found = [(one, vulnerability) for one in packages for vulnerability in one.get("vulns", ())]
    for package, vulnerability in found:
        fixed = ", ".join(vulnerability["fix_versions"]) or "no version yet"
        name = f"{package['name']} {package['version']}"
        print(f"{name}: {vulnerability['id']}, mended in {fixed}", file=sys.stderr)
    if skipped:
        print(f"Known vulnerabilities: the package index tells nothing of {len(skipped)} packages.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
