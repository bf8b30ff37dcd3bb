#include "stat_random.h"

#include <algorithm>
#include <memory>
#include <new>

#include "stat_dispatch.h"

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

size_t blockStart(uint64_t bits, double starts) { return static_cast<size_t>(static_cast<double>(bits >> 11) * 0x1p-53 * starts); }

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

template <typename T>
void shuffleInto(const T* x, size_t n, uint64_t seed, T* out) {
  const size_t buckets = bucketsFor(n);
  size_t at[kMostBuckets + 1] = {};
  for (size_t i = 0; i < n; i += kChoices) {
    uint64_t bits = splitmix64(seed, i / kChoices);
    for (size_t k = i; k < std::min(n, i + kChoices); ++k, bits >>= 8) ++at[(bits & (buckets - 1)) + 1];
  }
  for (size_t b = 0; b < buckets; ++b) at[b + 1] += at[b];
  size_t place[kMostBuckets];
  std::copy(at, at + buckets, place);
  for (size_t i = 0; i < n; i += kChoices) {
    uint64_t bits = splitmix64(seed, i / kChoices);
    for (size_t k = i; k < std::min(n, i + kChoices); ++k, bits >>= 8) out[place[bits & (buckets - 1)]++] = x[k];
  }
  uint64_t used = (n + kChoices - 1) / kChoices;
  for (size_t b = 0; b < buckets; ++b)
    for (size_t i = at[b + 1] - at[b]; i > 1; --i) {
      const size_t other = static_cast<size_t>(static_cast<unsigned __int128>(splitmix64(seed, used++)) * i >> 64);
      std::swap(out[at[b] + i - 1], out[at[b] + other]);
    }
}

}  // namespace

ASICR_PER_SET(void, uniforms, (uint64_t seed, uint64_t first, size_t n, double* out), (seed, first, n, out))

void shuffle(const double* x, size_t n, uint64_t seed, double* out) {
  shuffleInto(x, n, seed, out);
}

bool shuffleBlocks(const double* x, size_t n, size_t length, uint64_t seed, double* out, Team& team) {
  const size_t blocks = (n + length - 1) / length;
  std::unique_ptr<uint32_t[]> given(new (std::nothrow) uint32_t[blocks]), order(new (std::nothrow) uint32_t[blocks]);
  if (!given || !order) return false;
  for (size_t b = 0; b < blocks; ++b) given[b] = static_cast<uint32_t>(b);
  shuffleInto(given.get(), blocks, seed, order.get());
  // Where the short one goes: those after it begin earlier.
  const size_t missing = blocks * length - n;
  const size_t shorter = static_cast<size_t>(std::find(order.get(), order.get() + blocks, static_cast<uint32_t>(blocks - 1)) - order.get());
  team.share((blocks + kCopied - 1) / kCopied, [&](size_t item) {
    for (size_t b = item * kCopied; b < std::min(blocks, (item + 1) * kCopied); ++b) {
      const size_t from = order[b] * length;
      std::copy(x + from, x + std::min(n, from + length), out + b * length - (b > shorter ? missing : 0));
    }
  });
  return true;
}

bool blockMeans(const double* x, size_t n, size_t length, uint64_t seed, double mean, size_t draws, double* means, Team& team) {
  std::unique_ptr<double[]> running(new (std::nothrow) double[n + 1]);
  if (!running) return false;
  runningSums(x, n, mean, running.get());
  const size_t blocks = (n + length - 1) / length;
  const double starts = static_cast<double>(n - length + 1);
  team.share(draws, [&](size_t draw) {
    double sum = 0;
    for (size_t b = 0; b < blocks; ++b) {
      const size_t from = blockStart(splitmix64(seed, draw * blocks + b), starts);
      sum += running[from + std::min(length, n - b * length)] - running[from];
    }
    means[draw] = mean + sum / static_cast<double>(n);
  });
  return true;
}

size_t blockRows(uint64_t seed, uint64_t first, size_t n, size_t length, uint32_t* rows) {
  size_t used = 0;
  const double starts = static_cast<double>(n - length + 1);
  for (size_t at = 0; at < n; ++used) {
    const uint32_t from = static_cast<uint32_t>(blockStart(splitmix64(seed, first + used), starts));
    const size_t here = std::min(length, n - at);
    for (size_t k = 0; k < here; ++k) rows[at + k] = from + static_cast<uint32_t>(k);
    at += here;
  }
  return used;
}

}  // namespace asicr
