"""Several processes: chunks are scored ahead of the one that writes them, in the same order.

Each worker builds its own scoring function once. Few chunks are under way at a time, so memory
does not grow with the input, and a slow disk holds the workers back.
"""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from types import TracebackType

import pyarrow as pa

from pipeline.core.errors import PipelineError

Score = Callable[[pa.Table], pa.Table]
Build = Callable[[], Score]
"""Makes the scoring function; it travels to the workers, so it must be picklable."""
PER_WORKER = 2
"""Chunks under way for each worker: one being scored, one waiting, so that none is idle."""


class Workers:
    """Processes that score chunks ahead; use it as a context, so that none outlives the run."""

    def __init__(self, build: Build, n_workers: int) -> None:
        self.ahead_of_writing = PER_WORKER * n_workers
        self._pool = ProcessPoolExecutor(
            n_workers,
            # Not forked: a child would inherit the threads of the graph's runtime, locked.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=start,
            initargs=(build,),
        )
        self._given: deque[tuple[int, Future[pa.Table]]] = deque()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._given.clear()
        self._pool.shutdown(wait=kind is None, cancel_futures=True)

    def ahead(
        self, chunks: Iterable[pa.Table], is_done: Callable[[int], bool]
    ) -> Iterator[pa.Table]:
        """Yield the chunks in order, and hand the next ones to the workers before that.

        `is_done` tells by its number whether a chunk needs no scoring.
        """
        waiting: deque[pa.Table] = deque()
        for number, chunk in enumerate(chunks):
            if not is_done(number):
                self._given.append((id(chunk), self._submit(chunk)))
            waiting.append(chunk)
            # With nothing under way, chunks that are done pass at once.
            while waiting and (len(waiting) >= self.ahead_of_writing or not self._given):
                yield waiting.popleft()
        yield from waiting

    def score(self, chunk: pa.Table) -> pa.Table:
        """Return the scores of a chunk that `ahead` has yielded.

        Raises PipelineError when a worker was ended from outside, as by want of memory.
        """
        if not self._given or self._given[0][0] != id(chunk):
            # A part was there and turned out to be damaged.
            return self._result(self._submit(chunk))
        return self._result(self._given.popleft()[1])

    def _submit(self, chunk: pa.Table) -> "Future[pa.Table]":
        with broken_pool_explained():
            return self._pool.submit(score, chunk)

    def _result(self, future: "Future[pa.Table]") -> pa.Table:
        with broken_pool_explained():
            return future.result()


@contextmanager
def broken_pool_explained() -> Iterator[None]:
    """Turn the loss of a worker, noticed when asking it or later, into a next step."""
    try:
        yield
    except BrokenProcessPool as error:
        raise PipelineError(
            "score: a worker process was ended from outside, most likely for want of memory",
            "Run the same command again, with fewer --workers: it goes on where it was.",
        ) from error


_score: Score | None = None
"""The function of this worker process."""


def start(build: Build) -> None:
    """Build the worker's function, and end the worker when the run that started it is gone."""
    global _score
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=follow, daemon=True).start()
    _score = build()


def score(chunk: pa.Table) -> pa.Table:
    """Score a chunk in a worker."""
    if _score is None:
        raise RuntimeError("start() has not run in this process")
    return _score(chunk)
