from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from iog import zoo
from iog.annotator.photos import Photos
from iog.annotator.store import Store
from iog.cli import main
from iog.cli.annotate import folder_of
from iog.errors import DataError
from iog.serving.listening import listen
from tests.annotator.conftest import write_photo


def test_mistakes_are_one_sentence(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.png")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        cases = {
            "is not a folder": [str(tmp_path / "missing"), "--port", "0", "--project", str(tmp_path / "p")],
            "--port 0 takes a free one": [str(tmp_path), "--port", port],
            "does not exist": [str(tmp_path), "--port", "0", "--project", str(tmp_path / "no" / "p.iog")],
        }
        for sentence, arguments in cases.items():
            result = CliRunner().invoke(main, ["annotate", *arguments, "--no-browser"])
            assert result.exit_code == 2 and sentence in result.output, result.output
            assert "Traceback" not in result.output


@pytest.mark.skipif(
    not all(path.is_file() for path in zoo.MODELS["lite"].files), reason="the model's files are not there"
)
def test_beyond_this_machine_a_token_is_printed_once_and_needed(tmp_path: Path) -> None:
    write_photo(tmp_path / "a.png")
    command = [sys.executable, "-m", "iog", "annotate", str(tmp_path)]
    options = ["--host", "0.0.0.0", "--port", "0", "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        assert "token" in process.stdout.readline()
        found = re.search(r":(\d+)/\?token=(\S+)", process.stdout.readline())
        assert found is not None
        address = f"http://127.0.0.1:{found[1]}/api/project"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(address, timeout=20)
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {found[2]}"})
        assert urllib.request.urlopen(request, timeout=20).status == 200
    finally:
        process.terminate()
        process.wait(20)


def test_answers_are_sent_without_delay() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # what asyncio looks at before it turns Nagle's delay off


def test_single_photos_and_lists_of_them(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "sub/c.png"):
        write_photo(tmp_path / name)
    assert folder_of((tmp_path,)) == (tmp_path, None)
    assert folder_of((tmp_path / "a.png",)) == (tmp_path.resolve(), ["a.png"])
    folder, names = folder_of((tmp_path / "a.png", tmp_path / "sub" / "c.png"))
    assert (folder, names) == (tmp_path.resolve(), ["a.png", "sub/c.png"])
    photos = Photos(folder, Store(tmp_path / "p.iog"), names)
    assert set(photos._store.paths()) == {"a.png", "sub/c.png"}
    with pytest.raises(DataError, match="is not a photo"):
        folder_of((tmp_path / "a.png", tmp_path / "sub"))


def test_export_and_import_find_the_project_of_a_single_photo(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write_photo(tmp_path / name)
    rows = "image,x0,y0,x1,y1,category\na.png,20,10,60,50,cat\nb.png,20,10,60,50,dog\n"
    (tmp_path / "boxes.csv").write_text(rows)
    photo, out = str(tmp_path / "a.png"), str(tmp_path / "out")
    run = CliRunner().invoke
    missing = run(main, ["export", photo, "--out", out])
    assert missing.exit_code == 2
    assert f"{tmp_path / 'annotations.iog'} does not exist; `iog annotate {photo}`" in missing.output
    added = run(main, ["import", photo, str(tmp_path / "boxes.csv")])
    assert "1 object added" in added.output, added.output
    assert Store(tmp_path / "annotations.iog").photo_at("b.png") is None
    run(main, ["import", str(tmp_path), str(tmp_path / "boxes.csv")])
    written = run(main, ["export", photo, "--format", "coco", "--out", out])
    assert "a.png" in written.output and "other photos" in written.output, written.output


def test_a_read_only_folder_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere but on such a disk
    with pytest.raises(DataError, match="--project FILE"):
        Store(tmp_path / "p.iog")


def test_new_photos_appear_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_photo(tmp_path / "a.png")
    store = Store(tmp_path / "p.iog")
    photos = Photos(tmp_path, store)
    write_photo(tmp_path / "b.png")
    monkeypatch.setattr("iog.annotator.photos._REFRESH_SECONDS", -1)
    photos.refresh()
    assert set(store.paths()) == {"a.png", "b.png"}
