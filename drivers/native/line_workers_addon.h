// N-API glue of line_workers.h. A header, so that test programs are linked without it.
#pragma once
#include <napi.h>

#include <memory>

#include "drivers/native/line_workers.h"
#include "drivers/native/napi_arguments.h"

namespace asicr {

// The process's hold for programs that open no port themselves.
inline std::shared_ptr<LineWorkersHold>& heldByJs() {
  static std::shared_ptr<LineWorkersHold> held;
  return held;
}

// hurryLineWorkers(): { count, errno }; the first call begins it.
inline Napi::Value hurryLineWorkersFromJs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  std::shared_ptr<LineWorkersHold>& held = heldByJs();
  if (held == nullptr) held = LineWorkersHold::take();
  Napi::Object answer = Napi::Object::New(env);
  answer.Set("count", Napi::Number::New(env, static_cast<double>(held->count())));
  answer.Set("errno", Napi::Number::New(env, held->refusal()));
  return answer;
}

inline Napi::Value releaseLineWorkersFromJs(const Napi::CallbackInfo& info) {
  heldByJs().reset();
  return info.Env().Undefined();
}

inline void registerLineWorkers(Napi::Env env, Napi::Object exports) {
  exports.Set("hurryLineWorkers", Napi::Function::New<hurryLineWorkersFromJs>(env, "hurryLineWorkers"));
  exports.Set("releaseLineWorkers", Napi::Function::New<releaseLineWorkersFromJs>(env, "releaseLineWorkers"));
}

}  // namespace asicr
