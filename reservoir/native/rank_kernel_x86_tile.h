// One tile of rank_kernel.h, included once for each instruction set by rank_kernel_x86.cc, which says what TARGET, LANES (doubles to a
// register), REGISTER and OF(operation) stand for there. Written with intrinsics: left to itself, the compiler loads four values of a
// row at once and then needs a shuffle for each.

constexpr size_t kPanelWidth = 3 * LANES;

// The first V registers of as many rows as a register has lanes: up to 3 LANES registers accumulate, twelve of AVX2's sixteen and
// twenty-four of AVX-512's thirty-two.
template <size_t V>
TARGET ASICR_INLINE void rowsOf(const double* rows, const double* columns, size_t depth, double sign, double* c, size_t stride) {
  REGISTER sum[LANES][V];
#pragma GCC unroll 8
  for (size_t r = 0; r < LANES; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) {
      // The tile is wanted only at the end: without the hint the processor would wait for it there.
      _mm_prefetch(reinterpret_cast<const char*>(c + r * stride + v * LANES), _MM_HINT_T0);
      sum[r][v] = OF(setzero)();
    }
  for (size_t k = 0; k < depth; ++k) {
    REGISTER column[V];
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) column[v] = OF(loadu)(columns + k * kPanelWidth + v * LANES);
#pragma GCC unroll 8
    for (size_t r = 0; r < LANES; ++r) {
      const REGISTER value = OF(set1)(rows[k * kPanelWidth + r]);
#pragma GCC unroll 3
      for (size_t v = 0; v < V; ++v) sum[r][v] = OF(fmadd)(value, column[v], sum[r][v]);
    }
  }
  const REGISTER scale = OF(set1)(sign);
#pragma GCC unroll 8
  for (size_t r = 0; r < LANES; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) {
      double* target = c + r * stride + v * LANES;
      OF(storeu)(target, OF(fmadd)(scale, sum[r][v], OF(loadu)(target)));
    }
}

TARGET void tile(const double* rows, const double* columns, size_t depth, double sign, bool diagonal, double* c, size_t stride) {
  if (diagonal) {
    rowsOf<1>(rows, columns, depth, sign, c, stride);
    rowsOf<2>(rows + LANES, columns, depth, sign, c + LANES * stride, stride);
  } else {
    rowsOf<3>(rows, columns, depth, sign, c, stride);
    rowsOf<3>(rows + LANES, columns, depth, sign, c + LANES * stride, stride);
  }
  rowsOf<3>(rows + 2 * LANES, columns, depth, sign, c + 2 * LANES * stride, stride);
}
