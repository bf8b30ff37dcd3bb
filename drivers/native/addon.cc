// N-API glue: checks what JavaScript passes, and keeps threads and memory in order when the environment goes away. While it does,
// nothing can be made or thrown any more: a new array is then empty, and what would have filled it returns at once.
#include <algorithm>
#include <napi.h>

#include <cstring>
#include <limits>
#include <string>

#include "common/native/sha256d.h"
#include "drivers/native/capture.h"
#include "drivers/native/dialogue_object.h"
#include "drivers/native/frame_scanner.h"
#include "drivers/native/job_frame.h"
#include "drivers/native/linux_i2c_addon.h"
#include "drivers/native/napi_arguments.h"
#include "drivers/native/notify_addon.h"
#include "drivers/native/port_addon.h"
#include "drivers/native/watchdog_object.h"
#include "drivers/native/work_pump_object.h"

namespace {

using asicr::Capture;
using asicr::CapturedFrame;
using asicr::CaptureEnd;
using asicr::Frame;
using asicr::FrameScanner;
using asicr::isBytes;
using asicr::kFrameStride;
using asicr::readBytes;
using asicr::readPositive;
using asicr::readUint32;
using asicr::refuse;
using asicr::ResponseLength;

constexpr size_t kHeaderBytes = 80;
constexpr size_t kDigestBytes = 32;

// 7, 9 and 11 as they are, 0 for either.
bool readLength(const Napi::Value& value, ResponseLength& length) {
  if (!value.IsNumber()) return false;
  switch (value.As<Napi::Number>().Int32Value()) {
    case 7:
      length = ResponseLength::kSeven;
      return true;
    case 9:
      length = ResponseLength::kNine;
      return true;
    case 11:
      length = ResponseLength::kEleven;
      return true;
    case 0:
      length = ResponseLength::kEither;
      return true;
    default:
      return false;
  }
}

// Headers end to end, or nothing with an exception pending.
bool readHeaders(const Napi::CallbackInfo& info, Napi::Uint8Array& headers) {
  if (info.Length() == 1 && isBytes(info[0])) {
    headers = info[0].As<Napi::Uint8Array>();
    if (headers.ByteLength() % kHeaderBytes == 0) return true;
  }
  refuse(info.Env(), "a Uint8Array of whole 80-byte headers is expected");
  return false;
}

Napi::Value hashHeaders(const Napi::CallbackInfo& info) {
  Napi::Uint8Array headers;
  if (!readHeaders(info, headers)) return info.Env().Undefined();
  const size_t count = headers.ByteLength() / kHeaderBytes;
  Napi::Uint8Array digests = Napi::Uint8Array::New(info.Env(), count * kDigestBytes);
  if (digests.IsEmpty()) return info.Env().Undefined();
  if (count > 0) asicr::sha256dHeaders(headers.Data(), count, digests.Data());
  return digests;
}

Napi::Value verifyHeaders(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Uint8Array headers;
  if (!readHeaders(info, headers)) return env.Undefined();
  const size_t count = headers.ByteLength() / kHeaderBytes;
  std::vector<uint8_t> digests(count * kDigestBytes);
  asicr::sha256dHeaders(headers.Data(), count, digests.data());
  Napi::Uint16Array zeroBits = Napi::Uint16Array::New(env, count);
  Napi::Float32Array difficultyLog2 = Napi::Float32Array::New(env, count);
  if (zeroBits.IsEmpty() || difficultyLog2.IsEmpty()) return env.Undefined();
  for (size_t i = 0; i < count; i++) {
    const uint8_t* digest = &digests[i * kDigestBytes];
    zeroBits[i] = static_cast<uint16_t>(asicr::leadingZeroBits(digest));
    difficultyLog2[i] = static_cast<float>(asicr::log2Difficulty(digest));
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("zeroBits", zeroBits);
  result.Set("difficultyLog2", difficultyLog2);
  return result;
}

Napi::Value sha256dKernel(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), asicr::sha256dKernel()); }

Napi::Value monotonicRawNs(const Napi::CallbackInfo& info) { return Napi::BigInt::New(info.Env(), asicr::monotonicRawNs()); }

Napi::Value scanFrames(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  ResponseLength length{};
  if (info.Length() != 2 || !isBytes(info[0]) || !readLength(info[1], length)) return refuse(env, "bytes and a response length are expected");
  const Napi::Uint8Array bytes = info[0].As<Napi::Uint8Array>();
  if (bytes.ByteLength() > std::numeric_limits<uint32_t>::max()) return refuse(env, "offsets are 32 bits wide: scan less at once");
  FrameScanner scanner(length);
  std::vector<Frame> found;
  scanner.feed(bytes.Data(), bytes.ByteLength(), found);
  scanner.flush(found);

  Napi::Uint8Array frames = Napi::Uint8Array::New(env, found.size() * kFrameStride);
  Napi::Uint32Array offsets = Napi::Uint32Array::New(env, found.size());
  if (frames.IsEmpty() || offsets.IsEmpty()) return env.Undefined();
  for (size_t i = 0; i < found.size(); i++) {
    frames[i * kFrameStride] = found[i].length;
    std::memcpy(frames.Data() + i * kFrameStride + 1, found[i].bytes.data(), found[i].length);
    offsets[i] = static_cast<uint32_t>(found[i].offset);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("frames", frames);
  result.Set("offsets", offsets);
  result.Set("discardedBytes", Napi::Number::New(env, static_cast<double>(scanner.discardedBytes())));
  result.Set("pendingBytes", Napi::Number::New(env, static_cast<double>(scanner.pendingBytes())));
  return result;
}

// midstateJobFrame(wireId, nbits, ntime, merkleTail, midstates)
Napi::Value midstateJobFrame(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  uint32_t wireId = 0, nbits = 0, ntime = 0;
  Napi::Uint8Array tail, midstates;
  if (info.Length() != 5 || !readUint32(info[0], wireId) || wireId > 0x7F || !readUint32(info[1], nbits) ||
      !readUint32(info[2], ntime) || !readBytes(info[3], 4, tail) || !isBytes(info[4]))
    return refuse(env, "an id of 7 bits, nbits, ntime, 4 bytes and midstates are expected");
  midstates = info[4].As<Napi::Uint8Array>();
  const size_t count = midstates.ByteLength() / asicr::kMidstateBytes;
  if (midstates.ByteLength() % asicr::kMidstateBytes != 0 || (count != 1 && count != 2 && count != 4))
    return refuse(env, "1, 2 or 4 midstates of 32 bytes are expected");
  const asicr::JobFrame frame = asicr::midstateJob(static_cast<uint8_t>(wireId), nbits, ntime, tail.Data(), midstates.Data(), count);
  Napi::Uint8Array bytes = Napi::Uint8Array::New(env, frame.length);
  if (bytes.IsEmpty()) return env.Undefined();
  std::memcpy(bytes.Data(), frame.bytes.data(), frame.length);
  return bytes;
}

// new Capture(fd, baud, length, wake, delivery): `delivery` may be left out on a pseudo-terminal; `wake` is called on the JavaScript thread when take() has something, at most once until then.
//
// Threads and lifetimes: the thread-safe function holds `wake`, which holds this object, so it is collected only after stop() or when
// the environment is torn down. In the second case the hook, registered after the thread-safe function's own and so run before it, ends
// the thread while the function can still be called.
// Any random number will do: it tells a capture from other objects.
constexpr napi_type_tag kCaptureTag = {0x6b1f4a3d9c0e4d27, 0x8f52c7a1e09b4d63};

class CaptureObject : public Napi::ObjectWrap<CaptureObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Capture",
                       {InstanceMethod<&CaptureObject::take>("take"), InstanceMethod<&CaptureObject::setBaud>("setBaud"),
                        InstanceMethod<&CaptureObject::setResponseLength>("setResponseLength"),
                        InstanceMethod<&CaptureObject::counters>("counters"), InstanceMethod<&CaptureObject::stop>("stop"),
                        InstanceMethod<&CaptureObject::keepStrays>("keepStrays"),
                        InstanceAccessor<&CaptureObject::realtime>("realtime")});
  }

  explicit CaptureObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CaptureObject>(info) {
    Napi::Env env = info.Env();
    uint32_t baud = 0;
    ResponseLength length{};
    asicr::PortDelivery delivery;
    const bool known = info.Length() == 4 || (info.Length() == 5 && asicr::readDelivery(info[4], delivery));
    if (!known || !info[0].IsNumber() || !readPositive(info[1], baud) || !readLength(info[2], length) || !info[3].IsFunction()) {
      refuse(env, "a descriptor, a rate, a response length, a function and perhaps a delivery are expected");
      return;
    }
    wake_ = Wake::New(env, info[3].As<Napi::Function>(), "asicr-capture", 0, 1, this);
    if (env.IsExceptionPending()) return;
    int error = 0;
    capture_ = Capture::start(
        info[0].As<Napi::Number>().Int32Value(), baud, length, [this] { wake_.NonBlockingCall(); }, error, delivery);
    if (capture_ == nullptr) {
      wake_.Abort();
      asicr::refuseWithErrno(env, error);
      return;
    }
    napi_add_env_cleanup_hook(env, endWithEnvironment, this);
    running_ = true;
    info.This().As<Napi::Object>().TypeTag(&kCaptureTag);
  }

  ~CaptureObject() override { shutDown(); }

  std::shared_ptr<Capture> capture() const { return capture_; }

 private:
  static void callWake(Napi::Env env, Napi::Function wake, CaptureObject*, void*) {
    // Both are null when the environment is going away.
    if (env != nullptr && wake != nullptr) wake.Call({});
  }
  using Wake = Napi::TypedThreadSafeFunction<CaptureObject, void, callWake>;

  static void endWithEnvironment(void* self) { static_cast<CaptureObject*>(self)->endThread(); }

  void endThread() {
    if (!running_) return;
    running_ = false;
    capture_->stop();
    wake_.Abort();
  }

  void shutDown() {
    if (!running_) return;
    napi_remove_env_cleanup_hook(Env(), endWithEnvironment, this);
    endThread();
  }

  Napi::Value stop(const Napi::CallbackInfo& info) {
    shutDown();
    return info.Env().Undefined();
  }

  Napi::Value setBaud(const Napi::CallbackInfo& info) {
    uint32_t baud = 0;
    if (!readPositive(info[0], baud)) return refuse(info.Env(), "a rate is expected");
    capture_->setBaud(baud);
    return info.Env().Undefined();
  }

  Napi::Value setResponseLength(const Napi::CallbackInfo& info) {
    ResponseLength length{};
    if (!readLength(info[0], length)) return refuse(info.Env(), "a response length is expected");
    capture_->setLength(length);
    return info.Env().Undefined();
  }

  Napi::Value realtime(const Napi::CallbackInfo& info) { return Napi::Boolean::New(info.Env(), capture_->realtime()); }

  Napi::Value counters(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    const asicr::CaptureCounters now = capture_->counters();
    Napi::Object result = Napi::Object::New(env);
    result.Set("bytesRead", Napi::Number::New(env, static_cast<double>(now.bytesRead)));
    result.Set("frames", Napi::Number::New(env, static_cast<double>(now.frames)));
    result.Set("discardedBytes", Napi::Number::New(env, static_cast<double>(now.discardedBytes)));
    result.Set("overruns", Napi::Number::New(env, static_cast<double>(now.overruns)));
    return result;
  }

  Napi::Value keepStrays(const Napi::CallbackInfo& info) {
    capture_->keepStrays();
    return info.Env().Undefined();
  }

  // Columns of a FrameBatch; empty when there is no memory for them.
  struct Columns {
    Columns(Napi::Env env, size_t count)
        : times(Napi::BigInt64Array::New(env, count)),
          sigmas(Napi::Uint32Array::New(env, count)),
          frames(Napi::Uint8Array::New(env, count * kFrameStride)) {}
    bool empty() const { return times.IsEmpty() || sigmas.IsEmpty() || frames.IsEmpty(); }
    void set(size_t at, const CapturedFrame& frame) {
      times[at] = frame.tNs;
      sigmas[at] = frame.sigmaNs;
      std::memcpy(frames.Data() + at * kFrameStride, frame.bytes.data(), kFrameStride);
    }
    void into(Napi::Object object, size_t count) const {
      object.Set("count", Napi::Number::New(object.Env(), static_cast<double>(count)));
      object.Set("tNs", times);
      object.Set("sigmaNs", sigmas);
      object.Set("bytes", frames);
    }
    Napi::BigInt64Array times;
    Napi::Uint32Array sigmas;
    Napi::Uint8Array frames;
  };

  // {count, tNs, sigmaNs, bytes, all, end}: `all` holds bytes of no frame, too, in their place; null when there are none. `end` is null, or
  // {cause, errno} with the last frames.
  Napi::Value take(const Napi::CallbackInfo& info) {
    Napi::Env env = info.Env();
    Napi::Object result = Napi::Object::New(env);
    taken_.clear();
    const std::optional<CaptureEnd> end =
        capture_->take([&](size_t count) { taken_.reserve(count); }, [&](size_t, const CapturedFrame& frame) { taken_.push_back(frame); });
    const auto isFrame = [](const CapturedFrame& frame) { return (frame.bytes[0] & asicr::kStray) == 0; };
    const auto frameCount = static_cast<size_t>(std::count_if(taken_.begin(), taken_.end(), isFrame));
    Columns frames(env, frameCount);
    if (frames.empty()) return env.Undefined();
    size_t at = 0;
    for (const CapturedFrame& frame : taken_)
      if (isFrame(frame)) frames.set(at++, frame);
    frames.into(result, frameCount);
    result.Set("all", env.Null());
    if (frameCount < taken_.size()) {
      Columns all(env, taken_.size());
      if (all.empty()) return env.Undefined();
      for (size_t i = 0; i < taken_.size(); i++) all.set(i, taken_[i]);
      Napi::Object everything = Napi::Object::New(env);
      all.into(everything, taken_.size());
      result.Set("all", everything);
    }
    if (!end.has_value()) {
      result.Set("end", env.Null());
      return result;
    }
    const char* causes[] = {"end-of-stream", "hung-up", "error"};
    result.Set("end", asicr::endOf(env, causes[static_cast<int>(end->cause)], end->errorNumber));
    return result;
  }

  // Before capture_, so that it outlives the thread that calls it.
  Wake wake_;
  std::shared_ptr<Capture> capture_;
  std::vector<CapturedFrame> taken_;
  bool running_ = false;
};

}  // namespace

namespace asicr {
namespace {

std::shared_ptr<Capture> captureOf(const Napi::Value& value) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&kCaptureTag)) return nullptr;
  return CaptureObject::Unwrap(value.As<Napi::Object>())->capture();
}

}  // namespace
}  // namespace asicr

namespace {

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("monotonicRawNs", Napi::Function::New<monotonicRawNs>(env, "monotonicRawNs"));
  exports.Set("scanFrames", Napi::Function::New<scanFrames>(env, "scanFrames"));
  exports.Set("hashHeaders", Napi::Function::New<hashHeaders>(env, "hashHeaders"));
  exports.Set("verifyHeaders", Napi::Function::New<verifyHeaders>(env, "verifyHeaders"));
  exports.Set("sha256dKernel", Napi::Function::New<sha256dKernel>(env, "sha256dKernel"));
  exports.Set("midstateJobFrame", Napi::Function::New<midstateJobFrame>(env, "midstateJobFrame"));
  exports.Set("WorkPump", asicr::WorkPumpObject::define(env));
  exports.Set("Capture", CaptureObject::define(env));
  exports.Set("Dialogue", asicr::DialogueObject::define(env));
  exports.Set("SentinelTable", asicr::SentinelTableObject::define(env));
  exports.Set("Watchdog", asicr::WatchdogObject::define(env));
  asicr::registerLinuxI2c(env, exports);
  asicr::registerNotify(env, exports);
  asicr::registerPort(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(drivers, initialise)
