"""View-model of the help: its pages from `resources/help/`, searched, found by where one is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop.kit.resource_files import resource_path
from desktop.kit.third_party_licences import read_third_party_licences

START_TOPIC = "find-a-customer"
SHORTCUTS_TOPIC = "keyboard"

# Accessible names of panels, pages and dialogs, and the page of the help that fits them.
_TOPICS_BY_NAME = {
    "Activity": "undo-and-activity",
    "Audience": "audience",
    "Customers": START_TOPIC,
    "Customer value": "health-and-value",
    "Engagement": "health-and-value",
    "Erase customer": "kept-data",
    "Erased customers": "kept-data",
    "Events": "events",
    "Find a customer": START_TOPIC,
    "Follow Zendesk": "follow-zendesk",
    "Health": "health-and-value",
    "Keyboard shortcuts": SHORTCUTS_TOPIC,
    "Lists": "lists",
    "Mapping": "events",
    "Opt-out": "opt-out",
    "Reports": "reports",
    "Set up Fairlead": "set-up",
    "Sync": "syncs",
    "Timeline": "health-and-value",
    "Welcome to Fairlead": "set-up",
}
_TOPICS_BY_SETTINGS_SECTION = {
    "connections": "set-up",
    "permissions": "permissions",
    "names": "health-and-value",
    "syncs": "syncs",
    "data": "kept-data",
    "team": "permissions",
}


@dataclass(frozen=True)
class HelpTopic:
    """A page of the help: `key` is its file's name without number, `text` its Markdown."""

    key: str
    title: str
    text: str

    def has(self, words: Iterable[str]) -> bool:
        """Whether each of these casefolded words is somewhere on the help's page."""
        whole = self.text.casefold()
        return all(word in whole for word in words)


def load_topics(shortcuts: Sequence[tuple[str, str]] = ()) -> tuple[HelpTopic, ...]:
    """Read the help's pages in the order of files; `shortcuts` are (action, keys) for one."""
    topics = []
    for path in sorted(resource_path("help").glob("*.md")):
        key = path.stem.partition("-")[2]
        text = path.read_text("utf-8")
        if key == SHORTCUTS_TOPIC and shortcuts:
            rows = "".join(f"| {action} | {keys} |\n" for action, keys in shortcuts)
            text = f"{text}\n| Action | Keys |\n| --- | --- |\n{rows}"
        topics.append(HelpTopic(key, text.splitlines()[0].removeprefix("# "), text))
    return tuple(topics)


def search_topics(topics: Sequence[HelpTopic], query: str) -> tuple[HelpTopic, ...]:
    """Return the help's pages that hold every word of the query, those in the title first."""
    words = query.casefold().split()
    found = [topic for topic in topics if topic.has(words)]
    # sorted() keeps the order of the help within both groups.
    return tuple(sorted(found, key=lambda t: not all(w in t.title.casefold() for w in words)))


def topic_for_names(names: Iterable[str], settings_section: str = "") -> str:
    """Return the help's page for the first known name, from the focused control outwards.

    `settings_section` is the key of the open section of the settings, if they are what is open.
    """
    for name in names:
        if name == "Settings":
            return _TOPICS_BY_SETTINGS_SECTION.get(settings_section, "troubleshooting")
        if name in _TOPICS_BY_NAME:
            return _TOPICS_BY_NAME[name]
    return START_TOPIC


def load_licence_topics() -> tuple[HelpTopic, ...]:
    """Read the licences of what Fairlead ships with, as pages of the help's dialog."""
    topics = []
    for licence in read_third_party_licences():
        stated = licence.licence or "Licence not stated in its metadata"
        link = f"\n\n[{licence.homepage}]({licence.homepage})" if licence.homepage else ""
        body = f"# {licence.name}\n\nVersion {licence.version} · {stated}{link}"
        # Its own text word for word: nothing in it is Markdown.
        text = "\n".join(f"    {line}" for line in licence.text.splitlines())
        whole = f"{body}\n\n{text}\n" if text else f"{body}\n"
        topics.append(HelpTopic(licence.name, licence.name, whole))
    return tuple(topics)
