"""A command's output between the markers of a document."""

import sys
from pathlib import Path

import pytest

from benchmarks import quote

DOCUMENT = "before\n<!-- figures: speed -->\nold\n<!-- end of figures: speed -->\nafter\n"


def call(monkeypatch: pytest.MonkeyPatch, document: Path, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["quote.py", str(document), *arguments])
    quote.main()


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "doc.md"
    path.write_text(DOCUMENT)
    return path


def test_output_replaces_the_figures(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says = [sys.executable, "-c", "print('8 ms')"]
    call(monkeypatch, document, "speed", "--", *says)
    assert document.read_text() == DOCUMENT.replace("old", "8 ms")
    call(monkeypatch, document, "speed", "--fenced", "--", *says)
    assert document.read_text() == DOCUMENT.replace("old", "```\n8 ms\n```")


@pytest.mark.parametrize(
    ("name", "script"), [("speed", "print('half'); raise SystemExit(3)"), ("other", "print('never')")]
)
def test_what_fails_changes_nothing(
    document: Path, monkeypatch: pytest.MonkeyPatch, name: str, script: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        call(monkeypatch, document, name, "--", sys.executable, "-c", script)
    assert ended.value.code not in (0, None)
    assert document.read_text() == DOCUMENT
