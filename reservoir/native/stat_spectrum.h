// Spectra of evenly sampled values, and series that share one.
#pragma once
#include <cstddef>

#include "team.h"

namespace asicr {

// Thomson's multitaper spectrum with sine tapers 1 .. tapers of x less its mean, zeros behind the n values up to `size` (even). power:
// size / 2 + 1 values, per unit of frequency; pValue: of the F test for a line. False when the memory is not there.
bool multitaper(const double* x, size_t n, double mean, size_t tapers, size_t size, double* power, double* pValue, Team& team);

// Iterated amplitude-adjusted Fourier surrogate: series becomes an order of the values of x that has nearly the power spectrum of x,
// starting from the order it is in. n > 1. False when the memory is not there.
bool iaaft(const double* x, double* series, size_t n, size_t iterations, Team& team);

}  // namespace asicr
