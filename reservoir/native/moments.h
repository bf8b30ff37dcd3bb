// First and second moments of rows [x | y], gathered in one pass over blocks of rows, in double precision.
#pragma once
#include <cstddef>

#include "buffer.h"
#include "installed_blas.h"
#include "rank_kernel.h"
#include "vector_kernel.h"

namespace asicr {

// Memory for the rows that are being added; one serves any number of Moments of the same width, one at a time.
class PackedRows {
 public:
  // Rows packed at a time: 128 x 24 doubles are half of a 48 KiB first-level cache.
  static constexpr size_t kDepth = 128;
  // Packings that a tile takes one after the other before it leaves the cache.
  static constexpr size_t kBlocks = 4;

  bool create(size_t stride) { return memory_.allocate(kDepth * kBlocks, stride); }
  double* data() { return memory_.data(); }

 private:
  Buffer memory_;
};

// Sums are taken about a fixed shift (the caller's guess of the column means), so that centring later does not cancel
// leading digits. Columns are the features, then the targets, then a column of ones that carries the sums.
class Moments {
 public:
  // False when the memory is not there.
  bool create(const RankKernel& kernel, size_t features, size_t targets);

  // Adds `rows` rows: x is rows x features, y is rows x targets, both row-major; shift has features + targets entries.
  void addRows(const double* x, const double* y, size_t rows, const double* shift, PackedRows& packed, Team& team);

  void clear();

  // Adds what another set of rows gave. Both must have been created alike and been given the same shift.
  void add(const Moments& other);

  // Whether every sum of squares is; false when some value was not.
  bool finite() const;

  size_t stride() const { return stride_; }
  double count() const { return at(columns_ - 1, columns_ - 1); }
  // Mean of column i less its shift.
  double mean(size_t i) const { return at(columns_ - 1, i) / count(); }
  // Sum over rows of (column i less its mean) * (column j less its mean).
  double centred(size_t i, size_t j) const {
    const double product = i >= j ? at(i, j) : at(j, i);
    return product - at(columns_ - 1, i) * at(columns_ - 1, j) / count();
  }

 private:
  double at(size_t row, size_t column) const { return sums_.data()[row * stride_ + column]; }
  void pack(const double* x, const double* y, size_t depth, const double* shift, double* out) const;
  void centre(const double* x, const double* y, size_t depth, const double* shift, double* out) const;

  const RankKernel* kernel_ = nullptr;
  const VectorKernel* vectors_ = nullptr;
  const InstalledBlas* blas_ = nullptr;
  size_t features_ = 0;
  size_t targets_ = 0;
  size_t columns_ = 0;
  size_t panels_ = 0;
  size_t stride_ = 0;
  Buffer sums_;
};

}  // namespace asicr
