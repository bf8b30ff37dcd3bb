// N-API glue of the timing statistics (stat_*.h). All calls are synchronous and take their arguments by position; addon.ts names them.
#pragma once
#include <napi.h>

#include <atomic>
#include <functional>
#include <string>

#include "addon_options.h"
#include "stat_exponential.h"
#include "stat_fourier.h"
#include "stat_harmonics.h"
#include "stat_intervals.h"
#include "stat_memory.h"
#include "stat_neighbours.h"
#include "stat_order.h"
#include "stat_ordinal.h"
#include "stat_pairs.h"
#include "stat_random.h"
#include "stat_recurrence.h"
#include "stat_spectrum.h"
#include "stat_windows.h"

namespace asicr {

// Reads arguments in order; the first that does not fit leaves a pending TypeError and makes ok() false.
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  bool ok() const { return ok_; }
  Napi::Env env() const { return info_.Env(); }

  void refuse(const std::string& what) {
    if (ok_) Napi::TypeError::New(env(), "argument " + std::to_string(at_) + " must be " + what).ThrowAsJavaScriptException();
    ok_ = false;
  }

  double real() {
    const Napi::Value value = info_[at_++];
    if (ok_ && value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
    refuse("a number");
    return 0;
  }

  size_t size(size_t least, size_t most) {
    const double value = real();
    if (ok_ && value >= static_cast<double>(least) && value <= static_cast<double>(most) && value == std::floor(value))
      return static_cast<size_t>(value);
    refuse("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return least;
  }

  bool flag() {
    const Napi::Value value = info_[at_++];
    if (ok_ && value.IsBoolean()) return value.As<Napi::Boolean>().Value();
    refuse("a boolean");
    return false;
  }

  // 64 bits.
  uint64_t seed() {
    const Napi::Value value = info_[at_++];
    bool lossless = false;
    if (ok_ && value.IsBigInt()) {
      const uint64_t bits = value.As<Napi::BigInt>().Uint64Value(&lossless);
      if (lossless) return bits;
    }
    refuse("a BigInt of 64 bits");
    return 0;
  }

  // A Float64Array, and how long it is; null is taken where it may be.
  double* doubles(size_t* length, bool mayBeNull = false) { return elements<double>(napi_float64_array, "a Float64Array", length, mayBeNull); }
  uint32_t* words(size_t* length) { return elements<uint32_t>(napi_uint32_array, "a Uint32Array", length, false); }

  const uint8_t* bytes(size_t* length) { return elements<uint8_t>(napi_uint8_array, "a Uint8Array", length, false); }

  // One of a length that is known.
  double* doublesOf(size_t length, bool mayBeNull = false) {
    size_t found = length;
    double* values = doubles(&found, mayBeNull);
    if (ok_ && found != length) refuse("a Float64Array of " + std::to_string(length) + " values");
    return ok_ ? values : nullptr;
  }

  Napi::Value undefined() const { return env().Undefined(); }

  // What a kernel says that returns false for want of memory.
  Napi::Value done(bool enough) {
    if (!enough) Napi::Error::New(env(), "out of memory").ThrowAsJavaScriptException();
    return undefined();
  }

 private:
  template <typename T>
  T* elements(napi_typedarray_type type, const char* expected, size_t* length, bool mayBeNull) {
    const Napi::Value value = info_[at_++];
    if (ok_ && mayBeNull && value.IsNull()) return nullptr;
    if (ok_ && value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type) {
      *length = value.As<Napi::TypedArray>().ElementLength();
      return value.As<Napi::TypedArrayOf<T>>().Data();
    }
    refuse(expected);
    return nullptr;
  }

  const Napi::CallbackInfo& info_;
  size_t at_ = 0;
  bool ok_ = true;
};

// Members for work on n values: starting one costs what a processor does with some ten thousand.
inline size_t membersForValues(size_t n) { return n < (size_t{1} << 16) ? 1 : Team::defaultMembers(); }

namespace statistics {

// What results lie in is given back when they are collected, and that may wait for the event loop: beyond this they come from elsewhere.
constexpr size_t kMostLent = size_t{512} << 20;

inline std::atomic<size_t>& lentBytes() {
  static std::atomic<size_t> lent{0};
  return lent;
}

// A Float64Array with whatever was in the memory, or null.
inline Napi::Value unfilled(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  const size_t length = arguments.size(1, kMostRows);
  if (!arguments.ok()) return arguments.undefined();
  if (lentBytes().load() + length * sizeof(double) > kMostLent) return info.Env().Null();
  const Block block = takeBlock(length * sizeof(double));
  if (block.memory == nullptr) return info.Env().Null();
  lentBytes() += block.bytes;
  const auto giveBack = [](Napi::Env, void* memory, Block* lent) {
    lentBytes() -= lent->bytes;
    giveBlock({memory, lent->bytes});
    delete lent;
  };
  const Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(info.Env(), block.memory, length * sizeof(double), giveBack, new Block(block));
  return Napi::Float64Array::New(info.Env(), length, buffer, 0);
}

constexpr size_t kExtentPart = size_t{1} << 16;
constexpr size_t kMostWindows = size_t{1} << 31;

inline Napi::Value intervalExtent(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  const bool events = arguments.flag();
  double* out = arguments.doublesOf(2);
  if (arguments.ok() && length < (events ? 2 : 1)) arguments.refuse("of one interval or more");
  if (!arguments.ok()) return arguments.undefined();
  // Parts of a fixed size: sums do not depend on who makes them. Reading them is all the work there is, so few are not worth a thread.
  const size_t intervals = length - (events ? 1 : 0), parts = (intervals + kExtentPart - 1) / kExtentPart;
  std::vector<IntervalExtent> extents(parts);
  Team team(membersForValues(intervals / 16));
  team.share(parts, [&](size_t part) {
    const size_t from = part * kExtentPart;
    extents[part] = asicr::intervalExtent(x + from, std::min(kExtentPart, intervals - from), events);
  });
  IntervalExtent found = extents[0];
  for (size_t part = 1; part < parts; ++part) found = {found.sum + extents[part].sum, std::min(found.least, extents[part].least)};
  out[0] = found.sum;
  out[1] = found.least;
  return arguments.undefined();
}

inline Napi::Value intervalSquares(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* times = arguments.doubles(&length);
  const double mean = arguments.real();
  if (arguments.ok() && length < 2) arguments.refuse("of one interval or more");
  if (!arguments.ok()) return arguments.undefined();
  return Napi::Number::New(info.Env(), asicr::intervalSquares(times, length - 1, mean));
}

inline Napi::Value neighbourSums(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  const bool events = arguments.flag();
  const double mean = arguments.real();
  double* out = arguments.doublesOf(6);
  if (arguments.ok() && length < (events ? 2 : 1)) arguments.refuse("of one interval or more");
  if (!arguments.ok()) return arguments.undefined();
  const NeighbourSums found = asicr::neighbourSums(x, length - (events ? 1 : 0), events, mean);
  const double sums[] = {found.pairs, found.local, found.absolute, found.products, found.sum, found.squares};
  std::copy(sums, sums + 6, out);
  return arguments.undefined();
}

inline Napi::Value neverFalls(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  if (!arguments.ok()) return arguments.undefined();
  return Napi::Boolean::New(info.Env(), asicr::neverFalls(x, length));
}

inline Napi::Value everyFinite(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  if (!arguments.ok()) return arguments.undefined();
  return Napi::Boolean::New(info.Env(), asicr::everyFinite(x, length));
}

inline Napi::Value differenceSquares(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  const size_t m = arguments.size(1, kMostRows), order = arguments.size(2, 3), step = arguments.size(1, kMostRows);
  if (!arguments.ok()) return arguments.undefined();
  return Napi::Number::New(info.Env(), asicr::differenceSquares(x, length, m, order, step));
}

// Times that fall would be counted where they are not, in memory that is not ours.
inline Napi::Value windowCounts(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0, windows = 0;
  const double* times = arguments.doubles(&length);
  const double window = arguments.real();
  double* counts = arguments.doubles(&windows);
  if (arguments.ok() && !(window > 0)) arguments.refuse("above 0");
  if (arguments.ok() && !asicr::neverFalls(times, length)) arguments.refuse("in order");
  if (!arguments.ok()) return arguments.undefined();
  return arguments.done(asicr::windowCounts(times, length, window, windows, counts));
}

inline Napi::Value windowSums(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0, scales = 0;
  const double* times = arguments.doubles(&length);
  const double* windows = arguments.doubles(&scales);
  const double until = arguments.real();
  double* out = arguments.doublesOf(4 * scales);
  for (size_t s = 0; arguments.ok() && s < scales; ++s)
    if (!(windows[s] > 0) || !(until / windows[s] < static_cast<double>(kMostWindows))) arguments.refuse("above 0, and 2^31 windows at most");
  if (arguments.ok() && !asicr::neverFalls(times, length)) arguments.refuse("in order");
  if (!arguments.ok()) return arguments.undefined();
  std::vector<int> enough(scales, 1);
  Team team(membersForValues(length));
  team.share(scales, [&](size_t s) {
    const size_t count = static_cast<size_t>(std::max(0.0, until / windows[s]));
    CountSums sums{};
    enough[s] = asicr::windowSums(times, length, windows[s], count, &sums) ? 1 : 0;
    const double row[] = {static_cast<double>(count), sums.sum, sums.squares, sums.differences};
    std::copy(row, row + 4, out + 4 * s);
  });
  return arguments.done(std::all_of(enough.begin(), enough.end(), [](int each) { return each == 1; }));
}

inline Napi::Value sort(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  double* x = arguments.doubles(&length);
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length));
  return arguments.done(asicr::sortDoubles(x, length, team));
}

inline Napi::Value sortedOrder(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0, entries = 0;
  const double* x = arguments.doubles(&length);
  uint32_t* order = arguments.words(&entries);
  if (arguments.ok() && (entries != length || length >= kMostRows)) arguments.refuse("as long as the values, below 2^31");
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length));
  return arguments.done(asicr::sortedOrder(x, length, order, team));
}

inline Napi::Value exponentialDistances(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  double* x = arguments.doubles(&length);
  double* out = arguments.doublesOf(3);
  if (arguments.ok() && length == 0) arguments.refuse("of one interval or more");
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length));
  ExponentialDistances found{};
  const bool enough = asicr::exponentialDistances(x, length, team, &found);
  out[0] = found.mean;
  out[1] = found.distance;
  out[2] = found.a2;
  return arguments.done(enough);
}

inline Napi::Value ordinalCounts(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0, patterns = 0;
  const double* x = arguments.doubles(&length);
  const double* breaker = arguments.doublesOf(length, true);
  const size_t order = arguments.size(2, kLargestOrder), delay = arguments.size(1, kMostRows);
  double* counts = arguments.doubles(&patterns);
  size_t expected = 1;
  for (size_t k = 2; k <= order; ++k) expected *= k;
  if (arguments.ok() && patterns != expected) arguments.refuse("as many as there are patterns");
  if (arguments.ok() && length <= (order - 1) * delay) arguments.refuse("of one window or more");
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length / 16));
  OrdinalSeen seen{};
  if (!asicr::ordinalCounts(x, breaker, length, order, delay, counts, team, &seen)) return arguments.done(false);
  return Napi::Number::New(info.Env(), seen.finite ? static_cast<double>(seen.equal) : -1);
}

inline Napi::Value harmonicSums(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0, entries = 0;
  const double* times = arguments.doubles(&length);
  const double* values = arguments.doublesOf(length, true);
  const double first = arguments.real(), step = arguments.real();
  double* out = arguments.doubles(&entries);
  const size_t rows = values == nullptr ? 2 : 6;
  if (arguments.ok() && entries % rows != 0) arguments.refuse("a multiple of the rows long");
  if (!arguments.ok()) return arguments.undefined();
  const size_t count = entries / rows;
  Team team(membersForValues(length));
  HarmonicSums sums{out, out + count, nullptr, nullptr, nullptr, nullptr};
  if (values != nullptr) sums = {out, out + count, out + 2 * count, out + 3 * count, out + 4 * count, out + 5 * count};
  return arguments.done(asicr::harmonicSums(times, values, length, first, step, count, team, sums));
}

inline Napi::Value fourier(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  double* re = arguments.doubles(&length);
  double* im = arguments.doublesOf(length);
  const bool backward = arguments.flag();
  if (arguments.ok() && (length == 0 || length >= kMostRows)) arguments.refuse("of 1 to 2^31 values");
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length));
  asicr::Fourier plan;
  if (!plan.create(length, team)) return arguments.done(false);
  if (backward) std::swap(re, im);
  plan.forward(re, im, team);
  if (backward)
    for (size_t k = 0; k < length; ++k) {
      re[k] /= static_cast<double>(length);
      im[k] /= static_cast<double>(length);
    }
  return arguments.undefined();
}

inline Napi::Value multitaper(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  const double mean = arguments.real();
  const size_t tapers = arguments.size(2, 1024), size = arguments.size(4, kMostRows);
  double* power = arguments.doublesOf(size / 2 + 1);
  double* pValue = arguments.doublesOf(size / 2 + 1);
  if (arguments.ok() && (size % 2 != 0 || size < length || length == 0)) arguments.refuse("even, and as long as the series or longer");
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length));
  return arguments.done(asicr::multitaper(x, length, mean, tapers, size, power, pValue, team));
}

inline Napi::Value iaaft(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  double* series = arguments.doublesOf(length);
  const size_t iterations = arguments.size(0, 1u << 20);
  if (arguments.ok() && (length < 2 || length >= kMostRows)) arguments.refuse("of 2 to 2^31 values");
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length));
  return arguments.done(asicr::iaaft(x, series, length, iterations, team));
}

inline Napi::Value uniforms(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const uint64_t seed = arguments.seed();
  const size_t first = arguments.size(0, size_t{1} << 53);
  double* out = arguments.doubles(&length);
  if (arguments.ok()) asicr::uniforms(seed, first, length, out);
  return arguments.undefined();
}

inline Napi::Value shuffle(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  const size_t block = arguments.size(1, kMostRows);
  const uint64_t seed = arguments.seed();
  double* out = arguments.doublesOf(length);
  if (arguments.ok() && length >= kMostRows) arguments.refuse("of fewer than 2^31 values");
  if (!arguments.ok()) return arguments.undefined();
  if (block > 1) {
    Team team(membersForValues(length / 16));
    return arguments.done(asicr::shuffleBlocks(x, length, block, seed, out, team));
  }
  return arguments.done(asicr::shuffle(x, length, seed, out));
}

inline Napi::Value blockRows(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t rows = 0;
  const uint64_t seed = arguments.seed();
  const size_t first = arguments.size(0, size_t{1} << 53), block = arguments.size(1, kMostRows);
  uint32_t* out = arguments.words(&rows);
  if (arguments.ok() && block > rows) arguments.refuse("no longer than the series");
  if (!arguments.ok()) return arguments.undefined();
  return Napi::Number::New(info.Env(), static_cast<double>(asicr::blockRows(seed, first, rows, block, out)));
}

inline Napi::Value blockMeans(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0, draws = 0;
  const double* x = arguments.doubles(&length);
  const size_t block = arguments.size(1, kMostRows);
  const uint64_t seed = arguments.seed();
  const double mean = arguments.real();
  double* means = arguments.doubles(&draws);
  if (arguments.ok() && (block > length || length >= kMostRows)) arguments.refuse("no longer than the series, which has fewer than 2^31 values");
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length / block * draws / 8));
  return arguments.done(asicr::blockMeans(x, length, block, seed, mean, draws, means, team));
}

inline Napi::Value pairCounts(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0, others = 0;
  const uint8_t* a = arguments.bytes(&length);
  const uint8_t* b = arguments.bytes(&others);
  const size_t rows = arguments.size(1, 256), cols = arguments.size(1, 256);
  double* counts = arguments.doublesOf(rows * cols);
  if (arguments.ok() && (others != length || length >= kMostRows)) arguments.refuse("pairs, fewer than 2^31");
  if (!arguments.ok()) return arguments.undefined();
  Team team(membersForValues(length / 16));
  bool enough = true;
  const bool inside = asicr::pairCounts(a, b, length, rows, cols, counts, team, &enough);
  if (!enough) return arguments.done(false);
  return Napi::Boolean::New(info.Env(), inside);
}

inline Napi::Value neighbourSum(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  const double* y = arguments.doublesOf(length);
  const size_t k = arguments.size(1, kMostNeighbours);
  const double* digamma = arguments.doublesOf(length + 1);
  if (arguments.ok() && (length <= k || length >= kMostRows)) arguments.refuse("fewer neighbours than points");
  if (!arguments.ok()) return arguments.undefined();
  Team team(length < 2048 ? 1 : Team::defaultMembers());
  double sum = 0;
  if (!asicr::neighbourSum(x, y, length, k, digamma, team, &sum)) return arguments.done(false);
  return Napi::Number::New(info.Env(), sum);
}

inline Napi::Value recurrence(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  const size_t dimension = arguments.size(1, 1024), delay = arguments.size(1, kMostRows);
  const size_t rank = arguments.size(0, size_t{1} << 53), leastLine = arguments.size(2, 1024);
  double* out = arguments.doublesOf(6);
  const size_t states = arguments.ok() && length > (dimension - 1) * delay ? length - (dimension - 1) * delay : 0;
  if (arguments.ok() && (states < 2 || states > kMostColumns || rank >= states * (states - 1) / 2)) arguments.refuse("the rank of a pair of 2 to 65536 states");
  if (!arguments.ok()) return arguments.undefined();
  RecurrenceSums found{};
  const bool enough = asicr::recurrence(x, states, dimension, delay, rank, leastLine, &found);
  const double sums[] = {found.radius, found.points, found.onDiagonals, found.lines, found.longest, found.onVerticals};
  std::copy(sums, sums + 6, out);
  return arguments.done(enough);
}

}  // namespace statistics

inline Napi::Object statisticsKernels(Napi::Env env) {
  Napi::Object kernels = Napi::Object::New(env);
  const std::pair<const char*, Napi::Value (*)(const Napi::CallbackInfo&)> functions[] = {
      {"intervalExtent", statistics::intervalExtent},   {"intervalSquares", statistics::intervalSquares},
      {"neighbourSums", statistics::neighbourSums},     {"neverFalls", statistics::neverFalls},
      {"everyFinite", statistics::everyFinite},         {"differenceSquares", statistics::differenceSquares},
      {"windowCounts", statistics::windowCounts},       {"windowSums", statistics::windowSums},
      {"sort", statistics::sort},                       {"sortedOrder", statistics::sortedOrder},
      {"exponentialDistances", statistics::exponentialDistances}, {"ordinalCounts", statistics::ordinalCounts},
      {"harmonicSums", statistics::harmonicSums},       {"fourier", statistics::fourier},
      {"multitaper", statistics::multitaper},           {"iaaft", statistics::iaaft},
      {"uniforms", statistics::uniforms},               {"shuffle", statistics::shuffle},
      {"blockRows", statistics::blockRows},             {"blockMeans", statistics::blockMeans},
      {"pairCounts", statistics::pairCounts},           {"neighbourSum", statistics::neighbourSum},
      {"recurrence", statistics::recurrence},           {"unfilled", statistics::unfilled}};
  for (const auto& [name, function] : functions) kernels.Set(name, Napi::Function::New(env, function, name));
  return kernels;
}

}  // namespace asicr
