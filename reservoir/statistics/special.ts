/** Special functions and tail probabilities in double precision, good to about 1e-13 relative except where said. Arguments outside the domain give NaN. */

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

const TINY = 1e-300;
const MAX_TERMS = 10_000;

/** ln Gamma(x) for x > 0, by Lanczos' sum with g = 7. */
export function gammaln(x: number): number {
  if (!(x > 0)) return Number.NaN;
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - gammaln(1 - x);
  const z = x - 1;
  const sum = LANCZOS.reduce((total, coefficient, i) => (i === 0 ? coefficient : total + coefficient / (z + i)), 0);
  const base = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(base) - base + Math.log(sum);
}

/** d/dx ln Gamma(x) for x > 0: the recurrence up to 15, then the asymptotic series. */
export function digamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let value = 0;
  let at = x;
  for (; at < 15; at++) value -= 1 / at;
  const inverse = 1 / (at * at);
  const series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse * (1 / 132)))));
  return value + Math.log(at) - 0.5 / at - series;
}

/** Regularised upper incomplete gamma function Q(a, x), a > 0, x >= 0. */
export function gammaQ(a: number, x: number): number {
  if (!(a > 0) || !(x >= 0)) return Number.NaN;
  if (x === 0) return 1;
  const front = Math.exp(a * Math.log(x) - x - gammaln(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < MAX_TERMS && Math.abs(term) > Math.abs(sum) * Number.EPSILON; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - front * sum;
  }
  if (front === 0) return 0;
  return front / continuedFraction(x + 1 - a, (n) => [-n * (n - a), x + 1 - a + 2 * n]);
}

/** Regularised incomplete beta function I_x(a, b), a, b > 0, 0 <= x <= 1. About 1e-11 relative where a + b is in the thousands. */
export function betainc(a: number, b: number, x: number): number {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return Number.NaN;
  if (x === 0 || x === 1) return x;
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The continued fraction converges fast on this side of the mean; the other side is the complement.
  return x < (a + 1) / (a + b + 2) ? front / (a * betaFraction(a, b, x)) : 1 - front / (b * betaFraction(b, a, 1 - x));
}

function betaFraction(a: number, b: number, x: number): number {
  return continuedFraction(1, (n) => {
    const m = Math.floor(n / 2);
    const at = a + 2 * m;
    return [n % 2 === 0 ? (m * (b - m) * x) / ((at - 1) * at) : (-(a + m) * (a + b + m) * x) / (at * (at + 1)), 1];
  });
}

/** b0 + a1 / (b1 + a2 / (b2 + ...)) with [an, bn] = terms(n), by Lentz' method. */
function continuedFraction(b0: number, terms: (n: number) => [number, number]): number {
  let value = b0 || TINY;
  let up = value;
  let down = 0;
  for (let n = 1; n < MAX_TERMS; n++) {
    const [a, b] = terms(n);
    down = 1 / (b + a * down || TINY);
    up = b + a / up || TINY;
    value *= up * down;
    if (Math.abs(up * down - 1) < Number.EPSILON) break;
  }
  return value;
}

/** P(Z > z) for a standard normal Z. */
export function normalSf(z: number): number {
  const tail = 0.5 * gammaQ(0.5, (z * z) / 2);
  return z >= 0 ? tail : 1 - tail;
}

/** P(T > t) for Student's t with `degrees` degrees of freedom. */
export function studentTSf(t: number, degrees: number): number {
  const tail = 0.5 * betainc(degrees / 2, 0.5, degrees / (degrees + t * t));
  return t >= 0 ? tail : 1 - tail;
}

/** P(X > x) for a chi-squared X with `degrees` degrees of freedom. */
export function chi2Sf(x: number, degrees: number): number {
  return gammaQ(degrees / 2, x / 2);
}

/** z with P(Z < z) = p for a standard normal Z, 0 < p < 1: Newton's method on the logarithm of the tail, which has no bend to overshoot in. */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return p === 0 ? Number.NEGATIVE_INFINITY : p === 1 ? Number.POSITIVE_INFINITY : Number.NaN;
  const tail = Math.min(p, 1 - p);
  let z = Math.max(0, Math.log((1 - tail) / tail) / 1.702);
  // Far out the tail falls as a normal density does.
  if (tail < 1e-3) z = Math.sqrt(-2 * Math.log(tail));
  for (let i = 0; i < 100; i++) {
    const here = normalSf(z);
    const step = (Math.log(here / tail) * here * Math.sqrt(2 * Math.PI)) / Math.exp((-z * z) / 2);
    z += step;
    if (Math.abs(step) < 1e-15 * (1 + z)) break;
  }
  return p < 0.5 ? -z : z;
}

/** t with P(T > t) = tail for Student's t, 0 < tail <= 0.5, by bisection: to 1e-12. */
export function studentTQuantile(tail: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (studentTSf(high, degrees) > tail && high < 1e12) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-13 * high; i++) {
    const middle = (low + high) / 2;
    if (studentTSf(middle, degrees) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
