"""The settings as options of the command line, from the table."""

import argparse
from collections.abc import Mapping

from desktop.kit.errors import BadInput
from desktop.model.json_value import Json
from desktop.settings.reading import from_word
from desktop.settings.table import BY_KEY, TABLE


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Give the parser one option per setting; what is not typed is absent afterwards."""
    group = parser.add_argument_group("settings")
    for row in TABLE:
        # argparse formats help with %, and a default would hide what was not typed.
        group.add_argument(
            row.flag,
            dest=row.key,
            metavar=row.kind.value.upper(),
            default=argparse.SUPPRESS,
            help=row.help.replace("%", "%%"),
        )


def typed_settings(arguments: Mapping[str, object]) -> dict[str, Json]:
    """Give what was typed, by key and checked; BadInput names the option."""
    typed: dict[str, Json] = {}
    for key, word in arguments.items():
        row = BY_KEY.get(key)
        if row is None or not isinstance(word, str):
            continue
        try:
            typed[key] = row.checked(from_word(word, wants=row.kind.value))
        except BadInput as error:
            raise BadInput(f"{row.flag} cannot be used.", str(error)) from error
    return typed
