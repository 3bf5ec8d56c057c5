"""Whether this revision gives the figures and the files that an older one gave.

    python benchmarks/same_figures.py REVISION --data DATA [--objects 100]

Checks REVISION out and runs `iog eval`, `iog bench accuracy`, `iog reproduce`, `iog train lite` and `iog
convert` in both, with the same libraries. Compares object by object, tensor by tensor, byte by byte.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent.parent
SET = "voc_animals"
TIMES = ("milliseconds", "seconds", "run", "at")
"""What differs between two runs of one program."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("revision")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--objects", type=int, default=100)
    options = parser.parse_args()
    data = options.data.resolve()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        git = ["git", "-C", str(HERE), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(place / "old"), options.revision], check=True)
        try:
            for name, arguments in commands(data, options.objects):
                old, new = (
                    run(root, arguments, place / f"{side}.{name}", place / "old.train" / "final.pt")
                    for side, root in (("old", place / "old"), ("new", HERE))
                )
                print(f"{name:<10} {compare(old, new)}", flush=True)
        finally:
            subprocess.run([*git, "remove", "--force", str(place / "old")], check=True)


def commands(data: Path, objects: int) -> Iterator[tuple[str, list[str]]]:
    """Name and arguments of each command; OUT stands for where its results go, MADE for what `train` made."""
    photos = ["--data", str(data), "--sets", SET, "--limit", str(objects)]
    yield "eval", ["eval", *photos, "--out", "OUT/lines.jsonl"]
    methods = ["--splits", "val", "--methods", "lite,graph-cut-full,random-walker-seeds", "--clicks", "6"]
    yield "bench", ["bench", "accuracy", *photos, *methods, "--out", "OUT"]
    yield "reproduce", ["reproduce", "guidance", "--smoke"]
    small = ["--sizes", "64", "--size-shares", "1", "--batch", "10", "--samples", str(objects)]
    train = ["train", "lite", "--data", str(data), "--shares", f"{SET}=1", *small, "--validate-objects", "0"]
    yield "train", [*train, "--out", "OUT"]
    yield "convert", ["convert", "MADE", "--to", "onnx", "--out", "OUT/model"]


def run(root: Path, arguments: list[str], out: Path, made: Path) -> Path:
    """The folder of what a command of the revision at `root` wrote and printed."""
    out.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "OMP_NUM_THREADS": "1"}
    command = [one.replace("OUT", str(out)) if "OUT" in one else one for one in arguments]
    command = [str(made) if one == "MADE" else one for one in command]
    done = subprocess.run(
        [sys.executable, "-m", "iog", *command], env=environment, cwd=root, text=True, capture_output=True
    )
    if done.returncode:
        sys.exit(f"{root.name}: iog {' '.join(command)}\n{done.stdout}{done.stderr}")
    (out / "printed.txt").write_text(done.stdout.replace(str(out), "OUT"), encoding="utf-8")
    return out


def compare(old: Path, new: Path) -> str:
    """What is the same in two folders of results, and what is not."""
    said = []
    for file in sorted(path for path in old.rglob("*") if path.suffix in KINDS):
        name = file.relative_to(old).as_posix()
        other = new / name
        said.append(f"{name}: {KINDS[file.suffix](file, other) if other.exists() else 'missing'}")
    return "; ".join(said)


def _bytes(old: Path, new: Path) -> str:
    return "same bytes" if old.read_bytes() == new.read_bytes() else "OTHER BYTES"


def _printed(old: Path, new: Path) -> str:
    """Whether the same was printed; if not, the lines that differ: in words, in times or in figures."""
    before, after = (path.read_text(encoding="utf-8").splitlines() for path in (old, new))
    if before == after:
        return "same bytes"
    differing = (line for line in difflib.ndiff(before, after) if line[:2] in ("- ", "+ "))
    return "OTHER LINES:\n" + "\n".join(differing)


def _lines(old: Path, new: Path) -> str:
    """Whether each line of the old results says the same in the new ones, times and names of runs aside."""
    before, after = (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] for path in (old, new)
    )
    if len(before) != len(after):
        return f"{len(before)} AND {len(after)} LINES"
    changed: set[str] = set()
    for a, b in zip(before, after, strict=True):
        changed |= {key for key in a if key not in TIMES and a[key] != b.get(key)}
    return f"{len(before)} lines, " + (f"OTHER {', '.join(sorted(changed))}" if changed else "all the same")


def _weights(old: Path, new: Path) -> str:
    before, after = (torch.load(path, weights_only=True)["state_dict"] for path in (old, new))
    if before.keys() != after.keys():
        return f"OTHER NAMES: {sorted(before.keys() ^ after.keys())[:3]}"
    off = max(float((before[key].double() - after[key].double()).abs().max()) for key in before)
    return f"{len(before)} tensors, " + ("all the same" if off == 0 else f"UP TO {off:.2g} OFF")


KINDS: dict[str, Callable[[Path, Path], str]] = {
    ".jsonl": _lines,
    ".pt": _weights,
    ".onnx": _bytes,
    ".txt": _printed,
}


if __name__ == "__main__":
    main()
