"""The models that a project has learned: a folder beside the project file.

    PROJECT.models/
      shelf.json                        which model each label uses, and used before; whether learning is on
      2/model.json                      model 2: its name, from what it learned, what that gained
      2/model.encoder.onnx, 2/model.decoder.onnx, 2/model.calibration.json

A model's folder gets its number only when all of it is there, and `shelf.json` names it after that, so that
no crash leaves half a model in use.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from iog.errors import DataError
from iog.files import replacing, settle, settle_names

FORMAT = "iog-shelf-1"
STEM = "model"
_FILES = (f"{STEM}.encoder.onnx", f"{STEM}.decoder.onnx")
_CALIBRATION = f"{STEM}.calibration.json"
_STALE = 60  # seconds after which a temporary file is nobody's

START = 0
"""The number of the model that a project starts with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedModel:
    """A model on the shelf."""

    number: int
    name: str
    label: str
    """Of the objects for which it is."""
    objects: int
    """From how many it learned."""
    ids: tuple[int, ...]
    """Which these were, in the project where it learned."""
    held: int
    """On how many it was compared."""
    before: float
    """Clicks per object before, measured on objects that it had not seen."""
    after: float
    low: float
    """Of the clicks saved per object: 95 % interval."""
    high: float
    made: float
    """Seconds since 1970."""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LearnedModel:
        """What `asdict` made of one."""
        return cls(**{**data, "ids": tuple(int(number) for number in data["ids"])})


@dataclass(frozen=True, slots=True)
class _State:
    """What shelf.json holds."""

    on: bool = False
    used: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """Of each label, the models in the order in which they came into use; the last one is used now."""


class Shelf:
    """The models of a project. Several processes may use one.

    Parameters
    ----------
    project
        The project file; its folder of models is made when something is put there.
    """

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project.with_suffix(".models")

    # ---- what there is

    def models(self) -> list[LearnedModel]:
        """All models, by number.

        Raises
        ------
        DataError
            If one cannot be read.
        """
        if not self.folder.is_dir():
            return []
        numbers = sorted(int(p.name) for p in self.folder.iterdir() if re.fullmatch(r"[1-9]\d*", p.name))
        return [self._read(number) for number in numbers]

    def model(self, number: int) -> LearnedModel:
        """One model; `DataError` if there is none with this number."""
        if number < 1 or not (self.folder / str(number)).is_dir():
            raise DataError(f"{self.project.name} has no model {number}; list them: {self._command()}")
        return self._read(number)

    def file(self, number: int) -> Path:
        """The encoder of a model, as `Segmenter` takes it."""
        return self.folder / str(number) / _FILES[0]

    def labels(self) -> dict[str, int]:
        """The number of the model that each label uses, of labels that use a learned one."""
        return {label: used[-1] for label, used in self._state().used.items() if used[-1] != START}

    def before(self, label: str) -> int:
        """The number of the model to which `go_back` leads."""
        return ([START, START, *self._state().used.get(label, ())])[-2]

    @property
    def on(self) -> bool:
        """Whether the project learns while a person labels."""
        return self._state().on

    @on.setter
    def on(self, on: bool) -> None:
        self._write(replace(self._state(), on=on))

    # ---- what is done with them

    def add(self, made: Path, record: LearnedModel) -> LearnedModel:
        """Put a model on the shelf; the files of the folder `made` are moved there. It is not used yet."""
        self.folder.mkdir(exist_ok=True)
        taken = [int(p.name) for p in self.folder.iterdir() if p.name.isdecimal()]
        number = max(taken, default=0) + 1
        with replacing(made / "model.json", "w") as file:
            json.dump(asdict(record), file, ensure_ascii=False, indent=1)
        settle(made)
        while True:
            try:
                made.rename(self.folder / str(number))
                settle_names(self.folder)
                return replace(record, number=number)
            except OSError:
                if not (self.folder / str(number)).exists():
                    raise
                number += 1  # another process was faster

    def use(self, label: str, number: int) -> None:
        """Use a model for the next objects with a label; 0 is the model that the project started with."""
        if number != START:
            self.model(number)
        state = self._state()
        used = list(state.used.get(label, ()))
        if (used or [START])[-1] != number:
            self._write(replace(state, used={**state.used, label: [*used, number]}))

    def go_back(self, label: str) -> int:
        """Use the model that a label used before; returns its number. `DataError` if there is none."""
        state = self._state()
        used = list(state.used.get(label, ()))
        if not used:
            raise DataError(f"label {label!r} used no other model before")
        rest = {name: numbers for name, numbers in state.used.items() if name != label}
        self._write(replace(state, used={**rest, label: used[:-1]} if used[:-1] else rest))
        return (used[:-1] or [START])[-1]

    def rename(self, number: int, name: str) -> LearnedModel:
        """Give a model another name."""
        if not name.strip():
            raise DataError("a model's name has one character at least")
        model = replace(self.model(number), name=name.strip())
        with replacing(self.folder / str(number) / "model.json", "w") as file:
            json.dump(asdict(model), file, ensure_ascii=False, indent=1)
        return model

    def delete(self, number: int) -> None:
        """Throw a model away; labels that use it go back to the one before."""
        self.model(number)
        state = self._state()
        used = {label: [n for n in numbers if n != number] for label, numbers in state.used.items()}
        self._write(replace(state, used={label: numbers for label, numbers in used.items() if numbers}))
        gone = self.folder / f".{number}.deleted"
        (self.folder / str(number)).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)  # another process may tidy up

    def export(self, number: int, stem: Path) -> list[Path]:
        """Copy a model's files: STEM.encoder.onnx, STEM.decoder.onnx, and STEM.calibration.json if there.

        Raises
        ------
        DataError
            If there is no such model, or no folder for the files.
        """
        self.model(number)
        if not stem.absolute().parent.is_dir():
            raise DataError(f"folder {stem.absolute().parent} does not exist; make it first")
        written = []
        for name in (*_FILES, _CALIBRATION):
            source = self.folder / str(number) / name
            if source.is_file():
                target = stem.with_name(stem.name + name.removeprefix(STEM))
                with replacing(target) as file:
                    file.write(source.read_bytes())
                written.append(target)
        return written

    def carry(self, other: Shelf, number: int) -> LearnedModel:
        """Copy a model of another project here, and use it for its label."""
        model = other.model(number)
        self.folder.mkdir(exist_ok=True)
        made = self.folder / f".carried.{os.getpid()}"
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(other.folder / str(number), made)
        # The numbers of its objects mean others here.
        carried = self.add(made, replace(model, ids=()))
        self.use(carried.label, carried.number)
        return carried

    def tidy(self) -> None:
        """Throw away what killed processes left half done; those that still run lose nothing."""
        import psutil

        for pattern in (".carried.*", ".*.deleted", ".*.tmp"):
            for path in self.folder.glob(pattern):
                owner = path.name.rpartition(".")[2]
                if owner.isdecimal() and owner != str(os.getpid()) and psutil.pid_exists(int(owner)):
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                elif time.time() - path.stat().st_mtime > _STALE:
                    path.unlink(missing_ok=True)

    def _command(self) -> str:
        return f"iog annotate models {self.project}"

    def _read(self, number: int) -> LearnedModel:
        folder = self.folder / str(number)
        try:
            model = LearnedModel.from_json(json.loads((folder / "model.json").read_text(encoding="utf-8")))
            missing = [name for name in _FILES if not (folder / name).is_file()]
            if missing:
                raise ValueError(f"{missing[0]} is missing")
            return replace(model, number=number)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{folder} is not a model that can be read ({error}); delete that folder"
            ) from None

    def _state(self) -> _State:
        path = self.folder / "shelf.json"
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise DataError(f"{path} has format {data['format']!r}; this release reads {FORMAT}")
            used = {str(label): [int(n) for n in numbers] for label, numbers in data["used"].items()}
            there = {
                label: [n for n in ns if n == START or self.file(n).is_file()] for label, ns in used.items()
            }
            return _State(bool(data["on"]), {label: numbers for label, numbers in there.items() if numbers})
        except FileNotFoundError:
            return _State()
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(
                f"{path} cannot be read ({error}); delete it to start with the first model"
            ) from None

    def _write(self, state: _State) -> None:
        self.folder.mkdir(exist_ok=True)
        with replacing(self.folder / "shelf.json", "w") as file:
            json.dump({"format": FORMAT, "on": state.on, "used": state.used}, file, ensure_ascii=False)
