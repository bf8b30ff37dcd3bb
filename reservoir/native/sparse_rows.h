// A sparse matrix laid out for one product with a vector after another.
#pragma once
#include <cstddef>
#include <cstdint>

#include "buffer.h"

namespace asicr {

class SparseRows {
 public:
  // Takes compressed rows (row i has entries rowStart[i] .. rowStart[i + 1] - 1) of at most 65536 columns. False when the memory is
  // not there.
  bool create(const uint32_t* rowStart, const uint32_t* column, const double* value, size_t rows);

  // Entries stored, the fill-up to whole groups included.
  size_t entries() const { return start_ == nullptr ? 0 : start_[rows_]; }
  // First row such that the rows before it hold about `share` of all entries.
  size_t rowAt(double share) const;

  // out[i] += row i . x for i in [from, to)
  void multiply(const double* x, double* out, size_t from, size_t to) const;

 private:
  size_t rows_ = 0;
  // Columns in 16 bits: what a step reads has to fit the second-level cache.
  std::unique_ptr<uint16_t[]> column_;
  std::unique_ptr<size_t[]> start_;
  Buffer value_;
};

}  // namespace asicr
