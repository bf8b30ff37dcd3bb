#include "stat_ordinal.h"

#include <cstdint>
#include <memory>
#include <new>

#include "stat_dispatch.h"

namespace asicr {
namespace {

constexpr size_t kBlock = 512;
// Windows that follow each other often have the same pattern: their increments must not wait for each other.
constexpr size_t kTables = 4;

size_t factorial(size_t n) { return n < 2 ? 1 : n * factorial(n - 1); }

// Lehmer's code of the ranks in a window: how many later values are below each, in mixed radix. windows: a multiple of W.
template <size_t W, size_t D, bool Breaks>
ASICR_INLINE void codesOf(const double* x, const double* breaker, size_t windows, size_t delay, long long* codes) {
  using Integers = typename Lanes<W>::Integers;
  for (size_t at = 0; at < windows; at += W) {
    Vector<W> v[D], b[Breaks ? D : 1];
    for (size_t k = 0; k < D; ++k) {
      v[k] = load<W>(x + at + k * delay);
      if (Breaks) b[k] = load<W>(breaker + at + k * delay);
    }
    Integers code = {};
    long long weight = 1;
    for (size_t i = D - 1; i-- > 0;) {
      weight *= static_cast<long long>(D - 1 - i);
      for (size_t j = i + 1; j < D; ++j) {
        Integers below = v[j] < v[i];
        if (Breaks) below |= (v[j] == v[i]) & (b[j] < b[i]);
        code += below & weight;
      }
    }
    *reinterpret_cast<Integers*>(codes + at) = code;
  }
}

template <size_t W, size_t D>
ASICR_INLINE void codesEither(const double* x, const double* breaker, size_t windows, size_t delay, long long* codes) {
  if (breaker != nullptr)
    codesOf<W, D, true>(x, breaker, windows, delay, codes);
  else
    codesOf<W, D, false>(x, breaker, windows, delay, codes);
}

template <size_t W>
ASICR_INLINE void codesBody(const double* x, const double* breaker, size_t windows, size_t order, size_t delay, long long* codes) {
  switch (order) {
    case 2: return codesEither<W, 2>(x, breaker, windows, delay, codes);
    case 3: return codesEither<W, 3>(x, breaker, windows, delay, codes);
    case 4: return codesEither<W, 4>(x, breaker, windows, delay, codes);
    case 5: return codesEither<W, 5>(x, breaker, windows, delay, codes);
    case 6: return codesEither<W, 6>(x, breaker, windows, delay, codes);
    case 7: return codesEither<W, 7>(x, breaker, windows, delay, codes);
    default: return codesEither<W, 8>(x, breaker, windows, delay, codes);
  }
}

ASICR_PER_SET(void, codes,
              (const double* x, const double* breaker, size_t windows, size_t order, size_t delay, long long* out),
              (x, breaker, windows, order, delay, out))

// One window, for the few that do not fill a vector.
size_t codeOf(const double* x, const double* breaker, size_t order, size_t delay) {
  size_t code = 0, weight = 1;
  for (size_t i = order - 1; i-- > 0;) {
    weight *= order - 1 - i;
    for (size_t j = i + 1; j < order; ++j) {
      const double a = x[i * delay], b = x[j * delay];
      if (b < a || (b == a && breaker != nullptr && breaker[j * delay] < breaker[i * delay])) code += weight;
    }
  }
  return code;
}

// Number of the argsort, lexicographically, of the window whose ranks have this code.
size_t patternOf(size_t code, size_t order) {
  size_t digits[kLargestOrder], ranks[kLargestOrder], argsort[kLargestOrder];
  for (size_t i = order; i-- > 0;) {
    digits[i] = code % (order - i);
    code /= order - i;
  }
  bool taken[kLargestOrder] = {};
  for (size_t i = 0; i < order; ++i) {
    size_t rank = 0;
    for (size_t free = digits[i];; ++rank)
      if (!taken[rank] && free-- == 0) break;
    taken[rank] = true;
    ranks[i] = rank;
  }
  for (size_t i = 0; i < order; ++i) argsort[ranks[i]] = i;
  size_t pattern = 0;
  for (size_t i = 0; i < order; ++i) {
    size_t smaller = 0;
    for (size_t j = i + 1; j < order; ++j) smaller += argsort[j] < argsort[i] ? 1 : 0;
    pattern = pattern * (order - i) + smaller;
  }
  return pattern;
}

}  // namespace

bool ordinalCounts(const double* x, const double* breaker, size_t n, size_t order, size_t delay, double* counts, Team& team) {
  const size_t patterns = factorial(order);
  const size_t tables = kTables * team.size();
  std::unique_ptr<uint32_t[]> table(new (std::nothrow) uint32_t[tables * patterns]());
  if (!table) return false;
  const size_t windows = n - (order - 1) * delay;
  const size_t blocks = windows / kBlock;
  const auto broken = [&](size_t from) { return breaker == nullptr ? nullptr : breaker + from; };
  team.run([&](size_t member) {
    uint32_t* const own = table.get() + member * kTables * patterns;
    alignas(64) long long block[kBlock];
    for (size_t b = blocks * member / team.size(); b < blocks * (member + 1) / team.size(); ++b) {
      codes(x + b * kBlock, broken(b * kBlock), kBlock, order, delay, block);
      for (size_t k = 0; k < kBlock; k += kTables)
        for (size_t t = 0; t < kTables; ++t) ++own[t * patterns + static_cast<size_t>(block[k + t])];
    }
  });
  for (size_t from = blocks * kBlock; from < windows; ++from) ++table[codeOf(x + from, broken(from), order, delay)];
  for (size_t code = 0; code < patterns; ++code) {
    uint64_t sum = 0;
    for (size_t t = 0; t < tables; ++t) sum += table[t * patterns + code];
    counts[patternOf(code, order)] = static_cast<double>(sum);
  }
  return true;
}

}  // namespace asicr
