#include "window_rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "column_order.h"
#include "window_kernel.h"

namespace asicr {
namespace {

constexpr size_t kLanes = LaneRows::kLanes;
constexpr size_t kGroups = WindowRows::kBatch / kLanes;
// Cycles, measured on Zen 4: of eight rows at a stop, narrow or wide (five shuffles for two such groups, or the second-level cache); of a turn
// of LaneRows and, once, of eight rows that have any; of a column that wide windows sort.
constexpr double kNarrowCycles = 2.3;
constexpr double kWideCycles = 2.8;
constexpr double kTurnCycles = 6.5;
constexpr double kLeftCycles = 20;
constexpr double kSortCycles = 0.8;
// Entries that a wide window has to show of a mean row: below, slots stay empty in any order.
constexpr double kLeastInView = 0.4;
// Stops that are tried, in entries of a mean row.
constexpr double kStopsTried[] = {0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.04, 1.08, 1.12, 1.16, 1.2, 1.25, 1.3, 1.4, 1.6};

size_t roundedUp(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

// Windows `wide` columns wide on whole vectors, evenly over the columns.
struct Windows {
  std::vector<uint32_t> base;
  size_t wide;

  Windows(size_t stops, size_t columns, size_t wideColumns) : base(stops), wide(wideColumns) {
    const size_t vectors = std::max(columns, wide) / kLanes;
    for (size_t k = 0; k < stops; ++k) base[k] = static_cast<uint32_t>(kLanes * std::min(vectors - wide / kLanes, k * vectors / stops));
  }
};

// Deals a row's entries, sorted by column, out to the stops: at each the first one that is still there to be had, which leaves the fewest
// over. Calls taken(stop, entry) or left(entry).
template <typename Taken, typename Left>
void deal(const std::vector<SparseEntry>& row, const Windows& windows, Taken taken, Left left) {
  size_t e = 0;
  for (size_t stop = 0; stop < windows.base.size(); ++stop) {
    for (; e < row.size() && row[e].column < windows.base[stop]; ++e) left(row[e]);
    if (e < row.size() && row[e].column < windows.base[stop] + windows.wide) taken(stop, row[e++]);
  }
  for (; e < row.size(); ++e) left(row[e]);
}

// Cycles that LaneRows takes for what is left over.
double cyclesLeft(const SparseEntries& rows, const Windows& windows) {
  double cycles = 0;
  for (size_t first = 0; first < rows.size(); first += LaneRows::kBlock) {
    std::vector<size_t> over(std::min(LaneRows::kBlock, rows.size() - first), 0);
    for (size_t i = 0; i < over.size(); ++i) deal(rows[first + i], windows, [](size_t, const SparseEntry&) {}, [&](const SparseEntry&) { ++over[i]; });
    std::sort(over.begin(), over.end(), std::greater<size_t>());
    for (size_t i = 0; i < over.size() && over[i] > 0; i += kLanes) cycles += kLeftCycles + kTurnCycles * static_cast<double>(over[i]);
  }
  return cycles;
}

double meanEntries(const SparseEntries& rows) {
  size_t entries = 0;
  for (const auto& row : rows) entries += row.size();
  return static_cast<double>(entries) / static_cast<double>(rows.size());
}

struct Plan {
  Windows windows;
  double cycles;
};

// The windows of that width which take the least time; none, where lanes alone take less.
Plan cheapest(const SparseEntries& rows, size_t columns, size_t wide, double groupCycles) {
  const double mean = meanEntries(rows);
  const double groups = static_cast<double>(roundedUp(rows.size(), WindowRows::kBatch) / kLanes);
  const Windows none(0, columns, wide);
  Plan best{none, cyclesLeft(rows, none)};
  for (double share : kStopsTried) {
    const Windows windows(static_cast<size_t>(std::lround(share * mean)), columns, wide);
    const double cycles = static_cast<double>(windows.base.size()) * groups * groupCycles + cyclesLeft(rows, windows);
    if (cycles < best.cycles) best = {windows, cycles};
  }
  return best;
}

void sortByColumn(SparseEntries& rows) {
  for (auto& row : rows) std::stable_sort(row.begin(), row.end(), [](const SparseEntry& a, const SparseEntry& b) { return a.column < b.column; });
}

// Each column c becomes columns[c]; rows sorted by what it became.
void rename(SparseEntries& rows, const std::vector<uint16_t>& columns) {
  for (auto& row : rows)
    for (SparseEntry& entry : row) entry.column = columns[entry.column];
  sortByColumn(rows);
}

// The number nearest to `value` whose last bits are `place` (below `wide`, a power of two); beside the largest, the nearest below. What is less
// than any normal number counts as nothing.
double slotOf(double value, uint64_t place, uint64_t wide) {
  if (std::fabs(value) < std::numeric_limits<double>::min()) return 0;
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  uint64_t nearest = (bits & ~(wide - 1)) | place;
  if (nearest + wide / 2 < bits)
    nearest += wide;
  else if (nearest > bits + wide / 2)
    nearest -= wide;
  double slot;
  std::memcpy(&slot, &nearest, sizeof slot);
  if (std::isfinite(slot)) return slot;
  nearest -= wide;
  std::memcpy(&slot, &nearest, sizeof slot);
  return slot;
}

}  // namespace

size_t WindowRows::paddedColumns(size_t columns) { return std::max(kNarrowWindow, roundedUp(columns, kLanes)); }

bool WindowRows::served() { return windowKernel() != nullptr; }

bool WindowRows::create(SparseEntries* rows, size_t columns) {
  sortByColumn(*rows);
  Plan plan = cheapest(*rows, paddedColumns(columns), kNarrowWindow, kNarrowCycles);
  if (meanEntries(*rows) * kWideWindow >= kLeastInView * static_cast<double>(columns)) {
    std::vector<uint16_t> order = evenOrder(*rows, columns), place(columns);
    for (size_t p = 0; p < columns; ++p) place[order[p]] = static_cast<uint16_t>(p);
    order.resize(roundedUp(columns, kWideWindow), 0);
    rename(*rows, place);
    const Plan wide = cheapest(*rows, order.size(), kWideWindow, kWideCycles);
    if (!wide.windows.base.empty() && wide.cycles + kSortCycles * static_cast<double>(order.size()) < plan.cycles) {
      plan = wide;
      order_ = order;
    } else {
      rename(*rows, order);
    }
  }
  base_ = plan.windows.base;
  batches_ = (rows->size() + kBatch - 1) / kBatch;
  if (!slots_.allocate(batches_ * kBatch, stops())) return false;
  for (size_t i = 0; i < rows->size(); ++i) {
    std::vector<SparseEntry> over;
    deal(
        (*rows)[i], plan.windows,
        [&](size_t stop, const SparseEntry& entry) {
          slots_.data()[(i / kBatch * stops() + stop) * kBatch + i % kBatch] = slotOf(entry.value, entry.column - base_[stop], plan.windows.wide);
        },
        [&over](const SparseEntry& entry) { over.push_back(entry); });
    (*rows)[i] = std::move(over);
  }
  if (!order_.empty()) rename(*rows, order_);
  return true;
}

const double* WindowRows::see(const double* x, double* room) const {
  if (order_.empty()) return x;
  windowKernel()->halves(x, order_.data(), order_.size(), reinterpret_cast<uint32_t*>(room));
  return room;
}

void WindowRows::multiply(const double* seen, double* out, size_t from, size_t to) const {
  const WindowKernel& kernel = *windowKernel();
  for (size_t batch = from; batch < to; ++batch) {
    const double* const slots = slots_.data() + batch * stops() * kBatch;
    if (order_.empty())
      kernel.narrow(slots, base_, seen, out + batch * kBatch);
    else
      kernel.wide(slots, base_, reinterpret_cast<const uint32_t*>(seen), order_.size(), out + batch * kBatch);
  }
}

}  // namespace asicr
