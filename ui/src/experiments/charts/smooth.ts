/**
 * Exponential smoothing that begins without a bias: the first value stands for itself, and later ones count the more the nearer
 * they are. `amount` is the share of the past, 0 for none. What is no number stays a gap and is not carried on.
 */
export function smooth(
  values: readonly (number | null)[],
  amount: number
): (number | null)[] {
  if (amount <= 0) {
    return [...values];
  }
  let last = 0;
  let weight = 0;
  return values.map(value => {
    if (value === null || !Number.isFinite(value)) {
      return null;
    }
    last = last * amount + (1 - amount) * value;
    weight = weight * amount + (1 - amount);
    return last / weight;
  });
}

/** Curves of a group as one: the mean with the least and the greatest at each of their places. */
export function bandOf(
  curves: readonly { x: readonly number[]; y: readonly number[] }[],
  most = 200
): { x: number[]; mean: number[]; low: number[]; high: number[] } {
  const all = [...new Set(curves.flatMap(curve => [...curve.x]))].sort(
    (a, b) => a - b
  );
  const step = Math.max(Math.ceil(all.length / most), 1);
  const x = all.filter((_, i) => i % step === 0 || i === all.length - 1);
  const values = curves.map(curve => x.map(at => valueAt(curve, at)));
  const rows = x.map((_, i) =>
    values
      .map(column => column[i])
      .filter((value): value is number => value !== null)
  );
  return {
    x,
    mean: rows.map(row => row.reduce((a, b) => a + b, 0) / row.length),
    low: rows.map(row => Math.min(...row)),
    high: rows.map(row => Math.max(...row))
  };
}

/** The height of a curve at a place between its points; null before and after it. */
export function valueAt(
  curve: { x: readonly number[]; y: readonly number[] },
  at: number
): number | null {
  const { x, y } = curve;
  if (x.length === 0 || at < x[0] || at > x[x.length - 1]) {
    return null;
  }
  let [low, high] = [0, x.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= at) {
      low = middle;
    } else {
      high = middle;
    }
  }
  const span = x[high] - x[low];
  return span === 0
    ? y[high]
    : y[low] + ((y[high] - y[low]) * (at - x[low])) / span;
}
