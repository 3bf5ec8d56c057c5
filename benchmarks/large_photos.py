"""Whether large photos give the masks that they gave: python -m benchmarks.large_photos --data DATA

Objects of a dataset, enlarged until the crop's window has `--side` pixels a side at least, with a sensor's
noise. Each is cut as today and as before. Printed: how many crops are equal, how far apart others are, and
the IoU of today's masks with those from before; equal crops have equal masks, as a mask is a function of crop
and clicks. `--control` tells why equal crops matter: it changes four values of each crop by one grey level.
"""

from __future__ import annotations

import argparse

import cv2
import numpy as np
import numpy.typing as npt
from benchmarks.speed import extract_before
from tqdm import tqdm

from iog.averaging import suits
from iog.clicks import Clicks
from iog.crop import Crop
from iog.datasets import PhotoDataset
from iog.datasets.listing import spread
from iog.evaluation.metrics import iou
from iog.evaluation.tables import markdown
from iog.robot import RobotUser
from iog.segmenter import Segmenter

NOISE = 4.0
"""Standard deviation of the noise of an enlarged photo, in grey levels."""

CONTROL = 4
"""Values of a crop that the control changes."""

ByteArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--split", default="val")
    parser.add_argument("--objects", type=int, default=500)
    parser.add_argument("--side", type=int, default=1600, help="pixels of the shorter side of a window")
    parser.add_argument("--control", action="store_true")
    arguments = parser.parse_args()

    dataset = PhotoDataset(arguments.data, arguments.split)
    segmenter = Segmenter()
    equal, furthest = 0, 0
    same: list[float] = []
    control: list[float] = []
    for number in tqdm(spread(len(dataset), arguments.objects), disable=None):
        sample = dataset[number]
        photo, clicks = enlarged(sample.image, RobotUser().clicks(sample.mask), segmenter, arguments.side)
        crop = segmenter.crop(clicks)
        assert suits(photo, crop.window, crop.width, crop.height), "a large window"
        now, then = crop.extract(photo), extract_before(crop, photo)
        if arguments.control:
            other = changed(then, np.random.default_rng(number))
            masks = [masked(segmenter, pixels, clicks, crop, photo) for pixels in (other, then)]
            control.append(iou(*masks))
        if np.array_equal(now, then):
            equal += 1
            same.append(1.0)
            continue
        furthest = max(furthest, int(np.abs(now.astype(int) - then).max()))
        masks = [masked(segmenter, pixels, clicks, crop, photo) for pixels in (now, then)]
        same.append(iou(*masks))
    rows = [
        ["objects", str(len(same))],
        ["crops equal in every value", f"{equal}"],
        ["furthest apart, in grey levels", str(furthest)],
        ["IoU with the masks from before: least", f"{min(same):.4f}"],
        ["IoU with the masks from before: 0.999 and over", f"{np.mean(np.array(same) >= 0.999):.1%}"],
    ]
    if control:
        rows += [
            [f"IoU after {CONTROL} values changed by one grey level: mean", f"{np.mean(control):.4f}"],
            [f"IoU after {CONTROL} values changed by one grey level: least", f"{min(control):.4f}"],
        ]
    print(markdown(["crops and masks, now against before", "value"], rows))


def enlarged(image: ByteArray, clicks: Clicks, segmenter: Segmenter, side: int) -> tuple[ByteArray, Clicks]:
    """A photo so large that the window of the clicks has `side` pixels a side at least, and clicks on it."""
    window = segmenter.crop(clicks).window
    factor = -(-side // min(window.width, window.height))
    height, width = image.shape[:2]
    # Of a photo of 100 megapixels and more, the part that the model sees.
    x0, y0, x1, y1 = max(window.x0 - 9, 0), max(window.y0 - 9, 0), window.x1 + 9, window.y1 + 9
    part = image[y0 : min(y1, height), x0 : min(x1, width)]
    large = cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    noise = np.empty(large.shape, np.int16)
    cv2.setRNGSeed(factor)
    cv2.randn(noise, (0.0,) * 3, (NOISE,) * 3)
    photo = np.asarray(cv2.add(large, noise, dtype=cv2.CV_8U), np.uint8)
    (ax, ay), (bx, by) = clicks.corners
    corners = [((x - x0) * factor, (y - y0) * factor) for x, y in ((ax, ay), (bx, by))]
    x, y = clicks.inside or clicks.box.centre
    return photo, Clicks.of(corners, ((x - x0) * factor, (y - y0) * factor))


def changed(pixels: ByteArray, random: np.random.Generator) -> ByteArray:
    """A crop with a few of its 196,608 values one grey level higher or lower."""
    values = pixels.copy().reshape(-1)
    at = random.choice(values.size, CONTROL, replace=False)
    values[at] = np.where(values[at] < 128, values[at] + 1, values[at] - 1)
    return values.reshape(pixels.shape)


def masked(
    segmenter: Segmenter, pixels: ByteArray, clicks: Clicks, crop: Crop, photo: ByteArray
) -> BoolArray:
    """The mask (H, W) of three clicks on a crop's pixels."""
    features = segmenter.encode([pixels])
    (probability,) = segmenter.decode(features, [clicks], [crop], [None])
    return segmenter.prediction(clicks, crop, probability, (photo.shape[1], photo.shape[0])).mask


if __name__ == "__main__":
    main()
