#include "stat_harmonics.h"

#include <vector>

#include "check.h"
#include "instruction_set.h"
#include "stat_ordinal.h"
#include "stat_random.h"
#include "stat_spectrum.h"

using namespace asicr;

namespace {

constexpr double kTwoPi = 6.283185307179586477;

void sumsAreDirect(size_t n, size_t count, Team& team) {
  std::vector<double> t(n), y(n), out(6 * count), plain(2 * count);
  uniforms(n, 0, n, t.data());
  uniforms(n + 1, 0, n, y.data());
  for (double& time : t) time *= 1000;
  const double first = 0.37, step = 0.011;
  double* o = out.data();
  CHECK(harmonicSums(t.data(), y.data(), n, first, step, count, team, {o, o + count, o + 2 * count, o + 3 * count, o + 4 * count, o + 5 * count}));
  CHECK(harmonicSums(t.data(), nullptr, n, first, step, count, team, {plain.data(), plain.data() + count, nullptr, nullptr, nullptr, nullptr}));
  for (size_t k = 0; k < count; ++k) {
    double sums[6] = {};
    for (size_t i = 0; i < n; ++i) {
      const double turns = t[i] * (first + static_cast<double>(k) * step), angle = kTwoPi * (turns - std::floor(turns));
      const double each[] = {std::cos(angle), std::sin(angle), std::cos(2 * angle), std::sin(2 * angle), y[i] * std::cos(angle), y[i] * std::sin(angle)};
      for (size_t row = 0; row < 6; ++row) sums[row] += each[row];
    }
    // Angles of thousands of turns are good to 1e-12.
    for (size_t row = 0; row < 6; ++row) CHECK_NEAR(out[row * count + k], sums[row], 1e-11 * static_cast<double>(n));
    for (size_t row = 0; row < 2; ++row) CHECK_NEAR(plain[row * count + k], sums[row], 1e-11 * static_cast<double>(n));
  }
}

void aLineStandsOutOfTheSpectrum(Team& team) {
  constexpr size_t kN = 500, kSize = 1024;
  std::vector<double> x(kN), power(kSize / 2 + 1), p(kSize / 2 + 1);
  uniforms(3, 0, kN, x.data());
  double mean = 0, variance = 0, integral = 0;
  for (size_t i = 0; i < kN; ++i) {
    x[i] += std::sin(kTwoPi * static_cast<double>(i) * 100 / kSize);
    mean += x[i] / kN;
  }
  for (const double value : x) variance += (value - mean) * (value - mean) / kN;
  CHECK(multitaper(x.data(), kN, mean, 5, kSize, power.data(), p.data(), team));
  for (const double value : power) integral += value / kSize;
  CHECK_NEAR(integral, variance, 0.15 * variance);
  CHECK(p[100] < 1e-6);
  for (const double value : p) CHECK(value >= 0 && value <= 1);
}

// Against the sums that tapers and their spectra are defined by, at frequencies in and between the places where passes meet.
void tapersAreTheirSums(size_t n, size_t size, Team& team) {
  constexpr size_t kTapers = 3;
  std::vector<double> x(n), power(size / 2 + 1), p(size / 2 + 1);
  uniforms(n, 0, n, x.data());
  CHECK(multitaper(x.data(), n, 0.4, kTapers, size, power.data(), p.data(), team));
  for (const size_t f : {size_t{0}, size_t{1}, size_t{57}, size_t{63}, size_t{64}, size_t{65}, size_t{128}, size / 4 - 1, size / 4, size / 4 + 1, size / 2 - 64, size / 2 - 1, size / 2}) {
    double total = 0, lineRe = 0, lineIm = 0, squares = 0;
    for (size_t k = 1; k <= kTapers; ++k) {
      double re = 0, im = 0, dc = 0;
      for (size_t i = 0; i < n; ++i) {
        const double taper = std::sqrt(2.0 / static_cast<double>(n + 1)) * std::sin(kTwoPi / 2 * static_cast<double>(k * (i + 1)) / static_cast<double>(n + 1));
        const double angle = kTwoPi * static_cast<double>(f * i % size) / static_cast<double>(size);
        re += taper * (x[i] - 0.4) * std::cos(angle);
        im -= taper * (x[i] - 0.4) * std::sin(angle);
        dc += taper;
      }
      if (k % 2 == 0) dc = 0;
      total += re * re + im * im;
      lineRe += dc * re;
      lineIm += dc * im;
      squares += dc * dc;
    }
    const double share = (total - (lineRe * lineRe + lineIm * lineIm) / squares) / total;
    CHECK_NEAR(power[f], 2.0 / kTapers * total, 1e-11 * (1 + total));
    CHECK_NEAR(p[f], share * share, 1e-8);
  }
}

void patternsOfARampAreOne(Team& team) {
  std::vector<double> x(2000), counts(24);
  for (size_t i = 0; i < x.size(); ++i) x[i] = -static_cast<double>(i);
  OrdinalSeen seen{};
  for (const size_t delay : {1, 3}) {
    CHECK(ordinalCounts(x.data(), nullptr, x.size(), 4, delay, counts.data(), team, &seen));
    for (size_t p = 0; p < 24; ++p) CHECK(counts[p] == (p == 23 ? static_cast<double>(2000 - 3 * delay) : 0));
    CHECK(seen.finite && seen.equal == 0);
  }
  // At the ends of blocks, and in what no block holds.
  for (const size_t at : {1, 511, 512, 1024, 1999}) {
    const double held = x[at];
    x[at] = x[at - 1];
    CHECK(ordinalCounts(x.data(), nullptr, x.size(), 4, 1, counts.data(), team, &seen) && seen.finite && seen.equal == 1);
    x[at] = std::nan("");
    CHECK(ordinalCounts(x.data(), nullptr, x.size(), 4, 1, counts.data(), team, &seen) && !seen.finite);
    x[at] = held;
  }
}

}  // namespace

int main() {
  size_t grids = 0;
  for (const char* set : {"portable", "neon", "avx2", "avx512"}) {
    if (!useInstructionSet(set)) continue;
    for (const size_t members : {1, 2}) {
      Team team(members);
      for (const size_t n : {1, 7, 33, 500})
        for (const size_t count : {1, 64, 65, 130}) {
          sumsAreDirect(n, count, team);
          ++grids;
        }
      aLineStandsOutOfTheSpectrum(team);
      tapersAreTheirSums(700, 2048, team);
      for (const size_t n : {1023, 4097, 8192}) tapersAreTheirSums(n, 8192, team);
      tapersAreTheirSums(5000, 16384, team);
      patternsOfARampAreOne(team);
    }
  }
  std::printf("%zu grids are their sums\n", grids);
}
