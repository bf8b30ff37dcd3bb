#include "cholesky.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace asicr {
namespace {

// Columns factored before all that is right of them is updated: deep enough that the update comes at the tile kernel's full speed.
constexpr size_t kBlock = 96;
// The same within such a block: small enough for the factorisation by rows on the diagonal.
constexpr size_t kInnerBlock = 24;
constexpr size_t kLine = 8;

}  // namespace

bool Cholesky::create(const RankKernel& kernel, size_t n) {
  kernel_ = &kernel;
  vectors_ = &vectorKernel();
  blas_ = installedBlas();
  n_ = n;
  // The last tile of a trailing update may reach past the matrix by less than one panel.
  stride_ = (n + kernel.width + 7) / 8 * 8;
  return matrix_.allocate(n + kernel.width, stride_) && packed_.allocate(kBlock, n + kernel.width) && diagonal_.allocate(n);
}

size_t Cholesky::factor(Team& team) {
  for (size_t i = 0; i < n_; ++i) diagonal_.data()[i] = row(i)[i];
  return blas_ != nullptr && blas_->dpotrf != nullptr ? factorInstalled(team) : factorBlocks(0, n_, kBlock, team);
}

double Cholesky::tolerance() const { return static_cast<double>(n_) * std::numeric_limits<double>::epsilon(); }

// A BLAS goes on as long as pivots are positive: those that are rounding are found afterwards.
size_t Cholesky::factorInstalled(Team& team) {
  const size_t factored = blas_->factor(row(0), n_, stride_, team.size());
  for (size_t i = 0; i < factored; ++i)
    if (!(row(i)[i] * row(i)[i] > tolerance() * diagonal_.data()[i])) return i;
  return factored < n_ ? factored : kPositiveDefinite;
}

// Factors rows and columns [first, last), from which everything left of them has been taken away.
size_t Cholesky::factorBlocks(size_t first, size_t last, size_t block, Team& team) {
  Team alone(1);
  for (; first < last; first += block) {
    const size_t below = std::min(first + block, last);
    const size_t failed = block == kInnerBlock ? factorDiagonal(first, below) : factorBlocks(first, below, kInnerBlock, alone);
    if (failed != kPositiveDefinite) return failed;
    if (below < last) factorBelow(first, below, last, team);
  }
  return kPositiveDefinite;
}

size_t Cholesky::factorDiagonal(size_t first, size_t last) {
  const double least = tolerance();
  for (size_t j = first; j < last; ++j) {
    double* rowJ = row(j);
    double pivot = rowJ[j];
    for (size_t k = first; k < j; ++k) pivot -= rowJ[k] * rowJ[k];
    // Written so that a NaN fails too.
    if (!(pivot > least * diagonal_.data()[j])) return j;
    rowJ[j] = std::sqrt(pivot);
    for (size_t i = j + 1; i < last; ++i) {
      double* rowI = row(i);
      rowI[j] = (rowI[j] - vectors_->dot(rowI + first, rowJ + first, j - first)) / rowJ[j];
    }
  }
  return kPositiveDefinite;
}

// For the rows [below, last) under the factored block of columns [first, below): L21 = A21 L11^-T, solved in the packed order so that the
// update A22 -= L21 L21' can use it as it lies.
void Cholesky::factorBelow(size_t first, size_t below, size_t last, Team& team) {
  const size_t width = kernel_->width;
  const size_t size = below - first;
  const size_t panels = (last - below + width - 1) / width;
  team.share(panels, [&](size_t p) {
    double* panel = packed_.data() + p * size * width;
    const size_t top = below + p * width;
    const size_t used = std::min(width, last - top);
    // A cache line of each row at a time: the lines of the panel that they go to stay in the first-level cache.
    for (size_t line = 0; line < size; line += kLine)
      for (size_t v = 0; v < width; ++v)
        for (size_t k = line; k < std::min(size, line + kLine); ++k) panel[k * width + v] = v < used ? row(top + v)[first + k] : 0.0;
    vectors_->solvePanel(row(first) + first, stride_, size, panel);
    for (size_t v = 0; v < used; ++v)
      for (size_t k = 0; k < size; ++k) row(top + v)[first + k] = panel[k * width + v];
  });
  // Where the last panel reaches past `last`, zeros are taken away.
  RankUpdate update{};
  update.rows = update.columns = packed_.data();
  update.panels = panels;
  update.depth = size;
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
