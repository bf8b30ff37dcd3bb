#include "accumulator.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <utility>

namespace asicr {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Rows of the first block that vote on where a column lies.
constexpr size_t kSampled = 1024;
constexpr double kAlone = 2e7;
// Values that one member looks through at a time.
constexpr size_t kLookedThrough = size_t{1} << 15;

size_t membersFor(double rows, size_t features) {
  const double width = static_cast<double>(features);
  return rows * width * width < kAlone ? 1 : Team::defaultMembers();
}

bool allFinite(const double* values, size_t count, Team& team) {
  std::atomic<bool> finite{true};
  team.share((count + kLookedThrough - 1) / kLookedThrough, [&](size_t item) {
    const size_t from = item * kLookedThrough;
    if (!vectorKernel().finite(values + from, std::min(kLookedThrough, count - from))) finite.store(false, std::memory_order_relaxed);
  });
  return finite.load();
}

// Sum of squared errors of one linear prediction over the rows that `moments` holds. From sums alone it is a difference of large
// numbers when the weights are large: less than the rounding of those is not resolved, and the rounding is returned instead.
double squaredErrors(const Moments& moments, const double* shift, size_t features, size_t target, const double* weights, double intercept,
                     std::vector<double>* scratch) {
  const VectorKernel& vectors = vectorKernel();
  const double count = moments.count();
  const size_t y = features + target;
  double offset = shift[y] + moments.mean(y) - intercept;
  double magnitude = std::sqrt(std::max(0.0, moments.centred(y, y)));
  double sum = moments.centred(y, y);
  scratch->resize(features);
  for (size_t i = 0; i < features; ++i) {
    offset -= weights[i] * (shift[i] + moments.mean(i));
    magnitude += std::fabs(weights[i]) * std::sqrt(std::max(0.0, moments.centred(i, i)));
    // The lower triangle of S, each entry off the diagonal counted twice.
    for (size_t j = 0; j < i; ++j) (*scratch)[j] = moments.centred(i, j);
    sum += weights[i] * (2 * vectors.dot(scratch->data(), weights, i) + weights[i] * moments.centred(i, i) - 2 * moments.centred(y, i));
  }
  sum += count * offset * offset;
  return std::max(sum, 4 * std::numeric_limits<double>::epsilon() * magnitude * magnitude);
}

}  // namespace

bool RidgeAccumulator::create(size_t features, size_t targets, double floatBound) {
  floatBound_ = floatBound;
  spread_.assign(floatBound > 0 ? features : 0, 1.0);
  features_ = features;
  targets_ = targets;
  rows_ = 0;
  shift_.clear();
  folds_.clear();
  return startFold() && packed_.create(folds_[0]->stride(), folds_[0]->room());
}

bool RidgeAccumulator::createMoments(Moments* moments) const {
  return floatBound_ > 0 ? moments->createFloat(rankKernel(), features_, targets_, spread_.data())
                         : moments->create(rankKernel(), features_, targets_);
}

bool RidgeAccumulator::startFold() {
  if (!folds_.empty() && folds_.back()->count() == 0) return true;
  auto fold = std::make_unique<Moments>();
  if (!createMoments(fold.get())) return false;
  folds_.push_back(std::move(fold));
  return true;
}

RidgeResult RidgeAccumulator::addRows(const double* x, const double* y, size_t rows) {
  RidgeResult result;
  if (rows == 0) return result;
  Team team(membersFor(static_cast<double>(rows), features_));
  // What has been added to a sum cannot be taken out again, so the block is looked through first.
  if (!(allFinite(x, rows * features_, team) && allFinite(y, rows * targets_, team)) && result.findNonFinite(x, y, rows, features_, targets_))
    return result;
  if (shift_.empty()) {
    const size_t sampled = std::min(rows, kSampled);
    shift_.assign(features_ + targets_, 0.0);
    for (size_t r = 0; r < sampled; ++r) {
      for (size_t i = 0; i < features_; ++i) shift_[i] += x[r * features_ + i] / static_cast<double>(sampled);
      for (size_t t = 0; t < targets_; ++t) shift_[features_ + t] += y[r * targets_ + t] / static_cast<double>(sampled);
    }
    if (floatBound_ > 0) {
      // The one fold there is was made before anything was known of the features.
      spread_ = sampledSpread(x, rows, features_, shift_.data());
      folds_.clear();
      if (!startFold()) {
        result.failure = RidgeFailure::outOfMemory;
        return result;
      }
    }
  }
  folds_.back()->addRows(x, y, rows, shift_.data(), packed_, team);
  rows_ += rows;
  return result;
}

RidgeResult RidgeAccumulator::solve(const std::vector<double>& lambdas, bool standardise, bool wholePath) const {
  RidgeResult result;
  const auto fail = [&](RidgeFailure failure) {
    result.failure = failure;
    return result;
  };
  const size_t folds = folds_.size() - (folds_.back()->count() == 0 ? 1 : 0);
  Team team(membersFor(1e3, features_));
  NormalEquations equations;
  Moments sum;
  std::vector<double> scratch;
  if (!equations.create(rankKernel(), features_, targets_) || (folds > 1 && !createMoments(&sum))) return fail(RidgeFailure::outOfMemory);
  bool anyLambda = true;
  if (folds > 1) {
    result.cvMse.assign(lambdas.size() * targets_, 0.0);
    for (size_t fold = 0; fold < folds; ++fold) {
      sum.clear();
      for (size_t other = 0; other < folds; ++other)
        if (other != fold) sum.add(*folds_[other]);
      equations.load(sum, shift_.data(), standardise);
      if (!equations.preparePath(lambdas, team)) return fail(RidgeFailure::outOfMemory);
      for (size_t l = 0; l < lambdas.size(); ++l) {
        RidgeFit fit;
        const size_t pivot = equations.solve(lambdas[l], &fit.weights, &fit.intercepts, team);
        if (!result.trusts(equations, lambdas[l], pivot, floatBound_, team)) return result;
        const bool solved = pivot == Cholesky::kPositiveDefinite;
        for (size_t t = 0; t < targets_; ++t)
          result.cvMse[l * targets_ + t] +=
              solved ? squaredErrors(*folds_[fold], shift_.data(), features_, t, fit.weights.data() + t * features_, fit.intercepts[t], &scratch) : kNaN;
      }
    }
    anyLambda = result.choose(static_cast<double>(rows_), targets_);
  }
  if (folds > 1) {
    sum.clear();
    for (size_t fold = 0; fold < folds; ++fold) sum.add(*folds_[fold]);
  }
  const Moments& all = folds > 1 ? sum : *folds_[0];
  equations.load(all, shift_.data(), standardise);
  if (!result.take(equations, features_, standardise)) return result;
  if (!anyLambda) return fail(RidgeFailure::notPositiveDefinite);

  const bool every = wholePath || folds < 2;
  if (every && !equations.preparePath(lambdas, team)) return fail(RidgeFailure::outOfMemory);
  // The trace that GCV needs costs as much as a factorisation: a lambda that stands already does without.
  const bool diagnosed = wholePath || (folds < 2 && lambdas.size() > 1);
  double least = std::numeric_limits<double>::infinity();
  for (size_t l = 0; l < lambdas.size(); ++l) {
    if (!every && l != result.chosen) continue;
    RidgeFit fit;
    fit.lambda = lambdas[l];
    fit.failedPivot = every ? equations.solve(fit.lambda, &fit.weights, &fit.intercepts, team)
                            : equations.solveDirectly(fit.lambda, &fit.weights, &fit.intercepts, team);
    if (!result.trusts(equations, fit.lambda, fit.failedPivot, floatBound_, team)) return result;
    if (fit.failedPivot == Cholesky::kPositiveDefinite && diagnosed) {
      fit.degreesOfFreedom = equations.degreesOfFreedom(fit.lambda, team);
      const double free = 1 - fit.degreesOfFreedom / static_cast<double>(rows_);
      double total = 0;
      for (size_t t = 0; t < targets_; ++t) {
        const double squares = squaredErrors(all, shift_.data(), features_, t, fit.weights.data() + t * features_, fit.intercepts[t], &scratch);
        fit.trainMse.push_back(squares / static_cast<double>(rows_));
        fit.gcv.push_back(fit.trainMse[t] / (free * free));
        total += fit.gcv[t];
      }
      if (folds < 2 && total < least) {
        least = total;
        result.chosen = l;
      }
    } else if (fit.failedPivot != Cholesky::kPositiveDefinite) {
      result.column = fit.failedPivot;
    }
    result.fits.push_back(std::move(fit));
  }
  if (wholePath) return result;
  if (every) result.fits = {result.fits[result.chosen]};
  if (result.fits[0].failedPivot != Cholesky::kPositiveDefinite) return fail(RidgeFailure::notPositiveDefinite);
  return result;
}

}  // namespace asicr
