"""From a person's work to masks: the store, the photos and one model behind one set of methods."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from iog.annotator.photos import Photos
from iog.annotator.previews import PREVIEW_SIDE, SCREEN_SIDE, OnMask, Preview
from iog.annotator.sessions import Sessions
from iog.annotator.store import CHANGED_ELSEWHERE, ObjectRow, State, Store
from iog.annotator.work import Work
from iog.engines import Engine
from iog.errors import ConflictError, DataError
from iog.patch import Patch
from iog.prediction import Prediction
from iog.segmenter import Segmenter

SPARED = 0.1
"""Share of an object that accepted ones may take from it without a question."""

NOT_SHOWN = "this mask was not shown yet, or changed when others were accepted; check it, then accept it"

Kind = Literal[
    "corners",
    "inside",
    "correction",
    "move",
    "remove",
    "brush",
    "reshape",
    "tidy",
    "label",
    "facts",
    "accept",
    "delete",
]


@dataclass(frozen=True, slots=True)
class BoxMasks:
    """What `Workbench.masks_for_boxes` did."""

    objects: list[ObjectRow]
    """Those that got their masks."""
    left: int
    """How many boxes wait yet."""
    step: int | None
    """In the photo's history."""


class Workbench:
    """Everything the server needs to answer; safe to share between threads.

    Parameters
    ----------
    folder
        The photos.
    project
        The project file; made if need be.
    model
        As `Segmenter`. Loaded in the background, so that the page is there at once.
    names
        Paths of photos below the folder; None takes all.

    Raises
    ------
    DataError
        If the folder does not exist or the project file is unusable.
    """

    def __init__(
        self,
        folder: Path,
        project: Path,
        model: str | Path | Engine = "lite",
        names: Collection[str] | None = None,
    ) -> None:
        self.store = Store(project)
        try:
            self.photos = Photos(folder, self.store, names)
        except BaseException:
            self.store.close()
            raise
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="iog")
        self._sessions = Sessions(self.photos, model, self._workers)
        self._lock = threading.Lock()
        self._newest: OrderedDict[str, int] = OrderedDict()
        self._previewing = threading.Lock()
        self.on_close: Callable[[], None] = lambda: None
        """Called first when the workbench is closed."""

    def close(self) -> None:
        """Finish what is running and close the project file."""
        self.on_close()
        self._workers.shutdown(cancel_futures=True)
        self.photos.close()
        self.store.close()

    def read_ahead(self) -> None:
        """Read the photo that the page opens with, in the background, while the browser still starts."""
        first = self.store.first_unfinished()
        if first is not None:
            self._workers.submit(self.photos.display, first.id)  # a failure is told to the page, when it asks

    def segmenter(self, label: str | None = None) -> Segmenter:
        """The model for objects with a label, waited for; `ModelError` if it cannot be loaded."""
        return self._sessions.segmenter(label)

    def use(self, learned: Mapping[str, Segmenter]) -> None:
        """From now on open objects with these labels with these models; those that are open keep theirs."""
        self._sessions.use(learned)

    def start(self, photo: int, work: Work, label: str, seconds: float) -> ObjectRow:
        """Open an object by its corners, or with what was drawn by hand.

        Features of a box are computed in the background from now on.

        Raises
        ------
        ClickError, ImageError, DataError
            If the clicks do not fit the photo, or the photo cannot be read.
        """
        height, width = self.photos.pixels(photo).shape[:2]
        if work.clicks is None:
            _check_drawn(work)
            drawn = work.compose(None, self._accepted(photo), width, height)
            return self.store.create(photo, work, label=label, mask=drawn, seconds=seconds, kind="brush")
        work.clicks.check_inside_image(width, height)
        created = self.store.create(photo, work, label=label, seconds=seconds, kind="corners")
        self._sessions.of(created, work.clicks)
        return created

    def prepare(self, number: int) -> ObjectRow:
        """An object that a person opens, with the mask that they will see.

        A mere box gets its mask now, and a mask leaves to others what was accepted since it was made: what is
        shown is what an acceptance saves. Features are computed in the background.
        """
        found = self.store.one(number)
        if found.state != "draft":
            return found
        if found.mask is None and found.work.clicks is not None:
            patch, confidence = self._mask(found, found.work, True, None)
            return self.store.show(number, found.version, patch, confidence)
        clipped = self._clipped(found)
        if clipped is not None and clipped != found.mask:
            return self.store.show(number, found.version, clipped, found.confidence)
        if found.work.clicks is not None:
            self._sessions.of(found, found.work.clicks)
        return found

    def _clipped(self, found: ObjectRow) -> Patch | None:
        """The mask without what was accepted since, if accepted objects are to be spared."""
        patch = found.mask
        if patch is None or not found.work.spare:
            return patch
        for other in self._accepted(found.photo, found.id):
            patch = patch.without(other)
        return patch

    def _check_acceptable(self, found: ObjectRow) -> None:
        """Raise unless the mask that a person saw can be saved as it is."""
        if found.mask is None or self._clipped(found) != found.mask:
            self.prepare(found.id)
            raise ConflictError(NOT_SHOWN)
        if not found.work.spare:
            return
        box = found.mask.box if found.work.clicks is None else found.mask.box.union(found.work.clicks.box)
        near = [other.box.intersection(box) for other in self._accepted(found.photo, found.id)]
        if not any(shared.width > 0 and shared.height > 0 for shared in near):
            return
        whole, _ = self._mask(found, replace(found.work, spare=False), True, None)
        if whole is not None and found.mask.area < (1 - SPARED) * whole.area:
            lost = 1 - found.mask.area / whole.area
            raise ConflictError(
                f"{lost:.0%} of this object lies on accepted objects and would be left out. Switch "
                "'Do not overwrite accepted' off to keep the whole object, or correct its outline"
            )

    def preview(self, number: int, inside: tuple[float, float], tab: str, sequence: int) -> Preview | None:
        """The mask for an inside click; None when `tab` has asked for a later `sequence` meanwhile.

        Raises
        ------
        ClickError
            If the click lies outside the object's box or the image.
        """
        with self._lock:
            self._newest[tab] = max(sequence, self._newest.get(tab, sequence))
            self._newest.move_to_end(tab)
            while len(self._newest) > 64:
                self._newest.popitem(last=False)
        found = self.store.one(number)
        if found.work.clicks is None:
            raise DataError("an object needs clicks")
        session = self._sessions.of(found, found.work.clicks).result()
        with self._previewing:
            with self._lock:
                if self._newest.get(tab, sequence) > sequence:
                    return None
            if session.clicks != found.work.clicks:  # undone or changed in another process
                session.change(found.work.clicks)
            prediction = session.preview(inside)
        return Preview.of(prediction, PREVIEW_SIDE)

    def change(
        self,
        number: int,
        version: int,
        work: Work,
        *,
        label: str,
        state: State,
        seconds: float,
        kind: Kind,
        facts: Mapping[str, Any] | None = None,
        on_mask: OnMask | None = None,
    ) -> ObjectRow:
        """Make the object what a person wants it to be, and save it. Of its facts those named change.

        A mask that had to be computed is first given to `on_mask` as the screen shows it.

        `work.imported` is not the person's to set: it stays what it was, until the first click replaces it.

        Raises
        ------
        ConflictError
            If `version` is not the newest, an acceptance is of a mask that was not shown (the object then has
            the mask to look at), or would leave over a tenth of the object to others.
        ClickError, ImageError
            If the clicks do not fit the photo, or the photo cannot be read. Nothing is changed then.
        """
        found = self.store.one(number)
        if found.version != version:  # before a mask is computed for nothing
            raise ConflictError(CHANGED_ELSEWHERE)
        if work.clicks is None:
            work = replace(work, imported=found.work.imported)
        patch, confidence = found.mask, found.confidence
        if work != found.work:
            patch, confidence = self._mask(found, work, state == "accepted", on_mask)
        elif state == "accepted" and found.state == "draft":
            self._check_acceptable(found)
        return self.store.change(
            number,
            version,
            work,
            label=label,
            state=state,
            mask=patch,
            confidence=confidence,
            seconds=seconds,
            kind=kind,
            facts=None if facts is None else _changed_facts(found.facts, facts),
        )

    def boxes(self, photo: int) -> list[ObjectRow]:
        """The objects of a photo that have only a box."""
        return [o for o in self.store.objects(photo) if o.mask is None and o.work.clicks is not None]

    def masks_for_boxes(self, photo: int, step: int | None = None, most: int | None = None) -> BoxMasks:
        """Compute the masks of all, or at most so many, objects of a photo that have only a box.

        With the `step` of an earlier answer they belong to the same step for undo.
        """
        boxes = self.boxes(photo)
        waiting = boxes[:most]
        if not waiting:
            return BoxMasks([], 0, step)
        pixels = self.photos.pixels(photo)
        models = {o.id: self.segmenter(o.label) for o in waiting}
        predictions: dict[int, Prediction] = {}
        for model in dict.fromkeys(models.values()):
            own = [o for o in waiting if models[o.id] is model]
            clicks = [o.work.clicks for o in own if o.work.clicks is not None]
            answers = model.segment_batch([pixels] * len(clicks), clicks)
            predictions |= zip((o.id for o in own), answers, strict=True)
        made = []
        masks = [self._compose(o, o.work, predictions[o.id]) for o in waiting]
        with self.store.together(photo, step) as steps:
            for found, mask in zip(waiting, masks, strict=True):
                with suppress(ConflictError):  # a person was faster; their work stands
                    made.append(
                        self.store.change(
                            found.id,
                            found.version,
                            found.work,
                            label=found.label,
                            state="draft",
                            mask=mask,
                            confidence=predictions[found.id].confidence,
                            seconds=0,
                            kind="automatic",
                        )
                    )
        return BoxMasks(made, len(boxes) - len(waiting), steps.get(photo, step))

    def _mask(
        self, found: ObjectRow, work: Work, needed: bool, on_mask: OnMask | None
    ) -> tuple[Patch | None, float | None]:
        """The mask of `work` and the model's confidence; none for a mere box unless it is `needed`."""
        prediction = None
        if work.clicks is not None:
            opened = self._sessions.of(found, work.clicks)
            if work.clicks.inside is None and found.mask is None and not work.strokes and not needed:
                return None, None
            session = opened.result()
            prediction = session.prediction
            if prediction.clicks != work.clicks:
                prediction = session.change(work.clicks)
        elif work.imported is None:
            _check_drawn(work)
        # Every pixel of a large object costs a third of the time that a person waits for a correction.
        if on_mask is not None and prediction is not None and self._is_plain(found, work, prediction):
            shown = Preview.of(prediction, SCREEN_SIDE)
            on_mask(shown.window, shown.mask)
            on_mask = None
        patch = self._compose(found, work, prediction)
        confidence = prediction.confidence if prediction else None
        if on_mask is not None:
            on_mask(patch.box, patch.mask)
        return patch, confidence

    def _is_plain(self, found: ObjectRow, work: Work, prediction: Prediction) -> bool:
        """Whether the mask is the model's alone."""
        if work.strokes or work.largest or work.fill:
            return False
        if not work.spare:
            return True
        window = prediction.crop.window
        shared = (window.intersection(other.box) for other in self._accepted(found.photo, found.id))
        return not any(box.width > 0 and box.height > 0 for box in shared)

    def _compose(self, found: ObjectRow, work: Work, prediction: Prediction | None) -> Patch:
        height, width = self.photos.pixels(found.photo).shape[:2]
        return work.compose(prediction, self._accepted(found.photo, found.id), width, height)

    def _accepted(self, photo: int, but: int | None = None) -> list[Patch]:
        """Masks of the photo's accepted objects, but for one."""
        return [
            other.mask
            for other in self.store.objects(photo)
            if other.state == "accepted" and other.id != but and other.mask is not None
        ]


def _check_drawn(work: Work) -> None:
    if not work.strokes:
        raise DataError("an object needs clicks or something drawn by hand")


def _changed_facts(known: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the project keeps: nothing that is the default, answers in the order in which they were given."""
    answers = dict(known.get("attributes", {}))
    for name, answer in changes.get("attributes", {}).items():
        answers.pop(name, None)
        if answer is not None:
            answers[name] = answer
    return {name: value for name, value in {**known, **changes, "attributes": answers}.items() if value}
