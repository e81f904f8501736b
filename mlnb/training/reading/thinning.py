"""Thinning a curve so that its picture stays the same (M4): of each stretch its first, last, least and greatest point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from typing import Any

#: x and y, and whatever else is to be kept beside them.
Point = tuple[Any, ...]


def stretches(max_points: int) -> int:
    """Return into how many stretches a curve is cut so that four points of each make at most ``max_points``."""
    return max(1, max_points // 4)


def edges(low: int, high: int, count: int) -> list[tuple[int, int]]:
    """Cut the whole numbers from ``low`` to ``high`` into at most ``count`` ranges ``[begin, end)`` of about equal width."""
    width = high - low + 1
    cuts = [low + width * index // count for index in range(count + 1)]
    return [(begin, end) for begin, end in itertools.pairwise(cuts) if begin < end]


def thin(points: Iterable[Point], low: float, high: float, max_points: int) -> list[Point]:
    """Thin points that come in the order of x.

    Parameters
    ----------
    points
        x, y and what belongs to them; a y that is no number is left out.
    low, high
        The least and greatest x.
    max_points
        At most so many come back.
    """
    count = stretches(max_points)
    scale = count / ((high - low) or 1)
    kept: list[Point] = []
    place, bucket = None, _Bucket()
    for point in points:
        if math.isnan(point[1]):
            continue
        now = min(count - 1, int((point[0] - low) * scale))
        if now != place:
            kept += bucket.points()
            place, bucket = now, _Bucket()
        bucket.add(point)
    return kept + bucket.points()


class _Bucket:
    """First, last, least and greatest point of one stretch."""

    __slots__ = ("first", "greatest", "last", "least")

    def __init__(self) -> None:
        self.first: Point | None = None
        self.last: Point = ()
        self.least: Point = ()
        self.greatest: Point = ()

    def add(self, point: Point) -> None:
        if self.first is None:
            self.first = self.least = self.greatest = point
        elif point[1] < self.least[1]:
            self.least = point
        elif point[1] > self.greatest[1]:
            self.greatest = point
        self.last = point

    def points(self) -> list[Point]:
        if self.first is None:
            return []
        return sorted({self.first, self.least, self.greatest, self.last})
