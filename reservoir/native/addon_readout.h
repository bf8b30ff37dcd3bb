// N-API glue of one-step inference (bound_readout.h). The step itself is plain N-API: it is short enough for wrappers to show.
#pragma once
#include <memory>

#include "addon_options.h"
#include "bound_readout.h"

namespace asicr {

inline napi_value stepBound(napi_env env, napi_callback_info info) {
  void* bound = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &bound) == napi_ok) static_cast<BoundReadout*>(bound)->step();
  return nullptr;
}

// An array over memory of the readout, which lives as long as the array does.
inline Napi::Float64Array viewOf(Napi::Env env, const std::shared_ptr<BoundReadout>& bound, double* values, size_t count) {
  const Napi::ArrayBuffer memory = Napi::ArrayBuffer::New(env, values, count * sizeof(double), [bound](Napi::Env, void*) {});
  return Napi::Float64Array::New(env, count, memory, 0);
}

inline Napi::Value bindReadout(const Napi::CallbackInfo& info) {
  Options options(info);
  const size_t features = options.size("features", 1, kMostColumns);
  const size_t targets = options.size("targets", 1, kMostColumns);
  const double* weights = options.doubles("weights", targets * features);
  const double* intercepts = options.doubles("intercepts", targets);
  if (!options.ok()) return info.Env().Undefined();
  const Napi::Env env = info.Env();
  auto bound = std::make_shared<BoundReadout>();
  if (!bound->create(weights, intercepts, features, targets)) return env.Null();
  napi_value step = nullptr;
  if (napi_create_function(env, "step", NAPI_AUTO_LENGTH, stepBound, bound.get(), &step) != napi_ok) return env.Undefined();
  // The function keeps the readout alive too, should both arrays be gone.
  Napi::Function(env, step).AddFinalizer([](Napi::Env, std::shared_ptr<BoundReadout>* held) { delete held; },
                                         new std::shared_ptr<BoundReadout>(bound));
  Napi::Object out = Napi::Object::New(env);
  out.Set("input", viewOf(env, bound, bound->input(), features));
  out.Set("output", viewOf(env, bound, bound->output(), targets));
  out.Set("step", Napi::Function(env, step));
  return out;
}

}  // namespace asicr
