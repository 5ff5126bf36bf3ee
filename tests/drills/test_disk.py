"""A disk that is full, cannot be written, or has damaged a file: a clear word, and nothing lost."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch")
pytestmark = pytest.mark.train

from drill_night import LATER, Night, refused, same  # noqa: E402

Nights = Callable[..., Night]
N_POINTS = 12 if os.environ.get("SARUNA_DRILLS") == "all" else 3
FILL = """
happen, is_filled = events.happen, []
def fill():
    happen()
    if events.n >= {at} and not is_filled:
        is_filled.append(True)
        with open({filler!r}, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass
events.happen = fill
"""
"""Takes the last of the disk at a moment."""
DIE_BEFORE_ROUTING = """
import os, signal
from pipeline.stages import route
route.run = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
"""


def mount(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run mount."""
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 MB of our own."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk of its own")
    made = mount("-t", "tmpfs", "-o", "size=16m", "tmpfs", place)
    if made.returncode:
        pytest.skip(f"a disk of its own cannot be mounted here: {made.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_night_on_a_full_disk_says_so_and_comes_out_the_same_when_there_is_room(
    zygote: object, undisturbed: Night, night: Nights, disk: Path
) -> None:
    total = undisturbed.n_events
    disturbed = night("full", state=disk / "state")
    filler = disk / "filler"
    n_refused = 0
    for point in random.Random(12).sample(range(1, total + 1), N_POINTS):
        ended = disturbed.run(code=[FILL.format(at=point, filler=str(filler))])
        filler.unlink(missing_ok=True)
        if ended.code:
            refused(ended, 1, str(disk), "run the same command again")
            n_refused += 1
    assert n_refused
    assert disturbed.run(clock=LATER).code == 0
    same(disturbed, undisturbed)


def test_a_file_that_may_not_grow_ends_the_night_like_a_full_disk(
    undisturbed: Night, night: Nights
) -> None:
    """A quota, which needs no root: no file may have more than so many bytes."""
    disturbed = night("quota")
    for n_bytes in (2_000, 12_000):
        ended = disturbed.run(limits={"RLIMIT_FSIZE": n_bytes})
        refused(ended, 1, str(disturbed.state), "(File too large)", "run the same command again")
    assert disturbed.run(clock=LATER).code == 0
    same(disturbed, undisturbed)


def test_a_disk_that_cannot_be_written_is_named_and_the_night_goes_on_when_it_can(
    undisturbed: Night, night: Nights, disk: Path
) -> None:
    disturbed = night("closed", state=disk / "state")
    assert disturbed.run(code=[DIE_BEFORE_ROUTING]).code == -9
    assert mount("-o", "remount,ro", disk).returncode == 0
    ended = disturbed.run()
    assert mount("-o", "remount,rw", disk).returncode == 0
    refused(ended, 1, f"{disturbed.out}: cannot be written (Read-only file system)", "--out")
    assert disturbed.run(clock=LATER).code == 0
    same(disturbed, undisturbed)


@pytest.fixture(scope="module")
def half_done(zygote: object, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night that was killed between scoring and routing."""
    made = Night(zygote, tmp_path_factory.mktemp("half-done"))  # type: ignore[arg-type]
    assert made.run(code=[DIE_BEFORE_ROUTING]).code == -9
    return made


def flip(path: Path) -> None:
    """Change a bit in the middle of a file, as an old disk does."""
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 4
    path.write_bytes(data)


def cut_short(path: Path) -> None:
    """Keep half of a file."""
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    """Keep nothing of a file."""
    os.truncate(path, 0)


PARTS = "nights/night/scores.parts"


@pytest.mark.parametrize(
    ("name", "damage", "is_told"),
    [
        (f"{PARTS}/000001.parquet", flip, True),
        (f"{PARTS}/000000.parquet", cut_short, True),
        (f"{PARTS}/behaviour.parquet", flip, True),
        (f"{PARTS}/fingerprint.json", empty, False),
        ("nights/night/comments.parquet", flip, False),
    ],
)
def test_what_the_disk_has_damaged_is_made_again(
    name: str,
    damage: Callable[[Path], None],
    is_told: bool,
    half_done: Night,
    undisturbed: Night,
    night: Nights,
) -> None:
    disturbed = night()
    shutil.copytree(half_done.state, disturbed.state)
    damage(disturbed.state / name)
    ended = disturbed.run(clock=LATER)
    assert ended.code == 0, ended.err
    assert ("is damaged" in ended.err) == is_told
    same(disturbed, undisturbed)


@pytest.mark.parametrize("name", ["behaviour/window.parquet"], ids=["window of earlier nights"])
def test_what_cannot_be_made_again_is_named(name: str, undisturbed: Night, night: Nights) -> None:
    disturbed = night()
    shutil.copytree(undisturbed.state, disturbed.state)
    flip(disturbed.state / name)
    ended = disturbed.run(folder=disturbed.state / "nights" / "next")
    refused(ended, 1, f"{name}: is damaged", "Check the disk, remove the file")
