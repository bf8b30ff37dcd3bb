// Sums of exp(2 pi i f t) over events, for many frequencies in equal steps.
#pragma once
#include <cstddef>

#include "team.h"

namespace asicr {

// Where a sum over events goes, one entry per frequency. Null where it is not wanted.
struct HarmonicSums {
  double* re;
  double* im;
  // Of exp(4 pi i f t), and of value * exp(2 pi i f t).
  double* twiceRe;
  double* twiceIm;
  double* weightedRe;
  double* weightedIm;
};

// Frequencies first + k * step, k = 0 .. count - 1. `values` null: only re and im are made. Directly, with one sine per event and 64
// frequencies and a rotation for each of the others: error about 1e-14 n. False when the memory is not there.
bool harmonicSums(const double* times, const double* values, size_t n, double first, double step, size_t count, Team& team,
                  const HarmonicSums& out);

}  // namespace asicr
