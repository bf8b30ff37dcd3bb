// Elementary functions of vectors of doubles, within a few units in the last place.
#pragma once
#include "lanes.h"

namespace asicr {

// Adding and taking away 1.5 * 2^52 rounds to a whole number, which then stands in the low bits.
constexpr double kRoundToWhole = 6755399441055744.0;

// exp(y) - 1 for |y| < 700, with no digits cancelling: y = k ln 2 + r, 2^k (exp(r) - 1) + (2^k - 1), exp(r) - 1 by its series to
// r^14: |r| <= ln 2 / 2, and the next term is below 2^-58 of it.
template <size_t W>
ASICR_INLINE Vector<W> expm1Of(const Vector<W>& y) {
  using Integers = typename Lanes<W>::Integers;
  const Vector<W> rounded = y * 1.4426950408889634 + kRoundToWhole;
  const Vector<W> k = rounded - kRoundToWhole;
  // ln 2 in two parts; the first has few enough digits that its product with k is exact.
  const Vector<W> r = (y - k * 6.93147180369123816490e-01) - k * 1.90821492927058770002e-10;
  Vector<W> p = all<W>(1.0 / 87178291200.0);
  p = p * r + 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * (r * r) + r;
  const Vector<W> power = (Vector<W>)(((Integers)rounded - (Integers)all<W>(kRoundToWhole) + 1023) << 52);
  return power * p + (power - 1.0);
}

// ln x for normal x > 0: x = 2^k m with m in [sqrt 1/2, sqrt 2), ln m = 2 artanh((m - 1) / (m + 1)) by its series to the 23rd power.
template <size_t W>
ASICR_INLINE Vector<W> logOf(const Vector<W>& x) {
  using Integers = typename Lanes<W>::Integers;
  // Bits of sqrt 1/2: the exponent of x over it is k.
  const Integers over = (Integers)x - 0x3fe6a09e667f3bcdLL;
  const Integers whole = over >> 52;
  const Vector<W> m = (Vector<W>)((Integers)x - (whole << 52));
  const Vector<W> k = (Vector<W>)(whole + (Integers)all<W>(kRoundToWhole)) - kRoundToWhole;
  const Vector<W> f = m - 1.0;
  const Vector<W> s = f / (f + 2.0);
  const Vector<W> z = s * s;
  Vector<W> p = all<W>(2.0 / 23);
  p = p * z + 2.0 / 21;
  p = p * z + 2.0 / 19;
  p = p * z + 2.0 / 17;
  p = p * z + 2.0 / 15;
  p = p * z + 2.0 / 13;
  p = p * z + 2.0 / 11;
  p = p * z + 2.0 / 9;
  p = p * z + 2.0 / 7;
  p = p * z + 2.0 / 5;
  p = p * z + 2.0 / 3;
  // 2 s = f - s f, so ln m = f - s (f - z p) without losing the small part.
  return k * 6.93147180369123816490e-01 + (f - (s * (f - z * p) - k * 1.90821492927058770002e-10));
}

// cos and sin of 2 pi turns. |turns| below 2^50.
template <size_t W>
ASICR_INLINE void sincosOfTurns(const Vector<W>& turns, Vector<W>& cosine, Vector<W>& sine) {
  using Integers = typename Lanes<W>::Integers;
  // Nearest quarter turn; what is left is at most an eighth, exact.
  const Vector<W> rounded = turns * 4.0 + kRoundToWhole;
  const Integers quarter = (Integers)rounded - (Integers)all<W>(kRoundToWhole);
  const Vector<W> y = (turns - (rounded - kRoundToWhole) * 0.25) * 6.283185307179586477;
  const Vector<W> z = y * y;
  Vector<W> s = all<W>(1.0 / 355687428096000.0);
  s = s * z - 1.0 / 1307674368000.0;
  s = s * z + 1.0 / 6227020800.0;
  s = s * z - 1.0 / 39916800.0;
  s = s * z + 1.0 / 362880.0;
  s = s * z - 1.0 / 5040.0;
  s = s * z + 1.0 / 120.0;
  s = s * z - 1.0 / 6.0;
  s = s * (z * y) + y;
  Vector<W> c = all<W>(1.0 / 20922789888000.0);
  c = c * z - 1.0 / 87178291200.0;
  c = c * z + 1.0 / 479001600.0;
  c = c * z - 1.0 / 3628800.0;
  c = c * z + 1.0 / 40320.0;
  c = c * z - 1.0 / 720.0;
  c = c * z + 1.0 / 24.0;
  c = c * (z * z) + (1.0 - 0.5 * z);
  const Integers odd = (quarter & 1) != 0;
  const Integers swappedC = ((Integers)s & odd) | ((Integers)c & ~odd);
  const Integers swappedS = ((Integers)c & odd) | ((Integers)s & ~odd);
  // Quarters 1 and 2 have a negative cosine, 2 and 3 a negative sine.
  cosine = (Vector<W>)(swappedC ^ (((quarter + 1) & 2) << 62));
  sine = (Vector<W>)(swappedS ^ ((quarter & 2) << 62));
}

}  // namespace asicr
