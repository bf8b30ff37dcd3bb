#include "stat_neighbours.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "buffer.h"
#include "stat_memory.h"
#include "stat_order.h"

namespace asicr {
namespace {

constexpr size_t kLeaf = 12;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

struct Point {
  double x;
  double y;
};

// Bounds of the points below a node. Node i has children 2i + 1 and 2i + 2 and holds points [from, to).
struct Node {
  double lowX, highX, lowY, highY;
  uint32_t from, to;
};

class Tree {
 public:
  bool create(const double* x, const double* y, size_t n) {
    size_t leaves = 1;
    while (leaves * kLeaf < n) leaves *= 2;
    nodes_ = 2 * leaves - 1;
    inner_ = leaves - 1;
    if (!points_.allocate(n) || !node_.allocate(nodes_)) return false;
    for (size_t i = 0; i < n; ++i) points_[i] = {x[i], y[i]};
    build(0, 0, n);
    return true;
  }

  const Point& point(size_t i) const { return points_.data()[i]; }

  // Distance from point `own` to its k-th nearest other one.
  double reach(size_t own, size_t k) const {
    double nearest[kMostNeighbours];
    std::fill(nearest, nearest + k, kInfinity);
    const Point& p = points_.data()[own];
    uint32_t waiting[64];
    size_t height = 0;
    waiting[height++] = 0;
    while (height > 0) {
      const size_t at = waiting[--height];
      const Node& node = node_.data()[at];
      if (distance(node, p) >= nearest[k - 1]) continue;
      if (at >= inner_) {
        scan(node, own, p, k, nearest);
        continue;
      }
      const size_t left = 2 * at + 1;
      const double toLeft = distance(node_.data()[left], p), toRight = distance(node_.data()[left + 1], p);
      const bool leftFirst = toLeft <= toRight;
      waiting[height++] = static_cast<uint32_t>(leftFirst ? left + 1 : left);
      waiting[height++] = static_cast<uint32_t>(leftFirst ? left : left + 1);
    }
    return nearest[k - 1];
  }

 private:
  static double distance(const Node& node, const Point& p) {
    const double dx = std::max(std::max(node.lowX - p.x, p.x - node.highX), 0.0);
    const double dy = std::max(std::max(node.lowY - p.y, p.y - node.highY), 0.0);
    return std::max(dx, dy);
  }

  void scan(const Node& node, size_t own, const Point& p, size_t k, double* nearest) const {
    for (size_t j = node.from; j < node.to; ++j) {
      const Point& q = points_.data()[j];
      const double d = std::max(std::fabs(q.x - p.x), std::fabs(q.y - p.y));
      if (d >= nearest[k - 1] || j == own) continue;
      size_t place = k - 1;
      for (; place > 0 && nearest[place - 1] > d; --place) nearest[place] = nearest[place - 1];
      nearest[place] = d;
    }
  }

  void build(size_t at, size_t from, size_t to) {
    Node node{kInfinity, -kInfinity, kInfinity, -kInfinity, static_cast<uint32_t>(from), static_cast<uint32_t>(to)};
    Point* points = points_.data();
    for (size_t i = from; i < to; ++i) {
      node.lowX = std::min(node.lowX, points[i].x);
      node.highX = std::max(node.highX, points[i].x);
      node.lowY = std::min(node.lowY, points[i].y);
      node.highY = std::max(node.highY, points[i].y);
    }
    node_[at] = node;
    if (at >= inner_) return;
    const size_t middle = from + (to - from) / 2;
    if (node.highX - node.lowX >= node.highY - node.lowY)
      std::nth_element(points + from, points + middle, points + to, [](const Point& a, const Point& b) { return a.x < b.x; });
    else
      std::nth_element(points + from, points + middle, points + to, [](const Point& a, const Point& b) { return a.y < b.y; });
    build(2 * at + 1, from, middle);
    build(2 * at + 2, middle, to);
  }

  size_t nodes_ = 0;
  size_t inner_ = 0;
  Scratch<Point> points_;
  Scratch<Node> node_;
};

// First of [from, to) for which `before` is false, doubling steps away from `from`.
template <typename Before>
size_t gallop(size_t from, size_t to, const Before& before) {
  size_t step = 1, low = from, high = from;
  while (high < to && before(high)) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  high = std::min(high, to);
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (before(middle))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

// How many sorted values other than the one equal to `own` lie nearer to it than `reach`.
size_t nearer(const double* sorted, size_t n, double own, double reach) {
  if (!(reach > 0)) return 0;
  const size_t at = static_cast<size_t>(std::lower_bound(sorted, sorted + n, own) - sorted);
  const size_t above = gallop(at, n, [&](size_t i) { return std::fabs(sorted[i] - own) < reach; });
  const size_t below = gallop(0, at, [&](size_t i) { return std::fabs(sorted[at - 1 - i] - own) < reach; });
  return above - at + below - 1;
}

}  // namespace

bool neighbourSum(const double* x, const double* y, size_t n, size_t k, const double* digamma, Team& team, double* sum) {
  Tree tree;
  Scratch<double> sortedX, sortedY;
  Buffer sums;
  if (!tree.create(x, y, n) || !sortedX.allocate(n) || !sortedY.allocate(n)) return false;
  std::memcpy(sortedX.data(), x, n * sizeof(double));
  std::memcpy(sortedY.data(), y, n * sizeof(double));
  if (!sortDoubles(sortedX.data(), n, team) || !sortDoubles(sortedY.data(), n, team)) return false;
  constexpr size_t kBlock = 1024;
  const size_t blocks = (n + kBlock - 1) / kBlock;
  if (!sums.allocate(blocks)) return false;
  team.share(blocks, [&](size_t block) {
    double total = 0;
    // In the order of the tree: neighbours' nodes are in the cache.
    for (size_t i = block * kBlock; i < std::min(n, (block + 1) * kBlock); ++i) {
      const Point& p = tree.point(i);
      const double reach = tree.reach(i, k);
      total += digamma[nearer(sortedX.data(), n, p.x, reach) + 1] + digamma[nearer(sortedY.data(), n, p.y, reach) + 1];
    }
    sums.data()[block] = total;
  });
  *sum = 0;
  for (size_t block = 0; block < blocks; ++block) *sum += sums.data()[block];
  return true;
}

}  // namespace asicr
