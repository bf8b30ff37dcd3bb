#include "stat_neighbours.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "check.h"
#include "stat_random.h"
#include "stat_recurrence.h"

using namespace asicr;

namespace {

// Every distance of every point; NaN where k of them are nothing.
double directSum(const std::vector<double>& x, const std::vector<double>& y, size_t k, const std::vector<double>& digamma) {
  const size_t n = x.size();
  double sum = 0;
  for (size_t i = 0; i < n; ++i) {
    std::vector<double> distances;
    for (size_t j = 0; j < n; ++j)
      if (j != i) distances.push_back(std::max(std::fabs(x[j] - x[i]), std::fabs(y[j] - y[i])));
    std::sort(distances.begin(), distances.end());
    const double reach = distances[k - 1];
    if (reach == 0) return std::numeric_limits<double>::quiet_NaN();
    size_t nx = 0, ny = 0;
    for (size_t j = 0; j < n; ++j) {
      nx += j != i && std::fabs(x[j] - x[i]) < reach ? 1 : 0;
      ny += j != i && std::fabs(y[j] - y[i]) < reach ? 1 : 0;
    }
    sum += digamma[nx + 1] + digamma[ny + 1];
  }
  return sum;
}

void longestLineOfARamp() {
  // x_i = i: distances are the lags, so the rank of the last pair of lag 2 makes lags 1 and 2 recur, on two whole diagonals.
  std::vector<double> x(30);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  RecurrenceSums found{};
  CHECK(recurrence(x.data(), 30, 1, 1, 29 + 28 - 1, 2, &found));
  CHECK(found.radius == 2 && found.points == 57 && found.onDiagonals == 57 && found.lines == 2 && found.longest == 29);
  // Each state but the last two has a vertical line of two on the one side, each but the first two on the other.
  CHECK(found.onVerticals == 112);
}

}  // namespace

int main() {
  size_t cases = 0, without = 0;
  std::vector<double> digamma(700);
  for (size_t i = 1; i < digamma.size(); ++i) digamma[i] = std::log(static_cast<double>(i));
  for (const size_t members : {1, 2}) {
    Team team(members);
    for (const size_t n : {2, 5, 13, 100, 600})
      for (const size_t k : {1, 3, 12}) {
        if (k >= n) continue;
        std::vector<double> x(n), y(n);
        uniforms(n, 0, n, x.data());
        uniforms(n + 1, 0, n, y.data());
        // Without ties, with some, and with so many that points coincide.
        for (const double steps : {0.0, 50.0, 6.0}) {
          for (size_t i = 0; steps > 0 && i < n; ++i) {
            x[i] = std::floor(steps * x[i]) / steps;
            y[i] = std::floor(steps * y[i]) / steps;
          }
          double sum = 0;
          CHECK(neighbourSum(x.data(), y.data(), n, k, digamma.data(), team, &sum));
          const double expected = directSum(x, y, k, digamma);
          if (std::isnan(expected)) {
            CHECK(std::isnan(sum));
            ++without;
          } else {
            CHECK_NEAR(sum, expected, 1e-9 * static_cast<double>(n));
          }
          ++cases;
        }
      }
  }
  CHECK(without > 0 && without < cases / 2);
  longestLineOfARamp();
  std::printf("%zu sums are those of all pairs\n", cases);
}
