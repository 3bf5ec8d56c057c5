from __future__ import annotations

from typing import get_args

import pytest

from iog.formats import table
from tests.formats.mutations import attempts


@pytest.mark.parametrize("format_", get_args(table.WriteName))
def test_broken_files_are_read_left_out_or_refused(format_: table.WriteName) -> None:
    outcomes = set(attempts(format_, 120))
    assert outcomes <= {"read", "left out", "refused"} and len(outcomes) > 1
