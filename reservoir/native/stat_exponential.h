// How far intervals are from an exponential law with their own mean.
#pragma once
#include <cstddef>

#include "team.h"

namespace asicr {

struct ExponentialDistances {
  double mean;
  // Kolmogorov's.
  double distance;
  // Anderson and Darling's A^2.
  double a2;
};

// Sorts x. A value below half of the least positive one counts as that. x: n > 0 numbers, not negative, finite, not all 0.
// False when the memory is not there.
bool exponentialDistances(double* x, size_t n, Team& team, ExponentialDistances* out);

}  // namespace asicr
