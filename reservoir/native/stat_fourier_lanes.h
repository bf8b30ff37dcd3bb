// One Fourier transform in every lane: n complex numbers, each a vector of real parts and one of imaginary parts.
#pragma once
#include <cstddef>

#include "lanes.h"

namespace asicr {

template <size_t W>
struct Complex {
  Vector<W> re;
  Vector<W> im;
};

template <size_t W>
ASICR_INLINE Complex<W> times(const Complex<W>& a, double c, double s) {
  return {a.re * c - a.im * s, a.re * s + a.im * c};
}

// y_j = sum a_k exp(-2 pi i j k / R), in place.
template <size_t W, size_t R>
ASICR_INLINE void butterfly(Complex<W>* a) {
  if constexpr (R == 2) {
    const Complex<W> b = a[1];
    a[1] = {a[0].re - b.re, a[0].im - b.im};
    a[0] = {a[0].re + b.re, a[0].im + b.im};
  } else if constexpr (R == 3) {
    constexpr double kSin = 0.86602540378443864676;
    const Complex<W> sum{a[1].re + a[2].re, a[1].im + a[2].im}, difference{kSin * (a[1].re - a[2].re), kSin * (a[1].im - a[2].im)};
    const Complex<W> middle{a[0].re - 0.5 * sum.re, a[0].im - 0.5 * sum.im};
    a[0] = {a[0].re + sum.re, a[0].im + sum.im};
    a[1] = {middle.re + difference.im, middle.im - difference.re};
    a[2] = {middle.re - difference.im, middle.im + difference.re};
  } else if constexpr (R == 4) {
    const Complex<W> p{a[0].re + a[2].re, a[0].im + a[2].im}, q{a[0].re - a[2].re, a[0].im - a[2].im};
    const Complex<W> r{a[1].re + a[3].re, a[1].im + a[3].im}, s{a[1].im - a[3].im, a[3].re - a[1].re};
    a[0] = {p.re + r.re, p.im + r.im};
    a[1] = {q.re + s.re, q.im + s.im};
    a[2] = {p.re - r.re, p.im - r.im};
    a[3] = {q.re - s.re, q.im - s.im};
  } else {
    constexpr double kCos1 = 0.30901699437494742410, kCos2 = -0.80901699437494742410;
    constexpr double kSin1 = 0.95105651629515357212, kSin2 = 0.58778525229247312917;
    const Complex<W> s1{a[1].re + a[4].re, a[1].im + a[4].im}, d1{a[1].re - a[4].re, a[1].im - a[4].im};
    const Complex<W> s2{a[2].re + a[3].re, a[2].im + a[3].im}, d2{a[2].re - a[3].re, a[2].im - a[3].im};
    const Complex<W> m1{a[0].re + kCos1 * s1.re + kCos2 * s2.re, a[0].im + kCos1 * s1.im + kCos2 * s2.im};
    const Complex<W> m2{a[0].re + kCos2 * s1.re + kCos1 * s2.re, a[0].im + kCos2 * s1.im + kCos1 * s2.im};
    const Complex<W> n1{kSin1 * d1.im + kSin2 * d2.im, -(kSin1 * d1.re + kSin2 * d2.re)};
    const Complex<W> n2{kSin2 * d1.im - kSin1 * d2.im, kSin1 * d2.re - kSin2 * d1.re};
    a[0] = {a[0].re + s1.re + s2.re, a[0].im + s1.im + s2.im};
    a[1] = {m1.re + n1.re, m1.im + n1.im};
    a[2] = {m2.re + n2.re, m2.im + n2.im};
    a[3] = {m2.re - n2.re, m2.im - n2.im};
    a[4] = {m1.re - n1.re, m1.im - n1.im};
  }
}

// One step of Stockham's transform: `stride` transforms of length `length` become R times as many of length / R.
// twiddles[2 k], twiddles[2 k + 1]: cosine and sine of -2 pi k / (length stride).
template <size_t W, size_t R>
ASICR_INLINE void stage(const Complex<W>* from, Complex<W>* to, size_t length, size_t stride, const double* twiddles) {
  const size_t m = length / R;
  for (size_t p = 0; p < m; ++p) {
    double c[R], s[R];
    for (size_t j = 1; j < R; ++j) {
      c[j] = twiddles[2 * (p * j * stride)];
      s[j] = twiddles[2 * (p * j * stride) + 1];
    }
    for (size_t q = 0; q < stride; ++q) {
      Complex<W> a[R];
      for (size_t j = 0; j < R; ++j) a[j] = from[q + stride * (p + m * j)];
      butterfly<W, R>(a);
      to[q + stride * (R * p)] = a[0];
      for (size_t j = 1; j < R; ++j) to[q + stride * (R * p + j)] = times<W>(a[j], c[j], s[j]);
    }
  }
}

// Transforms a, with b of the same size to work in; the answer is in what is returned. n has no prime factor above 5.
template <size_t W>
ASICR_INLINE Complex<W>* transformLanes(Complex<W>* a, Complex<W>* b, size_t n, const double* twiddles) {
  size_t stride = 1;
  for (size_t length = n; length > 1;) {
    const size_t radix = length % 4 == 0 ? 4 : length % 2 == 0 ? 2 : length % 3 == 0 ? 3 : 5;
    switch (radix) {
      case 4: stage<W, 4>(a, b, length, stride, twiddles); break;
      case 2: stage<W, 2>(a, b, length, stride, twiddles); break;
      case 3: stage<W, 3>(a, b, length, stride, twiddles); break;
      default: stage<W, 5>(a, b, length, stride, twiddles);
    }
    length /= radix;
    stride *= radix;
    Complex<W>* const held = a;
    a = b;
    b = held;
  }
  return a;
}

template <size_t W>
ASICR_INLINE Vector<W> lowHalves(const Vector<W>& a, const Vector<W>& b) {
  using Integers = typename Lanes<W>::Integers;
  if constexpr (W == 2) return __builtin_shuffle(a, b, Integers{0, 2});
  if constexpr (W == 4) return __builtin_shuffle(a, b, Integers{0, 4, 1, 5});
  if constexpr (W == 8) return __builtin_shuffle(a, b, Integers{0, 8, 1, 9, 2, 10, 3, 11});
}

template <size_t W>
ASICR_INLINE Vector<W> highHalves(const Vector<W>& a, const Vector<W>& b) {
  using Integers = typename Lanes<W>::Integers;
  if constexpr (W == 2) return __builtin_shuffle(a, b, Integers{1, 3});
  if constexpr (W == 4) return __builtin_shuffle(a, b, Integers{2, 6, 3, 7});
  if constexpr (W == 8) return __builtin_shuffle(a, b, Integers{4, 12, 5, 13, 6, 14, 7, 15});
}

// Rows become columns: log2 W perfect shuffles.
template <size_t W>
ASICR_INLINE void transpose(Vector<W>* v) {
  for (size_t done = 1; done < W; done *= 2) {
    Vector<W> next[W];
    for (size_t i = 0; i < W / 2; ++i) {
      next[2 * i] = lowHalves<W>(v[i], v[i + W / 2]);
      next[2 * i + 1] = highHalves<W>(v[i], v[i + W / 2]);
    }
    for (size_t i = 0; i < W; ++i) v[i] = next[i];
  }
}

}  // namespace asicr
