#include "ridge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "moments.h"

namespace asicr {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Multiplications below which starting a thread costs more than it saves.
constexpr double kAlone = 2e7;
// Rows that vote on where a column lies.
constexpr size_t kSampled = 1024;
// Rows whose errors are summed as one item; the sums are then added in order, whoever made them.
constexpr size_t kChunk = 256;

// About the means of the columns, from rows spread over the whole run: the sums are taken about these.
std::vector<double> sampledMeans(const RidgeProblem& problem) {
  const size_t rows = std::min(problem.rows, kSampled);
  std::vector<double> mean(problem.features + problem.targets, 0.0);
  for (size_t s = 0; s < rows; ++s) {
    const size_t r = s * problem.rows / rows;
    for (size_t i = 0; i < problem.features; ++i) mean[i] += problem.x[r * problem.features + i];
    for (size_t t = 0; t < problem.targets; ++t) mean[problem.features + t] += problem.y[r * problem.targets + t];
  }
  for (double& value : mean) value /= static_cast<double>(rows);
  return mean;
}

// Adds the squared errors of rows [from, to) to sums[l * targets + t] for the lambdas that were solved.
void addSquaredErrors(const RidgeProblem& problem, const std::vector<RidgeFit>& fits, size_t from, size_t to, double* sums, Team& team) {
  const VectorKernel& vectors = vectorKernel();
  const size_t columns = fits.size() * problem.targets;
  const size_t chunks = (to - from + kChunk - 1) / kChunk;
  std::vector<double> partial(chunks * columns, 0.0);
  team.share(chunks, [&](size_t chunk) {
    const size_t first = from + chunk * kChunk;
    for (size_t r = first; r < std::min(to, first + kChunk); ++r)
      for (size_t l = 0; l < fits.size(); ++l)
        for (size_t t = 0; t < problem.targets && !fits[l].weights.empty(); ++t) {
          const double predicted =
              fits[l].intercepts[t] + vectors.dot(problem.x + r * problem.features, fits[l].weights.data() + t * problem.features, problem.features);
          const double error = problem.y[r * problem.targets + t] - predicted;
          partial[chunk * columns + l * problem.targets + t] += error * error;
        }
  });
  for (size_t chunk = 0; chunk < chunks; ++chunk)
    for (size_t i = 0; i < columns; ++i) sums[i] += partial[chunk * columns + i];
}

// Validation errors come from the rows themselves: the same number from the moments would cancel when the weights are large.
bool crossValidate(const RidgeProblem& problem, const std::vector<size_t>& edges, const std::vector<Moments>& folds, const double* shift,
                   Moments* rest, NormalEquations* equations, RidgeResult* result, Team& team) {
  result->cvMse.assign(problem.lambdas.size() * problem.targets, 0.0);
  for (size_t fold = 0; fold < problem.folds; ++fold) {
    rest->clear();
    for (size_t other = 0; other < problem.folds; ++other)
      if (other != fold) rest->add(folds[other]);
    equations->load(*rest, shift, problem.standardise);
    if (!equations->preparePath(problem.lambdas, team)) {
      result->failure = RidgeFailure::outOfMemory;
      return true;
    }
    std::vector<RidgeFit> fits(problem.lambdas.size());
    for (size_t l = 0; l < fits.size(); ++l) {
      const size_t pivot = equations->solve(problem.lambdas[l], &fits[l].weights, &fits[l].intercepts, team);
      if (!result->trusts(*equations, problem.lambdas[l], pivot, problem.floatBound, team)) return true;
      if (pivot != Cholesky::kPositiveDefinite) {
        fits[l].weights.clear();
        std::fill_n(result->cvMse.data() + l * problem.targets, problem.targets, kNaN);
      }
    }
    addSquaredErrors(problem, fits, edges[fold], edges[fold + 1], result->cvMse.data(), team);
  }
  return result->choose(static_cast<double>(problem.rows), problem.targets);
}

// Errors on the fitted rows, as they are and with each row left out; `leverage` has `stride` entries a row.
void diagnose(const RidgeProblem& problem, const double* leverage, size_t stride, RidgeFit* fit) {
  const VectorKernel& vectors = vectorKernel();
  const double rows = static_cast<double>(problem.rows);
  fit->degreesOfFreedom = 0;
  fit->trainMse.assign(problem.targets, 0.0);
  fit->looMse.assign(problem.targets, 0.0);
  for (size_t r = 0; r < problem.rows; ++r) {
    fit->degreesOfFreedom += leverage[r * stride];
    for (size_t t = 0; t < problem.targets; ++t) {
      const double error = problem.y[r * problem.targets + t] - fit->intercepts[t] -
                           vectors.dot(problem.x + r * problem.features, fit->weights.data() + t * problem.features, problem.features);
      const double leftOut = error / (1 - leverage[r * stride]);
      fit->trainMse[t] += error * error / rows;
      fit->looMse[t] += leftOut * leftOut / rows;
    }
  }
  const double free = 1 - fit->degreesOfFreedom / rows;
  for (double mse : fit->trainMse) fit->gcv.push_back(mse / (free * free));
}

// Solves for every lambda; those on the path share one pass over the rows for their leverages.
bool solvePath(const RidgeProblem& problem, NormalEquations* equations, RidgeResult* result, Team& team) {
  if (!equations->preparePath(problem.lambdas, team)) return false;
  std::vector<ShiftedTridiagonal> path;
  std::vector<size_t> onPath;
  Buffer leverage;
  for (size_t l = 0; l < problem.lambdas.size(); ++l) {
    RidgeFit fit;
    fit.lambda = problem.lambdas[l];
    fit.failedPivot = equations->solve(fit.lambda, &fit.weights, &fit.intercepts, team);
    if (!result->trusts(*equations, fit.lambda, fit.failedPivot, problem.floatBound, team)) return true;
    if (fit.failedPivot != Cholesky::kPositiveDefinite) {
      result->column = fit.failedPivot;
    } else if (problem.diagnostics && equations->solvedOnPath()) {
      path.push_back(equations->shifted());
      onPath.push_back(l);
    } else if (problem.diagnostics) {
      if (!leverage.allocate(problem.rows)) return false;
      equations->leverages(problem.x, problem.rows, leverage.data(), team);
      diagnose(problem, leverage.data(), 1, &fit);
    }
    result->fits.push_back(std::move(fit));
  }
  if (path.empty()) return true;
  if (!leverage.allocate(problem.rows, path.size())) return false;
  equations->leverages(problem.x, problem.rows, path, leverage.data(), team);
  team.share(path.size(), [&](size_t p) { diagnose(problem, leverage.data() + p, path.size(), &result->fits[onPath[p]]); });
  return true;
}

}  // namespace

std::vector<double> sampledSpread(const double* x, size_t rows, size_t features, const double* mean) {
  const size_t sampled = std::min(rows, kSampled);
  std::vector<double> spread(features, 0.0);
  for (size_t s = 0; s < sampled; ++s) {
    const double* row = x + s * rows / sampled * features;
    for (size_t i = 0; i < features; ++i) spread[i] += (row[i] - mean[i]) * (row[i] - mean[i]);
  }
  for (double& value : spread) value = std::sqrt(value / static_cast<double>(sampled));
  return spread;
}

bool RidgeResult::findNonFinite(const double* x, const double* y, size_t rows, size_t features, size_t targets) {
  const auto find = [this](const double* values, size_t count, size_t columns, RidgeFailure kind) {
    for (size_t i = 0; i < count; ++i)
      if (!std::isfinite(values[i])) {
        failure = kind;
        row = i / columns;
        column = i % columns;
        return true;
      }
    return false;
  };
  return find(x, rows * features, features, RidgeFailure::nonFiniteX) || find(y, rows * targets, targets, RidgeFailure::nonFiniteY);
}

bool RidgeResult::trusts(const NormalEquations& equations, double lambda, size_t pivot, double bound, Team& team) {
  if (!(bound > 0)) return true;
  const double error = pivot == Cholesky::kPositiveDefinite ? equations.floatError(team) : std::numeric_limits<double>::infinity();
  // Written so that a NaN is not trusted.
  const bool trusted = error <= bound;
  if (!(error <= floatError)) {
    floatError = error;
    floatErrorLambda = lambda;
  }
  if (!trusted) failure = RidgeFailure::floatUnsafe;
  return trusted;
}

bool RidgeResult::choose(double rows, size_t targets) {
  double least = std::numeric_limits<double>::infinity();
  for (size_t l = 0; l * targets < cvMse.size(); ++l) {
    double total = 0;
    for (size_t t = 0; t < targets; ++t) total += cvMse[l * targets + t] /= rows;
    if (total < least) {
      least = total;
      chosen = l;
    }
  }
  return std::isfinite(least);
}

bool RidgeResult::take(const NormalEquations& equations, size_t features, bool standardise) {
  if (standardise && equations.firstConstant() < features) {
    column = equations.firstConstant();
    failure = RidgeFailure::constantFeature;
    return false;
  }
  mean.assign(equations.mean().begin(), equations.mean().begin() + static_cast<std::ptrdiff_t>(features));
  scale = equations.scale();
  return true;
}

RidgeResult fitRidge(const RidgeProblem& problem) {
  RidgeResult result;
  const auto fail = [&](RidgeFailure failure) {
    result.failure = failure;
    return result;
  };
  const RankKernel& kernel = rankKernel();
  const double features = static_cast<double>(problem.features);
  Team team(static_cast<double>(problem.rows) * features * features < kAlone ? 1 : Team::defaultMembers());
  const std::vector<double> shift = sampledMeans(problem);
  const bool floats = problem.floatBound > 0;
  const std::vector<double> spread =
      floats ? sampledSpread(problem.x, problem.rows, problem.features, shift.data()) : std::vector<double>();
  const auto create = [&](Moments* moments) {
    return floats ? moments->createFloat(kernel, problem.features, problem.targets, spread.data())
                  : moments->create(kernel, problem.features, problem.targets);
  };
  const size_t parts = std::max<size_t>(1, problem.folds);
  std::vector<size_t> edges(parts + 1, 0);
  std::vector<Moments> folds(parts);
  NormalEquations equations;
  PackedRows packed;
  if (!equations.create(kernel, problem.features, problem.targets)) return fail(RidgeFailure::outOfMemory);
  for (size_t fold = 0; fold < parts; ++fold) {
    edges[fold + 1] = edges[fold] + problem.rows / parts + (fold < problem.rows % parts ? 1 : 0);
    if (!create(&folds[fold])) return fail(RidgeFailure::outOfMemory);
    if (fold == 0 && !packed.create(folds[0].stride(), folds[0].room())) return fail(RidgeFailure::outOfMemory);
    folds[fold].addRows(problem.x + edges[fold] * problem.features, problem.y + edges[fold] * problem.targets, edges[fold + 1] - edges[fold],
                        shift.data(), packed, team);
    // One value that is not finite shows in a sum of squares; only then are the rows searched for it.
    if (!folds[fold].finite() && result.findNonFinite(problem.x, problem.y, problem.rows, problem.features, problem.targets)) return result;
  }

  bool anyLambda = true;
  if (problem.folds > 0) {
    Moments sum;
    if (!create(&sum)) return fail(RidgeFailure::outOfMemory);
    anyLambda = crossValidate(problem, edges, folds, shift.data(), &sum, &equations, &result, team);
    if (result.failure != RidgeFailure::none) return result;
  }
  for (size_t fold = 1; fold < parts; ++fold) folds[0].add(folds[fold]);
  equations.load(folds[0], shift.data(), problem.standardise);
  if (!result.take(equations, problem.features, problem.standardise)) return result;
  if (!anyLambda) return fail(RidgeFailure::notPositiveDefinite);
  if (problem.wholePath) {
    if (!solvePath(problem, &equations, &result, team)) return fail(RidgeFailure::outOfMemory);
    return result;
  }
  RidgeFit fit;
  fit.lambda = problem.lambdas[result.chosen];
  fit.failedPivot = equations.solveDirectly(fit.lambda, &fit.weights, &fit.intercepts, team);
  if (!result.trusts(equations, fit.lambda, fit.failedPivot, problem.floatBound, team)) return result;
  if (fit.failedPivot != Cholesky::kPositiveDefinite) {
    result.column = fit.failedPivot;
    return fail(RidgeFailure::notPositiveDefinite);
  }
  if (problem.diagnostics) {
    Buffer leverage;
    if (!leverage.allocate(problem.rows)) return fail(RidgeFailure::outOfMemory);
    equations.leverages(problem.x, problem.rows, leverage.data(), team);
    diagnose(problem, leverage.data(), 1, &fit);
  }
  result.fits.push_back(std::move(fit));
  return result;
}

}  // namespace asicr
