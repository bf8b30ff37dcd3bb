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

template <size_t W, size_t V>
ASICR_INLINE void solvePanelBody(const double* l, size_t stride, size_t size, double* panel) {
  for (size_t j = 0; j < size; ++j) {
    const double* row = l + j * stride;
    double* column = panel + j * V * W;
    Vector<W> sum[V];
    for (size_t v = 0; v < V; ++v) sum[v] = load<W>(column + v * W);
    for (size_t k = 0; k < j; ++k) {
      const Vector<W> factor = all<W>(row[k]);
      for (size_t v = 0; v < V; ++v) sum[v] -= factor * load<W>(panel + (k * V + v) * W);
    }
    const Vector<W> inverse = all<W>(1.0 / row[j]);
    for (size_t v = 0; v < V; ++v) store<W>(column + v * W, sum[v] * inverse);
  }
}

// One function per body and instruction set; the panel is W * V columns wide.
#define ASICR_VECTOR_KERNEL(NAME, TARGET, W, V)                                                                          \
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
    solvePanelBody<W, V>(l, stride, size, panel);                                                                         \
  }                                                                                                                       \
  constexpr VectorKernel k##NAME{dot##NAME, add##NAME, dotAndAdd##NAME, packPanel##NAME, finite##NAME, solvePanel##NAME};

ASICR_VECTOR_KERNEL(Base, , 2, 4)
#if defined(__x86_64__)
ASICR_VECTOR_KERNEL(Avx2, ASICR_AVX2, 4, 3)
ASICR_VECTOR_KERNEL(Avx512, ASICR_AVX512, 8, 3)
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
