// Recursive least squares against what it claims to minimise: the weighted normal equations, solved at once.
#include "rls.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "normal_equations.h"
#include "random_rows.h"

using namespace asicr;

namespace {

struct Sample {
  size_t rows, features, targets;
  std::vector<double> x = randomValues(rows * features, 61), y = randomValues(rows * targets, 62);
};

// Weights (targets x features) and trace of the inverse of sum ff^(n-i) x x' + delta ff^n I.
std::vector<double> weighted(const Sample& s, double forgetting, double delta, double* trace) {
  Team team(1);
  Cholesky cholesky;
  CHECK(cholesky.create(rankKernel(), s.features));
  std::vector<double> right(s.targets * s.features, 0.0);
  const double n = static_cast<double>(s.rows);
  for (size_t i = 0; i < s.features; ++i)
    for (size_t j = 0; j <= i; ++j) {
      double sum = i == j ? delta * std::pow(forgetting, n) : 0;
      for (size_t r = 0; r < s.rows; ++r)
        sum += std::pow(forgetting, n - 1 - static_cast<double>(r)) * s.x[r * s.features + i] * s.x[r * s.features + j];
      cholesky.row(i)[j] = sum;
    }
  for (size_t t = 0; t < s.targets; ++t)
    for (size_t i = 0; i < s.features; ++i)
      for (size_t r = 0; r < s.rows; ++r)
        right[t * s.features + i] += std::pow(forgetting, n - 1 - static_cast<double>(r)) * s.x[r * s.features + i] * s.y[r * s.targets + t];
  CHECK(cholesky.factor(team) == Cholesky::kPositiveDefinite);
  for (size_t t = 0; t < s.targets; ++t) cholesky.solve(right.data() + t * s.features);
  *trace = cholesky.inverseTrace(team);
  return right;
}

void equalsWeightedRidge(size_t features, size_t targets, double forgetting, size_t block) {
  const Sample s{3 * features + 5, features, targets};
  const double delta = 0.1;
  double trace;
  const std::vector<double> expected = weighted(s, forgetting, delta, &trace);
  Rls rls;
  CHECK(rls.create(features, targets, forgetting, delta));
  std::vector<double> errors(s.rows * targets);
  for (size_t row = 0; row < s.rows; row += block)
    rls.update(s.x.data() + row * features, s.y.data() + row * targets, std::min(block, s.rows - row), errors.data() + row * targets);
  for (size_t t = 0; t < targets; ++t) {
    CHECK_NEAR(errors[t], s.y[t], 0);  // nothing was known before the first row
    for (size_t i = 0; i < features; ++i) CHECK_NEAR(rls.weights()[t * rls.stride() + i], expected[t * features + i], 1e-9);
  }
  CHECK_NEAR(rls.inverseTrace(), trace, 1e-9 * trace);
  CHECK(rls.healthy());
}

// The error of a row is that of the weights before it, also inside a block.
void reportsErrorsBeforeLearning() {
  const Sample s{40, 9, 2};
  Rls one, block;
  CHECK(one.create(9, 2, 0.97, 0.5) && block.create(9, 2, 0.97, 0.5));
  std::vector<double> errors(80);
  block.update(s.x.data(), s.y.data(), 40, errors.data());
  for (size_t r = 0; r < 40; ++r) {
    double error[2];
    for (size_t t = 0; t < 2; ++t) {
      error[t] = s.y[2 * r + t];
      for (size_t i = 0; i < 9; ++i) error[t] -= one.weights()[t * one.stride() + i] * s.x[9 * r + i];
      CHECK_NEAR(errors[2 * r + t], error[t], 1e-12);
    }
    one.update(s.x.data() + 9 * r, s.y.data() + 2 * r, 1, error);
  }
}

// A direction that never comes again is forgotten: P grows there until it must be said.
void noticesWindUp() {
  Rls rls;
  CHECK(rls.create(2, 1, 0.5, 1));
  const double x[] = {1, 0}, y = 1;
  double error;
  size_t rows = 0;
  while (rls.healthy() && rows < 2000) {
    rls.update(x, &y, 1, &error);
    ++rows;
  }
  CHECK(rows > 400 && rows < 600);
}

}  // namespace

int main() {
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    for (size_t features : {1, 2, 3, 4, 5, 7, 8, 9, 33, 64})
      for (double forgetting : {1.0, 0.98})
        for (size_t block : {1, 5, 16, 40}) equalsWeightedRidge(features, 1 + features % 3, forgetting, block);
    reportsErrorsBeforeLearning();
    noticesWindUp();
  }
  std::printf("with %s and narrower kernels\n", instructionSetName());
}
