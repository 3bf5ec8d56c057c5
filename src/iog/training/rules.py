"""What a recipe's settings must keep to: one way to refuse those with which no run can be made."""

from __future__ import annotations

from iog.errors import TrainingError


def check(*rules: tuple[bool, str]) -> None:
    """Refuse settings that break a rule.

    Parameters
    ----------
    rules
        For each whether it is kept, and what to tell who broke it: the parameter in backquotes, its value,
        what it takes. The command line puts its options in place of parameters (`iog.cli.settings`).

    Raises
    ------
    TrainingError
        With the text of the first rule that is broken.
    """
    for kept, text in rules:
        if not kept:
            raise TrainingError(text)
