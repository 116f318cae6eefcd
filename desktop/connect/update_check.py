"""Asks the address that an admin has named whether there is a newer version of Fairlead."""

from desktop.clients.json_parsing import InvalidJsonError, parse_json
from desktop.connect.temporary_clients import TemporaryClients
from desktop.kit.errors import InvalidInput
from desktop.model.app_release import AppRelease, parse_release

# An answer is some hundred bytes long.
_LARGEST_BYTES = 64_000


async def find_newer_release(
    clients: TemporaryClients, address: str, installed: str
) -> AppRelease | None:
    """Ask for the newest release; None unless it is newer than the installed version.

    The request carries nothing about anybody. Raises InvalidInput for an answer that names no
    version, and what `Transport.download` raises.
    """
    body = bytearray()
    async with clients.transport("The address of new versions", address) as transport:
        async for piece in transport.download(address):
            body += piece
            if len(body) > _LARGEST_BYTES:
                raise InvalidInput("The address of new versions answers with more than 64 kB.")
    try:
        document = parse_json(bytes(body))
    except InvalidJsonError:
        document = None
    release = parse_release(document)
    return release if release.is_newer_than(installed) else None
