"""An HTTP API as schemathesis attacks it: from its own description, with a fixed seed and few cases."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

schemathesis = pytest.importorskip("schemathesis", reason="API NOT FUZZED: schemathesis is not installed")
InvalidSchema = pytest.importorskip("schemathesis.core.errors").InvalidSchema


def attack_every_operation(client: TestClient, cases: int) -> None:
    """No request that the description allows or forbids is answered by 500.

    `cases`: of each operation and mode.
    """
    description = client.get("/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(description)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) == sum(len(path) for path in description["paths"].values())
    tried = 0
    for operation in operations:
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):

            @settings(
                max_examples=cases,
                derandomize=True,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(case=operation.as_strategy(generation_mode=mode))
            def attack(case: Any) -> None:
                nonlocal tried
                tried += 1
                request = case.as_transport_kwargs(base_url="http://127.0.0.1")
                request.pop("cookies", None)
                answer = client.request(**request)
                assert answer.status_code < 500, (request, answer.text)

            try:
                attack()
            except (Unsatisfiable, InvalidSchema):
                # An operation that takes nothing cannot be asked wrongly, and for some arrays nothing wrong
                # is found.
                assert mode is schemathesis.GenerationMode.NEGATIVE
    assert tried > 5 * len(operations)
