import { fourier } from "./fourier.ts";

/**
 * r[s] = sum over i of window[i] x[(from + i + s) mod n] for every shift s = 0..n-1, for several windows of one length at once: what each window's
 * projection on x is wherever x is shifted to. windows no longer than x. Rounding about 1e-15 of |window| |x|.
 */
export function circularProjections(windows: readonly Float64Array[], from: number, x: Float64Array): Float64Array[] {
  const n = x.length;
  const length = windows[0]?.length ?? 0;
  let size = 1;
  while (size < n + length) size *= 2;
  const xr = new Float64Array(size);
  const xi = new Float64Array(size);
  for (let i = 0; i < n + length; i++) xr[i] = x[(from + i) % n] as number;
  fourier(xr, xi);
  const out: Float64Array[] = [];
  // Two real windows to a complex one: the projections come out as its real and imaginary part.
  for (let at = 0; at < windows.length; at += 2) {
    const wr = new Float64Array(size);
    const wi = new Float64Array(size);
    wr.set(windows[at] as Float64Array);
    if (at + 1 < windows.length) wi.set((windows[at + 1] as Float64Array).map((value) => -value));
    fourier(wr, wi);
    for (let k = 0; k < size; k++) {
      // x times the conjugate of the window.
      const [a, b, c, d] = [xr[k] as number, xi[k] as number, wr[k] as number, wi[k] as number];
      wr[k] = a * c + b * d;
      wi[k] = b * c - a * d;
    }
    fourier(wr, wi, "backward");
    out.push(wr.slice(0, n));
    if (at + 1 < windows.length) out.push(wi.slice(0, n));
  }
  return out;
}
