"""The static site's files."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from click.testing import CliRunner

from iog.cli import main
from iog.errors import DataError, ModelError
from iog.site import write_site
from iog.site.host import host
from iog.zoo import files_of

PARTS = ("encoder", "decoder")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(tmp_path_factory.mktemp("web") / "site")


def test_every_address_leads_to_a_file_of_the_site(site: Path) -> None:
    html = (site / "index.html").read_text(encoding="utf-8")
    script = (site / "offline.js").read_text(encoding="utf-8")
    facts = json.loads(re.findall(r'id="site">(.*)</script>', html)[0])
    offline = json.loads(re.findall(r"^const OFFLINE = (.*);$", script, re.MULTILINE)[0])
    linked = re.findall(r'(?:href|src)="([^"]+)"', html)
    manifest = json.loads((site / "manifest.webmanifest").read_text(encoding="utf-8"))
    icons = [icon["src"] for icon in manifest["icons"]]
    addresses = [*linked, *icons, facts["runtime"], *facts["model"].values(), *facts["samples"]]
    assert len(facts["samples"]) == 4
    for address in addresses:
        assert not address.startswith(("/", "http")), "the site runs under any path"
        assert (site / address.partition("?")[0]).is_file()
    missing = {a for a in addresses if a not in offline["files"]}
    assert missing == set(), "without them the page does not work offline"
    assert facts["version"] == offline["version"]


def test_what_is_loaded_first_is_small(site: Path) -> None:
    files = [path for path in site.rglob("*") if path.is_file() and "samples" not in path.parts]
    assert sum(path.stat().st_size for path in files) <= 10.5e6


def test_the_models_are_smaller_and_answer_the_same(site: Path) -> None:
    crop = np.random.default_rng(22).integers(0, 256, (1, 256, 256, 3), dtype=np.uint8)
    clicks = np.random.default_rng(23).random((1, 5, 256, 256), dtype=np.float32)
    answers = []
    for encoder, decoder in (files_of("lite"), (site / "model" / f"lite.{part}.onnx" for part in PARTS)):
        first, second = (onnxruntime.InferenceSession(str(path)) for path in (encoder, decoder))
        features = first.run(None, {"crop": crop})
        names = [given.name for given in second.get_inputs()]
        answers.append(second.run(None, dict(zip(names, [clicks, *features], strict=True)))[0])
        assert {"iog"} <= set(first.get_modelmeta().custom_metadata_map)
    assert np.array_equal(*answers)
    for path, part in zip(files_of("lite"), PARTS, strict=True):
        assert (site / "model" / f"lite.{part}.onnx").stat().st_size < 0.6 * path.stat().st_size


def test_writing_again_replaces_the_site_and_nothing_else(tmp_path: Path, site: Path) -> None:
    write_site(tmp_path / "site")
    write_site(tmp_path / "site")
    assert sorted(p.name for p in (tmp_path / "site").iterdir()) == sorted(p.name for p in site.iterdir())
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").touch()
    with pytest.raises(DataError, match=r"holds diary\.txt"):
        write_site(tmp_path / "mine")


def test_a_model_of_ones_own(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    for path, part in zip(files_of("lite"), PARTS, strict=True):
        model = onnx.load(path)
        _named(model, "mine")
        onnx.save(model, tmp_path / f"mine.{part}.onnx")
    arguments = ["web", "--out", str(tmp_path / "site"), "--model", str(tmp_path / "mine.encoder.onnx")]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    for part in PARTS:
        written = onnx.load(tmp_path / "site" / "model" / f"lite.{part}.onnx")
        assert [
            json.loads(entry.value)["name"] for entry in written.metadata_props if entry.key == "iog"
        ] == ["mine"]


def _named(model: Any, name: str) -> None:
    """Give a model another name in its description."""
    for entry in model.metadata_props:
        if entry.key == "iog":
            entry.value = json.dumps({**json.loads(entry.value), "name": name})


def test_an_unknown_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="unknown model"):
        write_site(tmp_path / "site", "nothing")
    result = CliRunner().invoke(main, ["web", "--out", str(tmp_path / "site"), "--model", "nothing"])
    assert result.exit_code == 2
    assert not (tmp_path / "site").exists()


def test_the_host_sends_types_and_isolation(site: Path) -> None:
    with host(site, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        for name, kind in (("", "text/html"), ("ort-wasm-simd-threaded.mjs", "text/javascript")):
            with urllib.request.urlopen(address + name) as answer:
                assert answer.headers["Content-Type"].startswith(kind)
                assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        server.shutdown()
