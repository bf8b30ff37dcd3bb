#include "rls.h"

#include <algorithm>
#include <cmath>

#include "instruction_set.h"
#include "lanes.h"
#include "vector_kernel.h"

namespace asicr {
namespace {

constexpr size_t kColumns = 4;
constexpr size_t kPadding = 8;
// Far enough from overflow for one more block, however small the forgetting factor.
constexpr double kMostUncertain = 1e150;

size_t heightOf(size_t group) { return (kColumns * (group + 1) + kPadding - 1) / kPadding * kPadding; }

struct GroupUpdate {
  double* u;       // four columns of `height`
  size_t height;
  double* d;       // their four entries of D
  const double* x;  // rows of `stride`
  double* gains;    // rows of `stride`
  double* alpha;    // one per row: forgetting + the part of x' P x so far
  size_t rows;
  size_t stride;
  double forgetting;
};

// Bierman's update of four columns by every row of the block, while they are in the first-level cache. For column j and row x, with
// f = u_j . x and a the running alpha: a' = a + d f^2, d' = d a / (a' forgetting), u_j' = u_j - (f / a) k, k' = k + d f u_j.
// The products of the next row are gathered while the columns pass by.
template <size_t W>
ASICR_INLINE void updateGroupBody(const GroupUpdate& g) {
  double* u[kColumns];
  for (size_t c = 0; c < kColumns; ++c) u[c] = g.u + c * g.height;
  Vector<W> sum[kColumns] = {};
  for (size_t i = 0; i < g.height; i += W) {
    const Vector<W> x = load<W>(g.x + i);
#pragma GCC unroll 4
    for (size_t c = 0; c < kColumns; ++c) sum[c] += load<W>(u[c] + i) * x;
  }
  for (size_t row = 0; row < g.rows; ++row) {
    double turn[kColumns], gain[kColumns];
    double alpha = g.alpha[row];
#pragma GCC unroll 4
    for (size_t c = 0; c < kColumns; ++c) {
      const double f = sumOf<W>(sum[c]);
      const double df = g.d[c] * f;
      const double next = alpha + f * df;
      turn[c] = -f / alpha;
      gain[c] = df;
      g.d[c] *= alpha / (next * g.forgetting);
      alpha = next;
      sum[c] = Vector<W>{};
    }
    g.alpha[row] = alpha;
    double* k = g.gains + row * g.stride;
    // After the last row there is none to look ahead to; its own products are thrown away.
    const double* x = g.x + std::min(row + 1, g.rows - 1) * g.stride;
    for (size_t i = 0; i < g.height; i += W) {
      Vector<W> ki = load<W>(k + i);
      const Vector<W> xi = load<W>(x + i);
#pragma GCC unroll 4
      for (size_t c = 0; c < kColumns; ++c) {
        const Vector<W> old = load<W>(u[c] + i);
        const Vector<W> now = old + turn[c] * ki;
        ki += gain[c] * old;
        sum[c] += now * xi;
        store<W>(u[c] + i, now);
      }
      store<W>(k + i, ki);
    }
  }
}

void updateGroupBase(const GroupUpdate& group) { updateGroupBody<2>(group); }
#if defined(__x86_64__)
ASICR_AVX2 void updateGroupAvx2(const GroupUpdate& group) { updateGroupBody<4>(group); }
ASICR_AVX512 void updateGroupAvx512(const GroupUpdate& group) { updateGroupBody<8>(group); }
#endif

void updateGroup(const GroupUpdate& group) {
  switch (instructionSet()) {
#if defined(__x86_64__)
    case InstructionSet::avx512: return updateGroupAvx512(group);
    case InstructionSet::avx2: return updateGroupAvx2(group);
#endif
    default: return updateGroupBase(group);
  }
}

}  // namespace

bool Rls::create(size_t features, size_t targets, double forgetting, double delta) {
  features_ = features;
  targets_ = targets;
  forgetting_ = forgetting;
  groups_ = (features + kColumns - 1) / kColumns;
  stride_ = heightOf(groups_ - 1);
  groupStart_.assign(groups_ + 1, 0);
  for (size_t g = 0; g < groups_; ++g) groupStart_[g + 1] = groupStart_[g] + kColumns * heightOf(g);
  if (!u_.allocate(groupStart_[groups_]) || !d_.allocate(groups_ * kColumns) || !rows_.allocate(kBlock, stride_) ||
      !gains_.allocate(kBlock, stride_) || !weights_.allocate(targets, stride_))
    return false;
  for (size_t j = 0; j < features; ++j) {
    u_.data()[groupStart_[j / kColumns] + j % kColumns * heightOf(j / kColumns) + j] = 1;
    d_.data()[j] = 1 / delta;
  }
  return true;
}

void Rls::update(const double* x, const double* y, size_t rows, double* errors) {
  for (size_t first = 0; first < rows; first += kBlock)
    learnBlock(x + first * features_, y + first * targets_, std::min(kBlock, rows - first), errors + first * targets_);
}

void Rls::learnBlock(const double* x, const double* y, size_t rows, double* errors) {
  double alpha[kBlock];
  for (size_t row = 0; row < rows; ++row) {
    alpha[row] = forgetting_;
    std::copy_n(x + row * features_, features_, rows_.data() + row * stride_);
  }
  std::fill_n(gains_.data(), rows * stride_, 0.0);
  for (size_t g = 0; g < groups_; ++g)
    updateGroup({u_.data() + groupStart_[g], heightOf(g), d_.data() + g * kColumns, rows_.data(), gains_.data(), alpha, rows, stride_, forgetting_});
  const VectorKernel& vectors = vectorKernel();
  for (size_t row = 0; row < rows; ++row)
    for (size_t t = 0; t < targets_; ++t) {
      double* weights = weights_.data() + t * stride_;
      const double error = y[row * targets_ + t] - vectors.dot(weights, rows_.data() + row * stride_, stride_);
      errors[row * targets_ + t] = error;
      vectors.add(error / alpha[row], gains_.data() + row * stride_, weights, stride_);
    }
}

bool Rls::healthy() const {
  // Written so that a NaN is not healthy.
  return std::all_of(d_.data(), d_.data() + features_, [](double d) { return d < kMostUncertain; });
}

double Rls::inverseTrace() const {
  double trace = 0;
  for (size_t j = 0; j < features_; ++j) {
    const size_t height = heightOf(j / kColumns);
    const double* column = u_.data() + groupStart_[j / kColumns] + j % kColumns * height;
    trace += d_.data()[j] * vectorKernel().dot(column, column, height);
  }
  return trace;
}

}  // namespace asicr
