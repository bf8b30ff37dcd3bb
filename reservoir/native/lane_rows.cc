#include "lane_rows.h"

#include <algorithm>
#include <new>
#include <numeric>

#include "instruction_set.h"
#include "lanes.h"
#include "scattered.h"

namespace asicr {
namespace {

constexpr size_t kLanes = LaneRows::kLanes;

// Groups of eight rows, each of as many turns as its longest row has entries.
struct Groups {
  const uint16_t* column;
  const double* value;
  const size_t* start;  // first turn of each group
  const uint32_t* row;  // in each lane of each group
  size_t from;
  size_t to;
  size_t rows;

  void addTo(double* out, size_t group, const double* sum) const {
    const size_t first = group * kLanes, used = std::min(kLanes, rows - first);
    for (size_t lane = 0; lane < used; ++lane) out[row[first + lane]] += sum[lane];
  }
};

void multiplyPortable(const Groups& groups, const double* x, double* out) {
  for (size_t g = groups.from; g < groups.to; ++g) {
    double sum[kLanes] = {};
    for (size_t k = groups.start[g] * kLanes; k < groups.start[g + 1] * kLanes; k += kLanes)
      for (size_t lane = 0; lane < kLanes; ++lane) sum[lane] += groups.value[k + lane] * x[groups.column[k + lane]];
    groups.addTo(out, g, sum);
  }
}

#if defined(__x86_64__)
ASICR_AVX2 void multiplyAvx2(const Groups& groups, const double* x, double* out) {
  for (size_t g = groups.from; g < groups.to; ++g) {
    if (groups.start[g] == groups.start[g + 1]) continue;
    __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
    for (size_t k = groups.start[g] * kLanes; k < groups.start[g + 1] * kLanes; k += kLanes) {
      low = _mm256_fmadd_pd(scatteredFour(x, groups.column + k), _mm256_loadu_pd(groups.value + k), low);
      high = _mm256_fmadd_pd(scatteredFour(x, groups.column + k + 4), _mm256_loadu_pd(groups.value + k + 4), high);
    }
    double sum[kLanes];
    _mm256_storeu_pd(sum, low);
    _mm256_storeu_pd(sum + 4, high);
    groups.addTo(out, g, sum);
  }
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
  const size_t last = std::min(to * kBlock / kLanes, start_.size() - 1);
  const Groups groups{column_.get(), value_.data(), start_.data(), row_.data(), from * kBlock / kLanes, last, row_.size()};
#if defined(__x86_64__)
  if (instructionSet() == InstructionSet::avx512 || instructionSet() == InstructionSet::avx2) return multiplyAvx2(groups, x, out);
#endif
  multiplyPortable(groups, x, out);
}

}  // namespace asicr
