#include "lane_rows.h"

#include <algorithm>
#include <new>

#include "instruction_set.h"
#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace asicr {
namespace {

constexpr size_t kLanes = LaneRows::kLanes;

// One turn of eight rows after another, as long as the group has entries.
struct Turns {
  const uint16_t* column;
  const double* value;
  size_t count;
};

void groupPortable(const Turns& turns, const double* x, double* out) {
  double sum[kLanes] = {};
  for (size_t k = 0; k < turns.count * kLanes; k += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) sum[lane] += turns.value[k + lane] * x[turns.column[k + lane]];
  for (size_t lane = 0; lane < kLanes; ++lane) out[lane] += sum[lane];
}

#if defined(__x86_64__)
// Plain loads of x: on the processors measured they are faster than a gather.
ASICR_AVX2 ASICR_INLINE __m256d fourOf(const double* x, const uint16_t* column) {
  const __m128d low = _mm_loadh_pd(_mm_load_sd(x + column[0]), x + column[1]);
  const __m128d high = _mm_loadh_pd(_mm_load_sd(x + column[2]), x + column[3]);
  return _mm256_insertf128_pd(_mm256_castpd128_pd256(low), high, 1);
}

ASICR_AVX2 void groupAvx2(const Turns& turns, const double* x, double* out) {
  __m256d low = _mm256_loadu_pd(out), high = _mm256_loadu_pd(out + 4);
  for (size_t k = 0; k < turns.count * kLanes; k += kLanes) {
    low = _mm256_fmadd_pd(fourOf(x, turns.column + k), _mm256_loadu_pd(turns.value + k), low);
    high = _mm256_fmadd_pd(fourOf(x, turns.column + k + 4), _mm256_loadu_pd(turns.value + k + 4), high);
  }
  _mm256_storeu_pd(out, low);
  _mm256_storeu_pd(out + 4, high);
}
#endif

}  // namespace

bool LaneRows::create(const SparseEntries& rows) {
  const size_t groups = (rows.size() + kLanes - 1) / kLanes;
  start_.assign(groups + 1, 0);
  for (size_t g = 0; g < groups; ++g) {
    size_t longest = 0;
    for (size_t i = g * kLanes; i < std::min(rows.size(), (g + 1) * kLanes); ++i) longest = std::max(longest, rows[i].size());
    start_[g + 1] = start_[g] + longest;
  }
  // Short rows are filled up with zeros at column 0.
  column_.reset(new (std::nothrow) uint16_t[turns() * kLanes + 1]());
  if (!column_ || !value_.allocate(turns(), kLanes)) return false;
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t k = 0; k < rows[i].size(); ++k) {
      const size_t at = (start_[i / kLanes] + k) * kLanes + i % kLanes;
      column_[at] = static_cast<uint16_t>(rows[i][k].column);
      value_.data()[at] = rows[i][k].value;
    }
  return true;
}

void LaneRows::multiply(const double* x, double* out, size_t from, size_t to) const {
  auto group = groupPortable;
#if defined(__x86_64__)
  if (instructionSet() == InstructionSet::avx512 || instructionSet() == InstructionSet::avx2) group = groupAvx2;
#endif
  for (size_t g = from; g < to; ++g)
    group({column_.get() + start_[g] * kLanes, value_.data() + start_[g] * kLanes, start_[g + 1] - start_[g]}, x, out + g * kLanes);
}

}  // namespace asicr
