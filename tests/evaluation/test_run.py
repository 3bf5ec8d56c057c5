"""Result files that survive a kill, the gallery, and the photos that a model was trained on."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iog.datasets import ObjectSample
from iog.errors import DataError
from iog.evaluation.lines import read_results
from iog.evaluation.overlap import fingerprint, shared_photos
from iog.evaluation.run import Output, run
from iog.evaluation.settings import Settings
from iog.segmenter import Segmenter
from tests.evaluation.conftest import Objects

SETTINGS = Settings(protocol="ritm", clicks=6, jitter=0.05, seed=2)


def measure(segmenter: Segmenter, objects: Objects, settings: Settings = SETTINGS, **output: object) -> str:
    return "\n".join(run(segmenter, objects, range(len(objects)), settings, Output(**output)))


def lines(path: Path) -> list[dict[str, object]]:
    """What the file holds, but for the times."""
    records = [json.loads(line) for line in path.read_text().splitlines()]
    for record in records:
        assert set(record.pop("milliseconds")) == {"encode", "clicks"}
    return records


class Killed(Objects):
    """Its third object ends the process."""

    def __getitem__(self, index: int) -> ObjectSample:
        if index == 2:
            raise KeyboardInterrupt
        return super().__getitem__(index)


def test_a_killed_run_goes_on(red: Segmenter, objects: Objects, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.jsonl", tmp_path / "broken.jsonl"
    table = measure(red, objects, out=whole)
    with pytest.raises(KeyboardInterrupt):
        measure(red, Killed(objects.samples), out=broken)
    assert len(lines(broken)) == 2
    content = broken.read_bytes()
    broken.write_bytes(content[:-40])  # and the machine died while it wrote
    assert measure(red, objects, out=broken, resume=True) == table
    assert lines(broken) == lines(whole)

    before = broken.read_bytes()
    assert measure(red, Killed(objects.samples), out=broken, resume=True) == table
    assert broken.read_bytes() == before  # everything was there: nothing is measured again


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (Settings(protocol="ritm", clicks=6, jitter=0.05, seed=3), "seed 2 there and 3 now"),
        (Settings(protocol="iog", clicks=6, jitter=0.05, seed=2), "protocol 'ritm' there and 'iog' now"),
    ],
)
def test_another_run_is_refused(
    red: Segmenter, objects: Objects, tmp_path: Path, settings: Settings, told: str
) -> None:
    path = tmp_path / "objects.jsonl"
    measure(red, objects, out=path)
    before = path.read_bytes()
    with pytest.raises(DataError, match=told):
        measure(red, objects, settings, out=path, resume=True)
    assert path.read_bytes() == before


def test_other_weights_and_other_data_are_refused(
    red: Segmenter, segmenter: Segmenter, objects: Objects, tmp_path: Path
) -> None:
    path = tmp_path / "objects.jsonl"
    measure(red, objects, out=path)
    with pytest.raises(DataError, match="weights '0000"):
        measure(segmenter, objects, out=path, resume=True)
    with pytest.raises(DataError, match="objects 5 there and 4 now"):
        measure(red, Objects(objects.samples[:4]), out=path, resume=True)
    with pytest.raises(DataError, match=r"object 0 is exact.png#1 there and void half.png#1 now"):
        measure(red, Objects(objects.samples[::-1]), out=path, resume=True)


def test_a_file_is_not_overwritten(red: Segmenter, objects: Objects, tmp_path: Path) -> None:
    path = tmp_path / "objects.jsonl"
    path.write_text("precious\n")
    with pytest.raises(DataError, match="add `resume`"):
        measure(red, objects, out=path)
    with pytest.raises(DataError, match=r"objects.jsonl, line 1"):
        measure(red, objects, out=path, resume=True)
    with pytest.raises(DataError, match="name it with `out`"):
        measure(red, objects, resume=True)
    assert path.read_text() == "precious\n"


def test_replay(red: Segmenter, objects: Objects, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    measure(red, objects, out=first)
    report = measure(red, objects, Settings(protocol="ritm", clicks=6), replay=first, out=second)
    assert f"clicks of {first}" in report
    assert read_results(second) == read_results(first)
    with pytest.raises(DataError, match="is missing"):
        measure(red, objects, replay=tmp_path / "nowhere.jsonl")


def test_the_gallery(red: Segmenter, objects: Objects, tmp_path: Path) -> None:
    objects.samples[3] = ObjectSample(
        "<nothing>.png#1", "g", "a & b", objects[3].image, objects[3].mask, objects[3].void
    )
    folder = tmp_path / "worst"
    report = measure(red, objects, Settings(clicks=4), gallery=folder, worst=2)
    assert str(folder / "index.html") in report
    assert sorted(p.name for p in folder.iterdir()) == ["001.png", "002.png", "index.html"]
    page = (folder / "index.html").read_text()
    assert page.index("&lt;nothing&gt;.png#1") < page.index("half.png#1")
    assert "IoU 50.0 %" in page
    assert "a &amp; b" in page
    with Image.open(folder / "002.png") as picture:
        pixels = np.asarray(picture)
    assert pixels.shape[1] == 480
    assert (pixels == (255, 170, 0)).all(axis=2).sum() > 500  # the truth's outline


def test_photos_in_the_training_set_are_found(red: Segmenter, objects: Objects, tmp_path: Path) -> None:
    from iog.samples import samples

    training = tmp_path / "training"
    training.mkdir()
    with pytest.raises(DataError, match="holds no pictures"):
        shared_photos({}, training)
    photos = {}
    for sample in samples():
        with Image.open(sample.photo) as photo:
            rgb = photo.convert("RGB")
        photos[fingerprint(np.asarray(rgb))] = f"{sample.photo.name}#1"
    with Image.open(samples()[1].photo) as photo:
        photo.convert("RGB").resize((200, 133)).save(training / "another name.jpg", quality=60)
    Image.new("RGB", (9, 9)).save(training / "rocket.png")
    (training / "torn.png").write_bytes(b"no picture")
    found = shared_photos(photos, training)
    assert set(found) == {"coffee.png#1", "rocket.jpg#1"}
    assert "looks the same" in found["coffee.png#1"]

    report = measure(red, objects, trained_on=training)
    assert "photos that the model was trained on: 0 of 5" in report
