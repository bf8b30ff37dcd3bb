// Tiles of rank_kernel.h for x86-64.
#include "rank_kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "lanes.h"

namespace asicr {
namespace {

// 4 rows x 4 V columns: up to twelve of the sixteen registers accumulate.
template <size_t V>
ASICR_AVX2 ASICR_INLINE void rowsAvx2(const double* rows, const double* columns, size_t depth, double sign, double* c, size_t stride) {
  constexpr size_t kWidth = 12;
  constexpr size_t kRows = 4;
  __m256d sum[kRows][V];
#pragma GCC unroll 4
  for (size_t r = 0; r < kRows; ++r) {
    // The tile is wanted only at the end: without the hint the processor would wait for it there.
    _mm_prefetch(reinterpret_cast<const char*>(c + r * stride), _MM_HINT_T0);
    _mm_prefetch(reinterpret_cast<const char*>(c + r * stride + 4 * V - 1), _MM_HINT_T0);
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) sum[r][v] = _mm256_setzero_pd();
  }
  for (size_t k = 0; k < depth; ++k) {
    __m256d column[V];
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) column[v] = _mm256_loadu_pd(columns + k * kWidth + 4 * v);
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r) {
      const __m256d value = _mm256_broadcast_sd(rows + k * kWidth + r);
#pragma GCC unroll 3
      for (size_t v = 0; v < V; ++v) sum[r][v] = _mm256_fmadd_pd(value, column[v], sum[r][v]);
    }
  }
  const __m256d scale = _mm256_set1_pd(sign);
#pragma GCC unroll 4
  for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) {
      double* target = c + r * stride + 4 * v;
      _mm256_storeu_pd(target, _mm256_fmadd_pd(scale, sum[r][v], _mm256_loadu_pd(target)));
    }
}

ASICR_AVX2 void tileAvx2(const double* rows, const double* columns, size_t depth, double sign, bool diagonal, double* c, size_t stride) {
  if (diagonal) {
    rowsAvx2<1>(rows, columns, depth, sign, c, stride);
    rowsAvx2<2>(rows + 4, columns, depth, sign, c + 4 * stride, stride);
  } else {
    rowsAvx2<3>(rows, columns, depth, sign, c, stride);
    rowsAvx2<3>(rows + 4, columns, depth, sign, c + 4 * stride, stride);
  }
  rowsAvx2<3>(rows + 8, columns, depth, sign, c + 8 * stride, stride);
}

// 8 rows x 8 V columns: up to twenty-four of the thirty-two registers accumulate.
template <size_t V>
ASICR_AVX512 ASICR_INLINE void rowsAvx512(const double* rows, const double* columns, size_t depth, double sign, double* c, size_t stride) {
  constexpr size_t kWidth = 24;
  constexpr size_t kRows = 8;
  __m512d sum[kRows][V];
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) {
      _mm_prefetch(reinterpret_cast<const char*>(c + r * stride + 8 * v), _MM_HINT_T0);
      sum[r][v] = _mm512_setzero_pd();
    }
  for (size_t k = 0; k < depth; ++k) {
    __m512d column[V];
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) column[v] = _mm512_loadu_pd(columns + k * kWidth + 8 * v);
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r) {
      const __m512d value = _mm512_set1_pd(rows[k * kWidth + r]);
#pragma GCC unroll 3
      for (size_t v = 0; v < V; ++v) sum[r][v] = _mm512_fmadd_pd(value, column[v], sum[r][v]);
    }
  }
  const __m512d scale = _mm512_set1_pd(sign);
#pragma GCC unroll 8
  for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 3
    for (size_t v = 0; v < V; ++v) {
      double* target = c + r * stride + 8 * v;
      _mm512_storeu_pd(target, _mm512_fmadd_pd(scale, sum[r][v], _mm512_loadu_pd(target)));
    }
}

ASICR_AVX512 void tileAvx512(const double* rows, const double* columns, size_t depth, double sign, bool diagonal, double* c, size_t stride) {
  if (diagonal) {
    rowsAvx512<1>(rows, columns, depth, sign, c, stride);
    rowsAvx512<2>(rows + 8, columns, depth, sign, c + 8 * stride, stride);
  } else {
    rowsAvx512<3>(rows, columns, depth, sign, c, stride);
    rowsAvx512<3>(rows + 8, columns, depth, sign, c + 8 * stride, stride);
  }
  rowsAvx512<3>(rows + 16, columns, depth, sign, c + 16 * stride, stride);
}

}  // namespace

const RankKernel kAvx2Rank{"avx2", 12, tileAvx2};
const RankKernel kAvx512Rank{"avx512", 24, tileAvx512};

}  // namespace asicr
#endif
