// Ridge regression with an unpenalised intercept: minimises ||y - b - Z w||^2 + lambda ||w||^2, where Z is x as given or x
// standardised with the mean and population standard deviation of the rows that are fitted.
#pragma once
#include <cstddef>
#include <vector>

#include "normal_equations.h"

namespace asicr {

struct RidgeProblem {
  const double* x = nullptr;  // rows x features, row-major
  const double* y = nullptr;  // rows x targets, row-major
  size_t rows = 0;
  size_t features = 0;
  size_t targets = 0;
  std::vector<double> lambdas;
  // Contiguous folds in time for choosing lambda; 0 for no cross-validation.
  size_t folds = 0;
  bool standardise = true;
  // Also leave-one-out, GCV and degrees of freedom: rows * features^2 more work per lambda (once, on a long path).
  bool diagnostics = false;
  // Solve for every lambda, or only for the one that cross-validation chose.
  bool wholePath = false;
  // Above 0: products of features are summed as floats (moments.h), and a fit is refused when their error of the weights (NormalEquations::
  // floatError) exceeds this for any lambda, in any fold.
  double floatBound = 0;
};

enum class RidgeFailure { none, outOfMemory, nonFiniteX, nonFiniteY, constantFeature, notPositiveDefinite, floatUnsafe };

struct RidgeFit {
  double lambda = 0;
  // Feature at which the factorisation failed for this lambda; Cholesky::kPositiveDefinite when it did not.
  size_t failedPivot = 0;
  std::vector<double> weights;     // targets x features, for x as given
  std::vector<double> intercepts;  // targets
  double degreesOfFreedom = 0;     // trace of the hat matrix, intercept included
  std::vector<double> trainMse;    // targets
  std::vector<double> looMse;      // targets; empty where the rows are not kept
  std::vector<double> gcv;         // targets
};

struct RidgeResult {
  RidgeFailure failure = RidgeFailure::none;
  size_t row = 0;     // where, for the non-finite failures
  size_t column = 0;  // where, for all failures but outOfMemory
  std::vector<double> mean;   // features
  std::vector<double> scale;  // features; all 1 when not standardised
  // Mean squared error over all validation rows, lambdas x targets; NaN where a fold could not be factored. Empty without folds.
  std::vector<double> cvMse;
  // With float products: the largest of the errors that were looked at, and its lambda.
  double floatError = 0;
  double floatErrorLambda = 0;
  size_t chosen = 0;  // index into lambdas: least cvMse summed over targets; the first lambda without folds
  std::vector<RidgeFit> fits;

  // Notes the first value that is not finite; false when there is none.
  bool findNonFinite(const double* x, const double* y, size_t rows, size_t features, size_t targets);
  // Turns summed squared validation errors into means over `rows`, and chooses. False when no lambda could be factored in every fold.
  bool choose(double rows, size_t targets);
  // After a solve for lambda by `equations` that gave `pivot`: false, with the failure noted, when its error by float products is above `bound`.
  // A factorisation that failed says nothing of the matrix in double precision.
  bool trusts(const NormalEquations& equations, double lambda, size_t pivot, double bound, Team& team);
  // Takes over means and scales; false, with the failure noted, when a feature to be standardised does not vary.
  bool take(const NormalEquations& equations, size_t features, bool standardise);
};

// About the standard deviations of the columns of `x`, from rows spread over all of them; `mean` is about theirs.
std::vector<double> sampledSpread(const double* x, size_t rows, size_t features, const double* mean);

// Cross-validation cuts the rows, which must be in time order, into `folds` contiguous runs of equal length (the first ones a
// row longer when it does not divide); each is predicted from the others. No shuffling: neighbouring rows of a driven system
// share most of their input history, so shuffled folds would let the readout see its validation targets' neighbours.
// Needs rows > 0, targets > 0, lambdas not empty and >= 0, folds 0 or 2..rows. A large
// allocation that fails is reported; a small one throws std::bad_alloc.
RidgeResult fitRidge(const RidgeProblem& problem);

}  // namespace asicr
