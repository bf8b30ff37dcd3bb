// Cholesky factorisation of a symmetric positive definite matrix, blocked twice, with a plain answer when it is not one.
#pragma once
#include <cstddef>

#include "buffer.h"
#include "installed_blas.h"
#include "rank_kernel.h"
#include "vector_kernel.h"

namespace asicr {

class Cholesky {
 public:
  static constexpr size_t kPositiveDefinite = static_cast<size_t>(-1);

  // False when the memory is not there.
  bool create(const RankKernel& kernel, size_t n);

  // The matrix to factor; only entries (i, j) with j <= i are read. Filled anew before each factor().
  double* row(size_t i) { return matrix_.data() + i * stride_; }

  // A = L L'. Returns kPositiveDefinite, or the first pivot that does not stand above the rounding error of its own diagonal.
  size_t factor(Team& team);

  // Solves L z = b in place.
  void forward(double* b) const;
  // Solves L L' z = b in place.
  void solve(double* b) const;
  // trace(A^-1), in n^3 / 3 operations.
  double inverseTrace(Team& team) const;

 private:
  const double* row(size_t i) const { return matrix_.data() + i * stride_; }
  size_t factorBlocks(size_t first, size_t last, size_t block, Team& team);
  size_t factorDiagonal(size_t first, size_t last);
  void factorBelow(size_t first, size_t below, size_t last, Team& team);

  size_t factorInstalled(Team& team);
  double tolerance() const;

  const RankKernel* kernel_ = nullptr;
  const VectorKernel* vectors_ = nullptr;
  const InstalledBlas* blas_ = nullptr;
  size_t n_ = 0;
  size_t stride_ = 0;
  Buffer matrix_;
  Buffer packed_;
  Buffer diagonal_;
};

}  // namespace asicr
