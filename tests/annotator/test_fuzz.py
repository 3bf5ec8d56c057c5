"""The API as schemathesis attacks it: from its own description, with a fixed seed and few cases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from iog.annotator.server import make_app
from iog.annotator.work import Work
from iog.annotator.workbench import Workbench
from iog.clicks import Clicks
from tests.annotator.conftest import DiscEngine, write_photo

schemathesis = pytest.importorskip("schemathesis", reason="API NOT FUZZED: schemathesis is not installed")

CASES = 20  # an operation


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
    description = client.get("/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(description)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == sum(len(path) for path in description["paths"].values())
    tried = 0
    for operation in operations:
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

            @settings(
                max_examples=CASES,
                derandomize=True,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def attack(case: schemathesis.Case) -> None:
                nonlocal tried
                tried += 1
                request = case.as_transport_kwargs(base_url="http://127.0.0.1")
                request.pop("cookies", None)
                answer = client.request(**request)
                assert answer.status_code < 500, (request, answer.text)

            try:
                attack()
            except Unsatisfiable:  # an operation that takes nothing cannot be asked wrongly
                assert mode is schemathesis.GenerationMode.NEGATIVE
    assert tried > 5 * len(operations)
