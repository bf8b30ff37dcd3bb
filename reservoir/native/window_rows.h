// A sparse matrix for processors that look numbers up in a table of registers (AVX-512): a window of 32 columns stops at many places, and at
// every stop each row may use one of the entries it has there.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "buffer.h"
#include "lane_rows.h"
#include "window_stops.h"

namespace asicr {

class WindowRows {
 public:
  // Rows that are worked on together, and the least that a product can be cut into.
  static constexpr size_t kBatch = 128;
  // The vector has to be this long for a matrix of so many columns, zeros at its end.
  static size_t paddedColumns(size_t columns);

  // Whether this processor has the instructions.
  static bool served();

  // Takes as many entries as pays and leaves the others in `rows`. None when the matrix is too sparse. The last five bits of a value become its
  // entry's place in the window, and the others so that it changes least: by a relative 2^-48 at most, which the sum of a row rounds off as
  // well. False when the memory is not there.
  bool create(SparseEntries* rows, size_t columns);

  size_t stops() const { return stops_.size(); }
  size_t bytes() const { return (stops() * rows_ + room()) * sizeof(double); }

  // Doubles, zero at first, that see() works in.
  size_t room() const { return stops() == 0 ? 0 : columns_ + 2 * kMargin; }
  // Puts x into `room` as multiply() looks at it.
  void see(const double* x, double* room) const;
  // out[i] += (what was taken of row i) . x for the rows of batches [from, to); `out` is as long as whole batches.
  void multiply(const double* seen, double* out, size_t from, size_t to) const;

 private:
  size_t rowsOf(size_t batch) const;

  std::vector<Stop> stops_;
  size_t columns_ = 0;  // padded
  size_t rows_ = 0;     // to the end of the last batch, which may be a short one
  Buffer slots_;        // batches x stops x rows of the batch
};

}  // namespace asicr
