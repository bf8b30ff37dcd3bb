// Orders of a sparse matrix's columns.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lane_rows.h"

namespace asicr {

// An order of the columns (at most 65536) in which the entries of every row are spread more evenly than chance does: at each place the one,
// of some hundred columns that are still to be had, whose rows are furthest behind. The same for the same matrix.
std::vector<uint16_t> evenOrder(const SparseEntries& rows, size_t columns);

}  // namespace asicr
