"""The HTTP API under schemathesis."""

from __future__ import annotations

from iog.connectors.core import Core
from tests.connectors.conftest import Connect
from tests.fuzzing import attack_every_operation


def test_no_request_breaks_the_server(connect: Connect, stub: Core) -> None:
    attack_every_operation(connect("http", stub), cases=12)
