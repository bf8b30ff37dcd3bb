// A = Q T Q' with T tridiagonal: one reduction in 4/3 n^3 operations, after which (A + lambda I) is solved in O(n) for every
// lambda. This is what makes a whole ridge path cost little more than one of its points.
#pragma once
#include <cstddef>
#include <vector>

#include "buffer.h"
#include "rank_kernel.h"
#include "vector_kernel.h"

namespace asicr {

class Tridiagonal {
 public:
  // False when the memory is not there.
  bool create(const RankKernel& kernel, size_t n);

  // The matrix to reduce; only entries (i, j) with j <= i are read. Filled anew before each reduce().
  double* row(size_t i) { return matrix_.data() + i * stride_; }

  // Householder's method in blocks: half of the work is done by the rank kernel.
  void reduce(Team& team);

  const std::vector<double>& diagonal() const { return diagonal_; }
  // Entry i couples i and i + 1.
  const std::vector<double>& offDiagonal() const { return offDiagonal_; }

  // b <- Q' b
  void rotate(double* b) const;
  // z <- Q z
  void rotateBack(double* z) const;

 private:
  const double* row(size_t i) const { return matrix_.data() + i * stride_; }
  double* packedW(size_t step) { return w_.data() + step * stride_; }
  void eliminate(size_t column, size_t first, Team& team);
  void multiply(size_t from, const double* v, double* product, Team& team);
  void updateBelow(size_t first, size_t size, Team& team);

  const RankKernel* kernel_ = nullptr;
  const VectorKernel* vectors_ = nullptr;
  size_t n_ = 0;
  size_t stride_ = 0;
  Buffer matrix_;  // reflector j ends up in row j, right of the diagonal
  Buffer w_;
  Buffer packed_;
  Buffer column_;
  Buffer products_;
  Buffer zeros_;
  size_t members_ = 0;
  std::vector<double> diagonal_;
  std::vector<double> offDiagonal_;
  std::vector<double> tau_;
};

// L D L' of T + lambda I.
class ShiftedTridiagonal {
 public:
  // False when a pivot does not stand above `tolerance`.
  bool factor(const Tridiagonal& t, double lambda, double tolerance);
  // b <- (T + lambda I)^-1 b
  void solve(double* b) const;
  // b' (T + lambda I)^-1 b
  double quadratic(const double* b) const;
  // trace (T + lambda I)^-1
  double inverseTrace(const Tridiagonal& t, double lambda) const;

 private:
  std::vector<double> pivot_;
  std::vector<double> below_;
};

}  // namespace asicr
