// Recurrence quantification.
#pragma once
#include <cstddef>

namespace asicr {

struct RecurrenceSums {
  double radius;
  // Pairs that are near each other; those on diagonal lines, of how many lines, the longest; those on vertical lines of the
  // whole matrix, in which every pair is there twice.
  double points;
  double onDiagonals;
  double lines;
  double longest;
  double onVerticals;
};

// States (x[i], x[i + delay], ...), n of them, maximum norm. `rank`: the radius is the distance of this rank (from 0) among the
// n (n - 1) / 2 pairs. Lines count from `leastLine` points on. False when the memory is not there.
bool recurrence(const double* x, size_t n, size_t dimension, size_t delay, size_t rank, size_t leastLine, RecurrenceSums* out);

}  // namespace asicr
