// N-API glue of a port's settings and of the clock anchor. A header, so that test programs are linked without it.
#pragma once
#include <napi.h>

#include "drivers/native/arrival_times.h"
#include "drivers/native/clock_anchor.h"
#include "drivers/native/low_latency.h"
#include "drivers/native/napi_arguments.h"

namespace asicr {

// {frameNs, timerNs, timerBytes, fifoBytes}: the waits up to a second, the bytes up to 4096.
inline bool readDelivery(const Napi::Value& value, PortDelivery& delivery) {
  if (!value.IsObject()) return false;
  const Napi::Object given = value.As<Napi::Object>();
  uint64_t frameNs = 0, timerNs = 0, timerBytes = 0, fifoBytes = 0;
  if (!readWhole(given.Get("frameNs"), 0, 1e9, frameNs) || !readWhole(given.Get("timerNs"), 0, 1e9, timerNs) ||
      !readWhole(given.Get("timerBytes"), 0, 4096, timerBytes) || !readWhole(given.Get("fifoBytes"), 0, 4096, fifoBytes))
    return false;
  delivery = {static_cast<int64_t>(frameNs), static_cast<int64_t>(timerNs), static_cast<uint32_t>(timerBytes),
              static_cast<uint32_t>(fifoBytes)};
  return true;
}

// askLowLatency(fd): {state, errno}.
inline Napi::Value askLowLatencyFromJs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint64_t fd = 0;
  if (info.Length() != 1 || !readWhole(info[0], 0, 0x7fffffff, fd)) return refuse(env, "a descriptor is expected");
  const LowLatencyAnswer answer = askLowLatency(static_cast<int>(fd));
  const char* states[] = {"absent", "already", "granted", "ignored", "refused"};
  Napi::Object result = Napi::Object::New(env);
  result.Set("state", Napi::String::New(env, states[static_cast<int>(answer.state)]));
  result.Set("errno", Napi::Number::New(env, answer.errorNumber));
  return result;
}

// endLowLatency(fd): an errno, or 0.
inline Napi::Value endLowLatencyFromJs(const Napi::CallbackInfo& info) {
  uint64_t fd = 0;
  if (info.Length() != 1 || !readWhole(info[0], 0, 0x7fffffff, fd)) return refuse(info.Env(), "a descriptor is expected");
  return Napi::Number::New(info.Env(), endLowLatency(static_cast<int>(fd)));
}

// clockAnchor(): {monotonicNs, wallNs, errorNs}.
inline Napi::Value clockAnchorFromJs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const ClockAnchor anchor = clockAnchor();
  Napi::Object result = Napi::Object::New(env);
  result.Set("monotonicNs", Napi::BigInt::New(env, anchor.monotonicNs));
  result.Set("wallNs", Napi::BigInt::New(env, anchor.wallNs));
  result.Set("errorNs", Napi::Number::New(env, static_cast<double>(anchor.errorNs)));
  return result;
}

inline void registerPort(Napi::Env env, Napi::Object exports) {
  exports.Set("askLowLatency", Napi::Function::New<askLowLatencyFromJs>(env, "askLowLatency"));
  exports.Set("endLowLatency", Napi::Function::New<endLowLatencyFromJs>(env, "endLowLatency"));
  exports.Set("clockAnchor", Napi::Function::New<clockAnchorFromJs>(env, "clockAnchor"));
}

}  // namespace asicr
