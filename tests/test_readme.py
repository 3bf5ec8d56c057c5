"""Everything that the README and docs/start.md show runs as it stands: a newcomer reads them first."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import iog
from iog.cli import main
from iog.samples import samples

ROOT = Path(__file__).resolve().parents[1]
README, START = ((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "docs/start.md"))
INSTALLS = ("make", "pip")
QUICK = ["--samples", "8", "--batch", "4", "--settling", "8", "--sizes", "96", "--workers", "0"]
"""Training at full length takes minutes; nothing else is changed."""


def lines(text: str = README) -> list[list[str]]:
    """The words of each line in the blocks for a shell, without its comment."""
    shown = re.findall(r"^ {4}(\S.*)$", blocks(text)[0], re.MULTILINE)
    return [shlex.split(re.split(r" +# ", line)[0]) for line in shown]


def blocks(text: str) -> tuple[str, str]:
    """The text without its fenced blocks, and those of Python."""
    python = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), "".join(python)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where all lines have run, in their order."""
    place = tmp_path_factory.mktemp("stranger")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for words in [*lines(), *lines(START)]:
            if words[0] not in INSTALLS and words[:2] != ["iog", "annotate"]:
                more = QUICK if words[1] == "train" else []
                result = CliRunner().invoke(main, [*words[1:], *more])
                assert result.exit_code == 0, f"{shlex.join(words)}\n{result.output}"
        yield place


def test_every_line_is_known() -> None:
    assert {words[0] for words in lines()} == {"iog", "make", "pip"}
    shown = [words[1] for words in lines() if words[0] == "iog"]
    assert {"annotate", "predict", "import", "export", "data", "auto", "train"} <= set(shown)
    installs = {shlex.join(words) for words in lines() if words[0] == "pip"}
    assert installs == {"pip install '.[annotate]'", "pip install 'iog[train]'"}


def test_a_mask(folder: Path) -> None:
    (cup,) = (sample for sample in samples() if sample.object == "cup")
    mask = np.asarray(Image.open(folder / "mask.png")) > 0
    x, y = map(round, cup.clicks.inside or (0, 0))
    assert mask[y, x]
    assert 0.1 < mask.mean() < 0.4
    assert (folder / "check.png").is_file()


def test_labelled_photos_in_two_formats(folder: Path) -> None:
    coco = (folder / "demo" / "labels" / "annotations.json").read_text()
    assert all(f'"name": "{sample.object}"' in coco for sample in samples())
    assert len(list((folder / "demo" / "yolo" / "labels").glob("*.txt"))) == 4
    assert (folder / "demo" / "masks" / "coco.json").is_file()


def test_a_model_that_was_fine_tuned(folder: Path) -> None:
    assert (folder / "runs" / "mine" / "final.pt").is_file()
    assert (np.asarray(Image.open(folder / "mine.png")) > 0).any()


def test_the_annotator_starts_on_the_same_photos(folder: Path) -> None:
    calls = [words for words in lines() if words[:2] == ["iog", "annotate"]]
    assert calls
    for words in calls:
        call = [sys.executable, "-m", "iog", *words[1:], "--no-browser", "--port", "0"]
        with subprocess.Popen(call, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert "annotations.iog" in process.stdout.readline()
            finally:
                process.terminate()


@pytest.mark.parametrize(("text", "name"), [(README, "p"), (START, "p"), (START, "session")])
def test_the_lines_of_python(folder: Path, text: str, name: str) -> None:
    names: dict[str, object] = {}
    exec(blocks(text)[1], names)
    found = names[name].prediction if name == "session" else names[name]  # type: ignore[attr-defined]
    assert isinstance(found, iog.Prediction)
    mask = np.asarray(Image.open(folder / "mask.png")) > 0
    assert (found.mask & mask).sum() > 0.9 * mask.sum()
