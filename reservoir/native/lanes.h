// Vectors of W doubles for code that is written once and compiled per instruction set: a template body, inlined into one
// function per set that carries the target attribute. (GCC and Clang vector extensions; W = 2 is SSE2 or NEON.)
#pragma once
#include <cstddef>

#define ASICR_INLINE inline __attribute__((always_inline))
#define ASICR_AVX2 __attribute__((target("avx2,fma")))
#define ASICR_AVX512 __attribute__((target("avx512f,avx512dq,avx2,fma")))

// Bodies are inlined, so no vector is ever passed by the calling convention that this warning is about.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace asicr {

template <size_t W>
struct Lanes;
template <>
struct Lanes<2> {
  typedef double Vector __attribute__((vector_size(16)));
  typedef double Unaligned __attribute__((vector_size(16), aligned(8), may_alias));
  typedef long long Integers __attribute__((vector_size(16)));
};
template <>
struct Lanes<4> {
  typedef double Vector __attribute__((vector_size(32)));
  typedef double Unaligned __attribute__((vector_size(32), aligned(8), may_alias));
  typedef long long Integers __attribute__((vector_size(32)));
};
template <>
struct Lanes<8> {
  typedef double Vector __attribute__((vector_size(64)));
  typedef double Unaligned __attribute__((vector_size(64), aligned(8), may_alias));
  typedef long long Integers __attribute__((vector_size(64)));
};

template <size_t W>
using Vector = typename Lanes<W>::Vector;

template <size_t W>
ASICR_INLINE Vector<W> load(const double* from) {
  return *reinterpret_cast<const typename Lanes<W>::Unaligned*>(from);
}

template <size_t W>
ASICR_INLINE void store(double* to, const Vector<W>& value) {
  *reinterpret_cast<typename Lanes<W>::Unaligned*>(to) = value;
}

// Less zero, not plus zero: that would lose the sign of -0. The zero comes from the caller, where the instruction set is known: GCC 12
// builds a vector that it can foresee here lane by lane, in sixteen instructions instead of one.
template <size_t W>
ASICR_INLINE Vector<W> all(double value, const Vector<W>& zero = Vector<W>{}) {
  return value - zero;
}

template <size_t W>
ASICR_INLINE double sumOf(const Vector<W>& value) {
  double sum = 0;
  for (size_t i = 0; i < W; ++i) sum += value[i];
  return sum;
}

}  // namespace asicr
