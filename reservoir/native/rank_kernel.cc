#include "rank_kernel.h"

#include <atomic>
#include <cstring>
#include <initializer_list>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace asicr {
namespace {

// 8 x 8 in pieces of 4 x 8: compilers turn this into whatever vectors the baseline has.
void tilePortable(const double* rows, const double* columns, size_t depth, double sign, double* c, size_t stride) {
  constexpr size_t kWidth = 8;
  constexpr size_t kRows = 4;
  for (size_t first = 0; first < kWidth; first += kRows) {
    double sum[kRows][kWidth] = {};
    for (size_t k = 0; k < depth; ++k) {
      const double* column = columns + k * kWidth;
      const double* row = rows + k * kWidth + first;
      for (size_t r = 0; r < kRows; ++r)
        for (size_t v = 0; v < kWidth; ++v) sum[r][v] += row[r] * column[v];
    }
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < kWidth; ++v) c[(first + r) * stride + v] += sign * sum[r][v];
  }
}

constexpr RankKernel kPortable{"portable", 8, tilePortable};

#if defined(__x86_64__)
// 4 x 12: twelve of the sixteen registers accumulate.
__attribute__((target("avx2,fma"))) void tileAvx2(const double* rows, const double* columns, size_t depth, double sign, double* c,
                                                  size_t stride) {
  constexpr size_t kWidth = 12;
  constexpr size_t kRows = 4;
  for (size_t first = 0; first < kWidth; first += kRows) {
    __m256d sum[kRows][3];
    for (size_t r = 0; r < kRows; ++r)
      for (size_t v = 0; v < 3; ++v) sum[r][v] = _mm256_setzero_pd();
    for (size_t k = 0; k < depth; ++k) {
      const double* column = columns + k * kWidth;
      const double* row = rows + k * kWidth + first;
      const __m256d c0 = _mm256_loadu_pd(column);
      const __m256d c1 = _mm256_loadu_pd(column + 4);
      const __m256d c2 = _mm256_loadu_pd(column + 8);
#pragma GCC unroll 4
      for (size_t r = 0; r < kRows; ++r) {
        const __m256d value = _mm256_broadcast_sd(row + r);
        sum[r][0] = _mm256_fmadd_pd(value, c0, sum[r][0]);
        sum[r][1] = _mm256_fmadd_pd(value, c1, sum[r][1]);
        sum[r][2] = _mm256_fmadd_pd(value, c2, sum[r][2]);
      }
    }
    const __m256d scale = _mm256_set1_pd(sign);
#pragma GCC unroll 4
    for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 3
      for (size_t v = 0; v < 3; ++v) {
        double* target = c + (first + r) * stride + 4 * v;
        _mm256_storeu_pd(target, _mm256_fmadd_pd(scale, sum[r][v], _mm256_loadu_pd(target)));
      }
  }
}

// 8 x 24: twenty-four of the thirty-two registers accumulate.
__attribute__((target("avx512f"))) void tileAvx512(const double* rows, const double* columns, size_t depth, double sign, double* c,
                                                   size_t stride) {
  constexpr size_t kWidth = 24;
  constexpr size_t kRows = 8;
  for (size_t first = 0; first < kWidth; first += kRows) {
    __m512d sum[kRows][3];
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 3
      for (size_t v = 0; v < 3; ++v) sum[r][v] = _mm512_setzero_pd();
    for (size_t k = 0; k < depth; ++k) {
      const double* column = columns + k * kWidth;
      const double* row = rows + k * kWidth + first;
      const __m512d c0 = _mm512_loadu_pd(column);
      const __m512d c1 = _mm512_loadu_pd(column + 8);
      const __m512d c2 = _mm512_loadu_pd(column + 16);
#pragma GCC unroll 8
      for (size_t r = 0; r < kRows; ++r) {
        const __m512d value = _mm512_set1_pd(row[r]);
        sum[r][0] = _mm512_fmadd_pd(value, c0, sum[r][0]);
        sum[r][1] = _mm512_fmadd_pd(value, c1, sum[r][1]);
        sum[r][2] = _mm512_fmadd_pd(value, c2, sum[r][2]);
      }
    }
    const __m512d scale = _mm512_set1_pd(sign);
#pragma GCC unroll 8
    for (size_t r = 0; r < kRows; ++r)
#pragma GCC unroll 3
      for (size_t v = 0; v < 3; ++v) {
        double* target = c + (first + r) * stride + 8 * v;
        _mm512_storeu_pd(target, _mm512_fmadd_pd(scale, sum[r][v], _mm512_loadu_pd(target)));
      }
  }
}

constexpr RankKernel kAvx2{"avx2", 12, tileAvx2};
constexpr RankKernel kAvx512{"avx512", 24, tileAvx512};
#endif

const RankKernel* kernelNamed(const char* name) {
#if defined(__x86_64__)
  if (std::strcmp(name, kAvx512.name) == 0) return __builtin_cpu_supports("avx512f") ? &kAvx512 : nullptr;
  if (std::strcmp(name, kAvx2.name) == 0) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &kAvx2 : nullptr;
#endif
  return std::strcmp(name, kPortable.name) == 0 ? &kPortable : nullptr;
}

const RankKernel* widest() {
  for (const char* name : {"avx512", "avx2"})
    if (const RankKernel* kernel = kernelNamed(name)) return kernel;
  return &kPortable;
}

std::atomic<const RankKernel*>& chosen() {
  static std::atomic<const RankKernel*> kernel{widest()};
  return kernel;
}

}  // namespace

const RankKernel& rankKernel() { return *chosen().load(std::memory_order_relaxed); }

bool useRankKernel(const char* name) {
  const RankKernel* kernel = kernelNamed(name);
  if (kernel != nullptr) chosen().store(kernel, std::memory_order_relaxed);
  return kernel != nullptr;
}

void rankUpdate(const RankKernel& kernel, const double* packed, size_t panels, size_t depth, double sign, double* c, size_t stride) {
  const size_t width = kernel.width;
  // The column panel stays in the first-level cache while every row panel below it passes by.
  for (size_t column = 0; column < panels; ++column)
    for (size_t row = column; row < panels; ++row)
      kernel.tile(packed + row * depth * width, packed + column * depth * width, depth, sign, c + row * width * stride + column * width,
                  stride);
}

}  // namespace asicr
