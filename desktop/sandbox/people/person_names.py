"""Names of generated people by region, and the look-up from a name back to its numbers.

The names stand in `data/regions.toml`. Every region has as many, so that the number of a person
and the positions of their names follow from each other without a search.
"""

import unicodedata
from dataclasses import dataclass

from desktop.sandbox.data_files import read_data_file

NAMES_PER_REGION = 24

# Letters that Unicode does not decompose into a base letter and an accent.
_UNDECOMPOSED = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae"})


def fold_name(text: str) -> str:
    """Fold a generated name to lower case without accents, for addresses and searching."""
    split = unicodedata.normalize("NFKD", text.translate(_UNDECOMPOSED))
    return "".join(mark for mark in split if not unicodedata.combining(mark)).casefold()


@dataclass(frozen=True)
class NameRegion:
    """A region's names for generated people, and where these people live."""

    city: str
    locale: str
    time_zone: str
    phone_country_code: str
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    folded_given_names: tuple[str, ...]
    folded_family_names: tuple[str, ...]


def _parse_region(table: dict[str, str]) -> NameRegion:
    given, family = table["given_names"].split(), table["family_names"].split()
    return NameRegion(
        table["city"],
        table["locale"],
        table["time_zone"],
        table["phone_country_code"],
        tuple(given),
        tuple(name.replace("-", " ") for name in family),
        # Folded with the hyphen: an address cannot hold a blank.
        tuple(map(fold_name, given)),
        tuple(map(fold_name, family)),
    )


REGIONS = tuple(map(_parse_region, read_data_file("people", "regions.toml")["regions"]))
FULL_NAME_COUNT = len(REGIONS) * NAMES_PER_REGION * NAMES_PER_REGION


def find_name_positions(word: str, *, prefix: bool) -> set[int]:
    """Return the numbers of generated full names with this given or family name.

    The number of a full name is (region · 24 + given name) · 24 + family name.
    """

    def fits(name: str) -> bool:
        return name.startswith(word) if prefix else name == word

    found: set[int] = set()
    size = NAMES_PER_REGION
    for place, region in enumerate(REGIONS):
        first = place * size * size
        for number in range(size):
            if fits(region.folded_given_names[number]):
                found.update(range(first + number * size, first + (number + 1) * size))
            if fits(region.folded_family_names[number]):
                found.update(range(first + number, first + size * size, size))
    return found
