"""Four extreme points to a mask: on the network's side, and as `iog predict` takes them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from iog import ClickError, ModelError
from iog.cli import main
from iog.clicks import ExtremeClicks
from iog.description import ModelInfo
from iog.engines import Features
from iog.masks import decode_rle
from iog.networks import checkpoints
from iog.networks.lite import Lite, LiteConfig
from iog.samples import Sample
from iog.segmenter import Segmenter

POINTS = ExtremeClicks.of([(30, 50), (60, 20), (95, 45), (55, 80)])
IMAGE = np.zeros((100, 120, 3), np.uint8)
IMAGE[20:81, 30:96] = 255


class Bright:
    """Takes what is bright for the object, and keeps the click maps that it was shown."""

    def __init__(self, guidance: str) -> None:
        network = {"guidance": guidance}
        self.info = ModelInfo(
            name="bright", size=64, margin=0.2, network=network, weights_sha256="", trained={}
        )
        self.maps: list[np.ndarray] = []

    def encode(self, inputs: np.ndarray) -> Features:
        return (inputs[..., 0].astype(np.float32) / 255,)

    def decode(self, features: Features, click_maps: np.ndarray | None) -> np.ndarray:
        assert click_maps is not None
        self.maps.append(click_maps)
        return features[0]


def test_the_mask_lies_where_the_points_are() -> None:
    engine = Bright("extreme-points")
    prediction = Segmenter(engine).segment(IMAGE, POINTS)
    assert prediction.image_size == (120, 100)
    wrong = prediction.mask ^ (IMAGE[..., 0] > 0)
    assert wrong.sum() < 0.05 * prediction.mask.sum()
    assert prediction.confidence > 0.9
    spots = engine.maps[0][0, 0] > 0.5
    rows, columns = np.nonzero(spots)
    # The crop of 64 pixels shows the box and a fifth of its side around it.
    assert abs(columns.min() - 64 * 0.2 / 1.4) < 6
    assert abs(columns.max() - 64 * 1.2 / 1.4) < 6
    assert cv2.connectedComponents(spots.astype(np.uint8))[0] == 1 + 4
    assert rows.size < 0.1 * spots.size


def test_nothing_found_is_an_empty_mask_without_confidence() -> None:
    prediction = Segmenter(Bright("extreme-points")).segment(np.zeros_like(IMAGE), POINTS)
    assert not prediction.mask.any()
    assert prediction.confidence == 0


def test_other_networks_and_points_beyond_the_photo_are_refused() -> None:
    with pytest.raises(ModelError, match="bright does not take extreme points"):
        Segmenter(Bright("inside-outside")).segment(IMAGE, POINTS)
    with pytest.raises(ClickError, match=r"extreme point 4 \(55, 100\) lies outside the image of 120 x 100"):
        Segmenter(Bright("extreme-points")).segment(IMAGE, ExtremeClicks.of([*POINTS.points[:3], (55, 100)]))


@pytest.fixture(scope="module")
def dextr(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    config = LiteConfig(
        guidance="extreme-points", backbone="tf_efficientnet_lite0", widths=(8, 8, 16, 16, 16), fine_width=8
    )
    path = tmp_path_factory.mktemp("dextr") / "dextr-lite.pt"
    checkpoints.save(path, Lite(config), settings={"sizes": (64,)}, step=1)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def points(sample: Sample) -> list[list[int]]:
    box = sample.clicks.box
    x, y = box.centre
    return [[box.x0, y], [x, box.y0], [box.x1 - 1, y], [x, box.y1 - 1]]


def test_predict_takes_extreme_points(dextr: Path, coffee: Sample, tmp_path: Path) -> None:
    chosen = points(coffee)
    call = ["predict", coffee.photo, "--model", dextr, "--extreme", *(f"{x},{y}" for x, y in chosen)]
    out, overlay = tmp_path / "mask.png", tmp_path / "overlay.png"
    result = run(*call, "--out", out, "--overlay", overlay)
    assert result.exit_code == 0, result.output
    expected = Segmenter(dextr).segment(coffee.photo, ExtremeClicks.of(chosen)).mask
    with Image.open(out) as picture:
        np.testing.assert_array_equal(np.asarray(picture) == 255, expected)
    with Image.open(overlay) as picture, Image.open(coffee.photo) as photo:
        changed = np.any(np.asarray(picture) != np.asarray(photo.convert("RGB")), axis=2)
    assert all(changed[y, x] for x, y in chosen), "every point is marked"

    batch = tmp_path / "batch.jsonl"
    line = {"image": str(coffee.photo), "extreme_points": chosen}
    batch.write_text(json.dumps(line) + "\n" + json.dumps({**line, "extreme_points": chosen[:3]}) + "\n")
    result = run("predict", "--batch", batch, "--model", dextr, "--out", tmp_path / "batch.json")
    assert (result.exit_code, "line 2: extreme points: expected four" in result.output) == (1, True), (
        result.output
    )
    (annotation,) = json.loads((tmp_path / "batch.json").read_text())["annotations"]
    np.testing.assert_array_equal(decode_rle(annotation["segmentation"]), expected)
    assert annotation["clicks"] == {"extreme_points": chosen}


def test_predict_refuses_what_does_not_belong_together(dextr: Path, coffee: Sample, tmp_path: Path) -> None:
    four = ["--extreme", *(f"{x},{y}" for x, y in points(coffee))]
    clicks = tmp_path / "clicks.json"
    clicks.write_text(json.dumps({"extreme_points": points(coffee)}))
    lines = [{"extreme_points": points(coffee)}, coffee.clicks.to_json()]
    batch = tmp_path / "mixed.jsonl"
    batch.write_text("".join(json.dumps({"image": "x.png", **line}) + "\n" for line in lines))
    out = tmp_path / "mask.png"
    for arguments, message in (
        ([coffee.photo, *four, "--add", "3,4"], "leave the other clicks out"),
        ([coffee.photo, *four], "lite does not take extreme points"),
        ([coffee.photo, "--clicks", clicks, "--add", "3,4"], "take no corrections"),
        ([coffee.photo, "--model", dextr, "--corners", "9,9", "90,90"], "iog predict --extreme"),
        (["--batch", batch], "make a file of each"),
    ):
        result = run("predict", *arguments, "--out", out)
        assert (result.exit_code, message in result.output) == (2, True), result.output
        assert not out.exists()
