#include "normal_equations.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace asicr {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
// One reduction to tridiagonal form takes about as long as this many Cholesky factorisations.
constexpr size_t kPathPays = 7;
// Rows whose leverages one member works out at a time.
constexpr size_t kChunk = 16;

}  // namespace

bool NormalEquations::create(const RankKernel& kernel, size_t features, size_t targets) {
  vectors_ = &vectorKernel();
  kernel_ = &kernel;
  features_ = features;
  targets_ = targets;
  scale_.assign(features, 1.0);
  mean_.assign(features + targets, 0.0);
  constant_.assign(features, 0);
  return gram_.allocate(features, features) && right_.allocate(targets, features) && cholesky_.create(kernel, features);
}

void NormalEquations::load(const Moments& moments, const double* shift, bool standardise) {
  pathReady_ = onPath_ = false;
  count_ = moments.count();
  for (size_t i = 0; i < features_ + targets_; ++i) mean_[i] = shift[i] + moments.mean(i);
  for (size_t i = 0; i < features_; ++i) {
    const double variance = std::max(0.0, moments.centred(i, i)) / count_;
    // The shift itself is known to half an ulp: less spread than that is rounding, not signal.
    const double rounding = 4 * kEpsilon * std::fabs(mean_[i]);
    constant_[i] = !(variance > rounding * rounding);
    scale_[i] = standardise && !constant_[i] ? std::sqrt(variance) : 1.0;
  }
  for (size_t i = 0; i < features_; ++i) {
    double* row = gram_.data() + i * features_;
    for (size_t j = 0; j <= i; ++j) row[j] = constant_[i] || constant_[j] ? 0.0 : moments.centred(i, j) / (scale_[i] * scale_[j]);
    if (constant_[i]) row[i] = count_;
    for (size_t t = 0; t < targets_; ++t)
      right_.data()[t * features_ + i] = constant_[i] ? 0.0 : moments.centred(features_ + t, i) / scale_[i];
  }
  probedErrors_.clear();
  if (!moments.isFloat()) return;
  probedErrors_.resize(kProbes * features_);
  spread_.resize(features_);
  moments.probedErrors(probedErrors_.data());
  for (size_t i = 0; i < features_; ++i) {
    spread_[i] = moments.spread(i) / scale_[i];
    for (size_t p = 0; p < kProbes; ++p) probedErrors_[p * features_ + i] = constant_[i] ? 0.0 : probedErrors_[p * features_ + i] / scale_[i];
  }
}

double NormalEquations::floatError(Team& team) const {
  if (probedErrors_.empty()) return 0;
  std::vector<double> solved = probedErrors_;
  double squares[kProbes];
  team.share(kProbes, [&](size_t p) {
    double* e = solved.data() + p * features_;
    if (onPath_) {
      tridiagonal_.rotate(e);
      shifted_.solve(e);
      tridiagonal_.rotateBack(e);
    } else {
      cholesky_.solve(e);
    }
    squares[p] = 0;
    for (size_t i = 0; i < features_; ++i) squares[p] += e[i] * spread_[i] * (e[i] * spread_[i]);
  });
  double sum = 0;
  for (double square : squares) sum += square;
  return std::sqrt(sum / kProbes);
}

// Rounding in the reduction is a few units of the matrix's norm, which its trace bounds; a lambda near that is left to Cholesky, whose
// rounding is relative to each diagonal entry.
double NormalEquations::pathLimit() const {
  double trace = 0;
  for (size_t i = 0; i < features_; ++i) trace += gram_.data()[i * features_ + i];
  return 16 * kEpsilon * trace;
}

bool NormalEquations::preparePath(const std::vector<double>& lambdas, Team& team) {
  const double limit = pathLimit();
  const auto served = std::count_if(lambdas.begin(), lambdas.end(), [limit](double lambda) { return lambda > limit; });
  if (static_cast<size_t>(served) < kPathPays) return true;
  if (!tridiagonalCreated_ && !(tridiagonal_.create(*kernel_, features_) && rotated_.allocate(targets_, features_))) return false;
  tridiagonalCreated_ = true;
  for (size_t i = 0; i < features_; ++i) std::copy_n(gram_.data() + i * features_, i + 1, tridiagonal_.row(i));
  tridiagonal_.reduce(team);
  std::copy_n(right_.data(), targets_ * features_, rotated_.data());
  team.share(targets_, [&](size_t t) { tridiagonal_.rotate(rotated_.data() + t * features_); });
  pathReady_ = true;
  return true;
}

size_t NormalEquations::solve(double lambda, std::vector<double>* weights, std::vector<double>* intercepts, Team& team) {
  if (!pathReady_ || !(lambda > pathLimit()) || !shifted_.factor(tridiagonal_, lambda, 0.0)) return solveDirectly(lambda, weights, intercepts, team);
  onPath_ = true;
  weights->assign(rotated_.data(), rotated_.data() + targets_ * features_);
  intercepts->assign(targets_, 0.0);
  team.share(targets_, [&](size_t t) {
    double* w = weights->data() + t * features_;
    shifted_.solve(w);
    tridiagonal_.rotateBack(w);
    unscale(w, intercepts->data() + t, t);
  });
  return Cholesky::kPositiveDefinite;
}

size_t NormalEquations::solveDirectly(double lambda, std::vector<double>* weights, std::vector<double>* intercepts, Team& team) {
  onPath_ = false;
  for (size_t i = 0; i < features_; ++i) {
    std::copy_n(gram_.data() + i * features_, i + 1, cholesky_.row(i));
    cholesky_.row(i)[i] += lambda;
  }
  const size_t pivot = cholesky_.factor(team);
  if (pivot != Cholesky::kPositiveDefinite) return pivot;
  weights->assign(right_.data(), right_.data() + targets_ * features_);
  intercepts->assign(targets_, 0.0);
  team.share(targets_, [&](size_t t) {
    double* w = weights->data() + t * features_;
    cholesky_.solve(w);
    unscale(w, intercepts->data() + t, t);
  });
  return pivot;
}

void NormalEquations::unscale(double* weights, double* intercept, size_t target) const {
  for (size_t i = 0; i < features_; ++i) weights[i] = constant_[i] ? 0.0 : weights[i] / scale_[i];
  *intercept = mean_[features_ + target] - vectors_->dot(mean_.data(), weights, features_);
}

// trace Z (Z'Z + lambda I)^-1 Z' = features - lambda trace (Z'Z + lambda I)^-1; a column that does not vary stands for nothing.
double NormalEquations::degreesOfFreedom(double lambda, Team& team) const {
  double dof = 1 + static_cast<double>(features_);
  if (lambda > 0) dof -= lambda * (onPath_ ? shifted_.inverseTrace(tridiagonal_, lambda) : cholesky_.inverseTrace(team));
  for (char constant : constant_)
    if (constant) dof -= count_ / (count_ + lambda);
  return dof;
}

void NormalEquations::standardised(const double* x, double* z) const {
  for (size_t i = 0; i < features_; ++i) z[i] = constant_[i] ? 0.0 : (x[i] - mean_[i]) / scale_[i];
}

void NormalEquations::leverages(const double* x, size_t rows, double* out, Team& team) const {
  std::vector<double> scratch(team.size() * features_);
  team.run([&](size_t member) {
    double* z = scratch.data() + member * features_;
    for (size_t r = member; r < rows; r += team.size()) {
      standardised(x + r * features_, z);
      cholesky_.forward(z);
      out[r] = 1 / count_ + vectors_->dot(z, z, features_);
    }
  });
}

void NormalEquations::leverages(const double* x, size_t rows, const std::vector<ShiftedTridiagonal>& path, double* out, Team& team) const {
  std::vector<double> scratch(team.size() * features_);
  team.run([&](size_t member) {
    double* z = scratch.data() + member * features_;
    for (size_t first = member * kChunk; first < rows; first += team.size() * kChunk)
      for (size_t r = first; r < std::min(rows, first + kChunk); ++r) {
        standardised(x + r * features_, z);
        tridiagonal_.rotate(z);
        for (size_t l = 0; l < path.size(); ++l) out[r * path.size() + l] = 1 / count_ + path[l].quadratic(z);
      }
  });
}

size_t NormalEquations::firstConstant() const {
  return static_cast<size_t>(std::find(constant_.begin(), constant_.end(), 1) - constant_.begin());
}

}  // namespace asicr
