"""Memory that is free again goes back to the system."""

import platform

import psutil
import pytest

from underdog.runtime.memory import release


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_free_memory_between_pieces_in_use_is_given_back():
    pieces = [bytearray(100_000) for _ in range(2_000)]
    kept = pieces[::50]
    del pieces
    before = psutil.Process().memory_info().rss
    release()
    assert before - psutil.Process().memory_info().rss > 100e6
    assert len(kept) == 40
