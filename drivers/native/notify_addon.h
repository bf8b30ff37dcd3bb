// N-API glue of notify.h. A header, so that test programs are linked without it.
#pragma once
#include <napi.h>

#include "drivers/native/napi_arguments.h"
#include "drivers/native/notify.h"

namespace asicr {

// sendDatagram(address, bytes): an errno, or 0.
inline Napi::Value sendDatagramFromJs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsString() || !isBytes(info[1])) return refuse(env, "an address and bytes are expected");
  const Napi::Uint8Array bytes = info[1].As<Napi::Uint8Array>();
  return Napi::Number::New(env, sendDatagram(info[0].As<Napi::String>().Utf8Value(), bytes.Data(), bytes.ByteLength()));
}

inline void registerNotify(Napi::Env env, Napi::Object exports) {
  exports.Set("sendDatagram", Napi::Function::New<sendDatagramFromJs>(env, "sendDatagram"));
}

}  // namespace asicr
