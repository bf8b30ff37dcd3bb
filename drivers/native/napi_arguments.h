// What JavaScript passes, checked: each function returns false, or refuses with a TypeError, rather than trust a size or a type.
#pragma once
#include <napi.h>

#include <limits>
#include <string>

namespace asicr {

inline Napi::Value refuse(Napi::Env env, const std::string& what) {
  Napi::TypeError::New(env, what).ThrowAsJavaScriptException();
  return env.Undefined();
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

inline bool readPositive(const Napi::Value& value, uint32_t& number) { return readUint32(value, number) && number > 0; }

}  // namespace asicr
