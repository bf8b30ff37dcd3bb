#include "tridiagonal.h"

#include <algorithm>
#include <cmath>

namespace asicr {
namespace {

// Columns reduced before the rest of the matrix is updated.
constexpr size_t kBlock = 32;
// Rows below which a product with the matrix is not worth waking others for.
constexpr size_t kAlone = 192;
// Rows that one member takes at a time, so that all members get long and short rows alike.
constexpr size_t kChunk = 16;

}  // namespace

bool Tridiagonal::create(const RankKernel& kernel, size_t n) {
  kernel_ = &kernel;
  vectors_ = &vectorKernel();
  n_ = n;
  stride_ = (n + kernel.width + 7) / 8 * 8;
  members_ = Team::defaultMembers();
  return matrix_.allocate(n + kernel.width, stride_) && w_.allocate(kBlock, stride_) && packed_.allocate(4 * kBlock, n + kernel.width) &&
         column_.allocate(n) && products_.allocate(members_, n) && zeros_.allocate(kWidestPanel);
}

void Tridiagonal::reduce(Team& team) {
  diagonal_.assign(n_, 0.0);
  offDiagonal_.assign(n_, 0.0);
  tau_.assign(n_, 0.0);
  // What an earlier reduction left right of the diagonal is read as reflectors of this one.
  for (size_t i = 0; i < n_; ++i) std::fill(row(i) + i + 1, row(i) + stride_, 0.0);
  for (size_t first = 0; first < n_; first += kBlock) {
    const size_t size = std::min(kBlock, n_ - first);
    for (size_t column = first; column < first + size; ++column) eliminate(column, first, team);
    if (first + size < n_) updateBelow(first, size, team);
  }
}

void Tridiagonal::eliminate(size_t column, size_t first, Team& team) {
  double* c = column_.data();
  for (size_t i = column; i < n_; ++i) c[i] = row(i)[column];
  for (size_t step = first; step < column; ++step) {
    const double* v = row(step);
    const double* w = packedW(step - first);
    vectors_->add(-w[column], v + column, c + column, n_ - column);
    vectors_->add(-v[column], w + column, c + column, n_ - column);
  }
  diagonal_[column] = c[column];
  if (column + 1 >= n_) return;
  const size_t from = column + 1;
  const size_t length = n_ - from;
  const double alpha = c[from];
  const double rest = vectors_->dot(c + from + 1, c + from + 1, length - 1);
  double* v = row(column) + from;
  double* w = packedW(column - first);
  std::fill_n(w, stride_, 0.0);
  if (rest == 0) {
    offDiagonal_[column] = alpha;
    std::fill_n(v, length, 0.0);
    return;
  }
  const double norm = std::sqrt(alpha * alpha + rest);
  const double beta = alpha > 0 ? -norm : norm;
  offDiagonal_[column] = beta;
  const double tau = tau_[column] = (beta - alpha) / beta;
  v[0] = 1;
  for (size_t i = 1; i < length; ++i) v[i] = c[from + i] / (alpha - beta);
  multiply(from, v, w + from, team);
  for (size_t step = first; step < column; ++step) {
    const double* earlierV = row(step) + from;
    const double* earlierW = packedW(step - first) + from;
    const double wv = vectors_->dot(earlierW, v, length), vv = vectors_->dot(earlierV, v, length);
    vectors_->add(-wv, earlierV, w + from, length);
    vectors_->add(-vv, earlierW, w + from, length);
  }
  for (size_t i = from; i < n_; ++i) w[i] *= tau;
  vectors_->add(-0.5 * tau * vectors_->dot(w + from, v, length), v, w + from, length);
}

// product = A v on rows and columns from `from`, with every entry of the lower triangle read once.
void Tridiagonal::multiply(size_t from, const double* v, double* product, Team& team) {
  const size_t length = n_ - from;
  const size_t members = length < kAlone ? 1 : std::min(members_, team.size());
  const auto part = [&](size_t member) {
    if (member >= members) return;
    double* sum = products_.data() + member * n_;
    std::fill_n(sum, length, 0.0);
    for (size_t chunk = member * kChunk; chunk < length; chunk += members * kChunk)
      for (size_t i = chunk; i < std::min(length, chunk + kChunk); ++i) {
        const double* r = row(from + i) + from;
        sum[i] += vectors_->dotAndAdd(r, v, v[i], sum, i) + r[i] * v[i];
      }
  };
  if (members == 1)
    part(0);
  else
    team.run(part);
  std::copy_n(products_.data(), length, product);
  for (size_t member = 1; member < members; ++member) vectors_->add(1, products_.data() + member * n_, product, length);
}

// A22 -= V W' + W V', as one product of [V W] with [W V].
void Tridiagonal::updateBelow(size_t first, size_t size, Team& team) {
  const size_t width = kernel_->width;
  const size_t below = first + size;
  const size_t panels = (n_ - below + width - 1) / width;
  const size_t depth = 2 * size;
  double* rows = packed_.data();
  double* columns = rows + panels * width * depth;
  team.share(panels, [&](size_t p) {
    const size_t top = below + p * width;
    double* rowPanel = rows + p * width * depth;
    double* columnPanel = columns + p * width * depth;
    vectors_->packPanel(row(first) + top, stride_, size, zeros_.data(), rowPanel);
    vectors_->packPanel(w_.data() + top, stride_, size, zeros_.data(), rowPanel + size * width);
    std::copy_n(rowPanel + size * width, size * width, columnPanel);
    std::copy_n(rowPanel, size * width, columnPanel + size * width);
  });
  RankUpdate update{};
  update.rows = rows;
  update.columns = columns;
  update.panels = panels;
  update.depth = depth;
  update.blocks = 1;
  update.sign = -1;
  update.c = row(below) + below;
  update.stride = stride_;
  rankUpdate(*kernel_, update, team);
}

void Tridiagonal::rotate(double* b) const {
  for (size_t j = 0; j + 1 < n_; ++j) {
    const double* v = row(j) + j + 1;
    vectors_->add(-tau_[j] * vectors_->dot(v, b + j + 1, n_ - j - 1), v, b + j + 1, n_ - j - 1);
  }
}

void Tridiagonal::rotateBack(double* z) const {
  for (size_t j = n_ - 1; j-- > 0;) {
    const double* v = row(j) + j + 1;
    vectors_->add(-tau_[j] * vectors_->dot(v, z + j + 1, n_ - j - 1), v, z + j + 1, n_ - j - 1);
  }
}

bool ShiftedTridiagonal::factor(const Tridiagonal& t, double lambda, double tolerance) {
  const std::vector<double>& diagonal = t.diagonal();
  const std::vector<double>& off = t.offDiagonal();
  const size_t n = diagonal.size();
  pivot_.resize(n);
  below_.resize(n);
  for (size_t i = 0; i < n; ++i) {
    double pivot = diagonal[i] + lambda;
    if (i > 0) {
      below_[i - 1] = off[i - 1] / pivot_[i - 1];
      pivot -= below_[i - 1] * off[i - 1];
    }
    // Written so that a NaN fails too.
    if (!(pivot > tolerance)) return false;
    pivot_[i] = pivot;
  }
  return true;
}

void ShiftedTridiagonal::solve(double* b) const {
  const size_t n = pivot_.size();
  for (size_t i = 1; i < n; ++i) b[i] -= below_[i - 1] * b[i - 1];
  for (size_t i = 0; i < n; ++i) b[i] /= pivot_[i];
  for (size_t i = n - 1; i-- > 0;) b[i] -= below_[i] * b[i + 1];
}

double ShiftedTridiagonal::quadratic(const double* b) const {
  double sum = 0, z = 0;
  for (size_t i = 0; i < pivot_.size(); ++i) {
    z = b[i] - (i > 0 ? below_[i - 1] * z : 0);
    sum += z * z / pivot_[i];
  }
  return sum;
}

// Entry i of the inverse's diagonal is 1 / (p + q - t), with p and q the pivots of i in the factorisations from the top and from
// the bottom, and t the entry itself.
double ShiftedTridiagonal::inverseTrace(const Tridiagonal& t, double lambda) const {
  double sum = 0, fromBelow = 0;
  for (size_t i = pivot_.size(); i-- > 0;) {
    const double entry = t.diagonal()[i] + lambda;
    const double coupling = i + 1 < pivot_.size() ? t.offDiagonal()[i] : 0;
    fromBelow = coupling == 0 ? entry : entry - coupling * coupling / fromBelow;
    sum += 1 / (pivot_[i] + fromBelow - entry);
  }
  return sum;
}

}  // namespace asicr
