#include "float_rows.h"

#include <algorithm>

#include "stat_dispatch.h"
#include "vector_kernel.h"

namespace asicr {
namespace {

// Rows that are added to a sum in one go.
constexpr size_t kTogether = 4;

// out[i] += sum over kTogether rows of factors[r] * rows[r * n + i]
template <size_t W>
ASICR_INLINE void addRowsBody(const double* rows, const double* factors, size_t n, double* out) {
  size_t i = 0;
  for (; i + W <= n; i += W) {
    Vector<W> sum = load<W>(out + i);
    for (size_t r = 0; r < kTogether; ++r) sum += all<W>(factors[r]) * load<W>(rows + r * n + i);
    store<W>(out + i, sum);
  }
  for (; i < n; ++i)
    for (size_t r = 0; r < kTogether; ++r) out[i] += factors[r] * rows[r * n + i];
}
ASICR_PER_SET(void, addRows, (const double* rows, const double* factors, size_t n, double* out), (rows, factors, n, out))

template <size_t W>
ASICR_INLINE void centreBody(const double* x, const double* shift, size_t n, double* out) {
  size_t i = 0;
  for (; i + W <= n; i += W) store<W>(out + i, load<W>(x + i) - load<W>(shift + i));
  for (; i < n; ++i) out[i] = x[i] - shift[i];
}
ASICR_PER_SET(void, centre, (const double* x, const double* shift, size_t n, double* out), (x, shift, n, out))

template <size_t W>
ASICR_INLINE void addSquaresBody(const double* x, size_t n, double* out) {
  size_t i = 0;
  for (; i + W <= n; i += W) store<W>(out + i, load<W>(out + i) + load<W>(x + i) * load<W>(x + i));
  for (; i < n; ++i) out[i] += x[i] * x[i];
}
ASICR_PER_SET(void, addSquares, (const double* x, size_t n, double* out), (x, n, out))

// W doubles at a time become floats, element by element: compilers know the instruction.
template <size_t W>
ASICR_INLINE void narrowBody(const double* x, size_t n, float* out) {
  size_t i = 0;
  for (; i + W <= n; i += W)
    for (size_t lane = 0; lane < W; ++lane) out[i + lane] = static_cast<float>(x[i + lane]);
  for (; i < n; ++i) out[i] = static_cast<float>(x[i]);
}
ASICR_PER_SET(void, narrow, (const double* x, size_t n, float* out), (x, n, out))

}  // namespace

size_t FloatRows::room() const { return (sides() + 1 + kTogether) * features + (targets + 1) * (targets + 1) + sides() * kTogether; }

void FloatRows::pack(const double* x, const double* y, size_t depth, size_t width, float* panels, double* room) const {
  const VectorKernel& vectors = vectorKernel();
  const size_t corner = targets + 1;
  double* const sums = room;
  double* const squares = sums + sides() * features;
  double* const corners = squares + features;
  double* const factors = corners + corner * corner;  // sides x kTogether
  double* const rows = factors + sides() * kTogether;
  std::fill_n(sums, (sides() + 1) * features + corner * corner, 0.0);
  for (size_t first = 0; first < depth; first += kTogether) {
    const size_t together = std::min(kTogether, depth - first);
    if (together < kTogether) {
      std::fill_n(factors, sides() * kTogether, 0.0);
      std::fill_n(rows, kTogether * features, 0.0);
    }
    for (size_t r = 0; r < together; ++r) {
      const size_t k = first + r;
      double* row = rows + r * features;
      centre(x + k * features, shift, features, row);
      addSquares(row, features, squares);
      for (size_t column = 0; column < features; column += width) {
        float* to = panels + (column / width * depth + k) * width;
        const size_t used = std::min(width, features - column);
        narrow(row + column, used, to);
        std::fill_n(to + used, width - used, 0.0f);
      }
      for (size_t t = 0; t < targets; ++t) factors[t * kTogether + r] = y[k * targets + t] - shift[features + t];
      factors[targets * kTogether + r] = 1;
      for (size_t p = 0; p < kProbes; ++p) factors[(corner + p) * kTogether + r] = vectors.dot(row, probes + p * features, features);
      for (size_t a = 0; a < corner; ++a)
        for (size_t b = 0; b <= a; ++b) corners[a * corner + b] += factors[a * kTogether + r] * factors[b * kTogether + r];
    }
    for (size_t side = 0; side < sides(); ++side) addRows(rows, factors + side * kTogether, features, sums + side * features);
  }
}

}  // namespace asicr
