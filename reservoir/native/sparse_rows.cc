#include "sparse_rows.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "instruction_set.h"
#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace asicr {
namespace {

// Entries of a row come in groups of this many; the last is filled up with zeros at column 0.
constexpr size_t kGroup = 4;

double rowPortable(const uint16_t* column, const double* value, size_t entries, const double* x) {
  double sum[kGroup] = {};
  for (size_t k = 0; k < entries; k += kGroup)
    for (size_t i = 0; i < kGroup; ++i) sum[i] += value[k + i] * x[column[k + i]];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

void rowsPortable(const size_t* start, const uint16_t* column, const double* value, const double* x, double* out, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) out[i] += rowPortable(column + start[i], value + start[i], start[i + 1] - start[i], x);
}

#if defined(__x86_64__)
// Four columns come in one word, their entries of x by plain loads: on the processors measured that is faster than a gather.
ASICR_AVX2 void rowsAvx2(const size_t* start, const uint16_t* column, const double* value, const double* x, double* out, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) {
    __m256d sum = _mm256_setzero_pd();
    for (size_t k = start[i]; k < start[i + 1]; k += kGroup) {
      uint64_t columns;
      std::memcpy(&columns, column + k, sizeof columns);
      const __m128d low = _mm_loadh_pd(_mm_load_sd(x + (columns & 0xffff)), x + ((columns >> 16) & 0xffff));
      const __m128d high = _mm_loadh_pd(_mm_load_sd(x + ((columns >> 32) & 0xffff)), x + (columns >> 48));
      sum = _mm256_fmadd_pd(_mm256_insertf128_pd(_mm256_castpd128_pd256(low), high, 1), _mm256_loadu_pd(value + k), sum);
    }
    const __m128d half = _mm_add_pd(_mm256_castpd256_pd128(sum), _mm256_extractf128_pd(sum, 1));
    out[i] += _mm_cvtsd_f64(_mm_add_sd(half, _mm_unpackhi_pd(half, half)));
  }
}
#endif

}  // namespace

bool SparseRows::create(const uint32_t* rowStart, const uint32_t* column, const double* value, size_t rows) {
  rows_ = rows;
  start_.reset(new (std::nothrow) size_t[rows + 1]);
  if (!start_) return false;
  start_[0] = 0;
  for (size_t i = 0; i < rows; ++i) start_[i + 1] = start_[i] + (rowStart[i + 1] - rowStart[i] + kGroup - 1) / kGroup * kGroup;
  column_.reset(new (std::nothrow) uint16_t[start_[rows] + 1]());
  if (!column_ || !value_.allocate(start_[rows])) return false;
  for (size_t i = 0; i < rows; ++i)
    for (uint32_t k = rowStart[i]; k < rowStart[i + 1]; ++k) {
      column_[start_[i] + k - rowStart[i]] = static_cast<uint16_t>(column[k]);
      value_.data()[start_[i] + k - rowStart[i]] = value[k];
    }
  return true;
}

size_t SparseRows::rowAt(double share) const {
  const auto wanted = static_cast<size_t>(share * static_cast<double>(start_[rows_]));
  return static_cast<size_t>(std::lower_bound(start_.get(), start_.get() + rows_, wanted) - start_.get());
}

void SparseRows::multiply(const double* x, double* out, size_t from, size_t to) const {
#if defined(__x86_64__)
  if (instructionSet() == InstructionSet::avx512 || instructionSet() == InstructionSet::avx2)
    return rowsAvx2(start_.get(), column_.get(), value_.data(), x, out, from, to);
#endif
  rowsPortable(start_.get(), column_.get(), value_.data(), x, out, from, to);
}

}  // namespace asicr
