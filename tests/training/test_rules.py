import pytest

from iog import TrainingError
from iog.training.rules import check


def test_the_first_broken_rule_is_told() -> None:
    with pytest.raises(TrainingError, match="`batch` 0: at least 1"):
        check((True, "`seed` 1: at least 0"), (False, "`batch` 0: at least 1"), (False, "`ema` 1: below 1"))


def test_kept_rules_pass_in_silence() -> None:
    check((True, "`seed` 1: at least 0"))
