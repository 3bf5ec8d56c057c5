"""Milliseconds, memory and arithmetic of every method on this machine; `iog bench speed`.

Every method gets the same photo, object and number of threads (classical methods use one: their libraries
have no more). Rounds are interleaved, so that whatever else runs strikes all alike; the least and the median
are kept, the least being the machine's own. Cold is a method's first mask in the process, after its library
was imported. Memory is measured in a fresh process each.
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import cycle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from iog import zoo
from iog.bench.results import write_environment
from iog.bench.subjects import Participant, opened
from iog.bench.tables import NONE, Table
from iog.clicks import Clicks, Correction
from iog.evaluation.subjects import BoxedNetwork, Image, Subject
from iog.files import write_json
from iog.images import read_image
from iog.masks import mask_box
from iog.robot import BoolArray, RobotUser
from iog.samples import samples
from iog.segmenter import Segmenter, Session

Steps = dict[str, Callable[[], object]]

_OBJECT = "cup"
_PEAK_SIDE = 1024  # of the matrices whose product shows the machine's peak


def run(
    out: Path,
    names: Sequence[str],
    models: Sequence[tuple[str, str]],
    megapixels: Sequence[float],
    rounds: int,
    threads: int | None,
) -> Iterator[str]:
    """Measure, write `speed.json` into the results folder, and give tables as text."""
    cv2.setNumThreads(1)
    out.mkdir(parents=True, exist_ok=True)
    photo, mask = scene(0.3, enlarged=False)
    with opened(names, models, threads=threads, limited=False) as participants:
        write_environment(out, threads, {p.name: p.identity for p in participants})
        cold = {p.name: _milliseconds(lambda s=p.subject: prompted(s, photo, mask)) for p in participants}  # type: ignore[misc]
        timed: Steps = {}
        for one in participants:
            timed |= _method_steps(one, photo, mask)
        networks = [(p, p.subject) for p in participants if isinstance(p.subject, BoxedNetwork)]
        answering = [(p, s) for p, s in networks if s.last is None]  # corrections
        for one, network in answering:
            for size in megapixels:
                timed |= _photo_steps(one.name, network, size)
        times = interleaved(timed, rounds)
        result = {
            "threads": threads,
            "rounds": rounds,
            "methods": [
                {
                    "name": p.name,
                    "title": p.title,
                    "family": p.family,
                    "cold": round(cold[p.name], 2),
                    **{step: times[f"{p.name} {step}"] for step in _STEPS if f"{p.name} {step}" in times},
                    "peak_mb": peak_memory(p.name, models, 0.3, threads),
                }
                for p in participants
            ],
            "photos": [
                {
                    "name": p.name,
                    "title": p.title,
                    "megapixels": size,
                    **{step: times[f"{p.name} {step} {size:g}"] for step in _PHOTO_STEPS},
                    "peak_mb": peak_memory(p.name, models, size, threads),
                }
                for p, _ in answering
                for size in megapixels
            ],
            "arithmetic": [
                line for p, network in networks for line in _arithmetic(p, network, times, threads)
            ],
        }
    write_json(out / "speed.json", result)
    for table in speed_tables(result):
        yield table.markdown()


_STEPS = ("prompt", "click", "encode", "decode", "paste")
_PHOTO_STEPS = ("same object", "same object, whole mask", "enlarged object", "enlarged object, whole mask")


def scene(megapixels: float, *, enlarged: bool) -> tuple[Image, BoolArray]:
    """A sample photo of about so many megapixels and its object's mask.

    Either all is enlarged, or the photo is surrounded by copies of itself and the object stays as it is.
    """
    photo, mask = _sample()
    height, width = mask.shape
    scale = (megapixels * 1e6 / (height * width)) ** 0.5
    size = round(scale * width), round(scale * height)
    if enlarged or scale < 1:
        whole = np.asarray(cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST), bool)
        return np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_LINEAR), np.uint8), whole
    tiles = -(-size[1] // height), -(-size[0] // width)
    alone = np.zeros(size[::-1], bool)
    alone[:height, :width] = mask[: size[1], : size[0]]
    return np.tile(photo, (*tiles, 1))[: size[1], : size[0]].copy(), alone


@lru_cache(maxsize=1)
def _sample() -> tuple[Image, BoolArray]:
    sample = next(s for s in samples() if s.object == _OBJECT)
    photo = read_image(sample.photo)
    return photo, Segmenter().segment(photo, sample.clicks).mask


def interleaved(steps: Steps, rounds: int) -> dict[str, dict[str, float]]:
    """Least and median milliseconds of each step, one round after the other; the first only warms up."""
    found: dict[str, list[float]] = {name: [] for name in steps}
    for number in tqdm(range(rounds + 1), unit="round", disable=None, dynamic_ncols=True):
        for name, step in steps.items():
            spent = _milliseconds(step)
            if number:
                found[name].append(spent)
    return {
        name: {"least": round(min(values), 3), "median": round(statistics.median(values), 3)}
        for name, values in found.items()
    }


def speed_tables(speed: Mapping[str, Any]) -> list[Table]:
    """What `speed.json` holds, as tables."""

    def cell(entry: Mapping[str, Any], step: str, which: str = "least") -> str:
        return f"{entry[step][which]:.1f}" if step in entry else NONE

    methods = [
        [
            *(m["title"], m["family"], f"{m['cold']:.0f}", cell(m, "prompt"), cell(m, "click")),
            *(cell(m, "click", "median"), cell(m, "encode"), cell(m, "decode"), cell(m, "paste")),
            NONE if m["peak_mb"] is None else str(m["peak_mb"]),
        ]
        for m in speed["methods"]
    ]
    photos = [
        [
            *(p["title"], f"{p['megapixels']:g}", *(cell(p, step) for step in _PHOTO_STEPS)),
            NONE if p["peak_mb"] is None else str(p["peak_mb"]),
        ]
        for p in speed["photos"]
    ]
    arithmetic = [
        [
            *(a["title"], a["half"], f"{a['gflop']:.2f}"),
            *(f"{a['gflop_per_s']:.0f}", f"{a['peak_gflop_per_s']:.0f}"),
            f"{100 * a['gflop_per_s'] / a['peak_gflop_per_s']:.0f}",
        ]
        for a in speed["arithmetic"]
    ]
    rounds = f"Least of {speed['rounds']} interleaved rounds unless a column says otherwise. "
    found = [
        Table(
            "speed",
            "Milliseconds on a photo of 0.3 megapixels",
            rounds
            + "Cold: the first mask in the process. Prompt: from the first clicks to their mask. Click: "
            "one correction to its mask, or the prompt again where a method takes none.",
            [
                *("method", "kind", "cold ms", "prompt ms", "click ms", "click, median ms"),
                *("encode ms", "decode ms", "paste ms", "peak MB"),
            ],
            methods,
        )
    ]
    if photos:
        found.append(
            Table(
                "scaling",
                "Milliseconds per correction by size of the photo",
                rounds + "Same object: its pixels stay, the photo grows around it. Enlarged: both grow. "
                "To the mask where the crop lies, as the annotator draws it, and to one of the whole photo.",
                ["method", "megapixels", *_PHOTO_STEPS, "peak MB"],
                photos,
            )
        )
    if arithmetic:
        found.append(
            Table(
                "arithmetic",
                "Arithmetic of the networks",
                f"Against the product of two float32 matrices of {_PEAK_SIDE} a side on the same threads.",
                ["method", "half", "GFLOP", "GFLOP/s", "peak GFLOP/s", "share of peak, %"],
                arithmetic,
            )
        )
    return found


def prompted(subject: Subject, photo: Image, mask: BoolArray) -> Any:
    """An attempt that has its whole prompt; the first click on the object where clicks are all there is."""
    attempt = subject.begin(photo, mask, RobotUser())
    if subject.prompt == 0:
        _ = attempt.step(hand(mask)[1][0]).mask
        return attempt
    for _ in range(subject.first, max(subject.first, min(3, subject.last or 3)) + 1):
        _ = attempt.step(None).mask
    return attempt


def _method_steps(participant: Participant, photo: Image, mask: BoolArray) -> Steps:
    name, subject = participant.name, participant.subject

    def prompt() -> object:
        return prompted(subject, photo, mask)

    steps: Steps = {f"{name} prompt": prompt, f"{name} click": prompt}
    if subject.last is None:
        attempt = prompted(subject, photo, mask)
        # The same two corrections in turn, so that a method's seeds do not grow without end.
        clicks = cycle(hand(mask)[1])
        steps[f"{name} click"] = lambda: attempt.step(next(clicks)).mask
    if isinstance(subject, BoxedNetwork):
        segmenter = subject.segmenter
        prediction = segmenter.segment(photo, RobotUser().clicks(mask))
        inputs = [segmenter.encoder_input(photo, prediction.clicks, prediction.crop)]
        features = segmenter.encode(inputs)
        steps |= {
            f"{name} encode": lambda: segmenter.encode(inputs),
            f"{name} decode": lambda: segmenter.decode(
                features, [prediction.clicks], [prediction.crop], [None]
            ),
            # A copy: predictions keep what they have pasted.
            f"{name} paste": lambda: replace(prediction).mask,
        }
    return steps


def _photo_steps(name: str, network: BoxedNetwork, megapixels: float) -> Steps:
    steps: Steps = {}
    for kind, enlarged in (("same object", False), ("enlarged object", True)):
        photo, mask = scene(megapixels, enlarged=enlarged)
        session, corrections = _opened(network, photo, mask)
        turns = cycle(corrections)

        def correct(whole: bool, session: Session = session, turns: Any = turns) -> object:
            prediction = session.correct(*next(turns))
            session.undo()
            return prediction.mask if whole else prediction.visible

        steps[f"{name} {kind} {megapixels:g}"] = lambda f=correct: f(False)  # type: ignore[misc]
        whole = f"{name} {kind}, whole mask {megapixels:g}"
        steps[whole] = lambda f=correct: f(True)  # type: ignore[misc]
    return steps


def _opened(network: BoxedNetwork, photo: Image, mask: BoolArray) -> tuple[Session, list[Correction]]:
    """An object after three clicks, and corrections to make."""
    clicks, corrections = hand(mask)
    session = network.segmenter.session(photo, clicks.corners)
    assert clicks.inside is not None
    session.click(*clicks.inside)
    return session, corrections


def hand(mask: BoolArray) -> tuple[Clicks, list[Correction]]:
    """The first three clicks on an object, and two corrections that are true: one on it, one beside it.

    The robot user looks at the object alone: its work on a large photo would take the time and the memory.
    """
    box = mask_box(mask)
    assert box is not None
    part = np.pad(mask[box.y0 : box.y1, box.x0 : box.x1], 1)
    x, y = box.x0 - 1, box.y0 - 1
    first = RobotUser().clicks(part)
    user = RobotUser(correction_depth=0.5)
    found = [user.correction(np.zeros_like(part), part), user.correction(np.ones_like(part), part)]
    corners = [(corner.x + x, corner.y + y) for corner in first.corners]
    assert first.inside is not None
    clicks = Clicks.of(corners, (first.inside.x + x, first.inside.y + y))
    return clicks, [Correction(c.x + x, c.y + y, c.foreground) for c in found if c is not None]


def _arithmetic(
    participant: Participant,
    network: BoxedNetwork,
    times: Mapping[str, Mapping[str, float]],
    threads: int | None,
) -> list[dict[str, Any]]:
    """Floating-point operations of both halves and how fast they go; nothing without PyTorch."""
    try:
        import torch
        from torch.utils.flop_counter import FlopCounterMode
    except ImportError:
        return []
    from iog.engines.onnx import OnnxEngine
    from iog.engines.torch import TorchEngine

    engine = network.segmenter.engine
    if isinstance(engine, OnnxEngine) and participant.name in zoo.MODELS:
        engine = TorchEngine.from_files(*zoo.files_of(participant.name))
    if not isinstance(engine, TorchEngine):
        return []
    photo, mask = scene(0.3, enlarged=False)
    segmenter = Segmenter(engine)
    clicks = RobotUser().clicks(mask)
    crop = segmenter.crop(clicks)
    inputs = [segmenter.encoder_input(photo, clicks, crop)]
    kept = torch.get_num_threads()
    torch.set_num_threads(threads or kept)
    matrix = torch.rand(_PEAK_SIDE, _PEAK_SIDE)
    least = interleaved({"product": lambda: matrix @ matrix}, 20)["product"]["least"]
    torch.set_num_threads(kept)
    peak = 2 * _PEAK_SIDE**3 / least / 1e6
    found = []
    features = segmenter.encode(inputs)
    for half, action in (
        ("encode", lambda: segmenter.encode(inputs)),
        ("decode", lambda: segmenter.decode(features, [clicks], [crop], [None])),
    ):
        counter = FlopCounterMode(display=False)
        with counter:
            action()
        operations = counter.get_total_flops() / 1e9
        found.append(
            {
                "title": participant.title,
                "half": half,
                "gflop": round(operations, 4),
                "gflop_per_s": round(1000 * operations / times[f"{participant.name} {half}"]["least"], 1),
                "peak_gflop_per_s": round(peak, 1),
            }
        )
    return found


def peak_memory(
    name: str, models: Sequence[tuple[str, str]], megapixels: float, threads: int | None
) -> int | None:
    """Peak of a fresh process that opens a method, makes a photo and answers a prompt and a click, in MB."""
    if sys.platform == "win32":
        return None
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure_memory, (name, list(models), megapixels, threads))


def _measure_memory(
    name: str, models: Sequence[tuple[str, str]], megapixels: float, threads: int | None
) -> int:
    photo, mask = scene(megapixels, enlarged=False)
    named = [pair for pair in models if pair[0] == name]
    with opened([] if named else [name], named, threads=threads, limited=False) as (participant,):
        subject = participant.subject
        if isinstance(subject, BoxedNetwork) and subject.last is None:
            session, corrections = _opened(subject, photo, mask)
            session.correct(*corrections[0]).mask.any()
        else:
            prompted(subject, photo, mask)
    return _peak_megabytes()


def _peak_megabytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux its peak begins with that of the process that started this one.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return round(int(line.split()[1]) * 1024 / 1e6)
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def _milliseconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - started)
