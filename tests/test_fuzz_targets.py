"""Any input: readers and normaliser keep their promises. scripts/fuzz searches for longer."""

import pytest
from fuzz_targets import TARGETS
from hypothesis import given, settings
from hypothesis import strategies as st

KINDS = 6
HEAD = b"id,author,date,comment\n1,u1,2026-03-01 10:00,"


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=40)
@given(
    data=st.binary(max_size=200) | st.text(max_size=100).map(lambda s: s.encode("utf-8", "replace"))
)
def test_any_bytes_are_read_or_refused_in_words(name: str, data: bytes) -> None:
    TARGETS[name](data)


@settings(max_examples=60)
@given(kind=st.integers(0, KINDS - 1), data=st.binary(max_size=60))
def test_any_bytes_in_a_sound_table_are_one_cell_or_a_reject(kind: int, data: bytes) -> None:
    TARGETS["tables"](bytes([kind]) + HEAD + data)


@pytest.mark.parametrize("data", [b"", b"s\x9a", b"s\xed\xa0\x80", b"\x00", b"\xff\xfe\x00"])
def test_short_and_broken_bytes_keep_every_promise(data: bytes) -> None:
    for check in TARGETS.values():
        check(data)
