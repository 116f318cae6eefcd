"""Splits a source of events into the texts of single events, without holding it in memory.

It may be JSON lines, one object over several lines, or an array, in any of its layouts. A line
that is a whole object is taken as it stands; anything else is followed by its braces.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

# Of one read: a whole array may stand on a single line of hundreds of megabytes.
_PIECE_BYTES = 1 << 20
# Longer than any service takes; what is longer is told and skipped, but never held.
MAX_EVENT_CHARACTERS = 16_000_000
_STRUCTURE = re.compile(r'["\\{}\[\]]')
_QUOTES = frozenset('"“”„‟')
# How a value or a name begins, or what ends an empty one.
_VALUE = re.compile(r'["“”„‟\[\]{}]|-?\d|(?:true|false|null)\b')
_TYPE_KEY = re.compile(r'["“](type|action)["”]\s*:')
_BETWEEN_EVENTS = " \t\r\n,"


class EventText(NamedTuple):
    """The text of one event and the line on which it begins; `fault` where it is unusable."""

    line: int
    text: str
    fault: str = ""


class _Piece(NamedTuple):
    """A line of an event source, or a part of a very long one."""

    line: int
    text: str
    is_line_start: bool
    fault: str


def split_events(source: BinaryIO) -> Iterator[EventText]:
    """Yield the text of each event of a source of bytes, in order; blank lines are passed over."""
    splitter = _Splitter()
    for piece in _read_pieces(source):
        yield from splitter.take(piece)
    yield from splitter.finish()


def _read_pieces(source: BinaryIO) -> Iterator[_Piece]:
    buffered = source if isinstance(source, io.BufferedReader) else io.BufferedReader(source)  # type: ignore[type-var]
    start = buffered.peek(4)[:4]
    if start[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        # What Windows calls “Unicode”.
        text_source = io.TextIOWrapper(buffered, encoding="utf-16", errors="replace", newline="\n")
        for line, text in enumerate(iter(text_source.readline, ""), 1):
            yield _Piece(line, text, is_line_start=True, fault="")
        return
    line, is_start = 1, True
    decoder = codecs.getincrementaldecoder("utf-8")()
    while raw := buffered.readline(_PIECE_BYTES):
        if line == 1 and is_start:
            raw = raw.removeprefix(codecs.BOM_UTF8)
        is_end = raw.endswith(b"\n")
        try:
            text, fault = decoder.decode(raw, final=is_end), ""
        except UnicodeDecodeError:
            decoder.reset()
            text, fault = raw.decode("utf-8", "replace"), "bad JSON: it is not in UTF-8"
        yield _Piece(line, text, is_start, fault)
        line, is_start = line + is_end, is_end


class _Splitter:
    """Follows the braces of an event source from piece to piece."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._line = 0
        self._indent = 0
        # Whether the event being collected has more than its brace on the first line.
        self._is_on_one_line = False
        self._fault = ""
        # Braces and brackets open within the event being collected.
        self._depth = 0
        self._is_in_string = False
        self._is_escaped = False
        # Brackets open around events.
        self._arrays = 0

    def take(self, piece: _Piece) -> Iterator[EventText]:
        """Yield the events that end within a piece."""
        if piece.is_line_start:
            text = piece.text.strip(_BETWEEN_EVENTS)
            is_whole = text.startswith("{") and text.endswith("}")
            if self._depth and self._begins_anew(piece.text, text, is_whole=is_whole):
                yield from self._close(is_cut_off=True)
            # By far the most frequent case needs no following of braces.
            if not self._depth and (piece.fault or (is_whole and _is_single_object(text))):
                yield EventText(piece.line, text, piece.fault)
                return
            # A JSON string ends on its line: the quote that began it was never closed.
            self._is_in_string = self._is_escaped = False
        yield from self._follow(piece)

    def _begins_anew(self, line: str, text: str, *, is_whole: bool) -> bool:
        """Whether a line is the next event: the one before was cut off, and must not swallow it."""
        if text and not text.startswith("{"):
            return self._is_on_one_line and not self._may_continue(line.strip())
        if not text or _indent(line) > self._indent:
            return False
        return self._is_on_one_line or (is_whole and bool(_TYPE_KEY.search(text)))

    def _may_continue(self, line: str) -> bool:
        """Whether an event's open JSON can go on with this line."""
        if self._is_in_string:
            # A text that was written with its line break: the line has at least its end.
            return not _QUOTES.isdisjoint(line) and line.endswith(("}", "]", ","))
        written = next((part for part in reversed(self._parts) if part.strip()), "").rstrip()
        if written.endswith(("{", "[", ",", ":")):
            return _VALUE.match(line) is not None
        return line.startswith((",", "]", "}", ":"))

    def finish(self) -> Iterator[EventText]:
        """Yield the text of an event that the source began and never ended."""
        if self._parts:
            yield from self._close(is_cut_off=True)

    def _follow(self, piece: _Piece) -> Iterator[EventText]:
        text, at = piece.text, 0
        if self._depth and piece.fault:
            self._fault = piece.fault
        while at < len(text):
            if not self._depth:
                at = self._skip_between(text, at)
                if at >= len(text):
                    return
                if text[at] != "{":
                    end = self._end_of_stray_text(text, at)
                    yield EventText(piece.line, text[at:end].strip(_BETWEEN_EVENTS))
                    at = end
                    continue
                self._line, self._indent = piece.line, _indent(text)
                self._is_on_one_line = bool(text[at + 1 :].strip())
            end = self._end_of_event(text, at)
            if not self._depth and not self._arrays and _is_stray(text[end:]):
                # Of JSON lines such a line is wrong as a whole.
                end = len(text)
            self._collect(text[at:end])
            at = end
            if not self._depth:
                yield from self._close()

    def _skip_between(self, text: str, at: int) -> int:
        """Return where the next event of a piece begins; brackets around events are passed over."""
        while at < len(text):
            if text[at] == "[" and not _is_stray(text[at + 1 :]):
                self._arrays += 1
            elif text[at] == "]" and self._arrays:
                self._arrays -= 1
            elif text[at] not in _BETWEEN_EVENTS:
                break
            at += 1
        return at

    def _end_of_stray_text(self, text: str, at: int) -> int:
        """Return where text that belongs to no event ends: the line's end, or the next event."""
        end = text.find("{", at) if self._arrays else -1
        return len(text) if end < 0 else end

    def _end_of_event(self, text: str, at: int) -> int:
        """Follow braces from `at`; return where the event ends, or the piece's end."""
        # Pasted from a word processor, only typographic quotes are there to follow.
        plain = text if '"' in text else text.replace("“", '"').replace("”", '"')
        if self._is_escaped:
            self._is_escaped, at = False, at + 1
        while found := _STRUCTURE.search(plain, at):
            character, at = found.group(), found.end()
            if self._is_in_string:
                if character == "\\":
                    self._is_escaped = at >= len(plain)
                    at += 1
                elif character == '"':
                    self._is_in_string = False
            elif character == '"':
                self._is_in_string = True
            elif character in "{[":
                self._depth += 1
            elif character in "}]":
                self._depth -= 1
                if not self._depth:
                    return at
        return len(text)

    def _collect(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_EVENT_CHARACTERS:
            self._fault = f"bad JSON: longer than {MAX_EVENT_CHARACTERS:,} characters"
            self._parts = self._parts[:1]
        else:
            self._parts.append(text)

    def _close(self, *, is_cut_off: bool = False) -> Iterator[EventText]:
        text = "".join(self._parts).strip()
        fault = self._fault or ("bad JSON: it ends before its last brace" if is_cut_off else "")
        self._parts, self._length, self._fault, self._depth = [], 0, "", 0
        self._is_in_string = self._is_escaped = False
        yield EventText(self._line, text, fault)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _is_single_object(text: str) -> bool:
    """Whether a line from brace to brace is one object, as far as counting can tell."""
    return text.count("{") == text.count("}") and "},{" not in text and "}, {" not in text


def _is_stray(rest: str) -> bool:
    """Whether the rest of a line holds something that begins no event and ends no array."""
    return rest.lstrip(_BETWEEN_EVENTS)[:1] not in ("", "{", "]", "[")
