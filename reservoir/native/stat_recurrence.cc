#include "stat_recurrence.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "stat_dispatch.h"
#include "stat_memory.h"

namespace asicr {
namespace {

// Distances of pairs (i, i + lag), i = 0 .. n - lag - 1.
template <size_t W>
ASICR_INLINE void distancesBody(const double* x, size_t n, size_t dimension, size_t delay, size_t lag, double* out) {
  using Integers = typename Lanes<W>::Integers;
  const Integers sign = (Integers)all<W>(-0.0);
  size_t i = 0;
  for (; i + W <= n - lag; i += W) {
    Vector<W> largest = {};
    for (size_t k = 0; k < dimension; ++k) {
      const double* at = x + i + k * delay;
      const Vector<W> d = (Vector<W>)((Integers)(load<W>(at) - load<W>(at + lag)) & ~sign);
      largest = d > largest ? d : largest;
    }
    store<W>(out + i, largest);
  }
  for (; i < n - lag; ++i) {
    double largest = 0;
    for (size_t k = 0; k < dimension; ++k) {
      const double d = x[i + k * delay] - x[i + k * delay + lag];
      largest = std::max(largest, d < 0 ? -d : d);
    }
    out[i] = largest;
  }
}

ASICR_PER_SET(void, distances, (const double* x, size_t n, size_t dimension, size_t delay, size_t lag, double* out),
              (x, n, dimension, delay, lag, out))

// One more point of every vertical line, or its end. Returns the points on lines that ended.
template <size_t W>
ASICR_INLINE size_t verticalsBody(const double* lag, size_t n, double radius, size_t leastLine, uint32_t* runs) {
  size_t ended = 0;
  for (size_t i = 0; i < n; ++i) {
    const uint32_t run = runs[i];
    const bool here = lag[i] <= radius;
    ended += !here && run >= leastLine ? run : 0;
    runs[i] = here ? run + 1 : 0;
  }
  return ended;
}

ASICR_PER_SET(size_t, verticals, (const double* lag, size_t n, double radius, size_t leastLine, uint32_t* runs),
              (lag, n, radius, leastLine, runs))

// The value of a rank among `count` numbers that are not negative: their bits order as they do, so leading digits are counted and
// only what shares those of the wanted one is looked at again. Works in `kept`.
double valueOfRank(const double* values, size_t count, size_t rank, double* kept) {
  constexpr size_t kDigitBits = 13;
  static_assert(sizeof(uint32_t) << kDigitBits <= 32768, "the counts fit a first-level cache");
  uint32_t counts[size_t{1} << kDigitBits];
  const double* from = values;
  for (size_t shift = 64 - kDigitBits; count > 32; shift -= kDigitBits) {
    std::memset(counts, 0, sizeof counts);
    const auto digitOf = [shift](double value) {
      uint64_t bits;
      std::memcpy(&bits, &value, sizeof bits);
      return bits >> shift & ((size_t{1} << kDigitBits) - 1);
    };
    for (size_t i = 0; i < count; ++i) ++counts[digitOf(from[i])];
    size_t digit = 0;
    for (; counts[digit] <= rank; ++digit) rank -= counts[digit];
    size_t left = 0;
    for (size_t i = 0; i < count; ++i)
      if (digitOf(from[i]) == digit) kept[left++] = from[i];
    count = left;
    from = kept;
    if (shift < kDigitBits) break;
  }
  if (from != kept) std::memcpy(kept, from, count * sizeof(double));
  std::nth_element(kept, kept + rank, kept + count);
  return kept[rank];
}

}  // namespace

bool recurrence(const double* x, size_t n, size_t dimension, size_t delay, size_t rank, size_t leastLine, RecurrenceSums* out) {
  Scratch<double> pairs, kept;
  // Points that the vertical lines of each state have by now, below and above the main diagonal: the lag grows, and with it the later state
  // of the one, while the earlier state of the other falls.
  Scratch<uint32_t> vertical;
  const size_t count = n * (n - 1) / 2;
  if (!pairs.allocate(count) || !kept.allocate(count) || !vertical.allocate(2 * n)) return false;
  std::memset(vertical.data(), 0, 2 * n * sizeof(uint32_t));
  size_t at = 0;
  for (size_t lag = 1; lag < n; at += n - lag, ++lag) distances(x, n, dimension, delay, lag, pairs.data() + at);
  RecurrenceSums sums{valueOfRank(pairs.data(), count, rank, kept.data()), 0, 0, 0, 0, 0};
  size_t points = 0, onDiagonals = 0, lines = 0, longest = 0, onVerticals = 0;
  at = 0;
  for (size_t lag = 1; lag < n; at += n - lag, ++lag) {
    const double* diagonal = pairs.data() + at;
    size_t run = 0;
    for (size_t i = 0; i <= n - lag; ++i) {
      if (i < n - lag && diagonal[i] <= sums.radius) {
        ++run;
        continue;
      }
      points += run;
      if (run >= leastLine) {
        onDiagonals += run;
        ++lines;
        longest = std::max(longest, run);
      }
      run = 0;
    }
    onVerticals += verticals(diagonal, n - lag, sums.radius, leastLine, vertical.data());
    onVerticals += verticals(diagonal, n - lag, sums.radius, leastLine, vertical.data() + n + lag);
  }
  for (size_t i = 0; i < 2 * n; ++i) onVerticals += vertical[i] >= leastLine ? vertical[i] : 0;
  sums.points = static_cast<double>(points);
  sums.onDiagonals = static_cast<double>(onDiagonals);
  sums.lines = static_cast<double>(lines);
  sums.longest = static_cast<double>(longest);
  sums.onVerticals = static_cast<double>(onVerticals);
  *out = sums;
  return true;
}

}  // namespace asicr
