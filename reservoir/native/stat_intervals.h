// Sums over the intervals between events, in one pass. Where `events` is true, x holds n + 1 event times and interval i is
// x[i + 1] - x[i], which is never stored; else x holds the n intervals.
#pragma once
#include <cstddef>

namespace asicr {

struct IntervalExtent {
  // Not finite when some interval is not.
  double sum;
  double least;
};

// Over neighbours a, b: pairs with a + b != 0, ((b - a) / (a + b))^2, |b - a| / (a + b), (a - mean)(b - mean).
struct NeighbourSums {
  double pairs;
  double local;
  double absolute;
  double products;
  // Over all intervals, less the mean.
  double sum;
  double squares;
};

IntervalExtent intervalExtent(const double* x, size_t n, bool events);
// Of n differences of event times, sum of squares about the mean given; not finite when some time is not.
double intervalSquares(const double* times, size_t n, double mean);
NeighbourSums neighbourSums(const double* x, size_t n, bool events, double mean);

// Whether x never falls; false with a NaN.
bool neverFalls(const double* x, size_t n);
// How many values equal the one before.
size_t equalNeighbours(const double* x, size_t n);
// Whether every value is; what is not makes a sum of differences with itself not zero.
bool everyFinite(const double* x, size_t n);

// Sum of squares of x[i + 2m] - 2 x[i + m] + x[i] (order 2) or of x[i + 3m] - 3 x[i + 2m] + 3 x[i + m] - x[i] (order 3), for i every `step`.
double differenceSquares(const double* x, size_t n, size_t m, size_t order, size_t step);

}  // namespace asicr
