// N-API glue of seeded draws: uniforms, shuffles, blocks (stat_random.h).
#pragma once
#include <napi.h>

#include "addon_arguments.h"
#include "stat_random.h"
#include "stat_shuffle.h"

namespace asicr {
namespace statistics {

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
  if (block > 1) return arguments.done(asicr::shuffleBlocks(x, length, block, seed, out, membersToRead(length)));
  return arguments.done(asicr::shuffle(x, length, seed, out, Team::defaultMembers()));
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
  const size_t members = membersToRead(length + length / block * draws);
  return arguments.done(asicr::blockMeans(x, length, block, seed, mean, draws, means, members));
}

}  // namespace statistics
}  // namespace asicr
