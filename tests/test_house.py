"""The map of CONTRIBUTING.md is what the imports say: every room listed, every arrow downwards."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "iog"
OUTSIDE = {"_version", "__version__", "__main__", "iog"}
LONGEST = 400


def _listed() -> list[str]:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text[text.index("## The house") :].split("\n\n")[2]
    return re.findall(r"^\| (\w+) \|", table, re.MULTILINE)[1:]


def _rooms() -> dict[str, set[str]]:
    """What each room of the package imports of the others."""
    rooms: dict[str, set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        room = file.relative_to(SOURCE).parts[0].removesuffix(".py")
        if room in OUTSIDE | {"__init__"}:
            continue
        wanted = rooms.setdefault(room, set())
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "iog":
                wanted.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("iog."):
                wanted.add(str(node.module).split(".")[1])
        wanted -= {room, *OUTSIDE}
    return rooms


def test_every_room_is_on_the_map() -> None:
    listed = _listed()
    assert sorted(listed) == sorted(_rooms())
    assert len(listed) == len(set(listed))


def test_every_arrow_goes_down() -> None:
    floor = {room: number for number, room in enumerate(_listed())}
    upwards = {
        (room, other) for room, others in _rooms().items() for other in others if floor[other] >= floor[room]
    }
    assert upwards == set()


def test_no_file_has_too_many_lines() -> None:
    files = [*SOURCE.rglob("*.py"), *(ROOT / "web" / "src").glob("*.ts")]
    long = {f.name: n for f in files if (n := len(f.read_text(encoding="utf-8").splitlines())) > LONGEST}
    assert long == {}


def test_a_name_is_one_class() -> None:
    places: dict[str, list[str]] = {}
    for file in SOURCE.rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(file.relative_to(SOURCE).as_posix())
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
