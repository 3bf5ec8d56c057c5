"""The paper's recipe as a researcher runs it, on VOC's layout: train, kill, resume, evaluate."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tests.training.sample_voc import sample_voc

from iog.networks import checkpoints
from iog.segmenter import Segmenter

SMALL = {"--network.depth": 50, "--network.fine": False, "--size": 64, "--batch": 2, "--epochs": 2}
EVERY = {"--workers": 0, "--validate-every": 4, "--checkpoint-every": 2}


@pytest.fixture(scope="module")
def voc(tmp_path_factory: pytest.TempPathFactory, segmenter: Segmenter) -> Path:
    return sample_voc(tmp_path_factory.mktemp("voc"), segmenter)


def options(settings: dict[str, object]) -> list[object]:
    return [part for setting in settings.items() for part in setting]


def iog(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "iog", *map(str, arguments)]


def run(*arguments: object) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        iog(*arguments), capture_output=True, text=True, timeout=300, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def killed_after_its_first_checkpoint(*arguments: object, out: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        iog(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    end = time.monotonic() + 120
    while not (out / "last.pt").exists() and time.monotonic() < end and process.poll() is None:
        time.sleep(0.01)
    assert process.poll() is None, "it must be killed in the middle of its work"
    process.kill()
    process.wait()


def test_train_kill_resume_evaluate(voc: Path, tmp_path: Path) -> None:
    call = ["train", "iog", "--dataset", "voc", "--data", voc, *options({**SMALL, **EVERY})]
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    told = run(*call, "--out", whole)
    assert "step 4: voc2012/box" in told

    killed_after_its_first_checkpoint(*call, "--out", parts, out=parts)
    assert not (parts / "final.pt").exists()
    assert checkpoints.read(parts / "last.pt")["step"] == 2
    told = run(*call, "--out", parts)
    assert "final.pt, usable as --model" in told
    states = [checkpoints.read(folder / "final.pt")["state_dict"] for folder in (whole, parts)]
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name]), name

    events = EventAccumulator(str(whole))
    events.Reload()
    training = {"train/loss", "train/gradient_norm", "train/learning_rate"}
    assert set(events.Tags()["scalars"]) == {"val/voc2012/box", "val/voc2012/3", *training}
    assert [event.step for event in events.Scalars("train/loss")] == [1, 2, 3, 4]
    (sheet,) = events.Images("val/masks")
    assert (sheet.width, sheet.height) == (2 * 240, 240)

    told = run("eval", "--dataset", "voc", "--data", voc, "--model", parts / "final.pt", "--clicks", 3)
    assert "| voc2012 | 2 |" in told
    # Its own size of the crop went with the checkpoint.
    assert Segmenter(parts / "final.pt").prompting.view.startswith("64 x 64")
