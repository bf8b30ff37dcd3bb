#include "stat_pairs.h"

#include <algorithm>
#include <memory>
#include <new>

#include "stat_dispatch.h"

namespace asicr {
namespace {

// Neighbours often fall into the same cell: their increments must not wait for each other.
constexpr size_t kTables = 8;
constexpr size_t kCodes = 256;
constexpr size_t kBlock = 4096;

// Of no codes 0. Written so that compilers take many at a time.
uint8_t largest(const uint8_t* codes, size_t n) {
  uint8_t most = 0;
  for (size_t i = 0; i < n; ++i) most = std::max(most, codes[i]);
  return most;
}

// Cells of pairs, where all cells have a code of a byte; codes out of range come to some cell.
template <size_t W>
ASICR_INLINE void cellsBody(const uint8_t* a, const uint8_t* b, size_t n, uint8_t cols, uint8_t* out) {
  for (size_t i = 0; i < n; ++i) out[i] = static_cast<uint8_t>(a[i] * cols + b[i]);
}

ASICR_PER_SET(void, cells, (const uint8_t* a, const uint8_t* b, size_t n, uint8_t cols, uint8_t* out), (a, b, n, cols, out))

// kTables tables of kCodes.
void countBytes(const uint8_t* codes, size_t n, uint32_t* tables) {
  size_t i = 0;
  for (; i + kTables <= n; i += kTables)
    for (size_t t = 0; t < kTables; ++t) ++tables[t * kCodes + codes[i + t]];
  for (; i < n; ++i) ++tables[codes[i]];
}

}  // namespace

bool pairCounts(const uint8_t* a, const uint8_t* b, size_t n, size_t rows, size_t cols, double* counts, Team& team, bool* enough) {
  *enough = true;
  // Looked through first, so that nothing is compared where pairs are counted.
  if (n > 0 && (largest(a, n) >= rows || largest(b, n) >= cols)) return false;
  const size_t size = rows * cols, stride = std::max(size, kCodes), tables = kTables * team.size();
  std::unique_ptr<uint32_t[]> table(new (std::nothrow) uint32_t[tables * stride]());
  *enough = table != nullptr;
  if (!table) return false;
  team.run([&](size_t member) {
    uint32_t* const own = table.get() + member * kTables * stride;
    size_t i = n * member / team.size();
    const size_t to = n * (member + 1) / team.size();
    if (size <= kCodes) {
      uint8_t codes[kBlock];
      for (; i < to; i += std::min(kBlock, to - i)) {
        const size_t here = std::min(kBlock, to - i);
        cells(a + i, b + i, here, static_cast<uint8_t>(cols), codes);
        countBytes(codes, here, own);
      }
      return;
    }
    for (; i + kTables <= to; i += kTables)
      for (size_t t = 0; t < kTables; ++t) ++own[t * stride + a[i + t] * cols + b[i + t]];
    for (; i < to; ++i) ++own[a[i] * cols + b[i]];
  });
  for (size_t cell = 0; cell < size; ++cell) {
    counts[cell] = 0;
    for (size_t t = 0; t < tables; ++t) counts[cell] += table[t * stride + cell];
  }
  return true;
}

}  // namespace asicr
