// Arguments by position, for the functions of the timing statistics. N-API only.
#pragma once
#include <napi.h>

#include <string>

#include "addon_options.h"
#include "team.h"

namespace asicr {

// Reads arguments in order; the first that does not fit leaves a pending TypeError and makes ok() false.
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  bool ok() const { return ok_; }
  Napi::Env env() const { return info_.Env(); }

  void refuse(const std::string& what) {
    if (ok_) Napi::TypeError::New(env(), "argument " + std::to_string(at_) + " must be " + what).ThrowAsJavaScriptException();
    ok_ = false;
  }

  double real() {
    const Napi::Value value = info_[at_++];
    if (ok_ && value.IsNumber()) return value.As<Napi::Number>().DoubleValue();
    refuse("a number");
    return 0;
  }

  size_t size(size_t least, size_t most) {
    const double value = real();
    if (ok_ && value >= static_cast<double>(least) && value <= static_cast<double>(most) && value == std::floor(value))
      return static_cast<size_t>(value);
    refuse("a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return least;
  }

  bool flag() {
    const Napi::Value value = info_[at_++];
    if (ok_ && value.IsBoolean()) return value.As<Napi::Boolean>().Value();
    refuse("a boolean");
    return false;
  }

  // 64 bits.
  uint64_t seed() {
    const Napi::Value value = info_[at_++];
    bool lossless = false;
    if (ok_ && value.IsBigInt()) {
      const uint64_t bits = value.As<Napi::BigInt>().Uint64Value(&lossless);
      if (lossless) return bits;
    }
    refuse("a BigInt of 64 bits");
    return 0;
  }

  // A Float64Array, and how long it is; null is taken where it may be.
  double* doubles(size_t* length, bool mayBeNull = false) { return elements<double>(napi_float64_array, "a Float64Array", length, mayBeNull); }
  uint32_t* words(size_t* length) { return elements<uint32_t>(napi_uint32_array, "a Uint32Array", length, false); }

  const uint8_t* bytes(size_t* length) { return elements<uint8_t>(napi_uint8_array, "a Uint8Array", length, false); }

  // One of a length that is known.
  double* doublesOf(size_t length, bool mayBeNull = false) {
    size_t found = length;
    double* values = doubles(&found, mayBeNull);
    if (ok_ && found != length) refuse("a Float64Array of " + std::to_string(length) + " values");
    return ok_ ? values : nullptr;
  }

  Napi::Value undefined() const { return env().Undefined(); }

  // What a kernel says that returns false for want of memory.
  Napi::Value done(bool enough) {
    if (!enough) Napi::Error::New(env(), "out of memory").ThrowAsJavaScriptException();
    return undefined();
  }

 private:
  template <typename T>
  T* elements(napi_typedarray_type type, const char* expected, size_t* length, bool mayBeNull) {
    const Napi::Value value = info_[at_++];
    if (ok_ && mayBeNull && value.IsNull()) return nullptr;
    if (ok_ && value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type) {
      *length = value.As<Napi::TypedArray>().ElementLength();
      return value.As<Napi::TypedArrayOf<T>>().Data();
    }
    refuse(expected);
    return nullptr;
  }

  const Napi::CallbackInfo& info_;
  size_t at_ = 0;
  bool ok_ = true;
};

// Members for work on n values: starting one costs what a processor does with some ten thousand.
inline size_t membersForValues(size_t n) { return n < (size_t{1} << 16) ? 1 : Team::defaultMembers(); }
// And where little more is done with them than reading: of a million values the other one of two processors took none off that its waking
// had not cost.
inline size_t membersToRead(size_t n) { return n < (size_t{1} << 22) ? 1 : Team::defaultMembers(); }

}  // namespace asicr
