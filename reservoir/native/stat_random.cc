#include "stat_random.h"

#include <algorithm>

#include "stat_dispatch.h"
#include "stat_memory.h"
#include "stat_parts.h"

namespace asicr {
namespace {

template <size_t W>
ASICR_INLINE void uniformsBody(uint64_t seed, uint64_t first, size_t n, double* out) {
  for (size_t k = 0; k < n; ++k) out[k] = static_cast<double>(static_cast<int64_t>(splitmix64(seed, first + k) >> 11)) * 0x1p-53;
}

// Starts that are drawn at a time.
constexpr size_t kDrawn = 256;
// Sums side by side: a sum waits for the one before it. Half of them to a thread.
constexpr size_t kParts = 8, kSide = 4;
// Starts between two sums that are made anew, or four times as many as a block has values.
constexpr size_t kStretch = 4096;

ASICR_INLINE uint32_t blockStart(uint64_t bits, double starts) {
  return static_cast<uint32_t>(static_cast<int64_t>(static_cast<double>(static_cast<int64_t>(bits >> 11)) * 0x1p-53 * starts));
}

// Where blocks number first, first + 1, ... of the stream start.
template <size_t W>
ASICR_INLINE void blockStartsBody(uint64_t seed, uint64_t first, double starts, size_t n, uint32_t* out) {
  for (size_t k = 0; k < n; ++k) out[k] = blockStart(splitmix64(seed, first + k), starts);
}

ASICR_PER_SET(void, blockStarts, (uint64_t seed, uint64_t first, double starts, size_t n, uint32_t* out), (seed, first, starts, n, out))

// sums[s] = sum of the block of x that starts at s, less its length times `mean`, which keeps it small, for all starts. From one to the next a value
// comes in and one goes out; anew every so often, so that rounding does not add up.
void blockSums(const double* x, size_t starts, size_t length, double mean, double* sums, size_t members) {
  const size_t each = starts / kParts, stretch = std::max(kStretch, 4 * length);
  const auto sumAt = [=](size_t start) {
    double sum = 0;
    for (size_t i = start; i < start + length; ++i) sum += x[i] - mean;
    return sum;
  };
  inParts(kParts / kSide, members, [=](size_t side) {
    const double* const from = x + side * kSide * each;
    double* const to = sums + side * kSide * each;
    for (size_t first = 0; first < each; first += stretch) {
      double sum[kSide];
      for (size_t part = 0; part < kSide; ++part) to[part * each + first] = sum[part] = sumAt((side * kSide + part) * each + first);
      for (size_t i = first + 1; i < std::min(each, first + stretch); ++i)
        for (size_t part = 0; part < kSide; ++part) {
          const double* const out = from + part * each + i - 1;
          to[part * each + i] = sum[part] += out[length] - out[0];
        }
    }
  });
  for (size_t s = kParts * each; s < starts; ++s) sums[s] = sumAt(s);
}

}  // namespace

ASICR_PER_SET(void, uniforms, (uint64_t seed, uint64_t first, size_t n, double* out), (seed, first, n, out))

bool blockMeans(const double* x, size_t n, size_t length, uint64_t seed, double mean, size_t draws, double* means, size_t members) {
  const size_t starts = n - length + 1, blocks = (n + length - 1) / length, last = n - (blocks - 1) * length;
  Scratch<double> sums;
  if (!sums.allocate(starts)) return false;
  double* const sumFrom = sums.data();
  blockSums(x, starts, length, mean, sumFrom, members);
  inParts(draws, members, [&](size_t draw) {
    double sum = 0;
    uint32_t start[kDrawn];
    for (size_t b = 0; b < blocks; b += kDrawn) {
      const size_t here = std::min(kDrawn, blocks - b);
      blockStarts(seed, draw * blocks + b, static_cast<double>(starts), here, start);
      for (size_t k = 0; k < here; ++k) __builtin_prefetch(sumFrom + start[k]);
      // The last block of a draw may be shorter.
      const size_t whole = b + here < blocks ? here : here - 1;
      for (size_t k = 0; k < whole; ++k) sum += sumFrom[start[k]];
      if (whole < here)
        for (size_t i = 0; i < last; ++i) sum += x[start[whole] + i] - mean;
    }
    means[draw] = mean + sum / static_cast<double>(n);
  });
  return true;
}

size_t blockRows(uint64_t seed, uint64_t first, size_t n, size_t length, uint32_t* rows) {
  size_t used = 0;
  const double starts = static_cast<double>(n - length + 1);
  for (size_t at = 0; at < n; ++used) {
    const uint32_t from = blockStart(splitmix64(seed, first + used), starts);
    const size_t here = std::min(length, n - at);
    for (size_t k = 0; k < here; ++k) rows[at + k] = from + static_cast<uint32_t>(k);
    at += here;
  }
  return used;
}

}  // namespace asicr
