// N-API glue of intervals, windows of counts, order and the exponential law (stat_*.h).
#pragma once
#include <napi.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "addon_arguments.h"
#include "stat_exponential.h"
#include "stat_intervals.h"
#include "stat_order.h"
#include "stat_parts.h"
#include "stat_streams.h"
#include "stat_windows.h"

namespace asicr {
namespace statistics {

// Parts of a fixed size: sums do not depend on who makes them.
constexpr size_t kPart = kInStreams;
inline size_t partsOf(size_t n) { return (n + kPart - 1) / kPart; }

constexpr size_t kMostWindows = size_t{1} << 31;

inline Napi::Value intervalExtent(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0;
  const double* x = arguments.doubles(&length);
  const bool events = arguments.flag();
  double* out = arguments.doublesOf(2);
  if (arguments.ok() && length < (events ? 2 : 1)) arguments.refuse("of one interval or more");
  if (!arguments.ok()) return arguments.undefined();
  const size_t intervals = length - (events ? 1 : 0);
  std::vector<IntervalExtent> extents(partsOf(intervals));
  inParts(extents.size(), membersToRead(intervals), [&](size_t part) {
    const size_t from = part * kPart;
    extents[part] = asicr::intervalExtent(x + from, std::min(kPart, intervals - from), events);
  });
  IntervalExtent found = extents[0];
  for (size_t part = 1; part < extents.size(); ++part) found = {found.sum + extents[part].sum, std::min(found.least, extents[part].least)};
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
  std::vector<double> squares(partsOf(length - 1));
  inParts(squares.size(), membersToRead(length), [&](size_t part) {
    const size_t from = part * kPart;
    squares[part] = asicr::intervalSquares(times + from, std::min(kPart, length - 1 - from), mean);
  });
  return Napi::Number::New(info.Env(), std::accumulate(squares.begin(), squares.end(), 0.0));
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

}  // namespace statistics
}  // namespace asicr
