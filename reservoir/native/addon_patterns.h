// N-API glue of ordinal patterns, pairs, neighbours and recurrence (stat_*.h).
#pragma once
#include <napi.h>

#include "addon_arguments.h"
#include "stat_neighbours.h"
#include "stat_ordinal.h"
#include "stat_pairs.h"
#include "stat_recurrence.h"

namespace asicr {
namespace statistics {

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

inline Napi::Value pairCounts(const Napi::CallbackInfo& info) {
  Arguments arguments(info);
  size_t length = 0, others = 0;
  const uint8_t* a = arguments.bytes(&length);
  const uint8_t* b = arguments.bytes(&others);
  const size_t rows = arguments.size(1, 256), cols = arguments.size(1, 256);
  double* counts = arguments.doublesOf(rows * cols);
  if (arguments.ok() && (others != length || length >= kMostRows)) arguments.refuse("pairs, fewer than 2^31");
  if (!arguments.ok()) return arguments.undefined();
  bool enough = true;
  const bool inside = asicr::pairCounts(a, b, length, rows, cols, counts, membersToRead(length), &enough);
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
}  // namespace asicr
