from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from iog.samples import samples
from tests.auto.stub import PHOTOS


@pytest.fixture(scope="session")
def small_photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample photos at 96 x 64 pixels, in folders."""
    folder = tmp_path_factory.mktemp("small")
    for name, sample in zip(PHOTOS, samples(), strict=True):
        (folder / name).parent.mkdir(exist_ok=True)
        with Image.open(sample.photo) as picture:
            picture.convert("RGB").resize((96, 64)).save(folder / name)
    return folder


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A server on this machine that speaks S3; its address."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """Puts a folder into a new bucket as photos/, and gives its URL."""
    pytest.importorskip("s3fs")
    settings = {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    def fill(folder: Path) -> str:
        import s3fs

        bucket = f"bucket-{uuid.uuid4().hex[:8]}"
        store = s3fs.S3FileSystem(skip_instance_cache=True)
        store.mkdir(bucket)
        for path in folder.rglob("*"):
            if path.is_file():
                store.put_file(str(path), f"{bucket}/photos/{path.relative_to(folder).as_posix()}")
        return f"s3://{bucket}/photos"

    return fill
