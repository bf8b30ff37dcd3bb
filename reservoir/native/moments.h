// First and second moments of rows [x | y], gathered in one pass over blocks of rows, in double precision.
#pragma once
#include <cstddef>

#include "buffer.h"
#include "rank_kernel.h"

namespace asicr {

// Sums are taken about a fixed shift (the caller's guess of the column means), so that centring later does not cancel
// leading digits. Columns are the features, then the targets, then a column of ones that carries the sums.
class Moments {
 public:
  // False when the memory is not there.
  bool create(const RankKernel& kernel, size_t features, size_t targets);

  // Adds `rows` rows: x is rows x features, y is rows x targets, both row-major; shift has features + targets entries.
  void addRows(const double* x, const double* y, size_t rows, const double* shift);

  void clear();

  // Adds what another set of rows gave. Both must have been created alike and been given the same shift.
  void add(const Moments& other);

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

  const RankKernel* kernel_ = nullptr;
  size_t features_ = 0;
  size_t targets_ = 0;
  size_t columns_ = 0;
  size_t panels_ = 0;
  size_t stride_ = 0;
  Buffer sums_;
  Buffer packed_;
};

}  // namespace asicr
