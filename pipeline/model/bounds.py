"""Exact bounds on shares: what a count of comments proves, and how many more would prove it.

Clopper and Pearson (1934): the bound on a share is the one that the count would just contradict.
Written with the standard library, so that routing and reports need no statistics package.
"""

import math

STEPS = 200
"""Halvings of an interval that holds a root; past about 60 a double does not change any more."""
TINY = 1e-300
MOST_LABELS = 1_000_000
"""Beyond this many labels the answer to "how many more" is "no number that anybody will label"."""


def beta_share(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function I_x(a, b).

    Continued fraction of DLMF 8.17.22, evaluated as Lentz does.
    """
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    log_front += a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) * beta_fraction(x, a, b) / a


def beta_fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function; fast for x below its mean."""
    front, back = 1.0, 1 - (a + b) * x / (a + 1)
    back = 1 / (back if abs(back) > TINY else TINY)
    value = back
    # About sqrt(max(a, b)) rounds are needed near the mean.
    for m in range(1, 100 + 10 * int(math.sqrt(max(a, b)))):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            back = 1 + term * back
            front = 1 + term / front
            back = 1 / (back if abs(back) > TINY else TINY)
            front = front if abs(front) > TINY else TINY
            value *= front * back
        if abs(front * back - 1) < 1e-14:
            break
    return value


def at_most(k: float, n: float, share: float) -> float:
    """Return P(X <= k) for X binomial with n trials; k and n may be effective, not whole."""
    if k < 0:
        return 0.0
    return 1.0 if k >= n else beta_share(1 - share, n - k, k + 1)


def upper(k: float, n: float, confidence: float) -> float:
    """Return the largest share under which k or fewer of n would not be a surprise."""
    if k >= n:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if at_most(k, n, middle) > 1 - confidence else (low, middle)
    return high


def lower(k: float, n: float, confidence: float) -> float:
    """Return the smallest share under which k or more of n would not be a surprise."""
    return 1 - upper(n - k, n, confidence) if n > 0 else 0.0


def interval(k: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided interval of a share; everything is possible without a comment."""
    side = (1 + confidence) / 2
    return lower(k, n, side), upper(k, n, side)


def proves_share(k: int, n: int, share: float, confidence: float) -> bool:
    """Tell whether k of n prove that the share is at most `share`: the exact binomial test."""
    return k < n and at_most(k, n, share) <= 1 - confidence


def allowed(n: int, share: float, confidence: float | None) -> int:
    """Return the most misses among n with which a share of at most `share` is proven.

    -1 when not even none proves it. Without a confidence the share is kept on the n themselves.
    """
    if confidence is None:
        return math.floor(share * n + 1e-9) if n else -1
    low, high = -1, n
    while low < high:
        middle = (low + high + 1) // 2
        fits = proves_share(middle, n, share, confidence)
        low, high = (middle, high) if fits else (low, middle - 1)
    return low


def labels_needed(rate: float, share: float, confidence: float) -> int | None:
    """Return how many labels prove a share of at most `share` while misses come at `rate`.

    None when no reasonable number does: the rate itself is too high or too close.
    """
    if rate >= share:
        return None

    def proves(n: int) -> bool:
        return proves_share(math.ceil(rate * n - 1e-9), n, share, confidence)

    high = 1
    while not proves(high):
        high *= 2
        if high > MOST_LABELS:
            return None
    low = high // 2
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if proves(middle) else (middle, high)
    return high
