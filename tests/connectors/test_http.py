from __future__ import annotations

import base64
import gzip
import io

import numpy as np
import pytest
from PIL import Image

import iog
from iog.connectors import objects
from iog.connectors.core import Core
from iog.masks import decode_rle, rasterize
from iog.samples import Sample
from tests.connectors.conftest import Connect, picture


def test_three_clicks_and_corrections(connect: Connect, core: Core, coffee: Sample) -> None:
    client = connect("http", core)
    sent = client.post("/v1/photos", content=coffee.photo.read_bytes())
    assert sent.status_code == 201
    photo, corners, inside = sent.json()["photo"], coffee.clicks.corners, coffee.clicks.inside
    assert inside is not None

    made = client.post("/v1/objects", json={"photo": photo, "corners": corners}).json()
    assert np.array_equal(decode_rle(made["rle"]), iog.segment(coffee.photo, corners).mask)
    place = f"/v1/objects/{made['id']}"
    third = client.post(f"{place}/clicks", json={"x": inside[0], "y": inside[1]}).json()
    assert third["clicks"]["inside"] == list(inside)
    expected = iog.segment(coffee.photo, corners, inside)
    assert np.array_equal(decode_rle(third["rle"]), expected.mask)
    assert third["confidence"] == round(expected.confidence, 4)

    x, y = coffee.clicks.box.x0 + 3, coffee.clicks.box.y0 + 3
    fourth = client.post(f"{place}/clicks", json={"x": x, "y": y, "foreground": False}).json()
    corrected = iog.segment(coffee.photo, corners, inside, [(x, y, False)])
    assert np.array_equal(decode_rle(fourth["rle"]), corrected.mask)
    png = client.get(f"{place}/mask.png")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png.content))) == 255, corrected.mask)

    assert client.post(f"{place}/undo").json() == {**third, "can_redo": True}
    assert client.post(f"{place}/redo").json() == fourth
    line = [[x + 20, y], [x + 40, y + 2]]
    drawn = client.post(f"{place}/clicks", json={"x": x, "y": y, "foreground": False, "path": line}).json()
    stroked = iog.segment(coffee.photo, corners, inside, [(x, y, False), drawn["clicks"]["corrections"][1]])
    assert stroked.clicks.corrections[1].path == ((x, y), *map(tuple, line))
    assert np.array_equal(decode_rle(drawn["rle"]), stroked.mask)
    wrong = client.post(f"{place}/clicks", json={"x": x, "y": y, "path": line, "role": "inside"})
    assert wrong.status_code == 422 and "an inside click is one pixel" in wrong.text
    client.post(f"{place}/undo")
    look = client.get(place, params={"include": ["polygons", "png"]}).json()
    assert look["rle"] is None
    rings = [ring for part in look["polygons"] for ring in (part["outer"], *part["holes"])]
    assert np.array_equal(rasterize(rings, look["width"], look["height"]), corrected.mask)
    assert base64.b64decode(look["png"]) == png.content
    assert client.delete(place).status_code == 204
    assert client.get(place).status_code == 404


def test_bytes_data_uris_and_all_clicks_at_once(connect: Connect, core: Core, coffee: Sample) -> None:
    client = connect("http", core)
    (x0, y0), (x1, y1) = corners = coffee.clicks.corners
    content = coffee.photo.read_bytes()
    plain = client.post("/v1/objects", content=content, params={"corners": [x0, y0, x1, y1]})
    assert plain.status_code == 201, plain.text
    uri = "data:image/png;base64," + base64.b64encode(content).decode()
    whole = client.post(
        "/v1/objects", json={"image": uri, "corners": corners, "inside": coffee.clicks.inside}
    ).json()
    assert np.array_equal(decode_rle(plain.json()["rle"]), iog.segment(coffee.photo, corners).mask)
    expected = iog.segment(coffee.photo, corners, coffee.clicks.inside).mask
    assert np.array_equal(decode_rle(whole["rle"]), expected)


def test_a_batch_of_boxes(connect: Connect, core: Core, coffee: Sample) -> None:
    box = coffee.clicks.box
    image = base64.b64encode(coffee.photo.read_bytes()).decode()
    client = connect("http", core)
    boxes = [list(box), [box.x0 + 9.2, box.y0 + 9, box.x1, box.y1]]
    found = client.post("/v1/boxes", json={"image": image, "boxes": boxes}).json()["objects"]
    for one, x, y in zip(found, (box.x0, box.x0 + 9), (box.y0, box.y0 + 9), strict=True):
        expected = iog.segment(coffee.photo, ((x, y), (box.x1 - 1, box.y1 - 1))).mask
        assert np.array_equal(decode_rle(one["rle"]), expected)
    wrong = client.post("/v1/boxes", json={"image": image, "boxes": [list(box), [9000, 9000, 9100, 9100]]})
    assert wrong.status_code == 422 and "box 2: not a box" in wrong.json()["error"]


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/v1/objects", {"corners": [[1, 1], [30, 30]]}, 422, "either photo"),
        ("/v1/objects", {"photo": "x", "image": "y", "corners": [[1, 1], [30, 30]]}, 422, "either photo"),
        ("/v1/objects", {"photo": "nobody", "corners": [[1, 1], [30, 30]]}, 404, "upload it again"),
        ("/v1/objects", {"image": "AAAA", "corners": [[1, 1], [30, 30]]}, 422, "not a picture"),
        (
            "/v1/objects",
            {"image": "http://127.0.0.1/", "corners": [[1, 1], [30, 30]]},
            422,
            "addresses are not fetched",
        ),
        ("/v1/objects", {"image": "!", "corners": [[1, 1], [30, 30]]}, 422, "not base64"),
        ("/v1/objects", {"image": "AAAA", "corners": [[1, 1]]}, 422, "corners"),
        ("/v1/objects", {"image": "AAAA", "corner": 1}, 422, "corner"),
        ("/v1/objects/nobody/undo", None, 404, "no object 'nobody'"),
        ("/v1/nothing", {}, 404, "Not Found"),
    ],
)
def test_mistakes_are_one_sentence(
    connect: Connect, stub: Core, path: str, body: object, status: int, says: str
) -> None:
    answer = connect("http", stub).post(path, json=body)
    assert answer.status_code == status
    assert says in answer.json()["error"]


def test_bodies_of_another_type_are_told_how_to_send_them(connect: Connect, stub: Core) -> None:
    client = connect("http", stub)
    form = client.post("/v1/photos", files={"file": ("a.png", picture())})
    assert form.status_code == 422 and "not a form" in form.json()["error"]
    packed = client.post("/v1/photos", content=gzip.compress(picture()), headers={"content-encoding": "gzip"})
    assert packed.status_code == 422 and "without Content-Encoding" in packed.json()["error"]
    image = base64.b64encode(picture()).decode()
    made = client.post("/v1/objects", json={"image": image, "corners": [[5, 5], [40, 30]]}).json()
    click = f"/v1/objects/{made['id']}/clicks"
    typed = client.post(click, content=b'{"x": 20, "y": 20}', headers={"content-type": "text/plain"})
    assert typed.status_code == 422 and "Content-Type: application/json" in typed.json()["error"]


def test_a_click_that_does_not_fit_changes_nothing(connect: Connect, stub: Core) -> None:
    client = connect("http", stub)
    image = base64.b64encode(picture()).decode()
    made = client.post("/v1/objects", json={"image": image, "corners": [[5, 5], [40, 30]]}).json()
    place = f"/v1/objects/{made['id']}"
    assert "outside the image" in client.post(f"{place}/clicks", json={"x": 70, "y": 1}).json()["error"]
    wrong = {"x": 20, "y": 20, "foreground": False, "role": "inside"}
    assert "inside click is on the object" in client.post(f"{place}/clicks", json=wrong).json()["error"]
    assert client.get(place).json() == made


def test_old_photos_and_objects_are_forgotten(stub: Core) -> None:
    size = len(picture())
    kept = objects.Objects(stub, upload_bytes=2 * size + 99, most=2)
    names = [kept.add_photo(picture(seed=seed))[0] for seed in range(3)]
    with pytest.raises(objects.UnknownError):
        kept.photo(names[0])
    clicks = iog.Clicks.of(((5, 5), (40, 30)))
    ids = [kept.start(names[2], clicks)[0] for _ in range(3)]
    with pytest.raises(objects.UnknownError):
        kept.look(ids[0])
    assert kept.look(ids[2])[1].mask.any()
    kept.forget_photo(names[2])
    with pytest.raises(objects.UnknownError, match="upload it again"):
        kept.look(ids[2])


def test_the_description_is_a_page_and_json(connect: Connect, stub: Core) -> None:
    client = connect("http", stub)
    page = client.get("/").text
    assert "/v1/objects" in page
    assert 'Body: <a href="#Prompt">' in page and '<h2 id="Prompt">' in page
    assert "Two opposite corner pixels of a box" in page  # what a field is
    assert 'Answer (201): <a href="#SegmentedObject">' in page
    described = client.get("/api/openapi.json").json()
    assert "examples" in described["components"]["schemas"]["Click"]
    assert client.get("/health").json() == {"status": "ok", "model": "disc"}
