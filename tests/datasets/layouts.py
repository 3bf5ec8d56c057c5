"""Writes small samples of each dataset in its published layout.

Every sample shows the same scene of 30 x 20 pixels: FIRST, SECOND, and the row BAND of unknown pixels where
the set has such. Nothing comes from the real sets.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.io import savemat

from iog.datasets.cityscapes import LABELS

WIDTH, HEIGHT = 30, 20
FIRST = np.zeros((HEIGHT, WIDTH), bool)
FIRST[2:10, 3:12] = True
SECOND = np.zeros((HEIGHT, WIDTH), bool)
SECOND[12:18, 20:26] = True
BAND = np.zeros((HEIGHT, WIDTH), bool)
BAND[10] = True
NOTHING = np.zeros((HEIGHT, WIDTH), bool)

FIRST_RING = [[3, 2], [12, 2], [12, 10], [3, 10]]
SECOND_RING = [[20, 12], [26, 12], [26, 18], [20, 18]]


def labels(first: int, second: int, band: int, dtype: type = np.uint8) -> np.ndarray:
    return (FIRST * first + SECOND * second + BAND * band).astype(dtype)


def photo(path: Path, width: int = WIDTH, height: int = HEIGHT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(path)
    return path


def picture(path: Path, values: np.ndarray, palette: bool = False) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values)
    if palette:
        image.putpalette([value for index in range(256) for value in (index, 255 - index, index // 2)])
    image.save(path)
    return path


def text(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def voc(root: Path, *, train: str = "2007_000002", val: str = "2007_000001") -> None:
    folder = root / "VOCdevkit" / "VOC2012"
    for split, name in (("train", train), ("val", val)):
        text(folder / "ImageSets/Segmentation" / f"{split}.txt", f"{name}\n")
        text(folder / "ImageSets/Main" / f"{split}.txt", f"{name}\n")
        photo(folder / "JPEGImages" / f"{name}.jpg")
        picture(folder / "SegmentationObject" / f"{name}.png", labels(1, 2, 255), palette=True)
        picture(folder / "SegmentationClass" / f"{name}.png", labels(8, 15, 255), palette=True)
        things = [("cat", 4, 3, 12, 10, 0), ("person", 21, 13, 26, 18, 0), ("person", 1, 1, 9, 9, 1)]
        xml(folder / "Annotations" / f"{name}.xml", things)


def xml(path: Path, things: list[tuple[str, int, int, int, int, int]]) -> Path:
    objects = "".join(
        f"<object><name>{name}</name><difficult>{difficult}</difficult><bndbox><xmin>{x0}</xmin>"
        f"<ymin>{y0}</ymin><xmax>{x1}</xmax><ymax>{y1}</ymax></bndbox></object>"
        for name, x0, y0, x1, y1, difficult in things
    )
    return text(path, f"<annotation><filename>x</filename>{objects}</annotation>")


def sbd(root: Path, *, train: str = "2008_000003", val: str = "2008_000004") -> None:
    folder = root / "benchmark_RELEASE" / "dataset"
    for split, names in (("train", train), ("val", val)):
        text(folder / f"{split}.txt", "".join(f"{name}\n" for name in names.split()))
        for name in names.split():
            photo(folder / "img" / f"{name}.jpg")
            (folder / "inst").mkdir(exist_ok=True)
            content = {"Segmentation": labels(1, 2, 0), "Categories": np.array([[8], [15]], np.uint8)}
            savemat(folder / "inst" / f"{name}.mat", {"GTinst": content}, do_compression=True)


def voc_sbd(root: Path) -> None:
    voc(root)
    # VOC's own train and val photos are in SBD, too; the former count once, the latter not at all.
    sbd(root, train="2008_000003 2007_000001", val="2008_000004 2007_000002")


def coco_json(path: Path, file_names: dict[int, str]) -> Path:
    """Photos by id; in each a polygon, compressed and uncompressed run lengths, and a crowd."""
    second = run_lengths(SECOND)
    annotations = []
    for image_id in file_names:
        shapes = [
            (18, 0, [[float(v) for point in FIRST_RING for v in point]]),
            (90, 0, {"size": [HEIGHT, WIDTH], "counts": second}),
            (90, 1, {"size": [HEIGHT, WIDTH], "counts": run_lengths(BAND)}),
        ]
        annotations += [
            {
                "id": 10 * image_id + number,
                "image_id": image_id,
                "category_id": category,
                "iscrowd": crowd,
                "bbox": [3, 2, 9, 8] if number == 1 else [20.25, 12, 5.5, 5.75],
                "area": 1,
                "segmentation": shape,
            }
            for number, (category, crowd, shape) in enumerate(shapes, 1)
        ]
    data = {
        "images": [
            {"id": id_, "file_name": name, "width": WIDTH, "height": HEIGHT}
            for id_, name in file_names.items()
        ],
        "categories": [{"id": 18, "name": "dog"}, {"id": 90, "name": "toothbrush"}],
        "annotations": annotations,
    }
    return text(path, json.dumps(data))


def run_lengths(mask: np.ndarray) -> list[int]:
    """COCO's uncompressed run lengths, counted one pixel after the other."""
    counts, value = [0], False
    for pixel in mask.T.ravel():
        if pixel != value:
            counts.append(0)
            value = not value
        counts[-1] += 1
    return counts


def coco(root: Path) -> None:
    for split, prefix in (("val2017", ""), ("val2014", "COCO_val2014_")):
        names = {7: f"{prefix}000000000007.jpg", 3: f"{prefix}000000000003.jpg"}
        coco_json(root / "annotations" / f"instances_{split}.json", names)
        for name in names.values():
            photo(root / split / name)


def coco_mval(root: Path) -> None:
    for name, mask in (("dog00_000000000007", FIRST), ("hot dog01_000000000003", SECOND)):
        photo(root / "COCO_MVal/img" / f"{name}.jpg")
        picture(root / "COCO_MVal/gt" / f"{name}.png", mask.astype(np.uint8) * 255)


def grabcut(root: Path) -> None:
    for name, ending, first, second in (("cross", ".jpg", 255, 0), ("doll", ".bmp", 0, 255)):
        photo(root / "data_GT" / f"{name}{ending}")
        picture(root / "boundary_GT" / f"{name}.bmp", labels(first, second, 128))


def berkeley(root: Path) -> None:
    photo(root / "images" / "239007.jpg")
    grey = labels(255, 0, 128)
    picture(root / "masks" / "239007.png", np.repeat(grey[..., None], 3, axis=2))
    picture(root / "masks" / "239007a.png", labels(0, 255, 128))


def davis(root: Path) -> None:
    lines = []
    for number, mask in enumerate((FIRST, SECOND)):
        image, gt = f"JPEGImages/480p/bear/{number:05}.jpg", f"Annotations/480p/bear/{number:05}.png"
        photo(root / "DAVIS" / image)
        picture(root / "DAVIS" / gt, mask.astype(np.uint8) * 255)
        lines.append(f"/{image} /{gt}\n")
    text(root / "DAVIS/ImageSets/480p/val.txt", "".join(lines))


def davis_frames(root: Path) -> None:
    for number, mask in enumerate((FIRST, SECOND)):
        photo(root / "img" / f"{number:03}.jpg")
        colour = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
        colour[mask, 1] = 128
        picture(root / "gt" / f"{number:03}.png", colour)


def cityscapes(root: Path, *, polygons: bool = False) -> None:
    stem = "ulm_000000_000019"
    photo(root / "leftImg8bit/val/ulm" / f"{stem}_leftImg8bit.png")
    annotations = root / "gtFine/val/ulm"
    if not polygons:
        ids = labels(26000, 24001, 26, np.uint16)
        ids[ids == 0] = LABELS["road"]
        picture(annotations / f"{stem}_gtFine_instanceIds.png", ids)
        return

    def thing(label: str, x0: int, y0: int, x1: int, y1: int, **more: int) -> dict[str, object]:
        return {"label": label, "polygon": [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], **more}

    things = [
        thing("road", 0, 0, 29, 19),
        thing("cargroup", 0, 10, 29, 10),
        thing("car", 3, 2, 11, 9),
        thing("license plate", 4, 3, 5, 4),
        thing("truck", 0, 0, 5, 5, deleted=1),
        thing("person", 0, 0, 1, 1),
        thing("road", 0, 0, 1, 1),
        thing("person", 20, 12, 25, 17),
    ]
    data = {"imgHeight": HEIGHT, "imgWidth": WIDTH, "objects": things}
    text(annotations / f"{stem}_gtFine_polygons.json", json.dumps(data))


def cityscapes_polygons(root: Path) -> None:
    cityscapes(root, polygons=True)


def rooftop(root: Path) -> None:
    photo(root / "01.jpg")
    # MATLAB's first pixel has its centre at (1, 1), so our edge 0 is its 0.5.
    outlines = np.empty((1, 2), object)
    for position, ring in enumerate((FIRST_RING, SECOND_RING)):
        outlines[0, position] = np.array(ring, float) + 0.5
    savemat(root / "01.mat", {"gt": outlines})


def sstem(root: Path) -> None:
    photo(root / "stack1/raw/00.tif")
    picture(root / "stack1/mitochondria/00.png", labels(255, 255, 0))


def agriculture(root: Path) -> None:
    name = "ABC_0-0-512-512"
    photo(root / "val/images/rgb" / f"{name}.jpg")
    inside = (~BAND).astype(np.uint8) * 255
    picture(root / "val/boundaries" / f"{name}.png", inside)
    picture(root / "val/masks" / f"{name}.png", np.full_like(inside, 255))
    picture(root / "val/labels/water" / f"{name}.png", labels(255, 0, 0))
    # A patch that reaches into the void loses that part.
    picture(root / "val/labels/weed_cluster" / f"{name}.png", labels(0, 255, 255))


def folder(root: Path) -> None:
    photo(root / "a.jpg")
    picture(root / "a.png", labels(1, 2, 255))


def labelme(root: Path) -> None:
    photo(root / "a.jpg")
    shapes = [
        {"label": "door", "points": FIRST_RING, "shape_type": "polygon", "group_id": None},
        {"label": "door", "points": [[20, 12], [26, 12], [26, 15], [20, 15]], "group_id": 1},
        {"label": "door", "points": [[20, 15], [26, 15], [26, 18], [20, 18]], "group_id": 1},
        {"label": "__ignore__", "points": [[0, 10], [30, 11]], "shape_type": "rectangle"},
        {"label": "handle", "points": [[5, 5]], "shape_type": "point"},
    ]
    data = {"version": "5.4.1", "flags": {}, "shapes": shapes, "imagePath": "a.jpg", "imageData": None}
    text(root / "a.json", json.dumps({**data, "imageHeight": HEIGHT, "imageWidth": WIDTH}))


def own_coco(root: Path) -> None:
    photo(root / "images" / "b.jpg")
    coco_json(root / "mine.json", {1: "b.jpg"})


def photos(root: Path) -> None:
    photo(root / "a.png")
    picture(root / "a.mask.png", labels(1, 2, 255))
    objects = [{"id": 1, "area": 72, "category": "cat"}, {"id": 2, "area": 36, "category": "dog"}]
    line = {"image": "a.png", "mask": "a.mask.png", "set": "x", "kind": "instance", "objects": objects}
    text(root / "val.jsonl", json.dumps(line) + "\n")


def imagenet(root: Path) -> None:
    photo(root / "ILSVRC/Data/CLS-LOC/train/n01440764/n01440764_18.JPEG")
    things = [("n01440764", 0, 2, 30, 20, 0), ("n01440764", 3, 2, 12, 10, 0)]
    xml(root / "ILSVRC/Annotations/CLS-LOC/train/n01440764/n01440764_18.xml", things)


def open_images(root: Path) -> None:
    photo(root / "validation" / "0001eeaf4aed83f9.jpg")
    header = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf\n"
    rows = [
        "0001eeaf4aed83f9,xclick,/m/0cmf2,1,0.1,0.4,0.1,0.5,0,0,0\n",
        "0001eeaf4aed83f9,xclick,/m/unknown,1,0.0,1.0,0.0,1.0,0,0,0\n",
        "0001eeaf4aed83f9,xclick,/m/0cmf2,1,0.0,1.0,0.0,1.0,0,0,1\n",
        "ffffffffffffffff,xclick,/m/0cmf2,1,0.0,1.0,0.0,1.0,0,0,0\n",
    ]
    text(root / "validation-annotations-bbox.csv", header + "".join(rows))
    text(root / "class-descriptions-boxable.csv", "/m/0cmf2,Airplane\n")


Writer = Callable[[Path], None]
