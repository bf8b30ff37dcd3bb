// N-API glue of the telemetry addon. telemetry/native/addon.ts says what each function takes and gives.
#include <napi.h>

#include <string>

#include "telemetry/native/columns.h"

namespace {

using namespace asicr;

// The elements of a typed array of that kind and length; false, with a TypeError pending, when it is another.
template <typename T>
bool elements(const Napi::Value& value, const char* name, napi_typedarray_type type, size_t length, T*& first) {
  if (value.IsTypedArray()) {
    napi_typedarray_type actual;
    size_t count = 0;
    void* data = nullptr;
    napi_get_typedarray_info(value.Env(), value, &actual, &count, &data, nullptr, nullptr);
    first = static_cast<T*>(data);
    if (actual == type && count == length) return true;
  }
  Napi::TypeError::New(value.Env(), std::string(name) + " has another type or length").ThrowAsJavaScriptException();
  return false;
}

// Columns of `length` rows each from a batch; false with a TypeError pending.
bool readBatch(const Napi::Value& value, NonceColumns& columns, size_t& rows) {
  const Napi::Env env = value.Env();
  if (!value.IsObject()) {
    Napi::TypeError::New(env, "the batch must be an object").ThrowAsJavaScriptException();
    return false;
  }
  const Napi::Object batch = value.As<Napi::Object>();
  const Napi::Value length = batch.Get("length");
  if (env.IsExceptionPending()) return false;
  const double given = length.IsNumber() ? length.As<Napi::Number>().DoubleValue() : 0;
  rows = given >= 1 && given <= kMostRows ? static_cast<size_t>(given) : 0;
  if (rows == 0 || static_cast<double>(rows) != given) {
    Napi::TypeError::New(env, "length must be a whole number from 1 to 65536").ThrowAsJavaScriptException();
    return false;
  }
  // All of them before any address is taken: a getter may move the memory of another column.
  const auto get = [&](const char* name) { return env.IsExceptionPending() ? Napi::Value() : batch.Get(name); };
  const Napi::Value tNs = get("tNs");
  const Napi::Value sigmaNs = get("sigmaNs");
  const Napi::Value chip = get("chip");
  const Napi::Value core = get("core");
  const Napi::Value nonce = get("nonce");
  const Napi::Value versionBits = get("versionBits");
  const Napi::Value jobSeq = get("jobSeq");
  const Napi::Value status = get("status");
  const Napi::Value difficultyLog2 = get("difficultyLog2");
  const Napi::Value residualNs = get("residualNs");
  if (env.IsExceptionPending()) return false;
  return elements(tNs, "tNs", napi_bigint64_array, rows, columns.tNs) && elements(sigmaNs, "sigmaNs", napi_uint32_array, rows, columns.sigmaNs) &&
         elements(chip, "chip", napi_uint16_array, rows, columns.chip) && elements(core, "core", napi_uint16_array, rows, columns.core) &&
         elements(nonce, "nonce", napi_uint32_array, rows, columns.nonce) &&
         elements(versionBits, "versionBits", napi_uint32_array, rows, columns.versionBits) &&
         elements(jobSeq, "jobSeq", napi_uint32_array, rows, columns.jobSeq) && elements(status, "status", napi_uint8_array, rows, columns.status) &&
         elements(difficultyLog2, "difficultyLog2", napi_float32_array, rows, columns.difficultyLog2) &&
         elements(residualNs, "residualNs", napi_float64_array, rows, columns.residualNs);
}

// Words of a Uint32Array of at least `least`; false with a TypeError pending.
bool readWords(const Napi::Value& value, const char* name, size_t least, uint32_t*& words, size_t& count) {
  count = value.IsTypedArray() ? value.As<Napi::TypedArray>().ElementLength() : 0;
  if (count < least) {
    Napi::TypeError::New(value.Env(), std::string(name) + " is too short").ThrowAsJavaScriptException();
    return false;
  }
  return elements(value, name, napi_uint32_array, count, words);
}

Napi::Value write(const Napi::CallbackInfo& info) {
  NonceColumns columns;
  size_t rows = 0;
  uint32_t* out = nullptr;
  size_t room = 0;
  uint32_t* scratch = nullptr;
  size_t scratchRoom = 0;
  if (!readBatch(info[0], columns, rows) || !readWords(info[1], "out", maxColumnWords(rows), out, room) ||
      !readWords(info[2], "scratch", scratchWords(rows), scratch, scratchRoom)) {
    return info.Env().Undefined();
  }
  return Napi::Number::New(info.Env(), static_cast<double>(writeColumns(columns, rows, scratch, out)));
}

Napi::Value read(const Napi::CallbackInfo& info) {
  NonceColumns columns;
  size_t rows = 0;
  uint32_t* words = nullptr;
  size_t count = 0;
  uint32_t* scratch = nullptr;
  size_t scratchRoom = 0;
  if (!readBatch(info[1], columns, rows) || !readWords(info[0], "words", 1, words, count) ||
      !readWords(info[2], "scratch", scratchWords(rows), scratch, scratchRoom)) {
    return info.Env().Undefined();
  }
  return Napi::Boolean::New(info.Env(), readColumns(words, count, columns, rows, scratch));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("writeColumns", Napi::Function::New(env, write));
  exports.Set("readColumns", Napi::Function::New(env, read));
  return exports;
}

}  // namespace

NODE_API_MODULE(telemetry, init)
