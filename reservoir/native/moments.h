// First and second moments of rows [x | y], gathered in one pass over blocks of rows, in double precision.
// Products of features may be float32 by choice: rows are rounded to floats, products summed as floats over PackedRows::kFloatDepth rows and
// those sums added as doubles. Squares and all other sums stay exact, and with them random combinations of the features, which tell the error.
#pragma once
#include <cmath>
#include <cstddef>

#include "buffer.h"
#include "float_rows.h"
#include "installed_blas.h"
#include "rank_kernel.h"
#include "vector_kernel.h"

namespace asicr {

// Memory for the rows that are being added; one serves any number of Moments of the same width, one at a time.
class PackedRows {
 public:
  static constexpr size_t kRows = 512;
  // Rows to a packing, at most. Deep enough that reading and writing the tiles costs little; sixteen panels of 24 columns, which the others
  // pass by, are 768 KiB and stay in a second-level cache.
  static constexpr size_t kDepth = 256;
  // Fewer, since their sums are floats.
  static constexpr size_t kFloatDepth = 128;

  // `room`: what FloatRows needs a packing; 0 without floats.
  bool create(size_t stride, size_t room = 0) { return memory_.allocate(kRows, stride) && room_.allocate(kRows / kFloatDepth, room); }
  double* data() { return memory_.data(); }
  double* room() { return room_.data(); }

 private:
  Buffer memory_;
  Buffer room_;
};

// Sums are taken about a fixed shift (the caller's guess of the column means), so that centring later does not cancel
// leading digits. Columns are the features, then the targets, then a column of ones that carries the sums.
class Moments {
 public:
  // False when the memory is not there.
  bool create(const RankKernel& kernel, size_t features, size_t targets);
  // As above, with float products; `spread` is about the standard deviation of each feature, in which errors will be told.
  bool createFloat(const RankKernel& kernel, size_t features, size_t targets, const double* spread);

  // Adds `rows` rows: x is rows x features, y is rows x targets, both row-major; shift has features + targets entries.
  void addRows(const double* x, const double* y, size_t rows, const double* shift, PackedRows& packed, Team& team);

  void clear();

  // Adds what another set of rows gave. Both must have been created alike and been given the same shift.
  void add(const Moments& other);

  // Whether every sum of squares is; false when some value was not.
  bool finite() const;

  size_t stride() const { return stride_; }
  // Of PackedRows.
  size_t room() const { return isFloat() ? floatRows(nullptr).room() : 0; }
  bool isFloat() const { return probes_.data() != nullptr; }
  double spread(size_t i) const { return std::fabs(1 / probes_.data()[i]); }
  // The error of the products of features times each random combination, whose entries are +-1 / spread: kProbes x features.
  void probedErrors(double* out) const;
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
  void pack(const double* x, const double* y, size_t from, size_t to, size_t depth, const double* shift, double* out) const;
  void centre(const double* x, const double* y, size_t from, size_t to, size_t depth, const double* shift, double* out) const;
  void addFloatRows(const double* x, const double* y, size_t rows, const double* shift, PackedRows& packed, Team& team);
  FloatRows floatRows(const double* shift) const { return {features_, targets_, shift, probes_.data()}; }

  const RankKernel* kernel_ = nullptr;
  const VectorKernel* vectors_ = nullptr;
  const InstalledBlas* blas_ = nullptr;
  size_t features_ = 0;
  size_t targets_ = 0;
  size_t columns_ = 0;
  size_t panels_ = 0;
  size_t stride_ = 0;
  Buffer sums_;
  Buffer probes_;  // kProbes x features; none with products in double precision
  Buffer probed_;  // X'X times those, exact
};

}  // namespace asicr
