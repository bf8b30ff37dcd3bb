// What every function of the addon needs: reading its options, working on another thread, handing arrays back. N-API only; the
// test programs do not include it.
#pragma once
#include <napi.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace asicr {

constexpr size_t kMostRows = size_t{1} << 31;
constexpr size_t kMostColumns = size_t{1} << 16;

// Reads the fields of one options object; the first that does not fit leaves a pending TypeError and makes ok() false.
class Options {
 public:
  explicit Options(const Napi::CallbackInfo& info) : env_(info.Env()) {
    if (info.Length() == 1 && info[0].IsObject())
      object_ = info[0].As<Napi::Object>();
    else
      refuse("options", "an object");
  }

  bool ok() const { return ok_; }
  const Napi::Object& object() const { return object_; }

  void refuse(const char* name, const std::string& expected) {
    if (ok_) Napi::TypeError::New(env_, std::string(name) + " must be " + expected).ThrowAsJavaScriptException();
    ok_ = false;
  }

  size_t size(const char* name, size_t least, size_t most) {
    const double number = real(name);
    if (ok_ && (!(number >= static_cast<double>(least)) || number > static_cast<double>(most) || number != std::floor(number)))
      refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return ok_ ? static_cast<size_t>(number) : 0;
  }

  double real(const char* name) {
    if (!ok_) return 0;
    const Napi::Value value = object_.Get(name);
    if (value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
    refuse(name, "a number");
    return 0;
  }

  bool flag(const char* name) {
    if (!ok_) return false;
    const Napi::Value value = object_.Get(name);
    if (value.IsBoolean()) return value.As<Napi::Boolean>().Value();
    refuse(name, "a boolean");
    return false;
  }

  double* doubles(const char* name, size_t length) { return elements<double>(name, napi_float64_array, "a Float64Array", length); }
  uint32_t* words(const char* name, size_t length) { return elements<uint32_t>(name, napi_uint32_array, "a Uint32Array", length); }

  // Length of a typed array field; 0 when it is none.
  size_t lengthOf(const char* name) {
    if (!ok_) return 0;
    const Napi::Value value = object_.Get(name);
    return value.IsTypedArray() ? value.As<Napi::TypedArray>().ElementLength() : 0;
  }

 private:
  template <typename T>
  T* elements(const char* name, napi_typedarray_type type, const char* expected, size_t length) {
    if (!ok_) return nullptr;
    const Napi::Value value = object_.Get(name);
    if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type &&
        value.As<Napi::TypedArray>().ElementLength() == length)
      return value.As<Napi::TypedArrayOf<T>>().Data();
    refuse(name, std::string(expected) + " of " + std::to_string(length) + " values");
    return nullptr;
  }

  Napi::Env env_;
  Napi::Object object_;
  bool ok_ = true;
};

inline Napi::Float64Array copyOut(Napi::Env env, const std::vector<double>& values) {
  Napi::Float64Array out = Napi::Float64Array::New(env, values.size());
  std::copy(values.begin(), values.end(), out.Data());
  return out;
}

// Work on a libuv thread, so that the main loop goes on. The options object is kept alive: its arrays are read in place.
class Task : public Napi::AsyncWorker {
 public:
  Task(Napi::Env env, const Napi::Object& options)
      : Napi::AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)), options_(Napi::Persistent(options)) {}

  Napi::Promise start() {
    Napi::Promise promise = deferred_.Promise();
    Queue();
    return promise;
  }

 protected:
  virtual Napi::Value result(Napi::Env env) = 0;
  void OnOK() override { deferred_.Resolve(result(Env())); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  Napi::ObjectReference options_;
};

inline bool allFinite(const double* values, size_t count) {
  return std::all_of(values, values + count, [](double value) { return std::isfinite(value); });
}

}  // namespace asicr
