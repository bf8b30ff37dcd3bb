#include "stat_order.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "check.h"
#include "stat_exponential.h"
#include "stat_random.h"
#include "stat_spread.h"

using namespace asicr;

namespace {

std::vector<double> noise(size_t n, uint64_t seed) {
  std::vector<double> x(n);
  uniforms(seed, 0, n, x.data());
  return x;
}

void sortsAsTheLibrary(std::vector<double> x, Team& team) {
  std::vector<double> expected = x;
  std::vector<uint32_t> order(x.size());
  CHECK(sortedOrder(x.data(), x.size(), order.data(), team));
  for (size_t r = 1; r < x.size(); ++r) {
    const double before = x[order[r - 1]], after = x[order[r]];
    CHECK(before < after || (before == after && order[r - 1] < order[r]));
  }
  std::sort(expected.begin(), expected.end());
  CHECK(sortDoubles(x.data(), x.size(), team));
  CHECK(x == expected);
}

// Smooth values go by value, and what does not suit that by its bits: both must be there, and zeros of both signs in order.
void goesBothWays(Team& team) {
  const size_t n = 20000;
  std::vector<double> smooth = noise(n, 7), heavy = smooth, infinite = smooth, zeros = smooth;
  for (size_t i = 0; i < n; ++i) {
    heavy[i] = std::tan(3.14159 * (smooth[i] - 0.5));
    zeros[i] = i % 40 == 0 ? 0.0 : i % 40 == 1 ? -0.0 : smooth[i] - 0.5;
  }
  infinite[n / 2] = std::numeric_limits<double>::infinity();
  CHECK(spreadSort(heavy.data(), n, team) == Spread::unsuited && spreadSort(infinite.data(), n, team) == Spread::unsuited);
  CHECK(spreadSort(smooth.data(), n, team) == Spread::done && std::is_sorted(smooth.begin(), smooth.end()));
  CHECK(spreadSort(zeros.data(), n, team) == Spread::done && std::is_sorted(zeros.begin(), zeros.end()));
  const auto isPositive = [](double value) { return !std::signbit(value); };
  CHECK(std::is_sorted(zeros.begin(), zeros.end(), [&](double a, double b) { return isPositive(a) < isPositive(b); }));
  CHECK(std::count_if(zeros.begin(), zeros.end(), [](double value) { return value == 0 && std::signbit(value); }) == static_cast<long>(n / 40));
}

// A series of n = 5 by hand: A^2 and D as in the definition.
void distancesAreTheDefinition(Team& team) {
  std::vector<double> x = {0.3, 2.0, 0.1, 0.7, 1.9};
  std::vector<double> sorted = x;
  std::sort(sorted.begin(), sorted.end());
  const double mean = 1.0;
  double d = 0, a2 = -5;
  for (size_t i = 0; i < 5; ++i) {
    const double cdf = 1 - std::exp(-sorted[i] / mean), mirrored = 1 - std::exp(-sorted[4 - i] / mean);
    d = std::max({d, static_cast<double>(i + 1) / 5 - cdf, cdf - static_cast<double>(i) / 5});
    a2 -= static_cast<double>(2 * i + 1) / 5 * (std::log(cdf) + std::log(1 - mirrored));
  }
  ExponentialDistances found{};
  CHECK(exponentialDistances(x.data(), 5, team, &found));
  CHECK_NEAR(found.mean, mean, 1e-15);
  CHECK_NEAR(found.distance, d, 1e-14);
  CHECK_NEAR(found.a2, a2, 1e-13);
}

}  // namespace

int main() {
  size_t sorted = 0;
  for (const size_t members : {1, 2, 3}) {
    Team team(members);
    for (const size_t n : {1, 2, 17, 255, 256, 1000, 20000}) {
      const std::vector<double> x = noise(n, n);
      std::vector<double> wide = x, coarse = x, close = x, infinite = x;
      for (size_t i = 0; i < n; ++i) {
        wide[i] = (x[i] - 0.5) * std::pow(10.0, static_cast<double>(i % 600) - 300);
        coarse[i] = std::floor(8 * x[i]) - 4;
        // All in one leading digit but for one: what the passes leave in disorder is everything.
        close[i] = i == 0 ? -1e9 : 1e9 + 1e-6 * x[i];
        infinite[i] = i % 7 == 0 ? std::numeric_limits<double>::infinity() : -x[i];
      }
      for (const auto& each : {x, wide, coarse, close, infinite, std::vector<double>(n, 3.0)}) {
        sortsAsTheLibrary(each, team);
        ++sorted;
      }
    }
    goesBothWays(team);
    distancesAreTheDefinition(team);
  }
  std::printf("%zu series in order\n", sorted);
}
