// N-API glue of recursive least squares (rls.h).
#pragma once
#include <memory>

#include "addon_options.h"
#include "rls.h"

namespace asicr {

inline Napi::Value createRls(const Napi::CallbackInfo& info) {
  Options options(info);
  const size_t features = options.size("features", 1, kMostColumns);
  const size_t targets = options.size("targets", 1, kMostColumns);
  const double forgetting = options.real("forgetting");
  const double delta = options.real("delta");
  if (options.ok() && !(forgetting > 0 && forgetting <= 1)) options.refuse("forgetting", "above 0 and at most 1");
  if (options.ok() && !(delta > 0 && std::isfinite(1 / delta))) options.refuse("delta", "above 0");
  if (!options.ok()) return info.Env().Undefined();
  auto rls = std::make_shared<Rls>();
  if (!rls->create(features, targets, forgetting, delta)) return info.Env().Null();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("update", Napi::Function::New(info.Env(), [rls](const Napi::CallbackInfo& call) -> Napi::Value {
    Options block(call);
    const size_t rows = block.size("rows", 0, kMostRows);
    const double* x = block.doubles("x", rows * rls->features());
    const double* y = block.doubles("y", rows * rls->targets());
    double* errors = block.doubles("errors", rows * rls->targets());
    if (block.ok() && !allFinite(x, rows * rls->features())) block.refuse("x", "finite everywhere");
    if (block.ok() && !allFinite(y, rows * rls->targets())) block.refuse("y", "finite everywhere");
    if (!block.ok()) return call.Env().Undefined();
    // A block at a time, so that what has wound up is noticed long before it overflows.
    for (size_t first = 0; first < rows && rls->healthy(); first += Rls::kBlock)
      rls->update(x + first * rls->features(), y + first * rls->targets(), std::min(Rls::kBlock, rows - first), errors + first * rls->targets());
    return Napi::Boolean::New(call.Env(), rls->healthy());
  }));
  out.Set("weights", Napi::Function::New(info.Env(), [rls](const Napi::CallbackInfo& call) -> Napi::Value {
    Napi::Float64Array weights = Napi::Float64Array::New(call.Env(), rls->targets() * rls->features());
    for (size_t t = 0; t < rls->targets(); ++t) std::copy_n(rls->weights() + t * rls->stride(), rls->features(), weights.Data() + t * rls->features());
    return weights;
  }));
  out.Set("inverseTrace", Napi::Function::New(
                              info.Env(), [rls](const Napi::CallbackInfo& call) -> Napi::Value { return Napi::Number::New(call.Env(), rls->inverseTrace()); }));
  return out;
}

}  // namespace asicr
