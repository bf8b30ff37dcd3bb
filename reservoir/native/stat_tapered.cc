#include "stat_tapered.h"

#include <algorithm>
#include <cmath>

#include "stat_dispatch.h"
#include "stat_fourier_passes.h"

namespace asicr {
namespace {

constexpr size_t kLeastSize = size_t{1} << 13;
constexpr double kPi = 3.14159265358979323846;
// Rows of coefficients lie so much further apart than a power of two, or all would want the same places of the caches.
constexpr size_t kPadding = 8;

template <size_t W>
ASICR_INLINE Vector<W> evens(const Vector<W>& a, const Vector<W>& b) {
  using Integers = typename Lanes<W>::Integers;
  if constexpr (W == 2) return __builtin_shuffle(a, b, Integers{0, 2});
  if constexpr (W == 4) return __builtin_shuffle(a, b, Integers{0, 2, 4, 6});
  if constexpr (W == 8) return __builtin_shuffle(a, b, Integers{0, 2, 4, 6, 8, 10, 12, 14});
}

template <size_t W>
ASICR_INLINE Vector<W> odds(const Vector<W>& a, const Vector<W>& b) {
  using Integers = typename Lanes<W>::Integers;
  if constexpr (W == 2) return __builtin_shuffle(a, b, Integers{1, 3});
  if constexpr (W == 4) return __builtin_shuffle(a, b, Integers{1, 3, 5, 7});
  if constexpr (W == 8) return __builtin_shuffle(a, b, Integers{1, 3, 5, 7, 9, 11, 13, 15});
}

template <size_t W>
ASICR_INLINE Vector<W> reversed(const Vector<W>& a) {
  using Integers = typename Lanes<W>::Integers;
  if constexpr (W == 2) return __builtin_shuffle(a, Integers{1, 0});
  if constexpr (W == 4) return __builtin_shuffle(a, Integers{3, 2, 1, 0});
  if constexpr (W == 8) return __builtin_shuffle(a, Integers{7, 6, 5, 4, 3, 2, 1, 0});
}

// Pairs z_j = y_2j + i y_2j+1 of y_i = taper_i (x_i - mean), zeros behind them. A taper's sine is that of its row's first value turned by
// that within the row.
struct TaperedPairs {
  const double* x;
  size_t n;
  double mean;
  // Turns a value, and the taper's scale.
  double step;
  double scale;
  // Cosine and sine of each row's first value.
  const double* tapers;

  template <size_t W>
  struct Group {
    Vector<W> evenCosine, evenSine, oddCosine, oddSine;
  };

  template <size_t W>
  ASICR_INLINE Group<W> group(size_t column) const {
    Vector<W> lanes = {};
    for (size_t lane = 0; lane < W; ++lane) lanes[lane] = static_cast<double>(2 * (column + lane) + 1);
    Group<W> out;
    sincosOfTurns<W>(lanes * step, out.evenCosine, out.evenSine);
    sincosOfTurns<W>((lanes + 1.0) * step, out.oddCosine, out.oddSine);
    out.evenCosine *= scale;
    out.evenSine *= scale;
    out.oddCosine *= scale;
    out.oddSine *= scale;
    return out;
  }

  ASICR_INLINE size_t rows(const Sides& sides) const { return std::min(sides.rows, (n + 2 * sides.columns - 1) / (2 * sides.columns)); }

  template <size_t W>
  ASICR_INLINE Complex<W> value(const Group<W>& group, const Sides& sides, size_t row, size_t column) const {
    const size_t from = 2 * (row * sides.columns + column);
    Vector<W> first, second;
    if (from + 2 * W <= n) {
      first = load<W>(x + from) - mean;
      second = load<W>(x + from + W) - mean;
    } else {
      double held[2 * W] = {};
      for (size_t i = from; i < n; ++i) held[i - from] = x[i] - mean;
      first = load<W>(held);
      second = load<W>(held + W);
    }
    const double cosine = tapers[2 * row], sine = tapers[2 * row + 1];
    return {evens<W>(first, second) * (sine * group.evenCosine + cosine * group.evenSine),
            odds<W>(first, second) * (sine * group.oddCosine + cosine * group.oddSine)};
  }
};

template <size_t W>
ASICR_INLINE void taperedBody(const Sides& sides, const TaperedPairs& pairs, double* work, size_t part, size_t parts) {
  columnPass<W>(sides, pairs, work, part, parts);
}

template <size_t W>
ASICR_INLINE void alongBody(const Sides& sides, double* re, double* im, size_t stride, double* work, size_t part, size_t parts) {
  rowPass<W>(sides, re, im, stride, work, part, parts);
}

ASICR_PER_SET(void, tapered, (const Sides& sides, const TaperedPairs& pairs, double* work, size_t part, size_t parts),
              (sides, pairs, work, part, parts))
ASICR_PER_SET(void, along, (const Sides& sides, double* re, double* im, size_t stride, double* work, size_t part, size_t parts),
              (sides, re, im, stride, work, part, parts))

// The spectrum of pairs, and exp(2 pi i f / 2h) at f = k rows + row as a product of two.
struct Pairs {
  const double* re;
  const double* im;
  size_t rows;
  size_t columns;
  size_t stride;
  // Cosine and sine by turns.
  const double* ofRow;
  // Cosines, then sines.
  const double* within;
};

// Y at f and at h - f from the spectrum of pairs at both: E + P and the conjugate of E - P.
template <size_t W>
struct Halves {
  Vector<W> re, im, mirroredRe, mirroredIm;
};

template <size_t W>
ASICR_INLINE Halves<W> halves(const Vector<W>& a, const Vector<W>& b, const Vector<W>& c, const Vector<W>& d, const Vector<W>& cosine, const Vector<W>& sine) {
  const Vector<W> er = 0.5 * (a + c), ei = 0.5 * (b - d), dr = 0.5 * (a - c), di = 0.5 * (b + d);
  const Vector<W> pr = cosine * di - sine * dr, pi = -(cosine * dr + sine * di);
  return {er + pr, ei + pi, er - pr, pi - ei};
}

template <size_t W>
ASICR_INLINE void add(double* to, const Vector<W>& value) {
  store<W>(to, load<W>(to) + value);
}

// W frequencies from f on, and W up to `mirror`.
template <size_t W>
ASICR_INLINE void gatherSome(const Halves<W>& y, double dc, size_t f, size_t mirror, const TaperSums& sums) {
  const size_t back = mirror - (W - 1);
  add<W>(sums.power + f, y.re * y.re + y.im * y.im);
  add<W>(sums.power + back, reversed<W>(y.mirroredRe * y.mirroredRe + y.mirroredIm * y.mirroredIm));
  if (dc == 0) return;
  add<W>(sums.lineRe + f, dc * y.re);
  add<W>(sums.lineIm + f, dc * y.im);
  add<W>(sums.lineRe + back, reversed<W>(dc * y.mirroredRe));
  add<W>(sums.lineIm + back, reversed<W>(dc * y.mirroredIm));
}

template <size_t W>
ASICR_INLINE Halves<W> halvesAt(const Pairs& z, size_t k, size_t row) {
  const double *a = z.re + k * z.stride, *b = z.im + k * z.stride;
  const size_t other = (z.columns - 1 - k) * z.stride + z.rows - row - (W - 1);
  const double c = z.ofRow[2 * k], s = z.ofRow[2 * k + 1];
  const Vector<W> inC = load<W>(z.within + row), inS = load<W>(z.within + z.rows + row);
  return halves<W>(load<W>(a + row), load<W>(b + row), reversed<W>(load<W>(z.re + other)), reversed<W>(load<W>(z.im + other)), c * inC - s * inS,
                   c * inS + s * inC);
}

// Rows [from, to) of the first half and their mirrors, without what stands first in a row.
template <size_t W>
ASICR_INLINE void gatherBody(const Pairs& z, double dc, size_t from, size_t to, const TaperSums& sums) {
  const size_t h = z.rows * z.columns;
  for (size_t k = from; k < to; ++k) {
    size_t row = 1;
    for (; row + W <= z.rows; row += W) gatherSome<W>(halvesAt<W>(z, k, row), dc, k * z.rows + row, h - k * z.rows - row, sums);
    // One less than a whole number of vectors is left: the last frequencies one at a time.
    for (; row < z.rows; ++row) {
      const double c = z.ofRow[2 * k], s = z.ofRow[2 * k + 1], inC = z.within[row], inS = z.within[z.rows + row];
      const size_t at = k * z.stride + row, other = (z.columns - 1 - k) * z.stride + z.rows - row;
      const Halves<2> y = halves<2>(all<2>(z.re[at]), all<2>(z.im[at]), all<2>(z.re[other]), all<2>(z.im[other]), all<2>(c * inC - s * inS), all<2>(c * inS + s * inC));
      const size_t f = k * z.rows + row, mirror = h - f;
      sums.power[f] += y.re[0] * y.re[0] + y.im[0] * y.im[0];
      sums.power[mirror] += y.mirroredRe[0] * y.mirroredRe[0] + y.mirroredIm[0] * y.mirroredIm[0];
      sums.lineRe[f] += dc * y.re[0];
      sums.lineIm[f] += dc * y.im[0];
      sums.lineRe[mirror] += dc * y.mirroredRe[0];
      sums.lineIm[mirror] += dc * y.mirroredIm[0];
    }
  }
}

ASICR_PER_SET(void, gather, (const Pairs& z, double dc, size_t from, size_t to, const TaperSums& sums), (z, dc, from, to, sums))

void gatherOne(double re, double im, double dc, size_t f, const TaperSums& sums) {
  sums.power[f] += re * re + im * im;
  sums.lineRe[f] += dc * re;
  sums.lineIm[f] += dc * im;
}

// What stands first in each row: 0 and h make two real ones of one pair, the others mirror each other.
void gatherFirst(const Pairs& z, double dc, const TaperSums& sums) {
  const size_t h = z.rows * z.columns;
  gatherOne(z.re[0] + z.im[0], 0, dc, 0, sums);
  gatherOne(z.re[0] - z.im[0], 0, dc, h, sums);
  for (size_t k = 1; k <= z.columns / 2; ++k) {
    const size_t at = k * z.stride, other = (z.columns - k) * z.stride;
    const Halves<2> y = halves<2>(all<2>(z.re[at]), all<2>(z.im[at]), all<2>(z.re[other]), all<2>(z.im[other]), all<2>(z.ofRow[2 * k]), all<2>(z.ofRow[2 * k + 1]));
    gatherOne(y.re[0], y.im[0], dc, k * z.rows, sums);
    if (at != other) gatherOne(y.mirroredRe[0], y.mirroredIm[0], dc, h - k * z.rows, sums);
  }
}

}  // namespace

bool TaperedSpectra::suits(size_t size) { return size >= kLeastSize && (size & (size - 1)) == 0; }

bool TaperedSpectra::create(size_t size, Team& team) {
  const size_t h = size / 2;
  if (!fourier_.create(h, team)) return false;
  const Sides sides = fourier_.sides();
  const size_t room = sides.columns * (sides.rows + kPadding);
  if (!re_.allocate(room) || !im_.allocate(room) || !rowTurns_.allocate(2 * sides.columns) || !columnTurns_.allocate(2 * sides.rows) ||
      !tapers_.allocate(2 * sides.rows))
    return false;
  for (size_t k = 0; k < sides.columns; ++k) {
    const double angle = kPi * static_cast<double>(k) / static_cast<double>(sides.columns);
    rowTurns_.data()[2 * k] = std::cos(angle);
    rowTurns_.data()[2 * k + 1] = std::sin(angle);
  }
  for (size_t row = 0; row < sides.rows; ++row) {
    const double angle = kPi * static_cast<double>(row) / static_cast<double>(h);
    columnTurns_.data()[row] = std::cos(angle);
    columnTurns_.data()[sides.rows + row] = std::sin(angle);
  }
  return true;
}

void TaperedSpectra::add(const double* x, size_t n, double mean, size_t k, TaperSums* sums, Team& team) {
  const Sides sides = fourier_.sides();
  const double length = static_cast<double>(n + 1), scale = std::sqrt(2 / length);
  for (size_t row = 0; row < sides.rows; ++row) {
    // Of value i: pi k i / (n + 1), here without whole turns, which keeps the angle exact.
    const double angle = kPi * std::fmod(static_cast<double>(k * 2 * row * sides.columns), 2 * length) / length;
    tapers_.data()[2 * row] = std::cos(angle);
    tapers_.data()[2 * row + 1] = std::sin(angle);
  }
  // An even taper and its mirror cancel.
  const double dc = k % 2 == 0 ? 0 : scale / std::tan(kPi * static_cast<double>(k) / (2 * length));
  const TaperedPairs pairs{x, n, mean, static_cast<double>(k) / (2 * length), scale, tapers_.data()};
  const size_t stride = sides.rows + kPadding;
  team.run([&](size_t member) { tapered(sides, pairs, fourier_.work(member), member, team.size()); });
  team.run([&](size_t member) { along(sides, re_.data(), im_.data(), stride, fourier_.work(member), member, team.size()); });
  const Pairs z{re_.data(), im_.data(), sides.rows, sides.columns, stride, rowTurns_.data(), columnTurns_.data()};
  const size_t half = sides.columns / 2;
  team.run([&](size_t member) { gather(z, dc, half * member / team.size(), half * (member + 1) / team.size(), *sums); });
  gatherFirst(z, dc, *sums);
  sums->squares += dc * dc;
}

}  // namespace asicr
