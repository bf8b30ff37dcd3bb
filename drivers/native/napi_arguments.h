// What JavaScript passes, checked: each function returns false, or refuses with a TypeError, rather than trust a size or a type. And how a
// refusal or an end of the system's is told.
#pragma once
#include <napi.h>

#include <cstring>
#include <limits>
#include <string>

namespace asicr {

inline Napi::Value refuse(Napi::Env env, const std::string& what) {
  Napi::TypeError::New(env, what).ThrowAsJavaScriptException();
  return env.Undefined();
}

// An Error with `errno`.
inline void refuseWithErrno(Napi::Env env, int error) {
  Napi::Error refused = Napi::Error::New(env, std::strerror(error));
  refused.Set("errno", Napi::Number::New(env, error));
  refused.ThrowAsJavaScriptException();
}

// {cause, errno}: why a thread ended by itself.
inline Napi::Object endOf(Napi::Env env, const char* cause, int error) {
  Napi::Object end = Napi::Object::New(env);
  end.Set("cause", Napi::String::New(env, cause));
  end.Set("errno", Napi::Number::New(env, error));
  return end;
}

inline bool isBytes(const Napi::Value& value) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array;
}

// Exactly `count` bytes.
inline bool readBytes(const Napi::Value& value, size_t count, Napi::Uint8Array& bytes) {
  if (!isBytes(value)) return false;
  bytes = value.As<Napi::Uint8Array>();
  return bytes.ByteLength() == count;
}

// A whole number from `lowest` to `highest`, both exactly representable.
inline bool readWhole(const Napi::Value& value, double lowest, double highest, uint64_t& number) {
  if (!value.IsNumber()) return false;
  const double given = value.As<Napi::Number>().DoubleValue();
  if (!(given >= lowest && given <= highest)) return false;
  number = static_cast<uint64_t>(given);
  return static_cast<double>(number) == given;
}

inline bool readUint32(const Napi::Value& value, uint32_t& number) {
  uint64_t whole = 0;
  if (!readWhole(value, 0, std::numeric_limits<uint32_t>::max(), whole)) return false;
  number = static_cast<uint32_t>(whole);
  return true;
}

// From 1 to `highest`.
inline bool readSpan(const Napi::Value& value, double highest, int64_t& span) {
  uint64_t whole = 0;
  if (!readWhole(value, 1, highest, whole)) return false;
  span = static_cast<int64_t>(whole);
  return true;
}

inline bool readPositive(const Napi::Value& value, uint32_t& number) { return readUint32(value, number) && number > 0; }

}  // namespace asicr
