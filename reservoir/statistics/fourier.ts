/** The discrete Fourier transform of any length: powers of two directly, others by Bluestein's convolution. X_k = sum x_j exp(-2 pi i j k / n). */
import { statisticsKernels } from "./kernels.ts";

/** In place, length a power of two. `sign` -1 forward, +1 backward; no scaling. */
function radix2(re: Float64Array, im: Float64Array, sign: 1 | -1): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j] as number, re[i] as number];
      [im[i], im[j]] = [im[j] as number, im[i] as number];
    }
  }
  const cos = new Float64Array(n / 2 || 1);
  const sin = new Float64Array(n / 2 || 1);
  for (let k = 0; k < n / 2; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = sign * Math.sin((2 * Math.PI * k) / n);
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    const stride = n / size;
    for (let from = 0; from < n; from += size) {
      for (let k = 0; k < half; k++) {
        const [a, b] = [from + k, from + k + half];
        const [wr, wi] = [cos[k * stride] as number, sin[k * stride] as number];
        const tr = (re[b] as number) * wr - (im[b] as number) * wi;
        const ti = (re[b] as number) * wi + (im[b] as number) * wr;
        re[b] = (re[a] as number) - tr;
        im[b] = (im[a] as number) - ti;
        re[a] = (re[a] as number) + tr;
        im[a] = (im[a] as number) + ti;
      }
    }
  }
}

function bluestein(re: Float64Array, im: Float64Array, sign: 1 | -1): void {
  const n = re.length;
  let size = 1;
  while (size < 2 * n - 1) size *= 2;
  const cos = new Float64Array(n);
  const sin = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    // k^2 modulo 2n keeps the angle exact for long series.
    const angle = (Math.PI * ((k * k) % (2 * n))) / n;
    cos[k] = Math.cos(angle);
    sin[k] = sign * Math.sin(angle);
  }
  const [ar, ai, br, bi] = [new Float64Array(size), new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  for (let k = 0; k < n; k++) {
    ar[k] = (re[k] as number) * (cos[k] as number) - (im[k] as number) * (sin[k] as number);
    ai[k] = (re[k] as number) * (sin[k] as number) + (im[k] as number) * (cos[k] as number);
    br[k] = cos[k] as number;
    bi[k] = -(sin[k] as number);
    if (k > 0) {
      br[size - k] = cos[k] as number;
      bi[size - k] = -(sin[k] as number);
    }
  }
  radix2(ar, ai, -1);
  radix2(br, bi, -1);
  for (let k = 0; k < size; k++) {
    const real = (ar[k] as number) * (br[k] as number) - (ai[k] as number) * (bi[k] as number);
    ai[k] = (ar[k] as number) * (bi[k] as number) + (ai[k] as number) * (br[k] as number);
    ar[k] = real;
  }
  radix2(ar, ai, 1);
  for (let k = 0; k < n; k++) {
    const [real, imaginary] = [(ar[k] as number) / size, (ai[k] as number) / size];
    re[k] = real * (cos[k] as number) - imaginary * (sin[k] as number);
    im[k] = real * (sin[k] as number) + imaginary * (cos[k] as number);
  }
}

/** Below this the way to the addon and back costs more than the transform. */
const LEAST_NATIVE = 256;

/** Transforms n complex numbers in place. Backward divides by n. */
export function fourier(re: Float64Array, im: Float64Array, direction: "forward" | "backward" = "forward"): void {
  const n = re.length;
  if (n < 2) return;
  const native = n < LEAST_NATIVE ? null : statisticsKernels();
  if (native !== null) {
    native.fourier(re, im, direction === "backward");
    return;
  }
  const sign = direction === "forward" ? -1 : 1;
  if ((n & (n - 1)) === 0) radix2(re, im, sign);
  else bluestein(re, im, sign);
  if (direction === "forward") return;
  for (let k = 0; k < n; k++) {
    re[k] = (re[k] as number) / n;
    im[k] = (im[k] as number) / n;
  }
}
