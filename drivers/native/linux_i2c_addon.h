// N-API glue of linux_i2c.h: checks what JavaScript passes, and runs transfers on a thread of libuv's pool, because a bus that hangs holds
// its caller for as long as the adapter's time-out. A header, so that test programs are linked without it.
#pragma once
#include <napi.h>

#include <cstring>
#include <utility>

#include "drivers/native/linux_i2c.h"
#include "drivers/native/napi_arguments.h"

namespace asicr {

inline Napi::Error i2cError(Napi::Env env, int errorNumber) {
  Napi::Error error = Napi::Error::New(env, std::strerror(errorNumber));
  error.Set("errno", Napi::Number::New(env, errorNumber));
  return error;
}

class I2cWorker : public Napi::AsyncWorker {
 public:
  I2cWorker(Napi::Env env, int fd, I2cTransfer&& transfer)
      : Napi::AsyncWorker(env, "asicr-i2c"), deferred_(Napi::Promise::Deferred::New(env)), fd_(fd), transfer_(std::move(transfer)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override { errorNumber_ = i2cRun(fd_, transfer_); }

  void OnOK() override {
    Napi::Env env = Env();
    if (errorNumber_ != 0) {
      deferred_.Reject(i2cError(env, errorNumber_).Value());
      return;
    }
    Napi::Uint8Array read = Napi::Uint8Array::New(env, transfer_.read.size());
    if (read.IsEmpty()) return;
    if (!transfer_.read.empty()) std::memcpy(read.Data(), transfer_.read.data(), transfer_.read.size());
    deferred_.Resolve(read);
  }

 private:
  Napi::Promise::Deferred deferred_;
  int fd_;
  I2cTransfer transfer_;
  int errorNumber_ = 0;
};

constexpr double kMaxDescriptor = 0x7fffffff;

// i2cTransfer(fd, address, write, readLength): a promise of the bytes read; rejects with an error whose `errno` is the kernel's.
inline Napi::Value i2cTransferFromJs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint64_t fd = 0;
  uint64_t address = 0;
  uint64_t length = 0;
  if (info.Length() != 4 || !readWhole(info[0], 0, kMaxDescriptor, fd) || !readWhole(info[1], 0, kI2cMaxAddress, address) ||
      !isBytes(info[2]) || !readWhole(info[3], 0, kI2cMaxBytes, length))
    return refuse(env, "a descriptor, a 7-bit address, bytes to write and a length to read are expected");
  const Napi::Uint8Array bytes = info[2].As<Napi::Uint8Array>();
  if (bytes.ByteLength() > kI2cMaxBytes) return refuse(env, "more bytes than the kernel takes at once");
  I2cTransfer transfer;
  transfer.address = static_cast<uint16_t>(address);
  if (bytes.ByteLength() > 0) transfer.write.assign(bytes.Data(), bytes.Data() + bytes.ByteLength());
  transfer.read.resize(length);
  if (!i2cTransferFits(transfer)) return refuse(env, "a transfer without a byte");
  // Deletes itself when it has settled its promise.
  I2cWorker* worker = new I2cWorker(env, static_cast<int>(fd), std::move(transfer));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

// i2cFunctions(fd): the I2C_FUNC_... bits; throws an error whose `errno` is the kernel's.
inline Napi::Value i2cFunctionsFromJs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint64_t fd = 0;
  if (info.Length() != 1 || !readWhole(info[0], 0, kMaxDescriptor, fd)) return refuse(env, "a descriptor is expected");
  unsigned long functions = 0;
  const int errorNumber = i2cFunctions(static_cast<int>(fd), functions);
  if (errorNumber == 0) return Napi::Number::New(env, static_cast<double>(functions));
  i2cError(env, errorNumber).ThrowAsJavaScriptException();
  return env.Undefined();
}

inline void registerLinuxI2c(Napi::Env env, Napi::Object exports) {
  exports.Set("i2cTransfer", Napi::Function::New<i2cTransferFromJs>(env, "i2cTransfer"));
  exports.Set("i2cFunctions", Napi::Function::New<i2cFunctionsFromJs>(env, "i2cFunctions"));
}

}  // namespace asicr
