"""Processor time and memory of an object by crops in one run of the network: python benchmarks/batch.py

Processor time of one thread, not of the clock, so that it can roughly be measured beside other work. Least of
the rounds.
"""

from __future__ import annotations

import resource

import iog.segmenter
from iog.images import read_image
from iog.samples import samples
from iog.segmenter import Segmenter

OBJECTS, ROUNDS, SIZES = 24, 5, (1, 2, 4, 8)


def main() -> None:
    segmenter = Segmenter(threads=1)
    known = [(read_image(sample.photo), sample.clicks) for sample in samples()]
    images, clicks = zip(*(known[i % len(known)] for i in range(OBJECTS)), strict=True)
    segmenter.segment_batch(images[:2], clicks[:2])
    spent: dict[int, list[float]] = {size: [] for size in SIZES}
    peak: dict[int, int] = {}
    for _ in range(ROUNDS):
        for size in SIZES:
            iog.segmenter.BATCH = size
            before = resource.getrusage(resource.RUSAGE_SELF)
            segmenter.segment_batch(images, clicks)
            after = resource.getrusage(resource.RUSAGE_SELF)
            spent[size].append(1000 * (after.ru_utime - before.ru_utime) / OBJECTS)
            peak.setdefault(size, after.ru_maxrss // 1024)  # sizes rise, so the first round tells
    print("crops a run  ms an object  peak MiB")
    for size in SIZES:
        print(f"{size:>11}  {min(spent[size]):>12.1f}  {peak[size]:>8}")


if __name__ == "__main__":
    main()
