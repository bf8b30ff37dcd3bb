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

// What one row does to the four columns: u_c' = u_c + turn_c k_c and k_{c+1} = k_c + gain_c u_c, k_0 being the row's gain so far.
struct Turn {
  double turn[kColumns];
  double gain[kColumns];
};

// Bierman's update: for column j and row x, with f = u_j . x and a the running alpha: a' = a + d f^2, d' = d a / (a' forgetting),
// u_j' = u_j - (f / a) k, k' = k + d f u_j.
ASICR_INLINE Turn turnOf(const GroupUpdate& g, size_t row, const double* f) {
  Turn out;
  double alpha = g.alpha[row];
  for (size_t c = 0; c < kColumns; ++c) {
    const double df = g.d[c] * f[c];
    const double next = alpha + f[c] * df;
    out.turn[c] = -f[c] / alpha;
    out.gain[c] = df;
    g.d[c] *= alpha / (next * g.forgetting);
    alpha = next;
  }
  g.alpha[row] = alpha;
  return out;
}

// Where the columns are: a copy, since compilers must suppose that a store into a column changes the GroupUpdate.
struct Columns {
  explicit Columns(const GroupUpdate& g) : at{g.u, g.u + g.height, g.u + 2 * g.height, g.u + 3 * g.height} {}
  double* const at[kColumns];
};

// At element i of the columns: `u` and the gain of the row move on.
template <size_t W>
ASICR_INLINE void advance(const Turn& by, Vector<W>* u, Vector<W>& k) {
#pragma GCC unroll 4
  for (size_t c = 0; c < kColumns; ++c) {
    const Vector<W> old = u[c];
    u[c] += by.turn[c] * k;
    k += by.gain[c] * old;
  }
}

template <size_t W>
ASICR_INLINE void learnRow(const GroupUpdate& g, size_t row) {
  const Columns columns(g);
  const size_t height = g.height;
  const double* x = g.x + row * g.stride;
  double* k = g.gains + row * g.stride;
  Vector<W> sum[kColumns] = {};
  for (size_t i = 0; i < height; i += W)
#pragma GCC unroll 4
    for (size_t c = 0; c < kColumns; ++c) sum[c] += load<W>(columns.at[c] + i) * load<W>(x + i);
  double f[kColumns];
  for (size_t c = 0; c < kColumns; ++c) f[c] = sumOf<W>(sum[c]);
  const Turn turn = turnOf(g, row, f);
  for (size_t i = 0; i < height; i += W) {
    Vector<W> u[kColumns], gain = load<W>(k + i);
#pragma GCC unroll 4
    for (size_t c = 0; c < kColumns; ++c) u[c] = load<W>(columns.at[c] + i);
    advance<W>(turn, u, gain);
#pragma GCC unroll 4
    for (size_t c = 0; c < kColumns; ++c) store<W>(columns.at[c] + i, u[c]);
    store<W>(k + i, gain);
  }
}

// Products that two rows a and b need before either is learnt.
template <size_t W>
struct PairProducts {
  Vector<W> a[kColumns] = {};  // u_c . a
  Vector<W> b[kColumns] = {};  // u_c . b
  Vector<W> gain = {};         // (gain of a so far) . b

  ASICR_INLINE void add(const Vector<W>* u, const Vector<W>& gainA, const Vector<W>& xa, const Vector<W>& xb) {
#pragma GCC unroll 4
    for (size_t c = 0; c < kColumns; ++c) {
      a[c] += u[c] * xa;
      b[c] += u[c] * xb;
    }
    gain += gainA * xb;
  }
};

// Two rows in one pass over the columns; what the next two need is gathered on the way.
template <size_t W>
ASICR_INLINE void learnPairs(const GroupUpdate& g, size_t row) {
  const Columns columns(g);
  const size_t height = g.height;
  PairProducts<W> products;
  const double* const xa = g.x + row * g.stride;
  const double* const xb = xa + g.stride;
  const double* const ka = g.gains + row * g.stride;
  for (size_t i = 0; i < height; i += W) {
    Vector<W> u[kColumns];
#pragma GCC unroll 4
    for (size_t c = 0; c < kColumns; ++c) u[c] = load<W>(columns.at[c] + i);
    products.add(u, load<W>(ka + i), load<W>(xa + i), load<W>(xb + i));
  }
  for (; row < g.rows; row += 2) {
    double f[kColumns];
    for (size_t c = 0; c < kColumns; ++c) f[c] = sumOf<W>(products.a[c]);
    const Turn first = turnOf(g, row, f);
    // u_c' . b, from products with the columns as they were.
    double gain = sumOf<W>(products.gain);
    for (size_t c = 0; c < kColumns; ++c) {
      const double before = sumOf<W>(products.b[c]);
      f[c] = before + first.turn[c] * gain;
      gain += first.gain[c] * before;
    }
    const Turn second = turnOf(g, row + 1, f);
    products = {};
    double* const kA = g.gains + row * g.stride;
    double* const kB = kA + g.stride;
    // After the last pair there is none to look ahead to; its own products are thrown away.
    const size_t next = row + 2 < g.rows ? row + 2 : row;
    const double* const nextGain = g.gains + next * g.stride;
    const double* const nextA = g.x + next * g.stride;
    const double* const nextB = nextA + g.stride;
    for (size_t i = 0; i < height; i += W) {
      Vector<W> u[kColumns], gainA = load<W>(kA + i), gainB = load<W>(kB + i);
#pragma GCC unroll 4
      for (size_t c = 0; c < kColumns; ++c) u[c] = load<W>(columns.at[c] + i);
      advance<W>(first, u, gainA);
      advance<W>(second, u, gainB);
#pragma GCC unroll 4
      for (size_t c = 0; c < kColumns; ++c) store<W>(columns.at[c] + i, u[c]);
      store<W>(kA + i, gainA);
      store<W>(kB + i, gainB);
      products.add(u, load<W>(nextGain + i), load<W>(nextA + i), load<W>(nextB + i));
    }
  }
}

// Every row of the block, while the columns are in the first-level cache.
template <size_t W>
ASICR_INLINE void updateGroupBody(const GroupUpdate& g) {
  const size_t odd = g.rows % 2;
  if (odd == 1) learnRow<W>(g, 0);
  if (odd < g.rows) learnPairs<W>(g, odd);
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
