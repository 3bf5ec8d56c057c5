from __future__ import annotations

import pytest

from iog.errors import DataError
from iog.serving.listening import listen


def test_what_is_wrong_with_an_address_is_said() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(DataError, match="another program has this port"):
        listen("127.0.0.1", taken.getsockname()[1])
    for host in ("999.1.1.1", "192.0.2.1"):
        with pytest.raises(DataError, match=f"{host} port 0: this machine has no such address"):
            listen(host, 0)
