// Sorting doubles: by value (stat_spread.h), and where that does not suit them by their bits, three passes over the leading 32 to 33 bits
// that differ and then what those left in disorder.
#pragma once
#include <cstddef>
#include <cstdint>

#include "team.h"

namespace asicr {

// Rising; -0 before 0, NaN last. False when the memory is not there.
bool sortDoubles(double* x, size_t n, Team& team);

// order[r] is the index of the value of rank r; equal values (0 and -0 are) stay in the order of their indices. n below 2^32.
bool sortedOrder(const double* x, size_t n, uint32_t* order, Team& team);

}  // namespace asicr
