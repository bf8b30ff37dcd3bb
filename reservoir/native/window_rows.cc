#include "window_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "instruction_set.h"
#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace asicr {
namespace {

constexpr size_t kLanes = LaneRows::kLanes;
constexpr size_t kWindow = 16;
constexpr size_t kGroups = WindowRows::kBatch / kLanes;
constexpr uint64_t kPlace = kWindow - 1;
// A turn of LaneRows takes as long as this many groups of a stop.
constexpr double kTurnCost = 4;
// Stops that are tried, in entries of a mean row.
constexpr double kStopsTried[] = {0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.4, 1.6};

// Windows on whole vectors, evenly over the columns.
std::vector<uint32_t> windows(size_t stops, size_t columns) {
  const size_t vectors = WindowRows::paddedColumns(columns) / kLanes;
  std::vector<uint32_t> base(stops);
  for (size_t k = 0; k < stops; ++k) base[k] = static_cast<uint32_t>(kLanes * std::min(vectors - 2, k * vectors / stops));
  return base;
}

// Deals a row's entries, sorted by column, out to the stops: at each the first one that is still there to be had, which leaves the fewest
// over. Calls taken(stop, entry) or left(entry).
template <typename Taken, typename Left>
void deal(const std::vector<SparseEntry>& row, const std::vector<uint32_t>& base, Taken taken, Left left) {
  size_t e = 0;
  for (size_t stop = 0; stop < base.size(); ++stop) {
    for (; e < row.size() && row[e].column < base[stop]; ++e) left(row[e]);
    if (e < row.size() && row[e].column < base[stop] + kWindow) taken(stop, row[e++]);
  }
  for (; e < row.size(); ++e) left(row[e]);
}

// Turns of LaneRows for what so many stops leave over.
size_t turnsLeft(const SparseEntries& rows, const std::vector<uint32_t>& base) {
  size_t turns = 0;
  for (size_t first = 0; first < rows.size(); first += kLanes) {
    size_t most = 0;
    for (size_t i = first; i < std::min(rows.size(), first + kLanes); ++i) {
      size_t over = 0;
      deal(rows[i], base, [](size_t, const SparseEntry&) {}, [&over](const SparseEntry&) { ++over; });
      most = std::max(most, over);
    }
    turns += most;
  }
  return turns;
}

std::vector<uint32_t> cheapestWindows(const SparseEntries& rows, size_t columns) {
  size_t entries = 0;
  for (const auto& row : rows) entries += row.size();
  const double mean = static_cast<double>(entries) / static_cast<double>(rows.size());
  const size_t batches = (rows.size() + WindowRows::kBatch - 1) / WindowRows::kBatch;
  std::vector<uint32_t> best;
  double least = kTurnCost * static_cast<double>(turnsLeft(rows, best));
  for (double share : kStopsTried) {
    std::vector<uint32_t> base = windows(static_cast<size_t>(std::lround(share * mean)), columns);
    const double cost = static_cast<double>(base.size() * batches * kGroups) + kTurnCost * static_cast<double>(turnsLeft(rows, base));
    if (cost >= least) continue;
    least = cost;
    best = std::move(base);
  }
  return best;
}

// The number nearest to `value` whose last four bits are `place`; beside the largest, the nearest below. What is less than any normal number
// counts as nothing.
double slotOf(double value, uint64_t place) {
  if (std::fabs(value) < std::numeric_limits<double>::min()) return 0;
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  uint64_t nearest = (bits & ~kPlace) | place;
  if (nearest + kWindow / 2 < bits)
    nearest += kWindow;
  else if (nearest > bits + kWindow / 2)
    nearest -= kWindow;
  double slot;
  std::memcpy(&slot, &nearest, sizeof slot);
  if (std::isfinite(slot)) return slot;
  nearest -= kWindow;
  std::memcpy(&slot, &nearest, sizeof slot);
  return slot;
}

#if defined(__x86_64__)
// Sixteen groups of eight rows keep their sums in registers while the window passes over them. The slot serves as value and, since only
// its last four bits count there, as index: the second-level cache can hardly deliver slots as fast as they are used up.
ASICR_AVX512 void batchAvx512(const double* slots, const std::vector<uint32_t>& base, const double* x, double* out) {
  __m512d sum[kGroups];
#pragma GCC unroll 16
  for (size_t g = 0; g < kGroups; ++g) sum[g] = _mm512_loadu_pd(out + g * kLanes);
  for (uint32_t first : base) {
    const __m512d low = _mm512_loadu_pd(x + first), high = _mm512_loadu_pd(x + first + kLanes);
#pragma GCC unroll 16
    for (size_t g = 0; g < kGroups; ++g) {
      const __m512d slot = _mm512_loadu_pd(slots + g * kLanes);
      sum[g] = _mm512_fmadd_pd(slot, _mm512_permutex2var_pd(low, _mm512_castpd_si512(slot), high), sum[g]);
    }
    slots += WindowRows::kBatch;
  }
#pragma GCC unroll 16
  for (size_t g = 0; g < kGroups; ++g) _mm512_storeu_pd(out + g * kLanes, sum[g]);
}
#endif

}  // namespace

size_t WindowRows::paddedColumns(size_t columns) { return std::max(kWindow, (columns + kLanes - 1) / kLanes * kLanes); }

bool WindowRows::served() { return instructionSet() == InstructionSet::avx512; }

bool WindowRows::create(SparseEntries* rows, size_t columns) {
  for (auto& row : *rows) std::stable_sort(row.begin(), row.end(), [](const SparseEntry& a, const SparseEntry& b) { return a.column < b.column; });
  base_ = cheapestWindows(*rows, columns);
  batches_ = (rows->size() + kBatch - 1) / kBatch;
  if (!slots_.allocate(batches_ * kBatch, stops())) return false;
  for (size_t i = 0; i < rows->size(); ++i) {
    std::vector<SparseEntry> over;
    deal(
        (*rows)[i], base_,
        [&](size_t stop, const SparseEntry& entry) {
          slots_.data()[(i / kBatch * stops() + stop) * kBatch + i % kBatch] = slotOf(entry.value, entry.column - base_[stop]);
        },
        [&over](const SparseEntry& entry) { over.push_back(entry); });
    (*rows)[i] = std::move(over);
  }
  return true;
}

void WindowRows::multiply(const double* x, double* out, size_t from, size_t to) const {
#if defined(__x86_64__)
  for (size_t batch = from; batch < to; ++batch) batchAvx512(slots_.data() + batch * stops() * kBatch, base_, x, out + batch * kBatch);
#else
  // create() takes nothing where served() is false.
  (void)x, (void)out, (void)from, (void)to;
#endif
}

}  // namespace asicr
