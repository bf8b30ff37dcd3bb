// The normal equations of ridge regression for one set of rows, solvable for any lambda.
#pragma once
#include <cstddef>
#include <vector>

#include "buffer.h"
#include "cholesky.h"
#include "moments.h"
#include "tridiagonal.h"

namespace asicr {

class NormalEquations {
 public:
  // False when the memory is not there.
  bool create(const RankKernel& kernel, size_t features, size_t targets);

  // Takes the moments about `shift`. A column that does not vary in these rows is left out: its weight becomes 0.
  void load(const Moments& moments, const double* shift, bool standardise);

  // Makes solve() cheap for many lambdas; false when the memory is not there. Does nothing for too few to repay the reduction.
  bool preparePath(const std::vector<double>& lambdas, Team& team);

  // Weights (targets x features) and intercepts for x as given. Returns Cholesky::kPositiveDefinite or the failed pivot.
  size_t solve(double lambda, std::vector<double>* weights, std::vector<double>* intercepts, Team& team);
  // As above, by Cholesky whatever was prepared: exact for a lambda below the rounding error of the path.
  size_t solveDirectly(double lambda, std::vector<double>* weights, std::vector<double>* intercepts, Team& team);

  // After a solve for lambda: trace of the hat matrix, intercept included.
  double degreesOfFreedom(double lambda, Team& team) const;

  // After a solve: the diagonal entries of the hat matrix, 1/n + z' (Z'Z + lambda I)^-1 z, of `rows` rows of x.
  void leverages(const double* x, size_t rows, double* out, Team& team) const;
  // The same for every prepared lambda of a path at once (rows x path.size()), which rotates each row only once.
  void leverages(const double* x, size_t rows, const std::vector<ShiftedTridiagonal>& path, double* out, Team& team) const;
  // Whether the last solve went by the path, and the factors it used.
  bool solvedOnPath() const { return onPath_; }
  const ShiftedTridiagonal& shifted() const { return shifted_; }

  // After a solve, with float products: how large an error of the weights they made, relative to the weights, both in units of the
  // features' spread. Frobenius norm of what such errors are a product with, hence an upper estimate for whatever weights. 0 with double products.
  double floatError(Team& team) const;

  // First column that does not vary, or `features` when all do.
  size_t firstConstant() const;
  const std::vector<double>& mean() const { return mean_; }
  const std::vector<double>& scale() const { return scale_; }
  double count() const { return count_; }

 private:
  void standardised(const double* x, double* z) const;
  void unscale(double* weights, double* intercept, size_t target) const;
  double pathLimit() const;

  const VectorKernel* vectors_ = nullptr;
  const RankKernel* kernel_ = nullptr;
  size_t features_ = 0;
  size_t targets_ = 0;
  double count_ = 0;
  std::vector<double> scale_;
  std::vector<double> mean_;
  std::vector<char> constant_;
  Buffer gram_;
  Buffer right_;
  Buffer rotated_;
  std::vector<double> probedErrors_;  // kProbes x features; empty with double products
  std::vector<double> spread_;        // of each standardised feature
  Cholesky cholesky_;
  Tridiagonal tridiagonal_;
  ShiftedTridiagonal shifted_;
  bool tridiagonalCreated_ = false;
  bool pathReady_ = false;
  bool onPath_ = false;
};

}  // namespace asicr
