#include "window_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "window_kernel.h"

namespace asicr {
namespace {

constexpr size_t kLanes = LaneRows::kLanes;
// Cycles, measured on Zen 4: of eight rows at a stop; of a turn of LaneRows and, once, of eight rows that have any; of a column that is seen.
constexpr double kGroupCycles = 2.45;
constexpr double kTurnCycles = 6.5;
constexpr double kLeftCycles = 20;
constexpr double kSeenCycles = 0.4;
// Stops that are tried, in entries of a mean row.
constexpr double kStopsTried[] = {0.5, 0.7, 0.85, 0.95, 1, 1.02, 1.04, 1.06, 1.08, 1.1, 1.12, 1.16, 1.2, 1.3, 1.4};
// Rows that are looked at for it.
constexpr size_t kSample = LaneRows::kBlock;

size_t roundedUp(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

// Cycles that LaneRows takes for rows of a block of which so many entries each are left.
double laneCycles(std::vector<size_t> entries) {
  double cycles = 0;
  std::sort(entries.begin(), entries.end(), std::greater<size_t>());
  for (size_t i = 0; i < entries.size() && entries[i] > 0; i += kLanes) cycles += kLeftCycles + kTurnCycles * static_cast<double>(entries[i]);
  return cycles;
}

// The stops with which a product takes the least time; none, where lanes alone take less. Told from some of the rows.
std::vector<Stop> cheapestStops(const SparseEntries& rows, size_t columns) {
  const size_t stride = (rows.size() + kSample - 1) / kSample;
  SparseEntries sample;
  std::vector<size_t> lengths;
  for (size_t i = 0; i < rows.size(); i += stride) {
    sample.push_back(rows[i]);
    lengths.push_back(rows[i].size());
  }
  size_t entries = 0;
  for (size_t length : lengths) entries += length;
  const double share = static_cast<double>(sample.size()) / static_cast<double>(rows.size());
  const double groups = static_cast<double>(roundedUp(rows.size(), WindowKernel::kRows) / kLanes);
  std::vector<Stop> best;
  double least = laneCycles(lengths) / share;
  for (double tried : kStopsTried) {
    const size_t count = static_cast<size_t>(std::lround(tried * static_cast<double>(entries) / static_cast<double>(sample.size())));
    std::vector<Stop> stops = evenStops(count, columns);
    Dealer dealer(stops, columns);
    std::vector<size_t> over;
    for (const auto& row : sample) {
      const std::vector<uint32_t>& given = dealer.deal(row);
      over.push_back(static_cast<size_t>(std::count(given.begin(), given.end(), Dealer::kNone)));
    }
    const double cycles = static_cast<double>(count) * groups * kGroupCycles + laneCycles(over) / share + kSeenCycles * static_cast<double>(columns);
    if (cycles >= least) continue;
    least = cycles;
    best = std::move(stops);
  }
  return best;
}

// The number nearest to `value` whose last five bits are `place`; beside the largest, the nearest below. What is less
// than any normal number counts as nothing.
double slotOf(double value, uint64_t place) {
  if (std::fabs(value) < std::numeric_limits<double>::min()) return 0;
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  uint64_t nearest = (bits & ~(kWindow - 1)) | place;
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

}  // namespace

size_t WindowRows::paddedColumns(size_t columns) { return roundedUp(columns, 2 * kLanes); }

bool WindowRows::served() { return windowKernel() != nullptr; }

// Rows of a batch with those that fill up the last one.
size_t WindowRows::rowsOf(size_t batch) const { return std::min(kBatch, rows_ - batch * kBatch); }

bool WindowRows::create(SparseEntries* rows, size_t columns) {
  stops_ = cheapestStops(*rows, columns);
  columns_ = paddedColumns(columns);
  rows_ = roundedUp(rows->size(), WindowKernel::kRows);
  if (!slots_.allocate(rows_, stops())) return false;
  if (stops() == 0) return true;
  Dealer dealer(stops_, columns);
  for (size_t i = 0; i < rows->size(); ++i) {
    std::vector<SparseEntry>& row = (*rows)[i];
    const std::vector<uint32_t>& given = dealer.deal(row);
    const size_t batch = i / kBatch;
    double* const slots = slots_.data() + batch * kBatch * stops() + i % kBatch;
    std::vector<SparseEntry> over;
    for (size_t e = 0; e < row.size(); ++e)
      if (given[e] == Dealer::kNone)
        over.push_back(row[e]);
      else
        slots[given[e] / kWindow * rowsOf(batch)] = slotOf(row[e].value, given[e] % kWindow);
    row = std::move(over);
  }
  return true;
}

void WindowRows::see(const double* x, double* room) const {
  if (stops() > 0) windowKernel()->halves(x, columns_, reinterpret_cast<uint32_t*>(room));
}

void WindowRows::multiply(const double* seen, double* out, size_t from, size_t to) const {
  if (stops() == 0) return;
  const auto* const halves = reinterpret_cast<const uint32_t*>(seen);
  for (size_t batch = from; batch < to; ++batch)
    windowKernel()->multiply(slots_.data() + batch * kBatch * stops(), rowsOf(batch), stops_, halves, columns_, out + batch * kBatch);
}

}  // namespace asicr
