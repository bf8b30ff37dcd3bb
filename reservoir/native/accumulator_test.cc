// Streaming gives what the rows all at once give, however they are cut into blocks.
#include "accumulator.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "check.h"
#include "random_rows.h"

using namespace asicr;

namespace {

constexpr size_t kRows = 331, kFeatures = 29, kTargets = 2;

struct Sample {
  std::vector<double> x = randomValues(kRows * kFeatures, 41), y = randomValues(kRows * kTargets, 42);
  RidgeProblem problem() const {
    RidgeProblem problem;
    problem.x = x.data();
    problem.y = y.data();
    problem.rows = kRows;
    problem.features = kFeatures;
    problem.targets = kTargets;
    problem.lambdas = {1e-3, 1, 1e3};
    return problem;
  }
};

void agreesWithAllRowsAtOnce(size_t block, size_t folds) {
  const Sample sample;
  RidgeProblem problem = sample.problem();
  problem.folds = folds == 1 ? 0 : folds;
  problem.diagnostics = problem.wholePath = true;
  const RidgeResult expected = fitRidge(problem);
  RidgeAccumulator accumulator;
  CHECK(accumulator.create(kFeatures, kTargets));
  size_t row = 0;
  for (size_t fold = 0; fold < folds; ++fold) {
    CHECK(accumulator.startFold());
    const size_t end = row + kRows / folds + (fold < kRows % folds ? 1 : 0);
    while (row < end) {
      const size_t rows = std::min(block, end - row);
      CHECK(accumulator.addRows(sample.x.data() + row * kFeatures, sample.y.data() + row * kTargets, rows).failure == RidgeFailure::none);
      row += rows;
    }
  }
  // A fold that stays empty counts for nothing.
  CHECK(accumulator.startFold());
  CHECK(accumulator.rows() == kRows);
  const RidgeResult result = accumulator.solve(problem.lambdas, true, true);
  CHECK(result.failure == RidgeFailure::none && result.fits.size() == 3);
  for (size_t l = 0; l < 3; ++l) {
    const RidgeFit &a = result.fits[l], &b = expected.fits[l];
    for (size_t i = 0; i < kFeatures * kTargets; ++i) CHECK_NEAR(a.weights[i], b.weights[i], 1e-11);
    CHECK_NEAR(a.degreesOfFreedom, b.degreesOfFreedom, 1e-9);
    CHECK(a.looMse.empty());
    for (size_t t = 0; t < kTargets; ++t) {
      CHECK_NEAR(a.intercepts[t], b.intercepts[t], 1e-12);
      CHECK_NEAR(a.trainMse[t], b.trainMse[t], 1e-10);
      CHECK_NEAR(a.gcv[t], b.gcv[t], 1e-10);
      if (folds > 1) CHECK_NEAR(result.cvMse[l * kTargets + t], expected.cvMse[l * kTargets + t], 1e-10);
    }
  }
  CHECK(result.cvMse.empty() == (folds == 1));
  const RidgeResult best = accumulator.solve(problem.lambdas, true, false);
  CHECK(best.fits.size() == 1 && best.fits[0].lambda == problem.lambdas[best.chosen]);
  double least = 1e300;
  for (size_t l = 0; l < 3; ++l) {
    double total = 0;
    for (size_t t = 0; t < kTargets; ++t) total += folds > 1 ? result.cvMse[l * kTargets + t] : result.fits[l].gcv[t];
    least = std::min(least, total);
    if (l == best.chosen) CHECK(total <= least);
  }
}

// A target that is a feature leaves no error; what sums can resolve of that is reported, never less and never below zero.
void neverClaimsLessThanItsRounding() {
  Sample sample;
  for (size_t r = 0; r < kRows; ++r) sample.y[r * kTargets] = 1e3 + sample.x[r * kFeatures];
  RidgeAccumulator accumulator;
  CHECK(accumulator.create(kFeatures, kTargets));
  accumulator.addRows(sample.x.data(), sample.y.data(), kRows);
  const RidgeResult result = accumulator.solve({0}, true, true);
  CHECK(result.fits[0].trainMse[0] > 0 && result.fits[0].trainMse[0] < 1e-14);
}

void keepsABadBlockOut() {
  Sample sample;
  RidgeAccumulator accumulator;
  CHECK(accumulator.create(kFeatures, kTargets));
  accumulator.addRows(sample.x.data(), sample.y.data(), 200);
  const std::vector<double> before = accumulator.solve({1}, true, false).fits[0].weights;
  sample.x[7 * kFeatures + 3] = std::numeric_limits<double>::infinity();
  const RidgeResult refused = accumulator.addRows(sample.x.data(), sample.y.data(), 200);
  CHECK(refused.failure == RidgeFailure::nonFiniteX && refused.row == 7 && refused.column == 3);
  CHECK(accumulator.rows() == 200 && accumulator.solve({1}, true, false).fits[0].weights == before);
}

}  // namespace

int main() {
  for (size_t folds : {1, 3, 5})
    for (size_t block : {1, 7, 128, 331}) agreesWithAllRowsAtOnce(block, folds);
  neverClaimsLessThanItsRounding();
  keepsABadBlockOut();
  std::printf("blocks of 1 to %zu rows, 1 to 5 folds\n", kRows);
}
