// One tile of floats of rank_kernel.h, included once for each instruction set by rank_kernel_x86.cc. LANES is the number of floats to a
// register, ROWS how many rows accumulate at a time; REGISTER, OF(operation), WIDE (the register of half as many doubles), WIDE_OF(operation)
// and HALF(register, which) stand for what they are there.

constexpr size_t kFloatPanelWidth = 3 * LANES;

// The first V registers of ROWS rows; sums of `depth` products are widened at the end.
template <size_t V>
TARGET ASICR_INLINE void floatRowsOf(const float* rows, const float* columns, size_t depth, double sign, double* c, size_t stride) {
  REGISTER sum[ROWS][V];
#pragma GCC unroll 8
  for (size_t r = 0; r < ROWS; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) {
      _mm_prefetch(reinterpret_cast<const char*>(c + r * stride + v * LANES), _MM_HINT_T0);
      _mm_prefetch(reinterpret_cast<const char*>(c + r * stride + v * LANES + LANES / 2), _MM_HINT_T0);
      sum[r][v] = OF(setzero)();
    }
  for (size_t k = 0; k < depth; ++k) {
    REGISTER column[V];
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) column[v] = OF(loadu)(columns + k * kFloatPanelWidth + v * LANES);
#pragma GCC unroll 8
    for (size_t r = 0; r < ROWS; ++r) {
      const REGISTER value = OF(set1)(rows[k * kFloatPanelWidth + r]);
#pragma GCC unroll 3
      for (size_t v = 0; v < V; ++v) sum[r][v] = OF(fmadd)(value, column[v], sum[r][v]);
    }
  }
  const WIDE scale = WIDE_OF(set1)(sign);
#pragma GCC unroll 8
  for (size_t r = 0; r < ROWS; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) {
      double* target = c + r * stride + v * LANES;
      WIDE_OF(storeu)(target, WIDE_OF(fmadd)(scale, HALF(sum[r][v], 0), WIDE_OF(loadu)(target)));
      target += LANES / 2;
      WIDE_OF(storeu)(target, WIDE_OF(fmadd)(scale, HALF(sum[r][v], 1), WIDE_OF(loadu)(target)));
    }
}

TARGET void floatTile(const float* rows, const float* columns, size_t depth, double sign, bool diagonal, double* c, size_t stride) {
  for (size_t first = 0; first < kFloatPanelWidth; first += ROWS) {
    // Registers up to the last row's diagonal entry.
    const size_t needed = diagonal ? (first + ROWS - 1) / LANES + 1 : 3;
    if (needed == 1)
      floatRowsOf<1>(rows + first, columns, depth, sign, c + first * stride, stride);
    else if (needed == 2)
      floatRowsOf<2>(rows + first, columns, depth, sign, c + first * stride, stride);
    else
      floatRowsOf<3>(rows + first, columns, depth, sign, c + first * stride, stride);
  }
}
