"""Pixel-ImageNet on a miniature in ImageNet's true layout, made from the sample photos."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from PIL import Image

from iog.cli import main
from iog.datasets.pixel_imagenet import PhotoLabel, PixelImageNet, read_label_file
from iog.errors import DataError
from iog.evaluation.metrics import iou
from iog.samples import samples
from iog.segmenter import Segmenter

WNIDS = {"cat": "n02123045", "cup": "n07930864", "rocket": "n04099429", "astronaut": "n10520964"}

XML = """<annotation><folder>{wnid}</folder><filename>{stem}</filename>
<source><database>ILSVRC_2012</database></source>
<size><width>{width}</width><height>{height}</height><depth>3</depth></size><segmented>0</segmented>
{objects}</annotation>"""
OBJECT = """<object><name>{wnid}</name><truncated>0</truncated><difficult>0</difficult>
<bndbox><xmin>{0}</xmin><ymin>{1}</ymin><xmax>{2}</xmax><ymax>{3}</ymax></bndbox></object>"""


@pytest.fixture(scope="module")
def imagenet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ILSVRC with one photo a class; the first has its object twice, a part of it being the second."""
    root = tmp_path_factory.mktemp("imagenet")
    lines = []
    for number, sample in enumerate(samples()):
        wnid, stem = wnid_of(sample.object), f"{wnid_of(sample.object)}_{number + 1}"
        photo = root / "ILSVRC" / "Data" / "CLS-LOC" / "train" / wnid / f"{stem}.JPEG"
        photo.parent.mkdir(parents=True)
        with Image.open(sample.photo) as picture:
            picture.convert("RGB").save(photo, format="JPEG", quality=95)
            size = picture.size
        x0, y0, x1, y1 = sample.clicks.box
        boxes = [(x0, y0, x1, y1)]
        if number == 0:
            boxes.append((x0, y0, (x0 + x1) // 2, (y0 + y1) // 2))
        objects = "".join(OBJECT.format(*box, wnid=wnid) for box in boxes)
        text = XML.format(wnid=wnid, stem=stem, width=size[0], height=size[1], objects=objects)
        xml = root / "ILSVRC" / "Annotations" / "CLS-LOC" / "train" / wnid / f"{stem}.xml"
        xml.parent.mkdir(parents=True)
        xml.write_text(text)
        lines.append(f"{wnid} {sample.object}, a thing\n")
    (root / "LOC_synset_mapping.txt").write_text("".join(lines))
    return root


def wnid_of(name: str) -> str:
    return WNIDS.get(name, "n0" + str(abs(sum(map(ord, name)))).zfill(7))


@pytest.fixture(scope="module")
def made(imagenet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pixel") / "pixel-imagenet"
    call = ["auto", "imagenet", "--root", str(imagenet / "ILSVRC"), "--out", str(out), "--threads", "1"]
    result = CliRunner().invoke(main, call)
    assert result.exit_code == 0, result.output
    assert "5 masks of 5 boxes" in result.output
    return out


def photos_of(imagenet: Path) -> Path:
    return imagenet / "ILSVRC" / "Data" / "CLS-LOC" / "train"


def test_the_released_layout_and_parquet(made: Path, imagenet: Path, segmenter: Segmenter) -> None:
    pictures = sorted(path.relative_to(made).as_posix() for path in made.glob("n*/*.png"))
    xmls = sorted((imagenet / "ILSVRC" / "Annotations" / "CLS-LOC" / "train").glob("*/*.xml"))
    assert pictures == [f"{path.parent.name}/{path.stem}.png" for path in xmls]
    labels = read_label_file(made / "label.json")
    assert sorted(labels) == [0, 1, 2, 3]
    for label in labels.values():
        assert label.name.endswith(", a thing")
        assert label.photos == 1
    rows = pq.read_table(made / "parquet").to_pylist()
    assert len(rows) == 5
    assert {row["category"] for row in rows} == {label.wnid for label in labels.values()}


def test_samples_for_every_use(made: Path, imagenet: Path, segmenter: Segmenter) -> None:
    found = PixelImageNet(made, photos_of(imagenet))
    assert len(found) == 4
    by_name = {sample.name.partition("/")[0]: sample for sample in found}
    first = samples()[0]
    both = by_name[wnid_of(first.object)]
    assert both.ids.shape == both.image.shape[:2]
    assert len(both.masks) == len(both.boxes) == 2
    assert both.masks.any((1, 2)).all()
    assert not both.masks.all(0).any(), "a pixel belongs to one instance"
    np.testing.assert_array_equal(both.salient, both.masks.any(0))
    assert set(np.unique(both.semantic)) == {0, both.label + 1}
    for sample in samples()[1:]:
        (mask,) = by_name[wnid_of(sample.object)].masks
        truth = segmenter.segment(sample.photo, sample.clicks).mask
        assert iou(mask, truth) > 0.6


def test_a_pytorch_data_set(made: Path, imagenet: Path) -> None:
    import torch

    from iog.datasets.pixel_imagenet_torch import PixelImageNetDataset

    sets = {
        task: PixelImageNetDataset(made, photos_of(imagenet), task)
        for task in ("classification", "instance", "semantic", "salient")
    }
    assert {len(found) for found in sets.values()} == {4}
    assert sets["semantic"].classes == 4
    for index in range(4):
        image, label = sets["classification"][index]
        assert (image.dtype, image.shape[0]) == (torch.float32, 3)
        assert 0 <= image.min() <= image.max() <= 1
        instance = sets["instance"][index][1]
        semantic, salient = sets["semantic"][index][1], sets["salient"][index][1]
        assert set(instance["labels"].tolist()) == {label + 1} == set(semantic.unique().tolist()) - {0}
        assert instance["masks"].shape == (len(instance["boxes"]), *image.shape[1:])
        assert torch.equal(instance["masks"].amax(0).float(), salient)
        for box, mask in zip(instance["boxes"], instance["masks"], strict=True):
            rows, columns = torch.nonzero(mask, as_tuple=True)
            tight = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert box.tolist() == [int(edge) for edge in tight]
    flipped = PixelImageNetDataset(
        made,
        photos_of(imagenet),
        "salient",
        transform=lambda image, target: (image.flip(-1), target.flip(-1)),
    )
    assert torch.equal(flipped[0][1].flip(-1), sets["salient"][0][1])


TRUE_LABELS = {0: ["n01440764", "tench", 12], 1: ["n01443537", "goldfish", 8]}


def test_the_released_label_files(tmp_path: Path) -> None:
    """v1 is JSON within a JSON string, v2 a pickled dictionary with values of NumPy's types."""
    v1, v2 = tmp_path / "label-v1.json", tmp_path / "label-v2.npy"
    v1.write_text(json.dumps(json.dumps({str(number): label for number, label in TRUE_LABELS.items()})))
    np.save(v2, {n: [np.str_(a), b, np.int64(c)] for n, (a, b, c) in TRUE_LABELS.items()}, allow_pickle=True)
    expected = {number: PhotoLabel(*label) for number, label in TRUE_LABELS.items()}
    assert read_label_file(v1) == read_label_file(v2) == expected


class Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> object:
        return os.mkdir, (str(self.path),)


def test_no_code_is_run(tmp_path: Path) -> None:
    path = tmp_path / "label-v2.npy"
    np.save(path, {0: Evil(tmp_path / "gotcha")}, allow_pickle=True)
    with pytest.raises(DataError, match="which is not run"):
        read_label_file(path)
    assert not (tmp_path / "gotcha").exists()
    pickle.loads(pickle.dumps(Evil(tmp_path / "gotcha")))
    assert (tmp_path / "gotcha").exists(), "elsewhere it would have been"


@pytest.mark.parametrize(
    "content", [b"", b"[1]", b'"{"', b'{"x": ["n1", "a", 1]}', b'{"0": ["n1"]}', b"\x93NUMPY"]
)
@pytest.mark.parametrize("name", ["label-v1.json", "label-v2.npy"])
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match="is not a label file of Pixel-ImageNet") as error:
        read_label_file(path)
    assert "\n" not in str(error.value)


def test_arrays_of_numbers_are_no_labels(tmp_path: Path) -> None:
    np.save(tmp_path / "label-v2.npy", np.arange(3))
    with pytest.raises(DataError, match="not one object"):
        read_label_file(tmp_path / "label-v2.npy")


def test_masks_as_released(made: Path, imagenet: Path, tmp_path: Path) -> None:
    """Grey saved as RGB; photos without mask and masks without photo are passed over."""
    root = tmp_path / "released"
    first, second, *_ = sorted(made.glob("n*/*.png"))
    (root / first.parent.name).mkdir(parents=True)
    with Image.open(first) as picture:
        picture.convert("RGB").save(root / first.parent.name / first.name)
    (root / second.parent.name).mkdir()
    (root / second.parent.name / f"{second.parent.name}_99.png").write_bytes(second.read_bytes())
    found = PixelImageNet(root, photos_of(imagenet), made / "label.json")
    assert [sample.name for sample in found] == [f"{first.parent.name}/{first.stem}"]
    with Image.open(first) as picture:
        np.testing.assert_array_equal(found[0].ids, np.asarray(picture))
    (root / "label.json").write_text('{"0": ["n0", "x", 1]}')
    with pytest.raises(DataError, match="does not list"):
        PixelImageNet(root, photos_of(imagenet))
    with pytest.raises(DataError, match="is missing"):
        PixelImageNet(tmp_path / "nowhere", photos_of(imagenet))
