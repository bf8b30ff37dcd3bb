/** Older, same or newer: numbers by value, a version with a pre-release suffix before the one without. */

const VERSION = /^v?(\d+(?:\.\d+)*)(?:-([\w.]+))?(?:\+[\w.]+)?$/;

/** Negative when `a` is older than `b`, 0 when they are the same, positive when it is newer; null when one is no such version. */
export function compareVersions(a: string, b: string): number | null {
  const [left, right] = [VERSION.exec(a.trim()), VERSION.exec(b.trim())];
  if (left === null || right === null) return null;
  const byNumbers = compareLists((left[1] as string).split("."), (right[1] as string).split("."), "0");
  if (byNumbers !== 0) return byNumbers;
  if (left[2] === undefined || right[2] === undefined) return Number(left[2] === undefined) - Number(right[2] === undefined);
  return compareLists(left[2].split("."), right[2].split("."), "");
}

function compareLists(a: readonly string[], b: readonly string[], missing: string): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = compareWords(a[i] ?? missing, b[i] ?? missing);
    if (order !== 0) return order;
  }
  return 0;
}

function compareWords(a: string, b: string): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return Number(a) - Number(b);
  return a === b ? 0 : a < b ? -1 : 1;
}
