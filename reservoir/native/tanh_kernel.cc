#include "tanh_kernel.h"

#include <cstring>

#include "stat_dispatch.h"
#include "stat_vector_math.h"

namespace asicr {
namespace {

// tanh is 1 to the last digit from here on.
constexpr double kFlat = 20.0;

// tanh x = e / (e + 2) with e = exp(2x) - 1 for x >= 0: no digits cancel, because e is worked out as such.
template <size_t W>
ASICR_INLINE Vector<W> tanhBody(const Vector<W>& x) {
  using Integers = typename Lanes<W>::Integers;
  const Integers signBit = (Integers)all<W>(-0.0);
  const Integers sign = (Integers)x & signBit;
  Vector<W> size = (Vector<W>)((Integers)x & ~signBit);
  // A NaN compares false and passes through.
  size = size > all<W>(kFlat) ? all<W>(kFlat) : size;
  const Vector<W> e = expm1Of<W>(size + size);
  return (Vector<W>)((Integers)(e / (e + 2.0)) | sign);
}

template <size_t W>
ASICR_INLINE void tanhInPlaceBody(double* x, size_t n) {
  size_t i = 0;
  for (; i + W <= n; i += W) store<W>(x + i, tanhBody<W>(load<W>(x + i)));
  if (i == n) return;
  double rest[W] = {};
  std::memcpy(rest, x + i, (n - i) * sizeof(double));
  store<W>(rest, tanhBody<W>(load<W>(rest)));
  std::memcpy(x + i, rest, (n - i) * sizeof(double));
}

}  // namespace

ASICR_PER_SET(void, tanhInPlace, (double* x, size_t n), (x, n))

}  // namespace asicr
