// One tile of rank_kernel.h, included by rank_kernel_x86.cc once for each instruction set and element, in a namespace of its own. That file
// says what TARGET, ELEMENT, LANES (elements to a register), ROWS (that accumulate at a time), REGISTER and OF(operation) stand for there, and
// defines addTo(c, sum, sign). Written with intrinsics: left to itself, the compiler loads four values of a row at once and then needs a
// shuffle for each.

constexpr size_t kPanelWidth = 3 * LANES;
constexpr size_t kLine = 8;  // doubles to a cache line

// The first V registers of ROWS rows: at most twelve of AVX2's sixteen registers accumulate, and twenty-four of AVX-512's thirty-two.
template <size_t V>
TARGET ASICR_INLINE void rowsOf(const ELEMENT* rows, const ELEMENT* columns, size_t depth, double sign, double* c, size_t stride) {
  REGISTER sum[ROWS][V];
#pragma GCC unroll 8
  for (size_t r = 0; r < ROWS; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) {
      // The tile is wanted only at the end: without the hint the processor would wait for it there.
      for (size_t line = 0; line < LANES; line += kLine)
        _mm_prefetch(reinterpret_cast<const char*>(c + r * stride + v * LANES + line), _MM_HINT_T0);
      sum[r][v] = OF(setzero)();
    }
  for (size_t k = 0; k < depth; ++k) {
    REGISTER column[V];
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) column[v] = OF(loadu)(columns + k * kPanelWidth + v * LANES);
#pragma GCC unroll 8
    for (size_t r = 0; r < ROWS; ++r) {
      const REGISTER value = OF(set1)(rows[k * kPanelWidth + r]);
#pragma GCC unroll 3
      for (size_t v = 0; v < V; ++v) sum[r][v] = OF(fmadd)(value, column[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (size_t r = 0; r < ROWS; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) addTo(c + r * stride + v * LANES, sum[r][v], sign);
}

TARGET void tile(const ELEMENT* rows, const ELEMENT* columns, size_t depth, double sign, bool diagonal, double* c, size_t stride) {
  for (size_t first = 0; first < kPanelWidth; first += ROWS) {
    // Registers up to the last row's diagonal entry.
    const size_t needed = diagonal ? (first + ROWS - 1) / LANES + 1 : 3;
    if (needed == 1)
      rowsOf<1>(rows + first, columns, depth, sign, c + first * stride, stride);
    else if (needed == 2)
      rowsOf<2>(rows + first, columns, depth, sign, c + first * stride, stride);
    else
      rowsOf<3>(rows + first, columns, depth, sign, c + first * stride, stride);
  }
}

#undef TARGET
#undef ELEMENT
#undef LANES
#undef ROWS
#undef REGISTER
#undef OF
