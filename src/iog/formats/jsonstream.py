"""Large JSON documents, one value of a list at a time.

Python's parser reads a document as a whole, at six times its size. This walks the top of it and hands each
value to that parser, so that memory holds one value; NaN stays what Python's parser makes of it, while
parsers that stream refuse the document.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iog.errors import DataError
from iog.formats.checking import reason

_CHUNK = 1 << 20
_SPACE = " \t\r\n"


class _Text:
    """A window of a file's text that grows when a value does not end in it."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        start = self._file.read(4)
        encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
        self._file.seek(0)
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._parser = json.JSONDecoder()
        self._ended = False
        self.text, self.at = "", 0

    def close(self) -> None:
        self._file.close()

    def more(self, least: int = _CHUNK) -> bool:
        """Read on; False at the end of the file."""
        if self._ended:
            return False
        content = self._file.read(least)
        self._ended = not content
        self.text = self.text[self.at :] + self._decoder.decode(content, final=self._ended)
        self.at = 0
        return True

    def peek(self) -> str:
        """The next character that is not a space; "" at the end."""
        while True:
            while self.at < len(self.text) and self.text[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def take(self, expected: str) -> None:
        if self.peek() != expected:
            raise ValueError(f"expected {expected!r}, got {self.peek()!r}")
        self.at += 1

    def value(self) -> Any:
        """The next value as a whole."""
        self.peek()
        size = _CHUNK
        while True:
            try:
                value, end = self._parser.raw_decode(self.text, self.at)
                # A number may go on in the next part of the file.
                if end < len(self.text) or self._ended:
                    self.at = end
                    return value
            except json.JSONDecodeError:
                if self._ended:
                    raise
            self.more(size)
            size *= 2


def walk(path: Path, lists: frozenset[str]) -> Iterator[tuple[str, Any]]:
    """(key, value) of an object's entries; of the `lists`, each item by itself.

    A list at the top yields its items with the key "".

    Raises
    ------
    DataError
        If the file is not JSON, or neither an object nor a list.
    """
    text = _Text(path)
    try:
        if not text.peek():
            raise ValueError("it is empty")
        yield from _top(text, lists)
        if text.peek():
            raise ValueError("something follows the document")
    except (ValueError, RecursionError) as error:
        told = error.msg if isinstance(error, json.JSONDecodeError) else reason(error)
        raise DataError(f"{path} is not JSON that can be read: {told}") from None
    finally:
        text.close()


def beginning(path: Path, names: frozenset[str]) -> tuple[str, Any] | None:
    """What a document begins with; what follows is not read.

    Of a list at the top ("", its first item), None if it is empty; of an object (key, None) with the first of
    `names` that it has. None if there is none, or if the document is not JSON up to there.
    """
    text = _Text(path)
    try:
        if text.peek() == "[":
            text.take("[")
            return "", None if text.peek() == "]" else text.value()
        text.take("{")
        while text.peek() != "}":
            key = text.value()
            text.take(":")
            if key in names:
                return str(key), None
            text.value()
            if text.peek() != "}":
                text.take(",")
    except (ValueError, RecursionError):
        return None
    finally:
        text.close()
    return None


def _top(text: _Text, lists: frozenset[str]) -> Iterator[tuple[str, Any]]:
    if text.peek() == "[":
        yield from (("", item) for item in _items(text))
        return
    text.take("{")
    while text.peek() != "}":
        key = text.value()
        if not isinstance(key, str):
            raise ValueError("a key is not a text")
        text.take(":")
        if key in lists and text.peek() == "[":
            yield from ((key, item) for item in _items(text))
        else:
            yield key, text.value()
        if text.peek() != "}":
            text.take(",")
    text.take("}")


def _items(text: _Text) -> Iterator[Any]:
    text.take("[")
    while text.peek() != "]":
        yield text.value()
        if text.peek() != "]":
            text.take(",")
    text.take("]")
