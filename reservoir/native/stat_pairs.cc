#include "stat_pairs.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>

#include "stat_dispatch.h"
#include "stat_parts.h"

namespace asicr {
namespace {

// Neighbours often fall into the same cell: their increments must not wait for each other.
constexpr size_t kTables = 8;
constexpr size_t kCodes = 256;
constexpr size_t kBlock = 4096;
constexpr size_t kLine = 64;
// Pairs that a thread counts at a time, or more: every part has tables of its own, which are not to cost more than the counting.
constexpr size_t kPart = size_t{1} << 17;
constexpr size_t kMostParts = 8;

struct Largest {
  uint8_t a, b;
};

// Of no codes 0. Written so that compilers take many at a time.
template <size_t W>
ASICR_INLINE Largest largestBody(const uint8_t* a, const uint8_t* b, size_t n) {
  Largest most{0, 0};
  for (size_t i = 0; i < n; ++i) most = {std::max(most.a, a[i]), std::max(most.b, b[i])};
  return most;
}

// Cells of pairs, where all cells have a code of a byte; codes out of range come to some cell.
template <size_t W>
ASICR_INLINE void cellsBody(const uint8_t* a, const uint8_t* b, size_t n, uint8_t cols, uint8_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<uint8_t>(a[i] * cols + b[i]);
}

ASICR_PER_SET(Largest, largest, (const uint8_t* a, const uint8_t* b, size_t n), (a, b, n))
ASICR_PER_SET(void, cells, (const uint8_t* a, const uint8_t* b, size_t n, uint8_t cols, uint8_t* out), (a, b, n, cols, out))

// kTables tables of kCodes. Meanwhile asks for the codes a block on: processors do not read ahead beyond a page by themselves.
void countBytes(const uint8_t* codes, size_t n, const uint8_t* a, const uint8_t* b, uint32_t* tables) {
  size_t i = 0;
  for (; i + kLine <= n; i += kLine) {
    __builtin_prefetch(a + i + kBlock);
    __builtin_prefetch(b + i + kBlock);
    for (size_t k = i; k < i + kLine; k += kTables)
      for (size_t t = 0; t < kTables; ++t) ++tables[t * kCodes + codes[k + t]];
  }
  for (; i < n; ++i) ++tables[codes[i]];
}

}  // namespace

bool pairCounts(const uint8_t* a, const uint8_t* b, size_t n, size_t rows, size_t cols, double* counts, size_t members, bool* enough) {
  const size_t size = rows * cols, stride = std::max(size, kCodes);
  const size_t parts = members == 1 ? 1 : std::clamp<size_t>(n / std::max(kPart, kTables * stride), 1, kMostParts), tables = kTables * parts;
  std::unique_ptr<uint32_t[]> table(new (std::nothrow) uint32_t[tables * stride]());
  *enough = table != nullptr;
  if (!table) return false;
  std::atomic<bool> inside{true};
  inParts(parts, members, [&](size_t part) {
    uint32_t* const own = table.get() + part * kTables * stride;
    const size_t end = n * (part + 1) / parts;
    for (size_t from = n * part / parts; from < end && inside; from += kBlock) {
      const size_t here = std::min(kBlock, end - from);
      const uint8_t *const p = a + from, *const q = b + from;
      // Looked through first, so that nothing is compared where pairs are counted.
      const Largest most = largest(p, q, here);
      if (most.a >= rows || most.b >= cols) {
        inside = false;
      } else if (size <= kCodes) {
        uint8_t codes[kBlock];
        cells(p, q, here, static_cast<uint8_t>(cols), codes);
        countBytes(codes, here, p, q, own);
      } else {
        size_t i = 0;
        for (; i + kTables <= here; i += kTables)
          for (size_t t = 0; t < kTables; ++t) ++own[t * stride + p[i + t] * cols + q[i + t]];
        for (; i < here; ++i) ++own[p[i] * cols + q[i]];
      }
    }
  });
  if (!inside) return false;
  std::fill(counts, counts + size, 0.0);
  for (size_t t = 0; t < tables; ++t)
    for (size_t cell = 0; cell < size; ++cell) counts[cell] += table[t * stride + cell];
  return true;
}

}  // namespace asicr
