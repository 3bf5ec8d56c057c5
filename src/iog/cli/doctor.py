"""`iog doctor`."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import metadata
from typing import TypedDict

import click
from packaging.requirements import Requirement

from iog._version import __version__


class Package(TypedDict):
    """A package that iog asks for."""

    wanted: str
    """The versions that will do, such as ">=1.26"; empty if any."""
    found: str | None
    """The version that is installed."""
    fits: bool


class ModelReport(TypedDict):
    """A bundled model."""

    weights_sha256: str | None
    error: str | None
    """Why it cannot be used: a sentence."""


class DoctorReport(TypedDict):
    """What `iog doctor --json` prints."""

    iog: str
    python: str
    platform: str
    processors: int | None
    providers: list[str]
    """The execution providers that ONNX Runtime offers; iog runs on CPUExecutionProvider."""
    torch_devices: list[str]
    packages: dict[str, Package]
    extras: dict[str, dict[str, Package]]
    models: dict[str, ModelReport]
    problems: list[str]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(as_json: bool) -> None:
    """Check the installation: versions, extras, what the network can run on, the bundled model.

    Paste what it prints into a bug report. It sends nothing anywhere.

    Exit status: 0 all is well, 1 something is missing, too old or damaged (it says what).
    """
    report = examine()
    click.echo(json.dumps(report, indent=2) if as_json else "\n".join(_lines(report)))
    if report["problems"]:
        sys.exit(1)


def examine() -> DoctorReport:
    """Look at everything; the problems come with what to do about them."""
    packages, extras = _packages()
    models = _models()
    named = {name: package for group in ({"": packages} | extras).values() for name, package in group.items()}
    problems = [
        f"{name} {package['found']} does not fit {package['wanted']}: "
        f"pip install --upgrade '{name}{package['wanted']}'"
        for name, package in sorted(named.items())
        if package["found"] and not package["fits"]
    ]
    problems += [
        f"{name} is missing: pip install --force-reinstall iog"
        for name, package in packages.items()
        if package["found"] is None
    ]
    problems += [f"model {name}: {model['error']}" for name, model in models.items() if model["error"]]
    return DoctorReport(
        iog=__version__,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        platform=platform.platform(),
        processors=os.cpu_count(),
        providers=_providers(),
        torch_devices=_torch_devices(),
        packages=packages,
        extras=extras,
        models=models,
        problems=problems,
    )


def _packages() -> tuple[dict[str, Package], dict[str, dict[str, Package]]]:
    """What iog always needs, and what each extra adds."""
    try:
        distribution = metadata.distribution("iog")
    except metadata.PackageNotFoundError:  # run from a source tree that was not installed
        return {}, {}
    wanted = [Requirement(line) for line in distribution.requires or []]
    always = {line.name: _package(line) for line in wanted if _asked(line, "")}
    extras = {
        extra: {
            line.name: _package(line)
            for line in wanted
            if _asked(line, extra) and line.name != "iog" and line.name not in always
        }
        for extra in sorted(
            distribution.metadata.get_all("Provides-Extra") or [], key=lambda name: (name == "dev", name)
        )
    }
    return always, extras


def _dev_last(extra: str) -> tuple[bool, str]:
    return extra == "dev", extra


def _asked(line: Requirement, extra: str) -> bool:
    return line.marker is None or line.marker.evaluate({"extra": extra})


def _package(line: Requirement) -> Package:
    try:
        found = metadata.version(line.name)
    except metadata.PackageNotFoundError:
        return Package(wanted=str(line.specifier), found=None, fits=False)
    return Package(
        wanted=str(line.specifier), found=found, fits=line.specifier.contains(found, prereleases=True)
    )


def _models() -> dict[str, ModelReport]:
    """Whether each bundled model is whole and answers; what fails is a finding here, not an end."""
    models = {}
    try:
        from iog import zoo
        from iog.samples import samples
        from iog.segmenter import Segmenter
    except ImportError as error:
        return {"lite": ModelReport(weights_sha256=None, error=str(error))}
    for name in zoo.MODELS:
        try:
            segmenter = Segmenter(name)
            photo, _, clicks = samples()[0]
            found = segmenter.segment(photo, clicks).mask.any()
        except Exception as error:
            models[name] = ModelReport(weights_sha256=None, error=str(error))
            continue
        models[name] = ModelReport(
            weights_sha256=segmenter.engine.info.weights_sha256,
            error=None if found else "it finds nothing in a sample photo; reinstall iog and onnxruntime",
        )
    return models


def _providers() -> list[str]:
    try:
        import onnxruntime
    except ImportError:
        return []
    return list(onnxruntime.get_available_providers())


def _torch_devices() -> list[str]:
    try:
        import torch
    except Exception:  # an installation that is broken may raise anything
        return []
    cards = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    return ["cpu", *cards, *(["mps"] if torch.backends.mps.is_available() else [])]


def _lines(report: DoctorReport) -> list[str]:
    lines = [
        f"iog        {report['iog']}",
        f"python     {report['python']}",
        f"platform   {report['platform']}, {report['processors']} processors",
        f"runs on    {', '.join(report['providers']) or 'nothing: ONNX Runtime cannot be imported'}",
    ]
    if report["torch_devices"]:
        lines.append(f"PyTorch    {', '.join(report['torch_devices'])}")
    for name, model in report["models"].items():
        state = model["error"] or f"answers, weights sha256 {model['weights_sha256']}"
        lines.append(f"model      {name}: {state}")
    if not report["packages"]:
        lines.append("packages   unknown: iog runs from a source tree that is not installed")
    told: set[str] = set()
    for name, package in report["packages"].items():
        lines.append(f"package    {name} {package['found'] or 'missing'}")
    for extra, wanted in report["extras"].items():
        lines.append(f"extra      {_extra(extra, wanted, told)}")
        told |= set(wanted)
    lines += [f"PROBLEM    {problem}" for problem in report["problems"]]
    return [*lines, "" if report["problems"] else "All is well."]


def _extra(name: str, wanted: dict[str, Package], told: set[str]) -> str:
    """One line; versions only of packages that no line before has `told`."""
    found = [f"{package} {what['found']}" for package, what in wanted.items() if what["found"]]
    missing = [package for package, what in wanted.items() if not what["found"]]
    if missing and not found:
        return f"{name}: not installed (pip install 'iog[{name}]')"
    new = ", ".join(line for line in found if line.split()[0] not in told)
    if not missing:
        return f"{name}: installed" + (f" ({new})" if new else "")
    wanting = f"without {', '.join(missing)}: pip install 'iog[{name}]'"
    return f"{name}: in part ({'; '.join(part for part in (new, wanting) if part)})"
