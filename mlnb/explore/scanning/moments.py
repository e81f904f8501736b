"""Mean, spread, skewness and kurtosis of chunks, and how two chunks' become those of both.

Central moments, never sums of powers: times in microseconds would cancel to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, mean and central moments: the sums of the 2nd to 4th powers of the deviations, these divided by ``scale``.

    The mean is kept as its distance ``shift`` from a ``base`` that chunks share: large numbers that lie close together would lose the
    digits in which the means of chunks differ.
    """

    n: int = 0
    base: float = 0.0
    shift: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0
    scale: float = 1.0

    @property
    def mean(self) -> float:
        """The mean."""
        return self.base + self.shift

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both together (Chan et al., Pébay)."""
        if self.n == 0 or other.n == 0:
            return other if self.n == 0 else self
        if self.scale != other.scale:
            scale = max(self.scale, other.scale)
            return self._scaled(scale).merge(other._scaled(scale))
        a, b = float(self.n), float(other.n)
        n, distance = a + b, (other.base - self.base) + (other.shift - self.shift)
        delta = distance / self.scale
        if not abs(delta) < 1e50:
            if not np.isfinite(distance):
                return Moments(self.n + other.n, self.base, float("nan"), float("nan"))
            return self._scaled(_scale(distance, distance)).merge(other._scaled(_scale(distance, distance)))
        step = delta / n
        m2 = self.m2 + other.m2 + delta * step * a * b
        m3 = self.m3 + other.m3 + delta * step * step * a * b * (a - b) + 3 * step * (a * other.m2 - b * self.m2)
        m4 = (
            self.m4
            + other.m4
            + delta * step**3 * a * b * (a * a - a * b + b * b)
            + 6 * step * step * (a * a * other.m2 + b * b * self.m2)
            + 4 * step * (a * other.m3 - b * self.m3)
        )
        return Moments(self.n + other.n, self.base, self.shift + distance * (b / n), m2, m3, m4, self.scale)

    def _scaled(self, scale: float) -> Moments:
        by = self.scale / scale
        return Moments(self.n, self.base, self.shift, self.m2 * by**2, self.m3 * by**3, self.m4 * by**4, scale)

    @property
    def stddev(self) -> float | None:
        """Standard deviation with n - 1, 0 of a constant."""
        if self.n < 2:
            return None
        return 0.0 if self.constant else _finite(np.sqrt(max(0.0, self.m2) / (self.n - 1)) * self.scale)

    @property
    def constant(self) -> bool:
        """Whether what spread there is is rounding."""
        return float(np.sqrt(max(0.0, self.m2) / max(1, self.n))) <= 1e-16 * abs(self.mean) / self.scale

    @property
    def skew(self) -> float | None:
        """Skewness, bias-corrected as in pandas; None of fewer than three values or a constant."""
        n = float(self.n)
        if n < 3 or self.constant or self.m2 <= 0:
            return None
        return _finite(n * (n - 1) ** 0.5 / (n - 2) * self.m3 / self.m2**1.5)

    @property
    def kurtosis(self) -> float | None:
        """Excess kurtosis, bias-corrected as in pandas; None of fewer than four values or a constant."""
        n = float(self.n)
        if n < 4 or self.constant or self.m2 <= 0:
            return None
        adjusted = 3 * (n - 1) ** 2 / ((n - 2) * (n - 3))
        return _finite(n * (n + 1) * (n - 1) * self.m4 / ((n - 2) * (n - 3) * self.m2 * self.m2) - adjusted)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def moments_of(
    values: npt.NDArray[Any],
    first: FloatArray,
    second: FloatArray,
    base: float | None = None,
    ends: tuple[Any, Any] | None = None,
) -> Moments:
    """Return the moments of a chunk without NaN; ``first`` and ``second`` are buffers of at least its length.

    Parameters
    ----------
    base
        A value from which deviations are taken, the same for all chunks; by default the first one.
    ends
        The least and the greatest value, where they are known already.
    """
    n = len(values)
    if n == 0:
        return Moments()
    deviation, square = first[:n], second[:n]
    base = float(values[0]) if base is None else base
    outer = np.array(ends if ends is not None else (values.min(), values.max()), dtype=values.dtype)
    _subtract(values, base, deviation, outer)
    shift = float(deviation.sum()) / n
    np.subtract(deviation, shift, out=deviation)
    # By the same operations as all values, so that these are the least and the greatest deviation.
    reach = np.empty(2)
    _subtract(outer, base, reach, outer)
    scale = _scale(*(reach - shift).tolist())
    if scale != 1.0:
        np.divide(deviation, scale, out=deviation)
    np.multiply(deviation, deviation, out=square)
    m2 = float(square.sum())
    np.multiply(deviation, square, out=deviation)
    m3 = float(deviation.sum())
    np.multiply(square, square, out=square)
    return Moments(n, base, shift, m2, m3, float(square.sum()), scale)


def _subtract(values: npt.NDArray[Any], base: float, out: FloatArray, ends: npt.NDArray[Any]) -> None:
    whole = int(base) if np.isfinite(base) else 0
    if values.dtype == np.int64 and abs(whole) < 2**62 and int(ends[0]) > -(2**62) and int(ends[1]) < 2**62:
        # Between whole numbers: beyond 2**53 neighbours would be the same float.
        np.subtract(values, whole, out=out, casting="unsafe")
        if base != whole:
            np.subtract(out, base - whole, out=out)
    else:
        np.subtract(values, base, out=out, casting="unsafe")


def _scale(low: float, high: float) -> float:
    """A power of two so that neither tiny nor huge deviations leave the range of doubles at the fourth power; mostly 1."""
    most = max(abs(low), abs(high))
    return 1.0 if most == 0 or 1e-50 < most < 1e50 or not np.isfinite(most) else float(2.0 ** np.floor(np.log2(most)))


def moments_of_counts(values: FloatArray, counts: npt.NDArray[np.int64]) -> Moments:
    """Return the moments of values that occur ``counts`` times."""
    n = int(counts.sum())
    if n == 0:
        return Moments()
    weights = counts.astype(np.float64)
    base = float(values[0])
    shift = float(((values - base) * weights).sum()) / n
    deviation = (values - base) - shift
    scale = _scale(float(deviation.min()), float(deviation.max()))
    deviation = deviation / scale
    square = deviation * deviation
    m2, m3 = float((square * weights).sum()), float((square * deviation * weights).sum())
    return Moments(n, base, shift, m2, m3, float((square * square * weights).sum()), scale)
