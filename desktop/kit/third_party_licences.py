"""The distributions that Fairlead ships with, and their licences by the installed metadata."""

import re
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

# The dependencies of pyproject.toml; theirs follow from the metadata. A checkout that was never
# installed has no metadata of Fairlead itself.
DIRECT_DEPENDENCIES = (
    "PySide6-Essentials",
    "qasync",
    "httpcore",
    "httpx",
    "idna",
    "keyring",
    "platformdirs",
    "msgspec",
    "starlette",
    "uvicorn",
    "python-multipart",
    "tzdata",
    "python-dateutil",
    "tomli-w",
    "python-liquid",
    "XlsxWriter",
    "aiosmtplib",
    "jeepney",
    "psutil",
    "psycopg",
    "procrastinate",
)
_LICENCE_FILE = re.compile(r"(LICEN[CS]E|COPYING|NOTICE)", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HOMEPAGE_LABELS = ("homepage", "home", "source", "source code", "repository")
# What some packages write in place of a licence's name.
_LONGEST_NAME = 120


@dataclass(frozen=True)
class ThirdPartyLicence:
    """One distribution: name, version, licence (an SPDX expression as a rule), and its text."""

    name: str
    version: str
    licence: str
    homepage: str
    text: str


def read_third_party_licences() -> tuple[ThirdPartyLicence, ...]:
    """Read from the metadata the licences of all distributions that Fairlead needs, by name."""
    found: dict[str, Distribution] = {}
    waiting = list(DIRECT_DEPENDENCIES)
    while waiting:
        name = _normalize(waiting.pop())
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        # Meant for another system or Python: then it is not shipped here either.
        except PackageNotFoundError:
            continue
        # An extra is not what Fairlead asks for.
        waiting += [r for r in found[name].requires or () if "extra ==" not in r]
    licences = [_read_licence(found[name]) for name in sorted(found)]
    return tuple(sorted(licences, key=lambda licence: licence.name.casefold()))


def _normalize(requirement: str) -> str:
    match = _NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", match.group()).lower() if match else requirement


def _read_licence(dist: Distribution) -> ThirdPartyLicence:
    meta = dist.metadata
    headers = {key: meta[key] for key in meta}
    licence = headers.get("License-Expression", "")
    if not licence:
        stated = headers.get("License", "").strip()
        licence = stated.splitlines()[0] if 0 < len(stated) <= _LONGEST_NAME else ""
    if not licence:
        classifiers = meta.get_all("Classifier") or []
        named = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License ::")]
        licence = ", ".join(named)
    texts = []
    for file in dist.files or ():
        if _LICENCE_FILE.match(file.name):
            try:
                texts.append(file.read_text("utf-8"))
            # Named in the metadata and left out of the bundle.
            except (OSError, UnicodeDecodeError):
                continue
    links = dict(line.split(", ", 1) for line in meta.get_all("Project-URL") or () if ", " in line)
    homes = [url for label, url in links.items() if label.lower() in _HOMEPAGE_LABELS]
    homepage = headers.get("Home-page") or next(iter([*homes, *links.values()]), "")
    return ThirdPartyLicence(dist.name, dist.version, licence, homepage, "\n\n".join(texts))
