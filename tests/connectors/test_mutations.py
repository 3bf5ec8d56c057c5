from __future__ import annotations

from typing import Any

import pytest

from iog.connectors.core import Core
from iog.connectors.table import PLUGS
from tests.connectors.conftest import Connect
from tests.connectors.mutations import RIGHT, faults

every = pytest.mark.parametrize("name", sorted(PLUGS))


@every
def test_what_is_broken_was_right(connect: Connect, stub: Core, name: str) -> None:
    client = connect(name, stub)
    for method, path, body, headers in RIGHT[name]:
        sent: Any = {"content": body} if isinstance(body, bytes) else {"json": body}
        answer = client.request(method, path, headers=headers, **({} if body is None else sent))
        assert answer.status_code < 300 or "/objects/x" in path, answer.text
        assert '"success":false' not in answer.text


@every
def test_no_broken_request_is_a_fault_of_the_server(stub: Core, name: str) -> None:
    statuses, found = faults(name, stub, 300)
    assert not found, "\n".join(found)
    assert sum(statuses.values()) > 250 and len(statuses) > 1
