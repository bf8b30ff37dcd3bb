// Nearest neighbours of points in the plane, maximum norm, for mutual information by Kraskov, Stoegbauer and Grassberger.
#pragma once
#include <cstddef>

#include "team.h"

namespace asicr {

constexpr size_t kMostNeighbours = 64;

// For every point i the distance to its k-th nearest neighbour is found exactly (in strips of neighbours by x, n log n for samples of a smooth density), and how many other points are nearer than
// that by x alone and by y alone, nx and ny. Returns the sum of digamma[nx + 1] + digamma[ny + 1]: a table of n + 1 values.
// NaN when k others lie at the very same place as some point: there the estimate has no meaning.
// n > k, k <= kMostNeighbours, x and y finite. False when the memory is not there.
bool neighbourSum(const double* x, const double* y, size_t n, size_t k, const double* digamma, Team& team, double* sum);

}  // namespace asicr
