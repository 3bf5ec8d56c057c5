"""What many tests share. Nothing here needs a network or the photos beside the checkout."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # two processes of two threads on two cores wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

import iog
from iog.images import read_image
from iog.samples import Sample, samples

# Timings differ between machines; examples are drawn the same way everywhere.
settings.register_profile("iog", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("iog")


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What is remembered between runs stays among the tests' own files."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IOG_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def segmenter() -> iog.Segmenter:
    return iog.Segmenter()


@pytest.fixture(params=samples(), ids=lambda sample: sample.photo.stem)
def sample(request: pytest.FixtureRequest) -> Sample:
    return request.param


@pytest.fixture
def coffee() -> Sample:
    return next(s for s in samples() if s.object == "cup")


@pytest.fixture(scope="session")
def photo_folder(tmp_path_factory: pytest.TempPathFactory, segmenter: iog.Segmenter) -> Path:
    """The sample photos as a dataset with the splits train and val; masks are the model's own."""
    folder = tmp_path_factory.mktemp("photos")
    lines = []
    for photo, name, clicks in samples():
        image = read_image(photo)
        ids = segmenter.segment(image, clicks).mask.astype(np.uint8)
        ids[:3, :3] = 255
        Image.fromarray(image).save(folder / f"{photo.stem}.png")
        Image.fromarray(ids).save(folder / f"{photo.stem}.mask.png")
        area = int((ids == 1).sum())
        lines.append(
            {
                "image": f"{photo.stem}.png",
                "mask": f"{photo.stem}.mask.png",
                "set": "coco",
                "kind": "instance",
                "objects": [{"id": 1, "area": area, "category": name}],
            }
        )
    for split in ("train", "val"):
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder


@pytest.fixture(scope="session")
def published_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Published networks with ResNet-50, filled by a formula: iog.pth and refinement.pth as their authors
    would publish them, and what `iog convert --size 64` makes of them: NAME.pt and NAME.encoder.onnx.
    """
    import torch
    from click.testing import CliRunner

    from iog.cli import main
    from tests.networks.conftest import golden_state

    folder = tmp_path_factory.mktemp("published")
    for name, network in (("iog", "iog-resnet50"), ("refinement", "iog-resnet50-refinement")):
        torch.save(golden_state(network), folder / f"{name}.pth")
        call = ["convert", folder / f"{name}.pth", "--to", "checkpoint", "--to", "onnx", "--size", 64]
        result = CliRunner().invoke(main, [str(argument) for argument in call])
        assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The photos with masks that lie beside the checkout on our machines; skips elsewhere."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("IOG_DATA", beside))
    if not (folder / "val.jsonl").is_file():
        pytest.skip(f"no validation photos in {folder}; set IOG_DATA to their folder")
    return folder
