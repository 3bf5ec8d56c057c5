"""One evaluation from start to report: measure, write lines, tables, gallery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from iog import robot
from iog.datasets import ObjectDataset
from iog.errors import DataError
from iog.evaluation import tables
from iog.evaluation.gallery import write_gallery
from iog.evaluation.lines import ResultFile, read_results, run_of
from iog.evaluation.overlap import shared_photos
from iog.evaluation.protocol import ObjectResult, evaluate, measured_as
from iog.evaluation.quoting import check_quotable, quote
from iog.evaluation.settings import By, Settings
from iog.segmenter import Segmenter
from iog.wording import counted

_SWEEP = (
    "Mean IoU after 3 clicks by threshold. The best of a row is chosen on the objects that it is measured "
    "on, so it is no figure to report; the figures above are at 0.5."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What to make of an evaluation besides the tables."""

    by: tuple[By, ...] = ("group",)
    """One set of tables each."""
    out: Path | None = None
    """File that takes one JSON line an object."""
    resume: bool = False
    """Whether to resume that file."""
    gallery: Path | None = None
    """Folder for pictures of the worst objects."""
    worst: int = 24
    """Number of worst objects."""
    replay: Path | None = None
    """Earlier result file whose clicks are made again."""
    trained_on: Path | None = None
    """Folder of training photos, to look for those of the test set."""
    quoted: tuple[tuple[Path, str], ...] = ()
    """Documents and the names of the figures in them that the tables replace (`iog.evaluation.quoting`)."""


def run(
    segmenter: Segmenter, objects: ObjectDataset, indices: Sequence[int], settings: Settings, output: Output
) -> Iterator[str]:
    """Measure the objects `indices` and give the report, part by part.

    Raises
    ------
    DataError
        If the result file is of another run or exists without `resume`, or a recorded object is missing.
    """
    if output.resume and output.out is None:
        raise DataError("`resume` needs a result file: name it with `out`")
    for document, name in output.quoted:
        check_quotable(document, name)
    recorded = None if output.replay is None else read_results(output.replay)
    identity = run_of(segmenter, objects, settings, output.replay)

    def measured(left: Sequence[int]) -> Iterator[ObjectResult]:
        found = evaluate(segmenter, objects, settings, indices=left, recorded=recorded)
        return iter(tqdm(found, total=len(left), unit="object", disable=None, dynamic_ncols=True))

    if output.out is None:
        done = {result.index: result for result in measured(indices)}
    else:
        with ResultFile(output.out, identity, resume=output.resume) as file:
            _check_same_data(file, objects)
            for result in measured([i for i in indices if i not in file.done]):
                file.add(result)
            done = file.done
    results = [done[i] for i in indices if i in done]
    if not results:
        raise DataError("every mask is empty: there is no object to click on")

    report = [_headline(segmenter, settings, output)]
    if len(results) < len(objects):
        report.append(f"{len(results)} of {len(objects)} objects")
    if len(results) < len(indices):
        report.append(f"left out: {counted(len(indices) - len(results), 'objects')} with an empty mask")
    shared, where = _overlap(results, output.trained_on)
    report.append(shared)
    found = [tables.report(results, settings.protocol, by) for by in output.by]
    if settings.sweep_thresholds:
        found.append(_SWEEP)
        found += [tables.sweep_table(results, by) for by in output.by]
    yield "\n\n".join(["\n".join([*report, *where]), *found])
    for document, name in output.quoted:
        # Where photos lie on this machine is nothing for a document.
        quote(document, name, "\n\n".join([*report, *found]))
        yield f"the figures {name} in {document} are replaced"
    if output.gallery is not None:
        clicks = 3 if settings.protocol == "iog" else settings.clicks
        shown = measured_as(segmenter, settings)
        write_gallery(output.gallery, shown, objects, results, clicks=clicks, worst=output.worst)
        yield f"the worst objects are in {output.gallery / 'index.html'}"


def _check_same_data(file: ResultFile, objects: ObjectDataset) -> None:
    """The run tells datasets apart by length and groups; this looks at one object, too."""
    known = next(iter(file.done.values()), None)
    if known is not None and (name := objects[known.index].name) != known.name:
        raise DataError(
            f"{file.path} is of other data: object {known.index} is {known.name} there and {name} now"
        )


def _headline(segmenter: Segmenter, settings: Settings, output: Output) -> str:
    info = segmenter.engine.info
    if output.replay is not None:
        user = f"clicks of {output.replay}"
    else:
        user = (
            f"robot user {robot.VERSION}, jitter {settings.jitter:g}, inside depth "
            f"{settings.inside_depth:g}, correction depth {settings.correction_depth:g}, seed {settings.seed}"
        )
    stretched = ", masks stretched to full range" if settings.stretch_to_full_range else ""
    return (
        f"model {info.name}, weights {info.weights_sha256[:12]}, protocol {settings.protocol}, "
        f"{settings.clicks} clicks (box 2, inside 1), threshold 0.5{stretched}, no flips, no zoom, {user}"
    )


def _overlap(results: Sequence[ObjectResult], training: Path | None) -> tuple[str, list[str]]:
    """How many photos the model was trained on, and a line for each."""
    photos = {result.photo: result.name for result in results}
    if training is None:
        return "photos that the model was trained on: not checked (--trained-on FOLDER)", []
    shared = shared_photos(photos, training)
    told = f"photos that the model was trained on: {len(shared)} of {len(photos)}"
    return told, [f"  {name} = {why}" for name, why in shared.items()]
