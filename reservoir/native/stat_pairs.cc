#include "stat_pairs.h"

#include <algorithm>
#include <memory>
#include <new>

namespace asicr {
namespace {

// Neighbours often fall into the same cell: their increments must not wait for each other.
constexpr size_t kTables = 4;

// Of no codes 0. Written so that compilers take many at a time.
uint8_t largest(const uint8_t* codes, size_t n) {
  uint8_t most = 0;
  for (size_t i = 0; i < n; ++i) most = std::max(most, codes[i]);
  return most;
}

}  // namespace

bool pairCounts(const uint8_t* a, const uint8_t* b, size_t n, size_t rows, size_t cols, double* counts, Team& team, bool* enough) {
  *enough = true;
  // Looked through first, so that nothing is compared where pairs are counted.
  if (n > 0 && (largest(a, n) >= rows || largest(b, n) >= cols)) return false;
  const size_t cells = rows * cols, tables = kTables * team.size();
  std::unique_ptr<uint32_t[]> table(new (std::nothrow) uint32_t[tables * cells]());
  *enough = table != nullptr;
  if (!table) return false;
  team.run([&](size_t member) {
    uint32_t* const own = table.get() + member * kTables * cells;
    size_t i = n * member / team.size();
    const size_t to = n * (member + 1) / team.size();
    for (; i + kTables <= to; i += kTables)
      for (size_t t = 0; t < kTables; ++t) ++own[t * cells + a[i + t] * cols + b[i + t]];
    for (; i < to; ++i) ++own[a[i] * cols + b[i]];
  });
  for (size_t cell = 0; cell < cells; ++cell) {
    counts[cell] = 0;
    for (size_t t = 0; t < tables; ++t) counts[cell] += table[t * cells + cell];
  }
  return true;
}

}  // namespace asicr
