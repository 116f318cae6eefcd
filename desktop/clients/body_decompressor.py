"""Decompresses an HTTP body piece by piece, up to a size limit: a gzip bomb stays small."""

import zlib

from desktop.kit.errors import ServiceError

_NOT_UNPACKED = "It could not be unpacked."
_LATER = "Try again later."
# What zlib adds to the window's size: 16 for gzip, 32 for what the header tells.
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class BrokenBody(ServiceError):
    """A body that is not packed as it says."""


class BodyDecompressor:
    """Collects one HTTP body; `encoding` is its Content-Encoding, `largest` in bytes.

    gzip may consist of several members one after another (RFC 1952, 2.2).
    """

    def __init__(self, encoding: str, largest: int) -> None:
        self._largest = largest
        self._pieces: list[bytes] = []
        self._size = 0
        name = encoding.strip().lower()
        self._is_gzip = name in ("gzip", "x-gzip")
        if name in ("", "identity"):
            # Not compressed: the pieces are the body.
            self._inflate = None
        elif name in ("gzip", "x-gzip", "deflate"):
            self._inflate = zlib.decompressobj(_GZIP_OR_ZLIB)
        else:
            raise _unreadable_body_error("It is packed in a way nobody asked for.")

    def feed(self, piece: bytes) -> None:
        """Decompress the next piece of an HTTP body. Raises ServiceError past the limit."""
        if self._inflate is None:
            self._take(piece)
            return
        try:
            while piece:
                if self._inflate.eof:
                    # Zeros pad gzip files; what follows deflate belongs to nothing.
                    piece = piece.lstrip(b"\0") if self._is_gzip else b""
                    if not piece:
                        return
                    self._inflate = zlib.decompressobj(_GZIP)
                # One byte more than allowed is enough to know that it is too much.
                room = self._largest - self._size + 1
                self._take(self._inflate.decompress(piece, room))
                piece = self._inflate.unconsumed_tail or self._inflate.unused_data
        except zlib.error:
            raise BrokenBody("The answer could not be read.", _NOT_UNPACKED, _LATER) from None

    def finish(self) -> bytes | None:
        """Return the decompressed body, or None when the data ends too early."""
        # An empty body without gzip's end is what some servers send with 204 and HEAD.
        if self._inflate is not None and self._size and not self._inflate.eof:
            return None
        return b"".join(self._pieces)

    def _take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._largest:
            raise _unreadable_body_error(f"It is larger than {self._largest // 1_000_000} MB.")
        self._pieces.append(piece)


def _unreadable_body_error(why: str) -> ServiceError:
    return ServiceError("The answer could not be read.", why, _LATER)
