from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from iog.formats import table
from tests.formats.mutations import attempts


@pytest.mark.parametrize("format_", get_args(table.WriteName))
def test_broken_files_are_read_left_out_or_refused(format_: table.WriteName) -> None:
    outcomes = Counter(attempts(format_, 120))  # whatever else a reader raises ends the test
    assert set(outcomes) <= {"read", "left out", "refused"}
    assert outcomes["refused"] + outcomes["left out"] > 30, "many of the mutations do harm"
