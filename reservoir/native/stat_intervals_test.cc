#include "stat_intervals.h"

#include <limits>
#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "stat_random.h"
#include "stat_streams.h"
#include "stat_windows.h"

using namespace asicr;

namespace {

std::vector<double> eventTimes(size_t n, uint64_t seed) {
  std::vector<double> t(n);
  uniforms(seed, 0, n, t.data());
  double time = 0;
  for (double& value : t) value = time += -std::log1p(-value);
  return t;
}

void sumsAreTheirDefinition(const std::vector<double>& t) {
  const size_t n = t.size() - 1;
  const double mean = (t[n] - t[0]) / static_cast<double>(n);
  std::vector<double> d(n);
  double least = t[1] - t[0], squares = 0, local = 0, absolute = 0, products = 0;
  for (size_t i = 0; i < n; ++i) {
    d[i] = t[i + 1] - t[i];
    least = d[i] < least ? d[i] : least;
    squares += (d[i] - mean) * (d[i] - mean);
    if (i == 0) continue;
    const double contrast = (d[i] - d[i - 1]) / (d[i] + d[i - 1]);
    local += contrast * contrast;
    absolute += std::fabs(contrast);
    products += (d[i] - mean) * (d[i - 1] - mean);
  }
  const double scale = 1e-13 * static_cast<double>(n);
  CHECK_NEAR(intervalSquares(t.data(), n, mean), squares, scale);
  for (const bool events : {true, false}) {
    const double* x = events ? t.data() : d.data();
    CHECK_NEAR(intervalExtent(x, n, events).least, least, 0);
    CHECK_NEAR(intervalExtent(x, n, events).sum, t[n] - t[0], scale);
    const NeighbourSums found = neighbourSums(x, n, events, mean);
    CHECK(found.pairs == static_cast<double>(n - 1));
    CHECK_NEAR(found.local, local, scale);
    CHECK_NEAR(found.absolute, absolute, scale);
    CHECK_NEAR(found.products, products, scale);
    CHECK_NEAR(found.squares, squares, scale);
  }
}

void whatIsNotFiniteShows(std::vector<double> t) {
  const size_t n = t.size();
  CHECK(equalNeighbours(t.data(), n) == 0);
  CHECK(equalNeighbours(std::vector<double>(n, 2.0).data(), n) == n - 1);
  CHECK(neverFalls(t.data(), n) && everyFinite(t.data(), n));
  for (const size_t at : {size_t{0}, n / 2, n - 1}) {
    const double held = t[at];
    t[at] = std::numeric_limits<double>::quiet_NaN();
    CHECK(!neverFalls(t.data(), n) && !everyFinite(t.data(), n));
    CHECK(!std::isfinite(intervalSquares(t.data(), n - 1, 1)) && !std::isfinite(intervalExtent(t.data(), n - 1, true).sum));
    t[at] = std::numeric_limits<double>::infinity();
    CHECK(!everyFinite(t.data(), n));
    t[at] = at == 0 ? 1e9 : -1;
    CHECK(!neverFalls(t.data(), n));
    t[at] = held;
  }
}

void countsAreTheirDefinition(const std::vector<double>& t, double window, size_t windows) {
  std::vector<double> expected(windows), found(windows, -1);
  for (const double time : t) {
    const double bin = std::floor(time / window);
    if (bin >= 0 && bin < static_cast<double>(windows)) expected[static_cast<size_t>(bin)] += 1;
  }
  CHECK(windowCounts(t.data(), t.size(), window, windows, found.data()));
  CHECK(found == expected);
  double sum = 0, squares = 0, differences = 0;
  for (const double count : expected) sum += count;
  for (size_t b = 0; b < windows; ++b) {
    squares += (expected[b] - sum / static_cast<double>(windows)) * (expected[b] - sum / static_cast<double>(windows));
    if (b > 0) differences += (expected[b] - expected[b - 1]) * (expected[b] - expected[b - 1]);
  }
  CountSums sums{};
  CHECK(windowSums(t.data(), t.size(), window, windows, &sums));
  CHECK(sums.sum == sum && sums.differences == differences);
  CHECK_NEAR(sums.squares, squares, 1e-9 * (1 + squares));
}

void differencesAreTheirDefinition(const std::vector<double>& x) {
  for (const size_t m : {1, 2, 5, 40})
    for (const size_t step : {size_t{1}, m}) {
      double second = 0, third = 0;
      for (size_t i = 0; i + 2 * m < x.size(); i += step) second += std::pow(x[i + 2 * m] - 2 * x[i + m] + x[i], 2);
      for (size_t i = 0; i + 3 * m < x.size(); i += step) third += std::pow(x[i + 3 * m] - 3 * x[i + 2 * m] + 3 * x[i + m] - x[i], 2);
      CHECK_NEAR(differenceSquares(x.data(), x.size(), m, 2, step), second, 1e-10 * (1 + second));
      CHECK_NEAR(differenceSquares(x.data(), x.size(), m, 3, step), third, 1e-10 * (1 + third));
    }
}

}  // namespace

int main() {
  size_t series = 0;
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    for (const size_t n : {4, 9, 33, 64, 1001, 3000}) {
      const std::vector<double> t = eventTimes(n, n);
      sumsAreTheirDefinition(t);
      whatIsNotFiniteShows(t);
      differencesAreTheirDefinition(t);
      for (const double window : {0.05, 0.7, 3.0, 60.0}) countsAreTheirDefinition(t, window, static_cast<size_t>(t.back() / window) + 2);
      ++series;
    }
    // Read from many places at a time, and what is left over.
    for (const size_t n : {kInStreams + 1, 2 * kInStreams + 77}) {
      sumsAreTheirDefinition(eventTimes(n, n));
      whatIsNotFiniteShows(eventTimes(n, n));
      ++series;
    }
    countsAreTheirDefinition({-3, -2, -0.5, 0, 0, 0.5, 1, 1, 7}, 1, 3);
    countsAreTheirDefinition({}, 1, 3);
    countsAreTheirDefinition({1, 2}, 1, 0);
  }
  std::printf("%zu series\n", series);
}
