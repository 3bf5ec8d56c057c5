from __future__ import annotations

import pytest

from iog.serving.cache import Cache


def _never() -> bytes:
    pytest.fail("it was kept, so it need not be made")


def test_the_values_used_last_are_kept_within_the_budget() -> None:
    cache: Cache[bytes] = Cache(10, len)
    for key in "abc":
        cache.get(key, lambda: b"1234")
    assert cache.get("b", _never) and cache.get("c", _never)
    assert cache.get("a", lambda: b"new") == b"new"
    cache.clear()
    assert cache.get("c", lambda: b"again") == b"again"


@pytest.mark.parametrize("least", [1, 2])
def test_the_newest_are_kept_whatever_their_size(least: int) -> None:
    cache: Cache[bytes] = Cache(1, len, least=least)
    for key in "abc":
        cache.get(key, lambda: b"large")
    for key in "abc"[-least:]:
        assert cache.get(key, _never) == b"large"
    assert cache.get("abc"[-least - 1], lambda: b"made anew") == b"made anew"


def test_a_value_that_cannot_be_made_is_asked_for_again() -> None:
    cache: Cache[bytes] = Cache(10, len)

    def fail() -> bytes:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        cache.get("a", fail)
    assert cache.get("a", lambda: b"back") == b"back"
