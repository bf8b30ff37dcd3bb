// Counts of events in windows [b W, (b + 1) W), b = 0 .. windows - 1. Times are in order.
#pragma once
#include <cstddef>

namespace asicr {

struct CountSums {
  double sum;
  // Sum of (count - mean)^2, and of squared differences of neighbours.
  double squares;
  double differences;
};

// An event belongs to window floor(time / W), the division rounded as doubles are. False when the memory is not there.
bool windowCounts(const double* times, size_t n, double window, size_t windows, double* counts);

// The same counts, of which only sums are kept.
bool windowSums(const double* times, size_t n, double window, size_t windows, CountSums* sums);

}  // namespace asicr
