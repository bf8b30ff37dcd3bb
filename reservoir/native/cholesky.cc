#include "cholesky.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace asicr {
namespace {

// Columns factored before the rest is updated: deep enough for the tile kernel, small enough for scalar code on the diagonal.
constexpr size_t kBlock = 48;

}  // namespace

bool Cholesky::create(const RankKernel& kernel, size_t n) {
  kernel_ = &kernel;
  vectors_ = &vectorKernel();
  n_ = n;
  // The last tile of a trailing update may reach past the matrix by less than one panel.
  stride_ = (n + kernel.width + 7) / 8 * 8;
  return matrix_.allocate(n + kernel.width, stride_) && packed_.allocate(kBlock, n + kernel.width) && diagonal_.allocate(n);
}

size_t Cholesky::factor(Team& team) {
  for (size_t i = 0; i < n_; ++i) diagonal_.data()[i] = row(i)[i];
  const double tolerance = static_cast<double>(n_) * std::numeric_limits<double>::epsilon();
  for (size_t first = 0; first < n_; first += kBlock) {
    const size_t size = std::min(kBlock, n_ - first);
    const size_t failed = factorDiagonal(first, size, tolerance);
    if (failed != kPositiveDefinite) return failed;
    if (first + size < n_) factorBelow(first, size, team);
  }
  return kPositiveDefinite;
}

size_t Cholesky::factorDiagonal(size_t first, size_t size, double tolerance) {
  for (size_t j = first; j < first + size; ++j) {
    double* rowJ = row(j);
    double pivot = rowJ[j];
    for (size_t k = first; k < j; ++k) pivot -= rowJ[k] * rowJ[k];
    // Written so that a NaN fails too.
    if (!(pivot > tolerance * diagonal_.data()[j])) return j;
    rowJ[j] = std::sqrt(pivot);
    for (size_t i = j + 1; i < first + size; ++i) {
      double* rowI = row(i);
      rowI[j] = (rowI[j] - vectors_->dot(rowI + first, rowJ + first, j - first)) / rowJ[j];
    }
  }
  return kPositiveDefinite;
}

// L21 = A21 L11^-T, solved in the packed order so that the update A22 -= L21 L21' can use it as it lies.
void Cholesky::factorBelow(size_t first, size_t size, Team& team) {
  const size_t width = kernel_->width;
  const size_t below = first + size;
  const size_t panels = (n_ - below + width - 1) / width;
  team.share(panels, [&](size_t p) {
    double* panel = packed_.data() + p * size * width;
    const size_t top = below + p * width;
    const size_t used = std::min(width, n_ - top);
    for (size_t v = 0; v < width; ++v)
      for (size_t k = 0; k < size; ++k) panel[k * width + v] = v < used ? row(top + v)[first + k] : 0.0;
    vectors_->solvePanel(row(first) + first, stride_, size, panel);
    for (size_t v = 0; v < used; ++v)
      for (size_t k = 0; k < size; ++k) row(top + v)[first + k] = panel[k * width + v];
  });
  RankUpdate update{};
  update.rows = update.columns = packed_.data();
  update.panels = panels;
  update.depth = size;
  update.blocks = 1;
  update.sign = -1;
  update.c = row(below) + below;
  update.stride = stride_;
  rankUpdate(*kernel_, update, team);
}

void Cholesky::forward(double* b) const {
  for (size_t i = 0; i < n_; ++i) b[i] = (b[i] - vectors_->dot(row(i), b, i)) / row(i)[i];
}

void Cholesky::solve(double* b) const {
  forward(b);
  for (size_t i = n_; i-- > 0;) {
    b[i] /= row(i)[i];
    vectors_->add(-b[i], row(i), b, i);
  }
}

// trace(A^-1) is the sum of squares of L^-1. Its column j solves L z = e_j and starts at row j.
double Cholesky::inverseTrace(Team& team) const {
  std::vector<double> sums(n_, 0.0);
  std::vector<double> columns(team.size() * n_);
  team.run([&](size_t member) {
    double* z = columns.data() + member * n_;
    for (size_t j = member; j < n_; j += team.size()) {
      z[j] = 1 / row(j)[j];
      for (size_t i = j + 1; i < n_; ++i) z[i] = -vectors_->dot(row(i) + j, z + j, i - j) / row(i)[i];
      sums[j] = vectors_->dot(z + j, z + j, n_ - j);
    }
  });
  double trace = 0;
  for (double sum : sums) trace += sum;
  return trace;
}

}  // namespace asicr
