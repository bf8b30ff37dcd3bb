#include "stat_shuffle.h"

#include <algorithm>
#include <memory>
#include <new>

#include "stat_dispatch.h"
#include "stat_memory.h"
#include "stat_parts.h"
#include "stat_random.h"

namespace asicr {
namespace {

// Values of a bucket fill half of a first-level cache at most, up to 256 buckets: more would be more streams than it has room for.
constexpr size_t kBucket = 2048;
constexpr size_t kMostBuckets = 256;
// One number chooses the buckets of eight values.
constexpr size_t kChoices = 8;
// What one thread at a time takes to buckets, if there are more values than in one, and the buckets that it puts in order.
constexpr size_t kSections = 4, kLeastInSection = size_t{1} << 16;
constexpr size_t kBucketsAtATime = 16;

// Blocks that one thread copies at a time.
constexpr size_t kCopied = 256;
// Blocks between the one that is copied and the one that is asked for, of which no more than so many values; values in a cache line.
constexpr size_t kAhead = 16;
constexpr size_t kMostAhead = 256;
constexpr size_t kLine = 8;

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

// Fisher and Yates; n - 1 numbers of the stream from `first` on. Meanwhile asks for the values after these, up to `end`, which are next.
template <typename T>
void shuffleInPlace(T* x, size_t n, uint64_t seed, uint64_t first, const T* end) {
  constexpr size_t kDrawn = 256, kInLine = 64 / sizeof(T);
  uint32_t partner[kDrawn];
  const T* ahead = x + n;
  for (size_t left = n; left > 1;) {
    const size_t here = std::min(kDrawn, left - 1);
    partners(seed, first, left, here, partner);
    first += here;
    for (const T* const upTo = std::min(end, ahead + here); ahead < upTo; ahead += kInLine) __builtin_prefetch(ahead, 1);
    for (size_t k = 0; k < here; ++k) std::swap(x[--left], x[partner[k]]);
  }
}

// Values of one section in each bucket, then where its next value in that bucket goes.
struct Section {
  size_t from, to;
  size_t place[kMostBuckets];

  void count(const uint8_t* choice, uint8_t mask) {
    // Neighbours may have the same bucket: their increments must not wait for each other.
    uint32_t counts[4][kMostBuckets] = {};
    size_t i = from;
    for (; i + 4 <= to; i += 4)
      for (size_t t = 0; t < 4; ++t) ++counts[t][choice[i + t] & mask];
    for (; i < to; ++i) ++counts[0][choice[i] & mask];
    for (size_t b = 0; b <= mask; ++b) place[b] = counts[0][b] + counts[1][b] + counts[2][b] + counts[3][b];
  }

  template <typename T>
  void scatter(const T* x, const uint8_t* choice, uint8_t mask, T* out) {
    T* next[kMostBuckets];
    for (size_t b = 0; b <= mask; ++b) next[b] = out + place[b];
    for (size_t i = from; i < to; ++i) {
      T*& at = next[choice[i] & mask];
      *at = x[i];
      // The line after this one, long before it is written. Past the end it is only asked for.
      __builtin_prefetch(reinterpret_cast<const char*>(at) + 64, 1);
      ++at;
    }
  }
};

// False when the memory is not there.
template <typename T>
bool shuffleInto(const T* x, size_t n, uint64_t seed, T* out, size_t members) {
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "choices are taken from the low byte up");
  const size_t buckets = bucketsFor(n), draws = (n + kChoices - 1) / kChoices;
  Scratch<uint64_t> drawn;
  if (!drawn.allocate(draws)) return false;
  numbers(seed, draws, drawn.data());
  const uint8_t* const choice = reinterpret_cast<const uint8_t*>(drawn.data());
  const uint8_t mask = static_cast<uint8_t>(buckets - 1);
  Section section[kSections];
  const size_t sections = std::clamp<size_t>(n / kLeastInSection, 1, kSections);
  inParts(sections, members, [&](size_t s) {
    section[s].from = n * s / sections;
    section[s].to = n * (s + 1) / sections;
    section[s].count(choice, mask);
  });
  size_t at[kMostBuckets + 1] = {};
  for (size_t b = 0; b < buckets; ++b) {
    at[b + 1] = at[b];
    for (size_t s = 0; s < sections; ++s) {
      const size_t here = section[s].place[b];
      section[s].place[b] = at[b + 1];
      at[b + 1] += here;
    }
  }
  inParts(sections, members, [&](size_t s) { section[s].scatter(x, choice, mask, out); });
  // The first number of each bucket: a bucket of m values uses m - 1, an empty one none.
  uint64_t first[kMostBuckets];
  uint64_t used = draws;
  for (size_t b = 0; b < buckets; ++b) {
    const size_t size = at[b + 1] - at[b];
    first[b] = used;
    used += size > 1 ? size - 1 : 0;
  }
  inParts((buckets + kBucketsAtATime - 1) / kBucketsAtATime, sections > 1 ? members : 1, [&](size_t part) {
    const size_t end = std::min(buckets, (part + 1) * kBucketsAtATime);
    for (size_t b = part * kBucketsAtATime; b < end; ++b) shuffleInPlace(out + at[b], at[b + 1] - at[b], seed, first[b], out + at[end]);
  });
  return true;
}

}  // namespace

bool shuffle(const double* x, size_t n, uint64_t seed, double* out, size_t members) { return shuffleInto(x, n, seed, out, members); }

bool shuffleBlocks(const double* x, size_t n, size_t length, uint64_t seed, double* out, size_t members) {
  const size_t blocks = (n + length - 1) / length;
  std::unique_ptr<uint32_t[]> given(new (std::nothrow) uint32_t[blocks]), order(new (std::nothrow) uint32_t[blocks]);
  if (!given || !order) return false;
  for (size_t b = 0; b < blocks; ++b) given[b] = static_cast<uint32_t>(b);
  if (!shuffleInto(given.get(), blocks, seed, order.get(), members)) return false;
  // Where the short one goes: those after it begin earlier.
  const size_t missing = blocks * length - n;
  const size_t shorter = static_cast<size_t>(std::find(order.get(), order.get() + blocks, static_cast<uint32_t>(blocks - 1)) - order.get());
  const size_t parts = (blocks + kCopied - 1) / kCopied;
  inParts(parts, members, [&](size_t part) {
    for (size_t b = part * kCopied; b < std::min(blocks, (part + 1) * kCopied); ++b) {
      const size_t from = order[b] * length;
      // Where blocks come from nothing can foresee: they are asked for, into the second cache, while others are copied.
      if (b + kAhead < blocks)
        for (size_t i = 0; i < std::min(length, kMostAhead); i += kLine) __builtin_prefetch(x + std::min(n - 1, order[b + kAhead] * length + i), 0, 2);
      std::copy(x + from, x + std::min(n, from + length), out + b * length - (b > shorter ? missing : 0));
    }
  });
  return true;
}

}  // namespace asicr
