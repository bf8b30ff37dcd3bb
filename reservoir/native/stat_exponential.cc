#include "stat_exponential.h"

#include <algorithm>

#include "stat_dispatch.h"
#include "stat_order.h"
#include "stat_vector_math.h"

namespace asicr {
namespace {

struct Sums {
  double distance;
  double sum;
};

constexpr double kFarthest = 700;

template <size_t W>
ASICR_INLINE void add(const Vector<W>& sorted, const Vector<W>& rank, double n, double least, double mean, Vector<W>& distance, Vector<W>& sum) {
  using Integers = typename Lanes<W>::Integers;
  const Vector<W> floor = all<W>(least);
  const Vector<W> value = (sorted > floor ? sorted : floor) / mean;
  const Vector<W> far = all<W>(kFarthest);
  const Vector<W> cdf = -expm1Of<W>(-(value < far ? value : far));
  const Vector<W> over = (rank + 1.0) / n - cdf, under = cdf - rank / n;
  const Vector<W> larger = over > under ? over : under;
  distance = larger > distance ? larger : distance;
  // ln F(x_i) + ln(1 - F(x_{n+1-i})), weighted 2i - 1: the second term is -x of the mirrored one. Past the last digit ln F is 0.
  const Integers below = cdf < all<W>(1.0);
  const Vector<W> log = (Vector<W>)((Integers)logOf<W>(cdf) & below);
  sum += (2.0 * rank + 1.0) * log - (2.0 * (n - 1.0 - rank) + 1.0) * value;
}

template <size_t W>
ASICR_INLINE Sums distancesBody(const double* sorted, size_t from, size_t to, size_t n, double least, double mean) {
  Vector<W> distance = {}, sum = {}, rank = {};
  for (size_t lane = 0; lane < W; ++lane) rank[lane] = static_cast<double>(from + lane);
  size_t i = from;
  for (; i + W <= to; i += W, rank += static_cast<double>(W)) add<W>(load<W>(sorted + i), rank, static_cast<double>(n), least, mean, distance, sum);
  double largest = 0;
  for (size_t lane = 0; lane < W; ++lane) largest = std::max(largest, distance[lane]);
  Sums out{largest, sumOf<W>(sum)};
  for (; i < to; ++i) {
    Vector<2> d = {}, s = {};
    const Vector<2> one = all<2>(sorted[i]), at = all<2>(static_cast<double>(i));
    add<2>(one, at, static_cast<double>(n), least, mean, d, s);
    out.distance = std::max(out.distance, d[0]);
    out.sum += s[0];
  }
  return out;
}

ASICR_PER_SET(Sums, distances, (const double* sorted, size_t from, size_t to, size_t n, double least, double mean),
              (sorted, from, to, n, least, mean))

// Blocks, so that sums of many terms do not lose digits to their own size, and for the team to share.
constexpr size_t kBlock = 16384;
constexpr size_t kMostBlocks = 4096;

}  // namespace

bool exponentialDistances(double* x, size_t n, Team& team, ExponentialDistances* out) {
  if (!sortDoubles(x, n, team)) return false;
  double total = 0;
  for (size_t from = 0; from < n; from += kBlock) {
    double sum = 0;
    for (size_t i = from; i < std::min(n, from + kBlock); ++i) sum += x[i];
    total += sum;
  }
  const double mean = total / static_cast<double>(n);
  const double* positive = std::upper_bound(x, x + n, 0.0);
  const double least = positive < x + n ? *positive / 2 : 0.5;
  const size_t blocks = std::min((n + kBlock - 1) / kBlock, kMostBlocks);
  Sums parts[kMostBlocks];
  team.share(blocks, [&](size_t b) { parts[b] = distances(x, n * b / blocks, n * (b + 1) / blocks, n, least, mean); });
  Sums all{0, 0};
  for (size_t b = 0; b < blocks; ++b) all = {std::max(all.distance, parts[b].distance), all.sum + parts[b].sum};
  *out = {mean, all.distance, -static_cast<double>(n) - all.sum / static_cast<double>(n)};
  return true;
}

}  // namespace asicr
