// Counts of ordinal patterns.
#pragma once
#include <cstddef>

#include "team.h"

namespace asicr {

constexpr size_t kLargestOrder = 8;

// counts[p] for the order! patterns, numbered lexicographically by the stable argsort of each window x[i], x[i + delay], ...; equal
// values keep their order or, where `breaker` is not null, come in the order of its numbers. order 2 .. kLargestOrder, delay > 0,
// n > (order - 1) * delay. False when the memory is not there. What else is asked of the values is seen in the same pass.
struct OrdinalSeen {
  // Else the counts have no meaning.
  bool finite;
  // Values that equal the one before.
  size_t equal;
};

bool ordinalCounts(const double* x, const double* breaker, size_t n, size_t order, size_t delay, double* counts, Team& team, OrdinalSeen* seen);

}  // namespace asicr
