// Where a window of 32 columns stops, and which entry of a row gets which stop (window_rows.h).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lane_rows.h"

namespace asicr {

// A window shows four pieces of eight neighbouring columns from four parts of the matrix.
constexpr size_t kPieces = 4;
constexpr size_t kPiece = 8;
constexpr size_t kWindow = kPieces * kPiece;
// Columns that are none before the first one and after the last: the first pieces begin there, and the last end.
constexpr size_t kMargin = 16;

// Where the pieces of a window begin, counted from the margin on.
using Stop = std::array<uint32_t, kPieces>;

// So many stops, which show all columns equally often and no two the same ones: what a row has too much of in one place can be had at
// stops that make up for it elsewhere. The same for the same arguments.
std::vector<Stop> evenStops(size_t count, size_t columns);

// Gives the entries of a row to stops, one each, so that as few as can be are left over.
class Dealer {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  Dealer(const std::vector<Stop>& stops, size_t columns);

  // For each entry kWindow * its stop + its column's place in that window, or kNone. Stands until the next call.
  const std::vector<uint32_t>& deal(const std::vector<SparseEntry>& row);

 private:
  bool give(const std::vector<SparseEntry>& row, uint32_t entry);

  std::vector<uint32_t> viewStart_;  // by column, the first of its views and, at last, the number of all
  std::vector<uint32_t> view_;       // kWindow * stop + place
  std::vector<uint32_t> given_;      // by entry
  // By stop: the entry that has it, the search that came by last, and from which entry to which view.
  std::vector<uint32_t> owner_, search_, from_, to_;
  std::vector<uint32_t> reached_;
};

}  // namespace asicr
