#include "stat_order.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "stat_memory.h"
#include "stat_spread.h"

namespace asicr {
namespace {

constexpr size_t kDigitBits = 11;
constexpr size_t kDigits = size_t{1} << kDigitBits;
constexpr size_t kPasses = 3;
// Fewer are not worth a histogram.
constexpr size_t kFew = 256;
// Below this, insertion puts a run in order fastest.
constexpr size_t kShort = 24;

// Bits that order as the doubles do.
uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits ^ (static_cast<uint64_t>(static_cast<int64_t>(bits) >> 63) | uint64_t{1} << 63);
}

double doubleOf(uint64_t bits) {
  bits ^= (~static_cast<uint64_t>(static_cast<int64_t>(bits) >> 63)) | uint64_t{1} << 63;
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

size_t lengthOf(uint64_t bits) { return bits == 0 ? 0 : 64 - static_cast<size_t>(__builtin_clzll(bits)); }

// Sorts by three digits from bit `low` on. The result is in `b`.
class RadixSort {
 public:
  RadixSort(size_t n, Team& team) : n_(n), team_(team) {}

  bool create() {
    counts_.reset(new (std::nothrow) size_t[team_.size() * kDigits]);
    return counts_ != nullptr;
  }

  void run(uint64_t* a, uint64_t* b, size_t low) {
    for (size_t pass = 0; pass < kPasses; ++pass) {
      onePass(a, b, std::min<size_t>(low + pass * kDigitBits, 63));
      std::swap(a, b);
    }
  }

 private:
  size_t start(size_t member) const { return n_ * member / team_.size(); }

  void onePass(const uint64_t* from, uint64_t* to, size_t shift) {
    team_.run([&](size_t member) {
      size_t* counts = counts_.get() + member * kDigits;
      std::fill(counts, counts + kDigits, 0);
      for (size_t i = start(member); i < start(member + 1); ++i) ++counts[from[i] >> shift & (kDigits - 1)];
    });
    size_t at = 0;
    for (size_t digit = 0; digit < kDigits; ++digit)
      for (size_t member = 0; member < team_.size(); ++member) {
        size_t& count = counts_[member * kDigits + digit];
        const size_t here = count;
        count = at;
        at += here;
      }
    team_.run([&](size_t member) {
      size_t* places = counts_.get() + member * kDigits;
      for (size_t i = start(member); i < start(member + 1); ++i) to[places[from[i] >> shift & (kDigits - 1)]++] = from[i];
    });
  }

  size_t n_;
  Team& team_;
  std::unique_ptr<size_t[]> counts_;
};

// Calls settle(from, to) for every run of neighbours whose leading parts are equal.
template <typename Lead, typename Settle>
void forRuns(size_t n, const Lead& lead, const Settle& settle) {
  for (size_t from = 0; from < n;) {
    size_t to = from + 1;
    while (to < n && lead(to) == lead(from)) ++to;
    if (to - from > 1) settle(from, to);
    from = to;
  }
}

template <typename T, typename Less>
void settleRun(T* from, T* to, const Less& less) {
  if (static_cast<size_t>(to - from) > kShort) {
    std::sort(from, to, less);
    return;
  }
  for (T* at = from + 1; at < to; ++at) {
    const T held = *at;
    T* place = at;
    for (; place > from && less(held, place[-1]); --place) *place = place[-1];
    *place = held;
  }
}

struct Range {
  uint64_t least;
  uint64_t most;
};

Range rangeOf(const double* x, size_t n) {
  Range range{~uint64_t{0}, 0};
  for (size_t i = 0; i < n; ++i) {
    const uint64_t bits = bitsOf(x[i]);
    range.least = std::min(range.least, bits);
    range.most = std::max(range.most, bits);
  }
  return range;
}

}  // namespace

bool sortDoubles(double* x, size_t n, Team& team) {
  if (n < kFew) {
    std::sort(x, x + n, [](double a, double b) { return bitsOf(a) < bitsOf(b); });
    return true;
  }
  const Spread spread = spreadSort(x, n, team);
  if (spread != Spread::unsuited) return spread == Spread::done;
  Scratch<uint64_t> a, b;
  RadixSort sort(n, team);
  if (!a.allocate(n) || !b.allocate(n) || !sort.create()) return false;
  const Range range = rangeOf(x, n);
  const size_t length = lengthOf(range.most - range.least);
  const size_t low = length > kPasses * kDigitBits ? length - kPasses * kDigitBits : 0;
  for (size_t i = 0; i < n; ++i) a[i] = bitsOf(x[i]) - range.least;
  sort.run(a.data(), b.data(), low);
  uint64_t* sorted = b.data();
  forRuns(n, [&](size_t i) { return sorted[i] >> low; },
          [&](size_t from, size_t to) { settleRun(sorted + from, sorted + to, [](uint64_t p, uint64_t q) { return p < q; }); });
  for (size_t i = 0; i < n; ++i) x[i] = doubleOf(sorted[i] + range.least);
  return true;
}

bool sortedOrder(const double* x, size_t n, uint32_t* order, Team& team) {
  const Spread spread = n < kFew ? Spread::unsuited : spreadOrder(x, n, order, team);
  if (spread != Spread::unsuited) return spread == Spread::done;
  Scratch<uint64_t> a, b;
  RadixSort sort(n, team);
  if (!a.allocate(n) || !b.allocate(n) || !sort.create()) return false;
  const Range range = rangeOf(x, n);
  const size_t length = lengthOf(range.most - range.least);
  const size_t low = length > 32 ? length - 32 : 0;
  // Plus zero: -0 becomes 0. The range is that of the values as they are: -0 is the one below 0, so nothing falls out of it.
  for (size_t i = 0; i < n; ++i) {
    const uint64_t bits = std::clamp(bitsOf(x[i] + 0.0), range.least, range.most) - range.least;
    a[i] = (bits >> low) << 32 | i;
  }
  sort.run(a.data(), b.data(), 32);
  for (size_t i = 0; i < n; ++i) order[i] = static_cast<uint32_t>(b[i]);
  const uint64_t* sorted = b.data();
  forRuns(n, [&](size_t i) { return sorted[i] >> 32; },
          [&](size_t from, size_t to) {
            settleRun(order + from, order + to, [x](uint32_t p, uint32_t q) { return x[p] < x[q] || (x[p] == x[q] && p < q); });
          });
  return true;
}

}  // namespace asicr
