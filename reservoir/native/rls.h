// Recursive least squares with forgetting, for online use. The inverse correlation matrix is held as P = U D U' (U unit upper
// triangular, D positive diagonal: a Cholesky factorisation without the square roots), so that rounding cannot make it indefinite.
#pragma once
#include <cstddef>
#include <vector>

#include "buffer.h"

namespace asicr {

class Rls {
 public:
  // Rows that are worked through together; longer blocks are cut.
  static constexpr size_t kBlock = 16;

  // P starts as I / delta and the weights at 0. After n rows the weights minimise
  //   sum_i forgetting^(n - i) (y_i - w x_i)^2 + delta forgetting^n |w|^2.
  // Needs features and targets of at least 1, forgetting in (0, 1], delta above 0. False when the memory is not there.
  bool create(size_t features, size_t targets, double forgetting, double delta);

  size_t features() const { return features_; }
  size_t targets() const { return targets_; }

  // Learns `rows` rows of x (rows x features) and y (rows x targets) one after the other. `errors` (rows x targets) receives what was
  // wrong with each prediction before its row was learnt. The values must be finite.
  void update(const double* x, const double* y, size_t rows, double* errors);

  // Whether P is still far from overflow: with forgetting it grows in directions that the rows do not visit.
  bool healthy() const;

  // targets rows of `stride` values, the first `features` of which count.
  const double* weights() const { return weights_.data(); }
  size_t stride() const { return stride_; }
  double inverseTrace() const;

 private:
  void learnBlock(const double* x, const double* y, size_t rows, double* errors);

  size_t features_ = 0;
  size_t targets_ = 0;
  size_t stride_ = 0;
  size_t groups_ = 0;
  double forgetting_ = 1;
  // Columns of U in groups of four; all of a group are as long as its last, filled up to eight, with zeros below the diagonal.
  Buffer u_;
  std::vector<size_t> groupStart_;
  Buffer d_;
  Buffer rows_;   // the block's rows of x, padded
  Buffer gains_;  // one unfinished gain per row of the block
  Buffer weights_;
};

}  // namespace asicr
