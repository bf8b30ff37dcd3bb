#include "stat_intervals.h"

#include <cmath>
#include <limits>

#include "stat_dispatch.h"
#include "stat_streams.h"

namespace asicr {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <size_t W, bool Events>
ASICR_INLINE Vector<W> intervals(const double* x, size_t i) {
  return Events ? load<W>(x + i + 1) - load<W>(x + i) : load<W>(x + i);
}

template <bool Events>
ASICR_INLINE double interval(const double* x, size_t i) {
  return Events ? x[i + 1] - x[i] : x[i];
}

template <size_t W>
ASICR_INLINE Vector<W> lesser(const Vector<W>& a, const Vector<W>& b) {
  return a < b ? a : b;
}

template <size_t W>
ASICR_INLINE double leastOf(const Vector<W>& v) {
  double least = v[0];
  for (size_t i = 1; i < W; ++i) least = v[i] < least ? v[i] : least;
  return least;
}

template <size_t W>
ASICR_INLINE Vector<W> sizeOf(const Vector<W>& v) {
  using Integers = typename Lanes<W>::Integers;
  return (Vector<W>)((Integers)v & ~(Integers)all<W>(-0.0));
}

template <size_t W, bool Events>
ASICR_INLINE IntervalExtent extentOf(const double* x, size_t n) {
  Vector<W> sum[4] = {}, least[4];
  for (auto& l : least) l = all<W>(kInfinity);
  size_t i = inStreams<W>(n, [&](size_t at, size_t k) __attribute__((always_inline)) {
    const Vector<W> v = intervals<W, Events>(x, at);
    sum[k] += v;
    least[k] = lesser<W>(v, least[k]);
  });
  double total = sumOf<W>((sum[0] + sum[1]) + (sum[2] + sum[3]));
  double lowest = leastOf<W>(lesser<W>(lesser<W>(least[0], least[1]), lesser<W>(least[2], least[3])));
  for (; i < n; ++i) {
    const double v = interval<Events>(x, i);
    total += v;
    lowest = v < lowest ? v : lowest;
  }
  return {total, lowest};
}

template <size_t W>
ASICR_INLINE double intervalSquaresBody(const double* times, size_t n, double mean) {
  const Vector<W> centre = all<W>(mean);
  Vector<W> squares[4] = {};
  size_t i = inStreams<W>(n, [&](size_t at, size_t k) __attribute__((always_inline)) {
    const Vector<W> off = intervals<W, true>(times, at) - centre;
    squares[k] += off * off;
  });
  double total = sumOf<W>((squares[0] + squares[1]) + (squares[2] + squares[3]));
  for (; i < n; ++i) {
    const double off = interval<true>(times, i) - mean;
    total += off * off;
  }
  return total;
}

template <size_t W, bool Events>
ASICR_INLINE NeighbourSums neighboursOf(const double* x, size_t n, double mean) {
  using Integers = typename Lanes<W>::Integers;
  const Vector<W> centre = all<W>(mean), zero = {};
  Vector<W> local = {}, absolute = {}, products = {}, sum = {}, squares = {};
  Integers pairs = {};
  double last = interval<Events>(x, 0) - mean;
  NeighbourSums out{0, 0, 0, 0, last, last * last};
  size_t i = 1;
  for (; i + W <= n; i += W) {
    const Vector<W> a = intervals<W, Events>(x, i - 1), b = intervals<W, Events>(x, i);
    const Vector<W> both = a + b;
    const Integers counts = both != zero;
    const Vector<W> contrast = (Vector<W>)((Integers)((b - a) / both) & counts);
    pairs -= counts;
    local += contrast * contrast;
    absolute += sizeOf<W>(contrast);
    products += (a - centre) * (b - centre);
    sum += b - centre;
    squares += (b - centre) * (b - centre);
  }
  for (size_t lane = 0; lane < W; ++lane) out.pairs += static_cast<double>(pairs[lane]);
  out.local += sumOf<W>(local);
  out.absolute += sumOf<W>(absolute);
  out.products += sumOf<W>(products);
  out.sum += sumOf<W>(sum);
  out.squares += sumOf<W>(squares);
  for (; i < n; ++i) {
    const double a = interval<Events>(x, i - 1), b = interval<Events>(x, i);
    out.products += (a - mean) * (b - mean);
    out.sum += b - mean;
    out.squares += (b - mean) * (b - mean);
    if (a + b == 0) continue;
    const double contrast = (b - a) / (a + b);
    out.pairs += 1;
    out.local += contrast * contrast;
    out.absolute += std::fabs(contrast);
  }
  return out;
}

template <size_t W>
ASICR_INLINE IntervalExtent intervalExtentBody(const double* x, size_t n, bool events) {
  return events ? extentOf<W, true>(x, n) : extentOf<W, false>(x, n);
}

template <size_t W>
ASICR_INLINE NeighbourSums neighbourSumsBody(const double* x, size_t n, bool events, double mean) {
  return events ? neighboursOf<W, true>(x, n, mean) : neighboursOf<W, false>(x, n, mean);
}

template <size_t W>
ASICR_INLINE bool neverFallsBody(const double* x, size_t n) {
  using Integers = typename Lanes<W>::Integers;
  if (n < 2) return n == 0 || x[0] == x[0];
  Integers rises = ~Integers{};
  size_t i = 1;
  for (; i + W <= n; i += W) rises &= load<W>(x + i) >= load<W>(x + i - 1);
  bool all = true;
  for (size_t lane = 0; lane < W; ++lane) all = all && rises[lane] != 0;
  for (; i < n; ++i) all = all && x[i] >= x[i - 1];
  return all;
}

template <size_t W>
ASICR_INLINE size_t equalNeighboursBody(const double* x, size_t n) {
  using Integers = typename Lanes<W>::Integers;
  Integers equal = {};
  size_t i = 1;
  for (; i + W <= n; i += W) equal -= load<W>(x + i) == load<W>(x + i - 1);
  size_t count = 0;
  for (size_t lane = 0; lane < W; ++lane) count += static_cast<size_t>(equal[lane]);
  for (; i < n; ++i) count += x[i] == x[i - 1] ? 1 : 0;
  return count;
}

template <size_t W>
ASICR_INLINE bool everyFiniteBody(const double* x, size_t n) {
  Vector<W> off[4] = {};
  size_t i = inStreams<W>(n, [&](size_t at, size_t k) __attribute__((always_inline)) {
    const Vector<W> v = load<W>(x + at);
    off[k] += v - v;
  });
  double sum = sumOf<W>((off[0] + off[1]) + (off[2] + off[3]));
  for (; i < n; ++i) sum += x[i] - x[i];
  return sum == 0;
}

template <size_t W, size_t Order>
ASICR_INLINE double squaresOf(const double* x, size_t n, size_t m, size_t step) {
  const size_t end = n > Order * m ? n - Order * m : 0;
  double total = 0;
  size_t i = 0;
  if (step == 1) {
    Vector<W> sum[4] = {};
    for (; i + 4 * W <= end; i += 4 * W)
      for (size_t u = 0; u < 4; ++u) {
        const double* at = x + i + u * W;
        const Vector<W> a = load<W>(at), b = load<W>(at + m), c = load<W>(at + 2 * m);
        const Vector<W> d = Order == 2 ? c - (b + b) + a : load<W>(at + 3 * m) - 3.0 * c + 3.0 * b - a;
        sum[u] += d * d;
      }
    total = sumOf<W>((sum[0] + sum[1]) + (sum[2] + sum[3]));
  }
  for (; i < end; i += step) {
    const double d = Order == 2 ? x[i + 2 * m] - 2 * x[i + m] + x[i] : x[i + 3 * m] - 3 * x[i + 2 * m] + 3 * x[i + m] - x[i];
    total += d * d;
  }
  return total;
}

template <size_t W>
ASICR_INLINE double differenceSquaresBody(const double* x, size_t n, size_t m, size_t order, size_t step) {
  return order == 2 ? squaresOf<W, 2>(x, n, m, step) : squaresOf<W, 3>(x, n, m, step);
}

}  // namespace

ASICR_PER_SET(IntervalExtent, intervalExtent, (const double* x, size_t n, bool events), (x, n, events))
ASICR_PER_SET(double, intervalSquares, (const double* times, size_t n, double mean), (times, n, mean))
ASICR_PER_SET(NeighbourSums, neighbourSums, (const double* x, size_t n, bool events, double mean), (x, n, events, mean))
ASICR_PER_SET(bool, neverFalls, (const double* x, size_t n), (x, n))
ASICR_PER_SET(size_t, equalNeighbours, (const double* x, size_t n), (x, n))
ASICR_PER_SET(bool, everyFinite, (const double* x, size_t n), (x, n))
ASICR_PER_SET(double, differenceSquares, (const double* x, size_t n, size_t m, size_t order, size_t step), (x, n, m, order, step))

}  // namespace asicr
