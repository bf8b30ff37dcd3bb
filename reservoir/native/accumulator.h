// Ridge regression from rows that come in blocks and are not kept: T need not fit in memory.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

#include "moments.h"
#include "ridge.h"

namespace asicr {

class RidgeAccumulator {
 public:
  // False when the memory is not there. A floatBound above 0 is that of RidgeProblem.
  bool create(size_t features, size_t targets, double floatBound = 0);

  size_t features() const { return features_; }
  size_t targets() const { return targets_; }
  size_t rows() const { return rows_; }
  // Contiguous runs of rows so far.
  size_t folds() const { return folds_.size(); }

  // Adds rows in time order to the current fold. When one is not finite the result says which (rows count from the start of this
  // block) and none of the block is added.
  RidgeResult addRows(const double* x, const double* y, size_t rows);

  // The rows that follow are a new fold. False when the memory is not there. An empty fold is used again.
  bool startFold();

  // Solves for every lambda (wholePath) or the one that cross-validation over the folds chose; with fewer than two folds the one of
  // least GCV summed over the targets. Degrees of freedom, training error and GCV come with a whole path or a choice by GCV; leave-one-out errors need the rows.
  // Validation and training errors are worked out from sums, and never reported below the rounding error of that.
  RidgeResult solve(const std::vector<double>& lambdas, bool standardise, bool wholePath) const;

 private:
  bool createMoments(Moments* moments) const;

  size_t features_ = 0;
  size_t targets_ = 0;
  size_t rows_ = 0;
  double floatBound_ = 0;
  std::vector<double> shift_;
  std::vector<double> spread_;  // of the first block; empty with double products
  std::vector<std::unique_ptr<Moments>> folds_;
  PackedRows packed_;
};

}  // namespace asicr
