#include "cholesky.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace asicr {
namespace {

// Columns factored before the rest is updated: deep enough for the tile kernel, small enough for scalar code on the diagonal.
constexpr size_t kBlock = 48;

}  // namespace

bool Cholesky::create(const RankKernel& kernel, size_t n) {
  kernel_ = &kernel;
  n_ = n;
  // The last tile of a trailing update may reach past the matrix by less than one panel.
  stride_ = (n + kernel.width + 7) / 8 * 8;
  return matrix_.allocate(n + kernel.width, stride_) && packed_.allocate(kBlock, n + kernel.width) && diagonal_.allocate(n);
}

size_t Cholesky::factor() {
  for (size_t i = 0; i < n_; ++i) diagonal_.data()[i] = row(i)[i];
  const double tolerance = static_cast<double>(n_) * std::numeric_limits<double>::epsilon();
  for (size_t first = 0; first < n_; first += kBlock) {
    const size_t size = std::min(kBlock, n_ - first);
    const size_t failed = factorDiagonal(first, size, tolerance);
    if (failed != kPositiveDefinite) return failed;
    if (first + size < n_) factorBelow(first, size);
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
      double sum = rowI[j];
      for (size_t k = first; k < j; ++k) sum -= rowI[k] * rowJ[k];
      rowI[j] = sum / rowJ[j];
    }
  }
  return kPositiveDefinite;
}

// L21 = A21 L11^-T, solved in the packed order so that the update A22 -= L21 L21' can use it as it lies.
void Cholesky::factorBelow(size_t first, size_t size) {
  const size_t width = kernel_->width;
  const size_t below = first + size;
  const size_t panels = (n_ - below + width - 1) / width;
  for (size_t p = 0; p < panels; ++p) {
    double* panel = packed_.data() + p * size * width;
    const size_t top = below + p * width;
    const size_t used = std::min(width, n_ - top);
    for (size_t v = 0; v < width; ++v)
      for (size_t k = 0; k < size; ++k) panel[k * width + v] = v < used ? row(top + v)[first + k] : 0.0;
    for (size_t j = 0; j < size; ++j) {
      const double* rowJ = row(first + j) + first;
      double* column = panel + j * width;
      for (size_t k = 0; k < j; ++k) {
        const double factor = rowJ[k];
        const double* earlier = panel + k * width;
        for (size_t v = 0; v < width; ++v) column[v] -= factor * earlier[v];
      }
      const double inverse = 1.0 / rowJ[j];
      for (size_t v = 0; v < width; ++v) column[v] *= inverse;
    }
    for (size_t v = 0; v < used; ++v)
      for (size_t k = 0; k < size; ++k) row(top + v)[first + k] = panel[k * width + v];
  }
  rankUpdate(*kernel_, packed_.data(), panels, size, -1.0, row(below) + below, stride_);
}

void Cholesky::forward(double* b) const {
  for (size_t i = 0; i < n_; ++i) {
    const double* rowI = row(i);
    double sum = b[i];
    for (size_t k = 0; k < i; ++k) sum -= rowI[k] * b[k];
    b[i] = sum / rowI[i];
  }
}

void Cholesky::solve(double* b) const {
  forward(b);
  for (size_t i = n_; i-- > 0;) {
    const double* rowI = row(i);
    b[i] /= rowI[i];
    for (size_t k = 0; k < i; ++k) b[k] -= rowI[k] * b[i];
  }
}

}  // namespace asicr
