// A sparse matrix, eight rows side by side: what any processor multiplies by a vector without summing across lanes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "buffer.h"

namespace asicr {

struct SparseEntry {
  uint32_t column;
  double value;
};
// The entries of each row.
using SparseEntries = std::vector<std::vector<SparseEntry>>;

class LaneRows {
 public:
  static constexpr size_t kLanes = 8;
  // Rows among which those of about the same length share the lanes, and the least that a product can be cut into.
  static constexpr size_t kBlock = 128;

  // At most 65536 columns. Eight rows take the room of the longest of them. False when the memory is not there.
  bool create(const SparseEntries& rows);

  // Times eight rows are advanced by an entry each in one product.
  size_t turns() const { return start_.empty() ? 0 : start_.back(); }
  size_t bytes() const { return turns() * kLanes * (sizeof(uint16_t) + sizeof(double)); }

  // out[i] += row i . x for the rows of blocks [from, to).
  void multiply(const double* x, double* out, size_t from, size_t to) const;

 private:
  // Columns in 16 bits: what a product reads has to fit the second-level cache.
  std::unique_ptr<uint16_t[]> column_;
  Buffer value_;
  std::vector<size_t> start_;  // first turn of each group
  std::vector<uint32_t> row_;  // in each lane of each group
};

}  // namespace asicr
