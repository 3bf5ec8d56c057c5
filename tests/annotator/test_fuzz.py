"""The annotator's API under schemathesis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from iog.annotator.server import make_app
from iog.annotator.work import Work
from iog.annotator.workbench import Workbench
from iog.clicks import Clicks
from tests.annotator.conftest import DiscEngine, write_photo
from tests.fuzzing import attack_every_operation


@pytest.fixture
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("fuzz")
    for number in (1, 2):
        write_photo(folder / "photos" / f"{number}.png", seed=number)
    bench = Workbench(folder / "photos", folder / "p.iog", DiscEngine())
    # Small numbers exist, so that what is drawn is not always unknown.
    for photo in (1, 1, 2):
        bench.start(photo, Work(Clicks.of(((20, 10), (99, 69)))), "cat", 1)
    with TestClient(make_app(bench), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client


def test_no_request_breaks_the_server(client: TestClient) -> None:
    attack_every_operation(client, cases=20)
