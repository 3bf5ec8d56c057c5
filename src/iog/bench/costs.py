"""What a network costs beside its figures: parameters, arithmetic, memory; a part of `iog bench accuracy`.

costs.json in the results folder keeps them by name, with the weights they belong to. Arithmetic is counted in
PyTorch while the network answers a sample photo, gradients too, so that whoever optimises at each click pays
for it; ONNX files of others say nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from iog import zoo
from iog.bench.results import read_json
from iog.bench.speed import hand, peak_memory, prompted, scene
from iog.bench.subjects import Participant
from iog.engines.onnx import OnnxEngine
from iog.evaluation.subjects import CurveAttempt
from iog.files import write_json
from iog.robot import BoolArray, RobotUser
from iog.segmenter import Segmenter


@dataclass(frozen=True, slots=True)
class Costs:
    """What one method costs; None for what is not known."""

    identity: str
    """Whose they are, as `Participant.identity`."""
    parameters: int | None
    prompt_gmac: float | None
    """Billions of multiply-adds up to the mask of the whole prompt, or of the first click."""
    click_gmac: float | None
    """Of one click more; None if it takes none."""
    peak_mb: int | None
    """Peak memory of a process that answers a prompt."""


def read_costs(folder: Path) -> dict[str, Costs]:
    """What the folder says, by name; empty if it says nothing."""
    path = folder / "costs.json"
    return {name: Costs(**data) for name, data in read_json(path).items()} if path.exists() else {}


def measure_costs(
    folder: Path,
    participants: Sequence[Participant],
    models: Sequence[tuple[str, str]],
    threads: int | None,
) -> Iterator[str]:
    """Measure those of networks that the folder lacks, and give a line of text for each."""
    known = read_costs(folder)
    for one in participants:
        segmenter = getattr(one.subject, "segmenter", None)
        if segmenter is None or (one.name in known and known[one.name].identity == one.identity):
            continue
        parameters, prompt, click = arithmetic(one, segmenter)
        known[one.name] = Costs(
            one.identity, parameters, prompt, click, peak_memory(one.name, models, 0.3, threads)
        )
        write_json(folder / "costs.json", {name: asdict(costs) for name, costs in known.items()})
        yield f"{one.name}: costs measured"


def arithmetic(one: Participant, segmenter: Segmenter) -> tuple[int | None, float | None, float | None]:
    """Parameters, and multiply-adds in billions of a prompt and of a click; nothing without PyTorch."""
    try:
        from torch.utils.flop_counter import FlopCounterMode

        from iog.engines.torch import TorchEngine
    except ImportError:
        return None, None, None

    engine = segmenter.engine
    if isinstance(engine, OnnxEngine) and one.name in zoo.MODELS:
        engine = TorchEngine.from_files(*zoo.files_of(one.name))
    if not isinstance(engine, TorchEngine):
        return None, None, None
    make: Any = type(one.subject)
    subject = make(Segmenter(engine))
    photo, mask = scene(0.3, enlarged=False)
    counter = FlopCounterMode(display=False)
    with counter:
        attempt = prompted(subject, photo, mask)
    prompt, click = counter.get_total_flops() / 2e9, None
    if subject.last is None:
        counter = FlopCounterMode(display=False)
        with counter:
            _next_click(attempt, mask)
        click = counter.get_total_flops() / 2e9
    count = sum(parameter.numel() for parameter in engine.network.parameters())
    return count, round(prompt, 3), None if click is None else round(click, 3)


def _next_click(attempt: Any, mask: BoolArray) -> None:
    if isinstance(attempt, CurveAttempt):
        drag = attempt.ask(RobotUser(), mask)
        assert drag is not None, "no curve fits a cup at once"
        _ = attempt.drag(drag).mask
    else:
        _ = attempt.step(hand(mask)[1][1]).mask


def costs_of(known: Mapping[str, Costs], name: str, identity: str) -> Costs | None:
    """The costs of a method, if they are of these weights."""
    found = known.get(name)
    return found if found is not None and found.identity == identity else None
