"""The annotator's page as a static site: photos, work and model stay in the visitor's browser.

`files/` is what `web/` builds for it; the page's looks are the annotator's. See docs/decisions/0018.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import onnxruntime

from iog._version import __version__
from iog.errors import ModelError
from iog.files import write_text
from iog.formats.places import replacing_folder
from iog.samples import samples
from iog.zoo import calibration_file, files_of, open_model

RUNTIME = "ort-wasm-simd-threaded.wasm.gz"


@dataclass
class _Written:
    """A site while it is written."""

    folder: Path
    hashes: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> str:
        """Write a file; its address, in which large files' hashes stand."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        self.hashes[name] = hashlib.sha256(content).hexdigest()
        return f"{name}?v={self.hashes[name][:12]}"

    def version(self, *more: bytes) -> str:
        """Of all that was written so far, and more."""
        self.hashes |= {
            f"?{number}": hashlib.sha256(content).hexdigest() for number, content in enumerate(more)
        }
        return hashlib.sha256(json.dumps(self.hashes, sort_keys=True).encode()).hexdigest()[:12]


def write_site(folder: Path, model: str | Path = "lite") -> Path:
    """Write the whole site.

    Parameters
    ----------
    folder
        Made if need be; an older site in it gives way as a whole.
    model
        A name from `iog models`, or a NAME.encoder.onnx that `iog convert` wrote of a `lite` network.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If the folder holds other files.
    ModelError
        If the model is missing, or is none that the page can run.
    """
    encoder, decoder = files_of(model)
    _check_model(model)
    with replacing_folder(folder) as made:
        _write(_Written(made), encoder, decoder, calibration_file(model))
    return folder


def _check_model(model: str | Path) -> None:
    info = open_model(model).info
    if info.kind != "lite" or info.guidance != "inside-outside":
        raise ModelError(f"{model} is a {info.kind} model; the page runs lite models with three clicks")


def _write(site: _Written, encoder: Path, decoder: Path, calibration: Path) -> None:
    page, files = resources.files("iog.annotator") / "page", resources.files("iog.site") / "files"
    for name in ("style.css", "icon.svg"):
        site.add(name, (page / name).read_bytes())
    for name in ("app.js", "worker.js", "ort-wasm-simd-threaded.mjs"):
        site.add(name, (files / name).read_bytes())
    site.add("manifest.webmanifest", json.dumps(_manifest()).encode())
    small = [*site.hashes]
    large = {
        "encoder": site.add("model/lite.encoder.onnx", _prepared(encoder)),
        "decoder": site.add("model/lite.decoder.onnx", _prepared(decoder)),
    }
    if calibration.is_file():
        large["calibration"] = site.add("model/lite.calibration.json", calibration.read_bytes())
    runtime = site.add(RUNTIME, (files / RUNTIME).read_bytes())
    loaded = [*large.values(), runtime]
    photos = [site.add(f"samples/{photo.name}", photo.read_bytes()) for photo, _, _ in samples()]
    html, script = (page / "index.html").read_bytes(), (files / "offline.js").read_bytes()
    version = site.version(html, script)
    facts = {
        "version": version,
        "model": {"calibration": None, **large},
        "runtime": runtime,
        "samples": photos,
        "bytes": sum((site.folder / address.partition("?")[0]).stat().st_size for address in loaded),
    }
    site.add("index.html", _with_facts(html.decode(), facts).encode())
    offline = {"version": version, "files": ["./", *small, *loaded, *photos]}
    write_text(site.folder / "offline.js", f"const OFFLINE = {json.dumps(offline)};\n{script.decode()}")


def _prepared(file: Path) -> bytes:
    """The same network with what is constant computed ahead: half the bytes, and opened in half the time.

    Of ONNX's own operators alone: the browser's ONNX Runtime may be another version. As it is where that is
    larger.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(Path(folder) / file.name)
        options.log_severity_level = 3
        onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        prepared = Path(options.optimized_model_filepath).read_bytes()
    return min(file.read_bytes(), prepared, key=len)


def _with_facts(html: str, facts: dict[str, Any]) -> str:
    added = (
        '    <link rel="manifest" href="manifest.webmanifest" />\n'
        f'    <script type="application/json" id="site">{json.dumps(facts)}</script>\n'
    )
    head, tail = html.split("  </head>")
    return f"{head}{added}  </head>{tail}"


def _manifest() -> dict[str, Any]:
    """What makes the page an app that can be installed."""
    return {
        "name": "iog: three clicks to a mask",
        "short_name": "iog",
        "description": f"Outline objects in photos, offline. iog {__version__}",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#f4f5f7",
        "theme_color": "#0b57d0",
        "icons": [{"src": "icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }
