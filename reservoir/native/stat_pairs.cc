#include "stat_pairs.h"

#include <algorithm>
#include <memory>
#include <new>

namespace asicr {
namespace {

// Neighbours often fall into the same cell: their increments must not wait for each other.
constexpr size_t kTables = 4;
constexpr size_t kCodes = 256;

}  // namespace

bool pairCounts(const uint8_t* a, const uint8_t* b, size_t n, size_t rows, size_t cols, double* counts, Team& team, bool* enough) {
  const size_t members = team.size();
  // A row has a place for every code, and a row past the last for all that is out of range: nothing is compared in the loop.
  const size_t cells = (rows + 1) * kCodes;
  std::unique_ptr<uint32_t[]> tables(new (std::nothrow) uint32_t[members * kTables * cells]());
  *enough = tables != nullptr;
  if (!tables) return false;
  uint16_t start[kCodes];
  for (size_t row = 0; row < kCodes; ++row) start[row] = static_cast<uint16_t>(std::min(row, rows));
  team.run([&](size_t member) {
    uint32_t* const own = tables.get() + member * kTables * cells;
    size_t i = n * member / members;
    const size_t to = n * (member + 1) / members;
    for (; i + kTables <= to; i += kTables)
      for (size_t t = 0; t < kTables; ++t) ++own[t * cells + start[a[i + t]] * kCodes + b[i + t]];
    for (; i < to; ++i) ++own[start[a[i]] * kCodes + b[i]];
  });
  double inside = 0;
  for (size_t row = 0; row < rows; ++row)
    for (size_t col = 0; col < cols; ++col) {
      double sum = 0;
      for (size_t t = 0; t < members * kTables; ++t) sum += tables[t * cells + row * kCodes + col];
      counts[row * cols + col] = sum;
      inside += sum;
    }
  return inside == static_cast<double>(n);
}

}  // namespace asicr
