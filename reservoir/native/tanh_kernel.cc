#include "tanh_kernel.h"

#include <cstring>

#include "instruction_set.h"
#include "lanes.h"

namespace asicr {
namespace {

// Adding and taking away 1.5 * 2^52 rounds to a whole number, which then stands in the low bits.
constexpr double kRound = 6755399441055744.0;
constexpr double kLog2E = 1.4426950408889634;
// ln 2 in two parts; the first has few enough digits that a product with a small whole number is exact.
constexpr double kLn2High = 6.93147180369123816490e-01;
constexpr double kLn2Low = 1.90821492927058770002e-10;
// tanh is 1 to the last digit from here on.
constexpr double kFlat = 20.0;

// tanh x = e / (e + 2) with e = exp(2x) - 1 for x >= 0: no digits cancel, because e is worked out as such. With 2x = k ln 2 + r,
// |r| <= ln 2 / 2: e = 2^k (exp(r) - 1) + (2^k - 1), and exp(r) - 1 by its series to r^14 (the next term is below 2^-58 of it).
template <size_t W>
ASICR_INLINE Vector<W> tanhBody(const Vector<W>& x) {
  using Integers = typename Lanes<W>::Integers;
  const Integers signBit = (Integers)all<W>(-0.0);
  const Integers sign = (Integers)x & signBit;
  Vector<W> size = (Vector<W>)((Integers)x & ~signBit);
  // A NaN compares false and passes through.
  size = size > all<W>(kFlat) ? all<W>(kFlat) : size;
  const Vector<W> y = size + size;
  const Vector<W> rounded = y * kLog2E + kRound;
  const Vector<W> k = rounded - kRound;
  const Vector<W> r = (y - k * kLn2High) - k * kLn2Low;
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
  const Integers exponent = ((Integers)rounded - (Integers)all<W>(kRound) + 1023) << 52;
  const Vector<W> power = (Vector<W>)exponent;
  const Vector<W> e = power * p + (power - 1.0);
  return (Vector<W>)((Integers)(e / (e + 2.0)) | sign);
}

template <size_t W>
ASICR_INLINE void tanhAll(double* x, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) store<W>(x + i, tanhBody<W>(load<W>(x + i)));
  if (i == n) return;
  double rest[W] = {};
  std::memcpy(rest, x + i, (n - i) * sizeof(double));
  store<W>(rest, tanhBody<W>(load<W>(rest)));
  std::memcpy(x + i, rest, (n - i) * sizeof(double));
}

void tanhBase(double* x, size_t n) { tanhAll<2>(x, n); }
#if defined(__x86_64__)
ASICR_AVX2 void tanhAvx2(double* x, size_t n) { tanhAll<4>(x, n); }
ASICR_AVX512 void tanhAvx512(double* x, size_t n) { tanhAll<8>(x, n); }
#endif

}  // namespace

void tanhInPlace(double* x, size_t n) {
  switch (instructionSet()) {
#if defined(__x86_64__)
    case InstructionSet::avx512: return tanhAvx512(x, n);
    case InstructionSet::avx2: return tanhAvx2(x, n);
#endif
    default: return tanhBase(x, n);
  }
}

}  // namespace asicr
