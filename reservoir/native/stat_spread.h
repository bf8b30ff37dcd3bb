// Sorting finite doubles by value: they are spread over buckets that fit the near caches, and each bucket is put in order by
// counting. Time goes with n for values of any smooth density.
#pragma once
#include <cstddef>
#include <cstdint>

#include "team.h"

namespace asicr {

enum class Spread { done, unsuited, noMemory };

// Rising, -0 before 0. Unsuited, with x as it was, for values that are not finite or of which too many lie close together.
Spread spreadSort(double* x, size_t n, Team& team);

// As sortedOrder (stat_order.h).
Spread spreadOrder(const double* x, size_t n, uint32_t* order, Team& team);

}  // namespace asicr
