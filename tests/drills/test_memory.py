"""Too little memory: the night says so or is killed, and goes on when there is more."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from drill_night import LATER, Night, refused, same  # noqa: E402

Nights = Callable[..., Night]
MB = 1 << 20
GROUPS = Path("/sys/fs/cgroup/memory")
JOIN = """
import os
with open({procs!r}, "w") as file:
    file.write(str(os.getpid()))
"""
HOG = """
import resource
from pathlib import Path
from pipeline.stages import score
plain, kept = score.score_chunk, []
def hungry(*arguments):
    done = plain(*arguments)
    if {margin} and not kept:
        status = Path("/proc/self/status").read_text()
        taken = next(int(line.split()[1]) for line in status.splitlines() if "VmSize" in line)
        resource.setrlimit(resource.RLIMIT_AS, (1024 * taken + {margin},) * 2)
    kept.append(bytearray({n_bytes}) if kept else b"")
    return done
score.score_chunk = hungry
"""
"""A program that takes more memory with every chunk but the first, and may then take only so many
bytes of addresses more (0 for any): how many it needs to start is the machine's affair."""


def test_a_night_that_is_refused_memory_says_so_and_comes_out_the_same_with_more(
    undisturbed: Night, night: Nights
) -> None:
    disturbed = night("limited")
    ended = disturbed.run(code=[HOG.format(n_bytes=1600 * MB, margin=800 * MB)])
    refused(ended, 75, "memory: there is not enough of it", "run the same command again")
    assert (disturbed.out / "scores.parts" / "000000.parquet").exists(), "what was done is kept"
    assert disturbed.run(clock=LATER).code == 0
    same(disturbed, undisturbed)


@pytest.fixture
def group() -> Iterator[Path]:
    """A group of processes that may have 400 MB between them."""
    place = GROUPS / f"saruna-{uuid.uuid4().hex[:8]}"
    try:
        place.mkdir()
        (place / "memory.limit_in_bytes").write_text(str(400 * MB), encoding="ascii")
    except OSError as error:
        pytest.skip(f"no group with a limit can be made here: {error}")
    yield place
    place.rmdir()


def test_a_night_that_the_system_kills_for_want_of_memory_comes_out_the_same_with_more(
    undisturbed: Night, night: Nights, group: Path
) -> None:
    disturbed = night("killed")
    join = JOIN.format(procs=str(group / "cgroup.procs"))
    ended = disturbed.run(code=[join, HOG.format(n_bytes=300 * MB, margin=0)])
    assert ended.code == -9, ended.err
    assert disturbed.run(clock=LATER).code == 0
    same(disturbed, undisturbed)
