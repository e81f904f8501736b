/**
 * A running average that forgets: each value counts `weight` as much as the one after it. The sum of the weights so far
 * divides it, so that a curve does not begin at zero. What is no number stays a gap and is not carried on.
 */
export function smooth(
  values: readonly (number | null)[],
  weight: number
): (number | null)[] {
  if (weight <= 0) {
    return [...values];
  }
  let [sum, total] = [0, 0];
  return values.map(value => {
    if (value === null || !Number.isFinite(value)) {
      return null;
    }
    sum = sum * weight + value * (1 - weight);
    total = total * weight + (1 - weight);
    return sum / total;
  });
}
