// N-API glue of the timing statistics. All calls are synchronous and take their arguments by position; addon.ts names them.
#pragma once
#include <napi.h>

#include "addon_draws.h"
#include "addon_intervals.h"
#include "addon_patterns.h"
#include "addon_results.h"
#include "addon_spectra.h"

namespace asicr {

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
