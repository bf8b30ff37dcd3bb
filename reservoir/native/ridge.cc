#include "ridge.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "cholesky.h"
#include "moments.h"

namespace asicr {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Four running sums, so that the additions do not wait for each other.
double dot(const double* a, const double* b, size_t n) {
  double s0 = 0, s1 = 0, s2 = 0, s3 = 0;
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += a[i] * b[i];
    s1 += a[i + 1] * b[i + 1];
    s2 += a[i + 2] * b[i + 2];
    s3 += a[i + 3] * b[i + 3];
  }
  for (; i < n; ++i) s0 += a[i] * b[i];
  return (s0 + s1) + (s2 + s3);
}

// The normal equations of one set of rows, solvable for any lambda.
class NormalEquations {
 public:
  bool create(const RankKernel& kernel, size_t features, size_t targets) {
    features_ = features;
    targets_ = targets;
    scale_.assign(features, 1.0);
    mean_.assign(features + targets, 0.0);
    constant_.assign(features, 0);
    return gram_.allocate(features, features) && right_.allocate(targets, features) && cholesky_.create(kernel, features);
  }

  // Takes the moments about `shift`. A column that does not vary in these rows is left out: its weight becomes 0.
  void load(const Moments& moments, const double* shift, bool standardise) {
    count_ = moments.count();
    for (size_t i = 0; i < features_ + targets_; ++i) mean_[i] = shift[i] + moments.mean(i);
    for (size_t i = 0; i < features_; ++i) {
      const double variance = std::max(0.0, moments.centred(i, i)) / count_;
      // The shift itself is known to half an ulp: less spread than that is rounding, not signal.
      const double rounding = 4 * std::numeric_limits<double>::epsilon() * std::fabs(mean_[i]);
      constant_[i] = !(variance > rounding * rounding);
      scale_[i] = standardise && !constant_[i] ? std::sqrt(variance) : 1.0;
    }
    for (size_t i = 0; i < features_; ++i) {
      double* row = gram_.data() + i * features_;
      for (size_t j = 0; j <= i; ++j)
        row[j] = constant_[i] || constant_[j] ? 0.0 : moments.centred(i, j) / (scale_[i] * scale_[j]);
      if (constant_[i]) row[i] = count_;
      for (size_t t = 0; t < targets_; ++t)
        right_.data()[t * features_ + i] = constant_[i] ? 0.0 : moments.centred(features_ + t, i) / scale_[i];
    }
  }

  // Weights (targets x features) and intercepts for x as given. Returns Cholesky::kPositiveDefinite or the failed pivot.
  size_t solve(double lambda, std::vector<double>* weights, std::vector<double>* intercepts) {
    for (size_t i = 0; i < features_; ++i) {
      std::copy_n(gram_.data() + i * features_, i + 1, cholesky_.row(i));
      cholesky_.row(i)[i] += lambda;
    }
    const size_t pivot = cholesky_.factor();
    if (pivot != Cholesky::kPositiveDefinite) return pivot;
    weights->assign(right_.data(), right_.data() + targets_ * features_);
    intercepts->assign(targets_, 0.0);
    for (size_t t = 0; t < targets_; ++t) {
      double* w = weights->data() + t * features_;
      cholesky_.solve(w);
      for (size_t i = 0; i < features_; ++i) w[i] /= scale_[i];
      (*intercepts)[t] = mean_[features_ + t] - dot(mean_.data(), w, features_);
    }
    return pivot;
  }

  // Diagonal entry of the hat matrix for one row of x, after solve(): 1/n + z' (Z'Z + lambda I)^-1 z. `scratch` has `features` entries.
  double leverage(const double* x, double* scratch) const {
    for (size_t i = 0; i < features_; ++i) scratch[i] = constant_[i] ? 0.0 : (x[i] - mean_[i]) / scale_[i];
    cholesky_.forward(scratch);
    return 1.0 / count_ + dot(scratch, scratch, features_);
  }

  // First column that does not vary, or `features` when all do.
  size_t firstConstant() const {
    return static_cast<size_t>(std::find(constant_.begin(), constant_.end(), 1) - constant_.begin());
  }
  const std::vector<double>& mean() const { return mean_; }
  const std::vector<double>& scale() const { return scale_; }

 private:
  size_t features_ = 0;
  size_t targets_ = 0;
  double count_ = 0;
  std::vector<double> scale_;
  std::vector<double> mean_;
  std::vector<char> constant_;
  Buffer gram_;
  Buffer right_;
  Cholesky cholesky_;
};

bool findNonFinite(const double* values, size_t rows, size_t columns, RidgeResult* result) {
  for (size_t i = 0; i < rows * columns; ++i)
    if (!std::isfinite(values[i])) {
      result->row = i / columns;
      result->column = i % columns;
      return true;
    }
  return false;
}

std::vector<double> columnMeans(const RidgeProblem& problem) {
  std::vector<double> mean(problem.features + problem.targets, 0.0);
  for (size_t r = 0; r < problem.rows; ++r) {
    for (size_t i = 0; i < problem.features; ++i) mean[i] += problem.x[r * problem.features + i];
    for (size_t t = 0; t < problem.targets; ++t) mean[problem.features + t] += problem.y[r * problem.targets + t];
  }
  for (double& value : mean) value /= static_cast<double>(problem.rows);
  return mean;
}

// Adds the squared errors of rows [from, to) to sums[t].
void addSquaredErrors(const RidgeProblem& problem, const std::vector<double>& weights, const std::vector<double>& intercepts, size_t from,
                      size_t to, double* sums) {
  for (size_t r = from; r < to; ++r)
    for (size_t t = 0; t < problem.targets; ++t) {
      const double predicted = intercepts[t] + dot(problem.x + r * problem.features, weights.data() + t * problem.features, problem.features);
      const double error = problem.y[r * problem.targets + t] - predicted;
      sums[t] += error * error;
    }
}

// Validation errors come from the rows themselves: the same number from the moments would cancel when the weights are large.
// Returns false when no lambda could be factored in every fold.
bool crossValidate(const RidgeProblem& problem, const std::vector<size_t>& edges, const std::vector<Moments>& folds, const double* shift,
                   Moments* rest, NormalEquations* equations, RidgeResult* result) {
  result->cvMse.assign(problem.lambdas.size() * problem.targets, 0.0);
  std::vector<double> weights, intercepts;
  for (size_t fold = 0; fold < problem.folds; ++fold) {
    rest->clear();
    for (size_t other = 0; other < problem.folds; ++other)
      if (other != fold) rest->add(folds[other]);
    equations->load(*rest, shift, problem.standardise);
    for (size_t l = 0; l < problem.lambdas.size(); ++l) {
      double* sums = result->cvMse.data() + l * problem.targets;
      if (equations->solve(problem.lambdas[l], &weights, &intercepts) == Cholesky::kPositiveDefinite)
        addSquaredErrors(problem, weights, intercepts, edges[fold], edges[fold + 1], sums);
      else
        std::fill_n(sums, problem.targets, kNaN);
    }
  }
  double least = std::numeric_limits<double>::infinity();
  for (size_t l = 0; l < problem.lambdas.size(); ++l) {
    double total = 0;
    for (size_t t = 0; t < problem.targets; ++t) total += result->cvMse[l * problem.targets + t] /= static_cast<double>(problem.rows);
    if (total < least) {
      least = total;
      result->chosen = l;
    }
  }
  return std::isfinite(least);
}

void diagnose(const RidgeProblem& problem, const NormalEquations& equations, RidgeFit* fit) {
  const double rows = static_cast<double>(problem.rows);
  std::vector<double> scratch(problem.features);
  fit->degreesOfFreedom = 0;
  fit->trainMse.assign(problem.targets, 0.0);
  fit->looMse.assign(problem.targets, 0.0);
  for (size_t r = 0; r < problem.rows; ++r) {
    const double* x = problem.x + r * problem.features;
    const double leverage = equations.leverage(x, scratch.data());
    fit->degreesOfFreedom += leverage;
    for (size_t t = 0; t < problem.targets; ++t) {
      const double error = problem.y[r * problem.targets + t] - fit->intercepts[t] - dot(x, fit->weights.data() + t * problem.features, problem.features);
      const double leftOut = error / (1 - leverage);
      fit->trainMse[t] += error * error / rows;
      fit->looMse[t] += leftOut * leftOut / rows;
    }
  }
  const double free = 1 - fit->degreesOfFreedom / rows;
  for (double mse : fit->trainMse) fit->gcv.push_back(mse / (free * free));
}

}  // namespace

RidgeResult fitRidge(const RidgeProblem& problem) {
  RidgeResult result;
  const auto fail = [&](RidgeFailure failure) {
    result.failure = failure;
    return result;
  };
  if (findNonFinite(problem.x, problem.rows, problem.features, &result)) return fail(RidgeFailure::nonFiniteX);
  if (findNonFinite(problem.y, problem.rows, problem.targets, &result)) return fail(RidgeFailure::nonFiniteY);

  const RankKernel& kernel = rankKernel();
  const std::vector<double> shift = columnMeans(problem);
  const size_t parts = std::max<size_t>(1, problem.folds);
  std::vector<size_t> edges(parts + 1, 0);
  std::vector<Moments> folds(parts);
  Moments sum;
  NormalEquations equations;
  if (!sum.create(kernel, problem.features, problem.targets) || !equations.create(kernel, problem.features, problem.targets))
    return fail(RidgeFailure::outOfMemory);
  for (size_t fold = 0; fold < parts; ++fold) {
    edges[fold + 1] = edges[fold] + problem.rows / parts + (fold < problem.rows % parts ? 1 : 0);
    if (!folds[fold].create(kernel, problem.features, problem.targets)) return fail(RidgeFailure::outOfMemory);
    folds[fold].addRows(problem.x + edges[fold] * problem.features, problem.y + edges[fold] * problem.targets, edges[fold + 1] - edges[fold],
                        shift.data());
  }

  const bool anyLambda = problem.folds == 0 || crossValidate(problem, edges, folds, shift.data(), &sum, &equations, &result);
  sum.clear();
  for (const Moments& fold : folds) sum.add(fold);
  equations.load(sum, shift.data(), problem.standardise);
  if (problem.standardise && equations.firstConstant() < problem.features) {
    result.column = equations.firstConstant();
    return fail(RidgeFailure::constantFeature);
  }
  if (!anyLambda) return fail(RidgeFailure::notPositiveDefinite);
  result.mean.assign(equations.mean().begin(), equations.mean().begin() + static_cast<std::ptrdiff_t>(problem.features));
  result.scale = equations.scale();

  for (size_t l = 0; l < problem.lambdas.size(); ++l) {
    if (!problem.wholePath && l != result.chosen) continue;
    RidgeFit fit;
    fit.lambda = problem.lambdas[l];
    fit.failedPivot = equations.solve(fit.lambda, &fit.weights, &fit.intercepts);
    if (fit.failedPivot != Cholesky::kPositiveDefinite) {
      result.column = fit.failedPivot;
      if (!problem.wholePath) return fail(RidgeFailure::notPositiveDefinite);
    } else if (problem.diagnostics) {
      diagnose(problem, equations, &fit);
    }
    result.fits.push_back(std::move(fit));
  }
  return result;
}

}  // namespace asicr
