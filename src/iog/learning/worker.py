"""The process that learns: `python -m iog.learning.worker FOLDER`, started by `iog.learning.job`.

It reads FOLDER/job.json, tells its progress in FOLDER/progress.json, and writes FOLDER/result.json last. If a
copy was better, FOLDER/model holds it. It ends with the process that started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from iog.errors import DataError, IogError
from iog.files import replacing

if TYPE_CHECKING:
    from iog.datasets import ObjectSample

STEPS: Mapping[str, Any] = {
    "samples": 240,
    "batch": 8,
    "warmup": 10,
    "learning_rate": 3e-4,
    "workers": 0,
    "shares": ("learned=0.8", "replayed=0.2"),
}
"""All that differs from the defaults of `iog train finetune`."""

ASKED = 24
"""Objects about which a new model is asked, for the ranges of its 8-bit numbers."""


def main(folder: Path) -> None:
    """Learn; what a user can mend is told in result.json."""
    _step_back()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        result = _learn(folder)
    except IogError as error:
        result = {"error": str(error)}
    with replacing(folder / "result.json", "w") as file:
        json.dump(result, file)


def _step_back() -> None:
    """Lowest priority, one thread, before anything large is imported."""
    process = psutil.Process()
    if sys.platform == "win32":
        process.nice(psutil.IDLE_PRIORITY_CLASS)
    else:
        process.nice(19)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"


def _end_with_parent() -> None:
    """The other end of our standard input closes when the server ends, however it ends."""
    while os.read(0, 1024):  # not through sys.stdin, whose lock would be in the way of an ordinary end
        pass
    os._exit(1)


@dataclass
class _Progress:
    """How much of the work is done."""

    path: Path
    whole: int
    done: int = 0

    def step(self) -> None:
        """One more step of `whole`."""
        self.done += 1
        with replacing(self.path, "w") as file:
            json.dump({"share": min(1.0, self.done / self.whole)}, file)


def _learn(folder: Path) -> dict[str, Any]:
    import cv2
    import torch

    from iog.learning.compare import Cost, Verdict, cost_of, folds_of
    from iog.learning.examples import LEARNED, REPLAYED, Example, cut_examples, replay
    from iog.segmenter import Segmenter

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    photos = Path(job["photos"])
    own = cut_examples(photos, [Example.from_json(e) for e in job["own"]], LEARNED)
    others = cut_examples(photos, [Example.from_json(e) for e in job["others"]], REPLAYED)
    seen = {int(number) for number in job["seen"]}
    unseen = [place for place, sample in enumerate(own) if int(sample.name.rpartition("#")[2]) not in seen]
    if len(unseen) < 2:
        raise DataError(
            "there are no two accepted objects that the current model has not learned from, so nothing can "
            "be compared; accept more"
        )
    start = Segmenter(job["start"], engine="torch")
    present = start if job["present"] == job["start"] else Segmenter(job["present"], engine="torch")
    replayed = [*replay(start), *others]
    folds = folds_of([sample.name.rpartition("#")[0] for sample in own], unseen)
    settings = {**STEPS, **job["settings"]}
    steps = settings["samples"] // settings["batch"]
    whole = len(folds) * steps + 2 * sum(len(fold.held) for fold in folds)
    progress = _Progress(folder / "progress.json", whole)
    before: list[Cost] = []
    after: list[Cost] = []
    copies: list[Segmenter] = []
    for number, fold in enumerate(folds):
        chosen = [own[place] for place in fold.train] + replayed
        copy = _tuned(job["start"], chosen, settings, folder / f"copy-{number}", progress.step)
        copies.append(copy)
        for place in fold.held:
            for costs, segmenter in ((before, present), (after, copy)):
                costs.append(cost_of(segmenter, own[place], seed=place))
                progress.step()
    verdict = Verdict.of(before, after)
    learned = [own[place] for place in folds[0].train] if len(folds) == 1 else own
    ids = [int(sample.name.rpartition("#")[2]) for sample in learned]
    if verdict.better:
        _write(_average(copies), start, job, learned, folder / "model")
    return {"verdict": verdict.to_json(), "objects": len(learned), "ids": ids}


def _tuned(
    start: str,
    objects: Sequence[ObjectSample],
    settings: Mapping[str, Any],
    out: Path,
    tell: Callable[[], None],
) -> Any:
    """A copy of the model that learned from these objects, as a `Segmenter`."""
    from iog.engines.torch import TorchEngine
    from iog.learning.examples import CutObjects
    from iog.networks.describe import info_of
    from iog.segmenter import Segmenter
    from iog.training.finetune import FinetuneRecipe
    from iog.training.loop import train

    @dataclass(frozen=True, kw_only=True)
    class Recipe(FinetuneRecipe):
        """`iog train finetune` on objects in memory."""

        objects: Any = field(default=None)

        def open_objects(self) -> CutObjects:
            return CutObjects(self.objects)

        def loss(self, network: Any, batch: Any, step: int) -> Any:
            tell()
            return FinetuneRecipe.loss(self, network, batch, step)

    plain = FinetuneRecipe(data="project", start=start, **settings)
    recipe = Recipe(**{f.name: getattr(plain, f.name) for f in fields(plain)}, objects=objects)
    told = asdict(plain)
    network = train(recipe, out, settings=told, checkpoint_every=0).eval()
    return Segmenter(TorchEngine(network, info_of(network, {"settings": told, "step": plain.steps}, out)))


def _average(copies: Sequence[Any]) -> Any:
    """One model of copies that learned from parts of the objects, from the same start: the mean of weights.

    Together they have learned from all objects, without another training (Wortsman et al., "Model soups",
    ICML 2022).
    """
    import torch

    first = copies[0]
    with torch.no_grad():
        for number, copy in enumerate(copies[1:], 2):
            values = copy.engine.network.state_dict()
            for name, value in first.engine.network.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(values[name], 1 / number)
    return first


def _write(copy: Any, start: Any, job: Mapping[str, Any], learned: Sequence[ObjectSample], out: Path) -> None:
    """The model as two ONNX files with 8-bit arithmetic, and the calibration of the one that it came from."""
    from iog.datasets.listing import spread
    from iog.evaluation.listening import questions
    from iog.learning.examples import CutObjects
    from iog.learning.shelf import STEM
    from iog.networks.export import export

    out.mkdir()
    asked = questions(copy.engine, CutObjects([learned[i] for i in spread(len(learned), ASKED)]))
    info = replace(copy.engine.info, name=job["name"])
    encoder, _ = export(copy.engine.network, out / STEM, info, asked)
    if start.calibration is not None:
        from iog.engines.onnx import OnnxEngine

        written = OnnxEngine(encoder, out / f"{STEM}.decoder.onnx", threads=1).info
        measured = {"of": start.model, "note": "curves of the model that this one learned from"}
        replace(start.calibration, weights_sha256=written.weights_sha256, measured=measured).write(
            out / f"{STEM}.calibration.json"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
