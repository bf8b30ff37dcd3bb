// N-API glue of an installed BLAS (installed_blas.h).
#pragma once
#include <string>

#include "addon_options.h"
#include "installed_blas.h"

namespace asicr {

inline Napi::Value useBlas(const Napi::CallbackInfo& info) {
  if (info.Length() != 1 || !info[0].IsString()) {
    Napi::TypeError::New(info.Env(), "path must be a string").ThrowAsJavaScriptException();
    return info.Env().Undefined();
  }
  return Napi::String::New(info.Env(), nameOf(useInstalledBlas(info[0].As<Napi::String>().Utf8Value().c_str())));
}

}  // namespace asicr
