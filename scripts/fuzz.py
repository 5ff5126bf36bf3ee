"""Search for input that breaks a promise of tests/fuzz_targets.py, for some minutes.

Seeds are the fixtures of the sources and invented lines; hypothesis mutates and joins them, atheris
follows the coverage. Finds are written to var/fuzz/TARGET, one file each, by their hash.
"""

import argparse
import hashlib
import random
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
LINES = (
    "id,author,date,comment\n1,u1,2026-03-01 10:00,Kad tīrīs ielu?\n",
    '{"id": 1, "text": "Спасибо", "created_at": "2026-03-01T10:00:00Z"}\n',
    "i-d-i-o-t-s p***c хуйооо́о ＩＤ ℌ 👍👍👍👍👍 [id1|A], @b https://a.lv/ā ﷺ ß ǆ İ ı",
    "a\u0301\u0301\u0301 \u200b\u200d\ufe0f \u202e МММ XVIII ООО 1,5 5ever s u d s .....",
)


def seeds(target: str) -> list[bytes]:
    """Return what the search starts from; the first byte of a file chooses its kind."""
    if target == "text":
        return [line.encode() for line in LINES]
    places = [ROOT / "tests" / "sources" / "fixtures", ROOT / "data" / "samples" / "night"]
    files = [path for place in places for path in sorted(place.rglob("*")) if path.is_file()]
    given = [path.read_bytes()[:6000] for path in files] + [line.encode() for line in LINES]
    return [bytes([kind]) + data for data in given for kind in range(6)]


def tried(check: Callable[[bytes], None], data: bytes, folder: Path) -> bool:
    """Try one input; write it down and return False when a promise breaks."""
    try:
        check(data)
    except Exception as error:  # whatever breaks is the find
        place = traceback.extract_tb(error.__traceback__)[-1]
        name = hashlib.sha256(f"{type(error)}{place.filename}{place.lineno}".encode()).hexdigest()
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / f"{name[:12]}.bin"
        if not kept.exists() or kept.stat().st_size > len(data):
            kept.write_bytes(data)
            where = f"{Path(place.filename).name}:{place.lineno}"
            print(f"{kept}: {type(error).__name__} at {where}", flush=True)
        return False
    return True


def mutated(data: bytes, rng: random.Random, corpus: list[bytes]) -> bytes:
    """Return data with a few bytes changed, cut, doubled, or joined with other data."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(out) + 1)
        some = rng.randint(1, 40)
        kind = rng.randrange(6)
        if kind == 0:
            out[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            del out[at : at + some]
        elif kind == 2:
            out[at:at] = out[at : at + some] * rng.randint(1, 9)
        elif kind == 3:
            other = rng.choice(corpus)
            start = rng.randrange(len(other) + 1)
            out[at:at] = other[start : start + some]
        elif kind == 4:
            out[at:at] = rng.choice(SPECIAL)
        else:
            out[at:at] = chr(rng.choice((rng.randrange(0x500), rng.randrange(0xD800)))).encode()
    return bytes(out[:8000])


SPECIAL = (
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"\r", b"\n\n", b"{", b"]", b"null", b"1e999"),
    *(b"NaN", b"\\ud800", b"-1", b"9" * 30, b"0001-01-01", b"9999-12-31T23:59:60+14:00"),
    *("\u2028".encode(), "İ".encode(), "ﬁ".encode(), b"****", "\u0301".encode() * 30),
    "👨‍👩‍👧‍👦".encode(),
)


def by_hypothesis(check: Callable[[bytes], None], target: str, end: float, folder: Path) -> int:
    """Search until `end` with texts and mutations drawn by hypothesis; return the tries."""
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import strategies as st

    corpus, n_tries = seeds(target), 0
    drawn = st.text(max_size=300).map(str.encode) if target == "text" else st.binary(max_size=300)
    drawn = st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")) | drawn

    @settings(
        max_examples=500,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.randoms(use_true_random=True), drawn)
    def search(rng: random.Random, other: bytes) -> None:
        nonlocal n_tries
        n_tries += 2
        tried(check, other, folder)
        tried(check, mutated(rng.choice(corpus), rng, [*corpus, other]), folder)

    while time.monotonic() < end:
        search()
    return n_tries


def by_atheris(check: Callable[[bytes], None], target: str, minutes: float, folder: Path) -> None:
    """Search with coverage feedback; libFuzzer ends the program itself when the time is over."""
    import atheris

    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for data in seeds(target):
        (corpus / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    flags = [f"-max_total_time={minutes * 60:.0f}", "-max_len=8000", "-rss_limit_mb=3000"]
    atheris.Setup([sys.argv[0], *flags, str(corpus)], lambda data: tried(check, data, folder))
    atheris.Fuzz()


def main() -> None:
    """Run one search and say how many inputs were tried and what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=("text", "tables", "pages"))
    parser.add_argument("minutes", type=float)
    parser.add_argument(
        "engine", nargs="?", default="hypothesis", choices=("hypothesis", "atheris")
    )
    given = parser.parse_args()
    folder = ROOT / "var" / "fuzz" / given.target
    if given.engine == "atheris":
        import atheris

        with atheris.instrument_imports(include=["pipeline"]):
            from fuzz_targets import TARGETS
        by_atheris(TARGETS[given.target], given.target, given.minutes, folder)
        return
    from fuzz_targets import TARGETS

    end = time.monotonic() + 60 * given.minutes
    n_tries = by_hypothesis(TARGETS[given.target], given.target, end, folder)
    n_finds = len([*folder.glob("*.bin")])
    print(f"{given.target}: {n_tries} inputs tried, {n_finds} kinds of failure in {folder}")


if __name__ == "__main__":
    main()
