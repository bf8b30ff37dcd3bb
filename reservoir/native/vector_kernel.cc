#include "vector_kernel.h"

#include "instruction_set.h"
#include "lanes.h"

namespace asicr {
namespace {

// Four running sums, so that the additions do not wait for each other.
template <size_t W>
ASICR_INLINE double dotBody(const double* a, const double* b, size_t n) {
  Vector<W> s0 = {}, s1 = {}, s2 = {}, s3 = {};
  size_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
    s0 += load<W>(a + i) * load<W>(b + i);
    s1 += load<W>(a + i + W) * load<W>(b + i + W);
    s2 += load<W>(a + i + 2 * W) * load<W>(b + i + 2 * W);
    s3 += load<W>(a + i + 3 * W) * load<W>(b + i + 3 * W);
  }
  for (; i + W <= n; i += W) s0 += load<W>(a + i) * load<W>(b + i);
  double sum = sumOf<W>((s0 + s1) + (s2 + s3));
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

template <size_t W>
ASICR_INLINE void addBody(double factor, const double* x, double* y, size_t n) {
  const Vector<W> f = all<W>(factor);
  size_t i = 0;
  for (; i + W <= n; i += W) store<W>(y + i, load<W>(y + i) + f * load<W>(x + i));
  for (; i < n; ++i) y[i] += factor * x[i];
}

template <size_t W>
ASICR_INLINE double dotAndAddBody(const double* row, const double* v, double factor, double* y, size_t n) {
  const Vector<W> f = all<W>(factor);
  Vector<W> s0 = {}, s1 = {};
  size_t i = 0;
  for (; i + 2 * W <= n; i += 2 * W) {
    const Vector<W> r0 = load<W>(row + i), r1 = load<W>(row + i + W);
    s0 += r0 * load<W>(v + i);
    s1 += r1 * load<W>(v + i + W);
    store<W>(y + i, load<W>(y + i) + f * r0);
    store<W>(y + i + W, load<W>(y + i + W) + f * r1);
  }
  double sum = sumOf<W>(s0 + s1);
  for (; i < n; ++i) {
    sum += row[i] * v[i];
    y[i] += factor * row[i];
  }
  return sum;
}

// A number less itself is 0, or NaN when it is not finite.
template <size_t W>
ASICR_INLINE bool finiteBody(const double* x, size_t n) {
  Vector<W> s0 = {}, s1 = {}, s2 = {}, s3 = {};
  size_t i = 0;
  for (; i + 4 * W <= n; i += 4 * W) {
    const Vector<W> a = load<W>(x + i), b = load<W>(x + i + W), c = load<W>(x + i + 2 * W), d = load<W>(x + i + 3 * W);
    s0 += a - a;
    s1 += b - b;
    s2 += c - c;
    s3 += d - d;
  }
  double sum = sumOf<W>((s0 + s1) + (s2 + s3));
  for (; i < n; ++i) sum += x[i] - x[i];
  return sum == 0;
}

template <size_t W, size_t V>
ASICR_INLINE void packPanelBody(const double* x, size_t stride, size_t depth, const double* shift, double* panel) {
  Vector<W> s[V];
  for (size_t v = 0; v < V; ++v) s[v] = load<W>(shift + v * W);
  for (size_t k = 0; k < depth; ++k)
    for (size_t v = 0; v < V; ++v) store<W>(panel + (k * V + v) * W, load<W>(x + k * stride + v * W) - s[v]);
}

// R columns at a time: what the columns before them contribute is summed in registers, then they are solved one after the other.
template <size_t W, size_t V, size_t R>
ASICR_INLINE void solveColumns(const double* l, size_t stride, size_t first, double* panel) {
  Vector<W> sum[R][V];
#pragma GCC unroll 8
  for (size_t r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (size_t v = 0; v < V; ++v) sum[r][v] = load<W>(panel + ((first + r) * V + v) * W);
  for (size_t k = 0; k < first; ++k) {
    Vector<W> solved[V];
#pragma GCC unroll 4
    for (size_t v = 0; v < V; ++v) solved[v] = load<W>(panel + (k * V + v) * W);
#pragma GCC unroll 8
    for (size_t r = 0; r < R; ++r) {
      const Vector<W> factor = all<W>(l[r * stride + k]);
#pragma GCC unroll 4
      for (size_t v = 0; v < V; ++v) sum[r][v] -= factor * solved[v];
    }
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < R; ++r) {
    const double* row = l + r * stride + first;
#pragma GCC unroll 8
    for (size_t before = 0; before < r; ++before) {
      const Vector<W> factor = all<W>(row[before]);
#pragma GCC unroll 4
      for (size_t v = 0; v < V; ++v) sum[r][v] -= factor * sum[before][v];
    }
    const Vector<W> inverse = all<W>(1.0 / row[r]);
#pragma GCC unroll 4
    for (size_t v = 0; v < V; ++v) {
      sum[r][v] *= inverse;
      store<W>(panel + ((first + r) * V + v) * W, sum[r][v]);
    }
  }
}

template <size_t W, size_t V, size_t R>
ASICR_INLINE void solvePanelBody(const double* l, size_t stride, size_t size, double* panel) {
  size_t first = 0;
  for (; first + R <= size; first += R) solveColumns<W, V, R>(l + first * stride, stride, first, panel);
  for (; first < size; ++first) solveColumns<W, V, 1>(l + first * stride, stride, first, panel);
}

// One function per body and instruction set; the panel is W * V columns wide, and R * V registers hold sums.
#define ASICR_VECTOR_KERNEL(NAME, TARGET, W, V, R)                                                                       \
  TARGET double dot##NAME(const double* a, const double* b, size_t n) { return dotBody<W>(a, b, n); }                     \
  TARGET void add##NAME(double factor, const double* x, double* y, size_t n) { addBody<W>(factor, x, y, n); }             \
  TARGET double dotAndAdd##NAME(const double* row, const double* v, double factor, double* y, size_t n) {                 \
    return dotAndAddBody<W>(row, v, factor, y, n);                                                                        \
  }                                                                                                                       \
  TARGET bool finite##NAME(const double* x, size_t n) { return finiteBody<W>(x, n); }                                     \
  TARGET void packPanel##NAME(const double* x, size_t stride, size_t depth, const double* shift, double* panel) {         \
    packPanelBody<W, V>(x, stride, depth, shift, panel);                                                                  \
  }                                                                                                                       \
  TARGET void solvePanel##NAME(const double* l, size_t stride, size_t size, double* panel) {                              \
    solvePanelBody<W, V, R>(l, stride, size, panel);                                                                      \
  }                                                                                                                       \
  constexpr VectorKernel k##NAME{dot##NAME, add##NAME, dotAndAdd##NAME, packPanel##NAME, finite##NAME, solvePanel##NAME};

ASICR_VECTOR_KERNEL(Base, , 2, 4, 2)
#if defined(__x86_64__)
ASICR_VECTOR_KERNEL(Avx2, ASICR_AVX2, 4, 3, 4)
ASICR_VECTOR_KERNEL(Avx512, ASICR_AVX512, 8, 3, 8)
#endif

}  // namespace

const VectorKernel& vectorKernel() {
  switch (instructionSet()) {
#if defined(__x86_64__)
    case InstructionSet::avx512: return kAvx512;
    case InstructionSet::avx2: return kAvx2;
#endif
    default: return kBase;
  }
}

}  // namespace asicr
