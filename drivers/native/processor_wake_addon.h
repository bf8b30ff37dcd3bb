// N-API glue of processor_wake.h. A header, so that test programs are linked without it.
#pragma once
#include <napi.h>

#include <memory>

#include "drivers/native/processor_wake.h"

namespace asicr {

// The process's hold for programs that open no port themselves.
inline std::shared_ptr<ProcessorWake>& wakeHeldByJs() {
  static std::shared_ptr<ProcessorWake> held;
  return held;
}

// keepProcessorsAwake(): the errno of a refusal, else 0.
inline Napi::Value keepProcessorsAwakeFromJs(const Napi::CallbackInfo& info) {
  wakeHeldByJs() = ProcessorWake::take();
  return Napi::Number::New(info.Env(), wakeHeldByJs()->refusal());
}

inline Napi::Value letProcessorsSleepFromJs(const Napi::CallbackInfo& info) {
  wakeHeldByJs().reset();
  return info.Env().Undefined();
}

inline void registerProcessorWake(Napi::Env env, Napi::Object exports) {
  exports.Set("keepProcessorsAwake", Napi::Function::New<keepProcessorsAwakeFromJs>(env, "keepProcessorsAwake"));
  exports.Set("letProcessorsSleep", Napi::Function::New<letProcessorsSleepFromJs>(env, "letProcessorsSleep"));
}

}  // namespace asicr
