"""Words a page of the documents: python benchmarks/words.py [REVISION]

Counts README.md and docs/, without the figures that commands write between markers and without the pages that
they write whole (docs/benchmark). With a Git revision, such as 1390125, its count stands first.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIGURES = re.compile(r"^<!-- figures: .*?^<!-- end of figures[^\n]*", re.MULTILINE | re.DOTALL)


def main() -> None:
    columns = [counted(revision) for revision in (*sys.argv[1:2], None)]
    for page in sorted(set().union(*columns)):
        print(*(f"{column.get(page, 0):7}" for column in columns), page)
    print(*(f"{sum(column.values()):7}" for column in columns), "all")
    if len(columns) == 2:
        both = [sum(column.get(page, 0) for page in columns[0]) for column in columns]
        print(*(f"{count:7}" for count in both), "pages that the revision has")


def counted(revision: str | None) -> dict[str, int]:
    """Words of each page, in a revision or (None) in the working tree."""
    if revision is None:
        pages = [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))]
    else:
        pages = git("ls-tree", "-r", "--name-only", revision, "docs").split()
    kept = [page for page in pages if page.endswith(".md") and not page.startswith("docs/benchmark/")]
    return {page: words(page, revision) for page in ["README.md", *kept]}


def words(page: str, revision: str | None) -> int:
    """Words of one page: between whitespace, with a letter or digit (no bars of tables); figures left out."""
    if revision is None:
        text = (ROOT / page).read_text(encoding="utf-8")
    else:
        text = git("show", f"{revision}:{page}")
    return sum(any(map(str.isalnum, word)) for word in FIGURES.sub("", text).split())


def git(*arguments: str) -> str:
    """What Git prints."""
    return subprocess.run(["git", "-C", ROOT, *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main()
