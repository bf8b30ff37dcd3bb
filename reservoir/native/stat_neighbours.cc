#include "stat_neighbours.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>

#include "buffer.h"
#include "stat_memory.h"
#include "stat_order.h"

namespace asicr {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Points in a strip, in units of sqrt n: the square that holds a few neighbours is about as wide as a strip.
constexpr double kStripWidth = 2;

// The least so many distances, rising.
struct Nearest {
  explicit Nearest(size_t count) : k(count) { std::fill(distances, distances + k, kInfinity); }

  double last() const { return distances[k - 1]; }

  void offer(double d) {
    if (!(d < last())) return;
    size_t place = k - 1;
    for (; place > 0 && distances[place - 1] > d; --place) distances[place] = distances[place - 1];
    distances[place] = d;
  }

  double distances[kMostNeighbours];
  size_t k;
};

// Sorted values, and about where among them a value stands: the first of each of many equal steps.
class Ladder {
 public:
  bool create(const double* x, const uint32_t* order, size_t n) {
    n_ = n;
    if (!sorted_.allocate(n) || !first_.allocate(n)) return false;
    for (size_t i = 0; i < n; ++i) sorted_[i] = x[order[i]];
    const double scale = static_cast<double>(n - 1) / (sorted_[n - 1] - sorted_[0]);
    scale_ = std::isfinite(scale) ? scale : 0;
    size_t step = 0;
    for (size_t i = 0; i < n; ++i)
      for (const size_t last = stepOf(sorted_[i]); step <= last; ++step) first_[step] = static_cast<uint32_t>(i);
    for (; step < n; ++step) first_[step] = static_cast<uint32_t>(n - 1);
    return true;
  }

  double value(size_t i) const { return sorted_.data()[i]; }

  // How many other values than the one equal to `own` lie nearer to it than `reach`.
  size_t nearer(double own, double reach) const {
    if (!(reach > 0)) return 0;
    const double* const sorted = sorted_.data();
    const size_t above = turn(own + reach, [&](size_t i) { return sorted[i] - own < reach; });
    const size_t below = turn(own - reach, [&](size_t i) { return own - sorted[i] >= reach; });
    return above - below - 1;
  }

 private:
  size_t stepOf(double value) const {
    const double step = (value - sorted_.data()[0]) * scale_;
    return step > 0 ? std::min(static_cast<size_t>(step), n_ - 1) : 0;
  }

  // The first place where `before` is false, which it stays; sought from about `value` on in steps that double.
  template <typename Before>
  size_t turn(double value, const Before& before) const {
    const size_t start = first_.data()[stepOf(value)];
    size_t low, high;
    if (before(start)) {
      size_t step = 1;
      low = start + 1;
      for (high = low; high < n_ && before(high); step *= 2) {
        low = high + 1;
        high += step;
      }
      high = std::min(high, n_);
    } else {
      size_t step = 1;
      high = start;
      for (low = start; low > 0 && !before(low - 1); step *= 2) {
        high = low - 1;
        low -= std::min(low, step);
      }
      if (low > 0) return settle(low, high, before);
    }
    return settle(low, high, before);
  }

  template <typename Before>
  static size_t settle(size_t low, size_t high, const Before& before) {
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      if (before(middle))
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

  size_t n_ = 0;
  double scale_ = 0;
  Scratch<double> sorted_;
  Scratch<uint32_t> first_;
};

// The points in strips of equally many neighbours by x, each in order of y.
class Strips {
 public:
  bool create(const double* x, const double* y, size_t n, Team& team) {
    n_ = n;
    each_ = std::max<size_t>(1, static_cast<size_t>(kStripWidth * std::sqrt(static_cast<double>(n))));
    strips_ = (n + each_ - 1) / each_;
    Scratch<uint32_t> order, strip;
    std::unique_ptr<uint32_t[]> ends(new (std::nothrow) uint32_t[strips_]);
    if (!x_.allocate(n) || !y_.allocate(n) || !order.allocate(n) || !strip.allocate(n) || !ends) return false;
    if (!sortedOrder(x, n, order.data(), team) || !byX_.create(x, order.data(), n)) return false;
    for (size_t s = 0; s < strips_; ++s) {
      ends[s] = static_cast<uint32_t>(from(s));
      for (size_t r = from(s); r < to(s); ++r) strip[order[r]] = static_cast<uint32_t>(s);
    }
    if (!sortedOrder(y, n, order.data(), team) || !byY_.create(y, order.data(), n)) return false;
    for (size_t r = 0; r < n; ++r) {
      const uint32_t at = ends[strip[order[r]]]++;
      x_[at] = x[order[r]];
      y_[at] = y[order[r]];
    }
    return true;
  }

  size_t count() const { return strips_; }

  // Sum over a strip's points, NaN where k others lie at the very same place. cursors: one a strip.
  double sum(size_t strip, size_t k, const double* digamma, uint32_t* cursors) const {
    for (size_t s = 0; s < strips_; ++s) cursors[s] = static_cast<uint32_t>(from(s));
    double total = 0;
    for (size_t own = from(strip); own < to(strip); ++own) {
      const double reach = reachOf(strip, own, k, cursors);
      if (reach == 0) return std::numeric_limits<double>::quiet_NaN();
      total += digamma[byX_.nearer(x_.data()[own], reach) + 1] + digamma[byY_.nearer(y_.data()[own], reach) + 1];
    }
    return total;
  }

 private:
  size_t from(size_t strip) const { return strip * each_; }
  size_t to(size_t strip) const { return std::min(n_, (strip + 1) * each_); }

  // Distance from point `own` to its k-th nearest other one. Points of a strip come in order of y: cursors only move on.
  double reachOf(size_t strip, size_t own, size_t k, uint32_t* cursors) const {
    Nearest nearest(k);
    const double x = x_.data()[own];
    // Its own strip first, the nearest by y first: soon there are k.
    size_t up = own + 1, down = own;
    const double y = y_.data()[own];
    for (size_t found = 0; found < k && (up < to(strip) || down > from(strip)); ++found) {
      const double above = up < to(strip) ? y_.data()[up] - y : kInfinity, below = down > from(strip) ? y - y_.data()[down - 1] : kInfinity;
      consider(above <= below ? up++ : --down, x, y, nearest);
    }
    scan(strip, up, down, x, y, nearest);
    size_t left = strip, right = strip + 1;
    for (;;) {
      const double toLeft = left > 0 ? x - byX_.value(from(left) - 1) : kInfinity, toRight = right < strips_ ? byX_.value(from(right)) - x : kInfinity;
      if (!(std::min(toLeft, toRight) < nearest.last())) return nearest.last();
      const size_t next = toLeft <= toRight ? --left : right++;
      uint32_t& cursor = cursors[next];
      while (cursor < to(next) && y_.data()[cursor] < y) ++cursor;
      scan(next, cursor, cursor, x, y, nearest);
    }
  }

  void consider(size_t at, double x, double y, Nearest& nearest) const {
    nearest.offer(std::max(std::fabs(x_.data()[at] - x), std::fabs(y_.data()[at] - y)));
  }

  // Points of a strip from `up` on and those below `down`, as far as their y is near enough.
  void scan(size_t strip, size_t up, size_t down, double x, double y, Nearest& nearest) const {
    for (const size_t end = to(strip); up < end && y_.data()[up] - y < nearest.last(); ++up) consider(up, x, y, nearest);
    for (const size_t end = from(strip); down > end && y - y_.data()[down - 1] < nearest.last(); --down) consider(down - 1, x, y, nearest);
  }

  size_t n_ = 0;
  size_t each_ = 0;
  size_t strips_ = 0;
  Scratch<double> x_;
  Scratch<double> y_;
  Ladder byX_;
  Ladder byY_;
};

}  // namespace

bool neighbourSum(const double* x, const double* y, size_t n, size_t k, const double* digamma, Team& team, double* sum) {
  Strips strips;
  Buffer sums;
  if (!strips.create(x, y, n, team) || !sums.allocate(strips.count())) return false;
  std::unique_ptr<uint32_t[]> cursors(new (std::nothrow) uint32_t[team.size() * strips.count()]);
  if (!cursors) return false;
  std::atomic<size_t> next{0};
  team.run([&](size_t member) {
    for (size_t s = next.fetch_add(1); s < strips.count(); s = next.fetch_add(1))
      sums.data()[s] = strips.sum(s, k, digamma, cursors.get() + member * strips.count());
  });
  *sum = 0;
  for (size_t s = 0; s < strips.count(); ++s) *sum += sums.data()[s];
  return true;
}

}  // namespace asicr
