"""Fair timing on a busy machine: interleaved rounds, medians of paired ratios, confidence intervals.

Every round runs each subject once, in a new random order, so that a slow moment affects all of them equally. A ratio is
the median of the ratios within rounds. Its interval is the distribution-free one of a median (order statistics). A
ratio with too wide an interval is not reported.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

CONFIDENCE = 0.95
WIDEST = 0.10
"""A ratio is not reported if its interval reaches further than this share of the ratio to either side."""

_BATCH_SECONDS = 0.06
_MOST_CALLS = 20_000


class Subject(NamedTuple):
    """Something to time: `run(n)` does the work n times."""

    name: str
    run: Callable[[int], object]


class Estimate(NamedTuple):
    """A median and its 95 % confidence interval."""

    median: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """The half-width of the interval as a share of the median."""
        if not math.isfinite(self.median) or self.median == 0:
            return math.inf
        return max(self.high - self.median, self.median - self.low) / abs(self.median)


class Timing(NamedTuple):
    """The seconds per call of one subject, one value for each round."""

    cpu: tuple[float, ...]
    wall: tuple[float, ...]


def estimate(values: Sequence[float]) -> Estimate:
    """Return the median of `values` with its interval, which is infinitely wide for fewer than six values."""
    if not values:
        raise ValueError("no values, so no median")
    ordered = sorted(values)
    count = len(ordered)
    outside, below = (1 - CONFIDENCE) / 2, 0
    cumulated = 0.0
    while (cumulated := cumulated + math.comb(count, below) / 2**count) <= outside:
        below += 1
    median = statistics.median(ordered)
    if below == 0:
        return Estimate(median, -math.inf, math.inf)
    return Estimate(median, ordered[below - 1], ordered[count - below])


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Estimate:
    """Return the median of the ratios within rounds."""
    return estimate([above / below for above, below in zip(numerator, denominator, strict=True)])


def difference(minuend: Sequence[float], subtrahend: Sequence[float]) -> Estimate:
    """Return the median of the differences within rounds."""
    return estimate([left - right for left, right in zip(minuend, subtrahend, strict=True)])


def verdict(measured: Estimate, at_most: float) -> str:
    """Return `met` or `missed` if that holds for the whole interval, else `too close to call`."""
    if measured.high <= at_most:
        return "met"
    if measured.low > at_most:
        return "missed"
    return "too close to call"


def shown(measured: Estimate, unit: str = "×", digits: int = 2) -> str:
    """Return a ratio as text, or a text that says why there is none."""
    if measured.spread > WIDEST:
        return "too noisy to say"
    return f"{measured.median:.{digits}f}{unit}"


def calibrate(subject: Subject, batch_seconds: float = _BATCH_SECONDS) -> int:
    """Return how many calls of a subject make up a batch; this also warms the subject up."""
    calls = 1
    while True:
        started = time.process_time()
        subject.run(calls)
        took = time.process_time() - started
        if took >= batch_seconds / 4 or calls >= _MOST_CALLS:
            return max(1, min(_MOST_CALLS, round(calls * batch_seconds / max(took, 1e-6))))
        calls *= 4


def interleave(
    subjects: Sequence[Subject],
    rounds: int,
    progress: Callable[[int, int], None] = lambda done, of: None,
    batch_seconds: float = _BATCH_SECONDS,
    seed: int = 1,
) -> Mapping[str, Timing]:
    """Time the subjects in `rounds` rounds; return seconds per call by name of subject.

    CPU time (user and system) is that of this process, without servers in other processes and other users of the
    machine. Wall time includes them.
    """
    calls = {subject.name: calibrate(subject, batch_seconds) for subject in subjects}
    cpu: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    wall: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    order = list(subjects)
    draw = random.Random(seed)
    gc.freeze()  # keep existing objects out of every collection during the measurement
    try:
        for done in range(rounds):
            progress(done, rounds)
            draw.shuffle(order)
            for name, run in order:
                gc.collect()
                cpu_start, wall_start = time.process_time_ns(), time.perf_counter_ns()
                run(calls[name])
                cpu_end, wall_end = time.process_time_ns(), time.perf_counter_ns()
                cpu[name].append((cpu_end - cpu_start) / 1e9 / calls[name])
                wall[name].append((wall_end - wall_start) / 1e9 / calls[name])
    finally:
        gc.unfreeze()
    progress(rounds, rounds)
    return {subject.name: Timing(tuple(cpu[subject.name]), tuple(wall[subject.name])) for subject in subjects}
