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

ASICR_INLINE uint32_t blockStart(uint64_t bits, double starts) {
  return static_cast<uint32_t>(static_cast<int64_t>(static_cast<double>(static_cast<int64_t>(bits >> 11)) * 0x1p-53 * starts));
}

// Where blocks number first, first + 1, ... of the stream start.
template <size_t W>
ASICR_INLINE void blockStartsBody(uint64_t seed, uint64_t first, double starts, size_t n, uint32_t* out) {
  for (size_t k = 0; k < n; ++k) out[k] = blockStart(splitmix64(seed, first + k), starts);
}

ASICR_PER_SET(void, blockStarts, (uint64_t seed, uint64_t first, double starts, size_t n, uint32_t* out), (seed, first, starts, n, out))

// running[i] = sum of the first i of x less `mean`, which keeps it small.
void runningSums(const double* x, size_t n, double mean, double* running, size_t members) {
  const size_t each = n / kParts;
  running[0] = 0;
  inParts(kParts / kSide, members, [=](size_t side) {
    double sum[kSide] = {};
    const size_t first = side * kSide * each;
    for (size_t i = first; i < first + each; ++i)
      for (size_t part = 0; part < kSide; ++part) running[part * each + i + 1] = sum[part] += x[part * each + i] - mean;
  });
  double before[kParts] = {};
  for (size_t part = 1; part < kParts; ++part) before[part] = before[part - 1] + running[part * each];
  inParts(kParts, members, [=](size_t part) {
    for (size_t i = part * each + 1; i <= (part + 1) * each; ++i) running[i] += before[part];
  });
  for (size_t i = kParts * each; i < n; ++i) running[i + 1] = running[i] + (x[i] - mean);
}

}  // namespace

ASICR_PER_SET(void, uniforms, (uint64_t seed, uint64_t first, size_t n, double* out), (seed, first, n, out))

bool blockMeans(const double* x, size_t n, size_t length, uint64_t seed, double mean, size_t draws, double* means, size_t members) {
  Scratch<double> sums;
  if (!sums.allocate(n + 1)) return false;
  double* const running = sums.data();
  runningSums(x, n, mean, running, members);
  const size_t blocks = (n + length - 1) / length;
  const double starts = static_cast<double>(n - length + 1);
  inParts(draws, members, [&](size_t draw) {
    double sum = 0;
    uint32_t start[kDrawn];
    for (size_t b = 0; b < blocks; b += kDrawn) {
      const size_t here = std::min(kDrawn, blocks - b);
      blockStarts(seed, draw * blocks + b, starts, here, start);
      for (size_t k = 0; k < here; ++k) {
        __builtin_prefetch(running + start[k]);
        __builtin_prefetch(running + start[k] + length);
      }
      for (size_t k = 0; k < here; ++k) sum += running[start[k] + std::min(length, n - (b + k) * length)] - running[start[k]];
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
