#include "stat_random.h"

#include <algorithm>
#include <memory>
#include <new>

#include "stat_dispatch.h"
#include "stat_memory.h"

namespace asicr {
namespace {

template <size_t W>
ASICR_INLINE void uniformsBody(uint64_t seed, uint64_t first, size_t n, double* out) {
  for (size_t k = 0; k < n; ++k) out[k] = static_cast<double>(static_cast<int64_t>(splitmix64(seed, first + k) >> 11)) * 0x1p-53;
}

// Values of a bucket fill half of a first-level cache at most, up to 256 buckets: more would be more streams than it has room for.
constexpr size_t kBucket = 2048;
constexpr size_t kMostBuckets = 256;
// One number chooses the buckets of eight values.
constexpr size_t kChoices = 8;

// Blocks that one member copies at a time.
constexpr size_t kCopied = 256;
// Blocks between the one that is copied and the one that is asked for, of which no more than so many values; values in a cache line.
constexpr size_t kAhead = 8;
constexpr size_t kMostAhead = 256;
constexpr size_t kLine = 8;

ASICR_INLINE uint32_t blockStart(uint64_t bits, double starts) {
  return static_cast<uint32_t>(static_cast<int64_t>(static_cast<double>(static_cast<int64_t>(bits >> 11)) * 0x1p-53 * starts));
}

// Where blocks number first, first + 1, ... of the stream start.
template <size_t W>
ASICR_INLINE void blockStartsBody(uint64_t seed, uint64_t first, double starts, size_t n, uint32_t* out) {
  for (size_t k = 0; k < n; ++k) out[k] = blockStart(splitmix64(seed, first + k), starts);
}

ASICR_PER_SET(void, blockStarts, (uint64_t seed, uint64_t first, double starts, size_t n, uint32_t* out), (seed, first, starts, n, out))

// running[i] = sum of the first i of x less `mean`, which keeps it small. Parts side by side: a sum waits for the one before it.
void runningSums(const double* x, size_t n, double mean, double* running) {
  constexpr size_t kParts = 8;
  const size_t each = n / kParts;
  double sum[kParts] = {};
  for (size_t i = 0; i < each; ++i)
    for (size_t part = 0; part < kParts; ++part) running[part * each + i + 1] = sum[part] += x[part * each + i] - mean;
  running[0] = 0;
  for (size_t part = 1; part < kParts; ++part) {
    const double before = running[part * each];
    for (size_t i = part * each + 1; i <= (part + 1) * each; ++i) running[i] += before;
  }
  for (size_t i = kParts * each; i < n; ++i) running[i + 1] = running[i] + (x[i] - mean);
}

// 1 to 256, a power of two.
size_t bucketsFor(size_t n) {
  size_t buckets = 1;
  while (buckets < kMostBuckets && buckets * kBucket < n) buckets *= 2;
  return buckets;
}

// out[k] = numbers first, first + 1, ... of the stream, times left, left - 1, ... by 2^-64: where Fisher and Yates look. left below 2^32.
template <size_t W>
ASICR_INLINE void partnersBody(uint64_t seed, uint64_t first, size_t left, size_t n, uint32_t* out) {
  for (size_t k = 0; k < n; ++k) {
    const uint64_t bits = splitmix64(seed, first + k), by = left - k;
    out[k] = static_cast<uint32_t>(((bits >> 32) * by + ((bits & 0xffffffffu) * by >> 32)) >> 32);
  }
}

template <size_t W>
ASICR_INLINE void numbersBody(uint64_t seed, size_t n, uint64_t* out) {
  for (size_t k = 0; k < n; ++k) out[k] = splitmix64(seed, k);
}

ASICR_PER_SET(void, partners, (uint64_t seed, uint64_t first, size_t left, size_t n, uint32_t* out), (seed, first, left, n, out))
ASICR_PER_SET(void, numbers, (uint64_t seed, size_t n, uint64_t* out), (seed, n, out))

// Fisher and Yates; n - 1 numbers of the stream from `first` on.
template <typename T>
void shuffleInPlace(T* x, size_t n, uint64_t seed, uint64_t first) {
  constexpr size_t kAhead = 256;
  uint32_t partner[kAhead];
  for (size_t left = n; left > 1;) {
    const size_t here = std::min(kAhead, left - 1);
    partners(seed, first, left, here, partner);
    first += here;
    for (size_t k = 0; k < here; ++k) std::swap(x[--left], x[partner[k]]);
  }
}

// False when the memory is not there.
template <typename T>
bool shuffleInto(const T* x, size_t n, uint64_t seed, T* out) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "choices are taken from the low byte up");
  const size_t buckets = bucketsFor(n), draws = (n + kChoices - 1) / kChoices;
  Scratch<uint64_t> drawn;
  if (!drawn.allocate(draws)) return false;
  numbers(seed, draws, drawn.data());
  const uint8_t* const choice = reinterpret_cast<const uint8_t*>(drawn.data());
  const uint8_t mask = static_cast<uint8_t>(buckets - 1);
  // Neighbours may have the same bucket: their increments must not wait for each other.
  uint32_t count[4][kMostBuckets] = {};
  size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (size_t t = 0; t < 4; ++t) ++count[t][choice[i + t] & mask];
  for (; i < n; ++i) ++count[0][choice[i] & mask];
  size_t at[kMostBuckets + 1] = {};
  for (size_t b = 0; b < buckets; ++b) at[b + 1] = at[b] + count[0][b] + count[1][b] + count[2][b] + count[3][b];
  size_t place[kMostBuckets];
  std::copy(at, at + buckets, place);
  for (i = 0; i < n; ++i) out[place[choice[i] & mask]++] = x[i];
  uint64_t used = draws;
  for (size_t b = 0; b < buckets; ++b) {
    const size_t size = at[b + 1] - at[b];
    shuffleInPlace(out + at[b], size, seed, used);
    used += size > 1 ? size - 1 : 0;
  }
  return true;
}

}  // namespace

ASICR_PER_SET(void, uniforms, (uint64_t seed, uint64_t first, size_t n, double* out), (seed, first, n, out))

bool shuffle(const double* x, size_t n, uint64_t seed, double* out) { return shuffleInto(x, n, seed, out); }

bool shuffleBlocks(const double* x, size_t n, size_t length, uint64_t seed, double* out, Team& team) {
  const size_t blocks = (n + length - 1) / length;
  std::unique_ptr<uint32_t[]> given(new (std::nothrow) uint32_t[blocks]), order(new (std::nothrow) uint32_t[blocks]);
  if (!given || !order) return false;
  for (size_t b = 0; b < blocks; ++b) given[b] = static_cast<uint32_t>(b);
  if (!shuffleInto(given.get(), blocks, seed, order.get())) return false;
  // Where the short one goes: those after it begin earlier.
  const size_t missing = blocks * length - n;
  const size_t shorter = static_cast<size_t>(std::find(order.get(), order.get() + blocks, static_cast<uint32_t>(blocks - 1)) - order.get());
  team.share((blocks + kCopied - 1) / kCopied, [&](size_t item) {
    for (size_t b = item * kCopied; b < std::min(blocks, (item + 1) * kCopied); ++b) {
      const size_t from = order[b] * length;
      // Where blocks come from nothing can foresee: they are asked for while others are copied.
      if (b + kAhead < blocks)
        for (size_t i = 0; i < std::min(length, kMostAhead); i += kLine) __builtin_prefetch(x + std::min(n - 1, order[b + kAhead] * length + i));
      std::copy(x + from, x + std::min(n, from + length), out + b * length - (b > shorter ? missing : 0));
    }
  });
  return true;
}

bool blockMeans(const double* x, size_t n, size_t length, uint64_t seed, double mean, size_t draws, double* means, Team& team) {
  Scratch<double> sums;
  if (!sums.allocate(n + 1)) return false;
  double* const running = sums.data();
  runningSums(x, n, mean, running);
  const size_t blocks = (n + length - 1) / length;
  const double starts = static_cast<double>(n - length + 1);
  team.share(draws, [&](size_t draw) {
    double sum = 0;
    uint32_t start[kCopied];
    for (size_t b = 0; b < blocks; b += kCopied) {
      const size_t here = std::min(kCopied, blocks - b);
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
