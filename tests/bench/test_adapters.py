"""Networks of others, on tiny graphs with the input names that their exports have.

Each graph answers with the box that its points span, or with what its picture shows, so that a mask tells
whether coordinates and resolutions were understood. There are no weights.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.parser
import pytest
from click.testing import CliRunner

from iog.bench.accuracy import PlannedObject, measured
from iog.bench.adapters import adapter_of
from iog.bench.adapters.session import Graph
from iog.bench.settings import BenchSettings
from iog.bench.subjects import opened
from iog.cli import main
from iog.errors import ModelError
from iog.evaluation.measure import measure
from iog.evaluation.metrics import iou
from iog.masks import mask_box
from iog.robot import RobotUser
from tests.evaluation.conftest import LEFT, OBJECT, made

SIDE = 64
SETTINGS = BenchSettings(splits=("val",), clicks=5, jitter=())

ENCODERS = {
    "sam": ("float[1,3,64,64] input_image", "image_embeddings", "input_image"),
    "sam-picture": ("float[H,W,3] input_image", "image_embeddings", "input_image"),
    "efficient-sam": ("float[1,3,H,W] batched_images", "image_embeddings", "batched_images"),
    "sam2": ("float[1,3,64,64] image", "image_embed", "image"),
}
# Masks are at the photo's resolution (orig_im_size), but for SAM 2's, which are 16 x 16.
DECODERS = {
    "sam": "float[1,2] image_embeddings, float[1,N,2] point_coords, float[1,N] point_labels, "
    "float[1,1,16,16] mask_input, float[1] has_mask_input, float[2] orig_im_size",
    "efficient-sam": "float[1,2] image_embeddings, float[1,1,N,2] batched_point_coords, "
    "float[1,1,N] batched_point_labels, int64[2] orig_im_size",
    "sam2": "float[1,2] image_embed, float[1,2] high_res_feats_0, float[1,2] high_res_feats_1, "
    "float[1,N,2] point_coords, float[1,N] point_labels, float[1,1,16,16] mask_input, "
    "float[1] has_mask_input",
}
DECODERS["sam-picture"] = DECODERS["sam"]


def saved(path: Path, text: str) -> Path:
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]>\n{text}')
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def encoder(path: Path, layout: str) -> Path:
    taken, given, name = ENCODERS[layout]
    extra = ", float[1,2] high_res_feats_0, float[1,2] high_res_feats_1" if layout == "sam2" else ""
    more = f"high_res_feats_0 = Identity({given}) high_res_feats_1 = Identity({given})" if extra else ""
    return saved(
        path,
        f"""encoder ({taken}) => (float[1,2] {given}{extra}) {{
            two = Constant<value = int64[2] {{1, 2}}>()
            mean = ReduceMean<keepdims = 0>({name})
            {given} = Expand(mean, two)
            {more}
        }}""",
    )


def decoder(path: Path, layout: str) -> Path:
    """A mask that is the box of the first two points."""
    points = "batched_point_coords" if layout == "efficient-sam" else "point_coords"
    side = 1024.0 if layout == "sam-picture" else 64.0
    sides = {
        # The longer side has so many pixels in the resized photo.
        "sam": f"""size = Identity(orig_im_size) longest = ReduceMax<keepdims = 0>(size)
            side = Constant<value_float = {side}>() scale = Div(side, longest)""",
        "efficient-sam": "size = Cast<to = 1>(orig_im_size) scale = Constant<value_float = 1.0>()",
        "sam2": """size = Constant<value = float[2] {16.0, 16.0}>()
            scale = Constant<value_float = 4.0>()""",
    }[layout.removesuffix("-picture")]
    low = ", float[1,1,16,16] low_res_masks" if layout.startswith("sam") and layout != "sam2" else ""
    more = "low_res_masks = Identity(mask_input)" if low else ""
    masks = "output_masks" if layout == "efficient-sam" else "masks"
    rank = 5 if layout == "efficient-sam" else 4
    shape = ", ".join(["1"] * (rank - 2))
    return saved(
        path,
        f"""decoder ({DECODERS[layout]}) => (float[{shape},H,W] {masks}, float[1,1] iou_predictions{low}) {{
            {sides}
            flat_shape = Constant<value = int64[2] {{-1, 2}}>()
            flat = Reshape({points}, flat_shape)
            i0 = Constant<value = int64 {{0}}>() i1 = Constant<value = int64 {{1}}>()
            first = Gather(flat, i0) second = Gather(flat, i1)
            x0 = Gather(first, i0) y0 = Gather(first, i1) x1 = Gather(second, i0) y1 = Gather(second, i1)
            zero = Constant<value_float = 0.0>() one = Constant<value_float = 1.0>()
            half = Constant<value_float = 0.5>() h = Gather(size, i0) w = Gather(size, i1)
            rows = Range(zero, h, one) columns = Range(zero, w, one)
            rows_ = Add(rows, half) columns_ = Add(columns, half)
            ys = Mul(rows_, scale) xs = Mul(columns_, scale)
            a = Greater(ys, y0) b = Less(ys, y1) c = Greater(xs, x0) d = Less(xs, x1)
            down = And(a, b) across = And(c, d)
            axis = Constant<value = int64[1] {{1}}>()
            down_ = Unsqueeze(down, axis) inside = And(down_, across)
            number = Cast<to = 1>(inside)
            ten = Constant<value_float = 10.0>() five = Constant<value_float = 5.0>()
            scaled = Mul(number, ten) logits = Sub(scaled, five)
            lead = Constant<value = int64[{rank - 2}] {{{", ".join(str(i) for i in range(rank - 2))}}}>()
            {masks} = Unsqueeze(logits, lead)
            score = Constant<value = float[1,1] {{0.9}}>() iou_predictions = Identity(score)
            {more}
        }}""",
    )


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What graphs were given."""
    seen: list[dict[str, Any]] = []
    run = Graph.__call__

    def watched(self: Graph, arrays: dict[str, Any]) -> dict[str, Any]:
        seen.append({name: np.asarray(arrays[name]) for name in self.shapes if name in arrays})
        return run(self, arrays)

    monkeypatch.setattr(Graph, "__call__", watched)
    return seen


@pytest.mark.parametrize("layout", list(ENCODERS))
def test_a_pair_is_given_the_box_and_points_in_its_coordinates(
    layout: str, tmp_path: Path, calls: list[dict[str, Any]]
) -> None:
    model = f"sam:{encoder(tmp_path / 'e.onnx', layout)},{decoder(tmp_path / 'd.onnx', layout)}"
    with opened([], [("other", model)]) as (one,):
        assert (one.subject.first, one.subject.prompt, one.subject.last) == (2, 3, None)
        assert one.family == "inside-outside"
        sample = made("exact", LEFT)
        curve = measure(one.subject, sample, RobotUser(), 5)
    # The mask is the box of the points: as exact as its resolution, apart from the clicked pixels.
    assert curve.ious[0] > (0.8 if layout == "sam2" else 0.999)
    first, *decoded = calls
    assert set(first) == {ENCODERS[layout][2]}
    labels = [next(v for k, v in c.items() if "labels" in k).ravel().tolist() for c in decoded]
    assert labels[:2] == [[2, 3], [2, 3, 1]]
    assert all(label[:3] == [2, 3, 1] for label in labels[1:])
    if "mask_input" in decoded[0]:
        assert [c["has_mask_input"].item() for c in decoded[:2]] == [0, 1]


def test_what_lies_about_the_sam_photo_is_padding(tmp_path: Path, calls: list[dict[str, Any]]) -> None:
    model = f"sam:{encoder(tmp_path / 'e.onnx', 'sam')},{decoder(tmp_path / 'd.onnx', 'sam')}"
    found = adapter_of(model, "m", None)
    assert found is not None
    image = np.full((100, 120, 3), 255, np.uint8)
    found[0].encode(image)  # type: ignore[attr-defined]
    (given,) = calls[0].values()
    rows = round(100 * SIDE / 120)
    assert (given[0, :, rows:] == 0).all()
    assert given[0, 0, :rows].min() == pytest.approx((1 - 0.485) / 0.229, rel=1e-5)


def test_a_click_network_gets_row_column_and_number(tmp_path: Path, calls: list[dict[str, Any]]) -> None:
    """RITM's points: those on the object first, then as many places for those beside it."""
    graph = saved(
        tmp_path / "ritm.onnx",
        """ritm (float[1,4,H,W] image, float[1,N,3] points) => (float[1,1,H,W] instances) {
            start = Constant<value = int64[1] {0}>() end = Constant<value = int64[1] {1}>()
            axis = Constant<value = int64[1] {1}>()
            red = Slice(image, start, end, axis)
            half = Constant<value_float = 0.8>() near = Sub(red, half)
            ten = Constant<value_float = 50.0>() instances = Mul(near, ten)
        }""",
    )
    with opened([], [("ritm", f"clicks:{graph}")]) as (one,):
        assert (one.subject.first, one.subject.prompt, one.family) == (1, 0, "clicks alone")
        sample = made("half", LEFT)
        curve = measure(one.subject, sample, RobotUser(), 3)
    assert curve.ious[0] == pytest.approx(iou(LEFT, OBJECT), abs=0.05)
    image, points = calls[0]["image"], calls[0]["points"]
    assert image.shape == (1, 4, 96, 128)  # multiples of 32
    assert image.min() >= 0 and image.max() == 1
    click = curve.clicks.corrections[0]
    row, column, number = points[0, 0]
    assert (row + 0.5, column + 0.5, number) == pytest.approx(
        ((click.y + 0.5) * 96 / 100, (click.x + 0.5) * 128 / 120, 0)
    )
    assert (points[0, 1:] == -1).all()
    before = calls[1]["image"][0, 3]
    assert before.max() > 0.9, "the mask before is the fourth channel"


def test_a_one_shot_network_answers_for_the_crop_of_the_box(tmp_path: Path) -> None:
    graph = saved(
        tmp_path / "salient.onnx",
        """salient (float[1,3,64,64] picture) => (float[1,1,64,64] mask) {
            start = Constant<value = int64[1] {0}>() end = Constant<value = int64[1] {1}>()
            axis = Constant<value = int64[1] {1}>()
            red = Slice(picture, start, end, axis) mask = Sigmoid(red)
        }""",
    )
    with opened([], [("salient", f"one-shot:{graph}")]) as (one,):
        found = measured(one, PlannedObject("val", 0, 0.0), made("exact", OBJECT), SETTINGS)
    assert (found.first, len(found.ious)) == (2, 1)
    assert found.ious[0] > 0.95
    assert found.prompt["inside"] is None
    assert mask_box(OBJECT) is not None


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("sam:one.onnx", "write sam:ENCODER.onnx,DECODER.onnx"),
        ("clicks:nowhere.onnx", "nowhere.onnx is missing"),
        ("clicks:{text}", "not a readable ONNX file"),
        ("clicks:{encoder}", "has no input image, points; it has input_image"),
        ("one-shot:{decoder}", "takes a picture alone"),
        ("sam:{encoder},{encoder}", "has no input image_embeddings"),
    ],
)
def test_files_of_another_kind_are_one_sentence(model: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no graph")
    files = {
        "text": tmp_path / "text.onnx",
        "encoder": encoder(tmp_path / "e.onnx", "sam"),
        "decoder": decoder(tmp_path / "d.onnx", "sam"),
    }
    with pytest.raises(ModelError, match=told):
        adapter_of(model.format(**files), "m", None)


def test_the_command_measures_and_times_it(tmp_path: Path, photo_folder: Path) -> None:
    model = f"mobile=sam:{encoder(tmp_path / 'e.onnx', 'sam')},{decoder(tmp_path / 'd.onnx', 'sam')}"
    out = tmp_path / "results"
    call = ["--methods", "none", "--model", model, "--out", str(out)]
    result = CliRunner().invoke(
        main,
        ["bench", "accuracy", "--data", str(photo_folder), "--splits", "val", "--clicks", "4", *call],
    )
    assert result.exit_code == 0, result.output
    assert "mobile: 8 of 8 measured now" in result.output
    result = CliRunner().invoke(main, ["bench", "speed", "--rounds", "1", "--megapixels", "0.3", *call])
    assert result.exit_code == 0, result.output
    (speed,) = json.loads((out / "speed.json").read_text())["methods"]
    assert speed["click"]["least"] > 0
