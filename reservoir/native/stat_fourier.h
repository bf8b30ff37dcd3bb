// The discrete Fourier transform of any length, X_k = sum x_j exp(-2 pi i j k / n).
#pragma once
#include <cstddef>
#include <memory>

#include "buffer.h"
#include "stat_memory.h"
#include "team.h"

namespace asicr {

// A rows x columns problem: where its parts lie.
struct Sides {
  size_t rows;
  size_t columns;
  const double* rowTwiddles;
  const double* columnTwiddles;
  double* middle;
};

// Lengths n = a b, 8 <= a <= b, without prime factors above 5: columns of a and then rows of b, several at a time, one to a lane, so
// that every transform stays in the second-level cache (Bailey 1990).
class SmoothFourier {
 public:
  static bool suits(size_t n);
  // False when the memory is not there.
  bool create(size_t n, Team& team);
  // In place, no scaling. Backward is forward with re and im exchanged.
  void forward(double* re, double* im, Team& team);
  size_t length() const { return rows_ * columns_; }

  // For those who bring their own passes (stat_fourier_passes.h).
  Sides sides() { return {rows_, columns_, rowTwiddles_.data(), columnTwiddles_.data(), middle_.data()}; }
  double* work(size_t member) { return work_.data() + member * workPerMember_; }

 private:
  size_t rows_ = 0;
  size_t columns_ = 0;
  Buffer rowTwiddles_;
  Buffer columnTwiddles_;
  Scratch<double> middle_;
  Buffer work_;
  size_t workPerMember_ = 0;
};

// Any length: other ones as a convolution with a chirp (Bluestein 1970).
class Fourier {
 public:
  bool create(size_t n, Team& team);
  void forward(double* re, double* im, Team& team);

 private:
  size_t n_ = 0;
  bool chirped_ = false;
  SmoothFourier smooth_;
  Buffer chirp_;
  Buffer chirpSpectrum_;
  Scratch<double> padded_;
};

// Real series; an even length by a complex transform of half of it.
class RealFourier {
 public:
  bool create(size_t n, Team& team);
  // re, im: n / 2 + 1 values each.
  void forward(const double* x, double* re, double* im, Team& team);
  // Undoes forward, the division by n included. re and im are overwritten.
  void backward(double* re, double* im, double* x, Team& team);

 private:
  size_t n_ = 0;
  bool halved_ = false;
  Fourier fourier_;
  Scratch<double> re_;
  Scratch<double> im_;
};

}  // namespace asicr
