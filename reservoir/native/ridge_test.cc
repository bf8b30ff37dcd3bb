// Ridge and Cholesky by the properties that define them: A = L L', a vanishing gradient, and refusals that name their place.
#include "ridge.h"

#include <initializer_list>
#include <limits>
#include <vector>

#include "check.h"
#include "cholesky.h"
#include "random_rows.h"
#include "instruction_set.h"

using namespace asicr;

namespace {

void solvesPositiveDefiniteSystems(size_t n, Team& team) {
  // B B' + I is positive definite.
  const std::vector<double> b = randomValues(n * n, 3);
  std::vector<double> a(n * n, 0.0);
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j) {
      for (size_t k = 0; k < n; ++k) a[i * n + j] += b[i * n + k] * b[j * n + k];
      if (i == j) a[i * n + j] += 1;
    }
  Cholesky cholesky;
  CHECK(cholesky.create(rankKernel(), n));
  const std::vector<double> right = randomValues(n, 4);
  // Twice, because what the first factorisation leaves behind must not reach the second.
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < n; ++i)
      for (size_t j = 0; j <= i; ++j) cholesky.row(i)[j] = a[i * n + j];
    CHECK(cholesky.factor(team) == Cholesky::kPositiveDefinite);
    std::vector<double> z = right;
    cholesky.solve(z.data());
    for (size_t i = 0; i < n; ++i) {
      double left = 0;
      for (size_t j = 0; j < n; ++j) left += a[i * n + j] * z[j];
      CHECK_NEAR(left, right[i], 1e-9 * static_cast<double>(n));
    }
    // The trace of the inverse, column by column.
    double trace = 0;
    for (size_t j = 0; j < n; ++j) {
      std::vector<double> unit(n, 0.0);
      unit[j] = 1;
      cholesky.solve(unit.data());
      trace += unit[j];
    }
    CHECK_NEAR(cholesky.inverseTrace(team), trace, 1e-9 * trace);
  }
}

void refusesIndefiniteSystems(size_t n, size_t bad, Team& team) {
  Cholesky cholesky;
  CHECK(cholesky.create(rankKernel(), n));
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < i; ++j) cholesky.row(i)[j] = 0;
    cholesky.row(i)[i] = i == bad ? -1 : 1;
  }
  CHECK(cholesky.factor(team) == bad);
}

RidgeProblem problemOf(const std::vector<double>& x, const std::vector<double>& y, size_t rows, size_t features, size_t targets) {
  RidgeProblem problem;
  problem.x = x.data();
  problem.y = y.data();
  problem.rows = rows;
  problem.features = features;
  problem.targets = targets;
  problem.lambdas = {0.3};
  return problem;
}

// d/dw of ||y - b - Z w||^2 + lambda ||w||^2 is zero, for every target, standardised or not.
void gradientVanishes(size_t rows, size_t features, size_t targets, bool standardise) {
  const std::vector<double> x = randomValues(rows * features, 5), y = randomValues(rows * targets, 6);
  RidgeProblem problem = problemOf(x, y, rows, features, targets);
  problem.standardise = standardise;
  const RidgeResult result = fitRidge(problem);
  CHECK(result.failure == RidgeFailure::none);
  const RidgeFit& fit = result.fits[0];
  for (size_t t = 0; t < targets; ++t) {
    const double* w = fit.weights.data() + t * features;
    std::vector<double> gradient(features, 0.0);
    double sum = 0;
    for (size_t r = 0; r < rows; ++r) {
      double error = y[r * targets + t] - fit.intercepts[t];
      for (size_t i = 0; i < features; ++i) error -= w[i] * x[r * features + i];
      sum += error;
      for (size_t i = 0; i < features; ++i) gradient[i] += error * (x[r * features + i] - result.mean[i]) / result.scale[i];
    }
    CHECK_NEAR(sum, 0, 1e-9);
    for (size_t i = 0; i < features; ++i) CHECK_NEAR(gradient[i] - 0.3 * w[i] * result.scale[i], 0, 1e-9);
  }
}

// Cross-validation equals fitting each fold's complement by hand.
void foldsAreContiguousInTime() {
  const size_t rows = 23, features = 3, folds = 4;
  const std::vector<double> x = randomValues(rows * features, 7), y = randomValues(rows, 8);
  RidgeProblem problem = problemOf(x, y, rows, features, 1);
  problem.lambdas = {0.1, 10};
  problem.folds = folds;
  const RidgeResult result = fitRidge(problem);
  // 23 rows in 4 folds: 6, 6, 6, 5.
  const size_t edges[] = {0, 6, 12, 18, 23};
  for (size_t l = 0; l < 2; ++l) {
    double sum = 0;
    for (size_t fold = 0; fold < folds; ++fold) {
      std::vector<double> restX, restY;
      for (size_t r = 0; r < rows; ++r) {
        if (r >= edges[fold] && r < edges[fold + 1]) continue;
        restX.insert(restX.end(), x.begin() + static_cast<std::ptrdiff_t>(r * features), x.begin() + static_cast<std::ptrdiff_t>((r + 1) * features));
        restY.push_back(y[r]);
      }
      RidgeProblem rest = problemOf(restX, restY, restY.size(), features, 1);
      rest.lambdas = {problem.lambdas[l]};
      const RidgeFit fit = fitRidge(rest).fits[0];
      for (size_t r = edges[fold]; r < edges[fold + 1]; ++r) {
        double error = y[r] - fit.intercepts[0];
        for (size_t i = 0; i < features; ++i) error -= fit.weights[i] * x[r * features + i];
        sum += error * error;
      }
    }
    CHECK_NEAR(result.cvMse[l], sum / rows, 1e-12);
  }
  CHECK(result.chosen == (result.cvMse[0] < result.cvMse[1] ? 0u : 1u));
}

// A path long enough for the tridiagonal form, against one Cholesky factorisation per point.
void longPathsAgreeWithTheirPoints() {
  const size_t rows = 150, features = 61, targets = 2;
  const std::vector<double> x = randomValues(rows * features, 21), y = randomValues(rows * targets, 22);
  RidgeProblem problem = problemOf(x, y, rows, features, targets);
  problem.lambdas.clear();
  for (double lambda = 1e-3; lambda < 2e6; lambda *= 10) problem.lambdas.push_back(lambda);
  problem.lambdas.push_back(0);
  problem.diagnostics = problem.wholePath = true;
  problem.folds = 3;
  const RidgeResult path = fitRidge(problem);
  for (size_t l = 0; l < problem.lambdas.size(); ++l) {
    RidgeProblem alone = problem;
    alone.lambdas = {problem.lambdas[l]};
    const RidgeResult result = fitRidge(alone);
    const RidgeFit &one = result.fits[0], &other = path.fits[l];
    CHECK(other.lambda == one.lambda);
    CHECK_NEAR(other.degreesOfFreedom, one.degreesOfFreedom, 1e-9 * one.degreesOfFreedom);
    for (size_t i = 0; i < features * targets; ++i) CHECK_NEAR(other.weights[i], one.weights[i], 1e-11);
    for (size_t t = 0; t < targets; ++t) {
      CHECK_NEAR(other.looMse[t], one.looMse[t], 1e-9 * one.looMse[t]);
      CHECK_NEAR(other.gcv[t], one.gcv[t], 1e-9 * one.gcv[t]);
      CHECK_NEAR(path.cvMse[l * targets + t], result.cvMse[t], 1e-9 * result.cvMse[t]);
    }
  }
}

void refusalsNameTheirPlace() {
  const size_t rows = 12, features = 3;
  std::vector<double> x = randomValues(rows * features, 9), y = randomValues(rows, 10);
  x[5 * features + 2] = std::numeric_limits<double>::quiet_NaN();
  RidgeResult result = fitRidge(problemOf(x, y, rows, features, 1));
  CHECK(result.failure == RidgeFailure::nonFiniteX && result.row == 5 && result.column == 2);

  x = randomValues(rows * features, 9);
  y[7] = std::numeric_limits<double>::infinity();
  result = fitRidge(problemOf(x, y, rows, features, 1));
  CHECK(result.failure == RidgeFailure::nonFiniteY && result.row == 7);

  y = randomValues(rows, 10);
  for (size_t r = 0; r < rows; ++r) x[r * features + 1] = 0.1;
  result = fitRidge(problemOf(x, y, rows, features, 1));
  CHECK(result.failure == RidgeFailure::constantFeature && result.column == 1);

  x = randomValues(rows * features, 9);
  for (size_t r = 0; r < rows; ++r) x[r * features + 2] = x[r * features] - 2 * x[r * features + 1];
  RidgeProblem singular = problemOf(x, y, rows, features, 1);
  singular.lambdas = {0};
  result = fitRidge(singular);
  CHECK(result.failure == RidgeFailure::notPositiveDefinite && result.column == 2);
  singular.folds = 3;
  CHECK(fitRidge(singular).failure == RidgeFailure::notPositiveDefinite);
  singular.lambdas = {0, 1};
  result = fitRidge(singular);
  CHECK(result.failure == RidgeFailure::none && result.chosen == 1 && std::isnan(result.cvMse[0]));
}

// A feature that rests in all but one fold is left out where it rests, not divided by zero.
void featureMayRestInAFold() {
  const size_t rows = 20;
  std::vector<double> x(rows * 2), y = randomValues(rows, 11);
  for (size_t r = 0; r < rows; ++r) {
    x[2 * r] = y[r] + 0.1 * static_cast<double>(r % 3);
    x[2 * r + 1] = r < 10 ? static_cast<double>(r) : 4.0;
  }
  RidgeProblem problem = problemOf(x, y, rows, 2, 1);
  problem.folds = 2;
  const RidgeResult result = fitRidge(problem);
  CHECK(result.failure == RidgeFailure::none && std::isfinite(result.cvMse[0]));
}

}  // namespace

int main() {
  for (const char* kernel : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(kernel)) continue;
    for (size_t members : {1, 2, 3}) {
      Team team(members);
      for (size_t n : {1, 2, 47, 48, 49, 71, 72, 73, 130}) solvesPositiveDefiniteSystems(n, team);
      for (size_t bad : {0, 47, 48, 60}) refusesIndefiniteSystems(61, bad, team);
    }
    longPathsAgreeWithTheirPoints();
    for (bool standardise : {false, true}) {
      gradientVanishes(40, 1, 1, standardise);
      gradientVanishes(200, 30, 3, standardise);
    }
    foldsAreContiguousInTime();
    refusalsNameTheirPlace();
    featureMayRestInAFold();
  }
  std::printf("with %s and narrower kernels\n", instructionSetName());
}
