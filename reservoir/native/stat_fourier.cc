#include "stat_fourier.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "stat_dispatch.h"
#include "stat_fourier_passes.h"
#include "stat_vector_math.h"

namespace asicr {
namespace {

constexpr size_t kLeastSide = 8;
constexpr size_t kMostLanes = 8;
constexpr double kTwoPi = 6.283185307179586477;

// The largest divisor not above the root, 0 for lengths that do not suit.
size_t shorterSide(size_t n) {
  size_t rest = n;
  for (const size_t prime : {2, 3, 5})
    while (rest > 0 && rest % prime == 0) rest /= prime;
  if (rest != 1) return 0;
  size_t side = static_cast<size_t>(std::sqrt(static_cast<double>(n)));
  while (side * side > n) --side;
  while (side >= kLeastSide && n % side != 0) --side;
  return side >= kLeastSide ? side : 0;
}

bool fillTwiddles(Buffer& twiddles, size_t n) {
  if (!twiddles.allocate(2 * n)) return false;
  for (size_t k = 0; k < n; ++k) {
    const double angle = kTwoPi * static_cast<double>(k) / static_cast<double>(n);
    twiddles.data()[2 * k] = std::cos(angle);
    twiddles.data()[2 * k + 1] = -std::sin(angle);
  }
  return true;
}

// What is transformed: real and imaginary parts by themselves.
struct Separate {
  const double* re;
  const double* im;

  struct Group {};
  template <size_t W>
  ASICR_INLINE Group group(size_t) const {
    return {};
  }
  ASICR_INLINE size_t rows(const Sides& sides) const { return sides.rows; }
  template <size_t W>
  ASICR_INLINE Complex<W> value(const Group&, const Sides& sides, size_t row, size_t column) const {
    return {load<W>(re + row * sides.columns + column), load<W>(im + row * sides.columns + column)};
  }
};

template <size_t W>
ASICR_INLINE void columnsBody(const Sides& sides, const double* re, const double* im, double* work, size_t part, size_t parts) {
  columnPass<W>(sides, Separate{re, im}, work, part, parts);
}

template <size_t W>
ASICR_INLINE void rowsBody(const Sides& sides, double* re, double* im, double* work, size_t part, size_t parts) {
  rowPass<W>(sides, re, im, sides.rows, work, part, parts);
}

ASICR_PER_SET(void, columns, (const Sides& sides, const double* re, const double* im, double* work, size_t part, size_t parts),
              (sides, re, im, work, part, parts))
ASICR_PER_SET(void, rows, (const Sides& sides, double* re, double* im, double* work, size_t part, size_t parts),
              (sides, re, im, work, part, parts))

// (a + i b) of both, elementwise product in place.
void multiply(double* ar, double* ai, const double* br, const double* bi, size_t from, size_t to) {
  for (size_t k = from; k < to; ++k) {
    const double re = ar[k] * br[k] - ai[k] * bi[k];
    ai[k] = ar[k] * bi[k] + ai[k] * br[k];
    ar[k] = re;
  }
}

// Spectrum of n real numbers at k = 1 .. h - 1 from that of their pairs, z_j = x_2j + i x_2j+1, h = n / 2 (`undo`: the reverse).
template <size_t W>
ASICR_INLINE void splitBody(const double* zr, const double* zi, double* xr, double* xi, size_t h, bool undo, size_t from, size_t to) {
  const double n = static_cast<double>(2 * h);
  Vector<W> lanes = {};
  for (size_t lane = 0; lane < W; ++lane) lanes[lane] = static_cast<double>(lane);
  for (size_t k = from; k < to; k += W) {
    double mr[W], mi[W], kr[W], ki[W];
    const size_t here = std::min(W, to - k);
    for (size_t lane = 0; lane < W; ++lane) {
      const size_t at = std::min(k + lane, h - 1);
      kr[lane] = zr[at];
      ki[lane] = zi[at];
      mr[lane] = zr[h - at];
      mi[lane] = zi[h - at];
    }
    const Vector<W> a = load<W>(kr), b = load<W>(ki), c = load<W>(mr), d = load<W>(mi);
    Vector<W> cosine, sine;
    sincosOfTurns<W>((lanes + static_cast<double>(k)) / n, cosine, sine);
    // Spectra of the even and of the odd ones; forward: E + w O with w = exp(-2 pi i k / n) and O = (Z - Z*) / 2i.
    const Vector<W> er = 0.5 * (a + c), ei = 0.5 * (b - d), dr = 0.5 * (a - c), di = 0.5 * (b + d);
    Vector<W> outR, outI;
    if (undo) {
      // Z = E + i w* D
      outR = er - (cosine * di + sine * dr);
      outI = ei + (cosine * dr - sine * di);
    } else {
      // X = E - i w D
      outR = er + (cosine * di - sine * dr);
      outI = ei - (cosine * dr + sine * di);
    }
    for (size_t lane = 0; lane < here; ++lane) {
      xr[k + lane] = outR[lane];
      xi[k + lane] = outI[lane];
    }
  }
}

ASICR_PER_SET(void, split, (const double* zr, const double* zi, double* xr, double* xi, size_t h, bool undo, size_t from, size_t to),
              (zr, zi, xr, xi, h, undo, from, to))

}  // namespace

bool SmoothFourier::suits(size_t n) { return shorterSide(n) > 0; }

bool SmoothFourier::create(size_t n, Team& team) {
  rows_ = shorterSide(n);
  columns_ = n / rows_;
  // Two arrays of complex vectors for the longer side; whole cache lines.
  workPerMember_ = 4 * columns_ * kMostLanes;
  return fillTwiddles(rowTwiddles_, rows_) && fillTwiddles(columnTwiddles_, columns_) &&
         middle_.allocate(2 * columns_ * (rows_ + kMostLanes)) && work_.allocate(team.size(), workPerMember_);
}

void SmoothFourier::forward(double* re, double* im, Team& team) {
  const Sides sides = this->sides();
  team.run([&](size_t member) { columns(sides, re, im, work_.data() + member * workPerMember_, member, team.size()); });
  team.run([&](size_t member) { rows(sides, re, im, work_.data() + member * workPerMember_, member, team.size()); });
}

bool Fourier::create(size_t n, Team& team) {
  n_ = n;
  chirped_ = !SmoothFourier::suits(n);
  if (!chirped_) return smooth_.create(n, team);
  size_t size = 64;
  while (size < 2 * n) size *= 2;
  if (!smooth_.create(size, team) || !chirp_.allocate(2 * n) || !chirpSpectrum_.allocate(2 * size) || !padded_.allocate(2 * size)) return false;
  double *cosine = chirp_.data(), *sine = cosine + n, *br = chirpSpectrum_.data(), *bi = br + size;
  for (size_t k = 0; k < n; ++k) {
    // k^2 modulo 2n keeps the angle exact for long series.
    const double angle = kTwoPi / 2 * static_cast<double>(static_cast<uint64_t>(k) * k % (2 * n)) / static_cast<double>(n);
    cosine[k] = std::cos(angle);
    sine[k] = -std::sin(angle);
    br[k] = cosine[k];
    bi[k] = -sine[k];
    if (k > 0) {
      br[size - k] = br[k];
      bi[size - k] = bi[k];
    }
  }
  smooth_.forward(br, bi, team);
  return true;
}

void Fourier::forward(double* re, double* im, Team& team) {
  if (!chirped_) return smooth_.forward(re, im, team);
  const size_t size = smooth_.length();
  const double *cosine = chirp_.data(), *sine = cosine + n_;
  double *ar = padded_.data(), *ai = ar + size;
  std::memcpy(ar, re, n_ * sizeof(double));
  std::memcpy(ai, im, n_ * sizeof(double));
  std::memset(ar + n_, 0, (size - n_) * sizeof(double));
  std::memset(ai + n_, 0, (size - n_) * sizeof(double));
  multiply(ar, ai, cosine, sine, 0, n_);
  smooth_.forward(ar, ai, team);
  multiply(ar, ai, chirpSpectrum_.data(), chirpSpectrum_.data() + size, 0, size);
  smooth_.forward(ai, ar, team);
  const double scale = 1 / static_cast<double>(size);
  for (size_t k = 0; k < n_; ++k) {
    re[k] = ar[k] * scale;
    im[k] = ai[k] * scale;
  }
  multiply(re, im, cosine, sine, 0, n_);
}

bool RealFourier::create(size_t n, Team& team) {
  n_ = n;
  halved_ = n % 2 == 0 && n > 2;
  const size_t length = halved_ ? n / 2 : n;
  return fourier_.create(length, team) && re_.allocate(length + 1) && im_.allocate(length + 1);
}

void RealFourier::forward(const double* x, double* re, double* im, Team& team) {
  double *zr = re_.data(), *zi = im_.data();
  if (!halved_) {
    std::memcpy(zr, x, n_ * sizeof(double));
    std::memset(zi, 0, n_ * sizeof(double));
    fourier_.forward(zr, zi, team);
    std::memcpy(re, zr, (n_ / 2 + 1) * sizeof(double));
    std::memcpy(im, zi, (n_ / 2 + 1) * sizeof(double));
    return;
  }
  const size_t h = n_ / 2;
  for (size_t j = 0; j < h; ++j) {
    zr[j] = x[2 * j];
    zi[j] = x[2 * j + 1];
  }
  fourier_.forward(zr, zi, team);
  re[0] = zr[0] + zi[0];
  re[h] = zr[0] - zi[0];
  im[0] = im[h] = 0;
  team.run([&](size_t member) {
    split(zr, zi, re, im, h, false, 1 + (h - 1) * member / team.size(), 1 + (h - 1) * (member + 1) / team.size());
  });
}

void RealFourier::backward(double* re, double* im, double* x, Team& team) {
  double *zr = re_.data(), *zi = im_.data();
  const double scale = 1 / static_cast<double>(halved_ ? n_ / 2 : n_);
  if (!halved_) {
    for (size_t k = 0; k < n_; ++k) {
      const bool mirrored = k > n_ / 2;
      zr[k] = re[mirrored ? n_ - k : k];
      zi[k] = mirrored ? -im[n_ - k] : im[k];
    }
    fourier_.forward(zi, zr, team);
    for (size_t j = 0; j < n_; ++j) x[j] = zr[j] * scale;
    return;
  }
  const size_t h = n_ / 2;
  zr[0] = 0.5 * (re[0] + re[h]);
  zi[0] = 0.5 * (re[0] - re[h]);
  team.run([&](size_t member) {
    split(re, im, zr, zi, h, true, 1 + (h - 1) * member / team.size(), 1 + (h - 1) * (member + 1) / team.size());
  });
  fourier_.forward(zi, zr, team);
  for (size_t j = 0; j < h; ++j) {
    x[2 * j] = zr[j] * scale;
    x[2 * j + 1] = zi[j] * scale;
  }
}

}  // namespace asicr
