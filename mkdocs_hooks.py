"""What MkDocs does not do by itself: folders in `nav`, and links to files that are no documents."""

import posixpath
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent


def on_config(config: Any) -> Any:
    """Put the pages of a folder where `nav` names it."""
    docs = Path(config["docs_dir"])
    config["nav"] = [_expanded(entry, docs) for entry in config["nav"]]
    return config


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """A link to a file of the repository outside of docs/ becomes that file's name."""
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def named(link: re.Match[str]) -> str:
        text, target = link.groups()
        path = posixpath.normpath(posixpath.join(folder, target))
        if path.startswith("docs/") or not (ROOT / path).exists():
            return link[0]
        return f"{text} (`{path}`)"

    return re.sub(r"(?<!!)\[([^\]]+)\]\((\.\./[^)#]+)\)", named, markdown)


def _expanded(entry: dict[str, Any], docs: Path) -> dict[str, Any]:
    ((title, pages),) = entry.items()
    if not (isinstance(pages, str) and pages.endswith("/")):
        return entry
    found = sorted(page.relative_to(docs).as_posix() for page in (docs / pages).glob("[0-9]*.md"))
    return {title: [f"{pages}README.md", *found]}
