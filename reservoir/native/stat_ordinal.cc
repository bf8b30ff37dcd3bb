#include "stat_ordinal.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "stat_dispatch.h"
#include "stat_intervals.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace asicr {
namespace {

constexpr size_t kBlock = 512;
// Values behind a block that its masks are made of.
constexpr size_t kMaskReach = 16;
// Windows that follow each other often have the same pattern: their increments must not wait for each other.
constexpr size_t kTables = 8;
// Tables of more patterns would not leave the first-level cache room for values.
constexpr size_t kFewPatterns = 120;

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

#if defined(__x86_64__)
// As codes, of windows of neighbours without a breaker: each comparison of two values serves every window that holds both. Reads kBlock + 16
// values; what is seen is that of the first kBlock, equal neighbours those from the first on.
template <size_t D>
__attribute__((target("avx512f,avx512dq,avx512bw,popcnt"))) OrdinalSeen codesByMasks(const double* x, uint16_t* out) {
  // Bit p of row j: whether x[p + j] < x[p].
  alignas(8) uint8_t below[D][kBlock / 8 + 8];
  size_t equal = 0;
  __m512d off = _mm512_setzero_pd();
  for (size_t p = 0; p < kBlock + 8; p += 8) {
    const __m512d at = _mm512_loadu_pd(x + p), next = _mm512_loadu_pd(x + p + 1);
    if (p < kBlock) {
      off = _mm512_add_pd(off, _mm512_sub_pd(at, at));
      equal += static_cast<size_t>(__builtin_popcount(_mm512_cmp_pd_mask(next, at, _CMP_EQ_OQ)));
    }
    below[1][p / 8] = _mm512_cmp_pd_mask(next, at, _CMP_LT_OQ);
    for (size_t j = 2; j < D; ++j) below[j][p / 8] = _mm512_cmp_pd_mask(_mm512_loadu_pd(x + p + j), at, _CMP_LT_OQ);
  }
  // The last five values of a window make a code of a byte.
  constexpr size_t kFirst = D > 5 ? D - 5 : 0;
  for (size_t w = 0; w < kBlock; w += 64) {
    const auto bitsOf = [&](size_t i, size_t j) __attribute__((always_inline)) {
      uint64_t bits, more;
      std::memcpy(&bits, below[j - i] + w / 8, sizeof bits);
      more = below[j - i][w / 8 + 8];
      return i == 0 ? bits : bits >> i | more << (64 - i);
    };
    __m512i low = _mm512_setzero_si512();
    int weight = 1;
    for (size_t i = D - 1; i-- > kFirst;) {
      weight *= static_cast<int>(D - 1 - i);
      const __m512i by = _mm512_set1_epi8(static_cast<char>(weight));
      for (size_t j = i + 1; j < D; ++j) low = _mm512_mask_add_epi8(low, bitsOf(i, j), low, by);
    }
    alignas(64) uint8_t bytes[64];
    _mm512_store_si512(bytes, low);
    __m512i code[2];
    for (size_t half = 0; half < 2; ++half) code[half] = _mm512_cvtepu8_epi16(_mm256_load_si256(reinterpret_cast<const __m256i*>(bytes) + half));
    for (size_t i = kFirst; i-- > 0;) {
      weight *= static_cast<int>(D - 1 - i);
      const __m512i by = _mm512_set1_epi16(static_cast<int16_t>(weight));
      for (size_t j = i + 1; j < D; ++j) {
        const uint64_t bits = bitsOf(i, j);
        code[0] = _mm512_mask_add_epi16(code[0], static_cast<__mmask32>(bits), code[0], by);
        code[1] = _mm512_mask_add_epi16(code[1], static_cast<__mmask32>(bits >> 32), code[1], by);
      }
    }
    _mm512_storeu_si512(out + w, code[0]);
    _mm512_storeu_si512(out + w + 32, code[1]);
  }
  alignas(64) double parts[8];
  _mm512_store_pd(parts, off);
  return {std::all_of(parts, parts + 8, [](double part) { return part == 0; }), equal};
}

bool masksServe(const double* breaker, size_t delay) {
  static const bool supported = __builtin_cpu_supports("avx512bw");
  return supported && instructionSet() == InstructionSet::avx512 && breaker == nullptr && delay == 1;
}

OrdinalSeen codesOfNeighbours(const double* x, size_t order, uint16_t* out) {
  switch (order) {
    case 2: return codesByMasks<2>(x, out);
    case 3: return codesByMasks<3>(x, out);
    case 4: return codesByMasks<4>(x, out);
    case 5: return codesByMasks<5>(x, out);
    case 6: return codesByMasks<6>(x, out);
    case 7: return codesByMasks<7>(x, out);
    default: return codesByMasks<8>(x, out);
  }
}
#else
bool masksServe(const double*, size_t) { return false; }
OrdinalSeen codesOfNeighbours(const double*, size_t, uint16_t*) { return {}; }
#endif

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

bool ordinalCounts(const double* x, const double* breaker, size_t n, size_t order, size_t delay, double* counts, Team& team, OrdinalSeen* seen) {
  const size_t patterns = factorial(order);
  const size_t tables = kTables * team.size();
  std::unique_ptr<uint32_t[]> table(new (std::nothrow) uint32_t[tables * patterns]());
  std::unique_ptr<OrdinalSeen[]> parts(new (std::nothrow) OrdinalSeen[team.size()]);
  if (!table || !parts) return false;
  const size_t windows = n - (order - 1) * delay;
  const size_t blocks = windows / kBlock;
  const auto broken = [&](size_t from) { return breaker == nullptr ? nullptr : breaker + from; };
  // Values [from, to) while they are at hand; neighbours from `from` on.
  const auto look = [&](size_t from, size_t to) {
    return OrdinalSeen{everyFinite(x + from, to - from), equalNeighbours(x + from, std::min(n, to + 1) - from)};
  };
  const bool byMasks = masksServe(breaker, delay);
  team.run([&](size_t member) {
    uint32_t* const own = table.get() + member * kTables * patterns;
    alignas(64) long long block[kBlock];
    alignas(64) uint16_t narrow[kBlock];
    uint32_t* bases[kTables];
    for (size_t t = 0; t < kTables; ++t) bases[t] = own + (patterns > kFewPatterns ? t % 4 : t) * patterns;
    const auto count = [&](const auto* found) {
      for (size_t k = 0; k < kBlock; k += kTables)
        for (size_t t = 0; t < kTables; ++t) ++bases[t][found[k + t]];
    };
    OrdinalSeen all{true, 0};
    for (size_t b = blocks * member / team.size(); b < blocks * (member + 1) / team.size(); ++b) {
      const size_t from = b * kBlock;
      OrdinalSeen here;
      if (byMasks && from + kBlock + kMaskReach <= n) {
        here = codesOfNeighbours(x + from, order, narrow);
        count(narrow);
      } else {
        here = look(from, from + kBlock);
        codes(x + from, broken(from), kBlock, order, delay, block);
        count(block);
      }
      all = {all.finite && here.finite, all.equal + here.equal};
    }
    parts[member] = all;
  });
  *seen = look(blocks * kBlock, n);
  for (size_t member = 0; member < team.size(); ++member) *seen = {seen->finite && parts[member].finite, seen->equal + parts[member].equal};
  for (size_t from = blocks * kBlock; from < windows; ++from) ++table[codeOf(x + from, broken(from), order, delay)];
  for (size_t code = 0; code < patterns; ++code) {
    uint64_t sum = 0;
    for (size_t t = 0; t < tables; ++t) sum += table[t * patterns + code];
    counts[patternOf(code, order)] = static_cast<double>(sum);
  }
  return true;
}

}  // namespace asicr
