// A sparse matrix for processors that look eight numbers up in a table of registers at once (AVX-512): a window of columns passes over all
// rows, and at every stop each row may use one of the entries it has there.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "buffer.h"
#include "lane_rows.h"

namespace asicr {

class WindowRows {
 public:
  // Rows that are worked on together, and the least that a product can be cut into.
  static constexpr size_t kBatch = 128;
  // The vector has to be this long for a matrix of so many columns, zeros at its end.
  static size_t paddedColumns(size_t columns);

  // Whether this processor has the instructions.
  static bool served();

  // Takes as many entries as pays and leaves the others in `rows`, whose entries it sorts by column. None when the matrix is too
  // sparse. The last bits of a value, four or five, become its entry's place in the window, and the others so that it changes least: by a
  // relative 2^-48 at most, which the sum of a row rounds off as well. False when the memory is not there.
  bool create(SparseEntries* rows, size_t columns);

  size_t stops() const { return base_.size(); }
  size_t bytes() const { return batches_ * stops() * kBatch * sizeof(double) + order_.size() * sizeof(uint16_t); }

  // Doubles that see() works in.
  size_t room() const { return order_.size(); }
  // x as multiply() looks at it: itself, or what this leaves in `room`.
  const double* see(const double* x, double* room) const;
  // out[i] += (what was taken of row i) . x for the rows of batches [from, to); `out` is as long as whole batches.
  void multiply(const double* seen, double* out, size_t from, size_t to) const;

 private:
  std::vector<uint32_t> base_;  // first column of the window at each stop
  // For wide windows, which columns pass in which order, to the end of the last window; else empty, and they pass as they are.
  std::vector<uint16_t> order_;
  size_t batches_ = 0;
  Buffer slots_;  // batches x stops x kBatch
};

}  // namespace asicr
