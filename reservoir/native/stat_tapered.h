// Spectra of a series under sine tapers, summed: neither tapered series nor their spectra are ever stored.
#pragma once
#include <cstddef>

#include "stat_fourier.h"
#include "team.h"

namespace asicr {

// What multitaper (stat_spectrum.h) gathers of its tapers, at size / 2 + 1 frequencies each.
struct TaperSums {
  // |Y_k|^2.
  double* power;
  // dc_k Y_k, where dc_k is the sum of a taper.
  double* lineRe;
  double* lineIm;
  // dc_k^2.
  double squares;
};

class TaperedSpectra {
 public:
  // `size` a power of two from 2^13 on.
  static bool suits(size_t size);
  // False when the memory is not there.
  bool create(size_t size, Team& team);
  // Adds taper k = 1, 2, ... of x less `mean`, n <= size values, to sums.
  void add(const double* x, size_t n, double mean, size_t k, TaperSums* sums, Team& team);

 private:
  SmoothFourier fourier_;
  Scratch<double> re_;
  Scratch<double> im_;
  Buffer rowTurns_;
  Buffer columnTurns_;
  Buffer tapers_;
};

}  // namespace asicr
