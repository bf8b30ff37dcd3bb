#include "lane_rows.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>

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
  std::memcpy(out, sum, sizeof sum);
}

#if defined(__x86_64__)
// Plain loads of x: on the processors measured they are faster than a gather. Four columns come in one load: loads are what it waits for.
ASICR_AVX2 ASICR_INLINE __m256d fourOf(const double* x, const uint16_t* column) {
  uint64_t four;
  std::memcpy(&four, column, sizeof four);
  const __m128d low = _mm_loadh_pd(_mm_load_sd(x + (four & 0xffff)), x + (four >> 16 & 0xffff));
  const __m128d high = _mm_loadh_pd(_mm_load_sd(x + (four >> 32 & 0xffff)), x + (four >> 48));
  return _mm256_insertf128_pd(_mm256_castpd128_pd256(low), high, 1);
}

ASICR_AVX2 void groupAvx2(const Turns& turns, const double* x, double* out) {
  __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
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
  row_.resize(rows.size());
  std::iota(row_.begin(), row_.end(), 0u);
  for (size_t first = 0; first < rows.size(); first += kBlock)
    std::stable_sort(row_.begin() + static_cast<std::ptrdiff_t>(first), row_.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), first + kBlock)),
                     [&](uint32_t a, uint32_t b) { return rows[a].size() > rows[b].size(); });
  const size_t groups = (rows.size() + kLanes - 1) / kLanes;
  start_.assign(groups + 1, 0);
  // The first of a group is the longest.
  for (size_t g = 0; g < groups; ++g) start_[g + 1] = start_[g] + rows[row_[g * kLanes]].size();
  // Short rows are filled up with zeros at column 0.
  column_.reset(new (std::nothrow) uint16_t[turns() * kLanes + 1]());
  if (!column_ || !value_.allocate(turns(), kLanes)) return false;
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t k = 0; k < rows[row_[i]].size(); ++k) {
      const size_t at = (start_[i / kLanes] + k) * kLanes + i % kLanes;
      column_[at] = static_cast<uint16_t>(rows[row_[i]][k].column);
      value_.data()[at] = rows[row_[i]][k].value;
    }
  return true;
}

void LaneRows::multiply(const double* x, double* out, size_t from, size_t to) const {
  auto group = groupPortable;
#if defined(__x86_64__)
  if (instructionSet() == InstructionSet::avx512 || instructionSet() == InstructionSet::avx2) group = groupAvx2;
#endif
  const size_t last = std::min(to * kBlock / kLanes, start_.size() - 1);
  for (size_t g = from * kBlock / kLanes; g < last; ++g) {
    if (start_[g] == start_[g + 1]) continue;
    double sum[kLanes];
    group({column_.get() + start_[g] * kLanes, value_.data() + start_[g] * kLanes, start_[g + 1] - start_[g]}, x, sum);
    const size_t used = std::min(kLanes, row_.size() - g * kLanes);
    for (size_t lane = 0; lane < used; ++lane) out[row_[g * kLanes + lane]] += sum[lane];
  }
}

}  // namespace asicr
