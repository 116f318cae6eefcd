"""Decompresses an HTTP answer piece by piece, up to a size limit: a gzip bomb stays small."""

import zlib

from desktop.kit.errors import ServiceError

_NOT_UNPACKED = "It could not be unpacked."
_LATER = "Try again later."


class BrokenBody(ServiceError):
    """A body that is not packed as it says."""


class BodyDecompressor:
    """Collects one HTTP answer's body; `encoding` is its Content-Encoding, `largest` in bytes."""

    def __init__(self, encoding: str, largest: int) -> None:
        self._largest = largest
        self._pieces: list[bytes] = []
        self._size = 0
        name = encoding.strip().lower()
        if name in ("", "identity"):
            # Not compressed: the pieces are the body.
            self._inflate = None
        elif name in ("gzip", "x-gzip", "deflate"):
            # 32 + 15: gzip or zlib, told by the header.
            self._inflate = zlib.decompressobj(32 + zlib.MAX_WBITS)
        else:
            raise _unreadable_body_error("It is packed in a way nobody asked for.")

    def feed(self, piece: bytes) -> None:
        """Decompress the next piece of an HTTP answer. Raises ServiceError past the limit."""
        if self._inflate is None:
            self._take(piece)
            return
        try:
            while piece:
                # One byte more than allowed is enough to know that it is too much.
                room = self._largest - self._size + 1
                self._take(self._inflate.decompress(piece, room))
                piece = self._inflate.unconsumed_tail
        except zlib.error:
            raise BrokenBody("The answer could not be read.", _NOT_UNPACKED, _LATER) from None

    def finish(self) -> bytes | None:
        """Return the HTTP answer's decompressed body, or None when the data ends too early."""
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
