// Stops of a window over the columns, and which entry of a row gets which.
#include "window_stops.h"

#include <algorithm>
#include <functional>
#include <set>

#include "check.h"
#include "random_rows.h"

using namespace asicr;

namespace {

std::vector<SparseEntry> randomRow(size_t columns, double density, uint32_t seed) {
  const std::vector<double> random = randomValues(columns, seed);
  std::vector<SparseEntry> row;
  for (size_t j = 0; j < columns; ++j)
    if (random[j] > 1 - 2 * density) row.push_back({static_cast<uint32_t>(j), 1.0});
  return row;
}

// The column at a place of a window, or `columns` and more for none.
size_t columnAt(const Stop& stop, size_t place) { return stop[place / kPiece] + place % kPiece - kMargin; }

void showColumnsEquallyOften(size_t count, size_t columns) {
  const std::vector<Stop> stops = evenStops(count, columns);
  CHECK(stops.size() == count);
  CHECK(evenStops(count, columns) == stops);
  std::vector<double> shown(columns, 0);
  for (const Stop& stop : stops)
    for (size_t place = 0; place < kWindow; ++place) {
      CHECK(stop[place / kPiece] + place % kPiece < columns + 2 * kMargin);
      if (columnAt(stop, place) < columns) ++shown[columnAt(stop, place)];
    }
  // A piece begins at every fourth column, so few columns are shown at least by half of the pieces.
  const double mean = static_cast<double>(count * kWindow) / static_cast<double>(columns + kPiece / 2);
  for (double times : shown) {
    if (columns > kWindow) CHECK_NEAR(times, mean, 0.35 * mean + 2);
    CHECK(times >= mean / 2);
  }
}

// The most entries that can have a stop, by trying every way depth first.
size_t mostGiven(const std::vector<Stop>& stops, const std::vector<SparseEntry>& row) {
  std::vector<size_t> owner(stops.size(), row.size());
  size_t given = 0;
  for (size_t entry = 0; entry < row.size(); ++entry) {
    std::vector<bool> tried(stops.size(), false);
    const std::function<bool(size_t)> settle = [&](size_t e) {
      for (size_t s = 0; s < stops.size(); ++s) {
        bool seen = false;
        for (size_t place = 0; place < kWindow; ++place) seen = seen || columnAt(stops[s], place) == row[e].column;
        if (!seen || tried[s]) continue;
        tried[s] = true;
        if (owner[s] < row.size() && !settle(owner[s])) continue;
        owner[s] = e;
        return true;
      }
      return false;
    };
    if (settle(entry)) ++given;
  }
  return given;
}

// Each stop at most one entry, which it shows, and no more left over than must be; rows one after the other, for the dealer is used again.
void leavesAsFewAsCanBe(size_t count, size_t columns, double density) {
  const std::vector<Stop> stops = evenStops(count, columns);
  Dealer dealer(stops, columns);
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    const std::vector<SparseEntry> row = randomRow(columns, density, seed);
    const std::vector<uint32_t> given = dealer.deal(row);
    CHECK(given.size() == row.size());
    std::set<uint32_t> used;
    for (size_t e = 0; e < row.size(); ++e) {
      if (given[e] == Dealer::kNone) continue;
      CHECK(columnAt(stops[given[e] / kWindow], given[e] % kWindow) == row[e].column);
      CHECK(used.insert(given[e] / kWindow).second);
    }
    CHECK(used.size() == mostGiven(stops, row));
  }
}

// What the whole arrangement is for: a few stops more than a row has entries serve nearly all of them.
void nearlyAllEntriesAreServed() {
  constexpr size_t kColumns = 1000, kRows = 50;
  Dealer dealer(evenStops(110, kColumns), kColumns);
  size_t left = 0, entries = 0;
  for (uint32_t seed = 1; seed <= kRows; ++seed) {
    std::vector<SparseEntry> row = randomRow(kColumns, 0.11, seed);
    row.resize(std::min<size_t>(row.size(), 100));
    const std::vector<uint32_t>& given = dealer.deal(row);
    left += static_cast<size_t>(std::count(given.begin(), given.end(), Dealer::kNone));
    entries += row.size();
  }
  CHECK(entries > 98 * kRows);
  CHECK(left * 100 < entries);
}

}  // namespace

int main() {
  for (size_t columns : {1, 7, 8, 33, 100, 1000}) showColumnsEquallyOften(40, columns);
  CHECK(evenStops(0, 10).empty());
  leavesAsFewAsCanBe(12, 100, 0.1);
  leavesAsFewAsCanBe(10, 100, 0.15);
  leavesAsFewAsCanBe(30, 60, 0.5);
  leavesAsFewAsCanBe(3, 5, 1);
  leavesAsFewAsCanBe(0, 20, 0.3);
  nearlyAllEntriesAreServed();
  std::printf("stops of a window\n");
}
