"""The site of the documents: it builds strictly, loads nothing from elsewhere, and shows every page."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = ROOT / ".venv" / "docs" / ("Scripts" if sys.platform == "win32" else "bin")
    mkdocs = shutil.which("mkdocs", path=f"{folder}{os.pathsep}{os.environ.get('PATH', '')}")
    if mkdocs is None:
        if os.environ.get("CI"):
            pytest.fail("MkDocs is not installed: make docs-tools")
        pytest.skip("SITE NOT BUILT: MkDocs is not installed (make docs-tools)")
    built = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [mkdocs, "build", "--strict", "--site-dir", built],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return built


LOADED = re.compile(
    r"<(?:script|img|iframe)[^>]+src=[\"']?(?:https?:)?//|<link[^>]+href=[\"']?(?:https?:)?//"
)
STYLED = re.compile(r"url\([\"']?(?:https?:)?//")


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages, styles = list(site.rglob("*.html")), list(site.rglob("*.css"))
    assert len(pages) > 20
    assert styles
    assert [page for page in pages if LOADED.search(page.read_text(encoding="utf-8"))] == []
    assert [style for style in styles if STYLED.search(style.read_text(encoding="utf-8"))] == []


def test_the_reference_is_made_of_the_docstrings(site: Path) -> None:
    text = (site / "reference" / "index.html").read_text(encoding="utf-8")
    for name in ("segment", "Segmenter", "Session", "Session.preview"):
        assert f'id="iog.segmenter.{name}"' in text


def test_every_page_is_in_the_navigation() -> None:
    def pages(entry: object) -> list[str]:
        if isinstance(entry, str):
            return [entry]
        parts = entry.values() if isinstance(entry, dict) else entry
        return [page for part in parts for page in pages(part)]  # type: ignore[attr-defined]

    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    shown = pages(settings["nav"])
    folders = tuple(page for page in [*shown, settings["not_in_nav"]] if page.endswith("/"))
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).as_posix()
        assert name in shown or name.startswith(folders), f"{name}: put it into nav of mkdocs.yml"
