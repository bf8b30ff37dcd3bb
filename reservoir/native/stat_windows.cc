#include "stat_windows.h"

#include <cstdint>
#include <cstring>

#include "stat_dispatch.h"
#include "stat_memory.h"

namespace asicr {
namespace {

// Above this many events a window it is faster to look for the first event of each window than to count every event.
constexpr double kDense = 24;
constexpr size_t kBlock = 256;

// First event from `at` on with time / window >= edge: doubling steps, then halving ones.
size_t firstFrom(const double* times, size_t n, size_t at, double window, double edge) {
  size_t step = 1;
  size_t low = at, high = at;
  while (high < n && times[high] / window < edge) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  if (high > n) high = n;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (times[middle] / window < edge)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// Adds the events of [from, to) and [other, otherTo), in turns: an increment waits for the one before it of the same window.
template <size_t W>
ASICR_INLINE void countBody(const double* times, size_t from, size_t to, size_t other, size_t otherTo, double window, uint32_t* counts) {
  using Integers = typename Lanes<W>::Integers;
  alignas(64) long long first[kBlock], second[kBlock];
  const Vector<W> width = all<W>(window);
  while (from + kBlock <= to && other + kBlock <= otherTo) {
    for (size_t k = 0; k < kBlock; k += W) {
      *reinterpret_cast<Integers*>(first + k) = __builtin_convertvector(load<W>(times + from + k) / width, Integers);
      *reinterpret_cast<Integers*>(second + k) = __builtin_convertvector(load<W>(times + other + k) / width, Integers);
    }
    for (size_t k = 0; k < kBlock; ++k) {
      ++counts[first[k]];
      ++counts[second[k]];
    }
    from += kBlock;
    other += kBlock;
  }
  for (; from < to; ++from) ++counts[static_cast<size_t>(times[from] / window)];
  for (; other < otherTo; ++other) ++counts[static_cast<size_t>(times[other] / window)];
}

ASICR_PER_SET(void, count,
              (const double* times, size_t from, size_t to, size_t other, size_t otherTo, double window, uint32_t* counts),
              (times, from, to, other, otherTo, window, counts))

bool countsOf(const double* times, size_t n, double window, size_t windows, Scratch<uint32_t>& counts) {
  if (!counts.allocate(windows + 1)) return false;
  std::memset(counts.data(), 0, (windows + 1) * sizeof(uint32_t));
  const size_t from = firstFrom(times, n, 0, window, 0);
  const size_t to = firstFrom(times, n, from, window, static_cast<double>(windows));
  if (static_cast<double>(to - from) <= kDense * static_cast<double>(windows)) {
    const size_t half = from + (to - from) / 2;
    count(times, from, half, half, to, window, counts.data());
    return true;
  }
  size_t at = from;
  for (size_t b = 0; b < windows; ++b) {
    const size_t next = firstFrom(times, to, at, window, static_cast<double>(b + 1));
    counts[b] = static_cast<uint32_t>(next - at);
    at = next;
  }
  return true;
}

}  // namespace

bool windowCounts(const double* times, size_t n, double window, size_t windows, double* counts) {
  Scratch<uint32_t> found;
  if (!countsOf(times, n, window, windows, found)) return false;
  for (size_t b = 0; b < windows; ++b) counts[b] = found[b];
  return true;
}

bool windowSums(const double* times, size_t n, double window, size_t windows, CountSums* sums) {
  Scratch<uint32_t> counts;
  if (!countsOf(times, n, window, windows, counts)) return false;
  // Whole numbers: exact, whatever the mean is. A square of a count of at most 2^32 events needs the wide type.
  uint64_t sum = 0;
  unsigned __int128 squares = 0, differences = 0;
  constexpr size_t kBlocked = 4096;
  for (size_t from = 0; from < windows; from += kBlocked) {
    const size_t to = from + kBlocked < windows ? from + kBlocked : windows;
    uint64_t s = 0, lowSquares = 0, lowDifferences = 0, largest = 0;
    for (size_t b = from; b < to; ++b) {
      const uint64_t c = counts[b];
      const int64_t d = b > 0 ? static_cast<int64_t>(c) - static_cast<int64_t>(counts[b - 1]) : 0;
      s += c;
      largest |= c | static_cast<uint64_t>(d < 0 ? -d : d);
      lowSquares += c * c;
      lowDifferences += static_cast<uint64_t>(d * d);
    }
    sum += s;
    if (largest < (uint64_t{1} << 26)) {
      squares += lowSquares;
      differences += lowDifferences;
      continue;
    }
    for (size_t b = from; b < to; ++b) {
      const uint64_t c = counts[b];
      const int64_t d = b > 0 ? static_cast<int64_t>(c) - static_cast<int64_t>(counts[b - 1]) : 0;
      squares += static_cast<unsigned __int128>(c) * c;
      differences += static_cast<unsigned __int128>(d < 0 ? -d : d) * static_cast<unsigned __int128>(d < 0 ? -d : d);
    }
  }
  // windows * sum of squares - (sum)^2, exact, is windows times what is wanted.
  const unsigned __int128 spread = squares * windows - static_cast<unsigned __int128>(sum) * sum;
  *sums = {static_cast<double>(sum), windows > 0 ? static_cast<double>(spread) / static_cast<double>(windows) : 0, static_cast<double>(differences)};
  return true;
}

}  // namespace asicr
