#include "telemetry/native/wide_lanes.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace asicr {

namespace {

// Instead of an exponent: the two halves of each float as they are.
constexpr uint32_t kRaw = 0x80000000;
// Powers of two that stay exact whatever they are multiplied with here.
constexpr int kMostExponent = 300;
constexpr uint64_t kNan = 0x7ff8000000000000;
constexpr double kTwo32 = 4294967296.0;
constexpr double kTwo52 = 4503599627370496.0;

struct Grid {
  int exponent;
  double least;
  double most;
};

uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

double doubleOf(uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

uint64_t joined(uint32_t low, uint32_t high) { return static_cast<uint64_t>(high) << 32 | low; }

uint32_t* writeWide(uint64_t value, uint32_t* out) {
  out[0] = static_cast<uint32_t>(value);
  out[1] = static_cast<uint32_t>(value >> 32);
  return out + 2;
}

// The coarsest grid all floats lie on; false when none of fewer than 2^52 steps holds them all, bit for bit.
bool findGrid(const double* floats, size_t n, Grid& grid) {
  int exponent = -kMostExponent;
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (size_t i = 0; i < n; i++) {
    const uint64_t bits = bitsOf(floats[i]);
    const int biased = static_cast<int>(bits >> 52 & 0x7ff);
    if (biased == 0x7ff) {
      if (bits != kNan) return false;
      continue;
    }
    least = std::min(least, floats[i]);
    most = std::max(most, floats[i]);
    if (biased == 0) {
      // Subnormal numbers and -0.
      if (bits != 0) return false;
      continue;
    }
    const int zeros = __builtin_ctzll(bits | uint64_t{1} << 52);
    exponent = std::max(exponent, 1075 - biased - zeros);
  }
  if (exponent > kMostExponent || least > most) return false;
  const double scale = std::ldexp(1.0, exponent);
  grid = {exponent, least, most};
  return std::fabs(least) * scale < kTwo52 && std::fabs(most) * scale < kTwo52 && (most - least) * scale < kTwo52;
}

}  // namespace

uint32_t* writeTimes(const int64_t* times, size_t n, uint32_t* scratch, uint32_t* out) {
  uint32_t* const low = scratch;
  uint32_t* const high = scratch + n;
  // Unsigned: differences are modulo 2^64.
  uint64_t before = static_cast<uint64_t>(times[0]);
  out = writeWide(before, out);
  for (size_t i = 0; i < n; i++) {
    const uint64_t now = static_cast<uint64_t>(times[i]);
    const uint64_t step = now - before;
    const uint64_t zigzag = step << 1 ^ (0 - (step >> 63));
    low[i] = static_cast<uint32_t>(zigzag);
    high[i] = static_cast<uint32_t>(zigzag >> 32);
    before = now;
  }
  return writeLane(high, n, writeLane(low, n, out));
}

bool readTimes(WordReader& words, int64_t* times, size_t n, uint32_t* scratch) {
  uint32_t* const low = scratch;
  uint32_t* const high = scratch + n;
  const uint32_t* first = words.take(2);
  if (first == nullptr || !readLane(words, low, n) || !readLane(words, high, n)) return false;
  uint64_t sum = joined(first[0], first[1]);
  for (size_t i = 0; i < n; i++) {
    const uint64_t zigzag = joined(low[i], high[i]);
    sum += zigzag >> 1 ^ (0 - (zigzag & 1));
    times[i] = static_cast<int64_t>(sum);
  }
  return true;
}

uint32_t* writeFloats(const double* floats, size_t n, uint32_t* scratch, uint32_t* out) {
  uint32_t* const low = scratch;
  uint32_t* const high = scratch + n;
  Grid grid;
  if (!findGrid(floats, n, grid)) {
    for (size_t i = 0; i < n; i++) {
      const uint64_t bits = bitsOf(floats[i]);
      low[i] = static_cast<uint32_t>(bits);
      high[i] = static_cast<uint32_t>(bits >> 32);
    }
    *out++ = kRaw;
    return writeLane(high, n, writeLane(low, n, out));
  }
  const double scale = std::ldexp(1.0, grid.exponent);
  const double least = grid.least * scale;
  const double nanCode = (grid.most - grid.least) * scale + 1;
  for (size_t i = 0; i < n; i++) {
    // A whole number from 0 to 2^52: the grid says so.
    const double code = std::isnan(floats[i]) ? nanCode : floats[i] * scale - least;
    const uint64_t whole = static_cast<uint64_t>(static_cast<int64_t>(code));
    low[i] = static_cast<uint32_t>(whole);
    high[i] = static_cast<uint32_t>(whole >> 32);
  }
  *out++ = static_cast<uint32_t>(grid.exponent);
  out = writeWide(bitsOf(least), out);
  out = writeWide(bitsOf(nanCode), out);
  return writeLane(high, n, writeLane(low, n, out));
}

bool readFloats(WordReader& words, double* floats, size_t n, uint32_t* scratch) {
  uint32_t* const low = scratch;
  uint32_t* const high = scratch + n;
  const uint32_t* head = words.take(1);
  if (head == nullptr) return false;
  if (*head == kRaw) {
    if (!readLane(words, low, n) || !readLane(words, high, n)) return false;
    for (size_t i = 0; i < n; i++) floats[i] = doubleOf(joined(low[i], high[i]));
    return true;
  }
  const int32_t exponent = static_cast<int32_t>(*head);
  if (exponent > kMostExponent || exponent < -kMostExponent) return false;
  const uint32_t* scale = words.take(4);
  if (scale == nullptr) return false;
  const double unit = std::ldexp(1.0, -exponent);
  const double least = doubleOf(joined(scale[0], scale[1]));
  const double nanCode = doubleOf(joined(scale[2], scale[3]));
  if (!std::isfinite(least) || !std::isfinite(nanCode) || !readLane(words, low, n) || !readLane(words, high, n)) return false;
  for (size_t i = 0; i < n; i++) {
    const double code = high[i] * kTwo32 + low[i];
    floats[i] = code == nanCode ? doubleOf(kNan) : (least + code) * unit;
  }
  return true;
}

}  // namespace asicr
