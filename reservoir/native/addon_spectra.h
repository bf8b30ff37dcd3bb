// N-API glue of spectra and of the surrogates that keep them (stat_*.h).
#pragma once
#include <napi.h>

#include "addon_arguments.h"
#include "stat_fourier.h"
#include "stat_harmonics.h"
#include "stat_spectrum.h"

namespace asicr {
namespace statistics {

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

}  // namespace statistics
}  // namespace asicr
